//! The figures of a run in words: what was made, how fast, what it cost, how long it will take, and how it ended.

use jiff::Timestamp;

use super::asked;
use super::figures::{clock, count, grouped};
use super::live::{Live, State};
use super::pace;
use crate::samples::Outcome;
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

pub fn word(run: &Live) -> &'static str {
    match &run.state {
        State::Waiting => "waiting",
        State::Running if run.paused => "paused",
        State::Preparing => "preparing",
        State::Running => "running",
        State::Stopping => "stopping",
        State::Ended(outcome) => outcome.word(),
    }
}

/// Everything but the funnel.
pub fn prose(model: &Model, run: &Live) -> Prose {
    let mut prose = Prose::default();
    let now = model.now;
    made(run, now, &mut prose);
    for line in [time_left(run, now), speed(run, now), tokens(run)] {
        if !line.is_empty() {
            prose.push(&format!("{line}\n"), Role::Dim);
        }
    }
    failures(run, &mut prose);
    asked::pauses(run, now, &mut prose);
    match &run.state {
        State::Waiting => prose.push("waits until one of the runs under way has ended …\n", Role::Dim),
        _ if run.paused && run.is_at_work() => {
            let key = model.keymap.how(Command::Pause);
            prose.push(
                &format!("paused: calls under way end, no other begins; {key} goes on\n"),
                Role::Warning,
            );
        }
        State::Preparing => prose.push("reading seeds and documents …\n", Role::Dim),
        State::Running if run.items.is_empty() && run.writing.is_empty() => {
            prose.push(
                "waiting for the teacher's first words; a model may have to be loaded first …\n",
                Role::Dim,
            );
        }
        State::Stopping => prose.push("letting go of answers under way; what is there is kept …\n", Role::Dim),
        State::Running => {}
        State::Ended(outcome) => ending(model, run, outcome, &mut prose),
    }
    // The last lines give way where there is little room.
    asked::places(run, &mut prose);
    for note in &run.notes {
        prose.push(&format!("! {note}\n"), Role::Warning);
    }
    asked::notes(run, &mut prose);
    prose
}

fn made(run: &Live, now: Timestamp, prose: &mut Prose) {
    prose.push(&format!("✓ {} made", grouped(run.made() as u64)), Role::Good);
    let dropped = run.dropped();
    let role = if dropped > 0 { Role::Bad } else { Role::Dim };
    prose.push(&format!(" · ✗ {} dropped", grouped(dropped as u64)), role);
    if run.left() > 0 {
        prose.push(&format!(" · {} left", grouped(run.left() as u64)), Role::Dim);
    }
    prose.push(&format!(" · {}\n", clock(run.seconds(now))), Role::Dim);
}

/// Time left, as far as that is known.
fn time_left(run: &Live, now: Timestamp) -> String {
    match run.forecast(now) {
        Some(forecast) => format!("{} left", pace::told(forecast)),
        None if run.state == State::Running && !run.paused && run.candidates() > run.through() => {
            "too early to say how long it takes".to_owned()
        }
        None => String::new(),
    }
}

fn speed(run: &Live, now: Timestamp) -> String {
    let Some(rates) = run.rates(now) else {
        return String::new();
    };
    format!(
        "{} samples/min · {} calls/min · {} tokens/s",
        rate(rates.samples_a_minute),
        rate(rates.calls_a_minute),
        rate(rates.tokens_a_second)
    )
}

/// A rate with as many digits as it deserves.
fn rate(rate: f64) -> String {
    if rate < 9.95 {
        format!("{rate:.1}")
    } else {
        grouped(rate.round() as u64)
    }
}

/// Tokens, what they cost where that is known, and answers that were there already.
fn tokens(run: &Live) -> String {
    let Some(summary) = &run.summary else {
        return String::new();
    };
    let mut parts = Vec::new();
    let (read, written) = (summary.usage.prompt_tokens, summary.usage.completion_tokens);
    if read + written > 0 {
        parts.push(format!("{} tokens read, {} written", grouped(read), grouped(written)));
    }
    if let Some(cost) = summary.cost.filter(|_| !run.currency.is_empty()) {
        parts.push(format!("cost {} {}", money(cost), run.currency).trim_end().to_owned());
    }
    if summary.reused > 0 {
        let answers = count(summary.reused as u64, "answer was", "answers were");
        parts.push(format!("{answers} there already"));
    }
    parts.join(" · ")
}

/// An amount of the price table's currency: cents as a rule, more digits where it is less than that.
pub fn money(amount: f64) -> String {
    if amount == 0.0 {
        "0.00".to_owned()
    } else if amount < 0.1 {
        format!("{amount:.4}")
    } else {
        format!("{amount:.2}")
    }
}

fn failures(run: &Live, prose: &mut Prose) {
    let Some(summary) = run.summary.as_ref().filter(|summary| summary.failed_calls > 0) else {
        return;
    };
    let mut kinds: Vec<_> = summary.errors.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let kinds: Vec<String> = kinds
        .iter()
        .take(4)
        .map(|(kind, number)| format!("{} {kind}", grouped(**number as u64)))
        .collect();
    let failed = count(summary.failed_calls as u64, "call failed", "calls failed");
    let text = if kinds.is_empty() {
        format!("✗ {failed}\n")
    } else {
        format!("✗ {failed}: {}\n", kinds.join(", "))
    };
    prose.push(&text, Role::Warning);
}

fn ending(model: &Model, run: &Live, outcome: &Outcome, prose: &mut Prose) {
    let key = |command: Command| model.keymap.shown(command);
    if let Outcome::Failed { reason } = outcome {
        prose.push(&format!("✗ {reason}\n"), Role::Bad);
    }
    if let Some(why) = run.summary.as_ref().and_then(|summary| summary.stopped_by.as_ref()) {
        prose.push(&format!("! {why}\n"), Role::Warning);
    }
    if run.made() > 0 {
        prose.push(&format!("{} reviews what was made", key(Command::Review)), Role::Accent);
    } else {
        prose.push(
            &format!("nothing was made; {} sees to the seeds", key(Command::GoEdit)),
            Role::Accent,
        );
    }
    if outcome.can_resume() && run.id.is_some() {
        prose.push("; the run stands in the settings to be taken up again", Role::Dim);
    }
    prose.push("\n", Role::Text);
}

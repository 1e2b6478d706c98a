//! `seedbed teacher check`: whether a teacher answers, how fast, how many requests at once it serves, and what it can do.

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::interrupt::Interrupt;
use super::output::{Ink, Output, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::teacher::check::Health;
use crate::teacher::measure::{Measured, Part, most_cost};
use crate::teacher::{Feature, Price};
use crate::workbench::Teachers;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Its name [default: the teacher that is used when none is named]
    name: Option<String>,
    /// Measure it too: how many requests side by side it serves, and what it can do; some 150 short calls
    #[arg(long)]
    deep: bool,
    /// Don't ask before a teacher on another machine is measured
    #[arg(long, short)]
    yes: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    Text,
    Json,
}

pub(super) fn check(session: &Session, teachers: &Teachers, args: &CheckArgs) -> anyhow::Result<Ended> {
    let runtime = session.runtime()?;
    let cancel = CancellationToken::new();
    let name = args.name.as_deref();
    let (health, interrupted) = runtime.block_on(async {
        let interrupt = Interrupt::listen(&cancel);
        let health = teachers.health(name, cancel.clone()).await;
        (health, interrupt.fired())
    });
    if interrupted {
        return Ok(Ended::Interrupted);
    }
    let health = health?;
    let output = match args.format {
        CheckFormat::Text => session.output,
        CheckFormat::Json => session.output.for_programs(),
    };
    if args.format == CheckFormat::Text {
        tell_health(output, &health)?;
    }
    let mut measured = None;
    if args.deep && health.is_well() {
        if !may_measure(session, output, teachers, args, &health)? {
            return Ok(Ended::Findings);
        }
        let (found, interrupted) = runtime.block_on(async {
            let interrupt = Interrupt::listen(&cancel);
            let mut on_part = |part: Part| output.note(words_of(part));
            let found = teachers.measure(name, &mut on_part, &cancel).await;
            (found, interrupt.fired())
        });
        if interrupted {
            return Ok(Ended::Interrupted);
        }
        measured = Some(found?);
    }
    match (args.format, &measured) {
        (CheckFormat::Json, _) => output.json(&as_json(&health, measured.as_ref()))?,
        (CheckFormat::Text, Some(measured)) => tell_measured(output, measured)?,
        (CheckFormat::Text, None) => {}
    }
    Ok(if health.is_well() { Ended::Well } else { Ended::Findings })
}

/// Says what it takes, and asks where that is another machine.
fn may_measure(
    session: &Session,
    output: Output,
    teachers: &Teachers,
    args: &CheckArgs,
    health: &Health,
) -> anyhow::Result<bool> {
    let (calls, usage) = most_cost();
    let runtime = session.runtime()?;
    let teacher = runtime.block_on(teachers.by_name(args.name.as_deref()))?;
    let money = match teachers.price_of(teacher.as_ref()) {
        Some(price) if price.is_free() => String::new(),
        Some(price) => format!(", up to {}", money(&price, price.cost(usage))),
        None => "; what that costs is not known".to_owned(),
    };
    let what = format!(
        "Measuring takes at most {calls} short calls, {} tokens to read and {} to write{money}.",
        usage.prompt_tokens, usage.completion_tokens
    );
    output.note(&what);
    if !health.remote || args.yes {
        return Ok(true);
    }
    if !session.is_interactive() {
        return Err(Usage("this teacher is on another machine; add --yes to measure it".to_owned()).into());
    }
    let agreed = session.agrees("It is on another machine. Go on?");
    if !agreed {
        output.note("Nothing was measured.");
    }
    Ok(agreed)
}

fn money(price: &Price, amount: f64) -> String {
    format!("{amount:.3} {}", shown(&price.currency))
}

fn words_of(part: Part) -> String {
    match part {
        Part::AtOnce(1) => "measuring one request at a time…".to_owned(),
        Part::AtOnce(count) => format!("measuring {count} at once…"),
        Part::Features => "trying out what it can do…".to_owned(),
    }
}

fn tell_health(output: Output, health: &Health) -> anyhow::Result<()> {
    let place = if health.url.is_empty() {
        "in this program".to_owned()
    } else {
        format!("at {}", shown(&health.url))
    };
    output.line(format!("{} {place}", output.paint(Ink::Strong, shown(&health.model))))?;
    match &health.models {
        Ok(models) if !models.is_empty() => output.line(format!("  it offers {}", shown(&models.join(", "))))?,
        Ok(_) => {}
        Err(error) if health.trial.is_ok() => {
            output.line(format!("  it lists no models: {}", shown(&error.to_string())))?
        }
        Err(_) => {}
    }
    for note in &health.notes {
        output.line(format!("  {} {}", output.paint(Ink::Warning, "note:"), shown(note)))?;
    }
    match &health.trial {
        Ok(trial) => {
            let seconds = |duration: Duration| format!("{:.1} s", duration.as_secs_f64());
            let first = trial
                .first_text
                .map_or_else(String::new, |first| format!(", first word after {}", seconds(first)));
            let speed = trial
                .tokens_per_second()
                .map_or_else(String::new, |speed| format!(", {speed:.0} tokens a second"));
            output.line(format!("  it says: {}", shown(trial.reply.text.trim())))?;
            output.line(format!(
                "  {} in {}{first}{speed}",
                output.paint(Ink::Good, "it answers"),
                seconds(trial.whole)
            ))
        }
        Err(error) => output.line(format!(
            "  {} {}",
            output.paint(Ink::Bad, "it does not answer:"),
            shown(&error.to_string())
        )),
    }
}

fn tell_measured(output: Output, measured: &Measured) -> anyhow::Result<()> {
    output.line("")?;
    output.line("  at once   answers/s   tokens/s   one takes   failed")?;
    for load in &measured.loads {
        let tokens = match load.tokens_per_second {
            0.0 => "-".to_owned(),
            tokens => format!("{tokens:.0}"),
        };
        output.line(format!(
            "  {:>7}   {:>9.1}   {tokens:>8}   {:>7.2} s   {:>6}",
            load.at_once, load.answers_per_second, load.latency, load.failed
        ))?;
    }
    output.line(format!("  {}", output.paint(Ink::Faint, shown(&measured.ended))))?;
    output.line("")?;
    let width = measured
        .features
        .iter()
        .map(|feature| feature.name.len())
        .max()
        .unwrap_or(0);
    for feature in &measured.features {
        tell_feature(output, feature, width)?;
    }
    match measured.suggested_slots {
        Some(slots) => output.line(format!(
            "\n  suggestion: {}",
            output.paint(Ink::Strong, format!("slots: {slots}"))
        )),
        None => output.line("\n  it did not answer: no number of slots can be suggested"),
    }
}

fn tell_feature(output: Output, feature: &Feature, width: usize) -> anyhow::Result<()> {
    let (ink, word) = match feature.has {
        Some(true) => (Ink::Good, "yes"),
        Some(false) => (Ink::Warning, "no "),
        None => (Ink::Faint, "?  "),
    };
    output.line(format!(
        "  {} {:width$}  {}",
        output.paint(ink, word),
        feature.name,
        output.paint(Ink::Faint, shown(&feature.note))
    ))
}

fn as_json(health: &Health, measured: Option<&Measured>) -> serde_json::Value {
    let trial = health.trial.as_ref();
    json!({
        "model": health.model,
        "url": health.url,
        "remote": health.remote,
        "answers": health.is_well(),
        "error": trial.err().map(ToString::to_string),
        "text": trial.ok().map(|trial| trial.reply.text.as_str()),
        "seconds": trial.ok().map(|trial| trial.whole.as_secs_f64()),
        "first_text_after": trial.ok().and_then(|trial| trial.first_text).map(|first| first.as_secs_f64()),
        "tokens_per_second": trial.ok().and_then(|trial| trial.tokens_per_second()),
        "models": health.models.as_ref().ok(),
        "notes": health.notes,
        "measured": measured,
    })
}

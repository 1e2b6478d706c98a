//! A run on the screen: how far it is, what is being written, what came, and why rows were dropped.

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::figures::{clock, count, grouped};
use super::live::{Item, Live, State};
use super::update::RUN;
use crate::samples::Outcome;
use crate::tui::canvas::Canvas;
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// Rows of texts being written that are shown.
const WRITING_ROWS: usize = 3;

/// Draws a run; `with_detail` puts the chosen result below the list where there is room.
pub fn draw(model: &Model, run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect, with_detail: bool) {
    let title = format!("{} · {} · {}", word(&run.state), run.wish.teacher, run.model);
    let inner = canvas.text_pane(area, RUN, &title, model.generate.watching);
    if inner.is_empty() {
        return;
    }
    let bar = (inner.width / 3).clamp(6, 30).min(inner.width);
    canvas.meter(inner.x, inner.y, bar, run.through() as u64, run.candidates() as u64);
    let far = format!(
        "{} of {}",
        grouped(run.through() as u64),
        count(run.candidates() as u64, "candidate", "candidates")
    );
    canvas.text(
        inner.x + bar + 1,
        inner.y,
        inner.width.saturating_sub(bar + 1),
        &far,
        Role::Strong,
    );
    let below = Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    };
    let figures = figures(model, run);
    let rows = u16::try_from(figures.height(below.width))
        .unwrap_or(u16::MAX)
        .min((below.height / 2).max(1))
        .min(below.height);
    figures.draw(canvas, Rect { height: rows, ..below });
    let rest = Rect {
        y: below.y + rows,
        height: below.height - rows,
        ..below
    };
    let rest = draw_writing(run, canvas, rest);
    let detail = if with_detail && rest.height >= 10 {
        rest.height / 2
    } else {
        0
    };
    let list = Rect {
        height: rest.height - detail,
        ..rest
    };
    draw_items(model, run, canvas, list);
    if detail > 1 {
        draw_item(
            run,
            canvas,
            Rect {
                y: list.bottom() + 1,
                height: detail - 1,
                ..rest
            },
        );
    }
}

/// Draws the chosen result in full.
pub fn draw_detail(run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = match run.items.get(run.rows.chosen) {
        Some(item) => item
            .dropped
            .as_ref()
            .map_or("sample, kept for review".to_owned(), |(reason, _)| {
                format!("dropped: {}", reason.label())
            }),
        None => String::new(),
    };
    let inner = canvas.pane(area, RUN, &title, false);
    draw_item(
        run,
        canvas,
        Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        },
    );
}

fn draw_item(run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect) {
    if let Some(item) = run.items.get(run.rows.chosen) {
        prose_of(item).draw(canvas, area);
    }
}

/// A result as a text: why it was dropped, its context, question and answer.
pub fn prose_of(item: &Item) -> Prose {
    let mut prose = Prose::default();
    if let Some((reason, message)) = &item.dropped {
        prose.push(&format!("✗ {}: ", reason.label()), Role::Bad);
        prose.push(&format!("{message}\n"), Role::Text);
    }
    if !item.question.is_empty() {
        prose.push("Q  ", Role::Accent);
        prose.push(
            &format!("{}\n", item.question.trim().replace('\n', "\n   ")),
            Role::Strong,
        );
    }
    if !item.answer.is_empty() {
        prose.push(if item.question.is_empty() { "said  " } else { "A  " }, Role::Accent);
        prose.push(&format!("{}\n", item.answer.trim().replace('\n', "\n   ")), Role::Text);
    }
    if let Some(context) = &item.context {
        prose.push("\ncontext  ", Role::Dim);
        prose.push(context.trim(), Role::Quoted);
    }
    prose
}

fn word(state: &State) -> &'static str {
    match state {
        State::Preparing => "preparing",
        State::Running => "running",
        State::Stopping => "stopping",
        State::Ended(outcome) => outcome.word(),
    }
}

fn figures(model: &Model, run: &Live) -> Prose {
    let mut prose = Prose::default();
    prose.push(&format!("✓ {} made", grouped(run.made() as u64)), Role::Good);
    let dropped = run.dropped();
    prose.push(
        &format!(" · ✗ {} dropped", grouped(dropped as u64)),
        if dropped > 0 { Role::Bad } else { Role::Dim },
    );
    if run.left() > 0 {
        prose.push(&format!(" · {} left", grouped(run.left() as u64)), Role::Dim);
    }
    prose.push(&format!("{}\n", pace(run, model.now)), Role::Dim);
    match &run.state {
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
    for (reason, number, last) in run.grouped() {
        prose.push(&format!("✗ {number} {}", reason.label()), Role::Bad);
        prose.push(&format!("  {last}\n"), Role::Dim);
    }
    if let Some(summary) = &run.summary
        && dropped > 0
    {
        let lost = summary.funnel.iter().filter(|stage| stage.rows_in > 0);
        let stages: Vec<String> = lost
            .map(|stage| format!("{} {}→{}", stage.block, stage.rows_in, stage.rows_out))
            .collect();
        prose.push("funnel  ", Role::Dim);
        prose.push(&format!("{}\n", stages.join(" · ")), Role::Dim);
    }
    for note in &run.notes {
        prose.push(&format!("! {note}\n"), Role::Warning);
    }
    prose
}

fn ending(model: &Model, run: &Live, outcome: &Outcome, prose: &mut Prose) {
    let key = |command: Command| model.keymap.shown(command);
    if let Outcome::Failed { reason } = outcome {
        prose.push(&format!("✗ {reason}\n"), Role::Bad);
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

/// Tokens, speed, time gone and time left.
fn pace(run: &Live, now: Timestamp) -> String {
    let seconds = run.seconds(now);
    let mut text = String::new();
    if let Some(summary) = &run.summary {
        let (read, written) = (summary.usage.prompt_tokens, summary.usage.completion_tokens);
        if read + written > 0 {
            text.push_str(&format!(
                " · {} tokens read, {} written",
                grouped(read),
                grouped(written)
            ));
        }
        if seconds >= 1.0 && written > 0 {
            text.push_str(&format!(" · {:.0}/s", written as f64 / seconds));
        }
        if summary.failed_calls > 0 {
            text.push_str(&format!(
                " · {}",
                count(summary.failed_calls as u64, "call failed", "calls failed")
            ));
        }
    }
    text.push_str(&format!(" · {}", clock(seconds)));
    let through = run.through();
    if run.is_under_way() && through > 0 && run.candidates() > through {
        let left = seconds / through as f64 * (run.candidates() - through) as f64;
        text.push_str(&format!(" · about {} left", clock(left)));
    }
    text
}

/// The ends of the texts being written; returns what is left of the area.
fn draw_writing(run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect) -> Rect {
    let most = WRITING_ROWS.min(usize::from(area.height / 4));
    let mut y = area.y;
    for (row, text) in run.writing.iter().take(most) {
        let used = canvas.text(area.x, y, area.width, &format!("… {}  ", row + 1), Role::Accent);
        let room = area.width.saturating_sub(used);
        canvas.text(area.x + used, y, room, &end_of(text, usize::from(room)), Role::Dim);
        y += 1;
    }
    Rect {
        y,
        height: area.bottom().saturating_sub(y),
        ..area
    }
}

/// The last part of a text that fits.
fn end_of(text: &str, room: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cells = 0;
    let from = flat.char_indices().rev().take_while(|(_, c)| {
        cells += crate::text::width::cells(c.encode_utf8(&mut [0; 4]));
        cells <= room
    });
    let at = from.last().map_or(flat.len(), |(at, _)| at);
    flat.get(at..).unwrap_or_default().to_owned()
}

fn draw_items(model: &Model, run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect) {
    if run.items.is_empty() && matches!(run.state, State::Running) && area.height > 0 {
        canvas.text(
            area.x,
            area.y,
            area.width,
            "samples will be listed here as they come",
            Role::Dim,
        );
    }
    for (y, index) in (area.y..area.bottom()).zip(run.rows.window(run.items.len(), usize::from(area.height))) {
        let Some(item) = run.items.get(index) else { break };
        let place = Rect { y, height: 1, ..area };
        let used = match &item.dropped {
            None => canvas.text(place.x, y, place.width, "✓ ", Role::Good),
            Some((reason, _)) => canvas.text(place.x, y, place.width, &format!("✗ {}  ", reason.label()), Role::Bad),
        };
        let role = if item.dropped.is_some() { Role::Dim } else { Role::Text };
        canvas.text(place.x + used, y, place.width.saturating_sub(used), item.line(), role);
        if index == run.rows.chosen {
            canvas.paint(
                place,
                if model.generate.watching {
                    Role::Selection
                } else {
                    Role::SelectionIdle
                },
            );
        }
        canvas.hits.add(place, Hit::Row { pane: RUN, index });
    }
}

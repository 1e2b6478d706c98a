//! How the review screen looks.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::update::{SAMPLE, SOURCE};
use super::{Differences, Review, Source};
use crate::review::{REASONS, Verdict, minutes_left};
use crate::tui::canvas::{Canvas, fitted_path, one_above_other, side_by_side, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// Below the first width one side is shown at a time, below the second the sides are stacked.
pub(super) const STACKED: (u16, u16) = (60, 100);

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let review = &model.review;
    let usual = if area.height >= 14 { 2 } else { 1 };
    // All reasons are to be seen, also where they take more rows.
    let strip = if review.asks_why() {
        let rows = reasons().height(area.width.saturating_sub(2));
        u16::try_from(rows)
            .unwrap_or(usual)
            .clamp(usual, (area.height / 2).max(usual))
    } else {
        usual
    };
    let head = Rect { height: 1, ..area };
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1 + strip),
        ..area
    };
    let foot = Rect {
        y: body.bottom(),
        height: strip,
        ..area
    };
    draw_progress(review, canvas, head);
    draw_trail(model, canvas, foot);
    if review.editing.is_some() {
        let (left, right) = sides(body, area.width);
        if let Some(left) = left.filter(|_| area.width >= STACKED.1) {
            draw_source(model, canvas, left);
            return draw_edit(model, canvas, right);
        }
        return draw_edit(model, canvas, body);
    }
    match sides(body, area.width) {
        (Some(left), right) => {
            draw_source(model, canvas, left);
            draw_sample(model, canvas, right);
        }
        (None, only) if review.source_focused => draw_source(model, canvas, only),
        (None, only) => draw_sample(model, canvas, only),
    }
}

fn sides(body: Rect, width: u16) -> (Option<Rect>, Rect) {
    if width < STACKED.0 {
        return (None, body);
    }
    if width < STACKED.1 {
        let (source, sample) = one_above_other(body, body.height * 2 / 5);
        return (Some(source), sample);
    }
    let (source, sample) = side_by_side(body, body.width / 2);
    (Some(source), sample)
}

fn draw_progress(review: &Review, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let node = review.node.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut spans = vec![Span::styled(" ", canvas.style(Role::Text))];
    if let Some(queue) = &review.queue {
        let progress = queue.progress();
        // Only what is on disk counts.
        let saving = |verdict: Verdict| review.saving.iter().filter(|(_, saving, _)| *saving == verdict).count();
        let accepted = progress.accepted.saturating_sub(saving(Verdict::Accepted));
        let rejected = progress.rejected.saturating_sub(saving(Verdict::Rejected));
        spans.push(Span::styled(
            format!("{}/{}", progress.position, progress.total),
            canvas.style(Role::Strong),
        ));
        spans.push(Span::styled(
            format!(" · ✓ {accepted} accepted"),
            canvas.style(Role::Good),
        ));
        spans.push(Span::styled(
            format!(" · ✗ {rejected} rejected"),
            canvas.style(Role::Bad),
        ));
        spans.push(Span::styled(
            format!(" · {} left", progress.left()),
            canvas.style(Role::Accent),
        ));
        if let Some(minutes) = minutes_left(progress.left(), &review.seconds).filter(|_| progress.left() > 0) {
            spans.push(Span::styled(format!(" · about {minutes} min"), canvas.style(Role::Dim)));
        }
    }
    let used = canvas.line(area.x, area.y, area.width, Line::from(spans));
    let room = area.width.saturating_sub(used + 2);
    let name = fitted_path(&node, room.saturating_sub(1));
    let width = width_of(&name);
    canvas.text(area.right().saturating_sub(width + 1), area.y, width, &name, Role::Dim);
}

fn draw_source(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let review = &model.review;
    let title = review.page.as_ref().map_or("source", |page| page.source_title.as_str());
    let inner = canvas.text_pane(area, SOURCE, title, review.source_focused);
    let Some(page) = &review.page else { return };
    let tabs = review
        .current_loaded()
        .map(|loaded| super::page::sources(loaded))
        .unwrap_or_default();
    let text = Rect {
        height: inner
            .height
            .saturating_sub(u16::from(tabs.len() > 1 && inner.height > 4)),
        ..inner
    };
    let more = page.left.draw(canvas, text);
    if text.height < inner.height {
        let mut x = inner.x;
        let y = inner.bottom() - 1;
        let next = format!("{}: ", model.keymap.how(Command::NextPane));
        x += canvas.text(x, y, inner.width, &next, Role::Dim);
        for (index, source) in tabs.iter().enumerate() {
            let role = if *source == page.source {
                Role::Accent
            } else {
                Role::Dim
            };
            let name = source_name(*source);
            let room = inner.right().saturating_sub(x);
            let used = canvas.text(x, y, room, name, role);
            canvas.hits.add(
                Rect {
                    x,
                    y,
                    width: used,
                    height: 1,
                },
                Hit::Row { pane: SOURCE, index },
            );
            x += used;
            if index + 1 < tabs.len() {
                x += canvas.text(x, y, inner.right().saturating_sub(x), " · ", Role::Dim);
            }
        }
    }
    if more {
        canvas.text(
            area.right().saturating_sub(9),
            area.bottom() - 1,
            7,
            " more ↓",
            Role::Dim,
        );
    }
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Document => "source",
        Source::Seed => "seed example",
        Source::Parent => "parent",
        Source::Provenance => "provenance",
    }
}

fn draw_sample(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let review = &model.review;
    let mut title = "sample".to_owned();
    if let (Some(queue), Some(loaded)) = (&review.queue, review.current_loaded()) {
        title = format!("sample {}", queue.progress().position);
        if let Some(verdict) = queue.verdict_of(&loaded.sample.id) {
            let saving = review.saving.iter().any(|(id, _, _)| *id == loaded.sample.id);
            title.push_str(&format!(
                " · {} {}",
                mark(verdict),
                if saving { "saving" } else { verdict.word() }
            ));
        }
        if loaded.sample.parent.is_some() {
            title.push_str(" · edited");
        }
        for flag in &loaded.sample.flags {
            title.push_str(&format!(" · {flag}"));
        }
        match review.differences {
            Differences::Off => {}
            Differences::Words => title.push_str(" · differences by word"),
            Differences::Lines => title.push_str(" · differences by line"),
        }
    }
    let inner = canvas.text_pane(area, SAMPLE, &title, !review.source_focused);
    match (&review.page, &review.queue) {
        (Some(page), _) => {
            if page.right.draw(canvas, inner) {
                canvas.text(
                    area.right().saturating_sub(9),
                    area.bottom() - 1,
                    7,
                    " more ↓",
                    Role::Dim,
                );
            }
        }
        (None, Some(queue)) if queue.is_empty() => {
            let generate = model.keymap.how(Command::Generate);
            let text = format!("No samples here yet. Press {generate} to have a teacher make some.");
            canvas.text(inner.x, inner.y, inner.width, &text, Role::Dim);
        }
        (None, _) => {
            canvas.text(inner.x, inner.y, inner.width, "reading …", Role::Dim);
        }
    }
}

fn draw_edit(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let review = &model.review;
    let save = model.keymap.how(Command::FieldSave);
    let inner = canvas.pane(area, SAMPLE, &format!("edit: {save} keeps it as a new sample"), true);
    let Some(draft) = review.editing.as_ref().and_then(|id| review.drafts.get(id)) else {
        return;
    };
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let count = u16::try_from(draft.fields.len()).unwrap_or(1).max(1);
    let mut y = inner.y;
    for (index, (label, field)) in draft.fields.iter().enumerate() {
        let chosen = index == draft.chosen;
        let left = inner.bottom().saturating_sub(y);
        if left < 2 {
            break;
        }
        let wanted = u16::try_from(field.height(inner.width)).unwrap_or(u16::MAX);
        // The field that has the caret gets the room that the others leave.
        let others = (count - 1).saturating_mul(3);
        let most = if chosen { left.saturating_sub(others).max(2) } else { 3 };
        let height = (wanted + 1).min(most).min(left);
        canvas.text(
            inner.x,
            y,
            inner.width,
            label,
            if chosen { Role::Accent } else { Role::Dim },
        );
        let place = Rect {
            y: y + 1,
            height: height - 1,
            ..inner
        };
        if chosen {
            field.draw(canvas, place);
        } else {
            let text = field.text();
            canvas.text(place.x, place.y, place.width, &text, Role::Dim);
            canvas.hits.add(place, Hit::Row { pane: SAMPLE, index });
        }
        // A blank row between the fields where there is room for it.
        y += height + u16::from(inner.height >= count.saturating_mul(4));
    }
}

fn draw_trail(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let review = &model.review;
    if review.reasonable.is_some() {
        let inner = Rect {
            x: area.x + 1,
            width: area.width.saturating_sub(2),
            ..area
        };
        reasons().draw(canvas, inner);
    } else {
        let mut spans = vec![Span::styled(" ", canvas.style(Role::Text))];
        for trace in &review.trail {
            let (text, role) = if trace.saved {
                (mark(trace.verdict), role(trace.verdict))
            } else {
                ("…", Role::Dim)
            };
            spans.push(Span::styled(format!("{text} "), canvas.style(role)));
        }
        if let Some(last) = review.trail.back() {
            let reason = last
                .reason
                .as_ref()
                .map(|reason| format!(", {reason}"))
                .unwrap_or_default();
            let state = if last.saved { last.verdict.word() } else { "saving" };
            let undo = model.keymap.how(Command::UndoDecision);
            let text = format!("  last: {state}{reason} ({undo} takes it back)");
            spans.push(Span::styled(text, canvas.style(Role::Dim)));
        }
        canvas.line(area.x, area.y, area.width, Line::from(spans));
    }
}

/// The reasons to choose from. The sample on show is the next one already, so the words say which one is meant.
fn reasons() -> Prose {
    let mut prose = Prose::default();
    prose.push("✗ last: rejected; why? ", Role::Bad);
    for (index, reason) in REASONS.iter().enumerate() {
        if index > 0 {
            prose.push(" · ", Role::Dim);
        }
        // A number stays with its words.
        prose.push(&format!("{}\u{a0}", reason.key), Role::Key);
        prose.push(&reason.label.replace(' ', "\u{a0}"), Role::Text);
    }
    prose
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted => "✓",
        Verdict::Rejected => "✗",
        Verdict::Skipped => "–",
        Verdict::Flagged => "⚑",
    }
}

fn role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Accepted => Role::Good,
        Verdict::Rejected => Role::Bad,
        Verdict::Skipped => Role::Dim,
        Verdict::Flagged => Role::Warning,
    }
}

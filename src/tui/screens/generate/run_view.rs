//! A run on the screen: how far it is, what is being written, what came, and why rows were dropped.

use ratatui::layout::Rect;

use super::figures::{count, grouped};
use super::figures_view::{self, word};
use super::funnel;
use super::live::{Item, Live, State};
use super::update::RUN;
use crate::tui::canvas::{Canvas, one_above_other};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// Rows of texts being written that are shown.
const WRITING_ROWS: usize = 3;

/// Draws a run; `with_detail` puts the chosen result below the list where there is room.
pub fn draw(model: &Model, run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect, with_detail: bool) {
    let title = format!("{} · {} · {}", word(run), run.wish.teacher, run.model);
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
    let (_, below) = one_above_other(inner, 1);
    let figures = figures_view::prose(model, run);
    let rows = rows_of(figures.height(below.width), (below.height / 2).max(1));
    let (place, rest) = one_above_other(below, rows);
    figures.draw(canvas, place);
    if run.whole_funnel {
        return draw_whole_funnel(run, canvas, rest);
    }
    let rest = draw_funnel(run, canvas, rest);
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

fn rows_of(height: usize, most: u16) -> u16 {
    u16::try_from(height).unwrap_or(u16::MAX).min(most)
}

/// The funnel in a third of the room; returns what is left.
fn draw_funnel(run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect) -> Rect {
    let most = area.height / 3;
    let Some(summary) = run.summary.as_ref().filter(|_| most > 0) else {
        return area;
    };
    let lines = funnel::lines(summary, &run.lost, usize::from(most), false);
    let prose = funnel::prose(&lines, area.width);
    let (place, rest) = one_above_other(area, rows_of(prose.height(area.width), most));
    if prose.draw(canvas, place) {
        canvas.text(
            place.right().saturating_sub(2),
            place.bottom().saturating_sub(1),
            2,
            " …",
            Role::Dim,
        );
    }
    rest
}

/// Every block, also those that no row reached yet.
fn draw_whole_funnel(run: &Live, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let Some(summary) = &run.summary else {
        canvas.text(
            area.x,
            area.y,
            area.width,
            "nothing has come through a block yet",
            Role::Dim,
        );
        return;
    };
    let lines = funnel::lines(summary, &run.lost, usize::MAX, true);
    let mut prose = funnel::prose(&lines, area.width);
    let most = prose.height(area.width).saturating_sub(usize::from(area.height));
    run.funnel_top.set(run.funnel_top.get().min(most));
    prose.scroll_down(run.funnel_top.get());
    if prose.draw(canvas, area) {
        canvas.text(
            area.right().saturating_sub(2),
            area.bottom().saturating_sub(1),
            2,
            " …",
            Role::Dim,
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

//! How the form of sources looks.

use ratatui::layout::Rect;

use super::update::FORM;
use super::{OFFERED, Row, SourcesForm, Typing};
use crate::taxonomy::attribution::{Attribution, Work, WorkKey, is_accepted};
use crate::tui::canvas::{Canvas, centred, fitted_path};
use crate::tui::hits::Hit;
use crate::tui::theme::Role;

/// The columns of the labels.
const LABELS: u16 = 21;

pub fn draw(form: &SourcesForm, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let rows = form.list();
    // Room for the offers is kept, so that the box stays where it is while one types.
    let wanted = u16::try_from(rows.len() + OFFERED + 4).unwrap_or(u16::MAX);
    let frame = centred(
        area,
        area.width.saturating_sub(4).min(100),
        wanted.min(area.height.saturating_sub(2)),
    );
    canvas.clear(frame);
    let changed = if form.is_changed() { " ✎" } else { "" };
    let draft = if form.sources.is_draft { " (draft)" } else { "" };
    let path = fitted_path(form.sources.node.as_str(), frame.width.saturating_sub(24));
    let inner = canvas.text_pane(frame, FORM, &format!("sources of {path}{draft}{changed}"), true);
    let below = form.typing.as_ref().map_or(1, |typing| typing.offers.len().max(1));
    let below = u16::try_from(below).unwrap_or(1).min(inner.height.saturating_sub(3)) + 1;
    let list = Rect {
        height: inner.height.saturating_sub(below),
        ..inner
    };
    let read = form.sources.text.attribution();
    let window = form.rows.window(rows.len(), usize::from(list.height));
    for (y, index) in (list.y..list.bottom()).zip(window) {
        let Some(row) = rows.get(index) else { break };
        let place = Rect { y, height: 1, ..list };
        canvas.hits.add(place, Hit::Row { pane: FORM, index });
        draw_row(form, &read, *row, canvas, place);
        if index == form.rows.chosen && form.typing.is_none() {
            canvas.paint(place, Role::Selection);
        }
    }
    let foot = Rect {
        y: list.bottom() + 1,
        height: below - 1,
        ..inner
    };
    match &form.typing {
        Some(typing) if !typing.offers.is_empty() => draw_offers(typing, canvas, foot),
        _ => draw_hint(form, &read, canvas, foot),
    }
}

fn draw_row(form: &SourcesForm, read: &Attribution, row: Row, canvas: &mut Canvas<'_, '_>, area: Rect) {
    match row {
        Row::Heading(work) => {
            let title = read.works.get(work).map_or("", |work| work.title.as_str());
            let title = if title.is_empty() { "without a title yet" } else { title };
            let text = format!("{} {title}", work + 1);
            canvas.text(area.x, area.y, area.width, &text, Role::Strong);
        }
        Row::AddWork => {
            let text = if read.works.is_empty() {
                "+ name the first work that this leaf rests on"
            } else {
                "+ add a work"
            };
            canvas.text(area.x, area.y, area.width, text, Role::Accent);
        }
        Row::Field(work, key) => {
            canvas.text(area.x + 2, area.y, LABELS, key.label(), Role::Dim);
            let value = Rect {
                x: area.x + LABELS + 2,
                width: area.width.saturating_sub(LABELS + 2),
                ..area
            };
            let typing = form
                .typing
                .as_ref()
                .filter(|typing| (typing.work, typing.key) == (work, key));
            match (typing, read.works.get(work)) {
                (Some(typing), _) => typing.field.draw(canvas, value),
                (None, Some(work)) => draw_value(work, key, canvas, value),
                (None, None) => {}
            }
        }
    }
}

fn draw_value(work: &Work, key: WorkKey, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let value = work.field(key);
    let open = value.is_empty() && key != WorkKey::Revision;
    if open {
        canvas.text(area.x, area.y, area.width, "· still open", Role::Warning);
        return;
    }
    let used = canvas.text(area.x, area.y, area.width, value, Role::Text);
    if key == WorkKey::Licence {
        let (mark, role) = if is_accepted(value) {
            ("✓ accepted by InstructLab", Role::Good)
        } else {
            ("! not one that InstructLab accepts", Role::Warning)
        };
        let x = area.x + used + 2;
        canvas.text(x, area.y, area.right().saturating_sub(x), mark, role);
    }
}

fn draw_offers(typing: &Typing, canvas: &mut Canvas<'_, '_>, area: Rect) {
    for ((y, offer), index) in (area.y..area.bottom()).zip(&typing.offers).zip(0..) {
        let row = Rect { y, height: 1, ..area };
        let (mark, role) = if offer.accepted {
            ("✓", Role::Good)
        } else {
            (" ", Role::Text)
        };
        canvas.text(row.x, y, 2, mark, role);
        let used = canvas
            .text(row.x + 2, y, row.width.saturating_sub(2), offer.id, role)
            .max(20);
        let x = row.x + 2 + used + 1;
        canvas.text(x, y, row.right().saturating_sub(x), offer.name, Role::Dim);
        if typing.chosen == Some(index) {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Choice(index));
    }
}

/// What belongs into the chosen field, or what else is in the file.
fn draw_hint(form: &SourcesForm, read: &Attribution, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let text = match (&form.typing, form.row(), read.unknown.len()) {
        (Some(typing), ..) => typing.key.hint().to_owned(),
        (None, Row::Field(_, key), _) => key.hint().to_owned(),
        (None, _, 0) => "✓ marks licences that InstructLab's taxonomy accepts".to_owned(),
        (None, _, 1) => "one more line of the file means nothing here and stays as it is".to_owned(),
        (None, _, lines) => format!("{lines} more lines of the file mean nothing here and stay as they are"),
    };
    canvas.text(area.x, area.y, area.width, &text, Role::Dim);
}

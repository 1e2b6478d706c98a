//! How the edit screen looks: the outline on the left, the page of the chosen field on the right, a preview beside or below.

use ratatui::layout::Rect;

use super::outline::Row;
use super::sheet::Sheet;
use super::update::OUTLINE;
use super::{Over, card, coach, past, preview, raw, target};
use crate::taxonomy::Severity;
use crate::taxonomy::form::Group;
use crate::tui::canvas::{Canvas, one_above_other, side_by_side, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// From this width on there are two panes, and three with a preview.
const TWO_PANES: u16 = 80;
const THREE_PANES: u16 = 120;
/// From this width on the file is shown beside the form unless someone hides it.
const FILE_BESIDE: u16 = 140;

/// Whether the file is shown, beside the form or in its place.
pub fn shows_file(model: &Model) -> bool {
    model
        .edit
        .raw
        .unwrap_or(model.size.0 >= FILE_BESIDE && !preview::is_open(model))
}

/// Whether the file is shown in place of the form's page.
pub fn file_is_alone(model: &Model) -> bool {
    let typing = model.edit.sheet.as_ref().is_some_and(|sheet| sheet.typing.is_some());
    shows_file(model) && !typing && (model.size.0 < THREE_PANES || preview::is_open(model))
}

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let Some(sheet) = &model.edit.sheet else {
        return draw_waiting(model, canvas, area);
    };
    let area = match split_preview(model, area) {
        Some((rest, below)) => {
            preview::draw(model, canvas, below);
            rest
        }
        None => area,
    };
    match &model.edit.over {
        Some(Over::Past(past)) => {
            return draw_beside(model, sheet, canvas, area, |canvas, area| {
                past::draw(model, past, canvas, area)
            });
        }
        Some(Over::Coach(coach)) => {
            return draw_beside(model, sheet, canvas, area, |canvas, area| {
                coach::draw(model, coach, canvas, area)
            });
        }
        Some(Over::Target(_)) | None => {}
    }
    draw_form(model, sheet, canvas, area);
    if let Some(Over::Target(target)) = &model.edit.over {
        target::draw(model, target, canvas, area);
    }
}

/// Draws something on the right side; alone where there is no room for the outline.
fn draw_beside(
    model: &Model,
    sheet: &Sheet,
    canvas: &mut Canvas<'_, '_>,
    area: Rect,
    draw: impl Fn(&mut Canvas<'_, '_>, Rect),
) {
    if area.width < TWO_PANES {
        return draw(canvas, area);
    }
    let (left, right) = side_by_side(area, (area.width / 4).clamp(24, 42));
    draw_outline(model, sheet, canvas, left);
    draw(canvas, right);
}

fn draw_form(model: &Model, sheet: &Sheet, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let alone = file_is_alone(model);
    let page = |canvas: &mut Canvas<'_, '_>, area: Rect| {
        if alone && sheet.document().is_ok() {
            raw::draw(model, sheet, canvas, area, sheet.reading);
        } else {
            card::draw(model, sheet, canvas, area);
        }
    };
    if area.width < TWO_PANES && !has_room_for_both(model, area) {
        if sheet.typing.is_some() || sheet.reading || sheet.document().is_err() || alone {
            page(canvas, area);
        } else {
            draw_outline(model, sheet, canvas, area);
        }
        return;
    }
    let beside = shows_file(model) && !alone && area.width >= THREE_PANES && sheet.document().is_ok();
    let left = if beside {
        (area.width / 4).clamp(26, 42)
    } else {
        (area.width * 3 / 8).clamp(26, 42)
    };
    let (left, right) = side_by_side(area, left);
    draw_outline(model, sheet, canvas, left);
    if beside {
        let (form, file) = side_by_side(right, right.width.div_ceil(2));
        page(canvas, form);
        raw::draw(model, sheet, canvas, file, false);
    } else {
        page(canvas, right);
    }
}

/// Beside a preview the two panes may be a little narrower than alone.
fn has_room_for_both(model: &Model, area: Rect) -> bool {
    preview::is_open(model) && area.width >= TWO_PANES - 10
}

/// Room for the preview: on the right when the screen is wide, else below.
fn split_preview(model: &Model, area: Rect) -> Option<(Rect, Rect)> {
    if !preview::is_open(model) {
        return None;
    }
    if area.width >= THREE_PANES {
        return Some(side_by_side(area, area.width - area.width * 2 / 5));
    }
    Some(one_above_other(area, area.height - area.height / 2))
}

fn draw_waiting(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = model.edit.node().map(ToString::to_string).unwrap_or_default();
    let inner = canvas.pane(area, OUTLINE, &title, true);
    let text = match (&model.edit.failed, &model.edit.asked) {
        (Some(reason), _) => reason.clone(),
        (None, Some(_)) => "reading …".to_owned(),
        (None, None) => format!(
            "No leaf is open. Choose one in browse and press {}.",
            model.keymap.how(Command::Open)
        ),
    };
    canvas.text(inner.x + 1, inner.y, inner.width.saturating_sub(2), &text, Role::Dim);
}

fn draw_outline(model: &Model, sheet: &Sheet, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let mark = if sheet.is_changed() { " ● unsaved" } else { "" };
    let title = format!("{}{mark}", sheet.node.name());
    let focused = model.edit.over.is_none() && sheet.typing.is_none() && !sheet.reading && !preview::is_read(model);
    let inner = canvas.pane(area, OUTLINE, &title, focused);
    let window = sheet.list.window(sheet.rows.len(), usize::from(inner.height));
    for (y, index) in (inner.y..inner.bottom()).zip(window) {
        let Some(row) = sheet.rows.get(index) else { break };
        let place = Rect { y, height: 1, ..inner };
        draw_row(sheet, canvas, place, *row);
        if index == sheet.list.chosen {
            canvas.paint(place, if focused { Role::Selection } else { Role::SelectionIdle });
        }
        canvas.hits.add(place, Hit::Row { pane: OUTLINE, index });
    }
}

fn draw_row(sheet: &Sheet, canvas: &mut Canvas<'_, '_>, area: Rect, row: Row) {
    let x = area.x + 1;
    let room = area.width.saturating_sub(4);
    if let Some((mark, role)) = sheet.worst(row).and_then(mark_of) {
        canvas.text(area.right().saturating_sub(2), area.y, 1, mark, role);
    }
    let number = match row {
        Row::File => {
            canvas.text(
                x,
                area.y,
                room,
                &format!("{} · v{}", sheet.leaf.kind, sheet.leaf.version),
                Role::Strong,
            );
            return;
        }
        Row::Example(example) => {
            canvas.text(x, area.y, room, &format!("Example {}", example + 1), Role::Strong);
            return;
        }
        Row::Documents => {
            canvas.text(x, area.y, room, "Documents", Role::Strong);
            return;
        }
        Row::Field(number) => number,
    };
    let (Some(field), Some(shown)) = (sheet.fields.get(number), sheet.shown.get(number)) else {
        return;
    };
    let label = match field.group {
        // A number tells the questions of one passage apart.
        Group::Pair(example, pair) if pairs_of(sheet, example) > 1 => format!("{} {}", field.label, pair + 1),
        _ => field.label.to_owned(),
    };
    let label = format!("{label}  ");
    let label_width = width_of(&label).max(12).min(room * 3 / 5);
    canvas.text(
        x + 2,
        area.y,
        label_width.saturating_sub(1),
        label.trim_end(),
        Role::Dim,
    );
    let room = room.saturating_sub(2 + label_width);
    let (text, role) = first_line(&shown.text, room).map_or(("empty", Role::Dim), |line| (line, Role::Text));
    canvas.text(x + 2 + label_width, area.y, room, text, role);
}

fn pairs_of(sheet: &Sheet, example: usize) -> usize {
    sheet
        .leaf
        .seed_examples
        .get(example)
        .map_or(0, |example| example.pairs.len())
}

/// The first line that says something, as much of it as can be seen.
fn first_line(text: &str, room: u16) -> Option<&str> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    // A line may be as long as a book; what is far outside the window need not be looked at.
    let most = usize::from(room) * 32 + 32;
    let end = line
        .char_indices()
        .map(|(at, _)| at)
        .take_while(|at| *at <= most)
        .last()
        .unwrap_or_default();
    Some(if line.len() <= most {
        line
    } else {
        line.get(..end).unwrap_or(line)
    })
}

/// A finding's sign: its shape says as much as its colour.
pub fn mark_of(severity: Severity) -> Option<(&'static str, Role)> {
    match severity {
        Severity::Error => Some(("✗", Role::Bad)),
        Severity::Warning => Some(("!", Role::Warning)),
        Severity::Advice => None,
    }
}

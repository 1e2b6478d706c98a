//! How the commit screen looks.

use ratatui::layout::Rect;

use super::listing::{self, Row};
use super::update::{CHANGES, DIFFERENCE, MARKS, MESSAGE};
use super::{Commit, Part, facts, wording};
use crate::text::counted::counted;
use crate::tui::canvas::{Canvas, one_above_other, side_by_side, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;
use crate::workbench::{ChangeGroup, ChangedFile};

/// Below the first width one part is shown at a time, from the second on the facts stand beside the message.
const WIDTHS: (u16, u16) = (80, 120);
/// From this height on the message is in sight whatever part has the keys.
const TALL: u16 = 15;
/// The width of a box with the spaces around it.
const MARK: u16 = 5;

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let commit = &model.commit;
    if commit.files().is_empty() && commit.shown.is_none() {
        return draw_calm(model, canvas, area);
    }
    if area.width < WIDTHS.0 {
        return draw_one(model, canvas, area);
    }
    if area.height < TALL {
        let (above, strip) = with_strip(model, area, 1);
        draw_strip(model, canvas, strip);
        return match commit.part {
            Part::Message => draw_message(model, canvas, above),
            Part::Changes | Part::Difference => draw_sides(commit, canvas, above),
        };
    }
    let wide = area.width >= WIDTHS.1;
    let most = if wide { 12 } else { 9 };
    let (above, strip) = if wide {
        (area, Rect::default())
    } else {
        with_strip(model, area, area.height / 4)
    };
    let message = (above.height / 3).clamp(5, most);
    let (upper, lower) = one_above_other(above, above.height - message);
    draw_sides(commit, canvas, upper);
    if wide {
        let (left, right) = side_by_side(lower, lower.width * 3 / 5);
        draw_message(model, canvas, left);
        draw_facts(model, canvas, right);
    } else {
        draw_message(model, canvas, lower);
        draw_strip(model, canvas, strip);
    }
}

/// One part at a time, what the commit would be below it.
fn draw_one(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let (above, strip) = with_strip(model, area, (area.height / 4).max(1));
    match model.commit.part {
        Part::Changes => draw_changes(&model.commit, canvas, above),
        Part::Difference => draw_difference(&model.commit, canvas, above),
        Part::Message => draw_message(model, canvas, above),
    }
    draw_strip(model, canvas, strip);
}

/// Leaves rows at the bottom for the facts, as many as they take and at most `most`.
fn with_strip(model: &Model, area: Rect, most: u16) -> (Rect, Rect) {
    let rows = facts::prose(model).height(area.width.saturating_sub(2));
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).min(most);
    one_above_other(area, area.height.saturating_sub(rows))
}

fn draw_strip(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    facts::prose(model).draw(canvas, padded(area));
}

fn padded(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    }
}

fn draw_sides(commit: &Commit, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let (left, right) = side_by_side(area, (area.width * 2 / 5).clamp(42, 64));
    draw_changes(commit, canvas, left);
    draw_difference(commit, canvas, right);
}

/// Nothing to commit, or nothing known yet.
fn draw_calm(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let commit = &model.commit;
    let how = |command: Command| model.keymap.how(command);
    let inner = padded(canvas.pane(area, CHANGES, "changes", true));
    let mut prose = Prose::default();
    if let Some(why) = &commit.trouble {
        let again = how(Command::Refresh);
        prose.push(&format!("✗ {why}\n\n{again} looks again."), Role::Bad);
    } else if commit.overview.is_none() {
        prose.push("looking at what changed …", Role::Dim);
    } else {
        if let Some(last) = &commit.last {
            prose.push(&format!("✓ committed {last}\n\n"), Role::Good);
        }
        prose.push(
            "Nothing to commit: everything is as it was committed last.\n\n",
            Role::Strong,
        );
        let next = format!(
            "Edit seeds ({} chooses a leaf, {} opens it), generate samples ({}), review them ({}): what you change and decide shows \
             up here.",
            how(Command::GoBrowse),
            how(Command::Open),
            how(Command::Generate),
            how(Command::Review)
        );
        prose.push(&next, Role::Text);
    }
    prose.draw(canvas, inner);
}

fn draw_changes(commit: &Commit, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = format!("changes · {} of {} chosen", commit.listing.count, commit.files().len());
    let focused = commit.part == Part::Changes;
    let inner = canvas.pane(area, CHANGES, &title, focused);
    let window = commit.list.window(commit.listing.rows.len(), usize::from(inner.height));
    for (y, index) in (inner.y..inner.bottom()).zip(window) {
        let Some(row) = commit.listing.rows.get(index) else {
            break;
        };
        let place = Rect { y, height: 1, ..inner };
        match row {
            Row::Heading(group) => {
                canvas.text(
                    place.x + 1,
                    y,
                    place.width.saturating_sub(1),
                    listing::heading(*group),
                    Role::Strong,
                );
            }
            Row::File(at) => {
                if let Some(file) = commit.files().get(*at) {
                    draw_change(
                        commit,
                        canvas,
                        place,
                        file,
                        commit.listing.included.get(*at) == Some(&true),
                    );
                }
            }
        }
        if index == commit.list.chosen {
            canvas.paint(place, if focused { Role::Selection } else { Role::SelectionIdle });
        }
        canvas.hits.add(place, Hit::Row { pane: CHANGES, index });
        if matches!(row, Row::File(_)) {
            canvas.hits.add(
                Rect {
                    width: MARK.min(place.width),
                    ..place
                },
                Hit::Row { pane: MARKS, index },
            );
        }
    }
}

/// A box, the name, what the change means.
fn draw_change(commit: &Commit, canvas: &mut Canvas<'_, '_>, area: Rect, file: &ChangedFile, included: bool) {
    let (mark, role) = match (listing::never(file), included) {
        (Some(_), _) => (" [!] ", Role::Warning),
        (None, true) => (" [x] ", Role::Good),
        (None, false) => (" [ ] ", Role::Dim),
    };
    canvas.text(area.x, area.y, area.width, mark, role);
    let x = area.x + MARK.min(area.width);
    let room = area.right().saturating_sub(x);
    let meaning = listing::meaning(file);
    let name = listing::name(file);
    let errors = file.node.as_ref().filter(|_| file.group == ChangeGroup::Seeds);
    let errors = errors.and_then(|node| Some(commit.overview.as_ref()?.errors.get(node)?.len()));
    let errors = errors
        .map(|count| format!("✗ {} ", counted(count, "error", "errors")))
        .unwrap_or_default();
    let name = format!("{name}:");
    // Errors matter more than how the seeds changed, and long names give way to what a change means.
    let fits = width_of(&name) + 1 + width_of(&errors) + width_of(&meaning) <= room;
    let meaning = if errors.is_empty() || fits {
        meaning
    } else {
        String::new()
    };
    let rest = width_of(&meaning) + width_of(&errors) + 1;
    let name_room = room.saturating_sub(rest).max(room / 3);
    let name_role = if included { Role::Text } else { Role::Dim };
    let mut x = x + canvas.text(x, area.y, name_room, &name, name_role) + 1;
    x += canvas.text(x, area.y, area.right().saturating_sub(x), &errors, Role::Bad);
    canvas.text(x, area.y, area.right().saturating_sub(x), &meaning, Role::Dim);
}

fn draw_difference(commit: &Commit, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = commit.shown.as_ref().map_or("difference", |shown| shown.title.as_str());
    let inner = padded(canvas.pane(area, DIFFERENCE, title, commit.part == Part::Difference));
    if let Some(shown) = &commit.shown
        && shown.prose.draw(canvas, inner)
    {
        more(canvas, area);
    }
}

fn more(canvas: &mut Canvas<'_, '_>, area: Rect) {
    canvas.text(
        area.right().saturating_sub(9),
        area.bottom().saturating_sub(1),
        7,
        " more ↓",
        Role::Dim,
    );
}

fn draw_message(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let commit = &model.commit;
    let typing = commit.part == Part::Message;
    let text = commit.message.text();
    let inner = padded(canvas.pane(area, MESSAGE, &title(commit, &text), typing));
    if typing {
        return commit.message.draw(canvas, inner);
    }
    let mut prose = Prose::new(text.clone());
    let subject = text.lines().next().unwrap_or_default();
    if let Some((over, _)) = subject.char_indices().nth(wording::SUBJECT) {
        prose.mark(over..subject.len(), Role::Warning);
    }
    if text.trim().is_empty() {
        prose = Prose::default();
        let write = model.keymap.how(Command::EditMessage);
        prose.push(&format!("No message yet. Press {write} to write one."), Role::Dim);
    }
    if prose.draw(canvas, inner) {
        more(canvas, area);
    }
}

/// How long the first line is, and where the commit goes.
fn title(commit: &Commit, message: &str) -> String {
    let length = wording::subject_length(message);
    let most = wording::SUBJECT;
    let over = if length > most {
        ", longer than is shown whole"
    } else {
        ""
    };
    format!("message · first line {length}/{most}{over} · {}", facts::branch(commit))
}

fn draw_facts(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let inner = padded(canvas.pane(area, DIFFERENCE + 10, "this commit", false));
    facts::prose(model).draw(canvas, inner);
}

//! How the choice of repository, commit and files looks.

use ratatui::layout::Rect;

use super::Trouble;
use super::pinning::{self, Part, Pinning};
use super::update::{LIST, READER};
use crate::git::RevisionKind;
use crate::tui::canvas::{Canvas, one_above_other, side_by_side, width_of};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Prose};

/// Cells of a label.
const LABEL: u16 = 12;

pub fn draw(pinning: &Pinning, model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = format!(
        "documents of {}",
        model
            .documents
            .node
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    );
    let inner = canvas.pane(area, LIST, &title, true);
    if inner.height < 6 {
        return;
    }
    let (x, room) = (inner.x + 1, inner.width.saturating_sub(2));
    let field = Rect::new(x + LABEL, inner.y, room.saturating_sub(LABEL), 1);
    let label = |canvas: &mut Canvas<'_, '_>, y: u16, text: &str, part: Part| {
        let role = if pinning.part == part { Role::Accent } else { Role::Dim };
        canvas.text(x, y, LABEL - 1, text, role);
    };
    label(canvas, inner.y, "repository", Part::Repository);
    draw_field(canvas, field, &pinning.repo, pinning.part == Part::Repository);
    let files_at = inner.y + 1;
    label(canvas, files_at, "files", Part::Files);
    let place = Rect { y: files_at, ..field };
    draw_field(canvas, place, &pinning.files, pinning.part == Part::Files);
    let (_, rest) = one_above_other(inner, 3);
    let (first, second) = if rest.width >= 78 {
        side_by_side(rest, rest.width / 2)
    } else {
        one_above_other(rest, rest.height / 2)
    };
    draw_revisions(pinning, canvas, first);
    draw_files(pinning, canvas, second);
}

/// A field; only the one that has the keys has a caret.
fn draw_field(canvas: &mut Canvas<'_, '_>, area: Rect, field: &Field, focused: bool) {
    if focused {
        field.draw(canvas, area);
    } else {
        canvas.text(area.x, area.y, area.width, &field.text(), Role::Text);
    }
}

fn draw_revisions(pinning: &Pinning, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let focused = pinning.part == Part::Revisions;
    let inner = canvas.pane(area, LIST, "commit to pin", focused);
    let (x, room) = (inner.x + 1, inner.width.saturating_sub(2));
    let found = match &pinning.found {
        Some(Ok(found)) => found,
        Some(Err(Trouble::NotFetched(address))) => {
            return say(canvas, inner, &format!("{address} was not fetched yet"), Role::Warning);
        }
        Some(Err(Trouble::Other(told))) => return say(canvas, inner, told, Role::Bad),
        None if pinning.looking => return say(canvas, inner, "looking …", Role::Dim),
        None => {
            return say(
                canvas,
                inner,
                "Type a folder or an address above, then enter.",
                Role::Dim,
            );
        }
    };
    let choices = &found.revisions.choices;
    let notes = u16::try_from(found.notes.len())
        .unwrap_or_default()
        .min(inner.height / 2)
        * 2;
    let list = Rect {
        height: inner.height.saturating_sub(notes),
        ..inner
    };
    let window = pinning.rows.window(choices.len(), usize::from(list.height));
    for (y, index) in (list.y..list.bottom()).zip(window) {
        let Some(choice) = choices.get(index) else { break };
        let pinned = choice.id == pinning.commit;
        let mark = if pinned { "●" } else { " " };
        canvas.text(x, y, 1, mark, Role::Good);
        let newest = found.revisions.newest.as_deref() == Some(choice.id.as_str());
        let role = match choice.kind {
            RevisionKind::Branch | RevisionKind::Tag => Role::Strong,
            RevisionKind::Commit => Role::Text,
        };
        let date = choice.time.strftime("%Y-%m-%d").to_string();
        let used = canvas.text(x + 2, y, 18.min(room / 3), &choice.name, role);
        let rest = room.saturating_sub(used + 4);
        let newest = if newest && choice.kind == RevisionKind::Branch {
            "newest · "
        } else {
            ""
        };
        let told = format!("{newest}{date}  {}", choice.summary);
        canvas.text(x + used + 4, y, rest, &told, Role::Dim);
        let place = Rect { y, height: 1, ..list };
        if index == pinning.rows.chosen {
            canvas.paint(place, if focused { Role::Selection } else { Role::SelectionIdle });
        }
        canvas.hits.add(place, Hit::Row { pane: LIST, index });
    }
    let below = Rect::new(x, list.bottom(), room, notes);
    let mut prose = Prose::default();
    for note in &found.notes {
        prose.push(note, Role::Warning);
    }
    prose.draw(canvas, below);
}

fn draw_files(pinning: &Pinning, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = match &pinning.matched {
        Some(Ok(matched)) => format!(
            "{} · {} words · about {} tokens",
            pinning::files(matched.files.len()),
            matched.words(),
            matched.tokens()
        ),
        _ => "files".to_owned(),
    };
    let inner = canvas.pane(area, READER, &title, false);
    let matched = match &pinning.matched {
        Some(Ok(matched)) => matched,
        Some(Err(told)) => return say(canvas, inner, told, Role::Bad),
        None if pinning.repository().is_some() => return say(canvas, inner, "counting …", Role::Dim),
        None => return,
    };
    let (x, room) = (inner.x + 1, inner.width.saturating_sub(2));
    let warning = matched.reach.and_then(|reach| reach.warning()).map(str::to_owned);
    let mut told = Prose::default();
    for note in warning.iter().chain(&matched.notes) {
        told.push(&format!("! {note}\n"), Role::Warning);
    }
    let height = u16::try_from(told.height(room))
        .unwrap_or(u16::MAX)
        .min(inner.height / 2);
    let height = if told.text().is_empty() { 0 } else { height };
    told.draw(canvas, Rect::new(x, inner.y, room, height));
    let mut y = inner.y + height;
    for file in &matched.files {
        if y >= inner.bottom() {
            return;
        }
        canvas.text(x, y, 1, "✓", Role::Good);
        let figures = format!("{} words", file.words);
        let width = width_of(&figures);
        canvas.text(x + 2, y, room.saturating_sub(width + 3), &file.path, Role::Text);
        canvas.text(inner.right().saturating_sub(width + 1), y, width, &figures, Role::Dim);
        y += 1;
    }
    for name in &matched.others {
        if y >= inner.bottom() {
            return;
        }
        canvas.text(x + 2, y, room.saturating_sub(2), name, Role::Dim);
        y += 1;
    }
}

fn say(canvas: &mut Canvas<'_, '_>, area: Rect, text: &str, role: Role) {
    let mut prose = Prose::default();
    prose.push(text, role);
    let inner = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(2),
        ..area
    };
    prose.draw(canvas, inner);
}

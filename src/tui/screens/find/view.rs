//! How the find screen looks: two fields and what narrows the search, then every place as it is and as it will be.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::update::{FIND_ROW, LIST, QUERY, WITH_ROW, leaves};
use super::{Find, Item, Part};
use crate::taxonomy::replacing::Found;
use crate::text::visible::visible_line;
use crate::text::width::cells;
use crate::tui::canvas::{Canvas, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// Rows of the first pane with its frame; where there is little room, without the row of choices.
const QUERY_ROWS: u16 = 5;
const LABEL: u16 = 9;

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let find = &model.find;
    let rows = QUERY_ROWS.min(area.height);
    draw_query(model, canvas, Rect { height: rows, ..area });
    let list = Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    };
    let (all, ticked) = find.counts();
    let title = match (find.searching, all) {
        (true, _) => format!("searching … {all} so far"),
        (false, 0) => find.said.clone(),
        (false, _) => format!(
            "{ticked} of {all} places ticked in {} · {}",
            leaves(find.leaves.len()),
            find.said
        ),
    };
    let inner = canvas.pane(list, LIST, &title, find.part == Part::List);
    let window = find.list.window(find.items.len(), usize::from(inner.height));
    for (y, index) in (inner.y..inner.bottom()).zip(window) {
        let Some(item) = find.items.get(index) else { break };
        let row = Rect { y, height: 1, ..inner };
        draw_item(find, canvas, row, *item);
        if index == find.list.chosen && find.part == Part::List {
            canvas.text(inner.x, y, 1, "▌", Role::Accent);
            // What goes and what comes keep their colours.
            let head = match item {
                Item::Place(..) => 30,
                Item::Leaf(_) | Item::Refused(_) => row.width,
            };
            let head = Rect {
                width: head.min(row.width),
                ..row
            };
            canvas.paint(head, Role::Selection);
        }
        canvas.hits.add(row, Hit::Row { pane: LIST, index });
    }
    if find.items.is_empty() && inner.height > 0 {
        let said = if find.find.text().is_empty() {
            "Type what to look for. Every place is listed here with what it will become; nothing is written before you say so."
        } else if find.searching {
            "reading the leaves …"
        } else {
            "Nothing to replace. What would stay as it is, is not listed."
        };
        canvas.text(inner.x + 1, inner.y, inner.width.saturating_sub(2), said, Role::Dim);
    }
}

fn draw_query(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let find = &model.find;
    let inner = canvas.pane(area, QUERY, "find and replace", find.part != Part::List);
    let fields = [
        (FIND_ROW, "find", &find.find, Part::Find),
        (WITH_ROW, "replace", &find.with, Part::With),
    ];
    for (row, label, field, part) in fields {
        let y = inner.y + u16::try_from(row).unwrap_or_default();
        if y >= inner.bottom() || inner.width <= LABEL {
            return;
        }
        let place = Rect { y, height: 1, ..inner };
        canvas.hits.add(
            place,
            Hit::Row {
                pane: QUERY,
                index: row,
            },
        );
        let has_keys = find.part == part;
        let role = if has_keys { Role::Accent } else { Role::Dim };
        canvas.text(inner.x + 1, y, LABEL, label, role);
        let text = Rect {
            x: inner.x + LABEL,
            width: inner.width - LABEL - 1,
            ..place
        };
        if has_keys {
            field.draw(canvas, text);
        } else {
            canvas.text(text.x, y, text.width, &field.text(), Role::Text);
        }
    }
    let y = inner.y + 2;
    if y >= inner.bottom() {
        return;
    }
    let on = |on: bool| if on { "yes" } else { "no" };
    let within = match (&find.within, &find.node) {
        (Some(node), _) => format!("only {}", node.name()),
        (None, _) => "everywhere".to_owned(),
    };
    let choices = [
        (Command::ReplaceFields, format!("fields: {}", find.fields.word())),
        (Command::ReplaceCase, format!("capitals count: {}", on(find.case))),
        (Command::ReplaceRegex, format!("pattern: {}", on(find.regex))),
        (Command::ReplaceWithin, within),
    ];
    let mut x = inner.x + 1;
    for (command, text) in choices {
        let key = model.keymap.shown(command);
        let width = width_of(&key) + width_of(&text) + 3;
        if x + width > inner.right() {
            return;
        }
        canvas.hits.add(Rect { x, y, width, height: 1 }, Hit::Command(command));
        x += canvas.text(x, y, width, &key, Role::Key) + 1;
        x += canvas.text(x, y, width, &text, Role::Text) + 2;
    }
}

fn draw_item(find: &Find, canvas: &mut Canvas<'_, '_>, area: Rect, item: Item) {
    let (x, width) = (area.x + 1, area.width.saturating_sub(2));
    match item {
        Item::Leaf(leaf) => {
            let Some(leaf) = find.leaves.get(leaf) else { return };
            let count = leaf.found.len();
            let text = format!(
                "{} · {count} {}",
                leaf.node,
                if count == 1 { "place" } else { "places" }
            );
            canvas.text(x, area.y, width, &text, Role::Strong);
        }
        Item::Refused(at) => {
            let Some(refused) = find.refused.get(at) else { return };
            let text = format!("✗ {} is left alone: {}", refused.node, refused.reason);
            canvas.text(x, area.y, width, &text, Role::Bad);
        }
        Item::Place(leaf, place) => {
            let Some(found) = find.place(leaf, place) else { return };
            let ticked = !find.left_out.contains(&(leaf, place));
            let mark = if ticked { "[x] " } else { "[ ] " };
            let role = if ticked { Role::Good } else { Role::Dim };
            let used = canvas.text(x, area.y, width, mark, role);
            draw_place(canvas, x + used, area.y, width.saturating_sub(used), found, ticked);
        }
    }
}

/// One place on one line: where it is, what goes, what comes, and as much around it as there is room for.
fn draw_place(canvas: &mut Canvas<'_, '_>, x: u16, y: u16, width: u16, found: &Found, ticked: bool) {
    let shown = |text: &str| visible_line(text).into_owned();
    let place = format!("{:<24} ", found.place);
    let (old, new) = (shown(&found.old), shown(&found.new));
    let room = usize::from(width).saturating_sub(cells(&place) + cells(&old) + cells(&new) + 3);
    let before = end_of(&shown(&found.before), room / 2);
    let (gone, come) = if ticked {
        (Role::Removed, Role::Added)
    } else {
        (Role::Dim, Role::Dim)
    };
    let new = if new.is_empty() { "(nothing)".to_owned() } else { new };
    let spans = [
        (place, Role::Dim),
        (before, Role::Text),
        (old, gone),
        (" → ".to_owned(), Role::Dim),
        (new, come),
        (shown(&found.after), Role::Text),
    ];
    let spans: Vec<Span<'static>> = spans
        .into_iter()
        .map(|(text, role)| Span::styled(text, canvas.style(role)))
        .collect();
    canvas.line(x, y, width, Line::from(spans));
}

/// The end of a text that fits.
fn end_of(text: &str, room: usize) -> String {
    let mut start = text.len();
    for (at, _) in text.char_indices().rev() {
        if cells(text.get(at..).unwrap_or_default()) > room {
            break;
        }
        start = at;
    }
    text.get(start..).unwrap_or_default().to_owned()
}

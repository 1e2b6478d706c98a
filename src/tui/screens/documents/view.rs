//! How the documents screen looks: on the left what is used and what is not, on the right the text, below it where the passage goes.

use ratatui::layout::Rect;

use super::borders::Borders;
use super::importing::Importing;
use super::passage::size_of;
use super::reader::Mark;
use super::update::{LIST, READER};
use super::{Documents, Item, Trouble, view_pin};
use crate::taxonomy::knowledge::{CONTEXT_TOKENS, Coverage, Placed};
use crate::text::tokens;
use crate::tui::canvas::{Canvas, side_by_side, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// From this width on the list stands beside the text.
const TWO_PANES: u16 = 80;
/// Rows below the text: the selection, its target, and what the target asks.
const STATUS: u16 = 3;

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let state = &model.documents;
    if let Some(pinning) = &state.pinning {
        return view_pin::draw(pinning, model, canvas, area);
    }
    if let Some(importing) = &state.importing {
        return draw_import(importing, canvas, area);
    }
    if area.width < TWO_PANES {
        if state.in_list {
            draw_list(state, canvas, area);
        } else {
            draw_reader(model, canvas, area);
        }
        return;
    }
    let (left, right) = side_by_side(area, (area.width / 3).clamp(28, 44));
    draw_list(state, canvas, left);
    draw_reader(model, canvas, right);
}

fn draw_list(state: &Documents, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = match &state.coverage {
        Some(coverage) => format!("{:.0} % covered", coverage.share() * 100.0),
        None => "documents".to_owned(),
    };
    let inner = canvas.pane(area, LIST, &title, state.in_list);
    let window = state.list.window(state.items.len(), usize::from(inner.height));
    for (y, index) in (inner.y..inner.bottom()).zip(window) {
        let Some(item) = state.items.get(index) else { break };
        let place = Rect { y, height: 1, ..inner };
        draw_item(state, canvas, place, item);
        if index == state.list.chosen {
            let role = if state.in_list {
                Role::Selection
            } else {
                Role::SelectionIdle
            };
            canvas.paint(place, role);
        }
        canvas.hits.add(place, Hit::Row { pane: LIST, index });
    }
}

fn draw_item(state: &Documents, canvas: &mut Canvas<'_, '_>, area: Rect, item: &Item) {
    let room = area.width.saturating_sub(2);
    let x = area.x + 1;
    let coverage = state.coverage.as_ref();
    match item {
        Item::Document(document) => {
            let source = state.texts.as_ref().and_then(|texts| texts.sources.get(*document));
            canvas.text(x, area.y, room, source.map_or("", |source| &source.path), Role::Strong);
        }
        Item::Chunk { document, chunk } => {
            let found = coverage.and_then(|coverage| coverage.documents.get(*document));
            let Some(covered) = found.and_then(|found| found.chunks.get(*chunk)) else {
                return;
            };
            let used = if covered.used_by.is_empty() {
                "nobody".to_owned()
            } else {
                let numbers: Vec<String> = covered.used_by.iter().map(|number| (number + 1).to_string()).collect();
                numbers.join(" ")
            };
            let role = if covered.used_by.is_empty() {
                Role::Warning
            } else {
                Role::Good
            };
            let width = width_of(&used).min(room / 2);
            let heading = covered.chunk.heading.last().map_or("", String::as_str);
            let heading = if heading.is_empty() { "(no heading)" } else { heading };
            let numbered = format!("{} {heading}", chunk + 1);
            canvas.text(x + 1, area.y, room.saturating_sub(width + 3), &numbered, Role::Text);
            canvas.text(area.right().saturating_sub(width + 1), area.y, width, &used, role);
        }
        Item::Misplaced(example) => {
            let context = coverage.and_then(|coverage| coverage.contexts.get(*example));
            let (told, role) = match context.map(|context| &context.placed) {
                Some(Placed::Spaced(_)) => ("other white space".to_owned(), Role::Dim),
                Some(Placed::Near(_, likeness)) => (format!("changed, {:.0} % alike", likeness * 100.0), Role::Bad),
                _ => ("not in the documents".to_owned(), Role::Bad),
            };
            let mark = if role == Role::Bad { "✗" } else { "!" };
            canvas.text(
                x,
                area.y,
                room,
                &format!("{mark} example {}: {told}", example + 1),
                role,
            );
        }
    }
}

fn draw_reader(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let state = &model.documents;
    let source = state.source();
    let title = source.map_or_else(
        || state.node.as_ref().map(ToString::to_string).unwrap_or_default(),
        |source| source.path.clone(),
    );
    let title = match state.size.filter(|_| !state.hides_chunks) {
        Some(size) => {
            let sizes = format!("{} tokens, {} shared", size.tokens, size.overlap);
            let told = [format!("{title} · chunks of {sizes}"), format!("{title} · {sizes}")];
            let fitting = told.into_iter().find(|told| width_of(told) + 4 <= area.width);
            fitting.unwrap_or(title)
        }
        None => title,
    };
    let inner = canvas.pane(area, READER, &title, !state.in_list);
    let Some(source) = source.filter(|_| inner.height > STATUS) else {
        return draw_waiting(model, canvas, inner);
    };
    let text = Rect {
        height: inner.height - STATUS,
        ..inner
    };
    let marks = marks_of(state, state.coverage.as_ref());
    state.reader.draw(
        canvas,
        text,
        &source.text,
        &marks,
        borders_of(state),
        !state.in_list && state.search.is_none(),
    );
    let (x, y, room) = (inner.x + 1, text.bottom(), inner.width.saturating_sub(2));
    if let Some(search) = &state.search {
        let count = search.found.len();
        let told = format!("{count} found");
        let width = width_of(&told);
        canvas.text(x, y, 5, "find", Role::Dim);
        search
            .field
            .draw(canvas, Rect::new(x + 5, y, room.saturating_sub(width + 7), 1));
        canvas.text(inner.right().saturating_sub(width + 1), y, width, &told, Role::Dim);
        return;
    }
    let selected = state.reader.selection(&source.text);
    let passage = selected.and_then(|range| source.text.get(range));
    match passage {
        Some(passage) => {
            let tokens = tokens::estimate(passage);
            let long = tokens > CONTEXT_TOKENS;
            let told = format!("selected {} of {CONTEXT_TOKENS}", size_of(passage));
            canvas.text(x, y, room, &told, if long { Role::Warning } else { Role::Good });
        }
        None => {
            let sentence = model.keymap.shown(Command::SelectSentence);
            let paragraph = model.keymap.shown(Command::SelectParagraph);
            let told =
                format!("select with shift and arrows, {sentence} by sentence, {paragraph} by paragraph, or the mouse");
            canvas.text(x, y, room, &told, Role::Dim);
        }
    }
    let keys = format!(
        "{} {} choose another",
        model.keymap.shown(Command::PreviousExample),
        model.keymap.shown(Command::NextExample)
    );
    let target = match state.target {
        Some(example) => format!("enter makes it the context of example {}", example + 1),
        None => "enter makes it the context of a new example".to_owned(),
    };
    let role = if passage.is_some() { Role::Accent } else { Role::Dim };
    let used = canvas.text(x, y + 1, room, &target, role);
    canvas.text(x + used + 2, y + 1, room.saturating_sub(used + 2), &keys, Role::Dim);
    canvas.text(x, y + 2, room, &asked(model), Role::Dim);
}

/// What the example that takes the passage asks now.
fn asked(model: &Model) -> String {
    let sheet = model.edit.sheet.as_ref();
    let leaf = sheet.map(|sheet| &sheet.leaf);
    let example = leaf.zip(model.documents.target);
    let example = example.and_then(|(leaf, target)| leaf.seed_examples.get(target));
    let Some(example) = example else { return String::new() };
    let questions = example.pairs.iter().map(|pair| pair.question.trim());
    let asked: Vec<&str> = questions.filter(|text| !text.is_empty()).collect();
    if asked.is_empty() {
        "it asks nothing yet".to_owned()
    } else {
        format!("it asks: {}", asked.join(" · "))
    }
}

/// The chunks of the document on show.
fn borders_of(state: &Documents) -> Borders<'_> {
    let coverage = state.coverage.as_ref().filter(|_| !state.hides_chunks);
    let document = coverage.and_then(|coverage| coverage.documents.get(state.shown));
    document.map_or_else(Borders::default, |document| Borders::of(&document.chunks))
}

/// What is marked in the document on show: contexts with their examples, places that a search found.
fn marks_of(state: &Documents, coverage: Option<&Coverage>) -> Vec<Mark> {
    let contexts = coverage.map_or(&[][..], |coverage| &coverage.contexts);
    let mut marks: Vec<Mark> = contexts
        .iter()
        .filter_map(|context| Some((context.placed.found()?, context.example)))
        .filter(|(place, _)| place.document == state.shown)
        .map(|(place, example)| Mark {
            range: place.range.clone(),
            role: Role::Quoted,
            example: Some(example + 1),
        })
        .collect();
    let found = state.search.iter().flat_map(|search| &search.found);
    marks.extend(found.map(|range| Mark {
        range: range.clone(),
        role: Role::Match,
        example: None,
    }));
    marks
}

fn draw_waiting(model: &Model, canvas: &mut Canvas<'_, '_>, inner: Rect) {
    let state = &model.documents;
    let key = |command: Command| model.keymap.shown(command);
    let text = match &state.trouble {
        Some(Trouble::NotFetched(address)) => format!(
            "The documents are kept at {address} and were not fetched yet. {} fetches them, {} chooses others.",
            key(Command::FetchDocuments),
            key(Command::ChoosePin)
        ),
        Some(Trouble::Other(told)) => format!("{told}. {} chooses documents.", key(Command::ChoosePin)),
        None => "reading …".to_owned(),
    };
    let prose = crate::tui::widgets::Prose::new(text);
    prose.draw(
        canvas,
        Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        },
    );
}

fn draw_import(importing: &Importing, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let inner = canvas.pane(area, READER, &format!("import {}", importing.file), true);
    let (x, room) = (inner.x + 1, inner.width.saturating_sub(2));
    let Some(made) = &importing.made else {
        canvas.text(x, inner.y, room, "converting …", Role::Dim);
        return;
    };
    let imported = &made.imported;
    let pages = imported
        .pages
        .map(|pages| format!(", {pages} pages"))
        .unwrap_or_default();
    let mut lines = vec![(
        format!("{}{pages}, by {}", size_of(&made.text), imported.by),
        Role::Strong,
    )];
    let listed = |pages: &[usize]| pages.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    if !imported.unread_pages.is_empty() {
        let told = format!("✗ no text could be read on pages {}", listed(&imported.unread_pages));
        lines.push((told, Role::Bad));
    }
    if !imported.doubtful_pages.is_empty() {
        let told = format!("! the text may be wrong on pages {}", listed(&imported.doubtful_pages));
        lines.push((told, Role::Warning));
    }
    lines.extend(imported.notes.iter().map(|note| (format!("! {note}"), Role::Warning)));
    if importing.committing {
        lines.push(("committing …".to_owned(), Role::Accent));
    }
    let mut y = inner.y;
    for (line, role) in lines.iter().take(usize::from(inner.height / 2)) {
        canvas.text(x, y, room, line, *role);
        y += 1;
    }
    y += 1;
    let rest = inner.bottom().saturating_sub(y);
    made.prose.draw(canvas, Rect::new(x, y, room, rest));
}

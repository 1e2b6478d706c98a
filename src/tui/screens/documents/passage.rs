//! Taking the selected passage as a context, and walking over what no example covers.

use super::{Documents, Item};
use crate::taxonomy::SeedExample;
use crate::taxonomy::knowledge::{CONTEXT_TOKENS, Placed, context_edits, count_words};
use crate::text::tokens;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::model::Model;

/// Makes the selection the context of the example that is aimed at.
pub fn take(model: &mut Model) {
    let now = model.now;
    let Some(source) = model.documents.source() else { return };
    let Some(range) = model.documents.reader.selection(&source.text) else {
        let told = format!(
            "select a passage first: {} takes a sentence, {} a paragraph",
            model.keymap.shown(Command::SelectSentence),
            model.keymap.shown(Command::SelectParagraph)
        );
        return model.tell(Weight::Plain, told);
    };
    let passage = source.text.get(range).unwrap_or_default().replace("\r\n", "\n");
    let (undo, target) = (model.keymap.shown(Command::Undo), model.documents.target);
    let Some(sheet) = &mut model.edit.sheet else { return };
    let (number, edits) = context_edits(&sheet.leaf, target, &passage);
    match sheet.edit(&edits, now) {
        Ok(false) => model.tell(
            Weight::Plain,
            format!("example {} has this context already", number + 1),
        ),
        Ok(true) => {
            sheet.choose_path(&crate::taxonomy::form::example_path(number).key("context"));
            // An empty example waits for the next passage; one that was chosen stays the target.
            if let Some(blank) = first_blank(sheet) {
                model.documents.target = Some(blank);
            }
            let size = size_of(&passage);
            let long = tokens::estimate(&passage) > CONTEXT_TOKENS;
            let weight = if long { Weight::Plain } else { Weight::Good };
            let advice = if long {
                format!("; InstructLab advises {CONTEXT_TOKENS} tokens at most")
            } else {
                String::new()
            };
            model.documents.reader.unselect();
            model.tell(
                weight,
                format!(
                    "context of example {}: {size}{advice}; {undo} takes it back",
                    number + 1
                ),
            );
        }
        Err(error) => model.tell(Weight::Bad, error.to_string()),
    }
}

/// The first example without a context.
pub fn first_blank(sheet: &crate::tui::screens::edit::Sheet) -> Option<usize> {
    let blank = |example: &SeedExample| example.context.as_deref().unwrap_or_default().trim().is_empty();
    sheet.leaf.seed_examples.iter().position(blank)
}

/// `64 words, about 90 tokens`.
pub fn size_of(passage: &str) -> String {
    format!(
        "{} words, about {} tokens",
        count_words(passage),
        tokens::estimate(passage)
    )
}

/// Goes to the next chunk that no example covers, over all documents and round again.
pub fn next_uncovered(model: &mut Model, forward: bool) {
    let Some(coverage) = &model.documents.coverage else {
        return model.tell(Weight::Plain, "the examples are being compared with the documents");
    };
    let free = |item: &Item| match item {
        Item::Chunk { document, chunk } => coverage
            .documents
            .get(*document)
            .and_then(|document| document.chunks.get(*chunk))
            .is_some_and(|chunk| chunk.used_by.is_empty()),
        Item::Document(_) | Item::Misplaced(_) => false,
    };
    let places: Vec<usize> = model
        .documents
        .items
        .iter()
        .enumerate()
        .filter(|(_, item)| free(item))
        .map(|(at, _)| at)
        .collect();
    let here = model.documents.list.chosen;
    let next = if forward {
        places.iter().find(|at| **at > here).or(places.first())
    } else {
        places.iter().rev().find(|at| **at < here).or(places.last())
    };
    match next.copied() {
        Some(at) => {
            model.documents.list.chosen = at;
            show_chosen(&mut model.documents);
        }
        None => model.tell(Weight::Good, "every chunk of the documents is used by an example"),
    }
}

/// Shows what the chosen row of the list is about.
pub fn show_chosen(state: &mut Documents) {
    let Some(item) = state.items.get(state.list.chosen).cloned() else {
        return;
    };
    match item {
        Item::Document(document) => {
            open(state, document);
            state.reader.go_to(0);
        }
        Item::Chunk { document, chunk } => {
            let found = state
                .coverage
                .as_ref()
                .and_then(|coverage| coverage.documents.get(document));
            let start = found
                .and_then(|found| found.chunks.get(chunk))
                .map(|chunk| chunk.chunk.start);
            open(state, document);
            state.reader.go_to(start.unwrap_or_default());
        }
        Item::Misplaced(example) => {
            let contexts = state.coverage.as_ref().map(|coverage| &coverage.contexts);
            let placed = contexts
                .and_then(|contexts| contexts.get(example))
                .map(|context| context.placed.clone());
            if let Some(Placed::Spaced(place) | Placed::Near(place, _)) = placed {
                open(state, place.document);
                state.reader.select(place.range);
            }
            // Enter then replaces the context by the passage it came from.
            state.target = Some(example);
        }
    }
}

/// Puts another document into the reader.
fn open(state: &mut Documents, document: usize) {
    if state.shown != document {
        state.shown = document;
        state.reader.reset();
    }
}

/// Writes the left side anew from what was read and compared.
pub fn list_items(state: &mut Documents) {
    let kept = state.items.get(state.list.chosen).cloned();
    let mut items = Vec::new();
    if let Some(coverage) = &state.coverage {
        items.extend(coverage.misplaced().map(|context| Item::Misplaced(context.example)));
        for (document, covered) in coverage.documents.iter().enumerate() {
            items.push(Item::Document(document));
            items.extend((0..covered.chunks.len()).map(|chunk| Item::Chunk { document, chunk }));
        }
    } else if let Some(texts) = &state.texts {
        items.extend((0..texts.sources.len()).map(Item::Document));
    }
    state.list.chosen = kept
        .and_then(|kept| items.iter().position(|item| *item == kept))
        .unwrap_or(state.list.chosen);
    state.items = items;
    state.list.clamp(state.items.len());
}

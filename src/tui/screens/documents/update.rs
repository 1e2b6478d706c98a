//! How actions change the documents screen.

use std::sync::Arc;

use super::reader::Move;
use super::{Documents, Effect, Report, Search, Trouble, importing, is_knowledge, passage, pinning};
use crate::taxonomy::NodePath;
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::Key;
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::edit;
use crate::tui::widgets::Field;

/// The pane numbers of this screen.
pub(super) const LIST: usize = 50;
pub(super) const READER: usize = 51;
/// Rows that one step of the wheel goes.
const WHEEL: usize = 3;

/// Opens the documents of a leaf; the edit screen's sheet is read first where it is not open.
pub fn enter(model: &mut Model, leaf: Option<NodePath>, fx: &mut Vec<AnyEffect>) -> bool {
    let Some(node) = leaf.or_else(|| model.edit.node().cloned()) else {
        model.tell(Weight::Plain, "choose a leaf first: a folder with seed examples");
        return false;
    };
    if !is_knowledge(model, &node) {
        model.tell(
            Weight::Plain,
            "only knowledge leaves rest on documents; this one is a skill",
        );
        return false;
    }
    if !edit::update::enter(model, Some(node.clone()), fx) || model.edit.node() != Some(&node) {
        return false;
    }
    let from = Some(model.screen).filter(|screen| *screen != ScreenName::Documents);
    if model.documents.node.as_ref() != Some(&node) {
        model.documents = Documents::default();
    }
    model.documents.from = from.or(model.documents.from);
    let state = &mut model.documents;
    state.node = Some(node);
    // What failed may be there now. The passage goes to the example that is on show in the form.
    (state.trouble, state.aims_anew) = (None, true);
    refresh(model, fx);
    true
}

/// The seeds may be other ones now: reads documents that are pinned anew, and compares when examples changed.
pub fn refresh(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let cut = model.generate.cut();
    let Some(sheet) = &model.edit.sheet else { return };
    let state = &mut model.documents;
    if state.node.as_ref() != Some(&sheet.node) {
        return;
    }
    if std::mem::take(&mut state.aims_anew) {
        state.target = sheet.example().or_else(|| passage::first_blank(sheet));
    }
    let examples = sheet.leaf.seed_examples.len();
    state.target = state.target.filter(|target| *target < examples);
    if state.pin != sheet.leaf.document || (state.texts.is_none() && state.trouble.is_none() && !state.loading) {
        state.pin = sheet.leaf.document.clone();
        load(state, Box::new(sheet.leaf.clone()), false, fx);
    } else if state
        .compared
        .as_ref()
        .is_none_or(|(bytes, before)| bytes != sheet.bytes() || *before != cut)
        && let Some(texts) = &state.texts
    {
        state.compared = Some((Arc::clone(sheet.bytes()), cut));
        let (leaf, texts) = (Box::new(sheet.leaf.clone()), Arc::clone(texts));
        fx.push(AnyEffect::Documents(Effect::Compare { leaf, texts, cut }));
    }
}

fn load(state: &mut Documents, leaf: Box<crate::taxonomy::Leaf>, fetch: bool, fx: &mut Vec<AnyEffect>) {
    (state.texts, state.trouble, state.coverage, state.compared) = (None, None, None, None);
    state.items.clear();
    state.loading = true;
    fx.push(AnyEffect::Documents(Effect::Load { leaf, fetch }));
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    if model.documents.search.is_some() {
        return search_command(model, command);
    }
    if model.documents.pinning.is_some() {
        return pinning::command(model, command, fx);
    }
    if model.documents.importing.is_some() {
        return importing::command(model, command, fx);
    }
    let now = model.now;
    match command {
        Command::Back => return back(model, fx),
        Command::TakePassage => passage::take(model),
        Command::NextUncovered => passage::next_uncovered(model, true),
        Command::PreviousUncovered => passage::next_uncovered(model, false),
        Command::NextPane | Command::PreviousPane => model.documents.in_list = !model.documents.in_list,
        Command::NextExample | Command::PreviousExample => aim(model, command == Command::NextExample),
        Command::Undo | Command::Redo => {
            if let Some(sheet) = &mut model.edit.sheet {
                sheet.travel(command == Command::Undo, now);
            }
        }
        Command::Save => edit::update::command(model, Command::Save, fx),
        Command::Find => open_search(model),
        Command::ToggleChunks => toggle_chunks(model),
        Command::LargerChunks | Command::SmallerChunks => {
            model.generate.step_chunks(command == Command::LargerChunks);
            model.documents.hides_chunks = false;
        }
        Command::ChoosePin => pinning::open(model, fx),
        Command::ImportDocument => importing::ask(model),
        Command::FetchDocuments => ask_to_fetch(model),
        _ => travel(&mut model.documents, command),
    }
    refresh(model, fx);
}

/// Moving about in the list or the text.
fn travel(state: &mut Documents, command: Command) {
    let of_list = [
        Command::Up,
        Command::Down,
        Command::PageUp,
        Command::PageDown,
        Command::First,
        Command::Last,
    ];
    // Selecting goes on in the text.
    state.in_list &= of_list.contains(&command);
    if state.in_list {
        state.list.go(command, state.items.len());
        return passage::show_chosen(state);
    }
    let Some(texts) = state.texts.clone() else { return };
    let Some(source) = texts.sources.get(state.shown) else {
        return;
    };
    let (text, page) = (source.text.as_str(), state.reader.page());
    let reader = &mut state.reader;
    match command {
        Command::Up => reader.step(text, Move::Up(1), false),
        Command::Down => reader.step(text, Move::Down(1), false),
        Command::PageUp => reader.step(text, Move::Up(page), false),
        Command::PageDown => reader.step(text, Move::Down(page), false),
        Command::First => reader.step(text, Move::First, false),
        Command::Last => reader.step(text, Move::Last, false),
        Command::CaretLeft => reader.step(text, Move::Left, false),
        Command::CaretRight => reader.step(text, Move::Right, false),
        Command::SelectUp => reader.step(text, Move::Up(1), true),
        Command::SelectDown => reader.step(text, Move::Down(1), true),
        Command::SelectLeft => reader.step(text, Move::Left, true),
        Command::SelectRight => reader.step(text, Move::Right, true),
        Command::SelectSentence => reader.grow(text, false, true),
        Command::SelectParagraph => reader.grow(text, true, true),
        Command::ShrinkSelection => reader.grow(text, false, false),
        _ => {}
    }
}

/// Shows or hides where chunks begin.
fn toggle_chunks(model: &mut Model) {
    let hidden = !model.documents.hides_chunks;
    model.documents.hides_chunks = hidden;
    let told = match hidden {
        true => "the borders of the chunks are hidden".to_owned(),
        false => format!(
            "{} and {} change the size of the chunks; the generate screen also what they share",
            model.keymap.shown(Command::LargerChunks),
            model.keymap.shown(Command::SmallerChunks)
        ),
    };
    model.tell(Weight::Plain, told);
}

/// Chooses which example takes the passage; behind the last one comes a new one.
fn aim(model: &mut Model, forward: bool) {
    let count = model
        .edit
        .sheet
        .as_ref()
        .map_or(0, |sheet| sheet.leaf.seed_examples.len());
    let here = model.documents.target.unwrap_or(count);
    let next = if forward { here + 1 } else { here + count } % (count + 1);
    model.documents.target = Some(next).filter(|next| *next < count);
}

fn back(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let state = &mut model.documents;
    if state.reader.unselect() || std::mem::take(&mut state.in_list) {
        return;
    }
    let screen = state.from.unwrap_or(ScreenName::Edit);
    crate::tui::update::go(model, screen, fx);
}

fn open_search(model: &mut Model) {
    let state = &mut model.documents;
    let mut field = Field::new(&state.searched, false);
    field.caret_to_end();
    state.search = Some(Search {
        field,
        from: state.reader.caret(),
        found: Vec::new(),
    });
    look_for(state);
}

fn search_command(model: &mut Model, command: Command) {
    let state = &mut model.documents;
    match command {
        Command::FindUp | Command::FindDown => next_found(state, command == Command::FindDown),
        Command::FindAccept | Command::Back => {
            if let Some(search) = state.search.take() {
                state.searched = search.field.text();
                if command == Command::Back {
                    state.reader.go_to(search.from);
                }
            }
        }
        _ => {}
    }
}

/// Finds what is typed, whatever its letter case, and goes to the first place behind where the search began.
fn look_for(state: &mut Documents) {
    const MOST_FOUND: usize = 10_000;
    let Some(source) = state.texts.as_ref().and_then(|texts| texts.sources.get(state.shown)) else {
        return;
    };
    let Some(search) = &mut state.search else { return };
    let words: Vec<String> = search.field.text().split_whitespace().map(regex::escape).collect();
    // Words may stand on two lines.
    let pattern = regex::RegexBuilder::new(&words.join(r"\s+"))
        .case_insensitive(true)
        .build();
    search.found = match pattern {
        Ok(pattern) if !words.is_empty() => {
            let found = pattern.find_iter(&source.text).map(|found| found.range());
            found.take(MOST_FOUND).collect()
        }
        _ => Vec::new(),
    };
    let from = search.from;
    let first = search
        .found
        .iter()
        .find(|range| range.start >= from)
        .or(search.found.first());
    state.reader.go_to(first.map_or(from, |range| range.start));
}

fn next_found(state: &mut Documents, forward: bool) {
    let Some(search) = &state.search else { return };
    let here = state.reader.caret();
    let next = if forward {
        search
            .found
            .iter()
            .find(|range| range.start > here)
            .or(search.found.first())
    } else {
        search
            .found
            .iter()
            .rev()
            .find(|range| range.start < here)
            .or(search.found.last())
    };
    if let Some(range) = next {
        state.reader.go_to(range.start);
    }
}

pub fn type_key(model: &mut Model, key: Key, fx: &mut Vec<AnyEffect>) {
    if let Some(search) = &mut model.documents.search {
        search.field.key(key);
        return look_for(&mut model.documents);
    }
    pinning::type_key(model, key, fx);
}

pub fn paste(model: &mut Model, text: &str, fx: &mut Vec<AnyEffect>) -> bool {
    if let Some(search) = &mut model.documents.search {
        search.field.paste(text);
        look_for(&mut model.documents);
        return true;
    }
    pinning::paste(model, text, fx)
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let pane = model.hits.pane_at(mouse.x, mouse.y);
    let state = &mut model.documents;
    let down = mouse.kind == MouseKind::ScrollDown;
    if state.pinning.is_some() {
        return pinning::point(model, mouse, hit, fx);
    }
    match (mouse.kind, hit) {
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) if state.importing.is_some() => importing::scroll(state, down),
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) if pane == Some(LIST) => {
            let len = state.items.len();
            state.list.scroll(down, WHEEL, len);
        }
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => state.reader.scroll(down, WHEEL),
        (MouseKind::Press, Some(Hit::Row { index, .. })) => {
            state.in_list = true;
            state.list.chosen = index;
            passage::show_chosen(state);
        }
        (MouseKind::Press | MouseKind::Drag, Some(Hit::Text { x, y })) => {
            let Some(texts) = state.texts.clone() else { return };
            if let Some(source) = texts.sources.get(state.shown) {
                state.in_list = false;
                state.reader.point(&source.text, x, y, mouse.kind == MouseKind::Drag);
            }
        }
        _ => {}
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Loaded { node, pin, texts } => {
            let state = &mut model.documents;
            if state.node.as_ref() != Some(&node) || state.pin != pin {
                return;
            }
            state.loading = false;
            match texts {
                Ok(texts) => {
                    if let Some(note) = texts.notes.first() {
                        model.tell(Weight::Plain, note.clone());
                    }
                    let state = &mut model.documents;
                    if state.shown >= texts.sources.len() {
                        state.shown = 0;
                    }
                    state.reader.reset();
                    state.texts = Some(texts);
                    passage::list_items(state);
                }
                Err(trouble) => state.trouble = Some(trouble),
            }
            refresh(model, fx);
        }
        Report::Compared { node, size, coverage } => {
            let state = &mut model.documents;
            if state.node.as_ref() == Some(&node) && state.texts.is_some() {
                (state.coverage, state.size) = (Some(*coverage), Some(size));
                passage::list_items(state);
            }
        }
        Report::Looked { repo, found } => pinning::looked(model, &repo, found, fx),
        Report::Matched { pin, found } => pinning::matched(model, &pin, found),
        Report::Converted { file, made } => importing::converted(model, file, made),
        Report::Committed { name, repo, told } => importing::committed(model, &name, &repo, told, fx),
    }
}

pub use super::importing::edited;

/// Asks before anything goes over the network.
pub(super) fn ask_to_fetch(model: &mut Model) {
    let state = &model.documents;
    let address = match (&state.pinning, &state.trouble) {
        (Some(pinning), _) => pinning.repo.text(),
        (None, Some(Trouble::NotFetched(address))) => address.clone(),
        _ => return,
    };
    let body = format!(
        "The documents are kept at {address}. Fetching makes a copy on this machine, or brings it up to date; nothing of yours is sent."
    );
    let dialog = Dialog::new("Fetch the documents?", body, model.now)
        .choice("not now", Answer::Nothing)
        .choice("fetch them", Answer::FetchDocuments);
    model.ask(dialog);
}

pub fn answer(model: &mut Model, answer: &Answer, filled: &str, fx: &mut Vec<AnyEffect>) {
    match answer {
        Answer::FetchDocuments => match &model.documents.pinning {
            Some(_) => pinning::look(model, true, fx),
            None => {
                if let Some(sheet) = &model.edit.sheet {
                    load(&mut model.documents, Box::new(sheet.leaf.clone()), true, fx);
                }
            }
        },
        Answer::ImportFile => importing::convert(model, filled, fx),
        Answer::CommitDocument { replace } => importing::commit(model, filled, *replace, fx),
        _ => {}
    }
}

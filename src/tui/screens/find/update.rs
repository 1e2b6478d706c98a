//! How actions change the find screen.

use super::{Effect, Find, Item, Part, Report};
use crate::taxonomy::replacing::{Fields, Search};
use crate::taxonomy::{NodePath, SEED_FILE};
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::Key;
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::{browse, edit};
use crate::tui::widgets::FieldOutcome;
use crate::workbench::{Refused, Replacement, Searched};

/// The pane numbers of this screen.
pub(super) const QUERY: usize = 60;
pub(super) const LIST: usize = 61;
/// Rows of the two fields in the first pane.
pub(super) const FIND_ROW: usize = 0;
pub(super) const WITH_ROW: usize = 1;

const WHEEL: usize = 3;
/// Files that a message names.
const NAMED: usize = 2;

/// Opens the screen from another one; `node` is what is chosen there.
pub fn enter(model: &mut Model, node: Option<NodePath>, fx: &mut Vec<AnyEffect>) -> bool {
    if model.screen != ScreenName::Find {
        model.find.from = model.screen;
    }
    model.find.part = Part::Find;
    model.find.within = model.find.within.take().filter(|within| Some(within) == node.as_ref());
    model.find.node = node;
    // Files may have changed since the last time.
    search(model, fx);
    true
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let find = &mut model.find;
    let len = find.items.len();
    match command {
        _ if find.list.go(command, len) => {}
        Command::NextPane | Command::ReplaceNext => {
            find.part = match find.part {
                Part::Find => Part::With,
                Part::With => Part::List,
                Part::List => Part::Find,
            };
        }
        Command::PreviousPane | Command::ReplacePrevious => {
            find.part = match find.part {
                Part::Find => Part::List,
                Part::With => Part::Find,
                Part::List => Part::With,
            };
        }
        Command::ReplaceToList => find.part = Part::List,
        Command::ReplaceRegex => {
            find.regex = !find.regex;
            search(model, fx);
        }
        Command::ReplaceCase => {
            find.case = !find.case;
            search(model, fx);
        }
        Command::ReplaceFields => {
            let at = Fields::ALL
                .iter()
                .position(|fields| *fields == find.fields)
                .unwrap_or_default();
            find.fields = Fields::ALL
                .get((at + 1) % Fields::ALL.len())
                .copied()
                .unwrap_or(Fields::All);
            search(model, fx);
        }
        Command::ReplaceWithin => {
            find.within = if find.within.is_none() { find.node.clone() } else { None };
            search(model, fx);
        }
        Command::ReplaceToggle => toggle(find),
        Command::ReplaceToggleAll => toggle_all(find),
        Command::ReplaceNow => {
            find.replacing = true;
            fx.push(AnyEffect::Find(Effect::Replace(find.ticked())));
        }
        Command::ReplaceUndo => fx.push(AnyEffect::Find(Effect::TakeBack(std::mem::take(&mut find.done)))),
        _ if command.edits_text() => {
            let outcome = find.field().map(|field| field.command(command));
            follow(model, outcome, fx);
        }
        Command::Back | Command::FieldLeave => {
            fx.push(AnyEffect::Find(Effect::StopSearch));
            model.find.searching = false;
            let from = model.find.from;
            crate::tui::update::go(model, from, fx);
        }
        _ => {}
    }
}

/// Ticks or unticks the chosen place, or all of the chosen leaf.
fn toggle(find: &mut Find) {
    match find.items.get(find.list.chosen) {
        Some(Item::Place(leaf, place)) => {
            let place = (*leaf, *place);
            if !find.left_out.remove(&place) {
                find.left_out.insert(place);
            }
            let len = find.items.len();
            find.list.down(1, len);
        }
        Some(Item::Leaf(leaf)) => {
            let leaf = *leaf;
            let count = find.leaves.get(leaf).map_or(0, |leaf| leaf.found.len());
            let all_out = (0..count).all(|place| find.left_out.contains(&(leaf, place)));
            for place in 0..count {
                if all_out {
                    find.left_out.remove(&(leaf, place));
                } else {
                    find.left_out.insert((leaf, place));
                }
            }
        }
        Some(Item::Refused(_)) | None => {}
    }
}

fn toggle_all(find: &mut Find) {
    if find.left_out.is_empty() {
        let all = find.items.iter().filter_map(|item| match item {
            Item::Place(leaf, place) => Some((*leaf, *place)),
            Item::Leaf(_) | Item::Refused(_) => None,
        });
        find.left_out = all.collect();
    } else {
        find.left_out.clear();
    }
}

/// Looks for what stands in the fields; what was found before is gone.
fn search(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let find = &mut model.find;
    find.leaves.clear();
    find.refused.clear();
    find.items.clear();
    find.left_out.clear();
    find.list.chosen = 0;
    match Search::new(&find.wanted()) {
        Ok(search) => {
            find.searching = true;
            find.said.clear();
            fx.push(AnyEffect::Find(Effect::Search {
                search: Box::new(search),
                within: find.within.iter().cloned().collect(),
            }));
        }
        Err(error) => {
            find.searching = false;
            find.said = error.to_string();
            fx.push(AnyEffect::Find(Effect::StopSearch));
        }
    }
}

pub fn type_key(model: &mut Model, key: Key, fx: &mut Vec<AnyEffect>) {
    let outcome = model.find.field().map(|field| field.key(key));
    follow(model, outcome, fx);
}

pub fn paste(model: &mut Model, text: &str, fx: &mut Vec<AnyEffect>) -> bool {
    let outcome = model.find.field().map(|field| field.paste(text));
    let taken = outcome.is_some();
    follow(model, outcome, fx);
    taken
}

fn follow(model: &mut Model, outcome: Option<FieldOutcome>, fx: &mut Vec<AnyEffect>) {
    match outcome {
        Some(FieldOutcome::Changed) => search(model, fx),
        Some(FieldOutcome::Copied(text)) => fx.push(AnyEffect::Copy(text)),
        Some(FieldOutcome::Accepted | FieldOutcome::Moved) | None => {}
    }
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>) {
    let find = &mut model.find;
    let len = find.items.len();
    match (mouse.kind, hit) {
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => {
            find.list.scroll(mouse.kind == MouseKind::ScrollDown, WHEEL, len);
        }
        (MouseKind::Press, Some(Hit::Row { pane: QUERY, index })) => {
            find.part = if index == FIND_ROW { Part::Find } else { Part::With };
        }
        (MouseKind::Press, Some(Hit::Row { pane: LIST, index })) => {
            let again = find.part == Part::List && find.list.chosen == index;
            find.part = Part::List;
            find.list.chosen = index.min(len.saturating_sub(1));
            if again {
                toggle(find);
            }
        }
        (_, Some(Hit::Text { x, y })) => {
            if let Some(field) = find.field() {
                field.point(x, y, mouse.kind == MouseKind::Drag);
            }
        }
        _ => {}
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    let find = &mut model.find;
    match report {
        // Words of a search that was called off.
        Report::Some(_) | Report::Searched { .. } if !find.searching => {}
        Report::Some(some) => {
            for searched in some {
                match searched {
                    Searched::Places(leaf) => {
                        let at = find.leaves.len();
                        find.items.push(Item::Leaf(at));
                        find.items
                            .extend((0..leaf.found.len()).map(|place| Item::Place(at, place)));
                        find.leaves.push(leaf);
                    }
                    Searched::Refused(refused) => {
                        find.items.push(Item::Refused(find.refused.len()));
                        find.refused.push(refused);
                    }
                }
            }
        }
        Report::Searched { read, stopped } => {
            find.searching = false;
            find.said = match (stopped, find.leaves.is_empty()) {
                (true, _) => "too many places: these are the first, narrow the search for the others".into(),
                (false, true) => format!("not found in {}", leaves(read)),
                (false, false) => format!("{} read", leaves(read)),
            };
        }
        Report::Replaced(done) => replaced(model, done, fx),
        Report::TakenBack { changed, refused } => {
            let count = changed.len() - refused.len();
            reread(model, changed, fx);
            let said = format!("took back the changes in {}{}", leaves(count), named(&refused));
            model.tell(if refused.is_empty() { Weight::Good } else { Weight::Bad }, said);
            search(model, fx);
        }
    }
}

fn replaced(model: &mut Model, done: Replacement, fx: &mut Vec<AnyEffect>) {
    let undo = model.keymap.shown(Command::ReplaceUndo);
    let places: usize = done.changed.iter().map(|one| one.count).sum();
    let nodes = done.changed.iter().map(|one| one.node.clone()).collect();
    model.find.replacing = false;
    if !done.changed.is_empty() {
        model.find.done = done.changed;
        model.find.part = Part::List;
    }
    reread(model, nodes, fx);
    let count = model.find.done.len();
    let unit = if places == 1 { "place" } else { "places" };
    let said = format!(
        "replaced {places} {unit} in {}; {undo} takes all of it back{}",
        leaves(count),
        named(&done.refused)
    );
    let weight = if done.refused.is_empty() {
        Weight::Good
    } else {
        Weight::Bad
    };
    search(model, fx);
    model.tell(weight, said);
}

/// Everything that shows these leaves looks again.
fn reread(model: &mut Model, nodes: Vec<NodePath>, fx: &mut Vec<AnyEffect>) {
    let paths: Vec<String> = nodes.iter().map(|node| format!("{node}/{SEED_FILE}")).collect();
    edit::update::files_changed(model, &paths, fx);
    fx.push(AnyEffect::Browse(browse::Effect::Reread(nodes)));
    fx.push(AnyEffect::Browse(browse::Effect::Git));
}

pub(super) fn leaves(count: usize) -> String {
    format!("{count} {}", if count == 1 { "leaf" } else { "leaves" })
}

/// Names files that were left alone.
fn named(refused: &[Refused]) -> String {
    if refused.is_empty() {
        return String::new();
    }
    let first: Vec<String> = refused
        .iter()
        .take(NAMED)
        .map(|one| format!("{}: {}", one.node, one.reason))
        .collect();
    let more = refused.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("; left alone: {}{more}", first.join("; "))
}

//! How actions change the edit screen.

use super::outline::{Card, Row};
use super::sheet::Sheet;
use super::typing::Stretch;
use super::{Effect, Over, Report, change, coach, disk, kinds, past, preview, target, view};
use crate::taxonomy::NodePath;
use crate::taxonomy::yaml::YamlPath;
use crate::tui::chrome::{Answer, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::key::Key;
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::{attribution, browse};
use crate::tui::widgets::FieldOutcome;

/// The pane numbers of this screen.
pub(super) const OUTLINE: usize = 10;
pub(super) const CARD: usize = 11;
pub(super) const RAW: usize = 12;
pub(super) const TARGET: usize = 13;
pub(super) const PAST: usize = 14;
pub(super) const PAST_TEXT: usize = 15;
pub(super) const COACH: usize = 16;
pub(super) const COACH_TEXT: usize = 17;

pub fn enter(model: &mut Model, leaf: Option<NodePath>, fx: &mut Vec<AnyEffect>) -> bool {
    let open = model.edit.node().cloned();
    match leaf {
        None if open.is_some() => true,
        None => {
            model.tell(Weight::Plain, "choose a leaf first: a folder with seed examples");
            false
        }
        Some(node) if open.as_ref() == Some(&node) => true,
        Some(node) => {
            // Text that the file cannot take stays in sight.
            if leave_field(model) {
                disk::keep_draft(model, fx);
                preview::close(model, fx);
                disk::open(model, node, fx);
            }
            true
        }
    }
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    match &model.edit.over {
        Some(Over::Target(_)) => return target::command(model, command, fx),
        Some(Over::Past(_)) => return past::command(model, command, fx),
        Some(Over::Coach(_)) => return coach::command(model, command, fx),
        None => {}
    }
    let now = model.now;
    if preview::scroll(model, command) {
        return;
    }
    let in_file = view::file_is_alone(model);
    let Some(sheet) = &mut model.edit.sheet else {
        match command {
            Command::Back => leave_screen(model, fx),
            // What was asked for from another screen waits for the leaf.
            Command::Preview | Command::EditRaw => model.edit.then = Some(command),
            _ => {}
        }
        return;
    };
    if sheet.reading && scroll_card(sheet, command, in_file) {
        return;
    }
    let len = sheet.rows.len();
    match command {
        _ if sheet.list.go(command, len) => {}
        Command::NextExample => next_example(sheet, true),
        Command::PreviousExample => next_example(sheet, false),
        Command::NextPane | Command::PreviousPane => next_pane(model, command == Command::NextPane),
        Command::TypeHere => type_here(model),
        Command::FieldLeave => {
            leave_field(model);
        }
        Command::FieldNext => next_field(model, true),
        Command::FieldPrevious => next_field(model, false),
        Command::FieldUndo | Command::FieldRedo => {
            // One history: what was typed is a step of it.
            match sheet.flush(now) {
                Ok(()) => {
                    let back = command == Command::FieldUndo;
                    let beside = sheet.travel(back, now);
                    put_back(beside, back, fx);
                }
                Err(error) => model.tell(Weight::Bad, error.to_string()),
            }
        }
        Command::NextFinding | Command::PreviousFinding | Command::FieldNextFinding => {
            next_finding(model, command != Command::PreviousFinding);
        }
        Command::ViewFile => {
            let shown = view::shows_file(model);
            model.edit.raw = Some(!shown);
        }
        Command::FieldFix => fix_typed(model),
        Command::FieldSelectAll | Command::FieldCopy | Command::FieldCut | Command::FieldPaste => {
            if matches!(command, Command::FieldCut | Command::FieldPaste) {
                sheet.begin(Stretch::Whole, now);
            }
            let outcome = sheet.typing.as_mut().map(|typing| typing.field.command(command));
            follow(model, outcome, fx);
        }
        Command::Undo | Command::Redo => {
            let back = command == Command::Undo;
            let beside = sheet.travel(back, now);
            put_back(beside, back, fx);
        }
        Command::Save | Command::FieldSave => disk::save(model, fx),
        Command::DiscardDraft if model.tree.drafts.contains(&sheet.node) => {
            let node = sheet.node.clone();
            browse::changing::discard(model, node, fx);
        }
        Command::DiscardDraft => disk::discard(model, fx),
        Command::Sources => {
            let node = sheet.node.clone();
            attribution::open(node, fx);
        }
        Command::EditExternally | Command::FieldEditor => disk::open_field(model, fx),
        Command::EditRaw => disk::open_file(model, fx),
        Command::Fix => fix(model),
        Command::CopyTo | Command::MoveTo => target::open(model, command == Command::MoveTo, fx),
        Command::LeafHistory => past::open(model, fx),
        Command::OpenCoach => coach::open(model, fx),
        Command::Preview => start_preview(model, fx),
        Command::Back => back(model, fx),
        Command::AddExample
        | Command::AddPair
        | Command::AddContext
        | Command::Duplicate
        | Command::Remove
        | Command::MoveUp
        | Command::MoveDown => {
            if kinds::asks(model, command) {
                return;
            }
            let wants_caret = change::carry_out(model, command);
            if wants_caret {
                type_here(model);
            }
        }
        _ => {}
    }
}

/// Goes round the outline, the page and the preview where there is one.
fn next_pane(model: &mut Model, forward: bool) {
    let panes = if preview::is_open(model) { 3 } else { 2 };
    let previewing = preview::is_read(model);
    let Some(sheet) = &mut model.edit.sheet else { return };
    let at = match (previewing, sheet.reading) {
        (true, _) => 2,
        (false, reading) => usize::from(reading),
    };
    let to = (at + if forward { 1 } else { panes - 1 }) % panes;
    sheet.reading = to == 1;
    preview::read(model, to == 2);
}

/// A step of the history that changed another leaf's file changes it back.
fn put_back(beside: Option<std::sync::Arc<target::Beside>>, back: bool, fx: &mut Vec<AnyEffect>) {
    fx.extend(beside.map(|beside| AnyEffect::Edit(target::put_back(&beside, back))));
}

/// Scrolls the form's page, or the file where that is shown in its place.
fn scroll_card(sheet: &Sheet, command: Command, in_file: bool) -> bool {
    let place = if in_file { &sheet.raw_top } else { &sheet.card_top };
    let top = place.get();
    let page = sheet.list.page();
    place.set(match command {
        Command::Up => top.saturating_sub(1),
        Command::Down => top.saturating_add(1),
        Command::PageUp => top.saturating_sub(page),
        Command::PageDown => top.saturating_add(page),
        Command::First => 0,
        // The view knows how much there is.
        Command::Last => usize::MAX / 2,
        _ => return false,
    });
    true
}

/// Goes to the same place in the next example, or to its heading.
fn next_example(sheet: &mut Sheet, forward: bool) {
    let count = sheet.leaf.seed_examples.len();
    let (from, to) = match (sheet.card(), forward) {
        (Card::Example(example), true) => (Some(example), example + 1),
        (Card::Example(example), false) => (Some(example), example.wrapping_sub(1)),
        (Card::File, true) => (None, 0),
        (Card::Documents, false) => (None, count.wrapping_sub(1)),
        (Card::File, false) | (Card::Documents, true) => return,
    };
    if to >= count {
        return;
    }
    let of = |sheet: &Sheet, example: usize| {
        sheet
            .rows
            .iter()
            .position(|row| *row == Row::Example(example))
            .unwrap_or_default()
    };
    let below = from.map_or(0, |from| sheet.list.chosen.saturating_sub(of(sheet, from)));
    let heading = of(sheet, to);
    sheet.list.chosen = heading + below;
    if sheet.card() != Card::Example(to) {
        sheet.list.chosen = heading;
    }
}

pub(super) fn type_here(model: &mut Model) {
    preview::read(model, false);
    let Some(sheet) = &mut model.edit.sheet else { return };
    let told = match sheet.start_typing() {
        Ok(true) => return,
        Ok(false) => "there is no field here".to_owned(),
        Err(error) => error.to_string(),
    };
    model.tell(Weight::Bad, told);
}

/// Takes the caret away; false when the file cannot take the text, which then stays in the field.
pub(super) fn leave_field(model: &mut Model) -> bool {
    let now = model.now;
    let refused = model.edit.sheet.as_mut().and_then(|sheet| sheet.stop_typing(now).err());
    let left = refused.is_none();
    if let Some(error) = refused {
        model.tell(Weight::Bad, error.to_string());
    }
    left
}

/// Goes on typing in the next field of the form.
fn next_field(model: &mut Model, forward: bool) {
    if !leave_field(model) {
        return;
    }
    if choose_field(model, forward) {
        type_here(model);
    }
}

/// Chooses the next field, over headings. False at the end of the form.
fn choose_field(model: &mut Model, forward: bool) -> bool {
    let Some(sheet) = &mut model.edit.sheet else {
        return false;
    };
    let chosen = sheet.list.chosen;
    let is_field = |(_, row): &(usize, &Row)| matches!(row, Row::Field(_));
    let rows = sheet.rows.iter().enumerate();
    let next = if forward {
        rows.skip(chosen + 1).find(is_field)
    } else {
        rows.take(chosen).rev().find(is_field)
    };
    let next = next.map(|(at, _)| at);
    sheet.list.chosen = next.unwrap_or(chosen);
    next.is_some()
}

fn fix(model: &mut Model) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    let count = sheet.fix(now);
    let undo = model.keymap.shown(Command::Undo);
    match count {
        0 => model.tell(Weight::Plain, "this cannot be mended safely by itself; change the text"),
        1 => model.tell(Weight::Good, format!("mended; {undo} takes it back")),
        _ => model.tell(Weight::Good, format!("mended {count} findings; {undo} takes it back")),
    }
}

/// Mends the field that is being typed in; the caret stays in it.
fn fix_typed(model: &mut Model) {
    if !leave_field(model) {
        return;
    }
    if let Some(sheet) = &mut model.edit.sheet {
        sheet.judge();
    }
    fix(model);
    type_here(model);
}

fn next_finding(model: &mut Model, forward: bool) {
    if !leave_field(model) {
        return;
    }
    let Some(sheet) = &mut model.edit.sheet else { return };
    sheet.reading = false;
    if let Some((number, count, said)) = sheet.next_finding(forward) {
        model.tell(Weight::Plain, format!("{number} of {count}: {said}"));
    }
}

fn start_preview(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    if let Err(error) = sheet.flush(now) {
        return model.tell(Weight::Bad, error.to_string());
    }
    if let Err(error) = sheet.document() {
        let told = format!("{error}; mend the file first");
        return model.tell(Weight::Bad, told);
    }
    let (node, bytes) = (sheet.node.clone(), sheet.bytes().to_vec());
    preview::start(model, node, bytes, fx);
}

fn back(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if preview::is_open(model) {
        return preview::close(model, fx);
    }
    match &mut model.edit.sheet {
        Some(sheet) if sheet.reading => sheet.reading = false,
        _ => leave_screen(model, fx),
    }
}

fn leave_screen(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    disk::keep_draft(model, fx);
    crate::tui::update::go(model, ScreenName::Browse, fx);
}

pub fn type_key(model: &mut Model, key: Key, fx: &mut Vec<AnyEffect>) {
    if let Some(Over::Target(target)) = &mut model.edit.over {
        target.field.key(key);
        return target.narrow();
    }
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    if let Some(stretch) = Stretch::of(key) {
        sheet.begin(stretch, now);
    }
    let outcome = sheet.typing.as_mut().map(|typing| typing.field.key(key));
    follow(model, outcome, fx);
}

pub fn paste(model: &mut Model, text: &str, _fx: &mut Vec<AnyEffect>) -> bool {
    if let Some(Over::Target(target)) = &mut model.edit.over {
        target.field.paste(text);
        target.narrow();
        return true;
    }
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else {
        return false;
    };
    sheet.begin(Stretch::Whole, now);
    let Some(typing) = &mut sheet.typing else { return false };
    typing.field.paste(text);
    sheet.typed(now);
    true
}

/// Does what follows from something done in the field.
fn follow(model: &mut Model, outcome: Option<FieldOutcome>, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    match outcome {
        Some(FieldOutcome::Changed) => {
            if let Some(sheet) = &mut model.edit.sheet {
                sheet.typed(now);
            }
        }
        Some(FieldOutcome::Copied(text)) => fx.push(AnyEffect::Copy(text)),
        Some(FieldOutcome::Accepted) => {
            if leave_field(model) {
                choose_field(model, true);
            }
        }
        Some(FieldOutcome::Moved) | None => {}
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Opened(opened) => disk::opened(model, *opened, fx),
        Report::Saved {
            node,
            bytes,
            fingerprint,
        } => disk::saved(model, node, bytes, fingerprint, fx),
        Report::InTheWay { node, theirs } => disk::in_the_way(model, &node, theirs),
        Report::Judged(judged) => {
            let now = model.now;
            if let Some(sheet) = model.edit.sheet.as_mut().filter(|sheet| sheet.node == judged.node) {
                sheet.judged(*judged, now);
            }
        }
        Report::Targets { node, leaves } => {
            if let (Some(Over::Target(target)), true) = (
                &mut model.edit.over,
                model.edit.sheet.as_ref().is_some_and(|sheet| sheet.node == node),
            ) {
                target.leaves = Some(leaves);
                target.narrow();
            }
        }
        Report::Copied { copying, beside } => target::copied(model, &copying, beside, fx),
        Report::Coach { node, news } => coach::report(model, &node, news),
        Report::PutBack(node) => {
            target::reread(&node, fx);
            model.tell(Weight::Good, format!("{node} is as it was before that step"));
        }
        Report::Past { node, read } => {
            if let Some(Over::Past(past)) = &mut model.edit.over
                && past.node == node
            {
                past.read = Some(read);
            }
        }
        Report::OnDisk { node, bytes } => disk::on_disk(model, &node, bytes, fx),
    }
}

/// Does what is due.
pub fn wake(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    if sheet.judge_due.is_some_and(|due| due <= now) {
        fx.push(AnyEffect::Edit(Effect::Judge(Box::new(sheet.take_judging()))));
    }
    if sheet.draft_due.is_some_and(|due| due <= now) {
        disk::keep_draft(model, fx);
    }
}

pub fn keep_draft(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    disk::keep_draft(model, fx);
}

pub fn answer(model: &mut Model, answer: &Answer, fx: &mut Vec<AnyEffect>) {
    match answer {
        Answer::AddContext { .. } | Answer::RemoveContext => {
            if kinds::answer(model, answer) {
                type_here(model);
            }
        }
        Answer::AskTheModel => coach::ask(model, fx),
        _ => disk::answer(model, answer, fx),
    }
}

pub fn files_changed(model: &mut Model, paths: &[String], fx: &mut Vec<AnyEffect>) {
    disk::files_changed(model, paths, fx);
}

pub fn edited_field(model: &mut Model, path: &YamlPath, text: &str, fx: &mut Vec<AnyEffect>) {
    disk::edited_field(model, path, text, fx);
}

pub fn edited_file(model: &mut Model, text: &str, fx: &mut Vec<AnyEffect>) {
    disk::edited_file(model, text, fx);
}

//! How actions change the form of sources.

use super::{Effect, Report, Row, SourcesForm};
use crate::taxonomy::attribution::{Work, WorkKey};
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::{Key, Press};
use crate::tui::model::{Model, Overlay};
use crate::tui::screens::browse;
use crate::tui::widgets::FieldOutcome;

/// The pane number of this form.
pub(super) const FORM: usize = 92;

/// Carries out a command; the form comes back unless it is closed.
pub fn command(model: &mut Model, mut form: Box<SourcesForm>, command: Command, fx: &mut Vec<AnyEffect>) {
    let len = form.list().len();
    match command {
        _ if form.rows.go(command, len) => {}
        Command::TypeHere => type_here(&mut form),
        Command::AddWork => add_work(&mut form),
        Command::RemoveWork => remove_work(model, &mut form),
        Command::Undo | Command::Redo if form.travel(command == Command::Undo) => {}
        Command::Undo => model.tell(Weight::Plain, "there is nothing to take back"),
        Command::Redo => model.tell(Weight::Plain, "nothing was taken back"),
        Command::DiscardDraft => {
            let saved = form.saved.clone();
            form.change(|text| *text = saved);
        }
        Command::Save | Command::FieldSave => {
            form.stop_typing();
            save(model, &form, false, fx);
        }
        Command::FieldLeave => form.stop_typing(),
        Command::FieldNext | Command::FieldPrevious => next_field(&mut form, command == Command::FieldNext),
        _ if command.edits_text() => {
            let outcome = form.typing.as_mut().map(|typing| typing.field.command(command));
            follow(&mut form, outcome, fx);
        }
        // Leaving saves: nothing is lost, and git has what was before.
        Command::Back if form.is_changed() => save(model, &form, true, fx),
        Command::Back => return,
        _ => {}
    }
    model.overlay = Some(Overlay::Sources(form));
}

fn type_here(form: &mut SourcesForm) {
    match form.row() {
        Row::Field(work, key) => form.start_typing(work, key),
        Row::Heading(work) => {
            form.rows.chosen += 1;
            form.start_typing(work, WorkKey::Title);
        }
        Row::AddWork => add_work(form),
    }
}

fn add_work(form: &mut SourcesForm) {
    let mut added = 0;
    form.change(|text| added = text.add(&Work::default()));
    let title = Row::Field(added, WorkKey::Title);
    form.rows.chosen = form.list().iter().position(|row| *row == title).unwrap_or_default();
    form.start_typing(added, WorkKey::Title);
}

fn remove_work(model: &mut Model, form: &mut SourcesForm) {
    let (Row::Heading(work) | Row::Field(work, _)) = form.row() else {
        return model.tell(Weight::Plain, "choose a work first");
    };
    form.change(|text| {
        // The row shows that the work is there.
        let _ = text.remove(work);
    });
    let undo = model.keymap.shown(Command::Undo);
    model.tell(Weight::Plain, format!("removed this work; {undo} brings it back"));
}

/// Goes on typing in the next field.
fn next_field(form: &mut SourcesForm, forward: bool) {
    form.stop_typing();
    let (rows, at) = (form.list(), form.rows.chosen);
    let is_field = |(_, row): &(usize, &Row)| matches!(row, Row::Field(..));
    let numbered = rows.iter().enumerate();
    let next = if forward {
        numbered.skip(at + 1).find(is_field)
    } else {
        numbered.take(at).rev().find(is_field)
    };
    if let Some((at, Row::Field(work, key))) = next {
        form.rows.chosen = at;
        form.start_typing(*work, *key);
    }
}

fn save(model: &mut Model, form: &SourcesForm, closing: bool, fx: &mut Vec<AnyEffect>) {
    if !form.is_changed() {
        return model.tell(Weight::Plain, "nothing to save: the sources are as you see them");
    }
    fx.push(AnyEffect::Sources(Effect::Save {
        sources: Box::new(form.sources.clone()),
        closing,
        at: model.now,
    }));
}

pub fn type_key(form: &mut SourcesForm, key: Key, fx: &mut Vec<AnyEffect>) {
    let Some(typing) = &mut form.typing else { return };
    let offers = typing.offers.len();
    // While licences are offered, up and down go through them.
    match key.press {
        Press::Down if offers > 0 => {
            typing.chosen = Some(typing.chosen.map_or(0, |chosen| (chosen + 1).min(offers - 1)));
            return;
        }
        Press::Up if offers > 0 => {
            typing.chosen = typing.chosen.and_then(|chosen| chosen.checked_sub(1));
            return;
        }
        _ => {}
    }
    let outcome = typing.field.key(key);
    follow(form, Some(outcome), fx);
}

pub fn paste(form: &mut SourcesForm, text: &str, fx: &mut Vec<AnyEffect>) {
    let outcome = form.typing.as_mut().map(|typing| typing.field.paste(text));
    follow(form, outcome, fx);
}

fn follow(form: &mut SourcesForm, outcome: Option<FieldOutcome>, fx: &mut Vec<AnyEffect>) {
    match outcome {
        Some(FieldOutcome::Changed) => form.offer(false),
        Some(FieldOutcome::Copied(text)) => fx.push(AnyEffect::Copy(text)),
        Some(FieldOutcome::Accepted) => next_field(form, true),
        Some(FieldOutcome::Moved) | None => {}
    }
}

pub fn point(form: &mut SourcesForm, mouse: Mouse, hit: Option<Hit>) {
    let len = form.list().len();
    match (mouse.kind, hit) {
        (MouseKind::ScrollUp, _) => form.rows.scroll(false, 3, len),
        (MouseKind::ScrollDown, _) => form.rows.scroll(true, 3, len),
        (MouseKind::Press | MouseKind::Drag, Some(Hit::Text { x, y })) => {
            if let Some(typing) = &mut form.typing {
                typing.field.point(x, y, mouse.kind == MouseKind::Drag);
            }
        }
        (MouseKind::Press, Some(Hit::Choice(offer))) => {
            if let Some(typing) = &mut form.typing {
                typing.chosen = Some(offer);
            }
            form.stop_typing();
        }
        (MouseKind::Press, Some(Hit::Row { pane: FORM, index })) => {
            let again = form.rows.chosen == index;
            form.stop_typing();
            form.rows.chosen = index.min(form.list().len().saturating_sub(1));
            if again || matches!(form.row(), Row::AddWork) {
                type_here(form);
            }
        }
        _ => {}
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Opened(sources) => {
            if model.overlay.is_none() {
                model.overlay = Some(Overlay::Sources(Box::new(SourcesForm::new(*sources))));
            }
        }
        Report::Saved {
            node,
            text,
            base,
            closing,
        } => {
            if let Some(Overlay::Sources(form)) = &mut model.overlay
                && form.sources.node == node
            {
                form.saved = text;
                form.sources.base = Some(base);
                if closing && !form.is_changed() {
                    model.overlay = None;
                }
            }
            model.tell(Weight::Good, "saved the sources");
            model.browse.asked = None;
            fx.push(AnyEffect::Browse(browse::Effect::Reread(vec![node])));
            fx.push(AnyEffect::Browse(browse::Effect::Git));
        }
    }
}

//! What lies between the form and the disk: opening, drafts, saving, other programs, the person's own editor.

use std::sync::Arc;

use super::sheet::{Disk, Sheet};
use super::{Edit, Effect, Opened, update};
use crate::taxonomy::yaml::YamlPath;
use crate::taxonomy::{Fingerprint, NodePath, Severity};
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::{EditorTarget, Effect as AnyEffect};
use crate::tui::model::Model;
use crate::tui::screens::browse;

/// Asks for a leaf; what to do then waits for it.
pub fn open(model: &mut Model, node: NodePath, fx: &mut Vec<AnyEffect>) {
    model.edit = Edit {
        asked: Some(node.clone()),
        raw: model.edit.raw,
        ..Edit::default()
    };
    fx.push(AnyEffect::Edit(Effect::Open(node)));
}

/// Shows a leaf that was read, with the unsaved text of an earlier time where there is some.
pub fn opened(model: &mut Model, opened: Opened, fx: &mut Vec<AnyEffect>) {
    let Opened {
        node,
        read,
        draft,
        drafted_at,
        profile,
    } = opened;
    if model.edit.asked.as_ref() != Some(&node) {
        return;
    }
    model.edit.asked = None;
    let saved: Option<Arc<[u8]>> = read.as_ref().ok().map(|bytes| Arc::from(bytes.as_slice()));
    let base = saved.as_ref().map(|bytes| Fingerprint::of(bytes));
    let (draft, stale): (Option<_>, Option<_>) = match draft {
        Some(draft) if saved.as_deref() == Some(draft.bytes.as_slice()) => (None, Some(draft)),
        draft => (draft, None),
    };
    if stale.is_some() {
        // A save that the program's end overtook; later it would pass for newer than the file.
        fx.push(AnyEffect::Edit(Effect::DropDraft(node.clone())));
    }
    let mut sheet = match (draft, saved) {
        (Some(draft), saved) => {
            let moved_on = draft.base != base;
            let saved_is_missing = saved.is_none();
            let theirs = saved.clone().filter(|_| moved_on);
            let disk = Disk {
                saved: saved.unwrap_or_default(),
                base: draft.base,
                theirs,
            };
            let mut sheet = Sheet::new(node, profile, draft.bytes.into(), disk, model.now);
            sheet.drafted = true;
            let key = model.keymap.shown(Command::DiscardDraft);
            let since = if moved_on {
                "; the file changed since, so saving will ask"
            } else {
                ""
            };
            if saved_is_missing && model.tree.drafts.contains(&sheet.node) {
                let save = model.keymap.shown(Command::Save);
                let told = format!(
                    "a draft of {drafted_at}; {save} writes it into the tree once it is whole, {key} discards it"
                );
                model.tell(Weight::Plain, told);
            } else {
                let told = format!("unsaved text of {drafted_at} is back; {key} goes to the saved file{since}");
                model.tell(Weight::Good, told);
            }
            sheet
        }
        (None, Some(saved)) => Sheet::new(
            node,
            profile,
            Arc::clone(&saved),
            Disk {
                saved,
                base,
                theirs: None,
            },
            model.now,
        ),
        (None, None) => {
            let reason = read.err().unwrap_or_default();
            model.edit.failed = Some(reason.clone());
            model.tell(Weight::Bad, reason);
            return;
        }
    };
    if let Some((_, row)) = model.edit.back_at.take().filter(|(leaf, _)| *leaf == sheet.node) {
        sheet.list.chosen = row.min(sheet.rows.len().saturating_sub(1));
    }
    model.edit.sheet = Some(sheet);
    if let Some(command) = model.edit.then.take() {
        update::command(model, command, fx);
    }
}

/// Writes what is unsaved into the draft; takes the draft away when nothing is.
pub fn keep_draft(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    if sheet.draft_due.is_none() && !sheet.typing.as_ref().is_some_and(|typing| typing.changed) {
        return;
    }
    let refused = sheet.flush(now).err();
    sheet.draft_due = None;
    let node = sheet.node.clone();
    if sheet.is_changed() {
        sheet.drafted = true;
        let (bytes, base) = (Arc::clone(sheet.bytes()), sheet.disk.base);
        fx.push(AnyEffect::Edit(Effect::KeepDraft {
            node,
            bytes,
            base,
            at: now,
        }));
    } else if std::mem::take(&mut sheet.drafted) {
        fx.push(AnyEffect::Edit(Effect::DropDraft(node)));
    }
    if let Some(error) = refused {
        model.tell(Weight::Bad, error.to_string());
    }
}

/// Saves the file with what is being typed.
pub fn save(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    if let Err(error) = sheet.flush(now) {
        return model.tell(Weight::Bad, error.to_string());
    }
    if !sheet.is_changed() && sheet.disk.theirs.is_none() {
        return model.tell(Weight::Plain, "nothing to save: the file is as you see it");
    }
    let errors = errors_of(sheet);
    if errors > 0 && model.tree.drafts.contains(&sheet.node) {
        return ask_about_draft(model, errors, fx);
    }
    let expected = sheet.disk.base;
    fx.push(write(sheet, expected));
}

fn errors_of(sheet: &Sheet) -> usize {
    let errors = sheet.findings.iter().filter(|found| found.severity == Severity::Error);
    errors.count()
}

/// A leaf that is not whole stays apart from the tree, unless the person wants it there.
fn ask_about_draft(model: &mut Model, errors: usize, fx: &mut Vec<AnyEffect>) {
    keep_draft(model, fx);
    let places = if errors == 1 {
        "1 place is".to_owned()
    } else {
        format!("{errors} places are")
    };
    let body = format!(
        "{places} still to be filled in or mended. Until then this leaf is kept as a draft, and nothing is lost."
    );
    let dialog = Dialog::new("this leaf is not whole yet", body, model.now)
        .choice("go on, keep it as a draft", Answer::Nothing)
        .choice("write it into the tree as it is", Answer::WriteDraft);
    model.ask(dialog);
}

fn write(sheet: &Sheet, expected: Option<Fingerprint>) -> AnyEffect {
    AnyEffect::Edit(Effect::Save {
        node: sheet.node.clone(),
        bytes: Arc::clone(sheet.bytes()),
        expected,
    })
}

/// The file is on disk: everything that shows it looks again.
pub fn saved(model: &mut Model, node: NodePath, bytes: Arc<[u8]>, print: Fingerprint, fx: &mut Vec<AnyEffect>) {
    let mut told = "saved".to_owned();
    if let Some(sheet) = model.edit.sheet.as_mut().filter(|sheet| sheet.node == node) {
        sheet.is_saved_as(bytes, print);
        // The job that saved took the draft away.
        sheet.drafted &= sheet.is_changed();
        told = match errors_of(sheet) {
            0 => "saved; no errors".to_owned(),
            1 => "saved; 1 error is left to mend".to_owned(),
            errors => format!("saved; {errors} errors are left to mend"),
        };
    }
    model.tell(Weight::Good, told);
    if model.browse.asked.as_ref() == Some(&node) {
        model.browse.asked = None;
    }
    if model.tree.drafts.remove(&node) {
        // A leaf that was a draft is one of the tree now.
        model.tell(Weight::Good, format!("{node} is in the tree now"));
        fx.push(AnyEffect::Browse(browse::Effect::Scan { again: true }));
    } else {
        fx.push(AnyEffect::Browse(browse::Effect::Reread(vec![node])));
    }
    fx.push(AnyEffect::Browse(browse::Effect::Git));
}

/// Another program changed the file or took it away: asks which version is to stay.
pub fn in_the_way(model: &mut Model, node: &NodePath, theirs: Option<Vec<u8>>) {
    let Some(sheet) = model.edit.sheet.as_mut().filter(|sheet| sheet.node == *node) else {
        let told =
            format!("{node} was not saved: another program changed it; open it again, your text is kept as a draft");
        return model.tell(Weight::Bad, told);
    };
    sheet.disk.theirs = theirs.map(Arc::from);
    let dialog = match &sheet.disk.theirs {
        Some(theirs) => {
            let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().count();
            let body = format!(
                "Another program changed this file since you opened it. Theirs has {} lines, yours {}. Nothing was written. \
                 Whatever you choose, the other version is not lost: {} goes between them.",
                lines(theirs),
                lines(sheet.bytes()),
                model.keymap.shown(Command::Undo),
            );
            Dialog::new("the file changed on disk", body, model.now)
                .choice("go on editing, decide later", Answer::Nothing)
                .choice("write mine over theirs", Answer::OverwriteTheirs)
                .choice("take theirs; mine stays in undo and as a draft", Answer::TakeTheirs)
        }
        None => {
            let body = "Another program removed or moved this file since you opened it. Nothing was written.";
            Dialog::new("the file is gone", body, model.now)
                .choice("go on editing, decide later", Answer::Nothing)
                .choice("write it again", Answer::OverwriteTheirs)
        }
    };
    model.ask(dialog);
}

/// Does what was chosen in the dialog.
pub fn answer(model: &mut Model, answer: &Answer, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    match answer {
        Answer::OverwriteTheirs => {
            let theirs = sheet.disk.theirs.clone();
            let expected = theirs.as_ref().map(|bytes| Fingerprint::of(bytes));
            if let Some(theirs) = theirs {
                // Theirs, then mine: undo leads back to what is overwritten.
                let mine = Arc::clone(sheet.bytes());
                sheet.replace(theirs, now);
                sheet.replace(mine, now);
            }
            fx.push(write(sheet, expected));
        }
        Answer::WriteDraft => {
            let expected = sheet.disk.base;
            fx.push(write(sheet, expected));
        }
        Answer::TakeTheirs => {
            let Some(theirs) = sheet.disk.theirs.clone() else {
                return;
            };
            sheet.typing = None;
            let (node, mine) = (sheet.node.clone(), Arc::clone(sheet.bytes()));
            let base = Fingerprint::of(&theirs);
            sheet.replace(Arc::clone(&theirs), now);
            sheet.is_saved_as(theirs, base);
            // The draft is mine, not what is on the screen: it stays until the next change.
            sheet.drafted = false;
            fx.push(AnyEffect::Edit(Effect::KeepDraft {
                node,
                bytes: mine,
                base: Some(base),
                at: now,
            }));
            let undo = model.keymap.shown(Command::Undo);
            model.tell(
                Weight::Good,
                format!("this is the file on disk; {undo} brings yours back"),
            );
        }
        _ => {}
    }
}

/// Looks at the file again when another program may have changed it.
pub fn files_changed(model: &Model, paths: &[String], fx: &mut Vec<AnyEffect>) {
    let Some(sheet) = &model.edit.sheet else { return };
    let file = sheet.node.qna_relative();
    let above = |path: &String| {
        file.strip_prefix(path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if paths.iter().any(above) {
        fx.push(AnyEffect::Edit(Effect::Look(sheet.node.clone())));
    }
}

/// Takes in what the file holds now.
pub fn on_disk(model: &mut Model, node: &NodePath, bytes: Option<Vec<u8>>, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = model.edit.sheet.as_mut().filter(|sheet| sheet.node == *node) else {
        return;
    };
    let Some(bytes) = bytes.map(Arc::<[u8]>::from) else {
        if sheet.disk.base.is_some() {
            sheet.disk = Disk {
                saved: Arc::default(),
                base: None,
                theirs: None,
            };
            sheet.touch(now);
            let save = model.keymap.shown(Command::Save);
            model.tell(
                Weight::Bad,
                format!("another program removed this file; {save} writes it again"),
            );
        }
        return;
    };
    let print = Fingerprint::of(&bytes);
    if sheet.disk.base == Some(print) {
        sheet.disk.theirs = None;
        return;
    }
    if sheet.disk.theirs.as_ref() == Some(&bytes) {
        return;
    }
    if sheet.is_changed() && bytes != *sheet.bytes() {
        sheet.disk.theirs = Some(bytes);
        let told = "another program changed this file; saving will ask which version stays";
        return model.tell(Weight::Bad, told);
    }
    if bytes != *sheet.bytes() {
        sheet.typing = None;
        sheet.replace(Arc::clone(&bytes), now);
        model.tell(
            Weight::Plain,
            "another program changed this file; this is how it is now",
        );
    }
    let Some(sheet) = &mut model.edit.sheet else { return };
    sheet.is_saved_as(bytes, print);
    if !sheet.is_changed() && std::mem::take(&mut sheet.drafted) {
        fx.push(AnyEffect::Edit(Effect::DropDraft(node.clone())));
    }
}

/// Goes back to the file on disk; undo brings the changes back.
pub fn discard(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    let file = sheet
        .disk
        .theirs
        .clone()
        .unwrap_or_else(|| Arc::clone(&sheet.disk.saved));
    let is_there = sheet.disk.base.is_some() || sheet.disk.theirs.is_some();
    let base = is_there.then(|| Fingerprint::of(&file));
    sheet.replace(Arc::clone(&file), now);
    sheet.disk = Disk {
        saved: file,
        base,
        theirs: None,
    };
    let undo = model.keymap.shown(Command::Undo);
    model.tell(
        Weight::Good,
        format!("back to the saved file; {undo} brings your changes back"),
    );
    keep_draft(model, fx);
}

/// Hands the chosen field to the person's own editor.
pub fn open_field(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    if let Err(error) = sheet.flush(now) {
        return model.tell(Weight::Bad, error.to_string());
    }
    let Some(path) = sheet.field().map(|field| field.yaml_path.clone()) else {
        return;
    };
    match sheet.try_set(&path) {
        Ok(()) => {
            let text = sheet.value(&path);
            keep_draft(model, fx);
            fx.push(AnyEffect::OpenEditor {
                text,
                suffix: ".md",
                target: EditorTarget::SeedField(path),
            });
        }
        Err(error) => model.tell(Weight::Bad, error.to_string()),
    }
}

/// Hands the whole file to the person's own editor.
pub fn open_file(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    keep_draft(model, fx);
    let Some(sheet) = &mut model.edit.sheet else { return };
    match std::str::from_utf8(sheet.bytes()) {
        Ok(text) => {
            let text = text.to_owned();
            fx.push(AnyEffect::OpenEditor {
                text,
                suffix: ".yaml",
                target: EditorTarget::SeedFile,
            });
        }
        Err(_) => model.tell(
            Weight::Bad,
            "this file is not UTF-8 text; convert it to UTF-8 outside, it appears here by itself",
        ),
    }
}

/// Takes a field's text back from the editor.
pub fn edited_field(model: &mut Model, path: &YamlPath, text: &str, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    let here = sheet.typing.as_ref().is_some_and(|typing| typing.path == *path);
    let done = if here || (sheet.choose_path(path) && matches!(sheet.start_typing(), Ok(true))) {
        if let Some(typing) = &mut sheet.typing {
            typing.field.replace(text);
        }
        sheet.typed(now);
        // When it cannot be taken in, the text stays in the field.
        if here { sheet.flush(now) } else { sheet.stop_typing(now) }.map_err(|error| error.to_string())
    } else {
        fx.push(AnyEffect::Copy(text.to_owned()));
        Err("that field is not there any more; your text was copied to the clipboard".to_owned())
    };
    if let Err(error) = done {
        model.tell(Weight::Bad, error);
    }
    keep_draft(model, fx);
}

/// Takes the whole file back from the editor, also when it is not right: no text is lost.
pub fn edited_file(model: &mut Model, text: &str, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else { return };
    sheet.typing = None;
    sheet.replace(Arc::from(text.as_bytes()), now);
    let told = sheet.document().err().map(|error| {
        let key = model.keymap.shown(Command::EditRaw);
        format!("{error}; your text is kept, {key} opens it again")
    });
    if let Some(told) = told {
        model.tell(Weight::Bad, told);
    }
    keep_draft(model, fx);
}

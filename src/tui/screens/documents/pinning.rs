//! Choosing repository, commit and files, with what they take shown at once.

use super::{Effect, Trouble, update};
use crate::taxonomy::DocumentPin;
use crate::taxonomy::knowledge::pin_edits;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::widgets::{Field, FieldOutcome, Rows};
use crate::workbench::{DocumentRepository, Matched};

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Repository,
    Revisions,
    Files,
}

/// A pin being chosen.
pub struct Pinning {
    pub part: Part,
    pub repo: Field,
    /// Patterns with commas between them.
    pub files: Field,
    pub rows: Rows,
    /// The commit to pin.
    pub commit: String,
    /// The repository that was looked at last.
    pub found: Option<Result<DocumentRepository, Trouble>>,
    pub looking: bool,
    pub matched: Option<Result<Matched, String>>,
}

impl Pinning {
    fn pin(&self) -> DocumentPin {
        let patterns = self.files.text();
        DocumentPin {
            repo: self.repo.text().trim().to_owned(),
            commit: self.commit.clone(),
            patterns: patterns
                .split(',')
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }

    pub fn repository(&self) -> Option<&DocumentRepository> {
        self.found.as_ref()?.as_ref().ok()
    }
}

/// `1 file`, `2 files`.
pub fn files(count: usize) -> String {
    format!("{count} {}", if count == 1 { "file" } else { "files" })
}

/// Starts with what the leaf says.
pub fn open(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(sheet) = &model.edit.sheet else { return };
    let pin = sheet.leaf.document.clone();
    let field = |text: &str| {
        let mut field = Field::new(text, false);
        field.caret_to_end();
        field
    };
    let patterns = pin
        .as_ref()
        .map_or_else(|| "*.md".to_owned(), |pin| pin.patterns.join(", "));
    let repo = pin.as_ref().map(|pin| pin.repo.clone()).unwrap_or_default();
    let known = !repo.trim().is_empty();
    model.documents.pinning = Some(Pinning {
        part: if known { Part::Revisions } else { Part::Repository },
        repo: field(&repo),
        files: field(if patterns.trim().is_empty() { "*.md" } else { &patterns }),
        rows: Rows::default(),
        commit: pin.map(|pin| pin.commit).unwrap_or_default(),
        found: None,
        looking: false,
        matched: None,
    });
    if known {
        look(model, false, fx);
    }
}

/// Looks at the repository that is typed.
pub fn look(model: &mut Model, fetch: bool, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let repo = pinning.repo.text().trim().to_owned();
    (pinning.found, pinning.matched, pinning.looking) = (None, None, true);
    fx.push(AnyEffect::Documents(Effect::Look { repo, fetch }));
}

pub fn looked(model: &mut Model, repo: &str, found: Result<Box<DocumentRepository>, Trouble>, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    if pinning.repo.text().trim() != repo {
        return;
    }
    pinning.looking = false;
    let found = found.map(|found| *found);
    let ask = matches!(&found, Err(Trouble::NotFetched(_)));
    if let Ok(found) = &found {
        let choices = &found.revisions.choices;
        // A commit of another repository is no commit here.
        if pinning.commit.is_empty() || choices.iter().all(|choice| choice.id != pinning.commit) {
            let newest = found.revisions.newest.clone().unwrap_or_default();
            let same = model.edit.sheet.as_ref().and_then(|sheet| sheet.leaf.document.as_ref());
            if !same.is_some_and(|pin| pin.repo.trim() == repo && !pin.commit.is_empty()) {
                pinning.commit = newest;
            }
        }
        let commit = &pinning.commit;
        pinning.rows.chosen = choices
            .iter()
            .position(|choice| choice.id == *commit)
            .unwrap_or_default();
    }
    pinning.found = Some(found);
    if ask {
        return update::ask_to_fetch(model);
    }
    list(model, fx);
}

/// Lists what the pin takes as it stands; the newest question wins.
fn list(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &model.documents.pinning else {
        return;
    };
    if pinning.repository().is_some() && !pinning.commit.is_empty() {
        fx.push(AnyEffect::Documents(Effect::Match(pinning.pin())));
    }
}

pub fn matched(model: &mut Model, pin: &DocumentPin, found: Result<Matched, String>) {
    if let Some(pinning) = &mut model.documents.pinning
        && pinning.pin() == *pin
    {
        pinning.matched = Some(found);
    }
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let choices = pinning.repository().map_or(0, |found| found.revisions.choices.len());
    match command {
        Command::Back | Command::FieldLeave => {
            model.documents.pinning = None;
            return;
        }
        Command::NextPane | Command::FieldNext => return go(model, true, fx),
        Command::PreviousPane | Command::FieldPrevious => return go(model, false, fx),
        Command::TakePassage | Command::FieldSave => return write(model, fx),
        Command::FetchDocuments => return update::ask_to_fetch(model),
        _ if pinning.rows.go(command, choices) => {}
        _ if command.edits_text() => {
            let outcome = typed_in(pinning).map(|field| field.command(command));
            return follow(model, outcome, fx);
        }
        _ => return,
    }
    choose_row(model, fx);
}

/// The commit of the chosen row is the one to pin.
fn choose_row(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let chosen = pinning.rows.chosen;
    let id = pinning
        .repository()
        .and_then(|found| found.revisions.choices.get(chosen))
        .map(|choice| choice.id.clone());
    if let Some(id) = id.filter(|id| *id != pinning.commit) {
        pinning.commit = id;
        pinning.matched = None;
        list(model, fx);
    }
}

fn go(model: &mut Model, forward: bool, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let left = pinning.part;
    pinning.part = match (left, forward) {
        (Part::Repository, true) | (Part::Files, false) => Part::Revisions,
        (Part::Revisions, true) | (Part::Repository, false) => Part::Files,
        (Part::Files, true) | (Part::Revisions, false) => Part::Repository,
    };
    let known = pinning.repository().map(|found| found.repo.clone());
    if left == Part::Repository && known.as_deref() != Some(pinning.repo.text().trim()) {
        look(model, false, fx);
    }
}

fn typed_in(pinning: &mut Pinning) -> Option<&mut Field> {
    match pinning.part {
        Part::Repository => Some(&mut pinning.repo),
        Part::Files => Some(&mut pinning.files),
        Part::Revisions => None,
    }
}

pub fn type_key(model: &mut Model, key: Key, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let outcome = typed_in(pinning).map(|field| field.key(key));
    follow(model, outcome, fx);
}

pub fn paste(model: &mut Model, text: &str, fx: &mut Vec<AnyEffect>) -> bool {
    let Some(pinning) = &mut model.documents.pinning else {
        return false;
    };
    let outcome = typed_in(pinning).map(|field| field.paste(text));
    let taken = outcome.is_some();
    follow(model, outcome, fx);
    taken
}

fn follow(model: &mut Model, outcome: Option<FieldOutcome>, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let part = pinning.part;
    match outcome {
        Some(FieldOutcome::Changed) if part == Part::Files => {
            pinning.matched = None;
            list(model, fx);
        }
        Some(FieldOutcome::Accepted) if part == Part::Files => write(model, fx),
        Some(FieldOutcome::Accepted) => go(model, true, fx),
        Some(FieldOutcome::Copied(text)) => fx.push(AnyEffect::Copy(text)),
        _ => {}
    }
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let Some(pinning) = &mut model.documents.pinning else {
        return;
    };
    let len = pinning.repository().map_or(0, |found| found.revisions.choices.len());
    match (mouse.kind, hit) {
        (MouseKind::ScrollUp, _) => pinning.rows.scroll(false, 3, len),
        (MouseKind::ScrollDown, _) => pinning.rows.scroll(true, 3, len),
        (MouseKind::Press, Some(Hit::Row { index, .. })) => {
            pinning.part = Part::Revisions;
            pinning.rows.chosen = index;
        }
        _ => return,
    }
    choose_row(model, fx);
}

/// Writes the pin into the seed file as one step of undo.
fn write(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let undo = model.keymap.shown(Command::Undo);
    let Some(pinning) = &model.documents.pinning else {
        return;
    };
    let pin = pinning.pin();
    if pinning.repository().is_none_or(|found| found.repo != pin.repo) {
        return look(model, false, fx);
    }
    if pin.commit.is_empty() {
        return model.tell(Weight::Bad, "choose a commit; an empty repository has none yet");
    }
    let told = match &pinning.matched {
        Some(Ok(matched)) if matched.files.is_empty() => {
            return model.tell(Weight::Bad, "no file fits the patterns, so nothing was pinned");
        }
        Some(Err(error)) => {
            let error = error.clone();
            return model.tell(Weight::Bad, error);
        }
        Some(Ok(matched)) => match matched.reach.and_then(|reach| reach.warning()) {
            Some(warning) => (Weight::Plain, format!("pinned; {warning}")),
            None => (
                Weight::Good,
                format!("pinned {}; {undo} takes it back", files(matched.files.len())),
            ),
        },
        None => return model.tell(Weight::Plain, "the files are being counted; try again in a moment"),
    };
    let Some(sheet) = &mut model.edit.sheet else { return };
    match sheet.edit(&pin_edits(&sheet.leaf, &pin), now) {
        Ok(changed) => {
            model.documents.pinning = None;
            if changed {
                model.tell(told.0, told.1);
            } else {
                model.tell(Weight::Plain, "the leaf says this already");
            }
            update::refresh(model, fx);
        }
        Err(error) => model.tell(Weight::Bad, error.to_string()),
    }
}

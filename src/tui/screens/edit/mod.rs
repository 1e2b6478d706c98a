//! Edit: the form of one leaf. The outline of its fields on the left, the page that the chosen field is on on the right.
//!
//! The file's bytes are the state: every change is an edit of the lossless document, so saving writes only what changed.
//! Text that is being typed goes into the bytes when the field is left, before every save and every two seconds.

mod broken;
mod card;
mod change;
mod coach;
mod coach_jobs;
mod disk;
#[cfg(test)]
mod disk_tests;
mod findings;
mod history;
pub mod jobs;
mod kinds;
mod outline;
mod past;
#[cfg(test)]
mod past_tests;
pub mod pointing;
mod preview;
mod raw;
mod sheet;
mod target;
#[cfg(test)]
mod tests;
mod travel;
mod typing;
pub mod update;
pub mod view;

use std::sync::Arc;

use jiff::Timestamp;

use crate::taxonomy::form::Group;
use crate::taxonomy::{Draft, Fingerprint, Kind, Leaf, NodePath, Profile};
use crate::tui::command::{Command, Context};
use crate::tui::model::Model;
use crate::workbench::LeafPast;
use outline::{Card, Row};
pub use sheet::Sheet;

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    /// Read a leaf and its draft.
    Open(NodePath),
    /// Write the file, unless it is not what it was when it was read.
    Save {
        node: NodePath,
        bytes: Arc<[u8]>,
        expected: Option<Fingerprint>,
    },
    KeepDraft {
        node: NodePath,
        bytes: Arc<[u8]>,
        base: Option<Fingerprint>,
        at: Timestamp,
    },
    DropDraft(NodePath),
    /// Read the file again, since another program may have changed it.
    Look(NodePath),
    /// Look for other leaves of a kind.
    Targets {
        node: NodePath,
        kind: Kind,
    },
    /// Put an example into another leaf's file.
    Copy(Box<target::Copying>),
    /// Write another leaf's file back, unless it changed since.
    PutBack {
        node: NodePath,
        bytes: Vec<u8>,
        expected: Fingerprint,
    },
    /// Ask git what became of the leaf's examples.
    Past(Box<Leaf>),
    StopPast,
    /// Look at the leaf as the seed coach does.
    Coach(Box<Leaf>),
    /// Ask the model what it was not asked before.
    Ask(Box<Leaf>),
    StopAsking,
    /// Judge the file with what is being typed.
    Judge(Box<findings::Judging>),
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    Opened(Box<Opened>),
    Saved {
        node: NodePath,
        bytes: Arc<[u8]>,
        fingerprint: Fingerprint,
    },
    /// The file was not saved: another program changed it (`theirs`), or took it away (`None`).
    InTheWay {
        node: NodePath,
        theirs: Option<Vec<u8>>,
    },
    Judged(Box<findings::Judged>),
    Targets {
        node: NodePath,
        leaves: Vec<NodePath>,
    },
    Copied {
        copying: Box<target::Copying>,
        beside: target::Beside,
    },
    Coach {
        node: NodePath,
        news: coach::News,
    },
    /// Another leaf's file was written back.
    PutBack(NodePath),
    Past {
        node: NodePath,
        read: Result<LeafPast, String>,
    },
    /// What the file holds now; `None` when it is gone.
    OnDisk {
        node: NodePath,
        bytes: Option<Vec<u8>>,
    },
}

/// A leaf as it was found on disk.
#[derive(Debug)]
pub struct Opened {
    pub node: NodePath,
    pub read: Result<Vec<u8>, String>,
    pub draft: Option<Draft>,
    /// When the draft was written, in the person's own time.
    pub drafted_at: String,
    pub profile: Profile,
}

/// What lies over the form.
pub(super) enum Over {
    Target(Box<target::Target>),
    Past(past::Past),
    Coach(coach::Coach),
}

/// The state of the screen.
#[derive(Default)]
pub struct Edit {
    pub(super) sheet: Option<Sheet>,
    /// The leaf that is being read.
    pub(super) asked: Option<NodePath>,
    /// What to do once it is read.
    pub(super) then: Option<Command>,
    /// Why the leaf could not be read.
    pub(super) failed: Option<String>,
    /// The row to be chosen in a leaf that is being read.
    pub(super) back_at: Option<(NodePath, usize)>,
    /// Whether the file is shown beside the form; until someone chooses, where there is room.
    pub(super) raw: Option<bool>,
    pub(super) over: Option<Over>,
}

impl Edit {
    /// Where keys go, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match &self.over {
            Some(Over::Target(_)) => vec![Context::Target, Context::Field],
            Some(Over::Past(_)) => vec![Context::Past],
            Some(Over::Coach(_)) => vec![Context::Coach],
            None => vec![self.context()],
        }
    }

    pub fn context(&self) -> Context {
        if self.sheet.as_ref().is_some_and(|sheet| sheet.typing.is_some()) {
            Context::Field
        } else {
            Context::Edit
        }
    }

    pub fn node(&self) -> Option<&NodePath> {
        self.asked.as_ref().or(self.sheet.as_ref().map(|sheet| &sheet.node))
    }

    /// The row that is chosen.
    pub fn row(&self) -> usize {
        let chosen = self.sheet.as_ref().map(|sheet| sheet.list.chosen);
        chosen
            .or(self.back_at.as_ref().map(|(_, row)| *row))
            .unwrap_or_default()
    }

    /// Chooses a row in a leaf once it is read, if it is the next one that is.
    pub fn come_back_to(&mut self, leaf: NodePath, row: usize) {
        self.back_at = Some((leaf, row));
    }

    /// True while there is text that is not in the file.
    pub fn is_changed(&self) -> bool {
        self.sheet.as_ref().is_some_and(Sheet::is_changed)
    }

    /// When the draft or the judgement is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let sheet = self.sheet.as_ref()?;
        [sheet.draft_due, sheet.judge_due].into_iter().flatten().min()
    }
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    let Some(sheet) = &model.edit.sheet else {
        return vec![Command::Back];
    };
    match &model.edit.over {
        Some(Over::Target(_)) => return vec![Command::TargetAccept, Command::TargetDown, Command::Back],
        Some(Over::Past(_)) => return vec![Command::PastRestore, Command::PastAll, Command::PageDown, Command::Back],
        Some(Over::Coach(_)) => {
            return vec![Command::CoachAsk, Command::CoachGo, Command::PageDown, Command::Back];
        }
        None => {}
    }
    if sheet.typing.is_some() {
        return vec![
            Command::FieldLeave,
            Command::FieldSave,
            Command::FieldNext,
            Command::Preview,
            Command::FieldFix,
            Command::FieldNextFinding,
            Command::FieldUndo,
            Command::FieldEditor,
        ];
    }
    if sheet.document().is_err() {
        return vec![
            Command::EditRaw,
            Command::Save,
            Command::Undo,
            Command::DiscardDraft,
            Command::Back,
        ];
    }
    let mut commands = vec![
        Command::TypeHere,
        Command::Save,
        Command::Fix,
        Command::NextFinding,
        Command::Preview,
        Command::AddExample,
    ];
    commands.extend(match sheet.row() {
        Row::Field(_) | Row::Example(_) => vec![Command::AddPair, Command::Remove, Command::Undo],
        Row::File | Row::Documents => vec![Command::Undo, Command::AddPair],
    });
    if sheet.leaf.kind == Kind::Knowledge {
        commands.push(Command::OpenDocuments);
    }
    commands.extend([
        Command::ViewFile,
        Command::LeafHistory,
        Command::OpenCoach,
        Command::Generate,
        Command::Sources,
        Command::CopyTo,
        Command::EditRaw,
        Command::Back,
    ]);
    if preview::is_open(model) {
        commands.retain(|command| *command != Command::Back);
        commands.splice(1..1, [Command::Back, Command::NextPane]);
    }
    commands
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let key = |command: Command| model.keymap.shown(command);
    if matches!(command, Command::Review | Command::GoReview) {
        let none = model.edit.node().is_some_and(|node| model.tree.lacks_samples(node));
        return none.then(|| {
            format!(
                "there are no samples of this leaf yet; generate some with {}",
                key(Command::Generate)
            )
        });
    }
    let own = Context::Edit;
    let row = command.row();
    if !row.contexts.contains(&own) && !row.contexts.contains(&Context::Field) {
        return None;
    }
    let Some(sheet) = &model.edit.sheet else {
        return (!matches!(
            command,
            Command::Preview | Command::EditRaw | Command::Stop | Command::Commit
        ))
        .then(|| format!("no leaf is open; choose one with {}", key(Command::GoBrowse)));
    };
    if sheet.document().is_err() && needs_form(command) {
        return Some(format!(
            "the form cannot read this file; mend it with {}",
            key(Command::EditRaw)
        ));
    }
    let chosen = sheet.field();
    let example = matches!(sheet.card(), Card::Example(_));
    match command {
        Command::Save if !sheet.is_changed() && sheet.disk.theirs.is_none() => {
            Some("nothing to save: the file is as you see it".into())
        }
        Command::DiscardDraft if !sheet.is_changed() && !model.tree.drafts.contains(&sheet.node) => {
            Some("there are no changes to discard".into())
        }
        Command::Undo if !sheet.history.can_undo() => Some("there is nothing to take back".into()),
        Command::Redo if !sheet.history.can_redo() => Some("nothing was taken back".into()),
        Command::NextFinding | Command::PreviousFinding | Command::FieldNextFinding if sheet.findings.is_empty() => {
            Some("there are no findings in this file".into())
        }
        Command::FieldUndo if !sheet.can_undo_typing() => Some("there is nothing to take back".into()),
        Command::FieldRedo if !sheet.history.can_redo() => Some("nothing was taken back".into()),
        Command::Fix | Command::FieldFix if !sheet.can_fix() => {
            Some("there is nothing here that can be mended without knowing the subject".into())
        }
        Command::EditExternally if chosen.is_none() => Some(format!(
            "choose a field first; {} opens the whole file",
            key(Command::EditRaw)
        )),
        Command::AddPair if sheet.leaf.kind != Kind::Knowledge => Some(format!(
            "an example of a skill has one question; add an example with {}",
            key(Command::AddExample)
        )),
        Command::AddPair if sheet.card() == Card::File => {
            Some("choose the example that the question belongs to".into())
        }
        Command::OpenDocuments if sheet.leaf.kind != Kind::Knowledge => {
            Some("only knowledge leaves rest on documents; this one is a skill".into())
        }
        Command::AddContext if sheet.leaf.kind == Kind::Knowledge => {
            Some("every example of knowledge has a context already".into())
        }
        Command::AddContext if !example => Some("choose the example that the context belongs to".into()),
        Command::CopyTo | Command::MoveTo if !example => Some("choose the example that is to go there first".into()),
        Command::Duplicate if !example => Some("choose an example or a question first".into()),
        Command::Remove | Command::MoveUp | Command::MoveDown if !example && !is_pattern(sheet) => {
            Some("choose an example, a question or a file pattern first".into())
        }
        Command::Generate | Command::GoGenerate if model.tree.drafts.contains(&sheet.node) => Some(format!(
            "this leaf is a draft: fill it in and save it with {}, then generate; {} previews it as it stands",
            key(Command::Save),
            key(Command::Preview)
        )),
        Command::Generate | Command::GoGenerate if sheet.is_changed() => Some(format!(
            "a run reads the saved file: save first with {}; {} previews unsaved text",
            key(Command::Save),
            key(Command::Preview)
        )),
        Command::Replace if sheet.is_changed() => Some(format!(
            "this works on saved files: save this leaf first with {}",
            key(Command::Save)
        )),
        Command::Commit if sheet.is_changed() => Some(format!(
            "this leaf has unsaved changes: save them first with {}",
            key(Command::Save)
        )),
        _ => None,
    }
}

/// True for commands that work on fields and examples.
fn needs_form(command: Command) -> bool {
    matches!(
        command,
        Command::TypeHere
            | Command::AddExample
            | Command::AddPair
            | Command::AddContext
            | Command::Duplicate
            | Command::Remove
            | Command::MoveUp
            | Command::MoveDown
            | Command::NextExample
            | Command::PreviousExample
            | Command::EditExternally
            | Command::CopyTo
            | Command::MoveTo
            | Command::OpenCoach
            | Command::Preview
    )
}

fn is_pattern(sheet: &Sheet) -> bool {
    sheet
        .field()
        .is_some_and(|field| field.group == Group::Document && change::pattern_of(field).is_some())
}

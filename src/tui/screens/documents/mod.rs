//! Documents: what a knowledge leaf rests on. Read them beside the form, take passages as contexts, see what no example covers,
//! choose repository, commit and files, and import new documents.
//!
//! The seeds themselves belong to the edit screen's sheet: every change made here is an edit of it, with its undo, draft and save.

mod borders;
mod importing;
pub mod jobs;
mod passage;
mod pinning;
mod reader;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;
mod view_pin;

use std::ops::Range;
use std::sync::Arc;

use crate::documents::Imported;
use crate::taxonomy::knowledge::{ChunkSize, ChunkWish, Coverage, Source};
use crate::taxonomy::{DocumentPin, Kind, Leaf, NodePath};
use crate::tui::command::{Command, Context};
use crate::tui::model::{Model, ScreenName};
use crate::tui::widgets::{Field, Rows};
use crate::workbench::{DocumentRepository, DocumentTexts, Matched, NewDocument};
use importing::Importing;
use pinning::{Part, Pinning};
use reader::Reader;

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    /// Read the documents of a leaf as the form has it.
    Load {
        leaf: Box<Leaf>,
        fetch: bool,
    },
    /// Look up every context.
    Compare {
        leaf: Box<Leaf>,
        texts: Arc<DocumentTexts>,
        cut: Cut,
    },
    /// Look at a repository: what can be pinned there.
    Look {
        repo: String,
        fetch: bool,
    },
    /// List what a pin takes.
    Match(DocumentPin),
    Convert(String),
    Commit(Box<NewDocument>),
}

/// How the documents are to be cut: what was chosen, and what is usual for the chosen teacher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub wish: ChunkWish,
    pub usual: ChunkSize,
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    Loaded {
        node: NodePath,
        pin: Option<DocumentPin>,
        texts: Result<Arc<DocumentTexts>, Trouble>,
    },
    Compared {
        node: NodePath,
        size: ChunkSize,
        coverage: Box<Coverage>,
    },
    Looked {
        repo: String,
        found: Result<Box<DocumentRepository>, Trouble>,
    },
    Matched {
        pin: DocumentPin,
        found: Result<Matched, String>,
    },
    Converted {
        file: String,
        made: Result<Box<Imported>, String>,
    },
    Committed {
        name: String,
        repo: String,
        told: Result<String, Refused>,
    },
}

/// Why documents cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// They are elsewhere, and the person was not asked yet.
    NotFetched(String),
    Other(String),
}

/// Why a document was not committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is another document of that name.
    NameTaken,
    Other(String),
}

/// What a row of the left side is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A document, by its number.
    Document(usize),
    /// A chunk of a document.
    Chunk { document: usize, chunk: usize },
    /// An example's context that does not occur as it is.
    Misplaced(usize),
}

/// A search in the document.
pub struct Search {
    pub field: Field,
    /// Where it began.
    from: usize,
    pub found: Vec<Range<usize>>,
}

/// The state of the screen.
#[derive(Default)]
pub struct Documents {
    node: Option<NodePath>,
    /// Where Back leads.
    from: Option<ScreenName>,
    /// What the texts were read for.
    pin: Option<DocumentPin>,
    texts: Option<Arc<DocumentTexts>>,
    trouble: Option<Trouble>,
    loading: bool,
    coverage: Option<Coverage>,
    /// The bytes of the seed file that the coverage belongs to, and how the documents were cut for it.
    compared: Option<(Arc<[u8]>, Cut)>,
    /// The size of the chunks on show.
    size: Option<ChunkSize>,
    /// The borders of chunks are not drawn.
    hides_chunks: bool,
    items: Vec<Item>,
    list: Rows,
    /// True while the list has the keys.
    in_list: bool,
    /// The document on show.
    shown: usize,
    reader: Reader,
    /// The example that takes the selection; `None` for a new one.
    target: Option<usize>,
    /// True until the example to aim at was worked out from the form.
    aims_anew: bool,
    search: Option<Search>,
    /// What was searched for last.
    searched: String,
    pinning: Option<Pinning>,
    importing: Option<Importing>,
    /// What a dialog asked for.
    wanted_file: String,
}

impl Documents {
    pub fn context(&self) -> Context {
        if self.search.is_some() {
            return Context::Find;
        }
        match &self.pinning {
            Some(pinning) if pinning.part != Part::Revisions => Context::Field,
            _ => Context::Documents,
        }
    }

    /// The document on show.
    fn source(&self) -> Option<&Source> {
        self.texts.as_ref()?.sources.get(self.shown)
    }
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    let state = &model.documents;
    if state.search.is_some() {
        return vec![Command::FindAccept, Command::FindDown, Command::FindUp, Command::Back];
    }
    if let Some(pinning) = &state.pinning {
        return match pinning.part {
            Part::Revisions => vec![
                Command::TakePassage,
                Command::NextPane,
                Command::FetchDocuments,
                Command::Back,
            ],
            Part::Repository | Part::Files => vec![Command::FieldSave, Command::FieldNext, Command::FieldLeave],
        };
    }
    if state.importing.is_some() {
        return vec![Command::TakePassage, Command::EditExternally, Command::Back];
    }
    vec![
        Command::TakePassage,
        Command::SelectSentence,
        Command::SelectParagraph,
        Command::NextUncovered,
        Command::Find,
        Command::NextPane,
        Command::ToggleChunks,
        Command::ChoosePin,
        Command::ImportDocument,
        Command::Undo,
        Command::Save,
        Command::Back,
    ]
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let state = &model.documents;
    let Some(sheet) = &model.edit.sheet else {
        return (!matches!(command, Command::Back) && command.row().contexts.contains(&Context::Documents))
            .then(|| "the leaf is being read".to_owned());
    };
    match command {
        Command::Save if !sheet.is_changed() && sheet.disk.theirs.is_none() => {
            Some("nothing to save: the file is as you see it".into())
        }
        Command::Undo if !sheet.history.can_undo() => Some("there is nothing to take back".into()),
        Command::Redo if !sheet.history.can_redo() => Some("nothing was taken back".into()),
        Command::EditExternally if state.importing.is_none() => {
            Some("only an imported text can be corrected here; documents are changed in their own repository".into())
        }
        Command::FetchDocuments if state.pinning.is_none() && state.trouble.is_none() => {
            Some("the documents are here already".into())
        }
        Command::SelectSentence
        | Command::SelectParagraph
        | Command::ShrinkSelection
        | Command::Find
        | Command::NextUncovered
        | Command::PreviousUncovered
        | Command::ToggleChunks
        | Command::LargerChunks
        | Command::SmallerChunks
            if state.texts.is_none() =>
        {
            Some("there is no document to read yet".into())
        }
        _ => None,
    }
}

/// Whether a leaf rests on documents at all.
pub fn is_knowledge(model: &Model, node: &NodePath) -> bool {
    let of_sheet = model.edit.sheet.as_ref().filter(|sheet| sheet.node == *node);
    match of_sheet {
        Some(sheet) => sheet.leaf.kind == Kind::Knowledge,
        None => node.as_str().starts_with("knowledge/"),
    }
}

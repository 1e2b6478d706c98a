//! Commit: what changed on the left, the chosen change on the right, the message below; one key commits.
//!
//! A screen and not a box over one, because the changes are what the message is written from. Nothing here is lost by
//! leaving: message, choices and the new branch stay until a commit was made with them. Nothing uses the network.

mod asking;
mod committing;
mod difference;
mod facts;
pub mod jobs;
mod listing;
mod pieces;
#[cfg(test)]
mod screen_tests;
mod shown;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;
mod wording;

use std::collections::{BTreeMap, HashMap};

use crate::git::{Author, Committed, Practices};
use crate::taxonomy::{Diagnostic, NodePath};
use crate::tui::command::{Command, Context};
use crate::tui::model::Model;
use crate::tui::widgets::{Field, Prose, Rows};
use crate::workbench::{ChangedFile, Changes, CommitRequest};

use difference::Texts;
use listing::{Listing, Row};

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    /// Compare the files with the last commit and look at how commits are made here.
    Load,
    /// Read one change, to show what it is.
    Difference(Box<ChangedFile>),
    Commit(Box<CommitRequest>),
    /// Write into this repository's settings who commits.
    NameAuthor(Author),
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    Loaded(Box<Overview>),
    /// What changed cannot be said; the sentence says why.
    NotLoaded(String),
    Difference {
        path: String,
        texts: Box<Texts>,
    },
    Committed(Box<Committed>),
    /// Nothing was committed; the text says why, hooks quoted whole.
    NotCommitted(String),
    AuthorNamed(Author),
}

/// What there is to commit, and how a commit is made here.
#[derive(Debug, Default)]
pub struct Overview {
    pub changes: Changes,
    /// The errors in changed seeds, by leaf.
    pub errors: HashMap<NodePath, Vec<Diagnostic>>,
    /// The branch that is checked out, if one is.
    pub branch: Option<String>,
    pub author: Option<Author>,
    pub practices: Practices,
}

/// The parts of the screen, in the order in which Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    #[default]
    Changes,
    Difference,
    Message,
}

/// What the right side shows.
pub(super) struct Shown {
    pub title: String,
    pub prose: Prose,
    pub what: What,
}

/// What a text on the right side is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Row(Row),
    /// Why nothing was committed, or what hooks said; stays until another row is chosen.
    Message,
}

/// The state of the screen.
pub struct Commit {
    pub(super) overview: Option<Box<Overview>>,
    pub(super) listing: Listing,
    pub(super) list: Rows,
    /// Where the person decided otherwise than offered: paths with whether they are in.
    pub(super) choices: BTreeMap<String, bool>,
    pub(super) part: Part,
    pub(super) message: Field,
    /// The message as drafted last; one that still equals it follows the choices.
    pub(super) drafted: String,
    pub(super) sign_off: bool,
    pub(super) new_branch: Option<String>,
    /// Errors in seeds do not hold the next commit back.
    pub(super) despite_errors: bool,
    pub(super) shown: Option<Shown>,
    /// The change that the right side was asked for, with its texts once they were read.
    pub(super) asked: Option<String>,
    pub(super) texts: Option<(String, Box<Texts>)>,
    pub(super) by_line: bool,
    /// The message of the commit under way.
    pub(super) committing: Option<String>,
    /// The commit made last, as in `1a2b3c4 on main`.
    pub(super) last: Option<String>,
    /// Why it is not known what changed.
    pub(super) trouble: Option<String>,
}

impl Default for Commit {
    fn default() -> Self {
        Commit {
            overview: None,
            listing: Listing::default(),
            list: Rows::default(),
            choices: BTreeMap::new(),
            part: Part::default(),
            message: Field::new("", true),
            drafted: String::new(),
            // The Developer Certificate of Origin is what most taxonomies ask for.
            sign_off: true,
            new_branch: None,
            despite_errors: false,
            shown: None,
            asked: None,
            texts: None,
            by_line: false,
            committing: None,
            last: None,
            trouble: None,
        }
    }
}

impl Commit {
    pub fn context(&self) -> Context {
        if self.part == Part::Message {
            Context::Field
        } else {
            Context::Commit
        }
    }

    /// True while git works on a commit.
    pub fn is_committing(&self) -> bool {
        self.committing.is_some()
    }

    /// True while the right side shows why nothing was committed, or what hooks said.
    pub(super) fn shows_message(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.what == What::Message)
    }

    pub(super) fn files(&self) -> &[ChangedFile] {
        self.overview
            .as_ref()
            .map(|overview| overview.changes.files.as_slice())
            .unwrap_or_default()
    }

    /// The row that is chosen.
    pub(super) fn row(&self) -> Option<Row> {
        self.listing.rows.get(self.list.chosen).copied()
    }

    /// The change that is chosen; `None` on a heading.
    pub(super) fn file(&self) -> Option<&ChangedFile> {
        match self.row()? {
            Row::File(index) => self.files().get(index),
            Row::Heading(_) => None,
        }
    }

    /// Works the list out anew, after a reading or a choice.
    pub(super) fn list_anew(&mut self) {
        let Some(overview) = &self.overview else { return };
        let listing = Listing::of(overview, &self.choices);
        // An override is for the errors that were seen, not for others.
        self.despite_errors &= listing.errors == self.listing.errors && !listing.errors.is_empty();
        self.listing = listing;
        self.list.clamp(self.listing.rows.len());
    }

    /// The paths that would be committed, relative to the repository.
    pub(super) fn included_paths(&self) -> Vec<String> {
        let files = self.files().iter().zip(&self.listing.included);
        files
            .filter(|(_, included)| **included)
            .map(|(file, _)| file.path.clone())
            .collect()
    }
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    let commit = &model.commit;
    if commit.part == Part::Message {
        return vec![
            Command::CommitNow,
            Command::FieldLeave,
            Command::FieldNext,
            Command::FieldUndo,
            Command::FieldEditor,
        ];
    }
    if commit.files().is_empty() {
        return vec![
            Command::Refresh,
            Command::GoBrowse,
            Command::GoReview,
            Command::Back,
            Command::Quit,
        ];
    }
    let mut commands = vec![Command::CommitNow, Command::TogglePath, Command::EditMessage];
    if !commit.listing.errors.is_empty() {
        commands.push(Command::OverrideErrors);
    }
    commands.extend([
        Command::NewBranch,
        Command::ToggleSignOff,
        Command::CycleDifferences,
        Command::NextPane,
        Command::Refresh,
        Command::Back,
    ]);
    commands
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let commit = &model.commit;
    let say = |text: &str| Some(text.to_owned());
    match command {
        Command::CommitNow | Command::FieldSave => {
            if commit.committing.is_some() {
                say("a commit is under way; the repository's hooks may take a while")
            } else if commit.overview.is_none() {
                say("still looking at what changed")
            } else if commit.files().is_empty() {
                say("there is nothing to commit: everything is as it was committed last")
            } else if commit.listing.count == 0 {
                let toggle = model.keymap.how(Command::TogglePath);
                Some(format!("no change is chosen; {toggle} takes one in"))
            } else if !model.review.saving.is_empty() {
                say("a decision is still being saved; try again in a moment")
            } else {
                None
            }
        }
        Command::TogglePath => match commit.row() {
            None => say("there is nothing to choose from"),
            Some(Row::Heading(_)) => None,
            Some(Row::File(_)) => commit.file().and_then(listing::never).map(str::to_owned),
        },
        Command::OverrideErrors if commit.listing.errors.is_empty() => {
            say("no chosen seed has errors, so nothing is held back")
        }
        Command::EditMessage | Command::NewBranch | Command::CycleDifferences if commit.files().is_empty() => {
            say("there is nothing to commit")
        }
        _ => None,
    }
}

//! Browse: the tree on the left, the chosen node on the right, search by typing.

pub mod changing;
mod details;
mod drafted;
pub mod jobs;
#[cfg(test)]
mod tests;
mod tree_jobs;
pub mod update;
pub mod view;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::git::Change;
use crate::taxonomy::{Diagnostic, FolderFound, Kind, Leaf, LeafSummary, NodePath};
use crate::tui::command::{Command, Context};
use crate::tui::leaf_search::LeafSearch;
use crate::tui::model::Model;
use crate::tui::tree::Tally;
use crate::tui::widgets::{Prose, Rows};
use crate::workbench::{Proposal, References, TreeChange};

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    /// Walk all folders, then read all leaves; `again` replaces what is known.
    Scan {
        again: bool,
    },
    /// Read some leaves anew.
    Reread(Vec<NodePath>),
    /// Read one leaf whole, for the right side.
    Details(NodePath),
    /// Ask git for the branch and what changed.
    Git,
    /// Count samples and verdicts.
    Count,
    Search(String),
    /// Look at the path of a new leaf.
    Propose {
        typed: String,
        kind: Kind,
    },
    MakeLeaf {
        path: NodePath,
        kind: Kind,
        at: Timestamp,
    },
    /// Look at the new path of a leaf or folder.
    NameMove {
        from: NodePath,
        typed: String,
    },
    Move {
        from: NodePath,
        to: NodePath,
        at: Timestamp,
    },
    Delete {
        path: NodePath,
        at: Timestamp,
    },
    /// Let a leaf go that is a draft.
    Discard {
        path: NodePath,
        at: Timestamp,
    },
    /// Take back what was last moved or deleted.
    UndoTree {
        at: Timestamp,
    },
}

/// The new path of a leaf or folder, as typed and as InstructLab would write it.
#[derive(Debug)]
pub struct NamedMove {
    pub from: NodePath,
    pub own: NodePath,
    pub habit: NodePath,
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    Folders {
        found: Vec<FolderFound>,
        again: bool,
    },
    /// The walk is over; these are its notices.
    Walked(Vec<String>),
    Summaries(Vec<Arc<LeafSummary>>),
    Details(Box<Details>),
    /// What git last said of a leaf's file.
    History {
        node: NodePath,
        text: String,
    },
    Git {
        branch: String,
        changes: Vec<Change>,
    },
    Counted(HashMap<NodePath, Tally>),
    Searched {
        query: String,
        results: Vec<NodePath>,
    },
    /// The leaves that are not in the tree yet.
    Drafts(Vec<NodePath>),
    Proposed {
        kind: Kind,
        proposal: Proposal,
    },
    LeafMade(NodePath),
    MoveNamed(NamedMove),
    TreeChanged {
        change: Box<TreeChange>,
        undone: bool,
        also: References,
    },
}

/// One leaf, read whole.
#[derive(Debug)]
pub struct Details {
    pub leaf: Leaf,
    pub diagnostics: Vec<Diagnostic>,
}

/// A search under way.
#[derive(Default)]
pub struct Finding {
    pub search: LeafSearch,
    pub rows: Rows,
}

/// The state of the screen. The tree itself is the model's, since other screens read it too.
#[derive(Default)]
pub struct Browse {
    pub finding: Option<Finding>,
    pub details: Option<Arc<Details>>,
    pub(super) history: Option<(NodePath, String)>,
    /// The right side, laid out once for what it shows.
    pub(super) text: Option<(NodePath, Prose)>,
    /// Leaves that the next command is about together.
    pub marked: HashSet<NodePath>,
    /// True while the right side has the keys.
    pub reading: bool,
    pub asked: Option<NodePath>,
    /// What to choose once the walk has found it.
    pub(super) wanted: Option<NodePath>,
}

impl Browse {
    pub fn context(&self) -> Context {
        if self.finding.is_some() {
            Context::Find
        } else {
            Context::Browse
        }
    }
}

/// The marked leaves in the order of the tree, without drafts and those that are gone.
pub fn marked_leaves(model: &Model) -> Vec<NodePath> {
    let marked = &model.browse.marked;
    let is_there = |path: &&NodePath| model.tree.node(path).is_some_and(|node| node.is_leaf);
    let there = marked.iter().filter(is_there);
    let mut leaves: Vec<NodePath> = there
        .filter(|path| !model.tree.drafts.contains(*path))
        .cloned()
        .collect();
    leaves.sort();
    leaves
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    if model.browse.finding.is_some() {
        return vec![Command::FindAccept, Command::Back];
    }
    let leaf = model.tree.chosen().is_some_and(|node| node.is_leaf);
    if leaf {
        vec![
            Command::Open,
            Command::Generate,
            Command::Review,
            Command::Find,
            Command::Commit,
            Command::New,
            Command::Palette,
            Command::Move,
            Command::Quit,
        ]
    } else {
        vec![
            Command::Expand,
            Command::Collapse,
            Command::Find,
            Command::New,
            Command::Commit,
            Command::Palette,
            Command::Move,
            Command::Quit,
        ]
    }
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let chosen = model.tree.chosen();
    let leaf = chosen.is_some_and(|node| node.is_leaf);
    match command {
        Command::OpenDocuments
            if !chosen.is_some_and(|node| node.is_leaf && node.path.as_str().starts_with("knowledge/")) =>
        {
            Some("choose a knowledge leaf first: only those rest on documents".into())
        }
        Command::Generate | Command::GoGenerate if !model.browse.marked.is_empty() => None,
        Command::Mark if chosen.is_none() => Some("there is nothing to mark yet".into()),
        Command::Generate | Command::GoGenerate | Command::Preview | Command::GoEdit | Command::EditRaw if !leaf => {
            Some("choose a leaf first: a folder with seed examples".into())
        }
        Command::Generate | Command::GoGenerate
            if chosen.is_some_and(|node| model.tree.drafts.contains(&node.path)) =>
        {
            Some("this leaf is a draft: fill it in and save it, then generate".into())
        }
        Command::Move | Command::Rename | Command::Delete if chosen.is_none_or(|node| node.depth == 0) => {
            Some("choose a leaf or a folder below the taxonomy's own folders".into())
        }
        Command::Sources if !leaf => Some("choose a leaf first: a folder with seed examples".into()),
        Command::Review | Command::GoReview => {
            let path = chosen.map(|node| &node.path)?;
            let generate = model.keymap.how(Command::Generate);
            model
                .tree
                .lacks_samples(path)
                .then(|| format!("there are no samples yet; generate some with {generate}"))
        }
        Command::Open if chosen.is_none() => Some(format!(
            "the taxonomy has no leaves yet; make one with {}",
            model.keymap.how(Command::New)
        )),
        _ => None,
    }
}

#[cfg(test)]
mod disk_tests;

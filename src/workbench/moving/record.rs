//! What was moved or deleted, as `change.json` keeps it: written before the first step, so that a crash in the middle is
//! finished at the next start and everything can be taken back later.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::MovePlan;
use crate::disk::write_whole;
use crate::taxonomy::NodePath;

/// What was done to the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TreeChangeKind {
    Moved,
    Deleted,
    /// A draft was let go.
    Discarded,
}

/// How far it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
    UnderWay,
    Done,
    Undoing,
}

/// One file or folder that goes from one place to another. Places are relative: `taxonomy/…` to the taxonomy's root,
/// `seedbed/…` to `<git dir>/seedbed`, so that both may be moved as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Carry {
    pub from: String,
    pub to: String,
}

/// A leaf or folder that was moved, deleted or discarded, with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeChange {
    /// By time, as in `20261122-115426-123`.
    pub id: String,
    pub kind: TreeChangeKind,
    pub from: NodePath,
    /// For a move: where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<NodePath>,
    pub at: Timestamp,
    /// How many leaves it holds, drafts included.
    pub leaves: usize,
    /// How much is kept, for deletions.
    #[serde(default)]
    pub bytes: u64,
    pub(super) stage: Stage,
    pub(super) carries: Vec<Carry>,
    /// Folders that had to be made for it, the uppermost first.
    #[serde(default)]
    pub(super) made: Vec<String>,
    /// There was no `.gitattributes` before it.
    #[serde(default)]
    pub(super) attributed: bool,
    /// The move is told in `curated/moves.jsonl`.
    #[serde(default)]
    pub(super) recorded: bool,
}

impl TreeChange {
    /// A change of one leaf that is about to begin.
    pub(super) fn begun(id: String, kind: TreeChangeKind, from: &NodePath, at: Timestamp) -> Self {
        TreeChange {
            id,
            kind,
            from: from.clone(),
            to: None,
            at,
            leaves: 1,
            bytes: 0,
            stage: Stage::UnderWay,
            carries: Vec::new(),
            made: Vec::new(),
            attributed: false,
            recorded: false,
        }
    }

    /// A move that is about to begin.
    pub(super) fn moving(id: String, plan: &MovePlan, at: Timestamp) -> Self {
        TreeChange {
            to: Some(plan.to.clone()),
            leaves: plan.leaves,
            carries: plan.carries.clone(),
            made: plan.made.clone(),
            recorded: plan.recorded,
            ..TreeChange::begun(id, TreeChangeKind::Moved, &plan.from, at)
        }
    }

    /// `moved knowledge/a to knowledge/b`, as lists and messages say it.
    pub fn told(&self) -> String {
        let what = match self.leaves {
            0 | 1 => self.from.to_string(),
            leaves => format!("{} ({leaves} leaves)", self.from),
        };
        match (self.kind, &self.to) {
            (TreeChangeKind::Moved, Some(to)) => format!("moved {what} to {to}"),
            (TreeChangeKind::Discarded, _) => format!("discarded the draft of {what}"),
            _ => format!("deleted {what}"),
        }
    }
}

/// The places that changes are kept in and work on.
#[derive(Debug, Clone)]
pub(super) struct Places {
    pub root: PathBuf,
    /// `<git dir>/seedbed`.
    pub own: PathBuf,
}

const RECORD: &str = "change.json";

impl Places {
    pub fn new(root: &Path, git_dir: &Path) -> Self {
        Places {
            root: root.to_owned(),
            own: git_dir.join("seedbed"),
        }
    }

    /// Where changes are kept, a folder each.
    pub fn trash(&self) -> PathBuf {
        self.own.join("trash")
    }

    pub fn folder(&self, id: &str) -> PathBuf {
        self.trash().join(id)
    }

    pub fn record(&self, id: &str) -> PathBuf {
        self.folder(id).join(RECORD)
    }

    /// Names the change that is under way; not there otherwise.
    pub fn mark(&self) -> PathBuf {
        self.trash().join("under-way")
    }

    /// A relative place on this disk. Nothing leads out of the two folders.
    pub fn resolve(&self, place: &str) -> Option<PathBuf> {
        let (base, rest) = place.split_once('/')?;
        let base = match base {
            "taxonomy" => &self.root,
            "seedbed" => &self.own,
            _ => return None,
        };
        let plain = rest.split('/').all(|part| !matches!(part, "" | "." | ".."));
        plain.then(|| base.join(rest))
    }

    pub fn read(&self, id: &str) -> io::Result<TreeChange> {
        let bytes = fs::read(self.record(id))?;
        serde_json::from_slice(&bytes).map_err(io::Error::from)
    }

    pub fn write(&self, change: &TreeChange) -> io::Result<()> {
        fs::create_dir_all(self.folder(&change.id))?;
        write_whole(&self.record(&change.id), &serde_json::to_vec_pretty(change)?)
    }

    /// Every change that is kept, the latest first; damaged records are passed over.
    pub fn list(&self) -> Vec<TreeChange> {
        let Ok(listing) = fs::read_dir(self.trash()) else {
            return Vec::new();
        };
        let names = listing
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut found: Vec<TreeChange> = names.filter_map(|name| self.read(&name).ok()).collect();
        found.sort_by(|a, b| b.id.cmp(&a.id));
        found
    }

    /// A name by the time that no change has yet.
    pub fn free_id(&self, at: Timestamp) -> String {
        let stem = moment(at);
        let mut id = format!("{stem}-{:03}", at.subsec_millisecond());
        let mut more = 1;
        while self.folder(&id).exists() {
            more += 1;
            id = format!("{stem}-{:03}-{more}", at.subsec_millisecond());
        }
        id
    }
}

/// A moment as runs and changes are named by it, in UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S").to_string()
}

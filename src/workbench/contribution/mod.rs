//! What a change contains: the leaves that differ from a base, what is wrong with them, and how many samples they will make.
//!
//! The leaves are those that `ilab taxonomy diff` lists: seed files under `knowledge` and `compositional_skills` that were
//! changed since the base, committed or not, and those that git does not know yet.

mod base;
mod documents;
mod samples;

#[cfg(test)]
mod tests;

use crate::git::{ChangeKind, ChangedPath};
use crate::taxonomy::check::{check_leaf, check_leaf_file};
use crate::taxonomy::{Branch, Diagnostic, DocumentPin, Kind, LeafFile, NodePath, SEED_FILE, Severity, walk};

use super::{Workbench, WorkbenchError};
use crate::cores;

pub use base::{BaseChoice, BaseFound, EMPTY_BASE, USUAL_BASE};
pub use documents::DocumentState;
pub use samples::ByFlow;

/// The branches that InstructLab compares.
const COMPARED: [Branch; 2] = [Branch::CompositionalSkills, Branch::Knowledge];

/// What to compare, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContributionRequest {
    pub base: BaseChoice,
    /// How many samples a run asks for, for each leaf.
    pub count: usize,
    /// Never touches the network; what could not be checked then is said.
    pub offline: bool,
}

/// How a leaf differs from the base.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeafChange {
    New,
    Changed,
    Moved { from: NodePath },
    Removed,
}

impl LeafChange {
    /// The word for it on screen and in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            LeafChange::New => "new",
            LeafChange::Changed => "changed",
            LeafChange::Moved { .. } => "moved",
            LeafChange::Removed => "removed",
        }
    }
}

/// One leaf that differs from the base.
#[derive(Debug, Clone)]
pub struct ChangedLeaf {
    pub node: NodePath,
    pub change: LeafChange,
    /// What the file says, in brief; `None` for a leaf that was removed or cannot be read.
    pub seeds: Option<Seeds>,
    /// What is wrong with the file, with its documents, and what lies beside it.
    pub findings: Vec<Diagnostic>,
    pub documents: DocumentState,
    /// How many samples a run with the shipped flow makes of it, at most.
    pub samples: usize,
}

/// What a leaf's file says, as far as a change is told by it: there may be very many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeds {
    pub kind: Kind,
    pub examples: usize,
    /// There is an example that a run can start from.
    pub usable: bool,
    pub document: Option<DocumentPin>,
}

impl ChangedLeaf {
    pub fn kind(&self) -> Option<Kind> {
        self.seeds.as_ref().map(|seeds| seeds.kind)
    }

    /// How many findings have this severity.
    pub fn number_of(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|one| one.severity == severity).count()
    }

    /// True for a leaf that `ilab taxonomy diff` lists: removed ones it passes over.
    pub fn is_listed(&self) -> bool {
        self.change != LeafChange::Removed
    }
}

/// What a change contains.
#[derive(Debug, Clone)]
pub struct Contribution {
    pub base: BaseFound,
    /// Sorted by path.
    pub leaves: Vec<ChangedLeaf>,
    /// What was seen and left out, each one sentence.
    pub notes: Vec<String>,
}

impl Contribution {
    /// How many findings have this severity, over all leaves.
    pub fn number_of(&self, severity: Severity) -> usize {
        self.leaves.iter().map(|leaf| leaf.number_of(severity)).sum()
    }
}

impl Workbench {
    /// Compares the taxonomy with a base, checks every leaf that differs, and counts what it will make. Fetches documents of
    /// knowledge leaves that are not at hand, unless told to stay offline; `on_fetch` hears the address first.
    ///
    /// # Errors
    /// When there is no such base, git cannot be asked, or `cancel` said to stop.
    pub fn contribution(
        &self,
        request: &ContributionRequest,
        on_fetch: &mut dyn FnMut(&str),
        cancel: &dyn Fn() -> bool,
    ) -> Result<Contribution, WorkbenchError> {
        let base = self.find_base(&request.base)?;
        let mut notes = Vec::new();
        let changed = match &base {
            BaseFound::Nothing => self.every_leaf(&mut notes),
            BaseFound::Commit { commit, .. } => self.changed_leaves(&commit.id, request.offline, &mut notes)?,
        };
        let mut leaves = cores::gathered(&changed, |(node, change)| self.read_changed(node, change));
        self.check_documents(&mut leaves, request.offline, on_fetch, cancel)?;
        samples::count(&mut leaves, request.count)?;
        Ok(Contribution { base, leaves, notes })
    }

    fn every_leaf(&self, notes: &mut Vec<String>) -> Vec<(NodePath, LeafChange)> {
        let mut found = Vec::new();
        let mut foundational = 0;
        let end = walk(self.root(), &|| false, &mut |folder| {
            if folder.is_leaf && is_compared(&folder.path) {
                found.push((folder.path, LeafChange::New));
            } else {
                foundational += usize::from(folder.is_leaf);
            }
        });
        notes.extend(end.notices.iter().map(ToString::to_string));
        notes.extend(left_out(foundational));
        found.sort();
        found
    }

    fn changed_leaves(
        &self,
        commit: &str,
        offline: bool,
        notes: &mut Vec<String>,
    ) -> Result<Vec<(NodePath, LeafChange)>, WorkbenchError> {
        let folders: Vec<String> = Branch::ALL
            .iter()
            .map(|branch| self.in_repository(branch.folder()))
            .collect();
        let mut found = Vec::new();
        let mut foundational = 0;
        for ChangedPath { path, kind } in self.repository()?.changed_since(commit, &folders, offline)? {
            let here = self.inside(&path).and_then(|path| seeds_at(path, notes, &kind));
            let before = match &kind {
                ChangeKind::Renamed { from } => self.inside(from).and_then(leaf_of_path),
                _ => None,
            };
            let here = here.map(|node| {
                let change = match (&kind, &before) {
                    (ChangeKind::Renamed { .. }, Some(from)) => LeafChange::Moved { from: from.clone() },
                    (ChangeKind::Added | ChangeKind::Untracked | ChangeKind::Renamed { .. }, _) => LeafChange::New,
                    (ChangeKind::Deleted, _) => LeafChange::Removed,
                    (ChangeKind::Modified | ChangeKind::Conflicted, _) => LeafChange::Changed,
                };
                (node, change)
            });
            // A seed file that became something else is gone as a seed file.
            let gone = before
                .filter(|_| here.is_none())
                .map(|node| (node, LeafChange::Removed));
            for one in here.into_iter().chain(gone) {
                if is_compared(&one.0) {
                    found.push(one);
                } else {
                    foundational += 1;
                }
            }
        }
        notes.extend(left_out(foundational));
        found.sort();
        Ok(found)
    }

    fn read_changed(&self, node: &NodePath, change: &LeafChange) -> ChangedLeaf {
        let mut read = ChangedLeaf {
            node: node.clone(),
            change: change.clone(),
            seeds: None,
            findings: Vec::new(),
            documents: DocumentState::None,
            samples: 0,
        };
        if *change == LeafChange::Removed {
            return read;
        }
        match LeafFile::read(self.root(), node) {
            Ok(file) => {
                read.findings = check_leaf_file(self.root(), &file, self.profile());
                read.seeds = Some(Seeds::of(file.leaf()));
            }
            // The check says what is wrong with such a file.
            Err(_) => read.findings = check_leaf(self.root(), node, self.profile()),
        }
        read
    }
}

fn is_compared(node: &NodePath) -> bool {
    COMPARED.contains(&node.branch())
}

fn left_out(foundational: usize) -> Option<String> {
    let leaves = if foundational == 1 { "leaf" } else { "leaves" };
    (foundational > 0).then(|| {
        format!("{foundational} {leaves} under foundational_skills left out, as InstructLab takes none from there")
    })
}

fn leaf_of_path(path: &str) -> Option<NodePath> {
    let folder = path.strip_suffix(SEED_FILE)?.strip_suffix('/')?;
    NodePath::parse(folder).ok()
}

/// The leaf whose seed file a path is; says so where a file was probably meant as one.
fn seeds_at(path: &str, notes: &mut Vec<String>, kind: &ChangeKind) -> Option<NodePath> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let almost = name.eq_ignore_ascii_case("qna.yaml") || name.eq_ignore_ascii_case("qna.yml");
    if almost && name != SEED_FILE && *kind != ChangeKind::Deleted {
        notes.push(format!(
            "{path} is not read, since seed files are named exactly {SEED_FILE}; rename it"
        ));
    }
    leaf_of_path(path)
}

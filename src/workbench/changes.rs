//! What changed since the last commit, sorted by what it means, and committing it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::drafted_message::draft_message;
use super::{Workbench, WorkbenchError};
use crate::git::{Author, Change, ChangeKind, CommitPlan, Committed, FileDiff, GitError, Repository};
use crate::review::{Action, EventId, ReviewEvent, Verdict};
use crate::samples::{CURATED, Moves, SampleId, curated_folder, moves_file, node_of_folder};
use crate::taxonomy::check::check_leaf;
use crate::taxonomy::{Branch, Diagnostic, NodePath, SEED_FILE, Severity};

/// What a changed file is to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeGroup {
    /// Whatever lies in a branch of the taxonomy, hidden files aside: seeds, their attribution.
    Seeds,
    /// Review files under `curated/`.
    Decisions,
    /// Sample files under `curated/`.
    Samples,
    /// What else belongs to the taxonomy's history: `.gitattributes`, the list of moves.
    Support,
    /// Everything else; a commit leaves it out unless it is named.
    Other,
}

impl ChangeGroup {
    pub const ALL: [ChangeGroup; 5] = [
        ChangeGroup::Seeds,
        ChangeGroup::Decisions,
        ChangeGroup::Samples,
        ChangeGroup::Support,
        ChangeGroup::Other,
    ];

    /// The heading above the group.
    pub fn title(self) -> &'static str {
        match self {
            ChangeGroup::Seeds => "Seeds",
            ChangeGroup::Decisions => "Decisions",
            ChangeGroup::Samples => "Curated samples",
            ChangeGroup::Support => "Settings of git",
            ChangeGroup::Other => "Not included",
        }
    }
}

/// What was decided since the last commit, in one review file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    pub accepted: usize,
    /// Without those that an edit replaced.
    pub rejected: usize,
    pub skipped: usize,
    pub flagged: usize,
    pub edited: usize,
    /// Committed decisions that were taken back.
    pub taken_back: usize,
    /// Reasons for rejections, by code.
    pub reasons: BTreeMap<String, usize>,
}

impl Decisions {
    /// How many samples were decided on.
    pub fn total(&self) -> usize {
        self.accepted + self.rejected + self.skipped + self.flagged + self.edited
    }
}

/// One changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Relative to the repository's root: what git calls it.
    pub path: String,
    /// Relative to the taxonomy's root; the same as `path` for what lies outside it.
    pub shown: String,
    pub group: ChangeGroup,
    /// The node it belongs to.
    pub node: Option<NodePath>,
    pub kind: ChangeKind,
    pub staged: bool,
    /// For decisions: what was decided.
    pub decisions: Decisions,
    /// For samples: how many were added.
    pub samples: usize,
    /// The other end, where the file went along with a leaf that was moved.
    pub moved: Option<Moved>,
}

/// The other end of a file that was moved and that git, before the commit, has as one that is gone and one that is new. Paths are
/// relative to the repository's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    From(String),
    To(String),
}

impl ChangedFile {
    /// True when a commit includes it unless told otherwise.
    pub fn is_offered(&self) -> bool {
        self.group != ChangeGroup::Other && self.kind != ChangeKind::Conflicted
    }

    /// The word for how it changed.
    pub fn word(&self) -> &'static str {
        match (&self.moved, &self.kind) {
            (Some(Moved::From(_)), _) | (None, ChangeKind::Renamed { .. }) => "moved",
            (Some(Moved::To(_)), _) => "moved away",
            (None, ChangeKind::Added | ChangeKind::Untracked) => "new",
            (None, ChangeKind::Modified) => "changed",
            (None, ChangeKind::Deleted) => "removed",
            (None, ChangeKind::Conflicted) => "in conflict",
        }
    }
}

/// Everything that changed, sorted by group, then path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub files: Vec<ChangedFile>,
}

impl Changes {
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub fn group(&self, group: ChangeGroup) -> impl Iterator<Item = &ChangedFile> {
        self.files.iter().filter(move |file| file.group == group)
    }

    /// What a commit includes unless told otherwise.
    pub fn offered(&self) -> impl Iterator<Item = &ChangedFile> {
        self.files.iter().filter(|file| file.is_offered())
    }

    /// The same as paths for [`CommitRequest::paths`].
    pub fn offered_paths(&self) -> Vec<String> {
        self.offered().map(|file| file.path.clone()).collect()
    }

    /// A message for these paths in plain words: a subject of at most 72 characters, a blank line, what was done leaf by
    /// leaf. Empty when none of the paths changed.
    pub fn draft_message(&self, paths: &[String]) -> String {
        let chosen: BTreeSet<&String> = paths.iter().collect();
        draft_message(self.files.iter().filter(|file| chosen.contains(&file.path)))
    }
}

/// What to commit and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitRequest {
    /// Relative to the repository's root, as [`ChangedFile::path`] has them.
    pub paths: Vec<String>,
    pub message: String,
    /// `None`: the author that git knows.
    pub author: Option<Author>,
    pub sign_off: bool,
    pub new_branch: Option<String>,
    /// Commits although changed seeds have errors.
    pub despite_errors: bool,
}

impl Workbench {
    /// Compares the files with the last commit and reads what the differences mean.
    pub fn changes(&self) -> Result<Changes, WorkbenchError> {
        let repository = self.repository()?;
        let mut files: Vec<ChangedFile> = repository
            .status()?
            .into_iter()
            .map(|change| self.changed_file(change))
            .collect();
        self.pair_moved(&mut files);
        for file in &mut files {
            match file.group {
                ChangeGroup::Decisions => file.decisions = decisions_in(&difference(&repository, file)?),
                ChangeGroup::Samples => {
                    let FileDiff { old, new } = difference(&repository, file)?;
                    file.samples = lines(new.as_deref())
                        .count()
                        .saturating_sub(lines(old.as_deref()).count());
                }
                _ => {}
            }
        }
        files.sort_by(|a, b| (a.group, &a.path).cmp(&(b.group, &b.path)));
        Ok(Changes { files })
    }

    /// Both sides of a changed file; the older one of a file that was moved is what stood at its former place.
    ///
    /// # Errors
    /// What git says.
    pub fn difference_of(&self, file: &ChangedFile) -> Result<FileDiff, WorkbenchError> {
        Ok(difference(&self.repository()?, file)?)
    }

    fn changed_file(&self, change: Change) -> ChangedFile {
        let inside = self.inside(&change.path);
        let (group, node) = inside.map_or((ChangeGroup::Other, None), |path| self.meaning_of(path));
        ChangedFile {
            shown: inside.unwrap_or(&change.path).to_owned(),
            group,
            node,
            kind: change.kind,
            staged: change.staged,
            decisions: Decisions::default(),
            samples: 0,
            moved: None,
            path: change.path,
        }
    }

    /// Finds the files that went along with a moved leaf: gone at one place, new at the place where the list of moves has it.
    fn pair_moved(&self, files: &mut [ChangedFile]) {
        let is_new = |file: &ChangedFile| matches!(file.kind, ChangeKind::Added | ChangeKind::Untracked);
        if !files.iter().any(is_new) {
            return;
        }
        let moves = self.moves();
        if moves.is_empty() {
            return;
        }
        let new: HashMap<String, usize> = (0..)
            .zip(&*files)
            .filter(|(_, file)| is_new(file))
            .map(|(at, file)| (file.shown.clone(), at))
            .collect();
        let pairs: Vec<(usize, usize)> = (0..)
            .zip(&*files)
            .filter(|(_, file)| file.kind == ChangeKind::Deleted)
            .filter_map(|(gone, file)| Some((gone, *new.get(&self.place_now(&moves, &file.shown)?)?)))
            .collect();
        for (gone, new) in pairs {
            let path_of = |at: usize| files.get(at).map(|file| file.path.clone());
            let (from, to) = (path_of(gone).map(Moved::From), path_of(new).map(Moved::To));
            if let Some(file) = files.get_mut(new) {
                file.moved = from;
            }
            if let Some(file) = files.get_mut(gone) {
                file.moved = to;
            }
        }
    }

    /// Where a file belongs now that lay in a leaf's folder, or in its folder below `curated/`, if the leaf was moved since.
    fn place_now(&self, moves: &Moves, shown: &str) -> Option<String> {
        let curated = format!("{CURATED}/");
        let (above, path) = match shown.strip_prefix(&curated) {
            Some(path) => (curated.as_str(), path),
            None => ("", shown),
        };
        let (folder, name) = path.rsplit_once('/')?;
        let (folder, inner) = match folder.strip_suffix("/reviews") {
            Some(leaf) if !above.is_empty() => (leaf, "reviews/"),
            _ => (folder, ""),
        };
        let then = NodePath::parse(folder).ok()?;
        let now = moves.now(&then, None);
        (now != then).then(|| format!("{above}{now}/{inner}{name}"))
    }

    /// The group of a path of the taxonomy, and the node it belongs to.
    fn meaning_of(&self, path: &str) -> (ChangeGroup, Option<NodePath>) {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let first = path.split('/').next().unwrap_or_default();
        // What an editor, a desktop or a save that was cut off left beside a seed is nothing to commit.
        if path.contains('/') && path.split('/').any(|part| part.starts_with('.')) {
            return (ChangeGroup::Other, None);
        }
        if Branch::ALL.iter().any(|branch| branch.folder() == first) && !folder.is_empty() {
            return (ChangeGroup::Seeds, NodePath::parse(folder).ok());
        }
        if path == ".gitattributes" || self.root().join(path) == moves_file(self.root()) {
            return (ChangeGroup::Support, None);
        }
        let on_disk = self.root().join(folder);
        if !on_disk.starts_with(curated_folder(self.root(), None)) || !name.ends_with(".jsonl") {
            return (ChangeGroup::Other, None);
        }
        match folder.strip_suffix("/reviews") {
            Some(above) => (
                ChangeGroup::Decisions,
                node_of_folder(self.root(), &self.root().join(above)),
            ),
            None if name == "samples.jsonl" => (ChangeGroup::Samples, node_of_folder(self.root(), &on_disk)),
            None => (ChangeGroup::Other, None),
        }
    }

    /// The errors in changed seeds, which hold a commit of them back. Only these paths are looked at.
    pub fn blocking(&self, changes: &Changes, paths: &[String]) -> Vec<Diagnostic> {
        let chosen: HashSet<&String> = paths.iter().collect();
        let nodes: BTreeSet<&NodePath> = changes
            .group(ChangeGroup::Seeds)
            .filter(|file| chosen.contains(&file.path))
            .filter_map(|file| file.node.as_ref())
            .filter(|node| node.folder(self.root()).join(SEED_FILE).is_file())
            .collect();
        let found = nodes
            .into_iter()
            .flat_map(|node| check_leaf(self.root(), node, self.profile()));
        found
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .collect()
    }

    /// Commits, unless a changed seed has errors and that was not allowed.
    ///
    /// # Errors
    /// [`WorkbenchError::SeedErrors`], and whatever git or a hook says; nothing was committed then.
    pub fn commit(&self, request: &CommitRequest) -> Result<Committed, WorkbenchError> {
        if request.paths.is_empty() {
            return Err(WorkbenchError::NothingToCommit);
        }
        if !request.despite_errors {
            let errors = self.blocking(&self.changes()?, &request.paths);
            if let Some(first) = errors.first() {
                let first = format!("{}:{}: {}", first.path, first.line, first.message);
                return Err(WorkbenchError::SeedErrors {
                    count: errors.len(),
                    first,
                });
            }
        }
        let plan = CommitPlan {
            paths: request.paths.clone(),
            message: request.message.clone(),
            author: request.author.clone(),
            sign_off: request.sign_off,
            new_branch: request.new_branch.clone(),
            no_verify: false,
        };
        Ok(self.repository()?.commit(&plan)?)
    }
}

fn difference(repository: &Repository, file: &ChangedFile) -> Result<FileDiff, GitError> {
    let diff = repository.diff_of(&file.path)?;
    match &file.moved {
        Some(Moved::From(former)) => Ok(FileDiff {
            old: repository.diff_of(former)?.old,
            ..diff
        }),
        _ => Ok(diff),
    }
}

fn lines(bytes: Option<&[u8]>) -> impl Iterator<Item = &[u8]> {
    bytes
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
}

/// Reads which decisions a review file gained, undone ones left out.
fn decisions_in(diff: &FileDiff) -> Decisions {
    let before: HashSet<&[u8]> = lines(diff.old.as_deref()).collect();
    let read = |line: &&[u8]| serde_json::from_slice::<ReviewEvent>(line).ok();
    let added: Vec<ReviewEvent> = lines(diff.new.as_deref())
        .filter(|line| !before.contains(line))
        .filter_map(|line| read(&line))
        .collect();
    let undone: HashSet<&EventId> = added.iter().filter_map(|event| event.undoes.as_ref()).collect();
    let fresh: HashSet<&EventId> = added.iter().map(|event| &event.id).collect();
    let mut last: BTreeMap<&SampleId, &ReviewEvent> = BTreeMap::new();
    let mut found = Decisions {
        taken_back: undone.iter().filter(|id| !fresh.contains(*id)).count(),
        ..Decisions::default()
    };
    for event in added
        .iter()
        .filter(|event| event.action != Action::Undo && !undone.contains(&event.id))
    {
        let known = last.entry(&event.sample).or_insert(event);
        if known.at <= event.at {
            *known = event;
        }
    }
    for event in last.values() {
        match event.action.verdict() {
            Some(Verdict::Accepted) => found.accepted += 1,
            Some(Verdict::Rejected) if event.replaced_by.is_some() => found.edited += 1,
            Some(Verdict::Rejected) => {
                found.rejected += 1;
                for reason in &event.reasons {
                    *found.reasons.entry(reason.clone()).or_default() += 1;
                }
            }
            Some(Verdict::Skipped) => found.skipped += 1,
            Some(Verdict::Flagged) => found.flagged += 1,
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, sample: &str, action: &str, second: u8, more: &str) -> String {
        format!(r#"{{"id":"{id}","sample":"{sample}","action":"{action}","at":"2026-11-22T09:00:{second:02}Z"{more}}}"#)
            + "\n"
    }

    #[test]
    fn only_new_decisions_count_and_only_the_last_one_of_each_sample() {
        let old = event("e1", "s1", "accept", 1, "");
        let new = [
            old.clone(),
            event("e2", "s2", "reject", 2, r#","reasons":["wrong"]"#),
            event("e3", "s3", "skip", 3, ""),
            event("e4", "s3", "accept", 4, ""),
            event("e5", "s4", "accept", 5, ""),
            event("e6", "s4", "undo", 6, r#","undoes":"e5""#),
            event("e7", "s1", "undo", 7, r#","undoes":"e1""#),
            event("e8", "s5", "reject", 8, r#","reasons":["edited"],"replaced_by":"s6""#),
            "{ torn".to_owned(),
        ]
        .concat();
        let found = decisions_in(&FileDiff {
            old: Some(old.into_bytes()),
            new: Some(new.into_bytes()),
        });
        let reasons = [("wrong".to_owned(), 1)].into_iter().collect();
        let wanted = Decisions {
            accepted: 1,
            rejected: 1,
            edited: 1,
            taken_back: 1,
            reasons,
            ..Decisions::default()
        };
        assert_eq!(found, wanted);
    }
}

//! What differs between the last commit and the files.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{AttrCheckFlags, AttrValue, Status, StatusOptions};

use super::error::GitError;
use super::repository::{Repository, lossy};

/// How a file differs from the last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
    /// Moved, and staged as such.
    Renamed {
        from: String,
    },
    /// New and not yet known to git.
    Untracked,
    /// Both sides of a merge changed it.
    Conflicted,
}

/// One file that differs from the last commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    pub kind: ChangeKind,
    /// True when a part of the change is in the index.
    pub staged: bool,
}

/// Both sides of a file: as last committed (as a checkout would write it) and as it stands. `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDiff {
    pub old: Option<Vec<u8>>,
    pub new: Option<Vec<u8>>,
}

/// The index's mark for files that a sparse checkout leaves out.
const SKIPPED: u16 = 1 << 14;

impl Repository {
    /// Returns every changed file, sorted by path; new files are listed one by one, repositories inside this one left out.
    ///
    /// The git program answers where it is there: it is faster on large repositories and right with filters, sparse
    /// checkouts and split indexes, which libgit2 is not.
    pub fn status(&self) -> Result<Vec<Change>, GitError> {
        self.changes(None)
    }

    /// Returns what changed of one file (relative path); `None` where nothing did.
    pub fn status_of(&self, path: &str) -> Result<Option<Change>, GitError> {
        Ok(self.changes(Some(path))?.into_iter().find(|change| change.path == path))
    }

    fn changes(&self, path: Option<&str>) -> Result<Vec<Change>, GitError> {
        let arguments = ["status", "--porcelain=v2", "-z", "--untracked-files=all"];
        let mut call = self
            .program()
            .call(self.root(), &arguments)
            .variable("GIT_OPTIONAL_LOCKS", "0");
        if let Some(path) = path {
            call = call.arg("--").arg(path);
        }
        match call.succeed() {
            Ok(output) => Ok(read_porcelain(&output.stdout)),
            Err(GitError::NoProgram { .. }) => self.changes_by_library(path),
            Err(error) => Err(error),
        }
    }

    fn changes_by_library(&self, path: Option<&str>) -> Result<Vec<Change>, GitError> {
        let failed = || GitError::library("compare the files with the last commit");
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .renames_head_to_index(true);
        options.exclude_submodules(true).disable_pathspec_match(true);
        if let Some(path) = path {
            options.pathspec(path);
        }
        let index = self.inner.index().map_err(failed())?;
        let mut changes = Gathering::default();
        for entry in self.inner.statuses(Some(&mut options)).map_err(failed())?.iter() {
            let status = entry.status();
            // A moved file is listed under its old name.
            let moved = entry.head_to_index().filter(|_| status.is_index_renamed());
            let moved_to = moved
                .as_ref()
                .and_then(|delta| delta.new_file().path_bytes().map(lossy));
            let path = moved_to.unwrap_or_else(|| lossy(entry.path_bytes()));
            let left_out = || {
                index
                    .get_path(Path::new(&path), 0)
                    .is_some_and(|entry| entry.flags_extended & SKIPPED != 0)
            };
            let staged = status.intersects(
                Status::INDEX_NEW
                    | Status::INDEX_MODIFIED
                    | Status::INDEX_DELETED
                    | Status::INDEX_RENAMED
                    | Status::INDEX_TYPECHANGE,
            );
            let kind = if status.is_conflicted() {
                ChangeKind::Conflicted
            } else if let Some(delta) = moved {
                let from = delta.old_file().path_bytes().map(lossy).unwrap_or_default();
                if status.is_wt_deleted() {
                    changes.add(from, ChangeKind::Deleted, true);
                    continue;
                }
                ChangeKind::Renamed { from }
            } else if status.is_index_new() && status.is_wt_deleted() {
                continue;
            } else if status.is_index_deleted() && status.is_wt_new() {
                ChangeKind::Modified
            } else if status.is_wt_deleted() && left_out() && !staged {
                continue;
            } else if status.is_wt_deleted() || status.is_index_deleted() {
                ChangeKind::Deleted
            } else if status.is_index_new() {
                ChangeKind::Added
            } else if status.is_wt_new() {
                ChangeKind::Untracked
            } else if status.is_ignored() || status.is_empty() {
                continue;
            } else {
                ChangeKind::Modified
            };
            changes.add(path, kind, staged);
        }
        Ok(changes.sorted())
    }

    /// Returns a file (relative path) as last committed and as it stands on disk, whole; empty on both sides where it
    /// is in neither. A link counts as the text of its target.
    pub fn diff_of(&self, path: &str) -> Result<FileDiff, GitError> {
        Ok(FileDiff {
            old: self.committed(path)?,
            new: self.on_disk(path)?,
        })
    }

    fn committed(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let tree = match self.inner.head() {
            Ok(head) => head.peel_to_tree().map_err(GitError::library("read the last commit"))?,
            Err(_) => return Ok(None),
        };
        let Ok(entry) = tree.get_path(Path::new(path)) else {
            return Ok(None);
        };
        // As a checkout would write it, so that line ends and filters are no differences.
        if self.is_changed_by_checkout(path) {
            let filtered = self
                .program()
                .call(self.root(), &["cat-file", "--filters"])
                .arg(format!("HEAD:{path}"))
                .run();
            if let Ok(output) = filtered
                && output.success
            {
                return Ok(Some(output.stdout));
            }
        }
        Ok(self
            .inner
            .find_blob(entry.id())
            .ok()
            .map(|blob| blob.content().to_vec()))
    }

    /// Whether a checkout may write other bytes than were committed. Asked first, since the program that applies filters
    /// takes milliseconds a file, and a day's review changes hundreds.
    fn is_changed_by_checkout(&self, path: &str) -> bool {
        let attributes = ["filter", "text", "eol", "crlf", "ident", "working-tree-encoding"];
        let named = |name: &&str| {
            let value = self.inner.get_attr(Path::new(path), name, AttrCheckFlags::default());
            !matches!(AttrValue::from_string(value.ok().flatten()), AttrValue::Unspecified)
        };
        let converts = |setting: &str| {
            let config = self.inner.config().and_then(|mut config| config.snapshot());
            config.is_ok_and(|config| config.get_str(setting).is_ok_and(|value| value != "false"))
        };
        converts("core.autocrlf") || attributes.iter().any(named)
    }

    fn on_disk(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let file = self.root().join(path);
        let Ok(found) = file.symlink_metadata() else {
            return Ok(None);
        };
        if found.is_dir() {
            return Ok(None);
        }
        if found.is_symlink() {
            let target = std::fs::read_link(&file).map_err(GitError::io("read", &file))?;
            return Ok(Some(target.to_string_lossy().into_owned().into_bytes()));
        }
        std::fs::read(&file).map(Some).map_err(GitError::io("read", &file))
    }
}

/// Changes by path: a file that was taken out of the index but still stands is told as two by git and as one by us.
#[derive(Default)]
struct Gathering(BTreeMap<String, (ChangeKind, bool)>);

impl Gathering {
    fn add(&mut self, path: String, kind: ChangeKind, staged: bool) {
        // A folder's name means a repository inside this one.
        if path.is_empty() || path.ends_with('/') {
            return;
        }
        self.0
            .entry(path)
            .and_modify(|(before, was_staged)| {
                *before = ChangeKind::Modified;
                *was_staged |= staged;
            })
            .or_insert((kind, staged));
    }

    fn sorted(self) -> Vec<Change> {
        self.0
            .into_iter()
            .map(|(path, (kind, staged))| Change { path, kind, staged })
            .collect()
    }
}

/// Reads `git status --porcelain=v2 -z`: entries of fields divided by spaces, the path last and as it is, ended by NUL;
/// a rename is followed by its old path as an entry of its own.
fn read_porcelain(bytes: &[u8]) -> Vec<Change> {
    let mut changes = Gathering::default();
    let mut entries = bytes.split(|byte| *byte == 0).map(lossy);
    while let Some(entry) = entries.next() {
        let Some((sort, rest)) = entry.split_once(' ') else {
            continue;
        };
        // How many fields stand before the path.
        let before = match sort {
            "1" => 7,
            "2" => 8,
            "u" => 9,
            "?" => {
                changes.add(rest.to_owned(), ChangeKind::Untracked, false);
                continue;
            }
            _ => continue,
        };
        let mut fields = rest.splitn(before + 1, ' ');
        let mut states = fields.next().unwrap_or_default().chars();
        let (index, files) = (states.next().unwrap_or('.'), states.next().unwrap_or('.'));
        let Some(path) = fields.nth(before - 1) else { continue };
        let kind = match (sort, index, files) {
            ("u", ..) => ChangeKind::Conflicted,
            ("2", state, files) => {
                let from = entries.next().unwrap_or_default();
                match (state, files) {
                    // Moved or copied, then deleted: nothing of the new name is left.
                    ('R', 'D') => {
                        changes.add(from, ChangeKind::Deleted, true);
                        continue;
                    }
                    (_, 'D') => continue,
                    ('C', _) => ChangeKind::Added,
                    _ => ChangeKind::Renamed { from },
                }
            }
            // Staged as new, then deleted: as in the last commit.
            (_, 'A', 'D') => continue,
            (_, 'D', _) | (_, _, 'D') => ChangeKind::Deleted,
            (_, 'A', _) | (_, _, 'A') => ChangeKind::Added,
            _ => ChangeKind::Modified,
        };
        let staged = index != '.' && kind != ChangeKind::Conflicted;
        changes.add(path.to_owned(), kind, staged);
    }
    changes.sorted()
}

//! What differs between any commit and the files, moves included.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::error::GitError;
use super::program::Call;
use super::repository::{Repository, lossy};
use super::status::ChangeKind;

/// A file that differs from a base. [`ChangeKind::Untracked`] files are those that git does not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedPath {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    pub kind: ChangeKind,
}

impl Repository {
    /// Compares the files in some folders (relative to the root) with a commit: committed, staged and unstaged changes
    /// together, and files that git does not know yet and does not ignore. Sorted by path.
    ///
    /// Moves are found as git finds them (half of the text is the same), also where the new place was not added yet. What
    /// lies in repositories inside this one is left out. With `offline`, git fetches nothing that a partial clone lacks.
    ///
    /// # Errors
    /// [`GitError::NoProgram`] without git, and what git says.
    pub fn changed_since(&self, commit: &str, folders: &[String], offline: bool) -> Result<Vec<ChangedPath>, GitError> {
        let new = self.unknown_files(folders)?;
        let mut found = self.compared(commit, folders, offline, None)?;
        let is_gone = |change: &&ChangedPath| change.kind == ChangeKind::Deleted;
        let gone: HashSet<String> = found.iter().filter(is_gone).map(|change| change.path.clone()).collect();
        if !gone.is_empty() && !new.is_empty() {
            // Git looks for moves among the files it knows. It is told of the new ones in an index of our own.
            if let Ok(with_new) = self.compared_with_new(commit, folders, offline, &new) {
                found = with_new;
            }
        }
        let mut all: BTreeMap<String, ChangeKind> = BTreeMap::new();
        for change in found {
            all.insert(change.path, change.kind);
        }
        for path in new {
            match all.get(&path) {
                // Taken out of the index but still there: neither gone nor new.
                _ if gone.contains(&path) => all.insert(path, ChangeKind::Modified),
                Some(ChangeKind::Added) | None => all.insert(path, ChangeKind::Untracked),
                Some(_) => None,
            };
        }
        Ok(all.into_iter().map(|(path, kind)| ChangedPath { path, kind }).collect())
    }

    fn unknown_files(&self, folders: &[String]) -> Result<Vec<String>, GitError> {
        let arguments = ["ls-files", "-z", "--others", "--exclude-standard", "--"];
        let call = folders.iter().fold(self.reading(&arguments), Call::arg);
        let output = call.succeed()?;
        let names = output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        // A folder's name means a repository inside this one.
        Ok(names.filter(|name| name.last() != Some(&b'/')).map(lossy).collect())
    }

    fn compared(
        &self,
        commit: &str,
        folders: &[String],
        offline: bool,
        own_index: Option<&Path>,
    ) -> Result<Vec<ChangedPath>, GitError> {
        let arguments = [
            "diff",
            "--name-status",
            "-z",
            "--find-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=all",
            commit,
            "--",
        ];
        let mut call = folders.iter().fold(self.reading(&arguments), Call::arg);
        if offline {
            call = call.variable("GIT_NO_LAZY_FETCH", "1");
        }
        if let Some(index) = own_index {
            call = call.variable("GIT_INDEX_FILE", index);
        }
        Ok(read_names(&call.succeed()?.stdout))
    }

    fn compared_with_new(
        &self,
        commit: &str,
        folders: &[String],
        offline: bool,
        new: &[String],
    ) -> Result<Vec<ChangedPath>, GitError> {
        let temporary = tempfile::tempdir().map_err(GitError::io("make a folder for", self.git_dir()))?;
        let index = temporary.path().join("index");
        let ours = self.git_dir().join("index");
        std::fs::copy(&ours, &index).map_err(GitError::io("copy", &ours))?;
        let objects = temporary.path().join("objects");
        std::fs::create_dir(&objects).map_err(GitError::io("make the folder", &objects))?;
        let call = self.program().call(self.root(), &["add", "--intent-to-add"]);
        call.variable("GIT_INDEX_FILE", &index)
            // Whatever git writes for this stays out of the repository.
            .variable("GIT_OBJECT_DIRECTORY", &objects)
            .variable(
                "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                self.inner.commondir().join("objects"),
            )
            .paths(new.iter().map(String::as_str), true)
            .succeed()?;
        self.compared(commit, folders, offline, Some(&index))
    }

    fn reading(&self, arguments: &[&str]) -> Call<'static> {
        self.program()
            .call(self.root(), arguments)
            .variable("GIT_OPTIONAL_LOCKS", "0")
    }
}

/// Reads `git diff --name-status -z`: a letter (with a number behind `R` and `C`), then one path or two, each ended by NUL.
fn read_names(bytes: &[u8]) -> Vec<ChangedPath> {
    let mut changes = Vec::new();
    let mut parts = bytes.split(|byte| *byte == 0).map(lossy);
    while let (Some(letter), Some(first)) = (parts.next(), parts.next()) {
        let (path, kind) = match letter.chars().next() {
            Some('R') => match parts.next() {
                Some(path) => (path, ChangeKind::Renamed { from: first }),
                None => break,
            },
            Some('C') => match parts.next() {
                Some(path) => (path, ChangeKind::Added),
                None => break,
            },
            Some('A') => (first, ChangeKind::Added),
            Some('D') => (first, ChangeKind::Deleted),
            Some('U') => (first, ChangeKind::Conflicted),
            Some(_) => (first, ChangeKind::Modified),
            None => break,
        };
        changes.push(ChangedPath { path, kind });
    }
    changes
}

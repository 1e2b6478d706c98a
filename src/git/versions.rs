//! Every committed version of one file, also from before it was moved.

use jiff::Timestamp;
use std::path::Path;

use super::repository::lossy;
use super::{Author, GitError, LogEntry, Repository};

/// What separates commits, and the parts of one, in what git is asked to print.
const COMMIT: char = '\u{1e}';
const PART: char = '\u{1f}';

/// A file as one commit left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileVersion {
    pub commit: LogEntry,
    /// Where it was then, relative to the repository.
    pub path: String,
    /// `None` when the commit removed it.
    pub bytes: Option<Vec<u8>>,
}

impl Repository {
    /// Returns the versions of a file (path relative to the repository), the newest first, at most `most`; moves are followed
    /// as git recognizes them. None where nothing is committed or there is no git program to ask.
    ///
    /// # Errors
    /// When git fails, cannot be started or does not end.
    pub fn versions(&self, path: &str, most: usize, cancel: &dyn Fn() -> bool) -> Result<Vec<FileVersion>, GitError> {
        if self.program().version().is_none() || self.head()?.unborn {
            return Ok(Vec::new());
        }
        let limit = most.to_string();
        let format = "--format=%x1e%H%x1f%h%x1f%s%x1f%an%x1f%ae%x1f%at%x1f";
        let arguments = ["log", "-z", "--follow", "-n", &limit, "--name-status", format, "--"];
        let call = self.program().call(self.root(), &arguments).arg(path).cancel(cancel);
        let output = call.succeed()?;
        let text = lossy(&output.stdout);
        Ok(text
            .split(COMMIT)
            .filter_map(|record| self.version_of(record))
            .collect())
    }

    fn version_of(&self, record: &str) -> Option<FileVersion> {
        let mut parts = record.splitn(7, PART);
        let mut next = || parts.next().unwrap_or_default().to_owned();
        let commit = LogEntry {
            id: next(),
            short: next(),
            summary: next(),
            author: Author {
                name: next(),
                email: next(),
            },
            time: next()
                .parse()
                .ok()
                .and_then(|seconds| Timestamp::from_second(seconds).ok())
                .unwrap_or(Timestamp::UNIX_EPOCH),
        };
        // The change (`M`, `A`, `D`, `R090`), then one path, or the old and the new one.
        let changed = next();
        let mut words = changed
            .split('\0')
            .map(|word| word.trim_start_matches('\n'))
            .filter(|word| !word.is_empty());
        let change = words.next()?;
        let path = words.next_back()?.to_owned();
        let bytes = if change == "D" {
            None
        } else {
            self.file_in(&commit.id, &path)
        };
        Some(FileVersion { commit, path, bytes })
    }

    fn file_in(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let commit = self.inner.find_commit(commit.parse().ok()?).ok()?;
        let entry = commit.tree().ok()?.get_path(Path::new(path)).ok()?;
        let blob = self.inner.find_blob(entry.id()).ok()?;
        Some(blob.content().to_vec())
    }
}

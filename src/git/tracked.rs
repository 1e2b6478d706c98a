//! What git keeps, whether or not it changed.

use super::error::GitError;
use super::repository::{Repository, lossy};

impl Repository {
    /// True when git keeps a file at or below a path (relative, with `/`).
    pub fn tracks(&self, path: &str) -> bool {
        let Ok(index) = self.inner.index() else { return false };
        let below = format!("{path}/");
        index.find_prefix(below.as_str()).is_ok() || index.get_path(std::path::Path::new(path), 0).is_some()
    }

    /// Tells git of a folder whose name changed in letter case alone, where the file system takes both names for one: git would
    /// never see it by itself. Only these paths are staged. Nothing happens where letter case counts.
    ///
    /// # Errors
    /// [`GitError`] when the index cannot be written; the files are as they were.
    pub fn tell_case(&self, from: &str, to: &str) -> Result<(), GitError> {
        let folds = self
            .inner
            .config()
            .and_then(|config| config.get_bool("core.ignorecase"));
        if !folds.unwrap_or_default() || !self.tracks(from) {
            return Ok(());
        }
        let taken_out = ["rm", "-r", "-q", "--cached", "--ignore-unmatch", "--"];
        self.program().call(self.root(), &taken_out).arg(from).succeed()?;
        self.program()
            .call(self.root(), &["add", "-A", "--"])
            .arg(to)
            .succeed()?;
        Ok(())
    }

    /// Every file that git keeps, relative to the repository's root, sorted.
    pub fn tracked(&self) -> Result<Vec<String>, GitError> {
        let index = self.inner.index().map_err(GitError::library("read the index"))?;
        Ok(index.iter().map(|entry| lossy(&entry.path)).collect())
    }
}

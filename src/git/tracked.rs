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

    /// Every file that git keeps, relative to the repository's root, sorted.
    pub fn tracked(&self) -> Result<Vec<String>, GitError> {
        let index = self.inner.index().map_err(GitError::library("read the index"))?;
        Ok(index.iter().map(|entry| lossy(&entry.path)).collect())
    }
}

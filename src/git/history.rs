//! What the history says of one file.

use jiff::Timestamp;

use super::repository::lossy;
use super::{Author, GitError, LogEntry, Repository};

impl Repository {
    /// Returns the newest commit that changed a file (path relative to the repository); `None` when there is none, or no git
    /// program to ask.
    ///
    /// # Errors
    /// When git cannot be started or does not end.
    pub fn last_change(&self, path: &str) -> Result<Option<LogEntry>, GitError> {
        if self.program().version().is_none() || self.head()?.unborn {
            return Ok(None);
        }
        let arguments = ["log", "-1", "--format=%H%x00%h%x00%s%x00%an%x00%ae%x00%at", "--"];
        let output = self.program().call(self.root(), &arguments).arg(path).succeed()?;
        let text = lossy(&output.stdout);
        let mut parts = text.trim_end().split('\0').map(str::to_owned);
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let Some(id) = next() else { return Ok(None) };
        let short = next().unwrap_or_default();
        let summary = next().unwrap_or_default();
        let author = Author {
            name: next().unwrap_or_default(),
            email: next().unwrap_or_default(),
        };
        let seconds = next().and_then(|text| text.parse().ok()).unwrap_or_default();
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Some(LogEntry {
            id,
            short,
            summary,
            author,
            time,
        }))
    }
}

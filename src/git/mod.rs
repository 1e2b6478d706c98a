//! The repository around a taxonomy: what changed, what a commit would run, committing, documents pinned in others.
//!
//! Reading goes through libgit2, status and every write that a person's hooks, filters or signing keys should see through
//! the `git` program, since libgit2 runs none of them. Where the program is missing, libgit2 commits and the result says
//! what was left out. Nothing here asks a question on the terminal or uses the network, except for [`documents::locate`]
//! with an address, which the caller must have been allowed.
//!
//! This room knows paths and bytes. It must not know what a leaf or a sample is, draw, print, or read the process's
//! environment: which program runs with which variables is handed in as a [`GitProgram`].

mod author;
mod base;
mod branch;
mod commit;
pub mod documents;
mod error;
mod history;
mod library_commit;
mod practices;
mod program;
mod repository;
mod revisions;
mod since;
mod status;
mod tracked;
mod versions;

#[cfg(test)]
mod tests;

pub use author::Author;
pub use base::{Base, BaseKind};
pub use commit::{CommitPlan, Committed, Via, first_commit};
pub use documents::{PinnedFile, files_at};
pub use error::GitError;
pub use practices::Practices;
pub use program::GitProgram;
pub use repository::{CommitName, Fingerprint, Head, LogEntry, Repository, init_repository};
pub use revisions::{Reach, Revision, RevisionKind, Revisions, reach, resolve, revisions};
pub use since::ChangedPath;
pub use status::{Change, ChangeKind, FileDiff};
pub use versions::FileVersion;

//! What can go wrong with stored samples, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};

use crate::samples::SampleId;

/// Why the store could not read or write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("'{}' cannot be read: {reason}; check that the file is there and may be read", path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("nothing was recorded: '{}' cannot be written: {reason}; mend that and do the same again", path.display())]
    Unwritable { path: PathBuf, reason: String },
    #[error(
        "'{}' cannot be written: {reason}, and its end could not be put back as it was; \
         nothing is to be relied on until the disk is well again, then open the taxonomy anew", path.display()
    )]
    Uncertain { path: PathBuf, reason: String },
    #[error("nothing was recorded: '{}' is a link, and samples are only written inside the taxonomy; replace it by a real folder or file", path.display())]
    Linked { path: PathBuf },
    #[error("nothing was recorded: a record for '{}' has no JSON form: {reason}", path.display())]
    Unwritten { path: PathBuf, reason: String },
    #[error("there is no sample '{id}' in this taxonomy; `seedbed samples` lists them")]
    NoSuchSample { id: SampleId },
    #[error("'{}' line {line} is not what it should be: {reason}; repair the line or take it out", path.display())]
    Broken { path: PathBuf, line: u64, reason: String },
    #[error("'{text}' is not a run's name; it looks like 20261122-094501-a1b2, and `seedbed runs` lists them")]
    NotARunId { text: String },
    #[error("there is no run '{id}'; `seedbed runs` lists them")]
    NoSuchRun { id: String },
    #[error("a run named '{id}' is there already; start the new one under another name")]
    RunExists { id: String },
    #[error("the run '{id}' is being worked on by another seedbed; wait for it or stop it there")]
    RunInUse { id: String },
}

impl StoreError {
    pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Self {
        StoreError::Unreadable {
            path: path.to_owned(),
            reason: plain_reason(error),
        }
    }

    pub(crate) fn unwritable(path: &Path, error: &io::Error) -> Self {
        StoreError::Unwritable {
            path: path.to_owned(),
            reason: plain_reason(error),
        }
    }
}

/// The commonest refusals in words; the system's own text for the others.
pub(crate) fn plain_reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota on this disk is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not do that".to_owned(),
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        _ => error.to_string(),
    }
}

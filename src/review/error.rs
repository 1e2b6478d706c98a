//! What can go wrong with decisions, in words that say what to do.

use crate::samples::{SampleId, StoreError};

/// Why a decision was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "nothing was recorded: it is not known who reviews; \
         set `git config user.name` and `git config user.email` for this taxonomy"
    )]
    NoReviewer,
    #[error("nothing was recorded: '{code}' is not a reason; the reasons are {known}")]
    UnknownReason { code: String, known: String },
    #[error("nothing was recorded: '{text}' is not a verdict; say accept, reject, skip or flag")]
    NotAVerdict { text: String },
    #[error("{done} of {all} decisions are recorded, the others are not: {reason}")]
    Partly {
        done: usize,
        all: usize,
        reason: Box<ReviewError>,
    },
    #[error(
        "nothing was recorded: sample '{edited}' is not an edit of '{original}'; edit the sample on the screen again"
    )]
    NotItsEdit { original: SampleId, edited: SampleId },
}

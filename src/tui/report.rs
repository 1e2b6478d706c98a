//! What jobs tell the model. Screens have their own reports; these are everybody's.

use super::effect::EditorTarget;
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};

/// News from outside the model.
#[derive(Debug)]
pub enum Report {
    /// A job failed; the sentence says what and why.
    Failed(String),
    /// Files below the taxonomy changed on disk (paths relative to its root).
    FilesChanged(Vec<String>),
    /// Changes by other programs are not heard of; the sentence says why.
    Unwatched(String),
    /// A text came back from the editor; `None` when it was not changed.
    Edited {
        target: EditorTarget,
        text: Option<String>,
    },
    Browse(browse::Report),
    Sources(attribution::Report),
    Edit(edit::Report),
    Find(find::Report),
    Generate(generate::Report),
    Review(review::Report),
    Commit(commit::Report),
    Documents(documents::Report),
}

impl Report {
    pub fn failed(message: impl Into<String>) -> Self {
        Report::Failed(message.into())
    }
}

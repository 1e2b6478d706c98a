//! What `update` asks of the world. Screens have their own effects; these are everybody's.

use super::place::Place;
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};

/// Something to be done outside the model.
#[derive(Debug)]
pub enum Effect {
    Quit,
    Suspend,
    Redraw,
    SetMouse(bool),
    Copy(String),
    /// Writes down where the person is.
    KeepPlace(Box<Place>),
    /// Hands a text to the person's editor; the answer comes back as `Report::Edited`.
    OpenEditor {
        text: String,
        suffix: &'static str,
        target: EditorTarget,
    },
    Browse(browse::Effect),
    Sources(attribution::Effect),
    Edit(edit::Effect),
    Find(find::Effect),
    Generate(generate::Effect),
    Review(review::Effect),
    Commit(commit::Effect),
    Documents(documents::Effect),
}

/// What a text in the editor belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditorTarget {
    /// The field that is chosen in the edit screen.
    SeedField(crate::taxonomy::yaml::YamlPath),
    /// The whole `qna.yaml` of the leaf being edited.
    SeedFile,
    /// The field that has the caret in the review screen.
    SampleField(usize),
    /// The commit message.
    CommitMessage,
    /// A prompt of a flow of the user's own.
    PromptFile(std::path::PathBuf),
    /// The text of a file that is being imported.
    ImportedDocument,
}

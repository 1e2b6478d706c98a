//! What can be set, typed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::taxonomy::knowledge::{ChunkSize, ChunkWish};
use crate::teacher::TeacherSettings;

/// All settings after the layers are merged. Every field has a default, so an empty file is a good file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// HTTP teachers by name.
    pub teachers: BTreeMap<String, TeacherSettings>,
    pub roles: Roles,
    pub embedded: EmbeddedSettings,
    pub theme: ThemeSettings,
    /// Keys of commands: command id to key names; an empty list takes the keys away.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The editor's command; else `$VISUAL`, else `$EDITOR`.
    pub editor: Option<String>,
    pub generate: GenerateSettings,
    pub documents: DocumentSettings,
    /// `ilab` or `ci`.
    pub profile: Option<String>,
    pub clipboard: Clipboard,
    /// False leaves the mouse to the terminal.
    pub mouse: Option<bool>,
    /// The reviewer's name in files; else made from git's address.
    pub reviewer: Option<String>,
}

/// Which teacher does what. `embedded` names the model inside the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    pub teacher: Option<String>,
    pub critic: Option<String>,
    pub reviser: Option<String>,
}

/// The model inside the process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmbeddedSettings {
    /// A GGUF file to use instead of the default model.
    pub path: Option<PathBuf>,
}

/// Which theme is used on a dark and on a light background.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThemeSettings {
    pub dark: Option<String>,
    pub light: Option<String>,
    pub appearance: Appearance,
}

/// Whether the background is asked for or known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Appearance {
    #[default]
    Auto,
    Dark,
    Light,
}

/// What the generate screen starts with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GenerateSettings {
    pub count: Option<usize>,
    /// Most tokens of a chunk of a document.
    pub chunk_tokens: Option<u64>,
    /// Most tokens that it shares with the one before.
    pub chunk_overlap: Option<u64>,
}

impl GenerateSettings {
    /// How documents are to be cut.
    pub fn chunks(&self) -> ChunkWish {
        ChunkWish {
            tokens: self.chunk_tokens,
            overlap: self.chunk_overlap,
        }
    }

    /// Says in a sentence why these settings do not go together.
    pub fn check(&self) -> Result<(), String> {
        self.chunks().size(ChunkWish::default(), ChunkSize::USUAL).map(|_| ())
    }
}

/// How files become documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentSettings {
    /// Commands by file ending: each turns a file into Markdown on its output.
    pub converters: BTreeMap<String, String>,
}

/// How copied text leaves the program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clipboard {
    #[default]
    Auto,
    Osc52,
    Off,
}

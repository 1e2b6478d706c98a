//! Settings with their origin, and the places where things are kept.
//!
//! Four layers, each over the one before: the user's file, harmless keys of `.seedbed.yaml` at the taxonomy's root,
//! `SEEDBED_*` variables, flags. This room reads files that it is told to read; it never looks at the environment itself
//! and never writes.

mod keys;
mod layers;
mod places;
mod prices;
mod settings;

pub use keys::{KEYS, KnownKey, schema};
pub use layers::{Layer, Origin, load};
pub use places::Places;
pub use prices::PriceTable;
pub use settings::{Appearance, Clipboard, EmbeddedSettings, GenerateSettings, Roles, Settings, ThemeSettings};

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {path}: {source}")]
    Unreadable { path: String, source: std::io::Error },
    #[error("{path}:{line}:{column}: {message}")]
    Invalid {
        path: String,
        line: usize,
        column: usize,
        message: String,
    },
    #[error("{origin}: {message}")]
    Value { origin: String, message: String },
    #[error("this system has no home folder for settings; set HOME, or name a file with --config")]
    NoHome,
}

//! The tree of seeds: where leaves are, what their `qna.yaml` says and whether it is right, how it is edited and saved, and the
//! documents and sources a leaf rests on.
//!
//! This room must not know a terminal, a teacher or git: it reads and writes files under a root that is handed in. A file that is
//! wrong is never an error here but a file with findings; half-written seeds must show and stay editable.

pub mod attribution;
pub mod check;
mod diagnostic;
mod drafts;
mod error;
mod fingerprint;
pub mod form;
pub mod knowledge;
mod leaf;
mod leaf_edit;
mod leaf_file;
pub mod naming;
mod node;
pub mod replacing;
mod save;
mod scaffold;
mod summary;
mod tree;
pub mod yaml;

pub use check::{Profile, check_file, check_leaf, check_leaf_file, check_tree};
pub use diagnostic::{Diagnostic, Severity};
pub use drafts::{Draft, DraftList, Drafts};
pub use error::TaxonomyError;
pub use fingerprint::{Fingerprint, FingerprintError};
pub use leaf::{DocumentPin, Leaf, Pair, SeedExample};
pub use leaf_edit::{LeafEdit, LeafEditError, apply_edits, edits_from_json, value_from_json};
pub use leaf_file::{LeafFile, leaf_of};
pub use node::{Branch, Kind, NodePath, NodePathError};
pub use save::{SaveError, save};
pub use scaffold::{LATEST_VERSION, Start, scaffold, scaffold_attribution};
pub use summary::{LeafSummary, summarize};
pub use tree::{FolderFound, SEED_FILE, WalkEnd, is_taxonomy, walk};

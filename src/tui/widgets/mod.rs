//! Pieces that several screens draw with: rows in a window, wrapped prose, a text field.

mod field;
mod prose;
mod rows;

pub use field::{Field, FieldOutcome};
pub use prose::Prose;
pub use rows::Rows;

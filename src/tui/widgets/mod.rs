//! Pieces that several screens draw with: rows in a window, wrapped prose, a text field, a box with a list.

mod field;
mod list_box;
mod prose;
mod rows;

pub use field::{Field, FieldOutcome};
pub use list_box::ListBox;
pub use prose::Prose;
pub use rows::Rows;

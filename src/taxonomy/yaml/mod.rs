//! Reads a `qna.yaml` as a tree in which every node knows its bytes, and edits it by splicing only those bytes.
//!
//! ```text
//! bytes ─► events (libyaml) ─► parse ─► tree of Node{span, line, column, value}
//!                                          │ set, insert_item, ...
//!            new bytes ◄─ re-parse and compare ◄─ splice of text written in the style of its neighbours
//! ```
//!
//! What it promises: without an edit no byte changes; an edit changes only the bytes it must; after every edit the
//! whole document is read again and compared with what was asked for, and where no way of writing holds, the edit is
//! refused and the bytes stay as they were. Scalars get the types that PyYAML gives them (YAML 1.1), since the
//! official validator reads with PyYAML.
//!
//! What it must not do: know InstructLab's schema (the checks do), touch files, or emit a whole document.

mod cuts;
mod document;
mod edit;
mod error;
mod events;
mod flow;
mod items;
mod keys;
mod lines;
mod lint;
mod node;
mod parse;
mod path;
mod put;
mod replace;
mod resolve;
mod scalar;
mod tabs;
mod tokens;
mod value;
mod write;

pub use document::{Document, MAX_BYTES, MAX_DEPTH};
pub use error::{EditError, SyntaxError};
pub use node::{Node, NodeValue, Resolved, ScalarStyle};
pub use path::{Step, YamlPath, YamlPathError};
pub use resolve::resolve_plain;
pub(in crate::taxonomy) use tokens::{Token, TokenKind};
pub use value::NewValue;

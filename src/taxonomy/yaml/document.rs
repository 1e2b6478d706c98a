//! A file's bytes with the tree over them.

use super::error::SyntaxError;
use super::node::{Node, NodeValue};
use super::parse;
use super::path::{Step, YamlPath};

/// The largest file that is read.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// How deep collections may nest.
pub const MAX_DEPTH: usize = 200;

/// One YAML document with its exact bytes.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) text: String,
    pub(super) root: Option<Node>,
    pub(super) load_error: Option<SyntaxError>,
}

impl Document {
    /// Reads UTF-8 bytes that hold one document (or none: only comments, or nothing at all).
    ///
    /// # Errors
    /// What PyYAML calls a syntax error, more than one document, bytes that are not UTF-8, over 16 MB, over 200 levels.
    pub fn parse(bytes: &[u8]) -> Result<Document, SyntaxError> {
        if bytes.len() > MAX_BYTES {
            let message = format!("the file is over {} MB; a seed file is a few kB", MAX_BYTES >> 20);
            return Err(SyntaxError::new(1, 1, message));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
            let message = "this is not UTF-8 text; save the file with the encoding UTF-8";
            SyntaxError::at_byte(&good, error.valid_up_to(), message)
        })?;
        Document::from_text(text.to_owned())
    }

    pub(super) fn from_text(text: String) -> Result<Document, SyntaxError> {
        let parse::Parsed { root, load_error } = parse::parse(&text)?;
        Ok(Document { text, root, load_error })
    }

    /// The file as it is to be saved.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The same as text; a byte order mark is its first character.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `None` for a file of nothing but comments and blanks.
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// Why PyYAML's `safe_load`, and so the official validator, would stop at this file although its syntax is right: an unknown tag,
    /// `=` as a value, a date that does not exist, a tab outside quotes.
    pub fn load_error(&self) -> Option<&SyntaxError> {
        self.load_error.as_ref()
    }

    /// The node at a path; of duplicate keys the last. Aliases are followed; merged keys count.
    pub fn get(&self, path: &YamlPath) -> Option<&Node> {
        path.steps()
            .iter()
            .try_fold(self.root()?, |node, step| match (step, &node.value) {
                (Step::Key(key), NodeValue::Mapping(_)) => node.get(key),
                (Step::Index(index), NodeValue::Sequence(items)) => items.get(*index),
                _ => None,
            })
    }
}

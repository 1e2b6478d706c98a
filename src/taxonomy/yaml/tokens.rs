//! The punctuation of a text: what stands where, before anybody asks what it means. The rules of style look at these.

use super::document::Document;
use super::events::{Mark, Scanned};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::taxonomy) enum TokenKind {
    StreamStart,
    /// `%YAML`, `%TAG`
    Directive,
    /// `---`
    DocumentStart,
    /// `...`
    DocumentEnd,
    /// Where a list of `-` begins; takes no room, as do the next two.
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    /// `[`
    FlowSequenceStart,
    FlowSequenceEnd,
    /// `{`
    FlowMappingStart,
    FlowMappingEnd,
    /// `-`
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `?`; takes no room before a key that needs no mark.
    Key,
    /// `:`
    Value,
    /// `*name`
    Alias,
    /// `&name`
    Anchor,
    /// `!!name`
    Tag,
    Scalar,
}

/// One token with the places of its first character and behind its last.
#[derive(Debug, Clone, Copy)]
pub(in crate::taxonomy) struct Token {
    pub kind: TokenKind,
    pub start: Mark,
    pub end: Mark,
}

impl Token {
    /// It has characters of its own.
    pub(in crate::taxonomy) fn is_visible(&self) -> bool {
        self.end.byte > self.start.byte
    }
}

impl Document {
    /// The tokens of the file in order, without those that take no room. Places do not count a byte order mark.
    pub(in crate::taxonomy) fn tokens(&self) -> Vec<Token> {
        let body = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        Scanned::new(body).into_iter().flatten().collect()
    }
}

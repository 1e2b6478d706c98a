//! Splices: which bytes of a text are replaced by what.

use std::ops::Range;

/// One replacement.
#[derive(Debug, Clone)]
struct Cut {
    range: Range<usize>,
    text: String,
}

/// Some replacements in one text, in order and without overlap.
#[derive(Debug, Clone, Default)]
pub(super) struct Cuts(Vec<Cut>);

impl Cuts {
    pub(super) fn one(range: Range<usize>, text: impl Into<String>) -> Self {
        Cuts::default().and(range, text)
    }

    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Cuts::one(at..at, text)
    }

    #[must_use]
    pub(super) fn and(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.0.push(Cut {
            range,
            text: text.into(),
        });
        self
    }

    /// The text with the replacements made; `None` when they overlap or lie outside.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let added: usize = self.0.iter().map(|cut| cut.text.len()).sum();
        let mut out = String::with_capacity(text.len() + added);
        let mut at = 0;
        for cut in &self.0 {
            out.push_str(text.get(at..cut.range.start)?);
            out.push_str(&cut.text);
            at = cut.range.end.max(cut.range.start);
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

//! A finding on a file.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; never changes the exit status.
    Advice,
    Warning,
    Error,
}

impl Diagnostic {
    /// True for what keeps a new leaf a draft: an error, and that there is nothing in it.
    pub fn keeps_a_draft(&self) -> bool {
        self.severity == Severity::Error || self.rule == "empty-file"
    }
}

/// A finding on a file, with its place and how to mend it. Serializes to the documented JSON of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Relative to the taxonomy's root.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub severity: Severity,
    /// A short stable name, as in `required`, `type`, `min-items`, `trailing-spaces`.
    pub rule: &'static str,
    /// As in `.seed_examples[2].answer`; empty for the file.
    pub yaml_path: String,
    /// One sentence an expert understands: what, why, and what to do.
    pub message: String,
    /// What a fix would do, where there is one.
    pub fix: Option<String>,
}

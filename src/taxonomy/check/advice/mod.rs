//! Advice on what a seed file teaches: never an error, never a changed exit status, and silent rather than wrong.
//!
//! The validator cannot see any of it; reviewers of contributions do, and so does the model that is trained. Each piece of advice
//! has its own file and says in one sentence what was seen, why it matters, and what to do. Sources: the guidance of InstructLab's
//! taxonomy repository (contribution guidelines, avoid-topics, reasons given for rejections).

mod commit;
mod contexts;
mod document;
mod lengths;
mod machine;
mod mixed;
mod old_version;
mod personal;
mod repeats;
mod short;
mod texts;
mod topics;
mod unused;

use super::version::SchemaName;
use super::{At, Findings};
use crate::taxonomy::diagnostic::{Diagnostic, Severity};
use crate::taxonomy::yaml::{Document, Node, YamlPath};
pub use document::DocumentText;
use texts::Seeds;

/// Advice on a file that is read already; `path` is relative to the taxonomy's root. Sorted by place.
///
/// `documents` are the texts that the leaf's contexts come from, where they are at hand; without them nothing is said of contexts
/// that cannot be found.
pub fn advise(path: &str, document: &Document, documents: Option<&[DocumentText]>) -> Vec<Diagnostic> {
    let Some(root) = document.root().filter(|_| document.load_error().is_none()) else {
        return Vec::new();
    };
    let seeds = Seeds::read(root, SchemaName::of(path, Some(root)));
    let mut findings = Findings {
        path: path.to_owned(),
        found: Vec::new(),
    };
    let mut advice = Advice {
        findings: &mut findings,
    };
    old_version::look(root, seeds.schema, &mut advice);
    commit::look(&seeds, &mut advice);
    mixed::look(&seeds, &mut advice);
    contexts::look(&seeds, &mut advice);
    repeats::look(&seeds, &mut advice);
    unused::look(&seeds, &mut advice);
    lengths::look(&seeds, &mut advice);
    short::look(&seeds, &mut advice);
    machine::look(&seeds, &mut advice);
    personal::look(&seeds, &mut advice);
    topics::look(&seeds, &mut advice);
    if let Some(documents) = documents {
        document::look(&seeds, documents, &mut advice);
    }
    findings.sorted()
}

/// The advice that can be mended without a person, which costs next to nothing to find.
pub(super) fn mendable(path: &str, document: &Document) -> Vec<Diagnostic> {
    let Some(root) = document.root().filter(|_| document.load_error().is_none()) else {
        return Vec::new();
    };
    let mut findings = Findings {
        path: path.to_owned(),
        found: Vec::new(),
    };
    let mut advice = Advice {
        findings: &mut findings,
    };
    old_version::look(root, SchemaName::of(path, Some(root)), &mut advice);
    findings.sorted()
}

/// Takes the pieces of advice.
struct Advice<'f> {
    findings: &'f mut Findings,
}

impl Advice<'_> {
    fn tell(&mut self, rule: &'static str, node: &Node, path: &YamlPath, message: String, fix: Option<String>) {
        let at = At {
            line: node.line,
            column: node.column,
            yaml_path: &path.to_string(),
        };
        self.findings.tell(Severity::Advice, rule, at, message, fix);
    }
}

#[cfg(test)]
mod tests;

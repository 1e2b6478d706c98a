//! context-not-found: a context that stands in none of the leaf's documents.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::SchemaName;
use crate::taxonomy::check::place::subject;

/// The text of one document that a leaf rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentText {
    /// Relative to the documents' repository.
    pub path: String,
    pub text: String,
}

pub(super) fn look(seeds: &Seeds<'_>, documents: &[DocumentText], advice: &mut Advice<'_>) {
    if seeds.schema != SchemaName::Knowledge || documents.is_empty() {
        return;
    }
    let folded: Vec<String> = documents.iter().map(|document| folded(&document.text)).collect();
    for context in seeds.examples.iter().filter_map(|example| example.context.as_ref()) {
        let wanted = self::folded(context.text);
        if wanted.is_empty() || folded.iter().any(|document| document.contains(&wanted)) {
            continue;
        }
        let message = format!(
            "{} does not occur in the documents at the pinned commit, so its answers rest on something that will not be read; copy the \
             passage from the document, or pin the commit that has it.",
            subject(&context.path)
        );
        advice.tell("context-not-found", context.node, &context.path, message, None);
    }
}

/// Letters and digits only, in lower case: how lines are broken, marked up and punctuated does not matter.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

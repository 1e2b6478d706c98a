//! repeated-context: two seed examples of knowledge that rest on the same passage.

use std::collections::HashMap;

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::SchemaName;
use crate::taxonomy::check::place::{place, subject};
use crate::text::normal::normal;

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    if seeds.schema != SchemaName::Knowledge {
        return;
    }
    let mut seen = HashMap::new();
    for example in &seeds.examples {
        let Some(context) = example
            .context
            .as_ref()
            .filter(|context| !context.text.trim().is_empty())
        else {
            continue;
        };
        if let Some(first) = seen.insert(normal(context.text), &example.path) {
            let message = format!(
                "{} has the same context as {}, so this passage counts twice and others not at all; choose another passage of the \
                 documents.",
                subject(&example.path),
                place(first)
            );
            advice.tell("repeated-context", context.node, &context.path, message, None);
        }
    }
}

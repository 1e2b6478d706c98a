//! unused-questions: more than three questions on one context, of which InstructLab takes the first three.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::SchemaName;
use crate::taxonomy::check::place::subject;
use crate::taxonomy::yaml::Node;

/// How many pairs of a seed example are put before the teacher. Source: InstructLab's SDG, `icl_query_1` to `icl_query_3`.
const USED: usize = 3;

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    if seeds.schema != SchemaName::Knowledge {
        return;
    }
    for example in &seeds.examples {
        let path = example.path.key("questions_and_answers");
        let Some(first_unused) = example
            .node
            .get("questions_and_answers")
            .and_then(Node::items)
            .and_then(|items| items.get(USED))
        else {
            continue;
        };
        let message = format!(
            "{} has {} questions, and InstructLab uses the first three; keep the best three, or give the others a context of their own.",
            subject(&example.path),
            example.pairs.len()
        );
        advice.tell("unused-questions", first_unused, &path.index(USED), message, None);
    }
}

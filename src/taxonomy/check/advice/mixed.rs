//! mixed-contexts: a skill in which some examples have a context and others do not.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::SchemaName;

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    if seeds.schema != SchemaName::Skill {
        return;
    }
    let with = seeds
        .examples
        .iter()
        .filter(|example| example.context.is_some())
        .count();
    let without = seeds.examples.len() - with;
    if with == 0 || without == 0 {
        return;
    }
    // The smaller part is the likelier mistake.
    let odd = seeds
        .examples
        .iter()
        .find(|example| example.context.is_some() == (with <= without));
    if let Some(example) = odd {
        let message = format!(
            "{with} of {} seed examples have a context and the others have none, so the samples are made as if all had one; put the two \
             kinds into two leaves.",
            seeds.examples.len()
        );
        advice.tell("mixed-contexts", example.node, &example.path, message, None);
    }
}

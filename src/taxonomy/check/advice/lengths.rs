//! long-text: texts beyond what InstructLab's guidance allows.

use super::Advice;
use super::texts::{Seeds, Text};
use crate::taxonomy::check::SchemaName;
use crate::taxonomy::check::place::subject;
use crate::taxonomy::knowledge::count_words;
use crate::taxonomy::yaml::YamlPath;

/// Words of a context. Source: README of InstructLab's taxonomy.
const CONTEXT: usize = 500;
/// Words of a question, and of an answer. Source: as above.
const QUESTION_OR_ANSWER: usize = 250;
/// Words of all questions and answers of a skill together. Source: as above.
const SKILL: usize = 2300;

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    let mut all = 0;
    let mut one = |text: &Text<'_>, limit: usize| {
        // No word is shorter than a byte.
        if text.text.len() <= limit {
            return if seeds.schema == SchemaName::Skill {
                count_words(text.text)
            } else {
                0
            };
        }
        let words = count_words(text.text);
        if words > limit {
            let message = format!(
                "{} has {words} words, and InstructLab's guidance is at most {limit}; longer texts are cut off or crowd out the others, \
                 so shorten it.",
                subject(&text.path)
            );
            advice.tell("long-text", text.node, &text.path, message, None);
        }
        words
    };
    for example in &seeds.examples {
        if let Some(context) = &example.context {
            one(context, CONTEXT);
        }
        for text in example.pairs.iter().flat_map(super::texts::Pair::texts) {
            all += one(text, QUESTION_OR_ANSWER);
        }
    }
    if seeds.schema == SchemaName::Skill
        && all > SKILL
        && let Some(node) = seeds.root.get("seed_examples")
    {
        let message = format!(
            "The seed examples have {all} words together, and InstructLab's guidance is about {SKILL}; keep the examples that differ most."
        );
        advice.tell("long-text", node, &YamlPath::root().key("seed_examples"), message, None);
    }
}

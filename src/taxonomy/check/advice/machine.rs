//! machine-written: answers with the stock phrases and marks of a chat program.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::place::subject;

/// Whole phrases that people do not write about their subject. Lower case, straight apostrophes.
const PHRASES: &[&str] = &[
    "as an ai language model",
    "as a large language model",
    "as an ai assistant",
    "as an ai model",
    "i'm just an ai",
    "i am just an ai",
    "my knowledge cutoff",
    "my last knowledge update",
    "my training data",
    "i hope this helps!",
    "let me know if you have any other questions",
    "let me know if you'd like me to",
    "feel free to ask if you have",
    "is there anything else i can help you with",
    "regenerate response",
    "rich tapestry",
];

/// Openings of an answer that hand the text over.
const OPENINGS: &[&str] = &[
    "sure! here",
    "sure, here",
    "certainly! here",
    "certainly, here",
    "of course! here",
    "absolutely! here",
    "here's a possible answer",
    "here is a possible answer",
    "great question!",
];

/// Marks of chat templates and of pages that a text was copied from.
const MARKS: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|assistant|>",
    "[/INST]",
    "<</SYS>>",
    "oaicite",
    "contentReference[",
    "turn0search",
];

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    for answer in seeds.pairs().filter_map(|pair| pair.answer.as_ref()) {
        if let Some(found) = trace(answer.text) {
            let message = format!(
                "{} reads as written by a chat program ('{found}'), and such answers are refused since they teach nothing new; write it \
                 in your own words.",
                subject(&answer.path)
            );
            advice.tell("machine-written", answer.node, &answer.path, message, None);
        }
    }
}

fn trace(text: &str) -> Option<&'static str> {
    if let Some(mark) = MARKS.iter().find(|mark| text.contains(**mark)) {
        return Some(mark);
    }
    let lower = text.to_lowercase().replace('’', "'");
    let opening = OPENINGS
        .iter()
        .find(|opening| lower.trim_start().starts_with(**opening));
    opening
        .or_else(|| PHRASES.iter().find(|phrase| lower.contains(**phrase)))
        .copied()
}

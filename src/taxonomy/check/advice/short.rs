//! short-answer: answers of a word or two, which teach the model to be curt.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::place::subject;
use crate::taxonomy::knowledge::count_words;

/// An answer of fewer words is called short.
const LEAST_WORDS: usize = 3;
/// Where nearly every answer is this short, as in a skill that sorts into classes, brevity is meant.
const MEANT: (usize, usize) = (2, 3);

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    let answers = || {
        seeds
            .pairs()
            .filter_map(|pair| pair.answer.as_ref())
            .filter(|answer| !answer.text.trim().is_empty())
    };
    // A word and its space are seldom shorter than four bytes; only short texts need counting.
    let is_short = |text: &str| text.len() < 64 && count_words(text) < LEAST_WORDS;
    let short: Vec<_> = answers().filter(|answer| is_short(answer.text)).collect();
    if short.len() * MEANT.1 >= answers().count() * MEANT.0 {
        return;
    }
    for answer in short {
        let message = format!(
            "{} is only '{}', and short answers are a usual reason to refuse a contribution; answer in a sentence and say why.",
            subject(&answer.path),
            answer.text.trim().chars().take(40).collect::<String>()
        );
        advice.tell("short-answer", answer.node, &answer.path, message, None);
    }
}

//! `SourceSignsBlock` (Seedbed's own): marks samples on a source for the person who reads them, before any judge is paid.
//!
//! Keys: `input_cols` (question, answer, source), `least_overlap` (0.2), `most_copied` (0.9), `pointers` (words in a question that
//! point at a source which its reader does not have). No row leaves; the flags are `refers-to-source` (the question points at it),
//! `number-not-in-source` (the answer has a number that the source has not, or with another unit; numbers of one digit without
//! a unit and those that count a list are not looked at), `little-overlap` (of the answer's longer words fewer than `least_overlap` begin as one of the
//! source does) and `copied` (more than `most_copied` of an answer of twelve words and more stands in the source word for word).

use std::collections::HashSet;

use super::kept_words::numbers;
use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::quality::overlap::shared_passages;
use crate::text::normal::{normal, words};

pub(super) const NAME: &str = "SourceSignsBlock";

/// In English; flows for other languages name their own.
const POINTERS: [&str; 12] = [
    "the text",
    "this text",
    "the passage",
    "this passage",
    "the document",
    "this document",
    "the excerpt",
    "the above",
    "mentioned above",
    "the figure",
    "the table above",
    "the author",
];
/// Shorter words are mostly those that stand in every text; of longer ones the beginning is compared, since endings change.
const LONG_WORD: usize = 4;
const BEGINNING: usize = 5;
const FEWEST_WORDS: usize = 12;

struct SourceSigns {
    question: String,
    answer: String,
    source: String,
    least_overlap: f64,
    most_copied: f64,
    /// In normal form.
    pointers: Vec<String>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let inputs = config.inputs()?;
    let [question, answer, source] = inputs.as_slice() else {
        return Err("'input_cols' must name question, answer and source".to_owned().into());
    };
    let mut pointers = config.texts("pointers")?;
    if pointers.is_empty() {
        pointers = POINTERS.map(str::to_owned).to_vec();
    }
    let step = SourceSigns {
        question: question.clone(),
        answer: answer.clone(),
        source: source.clone(),
        least_overlap: config.number("least_overlap")?.unwrap_or(0.2),
        most_copied: config.number("most_copied")?.unwrap_or(0.9),
        pointers: pointers.iter().map(|words| normal(words)).collect(),
    };
    Ok(Block::each(config.name(), NAME, step).reading(inputs))
}

/// A number, however it is grouped and its decimals are set off, and its unit: `1,000kg` is 1000 and `kg`, `2,50` is 2.5.
///
/// A point or comma before three digits groups them, unless nothing but 0 stands before it.
fn plain(number: &str) -> (String, String) {
    let end = number.find(char::is_alphabetic).unwrap_or(number.len());
    let (figures, unit) = number.split_at(end);
    let mut value = String::new();
    let mut is_decimal = false;
    for (at, part) in figures.split(['.', ',']).enumerate() {
        let groups = part.len() == 3 && value != "0" && !is_decimal;
        if at > 0 && !groups && !is_decimal {
            is_decimal = true;
            value.push('.');
        }
        value.extend(part.chars().filter(char::is_ascii_digit));
    }
    if is_decimal {
        value.truncate(value.trim_end_matches('0').trim_end_matches('.').len());
    }
    (value, unit.to_owned())
}

/// True when an answer has a number that the source has not.
fn has_strange_number(answer: &str, source: &str) -> bool {
    let known: HashSet<(String, String)> = numbers(source).iter().map(|number| plain(number)).collect();
    let known_values: HashSet<&str> = known.iter().map(|(value, _)| value.as_str()).collect();
    let lines = answer.lines().map(|line| {
        let text = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        // `2. ` at the start of a line counts the line.
        match text.strip_prefix(['.', ')']) {
            Some(rest) if rest.starts_with(char::is_whitespace) => rest,
            _ => line,
        }
    });
    let begins_so = |number: &String| number.starts_with(|c: char| c.is_ascii_digit());
    lines.flat_map(numbers).filter(begins_so).any(|number| {
        let (value, unit) = plain(&number);
        let is_known = match unit.as_str() {
            // A unit that one of the two leaves out or writes as a word.
            "" => value.len() == 1 || known_values.contains(value.as_str()),
            _ => known.contains(&(value.clone(), String::new())) || known.contains(&(value, unit)),
        };
        !is_known
    })
}

/// The share of the answer's longer words that begin as one of the source does.
fn overlap(answer: &str, source: &str) -> f64 {
    let beginning = |word: &String| word.chars().take(BEGINNING).collect::<String>();
    let is_long = |word: &String| !word.is_ascii() || word.len() >= LONG_WORD;
    let known: HashSet<String> = words(source).iter().map(beginning).collect();
    let said: Vec<String> = words(answer).into_iter().filter(is_long).collect();
    if said.is_empty() {
        return 1.0;
    }
    let shared = said.iter().filter(|word| known.contains(&beginning(word))).count();
    shared as f64 / said.len() as f64
}

fn copied(answer: &str, source: &str) -> f64 {
    if words(answer).len() < FEWEST_WORDS {
        return 0.0;
    }
    let same: usize = shared_passages(answer, source).iter().map(std::ops::Range::len).sum();
    same as f64 / answer.trim().len().max(1) as f64
}

impl SourceSigns {
    fn signs(&self, row: &Row) -> Vec<&'static str> {
        let (question, answer, source) = (row.text(&self.question), row.text(&self.answer), row.text(&self.source));
        // Whole words: `the texture` points at nothing.
        let question = format!(" {} ", words(question).join(" "));
        let points = self
            .pointers
            .iter()
            .any(|words| question.contains(&format!(" {words} ")));
        let signs = [
            (points, "refers-to-source"),
            (has_strange_number(answer, source), "number-not-in-source"),
            (overlap(answer, source) < self.least_overlap, "little-overlap"),
            (copied(answer, source) > self.most_copied, "copied"),
        ];
        signs
            .into_iter()
            .filter(|(is_so, _)| *is_so)
            .map(|(_, flag)| flag)
            .collect()
    }
}

impl EachRow for SourceSigns {
    fn apply(&self, mut row: Row) -> Applied {
        for sign in self.signs(&row) {
            row.flag(sign);
        }
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;
    use serde_json::json;

    const SOURCE: &str = "Seedlings lose turgor below −2 °C. Water the soil with 1,000 ml the evening before, 3 days in a row: wet \
         ground gives off heat through the night, and the air around the leaves stays warmer by 1.5 degrees.";

    fn signs(question: &str, answer: &str) -> Vec<String> {
        let config = json!({"input_cols": ["question", "response", "document"]});
        let columns = json!({"question": question, "response": answer, "document": SOURCE});
        apply(NAME, config, columns).rows[0].flags.clone()
    }

    #[test]
    fn what_a_reader_should_look_at_is_marked() {
        let good = "How are seedlings kept from frost?";
        for (question, answer, flags) in [
            (
                good,
                "Watering the soil the evening before keeps the air warmer.",
                &[][..],
            ),
            (
                "What does the text say of seedlings?",
                "They lose turgor in the cold.",
                &["refers-to-source"],
            ),
            (
                "What does the texture of wet ground do?",
                "Wet ground gives off heat.",
                &[],
            ),
            (good, "Water the soil with 1000 ml in the evening.", &[]),
            (
                good,
                "Water the soil with 1000 l in the evening.",
                &["number-not-in-source"],
            ),
            (
                good,
                "Water the soil with 750 ml in the evening.",
                &["number-not-in-source"],
            ),
            (
                good,
                "Water the soil:\n1. in the evening\n12. with 1000 ml, by 1.5 °C warmer",
                &[],
            ),
            (
                good,
                "Cover them using fleece from any garden centre.",
                &["little-overlap"],
            ),
            (
                good,
                "Wet ground gives off heat through the night, and the air around the leaves stays warmer.",
                &["copied"],
            ),
            (good, "Wet ground gives off heat.", &[]),
            // A decimal point left out is ten times as much.
            (
                good,
                "It keeps the air warmer by 15 degrees.",
                &["number-not-in-source"],
            ),
            (good, "It keeps the air warmer by 1,50 degrees.", &[]),
            (good, "Water the soil with 1.000 ml in the evening.", &[]),
            // A number at the start of a line counts it only where a space follows.
            (good, "750.", &["number-not-in-source"]),
            (good, "1.5 degrees warmer stays the air.", &[]),
            (good, "Water the soil:\n  12. in the evening", &[]),
        ] {
            assert_eq!(signs(question, answer), flags, "{question} {answer}");
        }
    }
}

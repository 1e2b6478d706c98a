//! `ListParserBlock` (Seedbed's own): makes a row of every entry of a list in an answer.
//!
//! Keys: `input_cols` (one), `output_cols`, and either `markers`, one for each column, as `[Question]` and `[Answer]`
//! (an entry begins at the first marker; letters' case does not matter; `[End]` and what follows it up to the next
//! entry is left out), or `numbered: true` (one column; an entry begins with a number and a full stop or bracket at the
//! start of a line). `most_rows` (20): further entries leave.
//! `all_columns` (true): entries without one of the columns leave; they are empty else.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::answer_json::without_thoughts;
use crate::flow::config::Config;
use crate::flow::row::{Applied, Rejected, Row};
use crate::samples::DropReason;
use crate::teacher::Finish;

pub(super) const NAME: &str = "ListParserBlock";

const END: &str = "[end]";

enum Form {
    Markers(Vec<String>),
    Numbered,
}

struct ListParser {
    input: String,
    outputs: Vec<String>,
    form: Form,
    most_rows: usize,
    all_columns: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (input, outputs) = (config.one_input()?, config.outputs()?);
    let markers: Vec<String> = config
        .texts("markers")?
        .iter()
        .map(|marker| marker.to_lowercase())
        .collect();
    let numbered = config.bool("numbered")?.unwrap_or(false);
    let form = match (numbered, markers.len()) {
        (true, 0) if outputs.len() == 1 => Form::Numbered,
        (false, count) if count > 0 && count == outputs.len() && !markers.iter().any(String::is_empty) => {
            Form::Markers(markers)
        }
        _ => {
            let reason = "give one marker for each output column, or 'numbered: true' and one column";
            return Err(reason.to_owned().into());
        }
    };
    let most_rows = config.whole("most_rows")?.unwrap_or(20).max(1);
    let step = ListParser {
        input: input.clone(),
        outputs: outputs.clone(),
        form,
        most_rows: usize::try_from(most_rows).unwrap_or(usize::MAX),
        all_columns: config.bool("all_columns")?.unwrap_or(true),
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(outputs);
    block.grows = most_rows;
    Ok(block)
}

/// Where a marker stands in a text; markers are found without regard to letters' case, in ASCII only, so that places in
/// the lower-case text are places in the text itself.
fn find(lower: &str, marker: &str, from: usize) -> Option<usize> {
    lower.get(from..)?.find(marker).map(|at| from + at)
}

fn by_markers(text: &str, markers: &[String]) -> Vec<Vec<String>> {
    let lower = text.to_ascii_lowercase();
    let mut entries = Vec::new();
    let Some(first) = markers.first() else { return entries };
    let mut start = find(&lower, first, 0);
    while let Some(at) = start {
        let next = find(&lower, first, at + first.len());
        let entry_end = next.unwrap_or(text.len());
        let mut values = Vec::with_capacity(markers.len());
        let mut from = Some(at);
        for (number, marker) in markers.iter().enumerate() {
            let found = from
                .and_then(|from| find(&lower, marker, from))
                .filter(|found| *found < entry_end);
            let Some(found) = found else {
                values.push(String::new());
                continue;
            };
            let begin = found + marker.len();
            let later = markers
                .iter()
                .skip(number + 1)
                .filter_map(|later| find(&lower, later, begin));
            let end = later
                .chain(find(&lower, END, begin))
                .chain([entry_end])
                .min()
                .unwrap_or(entry_end);
            values.push(tidy(text.get(begin..end).unwrap_or_default()));
            from = Some(begin);
        }
        entries.push(values);
        start = next;
    }
    entries
}

/// Splits at line breaks followed by a number and a full stop or a bracket.
fn by_numbers(text: &str) -> Vec<Vec<String>> {
    let mut entries: Vec<String> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim_start_matches(|c: char| c.is_whitespace() || c == '*');
        let digits = trimmed.chars().take_while(char::is_ascii_digit).count();
        let after = trimmed.get(digits..).unwrap_or_default();
        match (digits, after.strip_prefix(['.', ')', '．', '、'])) {
            (1..=3, Some(rest)) if !rest.starts_with(|c: char| c.is_ascii_digit()) => {
                entries.push(rest.trim_start_matches('*').to_owned());
            }
            _ => {
                // What comes before the first number is an introduction.
                if let Some(last) = entries.last_mut() {
                    last.push('\n');
                    last.push_str(line);
                }
            }
        }
    }
    entries.iter().map(|entry| vec![tidy(entry)]).collect()
}

fn tidy(text: &str) -> String {
    text.strip_prefix(':').unwrap_or(text).trim().to_owned()
}

impl EachRow for ListParser {
    fn apply(&self, row: Row) -> Applied {
        let text = without_thoughts(row.text(&self.input));
        let entries = match &self.form {
            Form::Markers(markers) => by_markers(text, markers),
            Form::Numbered => by_numbers(text),
        };
        if entries.is_empty() {
            let message = format!("no {} could be found in '{}'", self.outputs.join(" or "), self.input);
            return Applied::rejected(row, DropReason::Unparsable, message);
        }
        let count = entries.len();
        let mut applied = Applied::default();
        for (piece, values) in entries.into_iter().enumerate() {
            let mut one = row.clone();
            if count > 1 {
                one.lineage = row.lineage.child(piece);
            }
            let missing = self.outputs.iter().zip(&values).find(|(_, value)| value.is_empty());
            let missing = missing.filter(|_| self.all_columns).map(|(column, _)| column.clone());
            if row.finish == Some(Finish::Length) && piece + 1 < count {
                // Only the last entry is cut off.
                one.finish = Some(Finish::Stop);
            }
            for (column, value) in self.outputs.iter().zip(values) {
                one.set(column, Value::from(value));
            }
            if let Some(column) = missing {
                let message = format!("the entry has no {column}");
                applied
                    .rejected
                    .push(Rejected::new(one, DropReason::Unparsable, message));
            } else if piece >= self.most_rows {
                let message = format!("more than the {} entries asked for", self.most_rows);
                applied.rejected.push(Rejected::new(one, DropReason::Filter, message));
            } else {
                applied.rows.push(one);
            }
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::Step;
    use crate::flow::blocks::tests::{apply, block, reason, row, values};
    use serde_json::json;

    #[test]
    fn entries_between_markers_become_rows() {
        let config = json!({"input_cols": "raw", "output_cols": ["question", "response"], "markers": ["[Question]", "[Answer]"], "most_rows": 3});
        let raw = "Sure:\n[Question]: Wann?\n[ANSWER]\nIm März.\n[End]\nand\n[question]\nWho?\n[Question]\nÄh, why?\n[Answer]\nSo.";
        let applied = apply(NAME, config.clone(), json!({"raw": raw}));
        assert_eq!(
            values(&applied, &["question", "response"]),
            [[json!("Wann?"), json!("Im März.")], [json!("Äh, why?"), json!("So.")]]
        );
        assert_eq!(applied.rejected[0].message, "the entry has no response");
        let names: Vec<_> = applied.rows.iter().map(|row| row.lineage.to_string()).collect();
        assert_eq!(names, ["0.0", "0.2"]);
        assert_eq!(
            reason(&apply(NAME, config, json!({"raw": "nothing"}))),
            DropReason::Unparsable
        );
    }

    #[test]
    fn numbered_lists_are_split_at_their_numbers() {
        let config = json!({"input_cols": "raw", "output_cols": "instruction", "numbered": true, "most_rows": 3});
        let raw = "Here are some:\n1. Name 3.5 things\nin order.\n2) Say why.\n**3.** Go on.\n4. One more.";
        let applied = apply(NAME, config.clone(), json!({"raw": raw}));
        assert_eq!(
            values(&applied, &["instruction"]),
            [
                [json!("Name 3.5 things\nin order.")],
                [json!("Say why.")],
                [json!("Go on.")]
            ]
        );
        assert_eq!(applied.rejected.len(), 1);
        assert!(
            block(
                NAME,
                json!({"input_cols": "raw", "output_cols": ["a", "b"], "numbered": true})
            )
            .is_err()
        );
    }

    #[test]
    fn only_the_last_entry_of_a_cut_answer_is_cut() {
        let config = json!({"input_cols": "raw", "output_cols": "instruction", "numbered": true});
        let Step::Each(step) = block(NAME, config).unwrap().step else {
            panic!()
        };
        let mut cut = row(json!({"raw": "1. One.\n2. Tw"}));
        cut.finish = Some(Finish::Length);
        let finishes: Vec<_> = step.apply(cut).rows.iter().map(|row| row.finish).collect();
        assert_eq!(finishes, [Some(Finish::Stop), Some(Finish::Length)]);
    }
}

//! `SiftAnswersBlock` (Seedbed's own): leaves out bad answers among several to one prompt, before any is judged.
//!
//! Keys: `input_cols` (one, the answers of `LLMChatBlock` with `n`), `output_cols` (two lists: texts, and the reasoning
//! that the server returned apart), `at_least` (1: a row with fewer usable answers leaves), `distinct` (false: the same
//! text counts once). An answer that is cut off, empty, repeats itself, or holds markup or a refusal is left out.

use std::collections::HashSet;

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::answer_json::without_thoughts;
use crate::flow::blocks::answers::{CONTENT, FINISH, REASONING};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::quality::{leftover, repetition};
use crate::samples::DropReason;
use crate::teacher::Finish;
use crate::text::normal::{normal, words};

pub(super) const NAME: &str = "SiftAnswersBlock";

struct SiftAnswers {
    input: String,
    texts: String,
    reasonings: String,
    at_least: u64,
    distinct: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let outputs = config.outputs()?;
    let [texts, reasonings] = outputs.as_slice() else {
        return Err("'output_cols' must name two columns: the texts and their reasoning"
            .to_owned()
            .into());
    };
    let step = SiftAnswers {
        input: input.clone(),
        texts: texts.clone(),
        reasonings: reasonings.clone(),
        at_least: config.whole("at_least")?.unwrap_or(1).max(1),
        distinct: config.bool("distinct")?.unwrap_or(false),
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(outputs);
    block.joins = true;
    Ok(block)
}

/// What is wrong with one answer, in a few words.
fn fault(text: &str, finish: &str) -> Option<(DropReason, String)> {
    let fault = |reason, why: &str| Some((reason, why.to_owned()));
    match finish {
        "length" => return fault(DropReason::Truncated, "cut off"),
        "repetition" => return fault(DropReason::Repetition, "going round in circles"),
        _ => {}
    }
    if words(text).is_empty() {
        return fault(DropReason::Empty, "empty");
    }
    if repetition::repeats(text) {
        return fault(DropReason::Repetition, "repeating itself");
    }
    let found = leftover::find(text)?;
    let reason = match found.kind {
        leftover::LeftoverKind::Refusal => DropReason::Refused,
        _ => DropReason::Unparsable,
    };
    Some((reason, format!("with {}", found.kind.words())))
}

impl EachRow for SiftAnswers {
    fn apply(&self, mut row: Row) -> Applied {
        let answers = match row.columns.get(&self.input) {
            Some(Value::Array(answers)) => answers.clone(),
            _ => Vec::new(),
        };
        let (mut texts, mut reasonings) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        let mut faults: Vec<(DropReason, String)> = Vec::new();
        for answer in &answers {
            let part = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
            let text = without_thoughts(part(CONTENT)).trim();
            if let Some(fault) = fault(text, part(FINISH)) {
                faults.push(fault);
            } else if self.distinct && !seen.insert(normal(text)) {
                faults.push((DropReason::Duplicate, "the same as another".to_owned()));
            } else {
                texts.push(Value::from(text));
                reasonings.push(Value::from(part(REASONING).trim()));
            }
        }
        if (texts.len() as u64) < self.at_least {
            let reason = faults.first().map_or(DropReason::Empty, |(reason, _)| *reason);
            let why: Vec<String> = faults.into_iter().map(|(_, why)| why).collect();
            let message = format!(
                "{} of {} answers can be used, wanted: {}; the others are {}",
                texts.len(),
                answers.len(),
                self.at_least,
                if why.is_empty() {
                    "missing".to_owned()
                } else {
                    why.join(", ")
                }
            );
            return Applied::rejected(row, reason, message);
        }
        // What goes on is whole, however the last of the answers ended.
        row.finish = Some(Finish::Stop);
        row.set(&self.texts, texts);
        row.set(&self.reasonings, reasonings);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, reason, values};
    use serde_json::json;

    #[test]
    fn bad_answers_are_left_out_and_too_few_say_why() {
        let answers = json!([
            {"content": "At dawn.", "reasoning_content": "Cool air.", "finish_reason": "stop"},
            {"content": "At da", "reasoning_content": "", "finish_reason": "length"},
            {"content": "As an AI language model, I do not garden.", "finish_reason": "stop"},
            {"content": "<think>hm</think>AT DAWN.", "finish_reason": "stop"},
        ]);
        let config = |at_least: u64, distinct: bool| json!({"input_cols": "a", "output_cols": ["texts", "why"], "at_least": at_least, "distinct": distinct});
        let applied = apply(NAME, config(2, false), json!({"a": answers}));
        assert_eq!(
            values(&applied, &["texts", "why"]),
            [[json!(["At dawn.", "AT DAWN."]), json!(["Cool air.", ""])]]
        );
        let applied = apply(NAME, config(2, true), json!({"a": answers}));
        assert_eq!(reason(&applied), DropReason::Truncated);
        let message = &applied.rejected[0].message;
        assert!(
            message.starts_with("1 of 4 answers") && message.contains("the same as another"),
            "{message}"
        );
        assert_eq!(
            reason(&apply(NAME, config(1, false), json!({"a": []}))),
            DropReason::Empty
        );
    }
}

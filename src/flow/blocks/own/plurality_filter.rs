//! `PluralityFilterBlock` (Seedbed's own): keeps an answer on which most of several agree.
//!
//! The final answer of each text stands behind `marker` (`Final answer:`); final answers that are the same number, or
//! the same words, count as one group. Keys: `input_cols` (the texts, and with a second column the reasoning beside
//! them), `output_cols` (the text kept, its reasoning, and the agreement: the group's share of all), `min_agreement` and
//! `max_agreement` (0 and 1: rows outside leave; Phi-4 keeps questions on which neither all nor none agree, as those are
//! too easy, too hard or ambiguous), `least_votes` (2: where fewer texts have a final answer, the question has no short
//! one; the columns are then null and a critic decides). The longest text of the largest group is kept, the first group
//! among equals.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::samples::{DropReason, Keeps};
use crate::text::normal::{normal, words};

pub(super) const NAME: &str = "PluralityFilterBlock";

struct PluralityFilter {
    name: String,
    texts: String,
    reasonings: Option<String>,
    outputs: [String; 3],
    marker: String,
    least: f64,
    most: f64,
    least_votes: u64,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let inputs = config.inputs()?;
    let (texts, reasonings) = match inputs.as_slice() {
        [texts] => (texts.clone(), None),
        [texts, reasonings] => (texts.clone(), Some(reasonings.clone())),
        _ => {
            return Err("'input_cols' must name the texts, and at most their reasoning"
                .to_owned()
                .into());
        }
    };
    let outputs: [String; 3] = config
        .outputs()?
        .try_into()
        .map_err(|_| "'output_cols' must name three columns: text, reasoning, agreement".to_owned())?;
    let mut share = |key: &str, default: f64| match config.number(key) {
        Ok(None) => Ok(default),
        Ok(Some(value)) if (0.0..=1.0).contains(&value) => Ok(value),
        Ok(Some(value)) => Err(format!("'{key}' must lie between 0 and 1, not {value}")),
        Err(why) => Err(why),
    };
    let (least, most) = (share("min_agreement", 0.0)?, share("max_agreement", 1.0)?);
    let step = PluralityFilter {
        name: config.name().to_owned(),
        texts,
        reasonings,
        outputs: outputs.clone(),
        marker: config.text("marker")?.unwrap_or("Final answer:").to_ascii_lowercase(),
        least,
        most,
        least_votes: config.whole("least_votes")?.unwrap_or(2).max(1),
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(inputs)
        .writing(outputs.to_vec());
    block.threshold = Some(("min_agreement", least, Keeps::AtLeast));
    Ok(block)
}

/// The form in which two final answers that mean the same are equal: a number by its value, else words without marks.
fn form(answer: &str) -> String {
    let plain = normal(answer);
    let plain =
        plain.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '。' | '*' | '$' | '"' | '\'' | '`'));
    let digits: String = plain
        .chars()
        .filter(|c| !matches!(c, ',' | '\u{a0}' | '_' | ' '))
        .collect();
    match digits.parse::<f64>() {
        Ok(number) if number.is_finite() => format!("{number}"),
        _ => {
            let spoken = words(plain).join(" ");
            if spoken.is_empty() { plain.to_owned() } else { spoken }
        }
    }
}

impl PluralityFilter {
    /// The final answer and the text without its last line where that repeats what the text says already.
    fn split(&self, text: &str) -> Option<(String, String)> {
        let lower = text.to_ascii_lowercase();
        let at = lower.rfind(&self.marker)?;
        let answer = text.get(at + self.marker.len()..)?.trim().trim_matches('*').trim();
        let key = form(answer);
        if key.is_empty() || answer.lines().count() > 2 {
            return None;
        }
        let body = text
            .get(..at)?
            .trim_end_matches(|c: char| c.is_whitespace() || c == '*' || c == '#');
        let is_said = words(body).join(" ").contains(&words(answer).join(" "));
        let text = match (body.is_empty(), is_said) {
            (false, true) => body.to_owned(),
            (false, false) => format!("{body}\n\n{answer}"),
            (true, _) => answer.to_owned(),
        };
        Some((key, text))
    }
}

impl EachRow for PluralityFilter {
    fn apply(&self, mut row: Row) -> Applied {
        let list = |name: &str| row.list(name).to_vec();
        let texts = list(&self.texts);
        let reasonings = self.reasonings.as_deref().map(list).unwrap_or_default();
        // Groups in the order of their first member: (final answer, size, place and text of the longest).
        let mut groups: Vec<(String, usize, usize, String)> = Vec::new();
        let mut votes: u64 = 0;
        for (place, text) in texts.iter().filter_map(Value::as_str).enumerate() {
            let Some((key, body)) = self.split(text) else { continue };
            votes += 1;
            match groups.iter_mut().find(|group| group.0 == key) {
                Some(group) => {
                    group.1 += 1;
                    if body.len() > group.3.len() {
                        (group.2, group.3) = (place, body);
                    }
                }
                None => groups.push((key, 1, place, body)),
            }
        }
        let [text_column, reasoning_column, agreement_column] = &self.outputs;
        if votes < self.least_votes {
            for column in &self.outputs {
                row.set(column, Value::Null);
            }
            return Applied::kept(row);
        }
        let size = groups.iter().map(|group| group.1).max().unwrap_or(0);
        let Some((key, _, place, text)) = groups.into_iter().find(|group| group.1 == size) else {
            return Applied::kept(row);
        };
        let agreement = size as f64 / texts.len().max(1) as f64;
        row.measure(&self.name, agreement);
        if agreement < self.least || agreement > self.most {
            let message = format!(
                "{size} of {} answers agree on \"{key}\", a share of {agreement:.2}; wanted: {} to {}",
                texts.len(),
                self.least,
                self.most
            );
            return Applied::rejected(row, DropReason::Filter, message);
        }
        row.set(text_column, text);
        row.set(reasoning_column, reasonings.get(place).cloned().unwrap_or_default());
        row.set(agreement_column, agreement);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, reason, values};
    use serde_json::json;

    fn config(extra: Value) -> Value {
        let mut config = json!({"input_cols": ["texts", "why"], "output_cols": ["response", "reasoning", "agreement"]});
        for (key, value) in extra.as_object().unwrap() {
            config[key] = value.clone();
        }
        config
    }

    #[test]
    fn the_largest_group_wins_whatever_its_spelling() {
        let texts = json!([
            "It is 1,200 g.\nFinal answer: 1,200",
            "Three times four hundred grams make 1200 in all.\n**Final answer:** 1200.0",
            "Final answer: 1300",
            "I cannot tell."
        ]);
        let applied = apply(
            NAME,
            config(json!({})),
            json!({"texts": texts, "why": ["a", "b", "c", "d"]}),
        );
        assert_eq!(
            values(&applied, &["response", "reasoning", "agreement"]),
            [[
                json!("Three times four hundred grams make 1200 in all.\n\n1200.0"),
                json!("b"),
                json!(0.5)
            ]]
        );
    }

    #[test]
    fn phi4s_filter_keeps_the_middle() {
        let rule = config(json!({"min_agreement": 0.25, "max_agreement": 0.99}));
        let answers = |finals: [&str; 5]| finals.map(|last| format!("So.\nFinal answer: {last}"));
        for (finals, kept) in [
            (["4", "4", "four", "4", "5"], true),
            (["4", "4", "4.0", "4", "4"], false),
            (["1", "2", "3", "4", "5"], false),
        ] {
            let applied = apply(NAME, rule.clone(), json!({"texts": answers(finals), "why": []}));
            assert_eq!(applied.rows.len(), usize::from(kept), "{finals:?}");
            if !kept {
                assert_eq!(reason(&applied), DropReason::Filter);
            }
        }
    }

    #[test]
    fn open_questions_are_left_to_a_critic() {
        let applied = apply(
            NAME,
            config(json!({})),
            json!({"texts": ["Dear neighbour", "Hello"], "why": ["", ""]}),
        );
        assert_eq!(
            values(&applied, &["response", "agreement"]),
            [[json!(null), json!(null)]]
        );
    }
}

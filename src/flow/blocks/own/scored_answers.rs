//! `ScoredAnswersBlock` (Seedbed's own): takes the best of several scored answers, and the worse one for a pair.
//!
//! Keys: `input_cols` (three lists: texts, their reasoning, scores; null where a judge could not be read),
//! `output_cols` (the best text, its reasoning, its score, and for pairs the rejected text), `min_score` (the best must
//! have it), `pair` (false: the best only), `min_gap` (1: least distance of the two scores, as UltraFeedback's pairs
//! need), `max_length_ratio` (2: pairs further apart in length teach length). The worst answer that fits is rejected.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::samples::{DropReason, Keeps};
use crate::text::normal::normal;

pub(super) const NAME: &str = "ScoredAnswersBlock";

struct ScoredAnswers {
    name: String,
    inputs: [String; 3],
    outputs: Vec<String>,
    min_score: f64,
    pair: bool,
    min_gap: f64,
    max_length_ratio: f64,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let inputs: [String; 3] = config
        .inputs()?
        .try_into()
        .map_err(|_| "'input_cols' must name three lists: texts, reasoning, scores".to_owned())?;
    let outputs = config.outputs()?;
    let pair = config.bool("pair")?.unwrap_or(false);
    let wanted = if pair { 4 } else { 3 };
    if outputs.len() != wanted {
        return Err(format!(
            "'output_cols' must name {wanted} columns: text, reasoning, score, and for a pair the rejected text"
        )
        .into());
    }
    let min_score = config.number("min_score")?;
    let step = ScoredAnswers {
        name: config.name().to_owned(),
        inputs: inputs.clone(),
        outputs: outputs.clone(),
        min_score: min_score.unwrap_or(f64::NEG_INFINITY),
        pair,
        min_gap: config.number("min_gap")?.unwrap_or(1.0),
        max_length_ratio: config.number("max_length_ratio")?.unwrap_or(2.0),
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(inputs.to_vec())
        .writing(outputs);
    block.threshold = min_score.map(|score| ("min_score", score, Keeps::AtLeast));
    Ok(block)
}

struct Scored<'a> {
    text: &'a str,
    reasoning: Value,
    score: f64,
}

impl ScoredAnswers {
    fn refuse(&self, best: &Scored<'_>, other: &Scored<'_>) -> Option<String> {
        let (long, short) = (best.text.chars().count(), other.text.chars().count());
        let ratio = long.max(short) as f64 / long.min(short).max(1) as f64;
        if best.score - other.score < self.min_gap {
            Some(format!(
                "the best answer has {:.2} and the worst {:.2}; a pair needs a gap of {}",
                best.score, other.score, self.min_gap
            ))
        } else if normal(best.text) == normal(other.text) {
            Some("the answers differ in white space or case only".to_owned())
        } else if ratio > self.max_length_ratio {
            Some(format!(
                "one answer is {ratio:.1} times as long as the other; a pair allows {}",
                self.max_length_ratio
            ))
        } else {
            None
        }
    }
}

impl EachRow for ScoredAnswers {
    fn apply(&self, mut row: Row) -> Applied {
        let list = |name: &str| row.list(name).to_vec();
        let [texts, reasonings, scores] = &self.inputs;
        let (texts, reasonings, scores) = (list(texts), list(reasonings), list(scores));
        let mut scored: Vec<Scored<'_>> = texts
            .iter()
            .enumerate()
            .filter_map(|(at, text)| {
                Some(Scored {
                    text: text.as_str()?,
                    reasoning: reasonings.get(at).cloned().unwrap_or_default(),
                    // A judge that could not be read says nothing: not that the answer is bad.
                    score: scores.get(at)?.as_f64()?,
                })
            })
            .collect();
        // The first among equals: the sort is stable.
        scored.sort_by(|left, right| right.score.total_cmp(&left.score));
        let Some(best) = scored.first() else {
            return Applied::rejected(row, DropReason::Unparsable, "none of the answers could be scored");
        };
        row.measure(&self.name, best.score);
        if best.score < self.min_score {
            let message = format!(
                "the best answer has {:.2}, wanted: at least {}",
                best.score, self.min_score
            );
            return Applied::rejected(row, DropReason::Filter, message);
        }
        let mut values = vec![Value::from(best.text), best.reasoning.clone(), Value::from(best.score)];
        if self.pair {
            let worst = scored
                .iter()
                .skip(1)
                .rev()
                .find(|other| self.refuse(best, other).is_none());
            match worst {
                Some(worst) => values.push(Value::from(worst.text)),
                None => {
                    let message = scored
                        .iter()
                        .skip(1)
                        .next_back()
                        .and_then(|worst| self.refuse(best, worst));
                    let message = message.unwrap_or_else(|| "there is one answer only".to_owned());
                    return Applied::rejected(row, DropReason::Filter, message);
                }
            }
        }
        for (column, value) in self.outputs.iter().zip(values) {
            row.set(column, value);
        }
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, reason, values};
    use serde_json::json;

    fn config(pair: bool) -> Value {
        let mut outputs = vec!["response", "reasoning", "score"];
        outputs.extend(pair.then_some("rejected_response"));
        json!({"input_cols": ["texts", "why", "scores"], "output_cols": outputs, "pair": pair, "min_score": 3})
    }

    fn columns(texts: &[&str], scores: Value) -> Value {
        json!({"texts": texts, "why": vec!["r"; texts.len()], "scores": scores})
    }

    #[test]
    fn the_best_is_taken_and_the_worst_that_fits_rejected() {
        let long = "long ".repeat(30);
        let texts = ["fair one", "good one", &long, "poor one"];
        let applied = apply(NAME, config(true), columns(&texts, json!([3, 4.5, 1, 2.5])));
        assert_eq!(
            values(&applied, &["response", "score", "rejected_response"]),
            [[json!("good one"), json!(4.5), json!("poor one")]]
        );
        let applied = apply(NAME, config(false), columns(&texts, json!([4.5, 4.5, null, 1])));
        assert_eq!(
            values(&applied, &["response", "reasoning"]),
            [[json!("fair one"), json!("r")]]
        );
    }

    #[test]
    fn what_makes_no_pair_says_why() {
        for (texts, scores, words, why) in [
            (vec!["a", "b"], json!([2, 1]), "at least 3", DropReason::Filter),
            (vec!["a", "b"], json!([4, 3.5]), "gap of 1", DropReason::Filter),
            (vec!["A  b", "a b"], json!([4, 1]), "white space", DropReason::Filter),
            (vec!["abc", "a"], json!([4, 1]), "3.0 times", DropReason::Filter),
            (vec!["a"], json!([4]), "one answer", DropReason::Filter),
            (vec!["a", "b"], json!([null, null]), "scored", DropReason::Unparsable),
        ] {
            let applied = apply(NAME, config(true), columns(&texts, scores));
            assert_eq!(reason(&applied), why);
            assert!(
                applied.rejected[0].message.contains(words),
                "{}",
                applied.rejected[0].message
            );
        }
    }
}

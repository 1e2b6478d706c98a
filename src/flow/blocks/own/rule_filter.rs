//! `RuleFilterBlock` (Seedbed's own): keeps rows for which an expression is true.
//!
//! Keys: `keep`, a Jinja2 expression over the row's columns, or `measure`, a column with a number, and one of `at_least`,
//! `above`, `at_most` and `below`, so that another threshold can be tried afterwards (a column that holds none lets the row
//! pass: a judge that could not be read says nothing); `message`, a template that says to a person why a row leaves;
//! `reason`, one of the reasons of drops (`filter`).

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::template::{Condition, render_text, text_variables};
use crate::samples::{DropReason, Keeps};

pub(super) const NAME: &str = "RuleFilterBlock";

enum Rule {
    Expression(Condition),
    Threshold { column: String, value: f64, keeps: Keeps },
}

const SIDES: [(&str, Keeps); 4] = [
    ("at_least", Keeps::AtLeast),
    ("above", Keeps::Above),
    ("at_most", Keeps::AtMost),
    ("below", Keeps::Below),
];

/// A threshold: its key, value and which side stays.
type Side = (&'static str, f64, Keeps);

struct RuleFilter {
    name: String,
    rule: Rule,
    message: String,
    reason: DropReason,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (rule, threshold) = rule(config)?;
    let message = config
        .text("message")?
        .ok_or_else(|| "'message' is missing; say why rows leave, as in 'scored {{ score }}'".to_owned())?
        .to_owned();
    let reason = match config.text("reason")? {
        None => DropReason::Filter,
        Some(word) => reason_of(word)?,
    };
    let mut reads = match &rule {
        Rule::Expression(keep) => keep.variables(),
        Rule::Threshold { column, .. } => [column.clone()].into(),
    };
    reads.extend(text_variables(&message).map_err(|why| format!("'message' holds a wrong template: {why}"))?);
    let step = RuleFilter {
        name: config.name().to_owned(),
        rule,
        message,
        reason,
    };
    let mut block = Block::each(config.name(), NAME, step).reading(reads.into_iter().collect());
    block.threshold = threshold;
    Ok(block)
}

/// The rule, and the key, value and side of its threshold if it has one.
fn rule(config: &mut Config<'_>) -> Result<(Rule, Option<Side>), String> {
    let keep = config.text("keep")?;
    let column = config.text("measure")?;
    let mut sides = Vec::new();
    for (key, keeps) in SIDES {
        sides.extend(config.number(key)?.map(|value| (key, value, keeps)));
    }
    match (keep, column, sides.as_slice()) {
        (Some(keep), None, []) => Ok((Rule::Expression(Condition::parse(keep)?), None)),
        (None, Some(column), [(key, value, keeps)]) => {
            let rule = Rule::Threshold {
                column: column.to_owned(),
                value: *value,
                keeps: *keeps,
            };
            Ok((rule, Some((*key, *value, *keeps))))
        }
        _ => Err("give 'keep', an expression such as 'score >= 2', or 'measure', a column, with one of at_least, above, at_most and below".to_owned()),
    }
}

fn reason_of(word: &str) -> Result<DropReason, String> {
    match serde_json::from_value(word.into()) {
        Ok(reason) if reason != DropReason::Other => Ok(reason),
        _ => Err(format!(
            "'reason' is not a reason of drops: '{word}'; leave it out for 'filter'"
        )),
    }
}

impl EachRow for RuleFilter {
    fn apply(&self, mut row: Row) -> Applied {
        let stays = match &self.rule {
            Rule::Expression(keep) => keep.holds(&row.columns),
            Rule::Threshold { column, value, keeps } => match row.columns.get(column).and_then(Value::as_f64) {
                Some(number) => {
                    row.measure(&self.name, number);
                    Ok(keeps.holds(number, *value))
                }
                None => Ok(true),
            },
        };
        match stays {
            Ok(true) => Applied::kept(row),
            Ok(false) => match render_text(&self.message, &row.columns) {
                Ok(message) => Applied::rejected(row, self.reason, message),
                Err(why) => Applied::rejected(row, self.reason, why),
            },
            Err(why) => Applied::rejected(row, DropReason::Template, why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, block, reason};
    use serde_json::json;

    #[test]
    fn rows_leave_with_the_flows_own_words() {
        let config =
            json!({"keep": "score is none or score >= 2", "message": "scored {{ score }}", "reason": "refused"});
        assert_eq!(block(NAME, config.clone()).unwrap().reads, ["score"]);
        for (score, kept) in [(json!(2), true), (json!(null), true), (json!(1.5), false)] {
            let applied = apply(NAME, config.clone(), json!({"score": score}));
            assert_eq!(applied.rows.len(), usize::from(kept));
            if !kept {
                assert_eq!(reason(&applied), DropReason::Refused);
                assert_eq!(applied.rejected[0].message, "scored 1.5");
            }
        }
        let applied = apply(NAME, config, json!({}));
        assert_eq!(reason(&applied), DropReason::Template);
        assert!(block(NAME, json!({"keep": "a", "message": "b", "reason": "odd"})).is_err());
        assert!(
            block(
                NAME,
                json!({"keep": "a", "measure": "c", "at_least": 1, "message": "b"})
            )
            .is_err()
        );
    }

    #[test]
    fn a_threshold_is_remembered_with_what_was_measured() {
        let config = json!({"measure": "score", "at_least": 2, "message": "scored {{ score }}"});
        let made = block(NAME, config.clone()).unwrap();
        assert_eq!(
            (made.reads, made.threshold),
            (vec!["score".to_owned()], Some(("at_least", 2.0, Keeps::AtLeast)))
        );
        let kept = apply(NAME, config.clone(), json!({"score": 2}));
        assert_eq!(kept.rows[0].measures["b"], 2.0);
        let left = apply(NAME, config.clone(), json!({"score": 1.5}));
        assert_eq!(
            (reason(&left), left.rejected[0].row.measures["b"]),
            (DropReason::Filter, 1.5)
        );
        assert_eq!(apply(NAME, config, json!({"score": null})).rows.len(), 1);
    }
}

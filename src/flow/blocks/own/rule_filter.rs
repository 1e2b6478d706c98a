//! `RuleFilterBlock` (Seedbed's own): keeps rows for which an expression is true.
//!
//! Keys: `keep`, a Jinja2 expression over the row's columns; `message`, a template that says to a person why a row
//! leaves; `reason`, one of the reasons of drops (`filter`).

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::template::{Condition, render_text, text_variables};
use crate::samples::DropReason;

pub(super) const NAME: &str = "RuleFilterBlock";

struct RuleFilter {
    keep: Condition,
    message: String,
    reason: DropReason,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let keep = config
        .text("keep")?
        .ok_or_else(|| "'keep' is missing; give an expression such as 'score >= 2'".to_owned())?;
    let keep = Condition::parse(keep)?;
    let message = config
        .text("message")?
        .ok_or_else(|| "'message' is missing; say why rows leave, as in 'scored {{ score }}'".to_owned())?
        .to_owned();
    let reason = match config.text("reason")? {
        None => DropReason::Filter,
        Some(word) => reason_of(word)?,
    };
    let mut reads = keep.variables();
    reads.extend(text_variables(&message).map_err(|why| format!("'message' holds a wrong template: {why}"))?);
    let step = RuleFilter { keep, message, reason };
    Ok(Block::each(config.name(), NAME, step).reading(reads.into_iter().collect()))
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
    fn apply(&self, row: Row) -> Applied {
        match self.keep.holds(&row.columns) {
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
    }
}

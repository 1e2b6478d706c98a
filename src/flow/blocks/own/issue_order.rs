//! `IssueOrderBlock` (Seedbed's own): takes the issues that an adjudicator let stand, in its order.
//!
//! Keys: `input_cols` (the issues; the numbers of those to mend, from 1, or null; the decision), `output_cols` (the issues
//! to mend; whether there is nothing to mend). Without a usable order the serious issues are mended, blockers first.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "IssueOrderBlock";

struct IssueOrder {
    issues: String,
    order: String,
    decision: String,
    to_mend: String,
    settled: String,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (inputs, outputs) = (config.inputs()?, config.outputs()?);
    let ([issues, order, decision], [to_mend, settled]) = (inputs.as_slice(), outputs.as_slice()) else {
        let reason = "'input_cols' must name issues, order and decision, 'output_cols' the issues to mend and whether there are none";
        return Err(reason.to_owned().into());
    };
    let step = IssueOrder {
        issues: issues.clone(),
        order: order.clone(),
        decision: decision.clone(),
        to_mend: to_mend.clone(),
        settled: settled.clone(),
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(inputs.clone())
        .writing(outputs.clone()))
}

/// 0 for what must be mended first; `None` for what is minor.
fn rank(issue: &Value) -> Option<usize> {
    let severity = issue.get("severity").and_then(Value::as_str)?;
    ["blocker", "major"].iter().position(|known| *known == severity)
}

impl EachRow for IssueOrder {
    fn apply(&self, mut row: Row) -> Applied {
        let list = |name: &str| row.list(name).to_vec();
        let issues = list(&self.issues);
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        let mut wanted: Vec<usize> = Vec::new();
        for number in list(&self.order).iter().filter_map(number) {
            let at = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
            if at < issues.len() && !wanted.contains(&at) {
                wanted.push(at);
            }
        }
        if wanted.is_empty() {
            wanted = (0..issues.len())
                .filter(|at| issues.get(*at).and_then(rank).is_some())
                .collect();
            wanted.sort_by_key(|at| issues.get(*at).and_then(rank));
        }
        if row.text(&self.decision) == "accept" {
            wanted.clear();
        }
        let to_mend: Vec<Value> = wanted.into_iter().filter_map(|at| issues.get(at).cloned()).collect();
        row.set(&self.settled, to_mend.is_empty());
        row.set(&self.to_mend, to_mend);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;
    use serde_json::json;

    #[test]
    fn issues_are_mended_in_the_adjudicators_order() {
        let config = json!({"input_cols": ["issues", "order", "decision"], "output_cols": ["to_mend", "settled"]});
        let issues = json!([
            {"severity": "minor", "problem": "1"}, {"severity": "major", "problem": "2"}, {"severity": "blocker", "problem": "3"}
        ]);
        for (order, decision, wanted) in [
            (json!([2, 1, 2, 9]), "revise", "21"),
            (json!(["3", 0]), "revise", "3"),
            (json!(null), "", "32"),
            (json!([]), "revise", "32"),
            (json!([1]), "accept", ""),
        ] {
            let columns = json!({"issues": issues, "order": order, "decision": decision});
            let row = apply(NAME, config.clone(), columns).rows.remove(0);
            let got: String = row.columns["to_mend"]
                .as_array()
                .unwrap()
                .iter()
                .map(|issue| issue["problem"].as_str().unwrap())
                .collect();
            assert_eq!(got, wanted, "{order} {decision}");
            assert_eq!(row.columns["settled"], wanted.is_empty());
        }
    }
}

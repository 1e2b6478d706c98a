//! `RevisionGateBlock` (Seedbed's own): keeps a revision that is no worse than the draft, and tells when it is enough.
//!
//! Two judgements compare draft and revision, once in each order; the revision is kept when it wins or ties in both. It
//! is not compared at all when it says the same (normalised distance below `converged`, 0.02) or grew beyond `most_growth`
//! (1.25 times the draft's length, unless a critic found something missing). Reads the columns `draft`, `revision`,
//! `issues`, `first` and `second` (which of the two texts shown was better, `A`, `B` or `TIE`; the draft stands first in the
//! first order), `trajectory`, and `addressed` where it is there (which issues the reviser says it mended); writes `draft`, `trajectory`, `settled` (true: nothing more to gain) and `improved` (true
//! once a revision was kept).

use serde_json::{Value, json};

use super::evolution_rules::text_fault;
use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::file::ROUND;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "RevisionGateBlock";

const READS: [&str; 7] = [
    "draft",
    "revision",
    "issues",
    "first",
    "second",
    "trajectory",
    "improved",
];
const WRITES: [&str; 4] = ["draft", "trajectory", "settled", "improved"];

struct RevisionGate {
    converged: f64,
    most_growth: f64,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let step = RevisionGate {
        converged: config.number("converged")?.unwrap_or(0.02),
        most_growth: config.number("most_growth")?.unwrap_or(1.25),
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(READS.map(str::to_owned).to_vec())
        .writing(WRITES.map(str::to_owned).to_vec());
    block.overwrites = true;
    Ok(block)
}

/// How far two texts lie apart: 0 for the same words, 1 for none in common.
fn distance(left: &str, right: &str) -> f64 {
    1.0 - f64::from(similar::TextDiff::from_words(left, right).ratio())
}

impl RevisionGate {
    /// Whether the revision is kept, and why.
    fn judge(&self, row: &Row) -> (bool, String) {
        let (draft, revision) = (row.text("draft"), row.text("revision"));
        if revision.trim().is_empty() {
            return (false, "there is no usable revision".to_owned());
        }
        if let Some((_, why)) = text_fault(revision, None, "revision") {
            return (false, why);
        }
        let distance = distance(draft, revision);
        if distance < self.converged {
            return (false, format!("it hardly differs: a distance of {distance:.3}"));
        }
        let growth = revision.chars().count() as f64 / draft.chars().count().max(1) as f64;
        let lacks = |issue: &Value| {
            issue.get("critic").and_then(Value::as_str) == Some("completeness")
                && issue.get("severity").and_then(Value::as_str) != Some("minor")
        };
        let issues = row.columns.get("issues").and_then(Value::as_array);
        if growth > self.most_growth && !issues.is_some_and(|issues| issues.iter().any(lacks)) {
            return (
                false,
                format!("it grew to {growth:.2} times the length, though nothing was missing"),
            );
        }
        match (row.text("first"), row.text("second")) {
            ("B" | "TIE", "A" | "TIE") => (true, "no worse in both orders".to_owned()),
            ("", _) | (_, "") => (false, "the comparison could not be read".to_owned()),
            _ => (false, "it did not hold its own in both orders".to_owned()),
        }
    }
}

impl EachRow for RevisionGate {
    fn apply(&self, mut row: Row) -> Applied {
        let (kept, why) = self.judge(&row);
        let mut trajectory = match row.columns.get("trajectory") {
            Some(Value::Array(steps)) => steps.clone(),
            _ => Vec::new(),
        };
        trajectory.push(json!({
            "round": row.columns.get(ROUND),
            "draft": row.text("draft"),
            "issues": row.columns.get("issues"),
            "revision": row.text("revision"),
            "addressed": row.columns.get("addressed"),
            "kept": kept,
            "why": why,
        }));
        let improved = kept || row.columns.get("improved") == Some(&Value::Bool(true));
        if kept {
            let revision = row.text("revision").to_owned();
            row.set("draft", revision);
        }
        row.set("trajectory", trajectory);
        row.set("settled", !kept);
        row.set("improved", improved);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;

    fn gate(draft: &str, revision: &str, issues: Value, first: &str, second: &str) -> (bool, String) {
        let columns = json!({"draft": draft, "revision": revision, "issues": issues, "first": first, "second": second, "trajectory": [], "improved": false});
        let row = apply(NAME, json!({}), columns).rows.remove(0);
        let step = row.columns["trajectory"][0].clone();
        let kept = step["kept"].as_bool().unwrap();
        assert_eq!(row.columns["settled"], !kept);
        assert_eq!(row.columns["improved"], kept);
        assert_eq!(row.text("draft"), if kept { revision } else { draft });
        (kept, step["why"].as_str().unwrap().to_owned())
    }

    #[test]
    fn only_both_orders_let_a_revision_through() {
        let (draft, revision) = ("Water in the morning.", "Water in the evening.");
        for (first, second, kept) in [
            ("B", "A", true),
            ("TIE", "A", true),
            ("TIE", "TIE", true),
            ("B", "B", false),
            ("A", "A", false),
            ("A", "B", false),
            ("B", "", false),
        ] {
            assert_eq!(
                gate(draft, revision, json!([]), first, second).0,
                kept,
                "{first} {second}"
            );
        }
    }

    #[test]
    fn sameness_and_growth_are_told() {
        let draft = "Water the soil in the evening before the frost comes.";
        let long = format!("{draft} Wet ground gives off heat through the night, which keeps the leaves warm.");
        let missing = json!([{"critic": "completeness", "severity": "major"}]);
        assert!(gate(draft, draft, json!([]), "B", "A").1.contains("hardly differs"));
        assert!(gate(draft, "", json!([]), "B", "A").1.contains("no usable"));
        assert!(gate(draft, &long, json!([]), "B", "A").1.contains("grew"));
        assert!(gate(draft, &long, missing, "B", "A").0);
    }
}

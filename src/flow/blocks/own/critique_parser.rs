//! `CritiqueParserBlock` (Seedbed's own): reads what one critic says of a draft.
//!
//! The critic answers in JSON: `{"issues": [{"quote", "problem", "fix", "severity"}], "score"}` with the severities
//! `blocker`, `major` and `minor`. An issue whose quotation does not stand in the draft is left out: a cheap guard against
//! issues that are made up. Keys: `input_cols` (the answer; the draft), `output_cols` (the issues; the score from 1 to 5),
//! `critic` (its name, kept with each issue), `needs_quote` (true; false for a critic that also names what is missing: its
//! quotation may be empty), `repair` (the block that asked: it is asked once more where the answer cannot be read). An answer
//! that cannot be read leaves no issues and no score, and marks the row `unjudged`.

use serde_json::{Value, json};

use super::{Block, BuildFault, EachRow, Unread};
use crate::flow::answer_json::{found_in, object_with};
use crate::flow::config::Config;
use crate::flow::repair::REPAIR;
use crate::flow::row::{Applied, Row};
use crate::text::json::number_of;
use crate::text::normal::normal;

pub(super) const NAME: &str = "CritiqueParserBlock";

const SEVERITIES: [&str; 3] = ["blocker", "major", "minor"];

struct CritiqueParser {
    input: String,
    draft: String,
    issues: String,
    score: String,
    critic: String,
    needs_quote: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (inputs, outputs) = (config.inputs()?, config.outputs()?);
    let ([input, draft], [issues, score]) = (inputs.as_slice(), outputs.as_slice()) else {
        let reason = "'input_cols' must name the critic's answer and the draft, 'output_cols' the issues and the score";
        return Err(reason.to_owned().into());
    };
    let step = CritiqueParser {
        input: input.clone(),
        draft: draft.clone(),
        issues: issues.clone(),
        score: score.clone(),
        critic: config.text("critic")?.unwrap_or_default().to_owned(),
        needs_quote: config.bool("needs_quote")?.unwrap_or(true),
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(inputs.clone())
        .writing(outputs.clone());
    block.repair = config.text(REPAIR)?.map(str::to_owned);
    Ok(block)
}

impl CritiqueParser {
    fn issue(&self, written: &Value, draft: &str) -> Option<Value> {
        let text = |key: &str| written.get(key).and_then(Value::as_str).unwrap_or_default().trim();
        let quote = normal(text("quote"));
        let quote = quote.trim_matches(|c: char| matches!(c, '"' | '“' | '”' | '…' | '«' | '»'));
        let stands = if quote.is_empty() {
            !self.needs_quote
        } else {
            draft.contains(quote)
        };
        let severity = text("severity").to_lowercase();
        let severity = SEVERITIES.into_iter().find(|known| *known == severity)?;
        (stands && !text("problem").is_empty()).then(|| {
            json!({
                "critic": self.critic,
                "severity": severity,
                "quote": text("quote"),
                "problem": text("problem"),
                "fix": text("fix"),
            })
        })
    }
}

/// The score and the issues, as far as they are there.
fn read(text: &str) -> (Option<f64>, Option<Vec<Value>>) {
    let found = found_in(text);
    let answer = object_with(found.as_ref(), &["issues", "score"]);
    let number = answer.and_then(|answer| answer.get("score")).and_then(number_of);
    let issues = answer.and_then(|answer| answer.get("issues")).and_then(Value::as_array);
    (number.filter(|score| (1.0..=5.0).contains(score)), issues.cloned())
}

impl EachRow for CritiqueParser {
    fn unread(&self, row: &Row) -> Option<Unread> {
        let why = match read(row.text(&self.input)) {
            (Some(_), Some(_)) => return None,
            (None, Some(_)) => "the answer has no score from 1 to 5",
            (_, None) => "the answer holds no list of issues",
        };
        let issue = r#"{"quote": "…", "problem": "…", "fix": "…", "severity": "blocker" or "major" or "minor"}"#;
        Some(Unread {
            column: self.input.clone(),
            why: why.to_owned(),
            form: format!(r#"{{"issues": [{issue}, …], "score": a whole number from 1 to 5}}"#),
        })
    }

    fn apply(&self, mut row: Row) -> Applied {
        let (score, written) = read(row.text(&self.input));
        let draft = normal(row.text(&self.draft));
        let issues: Option<Vec<Value>> =
            written.map(|issues| issues.iter().filter_map(|issue| self.issue(issue, &draft)).collect());
        if score.is_none() || issues.is_none() {
            row.flag("unjudged");
        }
        row.set(&self.issues, issues.unwrap_or_default());
        row.set(&self.score, score.map_or(Value::Null, Value::from));
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;

    fn critique(raw: &str, needs_quote: bool) -> (Value, Value, Vec<String>) {
        let config = json!({"input_cols": ["raw", "draft"], "output_cols": ["issues", "score"], "critic": "accuracy", "needs_quote": needs_quote});
        let applied = apply(
            NAME,
            config,
            json!({"raw": raw, "draft": "Water the soil\nwith warm water."}),
        );
        let row = &applied.rows[0];
        (
            row.columns["issues"].clone(),
            row.columns["score"].clone(),
            row.flags.clone(),
        )
    }

    #[test]
    fn issues_with_a_quotation_that_is_not_there_are_left_out() {
        let raw = r#"{"issues": [
            {"quote": "the soil with WARM water", "problem": "not in the source", "fix": "say water", "severity": "Major"},
            {"quote": "use hot water", "problem": "made up", "fix": "", "severity": "blocker"},
            {"quote": "", "problem": "when is missing", "fix": "say when", "severity": "minor"},
            {"quote": "Water", "problem": "odd", "severity": "huge"}
        ], "score": 2}"#;
        let (issues, score, flags) = critique(raw, true);
        assert_eq!(
            issues,
            json!([{"critic": "accuracy", "severity": "major", "quote": "the soil with WARM water", "problem": "not in the source", "fix": "say water"}])
        );
        assert_eq!((score, flags), (json!(2.0), vec![]));
        assert_eq!(critique(raw, false).0.as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_critic_that_cannot_be_read_says_nothing() {
        for raw in ["fine by me", r#"{"score": 9, "issues": []}"#, r#"{"score": 4}"#] {
            let (issues, _, flags) = critique(raw, true);
            assert_eq!((issues, flags), (json!([]), vec!["unjudged".to_owned()]), "{raw}");
        }
    }
}

//! `ClaimCheckBlock` (Seedbed's own): keeps texts whose claims rest on the source.
//!
//! A judge has listed the text's claims as JSON: `{"claims": [{"claim", "verdict", "quote"}]}` with the verdicts
//! `supported`, `contradicted`, `not found` and `common` (knowledge that every reader has). A supported claim whose
//! quotation does not stand in the source is not found after all. Keys: `input_cols` (the judge's answer; the source),
//! `output_cols` (the list of claims; their share that is supported or common), `most_unsupported` (0.05: largest share
//! of claims that are contradicted or not found), `allow_common` (true), `most_claims` (20: more are not looked at),
//! `on_unparsable` (`keep`: the row is marked `unjudged`; or `drop`), `repair` (the block that asked: it is asked once more
//! where it listed nothing).

use serde_json::{Value, json};

use super::{Block, BuildFault, EachRow, Unread};
use crate::flow::answer_json::{found_in, object_with};
use crate::flow::config::Config;
use crate::flow::repair::REPAIR;
use crate::flow::row::{Applied, Row};
use crate::quality::evidence::Source;
use crate::samples::{DropReason, Keeps};

pub(super) const NAME: &str = "ClaimCheckBlock";

struct ClaimCheck {
    name: String,
    input: String,
    source: String,
    claims: String,
    share: String,
    most_unsupported: f64,
    allow_common: bool,
    most_claims: usize,
    keeps_unparsable: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (inputs, outputs) = (config.inputs()?, config.outputs()?);
    let ([input, source], [claims, share]) = (inputs.as_slice(), outputs.as_slice()) else {
        let reason =
            "'input_cols' must name the judge's answer and the source, 'output_cols' the claims and their share";
        return Err(reason.to_owned().into());
    };
    let most_unsupported = config.number("most_unsupported")?.unwrap_or(0.05);
    if !(0.0..=1.0).contains(&most_unsupported) {
        return Err(format!("'most_unsupported' must lie between 0 and 1, not {most_unsupported}").into());
    }
    let most_claims = config.whole("most_claims")?.unwrap_or(20).max(1);
    let step = ClaimCheck {
        name: config.name().to_owned(),
        input: input.clone(),
        source: source.clone(),
        claims: claims.clone(),
        share: share.clone(),
        most_unsupported,
        allow_common: config.bool("allow_common")?.unwrap_or(true),
        most_claims: usize::try_from(most_claims).unwrap_or(usize::MAX),
        keeps_unparsable: match config.text("on_unparsable")? {
            None | Some("keep") => true,
            Some("drop") => false,
            Some(other) => return Err(format!("'on_unparsable' must be drop or keep, not '{other}'").into()),
        },
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(inputs.clone())
        .writing(outputs.clone());
    block.threshold = Some(("most_unsupported", most_unsupported, Keeps::AtMost));
    block.repair = config.text(REPAIR)?.map(str::to_owned);
    Ok(block)
}

impl ClaimCheck {
    /// The verdict on one claim after its quotation was looked for, with where it stands.
    fn verdict(&self, claim: &Value, source: &Source) -> (&'static str, Value) {
        let text = |key: &str| claim.get(key).and_then(Value::as_str).unwrap_or_default();
        let said = text("verdict").trim().to_lowercase().replace(['_', '-'], " ");
        match said.as_str() {
            "supported" | "yes" => match source.find(text("quote")) {
                Some(range) => ("supported", json!([range.start, range.end])),
                None => ("not found", Value::Null),
            },
            "common" | "common knowledge" if self.allow_common => ("common", Value::Null),
            "contradicted" => ("contradicted", Value::Null),
            _ => ("not found", Value::Null),
        }
    }
}

/// The claims that a judge listed.
fn listed(text: &str) -> Option<Vec<Value>> {
    let found = found_in(text);
    let listed = object_with(found.as_ref(), &["claims"]).and_then(|object| object.get("claims"));
    let listed = listed.or(found.as_ref()).and_then(Value::as_array);
    listed.filter(|list| !list.is_empty()).cloned()
}

impl EachRow for ClaimCheck {
    fn unread(&self, row: &Row) -> Option<Unread> {
        let is_read = listed(row.text(&self.input)).is_some();
        let verdicts = r#""supported" or "contradicted" or "not found" or "common""#;
        (!is_read).then(|| Unread {
            column: self.input.clone(),
            why: "the answer lists no claims".to_owned(),
            form: format!(r#"{{"claims": [{{"claim": "…", "verdict": {verdicts}, "quote": "…"}}, …]}}"#),
        })
    }

    fn apply(&self, mut row: Row) -> Applied {
        let Some(listed) = listed(row.text(&self.input)) else {
            if !self.keeps_unparsable {
                return Applied::rejected(row, DropReason::Unparsable, "the judge listed no claims");
            }
            row.set(&self.claims, Value::Null);
            row.set(&self.share, Value::Null);
            row.flag("unjudged");
            return Applied::kept(row);
        };
        let source = Source::new(row.text(&self.source));
        let mut claims = Vec::new();
        let mut unsupported: Vec<String> = Vec::new();
        for claim in listed.iter().take(self.most_claims) {
            let text = claim.get("claim").and_then(Value::as_str).unwrap_or_default();
            let (verdict, place) = self.verdict(claim, &source);
            if matches!(verdict, "not found" | "contradicted") {
                unsupported.push(format!("\"{text}\" is {verdict}"));
            }
            claims.push(json!({"claim": text, "verdict": verdict, "at": place}));
        }
        let share = unsupported.len() as f64 / claims.len().max(1) as f64;
        row.set(&self.share, 1.0 - share);
        row.measure(&self.name, share);
        let count = claims.len();
        row.set(&self.claims, claims);
        if share <= self.most_unsupported {
            return Applied::kept(row);
        }
        let named: Vec<String> = unsupported.iter().take(3).cloned().collect();
        let message = format!(
            "{} of {count} claims do not rest on the source: {}",
            unsupported.len(),
            named.join("; ")
        );
        Applied::rejected(row, DropReason::Filter, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, reason, values};

    const SOURCE: &str = "Water the soil the evening before: wet ground gives off heat through the night.";

    fn config(extra: Value) -> Value {
        let mut config = json!({"input_cols": ["raw", "document"], "output_cols": ["claims", "faithfulness_score"]});
        for (key, value) in extra.as_object().unwrap() {
            config[key] = value.clone();
        }
        config
    }

    fn claims(verdicts: &[(&str, &str)]) -> Value {
        let claims: Vec<_> = verdicts
            .iter()
            .map(|(verdict, quote)| json!({"claim": "c", "verdict": verdict, "quote": quote}))
            .collect();
        json!({"raw": json!({"claims": claims}).to_string(), "document": SOURCE})
    }

    #[test]
    fn a_claim_needs_a_quotation_that_stands_in_the_source() {
        let good = claims(&[("supported", "wet ground gives off heat"), ("common", "")]);
        let applied = apply(NAME, config(json!({})), good);
        assert_eq!(values(&applied, &["faithfulness_score"]), [[json!(1.0)]]);
        let at = applied.rows[0].columns["claims"][0]["at"].clone();
        let range = at[0].as_u64().unwrap() as usize..at[1].as_u64().unwrap() as usize;
        assert_eq!(SOURCE.get(range).unwrap(), "wet ground gives off heat");

        let invented = claims(&[("supported", "Water the soil"), ("supported", "use warm water")]);
        let applied = apply(NAME, config(json!({})), invented.clone());
        assert_eq!(reason(&applied), DropReason::Filter);
        assert!(
            applied.rejected[0].message.starts_with("1 of 2 claims"),
            "{:?}",
            applied.rejected[0].message
        );
        assert_eq!(
            apply(NAME, config(json!({"most_unsupported": 0.5})), invented)
                .rows
                .len(),
            1
        );
        assert!(
            apply(NAME, config(json!({"allow_common": false})), claims(&[("common", "")]))
                .rows
                .is_empty()
        );
        assert!(
            apply(NAME, config(json!({})), claims(&[("contradicted", "Water the soil")]))
                .rows
                .is_empty()
        );
    }

    #[test]
    fn a_judge_that_listed_nothing_leaves_the_decision_to_a_person() {
        let applied = apply(NAME, config(json!({})), json!({"raw": "All fine.", "document": SOURCE}));
        assert_eq!(applied.rows[0].flags, ["unjudged"]);
        let applied = apply(
            NAME,
            config(json!({"on_unparsable": "drop"})),
            json!({"raw": "[]", "document": SOURCE}),
        );
        assert_eq!(reason(&applied), DropReason::Unparsable);
    }
}

//! The end of a flow: a row becomes a sample.

use serde_json::Value;

use super::row::Row;
use crate::samples::{DropReason, Message, Provenance, Role, Sample};
use crate::taxonomy::Kind;

/// Names under which flows leave a question and an answer, ours first.
const QUESTIONS: [&str; 2] = ["question", "instruction"];
const ANSWERS: [&str; 3] = ["response", "answer", "output"];

/// What is the same for every sample of a run; the row adds its own part.
pub(super) fn sample_of(row: &Row, common: &Provenance) -> Result<Sample, (DropReason, String)> {
    let question = wanted(row, &QUESTIONS)?;
    let answer = wanted(row, &ANSWERS)?;
    let context = match row.text("context") {
        "" if row.origin.kind == Kind::Knowledge => row.text("document"),
        context => context,
    };
    let context = Some(context.trim())
        .filter(|context| !context.is_empty())
        .map(str::to_owned);
    let messages = vec![
        Message::new(Role::User, question),
        Message::new(Role::Assistant, answer),
    ];
    let provenance = Provenance {
        parameters: row.parameters.clone(),
        seeds: row.seeds.clone(),
        seed_hash: row.origin.seed_hash.clone(),
        document: row.document.clone(),
        requests: row.requests.clone(),
        ..common.clone()
    };
    Ok(Sample {
        provenance,
        scores: scores(row),
        flags: row.flags.clone(),
        ..Sample::new(row.origin.node.clone(), row.origin.kind, messages, context)
    })
}

fn wanted<'a>(row: &'a Row, names: &[&str]) -> Result<&'a str, (DropReason, String)> {
    let Some(name) = names.iter().find(|name| row.columns.contains_key(**name)) else {
        let message = format!("the flow left no column named {}", names.join(" or "));
        return Err((DropReason::Unparsable, message));
    };
    match row.text(name).trim() {
        "" => Err((DropReason::Empty, format!("the {name} is empty"))),
        text => Ok(text),
    }
}

/// What judges gave: number columns named `score`, `rating` or `…_score`.
fn scores(row: &Row) -> std::collections::BTreeMap<String, f64> {
    row.columns
        .iter()
        .filter(|(name, _)| *name == "score" || *name == "rating" || name.ends_with("_score"))
        .filter_map(|(name, value)| match value {
            Value::Number(number) => Some((name.clone(), number.as_f64()?)),
            _ => None,
        })
        .collect()
}

//! The end of a flow: a row becomes a sample.

use serde_json::Value;

use super::event::RunEvent;
use super::row::{Rejected, Row};
use super::run::{Ending, LAST_STAGE, Running, lock};
use crate::samples::{Choices, DropReason, Message, Provenance, Role, Sample};
use crate::taxonomy::Kind;

impl Running<'_> {
    /// The last stage, for rows in their order.
    pub(super) async fn end_of_rows(&self, rows: Vec<Row>) {
        match self.ending {
            Ending::Samples => self.become_samples(rows).await,
            Ending::Rows => self.become_lines(rows).await,
        }
    }

    /// Keeps rows as they are.
    async fn become_lines(&self, rows: Vec<Row>) {
        let rows_in = rows.len();
        let mut drops = Vec::new();
        for row in rows {
            let kept = lock(&self.recorder).row(&row);
            if let Err(error) = kept {
                self.fail(error.to_string());
                drops.push(self.drop_of(LAST_STAGE, Rejected::new(row, DropReason::Other, error.to_string())));
            }
        }
        {
            let summary = &mut lock(&self.tally).summary;
            summary.samples += rows_in - drops.len();
            if let Some(stage) = summary.funnel.last_mut() {
                stage.rows_in += rows_in;
                stage.rows_out += rows_in - drops.len();
                stage.dropped += drops.len();
            }
        }
        for dropped in drops {
            self.keep_drop(dropped).await;
        }
    }

    /// The last stage: rows become samples in their order, the same sample only once.
    async fn become_samples(&self, rows: Vec<Row>) {
        let rows_in = rows.len();
        let mut samples = Vec::new();
        let mut drops = Vec::new();
        for row in rows {
            let made = sample_of(&row, &self.common).and_then(|sample| {
                let is_new = lock(&self.seen).insert(sample.id.number());
                let repeated = || {
                    (
                        DropReason::Duplicate,
                        "the same sample was made before in this run".to_owned(),
                    )
                };
                if is_new { Ok(sample) } else { Err(repeated()) }
            });
            match made {
                Ok(mut sample) => {
                    sample.provenance.made = Some((self.clock)());
                    let kept = lock(&self.recorder).sample(&sample);
                    if let Err(error) = kept {
                        self.fail(error.to_string());
                        drops.push(self.drop_of(LAST_STAGE, Rejected::new(row, DropReason::Other, error.to_string())));
                        continue;
                    }
                    samples.push(sample);
                }
                Err((reason, message)) => drops.push(self.drop_of(LAST_STAGE, Rejected::new(row, reason, message))),
            }
        }
        {
            let summary = &mut lock(&self.tally).summary;
            summary.samples += samples.len();
            if let Some(stage) = summary.funnel.last_mut() {
                stage.rows_in += rows_in;
                stage.rows_out += samples.len();
                stage.dropped += drops.len();
            }
        }
        for sample in samples {
            self.tell(RunEvent::Sample(Box::new(sample))).await;
        }
        for dropped in drops {
            self.keep_drop(dropped).await;
        }
    }
}

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
        operators: texts(row, "operators"),
        trajectory: row.list("trajectory").to_vec(),
        measures: row.measures.clone(),
        ..common.clone()
    };
    let filled = |column: &str| {
        Some(row.text(column).trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let depth = row.columns.get("depth").and_then(Value::as_u64).unwrap_or_default();
    Ok(Sample {
        provenance,
        reasoning: filled("reasoning"),
        rejected: filled("rejected_response"),
        choices: choices(row)?,
        scores: scores(row),
        flags: row.flags.clone(),
        depth: u32::try_from(depth).unwrap_or(u32::MAX),
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

fn texts(row: &Row, column: &str) -> Vec<String> {
    row.list(column)
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The options in the column `choices`, and the right one in `correct` as a letter from A.
fn choices(row: &Row) -> Result<Option<Choices>, (DropReason, String)> {
    let options = texts(row, "choices");
    if options.is_empty() {
        return Ok(None);
    }
    let letter = row.text("correct").trim();
    let correct = letter.chars().next().filter(|_| letter.chars().count() == 1);
    let place = correct.and_then(|letter| ('A'..='Z').position(|known| known == letter.to_ascii_uppercase()));
    match place.filter(|place| *place < options.len()) {
        Some(correct) => Ok(Some(Choices { options, correct })),
        None => {
            let message = format!(
                "the right option is '{letter}', which is none of the {} letters",
                options.len()
            );
            Err((DropReason::Unparsable, message))
        }
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

//! `LLMResponseExtractorBlock`: takes texts out of the teacher's answers.
//!
//! Keys: `input_cols` (one), `extract_content` (true), `extract_reasoning_content`, `extract_tool_calls` (never there:
//! teachers are not given tools), `expand_lists` (true: a row for each answer; false: one row of lists),
//! `field_prefix` (left out: the block's name and `_`). Writes `<prefix>content` and `<prefix>reasoning_content`.

use serde_json::{Map, Value};

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::samples::DropReason;
use crate::teacher::Finish;

pub(super) const NAME: &str = "LLMResponseExtractorBlock";

/// Keys of an answer in its column.
pub(in crate::flow) const CONTENT: &str = "content";
pub(in crate::flow) const REASONING: &str = "reasoning_content";
pub(in crate::flow) const FINISH: &str = "finish_reason";
pub(in crate::flow) const REQUEST: &str = "request_key";
/// Which of several answers to one prompt it is, from 0; only where several were asked for.
pub(in crate::flow) const CHOICE: &str = "choice";

/// Teachers are not given tools, so they never call one.
const TOOL_CALLS: &str = "tool_calls";

struct Extractor {
    input: String,
    /// Keys of the answer with the column that each goes to.
    fields: Vec<(&'static str, String)>,
    expand: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config
        .inputs()?
        .into_iter()
        .next()
        .ok_or_else(|| "'input_cols' must name the answers".to_owned())?;
    let prefix = match config.text("field_prefix")? {
        Some(prefix) if !prefix.is_empty() => prefix.to_owned(),
        _ => format!("{}_", config.name()),
    };
    let mut fields = Vec::new();
    for (switch, field, default) in [
        ("extract_content", CONTENT, true),
        ("extract_reasoning_content", REASONING, false),
        ("extract_tool_calls", TOOL_CALLS, false),
    ] {
        if config.bool(switch)?.unwrap_or(default) {
            fields.push((field, format!("{prefix}{field}")));
        }
    }
    if fields.is_empty() {
        return Err(
            "nothing is to be extracted; set extract_content or extract_reasoning_content"
                .to_owned()
                .into(),
        );
    }
    let writes = fields.iter().map(|(_, column)| column.clone()).collect();
    let expand = config.bool("expand_lists")?.unwrap_or(true);
    let step = Extractor {
        input: input.clone(),
        fields,
        expand,
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(writes);
    block.joins = !expand;
    Ok(block)
}

impl Extractor {
    /// The wanted fields, those that the answer does not have empty; `None` when it has none of them.
    fn fields_of(&self, answer: &Map<String, Value>) -> Option<Vec<(String, Option<Value>)>> {
        let of = |field: &str| match answer.get(field) {
            // A server that returned no reasoning has none, as in sdg_hub; that is not the same as an empty one.
            Some(Value::Null) if field == REASONING => None,
            Some(Value::String(text)) if field == REASONING && text.is_empty() => None,
            None | Some(Value::Null) if field == TOOL_CALLS => Some(Value::Array(Vec::new())),
            Some(Value::Null) => Some(Value::from("")),
            other => other.cloned(),
        };
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(field, column)| (column.clone(), of(field)))
            .collect();
        fields.iter().any(|(_, value)| value.is_some()).then_some(fields)
    }
}

/// What one of the answers gives its row.
struct Found {
    fields: Vec<(String, Option<Value>)>,
    choice: Option<u64>,
    request: String,
    said: String,
    finish: Option<Finish>,
}

impl EachRow for Extractor {
    fn apply(&self, mut row: Row) -> Applied {
        let input = row.columns.get(&self.input);
        let is_list = matches!(input, Some(Value::Array(_)));
        let answers: Vec<&Map<String, Value>> = match input {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_object).collect(),
            Some(Value::Object(answer)) => vec![answer],
            _ => Vec::new(),
        };
        let text =
            |answer: &Map<String, Value>, key| answer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let found: Vec<Found> = answers
            .into_iter()
            .filter_map(|answer| {
                Some(Found {
                    fields: self.fields_of(answer)?,
                    choice: answer.get(CHOICE).and_then(Value::as_u64),
                    request: text(answer, REQUEST),
                    said: text(answer, CONTENT),
                    finish: answer.get(FINISH).and_then(Value::as_str).and_then(finish_of),
                })
            })
            .collect();
        if found.is_empty() {
            let message = format!("column '{}' holds no answer with the wanted fields", self.input);
            return Applied::rejected(row, DropReason::Unparsable, message);
        }
        if !self.expand {
            for (_, column) in &self.fields {
                let mut values = found.iter().flat_map(|found| {
                    let fields = found.fields.iter().filter(|(name, _)| name == column);
                    fields.filter_map(|(_, value)| value.clone())
                });
                let value = if is_list {
                    Value::Array(values.collect())
                } else {
                    values.next().unwrap_or_default()
                };
                row.columns.insert(column.clone(), value);
            }
            return Applied::kept(row);
        }
        let requests: Vec<String> = match found.len() {
            1 => Vec::new(),
            _ => found.iter().map(|found| found.request.clone()).collect(),
        };
        let name = row.lineage.clone();
        Applied::many(row.split(found, |row, found| {
            let fields = found.fields.into_iter();
            row.columns
                .extend(fields.map(|(column, value)| (column, value.unwrap_or_default())));
            // Named by the answer and not by how many came: when a resumed run gets one that failed before, the others and
            // all that was asked about them keep their names.
            if let Some(choice) = found.choice {
                row.lineage = name.child(usize::try_from(choice).unwrap_or(usize::MAX));
            }
            // A row that comes from one of several answers did not come from the others.
            row.requests
                .retain(|key| *key == found.request || !requests.contains(key));
            row.said = found.said;
            row.finish = found.finish;
        }))
    }
}

/// OpenAI's word for how an answer ended; a repetition that was stopped has none of its own.
pub(in crate::flow) fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::Filtered => "content_filter",
        Finish::Repetition => "repetition",
    }
}

fn finish_of(word: &str) -> Option<Finish> {
    [Finish::Stop, Finish::Length, Finish::Filtered, Finish::Repetition]
        .into_iter()
        .find(|finish| finish_word(*finish) == word)
}

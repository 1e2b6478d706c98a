//! What blocks of InstructLab's older pipelines need beside those of sdg_hub. Flow files do not name these: the reader of
//! pipelines puts them in.

use std::collections::HashSet;

use serde_json::Value;

use super::text_parser::{Find, TextParser};
use super::{Block, BlockType, BuildFault, EachRow, InOrder, Siblings, Step, WholeTable, llm_chat};
use crate::flow::config::Config;
use crate::flow::frames::Frame;
use crate::flow::python_value::stripped;
use crate::flow::row::{Applied, Columns, Row, python_text};
use crate::samples::DropReason;

pub(in crate::flow) const ASK: &str = "LLMBlock";
pub(in crate::flow) const DROP_COLUMNS: &str = "DropColumns";
pub(in crate::flow) const DROP_DUPLICATES: &str = "DropDuplicates";
pub(in crate::flow) const SET_COLUMNS: &str = "SetColumns";
pub(in crate::flow) const POPULATE: &str = "SamplePopulatorBlock";
pub(in crate::flow) const REPEAT_TABLE: &str = "IterBlock";
pub(in crate::flow) const TAGS: &str = "PipelineTags";
pub(in crate::flow) const SPLIT: &str = "SplitAtQuestion";

/// The types that pipelines are put together from.
pub(super) const PARTS: &[BlockType] = &[
    part(ASK, ask),
    part(DROP_COLUMNS, drop_columns),
    part(DROP_DUPLICATES, drop_duplicates),
    part(SET_COLUMNS, set_columns),
    part(POPULATE, populate),
    part(REPEAT_TABLE, repeat_table),
    part(TAGS, tags),
    part(SPLIT, split),
];

const fn part(name: &'static str, build: super::Build) -> BlockType {
    BlockType { name, about: "", build }
}

/// Asks as `LLMChatBlock` does, or by a raw text in the model's own frame.
fn ask(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let mut named = |key: &str| config.value(key).cloned().unwrap_or_default();
    let frame = Frame::of(&named("model_prompt"), &named("model_family"))?;
    let mut block = llm_chat::build(config)?;
    block.block_type = ASK;
    if let Step::Ask(chat) = &mut block.step {
        chat.frame = Some(frame);
    }
    Ok(block)
}

/// Takes columns out; those that are not there do not matter.
struct DropColumns(Vec<String>);

fn drop_columns(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let columns = config.inputs()?;
    let mut block = Block::each(config.name(), DROP_COLUMNS, DropColumns(columns.clone()));
    block.removes = columns;
    Ok(block)
}

impl EachRow for DropColumns {
    fn apply(&self, mut row: Row) -> Applied {
        row.columns.retain(|name, _| !self.0.contains(name));
        Applied::kept(row)
    }
}

/// Leaves rows out whose columns hold what an earlier row's hold.
#[derive(Clone)]
struct DropDuplicates(Vec<String>);

fn drop_duplicates(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let columns = config.inputs()?;
    let step = Step::Ordered(Box::new(DropDuplicates(columns.clone())));
    Ok(Block::new(config.name(), DROP_DUPLICATES, step).reading(columns))
}

impl InOrder for DropDuplicates {
    fn start(&self) -> Box<dyn Siblings> {
        Box::new(Seen {
            columns: self.0.clone(),
            seen: HashSet::new(),
        })
    }
}

struct Seen {
    columns: Vec<String>,
    seen: HashSet<String>,
}

impl Siblings for Seen {
    fn apply(&mut self, row: Row) -> Applied {
        let values: Vec<&Value> = self
            .columns
            .iter()
            .filter_map(|column| row.columns.get(column))
            .collect();
        // Rows of several leaves are told apart, as each leaf is a table of its own.
        if self
            .seen
            .insert(serde_json::json!([row.origin.node.as_str(), values]).to_string())
        {
            return Applied::kept(row);
        }
        let message = format!("an earlier row has the same {}", self.columns.join(" and "));
        Applied::rejected(row, DropReason::Duplicate, message)
    }
}

/// Gives columns a value where they are not there.
struct SetColumns(Columns);

fn set_columns(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let columns = mapping(config, "columns")?;
    let names = columns.keys().cloned().collect();
    Ok(Block::each(config.name(), SET_COLUMNS, SetColumns(columns)).writing(names))
}

fn mapping(config: &mut Config<'_>, key: &str) -> Result<Columns, String> {
    match config.required(key)? {
        Value::Object(columns) => Ok(columns.clone()),
        other => Err(format!("'{key}' must be a mapping, not {other}")),
    }
}

impl EachRow for SetColumns {
    fn apply(&self, mut row: Row) -> Applied {
        for (name, value) in &self.0 {
            row.columns.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Applied::kept(row)
    }
}

/// Adds the columns that stand under a row's choice.
struct Populate {
    column: String,
    choices: Columns,
}

fn populate(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let column = config.one_input()?;
    let choices = mapping(config, "choices")?;
    let mut writes: Vec<String> = Vec::new();
    for name in choices.values().filter_map(Value::as_object).flat_map(Columns::keys) {
        if !writes.contains(name) {
            writes.push(name.clone());
        }
    }
    let step = Populate {
        column: column.clone(),
        choices,
    };
    Ok(Block::each(config.name(), POPULATE, step)
        .reading(vec![column])
        .writing(writes))
}

impl EachRow for Populate {
    fn apply(&self, mut row: Row) -> Applied {
        let chosen = row.columns.get(&self.column).map(python_text).unwrap_or_default();
        match self.choices.get(&chosen).and_then(Value::as_object) {
            Some(columns) => {
                row.columns.extend(columns.clone());
                Applied::kept(row)
            }
            None => {
                let message = format!("column '{}' is '{chosen}', for which there is no file", self.column);
                Applied::rejected(row, DropReason::Filter, message)
            }
        }
    }
}

/// The whole table several times over.
struct RepeatTable(usize);

fn repeat_table(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let times = config.whole("num_iters")?.unwrap_or(1);
    if !(1..=1000).contains(&times) {
        return Err(format!("'num_iters' must lie between 1 and 1000, not {times}").into());
    }
    let step = RepeatTable(usize::try_from(times).unwrap_or(1));
    let mut block = Block::new(config.name(), REPEAT_TABLE, Step::Table(Box::new(step)));
    block.grows = times;
    Ok(block)
}

impl WholeTable for RepeatTable {
    fn apply(&self, rows: Vec<Row>) -> Applied {
        let again = |time: usize| {
            rows.iter().map(move |row| Row {
                lineage: row.lineage.child(time),
                ..row.clone()
            })
        };
        Applied::many((0..self.0).flat_map(again).collect())
    }
}

/// Texts between tags as the older parser finds them: empty ones count, and an empty end tag ends at once.
struct PipelineTags(Vec<(String, String)>);

fn tags(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (input, outputs) = (config.one_input()?, config.outputs()?);
    let (starts, ends) = (config.texts("start_tags")?, config.texts("end_tags")?);
    let pairs: Vec<(String, String)> = starts.into_iter().zip(ends).take(outputs.len()).collect();
    if pairs.is_empty() {
        return Err(
            "the prompt file names no start_tags and end_tags; add a pair for each output column"
                .to_owned()
                .into(),
        );
    }
    let outputs: Vec<String> = outputs.into_iter().take(pairs.len()).collect();
    let step = TextParser {
        input: input.clone(),
        outputs: outputs.clone(),
        cleanup: Vec::new(),
        strips: true,
        find: PipelineTags(pairs),
    };
    Ok(Block::each(config.name(), TAGS, step)
        .reading(vec![input])
        .writing(outputs))
}

impl Find for PipelineTags {
    fn find(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let columns: Vec<Vec<&str>> = self.0.iter().map(|(start, end)| between(text, start, end)).collect();
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let row = |at: usize| {
            columns
                .iter()
                .filter_map(|column| column.get(at).map(|value| (*value).to_owned()))
                .collect()
        };
        Ok((0..rows).map(row).collect())
    }

    fn place(&self) -> String {
        let parts: Vec<_> = self.0.iter().map(|(start, end)| format!("{start}…{end}")).collect();
        format!(" between {}", parts.join(" "))
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    if start.is_empty() && end.is_empty() {
        return vec![stripped(text)];
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(inner) = rest.find(start).and_then(|at| rest.get(at + start.len()..)) {
        let Some(length) = inner.find(end) else { break };
        found.push(stripped(inner.get(..length).unwrap_or_default()));
        rest = inner.get(length + end.len()..).unwrap_or_default();
    }
    found
}

/// Makes a question and a response of one text: the first question mark ends the question.
struct SplitAtQuestion(String);

fn split(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let step = SplitAtQuestion(input.clone());
    Ok(Block::each(config.name(), SPLIT, step)
        .reading(vec![input])
        .writing(vec!["question".to_owned(), "response".to_owned()]))
}

impl EachRow for SplitAtQuestion {
    fn apply(&self, mut row: Row) -> Applied {
        let text = row.text(&self.0).to_owned();
        let (question, response) = match text.split_once('?') {
            Some((question, response)) => (format!("{}?", question.trim()), response.trim()),
            None => (String::new(), text.trim()),
        };
        row.set("question", question);
        row.set("response", response);
        Applied::kept(row)
    }
}

//! InstructLab's older pipelines (`version: "1.0"`, blocks with `name`, `type` and `config`) as flows.
//!
//! Every block becomes a few of sdg_hub's. A prompt is one message of the user; where the model's own frame is known and its
//! server continues raw texts, it goes out as a raw text, as InstructLab sends it. A pipeline's table is taken whole, not in
//! batches of eight.

mod asking;

use serde_json::{Value, json};

use super::blocks::pipeline_parts as parts;
use super::blocks::why_not;
use super::config::Files;
use super::entries::Entry;
use super::error::{FlowError, Place, UnknownBlock};
use super::file::FlowMetadata;
use super::row::Columns;
use super::written::value_of;
use crate::taxonomy::Kind;

/// The parts of a prompt file in the order in which they are sent.
const PROMPT: [&str; 5] = ["system", "introduction", "principles", "examples", "generation"];

/// Keys of blocks that say how the prompt is written down for the model.
const FRAME: [&str; 2] = ["model_prompt", "model_family"];

/// A pipeline as a flow's parts.
pub(super) struct Translated {
    pub metadata: FlowMetadata,
    pub entries: Vec<Entry>,
    pub notes: Vec<String>,
}

/// The file in a pipeline's folder that is for a kind of leaf.
pub(super) fn file_for(kind: Kind) -> &'static str {
    match kind {
        Kind::Skill => "freeform_skills.yaml",
        Kind::GroundedSkill => "grounded_skills.yaml",
        Kind::Knowledge => "knowledge.yaml",
    }
}

/// The shipped flow that does what one of InstructLab's own pipelines does for a kind of leaf, with prompts of our own.
pub(super) fn shipped_like(pipeline: &str, kind: Kind) -> Option<&'static str> {
    Some(match (pipeline, kind) {
        ("simple", Kind::Skill) => "freeform-skill",
        ("simple", Kind::GroundedSkill) => "grounded-skill",
        ("simple", Kind::Knowledge) => "knowledge",
        ("full" | "llama", Kind::Skill) => "lab-freeform",
        ("full" | "llama", Kind::GroundedSkill) => "lab-grounded",
        ("full", Kind::Knowledge) => "lab-knowledge",
        ("llama", Kind::Knowledge) => "multi-summary",
        _ => return None,
    })
}

/// True for a pipeline and not a flow.
pub(super) fn is_pipeline(value: &Value) -> bool {
    let blocks = value.get("blocks").and_then(Value::as_array);
    value.get("version").is_some()
        && blocks.is_some_and(|blocks| blocks.iter().any(|block| block.get("type").is_some()))
}

/// The prompt files of a pipeline as those of a flow: one message of the user.
pub(super) struct PromptFiles<'a>(pub &'a dyn Files);

impl Files for PromptFiles<'_> {
    fn read(&self, relative: &str) -> Result<String, String> {
        let config = config_file(self.0, relative)?;
        let content = prompt_of(&config);
        Ok(json!([{"role": "user", "content": content}]).to_string())
    }
}

fn config_file(files: &dyn Files, relative: &str) -> Result<Columns, String> {
    match value_of(&files.read(relative)?) {
        Some(Value::Object(config)) => Ok(config),
        _ => Err("it must be YAML with the keys system, introduction, principles, examples and generation".to_owned()),
    }
}

fn prompt_of(config: &Columns) -> String {
    let part = |key: &&str| match config.get(*key) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => super::row::python_text(other),
    };
    PROMPT.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// Puts a pipeline's blocks into words of flows. `lines` are those where its blocks begin, as far as they are known.
pub(super) fn translate(
    value: &Value,
    file: &str,
    lines: &[usize],
    files: &dyn Files,
) -> Result<Translated, FlowError> {
    let version = value.get("version").map(super::row::python_text).unwrap_or_default();
    let major: Option<u64> = version.split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major| major > 1) {
        return Err(FlowError::Shape {
            place: Place::file(file),
            reason: format!("this pipeline has the version '{version}'; seedbed reads those of version 1"),
        });
    }
    let mut reading = Reading {
        file,
        lines,
        files,
        at: 0,
        entries: Vec::new(),
        notes: Vec::new(),
        unknown: Vec::new(),
        last_columns: Vec::new(),
    };
    for (at, block) in value
        .get("blocks")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
    {
        reading.at = at;
        reading.block(block)?;
    }
    if !reading.unknown.is_empty() {
        return Err(FlowError::UnknownBlocks {
            blocks: reading.unknown,
            known: BLOCKS.to_vec(),
        });
    }
    // What `simple` leaves is cut into question and answer after the pipeline.
    if reading.last_columns == ["output"] {
        reading.add("split the output", parts::SPLIT, json!({"input_cols": "output"}));
    }
    if value.get("datamixing").is_some() {
        reading
            .notes
            .push("datamixing is not used: datasets are mixed when samples are exported".to_owned());
    }
    let metadata = FlowMetadata {
        description: "A pipeline of InstructLab.".to_owned(),
        version,
        ..FlowMetadata::default()
    };
    Ok(Translated {
        metadata,
        entries: reading.entries,
        notes: reading.notes,
    })
}

const BLOCKS: [&str; 12] = [
    "LLMBlock",
    "ConditionalLLMBlock",
    "LLMMessagesBlock",
    "FilterByValueBlock",
    "SamplePopulatorBlock",
    "SelectorBlock",
    "CombineColumnsBlock",
    "FlattenColumnsBlock",
    "DuplicateColumnsBlock",
    "RenameColumnsBlock",
    "SetToMajorityValueBlock",
    "IterBlock",
];

struct Reading<'a> {
    file: &'a str,
    lines: &'a [usize],
    files: &'a dyn Files,
    at: usize,
    entries: Vec<Entry>,
    notes: Vec<String>,
    unknown: Vec<UnknownBlock>,
    /// What the last block that asks leaves.
    last_columns: Vec<String>,
}

impl Reading<'_> {
    fn place(&self) -> Place {
        Place::at(self.file, self.lines.get(self.at).copied())
    }

    fn fault(&self, block: &str, reason: String) -> FlowError {
        FlowError::Block {
            place: self.place(),
            block: block.to_owned(),
            reason,
        }
    }

    fn add(&mut self, name: &str, block_type: &str, config: Value) {
        self.add_when(name, block_type, config, Vec::new());
    }

    fn add_when(&mut self, name: &str, block_type: &str, config: Value, when: Vec<String>) {
        let mut config = match config {
            Value::Object(config) => config,
            _ => Columns::new(),
        };
        // Pipelines may give two blocks one name.
        let is_taken = |name: &str| {
            self.entries
                .iter()
                .any(|entry| entry.config.get("block_name") == Some(&json!(name)))
        };
        let mut own = name.to_owned();
        let mut number = 2;
        while is_taken(&own) {
            own = format!("{name} {number}");
            number += 1;
        }
        config.insert("block_name".to_owned(), json!(own));
        self.entries.push(Entry {
            written: self.at,
            block_type: block_type.to_owned(),
            config,
            scaffold: None,
            role: None,
            when,
            overwrites: true,
            round: None,
        });
    }

    fn block(&mut self, block: &Value) -> Result<(), FlowError> {
        let text = |key: &str| block.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, block_type) = (text("name").to_owned(), text("type").to_owned());
        if name.is_empty() || block_type.is_empty() {
            return Err(FlowError::Shape {
                place: self.place(),
                reason: "a block has no name or no type; give it both".to_owned(),
            });
        }
        let config = match block.get("config") {
            Some(Value::Object(config)) => config.clone(),
            _ => Columns::new(),
        };
        self.typed(&name, &block_type, config)?;
        let listed = |key: &str| match block.get(key) {
            Some(Value::Array(columns)) if !columns.is_empty() => Some(Value::Array(columns.clone())),
            _ => None,
        };
        if let Some(columns) = listed("drop_columns") {
            self.add(
                &format!("{name}: drop columns"),
                parts::DROP_COLUMNS,
                json!({"input_cols": columns}),
            );
        }
        if let Some(columns) = listed("drop_duplicates") {
            self.add(
                &format!("{name}: drop duplicates"),
                parts::DROP_DUPLICATES,
                json!({"input_cols": columns}),
            );
        }
        Ok(())
    }

    fn typed(&mut self, name: &str, block_type: &str, mut config: Columns) -> Result<(), FlowError> {
        let mut unused = |key: &str, why: &str| {
            if config.remove(key).is_some_and(|value| !value.is_null()) {
                let note = format!(
                    "{}: block '{name}' names its '{key}', which is not used: {why}",
                    self.place()
                );
                self.notes.push(note);
            }
        };
        unused("model_id", "the teacher that you choose is asked");
        if block_type == "ConditionalLLMBlock" {
            for key in FRAME {
                unused(key, "InstructLab overlooks it in a block that chooses among prompts");
            }
        }
        let mut take = |key: &str| config.remove(key).unwrap_or_default();
        match block_type {
            "LLMBlock" => {
                let path = take("config_path");
                self.ask(name, parts::ASK, vec![(path, None)], config)?;
            }
            "ConditionalLLMBlock" => {
                let (paths, selector) = (take("config_paths"), take("selector_column_name"));
                let files = self.conditions(name, &paths, selector.as_str().unwrap_or_default())?;
                self.ask(name, "LLMChatBlock", files, config)?;
            }
            "LLMMessagesBlock" => self.messages(name, &config)?,
            "FilterByValueBlock" => {
                let made = json!({
                    "input_cols": take("filter_column"), "filter_value": take("filter_value"), "operation": take("operation"),
                    "convert_dtype": take("convert_dtype"), "default_value": take("default_value"), "converts_values": true,
                });
                self.add(name, "ColumnValueFilterBlock", made);
            }
            "SamplePopulatorBlock" => {
                let (paths, column) = (take("config_paths"), take("column_name"));
                let post_fix = take("post_fix");
                let choices = self.choices(name, &paths, post_fix.as_str().unwrap_or_default())?;
                self.add(name, parts::POPULATE, json!({"input_cols": column, "choices": choices}));
            }
            "SelectorBlock" => {
                let made = json!({
                    "choice_map": take("choice_map"), "choice_cols": take("choice_col"), "output_cols": take("output_col"),
                });
                self.add(name, "IndexBasedMapperBlock", made);
            }
            "CombineColumnsBlock" => {
                let separator = take("separator");
                let made =
                    json!({"input_cols": take("columns"), "output_cols": take("output_col"), "separator": separator});
                self.add(name, "TextConcatBlock", made);
            }
            "FlattenColumnsBlock" => {
                let outputs = json!([take("value_name"), take("var_name")]);
                let made = json!({"input_cols": take("var_cols"), "output_cols": outputs});
                self.add(name, "MeltColumnsBlock", made);
            }
            "DuplicateColumnsBlock" | "RenameColumnsBlock" => {
                self.add(name, block_type, json!({"input_cols": take("columns_map")}));
            }
            "SetToMajorityValueBlock" => {
                self.add(
                    name,
                    "UniformColumnValueSetter",
                    json!({"input_cols": take("col_name")}),
                );
            }
            "IterBlock" => {
                let (times, inner) = (take("num_iters"), take("block_type"));
                let inner = inner.as_str().unwrap_or_default().to_owned();
                if ["FlattenColumnsBlock", "SetToMajorityValueBlock", "IterBlock"].contains(&inner.as_str()) {
                    return Err(self.fault(name, format!("an IterBlock over a {inner} is not supported")));
                }
                self.add(
                    &format!("{name}: repeat"),
                    parts::REPEAT_TABLE,
                    json!({"num_iters": times}),
                );
                self.typed(name, &inner, config)?;
            }
            other => self.unknown.push(UnknownBlock {
                place: self.place(),
                name: name.to_owned(),
                block_type: other.to_owned(),
                reason: match other {
                    "LLMLogProbBlock" => {
                        "it keeps the probabilities of tokens, which seedbed does not ask for".to_owned()
                    }
                    other => why_not(other),
                },
            }),
        }
        Ok(())
    }

    fn choices(&self, name: &str, paths: &Value, post_fix: &str) -> Result<Columns, FlowError> {
        let mut choices = Columns::new();
        for path in paths.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let file = match post_fix {
                "" => path.to_owned(),
                post_fix => path.replace(".yaml", &format!("_{post_fix}.yaml")),
            };
            let columns = config_file(self.files, &file)
                .map_err(|reason| self.fault(name, format!("its file '{file}' cannot be read: {reason}")))?;
            let key = path
                .rsplit('/')
                .next()
                .unwrap_or(path)
                .split('.')
                .next()
                .unwrap_or_default();
            choices.insert(key.to_owned(), Value::Object(columns));
        }
        Ok(choices)
    }
}

#[cfg(test)]
mod tests;

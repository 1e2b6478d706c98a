//! The blocks that a flow is made of: one file for each type, one row in the table below.
//!
//! A block says which columns it reads and writes, and what it does: to each row by itself, to rows in their order
//! (when it has to remember the earlier ones), or by asking the teacher. Blocks know neither files nor the recorder.
//! Names, keys and meanings are those of sdg_hub 0.9; where sdg_hub drops a row without a word, a reason is given here.

mod column_value_filter;
mod duplicate_columns;
mod index_based_mapper;
mod json_parser;
mod json_structure;
mod llm_chat;
mod llm_response_extractor;
mod melt_columns;
mod near_seed_filter;
mod numpy_random;
mod own;
pub(super) mod pipeline_parts;
mod prompt_builder;
mod python_pattern;
mod regex_parser;
mod rename_columns;
mod row_multiplier;
mod sampler;
mod siblings;
mod tag_parser;
mod text_concat;
mod text_parser;
mod text_quality_filter;
mod uniform_column_value_setter;

use super::config::Config;
use super::file::ROUND;
use super::row::{Applied, Columns, Row};
use super::template::{Condition, Prompt, Unfilled};
use crate::samples::{Keeps, Message};
use crate::text::distance::edit_distance;

pub use llm_chat::LlmChat;
pub(super) use own::FROM_BLOCK;

/// How an answer stands in its column.
pub(super) mod answers {
    pub(in crate::flow) use super::llm_response_extractor::{CHOICE, CONTENT, FINISH, REASONING, REQUEST, finish_word};

    /// Takes out what is for the engine alone.
    pub(in crate::flow) fn plain(answer: &mut super::Columns) {
        answer.retain(|key, value| match key.as_str() {
            REQUEST | CHOICE => false,
            REASONING => value.as_str().is_some_and(|text| !text.is_empty()),
            _ => true,
        });
    }
}

/// Works on one row by itself.
pub trait EachRow: Send + Sync {
    fn apply(&self, row: Row) -> Applied;

    /// For blocks that read an answer: why this row's cannot be read, and how it should have been written.
    fn unread(&self, _row: &Row) -> Option<Unread> {
        None
    }
}

/// An answer that cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Unread {
    /// The column that holds it.
    pub column: String,
    pub why: String,
    /// The form that is wanted, as a model is told it.
    pub form: String,
}

/// Makes the memory of a block that compares a row with those before it. Every run starts with a fresh one.
pub trait InOrder: Send + Sync {
    fn start(&self) -> Box<dyn Siblings>;
}

/// The memory of such a block; rows come in the order of their names whatever the order of the answers.
pub trait Siblings: Send {
    fn apply(&mut self, row: Row) -> Applied;
}

/// Works on all rows of the run at once, in their order. Every row that does not go on is among the rejected.
pub trait WholeTable: Send + Sync {
    fn apply(&self, rows: Vec<Row>) -> Applied;
}

/// Works on a row with texts that a later block kept of earlier rows.
pub trait FromKept: Send + Sync {
    /// `kept` holds those of the row's leaf.
    fn apply(&self, row: Row, kept: &[String]) -> Applied;
}

/// A block with the later one whose rows it is shown.
pub struct Fed {
    /// The later block, which takes rows in their order.
    pub from: String,
    /// The column whose texts are shown.
    pub column: String,
    /// Rows of the run that are taken together: they see what the ones before them left, and nothing of each other.
    pub wave: usize,
    /// All that it is set to, as a text: set otherwise, it draws anew.
    pub settings: String,
    pub step: Box<dyn FromKept>,
}

/// What a block does.
pub enum Step {
    Each(Box<dyn EachRow>),
    Ordered(Box<dyn InOrder>),
    Fed(Fed),
    /// The rows wait here until all of them have come; prefer [`Step::Ordered`] where the earlier ones are enough.
    Table(Box<dyn WholeTable>),
    Ask(Box<LlmChat>),
}

/// One block of a loaded flow.
pub struct Block {
    pub name: String,
    pub block_type: &'static str,
    pub reads: Vec<String>,
    pub writes: Vec<String>,
    /// Columns that are gone afterwards.
    pub removes: Vec<String>,
    /// True when it may write columns that nobody can name before it ran.
    pub opens: bool,
    /// How many rows a row may become, for estimates.
    pub grows: u64,
    /// True when it makes one row of the several answers that a row asked for, for estimates.
    pub joins: bool,
    /// The prompt that it writes, for estimates and the check of variables.
    pub prompt: Option<BlockPrompt>,
    /// Rows for which any of these is false pass the block untouched.
    pub when: Vec<Condition>,
    /// Within a repeat: the number of the round, from 1, which the column `round` holds.
    pub round: Option<u64>,
    /// The number that decides whether a row stays, with its key.
    pub threshold: Option<(&'static str, f64, Keeps)>,
    /// True when the block may write over a column that is there.
    pub overwrites: bool,
    /// The block that is asked once more where its answer cannot be read.
    pub repair: Option<String>,
    pub step: Step,
}

/// A prompt with the file it came from and its variables as (column, variable).
#[derive(Clone)]
pub struct BlockPrompt {
    pub file: String,
    pub prompt: Prompt,
    pub inputs: Vec<(String, String)>,
}

impl BlockPrompt {
    /// Fills the prompt in with a row's columns.
    ///
    /// # Errors
    /// Says which message of which file failed and why.
    pub fn fill_in(&self, row: &Row) -> Result<Vec<Message>, Unfilled> {
        let variables: Columns = self
            .inputs
            .iter()
            .filter_map(|(column, variable)| row.columns.get(column).map(|value| (variable.clone(), value.clone())))
            .collect();
        self.prompt.render(&variables).map_err(|fault| Unfilled {
            reason: format!("the prompt file '{}': {}", self.file, fault.reason),
            ..fault
        })
    }
}

impl Block {
    /// Tells a row its round, and whether the block is for it. A row that it is not for has what the block would have written
    /// as null, where that is not there.
    ///
    /// # Errors
    /// Says why the block's condition cannot be told for the row.
    pub(super) fn admits(&self, row: &mut Row) -> Result<bool, String> {
        self.tell_round(row);
        let is_for = self.is_for(row)?;
        if !is_for {
            self.pass(row);
        }
        Ok(is_for)
    }

    pub(super) fn tell_round(&self, row: &mut Row) {
        if let Some(round) = self.round {
            row.set(ROUND, round);
        }
    }

    fn is_for(&self, row: &Row) -> Result<bool, String> {
        for condition in &self.when {
            if !condition.holds(&row.columns)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets a row pass that the block is not for: columns that it would have written are null where they are not there.
    fn pass(&self, row: &mut Row) {
        for column in &self.writes {
            if !row.columns.contains_key(column) {
                row.set(column, serde_json::Value::Null);
            }
        }
    }

    fn new(name: &str, block_type: &'static str, step: Step) -> Self {
        Block {
            name: name.to_owned(),
            block_type,
            reads: Vec::new(),
            writes: Vec::new(),
            removes: Vec::new(),
            opens: false,
            grows: 1,
            joins: false,
            prompt: None,
            when: Vec::new(),
            round: None,
            threshold: None,
            overwrites: false,
            repair: None,
            step,
        }
    }

    fn each(name: &str, block_type: &'static str, step: impl EachRow + 'static) -> Self {
        Self::new(name, block_type, Step::Each(Box::new(step)))
    }

    fn reading(mut self, columns: Vec<String>) -> Self {
        self.reads = columns;
        self
    }

    fn writing(mut self, columns: Vec<String>) -> Self {
        self.writes = columns;
        self
    }
}

/// Why a block cannot be built.
#[derive(Debug)]
pub enum BuildFault {
    /// Something in its `block_config`.
    Config(String),
    /// Something in its prompt file.
    Prompt {
        file: String,
        line: Option<usize>,
        reason: String,
    },
}

impl From<String> for BuildFault {
    fn from(reason: String) -> Self {
        BuildFault::Config(reason)
    }
}

type Build = fn(&mut Config<'_>) -> Result<Block, BuildFault>;

/// A type of block: its name in flow files, what it does in one sentence, how it is built.
pub struct BlockType {
    pub name: &'static str,
    pub about: &'static str,
    build: Build,
}

/// sdg_hub's types of block, and two of Seedbed's own that every flow uses; the others stand in [`own`].
const BLOCK_TYPES: &[BlockType] = &[
    BlockType {
        name: prompt_builder::NAME,
        about: "Fills a prompt file in with the row's columns.",
        build: prompt_builder::build,
    },
    BlockType {
        name: llm_chat::NAME,
        about: "Asks the teacher, once or several times.",
        build: llm_chat::build,
    },
    BlockType {
        name: llm_response_extractor::NAME,
        about: "Takes the text out of an answer; several answers become several rows.",
        build: llm_response_extractor::build,
    },
    BlockType {
        name: tag_parser::NAME,
        about: "Cuts columns out of a text between start and end tags.",
        build: tag_parser::build,
    },
    BlockType {
        name: regex_parser::NAME,
        about: "Cuts columns out of a text with a regular expression.",
        build: regex_parser::build,
    },
    BlockType {
        name: column_value_filter::NAME,
        about: "Keeps rows whose column compares well with a value.",
        build: column_value_filter::build,
    },
    BlockType {
        name: duplicate_columns::NAME,
        about: "Copies columns.",
        build: duplicate_columns::build,
    },
    BlockType {
        name: rename_columns::NAME,
        about: "Renames columns.",
        build: rename_columns::build,
    },
    BlockType {
        name: text_concat::NAME,
        about: "Joins columns into one text.",
        build: text_concat::build,
    },
    BlockType {
        name: row_multiplier::NAME,
        about: "Repeats every row.",
        build: row_multiplier::build,
    },
    BlockType {
        name: sampler::NAME,
        about: "Draws values from a list in a column.",
        build: sampler::build,
    },
    BlockType {
        name: json_parser::NAME,
        about: "Reads JSON and makes its fields columns.",
        build: json_parser::build,
    },
    BlockType {
        name: json_structure::NAME,
        about: "Writes columns into one as a JSON object.",
        build: json_structure::build,
    },
    BlockType {
        name: melt_columns::NAME,
        about: "Turns columns into rows.",
        build: melt_columns::build,
    },
    BlockType {
        name: index_based_mapper::NAME,
        about: "Copies the column that a choice in each row names.",
        build: index_based_mapper::build,
    },
    BlockType {
        name: uniform_column_value_setter::NAME,
        about: "Gives all rows the most frequent, smallest, largest, mean or middle value of a column.",
        build: uniform_column_value_setter::build,
    },
    BlockType {
        name: near_seed_filter::NAME,
        about: "Seedbed's own: drops rows too close to a seed example or to an earlier row.",
        build: near_seed_filter::build,
    },
    BlockType {
        name: text_quality_filter::NAME,
        about: "Seedbed's own: drops rows that are empty, cut off, repeat themselves or carry left-over markup.",
        build: text_quality_filter::build,
    },
];

/// Types of sdg_hub that Seedbed does not have, with what they do.
const OTHERS: [(&str, &str); 4] = [
    ("AgentBlock", "asks an agent of another framework"),
    ("AgentResponseExtractorBlock", "reads such an agent's answers"),
    ("MCPAgentBlock", "lets a model call tools on other servers"),
    ("PythonInterpreterBlock", "runs program text that a model wrote"),
];

/// Says why there is no such type of block.
pub(super) fn why_not(block_type: &str) -> String {
    match OTHERS.iter().find(|(name, _)| *name == block_type) {
        Some((_, does)) => format!("it {does}, which seedbed does not do"),
        None => match all_types().min_by_key(|known| edit_distance(known.name, block_type)) {
            Some(near) if edit_distance(near.name, block_type) <= MOST_MISTYPED => {
                format!("no such type is known; {} is", near.name)
            }
            _ => "no such type is known".to_owned(),
        },
    }
}

/// In how many letters a type may differ from the one that was meant.
const MOST_MISTYPED: usize = 4;

/// True for a type in the table.
pub(super) fn is_known(block_type: &str) -> bool {
    all_types().any(|known| known.name == block_type)
}

/// Every type of block that flows may use.
pub fn block_types() -> impl Iterator<Item = &'static BlockType> {
    BLOCK_TYPES.iter().chain(own::BLOCK_TYPES)
}

fn all_types() -> impl Iterator<Item = &'static BlockType> {
    block_types().chain(pipeline_parts::PARTS)
}

/// Builds a block by its type; `None` for a type that is not in the table.
pub(super) fn build(block_type: &str, config: &mut Config<'_>) -> Option<Result<Block, BuildFault>> {
    all_types()
        .find(|known| known.name == block_type)
        .map(|known| (known.build)(config))
}

#[cfg(test)]
pub(super) mod tests;

//! What can be wrong with a flow before it runs, in words that name the file and the line.

use std::fmt;

/// A place in a flow's file or one of its prompt files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as the flow names it, as in `freeform-skill/prompts/ask.yaml`.
    pub file: String,
    /// From 1, where it is known.
    pub line: Option<usize>,
}

impl Place {
    pub(crate) fn file(file: &str) -> Self {
        Place {
            file: file.to_owned(),
            line: None,
        }
    }

    pub(crate) fn at(file: &str, line: Option<usize>) -> Self {
        Place {
            file: file.to_owned(),
            line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// A block of a type that Seedbed does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: block '{name}' has the type {block_type}: {reason}")]
pub struct UnknownBlock {
    pub place: Place,
    pub name: String,
    pub block_type: String,
    pub reason: String,
}

fn listed(blocks: &[UnknownBlock]) -> String {
    let blocks: Vec<String> = blocks.iter().map(UnknownBlock::to_string).collect();
    blocks.join("; ")
}

/// Why a flow cannot be loaded, prepared or started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    #[error("there is no flow '{name}'; the flows that come with seedbed are {}{}; or name a flow file", known.join(", "), own_ones(own))]
    NoSuchFlow {
        name: String,
        known: Vec<String>,
        /// Those of the user's own.
        own: Vec<String>,
    },
    #[error("{file} cannot be read: {reason}; check the path and its permissions")]
    Unreadable { file: String, reason: String },
    #[error("{place} is not valid YAML: {reason}")]
    Yaml { place: Place, reason: String },
    #[error("{place}: {reason}")]
    Shape { place: Place, reason: String },
    #[error("{}; take {} out, or run the flow with sdg_hub. Seedbed has {}", listed(blocks), if blocks.len() == 1 { "it" } else { "them" }, known.join(", "))]
    UnknownBlocks {
        blocks: Vec<UnknownBlock>,
        known: Vec<&'static str>,
    },
    #[error("{place}: block '{block}': {reason}")]
    Block {
        place: Place,
        block: String,
        reason: String,
    },
    #[error(
        "{place}: message {message} uses '{variable}', which block '{block}' does not hand to it; add the column to the block's input_cols or correct the name"
    )]
    UndefinedVariable {
        place: Place,
        message: usize,
        variable: String,
        block: String,
    },
    #[error("block '{block}' of the flow '{flow}' reads the column '{column}', which is not there; the columns at that point are {}", available.join(", "))]
    MissingColumn {
        flow: String,
        block: String,
        column: String,
        available: Vec<String>,
    },
    #[error(
        "block '{block}' of the flow '{flow}' would overwrite the column '{column}'; give it another output column"
    )]
    ColumnTaken {
        flow: String,
        block: String,
        column: String,
    },
    #[error(
        "the flow '{flow}' promises the column '{column}' under output_columns, which none of its blocks leaves; correct the name or take it out"
    )]
    NoSuchOutput { flow: String, column: String },
    #[error(
        "the flow '{flow}' needs the column '{column}', which {node} (a {kind} leaf) does not give; choose a flow for its kind"
    )]
    WrongKind {
        flow: String,
        node: String,
        kind: &'static str,
        column: String,
    },
    #[error("{node} has no usable seed example; write at least one with a question and an answer")]
    NoSeeds { node: String },
    #[error("{node} has no document to ask about; check its repo, commit and patterns")]
    NoDocuments { node: String },
    #[error("the count is 0; ask for at least one sample")]
    NothingWanted,
}

impl FlowError {
    /// Where it is wrong, as far as one place can be told.
    pub fn place(&self) -> Option<&Place> {
        match self {
            FlowError::Yaml { place, .. }
            | FlowError::Shape { place, .. }
            | FlowError::Block { place, .. }
            | FlowError::UndefinedVariable { place, .. } => Some(place),
            FlowError::UnknownBlocks { blocks, .. } => blocks.first().map(|block| &block.place),
            _ => None,
        }
    }
}

fn own_ones(own: &[String]) -> String {
    match own {
        [] => String::new(),
        own => format!(
            "; your own {} {}",
            if own.len() == 1 { "is" } else { "are" },
            own.join(", ")
        ),
    }
}

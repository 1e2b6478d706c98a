//! Flow files: sdg_hub's YAML, read and checked as a whole before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::blocks::{self, Block, Step};
use super::config::Files;
use super::entries::Override;
use super::error::{FlowError, Place};
use super::instructlab;
use super::reading::{Folder, parse, read_text};
use super::row::{Columns, Row};
use super::shipped;
use crate::samples::Threshold;
use crate::taxonomy::Kind;

/// The column that holds the number of the round within a repeat.
pub(super) const ROUND: &str = "round";

/// What a flow says about itself; the description is its card: what it does, needs and costs, and when to use it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct FlowMetadata {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub author: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub license: String,
    #[serde(default)]
    pub dataset_requirements: DatasetRequirements,
    /// The columns that a table made by the flow keeps beside those it began with; all where this is left out.
    #[serde(default)]
    pub output_columns: Option<Vec<String>>,
}

/// What the flow's rows must have at the start.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct DatasetRequirements {
    pub required_columns: Vec<String>,
    pub optional_columns: Vec<String>,
    pub min_samples: Option<usize>,
    pub max_samples: Option<usize>,
    /// Names of Python's types by column, as in `str` or `list`.
    pub column_types: BTreeMap<String, String>,
    pub description: String,
}

/// Where a flow comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowSource {
    Shipped,
    File(PathBuf),
}

/// A loaded and checked flow.
pub struct Flow {
    /// The shipped flow's name, or the one in the metadata of a file.
    pub name: String,
    pub metadata: FlowMetadata,
    pub source: FlowSource,
    /// SHA-256 over the flow file and its prompts (first 16 digits).
    pub hash: String,
    pub blocks: Vec<Block>,
    /// What was read and not used, as in an unknown key of a block.
    pub notes: Vec<String>,
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow")
            .field("name", &self.name)
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

impl Flow {
    /// Returns the flows inside the binary, in the order in which they are offered.
    pub fn shipped() -> Result<Vec<Flow>, FlowError> {
        shipped::names().map(|name| Self::named(&name)).collect()
    }

    /// True for the name of a flow inside the binary.
    pub fn is_shipped(name: &str) -> bool {
        shipped::names().any(|shipped| shipped == name)
    }

    /// Returns one of the flows inside the binary.
    pub fn named(name: &str) -> Result<Flow, FlowError> {
        Self::named_with(name, &[])
    }

    fn named_with(name: &str, overrides: &[Override]) -> Result<Flow, FlowError> {
        let files = shipped::files(name).ok_or_else(|| FlowError::NoSuchFlow {
            name: name.to_owned(),
            known: shipped::names().collect(),
            own: Vec::new(),
        })?;
        let text = files.read("flow.yaml").map_err(|reason| FlowError::Unreadable {
            file: name.to_owned(),
            reason,
        })?;
        let mut flow = parse(
            &text,
            &format!("{name}/flow.yaml"),
            &files,
            FlowSource::Shipped,
            overrides,
        )?;
        flow.name = name.to_owned();
        Ok(flow)
    }

    /// Returns the files of a flow inside the binary, as (path, text), for a copy that a person edits: its own
    /// below its name, prompts that it shares with others below `prompts/`.
    pub fn files_of(name: &str) -> Result<Vec<(String, String)>, FlowError> {
        shipped::whole(name).ok_or_else(|| FlowError::NoSuchFlow {
            name: name.to_owned(),
            known: shipped::names().collect(),
            own: Vec::new(),
        })
    }

    /// Reads a flow file; its prompt files are named relative to its folder.
    pub fn load(path: &Path) -> Result<Flow, FlowError> {
        Self::load_with(path, &[])
    }

    fn load_with(path: &Path, overrides: &[Override]) -> Result<Flow, FlowError> {
        let file = path.display().to_string();
        let folder = Folder(path.parent().map(Path::to_path_buf).unwrap_or_default());
        let text = read_text(path).map_err(|reason| FlowError::Unreadable {
            file: file.clone(),
            reason,
        })?;
        parse(&text, &file, &folder, FlowSource::File(path.to_owned()), overrides)
    }

    /// Takes a shipped flow's name or a flow file's path, as typed.
    pub fn open(name_or_path: &str) -> Result<Flow, FlowError> {
        Self::open_with(name_or_path, &[])
    }

    /// The same with some settings of its blocks changed, which makes it another flow: its hash differs.
    pub fn open_with(name_or_path: &str, overrides: &[Override]) -> Result<Flow, FlowError> {
        let is_path = name_or_path.contains(['/', '\\']) || name_or_path.ends_with(".yaml");
        if is_path {
            Self::load_with(Path::new(name_or_path), overrides)
        } else {
            Self::named_with(name_or_path, overrides)
        }
    }

    /// The same for a kind of leaf: also a folder with one of InstructLab's pipelines for each kind, named by its path or
    /// by its own name in one of `folders`. InstructLab's own names stand for the shipped flows that work alike.
    pub fn open_for(
        name_or_path: &str,
        kind: Kind,
        overrides: &[Override],
        folders: &[PathBuf],
    ) -> Result<Flow, FlowError> {
        let plain = !name_or_path.contains(['/', '\\']);
        let named = folders.iter().map(|folder| folder.join(name_or_path)).filter(|_| plain);
        let folder = named
            .chain([PathBuf::from(name_or_path)])
            .find(|folder| folder.is_dir());
        match folder {
            Some(folder) if !Self::is_shipped(name_or_path) => {
                Self::load_with(&folder.join(instructlab::file_for(kind)), overrides)
            }
            _ => Self::open_with(
                instructlab::shipped_like(name_or_path, kind).unwrap_or(name_or_path),
                overrides,
            ),
        }
    }

    /// The numbers that decide in its blocks whether a row stays.
    pub fn thresholds(&self) -> Vec<Threshold> {
        let of_block = |block: &Block| {
            let (key, value, keeps) = block.threshold?;
            Some(Threshold {
                block: block.name.clone(),
                key: key.to_owned(),
                value,
                keeps,
            })
        };
        self.blocks.iter().filter_map(of_block).collect()
    }

    /// The name of the flow that fits a kind of leaf when nobody chose one.
    pub fn name_for_kind(kind: Kind) -> &'static str {
        match kind {
            Kind::Skill => "freeform-skill",
            Kind::GroundedSkill => "grounded-skill",
            Kind::Knowledge => "knowledge",
        }
    }

    /// That flow.
    pub fn for_kind(kind: Kind) -> Result<Flow, FlowError> {
        Self::named(Self::name_for_kind(kind))
    }

    /// Checks that every block finds the columns it reads, given those at the start.
    pub fn check_columns<'a>(&self, start: impl Iterator<Item = &'a str>) -> Result<(), FlowError> {
        let given: BTreeSet<String> = start.map(str::to_owned).collect();
        let mut there = given.clone();
        let mut is_open = false;
        let passing = self.passing_columns();
        for (at, block) in self.blocks.iter().enumerate() {
            if block.round.is_some() {
                there.insert(ROUND.to_owned());
            }
            let missing = |column: &&String| !is_open && !there.contains(*column);
            if let Some(column) = block.reads.iter().find(missing) {
                return Err(FlowError::MissingColumn {
                    flow: self.name.clone(),
                    block: block.name.clone(),
                    column: column.clone(),
                    available: there.into_iter().collect(),
                });
            }
            let taken = |column: &&String| !block.overwrites && there.contains(*column);
            if let Some(column) = block.writes.iter().find(taken) {
                return Err(FlowError::ColumnTaken {
                    flow: self.name.clone(),
                    block: block.name.clone(),
                    column: column.clone(),
                });
            }
            // A renamed column may take the name of another that is renamed as well.
            for column in &block.removes {
                there.remove(column);
            }
            there.extend(block.writes.iter().cloned());
            is_open |= block.opens;
            there.retain(|column| given.contains(column) || passing.get(column.as_str()).is_none_or(|last| *last > at));
        }
        let outputs = self.metadata.output_columns.as_deref().unwrap_or_default();
        match outputs.iter().find(|column| !is_open && !there.contains(*column)) {
            Some(column) => Err(FlowError::NoSuchOutput {
                flow: self.name.clone(),
                column: column.clone(),
            }),
            None => Ok(()),
        }
    }

    /// True for a column that stays in a table which the flow made; `given` are those that it began with.
    pub fn keeps<'a>(&self, column: &str, mut given: impl Iterator<Item = &'a str>) -> bool {
        match &self.metadata.output_columns {
            Some(outputs) => outputs.iter().any(|output| output == column) || given.any(|given| given == column),
            None => true,
        }
    }

    /// A finished row as it stands in a table: the columns that stay, answers without what the engine noted in them.
    pub fn finished(&self, mut columns: Columns, given: &BTreeSet<String>) -> Columns {
        columns.retain(|name, _| self.keeps(name, given.iter().map(String::as_str)));
        for block in self.blocks.iter().filter(|block| matches!(block.step, Step::Ask(_))) {
            for column in &block.writes {
                let answers = columns.get_mut(column).and_then(Value::as_array_mut);
                let answers = answers.into_iter().flatten().filter_map(Value::as_object_mut);
                answers.for_each(blocks::answers::plain);
            }
        }
        columns
    }

    /// The block that shows rows what others made, and how many of them it takes together, where there is one.
    pub fn wave(&self) -> Option<(&str, usize)> {
        self.blocks.iter().find_map(|block| match &block.step {
            Step::Fed(fed) => Some((block.name.as_str(), fed.wave)),
            _ => None,
        })
    }

    /// True when a block of the flow asks a model.
    pub fn asks(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.step, Step::Ask(_)))
    }

    /// The columns that a flow with `output_columns` does not keep, with the last block that reads each: after it another
    /// block may use the name again.
    fn passing_columns(&self) -> BTreeMap<&str, usize> {
        let Some(outputs) = &self.metadata.output_columns else {
            return BTreeMap::new();
        };
        let mut last = BTreeMap::new();
        for (at, block) in self.blocks.iter().enumerate() {
            let reads = block.reads.iter().filter(|column| !outputs.contains(column));
            last.extend(reads.map(|column| (column.as_str(), at)));
        }
        last
    }

    /// Fills in the prompts before the first call with a row, so that a template without end is found before a run starts.
    /// What fails for other reasons may be fine with the next row and is left to the run.
    pub(super) fn check_prompts(&self, mut row: Row) -> Result<(), FlowError> {
        for block in &self.blocks {
            if !block.admits(&mut row).unwrap_or(false) {
                continue;
            }
            if let Some(prompt) = &block.prompt
                && let Err(fault) = prompt.fill_in(&row)
                && fault.endless
            {
                return Err(FlowError::Block {
                    place: Place::file(&self.name),
                    block: block.name.clone(),
                    reason: fault.reason,
                });
            }
            let applied = match &block.step {
                Step::Each(step) => step.apply(row),
                Step::Ordered(step) => step.start().apply(row),
                Step::Fed(fed) => fed.step.apply(row, &[]),
                Step::Ask(_) | Step::Table(_) => break,
            };
            match applied.rows.into_iter().next() {
                Some(next) => row = next,
                None => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

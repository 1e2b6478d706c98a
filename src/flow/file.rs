//! Flow files: sdg_hub's YAML, read and checked as a whole before anything runs.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::blocks::{self, Block, BuildFault, Step};
use super::config::{Config, Files};
use super::entries::{Entry, Override, WrittenEntry, override_all, written_out};
use super::error::{FlowError, Place};
use super::row::Row;
use super::shipped;
use super::template::Condition;
use crate::samples::Threshold;
use crate::taxonomy::Kind;

/// Largest flow or prompt file in bytes.
const LARGEST: u64 = 4 << 20;
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
}

/// Which columns the flow's rows must have at the start.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct DatasetRequirements {
    #[serde(default)]
    pub required_columns: Vec<String>,
    #[serde(default)]
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

    /// Returns one of the flows inside the binary.
    pub fn named(name: &str) -> Result<Flow, FlowError> {
        Self::named_with(name, &[])
    }

    fn named_with(name: &str, overrides: &[Override]) -> Result<Flow, FlowError> {
        let files = shipped::files(name).ok_or_else(|| FlowError::NoSuchFlow {
            name: name.to_owned(),
            known: shipped::names().collect(),
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
        let mut there: BTreeSet<String> = start.map(str::to_owned).collect();
        for block in &self.blocks {
            if block.round.is_some() {
                there.insert(ROUND.to_owned());
            }
            if let Some(column) = block.reads.iter().find(|column| !there.contains(*column)) {
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
            there.extend(block.writes.iter().cloned());
            for column in &block.removes {
                there.remove(column);
            }
        }
        Ok(())
    }

    /// Fills in the prompts before the first call with a row, so that a template without end is found before a run starts.
    /// What fails for other reasons may be fine with the next row and is left to the run.
    pub(super) fn check_prompts(&self, mut row: Row) -> Result<(), FlowError> {
        for block in &self.blocks {
            if let Some(round) = block.round {
                row.set(ROUND, round);
            }
            if !block.is_for(&row).unwrap_or(false) {
                block.pass(&mut row);
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

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    metadata: FlowMetadata,
    blocks: Vec<WrittenEntry>,
}

fn parse(
    text: &str,
    file: &str,
    files: &dyn Files,
    source: FlowSource,
    overrides: &[Override],
) -> Result<Flow, FlowError> {
    let written: Written = serde_yaml::from_str(text).map_err(|error| FlowError::Yaml {
        place: Place::at(file, error.location().map(|at| at.line())),
        reason: error.to_string(),
    })?;
    if written.blocks.is_empty() {
        let reason = "the flow has no blocks; list at least one under 'blocks'".to_owned();
        return Err(FlowError::Shape {
            place: Place::file(file),
            reason,
        });
    }
    let entries = written_out(&written.blocks);
    let count = entries.as_ref().map_or(0, |entries| {
        entries.iter().map(|entry| entry.written + 1).max().unwrap_or(0)
    });
    let lines = block_lines(text, count);
    let shape = |reason| FlowError::Shape {
        place: Place::file(file),
        reason,
    };
    let mut entries = entries.map_err(|(_, reason)| shape(reason))?;
    override_all(&mut entries, overrides).map_err(shape)?;
    let mut digest = Sha256::new();
    digest_part(&mut digest, "flow.yaml", text);
    for one in overrides {
        digest_part(&mut digest, "override", &one.to_string());
    }
    let mut notes = Vec::new();
    let mut blocks: Vec<Block> = Vec::with_capacity(entries.len());
    for block in &entries {
        let place = Place::at(file, lines.get(block.written).copied());
        let name = block
            .config
            .get("block_name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if name.is_empty() {
            let reason = format!(
                "a {} has no block_name; give it one under block_config",
                block.block_type
            );
            return Err(FlowError::Shape { place, reason });
        }
        if blocks.iter().any(|earlier| earlier.name == name) {
            let reason = format!("two blocks are named '{name}'; give each its own block_name");
            return Err(FlowError::Shape { place, reason });
        }
        let mut config = Config::new(name, block, files);
        let built = match blocks::build(&block.block_type, &mut config) {
            None => {
                return Err(FlowError::UnknownBlock {
                    place,
                    block: name.to_owned(),
                    block_type: block.block_type.clone(),
                    known: blocks::block_types().map(|known| known.name).collect(),
                });
            }
            Some(Ok(built)) => built,
            Some(Err(BuildFault::Config(reason))) => {
                return Err(FlowError::Block {
                    place,
                    block: name.to_owned(),
                    reason,
                });
            }
            Some(Err(BuildFault::Prompt {
                file: prompt,
                line,
                reason,
            })) => {
                let place = Place::at(&beside(file, &prompt), line);
                return Err(FlowError::Block {
                    place,
                    block: name.to_owned(),
                    reason,
                });
            }
        };
        let built = with_entry(built, block).map_err(|reason| FlowError::Block {
            place: place.clone(),
            block: name.to_owned(),
            reason,
        })?;
        check_variables(&built, file, &config)?;
        for (prompt, text) in &config.read {
            digest_part(&mut digest, prompt, text);
        }
        notes.extend(
            config
                .unused()
                .iter()
                .map(|(key, _)| format!("{place}: block '{name}' has no use for the key '{key}'")),
        );
        blocks.push(built);
    }
    let hash = digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = if written.metadata.name.is_empty() {
        file.to_owned()
    } else {
        written.metadata.name.clone()
    };
    Ok(Flow {
        name,
        metadata: written.metadata,
        source,
        hash,
        blocks,
        notes,
    })
}

/// Gives a block what its entry says beside its configuration.
fn with_entry(mut block: Block, entry: &Entry) -> Result<Block, String> {
    block.overwrites = entry.overwrites;
    block.round = entry.round;
    for source in &entry.when {
        let condition = Condition::parse(source)?;
        block.reads.extend(condition.variables());
        block.when.push(condition);
    }
    if entry.role.is_some() && !matches!(block.step, Step::Ask(_)) {
        return Err("'role' is for blocks that ask a model; take it out".to_owned());
    }
    Ok(block)
}

/// Refuses a prompt that reads variables its block does not hand to it.
fn check_variables(block: &Block, file: &str, config: &Config<'_>) -> Result<(), FlowError> {
    let Some(prompt) = &block.prompt else { return Ok(()) };
    for (message, variable) in prompt.prompt.variables() {
        if !prompt.inputs.iter().any(|(_, given)| *given == variable) {
            let text = config
                .read
                .iter()
                .find(|(name, _)| *name == prompt.file)
                .map(|(_, text)| text.as_str());
            let line = text
                .and_then(|text| text.lines().position(|line| mentions(line, &variable)))
                .map(|at| at + 1);
            return Err(FlowError::UndefinedVariable {
                place: Place::at(&beside(file, &prompt.file), line),
                message,
                variable,
                block: block.name.clone(),
            });
        }
    }
    Ok(())
}

/// True when a line has the variable inside braces, as far as a line can tell.
fn mentions(line: &str, variable: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    line.split_once('{')
        .is_some_and(|(_, inside)| inside.split(|c| !is_name(c)).any(|word| word == variable))
}

/// Lines (from 1) where blocks begin, when they can be told from the text.
fn block_lines(text: &str, count: usize) -> Vec<usize> {
    let lines: Vec<usize> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| {
            line.trim_start()
                .trim_start_matches("- ")
                .trim_start()
                .starts_with("block_type:")
        })
        .map(|(number, _)| number)
        .collect();
    if lines.len() == count { lines } else { Vec::new() }
}

/// The name of a file beside the flow's file.
fn beside(file: &str, other: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{other}"),
        None => other.to_owned(),
    }
}

fn digest_part(digest: &mut Sha256, name: &str, text: &str) {
    for part in [name, text] {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, more than {LARGEST}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

struct Folder(PathBuf);

impl Files for Folder {
    fn read(&self, relative: &str) -> Result<String, String> {
        read_text(&self.0.join(relative))
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

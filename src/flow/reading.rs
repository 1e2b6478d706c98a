//! A flow file's text becomes a checked flow: every block built, every prompt read, every variable known.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::blocks::{self, Block, BuildFault, Step};
use super::config::{Config, Files};
use super::entries::{Entry, Override, WrittenEntry, override_all, written_out};
use super::error::{FlowError, Place, UnknownBlock};
use super::file::{Flow, FlowMetadata, FlowSource};
use super::instructlab::{PromptFiles, is_pipeline, translate};
use super::repair;
use super::template::Condition;
use super::waves;
use super::written::value_of;
use crate::text::digest::PartsDigest;

/// Largest flow or prompt file in bytes.
const LARGEST: u64 = 4 << 20;

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    metadata: FlowMetadata,
    blocks: Vec<WrittenEntry>,
}

/// Reads a flow or an InstructLab pipeline; `files` are those beside it.
pub(super) fn parse(
    text: &str,
    file: &str,
    files: &dyn Files,
    source: FlowSource,
    overrides: &[Override],
) -> Result<Flow, FlowError> {
    // As PyYAML reads it; where that is no flow, the other reader says so with its line.
    let value = value_of(text);
    let shape = |reason| FlowError::Shape {
        place: Place::file(file),
        reason,
    };
    let described = match &value {
        Some(value) if is_pipeline(value) => {
            let count = value.get("blocks").and_then(Value::as_array).map_or(0, Vec::len);
            let lines = block_lines(text, "type:", count);
            let mut made = translate(value, file, &lines, files)?;
            override_all(&mut made.entries, overrides).map_err(shape)?;
            let prompts = PromptFiles(files);
            let described = Described {
                text,
                file,
                lines,
                metadata: made.metadata,
                notes: made.notes,
            };
            return build(described, &made.entries, &prompts, source, overrides);
        }
        _ => written(text, value, file)?,
    };
    let (metadata, blocks) = described;
    if blocks.is_empty() {
        return Err(shape(
            "the flow has no blocks; list at least one under 'blocks'".to_owned(),
        ));
    }
    let entries = written_out(&blocks);
    let count = entries.as_ref().map_or(0, |entries| {
        entries.iter().map(|entry| entry.written + 1).max().unwrap_or(0)
    });
    let mut entries = entries.map_err(|(_, reason)| shape(reason))?;
    override_all(&mut entries, overrides).map_err(shape)?;
    let described = Described {
        text,
        file,
        lines: block_lines(text, "block_type:", count),
        metadata,
        notes: Vec::new(),
    };
    build(described, &entries, files, source, overrides)
}

fn written(text: &str, value: Option<Value>, file: &str) -> Result<(FlowMetadata, Vec<WrittenEntry>), FlowError> {
    let as_python = value.and_then(|value| serde_json::from_value::<Written>(value).ok());
    let written = match as_python {
        Some(written) => written,
        None => serde_yaml::from_str(text).map_err(|error| FlowError::Yaml {
            place: Place::at(file, error.location().map(|at| at.line())),
            reason: error.to_string(),
        })?,
    };
    Ok((written.metadata, written.blocks))
}

/// A flow file before its blocks are built.
struct Described<'a> {
    text: &'a str,
    file: &'a str,
    /// Where its blocks begin, as far as that can be told.
    lines: Vec<usize>,
    metadata: FlowMetadata,
    notes: Vec<String>,
}

fn build(
    described: Described<'_>,
    entries: &[Entry],
    files: &dyn Files,
    source: FlowSource,
    overrides: &[Override],
) -> Result<Flow, FlowError> {
    let Described {
        text,
        file,
        lines,
        metadata,
        mut notes,
    } = described;
    check_types(entries, file, &lines)?;
    let mut digest = PartsDigest::default();
    digest.part("flow.yaml");
    digest.part(text);
    for one in overrides {
        digest.part("override");
        digest.part(&one.to_string());
    }
    let mut blocks: Vec<Block> = Vec::with_capacity(entries.len());
    for block in entries {
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
            // Those were named above.
            None => continue,
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
            digest.part(prompt);
            digest.part(text);
        }
        notes.extend(
            config
                .unused()
                .iter()
                .map(|(key, _)| format!("{place}: block '{name}' has no use for the key '{key}'")),
        );
        blocks.push(built);
    }
    if let Some((at, reason)) = waves::misfed(&blocks).or_else(|| repair::unrepairable(&blocks)) {
        let line = entries.get(at).and_then(|entry| lines.get(entry.written).copied());
        return Err(FlowError::Block {
            place: Place::at(file, line),
            block: blocks.get(at).map_or(String::new(), |block| block.name.clone()),
            reason,
        });
    }
    let hash = digest.hex(8);
    let name = if metadata.name.is_empty() {
        file.to_owned()
    } else {
        metadata.name.clone()
    };
    Ok(Flow {
        name,
        metadata,
        source,
        hash,
        blocks,
        notes,
    })
}

/// Refuses types of blocks that are not there, all of them at once.
fn check_types(entries: &[Entry], file: &str, lines: &[usize]) -> Result<(), FlowError> {
    let mut unknown: Vec<UnknownBlock> = Vec::new();
    let mut last = None;
    for entry in entries.iter().filter(|entry| !blocks::is_known(&entry.block_type)) {
        // A repeat writes the same entry several times.
        if last.replace(entry.written) == Some(entry.written) {
            continue;
        }
        let name = entry.config.get("block_name").and_then(Value::as_str);
        unknown.push(UnknownBlock {
            place: Place::at(file, lines.get(entry.written).copied()),
            name: name.unwrap_or_default().to_owned(),
            block_type: entry.block_type.clone(),
            reason: blocks::why_not(&entry.block_type),
        });
    }
    if unknown.is_empty() {
        return Ok(());
    }
    Err(FlowError::UnknownBlocks {
        blocks: unknown,
        known: blocks::block_types().map(|known| known.name).collect(),
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
fn block_lines(text: &str, key: &str, count: usize) -> Vec<usize> {
    let lines: Vec<usize> = (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.trim_start().trim_start_matches("- ").trim_start().starts_with(key))
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

pub(super) fn read_text(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("it has {size} bytes, more than {LARGEST}"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

/// The folder of a flow file, which its other files are named from.
pub(super) struct Folder(pub PathBuf);

impl Files for Folder {
    fn read(&self, relative: &str) -> Result<String, String> {
        read_text(&self.0.join(relative))
    }
}

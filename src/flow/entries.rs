//! The entries of a flow file's `blocks`, and the repeats among them written out.
//!
//! Beside `block_type` and `block_config` an entry may have keys of Seedbed's own, which sdg_hub does not look at: `when`
//! (an expression over the columns; rows for which it is false pass the block untouched), `overwrite` (the block may
//! write over columns that are there), `scaffold` and `role` (of blocks that ask a model). An entry may be a
//! `repeat: {times, when, blocks}` instead: its blocks that many times over, each named with the number of its round,
//! which the column `round` holds.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::blocks::FROM_BLOCK;
use super::repair::REPAIR;
use super::row::Columns;

/// Beyond this a flow file is mistaken or hostile.
const MOST_ROUNDS: u64 = 100;
const MOST_BLOCKS: usize = 2000;

/// One entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEntry {
    #[serde(default)]
    block_type: Option<String>,
    #[serde(default)]
    block_config: Columns,
    #[serde(default)]
    scaffold: Option<Value>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    when: Option<String>,
    #[serde(default)]
    overwrite: bool,
    #[serde(default)]
    repeat: Option<WrittenRepeat>,
    /// sdg_hub's list of keys that a caller may change: it changes nothing by itself.
    #[serde(default, rename = "runtime_overrides")]
    _runtime_overrides: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRepeat {
    times: u64,
    #[serde(default)]
    when: Option<String>,
    blocks: Vec<WrittenEntry>,
}

/// One block to be built.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Which of the file's `block_type` lines it comes from, from 0.
    pub written: usize,
    pub block_type: String,
    pub config: Columns,
    pub scaffold: Option<Value>,
    pub role: Option<String>,
    pub when: Vec<String>,
    pub overwrites: bool,
    pub round: Option<u64>,
}

/// A setting of a block in place of the one in the flow's file, as in `check_novelty.threshold=0.6`.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    block: String,
    key: String,
    value: Value,
}

impl Override {
    /// Reads `BLOCK.KEY=VALUE`; the value is YAML, as in the flow's file.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || format!("'{text}' must have the form BLOCK.KEY=VALUE, as in check_novelty.threshold=0.6");
        let (name, value) = text.split_once('=').ok_or_else(form)?;
        let (block, key) = name.rsplit_once('.').ok_or_else(form)?;
        let value =
            serde_yaml::from_str(value).map_err(|error| format!("the value of '{name}' is not YAML: {error}"))?;
        if block.is_empty() || key.is_empty() || key == "block_name" {
            return Err(form());
        }
        Ok(Override {
            block: block.to_owned(),
            key: key.to_owned(),
            value,
        })
    }
}

impl Override {
    /// True when both set the same.
    pub fn sets_what(&self, other: &Self) -> bool {
        (&self.block, &self.key) == (&other.block, &other.key)
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}={}", self.block, self.key, self.value)
    }
}

/// Puts overrides in their places. A block of a repeat is named with its round, or without for all rounds.
pub(super) fn override_all(entries: &mut [Entry], overrides: &[Override]) -> Result<(), String> {
    for one in overrides {
        let mut found = false;
        for entry in entries.iter_mut() {
            let name = entry
                .config
                .get("block_name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let in_all_rounds = entry
                .round
                .is_some_and(|round| name.strip_suffix(&format!("_{round}")) == Some(&one.block));
            if name == one.block || in_all_rounds {
                entry.config.insert(one.key.clone(), one.value.clone());
                found = true;
            }
        }
        if !found {
            let names: Vec<&str> = entries
                .iter()
                .filter_map(|entry| entry.config.get("block_name")?.as_str())
                .collect();
            return Err(format!(
                "there is no block '{}' to set '{}' of; there are {}",
                one.block,
                one.key,
                names.join(", ")
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
impl Entry {
    /// An entry with nothing beside its configuration.
    pub(super) fn of(block_type: &str, config: Columns) -> Self {
        Entry {
            written: 0,
            block_type: block_type.to_owned(),
            config,
            scaffold: None,
            role: None,
            when: Vec::new(),
            overwrites: false,
            round: None,
        }
    }
}

/// Writes all repeats out.
///
/// # Errors
/// Says which entry (from 0, as far as it is known) is wrong and how.
pub(super) fn written_out(entries: &[WrittenEntry]) -> Result<Vec<Entry>, (usize, String)> {
    let mut out = Vec::new();
    let mut written = 0;
    add(entries, &mut written, &mut out, 0)?;
    Ok(out)
}

fn add(
    entries: &[WrittenEntry],
    written: &mut usize,
    out: &mut Vec<Entry>,
    depth: usize,
) -> Result<(), (usize, String)> {
    for entry in entries {
        let at = *written;
        match (&entry.block_type, &entry.repeat) {
            (Some(block_type), None) => {
                *written += 1;
                out.push(Entry {
                    written: at,
                    block_type: block_type.clone(),
                    config: entry.block_config.clone(),
                    scaffold: entry.scaffold.clone(),
                    role: entry.role.clone(),
                    when: entry.when.iter().cloned().collect(),
                    overwrites: entry.overwrite,
                    round: None,
                });
            }
            (None, Some(repeat)) => {
                if depth > 0 {
                    return Err((at, "a repeat stands within a repeat; write one of them out".to_owned()));
                }
                if !(1..=MOST_ROUNDS).contains(&repeat.times) {
                    return Err((
                        at,
                        format!("'times' must lie between 1 and {MOST_ROUNDS}, not {}", repeat.times),
                    ));
                }
                let mut once = Vec::new();
                add(&repeat.blocks, written, &mut once, depth + 1)?;
                let names: HashSet<String> = once.iter().filter_map(|block| name_of(block, "block_name")).collect();
                for round in 1..=repeat.times {
                    out.extend(once.iter().map(|block| in_round(block, repeat, &names, round)));
                    if out.len() > MOST_BLOCKS {
                        return Err((at, format!("written out, the flow has more than {MOST_BLOCKS} blocks")));
                    }
                }
            }
            (Some(_), Some(_)) => {
                return Err((
                    at,
                    "an entry has a block_type and a repeat; it must be one of them".to_owned(),
                ));
            }
            (None, None) => {
                return Err((
                    at,
                    "an entry of 'blocks' has no block_type; name one, as in LLMChatBlock".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

fn name_of(block: &Entry, key: &str) -> Option<String> {
    block.config.get(key)?.as_str().map(str::to_owned)
}

/// The block as it stands in a round of a repeat, in which blocks have these names.
fn in_round(block: &Entry, repeat: &WrittenRepeat, names: &HashSet<String>, round: u64) -> Entry {
    let mut block = block.clone();
    // A block of the repeat that this one names stands in the same round.
    for key in ["block_name", REPAIR, FROM_BLOCK] {
        if let Some(Value::String(name)) = block.config.get_mut(key)
            && names.contains(name)
        {
            *name = format!("{name}_{round}");
        }
    }
    block.when.extend(repeat.when.clone());
    block.overwrites = true;
    block.round = Some(round);
    block
}

//! The entries of a flow file's `blocks`, and the repeats among them written out.
//!
//! Beside `block_type` and `block_config` an entry may have keys of Seedbed's own, which sdg_hub does not look at: `when`
//! (an expression over the columns; rows for which it is false pass the block untouched), `overwrite` (the block may
//! write over columns that are there), `scaffold` and `role` (of blocks that ask a model). An entry may be a
//! `repeat: {times, when, blocks}` instead: its blocks that many times over, each named with the number of its round,
//! which the column `round` holds.

use serde::Deserialize;
use serde_json::Value;

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
                for round in 1..=repeat.times {
                    out.extend(once.iter().map(|block| in_round(block, repeat, round)));
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

fn in_round(block: &Entry, repeat: &WrittenRepeat, round: u64) -> Entry {
    let mut block = block.clone();
    if let Some(Value::String(name)) = block.config.get_mut("block_name") {
        *name = format!("{name}_{round}");
    }
    block.when.extend(repeat.when.clone());
    block.overwrites = true;
    block.round = Some(round);
    block
}

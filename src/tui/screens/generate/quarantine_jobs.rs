//! The work behind the quarantine: reading it, restoring, finding calls, trying a threshold.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Report;
use super::quarantine::{Dropped, Found, Group};
use crate::samples::{Drop, DropReason, RunId};
use crate::workbench::{DropsWanted, Workbench, WorkbenchError};

/// Most drops that are kept for looking at; the groups count all.
const KEPT: usize = 1000;
/// Longest text of a drop that is kept, in bytes, and longest column.
const LONGEST: usize = 16_384;
const LONGEST_COLUMN: usize = 2048;

/// Reads the drops of a run, or those of one block for one reason.
pub fn read(workbench: &Workbench, run: RunId, group: Option<&(String, DropReason)>) -> Report {
    let found = found(workbench, &run, group)
        .map(Box::new)
        .map_err(|error| error.to_string());
    Report::Drops { run, found }
}

fn found(workbench: &Workbench, run: &RunId, group: Option<&(String, DropReason)>) -> Result<Found, WorkbenchError> {
    let reader = workbench.runs().open(run)?;
    let record = reader.record()?;
    let all = reader.drops()?.records;
    let mut counts: BTreeMap<(String, DropReason), usize> = BTreeMap::new();
    let mut drops = Vec::new();
    // Rows that were let go when the run was stopped were not judged by anybody.
    for drop in all.into_iter().filter(|drop| drop.reason != DropReason::Cancelled) {
        let own = (drop.block.clone(), drop.reason);
        if group.is_none_or(|group| *group == own) && drops.len() < KEPT {
            drops.push(kept(drop));
        }
        *counts.entry(own).or_default() += 1;
    }
    let mut groups: Vec<Group> = counts
        .into_iter()
        .map(|((block, reason), count)| Group { block, reason, count })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    Ok(Found { record, groups, drops })
}

fn kept(mut drop: Drop) -> Dropped {
    let id = drop.id();
    let restorable = drop.sample.take().is_some();
    cut(&mut drop.text, LONGEST);
    cut(&mut drop.message, LONGEST_COLUMN);
    for value in drop.columns.values_mut() {
        match value {
            Value::String(text) => cut(text, LONGEST_COLUMN),
            Value::Array(_) | Value::Object(_) => {
                let mut text = value.to_string();
                cut(&mut text, LONGEST_COLUMN);
                *value = Value::String(text);
            }
            _ => {}
        }
    }
    Dropped { id, drop, restorable }
}

fn cut(text: &mut String, longest: usize) {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push_str(" …");
    }
}

pub fn restore(workbench: &Workbench, run: &RunId, wanted: DropsWanted) -> Report {
    let restored = workbench.restore(run, &wanted).map_err(|error| error.to_string());
    Report::Restored { wanted, restored }
}

/// Finds the calls behind dropped rows.
pub fn calls(workbench: &Workbench, run: &RunId, wanted: &DropsWanted) -> Report {
    let found = || {
        let record = workbench.runs().open(run)?.record()?;
        workbench.again(&record, wanted)
    };
    Report::Calls(found().map_err(|error| error.to_string()))
}

pub fn try_threshold(workbench: &Workbench, run: &RunId, block: &str, value: f64) -> Report {
    Report::Tried(
        workbench
            .try_threshold(run, block, value)
            .map_err(|error| error.to_string()),
    )
}

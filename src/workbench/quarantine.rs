//! What can be done with rows that a run dropped: restored, asked about again, or looked at with another threshold.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Deserialize;

use super::{Workbench, WorkbenchError};
use crate::flow::{Flow, Override, again_for};
use crate::samples::{Again, Drop, DropReason, GroupKey, RunId, RunRecord, SampleId, Threshold};

/// Which dropped rows are meant: all of any of these, or those with the ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DropsWanted {
    /// [`Drop::id`]s, or their beginnings.
    pub ids: Vec<String>,
    pub reasons: Vec<DropReason>,
    pub blocks: Vec<String>,
    /// Those that were marked in their list.
    pub marked: Option<MarkedDrops>,
}

/// Rows marked in the list of a group, by where their lines begin in the file, in bytes; what that means ends when the file
/// is rewritten.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarkedDrops {
    /// The group whose list it is; `None` for the list of all.
    pub group: Option<GroupKey>,
    /// Everything before this is marked.
    pub all_before: u64,
    /// The other way round than the line above says.
    pub turned: BTreeSet<u64>,
}

impl MarkedDrops {
    /// True when the row of this list whose line begins there is marked.
    pub fn has(&self, offset: u64) -> bool {
        (offset < self.all_before) != self.turned.contains(&offset)
    }

    /// The same for a row of any list.
    pub fn means(&self, offset: u64, block: &str, reason: DropReason) -> bool {
        let of_group = |key: &GroupKey| key.block == block && key.reason == reason;
        // Rows that were let go when the run was stopped stand in no list.
        reason != DropReason::Cancelled && self.group.as_ref().is_none_or(of_group) && self.has(offset)
    }

    /// True when nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.all_before == 0 && self.turned.is_empty()
    }
}

impl DropsWanted {
    fn means(&self, offset: u64, drop: &Drop) -> bool {
        let marked = self.marked.as_ref();
        marked.is_some_and(|marked| marked.means(offset, &drop.block, drop.reason))
            || self.reasons.contains(&drop.reason)
            || self.blocks.contains(&drop.block)
            || self.names(drop)
    }

    fn names(&self, drop: &Drop) -> bool {
        if self.ids.is_empty() {
            return false;
        }
        let id = drop.id();
        let mut ids = self.ids.iter();
        ids.any(|wanted| !wanted.is_empty() && id.starts_with(wanted.as_str()))
    }
}

/// What of a dropped row says how a threshold would judge it.
#[derive(Deserialize)]
struct MeasuredDrop {
    block: String,
    #[serde(default)]
    measures: BTreeMap<String, f64>,
}

/// The same of a sample.
#[derive(Deserialize)]
struct MeasuredSample {
    provenance: Measures,
}

#[derive(Deserialize)]
struct Measures {
    #[serde(default)]
    measures: BTreeMap<String, f64>,
}

/// What restoring did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Restored {
    /// Samples that are in the queue now.
    pub samples: Vec<SampleId>,
    /// Of these the queue had the same already.
    pub known: usize,
    /// Rows that had not come as far as a sample: they can only be asked about again.
    pub unfinished: usize,
}

/// What another threshold would do to a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// As the run had it.
    pub threshold: Threshold,
    pub value: f64,
    /// Samples that were measured, and how many of them would leave.
    pub samples: usize,
    pub leave: usize,
    /// Rows that this block dropped, and how many of them would stay.
    pub drops: usize,
    pub stay: usize,
}

impl Workbench {
    /// Puts dropped rows into the queue as samples, flagged `restored`.
    ///
    /// # Errors
    /// When there is no such run, another program works on it, or it cannot be written.
    pub fn restore(&self, run: &RunId, wanted: &DropsWanted) -> Result<Restored, WorkbenchError> {
        let reader = self.runs().open(run)?;
        let mut restored = Restored::default();
        let mut writer = self.runs().amend(run)?;
        let mut written = Ok(());
        reader.each_drop(&mut |offset, drop: Drop| {
            if written.is_err() || !wanted.means(offset, &drop) {
                return;
            }
            let Some(mut sample) = drop.sample else {
                restored.unfinished += 1;
                return;
            };
            sample.flags.push("restored".to_owned());
            sample.provenance.made.get_or_insert(drop.at);
            match writer.append_sample(&sample) {
                Ok(true) => restored.samples.push(sample.id),
                Ok(false) => restored.known += 1,
                Err(error) => written = Err(error),
            }
        })?;
        written?;
        writer.sync()?;
        Ok(restored)
    }

    /// The calls to make once more so that dropped rows get other answers.
    ///
    /// # Errors
    /// When the run or its flow cannot be read, or when no call stands behind any of the rows.
    pub fn again(&self, record: &RunRecord, wanted: &DropsWanted) -> Result<Vec<Again>, WorkbenchError> {
        let overrides: Vec<Override> = record
            .overrides
            .iter()
            .filter_map(|text| Override::parse(text).ok())
            .collect();
        let flow = Flow::open_with(&record.flow, &overrides)?;
        let (mut again, mut seen): (Vec<Again>, HashSet<Again>) = Default::default();
        self.runs().open(&record.id)?.each_drop(&mut |offset, drop: Drop| {
            if wanted.means(offset, &drop)
                && let Some(one) = again_for(&flow, &drop, &record.again)
                && seen.insert(one.clone())
            {
                again.push(one);
            }
        })?;
        match again.is_empty() {
            true => Err(WorkbenchError::NothingAgain {
                id: record.id.to_string(),
            }),
            false => Ok(again),
        }
    }

    /// Says how many rows another threshold would move, without moving any.
    ///
    /// # Errors
    /// When there is no such run, or none of its blocks has that threshold.
    pub fn try_threshold(&self, run: &RunId, block: &str, value: f64) -> Result<Tried, WorkbenchError> {
        let reader = self.runs().open(run)?;
        let record = reader.record()?;
        let found = record.thresholds.iter().find(|threshold| threshold.block == block);
        let Some(threshold) = found.cloned() else {
            return Err(WorkbenchError::NoThreshold {
                block: block.to_owned(),
                known: record
                    .thresholds
                    .iter()
                    .map(|threshold| threshold.block.clone())
                    .collect(),
            });
        };
        let stays = |measure: f64| threshold.keeps.holds(measure, value);
        let (mut samples, mut leave, mut drops, mut stay) = (0, 0, 0, 0);
        reader.each_sample(&mut |sample: MeasuredSample| {
            if let Some(measure) = sample.provenance.measures.get(block) {
                samples += 1;
                leave += usize::from(!stays(*measure));
            }
        })?;
        reader.each_drop(&mut |_, drop: MeasuredDrop| {
            let measure = drop.measures.get(block).copied().filter(|_| drop.block == block);
            // The same block may drop for other reasons, too: those rows are on the right side of the threshold already.
            if let Some(measure) = measure.filter(|measure| !threshold.keeps.holds(*measure, threshold.value)) {
                drops += 1;
                stay += usize::from(stays(measure));
            }
        })?;
        Ok(Tried {
            value,
            samples,
            leave,
            drops,
            stay,
            threshold,
        })
    }
}

//! What can be done with rows that a run dropped: restored, asked about again, or looked at with another threshold.

use super::{Workbench, WorkbenchError};
use crate::flow::{Flow, Override, again_for};
use crate::samples::{Again, Drop, DropReason, RunId, RunRecord, SampleId, Threshold};

/// Which dropped rows are meant: all of any of these, or those with the ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DropsWanted {
    /// [`Drop::id`]s, or their beginnings.
    pub ids: Vec<String>,
    pub reasons: Vec<DropReason>,
    pub blocks: Vec<String>,
}

impl DropsWanted {
    fn means(&self, drop: &Drop) -> bool {
        let id = drop.id();
        self.ids
            .iter()
            .any(|wanted| !wanted.is_empty() && id.starts_with(wanted.as_str()))
            || self.reasons.contains(&drop.reason)
            || self.blocks.contains(&drop.block)
    }
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
        let drops = self.runs().open(run)?.drops()?.records;
        let mut restored = Restored::default();
        let mut writer = self.runs().amend(run)?;
        for drop in drops.into_iter().filter(|drop| wanted.means(drop)) {
            let Some(mut sample) = drop.sample else {
                restored.unfinished += 1;
                continue;
            };
            sample.flags.push("restored".to_owned());
            sample.provenance.made.get_or_insert(drop.at);
            match writer.append_sample(&sample)? {
                true => restored.samples.push(sample.id),
                false => restored.known += 1,
            }
        }
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
        let drops = self.runs().open(&record.id)?.drops()?.records;
        let mut again: Vec<Again> = Vec::new();
        for drop in drops.iter().filter(|drop| wanted.means(drop)) {
            if let Some(one) = again_for(&flow, drop, &record.again)
                && !again.contains(&one)
            {
                again.push(one);
            }
        }
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
        let samples = reader.samples()?.records;
        let kept: Vec<f64> = samples
            .iter()
            .filter_map(|sample| sample.provenance.measures.get(block).copied())
            .collect();
        let drops = reader.drops()?.records;
        let dropped: Vec<f64> = drops
            .iter()
            .filter(|drop| drop.block == block)
            .filter_map(|drop| drop.measures.get(block).copied())
            // The same block may drop for other reasons, too: those rows are on the right side of the threshold already.
            .filter(|measure| !threshold.keeps.holds(*measure, threshold.value))
            .collect();
        Ok(Tried {
            value,
            samples: kept.len(),
            leave: kept.iter().filter(|measure| !stays(**measure)).count(),
            drops: dropped.len(),
            stay: dropped.iter().filter(|measure| stays(**measure)).count(),
            threshold,
        })
    }
}

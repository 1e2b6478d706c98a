//! What a run tells while it goes on, and what it says at the end.

use std::collections::BTreeMap;

use crate::samples::{Drop, DropReason, Outcome, Sample, Stage};
use crate::teacher::Usage;

/// News of a run, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// The run begins with this many rows.
    Started {
        rows: usize,
    },
    /// The teacher is writing an answer for a row: the end of what there is so far. Some of these are left out when
    /// nobody is quick enough to read them.
    Writing {
        row: usize,
        text: String,
    },
    Sample(Box<Sample>),
    Dropped(Box<Drop>),
    /// How far the run is. Some of these are left out, too.
    Progress(Box<RunSummary>),
    Finished(Box<RunSummary>),
}

/// The figures of a run. `rows + grown = samples + drops + not_started` once it has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    pub outcome: Outcome,
    /// Rows at the start.
    pub rows: usize,
    /// Rows that were born on the way, as when one call gives several answers.
    pub grown: usize,
    pub samples: usize,
    pub drops: usize,
    /// Rows at the start that were not begun because the run was stopped; resuming begins them.
    pub not_started: usize,
    /// Rows at the start that are through.
    pub finished_rows: usize,
    /// Calls that the teacher answered.
    pub calls: usize,
    /// Calls that failed.
    pub failed_calls: usize,
    /// Calls whose answer was there from an earlier attempt.
    pub reused: usize,
    /// Calls that were put down for a batch and wait for their answers.
    pub posted: usize,
    /// Failed calls by their kind, as in `busy`.
    pub errors: BTreeMap<String, usize>,
    /// Drops by their reason.
    pub reasons: BTreeMap<DropReason, usize>,
    /// Tokens of the calls of this attempt.
    pub usage: Usage,
    /// What they cost, where every price is known; told at the end and with progress.
    pub cost: Option<f64>,
    /// Why the run stopped itself, as when its budget was used up.
    pub stopped_by: Option<String>,
    /// Rows into and out of every block, and `sample` at the end.
    pub funnel: Vec<Stage>,
}

impl RunSummary {
    pub(super) fn new(rows: usize, blocks: impl Iterator<Item = String>) -> Self {
        let funnel = blocks
            .map(|block| Stage {
                block,
                rows_in: 0,
                rows_out: 0,
                asked_again: 0,
                dropped: 0,
            })
            .collect();
        RunSummary {
            outcome: Outcome::Running,
            rows,
            grown: 0,
            samples: 0,
            drops: 0,
            not_started: 0,
            finished_rows: 0,
            calls: 0,
            failed_calls: 0,
            reused: 0,
            posted: 0,
            errors: BTreeMap::new(),
            reasons: BTreeMap::new(),
            usage: Usage::default(),
            cost: None,
            stopped_by: None,
            funnel,
        }
    }

    /// True when every row is accounted for.
    pub fn adds_up(&self) -> bool {
        self.rows + self.grown == self.samples + self.drops + self.not_started
    }
}

//! A limit on what a run may cost.

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::flow::{Recorder, Row, RunSummary};
use crate::samples::{Drop, Sample, StoreError};
use crate::teacher::Reply;

/// Hands everything on to another recorder, and stops the run once its calls took more tokens than allowed. Answers under way
/// then are not waited for, so the limit is passed by one answer at most as far as the teacher counts tokens.
pub(super) struct Budgeted<'a> {
    inner: &'a mut dyn Recorder,
    left: Option<u64>,
    stop: CancellationToken,
}

impl<'a> Budgeted<'a> {
    pub(super) fn new(inner: &'a mut dyn Recorder, tokens: Option<u64>, stop: CancellationToken) -> Self {
        if tokens == Some(0) {
            stop.cancel();
        }
        Budgeted {
            inner,
            left: tokens,
            stop,
        }
    }
}

impl Recorder for Budgeted<'_> {
    fn sample(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.inner.sample(sample)
    }

    fn dropped(&mut self, dropped: &Drop) -> Result<(), StoreError> {
        self.inner.dropped(dropped)
    }

    fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        self.inner.row(row)
    }

    fn request(&self, key: &str) -> Option<Reply> {
        self.inner.request(key)
    }

    fn record(&mut self, key: &str, reply: &Reply, at: Timestamp) -> Result<(), StoreError> {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(reply.usage.prompt_tokens + reply.usage.completion_tokens);
            if *left == 0 {
                self.stop.cancel();
            }
        }
        self.inner.record(key, reply, at)
    }

    fn progress(&mut self, summary: &RunSummary, at: Timestamp) -> Result<(), StoreError> {
        self.inner.progress(summary, at)
    }
}

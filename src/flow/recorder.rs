//! Where a run puts what it makes: the run store, or memory for a preview.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::samples::{Drop, Outcome, Request, Requests, RunRecord, RunWriter, Sample, StoreError};
use crate::teacher::{Reply, Usage};

use super::event::RunSummary;
use super::row::{Columns, Row};

/// Keeps samples, drops and answered calls. Called from one place at a time, in the order of the run.
pub trait Recorder: Send {
    fn sample(&mut self, sample: &Sample) -> Result<(), StoreError>;

    fn dropped(&mut self, dropped: &Drop) -> Result<(), StoreError>;

    /// Returns the answer to a call that was made before.
    fn request(&self, key: &str) -> Option<Reply>;

    /// Keeps an answer. Returns before the row goes on, so that a call is never paid twice.
    fn record(&mut self, key: &str, reply: &Reply, at: Timestamp) -> Result<(), StoreError>;

    /// Keeps a finished row of a run that makes rows and no samples.
    fn row(&mut self, _row: &Row) -> Result<(), StoreError> {
        Ok(())
    }

    /// Tells how far the run is: every now and then, and at its end.
    fn progress(&mut self, _summary: &RunSummary, _at: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Keeps everything in memory: for previews, which leave nothing on disk.
#[derive(Debug, Default, Clone)]
pub struct MemoryRecorder {
    pub samples: Vec<Sample>,
    pub drops: Vec<Drop>,
    pub rows: Vec<Columns>,
    pub requests: HashMap<String, Reply>,
}

impl Recorder for MemoryRecorder {
    fn sample(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.samples.push(sample.clone());
        Ok(())
    }

    fn dropped(&mut self, dropped: &Drop) -> Result<(), StoreError> {
        self.drops.push(dropped.clone());
        Ok(())
    }

    fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        self.rows.push(row.columns.clone());
        Ok(())
    }

    fn request(&self, key: &str) -> Option<Reply> {
        self.requests.get(key).cloned()
    }

    fn record(&mut self, key: &str, reply: &Reply, _at: Timestamp) -> Result<(), StoreError> {
        self.requests.insert(key.to_owned(), reply.clone());
        Ok(())
    }
}

/// Keeps everything in the run store. A resumed run finds its answered calls there and writes nothing twice.
#[derive(Debug)]
pub struct RunRecorder {
    writer: RunWriter,
    /// Tokens of earlier attempts.
    before: Usage,
    /// The answers of a run that this one continues with another flow.
    earlier: Option<Requests>,
}

impl RunRecorder {
    pub fn new(writer: RunWriter) -> Self {
        let before = writer.record().usage;
        RunRecorder {
            writer,
            before,
            earlier: None,
        }
    }

    /// Uses the answers of an earlier run again, too.
    pub fn continuing(self, earlier: Option<Requests>) -> Self {
        RunRecorder { earlier, ..self }
    }

    /// Ends the run: everything is on the disk before the record says so.
    pub fn finish(self, outcome: Outcome, at: Timestamp) -> Result<RunRecord, StoreError> {
        self.writer.finish(outcome, at)
    }
}

impl Recorder for RunRecorder {
    fn sample(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.writer.append_sample(sample).map(|_| ())
    }

    fn dropped(&mut self, dropped: &Drop) -> Result<(), StoreError> {
        self.writer.append_drop(dropped).map(|_| ())
    }

    fn request(&self, key: &str) -> Option<Reply> {
        let own = self.writer.answered(key);
        own.or_else(|| self.earlier.as_ref()?.get(key))
    }

    fn record(&mut self, key: &str, reply: &Reply, at: Timestamp) -> Result<(), StoreError> {
        self.writer.append_request(&Request {
            key: key.to_owned(),
            reply: reply.clone(),
            at,
        })
    }

    fn progress(&mut self, summary: &RunSummary, _at: Timestamp) -> Result<(), StoreError> {
        let mut record = self.writer.record().clone();
        record.funnel = summary.funnel.clone();
        record.usage = Usage {
            prompt_tokens: self.before.prompt_tokens + summary.usage.prompt_tokens,
            completion_tokens: self.before.completion_tokens + summary.usage.completion_tokens,
        };
        self.writer.update(record)
    }
}

//! Calls of a run that were put into files for a batch: which, where, and what came of them. One JSON object a line in the
//! run's `batch.jsonl`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::append::{LineWriter, line_of};
use super::jsonl::Followed;
use crate::samples::{Notice, StoreError};

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PostedLine {
    /// A call that was put into a file.
    Call(PostedRequest),
    /// Files that are whole now, with all calls of their round.
    Written {
        round: u32,
        folder: String,
        files: Vec<String>,
        at: Timestamp,
    },
    /// A call whose result was a failure: it may be put into a file again.
    Failed { key: String, failed: String, at: Timestamp },
}

/// A call in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PostedRequest {
    /// Under which its answer is kept; the `custom_id` in the file.
    pub key: String,
    /// Which round of the run's files it belongs to, from 1.
    pub round: u32,
    pub block: String,
    /// The part that is asked, as in `teacher`.
    pub role: String,
    pub model: String,
    /// The endpoint, as in `/v1/chat/completions`.
    pub url: String,
    pub file: String,
}

/// What is known of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedState {
    pub url: String,
    pub round: u32,
    /// Its last result was a failure.
    pub failed: bool,
}

/// Everything that a run put into files.
#[derive(Debug, Default)]
pub struct Posted {
    pub calls: HashMap<String, PostedState>,
    /// The rounds whose files are whole, with their folder.
    pub written: HashMap<u32, String>,
    /// The last round that was begun; 0 when none was.
    pub last_round: u32,
    pub notices: Vec<Notice>,
}

impl Posted {
    /// Reads a ledger; a missing one is empty.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let mut posted = Posted::default();
        let mut notices = Vec::new();
        let grown = Followed::new(path).read_on(&mut |line| match serde_json::from_slice(line.bytes) {
            Ok(one) => posted.take(one),
            Err(error) => notices.push(line.broken(path, &error)),
        })?;
        notices.extend(grown.unfinished);
        posted.notices = notices;
        Ok(posted)
    }

    fn take(&mut self, line: PostedLine) {
        match line {
            PostedLine::Call(PostedRequest { key, round, url, .. }) => {
                self.last_round = self.last_round.max(round);
                let failed = false;
                self.calls.insert(key, PostedState { url, round, failed });
            }
            PostedLine::Written { round, folder, .. } => {
                self.last_round = self.last_round.max(round);
                self.written.insert(round, folder);
            }
            PostedLine::Failed { key, .. } => {
                if let Some(call) = self.calls.get_mut(&key) {
                    call.failed = true;
                }
            }
        }
    }

    /// True when a call stands in a whole file and no failure of it came back: its answer may still come.
    pub fn is_out(&self, key: &str) -> bool {
        self.calls
            .get(key)
            .is_some_and(|call| !call.failed && self.written.contains_key(&call.round))
    }
}

/// Adds to a run's ledger; its owner holds the run.
#[derive(Debug)]
pub struct PostedWriter {
    lines: LineWriter,
    waiting: Vec<u8>,
}

/// Lines are written in pieces of about this many bytes.
const PIECE: usize = 1 << 16;

impl PostedWriter {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(PostedWriter {
            lines: LineWriter::open(path)?.0,
            waiting: Vec::new(),
        })
    }

    /// Takes a line; it is on the disk after the next [`PostedWriter::sync`].
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn add(&mut self, line: &PostedLine) -> Result<(), StoreError> {
        self.waiting.extend(line_of(line, self.lines.path())?);
        if self.waiting.len() >= PIECE {
            self.write()?;
        }
        Ok(())
    }

    /// Puts everything onto the disk.
    ///
    /// # Errors
    /// As [`PostedWriter::add`].
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.write()?;
        self.lines.sync()
    }

    fn write(&mut self) -> Result<(), StoreError> {
        if !self.waiting.is_empty() {
            self.lines.append(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }
}

/// The ledger's file in a run's folder.
pub(super) fn ledger(folder: &Path) -> PathBuf {
    folder.join("batch.jsonl")
}

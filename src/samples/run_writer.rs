//! Writing one run while it is made, so that it can be killed at any moment and taken up again.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::append::{LineWriter, line_of};
use super::jsonl::{each_line, each_parsed, json_reason};
use super::posted::ledger;
use super::run_store::{DROPS, LOCK, OLD_DROPS, RECORD, REQUESTS, SAMPLES};
use crate::disk::{Lock, Replacement, make_folder, write_whole};
use crate::samples::{
    Drop, DropReason, Notice, Outcome, Posted, PostedWriter, Request, Requests, RunId, RunRecord, Sample, SampleId,
    StoreError,
};
use crate::teacher::Reply;

/// Writes one run. The only one to do so: it holds the run's lock until it is dropped.
#[derive(Debug)]
pub struct RunWriter {
    folder: PathBuf,
    record: RunRecord,
    samples: LineWriter,
    drops: LineWriter,
    asked: LineWriter,
    requests: Requests,
    sample_ids: HashSet<u64>,
    drop_marks: HashSet<u64>,
    /// Those among them that this process met, too.
    met: HashSet<u64>,
    notices: Vec<Notice>,
    _lock: Lock,
}

impl RunWriter {
    /// Takes the lock of a run whose folder is there and reads what it has so far.
    pub(super) fn open(folder: PathBuf, record: RunRecord) -> Result<Self, StoreError> {
        let lock = hold(&folder, &record.id)?;
        Self::read(folder, record, lock)
    }

    fn read(folder: PathBuf, record: RunRecord, lock: Lock) -> Result<Self, StoreError> {
        let mut notices = Vec::new();
        let mut lines = |name: &str| -> Result<LineWriter, StoreError> {
            let (writer, notice) = LineWriter::open(&folder.join(name))?;
            notices.extend(notice);
            Ok(writer)
        };
        let (samples, drops, asked) = (lines(SAMPLES)?, lines(DROPS)?, lines(REQUESTS)?);
        let requests = Requests::open(asked.path())?;
        notices.extend_from_slice(requests.notices());
        let (mut sample_ids, mut drop_marks) = (HashSet::new(), HashSet::new());
        notices.extend(each_line(samples.path(), &mut |_, sample: OnlyId| {
            sample_ids.insert(sample.id.number());
        })?);
        notices.extend(each_line(drops.path(), &mut |_, drop: Drop| {
            drop_marks.insert(mark_of(&drop));
        })?);
        let writer = RunWriter {
            folder,
            record,
            samples,
            drops,
            asked,
            requests,
            sample_ids,
            drop_marks,
            met: HashSet::new(),
            notices,
            _lock: lock,
        };
        writer.write_record()?;
        Ok(writer)
    }

    /// Begins a run in a folder of its own, outside the store, or takes up the one that is there: its answers and its
    /// tokens count, and it keeps its name and start. What the flow dropped then is dropped anew.
    pub fn in_folder(folder: &Path, record: RunRecord) -> Result<Self, StoreError> {
        make_folder(folder).map_err(|error| StoreError::unwritable(folder, &error))?;
        let lock = hold(folder, &record.id)?;
        let path = folder.join(RECORD);
        let record = match fs::read(&path) {
            Ok(bytes) => {
                let earlier: RunRecord = serde_json::from_slice(&bytes).map_err(|error| StoreError::Broken {
                    path,
                    line: error.line() as u64,
                    reason: json_reason(&error),
                })?;
                let is_same = earlier.flow_hash == record.flow_hash && earlier.wanted == record.wanted;
                if !is_same {
                    set_all_drops_aside(folder)?;
                }
                RunRecord {
                    id: earlier.id,
                    started: earlier.started,
                    usage: earlier.usage,
                    ..record
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => record,
            Err(error) => return Err(StoreError::unreadable(&path, &error)),
        };
        Self::read(folder.to_owned(), record, lock)
    }

    pub fn record(&self) -> &RunRecord {
        &self.record
    }

    /// What was odd about the files of a resumed run.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The calls that were answered before, in this process or before it was resumed.
    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// The answer to a call that was made before.
    pub fn answered(&self, key: &str) -> Option<Reply> {
        self.requests.get(key)
    }

    pub fn contains(&self, id: &SampleId) -> bool {
        self.sample_ids.contains(&id.number())
    }

    /// How many samples the run has made so far.
    pub fn sample_count(&self) -> usize {
        self.sample_ids.len()
    }

    /// Keeps a sample; false when this run has it already. Scores that are not numbers are left out: JSON has none.
    pub fn append_sample(&mut self, sample: &Sample) -> Result<bool, StoreError> {
        if self.sample_ids.contains(&sample.id.number()) {
            return Ok(false);
        }
        let line = sample_line(sample, self.samples.path())?;
        self.samples.append(&line)?;
        self.sample_ids.insert(sample.id.number());
        Ok(true)
    }

    /// Keeps a removed row; false when a resumed run removes the same row, or piece of a row, for
    /// the same reason again.
    pub fn append_drop(&mut self, drop: &Drop) -> Result<bool, StoreError> {
        let mark = mark_of(drop);
        self.met.insert(mark);
        if self.drop_marks.contains(&mark) {
            return Ok(false);
        }
        let line = line_of(drop, self.drops.path())?;
        self.drops.append(&line)?;
        self.drop_marks.insert(mark);
        Ok(true)
    }

    /// Keeps an answer under its key; a later answer to the same key counts.
    pub fn append_request(&mut self, request: &Request) -> Result<(), StoreError> {
        let line = line_of(request, self.asked.path())?;
        let offset = self.asked.append(&line)?;
        self.requests.note(&request.key, offset);
        Ok(())
    }

    /// What was put into files for a batch.
    pub fn posted(&self) -> Result<Posted, StoreError> {
        Posted::read(&ledger(&self.folder))
    }

    /// Opens the list of calls that are put into files for a batch.
    pub fn posted_writer(&self) -> Result<PostedWriter, StoreError> {
        PostedWriter::open(&ledger(&self.folder))
    }

    /// Replaces the run's record on disk at once; its id stays.
    pub fn update(&mut self, record: RunRecord) -> Result<(), StoreError> {
        let id = self.record.id.clone();
        self.record = RunRecord { id, ..record };
        self.write_record()
    }

    /// Puts everything that waits onto the disk.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        self.samples.sync()?;
        self.drops.sync()?;
        self.asked.sync()
    }

    /// Ends the run: everything is on the disk before the record says so, then the lock is given back.
    pub fn finish(mut self, outcome: Outcome, at: Timestamp) -> Result<RunRecord, StoreError> {
        self.sync()?;
        self.set_old_drops_aside(outcome == Outcome::Done)?;
        self.record.outcome = outcome;
        self.record.finished = Some(at);
        self.write_record()?;
        Ok(self.record)
    }

    /// A run that is through went over every row: what earlier attempts removed and this one did not is no drop any more.
    /// Of a run that is not, only rows that waited before and do not now are none.
    fn set_old_drops_aside(&mut self, is_through: bool) -> Result<(), StoreError> {
        if self.met.len() == self.drop_marks.len() {
            return Ok(());
        }
        let path = self.drops.path().to_owned();
        let refused = |error: io::Error| StoreError::unwritable(&path, &error);
        let stays =
            |drop: &Drop| self.met.contains(&mark_of(drop)) || (!is_through && drop.reason != DropReason::Waiting);
        let mut all_stay = true;
        each_line(&path, &mut |_, drop| all_stay &= stays(&drop))?;
        if all_stay {
            return Ok(());
        }
        let mut kept = Replacement::begin(&path).map_err(refused)?;
        let mut aside = LineWriter::open(&self.folder.join(OLD_DROPS))?.0;
        each_parsed(&path, |line, drop| {
            let whole = [line.bytes, b"\n"].concat();
            // Of a line that cannot be read nobody knows what it was.
            match drop.as_ref().map_or(true, stays) {
                true => kept.write_all(&whole).map_err(refused),
                false => aside.append(&whole).map(|_| ()),
            }
        })?;
        aside.sync()?;
        kept.finish().map_err(refused)
    }

    fn write_record(&self) -> Result<(), StoreError> {
        let path = self.folder.join(RECORD);
        let refused = |error: io::Error| StoreError::unwritable(&path, &error);
        let mut bytes = serde_json::to_vec_pretty(&self.record).map_err(|error| StoreError::Unwritten {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        bytes.push(b'\n');
        write_whole(&path, &bytes).map_err(refused)
    }
}

/// A sample as its line. A score that is not finite would come back as null and make the whole line unreadable.
pub(super) fn sample_line(sample: &Sample, path: &Path) -> Result<Vec<u8>, StoreError> {
    if sample.scores.values().all(|score| score.is_finite()) {
        return line_of(sample, path);
    }
    let mut finite = sample.clone();
    finite.scores.retain(|_, score| score.is_finite());
    line_of(&finite, path)
}

fn hold(folder: &Path, id: &RunId) -> Result<Lock, StoreError> {
    let path = folder.join(LOCK);
    let refused = |error: io::Error| StoreError::unwritable(&path, &error);
    let open = || File::options().read(true).append(true).create(true).open(&path);
    // Someone who lists the runs holds the lock for an instant; only a worker holds it longer.
    for _ in 0..10 {
        let file = open().map_err(refused)?;
        if let Some(lock) = Lock::take(file).map_err(refused)? {
            return Ok(lock);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(StoreError::RunInUse { id: id.to_string() })
}

#[derive(Deserialize)]
struct OnlyId {
    id: SampleId,
}

/// Puts what another flow dropped, or the same over other rows, where it can be read and is not counted.
fn set_all_drops_aside(folder: &Path) -> Result<(), StoreError> {
    let drops = folder.join(DROPS);
    let mut aside = LineWriter::open(&folder.join(OLD_DROPS))?.0;
    each_parsed(&drops, |line, _: serde_json::Result<IgnoredAny>| {
        aside.append(&[line.bytes, b"\n"].concat()).map(|_| ())
    })?;
    aside.sync()?;
    match fs::remove_file(&drops) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::unwritable(&drops, &error)),
        _ => Ok(()),
    }
}

/// What makes two removals the same: everything but when it happened and how it was worded.
fn mark_of(drop: &Drop) -> u64 {
    let mut hasher = DefaultHasher::new();
    (drop.row, drop.piece(), &drop.node, &drop.block, drop.reason, &drop.text).hash(&mut hasher);
    hasher.finish()
}

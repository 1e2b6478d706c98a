//! Where runs are kept: one folder a run under `<git dir>/seedbed/runs/`, written by one process, read by any.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::jsonl::{each_line, json_reason};
use super::posted::ledger;
use crate::disk::{Lock, sync_folder};
use crate::samples::{
    Drop, DropIndex, Outcome, Posted, Records, Requests, RunId, RunRecord, RunWriter, Sample, StoreError, read_lines,
};

pub(super) const RECORD: &str = "run.json";
pub(super) const SAMPLES: &str = "samples.jsonl";
pub(super) const DROPS: &str = "drops.jsonl";
/// What attempts before the last one removed, and the last one did not.
pub(super) const OLD_DROPS: &str = "drops.earlier.jsonl";
pub(super) const REQUESTS: &str = "requests.jsonl";
pub(super) const LOCK: &str = "lock";

/// All runs of one taxonomy.
#[derive(Debug, Clone)]
pub struct RunStore {
    folder: PathBuf,
}

impl RunStore {
    /// The runs inside a git directory; nothing is created before the first run.
    pub fn new(git_dir: &Path) -> Self {
        RunStore {
            folder: git_dir.join("seedbed").join("runs"),
        }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A name for a run that starts now and that no run has yet.
    pub fn free_id(&self, started: Timestamp) -> RunId {
        let mut hasher = DefaultHasher::new();
        (started.as_nanosecond(), &self.folder).hash(&mut hasher);
        let mut nonce = (hasher.finish() & 0xffff) as u16;
        // At most one round through all names of this second; then the last one is refused by `create`.
        for _ in 0..u16::MAX {
            let id = RunId::at(started, nonce);
            if !self.folder.join(id.as_str()).exists() {
                return id;
            }
            nonce = nonce.wrapping_add(1);
        }
        RunId::at(started, nonce)
    }

    /// Begins a run: its folder, its lock, its record.
    pub fn create(&self, record: RunRecord) -> Result<RunWriter, StoreError> {
        let folder = self.folder.join(record.id.as_str());
        let refused = |error: io::Error| StoreError::unwritable(&folder, &error);
        fs::create_dir_all(&self.folder).map_err(refused)?;
        match fs::create_dir(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(StoreError::RunExists {
                    id: record.id.to_string(),
                });
            }
            Err(error) => return Err(refused(error)),
        }
        sync_folder(&self.folder).map_err(refused)?;
        RunWriter::open(folder, record)
    }

    /// Takes up a run that ended early: what it made, dropped and asked is known, and is not written twice.
    pub fn resume(&self, id: &RunId) -> Result<RunWriter, StoreError> {
        let reader = self.open(id)?;
        let mut record = reader.stored_record()?;
        record.outcome = Outcome::Running;
        record.finished = None;
        RunWriter::open(reader.folder, record)
    }

    /// Opens a run to add to what it has; its record stays as it is.
    pub fn amend(&self, id: &RunId) -> Result<RunWriter, StoreError> {
        let reader = self.open(id)?;
        let record = reader.record()?;
        RunWriter::open(reader.folder, record)
    }

    /// All runs, newest first. A run whose record cannot be read is shown as failed, with the reason.
    pub fn list(&self) -> Result<Vec<RunRecord>, StoreError> {
        let mut runs: Vec<RunRecord> = self
            .ids()?
            .into_iter()
            .map(|id| self.reader(id).record_or_reason())
            .collect();
        runs.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(runs)
    }

    /// How many samples a run made. The record says it once the run is over; until then, and of a run whose process died,
    /// the file is counted.
    pub fn made(&self, record: &RunRecord) -> usize {
        if record.finished.is_some() {
            return record.funnel.last().map_or(0, |stage| stage.rows_out);
        }
        let samples = self.reader(record.id.clone()).samples();
        samples.map_or(0, |samples| samples.records.len())
    }

    /// The names of all runs, oldest first.
    pub fn ids(&self) -> Result<Vec<RunId>, StoreError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::unreadable(&self.folder, &error)),
        };
        let mut ids: Vec<RunId> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| RunId::parse(entry.file_name().to_str()?).ok())
            .collect();
        ids.sort();
        Ok(ids)
    }

    pub fn open(&self, id: &RunId) -> Result<RunReader, StoreError> {
        let reader = self.reader(id.clone());
        if !reader.folder.is_dir() {
            return Err(StoreError::NoSuchRun { id: id.to_string() });
        }
        Ok(reader)
    }

    /// The file that a run's samples are in, whether or not it is there.
    pub(super) fn samples_file(&self, id: &RunId) -> PathBuf {
        self.folder.join(id.as_str()).join(SAMPLES)
    }

    fn reader(&self, id: RunId) -> RunReader {
        RunReader {
            folder: self.folder.join(id.as_str()),
            id,
        }
    }
}

/// Reads one run, finished or not.
#[derive(Debug, Clone)]
pub struct RunReader {
    folder: PathBuf,
    id: RunId,
}

impl RunReader {
    /// Reads a run in a folder of its own, outside the store, as [`RunWriter::in_folder`] makes it. `None` when none is there.
    ///
    /// # Errors
    /// When its record cannot be read.
    pub fn in_folder(folder: &Path) -> Result<Option<Self>, StoreError> {
        let mut reader = RunReader {
            folder: folder.to_owned(),
            id: RunId::at(Timestamp::UNIX_EPOCH, 0),
        };
        if !folder.join(RECORD).exists() {
            return Ok(None);
        }
        reader.id = reader.stored_record()?.id;
        Ok(Some(reader))
    }

    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// The run's record; a run that should be running but that nobody works on is [`Outcome::Interrupted`].
    pub fn record(&self) -> Result<RunRecord, StoreError> {
        let mut record = self.stored_record()?;
        if record.outcome == Outcome::Running && !self.is_held() {
            record.outcome = Outcome::Interrupted;
        }
        Ok(record)
    }

    pub fn samples(&self) -> Result<Records<Sample>, StoreError> {
        read_lines(&self.folder.join(SAMPLES))
    }

    pub fn drops(&self) -> Result<Records<Drop>, StoreError> {
        read_lines(&self.folder.join(DROPS))
    }

    /// Hands on the drops one after the other, each with the offset of its line; as the type says how much of them is read.
    pub fn each_drop<T: DeserializeOwned>(&self, visit: &mut dyn FnMut(u64, T)) -> Result<(), StoreError> {
        each_line(&self.folder.join(DROPS), visit).map(|_| ())
    }

    /// Hands on the samples one after the other; as the type says how much of them is read.
    pub fn each_sample<T: DeserializeOwned>(&self, visit: &mut dyn FnMut(T)) -> Result<(), StoreError> {
        each_line(&self.folder.join(SAMPLES), &mut |_, sample| visit(sample)).map(|_| ())
    }

    /// Where its drops lie, to be followed. Reads nothing yet.
    pub fn drop_index(&self) -> DropIndex {
        DropIndex::new(&self.folder.join(DROPS))
    }

    pub fn requests(&self) -> Result<Requests, StoreError> {
        Requests::open(&self.folder.join(REQUESTS))
    }

    /// What was put into files for a batch.
    pub fn posted(&self) -> Result<Posted, StoreError> {
        Posted::read(&ledger(&self.folder))
    }

    /// How many calls that were put into files have no answer yet.
    pub fn waiting(&self) -> Result<usize, StoreError> {
        let posted = self.posted()?;
        if posted.calls.is_empty() {
            return Ok(0);
        }
        let requests = self.requests()?;
        Ok(posted.calls.keys().filter(|key| !requests.contains(key)).count())
    }

    fn stored_record(&self) -> Result<RunRecord, StoreError> {
        let path = self.folder.join(RECORD);
        let bytes = fs::read(&path).map_err(|error| StoreError::unreadable(&path, &error))?;
        serde_json::from_slice(&bytes).map_err(|error| StoreError::Broken {
            path,
            line: error.line() as u64,
            reason: json_reason(&error),
        })
    }

    fn record_or_reason(&self) -> RunRecord {
        self.record().unwrap_or_else(|error| RunRecord {
            outcome: Outcome::Failed {
                reason: error.to_string(),
            },
            ..RunRecord::new(self.id.clone(), Timestamp::UNIX_EPOCH)
        })
    }

    /// True while a process holds the run's lock, or when that cannot be found out.
    fn is_held(&self) -> bool {
        match File::open(self.folder.join(LOCK)) {
            Ok(file) => Lock::is_taken(file),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}

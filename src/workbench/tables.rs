//! Running a flow over a table of one's own: rows from a JSONL file, finished rows into another.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::batch::{Limits, takes_batches};
use super::running::close;
use super::{BatchPlan, BatchWritten, Outbox, WorkbenchError};
use crate::flow::{
    Asking, Budget, Cast, Clock, Columns, Ending, Flow, Prepared, Recorder, Row, Run, RunEvent, RunRecorder,
    RunSummary, TokenPrice, run,
};
use crate::samples::{Drop, RunId, RunReader, RunRecord, RunWriter, Sample, StoreError};
use crate::taxonomy::{Kind, NodePath};
use crate::teacher::{Answering, ChatRequest, OnText, Reply, Teacher, TeacherError};

/// Rows as they stand in a file of JSON lines.
pub struct RowsFile {
    pub rows: Vec<Columns>,
    /// What the person should know, each one sentence.
    pub notes: Vec<String>,
}

impl RowsFile {
    /// Reads a file with one JSON object a line and compares it with what the flow says that it needs.
    ///
    /// # Errors
    /// When the file cannot be read, a line is no object, a column that the flow requires is in no row, or there are too few.
    pub fn read(path: &Path, flow: &Flow) -> Result<RowsFile, WorkbenchError> {
        let bytes = fs::read(path).map_err(|error| StoreError::unreadable(path, &error))?;
        let mut rows: Vec<Columns> = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
            rows.push(serde_json::from_slice(line).map_err(|error| StoreError::Broken {
                path: path.to_owned(),
                line: number,
                reason: format!("a row is a JSON object: {error}"),
            })?);
        }
        // A table has the same columns in every row.
        let mut columns = Columns::new();
        for name in rows.iter().flat_map(Columns::keys) {
            if !columns.contains_key(name) {
                columns.insert(name.clone(), Value::Null);
            }
        }
        for row in rows.iter_mut().filter(|row| row.len() < columns.len()) {
            let mut filled = columns.clone();
            for (name, value) in std::mem::take(row) {
                filled.insert(name, value);
            }
            *row = filled;
        }
        let needs = &flow.metadata.dataset_requirements;
        let file = || path.display().to_string();
        if let Some(column) = needs
            .required_columns
            .iter()
            .find(|column| !columns.contains_key(*column))
        {
            return Err(WorkbenchError::MissingInput {
                file: file(),
                flow: flow.name.clone(),
                column: column.clone(),
                there: columns.keys().cloned().collect(),
            });
        }
        let least = needs.min_samples.unwrap_or(1).max(1);
        if rows.len() < least {
            return Err(WorkbenchError::TooFewRows {
                file: file(),
                flow: flow.name.clone(),
                rows: rows.len(),
                least,
            });
        }
        let notes = notes(&rows, flow);
        Ok(RowsFile { rows, notes })
    }
}

/// What does not fit the flow's own words about its rows, and does not stop it.
fn notes(rows: &[Columns], flow: &Flow) -> Vec<String> {
    let needs = &flow.metadata.dataset_requirements;
    let mut notes = Vec::new();
    if let Some(most) = needs.max_samples.filter(|most| rows.len() > *most) {
        notes.push(format!(
            "there are {} rows; the flow is meant for at most {most}",
            rows.len()
        ));
    }
    for (column, wanted) in &needs.column_types {
        let other = (1..)
            .zip(rows)
            .find(|(_, row)| row.get(column).is_some_and(|value| !is_of_type(value, wanted)));
        if let Some((number, _)) = other {
            notes.push(format!(
                "column '{column}' of row {number} is not of the type {wanted}, which the flow expects"
            ));
        }
    }
    let mut seen = HashSet::new();
    let same = rows
        .iter()
        .filter(|row| !seen.insert(Value::Object((*row).clone()).to_string()))
        .count();
    if same > 0 {
        notes.push(format!(
            "{same} of the rows are there more than once; sdg_hub would refuse the table"
        ));
    }
    notes
}

/// Compares a value with the name of one of Python's types; other names fit everything.
fn is_of_type(value: &Value, wanted: &str) -> bool {
    match wanted {
        _ if value.is_null() => true,
        "str" | "string" => value.is_string(),
        "int" | "integer" => value.is_i64() || value.is_u64(),
        "float" | "number" => value.is_number(),
        "bool" | "boolean" => value.is_boolean(),
        "list" | "array" => value.is_array(),
        "dict" | "object" => value.is_object(),
        _ => true,
    }
}

/// A flow's run over a table.
pub struct TableRun<'a> {
    pub flow: &'a Flow,
    pub rows: Vec<Columns>,
    /// Who answers; only needed where the flow asks.
    pub cast: Option<Cast>,
    pub seed: Option<u64>,
    pub budget: Budget,
    /// What the models' tokens cost, by role, where that is known.
    pub prices: [Option<TokenPrice>; 3],
    /// Where calls are written instead of being made.
    pub batch: Option<BatchPlan>,
    /// Where finished rows go. Beside it, under the same name with `.run`, the answers and drops are kept.
    pub to: PathBuf,
}

/// A run over a table that is over.
#[derive(Debug)]
pub struct TableRan {
    pub summary: RunSummary,
    /// What it wrote for a batch, where it did so.
    pub written: Option<BatchWritten>,
}

impl TableRun<'_> {
    /// The folder with the run's answers and drops.
    pub fn folder(to: &Path) -> PathBuf {
        let mut name = to.as_os_str().to_owned();
        name.push(".run");
        PathBuf::from(name)
    }

    /// Runs to the end; rows that are through stand in the file then, in their order. A run that was stopped or killed is
    /// taken up by doing the same again: what was answered is not asked twice.
    ///
    /// # Errors
    /// When the flow does not fit the rows, or a file cannot be written.
    pub async fn run(
        self,
        events: mpsc::Sender<RunEvent>,
        cancel: CancellationToken,
        clock: Clock,
    ) -> Result<TableRan, WorkbenchError> {
        let folder = Self::folder(&self.to);
        let started = clock();
        let earlier = RunReader::in_folder(&folder)?;
        // With another seed than before its prompts would be others.
        let seed = match (self.seed, &earlier) {
            (Some(seed), _) => seed,
            (None, Some(earlier)) => earlier.record()?.seed,
            (None, None) => started.as_second().unsigned_abs(),
        };
        let given: BTreeSet<String> = self.rows.first().into_iter().flat_map(Columns::keys).cloned().collect();
        let wanted = self.rows.len();
        // Rows of a table belong to no leaf; a name is needed all the same.
        let node = NodePath::parse("knowledge/table").map_err(|error| WorkbenchError::Table(error.to_string()))?;
        let prepared = Prepared::of_rows(node, Kind::Knowledge, self.rows, seed, self.flow)?;
        let cast = self.cast.unwrap_or_else(|| Cast::of(Arc::new(Nobody)));
        let record = RunRecord {
            flow: self.flow.name.clone(),
            flow_hash: self.flow.hash.clone(),
            teacher: cast.teacher.name().to_owned(),
            model: cast.teacher.model().to_owned(),
            wanted,
            seed,
            ..RunRecord::new(RunId::at(started, 0), started)
        };
        if let Some(batch) = &self.batch {
            takes_batches(self.flow, &cast)?;
            Outbox::prepare(batch, earlier.as_ref())?;
        }
        let writer = RunWriter::in_folder(&folder, record)?;
        let outbox = match &self.batch {
            Some(batch) => Some(Outbox::open(batch, Limits::USUAL, &writer)?),
            None => None,
        };
        let store = RunRecorder::new(writer);
        let target = crate::disk::folder_of(&self.to).to_owned();
        let refused = |error: io::Error| StoreError::unwritable(&self.to, &error);
        let part = tempfile::Builder::new()
            .prefix(".rows")
            .tempfile_in(&target)
            .map_err(refused)?;
        let mut recorder = TableRecorder {
            store,
            out: BufWriter::new(part.as_file().try_clone().map_err(refused)?),
            to: &self.to,
            flow: self.flow,
            given,
        };
        let paused = watch::Sender::new(false);
        let mut summary = run(Run {
            ending: Ending::Rows,
            asking: match &outbox {
                Some(outbox) => Asking::Batch(outbox),
                None => Asking::Live,
            },
            budget: self.budget,
            prices: self.prices,
            paused: paused.subscribe(),
            cancel: cancel.clone(),
            ..Run::new(
                self.flow,
                std::slice::from_ref(&prepared),
                cast,
                &mut recorder,
                events,
                Arc::clone(&clock),
            )
        })
        .await;
        let TableRecorder { store, out, .. } = recorder;
        out.into_inner()
            .map_err(|error| refused(error.into_error()))?
            .sync_all()
            .map_err(refused)?;
        // A temporary file is its owner's alone; the table is like any other file.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&self.to).map_or(0o644, |there| there.permissions().mode());
            fs::set_permissions(part.path(), fs::Permissions::from_mode(mode)).map_err(refused)?;
        }
        part.persist(&self.to).map_err(|error| refused(error.error))?;
        close(
            outbox.as_ref(),
            Some(store),
            &mut summary,
            cancel.is_cancelled(),
            &clock,
        );
        let written = outbox.map(|outbox| outbox.written());
        Ok(TableRan { summary, written })
    }
}

/// Answers and drops into the run's folder, finished rows into the table.
struct TableRecorder<'a> {
    store: RunRecorder,
    out: BufWriter<File>,
    to: &'a Path,
    flow: &'a Flow,
    given: BTreeSet<String>,
}

impl Recorder for TableRecorder<'_> {
    fn sample(&mut self, sample: &Sample) -> Result<(), StoreError> {
        self.store.sample(sample)
    }

    fn dropped(&mut self, dropped: &Drop) -> Result<(), StoreError> {
        self.store.dropped(&Drop {
            node: None,
            ..dropped.clone()
        })
    }

    fn request(&self, key: &str) -> Option<Reply> {
        self.store.request(key)
    }

    fn record(&mut self, key: &str, reply: &Reply, at: jiff::Timestamp) -> Result<(), StoreError> {
        self.store.record(key, reply, at)
    }

    fn row(&mut self, row: &Row) -> Result<(), StoreError> {
        let columns = self.flow.finished(row.columns.clone(), &self.given);
        let mut line = Value::Object(columns).to_string();
        line.push('\n');
        self.out
            .write_all(line.as_bytes())
            .map_err(|error| StoreError::unwritable(self.to, &error))
    }

    fn progress(&mut self, summary: &RunSummary, at: jiff::Timestamp) -> Result<(), StoreError> {
        self.store.progress(summary, at)
    }
}

/// Plays every part in a flow that asks nobody.
struct Nobody;

impl Teacher for Nobody {
    fn name(&self) -> &str {
        "nobody"
    }
    fn model(&self) -> &str {
        ""
    }
    fn slots(&self) -> usize {
        1
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, _: ChatRequest, _: OnText, _: CancellationToken) -> Answering<'_> {
        Box::pin(async { Err(TeacherError::Cancelled) })
    }
}

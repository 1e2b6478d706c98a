//! Writing the calls of a run into files that batch services take, instead of making them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{Planned, WorkbenchError};
use crate::disk::{FreshFile, make_folder};
use crate::flow::{Cast, Flow, Post, PostedCall, TeacherRole};
use crate::samples::{Posted, PostedLine, PostedRequest, PostedState, PostedWriter, RunReader, RunWriter};
use crate::teacher::batch::BatchCall;
use crate::teacher::{ChatRequest, Prompt, Sampling};

/// Longest part of a file's name that comes from its block.
const LONGEST_STEM: usize = 60;

/// Where the calls of a run go, in place of the teacher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchPlan {
    pub folder: PathBuf,
    /// Calls that are out already in an earlier file are written once more.
    pub again: bool,
}

/// A file of requests, whole on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFile {
    pub path: PathBuf,
    /// The same requests as rows for Ray Data.
    pub ray: PathBuf,
    pub block: String,
    pub model: String,
    /// As in `/v1/chat/completions`.
    pub url: String,
    pub requests: usize,
}

/// What a run wrote for a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchWritten {
    pub files: Vec<BatchFile>,
    /// Calls that stand in earlier files, whose answers may still come; they were not written again.
    pub still_out: usize,
}

impl Planned {
    /// Makes this a run that writes its calls into files.
    ///
    /// # Errors
    /// When a part is played by a model that takes no batches.
    pub fn into_batch(mut self, batch: BatchPlan) -> Result<Self, WorkbenchError> {
        takes_batches(&self.flow, &self.cast)?;
        let rows = self.prepared.count();
        if let Some((block, wave)) = self.flow.wave().filter(|(_, wave)| rows > *wave) {
            self.notes.push(format!(
                "'{block}' shows later rows what earlier ones made: they go in waves of {wave}, so this batch takes at least {} \
                 rounds of files; --set {block}.wave={rows} makes it one, with the seeds only",
                rows.div_ceil(wave)
            ));
        }
        self.batch = Some(batch);
        Ok(self)
    }
}

/// Asks that everybody whom a flow asks is a server that could take a batch.
pub(super) fn takes_batches(flow: &Flow, cast: &Cast) -> Result<(), WorkbenchError> {
    let probe = ChatRequest::new(Prompt::Chat(Vec::new()), Sampling::default());
    for role in TeacherRole::ALL {
        let teacher = cast.playing(role);
        if flow.has_part(role) && teacher.batch_call(&probe).is_none() {
            let teacher = teacher.name().to_owned();
            return Err(WorkbenchError::NoBatch { teacher });
        }
    }
    Ok(())
}

/// How large a file may get.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub requests: usize,
    pub bytes: usize,
}

impl Limits {
    /// What OpenAI's Batch API takes.
    pub const USUAL: Limits = Limits {
        requests: 50_000,
        bytes: 200_000_000,
    };
}

/// Takes the calls of one run down, a file for each stage: block, model and endpoint.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
    again: bool,
    limits: Limits,
    round: u32,
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    known: Posted,
    ledger: PostedWriter,
    /// The file that grows, for each stage.
    open: BTreeMap<(String, String, &'static str), Growing>,
    full: Vec<Growing>,
    names: Vec<String>,
    written: BatchWritten,
}

#[derive(Debug)]
struct Growing {
    lines: FreshFile,
    rays: FreshFile,
    bytes: usize,
    file: BatchFile,
}

impl Outbox {
    /// Looks at the folder and makes it, for the next round of a run or for the first.
    ///
    /// # Errors
    /// When it cannot be written, or holds files of that name.
    pub(super) fn prepare(plan: &BatchPlan, run: Option<&RunReader>) -> Result<(), WorkbenchError> {
        let posted = run.map(RunReader::posted).transpose()?.unwrap_or_default();
        Self::make_room(plan, posted.last_round + 1)
    }

    /// Begins the next round of a run that `writer` holds: only then nobody else adds to what was put into files before.
    ///
    /// # Errors
    /// As [`Outbox::prepare`], or when the run's files cannot be read or written.
    pub(super) fn open(plan: &BatchPlan, limits: Limits, writer: &RunWriter) -> Result<Self, WorkbenchError> {
        let known = writer.posted()?;
        let round = known.last_round + 1;
        Self::make_room(plan, round)?;
        Ok(Outbox {
            folder: plan.folder.clone(),
            again: plan.again,
            limits,
            round,
            inside: Mutex::new(Inside {
                known,
                ledger: writer.posted_writer()?,
                open: BTreeMap::new(),
                full: Vec::new(),
                names: Vec::new(),
                written: BatchWritten::default(),
            }),
        })
    }

    /// Makes the folder and sees that the files of this round are not there yet.
    pub(super) fn make_room(plan: &BatchPlan, round: u32) -> Result<(), WorkbenchError> {
        let folder = &plan.folder;
        make_folder(folder).map_err(WorkbenchError::io("make the folder", folder))?;
        let entries = std::fs::read_dir(folder).map_err(WorkbenchError::io("read the folder", folder))?;
        let start = prefix(round);
        let mut names: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        names.sort();
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(&start) && name.ends_with(".jsonl")
        };
        match names.into_iter().find(is_ours) {
            Some(path) => Err(WorkbenchError::BatchFileThere { path }),
            None => Ok(()),
        }
    }

    /// Where the files lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was written; empty until the run is over.
    pub fn written(&self) -> BatchWritten {
        self.inside().written.clone()
    }

    /// Puts the files under their names; without `keep` nothing is left of them.
    pub(super) fn finish(&self, keep: bool, at: Timestamp) -> Result<(), String> {
        let mut inside = self.inside();
        let inside = &mut *inside;
        let mut all = std::mem::take(&mut inside.full);
        all.extend(std::mem::take(&mut inside.open).into_values());
        if !keep || all.is_empty() {
            return Ok(());
        }
        // An answer can only come to a file that is there, and is known then.
        inside.ledger.sync().map_err(|error| error.to_string())?;
        all.sort_by(|a, b| a.file.path.cmp(&b.file.path));
        for Growing { lines, rays, file, .. } in all {
            let kept = rays.keep().map_err(|error| unwritten(&file.ray, &error));
            kept.and_then(|_| lines.keep().map_err(|error| unwritten(&file.path, &error)))?;
            inside.written.files.push(file);
        }
        let name = |file: &BatchFile| name_of(&file.path);
        inside
            .ledger
            .add(&PostedLine::Written {
                round: self.round,
                folder: std::path::absolute(&self.folder)
                    .unwrap_or_else(|_| self.folder.clone())
                    .to_string_lossy()
                    .into_owned(),
                files: inside.written.files.iter().map(name).collect(),
                at,
            })
            .and_then(|()| inside.ledger.sync())
            .map_err(|error| error.to_string())
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, names: &mut Vec<String>, call: PostedCall<'_>, batch: &BatchCall) -> Result<Growing, String> {
        let stem = format!("{}{}", prefix(self.round), stem_of(call.block));
        let mut name = stem.clone();
        let mut part = 1_usize;
        while names.contains(&name) {
            part += 1;
            name = format!("{stem}-{part}");
        }
        let path = self.folder.join(format!("{name}.jsonl"));
        let ray = self.folder.join(format!("{name}.ray.jsonl"));
        names.push(name);
        let open = |path: &Path| FreshFile::create(path).map_err(|error| unwritten(path, &error));
        Ok(Growing {
            lines: open(&path)?,
            rays: open(&ray)?,
            bytes: 0,
            file: BatchFile {
                path,
                ray,
                block: call.block.to_owned(),
                model: batch.model().to_owned(),
                url: batch.url.to_owned(),
                requests: 0,
            },
        })
    }
}

impl Post for Outbox {
    fn post(&self, call: PostedCall<'_>) -> Result<(), String> {
        let mut inside = self.inside();
        let inside = &mut *inside;
        if inside
            .known
            .calls
            .get(call.key)
            .is_some_and(|state| state.round == self.round)
        {
            return Ok(());
        }
        if !self.again && inside.known.is_out(call.key) {
            inside.written.still_out += 1;
            return Ok(());
        }
        let Some(batch) = call.teacher.batch_call(call.request) else {
            let teacher = call.teacher.name().to_owned();
            return Err(WorkbenchError::NoBatch { teacher }.to_string());
        };
        let line = batch.line(call.key);
        let stage = (call.block.to_owned(), batch.model().to_owned(), batch.url);
        let is_full = |growing: &Growing| {
            growing.file.requests >= self.limits.requests || growing.bytes + line.len() + 1 > self.limits.bytes
        };
        if inside.open.get(&stage).is_some_and(is_full) {
            inside.full.extend(inside.open.remove(&stage));
        }
        let growing = match inside.open.entry(stage) {
            std::collections::btree_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(self.begin(&mut inside.names, call, &batch)?)
            }
        };
        let wrote = growing.lines.add_line(&line);
        wrote.map_err(|error| unwritten(&growing.file.path, &error))?;
        let wrote = growing.rays.add_line(&batch.ray_line(call.key));
        wrote.map_err(|error| unwritten(&growing.file.ray, &error))?;
        growing.bytes += line.len() + 1;
        growing.file.requests += 1;
        let request = PostedRequest {
            key: call.key.to_owned(),
            round: self.round,
            block: call.block.to_owned(),
            role: call.role.word().to_owned(),
            model: batch.model().to_owned(),
            url: batch.url.to_owned(),
            file: name_of(&growing.file.path),
        };
        let state = PostedState {
            url: request.url.clone(),
            round: self.round,
            failed: false,
        };
        inside.known.calls.insert(request.key.clone(), state);
        let kept = inside.ledger.add(&PostedLine::Call(request));
        kept.map_err(|error| error.to_string())
    }
}

/// How the names of a round's files begin, as in `01-`.
fn prefix(round: u32) -> String {
    format!("{round:02}-")
}

/// A block's name as a part of a file's name.
fn stem_of(block: &str) -> String {
    let plain = |char: char| match char {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => char,
        _ => '-',
    };
    block.chars().take(LONGEST_STEM).map(plain).collect()
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn unwritten(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AlreadyExists => WorkbenchError::BatchFileThere { path: path.to_owned() }.to_string(),
        _ => format!(
            "the batch file {} cannot be written: {error}; mend that and go on with the run",
            path.display()
        ),
    }
}

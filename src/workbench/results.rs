//! Taking the results of batches into the run that asked for them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{TableRun, Workbench, WorkbenchError};
use crate::samples::{PostedLine, Request, RunId, RunReader, RunRecord, RunWriter};
use crate::teacher::batch::{BatchFault, RAW_URL, read_result};
use crate::teacher::{Reply, Usage};

/// How many odd lines and unknown ids are named; the others are counted.
const NAMED: usize = 5;

/// A line that is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OddLine {
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    pub reason: String,
}

/// Calls without an answer, of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedCalls {
    pub count: usize,
    /// What was said of one of them.
    pub message: String,
}

/// What files of results brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TakenResults {
    /// Calls that have their answer now.
    pub answers: usize,
    /// Calls that had theirs before: those stay as they are.
    pub known: usize,
    /// Calls that failed, by kind, as in `HTTP 429`; they can be put into a file again.
    pub failed: BTreeMap<String, FailedCalls>,
    /// Results that belong to no call of the run, and the first of their ids.
    pub strangers: usize,
    pub strange_ids: Vec<String>,
    /// Lines that could not be read, and the first of them.
    pub odd: usize,
    pub odd_lines: Vec<OddLine>,
    /// Calls that still have no answer.
    pub waiting: usize,
    pub usage: Usage,
}

impl Workbench {
    /// Reads results, in any order, and keeps the answers in their run. Of several answers to one call the last counts; one
    /// that was taken in before stays. With `at` left out they are only read.
    ///
    /// A folder stands for the files in it that end in `.jsonl` or `.json`.
    ///
    /// # Errors
    /// When a file cannot be read, the run put nothing into files, or another program works on it.
    pub fn take_results(
        &self,
        id: &RunId,
        files: &[PathBuf],
        at: Option<Timestamp>,
    ) -> Result<TakenResults, WorkbenchError> {
        let reader = self.runs().open(id)?;
        let open_writer = || Ok(self.runs().amend(id)?);
        match take(&reader, &open_writer, files, at)? {
            Some(taken) => Ok(taken),
            None => Err(WorkbenchError::NothingPosted { id: id.to_string() }),
        }
    }
}

/// The same for the run over a table whose finished rows go to that file.
///
/// # Errors
/// As [`Workbench::take_results`].
pub fn take_table_results(to: &Path, files: &[PathBuf], at: Option<Timestamp>) -> Result<TakenResults, WorkbenchError> {
    let folder = TableRun::folder(to);
    let open_writer = |record| RunWriter::in_folder(&folder, record);
    let taken = match RunReader::in_folder(&folder)? {
        Some(reader) => take(&reader, &|| Ok(open_writer(reader.record()?)?), files, at)?,
        None => None,
    };
    taken.ok_or_else(|| WorkbenchError::NothingPostedFor { path: to.to_owned() })
}

/// Takes results into a run; `None` when it put nothing into files.
fn take(
    reader: &RunReader,
    open_writer: &dyn Fn() -> Result<RunWriter, WorkbenchError>,
    files: &[PathBuf],
    at: Option<Timestamp>,
) -> Result<Option<TakenResults>, WorkbenchError> {
    let posted = reader.posted()?;
    if posted.calls.is_empty() {
        return Ok(None);
    }
    let mut open = Vec::new();
    for path in all_files(files)? {
        let file = File::open(&path).map_err(WorkbenchError::io("read", &path))?;
        open.push((path, BufReader::new(file)));
    }
    let known = reader.requests()?;
    let mut into = Into {
        writer: at.map(|at| Ok::<_, WorkbenchError>((open_writer()?, at))).transpose()?,
        taken: TakenResults::default(),
        answered: HashSet::new(),
        failed: HashMap::new(),
    };
    for (path, lines) in &mut open {
        each_line(path, lines, &mut |number, line| {
            let is_raw = |id: &str| posted.calls.get(id).is_some_and(|call| call.url == RAW_URL);
            let result = match read_result(line, is_raw) {
                Ok(result) => result,
                Err(reason) => return into.odd(path, number, reason),
            };
            let key = result.custom_id;
            if !posted.calls.contains_key(&key) {
                into.stranger(key);
            } else if known.contains(&key) {
                into.taken.known += 1;
            } else {
                match result.outcome {
                    Ok(reply) => into.answer(key, reply)?,
                    Err(fault) => into.failure(key, fault),
                }
            }
            Ok(())
        })?;
    }
    let unanswered = posted.calls.keys().filter(|key| !known.contains(key));
    into.taken.waiting = unanswered.count() - into.answered.len();
    into.end().map(Some)
}

/// Answers on their way into a run.
struct Into {
    /// `None` when they are only read.
    writer: Option<(RunWriter, Timestamp)>,
    taken: TakenResults,
    answered: HashSet<String>,
    failed: HashMap<String, BatchFault>,
}

impl Into {
    fn answer(&mut self, key: String, reply: Reply) -> Result<(), WorkbenchError> {
        let usage = reply.usage;
        if let Some((writer, at)) = &mut self.writer {
            writer.append_request(&Request {
                key: key.clone(),
                reply,
                at: *at,
            })?;
        }
        self.failed.remove(&key);
        if self.answered.insert(key) {
            self.taken.usage.prompt_tokens += usage.prompt_tokens;
            self.taken.usage.completion_tokens += usage.completion_tokens;
        }
        Ok(())
    }

    fn failure(&mut self, key: String, fault: BatchFault) {
        if !self.answered.contains(&key) {
            self.failed.insert(key, fault);
        }
    }

    fn stranger(&mut self, id: String) {
        self.taken.strangers += 1;
        if self.taken.strange_ids.len() < NAMED && !self.taken.strange_ids.contains(&id) {
            self.taken.strange_ids.push(id);
        }
    }

    fn odd(&mut self, path: &Path, line: u64, reason: String) -> Result<(), WorkbenchError> {
        self.taken.odd += 1;
        if self.taken.odd_lines.len() < NAMED {
            let file = path.to_owned();
            self.taken.odd_lines.push(OddLine { file, line, reason });
        }
        Ok(())
    }

    /// Puts everything on the disk.
    fn end(mut self) -> Result<TakenResults, WorkbenchError> {
        self.taken.answers = self.answered.len();
        if let Some((mut writer, at)) = self.writer {
            let mut ledger = writer.posted_writer()?;
            for (key, fault) in &self.failed {
                ledger.add(&PostedLine::Failed {
                    key: key.clone(),
                    failed: fault.kind.clone(),
                    at,
                })?;
            }
            ledger.sync()?;
            writer.sync()?;
            let record = writer.record().clone();
            let usage = Usage {
                prompt_tokens: record.usage.prompt_tokens + self.taken.usage.prompt_tokens,
                completion_tokens: record.usage.completion_tokens + self.taken.usage.completion_tokens,
            };
            writer.update(RunRecord { usage, ..record })?;
        }
        for fault in self.failed.into_values() {
            let kind = self.taken.failed.entry(fault.kind).or_default();
            kind.count += 1;
            kind.message = fault.message;
        }
        Ok(self.taken)
    }
}

/// The files that are meant, in order.
fn all_files(named: &[PathBuf]) -> Result<Vec<PathBuf>, WorkbenchError> {
    let mut all = Vec::new();
    for path in named {
        if !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(WorkbenchError::io("read the folder", path))?;
        let is_lines = |path: &PathBuf| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            path.is_file() && matches!(ending, Some("json" | "jsonl"))
        };
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(is_lines).collect();
        inside.sort();
        all.extend(inside);
    }
    Ok(all)
}

/// Is given each line with its number, from 1.
type TakeLine<'a> = dyn FnMut(u64, &[u8]) -> Result<(), WorkbenchError> + 'a;

/// Hands on every line that is not empty, with its number.
fn each_line(path: &Path, lines: &mut impl BufRead, take: &mut TakeLine<'_>) -> Result<(), WorkbenchError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = lines
            .read_until(b'\n', &mut line)
            .map_err(WorkbenchError::io("read", path))?;
        if length == 0 {
            break;
        }
        let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            take(number, text)?;
        }
    }
    Ok(())
}

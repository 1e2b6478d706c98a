//! The engine: rows through blocks, side by side, every one accounted for.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::blocks::{Siblings, Step};
use super::event::{RunEvent, RunSummary};
use super::file::Flow;
use super::finish::sample_of;
use super::inputs::Prepared;
use super::recorder::Recorder;
use super::row::{Applied, Columns, Lineage, Origin, Rejected, Row};
use super::turns::Turns;
use crate::samples::{Drop, DropReason, Outcome, Provenance, SampleId, StoreError};
use crate::teacher::{Finish, Reply, Teacher, TeacherError};

/// Tells the time of samples and drops.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The stage after the last block, where rows become samples and exact repetitions leave.
const LAST_STAGE: &str = "sample";
/// A run stops early when half of the last calls failed; of at least this many.
const FEWEST_CALLS_TO_JUDGE: usize = 10;
/// The run's record is brought up to date after this many rows.
const ROWS_BETWEEN_RECORDS: usize = 64;
/// Most rows under way: those that wait behind a slow one are kept in memory.
const MOST_UNDER_WAY: usize = 4096;

/// Everything a run needs.
pub struct Run<'a> {
    /// The run's id, kept in every sample; empty for a preview.
    pub id: String,
    pub flow: &'a Flow,
    /// The leaves, one after the other.
    pub leaves: &'a [Prepared],
    pub teacher: Arc<dyn Teacher>,
    pub recorder: &'a mut dyn Recorder,
    /// A bounded channel that somebody reads while the run goes on; when nobody does, the run waits. A closed one is
    /// no fault: the run goes on unheard.
    pub events: mpsc::Sender<RunEvent>,
    /// Stops the run and keeps what is there.
    pub cancel: CancellationToken,
    pub clock: Clock,
}

/// Runs a flow to its end, or until it is stopped. Failures are in the summary's outcome, never lost rows.
pub async fn run(run: Run<'_>) -> RunSummary {
    let rows = run.leaves.iter().map(Prepared::count).sum();
    let running = Running::new(run, rows);
    running.tell(RunEvent::Started { rows }).await;
    let window = (running.teacher.slots().max(1) * 4).clamp(16, MOST_UNDER_WAY);
    let mut under_way = FuturesUnordered::new();
    let mut begun = 0;
    loop {
        while begun < rows && under_way.len() < window && !running.stop.is_cancelled() {
            under_way.push(running.drive(begun));
            begun += 1;
        }
        if under_way.next().await.is_none() {
            break;
        }
        running.row_is_through(false);
    }
    std::mem::drop(under_way);
    let summary = running.end(rows - begun);
    running.row_is_through(true);
    running.tell(RunEvent::Finished(Box::new(summary.clone()))).await;
    summary
}

/// A run under way, shared by its rows.
pub(super) struct Running<'a> {
    flow: &'a Flow,
    leaves: &'a [Prepared],
    pub(super) teacher: Arc<dyn Teacher>,
    recorder: Mutex<&'a mut dyn Recorder>,
    pub(super) events: mpsc::Sender<RunEvent>,
    /// Fires when the person stops the run, and when it stops itself.
    pub(super) stop: CancellationToken,
    clock: Clock,
    pub(super) slots: Semaphore,
    /// For each block, what it needs to take rows in order, if it does.
    ordered: Vec<Option<InTurn>>,
    last_turns: Turns,
    seen: Mutex<HashSet<SampleId>>,
    common: Provenance,
    tally: Mutex<Tally>,
}

struct InTurn {
    turns: Turns,
    memory: Mutex<Box<dyn Siblings>>,
}

struct Tally {
    summary: RunSummary,
    /// Whether each of the last calls failed.
    recent: VecDeque<bool>,
    failure: Option<String>,
    /// True when a row left because the run was stopped.
    cancelled: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Running<'a> {
    fn new(run: Run<'a>, rows: usize) -> Self {
        let Run {
            id,
            flow,
            leaves,
            teacher,
            recorder,
            events,
            cancel,
            clock,
        } = run;
        let names = flow
            .blocks
            .iter()
            .map(|block| block.name.clone())
            .chain(std::iter::once(LAST_STAGE.to_owned()));
        let common = Provenance {
            run: id,
            flow: flow.name.clone(),
            flow_hash: flow.hash.clone(),
            teacher: teacher.name().to_owned(),
            model: teacher.model().to_owned(),
            ..Provenance::default()
        };
        let ordered = flow
            .blocks
            .iter()
            .map(|block| match &block.step {
                Step::Ordered(step) => Some(InTurn {
                    turns: Turns::default(),
                    memory: Mutex::new(step.start()),
                }),
                Step::Each(_) | Step::Ask(_) => None,
            })
            .collect();
        Running {
            slots: Semaphore::new(teacher.slots().clamp(1, Semaphore::MAX_PERMITS)),
            tally: Mutex::new(Tally {
                summary: RunSummary::new(rows, names),
                recent: VecDeque::new(),
                failure: None,
                cancelled: false,
            }),
            recorder: Mutex::new(recorder),
            stop: cancel.child_token(),
            last_turns: Turns::default(),
            seen: Mutex::new(HashSet::new()),
            flow,
            leaves,
            teacher,
            events,
            clock,
            ordered,
            common,
        }
    }

    /// Takes one input row through all blocks.
    async fn drive(&self, input: usize) {
        if let Some((leaf, number)) = self.leaf_of(input) {
            let rows = vec![leaf.row(number, input)];
            let rows = self.through_blocks(input, leaf, rows).await;
            if !rows.is_empty() {
                self.become_samples(input, rows).await;
            }
        }
        // Those behind must not wait for a row that left early.
        for block in self.ordered.iter().flatten() {
            block.turns.leave(input);
        }
        self.last_turns.leave(input);
    }

    fn leaf_of(&self, input: usize) -> Option<(&Prepared, usize)> {
        let mut before = 0;
        for leaf in self.leaves {
            if input < before + leaf.count() {
                return Some((leaf, input - before));
            }
            before += leaf.count();
        }
        None
    }

    async fn through_blocks(&self, input: usize, leaf: &Prepared, mut rows: Vec<Row>) -> Vec<Row> {
        for (at, block) in self.flow.blocks.iter().enumerate() {
            if rows.is_empty() {
                break;
            }
            let names: Vec<Lineage> = rows.iter().map(|row| row.lineage.clone()).collect();
            let applied: Vec<Applied> = match &block.step {
                Step::Each(step) => rows.into_iter().map(|row| step.apply(row)).collect(),
                Step::Ask(chat) => join_all(rows.into_iter().map(|row| self.ask(block, chat, leaf.seed(), row))).await,
                Step::Ordered(_) => {
                    let Some(Some(InTurn { turns, memory })) = self.ordered.get(at) else {
                        return Vec::new();
                    };
                    turns.wait(input).await;
                    let applied = {
                        let mut memory = lock(memory);
                        rows.into_iter().map(|row| memory.apply(row)).collect()
                    };
                    turns.leave(input);
                    applied
                }
            };
            rows = self.account(at, &block.name, leaf.origin(), names, applied).await;
        }
        rows
    }

    /// Counts what a block did and keeps what it rejected; returns the rows that go on.
    async fn account(
        &self,
        at: usize,
        block: &str,
        origin: &Origin,
        names: Vec<Lineage>,
        applied: Vec<Applied>,
    ) -> Vec<Row> {
        let rows_in = names.len();
        let mut rows = Vec::with_capacity(rows_in);
        let mut drops = Vec::new();
        for (name, applied) in names.into_iter().zip(applied) {
            if applied.rows.is_empty() && applied.rejected.is_empty() {
                // No block should do this; if one does, the row is still not lost without a word.
                drops.push(self.vanished(block, origin, &name));
            }
            rows.extend(applied.rows);
            drops.extend(
                applied
                    .rejected
                    .into_iter()
                    .map(|rejected| self.drop_of(block, rejected)),
            );
        }
        {
            let summary = &mut lock(&self.tally).summary;
            summary.grown += (rows.len() + drops.len()).saturating_sub(rows_in);
            if let Some(stage) = summary.funnel.get_mut(at) {
                stage.rows_in += rows_in;
                stage.rows_out += rows.len();
            }
        }
        for dropped in drops {
            self.keep_drop(dropped).await;
        }
        rows
    }

    fn drop_of(&self, block: &str, rejected: Rejected) -> Drop {
        let Rejected { row, reason, message } = rejected;
        // An answer that was cut off or stopped is the cause; that it has no proper form is what came of it.
        let (reason, message) = match (reason, row.finish) {
            (DropReason::Unparsable | DropReason::Empty, Some(Finish::Length)) => (
                DropReason::Truncated,
                format!("the answer hit its limit of tokens; {message}"),
            ),
            (DropReason::Unparsable | DropReason::Empty, Some(Finish::Repetition)) => (
                DropReason::Repetition,
                format!("the teacher went round in circles; {message}"),
            ),
            other => (other.0, message),
        };
        let mut columns = piece_of(&row.lineage);
        for column in ["question", "response"] {
            if let Some(value) = row.columns.get(column) {
                columns.insert(column.to_owned(), value.clone());
            }
        }
        Drop {
            row: row.lineage.input(),
            node: Some(row.origin.node.clone()),
            block: block.to_owned(),
            reason,
            message,
            text: row.said,
            columns,
            at: (self.clock)(),
        }
    }

    fn vanished(&self, block: &str, origin: &Origin, name: &Lineage) -> Drop {
        Drop {
            row: name.input(),
            node: Some(origin.node.clone()),
            block: block.to_owned(),
            reason: DropReason::Other,
            message: "the block left nothing of the row and gave no reason".to_owned(),
            text: String::new(),
            columns: piece_of(name),
            at: (self.clock)(),
        }
    }

    async fn keep_drop(&self, dropped: Drop) {
        let kept = lock(&self.recorder).dropped(&dropped);
        self.heed(kept);
        {
            let mut tally = lock(&self.tally);
            tally.summary.drops += 1;
            tally.cancelled |= dropped.reason == DropReason::Cancelled;
        }
        self.tell(RunEvent::Dropped(Box::new(dropped))).await;
    }

    /// The last stage: rows become samples in their order, the same sample only once.
    async fn become_samples(&self, input: usize, rows: Vec<Row>) {
        self.last_turns.wait(input).await;
        let rows_in = rows.len();
        let mut samples = Vec::new();
        let mut drops = Vec::new();
        for row in rows {
            let made = sample_of(&row, &self.common).and_then(|sample| {
                let is_new = lock(&self.seen).insert(sample.id.clone());
                let repeated = || {
                    (
                        DropReason::Duplicate,
                        "the same sample was made before in this run".to_owned(),
                    )
                };
                if is_new { Ok(sample) } else { Err(repeated()) }
            });
            match made {
                Ok(mut sample) => {
                    sample.provenance.made = Some((self.clock)());
                    let kept = lock(&self.recorder).sample(&sample);
                    if let Err(error) = kept {
                        self.fail(error.to_string());
                        let reason = DropReason::Other;
                        drops.push(self.drop_of(
                            LAST_STAGE,
                            Rejected {
                                row,
                                reason,
                                message: error.to_string(),
                            },
                        ));
                        continue;
                    }
                    samples.push(sample);
                }
                Err((reason, message)) => drops.push(self.drop_of(LAST_STAGE, Rejected { row, reason, message })),
            }
        }
        {
            let summary = &mut lock(&self.tally).summary;
            summary.samples += samples.len();
            if let Some(stage) = summary.funnel.last_mut() {
                stage.rows_in += rows_in;
                stage.rows_out += samples.len();
            }
        }
        for sample in samples {
            self.tell(RunEvent::Sample(Box::new(sample))).await;
        }
        for dropped in drops {
            self.keep_drop(dropped).await;
        }
    }

    /// Counts a row that is through, tells how far the run is, and now and then writes it down.
    fn row_is_through(&self, at_the_end: bool) {
        let summary = {
            let mut tally = lock(&self.tally);
            if !at_the_end {
                tally.summary.finished_rows += 1;
            }
            tally.summary.clone()
        };
        if at_the_end || summary.finished_rows.is_multiple_of(ROWS_BETWEEN_RECORDS) {
            let kept = lock(&self.recorder).progress(&summary, (self.clock)());
            self.heed(kept);
        }
        let _ = self.events.try_send(RunEvent::Progress(Box::new(summary)));
    }

    fn end(&self, not_started: usize) -> RunSummary {
        let mut tally = lock(&self.tally);
        let failure = tally.failure.clone();
        let stopped_short = not_started > 0 || tally.cancelled;
        tally.summary.not_started = not_started;
        tally.summary.outcome = match failure {
            Some(reason) => Outcome::Failed { reason },
            None if stopped_short => Outcome::Stopped,
            None => Outcome::Done,
        };
        tally.summary.clone()
    }

    pub(super) async fn tell(&self, event: RunEvent) {
        // A closed channel means that nobody listens any more; the run's results are in the recorder.
        let _ = self.events.send(event).await;
    }

    pub(super) fn recorded(&self, key: &str) -> Option<Reply> {
        let reply = lock(&self.recorder).request(key)?;
        lock(&self.tally).summary.reused += 1;
        Some(reply)
    }

    pub(super) fn note_answer(&self, key: &str, reply: &Reply) {
        let kept = lock(&self.recorder).record(key, reply, (self.clock)());
        self.heed(kept);
        let mut tally = lock(&self.tally);
        tally.summary.calls += 1;
        tally.summary.usage.prompt_tokens += reply.usage.prompt_tokens;
        tally.summary.usage.completion_tokens += reply.usage.completion_tokens;
        self.remember(&mut tally, false);
    }

    pub(super) fn note_failure(&self, error: &TeacherError) {
        let mut tally = lock(&self.tally);
        tally.summary.failed_calls += 1;
        self.remember(&mut tally, true);
        let failed = tally.recent.iter().filter(|failed| **failed).count();
        let last = tally.recent.len();
        std::mem::drop(tally);
        if is_hopeless(error) {
            self.fail(error.to_string());
        } else if last >= FEWEST_CALLS_TO_JUDGE && failed * 2 >= last {
            self.fail(format!(
                "{failed} of the last {last} calls failed, the last one so: {error}"
            ));
        }
    }

    fn remember(&self, tally: &mut Tally, failed: bool) {
        tally.recent.push_back(failed);
        if tally.recent.len() > FEWEST_CALLS_TO_JUDGE.max(2 * self.teacher.slots()) {
            tally.recent.pop_front();
        }
    }

    pub(super) fn failure(&self) -> Option<String> {
        lock(&self.tally).failure.clone()
    }

    /// Stops the run by itself; the first reason counts.
    fn fail(&self, reason: String) {
        lock(&self.tally).failure.get_or_insert(reason);
        self.stop.cancel();
    }

    /// A run whose results cannot be kept must not go on.
    fn heed(&self, kept: Result<(), StoreError>) {
        if let Err(error) = kept {
            self.fail(error.to_string());
        }
    }
}

/// Tells pieces of one row apart in its drops.
fn piece_of(lineage: &Lineage) -> Columns {
    let mut columns = Columns::new();
    let name = lineage.to_string();
    if name.contains('.') {
        columns.insert(Drop::PIECE.to_owned(), name.into());
    }
    columns
}

/// Errors that every further call would meet, too.
fn is_hopeless(error: &TeacherError) -> bool {
    matches!(
        error,
        TeacherError::WrongKey { .. }
            | TeacherError::NoSuchModel { .. }
            | TeacherError::NoKey { .. }
            | TeacherError::NoWeights
    )
}

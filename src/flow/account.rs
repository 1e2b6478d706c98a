//! The accounts of a run: what came in, what went on, what left and why, and what it cost.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::event::{RunEvent, RunSummary};
use super::finish::sample_of;
use super::row::{Applied, Columns, Lineage, Rejected, Row};
use super::run::{Running, Tally, lock};
use crate::quality::leftover;
use crate::samples::{Drop, DropReason, Outcome, StoreError};
use crate::teacher::{Finish, Reply, TeacherError};
use crate::text::counted::counted;

/// A run stops early when half of the last calls failed; of at least this many.
const FEWEST_CALLS_TO_JUDGE: usize = 10;
/// The run's record is brought up to date after so many rows, when so many seconds went by.
const ROWS_BETWEEN_RECORDS: usize = 64;
const SECONDS_BETWEEN_RECORDS: i64 = 2;

impl Running<'_> {
    /// Counts what a block did and keeps what it rejected; returns the rows that go on.
    pub(super) async fn account(&self, at: usize, block: &str, names: Vec<Lineage>, applied: Vec<Applied>) -> Vec<Row> {
        let rows_in = names.len();
        let mut rows = Vec::with_capacity(rows_in);
        let mut drops = Vec::new();
        for (name, applied) in names.into_iter().zip(applied) {
            if applied.rows.is_empty() && applied.rejected.is_empty() {
                // No block should do this; if one does, the row is still not lost without a word.
                drops.push(self.vanished(block, &name));
            }
            rows.extend(applied.rows);
            drops.extend(
                applied
                    .rejected
                    .into_iter()
                    .map(|rejected| self.drop_of(block, rejected)),
            );
        }
        self.tally_block(at, rows_in, rows, drops).await
    }

    /// The same for a block that took all rows at once.
    pub(super) async fn account_for_all(
        &self,
        at: usize,
        block: &str,
        names: &[Lineage],
        applied: Applied,
    ) -> Vec<Row> {
        let Applied { rows, rejected } = applied;
        let accounted = rows.len() + rejected.len();
        let mut drops = Vec::new();
        if accounted < names.len() {
            // As above: the block gave no reason for some of them.
            let left: HashSet<&Lineage> = rows
                .iter()
                .chain(rejected.iter().map(|rejected| &rejected.row))
                .map(|row| &row.lineage)
                .collect();
            let missing = names.iter().filter(|name| !left.contains(name));
            drops.extend(
                missing
                    .take(names.len() - accounted)
                    .map(|name| self.vanished(block, name)),
            );
        }
        drops.extend(rejected.into_iter().map(|rejected| self.drop_of(block, rejected)));
        self.tally_block(at, names.len(), rows, drops).await
    }

    async fn tally_block(&self, at: usize, rows_in: usize, rows: Vec<Row>, drops: Vec<Drop>) -> Vec<Row> {
        {
            let summary = &mut lock(&self.tally).summary;
            summary.grown += (rows.len() + drops.len()).saturating_sub(rows_in);
            if let Some(stage) = summary.funnel.get_mut(at) {
                stage.rows_in += rows_in;
                stage.rows_out += rows.len();
                stage.dropped += drops.len();
            }
        }
        for dropped in drops {
            self.keep_drop(dropped).await;
        }
        rows
    }

    pub(super) fn drop_of(&self, block: &str, rejected: Rejected) -> Drop {
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
            (DropReason::Unparsable, _) if let Some(words) = leftover::refusal(&row.said) => (
                DropReason::Refused,
                format!("the answer declines (\"{words}\"); {message}"),
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
            measures: row.measures.clone(),
            sample: sample_of(&row, &self.common).ok().map(Box::new),
            text: row.said,
            columns,
            at: (self.clock)(),
        }
    }

    fn vanished(&self, block: &str, name: &Lineage) -> Drop {
        Drop {
            row: name.input(),
            node: self.origin_of(name.input()).map(|origin| origin.node.clone()),
            block: block.to_owned(),
            reason: DropReason::Other,
            message: "the block left nothing of the row and gave no reason".to_owned(),
            text: String::new(),
            measures: BTreeMap::new(),
            sample: None,
            columns: piece_of(name),
            at: (self.clock)(),
        }
    }

    pub(super) async fn keep_drop(&self, dropped: Drop) {
        let kept = lock(&self.recorder).dropped(&dropped);
        self.heed(kept);
        {
            let mut tally = lock(&self.tally);
            tally.summary.drops += 1;
            *tally.summary.reasons.entry(dropped.reason).or_default() += 1;
            tally.cancelled |= dropped.reason == DropReason::Cancelled;
        }
        self.tell(RunEvent::Dropped(Box::new(dropped))).await;
    }

    /// Remembers how many rows of each input a block put out that took all of them at once.
    pub(super) fn note_open_rows(&self, before: &[Lineage], rows: &[Row]) {
        let mut tally = lock(&self.tally);
        let mut open: HashMap<usize, usize> = before.iter().map(|name| (name.input(), 0)).collect();
        for row in rows {
            *open.entry(row.lineage.input()).or_default() += 1;
        }
        let ended = open.values().filter(|rows| **rows == 0).count();
        open.retain(|_, rows| *rows > 0);
        tally.summary.finished_rows += ended;
        tally.open_rows = open;
    }

    /// Counts a row that is through, tells how far the run is, and now and then writes it down.
    pub(super) fn row_is_through(&self, input: usize) {
        let summary = {
            let mut tally = lock(&self.tally);
            match tally.open_rows.get_mut(&input) {
                Some(open) if *open > 1 => *open -= 1,
                _ => tally.summary.finished_rows += 1,
            }
            let finished = tally.summary.finished_rows;
            let (last, rows) = tally.written_down;
            let now = (finished >= rows + ROWS_BETWEEN_RECORDS).then(|| (self.clock)());
            let is_due = now.is_some_and(|now| {
                last.is_none_or(|last| now.as_second() - last.as_second() >= SECONDS_BETWEEN_RECORDS)
            });
            if is_due {
                tally.written_down = (now, finished);
            }
            // Telling everybody takes a copy of the figures: only when there is someone to hear them.
            if !is_due && self.events.capacity() == 0 {
                return;
            }
            (tally.summary.clone(), is_due)
        };
        let (summary, is_due) = summary;
        if is_due {
            self.write_down(&summary);
        }
        let _ = self.events.try_send(RunEvent::Progress(Box::new(summary)));
    }

    /// Brings the run's record up to date.
    pub(super) fn write_down(&self, summary: &RunSummary) {
        let kept = lock(&self.recorder).progress(summary, (self.clock)());
        self.heed(kept);
    }

    pub(super) fn end(&self, not_started: usize) -> RunSummary {
        let mut tally = lock(&self.tally);
        let failure = tally.failure.clone();
        let posted = tally.summary.posted;
        let stopped_short = not_started > 0 || tally.cancelled || posted > 0;
        if posted > 0 && not_started == 0 && !tally.cancelled {
            let answers = counted(posted, "answer", "answers");
            let reason = || format!("it waits for {answers} of a batch");
            tally.stopped.get_or_insert_with(reason);
        }
        tally.summary.stopped_by = tally.stopped.clone();
        tally.summary.cost = self.purse.cost();
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

    /// A failure that does not count against the server stops nothing.
    pub(super) fn note_failure(&self, error: &TeacherError, counts: bool) {
        let mut tally = lock(&self.tally);
        tally.summary.failed_calls += 1;
        *tally.summary.errors.entry(error.kind().to_owned()).or_default() += 1;
        if !counts {
            return;
        }
        self.remember(&mut tally, true);
        let failed = tally.recent.iter().filter(|failed| **failed).count();
        let last = tally.recent.len();
        std::mem::drop(tally);
        if error.is_hopeless() {
            self.fail(error.to_string());
        } else if last >= FEWEST_CALLS_TO_JUDGE && failed * 2 >= last {
            self.fail(format!(
                "{failed} of the last {last} calls failed, the last one so: {error}"
            ));
        }
    }

    fn remember(&self, tally: &mut Tally, failed: bool) {
        tally.recent.push_back(failed);
        if tally.recent.len() > FEWEST_CALLS_TO_JUDGE.max(2 * self.stage.slots()) {
            tally.recent.pop_front();
        }
    }

    /// Stops the run because its budget has no room for the next call.
    pub(super) fn budget_is_used_up(&self) {
        let reason = format!("its budget of {} has no room for another call", self.purse.budget());
        lock(&self.tally).stopped.get_or_insert(reason);
        self.stop.cancel();
    }

    /// Why the rest of a stopped run's rows leave.
    pub(super) fn stopped_message(&self) -> String {
        let stopped = lock(&self.tally).stopped.clone();
        match self.failure().or(stopped) {
            Some(reason) => format!("the run was stopped: {reason}"),
            None => "the run was stopped before the teacher had answered".to_owned(),
        }
    }

    pub(super) fn failure(&self) -> Option<String> {
        lock(&self.tally).failure.clone()
    }

    /// Stops the run by itself; the first reason counts.
    pub(super) fn fail(&self, reason: String) {
        lock(&self.tally).failure.get_or_insert(reason);
        self.stop.cancel();
    }

    /// A run whose results cannot be kept must not go on.
    pub(super) fn heed(&self, kept: Result<(), StoreError>) {
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

//! The engine: rows through blocks, side by side, every one accounted for.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::again::Attempts;
use super::batch::{self, Asking, Gate};
use super::blocks::{Block, Siblings, Step};
use super::budget::{Budget, Purse, TokenPrice};
use super::cast::{Cast, Stage};
use super::event::{RunEvent, RunSummary};
use super::file::Flow;
use super::inputs::Prepared;
use super::recorder::Recorder;
use super::row::{Applied, Lineage, Origin, Rejected, Row};
use super::turns::Turns;
use super::waves::Waves;
use crate::samples::{Again, DropReason, Provenance};

/// Tells the time of samples and drops.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The stage after the last block, where rows become samples and exact repetitions leave.
pub(super) const LAST_STAGE: &str = "sample";
/// Most rows under way: those that wait behind a slow one are kept in memory.
const MOST_UNDER_WAY: usize = 4096;

/// What becomes of rows that are through all blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Samples, each only once.
    Samples,
    /// They are kept as they are, in order: [`Recorder::row`].
    Rows,
}

/// Everything a run needs.
pub struct Run<'a> {
    /// The run's id, kept in every sample; empty for a preview.
    pub id: String,
    pub flow: &'a Flow,
    /// The leaves, one after the other.
    pub leaves: &'a [Prepared],
    pub cast: Cast,
    pub asking: Asking<'a>,
    pub budget: Budget,
    /// What the models' tokens cost, by role, where that is known.
    pub prices: [Option<TokenPrice>; 3],
    pub ending: Ending,
    /// Calls to be made once more, though their answers are recorded.
    pub again: &'a [Again],
    pub recorder: &'a mut dyn Recorder,
    /// A bounded channel that somebody reads while the run goes on; when nobody does, the run waits. A closed one is
    /// no fault: the run goes on unheard.
    pub events: mpsc::Sender<RunEvent>,
    /// While it holds true no call is made; those under way end.
    pub paused: watch::Receiver<bool>,
    /// Stops the run and keeps what is there.
    pub cancel: CancellationToken,
    pub clock: Clock,
}

impl<'a> Run<'a> {
    /// A run without an id that makes samples live, with no budget, that nobody pauses or stops.
    pub fn new(
        flow: &'a Flow,
        leaves: &'a [Prepared],
        cast: impl Into<Cast>,
        recorder: &'a mut dyn Recorder,
        events: mpsc::Sender<RunEvent>,
        clock: Clock,
    ) -> Self {
        Run {
            id: String::new(),
            flow,
            leaves,
            cast: cast.into(),
            asking: Asking::Live,
            budget: Budget::default(),
            prices: [None; 3],
            ending: Ending::Samples,
            again: &[],
            recorder,
            events,
            paused: watch::channel(false).1,
            cancel: CancellationToken::new(),
            clock,
        }
    }
}

/// Runs a flow to its end, or until it is stopped. Failures are in the summary's outcome, never lost rows.
pub async fn run(run: Run<'_>) -> RunSummary {
    let rows = run.leaves.iter().map(Prepared::count).sum();
    let running = Running::new(run, rows);
    running.tell(RunEvent::Started { rows }).await;
    let mut begun = 0;
    let mut waiting = Waiting::Inputs(rows);
    for part in parts(&running.flow.blocks) {
        let are_inputs = matches!(waiting, Waiting::Inputs(_));
        let (through, started) = running.part(&part, waiting).await;
        // Later parts begin with other rows, and may have more of them.
        if are_inputs {
            begun = started;
        }
        waiting = Waiting::Rows(match running.flow.blocks.get(part.end) {
            Some(block) => running.all_at_once(part.end, block, through).await,
            None => Vec::new(),
        });
    }
    let summary = running.end(rows - begun);
    running.write_down(&summary);
    running.tell(RunEvent::Finished(Box::new(summary.clone()))).await;
    summary
}

/// Stretches of blocks that rows go through one by one; after each but the last stands a block that takes them all at once.
fn parts(blocks: &[Block]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, block) in blocks.iter().enumerate() {
        if matches!(block.step, Step::Table(_)) {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..blocks.len());
    parts
}

/// What a part begins with.
enum Waiting {
    /// So many input rows, made when their turn comes.
    Inputs(usize),
    /// Rows that came out of a block which takes them all at once.
    Rows(Vec<Row>),
}

/// A run under way, shared by its rows.
pub(super) struct Running<'a> {
    pub(super) flow: &'a Flow,
    leaves: &'a [Prepared],
    pub(super) ending: Ending,
    pub(super) attempts: Attempts,
    pub(super) purse: Purse,
    pub(super) stage: Stage,
    pub(super) asking: Asking<'a>,
    pub(super) recorder: Mutex<&'a mut dyn Recorder>,
    pub(super) events: mpsc::Sender<RunEvent>,
    paused: watch::Receiver<bool>,
    /// Fires when the person stops the run.
    pub(super) cancel: CancellationToken,
    /// Fires then, too, and when the run stops itself.
    pub(super) stop: CancellationToken,
    pub(super) clock: Clock,
    /// For each block, what it needs to take rows in order, if it does.
    pub(super) ordered: Vec<Option<InTurn>>,
    pub(super) waves: Waves,
    pub(super) last_turns: Turns,
    pub(super) seen: Mutex<HashSet<u64>>,
    pub(super) common: Provenance,
    pub(super) tally: Mutex<Tally>,
}

pub(super) struct InTurn {
    pub(super) turns: Turns,
    pub(super) gate: Gate,
    memory: Mutex<Box<dyn Siblings>>,
}

pub(super) struct Tally {
    pub(super) summary: RunSummary,
    /// Whether each of the last calls failed.
    pub(super) recent: VecDeque<bool>,
    pub(super) failure: Option<String>,
    /// Why the run stopped itself, where that is no failure.
    pub(super) stopped: Option<String>,
    /// True when a row left because the run was stopped.
    pub(super) cancelled: bool,
    /// When the run's record was last brought up to date, and at how many finished rows.
    pub(super) written_down: (Option<Timestamp>, usize),
    /// Rows of an input that came out of a block which takes all at once, and are not through yet.
    pub(super) open_rows: HashMap<usize, usize>,
}

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Running<'a> {
    fn new(run: Run<'a>, rows: usize) -> Self {
        let Run {
            id,
            flow,
            leaves,
            cast,
            asking,
            budget,
            prices,
            ending,
            again,
            recorder,
            events,
            paused,
            cancel,
            clock,
        } = run;
        let names = flow.blocks.iter().map(|block| block.name.clone());
        let names = names.chain(std::iter::once(LAST_STAGE.to_owned()));
        let common = Provenance {
            run: id,
            flow: flow.name.clone(),
            flow_hash: flow.hash.clone(),
            teacher: cast.teacher.name().to_owned(),
            model: cast.teacher.model().to_owned(),
            critic: cast
                .critic
                .as_ref()
                .map_or(String::new(), |critic| critic.name().to_owned()),
            critic_model: cast
                .critic
                .as_ref()
                .map_or(String::new(), |critic| critic.model().to_owned()),
            ..Provenance::default()
        };
        let in_turn = |block: &Block| match &block.step {
            Step::Ordered(step) => Some(InTurn {
                turns: Turns::default(),
                gate: Gate::default(),
                memory: Mutex::new(step.start()),
            }),
            Step::Each(_) | Step::Fed(_) | Step::Ask(_) | Step::Table(_) => None,
        };
        Running {
            stage: Stage::new(cast),
            asking,
            tally: Mutex::new(Tally {
                summary: RunSummary::new(rows, names),
                recent: VecDeque::new(),
                failure: None,
                stopped: None,
                cancelled: false,
                written_down: (None, 0),
                open_rows: HashMap::new(),
            }),
            recorder: Mutex::new(recorder),
            stop: cancel.child_token(),
            cancel,
            last_turns: Turns::default(),
            seen: Mutex::new(HashSet::new()),
            ordered: flow.blocks.iter().map(in_turn).collect(),
            waves: Waves::of(&flow.blocks),
            flow,
            leaves,
            ending,
            attempts: Attempts::new(again),
            purse: Purse::new(budget, prices),
            events,
            paused,
            clock,
            common,
        }
    }

    /// Takes rows through one part. Returns those that are through, in order (none after the last part, where they became
    /// samples), and how many were begun.
    async fn part(&self, part: &Range<usize>, waiting: Waiting) -> (Vec<Row>, usize) {
        let window = (self.stage.slots() * 4).clamp(16, MOST_UNDER_WAY);
        let is_last = part.end == self.flow.blocks.len();
        let (count, mut rows) = match waiting {
            Waiting::Inputs(count) => (count, None),
            Waiting::Rows(rows) => (rows.len(), Some(rows.into_iter())),
        };
        let mut through: Vec<(usize, Vec<Row>)> = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut begun = 0;
        loop {
            while begun < count && under_way.len() < window {
                let row = match &mut rows {
                    // Rows that were begun are finished or dropped, never left where they are.
                    Some(rows) => rows.next(),
                    None if self.stop.is_cancelled() => break,
                    None => self.input(begun),
                };
                under_way.push(self.drive(part, begun, row));
                begun += 1;
            }
            let Some((at, input, rows)) = under_way.next().await else {
                break;
            };
            let is_through = rows.is_empty();
            if !is_last && !is_through {
                through.push((at, rows));
            }
            if let Some(input) = input.filter(|_| is_through) {
                self.row_is_through(input);
            }
        }
        through.sort_unstable_by_key(|(at, _)| *at);
        (through.into_iter().flat_map(|(_, rows)| rows).collect(), begun)
    }

    /// Takes one row through the blocks of a part; `at` is its place among the part's rows. Returns what is left of it, and
    /// the number of the input row that it came from.
    async fn drive(&self, part: &Range<usize>, at: usize, row: Option<Row>) -> (usize, Option<usize>, Vec<Row>) {
        let input = row.as_ref().map(|row| row.lineage.input());
        let mut rows = self.through_blocks(part, at, row.into_iter().collect()).await;
        let is_last = part.end == self.flow.blocks.len();
        if is_last && !rows.is_empty() {
            self.last_turns.wait(at).await;
            self.end_of_rows(std::mem::take(&mut rows)).await;
        }
        // Those behind must not wait for a row that left early.
        for block in self.ordered.get(part.clone()).into_iter().flatten().flatten() {
            block.turns.leave(at);
        }
        if is_last {
            self.last_turns.leave(at);
        }
        (at, input, rows)
    }

    fn input(&self, input: usize) -> Option<Row> {
        let (leaf, number) = self.leaf_of(input)?;
        Some(leaf.row(number, input))
    }

    pub(super) fn origin_of(&self, input: usize) -> Option<&Origin> {
        self.leaf_of(input).map(|(leaf, _)| leaf.origin())
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

    async fn through_blocks(&self, part: &Range<usize>, place: usize, mut rows: Vec<Row>) -> Vec<Row> {
        for at in part.clone() {
            let Some(block) = self.flow.blocks.get(at) else { break };
            if rows.is_empty() {
                break;
            }
            let mut passed = Vec::new();
            let mut names = Vec::with_capacity(rows.len());
            let mut meant = Vec::with_capacity(rows.len());
            for (place, mut row) in rows.into_iter().enumerate() {
                names.push(row.lineage.clone());
                match block.admits(&mut row) {
                    Ok(true) => meant.push(row),
                    Ok(false) => passed.push((place, Applied::kept(row))),
                    Err(reason) => passed.push((place, Applied::rejected(row, DropReason::Template, reason))),
                }
            }
            let mut applied: Vec<Applied> = match &block.step {
                Step::Each(step) if block.repair.is_some() => {
                    let reading = meant.into_iter().map(|row| self.read(at, block, step.as_ref(), row));
                    join_all(reading).await
                }
                Step::Each(step) => meant.into_iter().map(|row| step.apply(row)).collect(),
                Step::Ask(chat) => join_all(meant.into_iter().map(|row| self.ask(block, chat, row))).await,
                Step::Ordered(_) => {
                    let Some(Some(InTurn { turns, gate, memory })) = self.ordered.get(at) else {
                        return Vec::new();
                    };
                    turns.wait(place).await;
                    let applied: Vec<Applied> = match gate.is_open_for(place) {
                        true => {
                            let mut memory = lock(memory);
                            meant.into_iter().map(|row| memory.apply(row)).collect()
                        }
                        false => meant.into_iter().map(batch::behind_another).collect(),
                    };
                    self.waves.note(at, place, &applied);
                    turns.leave(place);
                    applied
                }
                Step::Fed(fed) => self.fed(at, block, fed, place, meant).await,
                // A part ends before such a block.
                Step::Table(_) => Vec::new(),
            };
            if applied.iter().any(batch::waits) {
                // Blocks that take rows in turn must not take the later ones before this one.
                let later = self.ordered.get(at + 1..part.end).into_iter().flatten().flatten();
                later.for_each(|block| block.gate.shut_after(place));
            }
            for (place, one) in passed {
                applied.insert(place.min(applied.len()), one);
            }
            rows = self.account(at, &block.name, names, applied).await;
        }
        rows
    }

    /// Gives all rows to a block that needs them at once, and takes what comes out in its order.
    async fn all_at_once(&self, at: usize, block: &Block, rows: Vec<Row>) -> Vec<Row> {
        let names: Vec<Lineage> = rows.iter().map(|row| row.lineage.clone()).collect();
        let all_leave = |rows: Vec<Row>, reason, message: &str| Applied {
            rows: Vec::new(),
            rejected: rows
                .into_iter()
                .map(|row| Rejected::new(row, reason, message))
                .collect(),
        };
        let applied = if self.stop.is_cancelled() {
            all_leave(rows, DropReason::Cancelled, &self.stopped_message())
        } else if lock(&self.tally).summary.posted > 0 {
            all_leave(rows, DropReason::Waiting, batch::BEHIND)
        } else {
            self.table(block, rows)
        };
        let rows = self.account_for_all(at, &block.name, &names, applied).await;
        self.note_open_rows(&names, &rows);
        rows
    }

    fn table(&self, block: &Block, rows: Vec<Row>) -> Applied {
        let Step::Table(step) = &block.step else {
            return Applied::many(rows);
        };
        let (mut meant, mut passed) = (Vec::new(), Applied::default());
        for mut row in rows {
            match block.admits(&mut row) {
                Ok(true) => meant.push(row),
                Ok(false) => passed.rows.push(row),
                Err(reason) => passed.rejected.push(Rejected::new(row, DropReason::Template, reason)),
            }
        }
        let Applied { rows, rejected } = step.apply(meant);
        // Rows that the block is not for come first, in their order: they have no place in what it made of the others.
        passed.rows.extend(rows);
        passed.rejected.extend(rejected);
        passed
    }

    /// Waits while the run is paused; returns at once when it is stopped.
    pub(super) async fn while_paused(&self) {
        let mut paused = self.paused.clone();
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            // Nobody is there any more to go on with it: that is no reason to wait for ever.
            _ = paused.wait_for(|paused| !paused) => {}
        }
    }
}

//! A run as the screen follows it: its figures, the texts being written, and the last of what came.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::asked::Asked;
use super::pace::{Forecast, Pace, Rates, Totals};
use super::settings::Wish;
use crate::flow::{RunEvent, RunSummary};
use crate::samples::{Drop, DropReason, Outcome, Role, RunId, Sample};
use crate::tui::widgets::Rows;

/// Most results kept for looking at; all of them are on the disk.
pub(super) const KEPT: usize = 200;
/// Results kept of a run that ended a while ago.
const KEPT_LATER: usize = 20;
/// Longest text kept of a result, in bytes.
const LONGEST: usize = 4096;
/// Blocks whose reasons are counted apart.
const MOST_BLOCKS: usize = 200;

/// One result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Why it was dropped, with a sentence; `None` for a sample.
    pub dropped: Option<(DropReason, String)>,
    /// The block that dropped it; empty for a sample.
    pub block: String,
    pub context: Option<String>,
    pub question: String,
    pub answer: String,
    /// The row it was, where that is known.
    pub row: Option<usize>,
}

impl Item {
    pub fn of_sample(sample: &Sample) -> Self {
        let said = |role: Role| sample.messages.iter().rev().find(|message| message.role == role);
        let text = |role| said(role).map(|message| short(&message.content)).unwrap_or_default();
        Item {
            dropped: None,
            block: String::new(),
            context: sample.context.as_deref().map(short),
            question: text(Role::User),
            answer: text(Role::Assistant),
            row: None,
        }
    }

    pub fn of_drop(dropped: &Drop) -> Self {
        let column = |name: &str| dropped.columns.get(name).and_then(|value| value.as_str()).map(short);
        let parsed = column("question");
        // What was never taken apart is shown as it came.
        let answer = if parsed.is_some() {
            column("response")
        } else {
            Some(short(dropped.text.trim()))
        };
        Item {
            dropped: Some((dropped.reason, short(&dropped.message))),
            block: dropped.block.clone(),
            context: None,
            question: parsed.unwrap_or_default(),
            answer: answer.unwrap_or_default(),
            row: Some(dropped.row),
        }
    }

    /// What a list shows of it in one line.
    pub fn line(&self) -> &str {
        if self.question.is_empty() {
            &self.answer
        } else {
            &self.question
        }
    }
}

fn short(text: &str) -> String {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text).to_owned()
}

/// What happened since the last report.
#[derive(Debug, Default)]
pub struct News {
    pub items: Vec<Item>,
    /// The newest text of each row being written.
    pub writing: BTreeMap<usize, String>,
    pub rows: Option<usize>,
    pub summary: Option<Box<RunSummary>>,
    /// How the models are asked, where that has changed.
    pub asked: Option<Vec<Asked>>,
}

impl News {
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
            && self.writing.is_empty()
            && self.rows.is_none()
            && self.summary.is_none()
            && self.asked.is_none()
    }

    /// Takes an event in.
    pub fn take(&mut self, event: RunEvent) {
        match event {
            RunEvent::Started { rows } => self.rows = Some(rows),
            RunEvent::Writing { row, text } => drop(self.writing.insert(row, text)),
            RunEvent::Sample(sample) => {
                let mut item = Item::of_sample(&sample);
                item.row = row_of(&self.writing, &item.question);
                self.add(item);
            }
            RunEvent::Dropped(dropped) => self.add(Item::of_drop(&dropped)),
            RunEvent::Progress(summary) | RunEvent::Finished(summary) => self.summary = Some(summary),
        }
    }

    fn add(&mut self, item: Item) {
        if let Some(row) = item.row {
            self.writing.remove(&row);
        }
        self.items.push(item);
    }
}

/// The row whose text has a question in it: samples do not say which row they were.
pub fn row_of(writing: &BTreeMap<usize, String>, question: &str) -> Option<usize> {
    writing
        .iter()
        .find(|(_, text)| !question.is_empty() && text.contains(question))
        .map(|(row, _)| *row)
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// So many runs are under way that this one waits until another ends.
    Waiting,
    /// Seeds and documents are being read.
    Preparing,
    Running,
    /// The person stopped it; answers under way are let go.
    Stopping,
    Ended(Outcome),
}

/// A run of this session.
pub struct Live {
    pub number: u64,
    pub wish: Wish,
    pub model: String,
    pub id: Option<RunId>,
    pub state: State,
    pub started: Timestamp,
    /// Calls under way end, and no other begins.
    pub paused: bool,
    pub ended: Option<Timestamp>,
    pub notes: Vec<String>,
    pub currency: String,
    /// The last results, the newest at the end.
    pub items: VecDeque<Item>,
    pub writing: BTreeMap<usize, String>,
    /// How often each reason came, with its last sentence.
    pub reasons: BTreeMap<DropReason, (usize, String)>,
    /// The same for every block that dropped something.
    pub lost: BTreeMap<String, BTreeMap<DropReason, usize>>,
    pub pace: Pace,
    pub summary: Option<Box<RunSummary>>,
    /// How the models are asked, the teacher first.
    pub asked: Vec<Asked>,
    pub rows: Rows,
    /// True while the newest result is kept in sight.
    pub follow: bool,
    /// True while the whole funnel has the place of the results.
    pub whole_funnel: bool,
    /// Rows that the whole funnel is scrolled by; the view keeps it in bounds.
    pub funnel_top: Cell<usize>,
    /// When the counts of the tree were last asked for.
    pub counted: Option<Timestamp>,
    candidates: usize,
    made: usize,
    /// Rows under way when the run was stopped.
    let_go: usize,
}

impl Live {
    pub fn new(number: u64, wish: Wish, model: String, now: Timestamp) -> Self {
        Live {
            number,
            candidates: wish.count,
            wish,
            model,
            id: None,
            state: State::Preparing,
            started: now,
            paused: false,
            ended: None,
            notes: Vec::new(),
            currency: String::new(),
            items: VecDeque::new(),
            writing: BTreeMap::new(),
            reasons: BTreeMap::new(),
            lost: BTreeMap::new(),
            pace: Pace::default(),
            summary: None,
            asked: Vec::new(),
            rows: Rows::default(),
            follow: true,
            whole_funnel: false,
            funnel_top: Cell::default(),
            counted: None,
            made: 0,
            let_go: 0,
        }
    }

    /// Begins or ends a pause.
    pub fn pause(&mut self, paused: bool, now: Timestamp) {
        self.paused = paused;
        self.pace.pause(paused, now);
    }

    /// True while it takes a place among the runs that go on side by side.
    pub fn is_at_work(&self) -> bool {
        self.is_under_way() && self.state != State::Waiting
    }

    /// Keeps only the last results of a run that ended a while ago.
    pub fn shorten(&mut self) {
        let over = self.items.len().saturating_sub(KEPT_LATER);
        self.items.drain(..over);
        self.rows.up(over);
    }

    pub fn is_under_way(&self) -> bool {
        !matches!(self.state, State::Ended(_))
    }

    /// How many samples there are.
    pub fn made(&self) -> usize {
        self.made
    }

    pub fn dropped(&self) -> usize {
        self.reasons.values().map(|(count, _)| count).sum()
    }

    /// Candidates that a stopped run left: taking it up again makes them.
    pub fn left(&self) -> usize {
        self.let_go + self.summary.as_ref().map_or(0, |summary| summary.not_started)
    }

    /// Candidates that are through.
    pub fn through(&self) -> usize {
        self.summary
            .as_ref()
            .map_or(0, |summary| summary.finished_rows.saturating_sub(self.let_go))
    }

    pub fn candidates(&self) -> usize {
        self.candidates
    }

    /// Seconds from the start to the end, or to now, without pauses.
    pub fn seconds(&self, now: Timestamp) -> f64 {
        let until = self.ended.unwrap_or(now);
        let all = until.duration_since(self.started).as_secs_f64();
        (all - self.pace.paused(until)).max(0.0)
    }

    /// The pace of the last half minute of a run that is under way.
    pub fn rates(&self, now: Timestamp) -> Option<Rates> {
        self.pace.rates(now).filter(|_| self.state == State::Running)
    }

    /// How long the rest will take, once that can be said.
    pub fn forecast(&self, now: Timestamp) -> Option<Forecast> {
        let left = self.candidates.saturating_sub(self.through());
        let forecast = self.pace.forecast(now, self.seconds(now), left);
        forecast.filter(|_| self.state == State::Running)
    }

    /// Takes news in; true when there are new samples.
    pub fn take(&mut self, news: News, now: Timestamp) -> bool {
        let before = self.made;
        self.candidates = news.rows.unwrap_or(self.candidates);
        for item in news.items {
            match &item.dropped {
                None => self.made += 1,
                Some((DropReason::Cancelled, _)) => {
                    self.let_go += 1;
                    continue;
                }
                Some((reason, message)) => {
                    let known = self.reasons.entry(*reason).or_default();
                    known.0 += 1;
                    known.1.clone_from(message);
                    if self.lost.len() < MOST_BLOCKS || self.lost.contains_key(&item.block) {
                        let of_block = self.lost.entry(item.block.clone()).or_default();
                        *of_block.entry(*reason).or_default() += 1;
                    }
                }
            }
            let row = item.row.or_else(|| row_of(&self.writing, &item.question));
            // A text that is not found again was cut; the oldest one is the likeliest.
            let row = row.or_else(|| self.writing.keys().next().copied());
            row.and_then(|row| self.writing.remove(&row));
            self.items.push_back(item);
        }
        self.writing.extend(news.writing);
        let over = self.items.len().saturating_sub(KEPT);
        self.items.drain(..over);
        if self.follow {
            self.rows.chosen = self.items.len().saturating_sub(1);
        } else {
            self.rows.up(over);
        }
        self.summary = news.summary.or(self.summary.take());
        self.asked = news.asked.unwrap_or_else(|| std::mem::take(&mut self.asked));
        if let Some(summary) = &self.summary {
            let totals = Totals {
                samples: self.made,
                calls: summary.calls,
                tokens: summary.usage.prompt_tokens + summary.usage.completion_tokens,
                rows: self.through(),
            };
            self.pace.note(now, totals);
        }
        self.made > before
    }

    pub fn end(&mut self, outcome: Outcome, now: Timestamp) {
        self.state = State::Ended(outcome);
        self.ended = Some(now);
        self.writing.clear();
    }

    /// The reasons, the most frequent first.
    pub fn grouped(&self) -> Vec<(DropReason, usize, &str)> {
        let mut all: Vec<_> = self
            .reasons
            .iter()
            .map(|(reason, (count, last))| (*reason, *count, last.as_str()))
            .collect();
        all.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        all
    }

    /// How it ended, in a sentence with numbers.
    pub fn told(&self) -> String {
        let why: Vec<String> = self
            .grouped()
            .iter()
            .take(3)
            .map(|(reason, count, _)| format!("{count} {}", reason.label()))
            .collect();
        let why = if why.is_empty() {
            String::new()
        } else {
            format!(" ({})", why.join(", "))
        };
        let left = if self.left() == 0 {
            String::new()
        } else {
            format!(", {} not begun or not finished", self.left())
        };
        format!("{} made, {} dropped{why}{left}", self.made, self.dropped())
    }
}

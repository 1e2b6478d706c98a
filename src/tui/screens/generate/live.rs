//! A run as the screen follows it: its figures, the texts being written, and the last of what came.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::settings::Wish;
use crate::flow::{RunEvent, RunSummary};
use crate::samples::{Drop, DropReason, Outcome, Role, RunId, Sample};
use crate::tui::widgets::Rows;

/// Most results kept for looking at; all of them are on the disk.
const KEPT: usize = 500;
/// Longest text kept of a result, in bytes.
const LONGEST: usize = 8192;

/// One result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Why it was dropped, with a sentence; `None` for a sample.
    pub dropped: Option<(DropReason, String)>,
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
}

impl News {
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.writing.is_empty() && self.rows.is_none() && self.summary.is_none()
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
    pub ended: Option<Timestamp>,
    pub notes: Vec<String>,
    /// The last results, the newest at the end.
    pub items: VecDeque<Item>,
    pub writing: BTreeMap<usize, String>,
    /// How often each reason came, with its last sentence.
    pub reasons: BTreeMap<DropReason, (usize, String)>,
    pub summary: Option<Box<RunSummary>>,
    pub rows: Rows,
    /// True while the newest result is kept in sight.
    pub follow: bool,
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
            ended: None,
            notes: Vec::new(),
            items: VecDeque::new(),
            writing: BTreeMap::new(),
            reasons: BTreeMap::new(),
            summary: None,
            rows: Rows::default(),
            follow: true,
            counted: None,
            made: 0,
            let_go: 0,
        }
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

    /// Seconds from the start to the end, or to now.
    pub fn seconds(&self, now: Timestamp) -> f64 {
        self.ended
            .unwrap_or(now)
            .duration_since(self.started)
            .as_secs_f64()
            .max(0.0)
    }

    /// Takes news in; true when there are new samples.
    pub fn take(&mut self, news: News) -> bool {
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

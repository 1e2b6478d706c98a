//! Review: one sample at a time, beside what it came from; one key decides and goes on.
//!
//! A decision shows as saved only after it is on disk. Nothing here is lost by leaving: decisions are in the journal, an
//! unfinished edit stays with its sample until it is kept.

mod draft;
pub mod jobs;
mod news;
mod page;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;

use crate::review::{Queue, Verdict};
use crate::samples::{Message, Sample, SampleId};
use crate::taxonomy::{NodePath, SeedExample};
use crate::tui::command::{Command, Context};
use crate::tui::model::Model;

pub use draft::SampleDraft;
pub use page::Page;

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    /// Line up the samples of a node.
    Open(NodePath),
    /// Line them up again; new ones come at the end.
    Refresh(NodePath),
    /// Read samples with what they came from.
    Load(Vec<SampleId>),
    Decide {
        sample: SampleId,
        verdict: Verdict,
        reasons: Vec<String>,
        seconds: f64,
        at: Timestamp,
    },
    /// Keep an edit as a new sample.
    Keep {
        original: SampleId,
        messages: Vec<Message>,
        context: Option<String>,
        seconds: f64,
        at: Timestamp,
    },
    Undo {
        node: NodePath,
        at: Timestamp,
    },
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    Opened {
        node: NodePath,
        queue: Box<Queue>,
        recent: Vec<Trace>,
        seconds: Vec<f64>,
    },
    Refreshed(Box<Queue>),
    Loaded(Vec<Arc<Loaded>>),
    /// The decision is on disk.
    Decided {
        sample: SampleId,
        verdict: Verdict,
    },
    /// The decision is not on disk; the sentence says why.
    NotDecided {
        sample: SampleId,
        why: String,
    },
    /// The edit is on disk as a new sample; `None` when the text was the same.
    Kept {
        original: SampleId,
        edited: Option<SampleId>,
        queue: Box<Queue>,
    },
    /// These decisions were taken back.
    Undone {
        samples: Vec<(SampleId, Option<Verdict>)>,
        queue: Option<Box<Queue>>,
    },
}

/// A sample with what it came from.
#[derive(Debug)]
pub struct Loaded {
    pub sample: Sample,
    /// The seed examples that stood in the prompt, as they are now, with their number from 1.
    pub seeds: Vec<(usize, SeedExample)>,
    pub parent: Option<Sample>,
    /// What other reviewers decided, to be seen only after deciding.
    pub others: Vec<(String, Verdict)>,
}

/// What is on the left side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    #[default]
    Document,
    Seed,
    Parent,
    Provenance,
}

/// How differences are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Differences {
    #[default]
    Off,
    Words,
    Lines,
}

/// One of the last decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    pub sample: SampleId,
    pub verdict: Verdict,
    pub reason: Option<String>,
    pub saved: bool,
}

/// The state of the screen.
#[derive(Default)]
pub struct Review {
    pub(super) node: Option<NodePath>,
    pub(super) queue: Option<Box<Queue>>,
    pub(super) loaded: HashMap<SampleId, Arc<Loaded>>,
    /// Decisions on their way to disk, with the verdict that stood before.
    pub(super) saving: Vec<(SampleId, Verdict, Option<Verdict>)>,
    pub(super) trail: VecDeque<Trace>,
    pub(super) seconds: Vec<f64>,
    pub(super) shown_at: Option<Timestamp>,
    /// The sample that a digit gives a reason to.
    pub(super) reasonable: Option<SampleId>,
    pub(super) source: Source,
    pub(super) differences: Differences,
    /// True while the left side scrolls, or is the one on show where there is room for one.
    pub(super) source_focused: bool,
    pub(super) page: Option<Page>,
    pub(super) drafts: HashMap<SampleId, SampleDraft>,
    pub(super) editing: Option<SampleId>,
    /// The sample to go to once the samples are lined up: it was on show when the screen was left.
    pub(super) back_at: Option<Option<OnShow>>,
}

/// The sample that somebody had before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnShow {
    pub sample: SampleId,
    /// True while it had no verdict. Once it has one, the next sample that wants a decision is the place to go on at.
    pub undecided: bool,
}

impl Review {
    pub fn node(&self) -> Option<&NodePath> {
        self.node.as_ref()
    }

    pub fn context(&self) -> Context {
        if self.editing.is_some() {
            Context::Field
        } else {
            Context::Review
        }
    }

    /// True while a digit gives a reason to the sample that was just rejected.
    pub fn asks_why(&self) -> bool {
        self.reasonable.is_some()
    }

    /// The sample on show.
    pub fn current(&self) -> Option<SampleId> {
        self.queue.as_ref()?.current().map(|sample| sample.id.clone())
    }

    /// The sample on show, or the one that will be.
    pub fn on_show(&self) -> Option<OnShow> {
        let Some(queue) = &self.queue else {
            return self.back_at.clone().flatten();
        };
        let sample = queue.current()?.id.clone();
        Some(OnShow {
            undecided: queue.verdict_of(&sample).is_none(),
            sample,
        })
    }

    /// Goes to a sample in the queue that is opened next.
    pub fn come_back_to(&mut self, on_show: Option<OnShow>) {
        self.back_at = Some(on_show);
    }

    pub(super) fn current_loaded(&self) -> Option<&Arc<Loaded>> {
        self.loaded.get(&self.current()?)
    }

    pub(super) fn draft(&mut self) -> Option<&mut SampleDraft> {
        self.drafts.get_mut(self.editing.as_ref()?)
    }
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    if model.review.editing.is_some() {
        return vec![
            Command::FieldSave,
            Command::FieldLeave,
            Command::FieldNext,
            Command::FieldUndo,
            Command::FieldEditor,
        ];
    }
    vec![
        Command::Accept,
        Command::Reject,
        Command::Skip,
        Command::EditSample,
        Command::Flag,
        Command::UndoDecision,
        Command::CycleDifferences,
        Command::Provenance,
        Command::NextSample,
        Command::PreviousSample,
        Command::Commit,
        Command::Back,
    ]
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let review = &model.review;
    match command {
        Command::Accept | Command::Reject | Command::Skip | Command::Flag | Command::EditSample
            if review.current_loaded().is_none() =>
        {
            Some(
                if review.queue.is_some() {
                    "there is no sample to decide on"
                } else {
                    "still reading the samples"
                }
                .into(),
            )
        }
        Command::UndoDecision if review.queue.is_none() => Some("still reading the samples".into()),
        Command::ReasonDigit if review.reasonable.is_none() => Some("reject a sample first, then say why".into()),
        _ => None,
    }
}

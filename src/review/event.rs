//! One human act on a sample, as a line of a journal.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::review::{ReviewError, Reviewer};
use crate::samples::SampleId;
use crate::text::digest::PartsDigest;

/// What a person decided. No verdict is called pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Accepted,
    Rejected,
    /// Not now.
    Skipped,
    /// Somebody should look at this.
    Flagged,
}

impl Verdict {
    pub const ALL: [Verdict; 4] = [Verdict::Accepted, Verdict::Rejected, Verdict::Skipped, Verdict::Flagged];

    /// The word on screen and in `--verdict`.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Rejected => "rejected",
            Verdict::Skipped => "skipped",
            Verdict::Flagged => "flagged",
        }
    }

    /// The act, as in `seedbed review accept`.
    pub fn action(self) -> Action {
        match self {
            Verdict::Accepted => Action::Accept,
            Verdict::Rejected => Action::Reject,
            Verdict::Skipped => Action::Skip,
            Verdict::Flagged => Action::Flag,
        }
    }

    /// Reads `accept` as well as `accepted`.
    pub fn parse(text: &str) -> Result<Self, ReviewError> {
        match text {
            "accept" | "accepted" => Ok(Verdict::Accepted),
            "reject" | "rejected" => Ok(Verdict::Rejected),
            "skip" | "skipped" => Ok(Verdict::Skipped),
            "flag" | "flagged" => Ok(Verdict::Flagged),
            _ => Err(ReviewError::NotAVerdict { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What an event does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Accept,
    Reject,
    Skip,
    Flag,
    /// Retracts the event named in `undoes`.
    Undo,
}

impl Action {
    /// The verdict that the act gives; none for a retraction.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Action::Accept => Some(Verdict::Accepted),
            Action::Reject => Some(Verdict::Rejected),
            Action::Skip => Some(Verdict::Skipped),
            Action::Flag => Some(Verdict::Flagged),
            Action::Undo => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Action::Accept => "accept",
            Action::Reject => "reject",
            Action::Skip => "skip",
            Action::Flag => "flag",
            Action::Undo => "undo",
        }
    }
}

/// The identity of an event: 16 hex digits, unique among a reviewer's events.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(String);

impl EventId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One line of a journal. Fields that this version does not know are passed over and stay in the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewEvent {
    pub id: EventId,
    pub sample: SampleId,
    pub action: Action,
    /// For a retraction: the event of the same reviewer that no longer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<EventId>,
    /// Codes, see [`REASONS`](crate::review::REASONS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// For an edit: the sample that takes the place of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<SampleId>,
    /// Decisions taken in one step share the id of the first one, and are undone in one step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<EventId>,
    /// When it was decided, but always later than the same reviewer's events before it: a clock that was set back must not
    /// change which decision is the latest.
    pub at: Timestamp,
    /// How long the sample was looked at.
    #[serde(default)]
    pub seconds: f64,
    /// The reviewer did not see what others or the critic thought.
    #[serde(default)]
    pub blind: bool,
}

impl ReviewEvent {
    /// Names the event by what it says and by the event before it; call when all other fields are set.
    pub(super) fn name(&mut self, reviewer: &Reviewer, before: Option<&EventId>) {
        let mut digest = PartsDigest::default();
        let mut part = |text: &str| digest.part(text);
        part(reviewer.slug());
        part(self.sample.as_str());
        part(self.action.word());
        part(&self.at.as_nanosecond().to_string());
        part(self.undoes.as_ref().map_or("", EventId::as_str));
        part(before.map_or("", EventId::as_str));
        self.id = EventId(digest.hex(8));
    }

    pub(super) fn unnamed(sample: SampleId, action: Action, at: Timestamp) -> Self {
        ReviewEvent {
            id: EventId(String::new()),
            sample,
            action,
            undoes: None,
            reasons: Vec::new(),
            note: String::new(),
            replaced_by: None,
            step: None,
            at,
            seconds: 0.0,
            blind: false,
        }
    }
}

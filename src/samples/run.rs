//! A run: one execution of a flow over some leaves, as `run.json` keeps it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::samples::StoreError;
use crate::taxonomy::NodePath;
use crate::taxonomy::knowledge::ChunkSize;
use crate::teacher::Usage;

/// The identity of a run, also its folder's name, as in `20261122-094501-a1b2`: when it started (UTC) and four hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(Arc<str>);

impl RunId {
    /// Names a run by its start; `nonce` keeps two runs of the same second apart.
    pub fn at(started: Timestamp, nonce: u16) -> Self {
        let moment = started.to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S").to_string();
        RunId(format!("{moment}-{nonce:04x}").into())
    }

    /// Takes an id as typed or stored. Only letters, digits, `-` and `_` pass, so that it never leaves the runs' folder.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.is_empty() || text.len() > 64 || !text.bytes().all(plain) {
            return Err(StoreError::NotARunId { text: text.to_owned() });
        }
        Ok(RunId(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = StoreError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for RunId {
    type Error = StoreError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0.as_ref().to_owned()
    }
}

/// How a run ended, or that it has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Running,
    Done,
    /// The person stopped it; what was there is kept.
    Stopped,
    Failed {
        reason: String,
    },
    /// The process died while it ran. Never written: the store sees it when nobody holds the run's lock.
    Interrupted,
}

impl Outcome {
    /// The word on screen and on the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Running => "running",
            Outcome::Done => "done",
            Outcome::Stopped => "stopped",
            Outcome::Failed { .. } => "failed",
            Outcome::Interrupted => "interrupted",
        }
    }

    /// True when rows may be missing that `--resume` would make.
    pub fn can_resume(&self) -> bool {
        matches!(self, Outcome::Stopped | Outcome::Failed { .. } | Outcome::Interrupted)
    }
}

/// One step of the funnel: how many rows a block was given and how many it passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub block: String,
    pub rows_in: usize,
    pub rows_out: usize,
    /// Answers that could not be read, for which the model was asked once more.
    #[serde(default, skip_serializing_if = "is_none")]
    pub asked_again: usize,
    /// Rows that left here with a reason. Where a block also makes several rows of one, more than come out fewer.
    #[serde(default, skip_serializing_if = "is_none")]
    pub dropped: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A call that a person had made once more: its first answer came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Again {
    /// The row's name at that call, as in `12.0`.
    pub row: String,
    /// The block that asked.
    pub block: String,
    /// Which try counts, from 1; the first call was 0.
    pub attempt: u32,
}

/// A number that decides in a block whether a row stays, as the block had it in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    pub block: String,
    /// The key in the block's configuration.
    pub key: String,
    pub value: f64,
    /// Which rows stay.
    pub keeps: Keeps,
}

/// Which side of a threshold stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    AtLeast,
    Above,
    AtMost,
    Below,
}

impl Keeps {
    pub fn holds(self, measure: f64, threshold: f64) -> bool {
        match self {
            Keeps::AtLeast => measure >= threshold,
            Keeps::Above => measure > threshold,
            Keeps::AtMost => measure <= threshold,
            Keeps::Below => measure < threshold,
        }
    }

    /// As in `at least 2`.
    pub fn words(self) -> &'static str {
        match self {
            Keeps::AtLeast => "at least",
            Keeps::Above => "above",
            Keeps::AtMost => "at most",
            Keeps::Below => "below",
        }
    }
}

/// Everything about a run that is not a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    pub id: RunId,
    pub flow: String,
    /// SHA-256 of the flow's file and prompts (first 16 digits).
    pub flow_hash: String,
    /// Settings of blocks that differ from the flow's file, as in `check_novelty.threshold=0.6`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<String>,
    /// The teacher's name in the settings, and its model.
    pub teacher: String,
    pub model: String,
    /// The names of the critic and the reviser, where they are not the teacher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviser: Option<String>,
    pub nodes: Vec<NodePath>,
    /// How many samples were asked for.
    pub wanted: usize,
    pub seed: u64,
    /// How documents were cut, in a run over a knowledge leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunks: Option<ChunkSize>,
    pub started: Timestamp,
    #[serde(default)]
    pub finished: Option<Timestamp>,
    pub outcome: Outcome,
    #[serde(default)]
    pub funnel: Vec<Stage>,
    #[serde(default)]
    pub usage: Usage,
    /// What the calls cost, in the currency of the price table, where all prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
    /// The run whose answers this one uses again: the same, before its flow was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<RunId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub again: Vec<Again>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<Threshold>,
}

impl RunRecord {
    /// A run of which nothing is known but its name, when it starts.
    pub fn new(id: RunId, started: Timestamp) -> Self {
        RunRecord {
            id,
            flow: String::new(),
            flow_hash: String::new(),
            overrides: Vec::new(),
            teacher: String::new(),
            model: String::new(),
            critic: None,
            reviser: None,
            nodes: Vec::new(),
            wanted: 0,
            seed: 0,
            chunks: None,
            started,
            finished: None,
            outcome: Outcome::Running,
            funnel: Vec::new(),
            usage: Usage::default(),
            cost: None,
            continues: None,
            again: Vec::new(),
            thresholds: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_and_stays_a_plain_folder_name() {
        let id = RunId::at("2026-11-22T09:45:01Z".parse().unwrap(), 0xa1b2);
        assert_eq!(id.as_str(), "20261122-094501-a1b2");
        assert_eq!(RunId::parse(id.as_str()).unwrap(), id);
        for bad in ["", "..", "a/b", "a\\b", "C:", "a b", &"x".repeat(65)] {
            assert!(RunId::parse(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<RunId>("\"../../etc\"").is_err());
    }

    #[test]
    fn outcomes_keep_their_reason_through_json() {
        let failed = Outcome::Failed {
            reason: "no such model".into(),
        };
        assert_eq!(
            serde_json::to_string(&failed).unwrap(),
            r#"{"failed":{"reason":"no such model"}}"#
        );
        assert_eq!(serde_json::to_string(&Outcome::Done).unwrap(), r#""done""#);
        assert_eq!(
            serde_json::from_str::<Outcome>(r#"{"failed":{"reason":"no such model"}}"#).unwrap(),
            failed
        );
    }
}

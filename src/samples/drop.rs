//! A row that a block removed, with its reason: nothing disappears without being browsable.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::samples::Sample;
use crate::taxonomy::NodePath;
use crate::text::digest::PartsDigest;

/// Why a row did not become a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropReason {
    /// The teacher did not answer; a resumed run asks again.
    Transport,
    /// The answer hit its limit of tokens.
    Truncated,
    /// The teacher or its server refused to answer.
    Refused,
    /// The answer did not have the form the flow asks for.
    Unparsable,
    /// The model went round in circles.
    Repetition,
    /// A filter of the flow said no.
    Filter,
    /// The same text is there already.
    Duplicate,
    /// Too close to a seed example.
    NearSeed,
    /// Nothing was left after parsing.
    Empty,
    /// The run was stopped before this row was finished.
    Cancelled,
    /// A prompt could not be filled in.
    Template,
    /// It waits for the answer of a batch, or for a row before it that does; taking the results in lets it go on.
    Waiting,
    /// Written by another version of the program.
    #[serde(other)]
    Other,
}

impl DropReason {
    pub const ALL: [DropReason; 13] = [
        DropReason::Transport,
        DropReason::Truncated,
        DropReason::Refused,
        DropReason::Unparsable,
        DropReason::Repetition,
        DropReason::Filter,
        DropReason::Duplicate,
        DropReason::NearSeed,
        DropReason::Empty,
        DropReason::Cancelled,
        DropReason::Template,
        DropReason::Waiting,
        DropReason::Other,
    ];

    /// The word in files and on the command line, as in `near-seed`.
    pub fn word(self) -> String {
        let written = serde_json::to_value(self).ok();
        written
            .and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Takes that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// The reason in a few plain words.
    pub fn label(self) -> &'static str {
        match self {
            DropReason::Transport => "no answer",
            DropReason::Truncated => "cut off",
            DropReason::Refused => "refused",
            DropReason::Unparsable => "wrong form",
            DropReason::Repetition => "repeats itself",
            DropReason::Filter => "filtered",
            DropReason::Duplicate => "made before",
            DropReason::NearSeed => "too close to a seed",
            DropReason::Empty => "empty",
            DropReason::Cancelled => "stopped",
            DropReason::Template => "prompt failed",
            DropReason::Waiting => "waits",
            DropReason::Other => "other",
        }
    }
}

/// One removed row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drop {
    /// The row's number in its run, from 0.
    pub row: usize,
    /// The leaf it was made for, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodePath>,
    /// The name of the block that removed it.
    pub block: String,
    pub reason: DropReason,
    /// What happened, in a sentence.
    #[serde(default)]
    pub message: String,
    /// What the model said, whole; empty when it said nothing.
    #[serde(default)]
    pub text: String,
    /// Columns of the row that explain it, as in a filter's score.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub columns: serde_json::Map<String, serde_json::Value>,
    /// What filters with a threshold measured of the row, by block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
    /// The sample that the row was about to become, where it had come that far: what restoring it gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Box<Sample>>,
    pub at: Timestamp,
}

impl Drop {
    /// A name to pick it by: 8 hex digits, the start of a SHA-256 over everything but when it happened.
    pub fn id(&self) -> String {
        let mut digest = PartsDigest::default();
        let mut part = |text: &str| digest.part(text);
        part(&self.row.to_string());
        part(self.piece());
        part(&self.block);
        part(self.reason.label());
        part(&self.text);
        digest.hex(4)
    }

    /// The name of the row or piece of a row, as in `12.0.3`.
    pub fn lineage(&self) -> String {
        match self.piece() {
            "" => self.row.to_string(),
            piece => piece.to_owned(),
        }
    }

    /// The column that names a piece of a row, as in `12.0.3`: which of several answers, then which part of it.
    pub const PIECE: &str = "row";

    /// Names the piece of the row that was removed; empty for a whole row.
    ///
    /// Two answers to one call may fail alike, so the piece belongs to what tells one removal from another.
    pub fn piece(&self) -> &str {
        let piece = self.columns.get(Self::PIECE).and_then(serde_json::Value::as_str);
        piece.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_kebab_names_and_unknown_ones_survive() {
        assert_eq!(serde_json::to_string(&DropReason::NearSeed).unwrap(), r#""near-seed""#);
        assert_eq!(
            serde_json::from_str::<DropReason>(r#""from-the-future""#).unwrap(),
            DropReason::Other
        );
        for reason in DropReason::ALL {
            let text = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<DropReason>(&text).unwrap(), reason);
        }
    }
}

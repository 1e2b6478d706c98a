//! A generated example. It never changes: its id is a hash of what it says and where it belongs.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::taxonomy::{Kind, NodePath};
use crate::teacher::{Message, Role};
use crate::text::digest::PartsDigest;

/// The identity of a sample: 16 lowercase hex digits, the start of a SHA-256 over node, messages and context.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SampleId(String);

impl SampleId {
    /// Hashes the parts that make a sample what it is, each preceded by its length so that no two texts run together.
    pub fn of(node: &NodePath, messages: &[Message], context: Option<&str>) -> Self {
        let mut digest = PartsDigest::default();
        let mut part = |text: &str| digest.part(text);
        part(node.as_str());
        for message in messages {
            part(match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            });
            part(&message.content);
        }
        part(context.map_or("0", |_| "1"));
        part(context.unwrap_or_default());
        SampleId(digest.hex(8))
    }

    /// Takes an id as typed or stored; whether it exists is the store's to say.
    pub fn from_text(text: impl Into<String>) -> Self {
        SampleId(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The 16 digits as a number, for sets of many; an id of another form is hashed.
    pub fn number(&self) -> u64 {
        let digits = Some(&self.0).filter(|digits| digits.len() == 16);
        let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        number.unwrap_or_else(|| {
            let mut hasher = DefaultHasher::new();
            self.0.hash(&mut hasher);
            hasher.finish()
        })
    }
}

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One generated example with everything known about it when it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub id: SampleId,
    pub node: NodePath,
    pub kind: Kind,
    /// What a model would be trained on, in order.
    pub messages: Vec<Message>,
    /// Grounded skills and knowledge: the text the answer must rest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// What the teacher thought before it answered, where its server returned that apart; never part of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// A worse answer to the same messages: together with the last message it is a preference pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
    /// The options of a multiple-choice question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Choices>,
    pub provenance: Provenance,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, f64>,
    /// Short words such as `near-seed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// The sample this one was edited or evolved from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<SampleId>,
    /// How many generations of samples lie between this one and the seeds: 0 for a direct child of seeds.
    #[serde(default)]
    pub depth: u32,
}

impl Sample {
    /// A sample of which nothing is known but what it says; its id follows from that.
    pub fn new(node: NodePath, kind: Kind, messages: Vec<Message>, context: Option<String>) -> Self {
        Sample {
            id: SampleId::of(&node, &messages, context.as_deref()),
            node,
            kind,
            messages,
            context,
            reasoning: None,
            rejected: None,
            choices: None,
            provenance: Provenance::default(),
            scores: BTreeMap::new(),
            flags: Vec::new(),
            parent: None,
            depth: 0,
        }
    }
}

/// The options of a multiple-choice question, in the order in which they are shown as A, B, C and D.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    pub options: Vec<String>,
    /// The place of the right one, from 0: A is 0, whatever letters are right elsewhere in the set.
    pub correct: usize,
}

/// Where a sample came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The node it was made for, where its leaf was moved since: the id is a hash over this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_for: Option<NodePath>,
    /// The run's id; empty for a sample written by hand.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// The flow's name and the SHA-256 of its file and prompts (first 16 digits).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub flow: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub flow_hash: String,
    /// The teacher's name in the settings, and its model.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub teacher: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Sampling parameters as sent, as in `{"temperature": 0.5, "seed": 7}`.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Indices into `seed_examples` (from 0) that stood in the prompt; the first is the one it was asked to resemble.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<usize>,
    /// SHA-256 of the seed file as it stood (first 16 digits).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seed_hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentSpan>,
    /// The critic that judged it, by its name in the settings, and its model; empty where it is the teacher.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub critic: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub critic_model: String,
    /// What was done to the seed, step by step, as in `deepening`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<String>,
    /// Earlier drafts with what was said of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trajectory: Vec<serde_json::Value>,
    /// What filters with a threshold measured, by block.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
    /// Keys of the teacher's calls in the run's `requests.jsonl`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<String>,
    /// For an edit: who made it (name and address as git has them).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub editor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<jiff::Timestamp>,
}

/// A passage of a pinned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSpan {
    pub repo: String,
    pub commit: String,
    pub file: String,
    /// The heading above the passage; empty before the first one.
    pub heading: String,
    /// Byte range in the file: start included, end excluded.
    pub start: usize,
    pub end: usize,
}

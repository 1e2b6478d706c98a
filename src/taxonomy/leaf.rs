//! What a `qna.yaml` says, typed: the same shape for every kind, read leniently so that a half-written file still shows.

use serde::{Deserialize, Serialize};

use super::node::{Kind, NodePath};

/// One leaf's seeds as read. Missing or mistyped fields are empty; the checks say so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    pub path: NodePath,
    pub kind: Kind,
    /// As written; 0 where it is missing or not a number.
    pub version: i64,
    pub created_by: String,
    /// Skills: what the seeds teach. Empty for knowledge.
    pub task_description: String,
    /// Knowledge: the field of knowledge. Empty for skills.
    pub domain: String,
    /// Knowledge: one line on what the documents cover. Empty for skills.
    pub document_outline: String,
    pub document: Option<DocumentPin>,
    pub seed_examples: Vec<SeedExample>,
}

/// Which documents a knowledge leaf rests on: files of another git repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPin {
    /// A URL, an absolute path, or a path relative to the taxonomy's root.
    pub repo: String,
    /// A full 40-digit commit.
    pub commit: String,
    /// Globs over the repository's files.
    pub patterns: Vec<String>,
}

/// One entry of `seed_examples`: a skill has no or one context and exactly one pair; knowledge has a context and several pairs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedExample {
    pub context: Option<String>,
    pub pairs: Vec<Pair>,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub question: String,
    pub answer: String,
}

impl Leaf {
    /// One line that says what the leaf is about: the task, or the outline of the documents.
    pub fn title(&self) -> &str {
        let text = match self.kind {
            Kind::Knowledge => &self.document_outline,
            Kind::Skill | Kind::GroundedSkill => &self.task_description,
        };
        text.lines()
            .map(str::trim)
            .find(|line| !line.is_empty())
            .unwrap_or_default()
    }
}

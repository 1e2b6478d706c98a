//! Where a leaf is: its path inside the taxonomy, and what kind of seeds live there.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The three folders a taxonomy is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Branch {
    Knowledge,
    CompositionalSkills,
    FoundationalSkills,
}

impl Branch {
    pub const ALL: [Branch; 3] = [
        Branch::CompositionalSkills,
        Branch::FoundationalSkills,
        Branch::Knowledge,
    ];

    /// The folder's name.
    pub fn folder(self) -> &'static str {
        match self {
            Branch::Knowledge => "knowledge",
            Branch::CompositionalSkills => "compositional_skills",
            Branch::FoundationalSkills => "foundational_skills",
        }
    }
}

/// A folder's path inside the taxonomy: `/`-separated, relative, starting with a branch folder, without `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodePath(String);

/// Why a text is not a node's path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodePathError {
    #[error("a node's path is empty; it starts with knowledge/, compositional_skills/ or foundational_skills/")]
    Empty,
    #[error(
        "'{0}' is outside the taxonomy; a node's path starts with knowledge/, compositional_skills/ or foundational_skills/"
    )]
    OutsideBranches(String),
    #[error(
        "'{0}' has an empty part, '.' or '..'; write the path from the taxonomy's root, as in knowledge/science/optics"
    )]
    NotPlain(String),
}

impl NodePath {
    /// Reads `knowledge/a/b`, also with a trailing `/`, a leading `./`, or `qna.yaml` at the end.
    pub fn parse(text: &str) -> Result<Self, NodePathError> {
        let trimmed = text.trim_start_matches("./").trim_end_matches('/');
        let trimmed = trimmed.strip_suffix("/qna.yaml").unwrap_or(trimmed);
        if trimmed.is_empty() {
            return Err(NodePathError::Empty);
        }
        let path = NodePath(trimmed.to_owned());
        if path
            .segments()
            .any(|part| part.is_empty() || part == "." || part == "..")
        {
            return Err(NodePathError::NotPlain(trimmed.to_owned()));
        }
        if !Branch::ALL
            .iter()
            .any(|branch| path.segments().next() == Some(branch.folder()))
        {
            return Err(NodePathError::OutsideBranches(trimmed.to_owned()));
        }
        Ok(path)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.segments().next_back().unwrap_or_default()
    }

    /// The folder above; `None` for a branch folder.
    pub fn parent(&self) -> Option<NodePath> {
        self.0.rsplit_once('/').map(|(above, _)| NodePath(above.to_owned()))
    }

    /// True for `above` itself and for everything below it.
    pub fn is_within(&self, above: &NodePath) -> bool {
        self.0
            .strip_prefix(above.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Where this node is after `from` was moved to `to`; `None` when it does not lie there.
    pub fn carried(&self, from: &NodePath, to: &NodePath) -> Option<NodePath> {
        let rest = self.0.strip_prefix(from.as_str()).filter(|_| self.is_within(from))?;
        Some(NodePath(format!("{to}{rest}")))
    }

    pub fn branch(&self) -> Branch {
        let first = self.segments().next();
        Branch::ALL
            .into_iter()
            .find(|branch| first == Some(branch.folder()))
            .unwrap_or(Branch::CompositionalSkills)
    }

    /// The folder on disk.
    pub fn folder(&self, root: &Path) -> PathBuf {
        root.join(&self.0)
    }

    /// The leaf's seed file on disk.
    pub fn qna(&self, root: &Path) -> PathBuf {
        self.folder(root).join("qna.yaml")
    }

    /// The same, relative to the taxonomy, as git and diagnostics write it.
    pub fn qna_relative(&self) -> String {
        format!("{}/qna.yaml", self.0)
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for NodePath {
    type Err = NodePathError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for NodePath {
    type Error = NodePathError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<NodePath> for String {
    fn from(path: NodePath) -> String {
        path.0
    }
}

/// What the seeds of a leaf are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Questions and answers about documents.
    Knowledge,
    /// Question and answer, nothing else (InstructLab: freeform).
    Skill,
    /// Every example has a context that the answer rests on.
    GroundedSkill,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Knowledge, Kind::Skill, Kind::GroundedSkill];

    /// The word on screen, in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Knowledge => "knowledge",
            Kind::Skill => "skill",
            Kind::GroundedSkill => "grounded-skill",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

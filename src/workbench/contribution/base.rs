//! What a change is compared with.

use super::super::{Workbench, WorkbenchError};
use crate::git::{Base, BaseKind, CommitName, GitError};
use crate::text::distance::edit_distance;

/// The base when nobody names one, as InstructLab has it.
pub const USUAL_BASE: &str = "origin/main";
/// The name of the base that holds nothing, so that every leaf is listed.
pub const EMPTY_BASE: &str = "empty";
/// How many names an error offers.
const OFFERED: usize = 3;

/// What to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseChoice {
    /// [`USUAL_BASE`].
    Usual,
    /// A branch, any revision, or [`EMPTY_BASE`].
    Named(String),
    /// Only what was not committed yet.
    LastCommit,
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseFound {
    /// The whole taxonomy is listed.
    Nothing,
    Commit {
        /// As it was asked for.
        name: String,
        commit: CommitName,
        kind: BaseKind,
    },
}

impl Workbench {
    pub(super) fn find_base(&self, choice: &BaseChoice) -> Result<BaseFound, WorkbenchError> {
        let (name, is_usual) = match choice {
            BaseChoice::Named(name) if name == EMPTY_BASE => return Ok(BaseFound::Nothing),
            BaseChoice::Named(name) => (name.as_str(), false),
            BaseChoice::Usual => (USUAL_BASE, true),
            // Before the first commit everything is uncommitted.
            BaseChoice::LastCommit if self.repository()?.head()?.unborn => return Ok(BaseFound::Nothing),
            BaseChoice::LastCommit => ("HEAD", false),
        };
        match self.repository()?.base(name) {
            Ok(Base { commit, kind }) => Ok(BaseFound::Commit {
                name: name.to_owned(),
                commit,
                kind,
            }),
            Err(GitError::NoSuchBase { name, known, shallow }) => Err(WorkbenchError::NoSuchBase {
                nearest: nearest(&name, &known),
                is_usual,
                source: GitError::NoSuchBase { name, known, shallow },
            }),
            Err(other) => Err(other.into()),
        }
    }
}

/// The names that were probably meant, best first: nearly the same, or the same behind another remote.
fn nearest(typed: &str, known: &[String]) -> Vec<String> {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let wanted = last(typed);
    let mut near: Vec<(usize, &String)> = known
        .iter()
        .filter_map(|name| {
            let whole = edit_distance(&name.to_lowercase(), &typed.to_lowercase());
            let distance = whole.min(edit_distance(&last(name), &wanted));
            (distance <= wanted.chars().count().div_ceil(3)).then_some((distance, name))
        })
        .collect();
    near.sort();
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().take(OFFERED).map(|(_, name)| name.clone()).collect()
}

//! What a comparison begins at: where this branch left another one, a revision, or the last commit.

use std::collections::HashSet;

use git2::{BranchType, Commit, Oid};

use super::error::GitError;
use super::repository::{CommitName, Repository, lossy, name_of};

/// A commit that files are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    pub commit: CommitName,
    pub kind: BaseKind,
}

/// How a base was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseKind {
    /// The name is a branch: the nearest commit of the current branch's own line that the other branch holds, too.
    LeftBranch {
        /// Commits since then on the current branch, those of merged branches included.
        ahead: usize,
    },
    /// The name is any other revision: the commit that it names.
    Revision,
}

impl Repository {
    /// Finds the commit that `name` stands for as `ilab taxonomy diff` does: for a branch of a remote (`origin/main`) or of
    /// this repository (`main`) the first commit, from HEAD along first parents, that the branch holds; for anything else
    /// (`HEAD~1`, a tag, a commit) that revision itself.
    ///
    /// A local branch also counts as its namesakes of the remotes, so that one that was not updated for a while is no
    /// hindrance. `ilab` takes every branch whose name merely ends the same for a namesake, too; that is not followed.
    ///
    /// # Errors
    /// [`GitError::NoCommits`], [`GitError::NoSuchBase`], and [`GitError::NoCommonCommit`] where the histories do not meet, as
    /// in a clone of the newest commits only.
    pub fn base(&self, name: &str) -> Result<Base, GitError> {
        let Ok(head) = self.inner.head().and_then(|head| head.peel_to_commit()) else {
            return Err(GitError::NoCommits);
        };
        let tips = self.tips(name);
        if tips.is_empty() {
            let revision = self.inner.revparse_single(name);
            let commit = revision.and_then(|object| object.peel_to_commit());
            return match commit {
                Ok(commit) => Ok(Base {
                    commit: name_of(&commit),
                    kind: BaseKind::Revision,
                }),
                Err(_) => Err(GitError::NoSuchBase {
                    name: name.to_owned(),
                    known: self.branch_names(),
                    shallow: self.inner.is_shallow(),
                }),
            };
        }
        let apart = || GitError::NoCommonCommit {
            name: name.to_owned(),
            shallow: self.inner.is_shallow(),
        };
        let ours = self.only_ours(head.id(), &tips).map_err(|_| apart())?;
        let mut commit: Commit<'_> = head;
        while ours.contains(&commit.id()) {
            commit = commit.parent(0).map_err(|_| apart())?;
        }
        Ok(Base {
            commit: name_of(&commit),
            kind: BaseKind::LeftBranch { ahead: ours.len() },
        })
    }

    /// The newest commits of the branches that a name stands for; none where it is no branch.
    fn tips(&self, name: &str) -> Vec<Oid> {
        let tip = |reference: &str| {
            let found = self.inner.find_reference(reference).ok()?;
            found.peel_to_commit().ok().map(|commit| commit.id())
        };
        if name.contains('/')
            && let Some(remote) = tip(&format!("refs/remotes/{name}"))
        {
            return vec![remote];
        }
        let Some(local) = tip(&format!("refs/heads/{name}")) else {
            return Vec::new();
        };
        let mut tips = vec![local];
        if let Ok(remotes) = self.inner.remotes() {
            let names = remotes.iter().flatten().flatten();
            tips.extend(names.filter_map(|remote| tip(&format!("refs/remotes/{remote}/{name}"))));
        }
        tips
    }

    /// The commits behind HEAD that none of the tips holds.
    fn only_ours(&self, head: Oid, tips: &[Oid]) -> Result<HashSet<Oid>, git2::Error> {
        let mut walk = self.inner.revwalk()?;
        walk.push(head)?;
        tips.iter().try_for_each(|tip| walk.hide(*tip))?;
        walk.collect()
    }

    /// The branches and tags that a base may name, for suggestions.
    fn branch_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for kind in [BranchType::Remote, BranchType::Local] {
            let branches = self.inner.branches(Some(kind)).into_iter().flatten().flatten();
            names.extend(branches.filter_map(|(branch, _)| branch.name_bytes().ok().map(lossy)));
        }
        if let Ok(tags) = self.inner.tag_names(None) {
            names.extend(tags.iter_bytes().map(lossy));
        }
        names.retain(|name| !name.ends_with("/HEAD"));
        names
    }
}

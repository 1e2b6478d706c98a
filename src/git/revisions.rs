//! What a repository of documents offers to pin, and who else can reach a commit of it.

use std::collections::HashSet;
use std::path::Path;

use git2::{BranchType, Oid};
use jiff::Timestamp;

use super::documents::open_documents;
use super::error::GitError;
use super::repository::{Repository, lossy, name_of};

/// How many commits are looked at for the habit of signing off, and how many of them make a habit.
const LOOKED_AT: usize = 20;
const SIGN_OFF: &[u8] = b"\nSigned-off-by: ";

/// What a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionKind {
    Branch,
    Tag,
    Commit,
}

impl RevisionKind {
    pub fn word(self) -> &'static str {
        match self {
            RevisionKind::Branch => "branch",
            RevisionKind::Tag => "tag",
            RevisionKind::Commit => "commit",
        }
    }
}

/// One commit that may be pinned, under the name it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub kind: RevisionKind,
    /// A branch, a tag, or a short commit; hostile text.
    pub name: String,
    /// 40 hex digits.
    pub id: String,
    /// The message's first line; hostile text.
    pub summary: String,
    pub time: Timestamp,
}

/// What there is to choose from in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Revisions {
    /// The newest first: the branches, then the tags, then the last commits of the branch that is checked out.
    pub choices: Vec<Revision>,
    /// The commit that is checked out, or the newest branch's: what a new pin starts with.
    pub newest: Option<String>,
    /// Where the repository was cloned from or is pushed to, without a password.
    pub remote: Option<String>,
}

/// Who can reach a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A branch or tag of the repository that others see leads to it.
    Shared,
    /// The repository is pushed somewhere, but this commit was not, as far as the last fetch or push tells.
    NotPushed,
    /// The repository is on this machine only.
    OnlyHere,
    /// No branch or tag leads to it: git may throw it away, and a clone does not get it.
    Loose,
}

impl Reach {
    /// The name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Reach::Shared => "shared",
            Reach::NotPushed => "not_pushed",
            Reach::OnlyHere => "only_here",
            Reach::Loose => "loose",
        }
    }

    /// What a person should know before pinning; `None` where all is well.
    pub fn warning(self) -> Option<&'static str> {
        match self {
            Reach::Shared => None,
            Reach::NotPushed => Some("this commit was not pushed: others cannot read the documents until you push it"),
            Reach::OnlyHere => Some(
                "this repository has no remote, so only this computer has the documents; push it somewhere others can read",
            ),
            Reach::Loose => Some(
                "no branch or tag leads to this commit, so a clone does not get it; pin a commit of a branch instead",
            ),
        }
    }
}

/// Lists what a repository (bare or not) offers, with at most `most` commits.
///
/// # Errors
/// When there is no repository, or it cannot be read.
pub fn revisions(folder: &Path, most: usize) -> Result<Revisions, GitError> {
    let repository = open_documents(folder)?;
    let failed = || GitError::library("list the branches of the documents' repository");
    let describe = |kind, name: String, commit: &git2::Commit<'_>| Revision {
        kind,
        name,
        id: commit.id().to_string(),
        summary: commit.summary_bytes().map(lossy).unwrap_or_default(),
        time: Timestamp::from_second(commit.time().seconds()).unwrap_or(Timestamp::UNIX_EPOCH),
    };
    let mut branches = Vec::new();
    for branch in repository.branches(None).map_err(failed())? {
        let (branch, _) = branch.map_err(failed())?;
        let reference = branch.get();
        // `origin/HEAD` only repeats another branch.
        if reference.symbolic_target_bytes().is_some() {
            continue;
        }
        if let Ok(commit) = reference.peel_to_commit() {
            branches.push(describe(
                RevisionKind::Branch,
                lossy(reference.shorthand_bytes()),
                &commit,
            ));
        }
    }
    let mut tags = Vec::new();
    for reference in repository.references_glob("refs/tags/*").map_err(failed())?.flatten() {
        if let Ok(commit) = reference.peel_to_commit() {
            tags.push(describe(RevisionKind::Tag, lossy(reference.shorthand_bytes()), &commit));
        }
    }
    for list in [&mut branches, &mut tags] {
        list.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.name.cmp(&b.name)));
    }
    let head = repository.head().and_then(|head| head.peel_to_commit()).ok();
    let newest = head
        .map(|commit| commit.id().to_string())
        .or_else(|| branches.first().map(|branch| branch.id.clone()));
    let mut choices = branches;
    choices.append(&mut tags);
    if let Some(start) = newest.as_deref().and_then(|id| Oid::from_str(id).ok()) {
        let mut walk = repository.revwalk().map_err(failed())?;
        walk.push(start).map_err(failed())?;
        for id in walk.take(most) {
            let commit = id.and_then(|id| repository.find_commit(id)).map_err(failed())?;
            choices.push(describe(RevisionKind::Commit, name_of(&commit).short, &commit));
        }
    }
    let remote = remote_of(&repository);
    Ok(Revisions {
        choices,
        newest,
        remote,
    })
}

/// Turns a branch, a tag or the beginning of a commit into the whole commit.
///
/// # Errors
/// [`GitError::NoSuchCommit`] when nothing goes by that name.
pub fn resolve(folder: &Path, name: &str) -> Result<String, GitError> {
    let repository = open_documents(folder)?;
    let found = repository.revparse_single(name.trim());
    match found.and_then(|object| object.peel_to_commit()) {
        Ok(commit) => Ok(commit.id().to_string()),
        Err(_) => Err(GitError::NoSuchCommit {
            repo: folder.display().to_string(),
            commit: name.to_owned(),
        }),
    }
}

/// Tells who can reach a commit. In a clone that only mirrors an address, every branch is one that others see.
///
/// # Errors
/// [`GitError::NoSuchCommit`]; when the repository cannot be read.
pub fn reach(folder: &Path, commit: &str, is_mirror: bool) -> Result<Reach, GitError> {
    let repository = open_documents(folder)?;
    let missing = || GitError::NoSuchCommit {
        repo: folder.display().to_string(),
        commit: commit.to_owned(),
    };
    let id = repository.find_commit_by_prefix(commit).map_err(|_| missing())?.id();
    let failed = || GitError::library("look where a commit is reachable from");
    let tips = |kind: Option<BranchType>| -> Result<Vec<Oid>, git2::Error> {
        let mut tips = HashSet::new();
        for branch in repository.branches(kind)? {
            tips.extend(branch?.0.get().peel_to_commit().map(|commit| commit.id()));
        }
        if kind.is_none() {
            let tags = repository.references_glob("refs/tags/*")?.flatten();
            tips.extend(
                tags.filter_map(|tag| tag.peel_to_commit().ok())
                    .map(|commit| commit.id()),
            );
        }
        Ok(tips.into_iter().collect())
    };
    // What the tips lead to is hidden from a walk that starts at the commit.
    let holds = |tips: Vec<Oid>| -> Result<bool, git2::Error> {
        let mut walk = repository.revwalk()?;
        walk.push(id)?;
        tips.into_iter().try_for_each(|tip| walk.hide(tip))?;
        Ok(walk.next().is_none())
    };
    let found = || -> Result<Reach, git2::Error> {
        if !holds(tips(None)?)? {
            return Ok(Reach::Loose);
        }
        if is_mirror {
            return Ok(Reach::Shared);
        }
        if repository.remotes()?.is_empty() {
            return Ok(Reach::OnlyHere);
        }
        Ok(if holds(tips(Some(BranchType::Remote))?)? {
            Reach::Shared
        } else {
            Reach::NotPushed
        })
    };
    found().map_err(failed())
}

fn remote_of(repository: &git2::Repository) -> Option<String> {
    let names = repository.remotes().ok()?;
    let first = names.iter().flatten().flatten().next()?.to_owned();
    let remote = repository
        .find_remote("origin")
        .or_else(|_| repository.find_remote(&first))
        .ok()?;
    let address = String::from_utf8(remote.url_bytes().to_vec()).ok()?;
    Some(super::documents::without_password(&address))
}

impl Repository {
    /// Whether commits here carry `Signed-off-by:`, by the last ones; `None` before the first commit.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn signs_off(&self) -> Result<Option<bool>, GitError> {
        if self.head()?.unborn {
            return Ok(None);
        }
        let failed = || GitError::library("read the history");
        let mut walk = self.inner.revwalk().map_err(failed())?;
        walk.push_head().map_err(failed())?;
        let (mut signed, mut all) = (0, 0);
        for id in walk.take(LOOKED_AT) {
            let commit = id.and_then(|id| self.inner.find_commit(id)).map_err(failed())?;
            let message = commit.message_bytes();
            all += 1;
            signed += usize::from(message.windows(SIGN_OFF.len()).any(|window| window == SIGN_OFF));
        }
        Ok(Some(signed * 2 > all))
    }
}

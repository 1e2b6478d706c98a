//! Starting a branch for a commit, and taking it back when the commit fails.

use git2::ErrorCode;

use super::error::GitError;
use super::repository::{Repository, lossy};

/// A branch that was started for a commit, and where HEAD was before.
pub(super) struct NewBranch {
    name: String,
    /// The reference HEAD pointed at, or the commit it was detached at.
    before: Result<String, git2::Oid>,
}

impl NewBranch {
    /// Points HEAD at a new branch from the current commit. Files and index stay as they are.
    pub fn start(repository: &Repository, name: &str) -> Result<Self, GitError> {
        let inner = &repository.inner;
        if !git2::Branch::name_is_valid(name).unwrap_or(false) || name.starts_with('-') {
            return Err(GitError::BadBranch { name: name.to_owned() });
        }
        let reference = format!("refs/heads/{name}");
        let exists = inner.find_reference(&reference).is_ok();
        if exists || repository.head()?.branch.as_deref() == Some(name) {
            return Err(GitError::BranchExists { name: name.to_owned() });
        }
        let failed = || GitError::library("make the new branch");
        let head = inner.find_reference("HEAD").map_err(failed())?;
        let before = match (head.symbolic_target_bytes(), head.target()) {
            (Some(target), _) => Ok(lossy(target)),
            (None, Some(commit)) => Err(commit),
            (None, None) => Ok("refs/heads/main".to_owned()),
        };
        match inner.head() {
            Ok(head) => {
                let commit = head.peel_to_commit().map_err(failed())?;
                inner.branch(name, &commit, false).map_err(failed())?;
            }
            // Before the first commit there is nothing a branch could point at: HEAD's name is all.
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {}
            Err(error) => return Err(failed()(error)),
        }
        inner.set_head(&reference).map_err(failed())?;
        Ok(NewBranch {
            name: name.to_owned(),
            before,
        })
    }

    /// Undoes [`NewBranch::start`] after a commit that failed, as far as it can: the failure itself is what gets told.
    pub fn take_back(self, repository: &Repository) {
        let inner = &repository.inner;
        let _ = match &self.before {
            Ok(reference) => inner.set_head(reference),
            Err(commit) => inner.set_head_detached(*commit),
        };
        if let Ok(mut branch) = inner.find_branch(&self.name, git2::BranchType::Local) {
            let _ = branch.delete();
        }
    }
}

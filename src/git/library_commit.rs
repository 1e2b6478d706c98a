//! Committing without the git program. libgit2 runs no hooks, signs nothing and knows no filters but line ends: the first
//! two are told in the notes, the third is refused, since it would store the wrong bytes.

use std::path::Path;

use git2::{AttrCheckFlags, Index, Signature};

use super::author::Author;
use super::commit::{CommitPlan, Committed, Via};
use super::error::GitError;
use super::repository::Repository;
use super::status::{Change, ChangeKind};

impl Repository {
    pub(super) fn commit_by_library(
        &self,
        plan: &CommitPlan,
        changes: &[Change],
        author: &Author,
    ) -> Result<Committed, GitError> {
        let failed = || GitError::library("write the commit");
        for change in changes.iter().filter(|change| change.kind != ChangeKind::Deleted) {
            let filter = self
                .inner
                .get_attr(Path::new(&change.path), "filter", AttrCheckFlags::default());
            if let Ok(Some(filter)) = filter {
                return Err(GitError::Filtered {
                    path: change.path.clone(),
                    filter: filter.to_owned(),
                });
            }
        }
        let parent = match self.inner.head() {
            Ok(head) => Some(head.peel_to_commit().map_err(failed())?),
            Err(_) => None,
        };
        // The real index learns of the chosen files and keeps what else is staged; the commit's tree is the last one
        // plus the chosen files only.
        let mut index = self.inner.index().map_err(failed())?;
        index.read(true).map_err(failed())?;
        let mut tree = Index::new().map_err(failed())?;
        if let Some(parent) = &parent {
            tree.read_tree(&parent.tree().map_err(failed())?).map_err(failed())?;
        }
        for change in changes {
            if let ChangeKind::Renamed { from } = &change.kind {
                remove(&mut tree, from)?;
                remove(&mut index, from)?;
            }
            let path = Path::new(&change.path);
            if self.root().join(path).symlink_metadata().is_err() {
                remove(&mut tree, &change.path)?;
                remove(&mut index, &change.path)?;
                continue;
            }
            index.add_path(path).map_err(failed())?;
            let Some(entry) = index.get_path(path, 0) else { continue };
            tree.add(&entry).map_err(failed())?;
        }
        let tree = tree
            .write_tree_to(&self.inner)
            .and_then(|id| self.inner.find_tree(id))
            .map_err(failed())?;
        let practices = self.practices()?;
        let signature = Signature::now(&author.name, &author.email).map_err(failed())?;
        let message = message(plan, author)?;
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        self.inner
            .commit(Some("HEAD"), &signature, &signature, &message, &tree, &parents)
            .map_err(failed())?;
        index.write().map_err(failed())?;

        let mut notes = Vec::new();
        if practices.hooks.is_empty() {
            notes.push("Seedbed made the commit without the git program; there were no hooks to run.".to_owned());
        } else {
            notes.push(format!("Hooks were not run: {}.", practices.hooks.join(", ")));
        }
        if practices.signing.is_some() {
            notes.push("The commit is not signed, though your settings ask for it.".to_owned());
        }
        self.made(String::new(), Via::Libgit2, notes)
    }
}

fn remove(index: &mut Index, path: &str) -> Result<(), GitError> {
    match index.remove(Path::new(path), 0) {
        Err(error) if error.code() != git2::ErrorCode::NotFound => Err(GitError::Library {
            what: "write the commit",
            message: error.message().to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The message as git would store it: white space cleaned up, signed off once.
fn message(plan: &CommitPlan, author: &Author) -> Result<String, GitError> {
    let mut message =
        git2::message_prettify(plan.message.as_str(), None).map_err(GitError::library("tidy the message"))?;
    let line = author.sign_off_line();
    if plan.sign_off && message.lines().next_back() != Some(line.as_str()) {
        let is_trailer = |line: &str| {
            line.split_once(": ")
                .is_some_and(|(key, _)| !key.is_empty() && !key.contains(' '))
        };
        let last = message.trim_end().rsplit("\n\n").next().unwrap_or_default();
        let after_trailers = message.trim_end().contains("\n\n") && last.lines().all(is_trailer);
        if !after_trailers {
            message.push('\n');
        }
        message.push_str(&line);
        message.push('\n');
    }
    Ok(message)
}

//! The work behind the screen: comparing with the last commit, reading one change, committing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio_util::sync::CancellationToken;

use super::{Effect, Overview, Report, difference};
use crate::git::{Author, GitError};
use crate::taxonomy::{Diagnostic, NodePath};
use crate::text::counted::counted;
use crate::tui::jobs::{Jobs, Post, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{ChangeGroup, ChangedFile, Changes, CommitRequest, WorkbenchError};

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
    match effect {
        Effect::Load => jobs.blocking(Slot::Changes, move |post, cancel| match load(&rooms, cancel) {
            Ok(Some(overview)) => send(post, Report::Loaded(Box::new(overview))),
            Ok(None) => {}
            Err(error) => send(post, Report::NotLoaded(error.to_string())),
        }),
        Effect::Difference(file) => jobs.blocking(Slot::Difference, move |post, _| read(&rooms, &file, post)),
        Effect::Commit(request) => jobs.blocking(Slot::Commit, move |post, _| {
            // However it ends, the screen must learn that it ended.
            let ended = catch_unwind(AssertUnwindSafe(|| commit(&rooms, &request)));
            let broke_off =
                || Report::NotCommitted("the commit broke off; `git log -1` says whether it was made".to_owned());
            send(post, ended.unwrap_or_else(|_| broke_off()));
        }),
        Effect::NameAuthor(author) => jobs.queue(move |post| name_author(&rooms, author, post)),
    }
}

fn send(post: &Post, report: Report) {
    post.send_blocking(AnyReport::Commit(report));
}

fn failed(post: &Post, error: &WorkbenchError) {
    post.send_blocking(AnyReport::failed(error.to_string()));
}

/// `None` when a newer reading has begun.
fn load(rooms: &Rooms, cancel: &CancellationToken) -> Result<Option<Overview>, WorkbenchError> {
    let workbench = &rooms.workbench;
    let changes = workbench.changes()?;
    let mut errors: HashMap<NodePath, Vec<Diagnostic>> = HashMap::new();
    for file in changes.group(ChangeGroup::Seeds) {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let Some(node) = &file.node else { continue };
        if let Entry::Vacant(place) = errors.entry(node.clone()) {
            // One leaf at a time, so that the errors stay with their leaf.
            let one = Changes {
                files: vec![file.clone()],
            };
            place.insert(workbench.blocking(&one, std::slice::from_ref(&file.path)));
        }
    }
    errors.retain(|_, found| !found.is_empty());
    let repository = workbench.repository()?;
    let head = repository.head()?;
    let (author, practices) = (repository.author()?, repository.practices()?);
    Ok(Some(Overview {
        changes,
        errors,
        branch: head.branch,
        author,
        practices,
    }))
}

fn read(rooms: &Rooms, file: &ChangedFile, post: &Post) {
    match rooms.workbench.difference_of(file) {
        Ok(diff) => {
            if let (ChangeGroup::Decisions, Some(node)) = (file.group, &file.node) {
                rooms.library().refresh_node(node);
            }
            let texts = difference::texts(file, &diff, &mut |id| rooms.library().load(id).ok());
            send(
                post,
                Report::Difference {
                    path: file.path.clone(),
                    texts: Box::new(texts),
                },
            );
        }
        Err(error) => failed(post, &error),
    }
}

fn commit(rooms: &Rooms, request: &CommitRequest) -> Report {
    match rooms.workbench.commit(request) {
        Ok(committed) => Report::Committed(Box::new(committed)),
        Err(WorkbenchError::SeedErrors { count, first }) => Report::NotCommitted(format!(
            "nothing was committed: changed seeds have {}, as in {first}. Mend them, leave them out, or press ! to commit \
             all the same.",
            counted(count, "error", "errors")
        )),
        Err(WorkbenchError::Git(GitError::NoAuthor)) => Report::NotCommitted(
            "nothing was committed: git does not know who you are. Commit again, and Seedbed asks for it.".to_owned(),
        ),
        Err(error) => Report::NotCommitted(error.to_string()),
    }
}

fn name_author(rooms: &Rooms, author: Author, post: &Post) {
    let written = rooms
        .workbench
        .repository()
        .and_then(|repository| Ok(repository.set_author_locally(&author)?));
    match written {
        Ok(()) => {
            // Who commits is who reviews: the journal's pen must be taken up anew.
            rooms.forget_reviews();
            send(post, Report::AuthorNamed(author));
        }
        Err(error) => failed(post, &error),
    }
}

//! The work behind the edit screen: reading, saving, keeping drafts.
//!
//! All of it is queued, one after the other: a draft that is written before a leaf is opened again is seen then, and
//! nothing of it is lost when the program ends.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::target::{Beside, Copying};
use super::{Effect, Opened, Report, coach_jobs, findings};
use crate::taxonomy::form::{FormEdit, apply};
use crate::taxonomy::{LeafFile, SaveError, TaxonomyError, save};
use crate::tui::jobs::{Jobs, Post, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    if let Effect::Judge(asked) = effect {
        return jobs.blocking(Slot::Judge, move |post, _| {
            let judged = findings::judge(*asked);
            post.send_blocking(AnyReport::Edit(Report::Judged(Box::new(judged))));
        });
    }
    let rooms = rooms.clone();
    match effect {
        Effect::Past(leaf) => {
            return jobs.blocking(Slot::Past, move |post, cancel| {
                let read = rooms.workbench.leaf_past(&leaf, &|| cancel.is_cancelled());
                let read = read.map_err(|error| error.to_string());
                post.send_blocking(AnyReport::Edit(Report::Past { node: leaf.path, read }));
            });
        }
        Effect::StopPast => return jobs.cancel(Slot::Past),
        Effect::Coach(leaf) => return coach_jobs::look(*leaf, rooms, jobs),
        Effect::Ask(leaf) => return coach_jobs::ask(*leaf, rooms, jobs),
        Effect::StopAsking => return jobs.cancel(Slot::Ask),
        _ => {}
    }
    jobs.queue(move |post| work(effect, &rooms, post));
}

fn work(effect: Effect, rooms: &Rooms, post: &Post) {
    let root = rooms.workbench.root();
    let drafts = rooms.workbench.drafts();
    let send = |report: Report| {
        post.send_blocking(AnyReport::Edit(report));
    };
    let fail = |error: TaxonomyError| {
        post.send_blocking(AnyReport::failed(error.to_string()));
    };
    match effect {
        Effect::Open(node) => {
            let read = LeafFile::read(root, &node)
                .map(|file| file.bytes)
                .map_err(|error| error.to_string());
            let draft = drafts.get(&node);
            let drafted_at = draft
                .as_ref()
                .map(|draft| local_time(draft.saved_at))
                .unwrap_or_default();
            let profile = rooms.workbench.profile();
            send(Report::Opened(Box::new(Opened {
                node,
                read,
                draft,
                drafted_at,
                profile,
            })));
        }
        Effect::Save { node, bytes, expected } => match save(&node.qna(root), &bytes, expected) {
            Ok(fingerprint) => {
                // Every draft of this leaf that was queued before is in the file now.
                if let Err(error) = drafts.remove(&node) {
                    fail(error);
                }
                // The sources of a leaf that was a draft go into the tree with it.
                if let Err(error) = rooms.workbench.write_sources(&node) {
                    post.fail(error.to_string());
                }
                send(Report::Saved {
                    node,
                    bytes,
                    fingerprint,
                });
            }
            Err(SaveError::Changed { theirs, .. }) => send(Report::InTheWay {
                node,
                theirs: Some(theirs),
            }),
            Err(SaveError::Gone { .. }) => send(Report::InTheWay { node, theirs: None }),
            Err(error) => {
                post.send_blocking(AnyReport::failed(error.to_string()));
            }
        },
        Effect::KeepDraft { node, bytes, base, at } => {
            if let Err(error) = drafts.put(&node, &bytes, base, at) {
                fail(error);
            }
        }
        Effect::DropDraft(node) => {
            if let Err(error) = drafts.remove(&node) {
                fail(error);
            }
        }
        // These have slots of their own.
        Effect::Judge(_)
        | Effect::Past(_)
        | Effect::StopPast
        | Effect::Coach(_)
        | Effect::Ask(_)
        | Effect::StopAsking => {}
        Effect::Targets { node, kind } => {
            let summaries = rooms.summaries();
            let same = summaries.iter().filter(|leaf| leaf.kind == kind && leaf.path != node);
            let leaves = same.map(|leaf| leaf.path.clone()).collect();
            send(Report::Targets { node, leaves });
        }
        Effect::Copy(copying) => match copy(rooms, &copying) {
            Ok(beside) => send(Report::Copied { copying, beside }),
            Err(reason) => {
                post.fail(format!("{} was not changed: {reason}", copying.to));
            }
        },
        Effect::PutBack { node, bytes, expected } => match save(&node.qna(root), &bytes, Some(expected)) {
            Ok(_) => send(Report::PutBack(node)),
            Err(_) => {
                post.fail(format!(
                    "{node} was changed since, so it was left as it is; look at its examples there"
                ));
            }
        },
        Effect::Look(node) => match LeafFile::read(root, &node) {
            Ok(file) => send(Report::OnDisk {
                node,
                bytes: Some(file.bytes),
            }),
            Err(TaxonomyError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                send(Report::OnDisk { node, bytes: None });
            }
            Err(error) => fail(error),
        },
    }
}

/// Puts an example at the end of another leaf of the same kind, and saves that.
fn copy(rooms: &Rooms, copying: &Copying) -> Result<Beside, String> {
    let root = rooms.workbench.root();
    let to = &copying.to;
    let file = LeafFile::read(root, to).map_err(|error| error.to_string())?;
    if rooms
        .workbench
        .drafts()
        .get(to)
        .is_some_and(|draft| draft.bytes != file.bytes)
    {
        return Err("it has unsaved text; save or discard that first".to_owned());
    }
    let leaf = file.leaf();
    if leaf.kind != copying.kind {
        return Err(format!(
            "it is {} by now, and the example is {}",
            leaf.kind, copying.kind
        ));
    }
    let mut document = file.document.map_err(|error| error.to_string())?;
    let put = FormEdit::PutExample(leaf.seed_examples.len(), copying.example.clone());
    apply(&mut document, leaf.kind, &put).map_err(|error| error.to_string())?;
    save(&to.qna(root), document.bytes(), Some(file.fingerprint)).map_err(|error| error.to_string())?;
    Ok(Beside {
        node: to.clone(),
        before: file.bytes,
        after: document.bytes().to_vec(),
    })
}

/// A moment as the person's clock shows it; with the date when it was another day.
fn local_time(at: Timestamp) -> String {
    let (then, now) = (at.to_zoned(TimeZone::system()), Zoned::now());
    let format = if then.date() == now.date() {
        "%H:%M"
    } else {
        "%-d %B, %H:%M"
    };
    then.strftime(format).to_string()
}

//! The work behind the edit screen: reading, saving, keeping drafts.
//!
//! All of it is queued, one after the other: a draft that is written before a leaf is opened again is seen then, and
//! nothing of it is lost when the program ends.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{Effect, Opened, Report};
use crate::taxonomy::{LeafFile, SaveError, TaxonomyError, save};
use crate::tui::jobs::{Jobs, Post};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
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

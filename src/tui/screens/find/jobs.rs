//! The work of the find screen, away from the loop.

use super::{Effect, MOST_PLACES, Report};
use crate::tui::jobs::{Jobs, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{Searched, Workbench};

/// Leaves that are told of at once.
const SOME: usize = 64;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let workbench = std::sync::Arc::clone(&rooms.workbench);
    let send = |report| AnyReport::Find(report);
    match effect {
        Effect::Search { search, within } => jobs.blocking(Slot::Replace, move |post, cancel| {
            let (mut some, mut places) = (Vec::new(), 0);
            let full = std::cell::Cell::new(false);
            let stop = || cancel.is_cancelled() || full.get();
            let mut take = |searched: Searched| {
                if let Searched::Places(leaf) = &searched {
                    places += leaf.found.len();
                    full.set(places >= MOST_PLACES);
                }
                some.push(searched);
                if some.len() >= SOME {
                    post.send_blocking(send(Report::Some(std::mem::take(&mut some))));
                }
            };
            let read = workbench.search(&search, &within, &stop, &mut take);
            post.send_blocking(send(Report::Some(some)));
            let stopped = full.get();
            post.send_blocking(send(Report::Searched { read, stopped }));
        }),
        Effect::StopSearch => jobs.cancel(Slot::Replace),
        // Writing is never cancelled: a replacement that was begun is finished or told of.
        Effect::Replace(leaves) => jobs.queue(move |post| {
            let done = Workbench::replace(&workbench, &leaves, &|| false);
            post.send_blocking(send(Report::Replaced(done)));
        }),
        Effect::TakeBack(changed) => jobs.queue(move |post| {
            let refused = workbench.take_back(&changed);
            let changed = changed.into_iter().map(|one| one.node).collect();
            post.send_blocking(send(Report::TakenBack { changed, refused }));
        }),
    }
}

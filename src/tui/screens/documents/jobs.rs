//! The work behind the documents screen: repositories, texts, comparing, converting, committing.

use std::path::Path;
use std::sync::Arc;

use super::{Effect, Refused, Report, Trouble};
use crate::tui::jobs::{Jobs, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::WorkbenchError;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
    match effect {
        Effect::Load { leaf, fetch } => jobs.blocking(Slot::Documents, move |post, token| {
            let texts = rooms.workbench.document_texts(&leaf, fetch, &|| token.is_cancelled());
            post.send_blocking(AnyReport::Documents(Report::Loaded {
                node: leaf.path.clone(),
                pin: leaf.document.clone(),
                texts: texts.map(Arc::new).map_err(told),
            }));
        }),
        Effect::Compare { leaf, texts, cut } => jobs.blocking(Slot::Coverage, move |post, _| {
            let size = rooms.workbench.chunk_size(cut.wish, cut.usual).unwrap_or(cut.usual);
            let coverage = Box::new(rooms.workbench.coverage_of(&leaf, &texts, size));
            let node = leaf.path.clone();
            post.send_blocking(AnyReport::Documents(Report::Compared { node, size, coverage }));
        }),
        Effect::Look { repo, fetch } => jobs.blocking(Slot::Repository, move |post, token| {
            let found = rooms
                .workbench
                .document_repository(&repo, fetch, &|| token.is_cancelled());
            let found = found.map(Box::new).map_err(told);
            post.send_blocking(AnyReport::Documents(Report::Looked { repo, found }));
        }),
        Effect::Match(pin) => jobs.blocking(Slot::Matched, move |post, _| {
            let found = rooms.workbench.matched(&pin).map_err(|error| error.to_string());
            post.send_blocking(AnyReport::Documents(Report::Matched { pin, found }));
        }),
        Effect::Convert(file) => jobs.blocking(Slot::Convert, move |post, _| {
            // As shells and file managers write a path.
            let plain = file.trim_matches(['\'', '"']);
            let home = rooms.workbench.environment().get("HOME").unwrap_or_default();
            let path = match plain.strip_prefix("~/") {
                Some(below) => Path::new(&home).join(below),
                None => rooms.workbench.root().join(plain),
            };
            let made = rooms.workbench.import_document(&path);
            let made = made.map(Box::new).map_err(|error| error.to_string());
            post.send_blocking(AnyReport::Documents(Report::Converted { file, made }));
        }),
        // A commit is never cut short.
        Effect::Commit(new) => jobs.queue(move |post| {
            let told = rooms.workbench.commit_document(&new);
            let told = told.map(|made| made.short).map_err(|error| match error {
                WorkbenchError::DocumentExists { .. } => Refused::NameTaken,
                other => Refused::Other(other.to_string()),
            });
            let (name, repo) = (new.name, new.repo);
            post.send_blocking(AnyReport::Documents(Report::Committed { name, repo, told }));
        }),
    }
}

fn told(error: WorkbenchError) -> Trouble {
    match error {
        WorkbenchError::DocumentsNotFetched { address, .. } | WorkbenchError::AddressNotFetched { address } => {
            Trouble::NotFetched(address)
        }
        other => Trouble::Other(other.to_string()),
    }
}

//! The work behind the browse screen: walking, reading, searching, asking git.

use std::collections::HashMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::drafted::Drafted;
use super::{Details, Effect, Report, tree_jobs};
use crate::cores;
use crate::taxonomy::check::advise;
use crate::taxonomy::{FolderFound, LeafFile, LeafSummary, NodePath, TaxonomyError, check_leaf, summarize, walk};
use crate::text::normal::normal;
use crate::text::search::Matcher;
use crate::tui::jobs::{Jobs, Post, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::{Rooms, Stamp};
use crate::tui::tree::Tally;

/// Folders or leaves in one report: few enough to show at once, many enough not to flood the loop.
const CHUNK: usize = 512;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
    match effect {
        Effect::Scan { again } => jobs.blocking(Slot::Scan, move |post, cancel| scan(&rooms, again, post, cancel)),
        Effect::Reread(nodes) => jobs.queue(move |post| {
            send(post, Report::Summaries(read(&rooms, &nodes)));
        }),
        Effect::Details(node) => jobs.blocking(Slot::Leaf, move |post, _| details(&rooms, &node, post)),
        Effect::Git => jobs.blocking(Slot::Git, move |post, _| git(&rooms, post)),
        Effect::Count => jobs.blocking(Slot::Counts, move |post, _| count(&rooms, post)),
        Effect::Search(query) => jobs.blocking(Slot::Find, move |post, cancel| search(&rooms, query, post, cancel)),
        Effect::Propose { .. }
        | Effect::MakeLeaf { .. }
        | Effect::NameMove { .. }
        | Effect::Move { .. }
        | Effect::Delete { .. }
        | Effect::Discard { .. }
        | Effect::UndoTree { .. } => jobs.queue(move |post| tree_jobs::work(effect, &rooms, post)),
    }
}

fn send(post: &Post, report: Report) -> bool {
    post.send_blocking(AnyReport::Browse(report))
}

fn scan(rooms: &Rooms, again: bool, post: &Post, cancel: &CancellationToken) {
    let root = rooms.workbench.root();
    let mut leaves = Vec::new();
    let mut chunk = Vec::new();
    let mut alive = true;
    let drafts: Vec<NodePath> = rooms
        .workbench
        .leaf_drafts()
        .0
        .into_iter()
        .map(|draft| draft.file.path)
        .collect();
    let mut drafted = Drafted::new(&drafts);
    send(post, Report::Drafts(drafts));
    let mut take = |folder: FolderFound| {
        if folder.is_leaf {
            leaves.push(folder.path.clone());
        }
        chunk.push(folder);
        // A second walk is shown at its end, in one piece, so that the tree does not shrink and grow.
        if !again && chunk.len() >= CHUNK {
            alive &= send(
                post,
                Report::Folders {
                    found: std::mem::take(&mut chunk),
                    again,
                },
            );
        }
    };
    let end = walk(root, &|| cancel.is_cancelled(), &mut |folder| {
        drafted.place(folder, &mut take);
    });
    drafted.rest(&mut take);
    if end.cancelled || !alive {
        return;
    }
    send(post, Report::Folders { found: chunk, again });
    send(
        post,
        Report::Walked(end.notices.iter().map(ToString::to_string).collect()),
    );
    if again {
        rooms.keep_leaves(&leaves.iter().collect());
    }
    let chunks: Vec<&[NodePath]> = leaves.chunks(CHUNK).collect();
    cores::on_all(&chunks, |some| {
        if cancel.is_cancelled() {
            return;
        }
        // Also those that were read before: a walk that was broken off may not have told of them.
        send(post, Report::Summaries(read(rooms, some)));
    });
}

/// What leaves say; a file is read unless it was, and is still the same.
fn read(rooms: &Rooms, leaves: &[NodePath]) -> Vec<Arc<LeafSummary>> {
    let (root, profile) = (rooms.workbench.root(), rooms.workbench.profile());
    let mut summaries = Vec::with_capacity(leaves.len());
    let mut new = Vec::new();
    for leaf in leaves {
        let stamp = Stamp::of(&leaf.qna(root));
        if let Some(known) = rooms.unchanged(leaf, stamp) {
            summaries.push(known);
        } else if let Ok(file) = LeafFile::read(root, leaf) {
            let summary = Arc::new(summarize(&file, profile));
            new.push((Arc::clone(&summary), stamp));
            summaries.push(summary);
        } else if let Some(draft) = rooms.workbench.leaf_draft(leaf) {
            summaries.push(Arc::new(summarize(&draft.file, profile)));
        }
    }
    rooms.remember(new);
    summaries
}

fn details(rooms: &Rooms, node: &NodePath, post: &Post) {
    let root = rooms.workbench.root();
    if let Some(draft) = rooms.workbench.leaf_draft(node) {
        let leaf = draft.file.leaf();
        let diagnostics = draft.findings;
        send(post, Report::Details(Box::new(Details { leaf, diagnostics })));
        return;
    }
    match LeafFile::read(root, node) {
        Ok(file) => {
            let mut diagnostics = check_leaf(root, node, rooms.workbench.profile());
            if let Ok(document) = &file.document {
                diagnostics.extend(advise(&node.qna_relative(), document, None));
            }
            let leaf = file.leaf();
            send(post, Report::Details(Box::new(Details { leaf, diagnostics })));
            // Asking git takes longer than reading the file: the rest does not wait for it.
            if let Some(text) = history(rooms, node) {
                send(
                    post,
                    Report::History {
                        node: node.clone(),
                        text,
                    },
                );
            }
        }
        // A leaf that went away is gone from the tree at the next walk, which is under way.
        Err(TaxonomyError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => post.fail(error.to_string()),
    }
}

/// What git last said of a leaf's file, as in `last commit 1a2b3c4, 2026-11-22 by Ada: Add seeds`.
fn history(rooms: &Rooms, node: &NodePath) -> Option<String> {
    let path = rooms.workbench.in_repository(&node.qna_relative());
    let entry = rooms.workbench.repository().ok()?.last_change(&path).ok().flatten()?;
    let day = entry.time.strftime("%Y-%m-%d");
    Some(format!(
        "last commit {}, {day} by {}: {}",
        entry.short, entry.author.name, entry.summary
    ))
}

fn git(rooms: &Rooms, post: &Post) {
    let asked = rooms.workbench.repository().and_then(|repository| {
        let head = repository.head()?;
        let changes = repository.status()?;
        Ok((head, changes))
    });
    match asked {
        Ok((head, changes)) => {
            let branch = head
                .branch
                .or_else(|| head.commit.map(|commit| format!("at {}", commit.short)))
                .unwrap_or_else(|| "no commit yet".into());
            let changes = changes
                .into_iter()
                .filter_map(|mut change| {
                    change.path = rooms.workbench.inside(&change.path)?.to_owned();
                    Some(change)
                })
                .collect();
            send(post, Report::Git { branch, changes });
        }
        Err(error) => post.fail(error.to_string()),
    }
}

/// Counts what stands where, over all leaves.
pub fn count(rooms: &Rooms, post: &Post) {
    let mut tallies: HashMap<NodePath, Tally> = HashMap::new();
    let mut library = rooms.library();
    library.refresh();
    let counted = rooms.with_reviews(|reviews| {
        reviews.refresh();
        let in_play = library.counts_where(&|sample| reviews.is_in_play(sample));
        for (node, in_play) in in_play {
            let counts = reviews.counts(&node);
            let tally = Tally {
                // A skipped sample was put off, so it still waits.
                pending: counts.pending(in_play) + counts.skipped,
                accepted: counts.accepted,
                rejected: counts.rejected,
                // Where reviewers disagree, somebody must look, too.
                flagged: counts.flagged + counts.disputed,
            };
            tallies.insert((*node).clone(), tally);
        }
    });
    drop(library);
    match counted {
        Ok(()) => {
            send(post, Report::Counted(tallies));
        }
        Err(error) => post.fail(error.to_string()),
    }
}

/// Paths and titles match fuzzily, the text of seeds by whole words or their beginnings.
fn search(rooms: &Rooms, query: String, post: &Post, cancel: &CancellationToken) {
    let mut matcher = Matcher::new();
    let words: Vec<String> = normal(&query).split(' ').map(str::to_owned).collect();
    let mut scored: Vec<(u32, NodePath)> = Vec::new();
    for (index, summary) in rooms.summaries().into_iter().enumerate() {
        if index % 256 == 0 && cancel.is_cancelled() {
            return;
        }
        let path = matcher
            .score(&query, summary.path.as_str())
            .map(|score| score * 2 + 100);
        let title = matcher.score(&query, &summary.title);
        let text = if path.is_none() && title.is_none() {
            let text = normal(&summary.search_text);
            words.iter().all(|word| text.contains(word.as_str())).then_some(10)
        } else {
            None
        };
        if let Some(score) = path.into_iter().chain(title).chain(text).max() {
            scored.push((score, summary.path.clone()));
        }
    }
    scored.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
    scored.truncate(500);
    let results = scored.into_iter().map(|(_, path)| path).collect();
    send(post, Report::Searched { query, results });
}

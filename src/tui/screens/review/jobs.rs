//! The work behind the review screen: lining up, reading, and recording decisions one after the other.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Effect, Loaded, Report, Trace};
use crate::review::{Queue, Verdict, edited_sample, reason_label};
use crate::samples::SampleId;
use crate::taxonomy::{Leaf, LeafFile, NodePath};
use crate::tui::jobs::{Jobs, Post, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;

/// How many of the last decisions are shown.
pub const TRAIL: usize = 10;
/// Decisions that are looked through for them.
const LOOKED_THROUGH: usize = 1000;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
    match effect {
        Effect::Open(node) => jobs.blocking(Slot::Queue, move |post, _| open(&rooms, node, post)),
        Effect::Refresh(node) => jobs.blocking(Slot::Queue, move |post, _| {
            if let Ok(queue) = line_up(&rooms, &node) {
                send(post, Report::Refreshed(Box::new(queue)));
            }
        }),
        Effect::Load(ids) => jobs.blocking(Slot::Sample, move |post, _| {
            send(post, Report::Loaded(load(&rooms, &ids, post)));
        }),
        Effect::Decide {
            sample,
            verdict,
            reasons,
            seconds,
            at,
        } => jobs.queue(move |post| {
            let done = decide(&rooms, &sample, |sample| {
                rooms
                    .with_reviews(|reviews| reviews.decide(sample, verdict, &reasons, "", at, seconds))
                    .map_err(|error| error.to_string())?
                    .map_err(|error| error.to_string())
                    .map(|_| ())
            });
            send(
                post,
                match done {
                    Ok(()) => Report::Decided { sample, verdict },
                    Err(why) => Report::NotDecided { sample, why },
                },
            );
        }),
        Effect::Keep {
            original,
            messages,
            context,
            seconds,
            at,
        } => jobs.queue(move |post| {
            let editor = rooms.workbench.author().ok().flatten();
            let editor = editor
                .map(|author| format!("{} <{}>", author.name, author.email))
                .unwrap_or_default();
            let mut new = None;
            let done = decide(&rooms, &original, |sample| {
                let Some(edited) = edited_sample(sample, messages, context, &editor, at) else {
                    return Ok(());
                };
                rooms
                    .with_reviews(|reviews| reviews.edit(sample, &edited, at, seconds))
                    .map_err(|error| error.to_string())?
                    .map_err(|error| error.to_string())?;
                new = Some(edited);
                Ok(())
            });
            let node = new.as_ref().map(|edited| edited.node.clone());
            match (done, node) {
                (Err(why), _) => {
                    send(post, Report::NotDecided { sample: original, why });
                }
                (Ok(()), None) => post.fail("the text is the same as before; nothing was kept"),
                (Ok(()), Some(node)) => {
                    rooms.library().refresh_node(&node);
                    let edited = new.map(|edited| edited.id);
                    if let Ok(queue) = line_up(&rooms, &node) {
                        send(
                            post,
                            Report::Kept {
                                original,
                                edited,
                                queue: Box::new(queue),
                            },
                        );
                    }
                }
            }
        }),
        Effect::Undo { node, at } => jobs.queue(move |post| undo(&rooms, &node, at, post)),
    }
}

fn send(post: &Post, report: Report) -> bool {
    post.send_blocking(AnyReport::Review(report))
}

fn line_up(rooms: &Rooms, node: &NodePath) -> Result<Queue, String> {
    let mut library = rooms.library();
    library.refresh();
    rooms
        .with_reviews(|reviews| {
            reviews.refresh();
            Queue::open(&library, reviews, vec![node.clone()])
        })
        .map_err(|error| error.to_string())
}

fn open(rooms: &Rooms, node: NodePath, post: &Post) {
    let queue = match line_up(rooms, &node) {
        Ok(queue) => queue,
        Err(why) => return post.fail(why),
    };
    let recent = rooms.with_reviews(|reviews| {
        let last = reviews.last(LOOKED_THROUGH);
        let seconds: Vec<f64> = last.iter().take(TRAIL).map(|decided| decided.seconds).collect();
        let mut trail: Vec<Trace> = Vec::new();
        for decided in last {
            // One mark a sample, as while deciding: a rejection and its reason are two decisions. Those on other leaves and
            // on samples that an edit replaced are not what backspace takes back first here.
            let known = trail.iter().any(|trace| trace.sample == decided.sample);
            if known || queue.verdict_of(&decided.sample).is_none() {
                continue;
            }
            trail.push(Trace {
                sample: decided.sample.clone(),
                verdict: decided.verdict,
                reason: decided.reasons.first().map(|code| reason_label(code).to_owned()),
                saved: true,
            });
            if trail.len() == TRAIL {
                break;
            }
        }
        trail.reverse();
        (trail, seconds, reviews.take_notices())
    });
    let (recent, seconds, notices) = recent.unwrap_or_default();
    if let Some(notice) = notices.first() {
        post.fail(notice.to_string());
    }
    send(
        post,
        Report::Opened {
            node,
            queue: Box::new(queue),
            recent,
            seconds,
        },
    );
}

fn load(rooms: &Rooms, ids: &[SampleId], post: &Post) -> Vec<Arc<Loaded>> {
    let mut leaves: HashMap<NodePath, Option<Leaf>> = HashMap::new();
    let mut found = Vec::new();
    for id in ids {
        let library = rooms.library();
        let sample = match library.load(id) {
            Ok(sample) => sample,
            Err(error) => {
                drop(library);
                post.fail(error.to_string());
                continue;
            }
        };
        let parent = sample.parent.as_ref().and_then(|parent| library.load(parent).ok());
        drop(library);
        let leaf = leaves.entry(sample.node.clone()).or_insert_with(|| {
            LeafFile::read(rooms.workbench.root(), &sample.node)
                .ok()
                .map(|file| file.leaf())
        });
        let seeds = leaf.as_ref().map_or_else(Vec::new, |leaf| {
            let numbers = sample.provenance.seeds.iter();
            numbers
                .filter_map(|index| Some((index + 1, leaf.seed_examples.get(*index)?.clone())))
                .collect()
        });
        let others = rooms
            .with_reviews(|reviews| {
                let own = reviews
                    .reviewer()
                    .map(|reviewer| reviewer.slug().to_owned())
                    .unwrap_or_default();
                let decisions = reviews.decisions(id);
                let others = decisions.into_iter().filter(|(reviewer, _)| *reviewer != own);
                others
                    .map(|(reviewer, decided)| (reviewer.to_owned(), decided.verdict))
                    .collect()
            })
            .unwrap_or_default();
        found.push(Arc::new(Loaded {
            sample,
            seeds,
            parent,
            others,
        }));
    }
    found
}

fn decide(
    rooms: &Rooms,
    id: &SampleId,
    record: impl FnOnce(&crate::samples::Sample) -> Result<(), String>,
) -> Result<(), String> {
    let sample = rooms.library().load(id).map_err(|error| error.to_string())?;
    record(&sample)
}

fn undo(rooms: &Rooms, node: &NodePath, at: jiff::Timestamp, post: &Post) {
    let nodes = [node.clone()];
    let undone = rooms.with_reviews(|reviews| {
        let mut all = reviews.undo_last_in(&nodes, at)?;
        // A reason is a second decision on the same sample: one undo takes both.
        let only_the_reason = all
            .iter()
            .any(|one| one.now == Some(Verdict::Rejected) && one.was == Verdict::Rejected);
        if only_the_reason {
            all.extend(reviews.undo_last_in(&nodes, at)?);
        }
        Ok::<_, crate::review::ReviewError>(all)
    });
    let undone = match undone {
        Ok(Ok(undone)) => undone,
        Ok(Err(error)) => return post.fail(error.to_string()),
        Err(error) => return post.fail(error.to_string()),
    };
    let edit = undone.iter().any(|one| one.replaced_by.is_some());
    let queue = if edit {
        line_up(rooms, node).ok().map(Box::new)
    } else {
        None
    };
    let mut samples: Vec<(SampleId, Option<Verdict>)> = Vec::new();
    for one in undone {
        samples.retain(|(known, _)| *known != one.sample);
        samples.push((one.sample, one.now));
    }
    send(post, Report::Undone { samples, queue });
}

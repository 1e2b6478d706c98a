//! What jobs tell the review screen.

use super::update::{lay_out, show};
use super::{Effect, OnShow, Report};
use crate::review::Verdict;
use crate::samples::SampleId;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::{Model, ScreenName};
use crate::tui::update::go;

/// Samples kept in memory.
const KEPT: usize = 64;

/// New samples may be there: the queue takes them in at its end.
pub fn samples_counted(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if model.screen != ScreenName::Review {
        return;
    }
    let (Some(node), Some(queue)) = (&model.review.node, &model.review.queue) else {
        return;
    };
    if model.tree.counts_below(node).total() > queue.len() {
        fx.push(AnyEffect::Review(Effect::Refresh(node.clone())));
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Opened {
            node,
            mut queue,
            recent,
            seconds,
        } => {
            if model.review.node.as_ref() != Some(&node) {
                return;
            }
            if let Some(left) = model.review.back_at.take() {
                if queue.is_empty() && model.screen == ScreenName::Review {
                    // What was under review when the screen was left is gone.
                    return go(model, ScreenName::Browse, fx);
                }
                // Elsewhere in the queue it starts at what wants a decision.
                if let Some(OnShow { sample, undecided }) = left {
                    let decided_since = undecided && queue.verdict_of(&sample).is_some();
                    if queue.go_to(&sample) && decided_since {
                        queue.advance();
                    }
                }
            }
            model.review.queue = Some(queue);
            model.review.trail = recent.into();
            model.review.seconds = seconds;
            show(model, fx);
        }
        Report::Refreshed(queue) => take_queue(model, queue, None, fx),
        Report::Loaded(samples) => {
            if model.review.loaded.len() + samples.len() > KEPT {
                let current = model.review.current();
                model.review.loaded.retain(|id, _| Some(id) == current.as_ref());
            }
            for sample in samples {
                model.review.loaded.insert(sample.sample.id.clone(), sample);
            }
            lay_out(model);
        }
        Report::Decided { sample, verdict } => {
            let review = &mut model.review;
            if let Some(at) = review
                .saving
                .iter()
                .position(|(id, saving, _)| *id == sample && *saving == verdict)
            {
                review.saving.remove(at);
            }
            for trace in review.trail.iter_mut().filter(|trace| trace.sample == sample) {
                trace.saved = true;
            }
            fx.push(AnyEffect::Browse(crate::tui::screens::browse::Effect::Count));
        }
        Report::NotDecided { sample, why } => not_decided(model, &sample, &why, fx),
        Report::Kept {
            original,
            edited,
            queue,
        } => {
            model.review.drafts.remove(&original);
            let accept = model.keymap.how(Command::Accept);
            model.tell(Weight::Good, format!("kept as a new sample; {accept} accepts it"));
            take_queue(model, queue, edited, fx);
            fx.push(AnyEffect::Browse(crate::tui::screens::browse::Effect::Count));
        }
        Report::Undone { samples, queue } => undone(model, samples, queue, fx),
    }
}

fn take_queue(
    model: &mut Model,
    mut queue: Box<crate::review::Queue>,
    go_to: Option<SampleId>,
    fx: &mut Vec<AnyEffect>,
) {
    let place = model.review.current();
    for (sample, verdict, _) in &model.review.saving {
        queue.set_verdict(sample, Some(*verdict));
    }
    let found = go_to.or(place).is_some_and(|id| queue.go_to(&id));
    if !found {
        queue.next_undecided();
    }
    model.review.queue = Some(queue);
    show(model, fx);
}

fn not_decided(model: &mut Model, sample: &SampleId, why: &str, fx: &mut Vec<AnyEffect>) {
    let review = &mut model.review;
    if let Some(at) = review.saving.iter().position(|(id, _, _)| id == sample) {
        let (_, _, before) = review.saving.remove(at);
        if let Some(queue) = review.queue.as_mut() {
            queue.set_verdict(sample, before);
            queue.go_to(sample);
        }
    }
    review.trail.retain(|trace| trace.sample != *sample || trace.saved);
    model.tell(Weight::Bad, format!("not recorded: {why}"));
    show(model, fx);
}

fn undone(
    model: &mut Model,
    samples: Vec<(SampleId, Option<Verdict>)>,
    queue: Option<Box<crate::review::Queue>>,
    fx: &mut Vec<AnyEffect>,
) {
    let Some((last, _)) = samples.last().cloned() else {
        model.tell(Weight::Plain, "there is no decision of yours left to take back here");
        return;
    };
    if let Some(queue) = queue {
        model.review.queue = Some(queue);
    }
    let review = &mut model.review;
    for (sample, verdict) in &samples {
        review.trail.retain(|trace| trace.sample != *sample);
        if let Some(queue) = review.queue.as_mut() {
            queue.set_verdict(sample, *verdict);
        }
    }
    if let Some(queue) = review.queue.as_mut() {
        queue.go_to(&last);
    }
    let undo = model.keymap.how(Command::UndoDecision);
    model.tell(Weight::Good, format!("taken back; {undo} again goes further back"));
    fx.push(AnyEffect::Browse(crate::tui::screens::browse::Effect::Count));
    show(model, fx);
}

//! How actions change the review screen.

use jiff::Timestamp;

use super::page::{page, sources};
use super::{Differences, Effect, SampleDraft, Source, Trace};
use crate::review::{Verdict, reason_for_key, reason_label};
use crate::samples::SampleId;
use crate::taxonomy::NodePath;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::{EditorTarget, Effect as AnyEffect};
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::{Key, Press};
use crate::tui::model::{Model, ScreenName};
use crate::tui::update::go;
use crate::tui::widgets::FieldOutcome;

pub use super::news::{report, samples_counted};

/// The pane numbers of this screen.
pub(super) const SOURCE: usize = 0;
pub(super) const SAMPLE: usize = 1;

/// Samples read ahead of the one on show.
const AHEAD: usize = 3;
/// A look away is not work: no decision counts more seconds than this.
const LONGEST: f64 = 300.0;

pub fn enter(model: &mut Model, leaf: Option<NodePath>, fx: &mut Vec<AnyEffect>) -> bool {
    let Some(node) = leaf.or_else(|| model.tree.chosen().map(|node| node.path.clone())) else {
        return false;
    };
    if model.review.node.as_ref().is_some_and(|open| *open != node) {
        model.review.back_at = None;
    }
    if model.review.node.as_ref() == Some(&node) && model.review.queue.is_some() {
        fx.push(AnyEffect::Review(Effect::Refresh(node)));
        model.review.shown_at = Some(model.now);
        return true;
    }
    model.review.node = Some(node.clone());
    model.review.queue = None;
    model.review.page = None;
    model.review.reasonable = None;
    fx.push(AnyEffect::Review(Effect::Open(node)));
    true
}

pub fn command(model: &mut Model, command: Command, key: Key, fx: &mut Vec<AnyEffect>) {
    if model.review.editing.is_some() {
        return field_command(model, command, fx);
    }
    if command != Command::ReasonDigit {
        model.review.reasonable = None;
    }
    match command {
        Command::Accept => decide(model, Verdict::Accepted, Vec::new(), fx),
        Command::Reject => {
            let rejected = model.review.current();
            decide(model, Verdict::Rejected, Vec::new(), fx);
            model.review.reasonable = rejected;
        }
        Command::Skip => decide(model, Verdict::Skipped, Vec::new(), fx),
        Command::Flag => decide(model, Verdict::Flagged, Vec::new(), fx),
        Command::ReasonDigit => give_reason(model, key, fx),
        Command::UndoDecision => {
            if let Some(node) = model.review.node.clone() {
                fx.push(AnyEffect::Review(Effect::Undo { node, at: model.now }));
            }
        }
        Command::EditSample => begin_edit(model),
        Command::NextSample => step(model, fx, |queue| queue.forward()),
        Command::PreviousSample => step(model, fx, |queue| queue.back()),
        Command::NextUndecided => {
            let moved = model.review.queue.as_mut().is_some_and(|queue| queue.next_undecided());
            if !moved {
                model.tell(Weight::Plain, "no other sample waits for a decision");
            }
            show(model, fx);
        }
        Command::CycleDifferences => {
            model.review.differences = match model.review.differences {
                Differences::Off => Differences::Words,
                Differences::Words => Differences::Lines,
                Differences::Lines => Differences::Off,
            };
            lay_out(model);
        }
        Command::Provenance => {
            let now = model.review.source == Source::Provenance;
            model.review.source = if now { Source::default() } else { Source::Provenance };
            lay_out(model);
        }
        Command::NextPane | Command::PreviousPane => next_source(model),
        Command::ScrollUp | Command::ScrollDown | Command::PageUp | Command::PageDown => scroll(model, command),
        Command::Back => go(model, ScreenName::Browse, fx),
        _ => {}
    }
}

/// Records a verdict on the sample on show and goes on to the next that wants one.
fn decide(model: &mut Model, verdict: Verdict, reasons: Vec<String>, fx: &mut Vec<AnyEffect>) {
    let Some(sample) = model.review.current() else { return };
    let seconds = seconds_since(model.review.shown_at, model.now);
    record(model, sample, verdict, reasons, seconds, fx);
    if let Some(queue) = model.review.queue.as_mut() {
        let advanced = queue.advance();
        if !advanced && queue.progress().undecided == 0 {
            let progress = queue.progress();
            let told = format!(
                "everything is decided: {} accepted, {} rejected; {} commits that",
                progress.accepted,
                progress.rejected,
                model.keymap.how(Command::Commit)
            );
            model.tell(Weight::Good, told);
        }
    }
    show(model, fx);
}

fn record(
    model: &mut Model,
    sample: SampleId,
    verdict: Verdict,
    reasons: Vec<String>,
    seconds: f64,
    fx: &mut Vec<AnyEffect>,
) {
    let review = &mut model.review;
    let Some(queue) = review.queue.as_mut() else { return };
    let before = queue.verdict_of(&sample);
    queue.set_verdict(&sample, Some(verdict));
    review.saving.push((sample.clone(), verdict, before));
    let reason = reasons.first().map(|code| reason_label(code).to_owned());
    review.trail.retain(|trace| trace.sample != sample);
    review.trail.push_back(Trace {
        sample: sample.clone(),
        verdict,
        reason,
        saved: false,
    });
    while review.trail.len() > super::jobs::TRAIL {
        review.trail.pop_front();
    }
    review.seconds.push(seconds);
    if review.seconds.len() > 50 {
        review.seconds.remove(0);
    }
    fx.push(AnyEffect::Review(Effect::Decide {
        sample,
        verdict,
        reasons,
        seconds,
        at: model.now,
    }));
}

/// A digit right after a rejection says why; the rejection itself is on its way already.
fn give_reason(model: &mut Model, key: Key, fx: &mut Vec<AnyEffect>) {
    let (Some(sample), Press::Char(digit)) = (model.review.reasonable.take(), key.press) else {
        return;
    };
    let Some(reason) = reason_for_key(digit) else { return };
    record(model, sample, Verdict::Rejected, vec![reason.code.to_owned()], 0.0, fx);
}

fn seconds_since(shown: Option<Timestamp>, now: Timestamp) -> f64 {
    shown.map_or(0.0, |at| now.duration_since(at).as_secs_f64().clamp(0.0, LONGEST))
}

fn step(model: &mut Model, fx: &mut Vec<AnyEffect>, by: impl FnOnce(&mut crate::review::Queue) -> bool) {
    let moved = model.review.queue.as_mut().is_some_and(|queue| by(queue));
    if !moved {
        model.tell(Weight::Plain, "that is the end of the samples");
    }
    show(model, fx);
}

fn next_source(model: &mut Model) {
    let Some(loaded) = model.review.current_loaded() else {
        return;
    };
    let available = sources(loaded);
    let review = &mut model.review;
    // Where there is room for one side only, Tab first goes to the other side.
    if model.size.0 < super::view::STACKED.0 && !review.source_focused {
        review.source_focused = true;
        return lay_out(model);
    }
    let shown = review.page.as_ref().map(|page| page.source);
    let at = available
        .iter()
        .position(|source| Some(*source) == shown)
        .unwrap_or_default();
    if at + 1 == available.len() && review.source_focused {
        review.source_focused = false;
    }
    review.source = available
        .get((at + 1) % available.len().max(1))
        .copied()
        .unwrap_or_default();
    lay_out(model);
}

fn scroll(model: &mut Model, command: Command) {
    let focused = model.review.source_focused;
    let Some(page) = &mut model.review.page else { return };
    let side = if focused { &mut page.left } else { &mut page.right };
    match command {
        Command::ScrollUp => side.scroll_up(1),
        Command::ScrollDown => side.scroll_down(1),
        Command::PageUp => side.scroll_up(side.page()),
        _ => side.scroll_down(side.page()),
    }
}

/// Shows the queue's sample: lays it out when it is read, asks for it and the next ones when not.
pub(super) fn show(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let review = &mut model.review;
    let Some(queue) = review.queue.as_ref() else { return };
    let position = queue.progress().position.saturating_sub(1);
    let shown = review.page.as_ref().map(|page| page.sample.clone());
    let current = queue.current().map(|sample| sample.id.clone());
    let wanted: Vec<SampleId> = (0..=AHEAD)
        .filter_map(|ahead| queue.at(position + ahead))
        .chain(position.checked_sub(1).and_then(|before| queue.at(before)))
        .map(|sample| sample.id.clone())
        .filter(|id| !review.loaded.contains_key(id))
        .collect();
    if shown != current {
        review.shown_at = Some(model.now);
        review.page = None;
    }
    if !wanted.is_empty() {
        fx.push(AnyEffect::Review(Effect::Load(wanted)));
    }
    lay_out(model);
}

pub(super) fn lay_out(model: &mut Model) {
    let review = &mut model.review;
    let Some(id) = review.current() else {
        review.page = None;
        return;
    };
    let Some(loaded) = review.loaded.get(&id) else { return };
    let decided = review.queue.as_ref().and_then(|queue| queue.verdict_of(&id));
    review.page = Some(page(loaded, review.source, review.differences, decided));
}

fn begin_edit(model: &mut Model) {
    let Some(loaded) = model.review.current_loaded().cloned() else {
        return;
    };
    let id = loaded.sample.id.clone();
    model
        .review
        .drafts
        .entry(id.clone())
        .or_insert_with(|| SampleDraft::of(&loaded.sample));
    model.review.editing = Some(id);
}

fn field_command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    match command {
        Command::FieldLeave | Command::Back => {
            model.review.editing = None;
            let (edit, save) = (
                model.keymap.how(Command::EditSample),
                model.keymap.how(Command::FieldSave),
            );
            model.tell(
                Weight::Plain,
                format!("the edit is not kept yet: {edit} goes on with it, {save} there keeps it"),
            );
        }
        Command::FieldSave => keep(model, fx),
        Command::FieldEditor => {
            if let Some(draft) = model.review.draft() {
                let chosen = draft.chosen;
                let text = draft.field().map(|field| field.text()).unwrap_or_default();
                fx.push(AnyEffect::OpenEditor {
                    text,
                    suffix: ".md",
                    target: EditorTarget::SampleField(chosen),
                });
            }
        }
        Command::FieldNext | Command::FieldPrevious => {
            if let Some(draft) = model.review.draft() {
                draft.step(command == Command::FieldNext);
            }
        }
        _ => {
            let outcome = model
                .review
                .draft()
                .and_then(SampleDraft::field)
                .map(|field| field.command(command));
            if let Some(FieldOutcome::Copied(text)) = outcome {
                fx.push(AnyEffect::Copy(text));
            }
        }
    }
}

fn keep(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let seconds = seconds_since(model.review.shown_at, model.now);
    let Some(original) = model.review.editing.take() else {
        return;
    };
    let Some(draft) = model.review.drafts.get(&original) else {
        return;
    };
    let (messages, context) = draft.parts();
    fx.push(AnyEffect::Review(Effect::Keep {
        original,
        messages,
        context,
        seconds,
        at: model.now,
    }));
}

pub fn type_key(model: &mut Model, key: Key, _fx: &mut Vec<AnyEffect>) {
    if let Some(field) = model.review.draft().and_then(SampleDraft::field) {
        field.key(key);
    }
}

pub fn paste(model: &mut Model, text: &str) -> bool {
    model
        .review
        .draft()
        .and_then(SampleDraft::field)
        .map(|field| field.paste(text))
        .is_some()
}

/// A text came back from the editor.
pub fn edited(model: &mut Model, field: usize, text: &str) {
    if let Some((_, field)) = model.review.draft().and_then(|draft| draft.fields.get_mut(field)) {
        field.replace(text);
    }
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let down = mouse.kind == MouseKind::ScrollDown;
    match (mouse.kind, hit) {
        (MouseKind::Press | MouseKind::Drag, Some(Hit::Text { x, y })) => {
            if let Some(field) = model.review.draft().and_then(SampleDraft::field) {
                field.point(x, y, mouse.kind == MouseKind::Drag);
            }
        }
        (MouseKind::Press, Some(Hit::Row { pane: SAMPLE, index })) => {
            if let Some(draft) = model.review.draft() {
                draft.chosen = index;
            }
        }
        (MouseKind::Press, Some(Hit::Row { pane: SOURCE, index })) => {
            let available = model
                .review
                .current_loaded()
                .map(|loaded| sources(loaded))
                .unwrap_or_default();
            if let Some(source) = available.get(index) {
                model.review.source = *source;
                lay_out(model);
            }
        }
        (MouseKind::Press, _) => {
            model.review.source_focused = model.hits.pane_at(mouse.x, mouse.y) == Some(SOURCE);
        }
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => {
            let over_source = model.hits.pane_at(mouse.x, mouse.y) == Some(SOURCE);
            if let Some(page) = &mut model.review.page {
                let side = if over_source { &mut page.left } else { &mut page.right };
                if down { side.scroll_down(3) } else { side.scroll_up(3) }
            }
        }
        (MouseKind::Drag, _) => {}
    }
    let _ = fx;
}

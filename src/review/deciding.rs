//! Taking decisions, edits and undos: each on the disk before the call returns.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::review::{
    Action, Decided, EDITED, EventId, Journal, REASONS, ReviewError, ReviewEvent, Reviewer, Reviews, Verdict,
};
use crate::samples::{Sample, SampleId};
use crate::taxonomy::NodePath;

/// A decision to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    pub sample: &'a Sample,
    pub verdict: Verdict,
    /// Codes out of [`REASONS`].
    pub reasons: &'a [String],
    pub note: &'a str,
    /// How long the sample was looked at.
    pub seconds: f64,
}

/// A decision that was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undone {
    pub sample: SampleId,
    pub node: NodePath,
    pub was: Verdict,
    /// What the same reviewer had decided before and now counts again; `None`: pending.
    pub now: Option<Verdict>,
    /// For an undone edit: the new sample, now out of play unless it was decided on.
    pub replaced_by: Option<SampleId>,
}

/// An event with the node whose journal it goes to.
type Draft = (NodePath, ReviewEvent);

impl Reviews {
    /// Records a decision; returns once sample and event are on the disk, in this order.
    pub fn decide(
        &mut self,
        sample: &Sample,
        verdict: Verdict,
        reasons: &[String],
        note: &str,
        at: Timestamp,
        seconds: f64,
    ) -> Result<EventId, ReviewError> {
        let ids = self.decide_all(
            &[Decision {
                sample,
                verdict,
                reasons,
                note,
                seconds,
            }],
            at,
        )?;
        ids.into_iter().next().ok_or(ReviewError::NoReviewer)
    }

    /// Records many decisions as one step: written node by node, undone together.
    pub fn decide_all(&mut self, decisions: &[Decision<'_>], at: Timestamp) -> Result<Vec<EventId>, ReviewError> {
        self.require_reviewer()?;
        let mut samples = Vec::new();
        let mut drafts = Vec::new();
        for decision in decisions {
            if let Some(code) = decision
                .reasons
                .iter()
                .find(|code| !REASONS.iter().any(|known| known.code == **code))
            {
                let known: Vec<&str> = REASONS.iter().map(|reason| reason.code).collect();
                return Err(ReviewError::UnknownReason {
                    code: code.clone(),
                    known: known.join(", "),
                });
            }
            let mut event = ReviewEvent::unnamed(decision.sample.id.clone(), decision.verdict.action(), at);
            event.reasons = decision.reasons.to_vec();
            event.note = decision.note.to_owned();
            event.seconds = plain_seconds(decision.seconds);
            samples.push(decision.sample);
            drafts.push((decision.sample.node.clone(), event));
        }
        self.record(&samples, drafts, at)
    }

    /// Records that a reviewer's new text takes the place of a sample: the original is rejected as edited, the new sample
    /// is pending. Both are on the disk when this returns.
    pub fn edit(
        &mut self,
        original: &Sample,
        edited: &Sample,
        at: Timestamp,
        seconds: f64,
    ) -> Result<EventId, ReviewError> {
        self.require_reviewer()?;
        if edited.parent.as_ref() != Some(&original.id) || edited.node != original.node || edited.id == original.id {
            return Err(ReviewError::NotItsEdit {
                original: original.id.clone(),
                edited: edited.id.clone(),
            });
        }
        let mut drafts = Vec::new();
        // Edited back to a text that was replaced before: that replacement no longer holds, or each would hide the other.
        if let Some(back) = self
            .own_decision(&edited.id)
            .filter(|decided| decided.replaced_by.is_some())
        {
            drafts.push(retraction(back, at));
        }
        let mut event = ReviewEvent::unnamed(original.id.clone(), Action::Reject, at);
        event.reasons = vec![EDITED.to_owned()];
        event.replaced_by = Some(edited.id.clone());
        event.seconds = plain_seconds(seconds);
        drafts.push((original.node.clone(), event));
        let ids = self.record(&[original, edited], drafts, at)?;
        ids.into_iter().next_back().ok_or(ReviewError::NoReviewer)
    }

    /// Takes back this reviewer's last step that stands, wherever it was; also one of an earlier session. Empty: none left.
    pub fn undo_last(&mut self, at: Timestamp) -> Result<Vec<Undone>, ReviewError> {
        self.undo_where(&|_| true, at)
    }

    /// Takes back the last step that stands on one of these nodes.
    pub fn undo_last_in(&mut self, nodes: &[NodePath], at: Timestamp) -> Result<Vec<Undone>, ReviewError> {
        self.undo_where(&|decided| nodes.iter().any(|node| *node == *decided.node), at)
    }

    /// Takes back this reviewer's decision on one sample, and only that.
    pub fn undo_sample(&mut self, sample: &SampleId, at: Timestamp) -> Result<Vec<Undone>, ReviewError> {
        self.require_reviewer()?;
        let taken_back = self.own_decision(sample).cloned();
        self.retract(taken_back.into_iter().collect(), at)
    }

    fn undo_where(&mut self, wanted: &dyn Fn(&Decided) -> bool, at: Timestamp) -> Result<Vec<Undone>, ReviewError> {
        self.require_reviewer()?;
        let Some(own) = self.own_index() else {
            return Ok(Vec::new());
        };
        let Some(last) = self.fold.timeline(own).find(|decided| wanted(decided)) else {
            return Ok(Vec::new());
        };
        let taken_back: Vec<Decided> = match &last.step {
            None => vec![last.clone()],
            Some(step) => {
                let of_step = self
                    .fold
                    .timeline(own)
                    .filter(|decided| decided.step.as_ref() == Some(step));
                of_step.cloned().collect()
            }
        };
        self.retract(taken_back, at)
    }

    fn retract(&mut self, taken_back: Vec<Decided>, at: Timestamp) -> Result<Vec<Undone>, ReviewError> {
        let drafts = taken_back.iter().map(|decided| retraction(decided, at)).collect();
        self.record(&[], drafts, at)?;
        let undone = taken_back.into_iter().map(|decided| Undone {
            now: self.own_verdict(&decided.sample),
            sample: decided.sample,
            node: decided.node.as_ref().clone(),
            was: decided.verdict,
            replaced_by: decided.replaced_by,
        });
        Ok(undone.collect())
    }

    /// Gives the events their times and names, then writes node by node: samples first, then events.
    fn record(
        &mut self,
        samples: &[&Sample],
        mut drafts: Vec<Draft>,
        at: Timestamp,
    ) -> Result<Vec<EventId>, ReviewError> {
        let reviewer = self.require_reviewer()?;
        let own = self.fold.reviewer(reviewer.slug());
        let (mut moment, mut before) = match self.fold.latest(own) {
            Some((latest, id)) => (at.max(just_after(*latest)), Some(id.clone())),
            None => (at, None),
        };
        let mut step = None;
        let is_step = drafts.len() > 1;
        for (_, event) in &mut drafts {
            event.at = moment;
            event.blind = self.blind && event.action != Action::Undo;
            event.name(&reviewer, before.as_ref());
            if is_step {
                event.step = Some(step.get_or_insert_with(|| event.id.clone()).clone());
            }
            before = Some(event.id.clone());
            moment = just_after(moment);
        }
        let ids: Vec<EventId> = drafts.iter().map(|(_, event)| event.id.clone()).collect();
        let mut by_node: BTreeMap<NodePath, (Vec<&Sample>, Vec<ReviewEvent>)> = BTreeMap::new();
        for sample in samples {
            by_node.entry(sample.node.clone()).or_default().0.push(sample);
        }
        for (node, event) in drafts {
            by_node.entry(node).or_default().1.push(event);
        }
        let mut done = 0;
        for (node, (samples, events)) in by_node {
            let count = events.len();
            match self.write(&reviewer, &node, &samples, events) {
                Ok(()) => done += count,
                Err(error) if done == 0 => return Err(error),
                Err(reason) => {
                    return Err(ReviewError::Partly {
                        done,
                        all: ids.len(),
                        reason: Box::new(reason),
                    });
                }
            }
        }
        Ok(ids)
    }

    fn write(
        &mut self,
        reviewer: &Reviewer,
        node: &NodePath,
        samples: &[&Sample],
        events: Vec<ReviewEvent>,
    ) -> Result<(), ReviewError> {
        if !samples.is_empty() {
            self.curated.add_all(node, samples)?;
        }
        let journal = Journal::open(&self.root, node, reviewer);
        let index = self.keep(journal);
        let Some(journal) = self.journals.get_mut(index) else {
            return Err(ReviewError::NoReviewer);
        };
        let notice = journal.append(&events)?;
        self.tell_mended(notice);
        let own = self.fold.reviewer(reviewer.slug());
        for event in events {
            self.fold.take(own, node, event);
        }
        // Read on past what was just written (it is known by its ids), so that a file that git replaces later is seen to
        // differ.
        if self.read_journal(index).is_none() {
            self.rebuild();
        }
        Ok(())
    }
}

fn retraction(decided: &Decided, at: Timestamp) -> Draft {
    let mut event = ReviewEvent::unnamed(decided.sample.clone(), Action::Undo, at);
    event.undoes = Some(decided.event.clone());
    (decided.node.as_ref().clone(), event)
}

fn just_after(moment: Timestamp) -> Timestamp {
    moment.checked_add(SignedDuration::from_nanos(1)).unwrap_or(moment)
}

/// JSON has no infinity, and nobody looks at a sample for less than no time.
fn plain_seconds(seconds: f64) -> f64 {
    if seconds.is_finite() {
        (seconds.max(0.0) * 100.0).round() / 100.0
    } else {
        0.0
    }
}

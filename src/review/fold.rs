//! What follows from all events: verdicts, standings, counts. Whatever order they come in, the result is the same.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::review::{Action, EventId, ReviewEvent, Verdict};
use crate::samples::SampleId;
use crate::taxonomy::NodePath;

/// What all reviewers together say of a sample; the rule stands in the room's introduction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Standing {
    Pending,
    Accepted,
    Rejected,
    Skipped,
    Flagged,
    /// One accepted it, another rejected it.
    Disputed,
}

impl Standing {
    pub const ALL: [Standing; 6] = [
        Standing::Pending,
        Standing::Accepted,
        Standing::Rejected,
        Standing::Skipped,
        Standing::Flagged,
        Standing::Disputed,
    ];

    /// Reads the word of `--verdict`.
    pub fn parse(text: &str) -> Option<Self> {
        Standing::ALL.into_iter().find(|standing| standing.word() == text)
    }

    /// The word on screen and in `--verdict`.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Pending => "pending",
            Standing::Accepted => "accepted",
            Standing::Rejected => "rejected",
            Standing::Skipped => "skipped",
            Standing::Flagged => "flagged",
            Standing::Disputed => "disputed",
        }
    }

    /// The rule over each reviewer's verdict.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        // Asked for every event read: no allocation here.
        let mut given = [false; 4];
        for verdict in verdicts {
            if let Some(slot) = given.get_mut(verdict as usize) {
                *slot = true;
            }
        }
        let has = |verdict: Verdict| given.get(verdict as usize).copied().unwrap_or_default();
        match (has(Verdict::Accepted), has(Verdict::Rejected)) {
            (true, true) => Standing::Disputed,
            (true, false) => Standing::Accepted,
            (false, true) => Standing::Rejected,
            (false, false) if has(Verdict::Flagged) => Standing::Flagged,
            (false, false) if has(Verdict::Skipped) => Standing::Skipped,
            (false, false) => Standing::Pending,
        }
    }
}

/// How many samples of a node stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub accepted: usize,
    /// Without those that an edit replaced.
    pub rejected: usize,
    pub skipped: usize,
    pub flagged: usize,
    pub disputed: usize,
    /// Rejected only because an edit took their place.
    pub replaced: usize,
}

impl Counts {
    /// The samples that nobody decided on, of `in_play` that the node has; see [`Reviews::is_in_play`](crate::review::Reviews::is_in_play).
    pub fn pending(&self, in_play: usize) -> usize {
        in_play
            .saturating_sub(self.accepted + self.rejected + self.skipped + self.flagged + self.disputed + self.replaced)
    }

    fn slot(&mut self, place: Place) -> Option<&mut usize> {
        match place {
            (Standing::Pending, _) => None,
            (Standing::Accepted, _) => Some(&mut self.accepted),
            (Standing::Rejected, true) => Some(&mut self.replaced),
            (Standing::Rejected, false) => Some(&mut self.rejected),
            (Standing::Skipped, _) => Some(&mut self.skipped),
            (Standing::Flagged, _) => Some(&mut self.flagged),
            (Standing::Disputed, _) => Some(&mut self.disputed),
        }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.skipped += other.skipped;
        self.flagged += other.flagged;
        self.disputed += other.disputed;
        self.replaced += other.replaced;
    }
}

/// One decision that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub event: EventId,
    pub sample: SampleId,
    pub node: Arc<NodePath>,
    pub verdict: Verdict,
    pub reasons: Vec<String>,
    pub note: String,
    pub at: Timestamp,
    pub seconds: f64,
    /// Set when the decision was an edit.
    pub replaced_by: Option<SampleId>,
    pub(super) step: Option<EventId>,
}

/// How a sample stands, and whether every rejection of it is an edit's.
type Place = (Standing, bool);
type ReviewerIndex = usize;
type NodeIndex = usize;

#[derive(Debug)]
struct Kept {
    reviewer: ReviewerIndex,
    node: NodeIndex,
    decided: Decided,
    retracted: bool,
}

/// All events, folded.
#[derive(Debug, Default)]
pub(super) struct Fold {
    reviewers: Vec<String>,
    nodes: Vec<Arc<NodePath>>,
    node_index: HashMap<Arc<NodePath>, NodeIndex>,
    kept: Vec<Kept>,
    seen: HashMap<(ReviewerIndex, EventId), Option<usize>>,
    /// Retractions, also of events that have not been read yet.
    retracted: HashSet<(ReviewerIndex, EventId)>,
    by_sample: HashMap<SampleId, Vec<usize>>,
    /// How many standing edits name a sample as the replacement.
    replacements: HashMap<SampleId, usize>,
    counts: BTreeMap<NodePath, Counts>,
    /// Each reviewer's standing decisions by time.
    timelines: Vec<BTreeSet<(Timestamp, EventId, usize)>>,
    latest: Vec<Option<(Timestamp, EventId)>>,
}

impl Fold {
    pub(super) fn reviewer(&mut self, slug: &str) -> ReviewerIndex {
        if let Some(index) = self.reviewers.iter().position(|known| known == slug) {
            return index;
        }
        self.reviewers.push(slug.to_owned());
        self.timelines.push(BTreeSet::new());
        self.latest.push(None);
        self.reviewers.len() - 1
    }

    pub(super) fn known_reviewer(&self, slug: &str) -> Option<ReviewerIndex> {
        self.reviewers.iter().position(|known| known == slug)
    }

    fn node(&mut self, node: &NodePath) -> NodeIndex {
        if let Some(index) = self.node_index.get(node) {
            return *index;
        }
        let node = Arc::new(node.clone());
        self.nodes.push(Arc::clone(&node));
        self.node_index.insert(node, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// Takes one event; the same event again changes nothing.
    pub(super) fn take(&mut self, reviewer: ReviewerIndex, node: &NodePath, event: ReviewEvent) {
        let name = (reviewer, event.id.clone());
        if self.seen.contains_key(&name) {
            return;
        }
        if let Some(latest) = self.latest.get_mut(reviewer) {
            let this = (event.at, event.id.clone());
            if latest.as_ref().is_none_or(|before| *before < this) {
                *latest = Some(this);
            }
        }
        let Some(verdict) = event.action.verdict() else {
            self.seen.insert(name, None);
            return self.retract(reviewer, event);
        };
        let index = self.kept.len();
        let retracted = self.retracted.contains(&name);
        self.seen.insert(name, Some(index));
        let node = self.node(node);
        let Some(node_path) = self.nodes.get(node).cloned() else {
            return;
        };
        let decided = Decided {
            event: event.id,
            sample: event.sample.clone(),
            node: node_path,
            verdict,
            reasons: event.reasons,
            note: event.note,
            at: event.at,
            seconds: event.seconds,
            replaced_by: event.replaced_by,
            step: event.step,
        };
        self.change(&event.sample, |fold| {
            fold.kept.push(Kept {
                reviewer,
                node,
                decided,
                retracted,
            });
            fold.by_sample.entry(event.sample.clone()).or_default().push(index);
        });
        if !retracted {
            self.stand(index, true);
        }
    }

    fn retract(&mut self, reviewer: ReviewerIndex, event: ReviewEvent) {
        let Some(target) = event.undoes.filter(|_| event.action == Action::Undo) else {
            return;
        };
        let name = (reviewer, target);
        let index = self.seen.get(&name).copied().flatten();
        self.retracted.insert(name);
        let Some(index) = index else { return };
        let Some(kept) = self.kept.get(index).filter(|kept| !kept.retracted) else {
            return;
        };
        let sample = kept.decided.sample.clone();
        self.change(&sample, |fold| {
            if let Some(kept) = fold.kept.get_mut(index) {
                kept.retracted = true;
            }
        });
        self.stand(index, false);
    }

    /// Keeps the timeline and the replacements in step with one decision.
    fn stand(&mut self, index: usize, stands: bool) {
        let Some(kept) = self.kept.get(index) else { return };
        if let Some(timeline) = self.timelines.get_mut(kept.reviewer) {
            let moment = (kept.decided.at, kept.decided.event.clone(), index);
            if stands {
                timeline.insert(moment)
            } else {
                timeline.remove(&moment)
            };
        }
        if let Some(replacement) = &kept.decided.replaced_by {
            let named = self.replacements.entry(replacement.clone()).or_default();
            *named = if stands { *named + 1 } else { named.saturating_sub(1) };
        }
    }

    /// Changes what is known of a sample and carries the difference over to the counts.
    fn change(&mut self, sample: &SampleId, with: impl FnOnce(&mut Self)) {
        let before = self.place(sample);
        with(self);
        let after = self.place(sample);
        if before == after {
            return;
        }
        for (place, up) in [(before, false), (after, true)] {
            let Some((node, place)) = place else { continue };
            let Some(node) = self.nodes.get(node) else {
                continue;
            };
            if !self.counts.contains_key(node.as_ref()) {
                self.counts.insert(node.as_ref().clone(), Counts::default());
            }
            if let Some(slot) = self.counts.get_mut(node.as_ref()).and_then(|counts| counts.slot(place)) {
                *slot = if up { *slot + 1 } else { slot.saturating_sub(1) };
            }
        }
    }

    /// Where a sample counts, and how. Should its events lie under several nodes, the first path counts.
    fn place(&self, sample: &SampleId) -> Option<(NodeIndex, Place)> {
        let events = self.by_sample.get(sample)?;
        let node = events
            .iter()
            .filter_map(|index| self.kept.get(*index))
            .min_by(|a, b| a.decided.node.cmp(&b.decided.node))
            .map(|kept| kept.node)?;
        let verdicts = self.verdicts(sample);
        let standing = Standing::of(verdicts.iter().map(|kept| kept.decided.verdict));
        let replaced = verdicts
            .iter()
            .filter(|kept| kept.decided.verdict == Verdict::Rejected)
            .all(|kept| kept.decided.replaced_by.is_some());
        Some((node, (standing, replaced)))
    }

    /// Each reviewer's latest decision on a sample that stands.
    fn verdicts(&self, sample: &SampleId) -> Vec<&Kept> {
        let mut latest: Vec<&Kept> = Vec::new();
        for index in self.by_sample.get(sample).into_iter().flatten() {
            let Some(kept) = self.kept.get(*index).filter(|kept| !kept.retracted) else {
                continue;
            };
            match latest.iter_mut().find(|known| known.reviewer == kept.reviewer) {
                Some(known) => {
                    if (known.decided.at, &known.decided.event) < (kept.decided.at, &kept.decided.event) {
                        *known = kept;
                    }
                }
                None => latest.push(kept),
            }
        }
        latest
    }

    pub(super) fn standing(&self, sample: &SampleId) -> Standing {
        Standing::of(self.verdicts(sample).iter().map(|kept| kept.decided.verdict))
    }

    /// The decision of one reviewer on a sample that counts.
    pub(super) fn decision(&self, reviewer: ReviewerIndex, sample: &SampleId) -> Option<&Decided> {
        self.verdicts(sample)
            .into_iter()
            .find(|kept| kept.reviewer == reviewer)
            .map(|kept| &kept.decided)
    }

    /// Every reviewer's decision on a sample that counts.
    pub(super) fn decisions(&self, sample: &SampleId) -> Vec<(&str, &Decided)> {
        let name = |kept: &Kept| self.reviewers.get(kept.reviewer).map_or("", String::as_str);
        let mut found: Vec<_> = self
            .verdicts(sample)
            .into_iter()
            .map(|kept| (name(kept), &kept.decided))
            .collect();
        found.sort_by_key(|(reviewer, _)| *reviewer);
        found
    }

    pub(super) fn is_replacement(&self, sample: &SampleId) -> bool {
        self.replacements.get(sample).is_some_and(|named| *named > 0)
    }

    pub(super) fn counts(&self) -> &BTreeMap<NodePath, Counts> {
        &self.counts
    }

    /// One reviewer's standing decisions, the latest first.
    pub(super) fn timeline(&self, reviewer: ReviewerIndex) -> impl Iterator<Item = &Decided> {
        let moments = self
            .timelines
            .get(reviewer)
            .into_iter()
            .flat_map(|timeline| timeline.iter().rev());
        moments
            .filter_map(|(_, _, index)| self.kept.get(*index))
            .map(|kept| &kept.decided)
    }

    /// The latest event of a reviewer, whatever it was.
    pub(super) fn latest(&self, reviewer: ReviewerIndex) -> Option<&(Timestamp, EventId)> {
        self.latest.get(reviewer).and_then(Option::as_ref)
    }
}

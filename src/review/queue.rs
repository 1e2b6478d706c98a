//! The order in which a reviewer goes through the samples of some nodes.
//!
//! Every sample has a place, in the order made, that it keeps: deciding moves the reviewer, never the sample, and new
//! samples come at the end. [`Queue::advance`] goes to the next undecided one, then, when none is left, to the skipped
//! ones; flagged ones wait apart. An edit stands where its original stood, which is then left out.

use std::collections::HashMap;
use std::sync::Arc;

use crate::review::{Reviews, Verdict};
use crate::samples::{SampleId, SampleLibrary, SampleRef, Selection};
use crate::taxonomy::NodePath;

/// The samples of some nodes (each with everything below it) with one reviewer's verdicts and their position among them.
#[derive(Debug, Clone)]
pub struct Queue {
    nodes: Vec<NodePath>,
    places: Vec<Place>,
    by_id: HashMap<SampleId, usize>,
    current: usize,
    progress: Progress,
}

#[derive(Debug, Clone)]
struct Place {
    sample: Arc<SampleRef>,
    verdict: Option<Verdict>,
}

/// How far a reviewer has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Where the reviewer stands, from 1; 0 when there is nothing.
    pub position: usize,
    pub total: usize,
    pub accepted: usize,
    pub rejected: usize,
    pub skipped: usize,
    pub flagged: usize,
    pub undecided: usize,
}

impl Progress {
    /// Accepted or rejected.
    pub fn done(&self) -> usize {
        self.accepted + self.rejected
    }

    /// Everything that still wants a yes or a no.
    pub fn left(&self) -> usize {
        self.undecided + self.skipped + self.flagged
    }

    fn slot(&mut self, verdict: Option<Verdict>) -> &mut usize {
        match verdict {
            Some(Verdict::Accepted) => &mut self.accepted,
            Some(Verdict::Rejected) => &mut self.rejected,
            Some(Verdict::Skipped) => &mut self.skipped,
            Some(Verdict::Flagged) => &mut self.flagged,
            None => &mut self.undecided,
        }
    }
}

impl Queue {
    /// Lines up the samples of some nodes; none given means all. Starts at the first that wants a decision.
    pub fn open(library: &SampleLibrary, reviews: &Reviews, nodes: Vec<NodePath>) -> Self {
        let mut queue = Queue {
            nodes,
            places: Vec::new(),
            by_id: HashMap::new(),
            current: 0,
            progress: Progress::default(),
        };
        queue.line_up(library, reviews);
        if queue.places.first().is_some_and(|first| first.verdict.is_some()) {
            queue.advance();
        }
        queue
    }

    /// Takes in samples that arrived or were edited; the reviewer stays at the sample they are reading.
    pub fn refresh(&mut self, library: &SampleLibrary, reviews: &Reviews) {
        let reading = self.current().map(|sample| sample.id.clone());
        let place = self.current;
        self.line_up(library, reviews);
        let Some(reading) = reading else { return };
        let replacement = || {
            reviews
                .own_decision(&reading)
                .and_then(|decided| decided.replaced_by.clone())
        };
        let found = self.by_id.get(&reading).copied();
        let found = found.or_else(|| self.by_id.get(&replacement()?).copied());
        // An undone edit: back to the original, which stands where the edit stood.
        self.current = found.unwrap_or(place).min(self.places.len().saturating_sub(1));
    }

    fn line_up(&mut self, library: &SampleLibrary, reviews: &Reviews) {
        let made = library.select(&Selection {
            nodes: &self.nodes,
            ..Selection::default()
        });
        let ranks: HashMap<&SampleId, usize> = made
            .iter()
            .enumerate()
            .map(|(rank, sample)| (&sample.id, rank))
            .collect();
        let mut places: Vec<((usize, usize), Place)> = Vec::with_capacity(made.len());
        for (rank, sample) in made.iter().enumerate() {
            let decided = reviews.own_decision(&sample.id);
            if !reviews.is_in_play(sample) || decided.is_some_and(|decided| decided.replaced_by.is_some()) {
                continue;
            }
            let first = first_rank(&made, &ranks, sample).unwrap_or(rank);
            let verdict = decided.map(|decided| decided.verdict);
            places.push((
                (first, rank),
                Place {
                    sample: Arc::clone(sample),
                    verdict,
                },
            ));
        }
        places.sort_by_key(|(order, _)| *order);
        self.places = places.into_iter().map(|(_, place)| place).collect();
        self.by_id = self
            .places
            .iter()
            .enumerate()
            .map(|(index, place)| (place.sample.id.clone(), index))
            .collect();
        self.progress = Progress {
            total: self.places.len(),
            ..Progress::default()
        };
        for place in &self.places {
            *self.progress.slot(place.verdict) += 1;
        }
    }

    /// Takes over this reviewer's verdict on one sample, after it was decided or undone. Edits need [`Queue::refresh`].
    pub fn update(&mut self, reviews: &Reviews, sample: &SampleId) {
        self.set_verdict(sample, reviews.own_verdict(sample));
    }

    /// Notes this reviewer's verdict on one sample, as told by whoever recorded it.
    pub fn set_verdict(&mut self, sample: &SampleId, verdict: Option<Verdict>) {
        let Some(place) = self.by_id.get(sample).and_then(|index| self.places.get_mut(*index)) else {
            return;
        };
        let before = std::mem::replace(&mut place.verdict, verdict);
        let slot = self.progress.slot(before);
        *slot = slot.saturating_sub(1);
        *self.progress.slot(verdict) += 1;
    }

    pub fn nodes(&self) -> &[NodePath] {
        &self.nodes
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The sample under review.
    pub fn current(&self) -> Option<&Arc<SampleRef>> {
        self.at(self.current)
    }

    /// The sample at a position from 0.
    pub fn at(&self, index: usize) -> Option<&Arc<SampleRef>> {
        self.places.get(index).map(|place| &place.sample)
    }

    /// Where a sample stands, from 0.
    pub fn position_of(&self, sample: &SampleId) -> Option<usize> {
        self.by_id.get(sample).copied()
    }

    /// This reviewer's verdict as the queue knows it.
    pub fn verdict_of(&self, sample: &SampleId) -> Option<Verdict> {
        self.places.get(self.position_of(sample)?)?.verdict
    }

    /// How far the reviewer has come; costs nothing.
    pub fn progress(&self) -> Progress {
        let position = if self.places.is_empty() { 0 } else { self.current + 1 };
        Progress {
            position,
            ..self.progress
        }
    }

    /// One place on, decided or not; false at the end.
    pub fn forward(&mut self) -> bool {
        self.go(self.current + 1)
    }

    /// One place back; false at the start.
    pub fn back(&mut self) -> bool {
        self.current.checked_sub(1).is_some_and(|index| self.go(index))
    }

    pub fn first(&mut self) -> bool {
        self.go(0)
    }

    pub fn last(&mut self) -> bool {
        self.go(self.places.len().saturating_sub(1))
    }

    /// To one sample; false when it is not in the queue.
    pub fn go_to(&mut self, sample: &SampleId) -> bool {
        self.position_of(sample).is_some_and(|index| self.go(index))
    }

    /// To the next sample without a verdict, around the end if need be; false when there is no other.
    pub fn next_undecided(&mut self) -> bool {
        self.go_around(None)
    }

    /// To the next sample of one verdict (`None`: undecided), around the end if need be, as for looking through the flagged.
    pub fn next_with(&mut self, verdict: Option<Verdict>) -> bool {
        self.go_around(verdict)
    }

    /// To what wants a decision next: an undecided sample, or when none is left a skipped one; false when all is done.
    pub fn advance(&mut self) -> bool {
        self.go_around(None) || (self.progress.undecided == 0 && self.go_around(Some(Verdict::Skipped)))
    }

    /// The samples of one verdict (`None`: undecided) in their order.
    pub fn with_verdict(&self, verdict: Option<Verdict>) -> impl Iterator<Item = &Arc<SampleRef>> {
        self.places
            .iter()
            .filter(move |place| place.verdict == verdict)
            .map(|place| &place.sample)
    }

    /// All samples as a list to work off: undecided, then accepted and rejected as they stand, then skipped. Flagged ones
    /// are listed apart, by [`Queue::with_verdict`].
    pub fn work_list(&self) -> impl Iterator<Item = &Arc<SampleRef>> {
        let decided = |place: &&Place| matches!(place.verdict, Some(Verdict::Accepted | Verdict::Rejected));
        self.with_verdict(None)
            .chain(self.places.iter().filter(decided).map(|place| &place.sample))
            .chain(self.with_verdict(Some(Verdict::Skipped)))
    }

    fn go(&mut self, index: usize) -> bool {
        let there = index < self.places.len();
        if there {
            self.current = index;
        }
        there
    }

    fn go_around(&mut self, verdict: Option<Verdict>) -> bool {
        if *self.progress.slot(verdict) == 0 {
            return false;
        }
        let after = self.places.iter().enumerate().skip(self.current + 1);
        let before = self.places.iter().enumerate().take(self.current);
        let found = after
            .chain(before)
            .find(|(_, place)| place.verdict == verdict)
            .map(|(index, _)| index);
        found.is_some_and(|index| self.go(index))
    }
}

/// The rank of the sample that a chain of edits began with.
fn first_rank(made: &[Arc<SampleRef>], ranks: &HashMap<&SampleId, usize>, sample: &SampleRef) -> Option<usize> {
    let mut at = sample;
    let mut first = None;
    // Edits can be edited back into each other; no chain that people made is this long.
    for _ in 0..100 {
        let Some(rank) = at
            .parent
            .as_ref()
            .filter(|_| at.edited)
            .and_then(|parent| ranks.get(parent))
        else {
            break;
        };
        first = Some(*rank);
        at = made.get(*rank)?;
    }
    first
}

/// About how many minutes are left, from how long recent decisions took; `None` before the third.
///
/// The mean, each decision counting at most four times the median: a coffee break is no pace.
pub fn minutes_left(left: usize, seconds: &[f64]) -> Option<u64> {
    let mut sorted: Vec<f64> = seconds.iter().copied().filter(|seconds| *seconds > 0.0).collect();
    if sorted.len() < 3 {
        return None;
    }
    sorted.sort_by(f64::total_cmp);
    let most = sorted.get(sorted.len() / 2)? * 4.0;
    let mean = sorted.iter().map(|seconds| seconds.min(most)).sum::<f64>() / sorted.len() as f64;
    Some((mean * left as f64 / 60.0).ceil() as u64)
}

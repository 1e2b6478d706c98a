//! All decisions of a taxonomy, read from every reviewer's files: what they say, and when they changed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::fold::Fold;
use crate::review::{Counts, Decided, Journal, ReviewError, Reviewer, Standing, Verdict};
use crate::samples::{Curated, Moves, Notice, SampleId, SampleRef, curated_files};
use crate::taxonomy::NodePath;

/// The decisions of all reviewers on all nodes, and the pen of one of them.
#[derive(Debug)]
pub struct Reviews {
    pub(super) root: PathBuf,
    reviewer: Option<Reviewer>,
    pub(super) blind: bool,
    pub(super) curated: Curated,
    moves: Moves,
    pub(super) journals: Vec<Journal>,
    by_path: HashMap<PathBuf, usize>,
    pub(super) fold: Fold,
    notices: Vec<Notice>,
    told: HashSet<Notice>,
}

impl Reviews {
    /// Reads every review file below `curated/`. Without a reviewer everything can be read and nothing decided.
    ///
    /// Files that cannot be read and lines that are no events become notices.
    pub fn open(root: &Path, reviewer: Option<Reviewer>) -> Self {
        let mut reviews = Reviews {
            root: root.to_owned(),
            reviewer,
            blind: true,
            curated: Curated::new(root),
            moves: Moves::open(root),
            journals: Vec::new(),
            by_path: HashMap::new(),
            fold: Fold::default(),
            notices: Vec::new(),
            told: HashSet::new(),
        };
        reviews.find_journals();
        for index in 0..reviews.journals.len() {
            reviews.read_journal(index);
        }
        reviews
    }

    /// Picks up what others decided, as after a pull; false when nothing changed.
    pub fn refresh(&mut self) -> bool {
        if self.moves.is_stale() {
            self.rebuild();
            return true;
        }
        self.find_journals();
        let mut changed = false;
        for index in 0..self.journals.len() {
            match self.read_journal(index) {
                None => {
                    self.rebuild();
                    return true;
                }
                Some(lines) => changed |= lines > 0,
            }
        }
        changed
    }

    /// Says whether decisions from here on are taken without seeing others' or the critic's; they are unless told otherwise.
    pub fn set_blind(&mut self, blind: bool) {
        self.blind = blind;
    }

    pub fn reviewer(&self) -> Option<&Reviewer> {
        self.reviewer.as_ref()
    }

    /// What was odd about the files, told once.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut self.notices);
        notices.extend(self.curated.take_notices());
        notices
    }

    /// How a sample stands over all reviewers.
    pub fn verdict(&self, sample: &SampleId) -> Standing {
        self.fold.standing(sample)
    }

    /// What this reviewer decided; `None`: pending, or nobody is reviewing.
    pub fn own_verdict(&self, sample: &SampleId) -> Option<Verdict> {
        self.own_decision(sample).map(|decided| decided.verdict)
    }

    /// This reviewer's decision on a sample with its reasons and note.
    pub fn own_decision(&self, sample: &SampleId) -> Option<&Decided> {
        self.fold.decision(self.own_index()?, sample)
    }

    /// Every reviewer's decision on a sample, by the name of their file.
    pub fn decisions(&self, sample: &SampleId) -> Vec<(&str, &Decided)> {
        self.fold.decisions(sample)
    }

    /// This reviewer's last decisions that stand, the latest first.
    pub fn last(&self, n: usize) -> Vec<&Decided> {
        self.own_index()
            .map(|own| self.fold.timeline(own).take(n).collect())
            .unwrap_or_default()
    }

    /// How the samples of exactly this node stand.
    pub fn counts(&self, node: &NodePath) -> Counts {
        self.fold.counts().get(node).copied().unwrap_or_default()
    }

    /// The same for every node that has decisions; kept up to date, so that asking costs nothing.
    pub fn counts_by_node(&self) -> &BTreeMap<NodePath, Counts> {
        self.fold.counts()
    }

    /// False for the leftover of an edit that was undone: a sample that no queue and no count should show.
    pub fn is_in_play(&self, sample: &SampleRef) -> bool {
        !sample.edited || self.fold.is_replacement(&sample.id) || self.verdict(&sample.id) != Standing::Pending
    }

    pub(super) fn require_reviewer(&self) -> Result<Reviewer, ReviewError> {
        self.reviewer.clone().ok_or(ReviewError::NoReviewer)
    }

    pub(super) fn own_index(&self) -> Option<usize> {
        self.fold.known_reviewer(self.reviewer.as_ref()?.slug())
    }

    fn find_journals(&mut self) {
        let mut odd = Vec::new();
        let is_journal = |path: &Path| {
            path.extension().is_some_and(|ending| ending == "jsonl")
                && path.parent().is_some_and(|folder| folder.ends_with("reviews"))
        };
        for path in curated_files(&self.root, &mut odd, &is_journal) {
            if !self.by_path.contains_key(&path)
                && let Some(journal) = Journal::of_file(&self.root, &path, &self.moves)
            {
                self.keep(journal);
            }
        }
        odd.into_iter().for_each(|notice| self.tell(notice));
    }

    pub(super) fn keep(&mut self, journal: Journal) -> usize {
        let next = self.journals.len();
        let index = *self.by_path.entry(journal.path().to_owned()).or_insert(next);
        if index == next {
            self.journals.push(journal);
        }
        index
    }

    /// Reads on in one journal: how many events came, `None` when the file did not simply grow.
    pub(super) fn read_journal(&mut self, index: usize) -> Option<u64> {
        let Reviews { journals, fold, .. } = self;
        let journal = journals.get_mut(index)?;
        let (node, reviewer) = (journal.node().clone(), fold.reviewer(journal.reviewer().slug()));
        let mut odd = Vec::new();
        let read = journal.read_on(&mut odd, &mut |event| fold.take(reviewer, &node, event));
        let path = journal.path().to_owned();
        odd.into_iter().for_each(|notice| self.tell(notice));
        match read {
            Ok(grown) if grown.rewritten => None,
            Ok(grown) => Some(grown.lines),
            Err(error) => {
                self.tell(Notice::Unreadable {
                    path,
                    reason: error.to_string(),
                });
                Some(0)
            }
        }
    }

    /// Readings see the same oddity again and again; it is told once.
    fn tell(&mut self, notice: Notice) {
        if self.told.insert(notice.clone()) {
            self.notices.push(notice);
        }
    }

    /// What was mended is told each time.
    pub(super) fn tell_mended(&mut self, notice: Option<Notice>) {
        self.notices.extend(notice);
    }

    pub(super) fn rebuild(&mut self) {
        let (blind, notices, told) = (self.blind, self.take_notices(), std::mem::take(&mut self.told));
        *self = Reviews::open(&self.root, self.reviewer.take());
        let odd = std::mem::take(&mut self.notices);
        (self.blind, self.notices, self.told) = (blind, notices, told);
        odd.into_iter().for_each(|notice| self.tell(notice));
    }
}

//! Undo over the whole file: the versions it had, each with the row that was chosen. As many as a bound on memory allows;
//! saving changes nothing here.

use std::collections::VecDeque;
use std::sync::Arc;

use super::target::Beside;

/// Most bytes that old versions may take; the oldest go first.
const MOST_BYTES: usize = 64 << 20;
/// What a version takes beside its bytes.
const VERSION_BYTES: usize = 64;

/// The file as it stood at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub bytes: Arc<[u8]>,
    /// The chosen row of the outline.
    pub chosen: usize,
    /// Another leaf's file that was changed with this step.
    pub beside: Option<Arc<Beside>>,
}

/// What can be taken back, and what was taken back.
#[derive(Debug, Default)]
pub struct History {
    past: VecDeque<Version>,
    future: Vec<Version>,
    /// Bytes held by `past`.
    held: usize,
}

impl History {
    /// Remembers how the file was before a change; what was taken back before is gone.
    pub fn push(&mut self, before: Version) {
        self.future.clear();
        self.keep(before);
        while self.held > MOST_BYTES && self.past.len() > 1 {
            if let Some(oldest) = self.past.pop_front() {
                self.held = self.held.saturating_sub(cost(&oldest));
            }
        }
    }

    /// Forgets what was taken back, because another change was made.
    pub fn forget_future(&mut self) {
        self.future.clear();
    }

    /// The version before this one.
    pub fn undo(&mut self, mut now: Version) -> Option<Version> {
        let before = self.past.pop_back()?;
        now.beside = before.beside.clone();
        self.held = self.held.saturating_sub(cost(&before));
        self.future.push(now);
        Some(before)
    }

    /// The version that was taken back last.
    pub fn redo(&mut self, mut now: Version) -> Option<Version> {
        let after = self.future.pop()?;
        now.beside = after.beside.clone();
        self.keep(now);
        Some(after)
    }

    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    fn keep(&mut self, version: Version) {
        self.held += cost(&version);
        self.past.push_back(version);
    }
}

fn cost(version: &Version) -> usize {
    let beside = version
        .beside
        .as_ref()
        .map_or(0, |beside| beside.before.len() + beside.after.len());
    version.bytes.len() + beside + VERSION_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(bytes: usize, chosen: usize) -> Version {
        Version {
            bytes: vec![0; bytes].into(),
            chosen,
            beside: None,
        }
    }

    #[test]
    fn memory_is_capped_but_the_last_step_can_always_be_taken_back() {
        let mut history = History::default();
        for step in 0..5 {
            history.push(version(MOST_BYTES / 2 - VERSION_BYTES, step));
        }
        assert_eq!((history.past.len(), history.held), (2, MOST_BYTES));
        history.push(version(MOST_BYTES * 2, 9));
        assert_eq!(history.past.len(), 1);
        assert_eq!(history.undo(version(1, 10)).unwrap().chosen, 9);
        assert_eq!(history.held, 0);
        assert!(!history.can_undo());
        assert_eq!(history.redo(version(3, 9)).unwrap().chosen, 10);
        assert_eq!(history.held, 3 + VERSION_BYTES);
    }
}

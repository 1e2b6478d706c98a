//! Calls that are not made now: they are put down for a batch, and their rows wait until a run finds the answers recorded.
//!
//! A run always goes over the same rows in the same way, with the answers that are recorded. So that it makes the same
//! samples whenever the answers come, a block that compares rows takes none before the earlier ones have their answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::cast::TeacherRole;
use super::row::{Applied, Row};
use crate::samples::DropReason;
use crate::teacher::{ChatRequest, Teacher};

/// What becomes of calls whose answers are not recorded yet.
#[derive(Clone, Copy)]
pub enum Asking<'a> {
    /// The teacher is asked at once.
    Live,
    /// They are put down; nobody is asked.
    Batch(&'a dyn Post),
}

/// Takes down calls that are to be made by someone else, later.
pub trait Post: Send + Sync {
    /// Takes one call down. The same call comes again in every run until its answer is recorded.
    ///
    /// # Errors
    /// Says why it cannot be kept, with what to do; the run stops.
    fn post(&self, call: PostedCall<'_>) -> Result<(), String>;
}

/// One call for a batch.
#[derive(Clone, Copy)]
pub struct PostedCall<'a> {
    /// Under which its answer must be recorded: 64 hex digits.
    pub key: &'a str,
    /// The name of the block that asks.
    pub block: &'a str,
    pub role: TeacherRole,
    /// Who would be asked.
    pub teacher: &'a dyn Teacher,
    pub request: &'a ChatRequest,
}

/// Why a row waits that asked.
pub(super) const WAITS: &str = "waits for the answer of a batch";
/// Why a row waits whose own answers are there.
pub(super) const BEHIND: &str =
    "waits for rows before it, which this block compares it with and whose answers are in a batch";

/// Why a row waits that is to be shown what came of others.
const BEHIND_A_WAVE: &str = "waits for rows before it, which this block shows it and whose answers are in a batch";

/// Holds rows back from a block that takes them in turn, once an earlier one waits before it.
#[derive(Debug)]
pub(super) struct Gate {
    /// The smallest place of a row that waits.
    shut_from: AtomicUsize,
}

impl Default for Gate {
    fn default() -> Self {
        Gate {
            shut_from: AtomicUsize::new(usize::MAX),
        }
    }
}

impl Gate {
    /// Holds back the row at this place and all behind it. To be said before the row leaves its turn.
    pub fn shut_after(&self, place: usize) {
        self.shut_from.fetch_min(place, Ordering::AcqRel);
    }

    /// To be asked when it is the row's turn. Pieces of one row wait for each other.
    pub fn is_open_for(&self, place: usize) -> bool {
        place < self.shut_from.load(Ordering::Acquire)
    }
}

/// True when a row waits, or a piece of it.
pub(super) fn waits(applied: &Applied) -> bool {
    let mut rejected = applied.rejected.iter();
    rejected.any(|rejected| rejected.reason == DropReason::Waiting)
}

/// What becomes of a row that is held back.
pub(super) fn behind_another(row: Row) -> Applied {
    Applied::rejected(row, DropReason::Waiting, BEHIND)
}

/// What becomes of a row that is to be shown what came of rows that wait.
pub(super) fn behind_a_wave(row: Row) -> Applied {
    Applied::rejected(row, DropReason::Waiting, BEHIND_A_WAVE)
}

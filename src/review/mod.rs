//! Human decisions on samples: who decided what, when and why, what follows from it, and in which order to go on.
//!
//! A decision is an event appended to `curated/<node>/reviews/<reviewer>.jsonl`. Nothing is ever changed or deleted there:
//! undo appends a retraction, and a verdict is a fold over the events that were not retracted.
//!
//! * **One reviewer's verdict** on a sample is their latest decision that stands, by time, then by event id. The order of
//!   lines in a file says nothing, since git may merge them in any order.
//! * **The standing** of a sample over all reviewers takes each one's verdict: accept and reject against each other is
//!   disputed; otherwise any accept, else any reject, else any flag, else any skip decides; without a verdict it is pending.
//! * **An edit** makes a new sample. The original is rejected with the reason `edited` and an event that names its
//!   replacement; the new one is pending until a person decides. When the edit is undone, the original is pending again and
//!   the new sample, which cannot be deleted, is out of play: no queue and no count shows it.
//! * A sample whose decisions were all retracted stays in `curated/` and counts as pending.
//!
//! This room must not generate, export or print, and it reads neither clock nor environment.

mod deciding;
mod edit;
mod error;
mod event;
mod fold;
mod journal;
mod queue;
mod reasons;
mod reviewer;
mod reviews;

#[cfg(test)]
mod safety_tests;
#[cfg(test)]
mod tests;

pub use deciding::{Decision, Undone};
pub use edit::edited_sample;
pub use error::ReviewError;
pub use event::{Action, EventId, ReviewEvent, Verdict};
pub use fold::{Counts, Decided, Standing};
pub use journal::Journal;
pub use queue::{Progress, Queue, minutes_left};
pub use reasons::{EDITED, REASONS, Reason, reason_for_key, reason_label};
pub use reviewer::Reviewer;
pub use reviews::Reviews;

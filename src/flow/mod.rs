//! How samples are made: flow files (sdg_hub's YAML), the blocks they are made of, and the engine that runs them.
//!
//! ```text
//!  leaf, documents ─prepare─► rows ─block─► rows ─block─► … ─► samples
//!                                     │            └──────────► drops, each with block, reason and text
//!                                     └─ asks the teacher; every answer is recorded before the row goes on
//! ```
//!
//! Rows flow one by one and side by side, so the first sample comes early; what compares a row with earlier ones takes
//! them in their order, so the same answers always make the same samples. Every row is accounted for:
//! `rows + grown = samples + drops + not started`.
//!
//! This room must not know the terminal, git, or who is asked; time comes from the clock it is given. A new type of
//! block is a file in `blocks/` and a row in its table (Seedbed's own in `blocks/own/`); a new shipped flow is a folder in `shipped/`.

mod account;
mod again;
mod answer_json;
mod ask;
mod batch;
mod blocks;
mod budget;
mod cast;
mod config;
mod entries;
mod error;
mod estimate;
mod event;
mod file;
mod finish;
mod fitting;
mod frames;
mod inputs;
mod instructlab;
mod jinja;
mod passages;
mod python_json;
mod python_value;
mod reading;
mod recorder;
mod repair;
mod row;
mod run;
mod seeds;
mod shipped;
mod shorten;
mod template;
mod turns;
mod waves;
mod written;

pub use again::again_for;
pub use batch::{Asking, Post, PostedCall};
pub use blocks::{Block, BlockPrompt, BlockType, Step, block_types};
pub use budget::{Budget, TokenPrice};
pub use cast::{Cast, TeacherRole};
pub use entries::Override;
pub use error::{FlowError, Place};
pub use estimate::{Estimate, estimate};
pub use event::{RunEvent, RunSummary};
pub use file::{DatasetRequirements, Flow, FlowMetadata, FlowSource};
pub use inputs::{Inputs, Prepared, PromptLimits, prepare};
pub use recorder::{MemoryRecorder, Recorder, RunRecorder};
pub use row::{Applied, Columns, Lineage, Origin, Rejected, Row};
pub use run::{Clock, Ending, Run, run};
pub use template::Prompt;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

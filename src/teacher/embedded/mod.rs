//! The teacher inside the process: a small instruct model, run by candle on the processor, for people who have no server.
//!
//! ```text
//!  chat() ── queue ──► worker thread ── step ──► Model::read   all sequences, one batch
//!    ▲                     │  Draft::next: scaffold, draw, stop texts, loops
//!    └── text, reply ──────┘  Weights: where the file comes from, checked by its SHA-256
//! ```
//!
//! It must not block the async runtime, print, or fetch anything unasked. It is a demonstration: whoever shows its drafts
//! says so ([`Teacher::is_demonstration`](crate::teacher::Teacher::is_demonstration)).
//!
//! One worker decodes all sequences together; `spread` says how their work meets candle's threads, and why so. How many
//! there are is candle's choice (the cores of the machine; `RAYON_NUM_THREADS` changes it before the program starts).

mod batch;
mod decode;
mod draw;
mod linear;
mod loops;
mod memory;
mod model;
mod shape;
mod sources;
mod spread;
mod tokens;
mod weights;
mod worker;

pub use weights::{Hub, Pin, Progress, SMOLLM2, Source, Sources, WeightsError, fetch, installed};
pub use worker::{EmbeddedSettings, EmbeddedState, EmbeddedTeacher};

/// The parts that tests hold against other programs.
pub mod parts {
    pub use super::memory::Memory;
    pub use super::model::{Model, Reading};
    pub use super::shape::Shape;
    pub use super::tokens::Tokens;
}

//! The documents that a knowledge leaf rests on: cut into chunks that fit a prompt, compared with the contexts of the seed
//! examples, and which edits of the seed file take other documents or passages. Reading the documents is not done here.

pub mod chunks;
mod coverage;
mod edits;
mod places;
pub mod spans;
mod words;

pub use chunks::{Chunk, ChunkSize, ChunkWish, chunks};
pub use coverage::{CONTEXT_TOKENS, Coverage, CoveredChunk, CoveredDocument, PlacedContext, coverage};
pub use edits::{context_edits, pin_edits};
pub use places::{Finder, Place, Placed, Source};
pub use words::count as count_words;

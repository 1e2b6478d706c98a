//! What was made: samples and where they came from, the runs that made them, the rows that were dropped on the way.
//!
//! Everything is kept as files of one JSON value a line that only ever grow. Runs lie inside the git directory and are
//! not committed; what someone reviewed lies under `curated/` in the taxonomy and is. The rules of such files:
//!
//! * reading never writes: a broken line is skipped and told as a [`Notice`], an unfinished last line waits;
//! * who appends mends first: a torn last line is moved to `<file>.torn-<n>`, so nothing is lost and nothing is glued to it;
//! * an append is one write of whole lines; when the disk refuses, the file is as it was before.
//!
//! This room must not know verdicts, flows, the terminal or git; the clock is handed in.

mod append;
mod curated;
mod drop;
mod drop_index;
mod error;
mod jsonl;
mod library;
mod moves;
mod notice;
mod places;
mod posted;
mod request;
mod run;
mod run_store;
mod run_writer;
mod sample;

#[cfg(test)]
mod library_tests;
#[cfg(test)]
mod tests;

pub use crate::teacher::{Message, Role};
pub use append::{Appended, append_synced, line_of, mend};
pub use curated::{
    CURATED, Curated, curated_folder, drop_union_attribute, node_of_folder, reviews_folder, samples_file,
    union_attribute_missing,
};
pub(crate) use curated::{curated_files, make_folder, refuse_link};
pub use drop::{Drop, DropReason};
pub use drop_index::{DropGroup, DropIndex, GroupKey, load_drops};
pub use error::StoreError;
pub use jsonl::{Followed, Grown, Line, Records, read_lines};
pub use library::{Refreshed, SampleLibrary, SampleRef, Selection};
pub use moves::{MoveRecord, Moves, moves_file};
pub use notice::Notice;
pub use posted::{Posted, PostedLine, PostedRequest, PostedState, PostedWriter};
pub use request::{Request, Requests, request_key};
pub use run::{Again, Keeps, Outcome, RunId, RunRecord, Stage, Threshold};
pub use run_store::{RunReader, RunStore};
pub use run_writer::RunWriter;
pub use sample::{Choices, DocumentSpan, Provenance, Sample, SampleId};

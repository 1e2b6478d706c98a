//! One folder a screen: its state (`mod.rs`), how actions change it (`update.rs`), how it looks (`view.rs`), and the jobs
//! that do its effects (`jobs.rs`).

pub mod attribution;
pub mod browse;
pub mod commit;
pub mod documents;
pub mod edit;
pub mod find;
pub mod generate;
pub mod review;

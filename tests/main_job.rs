//! The whole job through the real binary in a pseudo-terminal, against a teacher on the loopback address: browse, edit,
//! preview, generate, review, commit; and what is left when the process is killed in the middle of each.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "support/desk.rs"]
mod desk;
#[path = "main_job/embedded.rs"]
mod embedded;
#[path = "main_job/killed.rs"]
mod killed;
#[path = "main_job/quitting.rs"]
mod quitting;
#[path = "main_job/returning.rs"]
mod returning;
#[path = "main_job/stage.rs"]
mod stage;
#[path = "support/teacher.rs"]
mod teacher;
#[path = "support/terminal.rs"]
mod terminal;
#[path = "main_job/whole.rs"]
mod whole;

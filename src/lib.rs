//! Seedbed: a terminal workbench in which a subject matter expert grows training data from a git-backed taxonomy.
//!
//! This page is the tour. Follow the data:
//!
//! ```text
//!    seeds            samples             reviews             commits
//!  ┌────────┐ flow  ┌─────────┐ verdict ┌─────────┐  git   ┌─────────┐
//!  │taxonomy│──────►│ run     │────────►│ curated │───────►│ history │
//!  └────────┘       └─────────┘         └─────────┘        └─────────┘
//!      ▲                 │ preview: see what the seeds teach, at once │
//!      └─────────────────┴──── fix the seed, generate again ◄─────────┘
//! ```
//!
//! # The rooms
//!
//! Each folder is a room, named by what the expert would call the thing. Arrows point down only:
//!
//! ```text
//!            tui        cli           screens; commands for scripts
//!              ╲        ╱
//!               workbench            an opened taxonomy and the work people do with it
//!        ╱    ╱     │    ╲      ╲
//!    review  flow  config  git   │   decisions; making samples; settings; the repository
//!       │     │     │  documents │   importing PDF, DOCX and HTML as Markdown
//!       │   ╱ │ ╲   │            │
//!       │ quality │ │            │   what can be said of samples without a model
//!     samples     │ │            │   what was made, and its store
//!       │   ╲     │ │            │
//!       │    teacher             │   who answers prompts
//!     taxonomy ──────────────────┘   seeds: tree, lossless YAML, checks, documents
//!         │
//!     text  disk  cores              widths, differences, hostile characters; files that outlive a crash; every core
//! ```
//!
//! # The rules, held by `tests/architecture.rs`
//!
//! * Only `tui` knows ratatui and crossterm, only `git` knows git2, only `teacher` knows reqwest.
//! * Nothing below `cli` prints; nothing below `cli` and `tui` reads a clock or the environment: both are handed in.
//! * Nothing panics outside tests; `unsafe` stands in one file, the binding to libyaml.
//! * Files stay under 500 lines.
//!
//! # Where to begin reading
//!
//! * [`taxonomy::Leaf`] is what a seed file says; [`taxonomy::yaml::Document`] is the file itself, kept byte for byte.
//! * [`flow`] turns a leaf into rows, sends them through blocks, and yields [`samples::Sample`]s and drops.
//! * [`review::Reviews`] folds decisions into verdicts.
//! * `tui` is a loop of pure functions: an event becomes an action, `update` changes the model and names effects, jobs perform
//!   them and report back, `view` draws.

pub mod cli;
pub mod config;
pub mod cores;
pub mod disk;
pub mod documents;
pub mod flow;
pub mod git;
pub mod quality;
pub mod review;
pub mod samples;
pub mod taxonomy;
pub mod teacher;
pub mod text;
pub mod tui;
pub mod workbench;

/// Rows of flows are many small texts that live briefly.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

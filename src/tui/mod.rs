//! The terminal: a loop of pure functions around the rooms below.
//!
//! ```text
//!  keys, paste, mouse ─┐                 ┌──── the table of commands: keys, palette, footer, help, man page
//!  signals, files ─────┼─► Event ─► translate ─► Action ─► update(&mut Model) ─► Vec<Effect>
//!  reports of jobs ────┘      ▲                                  │                    │
//!                             └──────── Report ◄─ Job ◄──────────┼────────────────────┘
//!                                                      view(&Model) ─► Frame
//! ```
//!
//! This is the only room that knows ratatui and crossterm. `update` never blocks, fails or reads a clock; `view` only reads;
//! everything that takes time is a job. When nothing happens, nothing runs.

mod canvas;
mod chrome;
pub mod command;
mod effect;
mod event;
mod hits;
mod jobs;
mod key;
mod keymap;
mod late;
mod leaf_search;
mod model;
mod offscreen;
mod place;
mod report;
mod rooms;
mod runtime;
mod screens;
mod terminal;
#[cfg(test)]
mod testing;
mod theme;
mod tree;
mod update;
mod view;
mod watch;
mod welcome;
mod widgets;

pub use key::Key;
pub use keymap::{Keymap, KeymapError};
#[doc(hidden)]
pub use offscreen::Offscreen;
pub use place::Start;
pub use runtime::open;
pub use terminal::{ScreenError, edit_in, editor_command};
pub use theme::ThemeError;
pub use welcome::{Choice as WelcomeChoice, welcome};

/// Why the screens could not be opened, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error(transparent)]
    Screen(#[from] ScreenError),
    #[error(transparent)]
    Theme(#[from] ThemeError),
    #[error(transparent)]
    Keymap(#[from] KeymapError),
    #[error("the terminal went away: {0}")]
    Io(#[from] std::io::Error),
}

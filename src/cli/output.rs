//! Printing: colours where they are wanted, hostile text made visible, and a quiet end when nobody reads any more.

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::When;
use crate::text::visible::{visible, visible_line};

/// The reader of stdout has gone away.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
pub(super) struct Closed;

/// How a text is painted, by what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Strong,
    Faint,
    Good,
    Warning,
    Bad,
}

/// Where a command prints.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    colour: bool,
    colour_of_notes: bool,
    /// People read the report on stdout; else stdout is for a program, and the report goes to stderr.
    for_people: bool,
}

impl Output {
    pub(super) fn new(when: When) -> Self {
        Output {
            colour: wants_colour(when, io::stdout().is_terminal()),
            colour_of_notes: wants_colour(when, io::stderr().is_terminal()),
            for_people: true,
        }
    }

    /// Keeps stdout free for what a program reads.
    pub(super) fn for_programs(self) -> Self {
        Output {
            for_people: false,
            colour: self.colour_of_notes,
            ..self
        }
    }

    /// Prints a line on stdout.
    pub(super) fn line(&self, text: impl Display) -> anyhow::Result<()> {
        printed(writeln!(io::stdout().lock(), "{text}"))
    }

    /// Prints bytes on stdout as they are.
    pub(super) fn bytes(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut stdout = io::stdout().lock();
        printed(stdout.write_all(bytes).and_then(|()| stdout.flush()))
    }

    /// Prints a JSON value as one line on stdout.
    pub(super) fn json_line(&self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        self.line(serde_json::to_string(value)?)
    }

    /// Prints a JSON value over several lines on stdout.
    pub(super) fn json(&self, value: &impl serde::Serialize) -> anyhow::Result<()> {
        self.line(serde_json::to_string_pretty(value)?)
    }

    /// Tells people how it went: on stdout, unless that is for a program.
    pub(super) fn report(&self, text: impl Display) -> anyhow::Result<()> {
        if self.for_people {
            return self.line(text);
        }
        self.note(text);
        Ok(())
    }

    /// Says something aside, on stderr.
    pub(super) fn note(&self, text: impl Display) {
        // When nobody listens there, nothing is lost.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// How many columns a line may take: what `COLUMNS` says, else the usual; without bound where no person reads.
    pub(super) fn width(&self, usual: usize) -> usize {
        if !io::stdout().is_terminal() {
            return usize::MAX;
        }
        env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok())
            .unwrap_or(usual)
    }

    /// A bar on stderr for things that are counted; hidden where nobody watches.
    pub(super) fn bar(&self, length: u64) -> ProgressBar {
        self.any_bar(length, "{bar:24} {pos}/{len} {msg}")
    }

    /// A bar on stderr for bytes; hidden where nobody watches.
    #[cfg(feature = "embedded")]
    pub(super) fn bytes_bar(&self) -> ProgressBar {
        self.any_bar(0, "{bar:24} {bytes}/{total_bytes} {bytes_per_sec} {msg}")
    }

    fn any_bar(&self, length: u64, template: &str) -> ProgressBar {
        let watched = self.colour_of_notes && io::stderr().is_terminal();
        let target = if watched {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        // The templates above are well formed; the usual look would do as well.
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    }

    /// Paints a text of our own.
    pub(super) fn paint(&self, ink: Ink, text: impl Display) -> String {
        painted(self.colour, ink, &text.to_string())
    }
}

/// A foreign text over several lines, safe to print, each line with an indent.
pub(super) fn indented(text: &str, indent: &str) -> String {
    let shown = visible(text.trim_end());
    shown
        .lines()
        .map(|line| format!("{indent}{line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A foreign text on one line, safe to print.
pub(super) fn shown(text: &str) -> String {
    visible_line(text).into_owned()
}

/// Tells why a command failed; also when there is no session yet.
pub(super) fn tell_error(when: When, error: &anyhow::Error) {
    let prefix = painted(wants_colour(when, io::stderr().is_terminal()), Ink::Bad, "seedbed:");
    let _ = writeln!(io::stderr().lock(), "{prefix} {}", visible(&error.to_string()));
}

fn printed(result: io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        other => Ok(other?),
    }
}

fn wants_colour(when: When, is_terminal: bool) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let given = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
            is_terminal && !given("NO_COLOR") && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

fn painted(colour: bool, ink: Ink, text: &str) -> String {
    if !colour {
        return text.to_owned();
    }
    let code = match ink {
        Ink::Strong => "1",
        Ink::Faint => "2",
        Ink::Good => "32",
        Ink::Warning => "33",
        Ink::Bad => "31",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

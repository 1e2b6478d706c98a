//! The screens without a terminal: the same model, jobs and views, drawn into a buffer. Benches and snapshots drive it.
//!
//! Time stands still unless [`Offscreen::pass`] moves it, so that the same keys give the same frames.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use tokio::sync::mpsc;

use super::TuiError;
use super::effect::{EditorTarget, Effect};
use super::event::{Event, Mouse, MouseKind, clean_paste, translate};
use super::jobs::{Envelope, Jobs};
use super::key::{Key, UnknownKey};
use super::keymap::Keymap;
use super::model::Model;
use super::report::Report;
use super::rooms::Rooms;
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};
use super::theme::{self, Depth};
use super::update::update;
use super::view::view;
use crate::workbench::Workbench;

/// How long [`Offscreen::settle`] waits for jobs.
const PATIENCE: Duration = Duration::from_secs(600);

/// An open taxonomy with its screens, drawn into a buffer.
pub struct Offscreen {
    model: Model,
    rooms: Rooms,
    jobs: Jobs,
    reports: mpsc::Receiver<Envelope>,
    terminal: ratatui::Terminal<TestBackend>,
    runtime: tokio::runtime::Runtime,
    quit: bool,
    copied: Option<String>,
    editor: Option<(String, EditorTarget)>,
}

impl Offscreen {
    /// Opens the screens at a size in cells, with the dark theme in true colour; reading the taxonomy has begun.
    ///
    /// Unlike the real loop it does not look for teachers on this machine: what runs there is not the caller's to know.
    ///
    /// # Errors
    /// [`TuiError`] when settings for keys are wrong, or the system gives no threads.
    pub fn new(workbench: Workbench, cols: u16, rows: u16, now: Timestamp) -> Result<Self, TuiError> {
        let keymap = Keymap::new(&workbench.settings().keys)?;
        let depth = Depth::True;
        let theme = theme::shipped("dusk", depth)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let mut model = Model::new(&workbench, theme, depth, keymap, (cols, rows), true);
        model.now = now;
        let (jobs, reports) = Jobs::new(runtime.handle().clone());
        // Drawing into memory cannot fail; the type says so.
        let Ok(terminal) = ratatui::Terminal::new(TestBackend::new(cols, rows));
        let rooms = Rooms::new(workbench);
        let mut screens = Offscreen {
            model,
            rooms,
            jobs,
            reports,
            terminal,
            runtime,
            quit: false,
            copied: None,
            editor: None,
        };
        for effect in [
            browse::Effect::Scan { again: false },
            browse::Effect::Git,
            browse::Effect::Count,
        ] {
            screens.perform(Effect::Browse(effect));
        }
        Ok(screens)
    }

    /// Uses another shipped theme and colour depth: `true`, `256`, `16` or `none`.
    ///
    /// # Errors
    /// [`TuiError`] when there is no such theme.
    pub fn look(&mut self, theme: &str, depth: &str) -> Result<(), TuiError> {
        let depth = match depth {
            "none" => Depth::None,
            "16" => Depth::Ansi16,
            "256" => Depth::Ansi256,
            _ => Depth::True,
        };
        self.model.depth = depth;
        self.model.theme = theme::shipped(theme, depth)?;
        Ok(())
    }

    /// Looks for teachers on this machine, as the real loop does at the start.
    pub fn look_for_teachers(&mut self) {
        self.perform(Effect::Generate(generate::Effect::LookForTeachers));
    }

    /// Presses a key by its name, as in `enter`, `ctrl-s`, `f5`, `?`.
    ///
    /// # Errors
    /// [`UnknownKey`] when the text names no key.
    pub fn feed(&mut self, key: &str) -> Result<(), UnknownKey> {
        let key: Key = key.parse()?;
        self.take(Event::Key(key));
        Ok(())
    }

    /// Types a text, one character after the other.
    pub fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.take(Event::Key(Key::plain(super::key::Press::Char(c))));
        }
    }

    /// Pastes a text.
    pub fn paste(&mut self, text: &str) {
        self.take(Event::Paste(clean_paste(text)));
    }

    /// Presses the left button at a cell of the frame drawn last.
    pub fn click(&mut self, x: u16, y: u16) {
        self.take(Event::Mouse(Mouse {
            kind: MouseKind::Press,
            x,
            y,
        }));
    }

    /// Turns the wheel by one notch over a cell of the frame drawn last.
    pub fn scroll(&mut self, x: u16, y: u16, down: bool) {
        let kind = if down {
            MouseKind::ScrollDown
        } else {
            MouseKind::ScrollUp
        };
        self.take(Event::Mouse(Mouse { kind, x, y }));
    }

    /// Says that files changed on disk (paths relative to the taxonomy), as the watch of the real loop does.
    pub fn files_changed(&mut self, paths: &[&str]) {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        self.take(Event::Report(Report::FilesChanged(paths)));
    }

    /// Changes the size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.terminal.backend_mut().resize(cols, rows);
        self.take(Event::Resize(cols, rows));
    }

    /// Moves the time on; what was to happen by then happens.
    pub fn pass(&mut self, seconds: i64) {
        let until = self
            .model
            .now
            .saturating_add(SignedDuration::from_secs(seconds))
            .unwrap_or(self.model.now);
        while let Some(at) = self.model.wake_at().filter(|at| *at <= until) {
            // Never back in time, and always on, so that this ends.
            let on = self
                .model
                .now
                .saturating_add(SignedDuration::from_millis(1))
                .unwrap_or(until);
            self.model.now = at.max(on);
            self.take(Event::Wake);
        }
        self.model.now = self.model.now.max(until);
        self.take(Event::Wake);
    }

    /// Runs until no job is under way and every report is taken in. False when that took too long.
    pub fn settle(&mut self) -> bool {
        let end = Instant::now() + PATIENCE;
        loop {
            // Asked before the channel: a job reports before it ends.
            let idle = self.jobs.is_idle();
            let mut took = false;
            while let Ok(envelope) = self.reports.try_recv() {
                took = true;
                self.accept(envelope);
            }
            if idle && !took {
                return true;
            }
            if Instant::now() > end {
                return false;
            }
            if !took {
                let waiting = async { tokio::time::timeout(Duration::from_millis(5), self.reports.recv()).await };
                if let Ok(Some(envelope)) = self.runtime.block_on(waiting) {
                    self.accept(envelope);
                }
            }
        }
    }

    /// Takes in the reports that have come, without waiting for more.
    pub fn listen(&mut self) {
        while let Ok(envelope) = self.reports.try_recv() {
            self.accept(envelope);
        }
    }

    /// Cancels what runs and waits for what is queued, as leaving the program does.
    pub fn close(self) {
        let Offscreen {
            jobs, reports, runtime, ..
        } = self;
        // Jobs that wait for room in the channel must not wait for ever.
        drop(reports);
        jobs.finish();
        runtime.shutdown_timeout(Duration::from_secs(2));
    }

    /// Draws a frame and returns its cells.
    pub fn draw(&mut self) -> &Buffer {
        let model = &self.model;
        let mut hits = None;
        let Ok(_) = self.terminal.draw(|frame| hits = Some(view(model, frame)));
        if let Some(hits) = hits {
            self.model.hits = hits;
        }
        self.terminal.backend().buffer()
    }

    /// The text of a new frame, without spaces at line ends.
    pub fn text(&mut self) -> String {
        let buffer = self.draw();
        let width = usize::from(buffer.area.width).max(1);
        let mut text = String::new();
        for row in buffer.content.chunks(width) {
            let mut line = String::new();
            let mut covered = 0;
            for cell in row {
                // The cells behind a wide character hold nothing of their own.
                if covered == 0 {
                    line.push_str(cell.symbol());
                    covered = crate::text::width::cells(cell.symbol()).max(1);
                }
                covered -= 1;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Where the cursor stood in the frame drawn last; `None` when it is hidden.
    pub fn cursor(&mut self) -> Option<(u16, u16)> {
        let shown = self.terminal.backend().cursor_visible();
        let Position { x, y } = self.terminal.backend().cursor_position();
        shown.then_some((x, y))
    }

    /// True once the person has left.
    pub fn has_quit(&self) -> bool {
        self.quit
    }

    /// The text that was copied last.
    pub fn copied(&self) -> Option<&str> {
        self.copied.as_deref()
    }

    /// The text that waits in the person's editor.
    pub fn in_editor(&self) -> Option<&str> {
        self.editor.as_ref().map(|(text, _)| text.as_str())
    }

    /// Ends the editor: with a new text, or with `None` when nothing was changed.
    pub fn leave_editor(&mut self, text: Option<String>) {
        if let Some((_, target)) = self.editor.take() {
            self.take(Event::Report(Report::Edited { target, text }));
        }
    }

    fn accept(&mut self, envelope: Envelope) {
        if let Some(report) = self.jobs.accept(envelope) {
            self.take(Event::Report(report));
        }
    }

    fn take(&mut self, event: Event) {
        let Some(action) = translate(&self.model, event) else {
            return;
        };
        for effect in update(&mut self.model, action) {
            self.perform(effect);
        }
    }

    fn perform(&mut self, effect: Effect) {
        let (rooms, jobs) = (&self.rooms, &mut self.jobs);
        match effect {
            Effect::Quit => self.quit = true,
            Effect::Copy(text) => self.copied = Some(text),
            Effect::OpenEditor { text, target, .. } => self.editor = Some((text, target)),
            // There is no terminal to be given away or cleared.
            Effect::Suspend | Effect::Redraw | Effect::SetMouse(_) => {}
            // The same keys give the same frames, whatever was done before.
            Effect::KeepPlace(_) => {}
            Effect::Browse(effect) => browse::jobs::perform(effect, rooms, jobs),
            Effect::Sources(effect) => attribution::perform(effect, rooms, jobs),
            Effect::Edit(effect) => edit::jobs::perform(effect, rooms, jobs),
            Effect::Find(effect) => find::jobs::perform(effect, rooms, jobs),
            Effect::Generate(effect) => generate::jobs::perform(effect, rooms, jobs),
            Effect::Review(effect) => review::jobs::perform(effect, rooms, jobs),
            Effect::Commit(effect) => commit::jobs::perform(effect, rooms, jobs),
            Effect::Documents(effect) => documents::jobs::perform(effect, rooms, jobs),
        }
    }
}

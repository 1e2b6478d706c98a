//! A terminal for tests: runs a real program in a pseudo-terminal, types into it, and reads what its screen shows.
//!
//! Nothing here sleeps for a fixed time, unless asked to (see [`Terminal::send`]): each step waits for something to be seen, and fails with the screen printed when
//! it does not come. Programs start with an empty environment, so that nothing of the person's own machine leaks in.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unused_imports
)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

// A test may use both a taxonomy and a terminal.
#[allow(clippy::duplicate_mod)]
#[path = "home.rs"]
mod home;
#[path = "keystrokes.rs"]
mod keystrokes;
#[path = "launch.rs"]
mod launch;
#[path = "processes.rs"]
mod processes;
#[path = "reading.rs"]
mod reading;
use keystrokes::key_bytes;
pub use launch::{Answers, Launch};
use processes::{command_name, descendants, send_signal};
use reading::{Asked, Shown, private_modes, read_all};

/// How long a step may take. Generous: a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// One cell of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Empty for an empty cell and for the right half of a wide character.
    pub text: String,
    pub foreground: vt100::Color,
    pub background: vt100::Color,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub inverse: bool,
    pub wide: bool,
    pub wide_rest: bool,
}

/// A running program and its screen. The program is killed when this is dropped.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
    ended: Option<ExitStatus>,
}

impl Terminal {
    /// Starts a program with only these environment variables (besides `PATH`, `TERM`, `COLORTERM`, `LANG`, `TZ`).
    pub fn start(program: impl AsRef<OsStr>, args: &[&str], env: &[(&str, &str)], cols: u16, rows: u16) -> Self {
        let launch = Launch::new(program).args(args).size(cols, rows);
        env.iter()
            .fold(launch, |launch, (name, value)| launch.env(name, value))
            .go()
    }

    fn launch(launch: Launch) -> Self {
        let (cols, rows) = launch.size;
        let pair = native_pty_system()
            .openpty(pty_size(cols, rows))
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(&launch.program);
        command.args(&launch.args);
        command.env_clear();
        for (name, value) in &launch.env {
            command.env(name, value);
        }
        command.cwd(launch.folder.unwrap_or_else(std::env::temp_dir));
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let asked = Asked {
            answers: launch.answers,
            pending: Vec::new(),
        };
        let parser = vt100::Parser::new_with_callbacks(at_least_one(rows), at_least_one(cols), 0, asked);
        let shown = Arc::new((
            Mutex::new(Shown {
                parser,
                raw: Vec::new(),
                closed: false,
            }),
            Condvar::new(),
        ));
        let writer = Arc::new(Mutex::new(pair.master.take_writer().expect("the way in")));
        let reader = pair.master.try_clone_reader().expect("the way out");
        let (reading, answering) = (Arc::clone(&shown), Arc::clone(&writer));
        std::thread::spawn(move || read_all(reader, &reading, &answering));
        Terminal {
            master: pair.master,
            writer,
            child,
            shown,
            ended: None,
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.0.lock().unwrap()
    }

    // --- what goes in

    /// Sends bytes as they are. With `SEEDBED_TEST_PAUSE_MS` set, whoever types takes that long before each key: what shows
    /// only on a slow machine, or to slow hands, can be looked for that way.
    pub fn send(&self, bytes: &[u8]) {
        if let Some(pause) = std::env::var("SEEDBED_TEST_PAUSE_MS")
            .ok()
            .and_then(|ms| ms.parse().ok())
        {
            std::thread::sleep(Duration::from_millis(pause));
        }
        let mut writer = self.writer.lock().unwrap();
        // A program that has just ended takes nothing any more; the next wait says what is missing.
        let _ = writer.write_all(bytes).and_then(|()| writer.flush());
    }

    /// Presses a key by its name, as in `enter`, `ctrl-s`, `alt-down`, `shift-tab`, `f5`, `?`.
    ///
    /// Wait for what Esc brings about before the next key: `Esc x` and `Alt-x` are the same bytes.
    pub fn key(&self, name: &str) {
        self.send(&key_bytes(name));
    }

    /// Types a text, character by character.
    pub fn keys(&self, text: &str) {
        self.send(text.as_bytes());
    }

    /// Pastes a text as a terminal does: bracketed when the program asked for that.
    pub fn paste(&self, text: &str) {
        let bracketed = self.shown().parser.screen().bracketed_paste();
        let bytes = if bracketed {
            format!("\x1b[200~{text}\x1b[201~")
        } else {
            text.to_owned()
        };
        self.send(bytes.as_bytes());
    }

    /// Presses and lets go of the left button at a cell, counted from 0.
    pub fn click(&self, x: u16, y: u16) {
        self.send(format!("\x1b[<0;{0};{1}M\x1b[<0;{0};{1}m", x + 1, y + 1).as_bytes());
    }

    /// Clicks on the first place where the screen shows a text.
    pub fn click_on(&self, text: &str) {
        let (x, y) = self
            .find(text)
            .unwrap_or_else(|| self.fail(&format!("'{text}' is nowhere to be clicked")));
        self.click(x, y);
    }

    /// Turns the wheel at a cell; negative is up.
    pub fn scroll(&self, x: u16, y: u16, steps: i32) {
        let button = if steps < 0 { 64 } else { 65 };
        for _ in 0..steps.abs() {
            self.send(format!("\x1b[<{button};{};{}M", x + 1, y + 1).as_bytes());
        }
    }

    /// Changes the window's size. 0 is allowed, as when a window is folded away.
    pub fn resize(&self, cols: u16, rows: u16) {
        self.shown()
            .parser
            .screen_mut()
            .set_size(at_least_one(rows), at_least_one(cols));
        self.master
            .resize(pty_size(cols, rows))
            .expect("the window changes its size");
    }

    /// Sends a signal by its name (`TERM`, `HUP`, `INT`, `KILL`, …) to the program that was started.
    pub fn signal(&self, name: &str) {
        send_signal(self.pid(), name);
    }

    /// Sends a signal to the first program below this terminal that has this name, as behind a shell.
    pub fn signal_to(&self, program: &str, name: &str) {
        send_signal(self.pid_of(program), name);
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("the program runs")
    }

    /// The process of this name among the program and what it started.
    pub fn pid_of(&self, program: &str) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(pid) = descendants(self.pid())
                .into_iter()
                .find(|pid| command_name(*pid) == program)
            {
                return pid;
            }
            if Instant::now() > end {
                self.fail(&format!("no process named {program}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    // --- what comes out

    /// Waits until the screen shows a text.
    pub fn wait_for(&self, text: &str) {
        self.wait_for_within(text, PATIENCE);
    }

    pub fn wait_for_within(&self, text: &str, patience: Duration) {
        self.wait_until(&format!("'{text}' to be shown"), patience, |screen| {
            screen.contents().contains(text)
        });
    }

    /// Waits until the screen does not show a text any more.
    pub fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("'{text}' to go"), PATIENCE, |screen| {
            !screen.contents().contains(text)
        });
    }

    /// Waits until the parsed screen is as wanted; looks again whenever the program writes something.
    pub fn wait_until(&self, what: &str, patience: Duration, wanted: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + patience;
        let mut shown = self.shown();
        while !wanted(shown.parser.screen()) {
            let left = end.saturating_duration_since(Instant::now());
            if shown.closed || left.is_zero() {
                let why = if shown.closed {
                    "the program ended"
                } else {
                    "it did not come"
                };
                drop(shown);
                self.fail(&format!("waited for {what}, but {why}"));
            }
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until the program has written more than this many bytes in all.
    pub fn wait_written(&self, length: usize) {
        let shown = self.shown();
        let waiting = |shown: &mut Shown| shown.raw.len() <= length && !shown.closed;
        let (shown, late) = self.shown.1.wait_timeout_while(shown, PATIENCE, waiting).unwrap();
        drop(shown);
        if late.timed_out() {
            self.fail("waited for the program to write something");
        }
    }

    /// Waits until the program has written nothing for this long.
    pub fn wait_quiet(&self, pause: Duration) {
        let end = Instant::now() + PATIENCE;
        let mut shown = self.shown();
        let mut length = shown.raw.len();
        let mut since = Instant::now();
        while since.elapsed() < pause && !shown.closed {
            shown = self
                .shown
                .1
                .wait_timeout(shown, pause.saturating_sub(since.elapsed()))
                .unwrap()
                .0;
            if shown.raw.len() != length {
                length = shown.raw.len();
                since = Instant::now();
            }
            if Instant::now() > end {
                drop(shown);
                self.fail("the program never stopped writing");
            }
        }
    }

    /// Waits for the program's end.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = &self.ended {
                return status.clone();
            }
            self.ended = self.child.try_wait().expect("the program can be waited for");
            if self.ended.is_some() {
                self.wait_closed();
                continue;
            }
            if Instant::now() > end {
                self.fail("waited for the program to end");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until everything that an ended program wrote is taken in.
    fn wait_closed(&self) {
        let shown = self.shown();
        let closed = self
            .shown
            .1
            .wait_timeout_while(shown, Duration::from_secs(5), |shown| !shown.closed);
        drop(closed);
    }

    pub fn is_running(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("the program can be waited for");
        }
        self.ended.is_none()
    }

    /// What the screen shows, without spaces at line ends.
    pub fn screen(&self) -> String {
        self.shown().parser.screen().contents()
    }

    pub fn size(&self) -> (u16, u16) {
        let (rows, cols) = self.shown().parser.screen().size();
        (cols.get(), rows.get())
    }

    /// One line of the screen.
    pub fn row(&self, y: u16) -> String {
        let (cols, _) = self.size();
        let shown = self.shown();
        shown
            .parser
            .screen()
            .rows(0, cols)
            .nth(usize::from(y))
            .unwrap_or_default()
    }

    pub fn cell(&self, x: u16, y: u16) -> Cell {
        let shown = self.shown();
        let cell = shown
            .parser
            .screen()
            .cell(y, x)
            .unwrap_or_else(|| panic!("no cell at {x},{y}"));
        Cell {
            text: cell.contents().to_owned(),
            foreground: cell.fgcolor(),
            background: cell.bgcolor(),
            bold: cell.bold(),
            dim: cell.dim(),
            italic: cell.italic(),
            underline: cell.underline(),
            inverse: cell.inverse(),
            wide: cell.is_wide(),
            wide_rest: cell.is_wide_continuation(),
        }
    }

    /// Column and row of the first place that shows a text on one line.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        let (cols, rows) = self.size();
        let shown = self.shown();
        let screen = shown.parser.screen();
        for y in 0..rows {
            let mut line = String::new();
            let mut columns = Vec::new();
            for x in 0..cols {
                let Some(cell) = screen.cell(y, x).filter(|cell| !cell.is_wide_continuation()) else {
                    continue;
                };
                let shown = if cell.has_contents() { cell.contents() } else { " " };
                columns.resize(columns.len() + shown.len(), x);
                line.push_str(shown);
            }
            if let Some(at) = line.find(text) {
                return Some((columns[at], y));
            }
        }
        None
    }

    /// Column and row of the cursor; `None` while it is hidden.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        let shown = self.shown();
        let screen = shown.parser.screen();
        let (row, column) = screen.cursor_position();
        (!screen.hide_cursor()).then_some((column, row))
    }

    /// Whether the alternate screen is shown.
    pub fn is_alternate(&self) -> bool {
        self.shown().parser.screen().alternate_screen()
    }

    /// Everything written so far.
    pub fn raw(&self) -> Vec<u8> {
        self.shown().raw.clone()
    }

    pub fn raw_len(&self) -> usize {
        self.shown().raw.len()
    }

    /// The private modes (`CSI ? n h`, `CSI ? n l`) that were set or reset, as they stand now.
    pub fn modes(&self) -> BTreeMap<u16, bool> {
        private_modes(&self.raw())
    }

    /// Fails unless the terminal is as a program found it: main screen, cursor shown, no modes left on, no colour left on.
    pub fn assert_restored(&self) {
        for (mode, on) in self.modes() {
            // Lines wrap (7) and the cursor shows (25) in a fresh terminal; everything else is off.
            if on != matches!(mode, 7 | 25) {
                self.fail(&format!("mode ?{mode} was left {}", if on { "on" } else { "off" }));
            }
        }
        let shown = self.shown();
        let screen = shown.parser.screen();
        let attributes = (
            screen.fgcolor(),
            screen.bgcolor(),
            screen.bold(),
            screen.inverse(),
            screen.underline(),
        );
        let plain = (vt100::Color::Default, vt100::Color::Default, false, false, false);
        let is_plain = attributes == plain && !screen.alternate_screen() && !screen.hide_cursor();
        drop(shown);
        if !is_plain {
            self.fail("the terminal was not left as it was found");
        }
    }

    /// CPU time that the process used so far, in ticks of the kernel (usually a hundred a second).
    #[cfg(target_os = "linux")]
    pub fn cpu_ticks(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
        let fields: Vec<&str> = text[text.rfind(')').unwrap() + 1..].split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Ends the test with the screen printed.
    pub fn fail(&self, why: &str) -> ! {
        let raw = self.raw();
        let tail = String::from_utf8_lossy(&raw[raw.len().saturating_sub(300)..]).into_owned();
        let (cols, rows) = self.size();
        panic!(
            "{why}\n--- the screen, {cols}x{rows}:\n{}\n--- the last bytes:\n{tail:?}\n",
            self.screen()
        );
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn pty_size(cols: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn at_least_one(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

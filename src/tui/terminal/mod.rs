//! The terminal itself: entering and leaving it, on one path, whatever the reason.
//!
//! Nothing else in the program changes the terminal's state. [`restore`] may be called any number of times, from any
//! thread, also while unwinding.

mod clipboard;
mod editor;
mod suspend;
#[cfg(all(test, unix))]
mod tests;

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue, style};
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;

pub use clipboard::copy_sequence;
pub use editor::{edit_in, editor_command};
pub use suspend::{can_suspend, suspend_process};

/// True between [`Screen::enter`] and [`restore`].
static ENTERED: AtomicBool = AtomicBool::new(false);
/// Whether the mouse was taken, so that only what was switched on is switched off.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// The drawn screen.
pub struct Screen {
    terminal: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
}

/// Why there is no screen to draw on.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    #[error(
        "Seedbed needs a terminal for its screens; without one, use the commands that work in scripts: seedbed check, generate, samples, review, commit"
    )]
    NoTerminal,
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
}

impl Screen {
    /// True when input and output are a terminal.
    pub fn is_there() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Takes the terminal over: raw mode, alternate screen, paste, focus and mouse reports.
    ///
    /// # Errors
    /// [`ScreenError::NoTerminal`] when input or output is not a terminal.
    pub fn enter(mouse: bool) -> Result<Self, ScreenError> {
        if !Screen::is_there() {
            return Err(ScreenError::NoTerminal);
        }
        // We decide about colours (`NO_COLOR` included) in the theme; crossterm's own way loses bold and reverse.
        style::force_color_output(true);
        take_over(mouse)?;
        let terminal = ratatui::Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout())))?;
        Ok(Screen { terminal, mouse })
    }

    /// Takes the terminal over again after a suspension or an editor, and draws everything anew.
    pub fn enter_again(&mut self) -> io::Result<()> {
        take_over(self.mouse)?;
        self.redraw()
    }

    /// Forgets what is drawn, so that the next frame writes every cell.
    ///
    /// ratatui's own `clear` asks the terminal where its cursor is, which fails while nobody reads the keyboard.
    pub fn redraw(&mut self) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
        self.terminal.swap_buffers();
        Ok(())
    }

    /// Draws one frame inside a synchronized update; only changed cells are written.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame)) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self.terminal.draw(view).map(|_| ());
        queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        Write::flush(self.terminal.backend_mut())?;
        drawn
    }

    /// Takes the mouse, or leaves it to the terminal.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        MOUSE.store(on, Ordering::SeqCst);
        if on {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// Sends a sequence that draws nothing (clipboard, title).
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        let backend = self.terminal.backend_mut();
        backend.write_all(sequence.as_bytes())?;
        Write::flush(backend)
    }

    /// The size in columns and rows, as the terminal says now.
    pub fn size(&self) -> (u16, u16) {
        crossterm::terminal::size().unwrap_or((80, 24))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn take_over(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    queue!(
        out,
        EnterAlternateScreen,
        DisableLineWrap,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    )?;
    if mouse {
        MOUSE.store(true, Ordering::SeqCst);
        queue!(out, EnableMouseCapture)?;
    }
    out.flush()
}

/// Gives the terminal back as it was. Does nothing when it was not taken.
pub fn restore() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Each step is tried even when one before failed: a closed terminal takes none, a half-broken one takes some.
    let _ = queue!(out, EndSynchronizedUpdate);
    if MOUSE.load(Ordering::SeqCst) {
        let _ = queue!(out, DisableMouseCapture);
    }
    let _ = queue!(
        out,
        DisableFocusChange,
        DisableBracketedPaste,
        EnableLineWrap,
        style::ResetColor
    );
    let _ = queue!(
        out,
        style::SetAttribute(style::Attribute::Reset),
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// Makes a panic give the terminal back before its message is printed, and keeps a report in `folder`.
pub fn restore_on_panic(folder: std::path::PathBuf) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let was_entered = ENTERED.load(Ordering::SeqCst);
        // A panic inside a job is caught and reported on screen; the screen stays.
        if std::thread::current().name() != Some("main") {
            return;
        }
        restore();
        before(panic);
        if was_entered {
            let report = folder.join("crash.txt");
            let text = format!("seedbed {}\n{panic}\n", env!("CARGO_PKG_VERSION"));
            if std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&report, text))
                .is_ok()
            {
                let _ = writeln!(
                    io::stderr(),
                    "A report is in {}. Unsaved text is kept as drafts.",
                    report.display()
                );
            }
        }
    }));
}

/// Asks the terminal whether its background is light; `None` when it does not say within 150 ms.
///
/// Must be called before anything else reads from the terminal.
pub fn background_is_light(term: Option<&str>) -> Option<bool> {
    if term.is_none_or(|term| term == "dumb") {
        return None;
    }
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = std::time::Duration::from_millis(150);
    terminal_colorsaurus::theme_mode(options)
        .ok()
        .map(|mode| mode == terminal_colorsaurus::ThemeMode::Light)
}

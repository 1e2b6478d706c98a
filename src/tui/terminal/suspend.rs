//! Ctrl-Z: stopping as the shell expects, and coming back.

use std::io;

/// Stops this process as Ctrl-Z would; returns when the shell continues it. The terminal must be restored before.
///
/// # Errors
/// When the system refuses the signal.
#[cfg(unix)]
pub fn suspend_process() -> io::Result<()> {
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)
}

/// Windows has no job control: nothing happens.
#[cfg(not(unix))]
pub fn suspend_process() -> io::Result<()> {
    Ok(())
}

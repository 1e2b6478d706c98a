//! Ctrl-Z: stopping as the shell expects, and coming back.

use std::io;

/// True when a shell with job control would get the terminal back if this process stopped.
///
/// Such a shell gives each job a process group of its own; a program that leads its session, or shares the leader's group, has
/// nobody above it who would ever continue it.
#[cfg(unix)]
pub fn can_suspend() -> bool {
    match (rustix::process::getsid(None), rustix::process::getpgrp()) {
        (Ok(session), group) => session != group,
        (Err(_), _) => false,
    }
}

/// Stops this job as Ctrl-Z would: the whole process group, so that a script around the program stops too and `fg` continues
/// both. Returns when the shell continues it. The terminal must be restored before.
///
/// # Errors
/// When the system refuses the signal.
#[cfg(unix)]
pub fn suspend_process() -> io::Result<()> {
    Ok(rustix::process::kill_current_process_group(
        rustix::process::Signal::STOP,
    )?)
}

/// Windows has no job control.
#[cfg(not(unix))]
pub fn can_suspend() -> bool {
    false
}

/// Windows has no job control: nothing happens.
#[cfg(not(unix))]
pub fn suspend_process() -> io::Result<()> {
    Ok(())
}

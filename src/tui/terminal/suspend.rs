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

/// Stops this program, and the script that the shell started it from, if there is one, so that the shell takes the terminal back;
/// `fg` continues both. Returns when the shell continues it. The terminal must be restored before.
///
/// The rest of the process group goes on: a child that is stopped between its start and its `exec` keeps the thread that starts it
/// from stopping, and then the shell would wait for ever.
///
/// # Errors
/// When the system refuses the signal.
#[cfg(unix)]
pub fn suspend_process() -> io::Result<()> {
    use rustix::process::{Signal, getpgrp, getpid, kill_process};
    let (leader, own) = (getpgrp(), getpid());
    if leader != own {
        // It may have ended meanwhile.
        let _ = kill_process(leader, Signal::STOP);
    }
    Ok(kill_process(own, Signal::STOP)?)
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

//! Holding a file, so that no other process works on what it stands for.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::ops::{Deref, DerefMut};

/// A file that this process holds for itself until the value is dropped. File systems without locks are used without.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Waits until nobody else holds the file.
    ///
    /// # Errors
    /// What the system says; never that it has no locks.
    pub fn wait(file: File) -> io::Result<Self> {
        match file.lock() {
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(error),
            _ => Ok(Lock(file)),
        }
    }

    /// Takes the file if nobody holds it; `None` when somebody does.
    ///
    /// # Errors
    /// What the system says; never that it has no locks.
    pub fn take(file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => Err(error),
            _ => Ok(Some(Lock(file))),
        }
    }

    /// True when another process holds the file, or when that cannot be found out. Two who ask at once do not take each
    /// other for the holder.
    pub fn is_taken(file: File) -> bool {
        let is_taken = file.try_lock_shared().is_err();
        drop(Lock(file));
        is_taken
    }
}

impl Drop for Lock {
    /// Gives the file back for certain: closing it is not enough while a child process, between its start and its program,
    /// still has a copy of the handle.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl Deref for Lock {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl DerefMut for Lock {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_given_back_though_a_copy_of_the_handle_lives_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open = || File::options().create(true).append(true).open(&path).unwrap();
        let file = open();
        // As a child process has it that is just being started.
        let _copy = file.try_clone().unwrap();
        let lock = Lock::take(file).unwrap().unwrap();
        assert!(Lock::take(open()).unwrap().is_none());
        assert!(Lock::is_taken(open()));
        drop(lock);
        assert!(!Lock::is_taken(open()));
        assert!(Lock::take(open()).unwrap().is_some());
    }

    #[test]
    fn whoever_looks_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open = || File::options().create(true).append(true).open(&path).unwrap();
        let file = open();
        let _copy = file.try_clone().unwrap();
        assert!(!Lock::is_taken(file));
        assert!(Lock::take(open()).unwrap().is_some());
    }
}

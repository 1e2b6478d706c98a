//! Appending whole lines so that a crash, a full disk or a second writer never costs a line that was there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use serde::Serialize;

use super::error::plain_reason;
use super::jsonl::is_json;
use crate::disk::{Lock, folder_of, sync_folder};
use crate::samples::{Notice, StoreError};

/// One record as a line with its line end.
pub fn line_of<T: Serialize>(record: &T, path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut line = serde_json::to_vec(record).map_err(|error| StoreError::Unwritten {
        path: path.to_owned(),
        reason: error.to_string(),
    })?;
    line.push(b'\n');
    Ok(line)
}

/// Where lines were put, and what was mended first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Where the first of the new bytes stands.
    pub offset: u64,
    pub notice: Option<Notice>,
}

/// Appends whole lines in one write and returns once they are on the disk.
///
/// The file is opened anew each time: git replaces files while the program runs, and a kept handle would write into the
/// one that is gone. A lock on the file keeps a second writer's mending away. When anything fails, the file is put back
/// as it was and the error says that nothing was recorded. The folder must be there.
pub fn append_synced(path: &Path, lines: &[u8]) -> Result<Appended, StoreError> {
    let refused = |error: io::Error| StoreError::unwritable(path, &error);
    let is_new = !path.exists();
    let mut file = open(path).and_then(Lock::wait).map_err(refused)?;
    let (offset, notice) = mend_locked(&mut file, path, Care::LineEnd).map_err(refused)?;
    write_or_undo(&mut file, path, offset, lines)?;
    let synced = file
        .sync_data()
        .and_then(|()| if is_new { sync_folder(folder_of(path)) } else { Ok(()) });
    if let Err(error) = synced {
        return Err(put_back(path, offset, &error));
    }
    Ok(Appended { offset, notice })
}

/// Sets a torn last line aside before a file is written to again: one without line end or whose JSON is not whole.
///
/// A missing file needs no mending. The torn bytes go to `<file>.torn-<n>` and are on the disk before the file is cut.
pub fn mend(path: &Path) -> Result<Option<Notice>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let refused = |error: io::Error| StoreError::unwritable(path, &error);
    let mut file = open(path).and_then(Lock::wait).map_err(refused)?;
    mend_locked(&mut file, path, Care::WholeLine)
        .map(|(_, notice)| notice)
        .map_err(refused)
}

/// A file of lines that one process writes for a while: kept open, synced now and then.
#[derive(Debug)]
pub(super) struct LineWriter {
    path: PathBuf,
    file: File,
    length: u64,
    unsynced: usize,
    /// Brings earlier lines onto the disk while others are written.
    syncing: Option<JoinHandle<io::Result<()>>>,
}

/// How many lines may wait for the disk. They survive the death of the process anyway; only power loss could take them.
const LINES_PER_SYNC: usize = 64;

impl LineWriter {
    /// Opens a file for one writer, setting a torn last line aside. Its owner must hold a lock over the whole.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Notice>), StoreError> {
        let refused = |error: io::Error| StoreError::unwritable(path, &error);
        let mut file = open(path).map_err(refused)?;
        let (length, notice) = mend_locked(&mut file, path, Care::WholeLine).map_err(refused)?;
        Ok((
            LineWriter {
                path: path.to_owned(),
                file,
                length,
                unsynced: 0,
                syncing: None,
            },
            notice,
        ))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines in one write; returns where they start.
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<u64, StoreError> {
        let offset = self.length;
        write_or_undo(&mut self.file, &self.path, offset, lines)?;
        self.length += lines.len() as u64;
        self.unsynced += 1;
        if self.unsynced >= LINES_PER_SYNC && self.syncing.as_ref().is_none_or(JoinHandle::is_finished) {
            self.sync_beside()?;
        }
        Ok(offset)
    }

    /// Begins to put what waits onto the disk, which takes milliseconds, and does not wait for it.
    fn sync_beside(&mut self) -> Result<(), StoreError> {
        let refused = |error: io::Error| StoreError::unwritable(&self.path, &error);
        Self::outcome_of(self.syncing.take()).map_err(refused)?;
        let file = self.file.try_clone().map_err(refused)?;
        self.syncing = Some(std::thread::spawn(move || file.sync_data()));
        self.unsynced = 0;
        Ok(())
    }

    fn outcome_of(syncing: Option<JoinHandle<io::Result<()>>>) -> io::Result<()> {
        match syncing.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(io::Error::other("the thread that brings lines onto the disk died")),
        }
    }

    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        let earlier = Self::outcome_of(self.syncing.take());
        earlier.map_err(|error| StoreError::unwritable(&self.path, &error))?;
        if self.unsynced > 0 {
            self.file
                .sync_data()
                .map_err(|error| StoreError::unwritable(&self.path, &error))?;
            self.unsynced = 0;
        }
        Ok(())
    }
}

/// How closely the end of a file is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Only whether it ends with a line end: one byte read.
    LineEnd,
    /// Whether the last line is whole JSON, too: after power loss it may be zeros.
    WholeLine,
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// Makes sure that the file ends with a whole line; returns its length then.
fn mend_locked(file: &mut File, path: &Path, care: Care) -> io::Result<(u64, Option<Notice>)> {
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok((0, None));
    }
    let mut last = [0u8];
    file.seek(SeekFrom::Start(length - 1))?;
    file.read_exact(&mut last)?;
    let ended = last == [b'\n'];
    if ended && care == Care::LineEnd {
        return Ok((length, None));
    }
    let (start, tail) = last_line(file, length)?;
    let text = tail.trim_ascii();
    let text = if start == 0 {
        text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
    } else {
        text
    };
    if text.is_empty() || is_json(text) {
        if ended {
            return Ok((length, None));
        }
        // Whole, only the line end is missing: an editor or a merge took it.
        file.write_all(b"\n")?;
        return Ok((length + 1, None));
    }
    let to = set_aside(path, &tail)?;
    truncate(path, start)?;
    Ok((
        start,
        Some(Notice::SetAside {
            path: path.to_owned(),
            to,
            bytes: tail.len() as u64,
        }),
    ))
}

/// The last line with its line end, if it has one, and where it starts; read backwards, so that long files cost nothing.
fn last_line(file: &mut File, length: u64) -> io::Result<(u64, Vec<u8>)> {
    let mut window = 64 * 1024;
    loop {
        let start = length.saturating_sub(window);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(length - start).read_to_end(&mut bytes)?;
        let body = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        match body.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => return Ok((start + at as u64 + 1, bytes.split_off(at + 1))),
            None if start == 0 => return Ok((0, bytes)),
            None => window *= 4,
        }
    }
}

fn set_aside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut n = 1u32;
    loop {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".torn-{n}"));
        let to = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&to) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                file.sync_all()?;
                sync_folder(folder_of(path))?;
                return Ok(to);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
            Err(error) => return Err(error),
        }
    }
}

fn write_or_undo(file: &mut File, path: &Path, offset: u64, lines: &[u8]) -> Result<(), StoreError> {
    file.write_all(lines).map_err(|error| put_back(path, offset, &error))
}

/// Cuts off what a failed write left; the error then truly says that nothing was recorded.
fn put_back(path: &Path, length: u64, error: &io::Error) -> StoreError {
    match truncate(path, length) {
        Ok(()) => StoreError::unwritable(path, error),
        Err(_) => StoreError::Uncertain {
            path: path.to_owned(),
            reason: plain_reason(error),
        },
    }
}

/// A handle of its own: on some systems one for appending may not cut.
fn truncate(path: &Path, length: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(length)
}

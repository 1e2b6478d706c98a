//! Reading files of one JSON value a line, from where one left off. Never writes.

use std::fs::{File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::{DeserializeOwned, IgnoredAny};

use crate::samples::{Notice, StoreError};

/// One line as found, without its line end.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Where `bytes` starts in the file.
    pub offset: u64,
    pub bytes: &'a [u8],
}

impl Line<'_> {
    /// Tells that this line is not what it should be.
    pub fn broken(&self, path: &Path, error: &serde_json::Error) -> Notice {
        Notice::Broken {
            path: path.to_owned(),
            line: self.number,
            reason: json_reason(error),
        }
    }
}

/// The parser counts lines inside the one line it was given; only the column helps.
pub(crate) fn json_reason(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

/// What a reading brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grown {
    /// Lines handed on.
    pub lines: u64,
    /// The part read before is gone or differs: forget what came from this file and follow it anew. Nothing was handed on.
    pub rewritten: bool,
    /// A last line that is not whole; it is handed on once it is.
    pub unfinished: Option<Notice>,
    /// The reading stopped at its limit: there are more lines.
    pub more: bool,
}

/// A file of lines that is read on from where the last reading ended.
///
/// Appending is cheap to follow. Anything else (a merge, another branch, a deletion) is noticed by the length and by the
/// last line read, and told as [`Grown::rewritten`].
#[derive(Debug, Clone)]
pub struct Followed {
    path: PathBuf,
    stamp: Option<Stamp>,
    /// The end of the last line handed on.
    offset: u64,
    lines: u64,
    /// The last line handed on had no line end yet.
    open_line: bool,
    last: Option<Mark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: u64,
    length: usize,
    hash: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Stamp {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

impl Followed {
    pub fn new(path: &Path) -> Self {
        Followed {
            path: path.to_owned(),
            stamp: None,
            offset: 0,
            lines: 0,
            open_line: false,
            last: None,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The end of the last line handed on, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Hands on every line that was added since the last call; blank lines are passed over.
    ///
    /// A last line without its line end counts when it is whole JSON (an editor or a merge may have taken the line end);
    /// otherwise someone may be writing it right now, and it waits. A missing file is an empty one.
    pub fn read_on(&mut self, visit: &mut dyn FnMut(Line<'_>)) -> Result<Grown, StoreError> {
        self.read_on_for(u64::MAX, visit)
    }

    /// The same for so many bytes and the rest of the line they end in: the next call goes on from there.
    pub fn read_on_for(&mut self, most: u64, visit: &mut dyn FnMut(Line<'_>)) -> Result<Grown, StoreError> {
        self.read_on_inner(most, visit)
            .map_err(|error| StoreError::unreadable(&self.path, &error))
    }

    fn read_on_inner(&mut self, most: u64, visit: &mut dyn FnMut(Line<'_>)) -> io::Result<Grown> {
        let rewritten = Grown {
            rewritten: true,
            ..Grown::default()
        };
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(if self.offset == 0 { Grown::default() } else { rewritten });
            }
            Err(error) => return Err(error),
        };
        let stamp = Stamp::of(&file.metadata()?);
        if self.stamp == Some(stamp) {
            return Ok(Grown::default());
        }
        if stamp.length < self.offset {
            return Ok(rewritten);
        }
        if let Some(mark) = self.last
            && hash_at(&mut file, mark.offset, mark.length)? != mark.hash
        {
            return Ok(rewritten);
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let mut buffer = Vec::new();
        let mut grown = Grown::default();
        let mut last = None;
        let begun = self.offset;
        loop {
            if self.offset - begun >= most {
                grown.more = true;
                break;
            }
            buffer.clear();
            let length = reader.read_until(b'\n', &mut buffer)?;
            if length == 0 {
                break;
            }
            let ended = buffer.last() == Some(&b'\n');
            let text = buffer.trim_ascii();
            if self.open_line {
                if !text.is_empty() {
                    return Ok(rewritten);
                }
                self.open_line = !ended;
                self.offset += length as u64;
                continue;
            }
            let text = if self.offset == 0 {
                text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
            } else {
                text
            };
            let number = self.lines + 1;
            if !ended && !text.is_empty() && !is_json(text) {
                grown.unfinished = Some(Notice::Unfinished {
                    path: self.path.clone(),
                    line: number,
                });
                break;
            }
            if !text.is_empty() {
                let before = text.as_ptr().addr() - buffer.as_ptr().addr();
                let offset = self.offset + before as u64;
                visit(Line {
                    number,
                    offset,
                    bytes: text,
                });
                grown.lines += 1;
                last = Some((offset, text.len()));
                self.open_line = !ended;
            }
            if ended || !text.is_empty() {
                self.lines = number;
            }
            self.offset += length as u64;
        }
        if let Some((offset, length)) = last {
            let mut file = reader.into_inner();
            self.last = Some(Mark {
                offset,
                length,
                hash: hash_at(&mut file, offset, length)?,
            });
        }
        self.stamp = Some(stamp).filter(|_| !grown.more);
        Ok(grown)
    }
}

fn hash_at(file: &mut File, offset: u64, length: usize) -> io::Result<u64> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes)?;
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    Ok(hasher.finish())
}

/// True for one whole JSON value, whatever it says.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

/// Reads exactly `length` bytes at `offset`.
pub(crate) fn read_at(path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads the line that begins at `offset`, without its end.
pub(crate) fn read_line_at(path: &Path, offset: u64) -> io::Result<Vec<u8>> {
    let mut file = BufReader::new(File::open(path)?);
    file.seek(SeekFrom::Start(offset))?;
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    line.pop_if(|last| *last == b'\n');
    Ok(line)
}

/// All records of a file, and what was odd about it.
#[derive(Debug, Clone)]
pub struct Records<T> {
    pub records: Vec<T>,
    pub notices: Vec<Notice>,
}

/// Reads a whole file of records. Lines that are not such a record are skipped with a notice; a missing file is empty.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Records<T>, StoreError> {
    let mut records = Vec::new();
    let notices = each_line(path, &mut |_, record| records.push(record))?;
    Ok(Records { records, notices })
}

/// Hands on every record of a file with the offset of its line, one after the other. Lines that are not such a record are
/// skipped with a notice.
pub(crate) fn each_line<T: DeserializeOwned>(
    path: &Path,
    visit: &mut dyn FnMut(u64, T),
) -> Result<Vec<Notice>, StoreError> {
    let mut notices = Vec::new();
    let unfinished = each_parsed(path, |line, record| {
        match record {
            Ok(record) => visit(line.offset, record),
            Err(error) => notices.push(line.broken(path, &error)),
        }
        Ok(())
    })?;
    notices.extend(unfinished);
    Ok(notices)
}

/// Hands on every line of a file with the record that it holds, or why it holds none; the first failure of `visit` is the
/// failure of all. Tells of a last line that is not whole.
pub(crate) fn each_parsed<T, F>(path: &Path, mut visit: F) -> Result<Option<Notice>, StoreError>
where
    T: DeserializeOwned,
    F: FnMut(Line<'_>, serde_json::Result<T>) -> Result<(), StoreError>,
{
    let mut outcome = Ok(());
    let grown = Followed::new(path).read_on(&mut |line| {
        if outcome.is_ok() {
            outcome = visit(line, serde_json::from_slice(line.bytes));
        }
    })?;
    outcome.map(|()| grown.unfinished)
}

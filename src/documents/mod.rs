//! Import: turns a file that an expert has (PDF, DOCX, HTML, plain text) into Markdown that a taxonomy's documents can hold.
//!
//! ```text
//! bytes ─► which format? ─► a command from the person's settings, or a library ─► tidy Markdown + what could not be read
//! ```
//!
//! The files come from anywhere: broken, cut off, locked, packed so that they burst. Libraries therefore work on a thread of their own,
//! with limits on bytes and time, and one that panics is an error with a sentence. The result is a proposal that a person corrects.
//!
//! This room reads no folders, writes no files, knows neither git nor a leaf.

mod apart;
mod command;
mod docx;
mod error;
mod format;
mod html;
mod pdf;
mod plain;
mod tidy;

#[cfg(test)]
mod tests;
#[cfg(all(test, feature = "convert"))]
mod tiny_pdf;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

pub use error::ImportError;
pub use format::Format;

/// The largest file that is converted.
pub const MOST_BYTES: usize = 64 << 20;
/// The largest Markdown that is taken; documents up to this size are read again later.
const MOST_MARKDOWN: usize = 32 << 20;
/// How long a conversion may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Commands that convert instead of the libraries inside: the file's ending in lower case (`pdf`) to a command whose output is Markdown.
/// `{}` stands for the file; without it the file comes last.
pub type Commands = BTreeMap<String, String>;

/// A file as Markdown, not yet looked over by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// A name for it in the repository, as in `young_plants.md`.
    pub name: String,
    /// Ends with one newline; never blank.
    pub markdown: String,
    pub format: Format,
    /// Which library or command converted it.
    pub by: String,
    /// Of a PDF.
    pub pages: Option<usize>,
    /// Pages, from 1, that hold no text that could be read.
    pub unread_pages: Vec<usize>,
    /// Pages, from 1, whose text may be wrong: letters without a meaning, or writing in a picture.
    pub doubtful_pages: Vec<usize>,
    /// What else a person should look at, one sentence each.
    pub notes: Vec<String>,
}

/// Converts a file. `path` gives its name and is what a command is run on; `bytes` is what it holds.
///
/// # Errors
/// [`ImportError`] when there is nothing to show: an unknown format, a damaged or locked file, a scan without text.
pub fn import(path: &Path, bytes: &[u8], commands: &Commands) -> Result<Imported, ImportError> {
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if bytes.is_empty() {
        return Err(ImportError::Empty { file });
    }
    if bytes.len() > MOST_BYTES {
        return Err(ImportError::TooLarge {
            file,
            megabytes: bytes.len() >> 20,
            most: MOST_BYTES >> 20,
        });
    }
    let mut made = match command::chosen(path, commands) {
        Some(line) => {
            let markdown = command::convert(line, path, &file)?;
            Made::by(Format::of(&file, bytes).unwrap_or(Format::Text), line, markdown)
        }
        None => by_library(&file, bytes)?,
    };
    made.markdown = tidy::tidy(&made.markdown);
    if made.markdown.trim().is_empty() {
        return Err(match made.format {
            Format::Pdf => ImportError::Scanned {
                file,
                pages: made.pages.unwrap_or(0),
            },
            _ => ImportError::NoText { file },
        });
    }
    if made.markdown.len() > MOST_MARKDOWN {
        return Err(ImportError::Bursts {
            file,
            most: MOST_MARKDOWN >> 20,
        });
    }
    Ok(Imported {
        name: format::document_name(&file),
        markdown: made.markdown,
        format: made.format,
        by: made.by,
        pages: made.pages,
        unread_pages: made.unread_pages,
        doubtful_pages: made.doubtful_pages,
        notes: made.notes,
    })
}

/// What a converter made, before it is tidied.
struct Made {
    markdown: String,
    format: Format,
    by: String,
    pages: Option<usize>,
    unread_pages: Vec<usize>,
    doubtful_pages: Vec<usize>,
    notes: Vec<String>,
}

impl Made {
    fn by(format: Format, by: &str, markdown: String) -> Self {
        Made {
            markdown,
            format,
            by: by.to_owned(),
            pages: None,
            unread_pages: Vec::new(),
            doubtful_pages: Vec::new(),
            notes: Vec::new(),
        }
    }
}

fn by_library(file: &str, bytes: &[u8]) -> Result<Made, ImportError> {
    let format = Format::of(file, bytes).ok_or_else(|| ImportError::UnknownFormat {
        file: file.to_owned(),
        ending: format::ending(file),
    })?;
    let (name, owned) = (file.to_owned(), bytes.to_vec());
    apart::apart(file, PATIENCE, move || match format {
        Format::Markdown | Format::Text => plain::convert(&name, &owned, format),
        Format::Html => html::convert(&name, &owned),
        Format::Docx => docx::convert(&name, &owned),
        Format::Pdf => pdf::convert(&name, &owned),
    })
}

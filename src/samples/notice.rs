//! What a reader of stored files found odd and went past: told to the person, never fatal.

use std::fmt;
use std::path::PathBuf;

/// One oddity in a file of lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A torn last line was moved out of the way before something was appended.
    SetAside { path: PathBuf, to: PathBuf, bytes: u64 },
    /// The last line is not whole: someone is writing it now, or a writer died. It is left where it is.
    Unfinished { path: PathBuf, line: u64 },
    /// A whole line that is not what it should be; it was skipped.
    Broken { path: PathBuf, line: u64, reason: String },
    /// A file or folder that could not be read at all.
    Unreadable { path: PathBuf, reason: String },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::SetAside { path, to, bytes } => write!(
                f,
                "the last line of '{}' was cut short by an earlier crash; its {bytes} bytes are kept in '{}'",
                path.display(),
                to.display()
            ),
            Notice::Unfinished { path, line } => {
                write!(
                    f,
                    "'{}' line {line} is not finished and was left out for now",
                    path.display()
                )
            }
            Notice::Broken { path, line, reason } => {
                write!(f, "'{}' line {line} was skipped: {reason}", path.display())
            }
            Notice::Unreadable { path, reason } => write!(f, "'{}' was left out: {reason}", path.display()),
        }
    }
}

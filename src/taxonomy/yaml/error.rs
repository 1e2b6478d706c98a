//! What can go wrong: text that is not YAML, and edits that cannot be made without risk.

/// Why a text is not one YAML document, and where. PyYAML refuses it as well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong and what to do, without the place.
    pub message: String,
}

impl SyntaxError {
    pub(super) fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        SyntaxError {
            line,
            column,
            message: message.into(),
        }
    }

    /// An error at a byte of the text.
    pub(super) fn at_byte(text: &str, byte: usize, message: impl Into<String>) -> Self {
        let (mut line, mut column) = (1, 1);
        let before = text.char_indices().take_while(|(at, _)| *at < byte).map(|(_, c)| c);
        let mut previous = '\0';
        for c in before {
            match c {
                '\n' if previous == '\r' => column = 1,
                '\n' | '\r' => {
                    line += 1;
                    column = 1;
                }
                '\u{feff}' if line == 1 && column == 1 => {}
                _ => column += 1,
            }
            previous = c;
        }
        SyntaxError::new(line, column, message)
    }
}

/// Why an edit was refused; the document is as it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("{path} does not exist in this file; open the file again to see what is there")]
    NotFound { path: String },
    #[error("{path} is {found}, not {wanted}; change it in the raw file first")]
    WrongShape {
        path: String,
        found: &'static str,
        wanted: &'static str,
    },
    #[error("there is no item {index} in {path}, which has {len}; choose one that exists")]
    OutOfRange { path: String, index: usize, len: usize },
    #[error(
        "{path} uses an anchor (&name) or an alias (*name), and changing it could change other places; edit the raw file"
    )]
    Anchored { path: String },
    #[error("{path} is written in a form this editor does not change ({reason}); edit the raw file")]
    Unsupported { path: String, reason: &'static str },
    #[error("'{text}' cannot stand here without quotes: it would be read differently; set it as text instead")]
    NotPlain { text: String },
    #[error("{path} could not be changed without touching something else in the file; edit the raw file")]
    NoSafeWay { path: String },
    #[error("the file would grow over {limit} bytes with this change; shorten the text")]
    TooLarge { limit: usize },
}

//! Why a file did not become Markdown, each with what to do about it.

/// Why there is nothing to import.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{file} is empty (0 bytes); get the file again")]
    Empty { file: String },
    #[error("{file} has {megabytes} MB; files up to {most} MB are converted, so split it")]
    TooLarge {
        file: String,
        megabytes: usize,
        most: usize,
    },
    #[error("{file} unpacks to more than {most} MB, which no document for reading does; nothing was taken from it")]
    Bursts { file: String, most: usize },
    #[error(
        "what {file} is cannot be told from its name or its first bytes; PDF, DOCX, HTML, Markdown and plain text are read{}",
        other_endings(ending)
    )]
    UnknownFormat { file: String, ending: String },
    #[error(
        "{file} is locked with a password; open it in the program that made it, save it without a password, and import that"
    )]
    Locked { file: String },
    #[error(
        "{file} cannot be read as {what}: {reason}; it is damaged or cut off, so get it again, or open it and save it anew"
    )]
    Damaged {
        file: String,
        what: &'static str,
        reason: String,
    },
    #[error(
        "{file} holds {pages} pages without any text, as a scan does; have a program such as ocrmypdf read the pictures first, \
         then import its result"
    )]
    Scanned { file: String, pages: usize },
    #[error("{file} holds no text; there may be only pictures in it")]
    NoText { file: String },
    #[error(
        "converting {file} took longer than {seconds} s and was given up; split it, or set a command for it under documents.converters"
    )]
    TooSlow { file: String, seconds: u64 },
    #[error("{file} makes the converter fail; set another one for it under documents.converters in your settings")]
    BrokeOff { file: String },
    #[cfg(not(feature = "convert"))]
    #[error(
        "this seedbed was built without its converters for {what}; set a command under documents.converters in your settings"
    )]
    NotBuilt { what: &'static str },
    #[error("the converter '{command}' has unbalanced quotes; mend documents.converters in your settings")]
    Quotes { command: String },
    #[error(
        "the converter '{command}' cannot be started ({reason}); install it, or mend documents.converters in your settings"
    )]
    NoCommand { command: String, reason: String },
    #[error("the converter '{command}' failed on {file}: {said}")]
    CommandFailed {
        command: String,
        file: String,
        said: String,
    },
}

fn other_endings(ending: &str) -> String {
    match ending {
        "doc" | "odt" | "rtf" | "epub" | "pptx" | "ppt" => {
            format!(
                "; save the .{ending} file as DOCX or PDF, or set a command for {ending} under documents.converters"
            )
        }
        _ => String::new(),
    }
}

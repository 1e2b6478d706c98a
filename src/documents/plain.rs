//! Texts in any encoding: Unicode by its mark, UTF-8, else what old programs of the West wrote.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::{Format, ImportError, Made};

pub(super) fn convert(file: &str, bytes: &[u8], format: Format) -> Result<Made, ImportError> {
    let (text, encoding) = decoded(bytes, None);
    if text.contains('\0') {
        return Err(ImportError::Damaged {
            file: file.to_owned(),
            what: "text",
            reason: "it holds zero bytes, as pictures and programs do".to_owned(),
        });
    }
    let mut made = Made::by(format, "seedbed", text);
    made.notes.extend(note(encoding));
    Ok(made)
}

/// Reads bytes as text; `named` is the encoding that the file itself names. Returns which one it was.
pub(super) fn decoded(bytes: &[u8], named: Option<&str>) -> (String, &'static Encoding) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let (text, encoding, _) = encoding.decode(bytes);
        return (text.into_owned(), encoding);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (text.to_owned(), UTF_8);
    }
    let encoding = named
        .and_then(|name| Encoding::for_label(name.trim().as_bytes()))
        .filter(|encoding| *encoding != UTF_8)
        .unwrap_or(WINDOWS_1252);
    let (text, encoding, _) = encoding.decode(bytes);
    (text.into_owned(), encoding)
}

pub(super) fn note(encoding: &'static Encoding) -> Option<String> {
    let guessed = encoding == WINDOWS_1252;
    guessed.then(|| "the text is not UTF-8 and was read as Windows-1252; look at its accents".to_owned())
}

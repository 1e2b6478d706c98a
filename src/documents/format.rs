//! What a file is, and what it is to be called.

use crate::text::normal::words;

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Text,
    Html,
    Docx,
    Pdf,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Format::Markdown => "markdown",
            Format::Text => "text",
            Format::Html => "html",
            Format::Docx => "docx",
            Format::Pdf => "pdf",
        }
    }

    /// Tells the format by the first bytes, else by the name's ending; `None` for what is not read.
    pub fn of(file: &str, bytes: &[u8]) -> Option<Format> {
        let head = bytes.get(..1024).unwrap_or(bytes);
        // Mail programs and servers put a few bytes before the real start.
        if head.windows(5).any(|window| window == b"%PDF-") {
            return Some(Format::Pdf);
        }
        let ending = ending(file);
        if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
            return (ending == "docx" || ending == "docm").then_some(Format::Docx);
        }
        match ending.as_str() {
            "md" | "markdown" => Some(Format::Markdown),
            "txt" | "text" | "rst" | "adoc" => Some(Format::Text),
            "html" | "htm" | "xhtml" => Some(Format::Html),
            "docx" | "docm" => Some(Format::Docx),
            "pdf" => Some(Format::Pdf),
            _ => {
                let text = String::from_utf8_lossy(head).to_lowercase();
                let start = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']);
                (start.starts_with("<!doctype html") || start.starts_with("<html")).then_some(Format::Html)
            }
        }
    }
}

/// The ending in lower case, without its dot; empty where there is none.
pub(super) fn ending(file: &str) -> String {
    match file.rsplit_once('.') {
        Some((name, ending)) if !name.is_empty() => ending.to_lowercase(),
        _ => String::new(),
    }
}

/// A name as InstructLab's documents have them: words in lower case, joined by underscores, ending in `.md`.
pub(super) fn document_name(file: &str) -> String {
    let stem = match file.rsplit_once('.') {
        Some((name, _)) if !name.is_empty() => name,
        _ => file,
    };
    let mut name = words(stem).join("_");
    name.retain(|c| c.is_alphanumeric() || c == '_');
    let cut = name.floor_char_boundary(80);
    name.truncate(cut);
    let name = name.trim_matches('_');
    format!("{}.md", if name.is_empty() { "document" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_content_before_the_name() {
        assert_eq!(Format::of("scan.txt", b"\n\n%PDF-1.7\n"), Some(Format::Pdf));
        assert_eq!(Format::of("page", b"  <!DOCTYPE html><p>"), Some(Format::Html));
        assert_eq!(Format::of("a.DOCX", b"PK\x03\x04"), Some(Format::Docx));
        assert_eq!(Format::of("a.zip", b"PK\x03\x04"), None);
        assert_eq!(Format::of("a.odt", b"PK\x03\x04"), None);
        assert_eq!(Format::of("notes.txt", b"frost"), Some(Format::Text));
        assert_eq!(Format::of(".txt", b"frost"), None);
    }

    #[test]
    fn names_follow_the_habit_of_the_documents() {
        assert_eq!(document_name("Young Plants (v2).PDF"), "young_plants_v2.md");
        assert_eq!(document_name("../\u{1b}[31m.html"), "31m.md");
        assert_eq!(document_name("霜.docx"), "霜.md");
        assert_eq!(document_name("…"), "document.md");
    }
}

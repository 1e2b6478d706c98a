//! Passages of documents that questions are asked about.

use std::sync::Arc;

use crate::taxonomy::knowledge::{self, ChunkSize};

/// A piece of a document with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    pub file: String,
    /// The headings above it, outermost first, joined by ` › `.
    pub heading: String,
    /// Byte range in the file.
    pub start: usize,
    pub end: usize,
    /// Those of the headings that are not in it.
    above: Vec<String>,
    document: Arc<str>,
}

/// A sentence with fewer words is a heading or a remark.
const FEWEST_WORDS: usize = 6;
/// The longest part that a question is pointed at, in characters.
const LONGEST_PART: usize = 400;

/// Cuts documents into passages, in order; those with hardly any words, or nothing but headings, are left out.
pub(super) fn of_documents(documents: &[(String, String)], size: ChunkSize) -> Vec<Passage> {
    let mut passages = Vec::new();
    for (file, text) in documents {
        let document: Arc<str> = text.as_str().into();
        for chunk in knowledge::chunks(text, size) {
            if !chunk.body || chunk.words < FEWEST_WORDS {
                continue;
            }
            passages.push(Passage {
                file: file.clone(),
                above: chunk.headings_above().to_vec(),
                heading: chunk.heading.join(" › "),
                start: chunk.start,
                end: chunk.end,
                document: Arc::clone(&document),
            });
        }
    }
    passages
}

impl Passage {
    /// The bytes of the document.
    pub(super) fn text(&self) -> &str {
        self.document.get(self.start..self.end).unwrap_or_default()
    }

    /// What the teacher reads: the headings that it would miss, a line each, then the text, as InstructLab's chunks have them.
    pub(super) fn read(&self) -> String {
        let text = self.text();
        if self.above.is_empty() {
            return text.to_owned();
        }
        format!("{}\n\n{text}", self.above.join("\n"))
    }

    /// One of its sentences that are long enough to be asked about, taking turns; empty for a passage without any.
    pub(super) fn part(&self, turn: usize) -> &str {
        let sentences = sentences(self.text());
        sentences
            .get(turn % sentences.len().max(1))
            .and_then(|(start, end)| self.text().get(*start..*end))
            .unwrap_or_default()
    }
}

/// Sentences and list items, roughly: they only point a question at a place, nothing is cut by them.
fn sentences(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        let ends = match character {
            '\n' | '。' | '！' | '？' | '।' | '؟' | '۔' => true,
            '.' | '!' | '?' => next.is_none_or(char::is_whitespace),
            _ => next.is_none(),
        };
        if !ends {
            continue;
        }
        let end = at + character.len_utf8();
        let piece = text.get(start..end).unwrap_or_default();
        let lead = piece.len()
            - piece
                .trim_start_matches(|c: char| c.is_whitespace() || "-*#>|".contains(c))
                .len();
        let trimmed = piece.trim_end().len();
        if lead < trimmed {
            let inner = piece.get(lead..trimmed).unwrap_or_default();
            let is_heading = piece.trim_start().starts_with('#');
            if !is_heading && inner.chars().count() <= LONGEST_PART && knowledge::count_words(inner) >= FEWEST_WORDS {
                found.push((start + lead, start + trimmed));
            }
        }
        start = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Frost\n\nSeedlings lose turgor below −2 °C. Water the soil the evening before.\n\n- Cover young plants with fleece at dusk.\n\n霜の前の晩に土に水をやります。苗を覆います。\n";

    #[test]
    fn passages_keep_their_place_and_name_their_sentences() {
        let passages = of_documents(&[("frost.md".to_owned(), TEXT.to_owned())], ChunkSize::USUAL);
        assert_eq!(passages.len(), 1);
        let passage = &passages[0];
        assert_eq!(TEXT.get(passage.start..passage.end), Some(passage.text()));
        assert_eq!(passage.heading, "Frost");
        let parts: Vec<_> = (0..5).map(|turn| passage.part(turn)).collect();
        assert_eq!(
            parts,
            [
                "Seedlings lose turgor below −2 °C.",
                "Water the soil the evening before.",
                "Cover young plants with fleece at dusk.",
                "霜の前の晩に土に水をやります。",
                "苗を覆います。",
            ]
        );
        assert_eq!(passage.part(5), parts[0]);
        assert_eq!(passage.read(), passage.text(), "its heading is in it");
    }

    #[test]
    fn a_later_part_of_a_section_is_read_under_its_headings() {
        let size = ChunkSize { tokens: 24, overlap: 0 };
        let passages = of_documents(&[("frost.md".to_owned(), TEXT.to_owned())], size);
        let last = passages.last().unwrap();
        assert!(last.start > 0 && passages.len() > 1);
        assert_eq!(last.read(), format!("Frost\n\n{}", last.text()));
        assert_eq!(TEXT.get(last.start..last.end), Some(last.text()));
    }

    #[test]
    fn nobody_is_asked_about_headings_and_front_matter_alone() {
        let text = "---\ntitle: A guide to seedlings in cold nights of early spring\n---\n\n# A guide to seedlings in cold nights of early spring\n\n";
        let of = |text: &str| {
            of_documents(
                &[("frost.md".to_owned(), text.to_owned())],
                ChunkSize { tokens: 30, overlap: 0 },
            )
        };
        assert_eq!(of(text), []);
        let body = "Cover young plants with fleece at dusk and open it in the morning.";
        let found: Vec<String> = of(&format!("{text}{body}\n"))
            .iter()
            .map(|one| one.text().to_owned())
            .collect();
        assert!(found.len() == 1 && found[0].ends_with(body), "{found:?}");
    }
}

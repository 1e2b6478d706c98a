//! Where the context of a seed example stands in the documents: word for word, apart from white space, or nearest.

use std::collections::HashMap;
use std::ops::Range;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use super::spans;

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Relative to the documents' repository, with `/`.
    pub path: String,
    pub text: String,
}

/// A passage: a byte range of one of the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The number of the document, from 0.
    pub document: usize,
    pub range: Range<usize>,
}

/// Where a context stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Placed {
    /// Word for word, apart from white space at the ends.
    Exact(Place),
    /// With other white space: wrapped differently, or indented.
    Spaced(Place),
    /// Nowhere; this is the passage most like it, and the share of its words found there (0 to 1).
    Near(Place, f32),
    /// Nowhere, and nothing is like it.
    Nowhere,
    /// There is no context.
    Empty,
}

impl Placed {
    /// The passage that the context is, for one that occurs.
    pub fn found(&self) -> Option<&Place> {
        match self {
            Placed::Exact(place) | Placed::Spaced(place) => Some(place),
            Placed::Near(..) | Placed::Nowhere | Placed::Empty => None,
        }
    }

    /// The name in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Placed::Exact(_) => "exact",
            Placed::Spaced(_) => "other_white_space",
            Placed::Near(..) => "changed",
            Placed::Nowhere => "missing",
            Placed::Empty => "empty",
        }
    }
}

/// Fewer words than this of a context in a passage make it another text.
const LEAST_LIKENESS: f32 = 0.6;
/// A context is compared by its first words up to this many.
const MOST_WORDS: usize = 4000;

/// A word in lower case with its bytes.
type PlacedWord = (String, Range<usize>);

/// Looks contexts up in documents; what is worked out for one is kept for the next.
pub struct Finder<'a> {
    sources: &'a [Source],
    /// The words of each document with their places; read when a context does not occur as it is.
    words: Option<Vec<Vec<PlacedWord>>>,
}

impl<'a> Finder<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        Finder { sources, words: None }
    }

    /// Finds a context; the first place in the order of the documents.
    pub fn place(&mut self, context: &str) -> Placed {
        let wanted = context.trim();
        if wanted.is_empty() {
            return Placed::Empty;
        }
        let exact = self.first(|text| text.find(wanted).map(|start| start..start + wanted.len()));
        if let Some(place) = exact {
            return Placed::Exact(place);
        }
        let words: Vec<String> = wanted.split_whitespace().map(regex::escape).collect();
        // A context too long for a pattern is compared by its words only.
        if let Ok(pattern) = Regex::new(&words.join(r"\s+"))
            && let Some(place) = self.first(|text| pattern.find(text).map(|found| found.range()))
        {
            // Line ends of another system are no other text.
            let found = self
                .sources
                .get(place.document)
                .and_then(|source| source.text.get(place.range.clone()));
            let same = found.is_some_and(|found| found.replace("\r\n", "\n") == wanted);
            return if same {
                Placed::Exact(place)
            } else {
                Placed::Spaced(place)
            };
        }
        self.nearest(wanted)
    }

    fn first(&self, find: impl Fn(&str) -> Option<Range<usize>>) -> Option<Place> {
        let found = |(document, source): (usize, &Source)| find(&source.text).map(|range| Place { document, range });
        self.sources.iter().enumerate().find_map(found)
    }

    /// Slides a window of as many words as the context has over each document; linear in both.
    fn nearest(&mut self, wanted: &str) -> Placed {
        let mut want: HashMap<String, usize> = HashMap::new();
        let mut length = 0;
        for word in wanted.unicode_words().take(MOST_WORDS) {
            *want.entry(word.to_lowercase()).or_default() += 1;
            length += 1;
        }
        let sources = self.sources;
        let documents = self.words.get_or_insert_with(|| sources.iter().map(words_of).collect());
        let mut best: Option<(usize, Place)> = None;
        for (document, words) in documents.iter().enumerate() {
            if let Some((shared, range)) = best_window(words, &want, length)
                && best.as_ref().is_none_or(|(most, _)| shared > *most)
            {
                best = Some((shared, Place { document, range }));
            }
        }
        let Some((shared, mut place)) = best else {
            return Placed::Nowhere;
        };
        let likeness = shared as f32 / length.max(1) as f32;
        if likeness < LEAST_LIKENESS {
            return Placed::Nowhere;
        }
        if let Some(source) = sources.get(place.document) {
            // Whole sentences: the first and the last words are often those that changed.
            let start = spans::sentence_at(&source.text, place.range.start).start;
            let end = spans::sentence_at(&source.text, place.range.end.saturating_sub(1)).end;
            place.range = start.min(place.range.start)..end.max(place.range.end);
        }
        Placed::Near(place, likeness)
    }
}

fn words_of(source: &Source) -> Vec<PlacedWord> {
    let words = source.text.unicode_word_indices();
    words
        .map(|(start, word)| (word.to_lowercase(), start..start + word.len()))
        .collect()
}

/// The window of `length` words that shares most words with what is wanted, without foreign words at its ends.
fn best_window(words: &[PlacedWord], want: &HashMap<String, usize>, length: usize) -> Option<(usize, Range<usize>)> {
    let mut have: HashMap<&str, usize> = HashMap::new();
    let (mut shared, mut best) = (0_usize, None::<(usize, usize)>);
    for (last, (word, _)) in words.iter().enumerate() {
        if let Some(wanted) = want.get(word) {
            let count = have.entry(word).or_default();
            *count += 1;
            shared += usize::from(*count <= *wanted);
        }
        if let Some((gone, _)) = last.checked_sub(length).and_then(|first| words.get(first))
            && let Some(wanted) = want.get(gone)
            && let Some(count) = have.get_mut(gone.as_str())
        {
            shared -= usize::from(*count <= *wanted);
            *count -= 1;
        }
        if best.is_none_or(|(most, _)| shared > most) {
            best = Some((shared, last));
        }
    }
    let (shared, last) = best?;
    let window = words.get((last + 1).saturating_sub(length)..=last)?;
    let known = |(word, _): &&PlacedWord| want.contains_key(word);
    let start = window.iter().find(known)?.1.start;
    let end = window.iter().rev().find(known)?.1.end;
    Some((shared, start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Vec<Source> {
        let texts = [
            "# Soil\n\nClay holds water.\n",
            "# Frost\n\nSeedlings lose turgor below −2 °C. Water the soil the evening before:\nwet ground gives off heat through the night. Cover with fleece.\n",
        ];
        texts
            .iter()
            .enumerate()
            .map(|(number, text)| Source {
                path: format!("{number}.md"),
                text: (*text).to_owned(),
            })
            .collect()
    }

    fn text_of(placed: &Placed) -> String {
        let sources = sources();
        let place = match placed {
            Placed::Exact(place) | Placed::Spaced(place) | Placed::Near(place, _) => place,
            other => panic!("{other:?}"),
        };
        sources[place.document]
            .text
            .get(place.range.clone())
            .unwrap()
            .to_owned()
    }

    #[test]
    fn contexts_are_found_as_they_are_or_with_other_white_space() {
        let sources = sources();
        let mut finder = Finder::new(&sources);
        let exact = finder.place("\nClay holds water.\n");
        assert!(
            matches!(&exact, Placed::Exact(place) if place.document == 0),
            "{exact:?}"
        );
        let wrapped = finder.place("Water the soil\nthe evening  before: wet ground gives off heat");
        assert!(matches!(wrapped, Placed::Spaced(_)), "{wrapped:?}");
        assert_eq!(
            text_of(&wrapped),
            "Water the soil the evening before:\nwet ground gives off heat"
        );
        assert_eq!(finder.place(" \n"), Placed::Empty);
    }

    #[test]
    fn a_changed_context_is_led_to_the_passage_it_came_from() {
        let sources = sources();
        let mut finder = Finder::new(&sources);
        let changed = finder.place("Water the beds the evening before: wet ground gives off much heat in the night.");
        let Placed::Near(_, likeness) = changed else {
            panic!("{changed:?}");
        };
        assert!((0.7..1.0).contains(&likeness), "{likeness}");
        assert_eq!(
            text_of(&changed),
            "Water the soil the evening before:\nwet ground gives off heat through the night."
        );
        let other = finder.place("Tomatoes want a warm greenhouse and plenty of sun all summer.");
        assert_eq!(other, Placed::Nowhere);
        assert_eq!(Finder::new(&[]).place("anything"), Placed::Nowhere);
    }

    #[test]
    fn signs_of_patterns_are_letters() {
        let sources = [Source {
            path: "a.md".into(),
            text: "a (b) [c]*  d".into(),
        }];
        assert!(matches!(Finder::new(&sources).place("(b) [c]* d"), Placed::Spaced(_)));
        assert_eq!(Finder::new(&sources).place("."), Placed::Nowhere);
        let sources = [Source {
            path: "b.md".into(),
            text: "one\r\ntwo\r\n".into(),
        }];
        assert!(matches!(Finder::new(&sources).place("one\ntwo"), Placed::Exact(_)));
    }
}

//! Whether a quotation stands in a source, and where: what makes a judge's verdict checkable.
//!
//! A quotation counts when its words stand in the source in a row (white space, case and punctuation do not matter), or
//! nearly so: the longest common subsequence with some stretch of the source has at least 0.85 of the quotation's words.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::text::normal::normal;

/// Least share of a quotation's words that must stand in one stretch of the source.
const NEARLY: f64 = 0.85;
/// A stretch may be this much longer than the quotation, since quotations leave words out.
const SLACK: usize = 4;
/// Words of a source and a quotation beyond this are not looked at.
const MOST_SOURCE: usize = 20_000;
const MOST_QUOTE: usize = 200;

/// A source prepared for many quotations.
#[derive(Debug)]
pub struct Source {
    words: Vec<String>,
    places: Vec<Range<usize>>,
}

impl Source {
    pub fn new(text: &str) -> Self {
        let (places, words) = text
            .unicode_word_indices()
            .take(MOST_SOURCE)
            .map(|(at, word)| (at..at + word.len(), normal(word)))
            .unzip();
        Source { words, places }
    }

    /// The byte range of the source where a quotation stands, exactly or nearly; `None` for one without words, too.
    pub fn find(&self, quote: &str) -> Option<Range<usize>> {
        let quote: Vec<String> = quote.unicode_words().take(MOST_QUOTE).map(normal).collect();
        if quote.is_empty() {
            return None;
        }
        let exact = self.words.windows(quote.len()).position(|window| window == quote);
        match exact {
            Some(at) => self.range(at, quote.len()),
            None => self.nearly(&quote),
        }
    }

    fn nearly(&self, quote: &[String]) -> Option<Range<usize>> {
        let length = quote.len() + quote.len().div_ceil(SLACK);
        let wanted = (NEARLY * quote.len() as f64).ceil() as usize;
        let mut best: Option<(usize, usize)> = None;
        let mut start = 0;
        while start < self.words.len() {
            let window = self.words.get(start..(start + length).min(self.words.len()))?;
            // A stretch that holds it begins with one of its words: the others need no closer look. The last of equals is
            // the tightest.
            let may_begin = window.first().is_some_and(|first| quote.contains(first));
            if may_begin {
                let common = common_subsequence(quote, window);
                if common >= wanted && best.is_none_or(|(_, most)| common >= most) {
                    best = Some((start, common));
                }
            }
            start += 1;
        }
        let (at, _) = best?;
        let last = (at..(at + length).min(self.words.len()))
            .rev()
            .find(|place| self.words.get(*place).is_some_and(|word| quote.contains(word)))?;
        self.range(at, last + 1 - at)
    }

    fn range(&self, at: usize, length: usize) -> Option<Range<usize>> {
        let (first, last) = (self.places.get(at)?, self.places.get(at + length - 1)?);
        Some(first.start..last.end)
    }
}

fn common_subsequence(left: &[String], right: &[String]) -> usize {
    let mut row = vec![0_usize; right.len() + 1];
    for a in left {
        let mut diagonal = 0;
        for (at, b) in right.iter().enumerate() {
            let above = row.get(at + 1).copied().unwrap_or(0);
            let beside = row.get(at).copied().unwrap_or(0);
            let value = if a == b { diagonal + 1 } else { above.max(beside) };
            if let Some(cell) = row.get_mut(at + 1) {
                *cell = value;
            }
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Seedlings lose turgor below −2 °C. Water the soil the evening before: wet ground gives off heat through the night. Cover young plants with fleece at dusk.";

    #[test]
    fn quotations_are_found_exactly_or_nearly() {
        let source = Source::new(TEXT);
        for (quote, found) in [
            (
                "water the soil the EVENING before",
                Some("Water the soil the evening before"),
            ),
            ("“wet ground gives\noff heat”", Some("wet ground gives off heat")),
            (
                "wet ground gives off much heat through the night",
                Some("wet ground gives off heat through the night"),
            ),
            ("Cover the young plants with a fleece at dusk", None),
            ("young plants with some fleece at dusk are fine", None),
            ("give them warm water", None),
            ("…", None),
        ] {
            let range = source.find(quote);
            assert_eq!(range.and_then(|range| TEXT.get(range)), found, "{quote}");
        }
        let source = Source::new("霜の前の晩に土に水をやります。");
        assert!(source.find("土に水をやります").is_some());
    }

    #[test]
    fn words_scattered_over_a_source_are_no_quotation() {
        let text = format!(
            "alpha {} beta {} gamma {} delta",
            "x ".repeat(40),
            "y ".repeat(40),
            "z ".repeat(40)
        );
        assert_eq!(Source::new(&text).find("alpha beta gamma delta"), None);
    }
}

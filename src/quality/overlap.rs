//! Which passages of a source stand again in a text: runs of the same words, whatever their case.

use std::collections::HashSet;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Words in a row that must be the same for a passage to count.
const RUN: usize = 3;

/// The byte ranges of `source` whose words, at least three in a row, stand in the same order in `text`.
///
/// Ranges do not touch each other. Words are Unicode's, so scripts without spaces work character by character or word by word,
/// as the standard cuts them.
pub fn shared_passages(source: &str, text: &str) -> Vec<Range<usize>> {
    let key = |words: &[(usize, &str)]| words.iter().map(|(_, word)| word.to_lowercase()).collect::<Vec<_>>();
    let words: Vec<(usize, &str)> = text.unicode_word_indices().collect();
    let known: HashSet<Vec<String>> = words.windows(RUN).map(key).collect();
    let words: Vec<(usize, &str)> = source.unicode_word_indices().collect();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for run in words.windows(RUN).filter(|run| known.contains(&key(run))) {
        let (Some((start, _)), Some((last, word))) = (run.first(), run.last()) else {
            continue;
        };
        let end = last + word.len();
        match ranges.last_mut() {
            Some(before) if *start <= before.end + 1 => before.end = before.end.max(end),
            _ => ranges.push(*start..end),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_words_are_found_and_joined() {
        let source = "Water the soil the evening before: wet ground gives off heat through the night.";
        let found = shared_passages(
            source,
            "You should water the soil the evening before, since it gives off heat.",
        );
        let texts: Vec<&str> = found.iter().map(|range| source.get(range.clone()).unwrap()).collect();
        assert_eq!(texts, ["Water the soil the evening before", "gives off heat"]);
        assert!(shared_passages(source, "something else entirely").is_empty());
        assert!(shared_passages("", "").is_empty());
    }
}

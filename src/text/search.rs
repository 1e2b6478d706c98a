//! Fuzzy search over paths and texts.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Utf32Str};

/// Finds what was typed in many texts; keeps its memory between them, so one is made and used again.
///
/// Words separated by spaces must all occur, in any order. As in other fuzzy finders `'word` asks for the exact word,
/// `^word` for the start, `word$` for the end, `!word` for its absence. Case counts only where capitals are typed,
/// accents only where they are typed.
pub struct Matcher {
    inner: nucleo_matcher::Matcher,
    typed: String,
    pattern: Pattern,
    characters: Vec<char>,
}

impl Default for Matcher {
    fn default() -> Self {
        Self::new()
    }
}

impl Matcher {
    pub fn new() -> Self {
        Matcher {
            inner: nucleo_matcher::Matcher::new(Config::DEFAULT.match_paths()),
            typed: String::new(),
            pattern: Pattern::default(),
            characters: Vec::new(),
        }
    }

    /// Returns how well the pattern fits (higher is better), or `None` where it does not occur. An empty pattern fits
    /// everything with 0.
    pub fn score(&mut self, pattern: &str, haystack: &str) -> Option<u32> {
        self.learn(pattern);
        self.pattern
            .score(units(haystack, &mut self.characters), &mut self.inner)
    }

    /// Returns which characters of the haystack (counted in `char`s from 0, ascending, each once) the pattern stands
    /// for; empty where it does not occur.
    pub fn positions(&mut self, pattern: &str, haystack: &str) -> Vec<u32> {
        self.learn(pattern);
        let mut found = Vec::new();
        if self
            .pattern
            .indices(units(haystack, &mut self.characters), &mut self.inner, &mut found)
            .is_none()
        {
            return Vec::new();
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Reads the pattern once, not for every text.
    fn learn(&mut self, pattern: &str) {
        if self.typed != pattern {
            pattern.clone_into(&mut self.typed);
            self.pattern = Pattern::parse(pattern, CaseMatching::Smart, Normalization::Smart);
        }
    }
}

/// Lays a text out in `char`s. The library's own way counts clusters, or bytes where accents are written apart, which
/// would shift the positions.
fn units<'a>(text: &'a str, buffer: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    buffer.clear();
    buffer.extend(text.chars());
    Utf32Str::Unicode(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order() {
        let mut matcher = Matcher::new();
        assert!(matcher.score("frost hort", "knowledge/horticulture/frost").is_some());
        assert_eq!(matcher.score("xyz", "knowledge/horticulture/frost"), None);
        assert_eq!(matcher.score("", "anything"), Some(0));
        let near = matcher.score("frost", "knowledge/frost");
        assert!(near > matcher.score("frost", "f-r-o-s-t"));
        assert!(matcher.score("Frost", "frost").is_none());
        assert!(matcher.score("cafe", "Café").is_some());
    }

    #[test]
    fn positions_count_characters() {
        let mut matcher = Matcher::new();
        assert_eq!(matcher.positions("frost", "frost"), [0, 1, 2, 3, 4]);
        assert_eq!(matcher.positions("水", "土に水を"), [2]);
        assert_eq!(matcher.positions("x", "e\u{301}x"), [2]);
        assert_eq!(matcher.positions("x", "👨‍👩‍👧x"), [5]);
        assert!(matcher.positions("q", "frost").is_empty());
    }
}

//! Texts that go round in circles, the commonest failure of small models.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::text::normal::{normal, words};

/// Words in a row that make a phrase worth counting; twice as many where words are single characters.
const PHRASE: usize = 6;
/// How often a phrase may occur before it counts as a loop.
const LOOP: usize = 3;

/// Tells whether a text repeats itself: the same six words in a row three times (a word said over and over included),
/// or the same sentence of at least six words twice. Where words are mostly single characters, twelve instead of six.
pub fn repeats(text: &str) -> bool {
    let all = words(text);
    let long = phrase_length(&all);
    let mut seen: HashMap<&[String], usize> = HashMap::new();
    for phrase in all.windows(long) {
        let count = seen.entry(phrase).or_default();
        *count += 1;
        if *count >= LOOP {
            return true;
        }
    }
    let mut sentences = HashSet::new();
    text.lines()
        .flat_map(UnicodeSegmentation::unicode_sentences)
        .filter(|sentence| words(sentence).len() >= long)
        .any(|sentence| !sentences.insert(normal(sentence)))
}

/// Chinese, Japanese and Thai give a word a character: a name alone can be six of them.
fn phrase_length(words: &[String]) -> usize {
    let single = words
        .iter()
        .filter(|word| !word.is_ascii() && word.chars().count() == 1)
        .count();
    if single * 2 > words.len() { PHRASE * 2 } else { PHRASE }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_told_from_prose() {
        for text in [
            "Water the soil the evening before. It is good. Water the soil the evening before.",
            "very good very good very good very good very good very good",
            "no no no no no no no no no",
            "You can add salt to the pan and you can add salt to the pan or you can add salt to the pan",
            "夜の間に霜が降りるので前の晩に水をやる。夜の間に霜が降りるので前の晩に水をやる。",
        ] {
            assert!(repeats(text), "{text}");
        }
        for text in [
            "",
            "Water the soil the evening before. Wet ground gives off heat through the night.",
            "Yes. No. Yes. No. Yes.",
            "中华人民共和国成立。中华人民共和国宪法。中华人民共和国国旗。",
            "1. Mix well.\n2. Bake.\n3. Mix well.",
        ] {
            assert!(!repeats(text), "{text}");
        }
    }
}

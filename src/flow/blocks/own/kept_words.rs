//! What of an instruction must stand in the one that it became: numbers with their units, and names.

use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::text::normal::{normal, words};

/// Signs of units that stand behind a number, in normal form. Those that are words of English, too, are left out.
const UNITS: [&str; 47] = [
    "mm", "cm", "dm", "m", "km", "mg", "g", "kg", "t", "ml", "cl", "dl", "l", "hl", "s", "ms", "min", "h", "w", "kw",
    "mw", "kwh", "v", "mv", "kv", "ma", "ah", "hz", "khz", "mhz", "ghz", "pa", "hpa", "kpa", "bar", "psi", "mmhg", "j",
    "kj", "kcal", "c", "f", "k", "ppm", "ha", "eur", "usd",
];

const APOSTROPHES: [char; 2] = ['\'', '’'];

/// English words that are often written in capitals for stress.
const STRESSED: [&str; 20] = [
    "not", "no", "never", "only", "all", "any", "and", "or", "but", "must", "do", "don't", "always", "very", "before",
    "after", "each", "every", "both", "without",
];

/// Where more of the words within sentences than this begin with a capital, the language writes more than names so.
const MOST_CAPITALS: f64 = 0.15;

/// Numbers as they are written, with their unit where one follows: `3`, `3.5cm`.
pub(super) fn numbers(text: &str) -> BTreeSet<String> {
    let words = words(text);
    let mut found = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        if !word.chars().any(|c| c.is_ascii_digit()) {
            continue;
        }
        let is_plain = !word.chars().any(char::is_alphabetic);
        let unit = words.get(at + 1).filter(|next| UNITS.contains(&next.as_str()));
        found.insert(match unit {
            Some(unit) if is_plain => format!("{word}{unit}"),
            _ => word.clone(),
        });
    }
    found
}

/// The first number of a text that another one has not. A unit that the other one writes as a word, or leaves out, is no loss.
pub(super) fn lost_number(old: &str, new: &str) -> Option<String> {
    let kept = numbers(new);
    numbers(old).into_iter().find(|number| {
        let bare = number.trim_end_matches(char::is_alphabetic);
        !kept.contains(number) && (bare == number || !kept.contains(bare))
    })
}

/// True when a text is of a language that begins names with a capital, and within sentences little else.
pub(super) fn capitals_are_names<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let (mut all, mut capitals) = (0_usize, 0_usize);
    for text in texts {
        for (word, is_within) in within_sentences(text) {
            all += usize::from(is_within);
            capitals += usize::from(is_within && has_capital(word));
        }
    }
    all > 0 && capitals as f64 <= MOST_CAPITALS * all as f64
}

/// Names, in normal form, each with how it is written: words with a capital inside, as `NASA` and `pH`, and with `capitals`
/// those that begin with one within a sentence. Words that are only stressed, as `NOT`, and `I` in all its forms are none.
pub(super) fn names(text: &str, capitals: bool) -> BTreeMap<String, String> {
    let is_name = |(word, is_within): &(&str, bool)| {
        let is_first_person = word.split(APOSTROPHES).next() == Some("I");
        let inside = word.chars().skip(1).any(char::is_uppercase);
        !is_first_person && (inside || (capitals && *is_within && has_capital(word)))
    };
    let named = within_sentences(text).into_iter().filter(is_name);
    let named = named.map(|(word, _)| (without_ending(&normal(word)), word.to_owned()));
    named.filter(|(name, _)| !STRESSED.contains(&name.as_str())).collect()
}

/// A possessive belongs to the name no more than a full stop; an apostrophe is one however it is written.
fn without_ending(word: &str) -> String {
    let word = word.replace(APOSTROPHES, "'");
    word.strip_suffix("'s").unwrap_or(&word).to_owned()
}

/// Words of a text for comparison with names.
pub(super) fn bare_words(text: &str) -> BTreeSet<String> {
    words(text).iter().map(|word| without_ending(word)).collect()
}

fn has_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

/// The words, each with whether the one before it belongs to the same sentence.
fn within_sentences(text: &str) -> Vec<(&str, bool)> {
    let mut found = Vec::new();
    let mut is_within = false;
    for piece in text.split_word_bounds() {
        if piece.chars().any(char::is_alphanumeric) {
            found.push((piece, is_within));
            is_within = true;
        } else if !piece.chars().all(|c| matches!(c, ' ' | ',' | '-' | '\'' | '’' | '&')) {
            is_within = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn a_number_belongs_to_its_unit() {
        assert_eq!(
            numbers("Cut 3 rods of 3.5 cm and 20 °C, 5kg each, in 2 days."),
            set(&["3", "3.5cm", "20c", "5kg", "2"])
        );
        assert_eq!(numbers("5 cm"), numbers("5cm"));
        assert_ne!(numbers("5 mg"), numbers("5 g"));
    }

    #[test]
    fn a_number_is_lost_when_it_or_its_unit_is_another() {
        let lost = |old: &str, new: &str| lost_number(old, new);
        assert_eq!(lost("Weigh 5 kg.", "Weigh 5 kilograms, then 3 g."), None);
        assert_eq!(lost("Weigh 5 kg.", "Weigh 5 g."), Some("5kg".to_owned()));
        assert_eq!(lost("Weigh 5 kg.", "Weigh 6 kg."), Some("5kg".to_owned()));
        assert_eq!(lost("Take 3 rods.", "Take 3 cm."), Some("3".to_owned()));
    }

    #[test]
    fn names_are_capitals_where_little_else_is() {
        let english =
            "How did Marie Curie's work at the Sorbonne change what NASA and I measure? Tell it, with the pH.";
        let names = |text: &str, capitals| -> BTreeSet<String> { names(text, capitals).into_keys().collect() };
        assert_eq!(names(english, true), set(&["marie", "curie", "sorbonne", "nasa", "ph"]));
        assert_eq!(names(english, false), set(&["nasa", "ph"]));
        let spoken = "What should one do if I've lost the keys of Mr O’Brien? Do NOT wait, I'd say.";
        assert_eq!(names(spoken, true), set(&["mr", "o'brien"]));
        assert!(bare_words("It was O'Brien's.").contains("o'brien"));
        let german = [
            "Welche Kräuter wachsen im Schatten einer Mauer?",
            "Wie gießt man Rosen am Abend?",
        ];
        assert!(!capitals_are_names(german.into_iter()));
        let english = [
            "Which herbs grow in the shade of a wall?",
            "How does one water roses in the evening in Wales?",
        ];
        assert!(capitals_are_names(english.into_iter()));
        assert!(!capitals_are_names(std::iter::empty()));
    }
}

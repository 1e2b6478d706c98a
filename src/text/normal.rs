//! Forms in which two texts that mean the same are equal.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Returns a text in compatibility form (NFKC), lower case, with each run of white space as one space and none at the
/// ends: what duplicates are looked for in.
pub fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        // Such a text is composed already; most texts are of this kind, and the other way is some times slower.
        put(text.chars().map(|character| character.to_ascii_lowercase()), &mut out);
    } else {
        put(composed(text), &mut out);
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

fn composed(text: &str) -> impl Iterator<Item = char> {
    // Lower case may come apart again (as in İ), hence the second composition.
    text.nfkc().flat_map(char::to_lowercase).nfkc()
}

fn put(characters: impl Iterator<Item = char>, out: &mut String) {
    for character in characters {
        if !character.is_whitespace() {
            out.push(character);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

/// Returns the words of a text's normal form, without punctuation (Unicode's word rules: `can't` and `3.5` are one
/// word; scripts without spaces such as Chinese, Japanese kana and Thai give one word for each character).
pub fn words(text: &str) -> Vec<String> {
    normal(text).unicode_words().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_meaning_gives_equal_form() {
        assert_eq!(normal("  Ｗａｔｅｒ\tthe\n\nSOIL "), "water the soil");
        assert_eq!(normal("Cafe\u{301}"), normal("CAFÉ"));
        assert_eq!(normal("ﬁne"), "fine");
        assert_eq!(normal(" \n"), "");
    }

    #[test]
    fn words_come_without_punctuation() {
        assert_eq!(words("Don't water at 3.5 °C!"), ["don't", "water", "at", "3.5", "c"]);
        assert_eq!(words("土に水を。"), ["土", "に", "水", "を"]);
        assert_eq!(words("…"), Vec::<String>::new());
        assert!(words("น้ำค้างแข็ง").len() > 2);
    }

    proptest! {
        #[test]
        fn plain_letters_take_the_short_way_to_the_same_form(text in "[ -~\\t\\n\\x0b]{0,40}") {
            let mut out = String::new();
            put(composed(&text), &mut out);
            prop_assert_eq!(normal(&text), out.trim_end());
        }

        #[test]
        fn the_form_is_final(text in "\\PC{0,20}") {
            let once = normal(&text);
            prop_assert_eq!(normal(&once), once);
        }
    }
}

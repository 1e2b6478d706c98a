//! Making texts fit a small model's prompt.

use std::collections::BTreeSet;

use crate::text::tokens::estimate;

/// Returns the beginning of a text, at most about `tokens` long: whole sentences where one fits, else whole words.
pub(super) fn shorten(text: &str, tokens: u64) -> &str {
    if estimate(text) <= tokens {
        return text;
    }
    let (mut sentence, mut word, mut last) = (0, 0, 0);
    let mut cost = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        // Estimates round up; a character's own share is a quarter at least, so this is never far too much.
        cost += 4 * estimate(text.get(at..end).unwrap_or_default()) / if character.is_ascii() { 4 } else { 1 };
        if cost > 4 * tokens {
            break;
        }
        last = end;
        let next = characters.peek().map(|(_, next)| *next);
        if character.is_whitespace() {
            word = at;
        }
        let wide_end = matches!(character, '。' | '！' | '？' | '।' | '؟' | '۔');
        if wide_end
            || character == '\n'
            || (matches!(character, '.' | '!' | '?') && next.is_none_or(char::is_whitespace))
        {
            sentence = end;
        }
    }
    let end = if sentence > 0 {
        sentence
    } else if word > 0 {
        word
    } else {
        last
    };
    text.get(..end).unwrap_or(text).trim_end()
}

/// The characters that end the questions of the seeds: where a small model's question is ended for it.
///
/// When questions run over several lines, a line break does not end one; when hardly any question ends in a mark, a line
/// break does.
pub(super) fn question_ends<'a>(questions: impl Iterator<Item = &'a str>) -> String {
    let mut ends = BTreeSet::new();
    let (mut all, mut marked, mut lines) = (0_usize, 0_usize, false);
    for question in questions {
        let question = question.trim();
        all += 1;
        lines |= question.contains('\n');
        if let Some(last) = question.chars().next_back().filter(|last| is_end_mark(*last)) {
            marked += 1;
            // A full stop also stands inside questions, as in "e.g."; it ends one only where all seeds end so.
            ends.insert(last);
        }
    }
    let others = ends.iter().any(|end| *end != '.');
    if others {
        ends.remove(&'.');
    }
    let mut ends: String = ends.into_iter().collect();
    if !lines || marked * 2 < all {
        ends.push('\n');
    }
    ends
}

fn is_end_mark(character: char) -> bool {
    matches!(
        character,
        '.' | '!' | '?' | ':' | '…' | '。' | '！' | '？' | '：' | '।' | '؟' | '۔' | ';'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_after_a_sentence_or_a_word() {
        assert_eq!(shorten("short", 10), "short");
        assert_eq!(
            shorten("One two three. Four five six seven. Eight", 5),
            "One two three."
        );
        assert_eq!(shorten("onetwothree fourfivesix seveneightnine", 5), "onetwothree");
        assert_eq!(shorten("abcdefghijklmnopqrstuvwxyz", 3), "abcdefghijkl");
        assert_eq!(shorten("霜の前の晩に。土に水をやります。", 8), "霜の前の晩に。");
        let long = "word ".repeat(500);
        assert!(estimate(shorten(&long, 70)) <= 70);
    }

    #[test]
    fn questions_end_as_the_seeds_do() {
        assert_eq!(question_ends(["When?", "Why?"].into_iter()), "?\n");
        assert_eq!(question_ends(["いつ？", "なぜ？"].into_iter()), "？\n");
        assert_eq!(
            question_ends(["Reply to:\nthe heating is off.", "Reply to:\nthanks."].into_iter()),
            "."
        );
        assert_eq!(
            question_ends(["Write a haiku about snow", "Translate: hello"].into_iter()),
            "\n"
        );
        assert_eq!(question_ends(["When?", "Tell me why."].into_iter()), "?\n");
    }
}

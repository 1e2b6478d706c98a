//! Hostile or odd characters made visible, so that a text can be sent to a terminal.
//!
//! Escape sequences, control characters, marks that reverse the reading direction and characters without any shape are
//! shown instead of obeyed. What writing needs is kept: combining marks, joiners inside emoji and inside scripts that
//! use them, one variation selector behind a base.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// How a tab is shown.
pub const TAB: &str = "    ";
/// How a newline is shown where everything stands on one line.
pub const NEWLINE: &str = "⏎";

/// Shows a text of several lines: `\n` stays (also for `\r\n`), every other control becomes a picture, as in `␛`, or
/// its number, as in `‹U+202E›`; a tab becomes four spaces. The result holds no control character but `\n`.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, "\n")
}

/// Shows a text on one line: as [`visible`], with each newline as `⏎`.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    shown(text, NEWLINE)
}

fn shown<'a>(text: &'a str, newline: &str) -> Cow<'a, str> {
    if text
        .bytes()
        .all(|byte| (b' '..=b'~').contains(&byte) || (byte == b'\n' && newline == "\n"))
    {
        return Cow::Borrowed(text);
    }
    let mut out: Option<String> = None;
    for (start, cluster) in text.grapheme_indices(true) {
        let replaced = match cluster {
            "\n" if newline == "\n" => None,
            "\n" | "\r\n" => Some(Cow::Borrowed(newline)),
            _ => replacement(cluster).map(Cow::Owned),
        };
        match (replaced, &mut out) {
            (None, None) => {}
            (None, Some(out)) => out.push_str(cluster),
            (Some(replaced), Some(out)) => out.push_str(&replaced),
            (Some(replaced), None) => {
                let mut first = String::with_capacity(text.len() + 16);
                first.push_str(text.get(..start).unwrap_or_default());
                first.push_str(&replaced);
                out = Some(first);
            }
        }
    }
    out.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Returns what a grapheme cluster other than a newline is shown as, or `None` where it may stand as it is.
pub(super) fn replacement(cluster: &str) -> Option<String> {
    let mut chars = cluster.chars();
    let first = chars.next()?;
    if chars.next().is_none() && first.is_ascii() && !first.is_ascii_control() {
        return None;
    }
    if is_subdivision_flag(cluster) {
        return None;
    }
    // A cluster without a cell (a lone accent, say) would melt into whatever is drawn before it.
    let shapeless = UnicodeWidthStr::width(cluster) == 0;
    if !shapeless && !has_suspects(cluster) {
        return None;
    }
    let mut out = String::new();
    let mut before: Option<char> = None;
    let mut rest = cluster.chars().peekable();
    let mut changed = false;
    while let Some(character) = rest.next() {
        let kept = !shapeless && stays(before, character, rest.peek().copied());
        if kept {
            out.push(character);
        } else {
            push_shown(&mut out, character);
            changed = true;
        }
        // What was spelled out no longer carries anything.
        before = kept.then_some(character);
    }
    changed.then_some(out)
}

fn has_suspects(cluster: &str) -> bool {
    cluster
        .chars()
        .any(|character| character.is_control() || is_shapeless(character))
}

/// Decides whether a character may stay between its neighbours in the cluster.
fn stays(before: Option<char>, character: char, after: Option<char>) -> bool {
    if character.is_control() {
        return false;
    }
    if !is_shapeless(character) {
        return true;
    }
    let Some(before) = before else { return false };
    match character {
        // Zero-width joiner and non-joiner: parts of the spelling of Persian, Hindi, Malayalam ..., and the glue of emoji.
        '\u{200c}' | '\u{200d}' if is_combining_mark(before) && !is_shapeless(before) => true,
        '\u{200c}' | '\u{200d}' if before.is_alphabetic() => !is_latin(before),
        '\u{200d}' => {
            !before.is_ascii()
                && !is_joiner(before)
                && after.is_some_and(|next| !is_shapeless(next) && !is_combining_mark(next))
        }
        // One selector behind a visible base; rows of them smuggle bytes.
        '\u{fe00}'..='\u{fe0f}' => !(is_shapeless(before) || before.is_alphabetic() && is_latin(before)),
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        _ => false,
    }
}

/// Tells characters that have no shape of their own or change how others are laid out.
fn is_shapeless(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

fn is_latin(character: char) -> bool {
    matches!(character, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Tells the flags of England, Scotland and Wales: a black flag, a few tag letters and the closing tag, nothing else.
fn is_subdivision_flag(cluster: &str) -> bool {
    let Some(tags) = cluster
        .strip_prefix('\u{1f3f4}')
        .and_then(|rest| rest.strip_suffix('\u{e007f}'))
    else {
        return false;
    };
    (1..=6).contains(&tags.chars().count())
        && tags
            .chars()
            .all(|tag| matches!(tag, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}'))
}

fn push_shown(out: &mut String, character: char) {
    match character {
        '\t' => out.push_str(TAB),
        '\n' => out.push_str(NEWLINE),
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(character))),
        '\u{7f}' => out.push('␡'),
        _ => {
            // Writing to a String cannot fail.
            let _ = write!(out, "‹U+{:04X}›", u32::from(character));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::width::cells;
    use super::*;

    #[test]
    fn hostile_text_is_shown_not_obeyed() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a\nb\r\nc", "a\nb\nc"),
            ("a\rb", "a␍b"),
            ("\u{1b}[31mred\u{7}", "␛[31mred␇"),
            ("\u{9b}2J", "‹U+009B›2J"),
            ("del\u{7f}", "del␡"),
            ("a\tb", "a    b"),
            ("user\u{202e}gpj.exe", "user‹U+202E›gpj.exe"),
            ("\u{2066}x\u{2069}", "‹U+2066›x‹U+2069›"),
            ("pay\u{200b}pal", "pay‹U+200B›pal"),
            ("pay\u{200d}pal", "pay‹U+200D›pal"),
            ("\u{feff}start", "‹U+FEFF›start"),
            ("a\u{e0041}b", "a‹U+E0041›b"),
            ("\u{301}", "‹U+0301›"),
            ("x\u{fe01}\u{fe02}", "x‹U+FE01›‹U+FE02›"),
            ("😀\u{fe01}\u{fe02}", "😀\u{fe01}‹U+FE02›"),
        ] {
            assert_eq!(visible(text), expected, "{text:?}");
        }
        assert_eq!(visible_line("a\nb\r\nc\td"), "a⏎b⏎c    d");
    }

    #[test]
    fn what_writing_needs_is_kept() {
        for text in [
            "e\u{301}té",
            "👨‍👩‍👧",
            "❤\u{fe0f}",
            "🏳\u{fe0f}‍🌈",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "1\u{fe0f}\u{20e3}",
            "葛\u{e0100}",
            "日本語 ไทย한국",
        ] {
            assert_eq!(visible(text), text, "{text:?}");
        }
    }

    fn hostile() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            any::<char>().prop_map(String::from),
            "[a-z \\n\\r\\t\u{1b}\u{7f}\u{80}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{301}\u{fe0f}]{1,4}",
            Just("👨‍👩‍👧".to_owned()),
        ];
        proptest::collection::vec(part, 0..20).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn shown_text_holds_no_controls(text in hostile()) {
            let safe = visible(&text).into_owned();
            prop_assert!(!safe.chars().any(|c| c.is_control() && c != '\n'));
            let turns = safe.chars().any(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
            prop_assert!(!turns);
            prop_assert_eq!(safe.matches('\n').count(), text.matches('\n').count());
            let line = visible_line(&text).into_owned();
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert!(cells(&line) <= cells(&text));
        }
    }
}

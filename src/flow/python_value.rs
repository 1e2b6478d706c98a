//! Numbers and white space as Python reads and writes them, where sdg_hub's blocks lean on it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Number;

/// The zeros of Unicode's decimal digits; the nine characters after each are its other digits.
const ZEROS: &[char] = &[
    '\u{30}', '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}', '\u{17e0}',
    '\u{1810}', '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}',
    '\u{a620}', '\u{a8d0}', '\u{a900}', '\u{a9d0}', '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}',
];

/// The forms that `float()` takes, digits already ASCII, spaces stripped; `inf` and `nan` are no numbers of JSON.
static FLOAT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)([eE][+-]?\d+(_\d+)*)?$").ok());
static INT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[+-]?\d+(_\d+)*$").ok());

/// Characters that Python's `repr` writes as escapes.
static UNPRINTABLE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{C}\p{Z}--\x20]$").ok());

/// `repr(number)`: floats in the shortest form, with an exponent below 1e-4 and from 1e16 on.
pub(super) fn python_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => python_float(float),
        _ => number.to_string(),
    }
}

fn python_float(float: f64) -> String {
    let written = format!("{float:e}");
    let (digits, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent @ -4..16) => {
            let places = digits.trim_start_matches('-').len().saturating_sub(2);
            let places = i32::try_from(places).unwrap_or(0) - exponent;
            format!("{float:.*}", usize::try_from(places).unwrap_or(0).max(1))
        }
        Ok(exponent) if exponent < 0 => format!("{digits}e-{:02}", -exponent),
        _ => format!("{digits}e+{exponent:0>2}"),
    }
}

/// Adds a character as `repr` writes it inside quotes.
pub(super) fn push_printable(char: char, out: &mut String) {
    let mut bytes = [0; 4];
    let is_plain = char.is_ascii_graphic() || char == ' ';
    if is_plain
        || !UNPRINTABLE
            .as_ref()
            .is_some_and(|pattern| pattern.is_match(char.encode_utf8(&mut bytes)))
    {
        out.push(char);
        return;
    }
    // Writing to a String cannot fail.
    let _ = match u32::from(char) {
        code @ ..=0xff => write!(out, "\\x{code:02x}"),
        code @ ..=0xffff => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    };
}

/// `text.strip()`.
pub(super) fn stripped(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&char))
}

/// `float(text)` where it is a number that JSON can hold.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = plain(text);
    if !FLOAT.as_ref()?.is_match(&text) {
        return None;
    }
    text.replace('_', "")
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

/// `int(text)` where 64 bits hold it.
pub(super) fn int(text: &str) -> Option<i64> {
    let text = plain(text);
    if !INT.as_ref()?.is_match(&text) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

/// The text without spaces around it, with the digits 0 to 9 for those of other scripts.
fn plain(text: &str) -> String {
    stripped(text).chars().map(ascii_digit).collect()
}

fn ascii_digit(char: char) -> char {
    if char.is_ascii() {
        return char;
    }
    let below = ZEROS.partition_point(|zero| *zero <= char);
    below
        .checked_sub(1)
        .and_then(|at| ZEROS.get(at))
        .and_then(|zero| u32::from(char).checked_sub(u32::from(*zero)))
        .and_then(|value| char::from_digit(value, 10))
        .unwrap_or(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (number, text) in [
            (3.0, "3.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000.0"),
            (123456.789, "123456.789"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001234, "1.234e-05"),
            (0.0, "0.0"),
        ] {
            assert_eq!(python_float(number), text);
        }
        assert_eq!(python_number(&Number::from(3)), "3");
        let mut out = String::new();
        for char in "aé \u{a0}\u{200b}\u{1b}\u{e000}霜😀".chars() {
            push_printable(char, &mut out);
        }
        assert_eq!(out, "aé \\xa0\\u200b\\x1b\\ue000霜😀");
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (text, number) in [
            (" 2.5\n", Some(2.5)),
            ("4.", Some(4.0)),
            (".5", Some(0.5)),
            ("+1e3", Some(1000.0)),
            ("1_000", Some(1000.0)),
            ("４.５", Some(4.5)),
            ("٣", Some(3.0)),
            ("\u{1c}7\u{1f}", Some(7.0)),
            ("1__0", None),
            ("_1", None),
            ("2/3", None),
            ("nan", None),
            ("inf", None),
            ("0x1f", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(float(text), number, "{text:?}");
        }
        for (text, number) in [
            (" 12 ", Some(12)),
            ("-１２", Some(-12)),
            ("1_0", Some(10)),
            ("3.0", None),
            ("", None),
        ] {
            assert_eq!(int(text), number, "{text:?}");
        }
    }
}

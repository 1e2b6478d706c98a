//! The types of scalars: PyYAML's eight patterns for plain text (YAML 1.1), and what `safe_load` makes of them.
//!
//! Source: `yaml/resolver.py` and `yaml/constructor.py` of PyYAML 6. A YAML 1.2 reader differs: to it `yes`, `12:30` and
//! `2024-01-01` are texts and `1e3` is a number.

use super::node::Resolved;

/// A text being matched from the left, byte by byte; every pattern is ASCII.
#[derive(Clone, Copy)]
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn one(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        match self.0.split_first() {
            Some((&byte, rest)) if wanted(byte) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// How many were taken.
    fn many(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let taken = self.0.iter().take_while(|byte| wanted(**byte)).count();
        self.0 = self.0.get(taken..).unwrap_or_default();
        taken
    }

    fn sign(&mut self) {
        self.one(|b| b == b'+' || b == b'-');
    }

    fn literal(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text.as_bytes()) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn done(&self) -> bool {
        self.0.is_empty()
    }
}

fn digit(b: u8) -> bool {
    b.is_ascii_digit()
}

fn digit_or_underscore(b: u8) -> bool {
    b.is_ascii_digit() || b == b'_'
}

/// The type of a plain (unquoted, untagged) scalar.
pub fn resolve_plain(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "<<" | "=" => return Resolved::Other,
        _ => {}
    }
    if text.len() <= "false".len() && boolean(text).is_some() && is_bool_spelling(text) {
        return Resolved::Bool;
    }
    match text.as_bytes().first() {
        Some(b'-' | b'+' | b'.' | b'0'..=b'9') => {}
        _ => return Resolved::Str,
    }
    let cursor = Cursor(text.as_bytes());
    if is_float(cursor) {
        Resolved::Float
    } else if is_int(cursor) {
        Resolved::Int
    } else if is_timestamp(cursor) {
        Resolved::Timestamp
    } else {
        Resolved::Str
    }
}

/// Lower, Capitalised or UPPER.
fn is_bool_spelling(text: &str) -> bool {
    let mut letters = text.bytes();
    let first_upper = letters.next().is_some_and(|b| b.is_ascii_uppercase());
    let rest_upper = letters.clone().all(|b| b.is_ascii_uppercase());
    let rest_lower = letters.all(|b| b.is_ascii_lowercase());
    rest_lower || (first_upper && rest_upper)
}

/// `(:[0-5]?[0-9])+`
fn base_sixty(cursor: &mut Cursor<'_>) -> bool {
    let mut found = false;
    while cursor.one(|b| b == b':') {
        let Cursor(rest) = *cursor;
        let two = matches!(rest, [b'0'..=b'5', b'0'..=b'9', ..]);
        if !digit_count(cursor, if two { 2 } else { 1 }) {
            return false;
        }
        found = true;
    }
    found
}

fn digit_count(cursor: &mut Cursor<'_>, count: usize) -> bool {
    (0..count).all(|_| cursor.one(digit))
}

fn one_or_two_digits(cursor: &mut Cursor<'_>) -> bool {
    let found = cursor.one(digit);
    cursor.one(digit);
    found
}

/// `([eE][-+][0-9]+)?`
fn exponent(cursor: &mut Cursor<'_>) {
    let mut ahead = *cursor;
    if ahead.one(|b| b == b'e' || b == b'E') && ahead.one(|b| b == b'+' || b == b'-') && ahead.many(digit) > 0 {
        *cursor = ahead;
    }
}

fn is_float(start: Cursor<'_>) -> bool {
    let mut c = start;
    c.sign();
    if c.one(digit) {
        c.many(digit_or_underscore);
        let mut sixty = c;
        if c.one(|b| b == b'.') {
            c.many(digit_or_underscore);
            exponent(&mut c);
            return c.done();
        }
        if base_sixty(&mut sixty) && sixty.one(|b| b == b'.') {
            sixty.many(digit_or_underscore);
            return sixty.done();
        }
        return false;
    }
    if c.one(|b| b == b'.') {
        return [".inf", ".Inf", ".INF"]
            .iter()
            .any(|word| c.literal(word.trim_start_matches('.')) && c.done())
            || unsigned_fraction(start);
    }
    false
}

/// `.5` and `.nan`: these two take no sign.
fn unsigned_fraction(mut c: Cursor<'_>) -> bool {
    if !c.one(|b| b == b'.') {
        return false;
    }
    if matches!(c.0, b"nan" | b"NaN" | b"NAN") {
        return true;
    }
    if !c.one(digit) {
        return false;
    }
    c.many(digit_or_underscore);
    exponent(&mut c);
    c.done()
}

fn is_int(mut c: Cursor<'_>) -> bool {
    c.sign();
    let Cursor(rest) = c;
    match rest {
        [b'0', b'b', ..] => {
            c.literal("0b");
            c.many(|b| matches!(b, b'0' | b'1' | b'_')) > 0 && c.done()
        }
        [b'0', b'x', ..] => {
            c.literal("0x");
            c.many(|b| b.is_ascii_hexdigit() || b == b'_') > 0 && c.done()
        }
        [b'0'] => true,
        [b'0', ..] => {
            c.literal("0");
            c.many(|b| matches!(b, b'0'..=b'7' | b'_')) > 0 && c.done()
        }
        [b'1'..=b'9', ..] => {
            c.many(digit_or_underscore);
            c.done() || (base_sixty(&mut c) && c.done())
        }
        _ => false,
    }
}

fn is_timestamp(start: Cursor<'_>) -> bool {
    let dash = |c: &mut Cursor<'_>| c.one(|b| b == b'-');
    let colon = |c: &mut Cursor<'_>| c.one(|b| b == b':');
    let blank = |b| b == b' ' || b == b'\t';
    let mut c = start;
    if digit_count(&mut c, 4)
        && dash(&mut c)
        && digit_count(&mut c, 2)
        && dash(&mut c)
        && digit_count(&mut c, 2)
        && c.done()
    {
        return true;
    }
    let mut c = start;
    let date = digit_count(&mut c, 4)
        && dash(&mut c)
        && one_or_two_digits(&mut c)
        && dash(&mut c)
        && one_or_two_digits(&mut c)
        && (c.one(|b| b == b'T' || b == b't') || c.many(blank) > 0);
    let time = date
        && one_or_two_digits(&mut c)
        && colon(&mut c)
        && digit_count(&mut c, 2)
        && colon(&mut c)
        && digit_count(&mut c, 2);
    if !time {
        return false;
    }
    if c.one(|b| b == b'.') {
        c.many(digit);
    }
    if c.done() {
        return true;
    }
    c.many(blank);
    if c.one(|b| b == b'Z') {
        return c.done();
    }
    c.one(|b| b == b'+' || b == b'-')
        && one_or_two_digits(&mut c)
        && (c.done() || (colon(&mut c) && digit_count(&mut c, 2) && c.done()))
}

/// What a boolean's text means, in any case of letters.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

fn unsigned(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// What an integer's text means; `None` when it means nothing or does not fit.
pub(super) fn int(text: &str) -> Option<i64> {
    let text = text.replace('_', "");
    let (negative, digits) = unsigned(&text);
    let value: i128 = if let Some(bits) = digits.strip_prefix("0b") {
        i128::from_str_radix(bits, 2).ok()?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        i128::from_str_radix(hex, 16).ok()?
    } else if digits == "0" {
        0
    } else if digits.starts_with('0') {
        i128::from_str_radix(digits, 8).ok()?
    } else {
        let mut value: i128 = 0;
        for part in digits.split(':') {
            value = value.checked_mul(60)?.checked_add(part.parse().ok()?)?;
        }
        value
    };
    i64::try_from(if negative { -value } else { value }).ok()
}

/// What a float's text means.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let (negative, digits) = unsigned(&text);
    let value = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ => {
            let mut value = 0.0;
            for part in digits.split(':') {
                value = value * 60.0 + part.parse::<f64>().ok()?;
            }
            value
        }
    };
    Some(if negative { -value } else { value })
}

/// Whether PyYAML can make a value of this text once it has decided on the type; where it cannot, loading fails.
pub(super) fn is_constructible(text: &str, tag: Resolved) -> bool {
    match tag {
        Resolved::Str | Resolved::Null => true,
        Resolved::Bool => boolean(text).is_some(),
        Resolved::Int => {
            // Python's integers have no largest; only texts without any digit fail.
            let bare = text.replace('_', "");
            let (_, digits) = unsigned(&bare);
            int(text).is_some() || (digits.len() > 18 && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':'))
        }
        Resolved::Float => float(text).is_some(),
        Resolved::Timestamp => is_real_time(text),
        Resolved::Binary => text.is_ascii() && is_base64(text),
        Resolved::Other => false,
    }
}

/// Whether Python's lenient reader of base64 finds whole groups: it skips strange characters and wants the padding.
fn is_base64(text: &str) -> bool {
    let letters = text
        .bytes()
        .filter(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        .count();
    let padding = text.bytes().filter(|b| *b == b'=').count();
    match letters % 4 {
        0 => true,
        1 => false,
        rest => padding >= 4 - rest,
    }
}

/// The date exists and the time is on the clock.
fn is_real_time(text: &str) -> bool {
    // With a tag a bare date may also have short months and days.
    let date = text
        .split('-')
        .all(|part| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(digit));
    if !date && !is_timestamp(Cursor(text.as_bytes())) {
        return false;
    }
    let numbers: Vec<u32> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .take(6)
        .filter_map(|part| part.parse().ok())
        .collect();
    let [year, month, day, clock @ ..] = numbers.as_slice() else {
        return false;
    };
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    let limits = [23, 59, 59];
    *year > 0 && (1..=days).contains(day) && clock.iter().zip(limits).all(|(value, limit)| *value <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_traps_of_yaml_1_1() {
        let table: &[(Resolved, &[&str])] = &[
            (Resolved::Bool, &["yes", "No", "ON", "off", "true", "False", "TRUE"]),
            (Resolved::Null, &["", "~", "null", "Null", "NULL"]),
            (
                Resolved::Int,
                &[
                    "12",
                    "+12",
                    "-1",
                    "0",
                    "1_000",
                    "0x1F",
                    "0b11",
                    "010",
                    "0_",
                    "12:30",
                    "1:30:00",
                    "0123456",
                    "190:20:30",
                    "0b_",
                ],
            ),
            (
                Resolved::Float,
                &[
                    "1.5",
                    ".5",
                    "5.",
                    "1.0e+3",
                    ".inf",
                    "-.INF",
                    "+.Inf",
                    ".NaN",
                    "1:30.5",
                    "1_0.5_0",
                    "-1.",
                    "685.230_15e+03",
                ],
            ),
            (
                Resolved::Timestamp,
                &[
                    "2024-01-01",
                    "2001-12-14t21:59:43.10-05:00",
                    "2001-12-14 21:59:43.10 -5",
                    "2001-12-15 2:59:43.10",
                    "2024-1-1 1:00:00Z",
                ],
            ),
            (Resolved::Other, &["<<", "="]),
            (
                Resolved::Str,
                &[
                    "y",
                    "n",
                    "yES",
                    "oN",
                    "1e3",
                    "12e4567",
                    "0o17",
                    "2024-1-1",
                    "12\u{a0}",
                    "nULL",
                    "-.nan",
                    "-.5",
                    "+.5",
                    "1.0e3",
                    "0x",
                    "0b2",
                    "09",
                    "12:60",
                    "12:305",
                    "1:2:",
                    "--1",
                    "+",
                    "-",
                    ".",
                    "..",
                    "1.2.3",
                    "2024-01-01T1:00",
                    "truely",
                    "012:30",
                ],
            ),
        ];
        for (wanted, texts) in table {
            for text in *texts {
                assert_eq!(resolve_plain(text), *wanted, "{text:?}");
            }
        }
    }

    #[test]
    fn numbers_mean_what_python_says() {
        let ints = [
            ("12:30", 750),
            ("010", 8),
            ("0x1F", 31),
            ("-0b11", -3),
            ("1_000", 1000),
            ("1:30:00", 5400),
            ("+7", 7),
        ];
        for (text, value) in ints {
            assert_eq!(int(text), Some(value), "{text}");
        }
        assert_eq!(int("99999999999999999999"), None);
        assert!(is_constructible("99999999999999999999", Resolved::Int));
        assert!(!is_constructible("0b_", Resolved::Int));
        assert!(!is_constructible("2024-02-30", Resolved::Timestamp));
        assert_eq!(float("1:30.5"), Some(90.5));
        assert_eq!(float("-.inf"), Some(f64::NEG_INFINITY));
    }
}

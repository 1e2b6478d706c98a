//! personal-data: addresses and numbers by which a person could be found. What a training set holds, a model may repeat.
//!
//! Every kind is proven where it can be (check digits), so that figures and dates stay silent.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::check::place::subject;

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    for text in seeds.texts() {
        if let Some((kind, found)) = first(text.text) {
            let message = format!(
                "{} seems to hold {kind} ({}), and a model may repeat what it was trained on; take it out or put an invented one such as {}.",
                subject(&text.path),
                masked(found),
                invented(kind)
            );
            advice.tell("personal-data", text.node, &text.path, message, None);
        }
    }
}

fn invented(kind: &str) -> &'static str {
    match kind {
        EMAIL => "name@example.com",
        PHONE => "+1 202-555-0123",
        _ => "a row of zeros",
    }
}

/// Never the thing itself: findings are printed and kept in logs.
fn masked(found: &str) -> String {
    let mut shown: String = found.chars().take(3).collect();
    shown.push('…');
    shown
}

const EMAIL: &str = "an e-mail address";
const PHONE: &str = "a phone number";
const CARD: &str = "the number of a payment card";
const ACCOUNT: &str = "the number of a bank account";
const SOCIAL_SECURITY: &str = "a social security number";

/// The first thing found and what it is.
fn first(text: &str) -> Option<(&'static str, &str)> {
    if let Some(found) = email(text) {
        return Some((EMAIL, found));
    }
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if let Some(found) = account(text) {
        return Some((ACCOUNT, found));
    }
    numbers(text)
}

/// Domains and ends of domains that belong to nobody (RFC 2606, RFC 6761).
const NOBODY: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    ".example",
    ".invalid",
    ".test",
    ".localhost",
    "@example",
];

fn email(text: &str) -> Option<&str> {
    text.match_indices('@').find_map(|(at, _)| {
        let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '%');
        let before = text.get(..at)?;
        let start = at
            - before
                .chars()
                .rev()
                .take_while(|c| local(*c))
                .map(char::len_utf8)
                .sum::<usize>();
        let after = text.get(at + 1..)?;
        let length: usize = after
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            .map(char::len_utf8)
            .sum();
        let domain = after.get(..length)?.trim_end_matches(['.', '-']);
        let (_, top) = domain.rsplit_once('.')?;
        let whole = text.get(start..at + 1 + domain.len())?;
        let lower = whole.to_ascii_lowercase();
        let real = top.len() >= 2
            && top.bytes().all(|byte| byte.is_ascii_alphabetic())
            && start < at
            && !NOBODY.iter().any(|nobody| lower.ends_with(nobody));
        real.then_some(whole)
    })
}

/// IBAN: two letters, two check digits, up to 30 more, whose remainder by 97 is one (ISO 13616).
fn account(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or_default();
    (0..bytes.len()).find_map(|start| {
        let begins = at(start).is_ascii_uppercase()
            && at(start + 1).is_ascii_uppercase()
            && at(start + 2).is_ascii_digit()
            && at(start + 3).is_ascii_digit()
            && (start == 0 || !at(start - 1).is_ascii_alphanumeric());
        if !begins {
            return None;
        }
        let mut letters = Vec::new();
        let mut end = start;
        while end < bytes.len() && letters.len() < 34 {
            match at(end) {
                byte @ (b'A'..=b'Z' | b'0'..=b'9') => letters.push(byte),
                b' ' if at(end + 1).is_ascii_digit() || at(end + 1).is_ascii_uppercase() => {}
                _ => break,
            }
            end += 1;
        }
        let digits = letters.iter().filter(|byte| byte.is_ascii_digit()).count();
        (letters.len() >= 15 && digits >= 10 && remainder_97(&letters) == 1).then(|| text.get(start..end))?
    })
}

fn remainder_97(letters: &[u8]) -> u32 {
    let (head, tail) = letters.split_at(4.min(letters.len()));
    tail.iter().chain(head).fold(0, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97,
    })
}

/// Runs of digits with the marks that people put between them.
fn numbers(text: &str) -> Option<(&'static str, &str)> {
    let bytes = text.as_bytes();
    let mut start = 0;
    while let Some(distance) = bytes
        .get(start..)?
        .iter()
        .position(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'('))
    {
        start += distance;
        let length = bytes
            .get(start..)?
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'+' | b'/'))
            .count();
        let run = text
            .get(start..start + length)?
            .trim_end_matches(|c: char| !c.is_ascii_digit());
        let free = start == 0 || bytes.get(start - 1).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if free && let Some(kind) = kind_of(run) {
            return Some((kind, run));
        }
        start += length.max(1);
    }
    None
}

fn kind_of(run: &str) -> Option<&'static str> {
    let digits: Vec<u8> = run.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
    if is_card(run, &digits) {
        Some(CARD)
    } else if is_social_security(run) {
        Some(SOCIAL_SECURITY)
    } else if is_phone(run, &digits) {
        Some(PHONE)
    } else {
        None
    }
}

/// 13 to 19 digits of a known issuer with the right check digit (Luhn, ISO/IEC 7812), written in one piece or in groups of four.
fn is_card(run: &str, digits: &[u8]) -> bool {
    let grouped = run
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'))
        && run.split([' ', '-']).all(|group| group.len() >= 3);
    let issuer = matches!(
        digits,
        [4, ..] | [5, 1..=5, ..] | [2, 2..=7, ..] | [3, 4 | 7, ..] | [6, 0 | 5, ..]
    );
    (13..=19).contains(&digits.len())
        && grouped
        && issuer
        && luhn(digits)
        && digits.iter().skip(1).any(|digit| *digit != 0)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit) * 2) {
            (0, _) => u32::from(*digit),
            (_, twice @ 10..) => twice - 9,
            (_, twice) => twice,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// `123-45-6789`, without the numbers that are never given out.
fn is_social_security(run: &str) -> bool {
    let parts: Vec<&str> = run.split('-').collect();
    match parts.as_slice() {
        [area @ ("000" | "666"), ..] if area.len() == 3 => false,
        [area, group, serial] => {
            [area.len(), group.len(), serial.len()] == [3, 2, 4]
                && run.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
                && !area.starts_with('9')
                && *group != "00"
                && *serial != "0000"
        }
        _ => false,
    }
}

/// International with its plus, or the North American form with its marks; not the numbers kept free for stories (555-0100 to
/// 555-0199).
fn is_phone(run: &str, digits: &[u8]) -> bool {
    let invented = |last: &[u8]| matches!(last, [.., 5, 5, 5, 0, 1, _, _]);
    if let Some(rest) = run.strip_prefix('+') {
        return (9..=15).contains(&digits.len())
            && !rest.contains('+')
            && !rest.starts_with([' ', '0'])
            && !invented(digits);
    }
    let groups: Vec<&str> = run
        .split([' ', '-', '.', '(', ')'])
        .filter(|group| !group.is_empty())
        .collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let marked = run.starts_with('(') || run.matches('-').count() == 2;
    lengths == [3, 3, 4]
        && marked
        && digits.len() == 10
        && digits.first().is_some_and(|digit| *digit >= 2)
        && !invented(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_belongs_to_a_person() {
        for (text, kind) in [
            ("Write to rosa.field@garden.nl.", EMAIL),
            ("Card 4111 1111 1111 1111, please", CARD),
            ("5500-0055-5555-5559", CARD),
            ("IBAN DE89 3704 0044 0532 0130 00.", ACCOUNT),
            ("GB82WEST12345698765432", ACCOUNT),
            ("SSN: 123-45-6789", SOCIAL_SECURITY),
            ("Call +49 30 901820 today", PHONE),
            ("(212) 736-5000", PHONE),
            ("212-736-5000", PHONE),
        ] {
            assert_eq!(first(text).map(|(kind, _)| kind), Some(kind), "{text}");
        }
    }

    #[test]
    fn figures_dates_and_invented_ones_stay_silent() {
        for text in [
            "name@example.com and a@mail.example",
            "@rosa said 5 @ 3",
            "git@host:path",
            "In 2024-01-01 12:30, 1,000,000 people; 3.14159265358979",
            "ISBN 978-3-16-148410-0",
            "4111 1111 1111 1112",
            "0123456789abcdef0123456789abcdef01234567",
            "DE12 is a road, AB12 CDEF 3456 7890 1234 a code",
            "202-555-0123 and +1 202-555-0123",
            "10.1000/182, 192.168.0.1, 49 10 00",
            "from 100-200-3000 units",
            "+ 12 345 678 901",
        ] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn the_message_does_not_repeat_it() {
        assert_eq!(masked("rosa.field@garden.nl"), "ros…");
    }
}

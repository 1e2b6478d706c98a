//! Writing one text as a scalar in a given style, or saying that the style cannot hold it.

use super::node::{Resolved, ScalarStyle};
use super::resolve::resolve_plain;

/// Where a scalar is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// Column of the collection around it, from 0: a `-`, or the first character of a key.
    pub parent: usize,
    /// Column of the lines of a block scalar, and of continued lines.
    pub body: usize,
    /// Column where the scalar starts.
    pub column: usize,
    /// Where lines are broken; `None` keeps one line.
    pub width: Option<usize>,
    /// Inside `[...]` or `{...}`.
    pub flow: bool,
    pub line_break: &'static str,
}

/// A scalar as written.
#[derive(Debug, Clone)]
pub(super) enum Written {
    /// Stands where it starts; may run over lines.
    Inline(String),
    /// A header (`|-`), and a body that starts with a line break and ends without.
    Block {
        header: String,
        body: String,
        /// Line breaks at the end of the text.
        breaks: usize,
    },
}

/// The styles to try for a text, the best first. `old`: how it, or what it resembles, is written now.
pub(super) fn styles(text: &str, old: ScalarStyle, old_has_breaks: bool) -> Vec<ScalarStyle> {
    use ScalarStyle::{Double, Folded, Literal, Plain, Single};
    let several_lines = text.contains('\n');
    match old {
        Literal => vec![Literal, Double],
        Folded => vec![Folded, Literal, Double],
        Double if several_lines && old_has_breaks => vec![Double],
        Plain | Single | Double if several_lines => vec![Literal, Double],
        Plain if text.contains(['"', '\\']) => vec![Plain, Single, Double],
        Plain => vec![Plain, Double],
        Single => vec![Single, Double],
        Double => vec![Double],
    }
}

/// Writes a text in a style; `None` when the style cannot hold it.
pub(super) fn write(text: &str, style: ScalarStyle, spot: &Spot) -> Option<Written> {
    match style {
        ScalarStyle::Plain if is_plain_text(text, spot.flow) => Some(Written::Inline(wrap(text, spot))),
        ScalarStyle::Single if !text.contains(['\n', '\t']) && !text.chars().any(needs_escape) => {
            let quoted = format!("'{}'", text.replace('\'', "''"));
            Some(Written::Inline(wrap(&quoted, spot)))
        }
        ScalarStyle::Double => Some(Written::Inline(wrap(&double_quoted(text), spot))),
        ScalarStyle::Literal if !spot.flow => block(text, '|', spot),
        ScalarStyle::Folded if !spot.flow => block(text, '>', spot),
        _ => None,
    }
}

/// Characters that only an escape in double quotes carries through every YAML reader: control characters, YAML's own extra
/// line breaks, byte order marks, non-characters.
fn needs_escape(c: char) -> bool {
    matches!(c,
        '\0'..='\x08' | '\x0b'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{1b}' => out.push_str("\\e"),
            c if needs_escape(c) => {
                let code = u32::from(c);
                let escape = if code < 0x100 {
                    format!("\\x{code:02X}")
                } else {
                    format!("\\u{code:04X}")
                };
                out.push_str(&escape);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a text can stand without quotes and is read as that text, by YAML 1.1 and 1.2 readers alike.
fn is_plain_text(text: &str, flow: bool) -> bool {
    is_plain_syntax(text, flow) && resolve_plain(text) == Resolved::Str && !is_typed_elsewhere(text)
}

/// Whether a text can stand without quotes and is not cut short or read as something other than a scalar.
pub(super) fn is_plain_syntax(text: &str, flow: bool) -> bool {
    let mut chars = text.chars();
    let (Some(first), second) = (chars.next(), chars.next()) else {
        return false;
    };
    let starts_well = match first {
        '-' => second.is_some_and(|c| c.is_alphanumeric()),
        '?' | ':' | ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
        | ' ' => false,
        _ => true,
    };
    let in_flow = |c: char| flow && matches!(c, ',' | '[' | ']' | '{' | '}' | '?' | ':');
    starts_well
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text
            .chars()
            .any(|c| matches!(c, '\n' | '\t') || needs_escape(c) || in_flow(c))
}

/// Texts to PyYAML that a YAML 1.2 or another 1.1 reader takes for numbers or booleans; quotes make them safe everywhere.
fn is_typed_elsewhere(text: &str) -> bool {
    matches!(text, "y" | "Y" | "n" | "N") || text.starts_with("0o") || text.parse::<f64>().is_ok()
}

/// Breaks a one-line scalar over lines at single spaces; a reader joins them again.
fn wrap(scalar: &str, spot: &Spot) -> String {
    let Some(width) = spot.width else {
        return scalar.to_owned();
    };
    let mut out = String::with_capacity(scalar.len() + scalar.len() / 16);
    let mut column = spot.column;
    for (position, piece) in pieces(scalar).into_iter().enumerate() {
        let cells = piece.chars().count();
        if position > 0 {
            if column + 1 + cells > width && column > spot.body && !piece.starts_with('#') {
                out.push_str(spot.line_break);
                out.push_str(&" ".repeat(spot.body));
                column = spot.body;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(piece);
        column += cells;
    }
    out
}

/// A text cut at its single spaces: runs of spaces, and spaces next to tabs or at either end, stay inside a piece.
fn pieces(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let word = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|b| !matches!(b, b' ' | b'\t' | b'\\' | b'"' | b'\''))
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(' ') {
        if at > 0 && word(at - 1) && word(at + 1) {
            pieces.push(text.get(start..at).unwrap_or_default());
            start = at + 1;
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

/// A literal or folded block. Refuses texts with blanks at the end of a line (yamllint), of nothing but line breaks, and with
/// characters that need an escape.
fn block(text: &str, kind: char, spot: &Spot) -> Option<Written> {
    let content = text.trim_end_matches('\n');
    let breaks = text.len() - content.len();
    if content.is_empty() || content.chars().any(needs_escape) {
        return None;
    }
    let folded = kind == '>';
    let lines = || content.split('\n');
    if lines().any(|line| line.ends_with([' ', '\t']) || (folded && line.starts_with([' ', '\t']))) {
        return None;
    }
    let mut header = String::from(kind);
    let indented = lines()
        .find(|line| !line.is_empty())
        .is_some_and(|line| line.starts_with([' ', '\t']));
    if indented {
        let digit = spot
            .body
            .checked_sub(spot.parent)
            .filter(|digit| (1..=9).contains(digit))?;
        header.push_str(&digit.to_string());
    }
    match breaks {
        0 => header.push('-'),
        1 => {}
        _ => header.push('+'),
    }
    let indent = " ".repeat(spot.body);
    let mut body = String::with_capacity(content.len() + content.len() / 8);
    let mut started = false;
    for line in lines() {
        // Between two folded lines one break is a space, so each break of the text takes one line more.
        if folded && started && !line.is_empty() {
            body.push_str(spot.line_break);
        }
        body.push_str(spot.line_break);
        if line.is_empty() {
            continue;
        }
        started = true;
        body.push_str(&indent);
        if folded {
            let inner = Spot {
                column: spot.body,
                width: Some(spot.width.unwrap_or(100)),
                ..*spot
            };
            body.push_str(&wrap(line, &inner));
        } else {
            body.push_str(line);
        }
    }
    for _ in 1..breaks {
        body.push_str(spot.line_break);
    }
    Some(Written::Block { header, body, breaks })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOT: Spot = Spot {
        parent: 2,
        body: 4,
        column: 10,
        width: None,
        flow: false,
        line_break: "\n",
    };

    fn written(text: &str, style: ScalarStyle, spot: &Spot) -> Option<String> {
        write(text, style, spot).map(|written| match written {
            Written::Inline(text) => text,
            Written::Block { header, body, .. } => header + &body,
        })
    }

    #[test]
    fn plain_is_only_for_what_reads_back_everywhere() {
        let quoted = [
            "",
            " a",
            "a ",
            "a: b",
            "a #b",
            "yes",
            "12:30",
            "1e3",
            "0o17",
            "y",
            "- a",
            "#a",
            "*a",
            "a:",
            "a\tb",
            "nan",
            "2024-01-01",
            "@a",
            "a\u{85}b",
            "---",
            "= ",
            "<<",
            "?a",
        ];
        for text in quoted {
            assert!(written(text, ScalarStyle::Plain, &SPOT).is_none(), "{text:?}");
        }
        for text in [
            "a",
            "-a",
            "a:b",
            "a#b",
            "It's",
            "say \"x\"",
            "1.2.3",
            "é",
            "a, b",
            "1234abc",
        ] {
            assert_eq!(written(text, ScalarStyle::Plain, &SPOT).as_deref(), Some(text));
        }
        assert!(written("a, b", ScalarStyle::Plain, &Spot { flow: true, ..SPOT }).is_none());
    }

    #[test]
    fn blocks_take_indicators_as_needed() {
        let cases = [
            ("a\nb\n", "|\n    a\n    b"),
            ("a", "|-\n    a"),
            ("a\n\nb\n\n", "|+\n    a\n\n    b\n"),
            ("  a\nb\n", "|2\n      a\n    b"),
            ("\n\ta", "|2-\n\n    \ta"),
        ];
        for (text, wanted) in cases {
            assert_eq!(written(text, ScalarStyle::Literal, &SPOT).as_deref(), Some(wanted));
        }
        for text in ["", "\n", "a \nb", "a\n \nb", "a\rb", "a\u{2028}b", "a\0"] {
            assert!(written(text, ScalarStyle::Literal, &SPOT).is_none(), "{text:?}");
        }
        assert_eq!(
            written("a\nb\n", ScalarStyle::Folded, &SPOT).as_deref(),
            Some(">\n    a\n\n    b")
        );
        assert_eq!(
            written("\na\n\nb\n", ScalarStyle::Folded, &SPOT).as_deref(),
            Some(">\n\n    a\n\n\n    b")
        );
    }

    #[test]
    fn double_quotes_escape() {
        assert_eq!(
            written("a\"\\\n\t\u{1b}\u{7}\u{2028}\u{85}é", ScalarStyle::Double, &SPOT).unwrap(),
            r#""a\"\\\n\t\e\x07\u2028\x85é""#
        );
    }
}

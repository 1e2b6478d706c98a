//! Lines of a text by byte position: where they start and end, which are blank.

use std::ops::Range;

/// A part of a text; empty when the range is not inside it.
pub(super) fn cut(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

fn byte(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at).copied()
}

fn is_break(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// Where the line of a position starts. A byte order mark is not part of the first line.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    match before.iter().rposition(|b| is_break(*b)) {
        Some(last) => last + 1,
        None if text.starts_with('\u{feff}') && at >= 3 => 3,
        None => 0,
    }
}

/// Where the line of a position ends, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let after = text.as_bytes().get(at..).unwrap_or_default();
    after
        .iter()
        .position(|b| is_break(*b))
        .map_or(text.len(), |distance| at + distance)
}

/// Where the line after the line of a position starts: past its line break, or the end of the text.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    let end = line_end(text, at);
    match (byte(text, end), byte(text, end + 1)) {
        (Some(b'\r'), Some(b'\n')) => end + 2,
        (Some(_), _) => end + 1,
        (None, _) => end,
    }
}

/// Where the line before starts; `None` for the first line. `start` is the start of a line.
pub(super) fn previous_line(text: &str, start: usize) -> Option<usize> {
    let mut end = start.checked_sub(1)?;
    if byte(text, end)? == b'\n' && end > 0 && byte(text, end - 1) == Some(b'\r') {
        end -= 1;
    }
    if !is_break(byte(text, end)?) {
        return None;
    }
    Some(line_start(text, end))
}

/// The line that starts here, without its break.
pub(super) fn line_at(text: &str, start: usize) -> &str {
    cut(text, start..line_end(text, start))
}

pub(super) fn is_blank(line: &str) -> bool {
    line.bytes().all(|b| b == b' ' || b == b'\t')
}

/// Leading spaces.
pub(super) fn indent_of(line: &str) -> usize {
    line.bytes().take_while(|b| *b == b' ').count()
}

pub(super) fn is_comment(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('#')
}

/// Characters between the start of the line and a position, from 0.
pub(super) fn column_of(text: &str, at: usize) -> usize {
    cut(text, line_start(text, at)..at).chars().count()
}

/// The line break this file uses around a position: that of its line, else the first of the file, else `\n`.
pub(super) fn line_break_near(text: &str, at: usize) -> &'static str {
    let of = |position: usize| match cut(text, line_end(text, position)..next_line(text, position)) {
        "\r\n" => Some("\r\n"),
        "\r" => Some("\r"),
        "\n" => Some("\n"),
        _ => None,
    };
    of(at).or_else(|| of(0)).unwrap_or("\n")
}

/// The end of a block scalar's last line of text, before its break.
///
/// libyaml's span runs over the blank lines that follow. They are text under `|+` and separators otherwise, except that a
/// line of more spaces than the indentation is text.
pub(super) fn block_scalar_end(text: &str, span: Range<usize>) -> usize {
    let header_end = line_end(text, span.start);
    if span.end <= header_end {
        return span.end;
    }
    let header = cut(text, span.start..header_end);
    let indicators = block_indicators(header);
    let keeps = indicators.contains('+');
    let mut end = span.end;
    if line_start(text, end) == end {
        // Past the last line's break: step back before it.
        let Some(previous) = previous_line(text, end) else {
            return end;
        };
        end = line_end(text, previous).max(header_end);
    }
    if keeps {
        return end;
    }
    let explicit = indicators.bytes().any(|b| b.is_ascii_digit());
    let indent = if explicit {
        0
    } else {
        body_indent(text, header_end, end)
    };
    while end > header_end {
        let start = line_start(text, end);
        let line = cut(text, start..end);
        if start <= header_end || !is_blank(line) || line.len() > indent {
            break;
        }
        let Some(previous) = previous_line(text, start) else {
            break;
        };
        end = line_end(text, previous);
    }
    end
}

/// The `|-2` part of a block scalar's header, which may start with a tag or an anchor.
pub(super) fn block_indicators(header: &str) -> &str {
    let word = header
        .split([' ', '\t'])
        .find(|word| word.starts_with(['|', '>']))
        .unwrap_or_default();
    let end = word
        .find(|c: char| !matches!(c, '|' | '>' | '-' | '+' | '0'..='9'))
        .unwrap_or(word.len());
    word.get(..end).unwrap_or_default()
}

/// Leading spaces of the first line of a block scalar's body that is not blank; the longest blank line when all are.
fn body_indent(text: &str, header_end: usize, end: usize) -> usize {
    let mut at = next_line(text, header_end);
    let mut longest = 0;
    while at < end {
        let line = line_at(text, at);
        if !is_blank(line) {
            return indent_of(line);
        }
        longest = longest.max(line.len());
        at = next_line(text, at);
    }
    longest
}

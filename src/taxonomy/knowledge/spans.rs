//! Sentences and paragraphs around a place in a document: what a person takes when choosing a passage.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::chunks::is_rows;

/// How far from a place its paragraph is looked for, in bytes; a longer one is a list or a table without blank lines.
const REACH: usize = 64 << 10;

/// The paragraph at a byte: the lines around it up to the blank ones, without white space at the ends. On a blank line, the next
/// paragraph; behind the last one, that one.
pub fn paragraph_at(text: &str, at: usize) -> Range<usize> {
    let at = first_letter(text, floor(text, at));
    let window = floor(text, at.saturating_sub(REACH))..floor(text, at.saturating_add(REACH));
    let before = text.get(window.start..at).unwrap_or_default();
    let mut start = line_start(before, window.start);
    // Lines above, until a blank one.
    while start > window.start {
        let above = text.get(window.start..start - 1).unwrap_or_default();
        let from = line_start(above, window.start);
        if text.get(from..start).is_none_or(|line| line.trim().is_empty()) {
            break;
        }
        start = from;
    }
    let mut end = at;
    for line in text.get(at..window.end).unwrap_or_default().split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    trimmed(text, start..end)
}

/// The sentence at a byte, within its paragraph; a line of a list or table counts as one.
pub fn sentence_at(text: &str, at: usize) -> Range<usize> {
    let at = first_letter(text, floor(text, at));
    let paragraph = paragraph_at(text, at);
    let whole = text.get(paragraph.clone()).unwrap_or_default();
    let mut start = paragraph.start;
    let mut last = paragraph.clone();
    let rows = is_rows(whole);
    // A sentence goes on over the end of a line; Unicode's rules would end it there. Every byte keeps its place.
    let flat = if rows {
        String::new()
    } else {
        whole.replace(['\n', '\r'], " ")
    };
    let lengths: Vec<usize> = if rows {
        whole.split_inclusive('\n').map(str::len).collect()
    } else {
        flat.split_sentence_bounds().map(str::len).collect()
    };
    for length in lengths {
        last = start..start + length;
        if at < last.end {
            break;
        }
        start = last.end;
    }
    trimmed(text, last)
}

/// The sentence behind the one at a byte; an empty range at the end of the text.
pub fn sentence_after(text: &str, at: usize) -> Range<usize> {
    behind(text, sentence_at(text, at).end, sentence_at)
}

/// The sentence before the one at a byte; the first one again at the start.
pub fn sentence_before(text: &str, at: usize) -> Range<usize> {
    let here = sentence_at(text, at);
    match last_letter(text, here.start) {
        Some(before) => sentence_at(text, before),
        None => here,
    }
}

/// The paragraph behind the one at a byte; an empty range at the end of the text.
pub fn paragraph_after(text: &str, at: usize) -> Range<usize> {
    behind(text, paragraph_at(text, at).end, paragraph_at)
}

/// The paragraph before the one at a byte; the first one again at the start.
pub fn paragraph_before(text: &str, at: usize) -> Range<usize> {
    let here = paragraph_at(text, at);
    match last_letter(text, here.start) {
        Some(before) => paragraph_at(text, before),
        None => here,
    }
}

/// A range without the white space at its ends.
pub fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let piece = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (piece.len() - piece.trim_start().len());
    start..(start + piece.trim().len())
}

/// The nearest place at or before a byte where a character starts.
pub fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

fn behind(text: &str, end: usize, of: fn(&str, usize) -> Range<usize>) -> Range<usize> {
    match first_letter(text, end) {
        next if next < text.len() => of(text, next),
        _ => text.len()..text.len(),
    }
}

/// The first byte at or behind a place that is no white space; the end when there is none.
fn first_letter(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    text.len() - rest.trim_start().len()
}

/// Where the last character that is no white space starts before a place.
fn last_letter(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at).unwrap_or_default().trim_end();
    before.char_indices().next_back().map(|(place, _)| place)
}

fn line_start(before: &str, base: usize) -> usize {
    before.rfind('\n').map_or(base, |newline| base + newline + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# Frost\n\nSeedlings wilt. Water the soil\nthe evening before.\n \n- fleece at dusk\n- straw\n\n霜の晩です。水をやる。\n";

    fn of(text: &str, range: Range<usize>) -> &str {
        text.get(range).unwrap()
    }

    #[test]
    fn a_place_has_its_sentence_and_its_paragraph() {
        let water = TEXT.find("the soil").unwrap();
        assert_eq!(
            of(TEXT, sentence_at(TEXT, water)),
            "Water the soil\nthe evening before."
        );
        assert_eq!(
            of(TEXT, paragraph_at(TEXT, water)),
            "Seedlings wilt. Water the soil\nthe evening before."
        );
        assert_eq!(of(TEXT, sentence_after(TEXT, water)), "- fleece at dusk");
        assert_eq!(of(TEXT, sentence_before(TEXT, water)), "Seedlings wilt.");
        assert_eq!(of(TEXT, paragraph_after(TEXT, water)), "- fleece at dusk\n- straw");
        assert_eq!(of(TEXT, paragraph_before(TEXT, water)), "# Frost");
        assert_eq!(of(TEXT, sentence_at(TEXT, TEXT.find('水').unwrap())), "水をやる。");
        assert_eq!(sentence_before(TEXT, 0), 0..7);
        assert_eq!(sentence_after(TEXT, TEXT.len()), TEXT.len()..TEXT.len());
    }

    proptest! {
        #[test]
        fn steps_go_on_until_the_end(text in "[a-z霜。. \n-]{0,120}", at in 0_usize..130) {
            let here = sentence_at(&text, at);
            prop_assert!(text.get(here.clone()).is_some());
            let paragraph = paragraph_at(&text, at);
            prop_assert!(paragraph.start <= here.start && here.end <= paragraph.end);
            let next = sentence_after(&text, at);
            prop_assert!(next.start >= here.end);
            prop_assert!(sentence_before(&text, at).start <= here.start);
        }
    }
}

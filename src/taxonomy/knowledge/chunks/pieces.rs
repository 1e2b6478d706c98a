//! Cuts what is larger than a chunk into smaller pieces: lines, sentences, words, and at last what a person sees as one
//! character. A cut never goes through such a character, whatever the text is.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::text::tokens::quarters;

/// So many characters in a row that are neither letters nor digits end a sentence here: Unicode's rules look ahead anew
/// from each of them, which takes minutes for a million spaces behind a full stop.
const LONGEST_PAUSE: usize = 16;

/// A piece of a text, as small as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Without white space at the ends; never empty.
    pub range: Range<usize>,
    /// Its size in quarters of a token.
    pub quarters: u64,
    /// It begins where a line or a sentence begins.
    pub opens: bool,
}

/// How finely a text is cut, coarsest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grain {
    Line,
    Sentence,
    /// Between white space, and behind the commas of scripts that have none: also what Thai writes without a space.
    Phrase,
    Word,
    Cluster,
}

impl Grain {
    fn finer(self) -> Option<Grain> {
        match self {
            Grain::Line => Some(Grain::Sentence),
            Grain::Sentence => Some(Grain::Phrase),
            Grain::Phrase => Some(Grain::Word),
            Grain::Word => Some(Grain::Cluster),
            Grain::Cluster => None,
        }
    }
}

/// Hands out the pieces of a range in order, none larger than `most` quarters of a token unless it is a single character.
pub(super) fn each_piece(
    document: &str,
    range: Range<usize>,
    grain: Grain,
    most: u64,
    opens: bool,
    take: &mut dyn FnMut(Piece),
) {
    let mut first = true;
    each_cut(document, range, grain, &mut |part| {
        let opens = opens && (first || matches!(grain, Grain::Line | Grain::Sentence));
        first = false;
        let quarters = document.get(part.clone()).map_or(0, quarters);
        match grain.finer() {
            Some(finer) if quarters > most => each_piece(document, part, finer, most, opens, take),
            _ => take(Piece {
                range: part,
                quarters,
                opens,
            }),
        }
    });
}

/// Hands out the lines, sentences, … of a range, each without white space at its ends.
pub(super) fn each_cut(document: &str, range: Range<usize>, grain: Grain, take: &mut dyn FnMut(Range<usize>)) {
    let Some(text) = document.get(range.clone()) else {
        return;
    };
    let mut last = 0;
    let mut cut = |at: usize| {
        let rest = text.get(last..).unwrap_or_default();
        if at > last && is_boundary(rest, at - last) {
            let part = trimmed(document, range.start + last..range.start + at);
            if !part.is_empty() {
                take(part);
            }
            last = at;
        }
    };
    match grain {
        Grain::Line => text.match_indices('\n').for_each(|(at, _)| cut(at + 1)),
        Grain::Sentence => sentence_ends(text, &mut cut),
        Grain::Phrase => text
            .char_indices()
            .filter(|(_, character)| character.is_whitespace() || "、，；：،؛".contains(*character))
            .for_each(|(at, character)| cut(at + character.len_utf8())),
        Grain::Word => text.split_word_bound_indices().for_each(|(at, _)| cut(at)),
        Grain::Cluster => text.grapheme_indices(true).for_each(|(at, _)| cut(at)),
    }
    cut(text.len());
}

/// Where sentences end by Unicode's rules (UAX 29), which know the full stops of all scripts.
fn sentence_ends(text: &str, end: &mut dyn FnMut(usize)) {
    // A sentence goes on over the end of a line; the rules would end it there. Every byte keeps its place.
    let flat = text.replace(['\n', '\r'], " ");
    let mut from = 0;
    let mut within = |from: usize, to: usize| {
        let mut at = from;
        for sentence in flat.get(from..to).unwrap_or_default().split_sentence_bounds() {
            at += sentence.len();
            end(at);
        }
    };
    let mut pause = 0;
    for (at, character) in flat.char_indices() {
        pause = if character.is_alphanumeric() { 0 } else { pause + 1 };
        if pause == LONGEST_PAUSE {
            let to = at + character.len_utf8();
            within(from, to);
            (from, pause) = (to, 0);
        }
    }
    within(from, flat.len());
}

/// A range without the white space at its ends, as far as no character is built upon that space.
pub(super) fn trimmed(document: &str, range: Range<usize>) -> Range<usize> {
    let Some(text) = document.get(range.clone()) else {
        return range.start..range.start;
    };
    let mut start = text.len() - text.trim_start().len();
    if start == text.len() {
        return range.start..range.start;
    }
    if start > 0 && !is_boundary(text, start) {
        start = text.get(..start).map_or(0, last_start);
    }
    let mut end = text.trim_end().len();
    if !is_boundary(text, end) {
        let next = text.get(end..).and_then(|rest| rest.chars().next());
        end += next.map_or(0, char::len_utf8);
    }
    range.start + start..range.start + end
}

fn last_start(text: &str) -> usize {
    text.char_indices().next_back().map_or(0, |(at, _)| at)
}

/// Whether what a person sees as one character ends here.
fn is_boundary(text: &str, at: usize) -> bool {
    // Two plain ASCII letters: most cuts.
    let bytes = text.as_bytes();
    let plain = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii() && *byte != b'\n');
    if plain(bytes.get(at)) && at > 0 && plain(bytes.get(at - 1)) {
        return true;
    }
    GraphemeCursor::new(at, text.len(), true)
        .is_boundary(text, 0)
        .unwrap_or(true)
}

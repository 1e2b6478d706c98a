//! The documents that a knowledge leaf rests on: cut into chunks that fit a prompt, compared with the contexts of the seed
//! examples, and which edits of the seed file take other documents or passages.
//!
//! A chunk is a range of the document's own bytes, so that a sample can always be shown beside exactly what it came from: cut along
//! headings first, then paragraphs, then sentences. Reading the documents is not done here.

mod blocks;
mod coverage;
mod edits;
mod places;
pub mod spans;
mod words;

use std::ops::Range;

use blocks::{Block, BlockKind};

pub use coverage::{CONTEXT_TOKENS, Coverage, CoveredChunk, CoveredDocument, PlacedContext, coverage};
pub use edits::{context_edits, pin_edits};
pub use places::{Finder, Place, Placed, Source};
pub use words::count as count_words;

/// How many words a chunk has at most, unless told otherwise. About what InstructLab's prompts leave room for.
pub const DEFAULT_CHUNK_WORDS: usize = 250;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Byte range over the document; the text is `&document[start..end]`, without white space at the ends.
    pub start: usize,
    pub end: usize,
    /// The headings above the piece, outermost first; for a piece that spans several sections, what they share.
    pub heading: Vec<String>,
    /// Words, where each CJK character counts as one.
    pub words: usize,
}

impl Chunk {
    /// The piece of the document that it was cut from.
    pub fn text<'a>(&self, document: &'a str) -> &'a str {
        document.get(self.start..self.end).unwrap_or_default()
    }
}

/// Cuts a Markdown or plain text into chunks of at most `max_words` words, in order.
///
/// Sections that fit stay whole and small neighbours share a chunk. Code fences are never cut, so a long one makes a chunk above the
/// limit. Front matter and headings with nothing under them are left out; every other word is in exactly one chunk.
pub fn chunks(document: &str, max_words: usize) -> Vec<Chunk> {
    let max = max_words.max(1);
    let blocks = blocks::blocks(document);
    let mut pieces = Vec::new();
    let mut path = Vec::new();
    cut_sections(document, &blocks, &mut path, max, &mut pieces);
    pieces
        .into_iter()
        .filter(|piece| piece.body)
        .filter_map(|piece| {
            let text = document.get(piece.range.clone())?;
            let start = piece.range.start + (text.len() - text.trim_start().len());
            let text = text.trim();
            let chunk = Chunk {
                start,
                end: start + text.len(),
                heading: piece.heading,
                words: piece.words,
            };
            (!text.is_empty()).then_some(chunk)
        })
        .collect()
}

struct Piece {
    range: Range<usize>,
    heading: Vec<String>,
    words: usize,
    /// There is more than headings in it.
    body: bool,
    /// It is a whole section or the whole text before the first subsection: only such pieces are joined with neighbours.
    whole: bool,
}

/// Cuts a run of blocks: what comes before the first heading, then each section of the highest level found there.
/// The depth of recursion is bounded by the six heading levels.
fn cut_sections(document: &str, blocks: &[Block], path: &mut Vec<String>, max: usize, out: &mut Vec<Piece>) {
    let Some(top) = blocks.iter().filter_map(Block::level).min() else {
        cut_body(document, blocks, None, path, max, out);
        return;
    };
    let mut siblings: Vec<Piece> = Vec::new();
    let starts: Vec<usize> = blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.level() == Some(top))
        .map(|(index, _)| index)
        .collect();
    let first = starts.first().copied().unwrap_or(blocks.len());
    // Lower headings may come before the first one of the highest level.
    if let Some(before) = blocks.get(..first).filter(|before| !before.is_empty()) {
        cut_whole(document, before, None, path, max, &mut siblings);
    }
    for (at, start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(blocks.len());
        let Some((heading, below)) = blocks.get(*start..end).and_then(<[Block]>::split_first) else {
            continue;
        };
        path.push(heading.title(document));
        cut_whole(document, below, Some(heading), path, max, &mut siblings);
        path.pop();
    }
    join_small(siblings, path, max, out);
}

/// One section with all below it: one piece when it fits, else its own text and then its subsections.
fn cut_whole(
    document: &str,
    below: &[Block],
    heading: Option<&Block>,
    path: &mut Vec<String>,
    max: usize,
    out: &mut Vec<Piece>,
) {
    let words = below.iter().chain(heading).map(|block| block.words).sum::<usize>();
    let start = heading.or(below.first()).map(|block| block.range.start);
    let end = below.last().or(heading).map(|block| block.range.end);
    if let (Some(start), Some(end)) = (start, end)
        && words <= max
    {
        let body = below.iter().any(|block| block.level().is_none());
        out.push(Piece {
            range: start..end,
            heading: path.clone(),
            words,
            body,
            whole: true,
        });
        return;
    }
    let own = below
        .iter()
        .position(|block| block.level().is_some())
        .unwrap_or(below.len());
    let (own, deeper) = below.split_at_checked(own).unwrap_or((below, &[]));
    let mut parts = Vec::new();
    if !own.is_empty() {
        cut_body(document, own, heading, path, max, &mut parts);
    } else if let Some(heading) = heading {
        let piece = Piece {
            range: heading.range.clone(),
            heading: path.clone(),
            words: heading.words,
            body: false,
            whole: true,
        };
        parts.push(piece);
    }
    if !deeper.is_empty() {
        cut_sections(document, deeper, path, max, &mut parts);
    }
    join_small(parts, path, max, out);
}

/// Fills pieces with paragraphs of one section up to the limit; the heading goes with the first.
fn cut_body(document: &str, own: &[Block], heading: Option<&Block>, path: &[String], max: usize, out: &mut Vec<Piece>) {
    let mut open: Option<(Range<usize>, usize, bool)> = heading.map(|block| (block.range.clone(), block.words, false));
    let mut made = Vec::new();
    for block in own {
        for (range, words) in block.parts(document, max) {
            match &mut open {
                // A heading stays with the text below it, even when that alone fills a piece.
                Some((so_far, count, body)) if *count + words <= max || !*body => {
                    so_far.end = range.end;
                    *count += words;
                    *body = true;
                }
                _ => {
                    made.extend(open.take());
                    open = Some((range, words, true));
                }
            }
        }
    }
    made.extend(open);
    let whole = made.len() == 1;
    out.extend(made.into_iter().map(|(range, words, body)| Piece {
        range,
        heading: path.to_vec(),
        words,
        body,
        whole,
    }));
}

/// Joins a small whole piece with its neighbour while both fit: a chunk of one sentence teaches nothing.
fn join_small(pieces: Vec<Piece>, path: &[String], max: usize, out: &mut Vec<Piece>) {
    let small = max / 4;
    let mut last: Option<Piece> = None;
    for piece in pieces {
        last = Some(match last.take() {
            Some(before)
                if before.whole
                    && piece.whole
                    && before.words + piece.words <= max
                    && (before.words < small || piece.words < small || !before.body) =>
            {
                let shared = before
                    .heading
                    .iter()
                    .zip(&piece.heading)
                    .take_while(|(a, b)| a == b)
                    .count();
                // A bare heading joined with its first subsection is still all about that subsection.
                let heading = if before.body {
                    before.heading.iter().take(shared.max(path.len())).cloned().collect()
                } else {
                    piece.heading
                };
                Piece {
                    range: before.range.start..piece.range.end,
                    heading,
                    words: before.words + piece.words,
                    body: before.body || piece.body,
                    whole: true,
                }
            }
            Some(before) => {
                out.push(before);
                piece
            }
            None => piece,
        });
    }
    out.extend(last);
}

impl Block {
    fn level(&self) -> Option<u8> {
        match self.kind {
            BlockKind::Heading(level) => Some(level),
            BlockKind::Text | BlockKind::Fence => None,
        }
    }
}

#[cfg(test)]
mod tests;

//! Cuts documents into chunks that fit a prompt.
//!
//! ```text
//! document ─► blocks (headings, lists, tables, code, paragraphs)
//!          ─► sections that fit stay whole; small neighbours under one heading share a chunk
//!          ─► larger ones are filled block by block; what is larger still is cut at lines, sentences, words, characters
//! ```
//!
//! The manner is that of Docling's HybridChunker, which InstructLab uses: structure first, then tokens. A chunk is a range of the
//! document's own bytes, so that a sample can always be shown beside exactly what it came from.

mod blocks;
mod filling;
mod pieces;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::text::tokens::{QUARTERS, estimate, quarters};
pub(super) use blocks::is_rows;
use blocks::{Block, BlockKind};
use filling::Filling;

/// How large chunks are and how much neighbours share, in tokens as [`estimate`] counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChunkSize {
    /// Most tokens of a chunk, at least 1.
    pub tokens: u64,
    /// Most tokens that a chunk has in common with the one before; less than `tokens`.
    pub overlap: u64,
}

impl ChunkSize {
    /// The size of InstructLab's chunks (`max_tokens` of its HybridChunker), and a tenth of it shared: its chunks before
    /// version 0.7 had that share.
    pub const USUAL: ChunkSize = ChunkSize {
        tokens: 500,
        overlap: 50,
    };

    /// The same size without an overlap.
    pub fn apart(self) -> ChunkSize {
        ChunkSize { overlap: 0, ..self }
    }
}

/// A size as somebody wishes it, where parts may be left open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChunkWish {
    pub tokens: Option<u64>,
    pub overlap: Option<u64>,
}

impl ChunkWish {
    /// The size that this wish comes to: what it leaves open is taken from the settings, then from `usual`, where the overlap
    /// stays in proportion. An overlap of the settings that does not go with the size is left alone.
    ///
    /// # Errors
    /// In a sentence, for a size of 0 or an overlap that is not less than the size.
    pub fn size(self, settings: ChunkWish, usual: ChunkSize) -> Result<ChunkSize, String> {
        let size = self.tokens.or(settings.tokens).unwrap_or(usual.tokens);
        let in_proportion = u128::from(usual.overlap) * u128::from(size) / u128::from(usual.tokens.max(1));
        let shared = self
            .overlap
            .or(settings.overlap.filter(|overlap| *overlap < size))
            .unwrap_or_else(|| u64::try_from(in_proportion).unwrap_or(u64::MAX));
        if size == 0 {
            return Err(format!(
                "chunks need at least 1 token; the usual size is {}",
                usual.tokens
            ));
        }
        if shared >= size {
            return Err(format!(
                "chunks of {size} tokens cannot share {shared} with the one before; the overlap has to be less than the size"
            ));
        }
        Ok(ChunkSize {
            tokens: size,
            overlap: shared,
        })
    }
}

impl From<ChunkSize> for ChunkWish {
    fn from(size: ChunkSize) -> Self {
        ChunkWish {
            tokens: Some(size.tokens),
            overlap: Some(size.overlap),
        }
    }
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Byte range over the document; the text is `&document[start..end]`, without white space at the ends.
    pub start: usize,
    pub end: usize,
    /// The headings that the piece stands under, outermost first; for a piece that spans several sections, what they share.
    pub heading: Vec<String>,
    /// How many of these headings stand before the piece, not in it.
    pub above: usize,
    /// Words, where each CJK character counts as one.
    pub words: usize,
    /// Estimated.
    pub tokens: u64,
    /// How many of the tokens stand in the chunk before as well.
    pub shared: u64,
    /// There is more in it than headings and front matter.
    pub body: bool,
}

impl Chunk {
    /// The piece of the document that it was cut from.
    pub fn text<'a>(&self, document: &'a str) -> &'a str {
        document.get(self.start..self.end).unwrap_or_default()
    }

    /// The headings that a reader of the piece alone would miss.
    pub fn headings_above(&self) -> &[String] {
        self.heading.get(..self.above).unwrap_or_default()
    }
}

/// Cuts a Markdown or plain text into chunks, in order.
///
/// Sections that fit stay whole, and small neighbours under one heading share a chunk. Lists, tables and code stay whole where
/// they fit. Every byte that is no white space is in a chunk, a byte order mark aside. No chunk is larger than `size` unless it
/// is one character; neighbours share text only where a section was cut, from the beginning of a sentence, line or paragraph on.
/// The cost is linear in the length of the document.
pub fn chunks(document: &str, size: ChunkSize) -> Vec<Chunk> {
    let most = size.tokens.max(1).saturating_mul(QUARTERS);
    let blocks = blocks::blocks(document, most / 2);
    let mut cutting = Cutting {
        document,
        blocks: &blocks,
        most,
        shared: size.overlap.saturating_mul(QUARTERS).min(most.saturating_sub(1)),
        path: Vec::new(),
    };
    let mut made = Vec::new();
    // Front matter goes with what stands below it, as a heading does.
    let lead = blocks
        .iter()
        .take_while(|block| block.kind == BlockKind::FrontMatter)
        .count();
    cutting.sections(0..blocks.len(), lead, &mut made);
    let titles: Vec<Option<String>> = blocks
        .iter()
        .map(|block| block.level().map(|_| block.title(document)))
        .collect();
    let mut before = 0;
    let mut chunks = Vec::with_capacity(made.len());
    for Section {
        range, heading, body, ..
    } in made
    {
        let text = document.get(range.clone()).unwrap_or_default();
        let stands_before = |at: &&usize| blocks.get(**at).is_some_and(|block| block.range.start < range.start);
        chunks.push(Chunk {
            above: heading.iter().take_while(stands_before).count(),
            heading: heading
                .iter()
                .filter_map(|at| titles.get(*at).cloned().flatten())
                .collect(),
            words: super::count_words(text),
            tokens: estimate(text),
            shared: document.get(range.start..before).map_or(0, estimate),
            start: range.start,
            end: range.end,
            body,
        });
        before = range.end;
    }
    chunks
}

struct Cutting<'a> {
    document: &'a str,
    blocks: &'a [Block],
    /// In quarters of a token.
    most: u64,
    shared: u64,
    /// The headings above, by the numbers of their blocks.
    path: Vec<usize>,
}

/// What will be a chunk.
struct Section {
    range: Range<usize>,
    quarters: u64,
    heading: Vec<usize>,
    /// There is more than headings and front matter in it.
    body: bool,
    /// It is a whole section or the whole text before the first subsection: only such are joined with neighbours.
    whole: bool,
}

impl Cutting<'_> {
    fn of(&self, range: &Range<usize>) -> &[Block] {
        self.blocks.get(range.clone()).unwrap_or_default()
    }

    /// Cuts a run of blocks: what comes before the first heading, then each section of the highest level found there. The first
    /// `lead` blocks are headings of the path, or front matter, that nothing stands under yet. The depth of recursion is bounded by the six heading
    /// levels.
    fn sections(&mut self, range: Range<usize>, lead: usize, out: &mut Vec<Section>) {
        let body = range.start + lead..range.end;
        let Some(top) = self.of(&body).iter().filter_map(Block::level).min() else {
            return self.section(range, lead, out);
        };
        let starts: Vec<usize> = body
            .clone()
            .zip(self.of(&body))
            .filter(|(_, block)| block.level() == Some(top))
            .map(|(at, _)| at)
            .collect();
        let mut made = Vec::new();
        let mut from = range.start;
        let mut lead = lead;
        // Lower headings may come before the first one of the highest level.
        if let Some(first) = starts.first().filter(|first| **first > body.start) {
            self.section(from..*first, lead, &mut made);
            (from, lead) = (*first, 0);
        }
        for (number, start) in starts.iter().enumerate() {
            let end = starts.get(number + 1).copied().unwrap_or(range.end);
            self.path.push(*start);
            self.section(from..end, lead + 1, &mut made);
            self.path.pop();
            (from, lead) = (end, 0);
        }
        self.join(made, out);
    }

    /// One section with all below it: one chunk when it fits, else its own text and then its subsections.
    fn section(&mut self, range: Range<usize>, lead: usize, out: &mut Vec<Section>) {
        let blocks = self.of(&range);
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
            return;
        };
        let quarters = blocks.iter().map(|block| block.gap + block.quarters).sum::<u64>() - first.gap;
        if quarters <= self.most {
            return out.push(Section {
                range: first.range.start..last.range.end,
                quarters,
                heading: self.path.clone(),
                body: blocks.iter().any(Block::is_body),
                whole: true,
            });
        }
        let below = blocks.iter().skip(lead).position(|block| block.level().is_some());
        let own = below.map_or(range.end, |own| range.start + lead + own);
        let mut made = Vec::new();
        if own > range.start + lead || own == range.end {
            self.fill(range.start..own, &mut made);
            self.sections(own..range.end, 0, &mut made);
        } else {
            self.sections(range, lead, &mut made);
        }
        self.join(made, out);
    }

    fn fill(&self, range: Range<usize>, out: &mut Vec<Section>) {
        let filled = Filling::new(self.document, self.most, self.shared).fill(self.of(&range));
        let whole = filled.len() == 1;
        out.extend(filled.into_iter().map(|filled| Section {
            range: filled.range,
            quarters: filled.quarters,
            heading: self.path.clone(),
            body: filled.body,
            whole,
        }));
    }

    /// Joins neighbours while both fit. Sections of the highest level stay apart unless one is small: a chunk of one sentence
    /// teaches nothing.
    fn join(&self, made: Vec<Section>, out: &mut Vec<Section>) {
        let small = |section: &Section| section.quarters < self.most / 4;
        let mut last: Option<Section> = None;
        for next in made {
            let Some(before) = last.take() else {
                last = Some(next);
                continue;
            };
            let gap = self.document.get(before.range.end..next.range.start);
            let together = gap.map(|gap| before.quarters + quarters(gap) + next.quarters);
            let near = !self.path.is_empty() || small(&before) || small(&next);
            let joins = (before.whole && next.whole && near) || !before.body;
            let Some(together) = together.filter(|together| joins && *together <= self.most) else {
                out.push(before);
                last = Some(next);
                continue;
            };
            let shared = before.heading.iter().zip(&next.heading).take_while(|(a, b)| a == b);
            let shared = shared.count();
            // A bare heading joined with its first subsection is still all about that subsection.
            let heading = if before.body {
                before.heading.into_iter().take(shared.max(self.path.len())).collect()
            } else {
                next.heading
            };
            last = Some(Section {
                range: before.range.start..next.range.end,
                quarters: together,
                heading,
                body: before.body || next.body,
                whole: before.whole && next.whole,
            });
        }
        out.extend(last);
    }
}

#[cfg(test)]
mod tests;

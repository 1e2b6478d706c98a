//! Fills chunks with the blocks of one section, up to their size, each beginning with the end of the one before.

use std::ops::Range;

use super::blocks::{Block, BlockKind, is_rows};
use super::pieces::{Grain, each_cut, each_piece};
use crate::text::tokens::{quarters, quarters_of};

/// A chunk that is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filled {
    pub range: Range<usize>,
    pub quarters: u64,
    /// There is more than headings in it.
    pub body: bool,
}

/// Fills chunks of at most `most` quarters of a token, which share at most `shared`.
pub(super) struct Filling<'a> {
    document: &'a str,
    most: u64,
    shared: u64,
    made: Vec<Filled>,
    open: Option<Open>,
}

struct Open {
    filled: Filled,
    /// What it holds, in order.
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
struct Part {
    range: Range<usize>,
    quarters: u64,
    /// Where the next chunk may begin within it.
    starts: Starts,
    body: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Starts {
    /// At its own beginning and at those of its lines or sentences.
    Within(Grain),
    /// At its own beginning only.
    Front,
    /// Nowhere: it begins amid a sentence or a block that is not understood without its beginning.
    Never,
}

impl<'a> Filling<'a> {
    pub(super) fn new(document: &'a str, most: u64, shared: u64) -> Self {
        Filling {
            document,
            most,
            shared,
            made: Vec::new(),
            open: None,
        }
    }

    pub(super) fn fill(mut self, blocks: &[Block]) -> Vec<Filled> {
        for block in blocks {
            self.block(block);
        }
        self.made.extend(self.open.take().map(|open| open.filled));
        self.made
    }

    fn block(&mut self, block: &Block) {
        let solid = !matches!(block.kind, BlockKind::Text);
        let (so_far, body) = self
            .open
            .as_ref()
            .map_or((0, true), |open| (open.filled.quarters, open.filled.body));
        let gap = if so_far == 0 { 0 } else { block.gap };
        let fits = so_far + gap + block.quarters <= self.most;
        // A chunk that would stay a heading or a few words takes the beginning of the next paragraph.
        let starved = so_far > 0 && (!body || so_far < self.most / 4);
        let text = self.document.get(block.range.clone()).unwrap_or_default();
        let grain = match block.kind {
            BlockKind::Fence => Grain::Line,
            _ if is_rows(text) => Grain::Line,
            _ => Grain::Sentence,
        };
        if fits || (block.quarters <= self.most && (solid || !starved)) {
            let starts = match block.kind {
                BlockKind::Text | BlockKind::Rows => Starts::Within(grain),
                _ => Starts::Front,
            };
            return self.part(Part {
                range: block.range.clone(),
                quarters: block.quarters,
                starts,
                body: block.is_body(),
            });
        }
        let (document, most) = (self.document, self.most);
        let cuttable = block.kind != BlockKind::Fence;
        let mut first = true;
        each_piece(document, block.range.clone(), grain, most, true, &mut |piece| {
            let starts = match piece.opens && (cuttable || first) {
                true => Starts::Front,
                false => Starts::Never,
            };
            first = false;
            self.part(Part {
                range: piece.range,
                quarters: piece.quarters,
                starts,
                body: block.is_body(),
            });
        });
    }

    fn part(&mut self, part: Part) {
        if let Some(open) = &mut self.open {
            let gap = self.document.get(open.filled.range.end..part.range.start);
            let added = gap.map_or(0, quarters) + part.quarters;
            if open.filled.quarters + added <= self.most {
                return open.take(part, added);
            }
            let tail = open.tail(self.document, self.shared.min(self.most.saturating_sub(added)));
            let full = std::mem::replace(&mut self.open, tail);
            self.made.extend(full.map(|full| full.filled));
            if let Some(open) = &mut self.open {
                return open.take(part, added);
            }
        }
        self.open = Some(Open {
            filled: Filled {
                range: part.range.clone(),
                quarters: part.quarters,
                body: part.body,
            },
            parts: vec![part],
        });
    }
}

impl Open {
    fn take(&mut self, part: Part, added: u64) {
        self.filled.range.end = part.range.end;
        self.filled.quarters += added;
        self.filled.body |= part.body;
        self.parts.push(part);
    }

    /// What the next chunk begins with: the last sentences, lines or paragraphs, of at most `most` quarters of a token
    /// together.
    fn tail(&self, document: &str, most: u64) -> Option<Open> {
        let whole = self.filled.range.clone();
        let text = document.get(whole.clone())?;
        let mut size = 0;
        let mut from = whole.end;
        for (at, character) in text.char_indices().rev() {
            size += quarters_of(character);
            if size > most {
                break;
            }
            from = whole.start + at;
        }
        if from == whole.end {
            return None;
        }
        let from = from.max(whole.start + 1);
        let at = self.parts.partition_point(|part| part.range.start < from);
        let within = at.checked_sub(1).and_then(|before| self.parts.get(before));
        let within = within.and_then(|part| part.from(document, from));
        let behind = self.parts.iter().skip(at).position(|part| part.starts != Starts::Never);
        let (start, parts) = match (within, behind) {
            (Some(part), _) => {
                let rest = self.parts.iter().skip(at).cloned();
                (part.range.start, std::iter::once(part).chain(rest).collect())
            }
            (None, Some(behind)) => {
                let parts: Vec<Part> = self.parts.iter().skip(at + behind).cloned().collect();
                (parts.first()?.range.start, parts)
            }
            (None, None) => return None,
        };
        let range = start..whole.end;
        Some(Open {
            filled: Filled {
                quarters: document.get(range.clone()).map_or(0, quarters),
                body: parts.iter().any(|part: &Part| part.body),
                range,
            },
            parts,
        })
    }
}

impl Part {
    /// The rest of the part from the first sentence or line at or behind a byte.
    fn from(&self, document: &str, from: usize) -> Option<Part> {
        let Starts::Within(grain) = self.starts else {
            return None;
        };
        let mut start = None;
        each_cut(document, self.range.clone(), grain, &mut |piece| {
            if start.is_none() && piece.start >= from {
                start = Some(piece.start);
            }
        });
        let range = start?..self.range.end;
        Some(Part {
            quarters: document.get(range.clone()).map_or(0, quarters),
            range,
            ..self.clone()
        })
    }
}

//! Where the chunks of a document begin, and what they share: drawn into its text.

use std::ops::Range;

use crate::taxonomy::knowledge::CoveredChunk;

/// The chunks of the document on show, in order; none where the borders are hidden.
#[derive(Debug, Clone, Copy, Default)]
pub struct Borders<'a> {
    chunks: &'a [CoveredChunk],
}

impl<'a> Borders<'a> {
    pub fn of(chunks: &'a [CoveredChunk]) -> Self {
        Borders { chunks }
    }

    /// What the line above a row says: the chunks that begin in it.
    pub fn above(&self, row: Range<usize>) -> Option<String> {
        let behind = |at: usize| self.chunks.partition_point(|one| one.chunk.start < at);
        let (first, end) = (behind(row.start), behind(row.end));
        if end.saturating_sub(first) > 1 {
            return Some(format!("chunks {} to {end}", first + 1));
        }
        let chunk = &self.chunks.get(first..end)?.first()?.chunk;
        let shared = match chunk.shared {
            0 => String::new(),
            shared => format!(" · {shared} shared"),
        };
        Some(format!("chunk {} · {} tokens{shared}", first + 1, chunk.tokens))
    }

    pub fn begins(&self, row: Range<usize>) -> bool {
        let behind = |at: usize| self.chunks.partition_point(|one| one.chunk.start < at);
        behind(row.start) < behind(row.end)
    }

    /// What a row holds of the text that two chunks share; the last such place where it has several.
    pub fn shared(&self, row: Range<usize>) -> Option<Range<usize>> {
        // Only where an overlap is nearly the whole size do more than a few reach here.
        const NEAR: usize = 8;
        let behind = self.chunks.partition_point(|one| one.chunk.start < row.end);
        let pairs = (behind.saturating_sub(NEAR).max(1)..behind).rev();
        pairs
            .filter_map(|at| {
                let (chunk, before) = (self.chunks.get(at)?, self.chunks.get(at - 1)?);
                Some(chunk.chunk.start..before.chunk.end)
            })
            .find(|shared| !shared.is_empty() && shared.end > row.start)
    }
}

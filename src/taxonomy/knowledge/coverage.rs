//! Which pieces of the documents the seed examples of a leaf use, and which nobody asks about yet.

use std::ops::Range;

use super::places::{Finder, Placed, Source};
use super::{Chunk, ChunkSize, chunks, count_words};
use crate::taxonomy::leaf::SeedExample;
use crate::text::tokens;

/// InstructLab's guidance: a context has about this many tokens at most, as each chunk of its pipeline.
pub const CONTEXT_TOKENS: u64 = 500;

/// How far the documents of a leaf are used by its examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    pub documents: Vec<CoveredDocument>,
    /// One for each seed example, in order.
    pub contexts: Vec<PlacedContext>,
}

/// One document with its chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct CoveredDocument {
    pub path: String,
    pub words: usize,
    pub covered_words: usize,
    pub chunks: Vec<CoveredChunk>,
}

/// One chunk with the examples that rest on it.
#[derive(Debug, Clone, PartialEq)]
pub struct CoveredChunk {
    pub chunk: Chunk,
    /// Numbers of examples from 0, ascending.
    pub used_by: Vec<usize>,
    /// Words that the chunk before does not have too.
    pub own_words: usize,
    /// How many of these an example's context holds.
    pub covered_words: usize,
}

/// The context of one seed example.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedContext {
    pub example: usize,
    pub words: usize,
    /// Estimated.
    pub tokens: u64,
    pub placed: Placed,
}

impl Coverage {
    pub fn words(&self) -> usize {
        self.documents.iter().map(|document| document.words).sum()
    }

    pub fn covered_words(&self) -> usize {
        self.documents.iter().map(|document| document.covered_words).sum()
    }

    /// The share of words that some example's context holds, from 0 to 1; 0 without documents.
    pub fn share(&self) -> f64 {
        match self.words() {
            0 => 0.0,
            words => self.covered_words() as f64 / words as f64,
        }
    }

    /// Contexts that do not occur in the documents, or only with other white space.
    pub fn misplaced(&self) -> impl Iterator<Item = &PlacedContext> {
        self.contexts
            .iter()
            .filter(|context| !matches!(context.placed, Placed::Exact(_) | Placed::Empty))
    }
}

/// Looks up every example's context and counts what is used. What two chunks share counts once, with the first of them.
pub fn coverage(examples: &[SeedExample], sources: &[Source], size: ChunkSize) -> Coverage {
    let mut finder = Finder::new(sources);
    let contexts: Vec<PlacedContext> = examples
        .iter()
        .enumerate()
        .map(|(example, seed)| {
            let context = seed.context.as_deref().unwrap_or_default();
            PlacedContext {
                example,
                words: count_words(context),
                tokens: tokens::estimate(context),
                placed: finder.place(context),
            }
        })
        .collect();
    let documents = sources.iter().enumerate().map(|(number, source)| {
        let mut used: Vec<(Range<usize>, usize)> = contexts
            .iter()
            .filter_map(|context| Some((context.placed.found()?, context.example)))
            .filter(|(place, _)| place.document == number)
            .map(|(place, example)| (place.range.clone(), example))
            .collect();
        used.sort_by_key(|(range, _)| range.start);
        let mut own = 0..0;
        let mut words = 0;
        let mut covered_chunks = Vec::new();
        for chunk in chunks(&source.text, size) {
            own = chunk.start.max(own.end)..chunk.end;
            let own_words = match chunk.shared {
                0 => chunk.words,
                _ => source.text.get(own.clone()).map_or(0, count_words),
            };
            words += own_words;
            covered_chunks.push(covered(chunk, &own, own_words, source, &used));
        }
        let chunks = covered_chunks;
        CoveredDocument {
            path: source.path.clone(),
            words,
            covered_words: chunks.iter().map(|chunk| chunk.covered_words).sum(),
            chunks,
        }
    });
    Coverage {
        documents: documents.collect(),
        contexts,
    }
}

/// Counts each word of the chunk's own text once, however many contexts hold it. `used` is sorted by start.
fn covered(
    chunk: Chunk,
    own: &Range<usize>,
    own_words: usize,
    source: &Source,
    used: &[(Range<usize>, usize)],
) -> CoveredChunk {
    let mut used_by = Vec::new();
    let mut words = 0;
    let mut done = own.start;
    for (range, example) in used.iter().take_while(|(range, _)| range.start < chunk.end) {
        if range.end <= chunk.start {
            continue;
        }
        used_by.push(*example);
        let piece = range.start.max(done)..range.end.min(chunk.end);
        // A context may lie in what is shared with the chunk before.
        words += source.text.get(piece.clone()).map_or(0, count_words);
        done = done.max(piece.end);
    }
    used_by.sort_unstable();
    used_by.dedup();
    CoveredChunk {
        covered_words: words.min(own_words),
        own_words,
        chunk,
        used_by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(context: &str) -> SeedExample {
        SeedExample {
            context: Some(context.to_owned()),
            pairs: Vec::new(),
        }
    }

    #[test]
    fn chunks_know_their_examples_and_words_count_once() {
        let text = "# A\n\none two three four\n\n# B\n\nfive six seven eight\n\n# C\n\nnine ten eleven twelve\n";
        let sources = [Source {
            path: "a.md".into(),
            text: text.into(),
        }];
        let examples = [
            example("one two three"),
            example("two three four\n\n# B\n\nfive"),
            example("one two three"),
            example("gone"),
            example(""),
        ];
        let size = ChunkSize { tokens: 8, overlap: 0 };
        let found = coverage(&examples, &sources, size);
        let chunks = &found.documents[0].chunks;
        let users: Vec<&[usize]> = chunks.iter().map(|chunk| chunk.used_by.as_slice()).collect();
        assert_eq!(users, [&[0, 1, 2][..], &[1], &[]]);
        // The heading of a chunk counts as its words do.
        let words: Vec<usize> = chunks.iter().map(|chunk| chunk.covered_words).collect();
        assert_eq!(words, [4, 2, 0]);
        assert_eq!((found.words(), found.covered_words()), (15, 6));
        let lost: Vec<usize> = found.misplaced().map(|context| context.example).collect();
        assert_eq!(lost, [3]);
        assert_eq!(coverage(&[], &[], size).share(), 0.0);
    }

    #[test]
    fn what_two_chunks_share_counts_with_the_first() {
        let text: String = (1..40).map(|number| format!("Bed {number} gets water. ")).collect();
        let sources = [Source {
            path: "a.md".into(),
            text: text.clone(),
        }];
        let size = ChunkSize {
            tokens: 40,
            overlap: 15,
        };
        let found = coverage(&[example(text.trim())], &sources, size);
        let chunks = &found.documents[0].chunks;
        assert!(chunks.iter().skip(1).all(|chunk| chunk.own_words < chunk.chunk.words));
        assert!(chunks.iter().all(|chunk| chunk.covered_words == chunk.own_words));
        assert_eq!((found.words(), found.covered_words()), (156, 156));
    }
}

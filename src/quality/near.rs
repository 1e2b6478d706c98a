//! How near a text is to the seeds it was made from, by ROUGE-L.
//!
//! ROUGE-L (Lin 2004): with L the longest common subsequence of the two lists of words, precision is L over the words
//! of one text, recall L over those of the other, and the score is their harmonic mean, 2L / (|a| + |b|). Self-Instruct
//! and InstructLab keep a sample when its score against every seed is at most 0.7. The subsequence is computed
//! sixty-four words at a time (Hyyrö 2004).

use std::collections::HashMap;

use crate::text::normal::words;

/// Returns ROUGE-L's F1 of two texts: 0 where they share no word in common, 1 where their words are the same.
/// Two texts without any words score 0.
pub fn rouge_l(a: &str, b: &str) -> f64 {
    NearSeed::new(std::iter::once(a.to_owned()))
        .closest(b)
        .map_or(0.0, |(_, score)| score)
}

/// The seeds of a leaf, prepared for many comparisons.
#[derive(Debug, Clone, Default)]
pub struct NearSeed {
    numbers: HashMap<String, u32>,
    /// Each seed as numbers of words.
    seeds: Vec<Vec<u32>>,
}

impl NearSeed {
    pub fn new(seeds: impl Iterator<Item = String>) -> Self {
        let mut prepared = NearSeed::default();
        for seed in seeds {
            let mut numbered = Vec::new();
            for word in words(&seed) {
                let fresh = u32::try_from(prepared.numbers.len()).unwrap_or(u32::MAX);
                numbered.push(*prepared.numbers.entry(word).or_insert(fresh));
            }
            prepared.seeds.push(numbered);
        }
        prepared
    }

    /// Returns the seed with the highest ROUGE-L against the text, the first of equals, as its index and the score
    /// (above 0, at most 1); `None` where no seed shares a word with it.
    pub fn closest(&self, text: &str) -> Option<(usize, f64)> {
        // No seed has a word with the last number.
        let number = |word: String| self.numbers.get(&word).copied().unwrap_or(u32::MAX);
        let text = Compared::new(words(text).into_iter().map(number));
        let mut best: Option<(usize, f64)> = None;
        for (index, seed) in self.seeds.iter().enumerate() {
            let shared = seed.iter().filter(|word| text.places.contains_key(word)).count();
            // The subsequence cannot be longer than the words shared: most seeds need no closer look.
            if shared == 0 || best.is_some_and(|(_, score)| text.f1(seed.len(), shared.min(text.words)) <= score) {
                continue;
            }
            let score = text.score(seed);
            if best.is_none_or(|(_, highest)| score > highest) {
                best = Some((index, score));
            }
        }
        best
    }
}

/// A text as numbers of words, prepared to be compared with many others that are numbered alike.
#[derive(Debug)]
pub struct Compared {
    /// For each word the places in the text where it stands, as bits.
    places: HashMap<u32, Vec<u64>>,
    words: usize,
}

impl Compared {
    pub fn new(words: impl ExactSizeIterator<Item = u32>) -> Self {
        let count = words.len();
        let mut places: HashMap<u32, Vec<u64>> = HashMap::new();
        for (at, word) in words.enumerate() {
            let bits = places.entry(word).or_insert_with(|| vec![0; count.div_ceil(64)]);
            if let Some(block) = bits.get_mut(at / 64) {
                *block |= 1 << (at % 64);
            }
        }
        Compared { places, words: count }
    }

    /// Returns ROUGE-L's F1 with another text: 0 where they share no word, 1 where their words are the same.
    pub fn score(&self, other: &[u32]) -> f64 {
        self.f1(other.len(), common_subsequence(other, &self.places, self.words))
    }

    fn f1(&self, other_words: usize, common: usize) -> f64 {
        match other_words + self.words {
            0 => 0.0,
            total => 2.0 * common as f64 / total as f64,
        }
    }
}

/// The length of the longest common subsequence of a seed and the text whose places are given.
fn common_subsequence(seed: &[u32], places: &HashMap<u32, Vec<u64>>, text_words: usize) -> usize {
    let mut row = vec![u64::MAX; text_words.div_ceil(64)];
    for word in seed {
        let Some(bits) = places.get(word) else { continue };
        let mut carry = false;
        for (block, mask) in row.iter_mut().zip(bits) {
            let hits = *block & mask;
            let (sum, over) = block.overflowing_add(hits);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            carry = over || over_carry;
            *block = sum | (*block & !mask);
        }
    }
    let mut left = text_words;
    let mut zeros = 0;
    for block in row {
        let used = left.min(64);
        let outside = if used == 64 { 0 } else { u64::MAX << used };
        zeros += (block | outside).count_zeros() as usize;
        left -= used;
    }
    zeros
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The textbook table.
    fn plain(a: &str, b: &str) -> f64 {
        let (a, b) = (words(a), words(b));
        let mut table = vec![vec![0usize; b.len() + 1]; a.len() + 1];
        for (i, left) in a.iter().enumerate() {
            for (j, right) in b.iter().enumerate() {
                table[i + 1][j + 1] = if left == right {
                    table[i][j] + 1
                } else {
                    table[i][j + 1].max(table[i + 1][j])
                };
            }
        }
        let total = a.len() + b.len();
        if total == 0 {
            0.0
        } else {
            2.0 * table[a.len()][b.len()] as f64 / total as f64
        }
    }

    #[test]
    fn the_score_is_the_published_one() {
        assert!((rouge_l("the cat sat on the mat", "the cat lay on a mat") - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(rouge_l("Water the soil.", "water THE soil"), 1.0);
        assert_eq!(rouge_l("one", "two"), 0.0);
        assert_eq!(rouge_l("", ""), 0.0);
        assert_eq!(rouge_l("土に水をやる", "土に湯をやる"), 5.0 / 6.0);
    }

    #[test]
    fn the_closest_seed_is_found() {
        let seeds = [
            "When do I water?",
            "How do I prune a rose?",
            "When do I water seedlings?",
        ];
        let near = NearSeed::new(seeds.iter().map(|seed| (*seed).to_owned()));
        let (index, score) = near.closest("When do I water my seedlings?").unwrap();
        assert_eq!(index, 2);
        assert!(score > 0.9);
        assert_eq!(near.closest("unrelated"), None);
        assert_eq!(NearSeed::new(std::iter::empty()).closest("anything"), None);
    }

    proptest! {
        #[test]
        fn bits_and_table_agree(a in "([abc] ){0,90}", b in "([abcd] ){0,150}") {
            prop_assert!((rouge_l(&a, &b) - plain(&a, &b)).abs() < 1e-9);
        }
    }
}

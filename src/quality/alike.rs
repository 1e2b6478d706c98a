//! How much of the same words two texts have, whatever their order: quick enough for comparing each with each.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

/// The words of a text with their counts.
#[derive(Debug, Clone, Default)]
pub struct WordBag {
    counts: HashMap<String, usize>,
    total: usize,
}

impl WordBag {
    pub fn of(text: &str) -> Self {
        let mut bag = WordBag::default();
        for word in text.unicode_words() {
            *bag.counts.entry(word.to_lowercase()).or_default() += 1;
            bag.total += 1;
        }
        bag
    }

    /// Sørensen and Dice's coefficient over the words with their counts: 0 for nothing in common, 1 for the same words. Two
    /// texts without any word are the same.
    pub fn likeness(&self, other: &WordBag) -> f64 {
        let (few, many) = if self.counts.len() <= other.counts.len() {
            (self, other)
        } else {
            (other, self)
        };
        if few.total + many.total == 0 {
            return 1.0;
        }
        let shared: usize = few
            .counts
            .iter()
            .map(|(word, count)| (*count).min(many.counts.get(word).copied().unwrap_or_default()))
            .sum();
        2.0 * shared as f64 / (few.total + many.total) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_words_count_as_often_as_both_have_them() {
        let likeness = |a: &str, b: &str| WordBag::of(a).likeness(&WordBag::of(b));
        assert_eq!(likeness("Water the soil.", "the SOIL water"), 1.0);
        assert_eq!(likeness("a a b", "a c c"), 1.0 / 3.0);
        assert_eq!(likeness("one", "two"), 0.0);
        assert_eq!(likeness("", "?"), 1.0);
    }
}

//! The texts seen so far in a run, asked for the nearest to a new one without comparing it with all of them.
//!
//! A million questions of one leaf take some 60 MB: of each text only the numbers of its words are kept.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use indexmap::IndexSet;

use crate::quality::near::Compared;
use crate::text::normal::{normal, words};

/// How many of a text's rarest words lead to candidates, and how many candidates are looked at closely: enough to find
/// near copies, which share nearly all of their words, at a cost that does not grow with the run.
const RAREST: usize = 8;
const CANDIDATES: usize = 32;
/// Words that stand in more texts than this tell nothing.
const COMMON: usize = 400;

/// Texts of one leaf in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Marks of normal forms: of a million texts two share one in less than one of ten million runs.
    exact: HashSet<u64>,
    marks: RandomState,
    /// The words by their numbers, in the order in which they first came.
    known: IndexSet<Box<str>>,
    /// For each word, the texts it stands in.
    places: Vec<Vec<u32>>,
    texts: Texts,
}

/// What a new text is like.
#[derive(Debug, PartialEq)]
pub(super) enum Likeness {
    New,
    Same,
    /// The words of the nearest one, without punctuation.
    Near {
        words: String,
        score: f64,
    },
}

impl Seen {
    /// Compares a text with the earlier ones; remembers it when it is new. A score above `threshold` is near.
    pub(super) fn meet(&mut self, text: &str, threshold: f64) -> Likeness {
        let mark = self.marks.hash_one(normal(text));
        if self.exact.contains(&mark) {
            return Likeness::Same;
        }
        let numbered: Vec<u32> = words(text).into_iter().map(|word| self.number(word)).collect();
        let mut sorted = numbered.clone();
        sorted.sort_unstable();
        let mut distinct = sorted.clone();
        distinct.dedup();
        if let Some((nearest, score)) = self.nearest(&numbered, &sorted, &distinct, threshold) {
            let words = self.spelled(&nearest);
            return Likeness::Near { words, score };
        }
        let place = u32::try_from(self.texts.count()).unwrap_or(u32::MAX);
        for word in distinct {
            // One more than counts as common is enough to know that it is.
            if let Some(places) = self
                .places
                .get_mut(word as usize)
                .filter(|places| places.len() <= COMMON)
            {
                places.push(place);
            }
        }
        self.texts.push(&numbered);
        self.exact.insert(mark);
        Likeness::New
    }

    fn number(&mut self, word: String) -> u32 {
        let (number, is_fresh) = self.known.insert_full(word.into_boxed_str());
        if is_fresh {
            self.places.push(Vec::new());
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    fn spelled(&self, numbered: &[u32]) -> String {
        let spelled: Vec<&str> = numbered
            .iter()
            .filter_map(|word| self.known.get_index(*word as usize).map(|word| &**word))
            .collect();
        // Words of one character belong to a script without spaces, or are few.
        let are_characters = spelled.iter().filter(|word| word.chars().count() == 1).count() * 2 > spelled.len();
        spelled.join(if are_characters { "" } else { " " })
    }

    /// The nearest earlier text above the threshold.
    fn nearest(&self, numbered: &[u32], sorted: &[u32], distinct: &[u32], threshold: f64) -> Option<(Vec<u32>, f64)> {
        let mut known: Vec<&Vec<u32>> = distinct
            .iter()
            .filter_map(|word| self.places.get(*word as usize))
            .filter(|places| !places.is_empty() && places.len() <= COMMON)
            .collect();
        known.sort_by_key(|places| places.len());
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for places in known.into_iter().take(RAREST) {
            for place in places {
                *shared.entry(*place).or_default() += 1;
            }
        }
        let mut candidates: Vec<(u32, u32)> = shared.into_iter().map(|(place, count)| (count, place)).collect();
        candidates.sort_unstable_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
        let compared = Compared::new(numbered.iter().copied());
        candidates
            .into_iter()
            .take(CANDIDATES)
            .map(|(_, place)| self.texts.get(place as usize))
            // The common subsequence cannot be longer than the words in common: most candidates end here.
            .filter(|earlier| {
                let mut words = earlier.clone();
                words.sort_unstable();
                2.0 * in_common(&words, sorted) as f64 > threshold * (words.len() + sorted.len()) as f64
            })
            .map(|earlier| {
                let score = compared.score(&earlier);
                (earlier, score)
            })
            .filter(|(_, score)| *score > threshold)
            .max_by(|left, right| left.1.total_cmp(&right.1))
    }
}

/// Lists of word numbers, one after the other. A number takes a byte for each 7 bits: the first words to come are the
/// frequent ones.
#[derive(Debug, Default)]
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    fn count(&self) -> usize {
        self.ends.len()
    }

    fn push(&mut self, numbers: &[u32]) {
        for number in numbers {
            let mut left = *number;
            while left >= 0x80 {
                self.bytes.push(left.to_le_bytes()[0] | 0x80);
                left >>= 7;
            }
            self.bytes.push(left.to_le_bytes()[0]);
        }
        self.ends.push(self.bytes.len());
    }

    fn get(&self, at: usize) -> Vec<u32> {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(at).copied().unwrap_or_default();
        let bytes = self.bytes.get(start.unwrap_or_default()..end).unwrap_or_default();
        let (mut numbers, mut number, mut shift) = (Vec::new(), 0_u32, 0);
        for byte in bytes {
            number |= u32::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                numbers.push(number);
                (number, shift) = (0, 0);
            }
        }
        numbers
    }
}

/// How many words two sorted lists share, repetitions counted.
fn in_common(left: &[u32], right: &[u32]) -> usize {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut count = 0;
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => {
                left.next();
            }
            std::cmp::Ordering::Greater => {
                right.next();
            }
            std::cmp::Ordering::Equal => {
                count += 1;
                left.next();
                right.next();
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_near_copies_are_found_among_many() {
        let mut seen = Seen::default();
        for number in 0..3000 {
            let text = format!(
                "What is plant {number} good for in garden {}, and when is item{number} cut?",
                number * 7
            );
            assert_ne!(seen.meet(&text, 0.99), Likeness::Same);
        }
        assert_eq!(
            seen.meet("what is PLANT 77 good for in garden 539, and when is item77 cut?", 0.99),
            Likeness::Same
        );
        let near = seen.meet(
            "What is plant 77 good for in garden 539, and when is item77 best cut?",
            0.8,
        );
        let Likeness::Near { words, score } = near else {
            panic!("{near:?}");
        };
        assert_eq!(words, "what is plant 77 good for in garden 539 and when is item77 cut");
        assert!(score > 0.8, "{score}");
        assert_eq!(seen.meet("Why does bread rise overnight?", 0.7), Likeness::New);
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_character() {
        let mut seen = Seen::default();
        assert_eq!(seen.meet("霜の前の晩に土に水をやりますか？", 0.7), Likeness::New);
        let near = seen.meet("霜の前の晩に土に水をあげますか？", 0.7);
        assert!(
            matches!(&near, Likeness::Near { words, .. } if words == "霜の前の晩に土に水をやりますか"),
            "{near:?}"
        );
    }

    #[test]
    fn lists_of_numbers_come_back() {
        let lists: [&[u32]; 5] = [&[0, 1, 127, 128], &[], &[16_383, 16_384, 3], &[u32::MAX], &[]];
        let mut texts = Texts::default();
        lists.iter().for_each(|list| texts.push(list));
        assert_eq!(texts.count(), 5);
        for (at, list) in lists.iter().enumerate() {
            assert_eq!(texts.get(at), *list);
        }
    }
}

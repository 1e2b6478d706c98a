//! The texts seen so far in a run, asked for the nearest to a new one without comparing it with all of them.

use std::collections::{HashMap, HashSet};

use crate::quality::near::rouge_l;
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
    texts: Vec<Text>,
    exact: HashSet<String>,
    numbers: HashMap<String, u32>,
    /// For each word, the texts it stands in.
    places: Vec<Vec<u32>>,
}

#[derive(Debug)]
struct Text {
    text: String,
    /// The numbers of its words, sorted, with repetitions.
    words: Vec<u32>,
}

/// What a new text is like.
#[derive(Debug, PartialEq)]
pub(super) enum Likeness {
    New,
    Same,
    Near { text: String, score: f64 },
}

impl Seen {
    /// Compares a text with the earlier ones; remembers it when it is new. A score above `threshold` is near.
    pub(super) fn meet(&mut self, text: &str, threshold: f64) -> Likeness {
        let form = normal(text);
        if self.exact.contains(&form) {
            return Likeness::Same;
        }
        let mut sorted: Vec<u32> = words(text).into_iter().map(|word| self.number(word)).collect();
        sorted.sort_unstable();
        if let Some((text, score)) = self.nearest(text, &sorted, threshold) {
            return Likeness::Near { text, score };
        }
        let place = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let mut distinct = sorted.clone();
        distinct.dedup();
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
        self.texts.push(Text {
            text: text.to_owned(),
            words: sorted,
        });
        self.exact.insert(form);
        Likeness::New
    }

    fn number(&mut self, word: String) -> u32 {
        let fresh = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(word).or_insert(fresh);
        if number == fresh {
            self.places.push(Vec::new());
        }
        number
    }

    /// The nearest earlier text above the threshold.
    fn nearest(&self, text: &str, sorted: &[u32], threshold: f64) -> Option<(String, f64)> {
        let mut distinct = sorted.to_vec();
        distinct.dedup();
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
        candidates
            .into_iter()
            .take(CANDIDATES)
            .filter_map(|(_, place)| self.texts.get(place as usize))
            // The common subsequence cannot be longer than the words in common: most candidates end here.
            .filter(|earlier| {
                2.0 * in_common(&earlier.words, sorted) as f64 > threshold * (earlier.words.len() + sorted.len()) as f64
            })
            .map(|earlier| (earlier.text.clone(), rouge_l(&earlier.text, text)))
            .filter(|(_, score)| *score > threshold)
            .max_by(|left, right| left.1.total_cmp(&right.1))
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
        assert!(matches!(near, Likeness::Near { score, .. } if score > 0.8), "{near:?}");
        assert_eq!(seen.meet("Why does bread rise overnight?", 0.7), Likeness::New);
    }

    #[test]
    fn scripts_without_spaces_are_compared_by_character() {
        let mut seen = Seen::default();
        assert_eq!(seen.meet("霜の前の晩に土に水をやりますか？", 0.7), Likeness::New);
        assert!(matches!(
            seen.meet("霜の前の晩に土に水をあげますか？", 0.7),
            Likeness::Near { .. }
        ));
    }
}

//! Notices when a model goes round in circles, as small models do.

use std::collections::HashMap;

/// A run of this many tokens may come twice; the third time is a loop. ("You can buy it at the market. You can …")
const RUN: usize = 10;
/// Shorter circles count once they fill this many tokens, at least four times round. (A divider of a table stays below.)
const CIRCLE: usize = 32;

/// The tokens of one answer so far.
#[derive(Debug, Default)]
pub struct Loops {
    tokens: Vec<u32>,
    runs: HashMap<[u32; RUN], u8>,
}

impl Loops {
    /// Takes the next token; true when the answer repeats itself from here on.
    pub fn push(&mut self, token: u32) -> bool {
        self.tokens.push(token);
        if (1..RUN).any(|period| self.is_circle(period, CIRCLE.max(4 * period))) {
            return true;
        }
        let Some(run) = self.tokens.last_chunk::<RUN>().copied() else {
            return false;
        };
        let seen = self.runs.entry(run).or_default();
        *seen = seen.saturating_add(1);
        // A run that is itself a small circle counts itself again with every token: only the first rule is for those.
        *seen >= 3 && !(1..=RUN / 2).any(|period| self.is_circle(period, RUN))
    }

    /// True when the last `length` tokens repeat with this period.
    fn is_circle(&self, period: usize, length: usize) -> bool {
        let Some(tail) = self
            .tokens
            .len()
            .checked_sub(length)
            .and_then(|start| self.tokens.get(start..))
        else {
            return false;
        };
        tail.iter().zip(tail.iter().skip(period)).all(|(a, b)| a == b)
    }
}

#[cfg(test)]
mod tests {
    use super::Loops;

    fn stops_at(tokens: impl IntoIterator<Item = u32>) -> Option<usize> {
        let mut loops = Loops::default();
        tokens.into_iter().position(|token| loops.push(token))
    }

    #[test]
    fn a_sentence_may_come_twice_but_not_three_times() {
        let sentence: Vec<u32> = (1..15).collect();
        assert_eq!(stops_at(sentence.repeat(2)), None);
        assert_eq!(stops_at(sentence.repeat(3)), Some(37));
    }

    #[test]
    fn it_finds_loops_with_changing_ends() {
        let mut tokens = Vec::new();
        for tail in 100..104 {
            tokens.extend(1..13);
            tokens.extend([tail, tail + 50]);
        }
        assert!(stops_at(tokens).is_some_and(|at| at < 42));
    }

    #[test]
    fn short_circles_get_a_little_longer() {
        assert_eq!(stops_at([7; 31]), None);
        assert_eq!(stops_at([7; 40]), Some(31));
        assert_eq!(stops_at([1, 2].repeat(12)), None, "a divider of a table");
        assert_eq!(stops_at([1, 2].repeat(30)), Some(31));
    }

    #[test]
    fn counting_is_no_loop() {
        assert_eq!(stops_at((0..200).flat_map(|n| [n, 5000, 5001])), None);
    }
}

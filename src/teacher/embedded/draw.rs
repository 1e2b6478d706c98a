//! Which token comes next: greedy, or drawn with a temperature from the likeliest.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// Scores this far below the best are never drawn: all of them together have less than a millionth of the chance.
const NEGLIGIBLE: f32 = 26.0;

/// Draws tokens for one sequence; the same seed and the same scores give the same tokens.
#[derive(Debug)]
pub struct Draw {
    temperature: f32,
    top_p: f32,
    random: Xoshiro256PlusPlus,
}

impl Draw {
    /// A temperature of 0 or below is greedy; `top_p` outside 0 to 1 keeps everything.
    pub fn new(temperature: f64, top_p: f64, seed: u64) -> Self {
        let top_p = if top_p > 0.0 && top_p < 1.0 { top_p as f32 } else { 1.0 };
        Draw {
            temperature: temperature as f32,
            top_p,
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
        }
    }

    /// The next token among those that `may` be written, by their scores; `None` when there is none.
    ///
    /// Exactly one random number is used for each drawn token.
    pub fn next(&mut self, scores: &[f32], may: impl Fn(u32) -> bool) -> Option<u32> {
        let mut best: Option<(u32, f32)> = None;
        for (id, score) in (0u32..).zip(scores) {
            if best.is_none_or(|(_, top)| *score > top) && score.is_finite() && may(id) {
                best = Some((id, *score));
            }
        }
        let (greedy, top) = best?;
        if self.temperature <= 0.0 {
            return Some(greedy);
        }
        let floor = top - NEGLIGIBLE * self.temperature;
        let mut likely: Vec<(u32, f32)> = (0u32..)
            .zip(scores)
            .filter(|(id, score)| **score >= floor && may(*id))
            .map(|(id, score)| (id, ((score - top) / self.temperature).exp()))
            .collect();
        likely.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        let all: f32 = likely.iter().map(|(_, weight)| weight).sum();
        let mut kept = 0.0;
        let mut count = 0;
        for (_, weight) in &likely {
            if kept >= self.top_p * all {
                break;
            }
            kept += weight;
            count += 1;
        }
        let mut point = self.random.random::<f32>() * kept;
        for (id, weight) in likely.iter().take(count) {
            point -= weight;
            if point < 0.0 {
                return Some(*id);
            }
        }
        Some(greedy)
    }
}

#[cfg(test)]
mod tests {
    use super::Draw;

    #[test]
    fn greedy_takes_the_best_that_may_be_written() {
        let mut draw = Draw::new(0.0, 1.0, 1);
        assert_eq!(draw.next(&[1.0, 5.0, 3.0], |_| true), Some(1));
        assert_eq!(draw.next(&[1.0, 5.0, 3.0], |id| id != 1), Some(2));
        assert_eq!(draw.next(&[1.0, f32::NAN, f32::INFINITY], |_| true), Some(0));
        assert_eq!(draw.next(&[1.0], |_| false), None);
    }

    #[test]
    fn frequencies_follow_the_scores() {
        let mut draw = Draw::new(1.0, 1.0, 7);
        let scores = [0.5f32.ln(), 0.3f32.ln(), 0.2f32.ln()];
        let mut counts = [0; 3];
        for _ in 0..20_000 {
            counts[draw.next(&scores, |_| true).unwrap() as usize] += 1;
        }
        for (count, share) in counts.into_iter().zip([0.5, 0.3, 0.2]) {
            assert!((f64::from(count) / 20_000.0 - share).abs() < 0.02, "{counts:?}");
        }
    }

    #[test]
    fn top_p_cuts_the_tail_and_seeds_repeat() {
        let scores = [0.5f32.ln(), 0.3f32.ln(), 0.2f32.ln()];
        let drawn = |seed| {
            let mut draw = Draw::new(1.0, 0.75, seed);
            (0..200)
                .map(|_| draw.next(&scores, |_| true).unwrap())
                .collect::<Vec<_>>()
        };
        assert!(drawn(1).iter().all(|id| *id < 2));
        assert_eq!(drawn(3), drawn(3));
        assert_ne!(drawn(3), drawn(4));
    }
}

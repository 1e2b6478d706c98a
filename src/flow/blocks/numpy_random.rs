//! numpy's random numbers, so that a seed in a flow draws here what it draws in sdg_hub.
//!
//! `default_rng(seed)` is PCG64 fed by a `SeedSequence`; `RandomState(seed)`, which pandas uses, is the Mersenne Twister.
//! The steps follow numpy 2: `Generator.choice` without replacement and `RandomState.permutation`.

use std::collections::HashSet;

use rand_pcg::Lcg128Xsl64;
use rand_pcg::rand_core::Rng;

/// `numpy.random.default_rng(seed)`.
#[derive(Debug)]
pub(super) struct NumpyGenerator {
    pcg: Lcg128Xsl64,
    /// The upper half of the last number that was halved.
    half: Option<u32>,
}

impl NumpyGenerator {
    pub(super) fn new(seed: u64) -> Self {
        let [high, low, stream_high, stream_low] = seed_sequence(seed);
        let wide = |high: u64, low: u64| (u128::from(high) << 64) | u128::from(low);
        NumpyGenerator {
            pcg: Lcg128Xsl64::new(wide(high, low), wide(stream_high, stream_low)),
            half: None,
        }
    }

    fn next_u32(&mut self) -> u32 {
        if let Some(half) = self.half.take() {
            return half;
        }
        let whole = self.pcg.next_u64();
        self.half = Some((whole >> 32) as u32);
        whole as u32
    }

    /// A number in [0, 1) with 53 bits.
    fn unit(&mut self) -> f64 {
        (self.pcg.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number from 0 to `most` (Lemire's method).
    fn up_to(&mut self, most: u32) -> u32 {
        if most == 0 {
            return 0;
        }
        if most == u32::MAX {
            return self.next_u32();
        }
        let range = most + 1;
        let mut product = u64::from(self.next_u32()) * u64::from(range);
        if (product as u32) < range {
            let threshold = (u32::MAX - most) % range;
            while (product as u32) < threshold {
                product = u64::from(self.next_u32()) * u64::from(range);
            }
        }
        (product >> 32) as u32
    }

    /// `choice(population, size, replace=False)`: `size` different numbers below `population`.
    pub(super) fn choice(&mut self, population: usize, size: usize) -> Vec<usize> {
        let population = u32::try_from(population).unwrap_or(u32::MAX);
        let size = u32::try_from(size).unwrap_or(u32::MAX).min(population);
        if population > 10_000 && size > population / 50 {
            let mut all: Vec<usize> = (0..population as usize).collect();
            self.shuffle(&mut all, (population - size).max(1));
            return all.split_off((population - size) as usize);
        }
        let mut drawn = HashSet::new();
        let mut chosen = Vec::with_capacity(size as usize);
        for last in population - size..population {
            let mut number = self.up_to(last);
            if !drawn.insert(number) {
                number = last;
                drawn.insert(number);
            }
            chosen.push(number as usize);
        }
        self.shuffle(&mut chosen, 1);
        chosen
    }

    fn shuffle(&mut self, items: &mut [usize], first: u32) {
        let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
        for at in (first..count).rev() {
            let other = self.up_to(at);
            items.swap(other as usize, at as usize);
        }
    }

    /// `choice(len(weights), size, replace=False, p=weights / weights.sum())`; weights are positive.
    pub(super) fn weighted(&mut self, weights: &[f64], size: usize) -> Vec<usize> {
        let total = pairwise_sum(weights);
        let mut shares: Vec<f64> = weights.iter().map(|weight| weight / total).collect();
        let size = size.min(weights.len());
        let mut chosen: Vec<usize> = Vec::with_capacity(size);
        let mut drawn = HashSet::new();
        while chosen.len() < size {
            let draws: Vec<f64> = (chosen.len()..size).map(|_| self.unit()).collect();
            for earlier in &chosen {
                if let Some(share) = shares.get_mut(*earlier) {
                    *share = 0.0;
                }
            }
            let mut sum = 0.0;
            let mut below: Vec<f64> = shares
                .iter()
                .map(|share| {
                    sum += share;
                    sum
                })
                .collect();
            for limit in &mut below {
                *limit /= sum;
            }
            let before = chosen.len();
            for draw in draws {
                let at = below.partition_point(|limit| *limit <= draw).min(weights.len() - 1);
                if drawn.insert(at) {
                    chosen.push(at);
                }
            }
            // Only weights that vanish beside the others can leave nothing to draw.
            if chosen.len() == before && (sum.is_nan() || sum <= 0.0) {
                break;
            }
        }
        chosen
    }
}

/// numpy's sum of floats: eight sums side by side, halves beyond 128.
fn pairwise_sum(values: &[f64]) -> f64 {
    let count = values.len();
    if count < 8 {
        return values.iter().fold(0.0, |sum, value| sum + value);
    }
    if count > 128 {
        let half = count / 2;
        let (left, right) = values.split_at(half - half % 8);
        return pairwise_sum(left) + pairwise_sum(right);
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for eight in eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest.iter()
        .fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, value| sum + value)
}

/// `SeedSequence(seed).generate_state(4, uint64)`.
fn seed_sequence(seed: u64) -> [u64; 4] {
    const MIX_LEFT: u32 = 0xca01_f9dd;
    const MIX_RIGHT: u32 = 0x4973_f715;
    const SHIFT: u32 = 16;
    let mut constant: u32 = 0x43b0_d7e5;
    let mut hashed = |value: u32| {
        let value = value ^ constant;
        constant = constant.wrapping_mul(0x931e_8875);
        let value = value.wrapping_mul(constant);
        value ^ (value >> SHIFT)
    };
    let mixed = |left: u32, right: u32| {
        let value = left.wrapping_mul(MIX_LEFT).wrapping_sub(right.wrapping_mul(MIX_RIGHT));
        value ^ (value >> SHIFT)
    };
    let mut pool = [seed as u32, (seed >> 32) as u32, 0, 0].map(&mut hashed);
    for from in 0..4 {
        for to in (0..4).filter(|to| *to != from) {
            let source = pool.get(from).copied().unwrap_or_default();
            if let Some(word) = pool.get_mut(to) {
                *word = mixed(*word, hashed(source));
            }
        }
    }
    let mut constant: u32 = 0x8b51_f9dd;
    let mut words = pool.iter().cycle().map(|word| {
        let value = word ^ constant;
        constant = constant.wrapping_mul(0x58f3_8ded);
        let value = value.wrapping_mul(constant);
        u64::from(value ^ (value >> SHIFT))
    });
    std::array::from_fn(|_| {
        let low = words.next().unwrap_or_default();
        low | (words.next().unwrap_or_default() << 32)
    })
}

const STATE: usize = 624;

/// `numpy.random.RandomState(seed).permutation(count)`, which is what pandas' `sample(frac=1, random_state=seed)` takes.
pub(super) fn permutation(seed: u32, count: usize) -> Vec<usize> {
    let mut twister = Twister::new(seed);
    let mut order: Vec<usize> = (0..count).collect();
    for at in (1..count).rev() {
        let most = u32::try_from(at).unwrap_or(u32::MAX);
        let mask = u32::MAX >> most.leading_zeros();
        let mut other = twister.next() & mask;
        while other > most {
            other = twister.next() & mask;
        }
        order.swap(at, other as usize);
    }
    order
}

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998) with its first way of seeding.
struct Twister {
    state: Vec<u32>,
    at: usize,
}

impl Twister {
    fn new(seed: u32) -> Self {
        let mut state = Vec::with_capacity(STATE);
        let mut word = seed;
        for number in 1..=STATE as u32 {
            state.push(word);
            word = 1_812_433_253u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(number);
        }
        Twister { state, at: STATE }
    }

    fn word(&self, at: usize) -> u32 {
        self.state.get(at % STATE).copied().unwrap_or_default()
    }

    fn turn(&mut self) {
        for at in 0..STATE {
            let joined = (self.word(at) & 0x8000_0000) | (self.word(at + 1) & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            let next = self.word(at + 397) ^ (joined >> 1) ^ odd;
            if let Some(word) = self.state.get_mut(at) {
                *word = next;
            }
        }
        self.at = 0;
    }

    fn next(&mut self) -> u32 {
        if self.at >= STATE {
            self.turn();
        }
        let mut word = self.word(self.at);
        self.at += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Drawn with numpy 2.4.6.
    #[test]
    fn a_seed_draws_what_numpy_draws() {
        let choices = |seed| {
            let mut random = NumpyGenerator::new(seed);
            [(5, 2), (5, 5), (1, 1), (3, 1), (40, 7), (2, 1)].map(|(population, size)| random.choice(population, size))
        };
        let expected: [(u64, [&[usize]; 6]); 3] = [
            (
                0,
                [
                    &[3, 4],
                    &[3, 1, 2, 4, 0],
                    &[0],
                    &[2],
                    &[38, 26, 17, 34, 24, 21, 22],
                    &[1],
                ],
            ),
            (
                42,
                [
                    &[0, 3],
                    &[2, 1, 4, 0, 3],
                    &[0],
                    &[2],
                    &[4, 19, 35, 25, 26, 33, 29],
                    &[1],
                ],
            ),
            (
                (1 << 40) + 7,
                [&[0, 4], &[1, 0, 2, 4, 3], &[0], &[1], &[26, 5, 22, 1, 0, 23, 9], &[0]],
            ),
        ];
        for (seed, drawn) in expected {
            assert_eq!(choices(seed).each_ref().map(Vec::as_slice), drawn, "seed {seed}");
        }
        let mut random = NumpyGenerator::new(7);
        let many = random.choice(20_000, 500);
        assert_eq!(many[..5], [7349, 10231, 16198, 13269, 12921]);
        assert_eq!(many[497..], [13682, 12501, 18898]);
        assert_eq!(random.choice(6, 3), [3, 1, 4]);
    }

    #[test]
    fn weights_draw_what_numpy_draws() {
        let mut random = NumpyGenerator::new(11);
        let many: Vec<f64> = (0..150).map(|number| f64::from(number) + 0.1).collect();
        assert_eq!(random.weighted(&[1.0, 2.0, 3.0], 1), [0]);
        assert_eq!(random.weighted(&[0.1, 0.7, 0.2, 5.0], 4), [3, 1, 2, 0]);
        assert_eq!(random.weighted(&[3.0; 12], 6), [0, 1, 11, 7, 4, 6]);
        assert_eq!(random.weighted(&[1e-3, 1.0, 1e3], 3), [2, 1, 0]);
        assert_eq!(
            random.weighted(&many, 10),
            [135, 111, 148, 68, 104, 89, 115, 72, 134, 139]
        );
    }

    #[test]
    fn rows_are_shuffled_as_pandas_shuffles_them() {
        assert_eq!(permutation(42, 10), [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
        assert_eq!(
            permutation(7, 17),
            [13, 11, 16, 8, 5, 2, 1, 0, 14, 10, 7, 12, 3, 6, 9, 4, 15]
        );
        assert_eq!(permutation(0, 1), [0]);
    }
}

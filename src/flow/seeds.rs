//! Numbers derived from a run's seed, so that the same seed always makes the same rows and draws.

use sha2::{Digest, Sha256};

/// Derives a number from a seed and what it is for. 63 bits, so that it survives JSON readers with signed numbers.
pub(super) fn derived(seed: u64, purpose: &[&str]) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(seed.to_le_bytes());
    for part in purpose {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let number = hasher
        .finalize()
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    number >> 1
}

/// Derives a seed that teachers accept: 31 bits, since many servers read a signed 32-bit number.
pub(super) fn sampling_seed(seed: u64, purpose: &[&str]) -> u64 {
    derived(seed, purpose) & 0x7fff_ffff
}

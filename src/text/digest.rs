//! Names made of contents: SHA-256, and the digits it is written in.

use sha2::{Digest, Sha256};

/// A SHA-256 over texts, each preceded by its length (eight bytes, the lowest first) so that no two run together.
#[derive(Debug, Default)]
pub struct PartsDigest(Sha256);

impl PartsDigest {
    pub fn part(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// Returns the first so many bytes, 32 at most, as lowercase hex digits.
    pub fn hex(self, bytes: usize) -> String {
        let digest = self.0.finalize();
        hex(digest.get(..bytes).unwrap_or(&digest))
    }
}

/// Returns bytes as lowercase hex digits, two a byte.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(hex(&[0, 9, 10, 0x7f, 0xff]), "00090a7fff");
        assert!(hex(&Sha256::digest(b"abc")).starts_with("ba7816bf8f01cfea"));
    }

    #[test]
    fn parts_do_not_run_together() {
        let of = |parts: &[&str], bytes| {
            let mut digest = PartsDigest::default();
            parts.iter().for_each(|part| digest.part(part));
            digest.hex(bytes)
        };
        assert_ne!(of(&["ab", "c"], 8), of(&["a", "bc"], 8));
        let whole = hex(&Sha256::digest(b"\x02\0\0\0\0\0\0\0ab\x01\0\0\0\0\0\0\0c"));
        assert_eq!(of(&["ab", "c"], 32), whole);
        let start = of(&["ab", "c"], 4);
        assert!(start.len() == 8 && whole.starts_with(&start), "{start} {whole}");
    }
}

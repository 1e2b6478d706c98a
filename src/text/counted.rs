//! Numbers with their word.

/// `1 leaf`, `3 leaves`.
pub fn counted(n: usize, one: &str, several: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { several })
}

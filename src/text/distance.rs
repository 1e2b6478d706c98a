//! How far apart two short texts are, to guess what somebody meant.

/// Returns the Levenshtein distance: how many characters have to be put in, taken out or changed.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for (cb, window) in b.iter().zip(row.windows(2)) {
            let (Some(diagonal), Some(above), Some(left)) = (window.first(), window.last(), next.last()) else {
                continue;
            };
            next.push((diagonal + usize::from(ca != *cb)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_counts_once() {
        for (a, b, distance) in [
            ("", "", 0),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("größe", "grösse", 2),
            ("ab", "ba", 2),
        ] {
            assert_eq!(
                (edit_distance(a, b), edit_distance(b, a)),
                (distance, distance),
                "{a} {b}"
            );
        }
    }
}

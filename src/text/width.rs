//! How many terminal cells a text takes.
//!
//! The unit is the grapheme cluster: a family emoji is one cluster of two cells, a letter with accents one cluster of
//! one. Characters that must not reach a terminal are measured as [`super::visible`] shows them.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::visible;

/// Returns the cells of one grapheme cluster: 0 never, 1 for most, 2 for CJK and emoji, more for what is spelled out.
///
/// A tab counts 4 and a newline 1 (its picture), as they are shown.
pub fn cluster_cells(cluster: &str) -> usize {
    if let [byte] = cluster.as_bytes()
        && (b' '..=b'~').contains(byte)
    {
        return 1;
    }
    if cluster == "\n" || cluster == "\r\n" {
        return 1;
    }
    match visible::replacement(cluster) {
        Some(shown) => shown.graphemes(true).map(UnicodeWidthStr::width).sum(),
        None => UnicodeWidthStr::width(cluster),
    }
}

/// Returns the cells of a text: the sum over its clusters.
pub fn cells(text: &str) -> usize {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.len();
    }
    text.graphemes(true).map(cluster_cells).sum()
}

/// Cuts a text to at most `max_cells`, ending in `…` where something was cut off. Reads no further than it must.
pub fn truncate(text: &str, max_cells: usize) -> Cow<'_, str> {
    let mut used = 0;
    // Where the text must end if the sign of cutting has to fit behind it.
    let mut keep = 0;
    for (start, cluster) in text.grapheme_indices(true) {
        let width = cluster_cells(cluster);
        if used + width > max_cells {
            if max_cells == 0 {
                return Cow::Borrowed("");
            }
            let mut cut = text.get(..keep).unwrap_or_default().to_owned();
            cut.push('…');
            return Cow::Owned(cut);
        }
        used += width;
        if used < max_cells {
            keep = start + cluster.len();
        }
    }
    Cow::Borrowed(text)
}

/// Shows a text on one line (as [`visible::visible_line`]) in exactly `wanted` cells, cut or filled with spaces: a column.
pub fn pad(text: &str, wanted: usize) -> String {
    // Shown first: a character that waits for a base would swallow the first space.
    let mut padded = truncate(&visible::visible_line(text), wanted).into_owned();
    let missing = wanted.saturating_sub(cells(&padded));
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clusters_have_the_cells_that_terminals_give_them() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            ("e\u{301}", 1),
            ("日本", 4),
            ("👨‍👩‍👧", 2),
            ("❤\u{fe0f}", 2),
            ("🇩🇪", 2),
            ("👍🏽", 2),
            ("1\u{fe0f}\u{20e3}", 2),
            ("\t", 4),
            ("\u{1b}", 1),
            ("\u{202e}", 8),
            ("한국어", 6),
            ("ｱ", 1),
            ("שלום", 4),
        ] {
            assert_eq!(cells(text), expected, "{text:?}");
        }
    }

    #[test]
    fn cut_texts_end_in_an_ellipsis_and_fit() {
        assert_eq!(truncate("garden", 6), "garden");
        assert_eq!(truncate("gardens", 6), "garde…");
        assert_eq!(truncate("日本語", 6), "日本語");
        assert_eq!(truncate("日本語", 5), "日本…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("日本語", 1), "…");
        assert_eq!(truncate("日本語", 0), "");
        assert_eq!(pad("日本語", 4), "日… ");
        assert_eq!(pad("a", 3), "a  ");
    }

    proptest! {
        #[test]
        fn cut_and_filled_texts_fit(text in "\\PC{0,30}", max in 0usize..20) {
            prop_assert!(cells(&truncate(&text, max)) <= max);
            prop_assert_eq!(cells(&pad(&text, max)), max);
        }
    }
}

//! Where a text breaks into rows of a given width.
//!
//! Break points are those of Unicode's line breaking rules (so scripts without spaces, as Japanese, break
//! where readers expect it); widths are measured by grapheme cluster; a word longer than a row is broken between
//! clusters. White space at a break hangs beyond the edge, as in text fields of browsers, and never opens a row.
//! The cost is linear in the length of the text.

use std::ops::Range;

use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use super::width::cluster_cells;

/// One row of a wrapped text: a byte range, newline excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub start: usize,
    pub end: usize,
    /// True when the row ends a line of the text (at a newline or the end), false when wrapping ended it.
    pub hard: bool,
}

impl Row {
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Returns the row's part of the text, hanging white space included.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.range()).unwrap_or_default()
    }

    /// Returns the row's part of the text as it is drawn: without the white space at its end, never wider than the
    /// width it was wrapped to unless a single cluster is.
    pub fn drawn<'a>(&self, text: &'a str) -> &'a str {
        self.of(text).trim_end_matches(hangs)
    }
}

/// Breaks a text into rows of at most `width` cells (0 counts as 1), white space at their ends aside.
///
/// Every byte except newlines (`\n`, `\r\n`) lies in exactly one row, in order. There is always at least one row, and
/// one after a newline at the end, so that a caret has a place to stand.
pub fn wrap(text: &str, width: usize) -> Vec<Row> {
    let width = width.max(1);
    let mut rows = Vec::new();
    let mut offset = 0;
    for line in text.split('\n') {
        let next = offset + line.len() + 1;
        let is_last = next > text.len();
        let content = if is_last {
            line
        } else {
            line.strip_suffix('\r').unwrap_or(line)
        };
        wrap_line(content, offset, width, &mut rows);
        offset = next;
    }
    rows
}

fn wrap_line(line: &str, offset: usize, width: usize, rows: &mut Vec<Row>) {
    let mut breaks = linebreaks(line).map(|(at, _)| at).peekable();
    let mut row_start = 0;
    // Cells from the line's start: where the row began, and up to the cluster at hand.
    let mut row_cells = 0;
    let mut cells = 0;
    // The last place in this row where it may be broken.
    let mut break_at: Option<(usize, usize)> = None;
    for (at, cluster) in line.grapheme_indices(true) {
        while breaks.next_if(|point| *point < at).is_some() {}
        if breaks.peek() == Some(&at) && at > row_start {
            break_at = Some((at, cells));
        }
        let wide = cluster_cells(cluster);
        if !cluster.chars().all(hangs) {
            while at > row_start && cells - row_cells + wide > width {
                let (end, end_cells) = break_at.take().unwrap_or((at, cells));
                rows.push(Row {
                    start: offset + row_start,
                    end: offset + end,
                    hard: false,
                });
                row_start = end;
                row_cells = end_cells;
            }
        }
        cells += wide;
    }
    rows.push(Row {
        start: offset + row_start,
        end: offset + line.len(),
        hard: true,
    });
}

/// Tells white space that may hang over the edge: all but the kinds that forbid a break.
fn hangs(character: char) -> bool {
    character.is_whitespace() && !matches!(character, '\u{a0}' | '\u{202f}' | '\u{2007}' | '\n' | '\r')
}

#[cfg(test)]
mod tests {

    use proptest::prelude::*;

    use super::super::width::cells;
    use super::*;

    fn rows(text: &str, width: usize) -> Vec<&str> {
        wrap(text, width).iter().map(|row| row.of(text)).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(
            rows("Water the soil the evening before", 12),
            ["Water the ", "soil the ", "evening ", "before"]
        );
        assert_eq!(rows("a-well-known word", 7), ["a-well-", "known ", "word"]);
        assert_eq!(rows("abcdefgh ij", 3), ["abc", "def", "gh ", "ij"]);
        assert_eq!(rows("a\n\nb\n", 9), ["a", "", "b", ""]);
        assert_eq!(rows("a\r\nb", 9), ["a", "b"]);
        assert_eq!(rows("", 9), [""]);
        assert_eq!(rows("ab", 0), ["a", "b"]);
        assert_eq!(
            rows("霜が降りる夜は、土に水をやる。", 10),
            ["霜が降りる", "夜は、土に", "水をやる。"]
        );
        assert_eq!(rows("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 4), ["👨‍👩‍👧👨‍👩‍👧", "👨‍👩‍👧"]);
    }

    #[test]
    fn the_last_row_of_a_line_is_hard() {
        let hard: Vec<bool> = wrap("one two\nthree", 4).iter().map(|row| row.hard).collect();
        assert_eq!(hard, [false, true, false, true]);
    }

    fn text() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[a-zA-Z,.-]{1,12}",
            "[ \\t\\n]{1,3}",
            Just("\r\n".to_owned()),
            Just("\r".to_owned()),
            Just("👨‍👩‍👧".to_owned()),
            Just("e\u{301}".to_owned()),
            Just("\u{a0}\u{202e}".to_owned()),
            "[日本語。、한국]{1,6}",
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(part, 0..25).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn rows_cover_the_text_and_fit(text in text(), width in 0usize..30) {
            let rows = wrap(&text, width);
            let mut at = 0;
            for row in &rows {
                prop_assert!(matches!(text.get(at..row.start), Some("" | "\n" | "\r\n")), "gap before {:?}", row);
                prop_assert!(row.end >= row.start);
                let drawn = row.drawn(&text);
                prop_assert!(cells(drawn) <= width.max(1) || drawn.graphemes(true).count() == 1, "{:?}", drawn);
                at = row.end;
            }
            prop_assert_eq!(at, text.len());
            let newlines = text.matches('\n').count();
            prop_assert_eq!(rows.iter().filter(|row| row.hard).count(), newlines + 1);
            let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            for row in rows.iter().filter(|row| row.start < text.len()) {
                prop_assert!(starts.binary_search(&row.start).is_ok(), "a cluster was split");
            }
        }
    }
}

//! The part of a long list of dropped rows that is held for drawing; the rest stays in its file.

use crate::samples::Drop;

/// Rows that are read at once: several screenfuls around the chosen one.
pub const ROWS: usize = 300;
/// Rows around the chosen one that should be there: more than the largest screen shows.
const MARGIN: usize = 120;

/// A dropped row as it is kept for looking at: long texts are cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropped {
    /// Where its line begins in the file, in bytes: what it is marked by.
    pub offset: u64,
    pub drop: Drop,
    /// It had come as far as a sample, which can be restored.
    pub restorable: bool,
}

/// Rows of a list from one of them on.
#[derive(Debug, Default)]
pub struct DropRows {
    from: usize,
    rows: Vec<Dropped>,
    /// Those that were asked for and are on their way, from which on.
    asked: Option<usize>,
}

impl DropRows {
    pub fn get(&self, index: usize) -> Option<&Dropped> {
        self.rows.get(index.checked_sub(self.from)?)
    }

    /// From which row on to read so that what is around the chosen one is there; `None` when it is, or is on its way.
    pub fn ask(&mut self, chosen: usize, len: usize) -> Option<usize> {
        let wanted = chosen.saturating_sub(MARGIN)..(chosen + MARGIN).min(len);
        let covers = |from: usize, rows: usize| from <= wanted.start && wanted.end <= from + rows;
        if wanted.is_empty()
            || covers(self.from, self.rows.len())
            || self
                .asked
                .is_some_and(|from| covers(from, ROWS.min(len.saturating_sub(from))))
        {
            return None;
        }
        let from = chosen.saturating_sub(ROWS / 2);
        self.asked = Some(from);
        Some(from)
    }

    /// Takes what was asked for.
    pub fn take(&mut self, from: usize, rows: Vec<Dropped>) {
        *self = DropRows {
            from,
            rows,
            asked: None,
        };
    }

    /// Nothing comes of what was asked for.
    pub fn failed(&mut self) {
        self.asked = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(row: usize) -> Dropped {
        let text = format!(r#"{{"row":{row},"block":"b","reason":"filter","at":"2026-11-22T09:00:00Z"}}"#);
        Dropped {
            offset: row as u64,
            drop: serde_json::from_str(&text).unwrap(),
            restorable: false,
        }
    }

    #[test]
    fn what_is_around_the_chosen_row_is_asked_for_once() {
        let mut rows = DropRows::default();
        assert_eq!(rows.ask(0, 0), None);
        assert_eq!(rows.ask(0, 1_000_000), Some(0));
        assert_eq!(rows.ask(5, 1_000_000), None);
        rows.take(0, (0..ROWS).map(dropped).collect());
        assert_eq!(rows.ask(ROWS - MARGIN, 1_000_000), None);
        // Far away before the first answer came: the newest question counts.
        assert_eq!(rows.ask(999_999, 1_000_000), Some(999_999 - ROWS / 2));
        assert_eq!(rows.ask(500_000, 1_000_000), Some(500_000 - ROWS / 2));
        rows.take(500_000 - ROWS / 2, (0..ROWS).map(dropped).collect());
        assert_eq!(rows.ask(500_000, 1_000_000), None);
        assert!(rows.get(500_000).is_some() && rows.get(0).is_none());
    }

    #[test]
    fn a_list_that_grows_is_asked_for_as_far_as_it_is_seen() {
        let mut rows = DropRows::default();
        assert_eq!(rows.ask(0, 2), Some(0));
        rows.take(0, (0..2).map(dropped).collect());
        assert_eq!(rows.ask(1, 2), None);
        assert_eq!(rows.ask(1, 3), Some(0));
        rows.failed();
        assert_eq!(rows.ask(1, 3), Some(0));
    }
}

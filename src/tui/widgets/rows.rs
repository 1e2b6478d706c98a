//! Which rows of a list are in the window: the chosen one always is, and nothing outside is looked at.

use std::cell::Cell;
use std::ops::Range;

use crate::tui::command::Command;

/// The state of a list: which row is chosen, which is at the top, how many fit.
///
/// The last two are learned while drawing, so that paging goes by what is really seen.
#[derive(Debug, Default, Clone)]
pub struct Rows {
    pub chosen: usize,
    top: Cell<usize>,
    height: Cell<usize>,
}

impl Rows {
    /// The rows to draw in a window of `height` rows, scrolled as little as needed to show the chosen one.
    pub fn window(&self, len: usize, height: usize) -> Range<usize> {
        self.height.set(height);
        let chosen = self.chosen.min(len.saturating_sub(1));
        let most = len.saturating_sub(height);
        let mut top = self.top.get().min(most);
        if chosen < top {
            top = chosen;
        } else if height > 0 && chosen >= top + height {
            top = chosen + 1 - height;
        }
        self.top.set(top);
        top..len.min(top + height)
    }

    pub fn up(&mut self, by: usize) {
        self.chosen = self.chosen.saturating_sub(by);
    }

    pub fn down(&mut self, by: usize, len: usize) {
        self.chosen = (self.chosen + by).min(len.saturating_sub(1));
    }

    /// Goes as a command of moving about says, in a list of `len` rows. False for every other command.
    pub fn go(&mut self, command: Command, len: usize) -> bool {
        match command {
            Command::Up => self.up(1),
            Command::Down => self.down(1, len),
            Command::PageUp => self.up(self.page()),
            Command::PageDown => self.down(self.page(), len),
            Command::First => self.chosen = 0,
            Command::Last => self.chosen = len.saturating_sub(1),
            _ => return false,
        }
        true
    }

    /// Rows of a page: one row of the old page stays in sight.
    pub fn page(&self) -> usize {
        self.height.get().saturating_sub(1).max(1)
    }

    /// Keeps the choice inside a list that became shorter.
    pub fn clamp(&mut self, len: usize) {
        self.chosen = self.chosen.min(len.saturating_sub(1));
    }

    /// Moves the window without moving the choice further than it must.
    pub fn scroll(&mut self, down: bool, by: usize, len: usize) {
        let height = self.height.get();
        let most = len.saturating_sub(height);
        let top = if down {
            (self.top.get() + by).min(most)
        } else {
            self.top.get().saturating_sub(by)
        };
        self.top.set(top);
        if height > 0 {
            self.chosen = self
                .chosen
                .clamp(top, (top + height - 1).min(len.saturating_sub(1)).max(top));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_is_always_in_the_window() {
        let mut rows = Rows::default();
        assert_eq!(rows.window(100, 10), 0..10);
        rows.down(15, 100);
        assert_eq!(rows.window(100, 10), 6..16);
        rows.up(3);
        assert_eq!(rows.window(100, 10), 6..16);
        rows.up(9);
        assert_eq!(rows.window(100, 10), 3..13);
        assert_eq!(rows.window(2, 10), 0..2);
        assert_eq!(rows.window(0, 10), 0..0);
        assert_eq!(rows.window(5, 0), 0..0);
    }

    #[test]
    fn scrolling_drags_the_choice_along_only_at_the_edges() {
        let mut rows = Rows::default();
        rows.window(100, 10);
        rows.scroll(true, 3, 100);
        assert_eq!((rows.chosen, rows.window(100, 10)), (3, 3..13));
        rows.scroll(false, 99, 100);
        assert_eq!((rows.chosen, rows.window(100, 10)), (3, 0..10));
    }
}

//! Which rows of a list are in the window: the chosen one always is, and nothing outside is looked at.

use std::cell::Cell;
use std::ops::Range;

use crate::tui::command::Command;

/// Rows by which a text below a list is moved.
const TEXT_PAGE: usize = 8;

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

    /// The same for a list above the text of its chosen row: the keys for pages move the text, which begins anew with
    /// another row.
    pub fn go_above_text(&mut self, command: Command, len: usize, text_top: &Cell<usize>) -> bool {
        match command {
            Command::PageUp => text_top.set(text_top.get().saturating_sub(TEXT_PAGE)),
            Command::PageDown => text_top.set(text_top.get() + TEXT_PAGE),
            _ => {
                let before = self.chosen;
                if !self.go(command, len) {
                    return false;
                }
                if self.chosen != before {
                    text_top.set(0);
                }
            }
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
    fn pages_move_the_text_below_a_list_until_another_row_is_chosen() {
        let (mut rows, top) = (Rows::default(), Cell::new(0));
        for (command, chosen, text) in [
            (Command::PageDown, 0, TEXT_PAGE),
            (Command::Up, 0, TEXT_PAGE),
            (Command::Down, 1, 0),
            (Command::PageDown, 1, TEXT_PAGE),
            (Command::PageUp, 1, 0),
            (Command::Last, 2, 0),
        ] {
            assert!(rows.go_above_text(command, 3, &top));
            assert_eq!((rows.chosen, top.get()), (chosen, text), "{command:?}");
        }
        assert!(!rows.go_above_text(Command::Save, 3, &top));
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

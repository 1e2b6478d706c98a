//! A text to read: wrapped to the window, scrolled by rows, with passages marked.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::text::visible::visible_line;
use crate::text::wrap::{Row, wrap};
use crate::tui::canvas::Canvas;
use crate::tui::theme::Role;

/// A passage of the text with a role of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub range: Range<usize>,
    pub role: Role,
}

/// A row and how far it is moved to the right: rows that go on below an indented or numbered line stay under its words.
#[derive(Debug, Clone, Copy)]
struct Hung {
    row: Row,
    by: u16,
}

/// A text with its marks. Rows are worked out once for a width and kept.
#[derive(Debug, Default, Clone)]
pub struct Prose {
    text: String,
    marks: Vec<Mark>,
    rows: RefCell<Option<(u16, Rc<Vec<Hung>>)>>,
    top: Cell<usize>,
    height: Cell<usize>,
}

impl Prose {
    pub fn new(text: impl Into<String>) -> Self {
        Prose {
            text: text.into(),
            ..Prose::default()
        }
    }

    /// Adds a text with a role at the end.
    pub fn push(&mut self, text: &str, role: Role) {
        let start = self.text.len();
        self.text.push_str(text);
        self.mark(start..self.text.len(), role);
    }

    /// Gives a byte range a role; later marks win.
    pub fn mark(&mut self, range: Range<usize>, role: Role) {
        if !range.is_empty() {
            self.marks.push(Mark { range, role });
        }
        self.rows.take();
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many rows the text takes at a width.
    pub fn height(&self, width: u16) -> usize {
        self.rows(width).len()
    }

    fn rows(&self, width: u16) -> Rc<Vec<Hung>> {
        if let Some((known, rows)) = self.rows.borrow().as_ref()
            && *known == width
        {
            return Rc::clone(rows);
        }
        let rows = Rc::new(hung(&self.text, width));
        self.rows.replace(Some((width, Rc::clone(&rows))));
        rows
    }

    pub fn scroll_up(&mut self, by: usize) {
        self.top.set(self.top.get().saturating_sub(by));
    }

    pub fn scroll_down(&mut self, by: usize) {
        self.top.set(self.top.get() + by);
    }

    /// Rows of a page, one of the old page staying in sight.
    pub fn page(&self) -> usize {
        self.height.get().saturating_sub(1).max(1)
    }

    /// Scrolls so that a byte of the text is in the upper part of the window at the next drawing.
    pub fn reveal(&self, byte: usize, width: u16) {
        let rows = self.rows(width);
        let row = rows.partition_point(|hung| hung.row.end < byte);
        self.top.set(row.saturating_sub(2));
    }

    /// Draws from the row `top`, which is held to what there is; the lower border of the pane around the area says when more
    /// follows.
    pub fn draw_scrolled(&mut self, canvas: &mut Canvas<'_, '_>, pane: Rect, area: Rect, top: &Cell<usize>) {
        let most = self.height(area.width).saturating_sub(usize::from(area.height));
        top.set(top.get().min(most));
        self.scroll_down(top.get());
        if self.draw(canvas, area) {
            canvas.more_follows(pane);
        }
    }

    /// Draws the rows in the window; returns true when there is more below.
    pub fn draw(&self, canvas: &mut Canvas<'_, '_>, area: Rect) -> bool {
        if area.is_empty() {
            return false;
        }
        let rows = self.rows(area.width);
        let height = usize::from(area.height);
        self.height.set(height);
        let top = self.top.get().min(rows.len().saturating_sub(height));
        self.top.set(top);
        for (y, Hung { row, by }) in (area.y..area.bottom()).zip(rows.iter().skip(top)) {
            let line = self.line(canvas, row);
            canvas.line(area.x + by, y, area.width.saturating_sub(*by), line);
        }
        // Blank rows at the end are nothing to scroll for.
        rows.iter().skip(top + height).any(|hung| hung.row.start < hung.row.end)
    }

    fn line(&self, canvas: &Canvas<'_, '_>, row: &Row) -> Line<'static> {
        let end = row.start + row.drawn(&self.text).len();
        let mut edges: Vec<usize> = vec![row.start, end];
        let here: Vec<&Mark> = self
            .marks
            .iter()
            .filter(|mark| mark.range.start < end && mark.range.end > row.start)
            .collect();
        for mark in &here {
            edges.push(mark.range.start.clamp(row.start, end));
            edges.push(mark.range.end.clamp(row.start, end));
        }
        edges.sort_unstable();
        edges.dedup();
        let mut spans = Vec::new();
        for (start, end) in edges.iter().zip(edges.iter().skip(1)) {
            let piece = self.text.get(*start..*end).unwrap_or_default();
            let role = here
                .iter()
                .rev()
                .find(|mark| mark.range.start <= *start && mark.range.end >= *end);
            let style = canvas.style(role.map_or(Role::Text, |mark| mark.role));
            spans.push(Span::styled(visible_line(piece).into_owned(), style));
        }
        Line::from(spans)
    }
}

/// Wraps a text line by line, each with its own hanging indent.
fn hung(text: &str, width: u16) -> Vec<Hung> {
    let mut rows = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let moved = |row: Row, from: usize, by: u16| Hung {
            row: Row {
                start: row.start + from,
                end: row.end + from,
                ..row
            },
            by,
        };
        let by = indent_of(line).min(width / 3);
        let all = wrap(line, usize::from(width));
        match all.first().filter(|_| by > 0 && all.len() > 1) {
            Some(first) => {
                let rest = line.get(first.end..).unwrap_or_default();
                let below = wrap(rest, usize::from(width - by));
                rows.push(moved(*first, start, 0));
                rows.extend(below.into_iter().map(|row| moved(row, start + first.end, by)));
            }
            None => rows.extend(all.into_iter().map(|row| moved(row, start, 0))),
        }
        start += line.len() + 1;
    }
    rows
}

/// The cells before a line's first word: blanks, or a number or letter with two blanks or more behind it.
fn indent_of(line: &str) -> u16 {
    let body = line.trim_start_matches(' ');
    let blanks = line.len() - body.len();
    let mark = body.find(' ').unwrap_or(0);
    let behind = body.get(mark..).unwrap_or_default();
    let gap = behind.len() - behind.trim_start_matches(' ').len();
    let is_mark = blanks == 0 && gap >= 2 && (1..=4).contains(&mark) && body.get(..mark).is_some_and(str::is_ascii);
    let cells = if is_mark { mark + gap } else { blanks };
    u16::try_from(cells).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, width: u16) -> Vec<(String, u16)> {
        let shown = |hung: &Hung| (hung.row.drawn(text).to_owned(), hung.by);
        hung(text, width).iter().map(shown).collect()
    }

    #[test]
    fn rows_below_a_number_or_an_indent_stay_under_its_words() {
        let text = "1  one two three\n   four five six\nseven eight nine\n\n";
        let wanted = [
            ("1  one two", 0),
            ("three", 3),
            ("   four five", 0),
            ("six", 3),
            ("seven eight", 0),
            ("nine", 0),
            ("", 0),
            ("", 0),
        ];
        assert_eq!(rows(text, 12), wanted.map(|(row, by)| (row.to_owned(), by)));
    }

    #[test]
    fn no_indent_takes_more_than_a_third() {
        let text = "          wide words here";
        assert!(rows(text, 9).iter().all(|(_, by)| *by <= 3));
        assert_eq!(rows("", 0).len(), 1);
        assert!(!rows(text, 1).is_empty());
    }
}

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

/// A text with its marks. Rows are worked out once for a width and kept.
#[derive(Debug, Default, Clone)]
pub struct Prose {
    text: String,
    marks: Vec<Mark>,
    rows: RefCell<Option<(u16, Rc<Vec<Row>>)>>,
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

    fn rows(&self, width: u16) -> Rc<Vec<Row>> {
        if let Some((known, rows)) = self.rows.borrow().as_ref()
            && *known == width
        {
            return Rc::clone(rows);
        }
        let rows = Rc::new(wrap(&self.text, usize::from(width)));
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
        let row = rows.partition_point(|row| row.end < byte);
        self.top.set(row.saturating_sub(2));
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
        for (y, row) in (area.y..area.bottom()).zip(rows.iter().skip(top)) {
            let line = self.line(canvas, row);
            canvas.line(area.x, y, area.width, line);
        }
        top + height < rows.len()
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

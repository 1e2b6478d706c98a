//! The reader: a document's text with a caret, a selection, and what is marked in it.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_segmentation::GraphemeCursor;

use super::borders::Borders;
use crate::taxonomy::knowledge::spans;
use crate::text::visible::visible_line;
use crate::text::width::cells;
use crate::text::wrap::{Row, wrap};
use crate::tui::canvas::Canvas;
use crate::tui::hits::Hit;
use crate::tui::theme::Role;

/// Where the caret goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Left,
    Right,
    /// By rows of the window.
    Up(usize),
    Down(usize),
    First,
    Last,
}

/// A piece of the text with a role; the number is written beside its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub range: Range<usize>,
    pub role: Role,
    /// The example that uses it, as people count.
    pub example: Option<usize>,
}

/// The caret and the window over one document.
#[derive(Default)]
pub struct Reader {
    caret: usize,
    /// Where the selection began.
    anchor: Option<usize>,
    /// The cell that moving up and down keeps to.
    goal: Option<usize>,
    top: Cell<usize>,
    height: Cell<usize>,
    width: Cell<u16>,
    /// True when the window has to go where the caret is.
    follow: Cell<bool>,
    rows: RefCell<Option<(u16, Rc<Vec<Row>>)>>,
    /// The row of each line of the window, as it was drawn last: borders of chunks take lines too.
    drawn: RefCell<Vec<usize>>,
}

impl Reader {
    /// Starts anew on another text.
    pub fn reset(&mut self) {
        *self = Reader {
            height: self.height.clone(),
            width: self.width.clone(),
            ..Reader::default()
        };
    }

    pub fn caret(&self) -> usize {
        self.caret
    }

    /// What is selected, without white space at its ends; `None` for nothing.
    pub fn selection(&self, text: &str) -> Option<Range<usize>> {
        let anchor = self.anchor?;
        let range = spans::trimmed(text, self.caret.min(anchor)..self.caret.max(anchor));
        (!range.is_empty()).then_some(range)
    }

    pub fn unselect(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    /// Selects a range and shows its beginning.
    pub fn select(&mut self, range: Range<usize>) {
        self.anchor = Some(range.end);
        self.caret = range.start;
        self.goal = None;
        self.follow.set(true);
    }

    pub fn go_to(&mut self, at: usize) {
        self.anchor = None;
        self.caret = at;
        self.goal = None;
        self.follow.set(true);
    }

    /// Selects the sentence or paragraph at the caret; when something is selected, the next one too. Backwards takes the last one away.
    pub fn grow(&mut self, text: &str, paragraph: bool, forward: bool) {
        let at = |place| {
            if paragraph {
                spans::paragraph_at(text, place)
            } else {
                spans::sentence_at(text, place)
            }
        };
        let here = match (self.selection(text), forward) {
            (None, _) => at(self.caret),
            (Some(chosen), true) => chosen.start..at(chosen.end).end,
            (Some(chosen), false) => {
                let last = spans::floor(text, chosen.end.saturating_sub(1));
                chosen.start..at(last).start.max(chosen.start)
            }
        };
        let here = spans::trimmed(text, here);
        if here.is_empty() {
            self.anchor = None;
        } else {
            // The caret stands at the end, where the next step goes on.
            (self.anchor, self.caret) = (Some(here.start), here.end);
        }
        self.goal = None;
        self.follow.set(true);
    }

    /// Moves the caret; with `select` the selection goes along, else it ends.
    pub fn step(&mut self, text: &str, to: Move, select: bool) {
        if !select {
            self.anchor = None;
        } else if self.anchor.is_none() {
            self.anchor = Some(self.caret);
        }
        self.follow.set(true);
        let mut cursor = GraphemeCursor::new(spans::floor(text, self.caret), text.len(), true);
        match to {
            Move::Left => self.caret = cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0),
            Move::Right => self.caret = cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
            Move::First => self.caret = 0,
            Move::Last => self.caret = text.len(),
            Move::Up(by) => return self.step_rows(text, by, false),
            Move::Down(by) => return self.step_rows(text, by, true),
        }
        self.goal = None;
    }

    fn step_rows(&mut self, text: &str, by: usize, down: bool) {
        let rows = self.rows(text);
        let here = row_of(&rows, self.caret);
        let Some(row) = rows.get(here) else { return };
        let goal = *self
            .goal
            .get_or_insert_with(|| cells(text.get(row.start..self.caret).unwrap_or_default()));
        let to = if down {
            (here + by).min(rows.len().saturating_sub(1))
        } else {
            here.saturating_sub(by)
        };
        if let Some(row) = rows.get(to) {
            self.caret = byte_at(text, row, goal);
        }
    }

    /// Rows of a page; one stays in sight.
    pub fn page(&self) -> usize {
        self.height.get().saturating_sub(1).max(1)
    }

    /// Moves the window alone.
    pub fn scroll(&mut self, down: bool, by: usize) {
        let top = self.top.get();
        self.top.set(if down { top + by } else { top.saturating_sub(by) });
        self.follow.set(false);
    }

    /// Puts the caret where the pointer is; dragging selects.
    pub fn point(&mut self, text: &str, x: u16, y: u16, drag: bool) {
        let rows = self.rows(text);
        let drawn = self.drawn.borrow().get(usize::from(y)).copied();
        let at = drawn.unwrap_or(self.top.get() + usize::from(y));
        let Some(row) = rows.get(at.min(rows.len().saturating_sub(1))) else {
            return;
        };
        let at = byte_at(text, row, usize::from(x));
        if drag {
            self.anchor.get_or_insert(self.caret);
        } else {
            self.anchor = None;
        }
        self.caret = at;
        self.goal = None;
    }

    fn rows(&self, text: &str) -> Rc<Vec<Row>> {
        let width = self.width.get().max(1);
        if let Some((known, rows)) = self.rows.borrow().as_ref()
            && *known == width
        {
            return Rc::clone(rows);
        }
        let rows = Rc::new(wrap(text, usize::from(width)));
        self.rows.replace(Some((width, Rc::clone(&rows))));
        rows
    }

    /// Draws the rows in the window with the marks that lie there; later marks win, the selection over all. The borders of
    /// chunks stand as lines between the rows, and beside what two chunks share.
    pub fn draw(
        &self,
        canvas: &mut Canvas<'_, '_>,
        area: Rect,
        text: &str,
        marks: &[Mark],
        borders: Borders<'_>,
        focused: bool,
    ) {
        const GUTTER: u16 = 4;
        if area.width <= GUTTER + 1 || area.height == 0 {
            return;
        }
        self.width.set(area.width - GUTTER - 1);
        self.height.set(usize::from(area.height));
        let rows = self.rows(text);
        let height = usize::from(area.height);
        let mut top = self.top.get();
        let at = row_of(&rows, self.caret);
        let whole = |row: usize| {
            let start = rows.get(row).map_or(text.len(), |row| row.start);
            start..rows.get(row + 1).map_or(text.len(), |next| next.start)
        };
        let lines = |row: usize| 1 + usize::from(borders.begins(whole(row)));
        // How far up a window reaches whose last line is this row.
        let first_above = |last: usize| {
            let mut room = height;
            let above = (0..=last).rev().take_while(|row| {
                let left = room.checked_sub(lines(*row));
                room = left.unwrap_or(0);
                left.is_some()
            });
            above.last().unwrap_or(last)
        };
        if self.follow.replace(false) && (at < top || top < first_above(at)) {
            top = at.saturating_sub(height / 4).max(first_above(at));
        }
        top = top.min(first_above(rows.len().saturating_sub(1)));
        self.top.set(top);
        let selected = self.selection(text);
        let mut seen = None;
        let mut drawn = self.drawn.borrow_mut();
        drawn.clear();
        let mut caret_line = None;
        for (number, row) in rows.iter().enumerate().skip(top) {
            if let Some(told) = borders.above(whole(number)).filter(|_| drawn.len() < height) {
                let y = area.y + u16::try_from(drawn.len()).unwrap_or_default();
                let used = canvas.text(area.x, y, area.width, &format!("── {told} "), Role::Dim);
                let rule = "─".repeat(usize::from(area.width.saturating_sub(used)));
                canvas.text(area.x + used, y, area.width.saturating_sub(used), &rule, Role::Border);
                drawn.push(number);
                seen = None;
            }
            if drawn.len() >= height {
                break;
            }
            let y = area.y + u16::try_from(drawn.len()).unwrap_or_default();
            if number == at {
                caret_line = Some(y);
            }
            drawn.push(number);
            let end = row.start + row.drawn(text).len();
            let inside = |range: &Range<usize>| range.start < end.max(row.start + 1) && range.end > row.start;
            let shared = borders.shared(row.start..end).map(|range| Mark {
                range,
                role: Role::Dim,
                example: None,
            });
            let here: Vec<&Mark> = shared
                .iter()
                .chain(marks.iter().filter(|mark| inside(&mark.range)))
                .collect();
            if let Some(mark) = here.iter().find(|mark| mark.example.is_some()) {
                let number = mark.example.unwrap_or_default().to_string();
                let first = seen != mark.example;
                seen = mark.example;
                let sign = if first {
                    format!("{number:>2}▌")
                } else {
                    "  ▌".to_owned()
                };
                canvas.text(area.x, y, GUTTER - 1, &sign, Role::Quoted);
            } else {
                seen = None;
            }
            if shared.is_some() {
                canvas.text(area.x + GUTTER - 1, y, 1, "┊", Role::Accent);
            }
            let line = line_of(canvas, text, row.start..end, &here, selected.as_ref());
            let place = Rect::new(area.x + GUTTER, y, area.width - GUTTER, 1);
            canvas.line(place.x, y, place.width, line);
        }
        let body = Rect::new(area.x + GUTTER, area.y, area.width - GUTTER, area.height);
        canvas.hits.add(body, Hit::Text { x: 0, y: 0 });
        if let (true, Some(y), Some(row)) = (focused, caret_line, rows.get(at)) {
            let column = cells(text.get(row.start..self.caret.min(row.end)).unwrap_or_default());
            let x = u16::try_from(column)
                .unwrap_or(u16::MAX)
                .min(body.width.saturating_sub(1));
            canvas.cursor(body.x + x, y);
        }
    }
}

fn row_of(rows: &[Row], at: usize) -> usize {
    rows.partition_point(|row| row.start <= at).saturating_sub(1)
}

/// The byte of a row that lies under a cell.
fn byte_at(text: &str, row: &Row, goal: usize) -> usize {
    use unicode_segmentation::UnicodeSegmentation;
    let mut used = 0;
    for (at, cluster) in row.drawn(text).grapheme_indices(true) {
        let wide = cells(cluster);
        if used + wide > goal {
            return row.start + at;
        }
        used += wide;
    }
    row.start + row.drawn(text).len()
}

fn line_of(
    canvas: &Canvas<'_, '_>,
    text: &str,
    row: Range<usize>,
    marks: &[&Mark],
    selected: Option<&Range<usize>>,
) -> Line<'static> {
    let mut edges = vec![row.start, row.end];
    let ranges = marks.iter().map(|mark| &mark.range).chain(selected);
    for range in ranges.clone() {
        edges.push(range.start.clamp(row.start, row.end));
        edges.push(range.end.clamp(row.start, row.end));
    }
    edges.sort_unstable();
    edges.dedup();
    let within = |range: &Range<usize>, start: usize, end: usize| range.start <= start && range.end >= end;
    let mut spans = Vec::new();
    for (start, end) in edges.iter().zip(edges.iter().skip(1)) {
        let role = if selected.is_some_and(|range| within(range, *start, *end)) {
            Role::SelectedText
        } else {
            let mark = marks.iter().rev().find(|mark| within(&mark.range, *start, *end));
            mark.map_or(Role::Text, |mark| mark.role)
        };
        let piece = text.get(*start..*end).unwrap_or_default();
        spans.push(Span::styled(visible_line(piece).into_owned(), canvas.style(role)));
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Frost comes. Water the soil.\n\n霜の晩です。水をやる。\n\nend";

    fn chosen(reader: &Reader) -> &'static str {
        reader.selection(TEXT).map_or("", |range| TEXT.get(range).unwrap())
    }

    #[test]
    fn a_selection_grows_by_sentences_and_paragraphs_and_shrinks_again() {
        let mut reader = Reader::default();
        reader.width.set(20);
        reader.grow(TEXT, false, true);
        assert_eq!(chosen(&reader), "Frost comes.");
        reader.grow(TEXT, false, true);
        assert_eq!(chosen(&reader), "Frost comes. Water the soil.");
        reader.grow(TEXT, true, true);
        assert_eq!(
            chosen(&reader),
            "Frost comes. Water the soil.\n\n霜の晩です。水をやる。"
        );
        reader.grow(TEXT, false, false);
        assert_eq!(chosen(&reader), "Frost comes. Water the soil.\n\n霜の晩です。");
        for _ in 0..3 {
            reader.grow(TEXT, false, false);
        }
        assert_eq!(chosen(&reader), "");
    }

    #[test]
    fn the_caret_goes_by_rows_and_clusters_and_the_pointer_finds_its_place() {
        let mut reader = Reader::default();
        reader.width.set(12);
        reader.step(TEXT, Move::Right, true);
        assert_eq!(chosen(&reader), "F");
        reader.step(TEXT, Move::Down(1), true);
        assert_eq!(chosen(&reader), "Frost comes. W");
        reader.step(TEXT, Move::Down(3), false);
        assert_eq!(chosen(&reader), "");
        assert!(TEXT.is_char_boundary(reader.caret()));
        reader.point(TEXT, 0, 0, false);
        reader.point(TEXT, 5, 1, true);
        assert_eq!(chosen(&reader), "Frost comes. Water");
        reader.step(TEXT, Move::Last, false);
        reader.step(TEXT, Move::Right, false);
        assert_eq!(reader.caret(), TEXT.len());
    }
}

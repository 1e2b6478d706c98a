//! A text field: `ratatui-textarea` keeps the text, its undo and its selection; moving, deleting, wrapping and the caret go
//! by grapheme cluster here, because the library goes by character and draws no soft-wrapped cluster in one piece.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui_textarea::{CursorMove, TextArea};
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::text::visible::visible_line;
use crate::text::width::cells;
use crate::text::wrap::{Row, wrap};
use crate::tui::canvas::Canvas;
use crate::tui::command::Command;
use crate::tui::key::{Key, Press};
use crate::tui::theme::Role;

/// What a key did to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldOutcome {
    /// The text is another one now.
    Changed,
    /// Only the caret or the selection moved, or nothing happened.
    Moved,
    /// Text to be put into the clipboard.
    Copied(String),
    /// A one-line field was finished with Enter.
    Accepted,
}

struct Layout {
    revision: u64,
    width: u16,
    text: Rc<str>,
    rows: Rc<Vec<Row>>,
}

/// A text being edited. One final newline, where the text has one, is kept out of sight.
pub struct Field {
    area: TextArea<'static>,
    multiline: bool,
    ends_with_newline: bool,
    revision: u64,
    layout: RefCell<Option<Layout>>,
    width: Cell<u16>,
    top: Cell<usize>,
    /// The column (in cells) that moving up and down tries to keep.
    goal: Option<usize>,
}

impl Field {
    pub fn new(text: &str, multiline: bool) -> Self {
        let body = text.strip_suffix('\n').unwrap_or(text);
        let mut area = TextArea::new(body.split('\n').map(str::to_owned).collect());
        area.set_max_histories(2000);
        Field {
            area,
            multiline,
            ends_with_newline: text.ends_with('\n'),
            revision: 0,
            layout: RefCell::default(),
            width: Cell::new(80),
            top: Cell::new(0),
            goal: None,
        }
    }

    /// The text as it stands.
    pub fn text(&self) -> String {
        let mut text = self.area.lines().join("\n");
        if self.ends_with_newline && !text.is_empty() {
            text.push('\n');
        }
        text
    }

    /// Replaces the whole text as one step of undo.
    pub fn replace(&mut self, text: &str) {
        self.area.select_all();
        self.area.insert_str(text.strip_suffix('\n').unwrap_or(text));
        self.touched();
    }

    /// Puts the caret behind the last character.
    pub fn caret_to_end(&mut self) {
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// Takes a pasted text as one step of undo; a one-line field turns newlines into spaces.
    pub fn paste(&mut self, text: &str) -> FieldOutcome {
        let text = if self.multiline {
            text.to_owned()
        } else {
            text.replace('\n', " ")
        };
        self.area.insert_str(text);
        self.touched()
    }

    /// Puts the caret at a byte of the text, at the nearest cluster's edge before it.
    pub fn caret_to(&mut self, byte: usize) {
        let (text, _) = self.layout();
        let mut edge = byte.min(text.len());
        while !text.is_char_boundary(edge) {
            edge -= 1;
        }
        self.jump(edge);
    }

    /// Carries out a command of the text group.
    pub fn command(&mut self, command: Command) -> FieldOutcome {
        match command {
            Command::FieldUndo => {
                self.area.undo();
                self.touched()
            }
            Command::FieldRedo => {
                self.area.redo();
                self.touched()
            }
            Command::FieldSelectAll => {
                self.area.select_all();
                FieldOutcome::Moved
            }
            Command::FieldCopy => {
                let text = self.selected();
                self.area.copy();
                text.map_or(FieldOutcome::Moved, FieldOutcome::Copied)
            }
            Command::FieldCut => {
                self.area.cut();
                self.touched()
            }
            Command::FieldPaste => {
                self.area.paste();
                self.touched()
            }
            _ => FieldOutcome::Moved,
        }
    }

    /// Takes a key that is no command.
    pub fn key(&mut self, key: Key) -> FieldOutcome {
        if let Some(c) = key.typed() {
            self.area.insert_char(c);
            return self.touched();
        }
        match key.press {
            Press::Enter if !self.multiline => return FieldOutcome::Accepted,
            Press::Enter => {
                self.area.insert_newline();
                return self.touched();
            }
            Press::Backspace if key.ctrl || key.alt => {
                self.area.delete_word();
                return self.touched();
            }
            Press::Delete if key.ctrl || key.alt => {
                self.area.delete_next_word();
                return self.touched();
            }
            Press::Char('w') if key.ctrl => {
                self.area.delete_word();
                return self.touched();
            }
            Press::Backspace => return self.delete_cluster(false),
            Press::Delete => return self.delete_cluster(true),
            _ => {}
        }
        if key.shift && self.area.selection_range().is_none() {
            self.area.start_selection();
        } else if !key.shift {
            self.area.cancel_selection();
        }
        let vertical = matches!(key.press, Press::Up | Press::Down | Press::PageUp | Press::PageDown);
        if !vertical {
            self.goal = None;
        }
        match key.press {
            Press::Left if key.ctrl || key.alt => self.area.move_cursor(CursorMove::WordBack),
            Press::Right if key.ctrl || key.alt => self.area.move_cursor(CursorMove::WordForward),
            Press::Left => self.step(false),
            Press::Right => self.step(true),
            Press::Home if key.ctrl => self.jump(0),
            Press::End if key.ctrl => self.caret_to_end(),
            Press::Home => self.row_edge(false),
            Press::End => self.row_edge(true),
            Press::Up => self.vertical(-1),
            Press::Down => self.vertical(1),
            Press::PageUp => self.vertical(-8),
            Press::PageDown => self.vertical(8),
            _ => {}
        }
        FieldOutcome::Moved
    }

    /// Puts the caret at a cell of the drawn field; `extend` selects up to there.
    pub fn point(&mut self, x: u16, y: u16, extend: bool) {
        if extend && self.area.selection_range().is_none() {
            self.area.start_selection();
        } else if !extend {
            self.area.cancel_selection();
        }
        let row = self.top.get() + usize::from(y);
        self.goal = None;
        self.go_to(row, usize::from(x));
    }

    fn touched(&mut self) -> FieldOutcome {
        self.revision += 1;
        self.goal = None;
        FieldOutcome::Changed
    }

    fn selected(&self) -> Option<String> {
        let ((from_row, from_column), (to_row, to_column)) = self.area.selection_range()?;
        let (text, _) = self.layout();
        let start = byte_of(&text, from_row, from_column);
        let end = byte_of(&text, to_row, to_column);
        text.get(start..end).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The text and its rows at the width drawn last.
    fn layout(&self) -> (Rc<str>, Rc<Vec<Row>>) {
        let width = self.width.get().max(1);
        if let Some(known) = self.layout.borrow().as_ref()
            && known.revision == self.revision
            && known.width == width
        {
            return (Rc::clone(&known.text), Rc::clone(&known.rows));
        }
        let text: Rc<str> = self.area.lines().join("\n").into();
        let rows = Rc::new(wrap(&text, usize::from(width)));
        let layout = Layout {
            revision: self.revision,
            width,
            text: Rc::clone(&text),
            rows: Rc::clone(&rows),
        };
        self.layout.replace(Some(layout));
        (text, rows)
    }

    fn caret(&self, text: &str) -> usize {
        let cursor = self.area.cursor();
        byte_of(text, cursor.0, cursor.1)
    }

    /// Moves the caret to a byte of the text, which must be a cluster's edge.
    fn jump(&mut self, byte: usize) {
        let (text, _) = self.layout();
        let before = text.get(..byte).unwrap_or(&text);
        let row = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let (near_row, near_column) = (short(row), short(column));
        self.area.move_cursor(CursorMove::Jump(near_row, near_column));
        // The library jumps no further than 65,535; the rest of the way is walked.
        for _ in usize::from(near_row)..row {
            self.area.move_cursor(CursorMove::Down);
        }
        for _ in usize::from(near_column)..column {
            self.area.move_cursor(CursorMove::Forward);
        }
    }

    fn step(&mut self, forward: bool) {
        let (text, _) = self.layout();
        let caret = self.caret(&text);
        let target = if forward {
            next_edge(&text, caret)
        } else {
            previous_edge(&text, caret)
        };
        self.jump(target);
    }

    fn delete_cluster(&mut self, forward: bool) -> FieldOutcome {
        if self.area.selection_range().is_none_or(|(from, to)| from == to) {
            self.area.cancel_selection();
            let (text, _) = self.layout();
            let caret = self.caret(&text);
            let (start, end) = if forward {
                (caret, next_edge(&text, caret))
            } else {
                (previous_edge(&text, caret), caret)
            };
            if start == end {
                return FieldOutcome::Moved;
            }
            let count = text.get(start..end).unwrap_or_default().chars().count();
            self.jump(start);
            self.area.delete_str(count);
        } else {
            self.area.delete_char();
        }
        self.touched()
    }

    /// The row the caret is drawn in, and its cell there.
    fn caret_cell(&self, text: &str, rows: &[Row]) -> (usize, usize) {
        let caret = self.caret(text);
        // At a soft break the caret belongs to the row that begins there.
        let index = rows.partition_point(|row| row.start <= caret).saturating_sub(1);
        let start = rows.get(index).map_or(0, |row| row.start);
        (index, cells(text.get(start..caret).unwrap_or_default()))
    }

    fn row_edge(&mut self, end: bool) {
        let (text, rows) = self.layout();
        let (index, _) = self.caret_cell(&text, &rows);
        let Some(row) = rows.get(index) else { return };
        let target = match (end, row.hard) {
            (false, _) => row.start,
            (true, true) => row.end,
            (true, false) => previous_edge(&text, row.end),
        };
        self.jump(target);
    }

    fn vertical(&mut self, by: isize) {
        let (text, rows) = self.layout();
        let (index, cell) = self.caret_cell(&text, &rows);
        let goal = *self.goal.get_or_insert(cell);
        let target = index.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        if target == index {
            self.jump(if by < 0 { 0 } else { text.len() });
        } else {
            self.go_to(target, goal);
        }
    }

    fn go_to(&mut self, row: usize, cell: usize) {
        let (text, rows) = self.layout();
        let Some(row) = rows.get(row.min(rows.len().saturating_sub(1))) else {
            return;
        };
        let content = row.of(&text);
        let mut byte = row.start;
        let mut used = 0;
        for cluster in content.graphemes(true) {
            let wide = cells(cluster);
            if used + wide.div_ceil(2) > cell {
                break;
            }
            used += wide;
            byte += cluster.len();
        }
        if !row.hard && byte >= row.end {
            byte = previous_edge(&text, row.end);
        }
        self.jump(byte);
    }

    /// How many rows the text takes at a width.
    pub fn height(&self, width: u16) -> usize {
        self.width.set(width);
        self.layout().1.len()
    }

    /// Draws the field, its selection, and the terminal's cursor at the caret.
    pub fn draw(&self, canvas: &mut Canvas<'_, '_>, area: Rect) {
        if area.is_empty() {
            return;
        }
        self.width.set(area.width);
        let (text, rows) = self.layout();
        let (caret_row, caret_cell) = self.caret_cell(&text, &rows);
        let height = usize::from(area.height);
        let mut top = self.top.get().min(rows.len().saturating_sub(height));
        if caret_row < top {
            top = caret_row;
        } else if caret_row >= top + height {
            top = caret_row + 1 - height;
        }
        self.top.set(top);
        let selection = self
            .area
            .selection_range()
            .map(|((fr, fc), (tr, tc))| (byte_of(&text, fr, fc), byte_of(&text, tr, tc)));
        for (y, row) in (area.y..area.bottom()).zip(rows.iter().skip(top)) {
            let (start, end) = selection.unwrap_or((0, 0));
            let edges = [
                row.start,
                start.clamp(row.start, row.end),
                end.clamp(row.start, row.end),
                row.end,
            ];
            let spans: Vec<Span<'static>> = edges
                .iter()
                .zip(edges.iter().skip(1))
                .zip([Role::Text, Role::SelectedText, Role::Text])
                .map(|((from, to), role)| {
                    let piece = visible_line(text.get(*from..*to).unwrap_or_default()).into_owned();
                    Span::styled(piece, canvas.style(role))
                })
                .collect();
            canvas.line(area.x, y, area.width, Line::from(spans));
        }
        let x = u16::try_from(caret_cell)
            .unwrap_or(u16::MAX)
            .min(area.width.saturating_sub(1));
        let y = u16::try_from(caret_row - top).unwrap_or_default();
        canvas.cursor(area.x + x, area.y + y);
        canvas.hits.add(area, crate::tui::hits::Hit::Text { x: 0, y: 0 });
    }
}

fn short(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

/// The byte of a line's character.
fn byte_of(text: &str, row: usize, column: usize) -> usize {
    let start = if row == 0 {
        0
    } else {
        text.match_indices('\n')
            .nth(row - 1)
            .map_or(text.len(), |(at, _)| at + 1)
    };
    let line = text
        .get(start..)
        .unwrap_or_default()
        .split('\n')
        .next()
        .unwrap_or_default();
    start + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
}

fn next_edge(text: &str, byte: usize) -> usize {
    let mut cursor = GraphemeCursor::new(byte, text.len(), true);
    cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

fn previous_edge(text: &str, byte: usize) -> usize {
    let mut cursor = GraphemeCursor::new(byte, text.len(), true);
    cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

#[cfg(test)]
#[path = "field_tests.rs"]
mod tests;

//! A box over the screen with a line to type into and the list of what was found for it.

use ratatui::layout::Rect;

use super::{Field, Rows};
use crate::tui::canvas::{Canvas, centred};
use crate::tui::hits::Hit;
use crate::tui::theme::Role;

/// How such a box looks.
#[derive(Debug, Clone, Copy)]
pub struct ListBox<'a> {
    /// The number of its pane.
    pub pane: usize,
    pub title: &'a str,
    /// What may be typed, told while the line is empty.
    pub hint: &'a str,
    /// What is said in place of an empty list.
    pub nothing: &'a str,
    /// The most columns and rows it takes.
    pub most: (u16, u16),
}

impl ListBox<'_> {
    /// Draws the box in the middle of an area; `draw_row` draws one of `len` entries into its row.
    pub fn draw(
        &self,
        canvas: &mut Canvas<'_, '_>,
        area: Rect,
        field: &Field,
        (rows, len): (&Rows, usize),
        mut draw_row: impl FnMut(&mut Canvas<'_, '_>, Rect, usize),
    ) {
        let frame = centred(
            area,
            area.width.saturating_sub(4).min(self.most.0),
            area.height.saturating_sub(2).min(self.most.1),
        );
        canvas.clear(frame);
        let inner = canvas.pane(frame, self.pane, self.title, true);
        if inner.height < 3 || inner.width < 20 {
            return;
        }
        let line = Rect {
            x: inner.x + 1,
            width: inner.width - 2,
            height: 1,
            ..inner
        };
        field.draw(canvas, line);
        if field.text().is_empty() {
            canvas.text(line.x + 1, line.y, line.width - 1, self.hint, Role::Dim);
        }
        let list = Rect {
            y: inner.y + 2,
            height: inner.height - 2,
            ..inner
        };
        let window = rows.window(len, usize::from(list.height));
        for (y, index) in (list.y..list.bottom()).zip(window) {
            let row = Rect { y, height: 1, ..list };
            draw_row(canvas, row, index);
            if index == rows.chosen {
                canvas.paint(row, Role::Selection);
            }
            canvas.hits.add(row, Hit::Row { pane: self.pane, index });
        }
        if len == 0 {
            canvas.text(list.x + 1, list.y, list.width - 1, self.nothing, Role::Dim);
        }
    }
}

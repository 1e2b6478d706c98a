//! What views draw on: the frame, the theme and the map of what can be pointed at; and the few shapes all screens share.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Borders, Clear, Widget};

use super::hits::{Hit, Hits};
use super::theme::{Role, Theme};
use crate::text::visible::visible_line;
use crate::text::width::{cells, truncate};

/// One frame being drawn.
pub struct Canvas<'a, 'f> {
    pub frame: &'a mut Frame<'f>,
    pub theme: &'a Theme,
    pub hits: &'a mut Hits,
}

impl Canvas<'_, '_> {
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Draws a line at a place, cut to `width`. Returns the cells used.
    pub fn line(&mut self, x: u16, y: u16, width: u16, line: Line<'_>) -> u16 {
        let area = self.frame.area();
        if y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let width = width.min(area.right() - x);
        let (end, _) = self.frame.buffer_mut().set_line(x, y, &line, width);
        end.saturating_sub(x)
    }

    /// Draws one text from outside at a place, cut with `…`. Returns the cells used.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, role: Role) -> u16 {
        let shown = visible_line(text);
        let cut = truncate(&shown, usize::from(width));
        let style = self.style(role);
        self.line(x, y, width, Line::from(Span::styled(cut.as_ref(), style)))
    }

    /// Says on the lower border of a pane that more follows than there is room for.
    pub fn more_follows(&mut self, pane: Rect) {
        let (x, y) = (pane.right().saturating_sub(5), pane.bottom().saturating_sub(1));
        self.text(x, y, 3, " … ", Role::Dim);
    }

    /// Gives an area a style, as a selected row has.
    pub fn paint(&mut self, area: Rect, role: Role) {
        let style = self.style(role);
        let area = area.intersection(self.frame.area());
        self.frame.buffer_mut().set_style(area, style);
    }

    /// The same as [`Canvas::pane`] for text: what it returns keeps a blank column at each side.
    pub fn text_pane(&mut self, area: Rect, number: usize, title: &str, focused: bool) -> Rect {
        let inner = self.pane(area, number, title, focused);
        Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        }
    }

    /// Draws a titled frame and returns what is inside; the area is registered as a pane.
    pub fn pane(&mut self, area: Rect, number: usize, title: &str, focused: bool) -> Rect {
        let role = if focused { Role::BorderFocus } else { Role::Border };
        let title_role = if focused { Role::Strong } else { Role::Dim };
        let room = usize::from(area.width.saturating_sub(4));
        let shown = visible_line(title);
        let title = truncate(&shown, room).into_owned();
        let mut block = Block::new()
            .borders(Borders::ALL)
            .border_type(BorderType::Plain)
            .border_style(self.style(role));
        if !title.is_empty() && room > 0 {
            block = block.title(Span::styled(format!(" {title} "), self.style(title_role)));
        }
        let inner = block.inner(area);
        block.render(area, self.frame.buffer_mut());
        self.hits.add(area, Hit::Pane(number));
        inner
    }

    /// Empties an area for a box that lies over the screen.
    pub fn clear(&mut self, area: Rect) {
        Clear.render(area, self.frame.buffer_mut());
        self.paint(area, Role::Text);
    }

    /// Puts the terminal's own cursor at a cell, where input methods and screen readers look for it.
    pub fn cursor(&mut self, x: u16, y: u16) {
        self.frame.set_cursor_position(Position { x, y });
    }

    /// Draws a bar of `width` cells filled to `part` of `whole`.
    pub fn meter(&mut self, x: u16, y: u16, width: u16, part: u64, whole: u64) {
        let filled = if whole == 0 {
            0
        } else {
            (u64::from(width) * part.min(whole)).div_ceil(whole).min(width.into())
        };
        let filled = usize::try_from(filled).unwrap_or_default();
        let rest = usize::from(width).saturating_sub(filled);
        let line = Line::from(vec![
            Span::styled("█".repeat(filled), self.style(Role::Meter)),
            Span::styled("░".repeat(rest), self.style(Role::Border)),
        ]);
        self.line(x, y, width, line);
    }
}

/// How wide a piece of our own chrome is.
pub fn width_of(text: &str) -> u16 {
    u16::try_from(cells(text)).unwrap_or(u16::MAX)
}

/// The end of a path of nodes that fits, as in `…/linguistics/polite_replies`: the last names tell most.
pub fn fitted_path(path: &str, room: u16) -> String {
    let room = usize::from(room);
    if cells(path) <= room {
        return path.to_owned();
    }
    let ends = path
        .match_indices('/')
        .map(|(at, _)| path.get(at..).unwrap_or_default());
    let fitting = ends.map(|end| format!("…{end}")).find(|end| cells(end) <= room);
    fitting.unwrap_or_else(|| truncate(path.rsplit('/').next().unwrap_or_default(), room).into_owned())
}

/// The first columns of an area, and the rest.
pub fn side_by_side(area: Rect, left: u16) -> (Rect, Rect) {
    let width = left.min(area.width);
    let rest = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (Rect { width, ..area }, rest)
}

/// The first rows of an area, and the rest.
pub fn one_above_other(area: Rect, above: u16) -> (Rect, Rect) {
    let height = above.min(area.height);
    let rest = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    (Rect { height, ..area }, rest)
}

/// A box of at most the given size in the middle of an area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(
        area.x + (area.width - width) / 2,
        area.y + (area.height - height) / 2,
        width,
        height,
    )
}

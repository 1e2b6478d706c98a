//! What lies where on the screen, so that a pointer finds it. Filled while a frame is drawn.

use ratatui::layout::{Position, Rect};

use super::command::Command;
use super::model::ScreenName;

/// Something that can be pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A tab in the header.
    Screen(ScreenName),
    /// A command in the footer.
    Command(Command),
    /// A pane of the current screen, by its number.
    Pane(usize),
    /// A row of a list in a pane, by its index in the list.
    Row { pane: usize, index: usize },
    /// A cell of the text field that has the caret; the position is relative to the field.
    Text { x: u16, y: u16 },
    /// A choice of a dialog.
    Choice(usize),
}

/// Regions of the frame drawn last; later ones lie over earlier ones.
#[derive(Debug, Default, Clone)]
pub struct Hits(Vec<(Rect, Hit)>);

impl Hits {
    pub fn add(&mut self, area: Rect, hit: Hit) {
        self.0.push((area, hit));
    }

    /// What lies on top at a cell.
    pub fn at(&self, x: u16, y: u16) -> Option<Hit> {
        let (area, hit) = self.0.iter().rev().find(|(area, _)| area.contains(Position { x, y }))?;
        Some(match hit {
            Hit::Text { .. } => Hit::Text {
                x: x - area.x,
                y: y - area.y,
            },
            other => *other,
        })
    }

    /// The pane below a cell, whatever row is on top of it.
    pub fn pane_at(&self, x: u16, y: u16) -> Option<usize> {
        self.0
            .iter()
            .rev()
            .filter(|(area, _)| area.contains(Position { x, y }))
            .find_map(|(_, hit)| match hit {
                Hit::Pane(pane) | Hit::Row { pane, .. } => Some(*pane),
                _ => None,
            })
    }
}

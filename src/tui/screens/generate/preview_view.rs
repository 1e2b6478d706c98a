//! Three cards of a preview, beside the form whose seeds they come from.

use ratatui::layout::Rect;

use super::preview::{Card, Preview};
use super::run_view::prose_of;
use crate::tui::canvas::Canvas;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// The pane number of a preview; no other pane of the edit screen has it.
const PREVIEW: usize = 80;

/// Draws the preview into an area of another screen.
pub fn draw_preview(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let Some(preview) = &model.generate.preview else { return };
    let by = if preview.teacher.is_empty() {
        String::new()
    } else {
        format!(" · {}", preview.teacher)
    };
    let inner = canvas.pane(area, PREVIEW, &format!("preview: not kept{by}"), false);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    if inner.is_empty() {
        return;
    }
    if let Some(why) = &preview.failed {
        let mut prose = Prose::default();
        prose.push(&format!("✗ {why}"), Role::Bad);
        prose.draw(canvas, inner);
        return;
    }
    let cards = preview.cards.len().max(1);
    let side_by_side = inner.width >= 100 && inner.height < 18;
    for (index, card) in preview.cards.iter().enumerate() {
        let place = if side_by_side {
            column(inner, index, cards)
        } else {
            row(inner, index, cards)
        };
        draw_card(preview, card, index, canvas, place);
    }
}

fn share(whole: u16, index: usize, of: usize) -> (u16, u16) {
    let at = |index: usize| u16::try_from(usize::from(whole) * index / of).unwrap_or(whole);
    (at(index), at(index + 1) - at(index))
}

fn row(area: Rect, index: usize, of: usize) -> Rect {
    let (from, height) = share(area.height, index, of);
    Rect {
        y: area.y + from,
        height,
        ..area
    }
}

fn column(area: Rect, index: usize, of: usize) -> Rect {
    let (from, width) = share(area.width, index, of);
    Rect {
        x: area.x + from,
        width: width.saturating_sub(1),
        ..area
    }
}

fn draw_card(preview: &Preview, card: &Card, index: usize, canvas: &mut Canvas<'_, '_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let (state, role) = match card {
        Card::Waiting if preview.ended => ("nothing came", Role::Dim),
        Card::Waiting => ("waiting", Role::Dim),
        Card::Writing(_) => ("writing", Role::Accent),
        Card::Done(item) if item.dropped.is_some() => ("dropped", Role::Bad),
        Card::Done(_) => ("done", Role::Good),
    };
    let used = canvas.text(area.x, area.y, area.width, &format!("{} ", index + 1), Role::Accent);
    canvas.text(area.x + used, area.y, area.width.saturating_sub(used), state, role);
    let below = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    let (prose, to_end) = match card {
        Card::Waiting => return,
        Card::Writing(text) => (Prose::new(text.trim_start()), true),
        Card::Done(item) => (prose_of(item), false),
    };
    if to_end {
        // The newest words are the ones to see.
        prose.reveal(prose.text().len(), below.width);
    }
    let more = prose.draw(canvas, below);
    if more && area.width > 4 && below.height > 0 {
        canvas.text(area.right() - 2, area.bottom() - 1, 2, " …", Role::Dim);
    }
}

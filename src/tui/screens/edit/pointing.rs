//! A hand on the edit screen.

use super::update::{CARD, COACH, OUTLINE, PAST, RAW, TARGET, leave_field, type_here};
use super::{Over, coach, past, preview, target};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::{Key, Press};
use crate::tui::model::Model;

/// Rows that one step of the wheel goes.
const WHEEL: usize = 3;

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    if model.edit.over.is_some() {
        return point_over(model, mouse, hit, fx);
    }
    let pane = model.hits.pane_at(mouse.x, mouse.y);
    if pane == Some(preview::PREVIEW) && mouse.kind != MouseKind::Drag {
        return match mouse.kind {
            MouseKind::Press => preview::read(model, true),
            _ => preview::wheel(model, mouse.kind == MouseKind::ScrollDown, WHEEL),
        };
    }
    let Some(sheet) = &mut model.edit.sheet else { return };
    let down = mouse.kind == MouseKind::ScrollDown;
    match mouse.kind {
        MouseKind::ScrollUp | MouseKind::ScrollDown if pane == Some(OUTLINE) && sheet.typing.is_none() => {
            let len = sheet.rows.len();
            sheet.list.scroll(down, WHEEL, len);
        }
        MouseKind::ScrollUp | MouseKind::ScrollDown if pane == Some(RAW) => {
            let top = sheet.raw_top.get();
            let top = if down { top + WHEEL } else { top.saturating_sub(WHEEL) };
            sheet.raw_top.set(top);
        }
        MouseKind::ScrollUp | MouseKind::ScrollDown => match &mut sheet.typing {
            // The window follows the caret.
            Some(typing) => {
                let key = Key::plain(if down { Press::Down } else { Press::Up });
                (0..WHEEL).for_each(|_| drop(typing.field.key(key)));
            }
            None => {
                let top = sheet.card_top.get();
                sheet
                    .card_top
                    .set(if down { top + WHEEL } else { top.saturating_sub(WHEEL) });
            }
        },
        MouseKind::Press | MouseKind::Drag => {
            if let (Some(Hit::Text { x, y }), Some(typing)) = (hit, &mut sheet.typing) {
                typing.field.point(x, y, mouse.kind == MouseKind::Drag);
            } else if mouse.kind == MouseKind::Press {
                press(model, hit);
            }
        }
    }
}

/// A hand on what lies over the form.
fn point_over(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    match (mouse.kind, hit, &mut model.edit.over) {
        (MouseKind::Press, Some(Hit::Row { pane: TARGET, index }), Some(Over::Target(target))) => {
            target.rows.chosen = index;
            target::command(model, Command::TargetAccept, fx);
        }
        (MouseKind::Press, Some(Hit::Row { pane: PAST, index }), Some(Over::Past(past))) => {
            past.rows.chosen = index;
            past.text_top.set(0);
        }
        (MouseKind::Press, Some(Hit::Row { pane: COACH, index }), Some(Over::Coach(coach))) => {
            coach.rows.chosen = index;
            coach.text_top.set(0);
        }
        (MouseKind::ScrollUp, _, Some(Over::Coach(_))) => coach::command(model, Command::Up, fx),
        (MouseKind::ScrollDown, _, Some(Over::Coach(_))) => coach::command(model, Command::Down, fx),
        (MouseKind::ScrollUp, _, Some(Over::Past(_))) => past::command(model, Command::Up, fx),
        (MouseKind::ScrollDown, _, Some(Over::Past(_))) => past::command(model, Command::Down, fx),
        _ => {}
    }
}

/// A first press chooses, a second one types.
fn press(model: &mut Model, hit: Option<Hit>) {
    if !leave_field(model) {
        return;
    }
    preview::read(model, false);
    let Some(sheet) = &mut model.edit.sheet else { return };
    match hit {
        Some(Hit::Row { pane: RAW, index }) => sheet.choose_line(index),
        Some(Hit::Row { pane, index }) => {
            let again = sheet.list.chosen == index && sheet.field().is_some();
            sheet.reading = false;
            sheet.list.chosen = index.min(sheet.rows.len().saturating_sub(1));
            // On the right side the text itself was pointed at.
            if again || (pane == CARD && sheet.field().is_some()) {
                type_here(model);
            }
        }
        Some(Hit::Pane(CARD)) => sheet.reading = true,
        Some(Hit::Pane(OUTLINE)) => sheet.reading = false,
        _ => {}
    }
}

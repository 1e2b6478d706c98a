//! Choosing a flow by its card: those that fit the leaves on the left, the whole card of the chosen one on the right.

use std::cell::Cell;

use ratatui::layout::Rect;

use super::cards;
use super::settings;
use super::update::{RUN, SETTINGS};
use crate::text::visible::visible_line;
use crate::tui::canvas::{Canvas, one_above_other, side_by_side};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Prose, Rows};

/// The state of the choice.
#[derive(Default)]
pub struct FlowChoice {
    rows: Rows,
    /// Rows that the card is scrolled by; the view keeps it in bounds.
    top: Cell<usize>,
}

pub fn open(model: &mut Model) {
    let mut choice = FlowChoice::default();
    choice.rows.chosen = model.generate.settings.flow;
    model.generate.choosing = Some(choice);
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let kinds = settings::kinds(model);
    let len = model.generate.settings.flows(&kinds).len();
    let unreadable = model.generate.settings.unreadable().len();
    let Some(choice) = &mut model.generate.choosing else {
        return;
    };
    if choice.rows.go_above_text(command, len + unreadable, &choice.top) {
        return;
    }
    match command {
        Command::Back => model.generate.choosing = None,
        Command::TakeFlow => {
            let settings = &mut model.generate.settings;
            settings.flow = choice.rows.chosen.min(len.saturating_sub(1));
            settings.note_parts(&kinds);
            settings.choose(settings::Row::Flow);
            model.generate.choosing = None;
            model.generate.watching = false;
            super::update::estimate(model, fx);
        }
        _ => {}
    }
}

/// Why the row that is chosen here cannot be taken.
pub fn why_not(model: &Model) -> Option<String> {
    let settings = &model.generate.settings;
    let chosen = model.generate.choosing.as_ref()?.rows.chosen;
    let behind = chosen.checked_sub(settings.flows(&settings::kinds(model)).len())?;
    let flow = settings.unreadable().get(behind)?;
    Some(format!(
        "{} cannot be used as it is; its card says what is wrong",
        flow.name
    ))
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let Some(choice) = &mut model.generate.choosing else {
        return;
    };
    match (mouse.kind, hit) {
        (MouseKind::Press, Some(Hit::Row { pane: SETTINGS, index })) => {
            let again = choice.rows.chosen == index;
            choice.rows.chosen = index;
            choice.top.set(0);
            if again && why_not(model).is_none() {
                command(model, Command::TakeFlow, fx);
            }
        }
        (MouseKind::ScrollUp, _) => command(model, Command::Up, fx),
        (MouseKind::ScrollDown, _) => command(model, Command::Down, fx),
        _ => {}
    }
}

pub fn draw(model: &Model, choice: &FlowChoice, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let (list, card) = if area.width < 80 {
        one_above_other(area, area.height / 2)
    } else {
        side_by_side(area, (area.width / 3).clamp(30, 40))
    };
    let inner = canvas.pane(list, SETTINGS, "flows that fit", true);
    let flows = model.generate.settings.flows(&settings::kinds(model));
    let unreadable = model.generate.settings.unreadable();
    let len = flows.len() + unreadable.len();
    for (y, index) in (inner.y..).zip(choice.rows.window(len, usize::from(inner.height))) {
        let place = Rect { y, height: 1, ..inner };
        let broken = index.checked_sub(flows.len()).and_then(|behind| unreadable.get(behind));
        let (name, role) = match (flows.get(index), broken) {
            (Some(Some(flow)), _) => (flow.name.as_str(), Role::Text),
            (_, Some(flow)) => (flow.name.as_str(), Role::Dim),
            _ => ("the usual one of each", Role::Text),
        };
        let taken = if broken.is_some() {
            "✗ "
        } else if index == model.generate.settings.flow {
            "▸ "
        } else {
            "  "
        };
        canvas.text(place.x, y, place.width, &format!("{taken}{name}"), role);
        if index == choice.rows.chosen {
            canvas.paint(place, Role::Selection);
        }
        canvas.hits.add(place, Hit::Row { pane: SETTINGS, index });
    }
    let used = u16::try_from(len).unwrap_or(u16::MAX).min(inner.height);
    others(
        model,
        canvas,
        Rect {
            y: inner.y + used,
            height: inner.height - used,
            ..inner
        },
    );
    let inner = canvas.text_pane(card, RUN, "what it does, needs and costs", false);
    let mut prose = Prose::default();
    let chosen = choice.rows.chosen;
    match chosen
        .checked_sub(flows.len())
        .and_then(|behind| unreadable.get(behind))
    {
        Some(flow) => cards::unreadable_flow(flow, &mut prose),
        None => cards::chosen_flow(flows.get(chosen).copied(), &mut prose),
    }
    prose.draw_scrolled(canvas, card, inner, &choice.top);
}

/// Below the flows to choose from, as far as there is room: those that are not for these leaves, and why.
fn others(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let kinds = settings::kinds(model);
    let mut unfit = model.generate.settings.unfit_flows(&kinds).peekable();
    if unfit.peek().is_none() || area.height < 3 {
        return;
    }
    let heading = std::iter::once("not for this kind of leaf:".to_owned());
    let lines = heading.chain(unfit.map(|(name, why)| format!("  {}: {why}", visible_line(name))));
    for (y, line) in (area.y + 1..area.bottom()).zip(lines) {
        canvas.text(area.x, y, area.width, &line, Role::Dim);
    }
}

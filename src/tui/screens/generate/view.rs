//! How the screen looks: three panes on wide screens, two on middling ones, one at a time on narrow ones.

use ratatui::layout::Rect;

use super::update::RUN;
use super::{bench_view, cards, flow_choice, quarantine_view, run_view, settings_view};
use crate::tui::canvas::{Canvas, side_by_side};
use crate::tui::model::Model;
use crate::tui::widgets::Prose;

pub use super::preview_view::{PREVIEW, draw_preview};

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    if let Some(quarantine) = &model.generate.quarantine {
        return quarantine_view::draw(model, quarantine, canvas, area);
    }
    if let Some(choice) = &model.generate.choosing {
        return flow_choice::draw(model, choice, canvas, area);
    }
    if let Some(table) = &model.generate.table {
        return bench_view::draw(model, table, canvas, area);
    }
    let run = model.generate.run();
    if area.width < 80 {
        return match run {
            Some(run) if model.generate.watching => run_view::draw(model, run, canvas, area, true),
            _ if model.generate.watching => draw_cards(model, canvas, area),
            _ => settings_view::draw(model, canvas, area, true),
        };
    }
    // A run needs the room more than the settings do.
    let left = (area.width * 2 / 5).clamp(38, if run.is_some() { 40 } else { 52 });
    let (settings, right) = side_by_side(area, left);
    settings_view::draw(model, canvas, settings, run.is_some());
    let Some(run) = run else {
        return draw_cards(model, canvas, right);
    };
    // On wide and low screens the chosen result has a column of its own.
    if area.width >= 120 && !run.items.is_empty() && !run.whole_funnel && area.height < 40 {
        let half = right.width / 2;
        run_view::draw(model, run, canvas, Rect { width: half, ..right }, false);
        run_view::draw_detail(
            run,
            canvas,
            Rect {
                x: right.x + half,
                width: right.width - half,
                ..right
            },
        );
    } else {
        run_view::draw(model, run, canvas, right, true);
    }
}

/// What the chosen flow, teacher and count mean, while there is no run to watch.
fn draw_cards(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let inner = canvas.text_pane(area, RUN, "what this does and costs", model.generate.watching);
    let mut prose = if model.generate.node.is_some() {
        cards::everything(model)
    } else {
        Prose::new("Choose a leaf in browse first: samples are made in the manner of its seed examples.")
    };
    prose.draw_scrolled(canvas, area, inner, &model.generate.scroll);
}

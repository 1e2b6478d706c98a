//! The settings: three rows to change, earlier runs below them, and what the chosen one means.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::cards;
use super::figures::grouped;
use super::live::{Live, State};
use super::settings::{self, Row};
use super::update::SETTINGS;
use crate::samples::Outcome;
use crate::text::width::truncate;
use crate::tui::canvas::{Canvas, fitted_path, width_of};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// Draws the settings; `with_card` puts what the chosen row means below them.
pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect, with_card: bool) {
    let title = match model.generate.targets.as_slice() {
        [] => "no leaf is chosen".to_owned(),
        [node] => fitted_path(node.as_str(), area.width.saturating_sub(4)),
        [first, rest @ ..] => format!("{} and {} more", first.name(), rest.len()),
    };
    let focused = !model.generate.watching;
    let inner = canvas.pane(area, SETTINGS, &title, focused);
    let settings = &model.generate.settings;
    let len = settings.len();
    // At least the three settings; earlier runs give way to the card.
    let most = if with_card {
        (inner.height / 2).max(3)
    } else {
        inner.height
    };
    let height = u16::try_from(len).unwrap_or(u16::MAX).min(most).min(inner.height);
    let list = Rect { height, ..inner };
    for (y, index) in (list.y..list.bottom()).zip(settings.rows.window(len, usize::from(list.height))) {
        let place = Rect { y, height: 1, ..list };
        draw_row(model, canvas, place, settings.row_at(index));
        if index == settings.rows.chosen {
            canvas.paint(place, if focused { Role::Selection } else { Role::SelectionIdle });
        }
        canvas.hits.add(place, Hit::Row { pane: SETTINGS, index });
    }
    let mut y = list.bottom();
    y += draw_fetching(
        model,
        canvas,
        Rect {
            y,
            height: inner.bottom().saturating_sub(y),
            ..inner
        },
    );
    if with_card && y + 1 < inner.bottom() {
        let below = Rect {
            x: inner.x + 1,
            y: y + 1,
            width: inner.width.saturating_sub(2),
            height: inner.bottom() - y - 1,
        };
        if cards::of_row(model).draw(canvas, below) {
            canvas.more_follows(area);
        }
    }
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect, row: Row) {
    let settings = &model.generate.settings;
    let (label, value, role) = match row {
        Row::Flow => {
            let flows = settings.flows(&settings::kinds(model));
            let name = match flows.get(settings.flow) {
                None => "…",
                Some(None) => "the usual one of each",
                Some(Some(flow)) => flow.name.as_str(),
            };
            ("flow", turning(name, flows.len() > 1), Role::Text)
        }
        Row::Teacher => match settings.teacher() {
            Some(choice) => {
                let mark = match (choice.is_ready(), choice.demonstration, choice.remote) {
                    (false, _, _) => " ✗ not ready",
                    (_, true, _) => " demonstration",
                    (_, _, true) => " another machine",
                    _ => "",
                };
                let role = if choice.is_ready() { Role::Text } else { Role::Warning };
                (
                    "teacher",
                    format!("{}{mark}", turning(&choice.name, settings.teachers().len() > 1)),
                    role,
                )
            }
            None => ("teacher", "…".to_owned(), Role::Dim),
        },
        Row::Count => ("count", turning(&grouped(settings.count() as u64), true), Role::Text),
        Row::Critic => (
            "critic",
            part(settings.critic.as_ref(), settings.usual_critic()),
            Role::Text,
        ),
        Row::Reviser => (
            "reviser",
            part(settings.reviser.as_ref(), settings.usual_reviser()),
            Role::Text,
        ),
        Row::Tokens => {
            let most = settings
                .tokens
                .map_or("no limit".to_owned(), |tokens| format!("at most {}", grouped(tokens)));
            ("tokens", turning(&most, true), Role::Text)
        }
        Row::Money => {
            let typed = settings.typed.as_ref().filter(|_| settings.row() == Row::Money);
            let most = match (typed, settings.money) {
                (Some(typed), _) if !typed.is_empty() => format!("at most {typed}"),
                (_, Some(money)) => format!("at most {}", super::figures_view::money(money)),
                (_, None) => "no limit".to_owned(),
            };
            ("money", turning(&most, true), Role::Text)
        }
        Row::Seed => {
            let seed = settings.seed.map_or("a new one".to_owned(), |seed| seed.to_string());
            ("seed", turning(&seed, true), Role::Text)
        }
        Row::ChunkTokens | Row::ChunkOverlap => {
            let is_size = row == Row::ChunkTokens;
            let wished = if is_size {
                settings.chunks.tokens
            } else {
                settings.chunks.overlap
            };
            let size = settings.chunk_size();
            let (unit, number) = match is_size {
                true => ("tokens at most", size.map(|size| size.tokens)),
                false => ("tokens shared", size.map(|size| size.overlap)),
            };
            let number = grouped(number.or(wished).unwrap_or_default());
            let role = if size.is_some() { Role::Text } else { Role::Warning };
            let label = if is_size { "chunks" } else { "overlap" };
            (label, turning(&format!("{number} {unit}"), true), role)
        }
        Row::Live(number) => {
            let Some(run) = model.generate.runs.iter().find(|run| run.number == number) else {
                return;
            };
            let shown = model.generate.run().is_some_and(|shown| shown.number == number);
            let far = format!(
                "{} {}/{} ",
                run_mark(run),
                grouped(run.through() as u64),
                grouped(run.candidates() as u64)
            );
            let name = run.wish.node.name();
            let value = format!("{far}{name} · {}", run.wish.teacher);
            (if shown { "on show" } else { "run" }, value, Role::Text)
        }
        Row::Run(index) => {
            let Some(earlier) = settings.earlier.get(index) else {
                return;
            };
            let record = &earlier.record;
            let value = format!(
                "{} of {} made, {} · {}",
                earlier.made,
                record.wanted,
                record.outcome.word(),
                earlier.when
            );
            let label = if record.outcome.can_resume() {
                "take up"
            } else {
                "earlier"
            };
            (label, value, Role::Text)
        }
    };
    let shown = truncate(label, 8);
    canvas.text(area.x + 1, area.y, 8, &shown, Role::Dim);
    canvas.text(area.x + 9, area.y, area.width.saturating_sub(10), &value, role);
}

/// Who plays a part.
fn part(chosen: Option<&String>, usual: Option<&String>) -> String {
    let name = match (chosen, usual) {
        (Some(chosen), _) => chosen.clone(),
        (None, Some(usual)) => format!("{usual}, as in the settings"),
        (None, None) => "the teacher".to_owned(),
    };
    turning(&name, true)
}

/// How a run stands, in one character.
fn run_mark(run: &Live) -> char {
    match &run.state {
        _ if run.paused && run.is_under_way() => '‖',
        State::Waiting | State::Preparing => '…',
        State::Running | State::Stopping => '↻',
        State::Ended(Outcome::Failed { .. }) => '✗',
        State::Ended(Outcome::Done) => '✓',
        State::Ended(_) => '–',
    }
}

fn turning(value: &str, turns: bool) -> String {
    if turns {
        format!("‹ {value} ›")
    } else {
        value.to_owned()
    }
}

/// The bar of the weights under way. Returns the rows used.
fn draw_fetching(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) -> u16 {
    let Some(fetching) = &model.generate.fetching else {
        return 0;
    };
    if area.height < 3 {
        return 0;
    }
    let megabytes = |bytes: u64| bytes / 1_000_000;
    let told = match fetching.total {
        0 => "asking where the model can be had …".to_owned(),
        total => format!(
            "{} of {} MB from {}",
            megabytes(fetching.bytes),
            megabytes(total),
            fetching.source
        ),
    };
    let y = area.y + 1;
    let width = (area.width / 3).max(8).min(area.width);
    canvas.meter(area.x + 1, y, width, fetching.bytes, fetching.total.max(1));
    let stop = model.keymap.shown(crate::tui::command::Command::Stop);
    let text = format!("{told}  ");
    let hint = format!("{stop} stops it");
    canvas.text(
        area.x + 2 + width,
        y,
        area.width.saturating_sub(width + 2),
        &told,
        Role::Text,
    );
    let line = Line::from(Span::styled(hint, canvas.style(Role::Dim)));
    let x = area.x + 2 + width + width_of(&text);
    canvas.line(x, y, area.right().saturating_sub(x), line);
    2
}

//! How actions change the screen.

use std::cell::Cell;

use super::live::{Live, State};
use super::settings::{self, Row};
use super::stand_in::{Casting, Player};
use super::{Effect, bench, flow_choice, quarantine, start};
use crate::taxonomy::NodePath;
use crate::tui::chrome::{Answer, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::{Key, Press};
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::browse;
use crate::tui::update::go;

pub use super::preview::{close_preview, start_preview};
pub use super::reports::report;

/// The pane numbers of this screen.
pub(super) const SETTINGS: usize = 0;
pub(super) const RUN: usize = 1;

/// The most leaves that are generated for at once.
const MOST_LEAVES: usize = 500;
/// Rows that one step of the wheel goes.
const WHEEL: usize = 3;

pub fn enter(model: &mut Model, leaf: Option<NodePath>, fx: &mut Vec<AnyEffect>) -> bool {
    let marked = match model.screen {
        ScreenName::Browse => browse::marked_leaves(model),
        _ => Vec::new(),
    };
    // Coming back to one of the chosen leaves, or to that of a run on show, leaves the choice as it is.
    let chosen = |leaf: &NodePath| {
        let generate = &model.generate;
        generate.targets.contains(leaf) || generate.node() == Some(leaf)
    };
    let targets = match leaf.or_else(|| model.generate.node.clone()) {
        _ if !marked.is_empty() => marked,
        Some(leaf) if model.screen != ScreenName::Browse && chosen(&leaf) => model.generate.targets.clone(),
        Some(leaf) => vec![leaf],
        None => Vec::new(),
    };
    let mut targets = targets;
    if targets.len() > MOST_LEAVES {
        targets.truncate(MOST_LEAVES);
        model.tell(
            Weight::Plain,
            format!("at most {MOST_LEAVES} leaves at once: these are the first of the marked ones"),
        );
    }
    let Some(node) = targets.first().cloned() else {
        model.tell(Weight::Plain, "choose a leaf first: a folder with seed examples");
        return false;
    };
    if model.generate.targets != targets {
        model.generate.targets = targets;
        model.generate.node = Some(node.clone());
        model.generate.shown = None;
        model.generate.quarantine = None;
        model.generate.choosing = None;
        bench::close(model, fx);
        model.generate.settings.for_another_leaf();
        model.generate.watching = model.generate.run().is_some_and(Live::is_under_way);
        model.generate.scroll.set(0);
    }
    let kinds = settings::kinds(model);
    model.generate.settings.note_parts(&kinds);
    fx.push(AnyEffect::Generate(Effect::Earlier(node)));
    if model
        .generate
        .settings
        .offers
        .as_ref()
        .is_none_or(|offers| offers.complete)
    {
        // A server may have been started, a variable set, since.
        fx.push(AnyEffect::Generate(Effect::LookForTeachers));
    }
    estimate(model, fx);
    true
}

pub fn command(model: &mut Model, command: Command, key: Key, fx: &mut Vec<AnyEffect>) {
    model.generate.settings.start_when_known = false;
    if model.generate.quarantine.is_some() {
        return quarantine::command(model, command, fx);
    }
    if model.generate.choosing.is_some() {
        return flow_choice::command(model, command, fx);
    }
    if model.generate.table.is_some() {
        return bench::command(model, command, fx);
    }
    if model.generate.watching && watch(model, command) {
        return;
    }
    let kinds = settings::kinds(model);
    let settings = &mut model.generate.settings;
    let len = settings.len();
    let before = settings.row();
    let was_run = matches!(before, Row::Run(_));
    let mut changed = false;
    match command {
        Command::Up => settings.rows.up(1),
        Command::Down => settings.rows.down(1, len),
        Command::PageUp | Command::First => settings.rows.chosen = 0,
        Command::PageDown | Command::Last => settings.rows.chosen = len - 1,
        Command::NextPane | Command::PreviousPane => model.generate.watching = !model.generate.watching,
        Command::Increase | Command::Decrease => changed = settings.step(&kinds, command == Command::Increase),
        Command::CountDigit => {
            if let Press::Char(digit) = key.press
                && (digit.is_ascii_digit() || digit == '.')
            {
                settings.type_digit(digit);
                changed = true;
            }
        }
        Command::CountErase => {
            settings.erase();
            changed = true;
        }
        Command::NextRun | Command::PreviousRun => return turn_runs(model, command == Command::NextRun),
        Command::Pause => return pause(model, fx),
        Command::Drops => return quarantine::open(model, fx),
        Command::ChooseFlow => return flow_choice::open(model),
        Command::OpenPrompts => return bench::open(model, fx),
        Command::WholeFunnel => {
            if let Some(run) = model.generate.run_mut() {
                run.whole_funnel = !run.whole_funnel;
                model.generate.watching = true;
            }
            return;
        }
        Command::Start => return start::start(model, fx),
        Command::FetchWeights => return start::ask_for_weights(model, false),
        Command::Back => return go(model, ScreenName::Browse, fx),
        _ => {}
    }
    let row = model.generate.settings.row();
    if let Row::Live(number) = row
        && row != before
    {
        model.generate.shown = Some(number);
    }
    if row != before && !matches!(command, Command::CountDigit | Command::CountErase) {
        model.generate.settings.typed = None;
    }
    if changed {
        model.generate.watching = false;
    }
    if changed || was_run || (row != before && matches!(row, Row::Run(_))) {
        estimate(model, fx);
    }
}

/// Commands for the list of results. False when the settings have to take them.
fn watch(model: &mut Model, command: Command) -> bool {
    let Some(run) = model.generate.run_mut() else {
        return scroll_cards(model, command);
    };
    let len = run.items.len();
    // Enter on a result must not begin another run by chance.
    if command == Command::Start {
        model.generate.watching = false;
        model.tell(Weight::Plain, "enter starts another run with these settings");
        return true;
    }
    if run.whole_funnel && scroll(&run.funnel_top, command) {
        return true;
    }
    if !run.rows.go(command, len) {
        return false;
    }
    run.follow = run.rows.chosen + 1 >= len;
    true
}

fn scroll_cards(model: &mut Model, command: Command) -> bool {
    scroll(&model.generate.scroll, command)
}

/// Scrolls a text. False for commands that do not.
pub(super) fn scroll(top: &Cell<usize>, command: Command) -> bool {
    let now = top.get();
    top.set(match command {
        Command::Up => now.saturating_sub(1),
        Command::Down => now.saturating_add(1),
        Command::PageUp => now.saturating_sub(8),
        Command::PageDown => now.saturating_add(8),
        Command::First => 0,
        // The view knows how much there is.
        Command::Last => usize::MAX / 2,
        _ => return false,
    });
    true
}

/// Asks what the chosen run would cost.
pub(super) fn estimate(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    model.generate.costs = None;
    let wishes = settings::wishes(model);
    if !wishes.is_empty() {
        let cast = casting(model);
        fx.push(AnyEffect::Generate(Effect::Estimate { wishes, cast }));
    }
}

/// Who would play the parts of the chosen run.
pub(super) fn casting(model: &Model) -> Casting {
    let settings = &model.generate.settings;
    let player = |name: &String| Player::new(name, settings.teacher_named(name));
    let Some(wish) = settings::wish(model) else {
        return Casting::default();
    };
    Casting {
        teacher: player(&wish.teacher),
        critic: wish.critic.as_ref().or(settings.usual_critic()).map(player),
        reviser: wish.reviser.as_ref().or(settings.usual_reviser()).map(player),
    }
}

/// Shows the next run of the session, or the one before; round the end.
fn turn_runs(model: &mut Model, forward: bool) {
    let generate = &mut model.generate;
    let numbers = generate.settings.live.clone();
    let shown = generate.run().map(|run| run.number);
    let at = numbers.iter().position(|number| Some(*number) == shown);
    let len = numbers.len().max(1);
    let next = match (at, forward) {
        (None, _) => 0,
        (Some(at), true) => (at + 1) % len,
        (Some(at), false) => (at + len - 1) % len,
    };
    if let Some(number) = numbers.get(next) {
        generate.shown = Some(*number);
        if matches!(generate.settings.row(), Row::Live(_)) {
            generate.settings.choose(Row::Live(*number));
        }
    }
}

/// Pauses the run on show, or goes on with it.
fn pause(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    if let Some(run) = model.generate.run_mut() {
        run.pause(!run.paused, now);
        let (number, paused) = (run.number, run.paused);
        fx.push(AnyEffect::Generate(Effect::Pause { number, paused }));
    }
}

/// Stops the fetch of the weights, else the run of the leaf on show, else whichever runs.
pub fn stop(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if model.screen == ScreenName::Generate && bench::stop(model, fx) {
        return;
    }
    if model.screen == ScreenName::Generate && model.generate.fetching.is_some() {
        fx.push(AnyEffect::Generate(Effect::StopFetching));
        return;
    }
    let own = model
        .generate
        .run()
        .filter(|run| run.is_under_way())
        .map(|run| run.number);
    let own = own.or_else(|| {
        model
            .generate
            .runs
            .iter()
            .find(|run| run.is_under_way())
            .map(|run| run.number)
    });
    let Some(run) = own.and_then(|number| model.generate.numbered(number)) else {
        model.tell(Weight::Plain, "nothing is running");
        return;
    };
    let number = run.number;
    if run.state == State::Waiting {
        // Nothing has begun, so there is nothing to wait for.
        return super::reports::ended(model, number, None, fx);
    }
    run.state = State::Stopping;
    fx.push(AnyEffect::Generate(Effect::Stop(number)));
}

pub fn is_running(model: &Model) -> bool {
    model.generate.runs.iter().any(Live::is_under_way)
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    if model.generate.quarantine.is_some() {
        return quarantine::point(model, mouse, hit, fx);
    }
    if model.generate.choosing.is_some() {
        return flow_choice::point(model, mouse, hit, fx);
    }
    if model.generate.table.is_some() {
        return bench::point(model, mouse, hit);
    }
    let down = mouse.kind == MouseKind::ScrollDown;
    match (mouse.kind, hit) {
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => match model.hits.pane_at(mouse.x, mouse.y) {
            Some(RUN) => {
                if let Some(run) = model.generate.run_mut() {
                    let len = run.items.len();
                    run.rows.scroll(down, WHEEL, len);
                    run.follow = run.rows.chosen + 1 >= len;
                }
            }
            _ => {
                let len = model.generate.settings.len();
                model.generate.settings.rows.scroll(down, 1, len);
            }
        },
        (MouseKind::Press, Some(Hit::Row { pane: SETTINGS, index })) => {
            model.generate.watching = false;
            if let Row::Live(number) = model.generate.settings.row_at(index) {
                model.generate.shown = Some(number);
            }
            let was_run = matches!(model.generate.settings.row(), Row::Run(_));
            model.generate.settings.rows.chosen = index;
            if was_run || matches!(model.generate.settings.row(), Row::Run(_)) {
                estimate(model, fx);
            }
        }
        (MouseKind::Press, Some(Hit::Row { pane: RUN, index })) => {
            model.generate.watching = true;
            if let Some(run) = model.generate.run_mut() {
                run.rows.chosen = index;
                run.follow = index + 1 >= run.items.len();
            }
        }
        (MouseKind::Press, Some(Hit::Pane(pane))) => model.generate.watching = pane != SETTINGS,
        _ => {}
    }
}

pub fn answer(model: &mut Model, answer: &Answer, filled: &str, fx: &mut Vec<AnyEffect>) {
    quarantine::answer(model, answer, filled, fx);
    start::answer(model, answer, fx);
}

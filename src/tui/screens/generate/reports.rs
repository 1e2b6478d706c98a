//! How what the jobs tell changes the screen.

use super::live::State;
use super::settings::Earlier;
use super::update::estimate;
use super::{Effect, Report, bench, quarantine, settings, start};
use crate::samples::Outcome;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::browse;
use crate::workbench::TeacherOrigin;

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Offers(mut offers) => {
            if let Some(known) = model.generate.settings.offers.as_ref().filter(|_| !offers.complete) {
                // Servers found before stay until it is known whether they are still there.
                offers.teachers.extend(
                    known
                        .teachers
                        .iter()
                        .filter(|choice| choice.origin == TeacherOrigin::Found)
                        .cloned(),
                );
            }
            let before = model
                .generate
                .settings
                .teacher()
                .map(|choice| (choice.name.clone(), choice.is_ready()));
            let first = model.generate.settings.offers.is_none();
            model.generate.settings.offers = Some(*offers);
            let kinds = settings::kinds(model);
            model.generate.settings.choose_wanted_flow(&kinds);
            model.generate.settings.note_parts(&kinds);
            let after = model
                .generate
                .settings
                .teacher()
                .map(|choice| (choice.name.clone(), choice.is_ready()));
            if first || before != after {
                estimate(model, fx);
            }
            super::preview::teachers_known(model);
            go_on_after_fetch(model, fx);
            start::go_on(model, fx);
        }
        Report::Estimated { wishes, costs } => {
            if settings::wishes(model) == wishes {
                model.generate.costs = Some(costs);
                start::go_on(model, fx);
            }
        }
        Report::Earlier { node, runs } => {
            if model.generate.node.as_ref() == Some(&node) {
                // Runs of this session stand in the list already; those that were stopped can be taken up besides.
                let live = model.generate.runs.iter();
                let live: Vec<_> = live
                    .filter_map(|run| Some((run.id.clone()?, run.is_under_way())))
                    .collect();
                let settings = &mut model.generate.settings;
                settings.earlier = runs;
                settings.earlier.retain(|Earlier { record, .. }| {
                    let mut same = live.iter().filter(|(id, _)| *id == record.id);
                    same.all(|(_, under_way)| !under_way && record.outcome.can_resume())
                });
                let len = settings.len();
                settings.rows.clamp(len);
            }
        }
        Report::Started {
            number,
            id,
            notes,
            currency,
        } => {
            if let Some(run) = model.generate.numbered(number) {
                run.id = id;
                run.notes = notes;
                run.currency = currency;
                if run.state == State::Preparing {
                    run.state = State::Running;
                }
            }
        }
        Report::News { number, news } => {
            let now = model.now;
            let Some(run) = model.generate.numbered(number) else {
                return;
            };
            let due = run.counted.is_none_or(|at| now.duration_since(at).as_secs() >= 1);
            if run.take(*news, now) && due {
                run.counted = Some(now);
                fx.push(AnyEffect::Browse(browse::Effect::Count));
            }
        }
        Report::Ended { number } => ended(model, number, None, fx),
        Report::Failed { number, why } => ended(model, number, Some(why), fx),
        Report::Fetching { bytes, total, source } => {
            if let Some(fetching) = &mut model.generate.fetching {
                (fetching.bytes, fetching.total, fetching.source) = (bytes, total, source);
            }
        }
        Report::Fetched => {
            // What was missing is asked anew; a run that waits goes on with the answer.
            fx.push(AnyEffect::Generate(Effect::LookForTeachers));
            model.tell(Weight::Good, "the model is there and its SHA-256 is right");
        }
        Report::NotFetched(why) => {
            model.generate.fetching = None;
            model.tell(Weight::Bad, why);
        }
        Report::Drops { .. }
        | Report::DropRows { .. }
        | Report::Restored { .. }
        | Report::Calls(_)
        | Report::Tried(_) => quarantine::report(model, report, fx),
        Report::LaidOut { .. }
        | Report::Step(_)
        | Report::RowEnded(_)
        | Report::PromptText { .. }
        | Report::PromptWritten(_)
        | Report::FlowCopied(_) => bench::report(model, report, fx),
        Report::PreviewNews(_) | Report::PreviewEnded | Report::PreviewFailed(_) => {
            super::preview::report(model, report)
        }
    }
}

fn go_on_after_fetch(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let there = model
        .generate
        .settings
        .embedded()
        .is_some_and(|choice| choice.is_ready());
    let Some(fetching) = model.generate.fetching.take_if(|_| there) else {
        return;
    };
    if fetching.then_start && model.screen == ScreenName::Generate && model.overlay.is_none() {
        start::start(model, fx);
    }
}

pub(super) fn ended(model: &mut Model, number: u64, failed: Option<String>, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let review = model.keymap.shown(Command::Review);
    let on_show = model.screen == ScreenName::Generate && model.generate.run().is_some_and(|run| run.number == number);
    let Some(run) = model.generate.numbered(number) else {
        return;
    };
    let outcome = match failed {
        Some(reason) => Outcome::Failed { reason },
        None => run
            .summary
            .as_ref()
            .map_or(Outcome::Stopped, |summary| summary.outcome.clone()),
    };
    let place = if on_show {
        String::new()
    } else {
        format!("{}: ", run.wish.node.name())
    };
    let next = if run.made() > 0 {
        format!("; {review} reviews them")
    } else {
        String::new()
    };
    let told = run.told();
    let (weight, text) = match &outcome {
        Outcome::Failed { reason } if run.through() == 0 && run.made() == 0 => {
            (Weight::Bad, format!("{place}{reason}"))
        }
        Outcome::Failed { reason } => (
            Weight::Bad,
            format!("{place}{reason} ({told}; what was made is kept{next})"),
        ),
        Outcome::Done if run.made() == 0 => (
            Weight::Bad,
            format!("{place}no candidate became a sample: {told}; the reasons are listed with the run"),
        ),
        Outcome::Done => (Weight::Good, format!("{place}done: {told}{next}")),
        _ => (
            Weight::Plain,
            format!("{place}stopped: {told}; what was made is kept{next}"),
        ),
    };
    run.pause(false, now);
    run.end(outcome, now);
    let node = run.wish.node.clone();
    model.tell(weight, text);
    fx.push(AnyEffect::Browse(browse::Effect::Count));
    start::next_in_line(model, fx);
    if model.generate.node.as_ref() == Some(&node) {
        fx.push(AnyEffect::Generate(Effect::Earlier(node)));
    }
}

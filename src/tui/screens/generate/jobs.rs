//! The work behind the screen: looking for teachers, estimating, running, fetching.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::flow_cards::flow_cards;
use super::following::follow;
use super::settings::{Costs, Earlier, Offers, Trouble, Wish};
use super::{Effect, Report, bench_jobs, quarantine_jobs};
use crate::flow::{Cast, Clock, FlowError, Override, Place, TokenPrice};
use crate::taxonomy::NodePath;
use crate::teacher::{TeacherError, Usage};
use crate::tui::jobs::{Jobs, Post, Slot};
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{GenerateRequest, Keep, Planned, RunningRun, TakingUp, Workbench, WorkbenchError};

/// Earlier runs that are offered.
const RUNS_OFFERED: usize = 8;
/// Notes on what is planned that are shown.
const NOTES: usize = 8;
/// Samples of a preview.
pub const PREVIEWED: usize = 3;

pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
    match effect {
        Effect::LookForTeachers => jobs.future(Slot::Teachers, |post, _| look_for_teachers(rooms, post)),
        Effect::Estimate { wishes, cast } => jobs.blocking(Slot::Estimate, move |post, cancel| {
            let costs = costs(&rooms.workbench, &wishes, &cast.cast(), cancel);
            if !cancel.is_cancelled() {
                send(post, Report::Estimated { wishes, costs });
            }
        }),
        Effect::Earlier(node) => jobs.blocking(Slot::Runs, move |post, _| earlier(&rooms, node, post)),
        Effect::Start { number, wish } => {
            jobs.future(Slot::Run(number), move |post, cancel| {
                run(rooms, number, wish, post, cancel)
            });
        }
        Effect::Stop(number) => jobs.cancel(Slot::Run(number)),
        Effect::Pause { number, paused } => drop(rooms.pause_of(number).send_replace(paused)),
        Effect::ReadDrops(run) => jobs.blocking(Slot::Drops, move |post, cancel| {
            quarantine_jobs::read(&rooms, &run, post, cancel);
        }),
        Effect::ReadDropRows {
            run,
            group,
            from,
            generation,
        } => jobs.blocking(Slot::DropRows, move |post, _| {
            send(post, quarantine_jobs::rows(&rooms, run, group, from, generation));
        }),
        Effect::Restore {
            run,
            wanted,
            generation,
        } => jobs.queue(move |post| {
            send(post, quarantine_jobs::restore(&rooms, &run, wanted, generation));
        }),
        Effect::FindCalls {
            run,
            wanted,
            generation,
        } => jobs.blocking(Slot::Threshold, move |post, _| {
            send(post, quarantine_jobs::calls(&rooms, &run, &wanted, generation));
        }),
        Effect::TryThreshold { run, block, value } => jobs.blocking(Slot::Threshold, move |post, _| {
            send(
                post,
                quarantine_jobs::try_threshold(&rooms.workbench, &run, &block, value),
            );
        }),
        Effect::LayOut {
            node,
            flow,
            row,
            seed,
            cast,
        } => jobs.blocking(Slot::Bench, move |post, _| {
            let report = bench_jobs::lay_out(&rooms.workbench, node, flow.as_deref(), row, seed, cast.cast());
            send(post, report);
        }),
        Effect::TryRow { bench, last, wish } => jobs.future(Slot::Trial, move |post, cancel| {
            bench_jobs::try_row(rooms, bench, last, *wish, post, cancel)
        }),
        Effect::StopTrial => jobs.cancel(Slot::Trial),
        Effect::CopyFlow(name) => jobs.queue(move |post| {
            send(post, bench_jobs::copy_flow(&rooms.workbench, &name));
        }),
        Effect::ReadPrompt(file) => jobs.blocking(Slot::Bench, move |post, _| {
            send(post, bench_jobs::read_prompt(file));
        }),
        Effect::WritePrompt { file, text } => jobs.queue(move |post| {
            send(post, bench_jobs::write_prompt(&file, &text));
        }),
        Effect::FetchWeights => fetch(rooms, jobs),
        Effect::StopFetching => jobs.cancel(Slot::Weights),
        Effect::Preview { node, bytes, teacher } => {
            jobs.future(Slot::Preview, move |post, cancel| {
                preview(rooms, node, bytes, teacher, post, cancel)
            });
        }
        Effect::StopPreview => jobs.cancel(Slot::Preview),
    }
}

fn send(post: &Post, report: Report) {
    post.send_blocking(AnyReport::Generate(report));
}

async fn look_for_teachers(rooms: Rooms, post: Post) {
    let workbench = &rooms.workbench;
    let (flows, unreadable) = match flow_cards(workbench) {
        Ok(flows) => flows,
        Err(error) => {
            post.send(AnyReport::failed(error.to_string())).await;
            return;
        }
    };
    let mut teachers = workbench.teachers().choices();
    for complete in [false, true] {
        if complete {
            teachers.extend(workbench.teachers().found().await);
        }
        let offers = Offers {
            teachers: teachers.clone(),
            flows: flows.clone(),
            unreadable: unreadable.clone(),
            count: workbench.settings().generate.count,
            chunks: workbench.settings().generate.chunks(),
            critic: workbench.settings().roles.critic.clone(),
            reviser: workbench.settings().roles.reviser.clone(),
            config_file: workbench.places().config_file.clone(),
            complete,
        };
        post.send(AnyReport::Generate(Report::Offers(Box::new(offers)))).await;
    }
}

fn plan(
    workbench: &Workbench,
    wish: &Wish,
    seeds: Option<Vec<u8>>,
    cast: Cast,
    cancel: &CancellationToken,
) -> Result<Planned, WorkbenchError> {
    let cancelled = || cancel.is_cancelled();
    if let Some(id) = &wish.resume {
        // A run that is done is taken up only for what was wished of its drops.
        let record = if wish.again.is_empty() && wish.overrides.is_empty() {
            workbench.resumable(id)?
        } else {
            workbench.runs().open(id)?.record()?
        };
        let how = TakingUp {
            fetch_documents: wish.fetch_documents,
            overrides: overrides(&wish.overrides)?,
            again: wish.again.clone(),
        };
        return workbench.plan_resumed(&record, cast, &how, &cancelled);
    }
    let request = GenerateRequest {
        node: wish.node.clone(),
        seeds,
        flow: wish.flow.clone(),
        overrides: overrides(&wish.overrides)?,
        count: wish.count,
        seed: wish.seed,
        chunks: wish.chunks,
        fetch_documents: wish.fetch_documents,
    };
    workbench.plan(&request, cast, &cancelled)
}

fn overrides(texts: &[String]) -> Result<Vec<Override>, WorkbenchError> {
    let read = |text: &String| {
        Override::parse(text).map_err(|reason| FlowError::Shape {
            place: Place::file(text.as_str()),
            reason,
        })
    };
    Ok(texts.iter().map(read).collect::<Result<_, _>>()?)
}

/// What runs cost together at most. What is to be known of several leaves is said once.
fn costs(workbench: &Workbench, wishes: &[Wish], cast: &Cast, cancel: &CancellationToken) -> Result<Costs, Trouble> {
    let mut all = Costs {
        leaves: wishes.len(),
        ..Costs::default()
    };
    let prices = workbench.teachers().prices(cast);
    let mut second_prompt_tokens = 0;
    for wish in wishes {
        if cancel.is_cancelled() {
            break;
        }
        let planned = match plan(workbench, wish, None, cast.clone(), cancel) {
            Ok(planned) => planned,
            Err(WorkbenchError::DocumentsNotFetched { address, .. }) => return Err(Trouble::Documents { address }),
            Err(error) if wishes.len() > 1 => return Err(Trouble::Said(format!("{}: {error}", wish.node.name()))),
            Err(error) => return Err(Trouble::Said(error.to_string())),
        };
        if wish.budget.money.is_some()
            && let Err(error) = planned.prices_known()
        {
            return Err(Trouble::Said(error.to_string()));
        }
        all.rows += planned.estimate.rows;
        all.calls += planned.estimate.calls;
        all.second_calls += planned.estimate.second_calls;
        second_prompt_tokens += planned.estimate.second_prompt_tokens;
        all.prompt_tokens += planned.estimate.prompt_tokens;
        all.completion_tokens += planned.estimate.completion_tokens_at_most;
        for note in planned.notes {
            if !all.notes.contains(&note) && all.notes.len() < NOTES {
                all.notes.push(note);
            }
        }
    }
    // Which part asks how much is not known before the run: the dearest part sets the bound.
    let dearest = |get: fn(&TokenPrice) -> f64| {
        let each = prices.by_role.iter().map(|price| price.as_ref().map(get));
        each.collect::<Option<Vec<f64>>>()
            .map(|each| each.into_iter().fold(0.0, f64::max))
    };
    if let (Some(input), Some(output)) = (dearest(|price| price.input), dearest(|price| price.output)) {
        let usage = Usage {
            prompt_tokens: all.prompt_tokens + second_prompt_tokens,
            completion_tokens: all.completion_tokens,
        };
        all.money = Some((TokenPrice { input, output }.cost(usage), prices.currency));
    }
    Ok(all)
}

fn earlier(rooms: &Rooms, node: NodePath, post: &Post) {
    let store = rooms.workbench.runs();
    let runs = match store.list() {
        Ok(runs) => runs,
        Err(error) => {
            post.send_blocking(AnyReport::failed(error.to_string()));
            return;
        }
    };
    let moves = rooms.workbench.moves();
    let is_here = |record: &crate::samples::RunRecord| {
        let mut nodes = record.nodes.iter();
        nodes.any(|other| moves.now(other, Some(record.started)) == node)
    };
    let own = runs.into_iter().filter(is_here);
    let zone = TimeZone::system();
    let shown = |record: crate::samples::RunRecord| Earlier {
        when: record
            .started
            .to_zoned(zone.clone())
            .strftime("%-d %b %H:%M")
            .to_string(),
        made: store.made(&record),
        record,
    };
    let runs = own.take(RUNS_OFFERED).map(shown).collect();
    send(post, Report::Earlier { node, runs });
}

fn clock() -> Clock {
    Arc::new(Timestamp::now)
}

async fn run(rooms: Rooms, number: u64, wish: Wish, post: Post, cancel: CancellationToken) {
    let report = |report| post.send(AnyReport::Generate(report));
    let started = begin(&rooms, wish, None, Keep::OnDisk, &cancel).await;
    let running = match started {
        Ok((running, notes, currency)) => {
            report(Report::Started {
                number,
                id: running.id.clone(),
                notes,
                currency,
            })
            .await;
            running
        }
        Err(why) => {
            report(Report::Failed { number, why }).await;
            return;
        }
    };
    let pause = rooms.pause_of(number).subscribe();
    let ended = follow(running, &post, &cancel, pause, |news| Report::News {
        number,
        news: Box::new(news),
    })
    .await;
    let last = match ended {
        true => Report::Ended { number },
        false => Report::Failed {
            number,
            why: "the run broke off; what was made is on the disk and can be taken up again".into(),
        },
    };
    rooms.forget_pause_of(number);
    report(last).await;
}

async fn preview(
    rooms: Rooms,
    node: NodePath,
    bytes: Vec<u8>,
    teacher: Option<String>,
    post: Post,
    cancel: CancellationToken,
) {
    let teacher = teacher
        .or_else(|| rooms.workbench.teachers().default_name())
        .unwrap_or_default();
    let seed = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default() % (1 << 31);
    let wish = Wish {
        seed,
        ..Wish::new(node, teacher, PREVIEWED)
    };
    let last = match begin(&rooms, wish, Some(bytes), Keep::InMemory, &cancel).await {
        Err(why) => Report::PreviewFailed(why),
        Ok((running, _, _)) => {
            let (_never, pause) = watch::channel(false);
            let ended = follow(running, &post, &cancel, pause, |news| {
                Report::PreviewNews(Box::new(news))
            });
            match ended.await {
                true => Report::PreviewEnded,
                false => Report::PreviewFailed("the preview broke off; try it again".into()),
            }
        }
    };
    post.send(AnyReport::Generate(last)).await;
}

/// Plans and starts a run. The error is a sentence for the person.
async fn begin(
    rooms: &Rooms,
    wish: Wish,
    seeds: Option<Vec<u8>>,
    keep: Keep,
    cancel: &CancellationToken,
) -> Result<(RunningRun, Vec<String>, String), String> {
    let workbench = Arc::clone(&rooms.workbench);
    let cast = workbench
        .teachers()
        .cast(Some(&wish.teacher), wish.critic.as_deref(), wish.reviser.as_deref())
        .await
        .map_err(|error| in_words(&error))?;
    let (handle, cancel) = (Handle::current(), cancel.clone());
    let planning = tokio::task::spawn_blocking(move || {
        let planned = plan(&workbench, &wish, seeds, cast, &cancel).map_err(|error| in_words(&error))?;
        if cancel.is_cancelled() {
            // Nothing was asked, so there is no run to be shown or taken up.
            return Err("stopped before it began; nothing was asked of the teacher".to_owned());
        }
        let notes = planned.notes.clone();
        if wish.budget.money.is_some() {
            planned.prices_known().map_err(|error| in_words(&error))?;
        }
        let currency = workbench.teachers().prices(&planned.cast).currency;
        let running = workbench.start(planned, keep, wish.budget, clock(), &handle);
        Ok((running.map_err(|error| in_words(&error))?, notes, currency))
    });
    planning
        .await
        .map_err(|_| "the run could not be prepared: a job broke off".to_owned())?
}

/// What the screen says in place of words that are meant for the command line.
fn in_words(error: &WorkbenchError) -> String {
    match error {
        WorkbenchError::Teacher(TeacherError::NoWeights) => {
            "the teacher inside Seedbed has no model yet; open generate, where it can be fetched".to_owned()
        }
        WorkbenchError::DocumentsNotFetched { address, .. } => {
            format!(
                "the documents are at {address} and were not fetched yet; start a run in generate once, which asks for it"
            )
        }
        other => other.to_string(),
    }
}

#[cfg(feature = "embedded")]
fn fetch(rooms: Rooms, jobs: &mut Jobs) {
    use tokio::sync::mpsc;
    /// The shortest time between two reports.
    const PACE: std::time::Duration = std::time::Duration::from_millis(80);
    jobs.future(Slot::Weights, move |post, cancel| async move {
        // Progress is told often and must return at once; what the screen has no time for is left out.
        let (told, mut heard) = mpsc::channel(1);
        let mut on_progress = move |progress: crate::teacher::embedded::Progress| {
            let _ = told.try_send(progress);
        };
        let passing_on = async {
            while let Some(progress) = heard.recv().await {
                let report = Report::Fetching {
                    bytes: progress.bytes,
                    total: progress.total,
                    source: progress.source.to_string(),
                };
                post.send(AnyReport::Generate(report)).await;
                tokio::time::sleep(PACE).await;
            }
        };
        let fetching = async move {
            let fetched = rooms
                .workbench
                .teachers()
                .fetch_weights(None, &mut on_progress, &cancel)
                .await;
            drop(on_progress);
            fetched
        };
        let (fetched, ()) = tokio::join!(fetching, passing_on);
        let last = match fetched {
            Ok(_) => Report::Fetched,
            Err(error) => Report::NotFetched(error.to_string()),
        };
        post.send(AnyReport::Generate(last)).await;
    });
}

#[cfg(not(feature = "embedded"))]
fn fetch(_rooms: Rooms, jobs: &mut Jobs) {
    jobs.blocking(Slot::Weights, |post, _| {
        send(
            post,
            Report::NotFetched("this seedbed was built without the embedded teacher".into()),
        );
    });
}

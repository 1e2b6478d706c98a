//! Following a run: its events go on to the screen in batches, with how its models are asked.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::live::News;
use super::{Report, asked};
use crate::flow::RunEvent;
use crate::tui::jobs::Post;
use crate::tui::report::Report as AnyReport;
use crate::workbench::RunningRun;

/// The shortest time between two reports of a run.
const PACE: Duration = Duration::from_millis(80);
/// The time between two looks at how the models are asked.
const LOOK: Duration = Duration::from_millis(500);
/// Results after which a report is sent at once.
const BATCH: usize = 64;

/// Passes a run's events on in batches until it has ended. False when it broke off.
pub(super) async fn follow(
    mut running: RunningRun,
    post: &Post,
    cancel: &CancellationToken,
    mut pause: watch::Receiver<bool>,
    wrap: impl Fn(News) -> Report,
) -> bool {
    let mut news = News::default();
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looking = tokio::time::interval(LOOK);
    looking.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut known = Vec::new();
    let mut stopped = false;
    let mut finished = false;
    // It may have been paused before it began.
    running.paused.send_replace(*pause.borrow_and_update());
    loop {
        let mut due = false;
        tokio::select! {
            () = cancel.cancelled(), if !stopped => {
                stopped = true;
                running.cancel.cancel();
            }
            Ok(()) = pause.changed() => drop(running.paused.send_replace(*pause.borrow_and_update())),
            event = running.events.recv() => match event {
                Some(event) => {
                    finished |= matches!(event, RunEvent::Finished(_));
                    news.take(event);
                    due = news.items.len() >= BATCH;
                }
                None => break,
            },
            _ = pace.tick(), if !news.is_empty() => due = true,
            // A server that asked for a pause is silent: nothing else would tell it.
            _ = looking.tick() => {
                if let Some(asked) = asked::changed(&running.cast, &known, Timestamp::now()) {
                    known.clone_from(&asked);
                    news.asked = Some(asked);
                }
            }
        }
        if due && !post.send(AnyReport::Generate(wrap(std::mem::take(&mut news)))).await {
            // The program is ending: the run must not outlive it.
            stopped = true;
            running.cancel.cancel();
        }
    }
    news.asked = asked::changed(&running.cast, &known, Timestamp::now()).or(news.asked);
    if !news.is_empty() {
        post.send(AnyReport::Generate(wrap(news))).await;
    }
    finished
}

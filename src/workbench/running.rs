//! A planned run under way: on the disk or in memory, heard, stopped, limited.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::batch::Limits;
use super::{Outbox, Planned, Workbench, WorkbenchError};
use crate::flow::{Asking, Budget, Cast, Clock, MemoryRecorder, Recorder, Run, RunEvent, RunRecorder, RunSummary, run};
use crate::samples::{Outcome, RunId, RunRecord};

/// Events that may wait before the run does.
const WAITING_EVENTS: usize = 256;

/// Where samples of a run go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Into the run store.
    OnDisk,
    /// Nowhere: a preview leaves nothing behind.
    InMemory,
}

/// A run under way.
pub struct RunningRun {
    /// `None` for a preview.
    pub id: Option<RunId>,
    /// What happens, in order; [`RunEvent::Finished`] comes when everything is on the disk. Read it while the run goes on:
    /// a run that nobody listens to waits. Dropping it lets the run go on unheard.
    pub events: mpsc::Receiver<RunEvent>,
    /// Stops the run; what is there is kept.
    pub cancel: CancellationToken,
    /// Sending true lets calls under way end and begins no other until false is sent.
    pub paused: watch::Sender<bool>,
    /// Ends with the run's figures.
    pub task: JoinHandle<RunSummary>,
    /// The files into which it writes its calls, if it does.
    pub batch: Option<Arc<Outbox>>,
    /// Who is asked: how fast that goes, and what is found out of them meanwhile.
    pub cast: Cast,
}

impl Workbench {
    /// Starts a planned run on a runtime. The run stops when the next call might go beyond the budget.
    ///
    /// # Errors
    /// When the run's folder cannot be written, or another program works on it.
    pub fn start(
        &self,
        planned: Planned,
        keep: Keep,
        budget: Budget,
        clock: Clock,
        runtime: &Handle,
    ) -> Result<RunningRun, WorkbenchError> {
        let cancel = CancellationToken::new();
        let runs = self.runs();
        if let Some(batch) = &planned.batch {
            // A folder that will not do is told before the run is touched.
            Outbox::prepare(
                batch,
                planned.resumed.as_ref().map(|id| runs.open(id)).transpose()?.as_ref(),
            )?;
        }
        let writer = match (keep, &planned.resumed) {
            (Keep::InMemory, _) => None,
            (Keep::OnDisk, Some(id)) => {
                let mut writer = runs.resume(id)?;
                let record = writer.record().clone();
                writer.update(RunRecord {
                    again: planned.again.clone(),
                    ..record
                })?;
                Some(writer)
            }
            (Keep::OnDisk, None) => {
                let started = clock();
                Some(runs.create(planned.record(runs.free_id(started), started))?)
            }
        };
        let batch = match (&planned.batch, &writer) {
            (Some(plan), Some(writer)) => Some(Arc::new(Outbox::open(plan, Limits::USUAL, writer)?)),
            _ => None,
        };
        let id = writer.as_ref().map(|writer| writer.record().id.clone());
        let earlier = match &planned.continues {
            Some(id) => Some(runs.open(id)?.requests()?),
            None => None,
        };
        let store = writer.map(|writer| RunRecorder::new(writer).continuing(earlier));
        let (sender, events) = mpsc::channel(WAITING_EVENTS);
        let paused = watch::Sender::new(false);
        let cast = planned.cast.clone();
        let work = Work {
            planned,
            store,
            id: id.clone(),
            budget,
            clock,
            cancel: cancel.clone(),
            paused: paused.clone(),
            batch: batch.clone(),
        };
        let task = runtime.spawn(work.through(sender));
        Ok(RunningRun {
            id,
            events,
            cancel,
            paused,
            task,
            batch,
            cast,
        })
    }
}

/// One run with everything it needs.
struct Work {
    planned: Planned,
    store: Option<RunRecorder>,
    id: Option<RunId>,
    budget: Budget,
    clock: Clock,
    cancel: CancellationToken,
    paused: watch::Sender<bool>,
    batch: Option<Arc<Outbox>>,
}

impl Work {
    /// Runs to the end and passes events on; the last one only when the run's record says how it ended.
    async fn through(self, listener: mpsc::Sender<RunEvent>) -> RunSummary {
        let Work {
            planned,
            mut store,
            id,
            budget,
            clock,
            cancel,
            paused,
            batch,
        } = self;
        let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
        let mut memory = MemoryRecorder::default();
        let recorder = match &mut store {
            Some(store) => store as &mut dyn Recorder,
            None => &mut memory,
        };
        let running = run(Run {
            id: id.map(|id| id.to_string()).unwrap_or_default(),
            asking: match &batch {
                Some(outbox) => Asking::Batch(outbox.as_ref()),
                None => Asking::Live,
            },
            again: &planned.again,
            budget,
            prices: planned.prices,
            paused: paused.subscribe(),
            cancel: cancel.clone(),
            ..Run::new(
                &planned.flow,
                std::slice::from_ref(&planned.prepared),
                planned.cast.clone(),
                recorder,
                sender,
                Arc::clone(&clock),
            )
        });
        let passing_on = async {
            while let Some(event) = events.recv().await {
                if !matches!(event, RunEvent::Finished(_)) {
                    // Nobody listens any more: the run goes on all the same.
                    let _ = listener.send(event).await;
                }
            }
        };
        let (mut summary, ()) = tokio::join!(running, passing_on);
        close(batch.as_deref(), store, &mut summary, cancel.is_cancelled(), &clock);
        let _ = listener.send(RunEvent::Finished(Box::new(summary.clone()))).await;
        summary
    }
}

/// Closes the files of a run that is over; what cannot be written makes it a failed one.
pub(super) fn close(
    batch: Option<&Outbox>,
    store: Option<RunRecorder>,
    summary: &mut RunSummary,
    is_cancelled: bool,
    clock: &Clock,
) {
    // Files of a run that broke off would lack calls.
    let is_whole = summary.outcome == Outcome::Stopped && !is_cancelled;
    if let Some(Err(reason)) = batch.map(|outbox| outbox.finish(is_whole, clock())) {
        summary.outcome = Outcome::Failed { reason };
    }
    if let Some(Err(error)) = store.map(|store| store.finish(summary.outcome.clone(), clock())) {
        summary.outcome = Outcome::Failed {
            reason: error.to_string(),
        };
    }
}

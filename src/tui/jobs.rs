//! Work that takes time, away from the loop: each job has a slot and a generation, and reports back as events.
//!
//! Starting a job in a slot cancels the one that was there; whatever that one still reports is dropped in one place,
//! [`Jobs::accept`]. Queued jobs run one after the other on a thread of their own and are never cancelled: decisions of a
//! reviewer go that way. A job that panics becomes a failed report.

use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::report::Report;

/// How long the program's end waits for runs to write down how they ended.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// What a job is about; one job at a time has a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Slot {
    Scan,
    Git,
    Counts,
    Find,
    /// Find and replace.
    Replace,
    Leaf,
    /// What the seed coach sees, and the questions it asks.
    Coach,
    Ask,
    /// The history of the leaf in the form.
    Past,
    /// Findings of the leaf in the form.
    Judge,
    Teachers,
    Weights,
    Estimate,
    /// Earlier runs of a leaf.
    Runs,
    Run(u64),
    /// A row before a flow's prompts, and on its way.
    Bench,
    Trial,
    /// What a run dropped: where it lies, and the rows on show.
    Drops,
    DropRows,
    /// What could be done with it.
    Threshold,
    Preview,
    Queue,
    Sample,
    Changes,
    Difference,
    Commit,
    /// Texts of a leaf's documents.
    Documents,
    Coverage,
    Repository,
    Matched,
    Convert,
    /// Jobs of [`Jobs::queue`]; never stale.
    Queued,
}

/// A report on its way, with where it comes from.
#[derive(Debug)]
pub struct Envelope {
    slot: Slot,
    generation: u64,
    report: Report,
}

/// The way back from a job to the loop.
#[derive(Clone)]
pub struct Post {
    slot: Slot,
    generation: u64,
    reports: mpsc::Sender<Envelope>,
}

impl Post {
    fn envelope(&self, report: Report) -> Envelope {
        Envelope {
            slot: self.slot,
            generation: self.generation,
            report,
        }
    }

    /// Sends from a blocking job; waits while the loop is busy. False once the program is ending.
    pub fn send_blocking(&self, report: Report) -> bool {
        self.reports.blocking_send(self.envelope(report)).is_ok()
    }

    /// Tells from a blocking job that something failed, in a sentence for the screen.
    pub fn fail(&self, message: impl Into<String>) {
        self.send_blocking(Report::failed(message));
    }

    /// Sends from an async job; waits while the loop is busy. False once the program is ending.
    pub async fn send(&self, report: Report) -> bool {
        self.reports.send(self.envelope(report)).await.is_ok()
    }
}

type Work = Box<dyn FnOnce(&Post) + Send>;

/// Starts jobs and sorts their reports.
pub struct Jobs {
    runtime: Handle,
    reports: mpsc::Sender<Envelope>,
    current: HashMap<Slot, (u64, CancellationToken)>,
    next: u64,
    running: Arc<AtomicUsize>,
    queue: std::sync::mpsc::Sender<Work>,
    queue_thread: Option<std::thread::JoinHandle<()>>,
    runs: Vec<tokio::task::JoinHandle<()>>,
}

/// Counts a job as running until it is dropped, however the job ends.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Running(Arc::clone(count))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Jobs {
    /// Jobs on a runtime, and the bounded channel their reports come through.
    pub fn new(runtime: Handle) -> (Self, mpsc::Receiver<Envelope>) {
        let (reports, receiver) = mpsc::channel(256);
        let (queue, works) = std::sync::mpsc::channel::<Work>();
        let post = Post {
            slot: Slot::Queued,
            generation: 0,
            reports: reports.clone(),
        };
        let queue_thread = std::thread::Builder::new()
            .name("queue".into())
            .spawn(move || {
                for work in works {
                    guarded(&post, || work(&post));
                }
            })
            .ok();
        let jobs = Jobs {
            runtime,
            reports,
            current: HashMap::new(),
            next: 1,
            running: Arc::new(AtomicUsize::new(0)),
            queue,
            queue_thread,
            runs: Vec::new(),
        };
        (jobs, receiver)
    }

    fn begin(&mut self, slot: Slot) -> (Post, CancellationToken, Running) {
        let generation = self.next;
        self.next += 1;
        let token = CancellationToken::new();
        if let Some((_, old)) = self.current.insert(slot, (generation, token.clone())) {
            old.cancel();
        }
        let post = Post {
            slot,
            generation,
            reports: self.reports.clone(),
        };
        (post, token, Running::new(&self.running))
    }

    /// Runs blocking work in a slot.
    pub fn blocking(&mut self, slot: Slot, work: impl FnOnce(&Post, &CancellationToken) + Send + 'static) {
        let (post, token, running) = self.begin(slot);
        self.runtime.spawn_blocking(move || {
            let _running = running;
            guarded(&post, || work(&post, &token));
        });
    }

    /// Runs a future in a slot.
    pub fn future<F>(&mut self, slot: Slot, work: impl FnOnce(Post, CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (post, token, running) = self.begin(slot);
        let future = work(post.clone(), token);
        let task = self.runtime.spawn(future);
        let watched = self.runtime.spawn(async move {
            let _running = running;
            if let Err(error) = task.await
                && error.is_panic()
            {
                post.send(Report::failed("a job broke off; what was saved is safe"))
                    .await;
            }
        });
        if matches!(slot, Slot::Run(_)) {
            self.runs.retain(|run| !run.is_finished());
            self.runs.push(watched);
        }
    }

    /// Runs blocking work after everything queued before it; never cancelled, also not when the program ends.
    pub fn queue(&mut self, work: impl FnOnce(&Post) + Send + 'static) {
        let running = Running::new(&self.running);
        let work: Work = Box::new(move |post| {
            let _running = running;
            work(post);
        });
        // The thread ends only with this struct.
        let _ = self.queue.send(work);
    }

    /// Cancels the job in a slot; its reports so far still count.
    pub fn cancel(&mut self, slot: Slot) {
        if let Some((_, token)) = self.current.get(&slot) {
            token.cancel();
        }
    }

    /// Takes a report in, unless a newer job has its slot.
    pub fn accept(&self, envelope: Envelope) -> Option<Report> {
        let fresh = envelope.slot == Slot::Queued
            || self
                .current
                .get(&envelope.slot)
                .is_some_and(|(generation, _)| *generation == envelope.generation);
        fresh.then_some(envelope.report)
    }

    /// True when no job runs or waits.
    pub fn is_idle(&self) -> bool {
        self.running.load(Ordering::SeqCst) == 0
    }

    /// Asks every run to stop; what is returned ends when all have written down how they ended, or after a moment. `None` when
    /// no run is under way.
    ///
    /// One that takes longer is found interrupted and is taken up again from there: its samples and answers are on the disk.
    pub fn stop_runs(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        for (slot, (_, token)) in &self.current {
            if matches!(slot, Slot::Run(_)) {
                token.cancel();
            }
        }
        let mut runs = std::mem::take(&mut self.runs);
        runs.retain(|run| !run.is_finished());
        if runs.is_empty() {
            return None;
        }
        let ended = async move {
            for run in runs {
                let _ = run.await;
            }
        };
        Some(async move {
            let _ = tokio::time::timeout(LAST_WORDS, ended).await;
        })
    }

    /// Cancels what can be cancelled and waits for what is queued, so that nothing decided is lost on the way out. Runs that
    /// were not asked before get a moment, too. Not to be called from async code.
    pub fn finish(mut self) {
        for (_, token) in self.current.values() {
            token.cancel();
        }
        let runs = self.stop_runs();
        drop(self.queue);
        if let Some(thread) = self.queue_thread {
            let _ = thread.join();
        }
        if let Some(ended) = runs {
            self.runtime.block_on(ended);
        }
    }
}

fn guarded(post: &Post, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        post.send_blocking(Report::failed("a job broke off; what was saved is safe"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(report: Option<Report>) -> Option<String> {
        match report {
            Some(Report::Failed(message)) => Some(message),
            _ => None,
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_newer_job_makes_the_older_ones_reports_stale() {
        let (mut jobs, mut reports) = Jobs::new(Handle::current());
        jobs.blocking(Slot::Find, |post, _| {
            post.send_blocking(Report::failed("old"));
        });
        let old = reports.recv().await.unwrap();
        jobs.blocking(Slot::Find, |post, _| {
            post.send_blocking(Report::failed("new"));
        });
        assert_eq!(text(jobs.accept(old)), None);
        let new = reports.recv().await.unwrap();
        assert_eq!(text(jobs.accept(new)).as_deref(), Some("new"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_panic_becomes_a_report_and_the_queue_goes_on() {
        let (mut jobs, mut reports) = Jobs::new(Handle::current());
        jobs.queue(|_| panic!("on purpose"));
        jobs.queue(|post| {
            post.send_blocking(Report::failed("after"));
        });
        let first = reports.recv().await.unwrap();
        assert!(text(jobs.accept(first)).unwrap().contains("broke off"));
        let second = reports.recv().await.unwrap();
        assert_eq!(text(jobs.accept(second)).as_deref(), Some("after"));
    }
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_run_says_how_it_ended_before_the_program_does() {
        let (mut jobs, _reports) = Jobs::new(Handle::current());
        assert!(jobs.stop_runs().is_none());
        let written = Arc::new(AtomicUsize::new(0));
        for number in 0..3 {
            let written = Arc::clone(&written);
            jobs.future(Slot::Run(number), |_, cancel| async move {
                cancel.cancelled().await;
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                written.fetch_add(1, Ordering::SeqCst);
            });
        }
        jobs.stop_runs().unwrap().await;
        assert_eq!(written.load(Ordering::SeqCst), 3);
        // Nobody is waited for twice, as when the person did not want to wait at all.
        jobs.future(Slot::Run(3), |_, _| std::future::pending());
        assert!(jobs.stop_runs().is_some());
        assert!(jobs.stop_runs().is_none());
    }
}

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::tests::{Home, node};
use super::*;
use crate::flow::{Budget, RunEvent};
use crate::review::Verdict;
use crate::samples::RunRecord;
use crate::samples::{Outcome, Sample};
use crate::taxonomy::Kind;
use crate::taxonomy::knowledge::ChunkSize;
use crate::teacher::{Answering, ChatRequest, Finish, OnText, Reply, Teacher, Usage};

/// Writes a new example with every call.
struct Author {
    calls: AtomicUsize,
    /// Hangs from this call on, until it is cancelled.
    hangs_at: usize,
    /// Hangs then even when it is cancelled.
    stubborn: bool,
}

impl Author {
    fn new(hangs_at: usize) -> Arc<Self> {
        Arc::new(Author {
            calls: AtomicUsize::new(0),
            hangs_at,
            stubborn: false,
        })
    }
}

impl Teacher for Author {
    fn name(&self) -> &str {
        "author"
    }
    fn model(&self) -> &str {
        "author-1"
    }
    fn slots(&self) -> usize {
        1
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, _request: ChatRequest, _on_text: OnText, cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            let number = self.calls.fetch_add(1, Ordering::SeqCst);
            if number >= self.hangs_at {
                cancel.cancelled().await;
                if self.stubborn {
                    std::future::pending::<()>().await;
                }
                return Err(crate::teacher::TeacherError::Cancelled);
            }
            let question = [
                "How long may opened milk be kept?",
                "Which tram goes to the harbour on Sundays?",
                "My neighbour parks before our gate, what now?",
                "Write two lines of thanks for a borrowed ladder.",
                "Is it too early to sow beans in March?",
                "Why does this door stick when it rains?",
                "Name three quiet places to read in a city.",
                "Who pays when a parcel arrives broken?",
            ][number % 8];
            let text = format!(
                "[Question]\n{question}\n[Answer]\nThat depends; look at it again tomorrow, number {number}.\n"
            );
            let usage = Usage {
                prompt_tokens: 100,
                completion_tokens: 20,
            };
            Ok(Reply {
                text,
                reasoning: String::new(),
                finish: Finish::Stop,
                usage,
                model: "author-1".into(),
            })
        })
    }
}

fn request(leaf: &str, count: usize) -> GenerateRequest {
    GenerateRequest {
        node: node(leaf),
        seeds: None,
        flow: None,
        overrides: Vec::new(),
        count,
        seed: 7,
        chunks: Default::default(),
        fetch_documents: false,
    }
}

fn clock() -> crate::flow::Clock {
    Arc::new(|| "2026-11-22T09:00:00Z".parse().unwrap())
}

/// Runs to the end; stops after some samples where asked.
async fn run_out(mut running: RunningRun, stop_after: usize) -> (Vec<Sample>, crate::flow::RunSummary) {
    let mut samples = Vec::new();
    let mut finished = None;
    while let Some(event) = running.events.recv().await {
        match event {
            RunEvent::Sample(sample) => {
                samples.push(*sample);
                if samples.len() == stop_after {
                    running.cancel.cancel();
                }
            }
            RunEvent::Finished(summary) => finished = Some(*summary),
            _ => {}
        }
    }
    assert_eq!(running.task.await.unwrap(), finished.clone().unwrap());
    (samples, finished.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_kept_reviewed_and_committed() {
    let home = Home::new();
    let workbench = home.demo();
    let planned = workbench
        .plan(&request(demo::FIRST_LEAF, 3), Author::new(99), &|| false)
        .unwrap();
    assert_eq!((planned.kind, planned.estimate.calls), (Kind::Skill, 3));
    let runtime = tokio::runtime::Handle::current();
    let running = workbench
        .start(planned, Keep::OnDisk, Budget::default(), clock(), &runtime)
        .unwrap();
    let id = running.id.clone().unwrap();
    let (samples, summary) = run_out(running, 99).await;
    assert_eq!((samples.len(), summary.outcome), (3, Outcome::Done));
    assert_eq!(
        workbench.runs().open(&id).unwrap().record().unwrap().outcome,
        Outcome::Done
    );
    assert_eq!(samples[0].provenance.seed_hash.len(), 16);

    let mut reviews = workbench.reviews().unwrap();
    let reasons = ["wrong".to_owned()];
    for (sample, verdict, reasons) in [
        (&samples[0], Verdict::Accepted, &[][..]),
        (&samples[1], Verdict::Rejected, &reasons[..]),
    ] {
        reviews
            .decide(sample, verdict, reasons, "", Timestamp::UNIX_EPOCH, 1.0)
            .unwrap();
    }
    std::fs::write(home.path("demo/notes.txt"), "private").unwrap();
    let changes = workbench.changes().unwrap();
    let groups: Vec<_> = changes
        .files
        .iter()
        .map(|file| (file.group, file.samples, file.decisions.total()))
        .collect();
    assert_eq!(
        groups,
        [
            (ChangeGroup::Decisions, 0, 2),
            (ChangeGroup::Samples, 2, 0),
            (ChangeGroup::Support, 0, 0),
            (ChangeGroup::Other, 0, 0)
        ]
    );
    let paths = changes.offered_paths();
    let message = changes.draft_message(&paths);
    assert!(
        message.starts_with("Curate 1 sample and reject 1 for polite_replies\n\n"),
        "{message}"
    );
    let commit = CommitRequest {
        paths,
        message,
        sign_off: true,
        ..CommitRequest::default()
    };
    let committed = workbench.commit(&commit).unwrap();
    assert_eq!(committed.branch.as_deref(), Some("main"));
    let left = workbench.changes().unwrap();
    assert_eq!(
        left.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["notes.txt"]
    );
    assert!(matches!(
        workbench.commit(&CommitRequest::default()),
        Err(WorkbenchError::NothingToCommit)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_run_is_taken_up_without_asking_twice() {
    let home = Home::new();
    let workbench = home.demo();
    let runtime = tokio::runtime::Handle::current();
    let author = Author::new(2);
    let planned = workbench
        .plan(&request(demo::FIRST_LEAF, 5), author, &|| false)
        .unwrap();
    let running = workbench
        .start(planned, Keep::OnDisk, Budget::default(), clock(), &runtime)
        .unwrap();
    let id = running.id.clone().unwrap();
    let (samples, summary) = run_out(running, 2).await;
    assert_eq!((samples.len(), &summary.outcome), (2, &Outcome::Stopped));

    let record = workbench.resumable(&id).unwrap();
    let author = Arc::new(Author {
        calls: AtomicUsize::new(2),
        hangs_at: 99,
        stubborn: false,
    });
    let planned = workbench
        .plan_resumed(&record, author.clone(), &TakingUp::default(), &|| false)
        .unwrap();
    assert!(planned.is_resumed() && planned.notes.is_empty(), "{:?}", planned.notes);
    let running = workbench
        .start(planned, Keep::OnDisk, Budget::default(), clock(), &runtime)
        .unwrap();
    assert_eq!(running.id.as_ref(), Some(&id));
    let (_, summary) = run_out(running, 99).await;
    assert_eq!(
        (summary.outcome, summary.reused, author.calls.load(Ordering::SeqCst)),
        (Outcome::Done, 2, 5)
    );
    assert_eq!(workbench.runs().open(&id).unwrap().samples().unwrap().records.len(), 5);
    assert!(matches!(
        workbench.resumable(&id),
        Err(WorkbenchError::NothingToResume { .. })
    ));
}

#[test]
fn a_run_that_had_no_time_for_last_words_is_interrupted_and_loses_nothing() {
    let home = Home::new();
    let workbench = home.demo();
    let two_threads = || {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    };
    let author = |already: usize, hangs_at: usize| {
        Arc::new(Author {
            calls: AtomicUsize::new(already),
            hangs_at,
            stubborn: true,
        })
    };
    let first = two_threads();
    let planned = workbench.plan(&request(demo::FIRST_LEAF, 5), author(0, 2), &|| false);
    let mut running = workbench
        .start(
            planned.unwrap(),
            Keep::OnDisk,
            Budget::default(),
            clock(),
            first.handle(),
        )
        .unwrap();
    let id = running.id.clone().unwrap();
    let shown = first.block_on(async {
        let mut shown = Vec::new();
        while shown.len() < 2 {
            if let Some(RunEvent::Sample(sample)) = running.events.recv().await {
                shown.push(*sample);
            }
        }
        shown
    });
    let outcome = || workbench.runs().open(&id).unwrap().record().unwrap().outcome;
    assert_eq!(outcome(), Outcome::Running);
    // The person quits: the run is asked to stop, its teacher does not let go, and the program ends.
    running.cancel.cancel();
    drop(running);
    first.shutdown_timeout(std::time::Duration::from_secs(60));
    assert_eq!(outcome(), Outcome::Interrupted);
    assert_eq!(workbench.runs().open(&id).unwrap().samples().unwrap().records, shown);

    let record = workbench.resumable(&id).unwrap();
    let author = author(2, 99);
    let planned = workbench.plan_resumed(&record, author.clone(), &TakingUp::default(), &|| false);
    let second = two_threads();
    let running = workbench
        .start(
            planned.unwrap(),
            Keep::OnDisk,
            Budget::default(),
            clock(),
            second.handle(),
        )
        .unwrap();
    let (_, summary) = second.block_on(run_out(running, 99));
    assert_eq!(
        (summary.outcome, summary.reused, author.calls.load(Ordering::SeqCst)),
        (Outcome::Done, 2, 5)
    );
    let samples = workbench.runs().open(&id).unwrap().samples().unwrap().records;
    assert_eq!((samples.len(), &samples[..2]), (5, &shown[..]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_stops_a_run_and_a_preview_leaves_nothing() {
    let home = Home::new();
    let workbench = home.demo();
    let runtime = tokio::runtime::Handle::current();
    let planned = workbench
        .plan(&request(demo::FIRST_LEAF, 8), Author::new(99), &|| false)
        .unwrap();
    let one = (planned.estimate.prompt_tokens + planned.estimate.completion_tokens_at_most) / 8;
    let most = one * 5 / 4 + 250;
    let running = workbench
        .start(
            planned,
            Keep::InMemory,
            Budget::of_tokens(Some(most)),
            clock(),
            &runtime,
        )
        .unwrap();
    assert_eq!(running.id, None);
    let (samples, summary) = run_out(running, 99).await;
    assert_eq!(summary.outcome, Outcome::Stopped);
    assert!(summary.stopped_by.unwrap().contains("has no room for another call"));
    // Calls took far less than they might have: there was room for more than two, one after the other, and never for too much.
    assert!((3..8).contains(&summary.calls), "{}", summary.calls);
    assert!(summary.usage.prompt_tokens + summary.usage.completion_tokens <= most);
    assert!(samples.len() <= summary.calls);
    assert!(workbench.runs().list().unwrap().is_empty());
}

#[tokio::test]
async fn a_knowledge_leaf_reads_its_pinned_documents() {
    let home = Home::new();
    let workbench = home.demo();
    let leaf = "knowledge/technology/agriculture/horticulture/frost_protection";
    let planned = workbench.plan(&request(leaf, 2), Author::new(99), &|| false).unwrap();
    assert!(planned.prepared.passages() > 1);

    let mut edited = workbench.leaf_file(&node(leaf)).unwrap();
    let document = edited.document.as_mut().unwrap();
    let repo = crate::taxonomy::yaml::YamlPath::root().key("document").key("repo");
    document.set(&repo, "https://example.invalid/frost.git").unwrap();
    let seeds = Some(document.bytes().to_vec());
    let unsaved = GenerateRequest {
        seeds,
        ..request(leaf, 2)
    };
    let error = workbench.plan(&unsaved, Author::new(99), &|| false).err().unwrap();
    assert!(matches!(error, WorkbenchError::DocumentsNotFetched { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_keeps_the_sizes_of_its_chunks() {
    let home = Home::new();
    let workbench = home.demo();
    let leaf = "knowledge/technology/agriculture/horticulture/frost_protection";
    let chunks = ChunkSize {
        tokens: 150,
        overlap: 40,
    };
    let wanted = GenerateRequest {
        chunks: chunks.into(),
        ..request(leaf, 2)
    };
    let planned = workbench.plan(&wanted, Author::new(99), &|| false).unwrap();
    let usual = workbench.plan(&request(leaf, 2), Author::new(99), &|| false).unwrap();
    assert!(planned.prepared.passages() > usual.prepared.passages());
    let row = planned.prepared.row(0, 0);
    let runtime = tokio::runtime::Handle::current();
    let running = workbench
        .start(planned, Keep::OnDisk, Budget::default(), clock(), &runtime)
        .unwrap();
    let id = running.id.clone().unwrap();
    run_out(running, 99).await;
    let mut record = workbench.runs().open(&id).unwrap().record().unwrap();
    assert_eq!(record.chunks, Some(chunks));

    let resume = |record: &RunRecord| {
        let planned = workbench.plan_resumed(record, Author::new(99), &TakingUp::default(), &|| false);
        planned.unwrap()
    };
    let again = resume(&record);
    assert_eq!((again.prepared.chunks(), again.resumed.as_ref()), (chunks, Some(&id)));
    assert_eq!(again.prepared.row(0, 0), row);
    // As an earlier version wrote it: another cut makes other questions, which belong to a run of their own.
    record.chunks = None;
    let anew = resume(&record);
    assert_eq!((anew.resumed.as_ref(), anew.continues.as_ref()), (None, Some(&id)));
    assert!(
        anew.notes.iter().any(|note| note.contains("does not say how it cut")),
        "{:?}",
        anew.notes
    );

    let skill = workbench
        .plan(&request(demo::FIRST_LEAF, 1), Author::new(99), &|| false)
        .unwrap();
    assert_eq!(skill.record(id, record.started).chunks, None);
}

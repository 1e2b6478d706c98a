//! How runs end: stopped, failed, full disk, resumed.

use super::*;

#[test]
fn a_run_that_is_stopped_keeps_what_is_there() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 500, 1)];
    let cancel = CancellationToken::new();
    let (stop, asked) = (cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
    let teacher = Arc::new(
        Scripted::new(move |request| {
            if asked.fetch_add(1, Ordering::SeqCst) == 40 {
                stop.cancel();
            }
            Ok(reply(proper(request)))
        })
        .with_delay(|_| 3),
    );
    let mut recorder = MemoryRecorder::default();
    let left = start(&flow, &leaves, &teacher, &mut recorder, cancel);
    assert_eq!(left.summary.outcome, Outcome::Stopped);
    assert!(left.summary.samples >= 40 && left.summary.samples == recorder.samples.len());
    assert!(left.summary.not_started > 400);
    assert!(left.summary.adds_up());
    assert!(
        recorder
            .drops
            .iter()
            .all(|dropped| dropped.reason == DropReason::Cancelled)
    );
}

#[test]
fn a_run_whose_calls_fail_stops_early_with_the_reason() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 200, 1)];
    let teacher = Arc::new(Scripted::new(|_| Err(timed_out())));
    let (left, recorder) = go(&flow, &leaves, &teacher);
    let Outcome::Failed { reason } = &left.summary.outcome else {
        panic!("{:?}", left.summary.outcome)
    };
    assert!(
        reason.contains("10 of the last 10 calls failed") && reason.contains("did not finish"),
        "{reason}"
    );
    assert!(teacher.calls() < 20);
    assert!(left.summary.adds_up());
    assert!(
        recorder
            .drops
            .iter()
            .any(|dropped| dropped.reason == DropReason::Transport)
    );

    let teacher = Arc::new(Scripted::new(|_| {
        let source_of_key = "GRANITE_KEY".to_owned();
        Err(TeacherError::WrongKey {
            url: "http://x".into(),
            status: 401,
            source_of_key,
        })
    }));
    let (left, _) = go(&flow, &leaves, &teacher);
    assert!(matches!(&left.summary.outcome, Outcome::Failed { reason } if reason.contains("refused the key")));
    assert!(teacher.calls() <= 4);
}

#[test]
fn one_failing_call_among_many_is_only_a_drop() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 30, 1)];
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let teacher = Arc::new(Scripted::new(move |request| {
        if asked.fetch_add(1, Ordering::SeqCst) == 5 {
            Err(timed_out())
        } else {
            Ok(reply(proper(request)))
        }
    }));
    let (left, recorder) = go(&flow, &leaves, &teacher);
    assert_eq!(left.summary.outcome, Outcome::Done);
    assert_eq!(
        (left.summary.samples, left.summary.drops, left.summary.failed_calls),
        (29, 1, 1)
    );
    assert_eq!(
        (recorder.drops[0].reason, recorder.drops[0].block.as_str()),
        (DropReason::Transport, "ask")
    );
}

#[test]
fn a_call_that_gives_several_answers_gives_several_rows() {
    let folder = tempfile::tempdir().unwrap();
    let flow = growing(folder.path());
    let leaves = [prepared(Kind::Skill, &flow, 2, 1)];
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let teacher = Arc::new(
        Scripted::new(move |request| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => Err(timed_out()),
            _ => Ok(reply(format!("{}[End]", proper(request)))),
        })
        .with_slots(1),
    );
    let (left, recorder) = go(&flow, &leaves, &teacher);
    assert_eq!((left.summary.rows, left.summary.grown), (2, 10));
    assert_eq!((left.summary.samples, left.summary.drops), (11, 1));
    assert_eq!(recorder.drops[0].columns["row"], "0.0.0");
    for sample in &recorder.samples {
        // A sample knows its own call only.
        assert_eq!(sample.provenance.requests.len(), 1);
    }
}

#[test]
fn answers_that_were_cut_off_or_stopped_say_so() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 3, 1)];
    let begun = "[Question]\nWhat is a";
    for (finish, text, reason) in [
        (Finish::Length, begun, DropReason::Truncated),
        (Finish::Repetition, begun, DropReason::Repetition),
        (Finish::Filtered, begun, DropReason::Refused),
        (Finish::Stop, begun, DropReason::Unparsable),
        (Finish::Stop, "I'm sorry, but I can't do that.", DropReason::Refused),
    ] {
        let teacher = Arc::new(Scripted::new(move |_| Ok(Reply { finish, ..reply(text) })));
        let (left, recorder) = go(&flow, &leaves, &teacher);
        assert_eq!(left.summary.drops, 3);
        for dropped in recorder.drops {
            assert_eq!((dropped.reason, dropped.text.as_str()), (reason, text));
        }
    }
}

/// A disk that is full after a few samples.
struct Full(MemoryRecorder);

impl Recorder for Full {
    fn sample(&mut self, sample: &Sample) -> Result<(), StoreError> {
        if self.0.samples.len() >= 3 {
            return Err(StoreError::Unwritable {
                path: "samples.jsonl".into(),
                reason: "the disk is full".to_owned(),
            });
        }
        self.0.sample(sample)
    }
    fn dropped(&mut self, dropped: &Drop) -> Result<(), StoreError> {
        self.0.dropped(dropped)
    }
    fn request(&self, key: &str) -> Option<Reply> {
        self.0.request(key)
    }
    fn record(&mut self, key: &str, reply: &Reply, at: Timestamp) -> Result<(), StoreError> {
        self.0.record(key, reply, at)
    }
}

#[test]
fn a_full_disk_stops_the_run() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 100, 1)];
    let teacher = Arc::new(Scripted::new(|request| Ok(reply(proper(request)))));
    let mut recorder = Full(MemoryRecorder::default());
    let left = start(&flow, &leaves, &teacher, &mut recorder, CancellationToken::new());
    assert!(matches!(&left.summary.outcome, Outcome::Failed { reason } if reason.contains("the disk is full")));
    assert_eq!(left.summary.samples, 3);
    assert!(left.summary.adds_up() && teacher.calls() < 60);
}

#[test]
fn a_run_in_the_store_resumes_without_asking_or_writing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = RunStore::new(folder.path());
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 60, 3)];
    let started = Timestamp::UNIX_EPOCH;
    let record = RunRecord {
        flow: flow.name.clone(),
        flow_hash: flow.hash.clone(),
        teacher: "scripted".to_owned(),
        model: "scripted-1".to_owned(),
        nodes: vec![leaf(Kind::Skill).path],
        wanted: 60,
        seed: 3,
        ..RunRecord::new(store.free_id(started), started)
    };
    let id = record.id.clone();
    let cancel = CancellationToken::new();
    let (stop, asked) = (cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
    let teacher = Arc::new(Scripted::new(move |request| {
        if asked.fetch_add(1, Ordering::SeqCst) == 20 {
            stop.cancel();
        }
        Ok(reply(proper(request)))
    }));
    let mut recorder = RunRecorder::new(store.create(record).unwrap());
    let first = start(&flow, &leaves, &teacher, &mut recorder, cancel);
    recorder.finish(first.summary.outcome.clone(), started).unwrap();
    let made = store.open(&id).unwrap().samples().unwrap().records.len();
    assert_eq!(made, first.summary.samples);

    let again = Arc::new(Scripted::new(|request| Ok(reply(proper(request)))));
    let mut recorder = RunRecorder::new(store.resume(&id).unwrap());
    let second = start(&flow, &leaves, &again, &mut recorder, CancellationToken::new());
    let record = recorder.finish(second.summary.outcome, started).unwrap();
    assert_eq!(teacher.calls() + again.calls(), 60);
    assert_eq!((record.outcome, record.usage.prompt_tokens), (Outcome::Done, 600));
    assert_eq!(record.funnel.last().unwrap().rows_out, 60);
    assert_eq!(store.open(&id).unwrap().samples().unwrap().records.len(), 60);
}

#[test]
fn the_estimate_counts_every_call() {
    let flow = Flow::for_kind(Kind::Knowledge).unwrap();
    let leaves = [prepared(Kind::Knowledge, &flow, 100, 1)];
    let costs = estimate(&flow, &leaves);
    assert_eq!(
        (costs.rows, costs.calls, costs.completion_tokens_at_most),
        (100, 100, 50_000)
    );
    assert!((30_000..120_000).contains(&costs.prompt_tokens), "{costs:?}");

    let folder = tempfile::tempdir().unwrap();
    let flow = growing(folder.path());
    let costs = estimate(&flow, &[prepared(Kind::Skill, &flow, 10, 1)]);
    assert_eq!(costs.calls, 60);
}

#[test]
fn thousands_of_rows_are_all_accounted_for() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 2000, 1)];
    let teacher = Arc::new(Scripted::new(|request| Ok(reply(proper(request)))).with_slots(64));
    let mut recorder = MemoryRecorder::default();
    let left = start(&flow, &leaves, &teacher, &mut recorder, CancellationToken::new());
    assert!(left.summary.adds_up());
    assert!(left.summary.samples > 1800, "{:?}", left.summary);
}

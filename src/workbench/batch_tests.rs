//! Files of requests: how they are cut, named and kept.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::batch::Limits;
use super::{BatchPlan, Outbox, WorkbenchError};
use crate::flow::{Post, PostedCall, TeacherRole};
use crate::samples::{PostedLine, RunRecord, RunStore, RunWriter};
use crate::teacher::{
    Address, ChatRequest, HttpOptions, HttpTeacher, Key, KeySource, Limits as TeacherLimits, Message, Prompt, Retries,
    Role, Sampling,
};

fn teacher(model: &str) -> HttpTeacher {
    HttpTeacher::new(HttpOptions {
        name: "far".into(),
        address: Address::parse("http://127.0.0.1:9").unwrap(),
        model: model.into(),
        key: Key::new("far", KeySource::None),
        slots: None,
        sampling: Sampling::default(),
        extra: serde_json::Map::new(),
        limits: TeacherLimits::default(),
        retries: Retries::default(),
    })
    .unwrap()
}

fn request(prompt: Prompt) -> ChatRequest {
    ChatRequest::new(prompt, Sampling::default())
}

fn chat(text: &str) -> ChatRequest {
    request(Prompt::Chat(vec![Message::new(Role::User, text)]))
}

fn post(outbox: &Outbox, key: &str, block: &str, model: &str, request: &ChatRequest) -> Result<(), String> {
    outbox.post(PostedCall {
        key,
        block,
        role: TeacherRole::Teacher,
        teacher: &teacher(model),
        request,
    })
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.contains(".ray."))
        .collect();
    names.sort();
    names
}

struct Bench {
    writer: RunWriter,
    plan: BatchPlan,
    _folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path());
        let id = store.free_id(Timestamp::UNIX_EPOCH);
        Bench {
            writer: store.create(RunRecord::new(id, Timestamp::UNIX_EPOCH)).unwrap(),
            plan: BatchPlan {
                folder: folder.path().join("out"),
                again: false,
            },
            _folder: folder,
        }
    }

    fn outbox(&self, limits: Limits) -> Outbox {
        Outbox::open(&self.plan, limits, &self.writer).unwrap()
    }
}

#[test]
fn files_are_cut_by_number_and_size_and_kept_by_stage() {
    let bench = Bench::new();
    let outbox = bench.outbox(Limits {
        requests: 3,
        bytes: 700,
    });
    for nth in 0..7 {
        post(&outbox, &format!("few{nth}"), "ask", "m", &chat("Hi")).unwrap();
    }
    for nth in 0..3 {
        post(
            &outbox,
            &format!("long{nth}"),
            "write/../it",
            "m",
            &chat(&"é".repeat(100)),
        )
        .unwrap();
    }
    // A line that is longer than any file may be stands alone in one.
    post(&outbox, "huge", "huge", "m", &chat(&"x".repeat(900))).unwrap();
    post(&outbox, "after", "huge", "m", &chat("x")).unwrap();
    post(&outbox, "other", "ask", "n", &chat("Hi")).unwrap();
    post(&outbox, "raw", "ask", "n", &request(Prompt::Raw("<|user|>".to_owned()))).unwrap();
    // The same call twice is one line.
    post(&outbox, "raw", "ask", "n", &request(Prompt::Raw("<|user|>".to_owned()))).unwrap();
    assert!(
        names(&bench.plan.folder).iter().all(|name| name.ends_with(".tmp")),
        "nothing is there before the end"
    );
    outbox.finish(true, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(
        names(&bench.plan.folder),
        [
            "01-ask-2.jsonl",
            "01-ask-3.jsonl",
            "01-ask-4.jsonl",
            "01-ask-5.jsonl",
            "01-ask.jsonl",
            "01-huge-2.jsonl",
            "01-huge.jsonl",
            "01-write----it-2.jsonl",
            "01-write----it.jsonl",
        ]
    );
    let written = outbox.written();
    assert_eq!(written.files.iter().map(|file| file.requests).sum::<usize>(), 14);
    for file in &written.files {
        let (lines, rays) = (
            fs::read_to_string(&file.path).unwrap(),
            fs::read_to_string(&file.ray).unwrap(),
        );
        assert!(lines.len() <= 700 || file.requests == 1);
        assert_eq!(
            (lines.lines().count(), rays.lines().count()),
            (file.requests, file.requests)
        );
        assert!(file.requests <= 3);
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(
                (line["url"].as_str(), line["body"]["model"].as_str()),
                (Some(file.url.as_str()), Some(file.model.as_str()))
            );
        }
    }
    let posted = bench.writer.posted().unwrap();
    assert_eq!((posted.calls.len(), posted.last_round), (14, 1));
    assert!(posted.is_out("few0") && posted.calls["raw"].url == "/v1/completions");
}

#[test]
fn calls_that_are_out_are_written_again_only_when_they_failed_or_are_wanted() {
    let mut bench = Bench::new();
    let round = |bench: &Bench, keep: bool| {
        let outbox = bench.outbox(Limits::USUAL);
        for key in ["a", "b"] {
            post(&outbox, key, "ask", "m", &chat("Hi")).unwrap();
        }
        outbox.finish(keep, Timestamp::UNIX_EPOCH).unwrap();
        let written = outbox.written();
        (
            written.files.iter().map(|file| file.requests).sum::<usize>(),
            written.still_out,
        )
    };
    // A run that broke off leaves no file, and its calls are not out.
    assert_eq!(round(&bench, false), (0, 0));
    assert!(names(&bench.plan.folder).is_empty());
    assert_eq!(round(&bench, true), (2, 0));
    assert_eq!(round(&bench, true), (0, 2));
    let mut ledger = bench.writer.posted_writer().unwrap();
    let (key, failed, at) = ("a".to_owned(), "HTTP 429".to_owned(), Timestamp::UNIX_EPOCH);
    ledger.add(&PostedLine::Failed { key, failed, at }).unwrap();
    ledger.sync().unwrap();
    assert_eq!(round(&bench, true), (1, 1));
    assert_eq!(round(&bench, true), (0, 2), "it is out again");
    bench.plan.again = true;
    assert_eq!(round(&bench, true), (2, 0));
    // Files that are there stay.
    let taken = bench.plan.folder.join("07-mine.jsonl");
    fs::write(&taken, "").unwrap();
    assert!(matches!(Outbox::make_room(&bench.plan, 7), Err(WorkbenchError::BatchFileThere { path }) if path == taken));
    assert!(Outbox::make_room(&bench.plan, 8).is_ok());
}

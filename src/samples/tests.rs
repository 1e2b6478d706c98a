use std::fs;
use std::path::Path;

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::tempdir;

use super::*;
use crate::taxonomy::{Kind, NodePath};
use crate::teacher::{ChatRequest, Finish, Prompt, Reply, Sampling, Usage};

pub(super) fn node(path: &str) -> NodePath {
    NodePath::parse(path).unwrap()
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(super) fn sample(path: &str, question: &str, second: i64) -> Sample {
    let node = node(path);
    let messages = vec![
        Message::new(Role::User, question),
        Message::new(Role::Assistant, "Ja.\n\u{1b}[31m \"x\" 霜"),
    ];
    Sample {
        provenance: Provenance {
            run: "r1".into(),
            made: Some(at(second)),
            ..Provenance::default()
        },
        ..Sample::new(node, Kind::Skill, messages, None)
    }
}

pub(super) fn record(store: &RunStore) -> RunRecord {
    RunRecord {
        flow: "freeform".into(),
        flow_hash: "00".into(),
        teacher: "embedded".into(),
        model: "tiny".into(),
        nodes: vec![node("knowledge/a")],
        wanted: 3,
        seed: 7,
        funnel: vec![Stage {
            block: "parse".into(),
            rows_in: 4,
            rows_out: 3,
            asked_again: 0,
            dropped: 0,
        }],
        ..RunRecord::new(store.free_id(at(0)), at(0))
    }
}

fn values(path: &Path) -> (Vec<serde_json::Value>, Vec<Notice>) {
    let found = read_lines(path).unwrap();
    (found.records, found.notices)
}

#[test]
fn odd_lines_are_told_and_skipped_and_nothing_else_is_lost() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(
        &path,
        b"\xEF\xBB\xBF{\"a\":1}\r\n\n<<<<<<< HEAD\n{\"a\":2}\n\xff\xfe\n{\"a\":3}",
    )
    .unwrap();
    let (records, notices) = values(&path);
    assert_eq!(records.len(), 3);
    let lines: Vec<u64> = notices
        .iter()
        .map(|notice| match notice {
            Notice::Broken { line, .. } => *line,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(lines, [3, 5]);
    assert_eq!(fs::read(&path).unwrap().len(), 44, "reading never writes");
}

#[test]
fn a_missing_line_end_is_no_tear() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, "{\"a\":1}\n{\"a\":2}").unwrap();
    let mut followed = Followed::new(&path);
    assert_eq!(followed.read_on(&mut |_| ()).unwrap().lines, 2);
    append_synced(&path, b"{\"a\":3}\n").unwrap();
    let mut seen = Vec::new();
    let grown = followed
        .read_on(&mut |line| seen.push((line.number, line.bytes.to_vec())))
        .unwrap();
    assert!(!grown.rewritten);
    assert_eq!(seen, [(3, b"{\"a\":3}".to_vec())]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing set aside");
}

#[test]
fn an_unfinished_line_waits_and_comes_whole() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, "{\"a\":1}\n{\"a\":").unwrap();
    let mut followed = Followed::new(&path);
    let grown = followed.read_on(&mut |_| ()).unwrap();
    assert_eq!((grown.lines, grown.unfinished.is_some()), (1, true));
    fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
    assert_eq!(
        followed.read_on(&mut |_| ()).unwrap(),
        Grown {
            lines: 1,
            ..Grown::default()
        }
    );
}

#[test]
fn a_merge_in_the_middle_is_noticed() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    fs::write(&path, "{\"a\":1}\n{\"a\":2}\n").unwrap();
    let mut followed = Followed::new(&path);
    followed.read_on(&mut |_| ()).unwrap();
    fs::write(&path, "{\"a\":1}\n{\"b\":9}\n{\"a\":2}\n").unwrap();
    assert!(followed.read_on(&mut |_| ()).unwrap().rewritten);
    fs::remove_file(&path).unwrap();
    assert!(followed.read_on(&mut |_| ()).unwrap().rewritten);
}

#[test]
fn power_loss_zeros_are_set_aside() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("x.jsonl");
    for (torn, n) in [(&b"\0\0\0\n"[..], 1), (b"\0\0", 2)] {
        fs::write(&path, [b"{\"a\":1}\n", torn].concat()).unwrap();
        let notice = mend(&path).unwrap().unwrap();
        let to = folder.path().join(format!("x.jsonl.torn-{n}"));
        assert_eq!(
            notice,
            Notice::SetAside {
                path: path.clone(),
                to: to.clone(),
                bytes: torn.len() as u64
            }
        );
        assert_eq!(fs::read(to).unwrap(), torn);
        assert_eq!(fs::read(&path).unwrap(), b"{\"a\":1}\n");
    }
    assert_eq!(mend(&path).unwrap(), None);
}

#[test]
fn a_refusing_disk_says_that_nothing_was_recorded() {
    let folder = tempdir().unwrap();
    let error = append_synced(folder.path(), b"{}\n").unwrap_err();
    assert!(error.to_string().starts_with("nothing was recorded"), "{error}");
    #[cfg(target_os = "linux")]
    {
        let error = append_synced(Path::new("/dev/full"), b"{}\n").unwrap_err();
        assert!(error.to_string().contains("the disk is full"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Cut anywhere, then appended to: whole lines stay, the torn rest is beside the file, the new line is whole.
    #[test]
    fn appending_after_a_cut_keeps_every_byte(texts in prop::collection::vec("\\PC{0,12}", 1..6), cut in 0usize..200) {
        let folder = tempdir().unwrap();
        let path = folder.path().join("x.jsonl");
        let mut bytes: Vec<u8> = Vec::new();
        for text in &texts {
            bytes.extend(line_of(&serde_json::json!({ "text": text }), &path).unwrap());
        }
        bytes.truncate(cut);
        fs::write(&path, &bytes).unwrap();
        append_synced(&path, b"{\"text\":\"new\"}\n").unwrap();
        let (records, notices) = values(&path);
        prop_assert!(notices.is_empty());
        let ended = bytes.iter().filter(|byte| **byte == b'\n').count();
        let tail = bytes.rsplit(|byte| *byte == b'\n').next().unwrap();
        let whole_tail = usize::from(tail.ends_with(b"}") && serde_json::from_slice::<serde_json::Value>(tail).is_ok());
        prop_assert_eq!(records.len(), ended + whole_tail + 1);
        prop_assert_eq!(&records.last().unwrap()["text"], "new");
        let torn = fs::read(folder.path().join("x.jsonl.torn-1")).unwrap_or_default();
        prop_assert_eq!(torn, if whole_tail == 0 { tail } else { &[] });
    }
}

fn reply(text: &str) -> Reply {
    Reply {
        text: text.into(),
        reasoning: String::new(),
        finish: Finish::Stop,
        usage: Usage::default(),
        model: "m".into(),
    }
}

#[test]
fn a_killed_run_shows_as_interrupted_and_resumes_without_paying_twice() {
    let folder = tempdir().unwrap();
    let store = RunStore::new(folder.path());
    let mut writer = store.create(record(&store)).unwrap();
    let id = writer.record().id.clone();
    let row = Drop {
        row: 2,
        node: None,
        block: "parse".into(),
        reason: DropReason::Unparsable,
        message: "no answer found".into(),
        text: "hm".into(),
        columns: Default::default(),
        measures: Default::default(),
        sample: None,
        at: at(1),
    };
    assert!(writer.append_sample(&sample("knowledge/a", "q1", 1)).unwrap());
    assert!(
        !writer.append_sample(&sample("knowledge/a", "q1", 2)).unwrap(),
        "the same text is the same sample"
    );
    writer.append_drop(&row).unwrap();
    writer
        .append_request(&Request {
            key: "k".into(),
            reply: reply("first"),
            at: at(1),
        })
        .unwrap();
    assert_eq!(writer.answered("k").unwrap().text, "first");
    assert_eq!(store.list().unwrap()[0].outcome, Outcome::Running);
    assert!(matches!(store.resume(&id), Err(StoreError::RunInUse { .. })));
    assert!(matches!(
        store.create(writer.record().clone()),
        Err(StoreError::RunExists { .. })
    ));
    // Killed: the lock goes with the process, and one line is torn.
    drop(writer);
    let requests = store.folder().join(id.as_str()).join("requests.jsonl");
    let torn = [fs::read(&requests).unwrap(), b"{\"key\":\"half".to_vec()].concat();
    fs::write(&requests, torn).unwrap();
    assert_eq!(store.list().unwrap()[0].outcome, Outcome::Interrupted);

    let mut writer = store.resume(&id).unwrap();
    assert_eq!(writer.notices().len(), 1);
    assert_eq!(writer.answered("k").unwrap().text, "first");
    assert_eq!(writer.answered("half"), None);
    assert!(!writer.append_sample(&sample("knowledge/a", "q1", 9)).unwrap());
    assert!(writer.append_sample(&sample("knowledge/a", "q2", 9)).unwrap());
    assert!(
        !writer
            .append_drop(&Drop {
                at: at(9),
                ..row.clone()
            })
            .unwrap()
    );
    writer
        .append_request(&Request {
            key: "l".into(),
            reply: reply("second"),
            at: at(9),
        })
        .unwrap();
    assert_eq!(writer.answered("l").unwrap().text, "second");
    writer.finish(Outcome::Done, at(10)).unwrap();

    let reader = store.open(&id).unwrap();
    assert_eq!(reader.record().unwrap().finished, Some(at(10)));
    assert_eq!(reader.samples().unwrap().records.len(), 2);
    assert_eq!(reader.drops().unwrap().records, [row]);
    assert_eq!(reader.requests().unwrap().get("l").unwrap().text, "second");
}

#[test]
fn a_broken_record_does_not_hide_the_run() {
    let folder = tempdir().unwrap();
    let store = RunStore::new(folder.path());
    assert!(store.list().unwrap().is_empty());
    let id = store.create(record(&store)).unwrap().record().id.clone();
    assert_ne!(store.free_id(at(0)), id);
    fs::write(store.folder().join(id.as_str()).join("run.json"), "{").unwrap();
    assert!(matches!(&store.list().unwrap()[0].outcome, Outcome::Failed { reason } if reason.contains("run.json")));
    assert!(matches!(
        store.open(&RunId::parse("none").unwrap()),
        Err(StoreError::NoSuchRun { .. })
    ));
}

fn dropped(row: usize, reason: DropReason) -> Drop {
    let line = serde_json::json!({"row": row, "block": "parse", "reason": reason, "at": at(0)});
    serde_json::from_value(line).unwrap()
}

#[test]
fn drops_of_an_earlier_attempt_are_set_aside_and_a_line_nobody_can_read_stays() {
    let folder = tempdir().unwrap();
    let store = RunStore::new(folder.path());
    let mut writer = store.create(record(&store)).unwrap();
    let id = writer.record().id.clone();
    let path = |name: &str| store.folder().join(id.as_str()).join(name);
    for row in 0..3 {
        writer.append_drop(&dropped(row, DropReason::Unparsable)).unwrap();
    }
    writer.finish(Outcome::Stopped, at(1)).unwrap();
    fs::write(
        path("drops.jsonl"),
        fs::read_to_string(path("drops.jsonl")).unwrap() + "{\"row\": true}\n",
    )
    .unwrap();

    // Nothing goes: nothing is written.
    let mut writer = store.resume(&id).unwrap();
    (0..3).for_each(|row| assert!(!writer.append_drop(&dropped(row, DropReason::Unparsable)).unwrap()));
    writer.finish(Outcome::Done, at(2)).unwrap();
    assert!(!path("drops.earlier.jsonl").exists());

    let mut writer = store.resume(&id).unwrap();
    writer.append_drop(&dropped(1, DropReason::Unparsable)).unwrap();
    writer.append_drop(&dropped(4, DropReason::Duplicate)).unwrap();
    writer.finish(Outcome::Done, at(3)).unwrap();
    let rows = |name: &str| -> Vec<serde_json::Value> {
        values(&path(name)).0.iter().map(|drop| drop["row"].clone()).collect()
    };
    assert_eq!(rows("drops.jsonl"), [1.into(), true.into(), serde_json::Value::from(4)]);
    assert_eq!(rows("drops.earlier.jsonl"), [0, 2]);

    // A table's run over another flow counts none of them and loses none of them.
    let other = RunRecord {
        flow_hash: "01".into(),
        ..record(&store)
    };
    let held = store.resume(&id).unwrap();
    assert!(matches!(
        RunWriter::in_folder(&store.folder().join(id.as_str()), other.clone()),
        Err(StoreError::RunInUse { .. })
    ));
    assert_eq!(rows("drops.jsonl").len(), 3);
    drop(held);
    RunWriter::in_folder(&store.folder().join(id.as_str()), other).unwrap();
    assert_eq!(rows("drops.jsonl").len(), 0);
    assert_eq!(rows("drops.earlier.jsonl").len(), 5);
}

#[test]
fn a_score_that_is_no_number_does_not_cost_the_sample() {
    let folder = tempdir().unwrap();
    let store = RunStore::new(folder.path());
    let mut writer = store.create(record(&store)).unwrap();
    let mut odd = sample("knowledge/a", "q", 0);
    odd.scores = [("a".to_owned(), f64::NAN), ("b".to_owned(), 0.5)].into();
    writer.append_sample(&odd).unwrap();
    let read = store.open(&writer.record().id).unwrap().samples().unwrap();
    assert_eq!(read.records[0].scores, [("b".to_owned(), 0.5)].into());
}

#[test]
fn every_part_of_a_call_changes_its_key() {
    let ask = |text: &str, temperature| {
        ChatRequest::new(
            Prompt::Chat(vec![Message::new(Role::User, text)]),
            Sampling {
                temperature,
                ..Sampling::default()
            },
        )
    };
    let raw = |text: &str| ChatRequest {
        prompt: Prompt::Raw(text.to_owned()),
        ..ask("", None)
    };
    let framed = |text: &str| ChatRequest {
        framed: Some(text.to_owned()),
        ..ask("a", None)
    };
    let keys = [
        request_key("m", &framed("[a]"), 0),
        request_key("m", &framed("a"), 0),
        request_key("m", &raw("a"), 0),
        request_key("m", &raw("b"), 0),
        request_key("m", &ask("a", None), 0),
        request_key("m", &ask("a", None), 1),
        request_key("n", &ask("a", None), 0),
        request_key("m", &ask("b", None), 0),
        request_key("m", &ask("a", Some(0.5)), 0),
    ];
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), 9);
    // Runs of earlier versions are taken up again: their keys stay as they were.
    assert_eq!(
        keys[4],
        "b6efeed03db4893e5ba7c34c123874489650d1d7c43d625e838ad591ce196b60"
    );
}

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use tempfile::tempdir;

use super::*;
use crate::samples::{Message, Provenance, Role, RunStore, Sample, SampleId, SampleLibrary, reviews_folder};
use crate::taxonomy::{Kind, NodePath};

const NODE: &str = "knowledge/frost";

pub(super) fn node() -> NodePath {
    NodePath::parse(NODE).unwrap()
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

pub(super) fn sample(n: usize) -> Sample {
    let messages = vec![
        Message::new(Role::User, format!("question {n}")),
        Message::new(Role::Assistant, "answer"),
    ];
    Sample {
        provenance: Provenance {
            made: Some(at(n as i64)),
            ..Provenance::default()
        },
        depth: 3,
        ..Sample::new(node(), Kind::Skill, messages, None)
    }
}

pub(super) fn anna() -> Option<Reviewer> {
    Reviewer::new("Anna", "anna@example.org")
}

pub(super) fn journal(root: &Path) -> std::path::PathBuf {
    reviews_folder(root, &node()).join("anna-at-example.org.jsonl")
}

fn edit_of(original: &Sample, answer: &str, second: i64) -> Sample {
    let mut messages = original.messages.clone();
    messages[1].content = answer.to_owned();
    edited_sample(original, messages, None, "Anna <anna@example.org>", at(second)).unwrap()
}

#[test]
fn decisions_survive_a_restart_and_so_does_undo() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    let mut reviews = Reviews::open(root, anna());
    let reasons = ["off-topic".to_owned()];
    reviews
        .decide(&sample(1), Verdict::Accepted, &[], "", at(1), 4.0)
        .unwrap();
    reviews
        .decide(&sample(2), Verdict::Rejected, &reasons, "about snow", at(2), f64::NAN)
        .unwrap();
    // The clock was set back; this is still the latest.
    reviews
        .decide(&sample(1), Verdict::Flagged, &[], "", at(-500), 1.0)
        .unwrap();
    let refused = reviews.decide(&sample(3), Verdict::Rejected, &["dunno".to_owned()], "", at(3), 1.0);
    assert!(matches!(refused, Err(ReviewError::UnknownReason { .. })));

    let mut reviews = Reviews::open(root, anna());
    assert_eq!(reviews.take_notices(), []);
    assert_eq!(reviews.verdict(&sample(1).id), Standing::Flagged);
    assert_eq!(
        reviews.counts(&node()),
        Counts {
            rejected: 1,
            flagged: 1,
            ..Counts::default()
        }
    );
    assert_eq!(reviews.counts(&node()).pending(5), 3);
    assert_eq!(
        reviews
            .last(10)
            .iter()
            .map(|decided| decided.verdict)
            .collect::<Vec<_>>(),
        [Verdict::Flagged, Verdict::Rejected, Verdict::Accepted]
    );
    assert_eq!(reviews.own_decision(&sample(2).id).unwrap().note, "about snow");
    let undone = reviews.undo_last(at(4)).unwrap();
    assert_eq!(
        (undone[0].was, undone[0].now),
        (Verdict::Flagged, Some(Verdict::Accepted))
    );
    let mut reviews = Reviews::open(root, anna());
    assert_eq!(reviews.undo_last(at(5)).unwrap()[0].sample, sample(2).id);
    assert_eq!(reviews.undo_sample(&sample(1).id, at(6)).unwrap()[0].now, None);
    assert_eq!(reviews.undo_last(at(7)).unwrap(), []);
    let reviews = Reviews::open(root, anna());
    assert_eq!(reviews.counts(&node()), Counts::default());
    assert_eq!(reviews.verdict(&sample(1).id), Standing::Pending);
}

#[test]
fn many_decisions_are_one_step() {
    let folder = tempdir().unwrap();
    let mut reviews = Reviews::open(folder.path(), anna());
    let samples: Vec<Sample> = (0..20).map(sample).collect();
    reviews
        .decide(&samples[0], Verdict::Skipped, &[], "", at(0), 1.0)
        .unwrap();
    let decision = |sample| Decision {
        sample,
        verdict: Verdict::Accepted,
        reasons: &[],
        note: "",
        seconds: 0.0,
    };
    reviews
        .decide_all(&samples.iter().map(decision).collect::<Vec<_>>(), at(1))
        .unwrap();
    assert_eq!(reviews.counts(&node()).accepted, 20);
    let mut reviews = Reviews::open(folder.path(), anna());
    assert_eq!(reviews.undo_last(at(2)).unwrap().len(), 20);
    assert_eq!(
        reviews.counts(&node()),
        Counts {
            skipped: 1,
            ..Counts::default()
        }
    );
}

#[test]
fn nobody_decides_without_a_name_and_a_refusing_disk_records_nothing() {
    let folder = tempdir().unwrap();
    let mut reviews = Reviews::open(folder.path(), None);
    assert_eq!(
        reviews.decide(&sample(1), Verdict::Accepted, &[], "", at(1), 1.0),
        Err(ReviewError::NoReviewer)
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut reviews = Reviews::open(folder.path(), anna());
    fs::create_dir_all(journal(folder.path())).unwrap();
    let error = reviews
        .decide(&sample(1), Verdict::Accepted, &[], "", at(1), 1.0)
        .unwrap_err();
    assert!(error.to_string().starts_with("nothing was recorded"), "{error}");
    assert_eq!(reviews.verdict(&sample(1).id), Standing::Pending);
}

#[test]
fn reviewers_agree_or_not() {
    let cases = [
        (vec![], Standing::Pending),
        (vec![Verdict::Skipped], Standing::Skipped),
        (vec![Verdict::Skipped, Verdict::Flagged], Standing::Flagged),
        (
            vec![Verdict::Accepted, Verdict::Flagged, Verdict::Skipped],
            Standing::Accepted,
        ),
        (vec![Verdict::Rejected, Verdict::Skipped], Standing::Rejected),
        (vec![Verdict::Rejected, Verdict::Accepted], Standing::Disputed),
    ];
    for (verdicts, standing) in cases {
        assert_eq!(Standing::of(verdicts), standing);
    }
    let folder = tempdir().unwrap();
    let root = folder.path();
    let mut mine = Reviews::open(root, anna());
    let mut theirs = Reviews::open(root, Reviewer::new("Юлия", ""));
    mine.decide(&sample(1), Verdict::Accepted, &[], "", at(1), 1.0).unwrap();
    theirs
        .decide(&sample(1), Verdict::Rejected, &[], "", at(2), 1.0)
        .unwrap();
    assert_eq!(mine.verdict(&sample(1).id), Standing::Accepted);
    assert!(mine.refresh());
    assert!(!mine.refresh());
    assert_eq!(mine.verdict(&sample(1).id), Standing::Disputed);
    assert_eq!(mine.own_verdict(&sample(1).id), Some(Verdict::Accepted));
    assert_eq!(mine.decisions(&sample(1).id).len(), 2);
    assert_eq!(mine.counts(&node()).disputed, 1);
    // One cannot undo what another decided.
    assert_eq!(mine.undo_last(at(3)).unwrap().len(), 1);
    assert_eq!(mine.undo_last(at(4)).unwrap(), []);
    assert_eq!(mine.verdict(&sample(1).id), Standing::Rejected);
    // Both wrote the sample; it is there once.
    assert_eq!(SampleLibrary::open(root, root).len(), 1);
}

#[test]
fn an_edit_takes_the_place_of_its_original() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    let store = RunStore::new(&root.join(".git"));
    let run = store.folder().join("r1");
    fs::create_dir_all(&run).unwrap();
    let lines: Vec<String> = (0..4)
        .map(|n| serde_json::to_string(&sample(n)).unwrap() + "\n")
        .collect();
    fs::write(run.join("samples.jsonl"), lines.concat()).unwrap();
    let mut library = SampleLibrary::open(root, &root.join(".git"));
    let mut reviews = Reviews::open(root, anna());
    let mut queue = Queue::open(&library, &reviews, vec![node()]);
    queue.forward();
    let original = library.load(&queue.current().unwrap().id).unwrap();
    let edited = edit_of(&original, "a better answer", 100);
    assert_eq!((edited.depth, edited.parent.as_ref()), (3, Some(&original.id)));
    assert!(edited_sample(&original, original.messages.clone(), None, "x", at(1)).is_none());

    reviews.edit(&original, &edited, at(10), 5.0).unwrap();
    library.refresh_node(&node());
    queue.refresh(&library, &reviews);
    assert_eq!(queue.current().unwrap().id, edited.id);
    assert_eq!(
        queue.progress(),
        Progress {
            position: 2,
            total: 4,
            undecided: 4,
            ..Progress::default()
        }
    );
    assert_eq!(
        reviews.counts(&node()),
        Counts {
            replaced: 1,
            ..Counts::default()
        }
    );
    let in_play = library.counts_where(&|sample| reviews.is_in_play(sample));
    assert_eq!(reviews.counts(&node()).pending(in_play[&node()]), 4);

    reviews
        .decide(&edited, Verdict::Accepted, &[], "", at(11), 5.0)
        .unwrap();
    queue.update(&reviews, &edited.id);
    assert_eq!((queue.progress().accepted, queue.progress().left()), (1, 3));
    // Backspace twice: the acceptance, then the edit.
    reviews.undo_last(at(12)).unwrap();
    let undone = reviews.undo_last(at(13)).unwrap();
    assert_eq!(undone[0].replaced_by.as_ref(), Some(&edited.id));
    queue.refresh(&library, &reviews);
    assert_eq!(queue.current().unwrap().id, original.id);
    assert_eq!((queue.len(), queue.progress().undecided), (4, 4));
    let in_play = library.counts_where(&|sample| reviews.is_in_play(sample));
    assert_eq!(reviews.counts(&node()).pending(in_play[&node()]), 4);

    // Edited there and back again: one of the two is in the queue, never none.
    reviews.edit(&original, &edited, at(14), 1.0).unwrap();
    let back = edit_of(&edited, "answer", 15);
    assert_eq!(back.id, original.id);
    reviews.edit(&edited, &back, at(16), 1.0).unwrap();
    queue.refresh(&library, &reviews);
    assert_eq!(queue.len(), 4);
    assert!(queue.position_of(&original.id).is_some());
}

#[test]
fn the_queue_keeps_its_places_and_comes_back_to_what_was_skipped() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    let run = root.join("seedbed/runs/r1");
    fs::create_dir_all(&run).unwrap();
    let write = |range: std::ops::Range<usize>| {
        let lines: Vec<String> = range
            .map(|n| serde_json::to_string(&sample(n)).unwrap() + "\n")
            .collect();
        fs::write(run.join("samples.jsonl"), lines.concat()).unwrap();
    };
    write(0..4);
    let mut library = SampleLibrary::open(root, root);
    let mut reviews = Reviews::open(root, anna());
    let mut queue = Queue::open(&library, &reviews, Vec::new());
    for (n, verdict) in [(0, Verdict::Skipped), (1, Verdict::Flagged), (2, Verdict::Accepted)] {
        assert_eq!(queue.current().unwrap().id, sample(n).id);
        reviews.decide(&sample(n), verdict, &[], "", at(n as i64), 2.0).unwrap();
        queue.update(&reviews, &sample(n).id);
        assert!(queue.advance());
    }
    write(0..6);
    library.refresh();
    queue.refresh(&library, &reviews);
    assert_eq!(
        queue.progress(),
        Progress {
            position: 4,
            total: 6,
            accepted: 1,
            rejected: 0,
            skipped: 1,
            flagged: 1,
            undecided: 3
        }
    );
    for n in 3..6 {
        assert_eq!(queue.current().unwrap().id, sample(n).id);
        reviews
            .decide(&sample(n), Verdict::Rejected, &[], "", at(10), 2.0)
            .unwrap();
        queue.update(&reviews, &sample(n).id);
        assert!(queue.advance());
    }
    assert_eq!(queue.current().unwrap().id, sample(0).id, "now the skipped one");
    assert!(!queue.advance());
    let listed: Vec<SampleId> = queue.work_list().map(|found| found.id.clone()).collect();
    assert_eq!(listed, [2, 3, 4, 5, 0].map(|n| sample(n).id));
    assert!(queue.next_with(Some(Verdict::Flagged)));
    assert!(!queue.go_to(&SampleId::from_text("x")) && queue.back() && !queue.back());
    let reopened = Queue::open(&library, &Reviews::open(root, anna()), vec![node()]);
    assert_eq!(reopened.progress(), queue.progress());
    let seconds: Vec<f64> = reviews.last(20).iter().map(|decided| decided.seconds).collect();
    assert_eq!(minutes_left(60, &seconds), Some(2));
    assert_eq!(minutes_left(60, &[1.0, 2.0]), None);
    assert_eq!(minutes_left(60, &[2.0, 2.0, 4000.0]), Some(4), "a pause is no pace");
}

#[test]
fn another_branch_has_other_decisions() {
    let folder = tempdir().unwrap();
    let mut reviews = Reviews::open(folder.path(), anna());
    reviews
        .decide(&sample(1), Verdict::Accepted, &[], "", at(1), 1.0)
        .unwrap();
    fs::remove_dir_all(folder.path().join("curated")).unwrap();
    assert!(reviews.refresh());
    assert_eq!(reviews.verdict(&sample(1).id), Standing::Pending);
    reviews
        .decide(&sample(1), Verdict::Rejected, &[], "", at(2), 1.0)
        .unwrap();
    assert_eq!(
        Reviews::open(folder.path(), anna()).verdict(&sample(1).id),
        Standing::Rejected
    );
    assert_eq!(SampleLibrary::open(folder.path(), folder.path()).len(), 1);
}

//! What a run dropped: read, restored, asked about again, looked at with another threshold.

use super::tests::{LEAF, choice, offers, started, tell};
use super::*;
use crate::samples::{Drop, DropReason, Keeps, Outcome, RunRecord, Threshold};
use crate::tui::model::{Overlay, ScreenName};
use crate::tui::testing::{Stage, sample};
use crate::workbench::TeacherOrigin;

const SEEDS: &str = "version: 3
created_by: someone
task_description: Answer questions on gardens.
seed_examples:
  - question: When are roses cut?
    answer: In early spring.
";

fn dropped(row: usize, block: &str, reason: DropReason, measure: Option<f64>) -> Drop {
    let mut columns = serde_json::Map::new();
    columns.insert("question".into(), format!("Question {row} \u{1b}[31m?").into());
    Drop {
        row,
        node: Some(NodePath::parse(LEAF).unwrap()),
        block: block.into(),
        reason,
        message: "so it was".into(),
        text: "[Question]\nWhat the model said".into(),
        columns,
        measures: measure.map(|measure| (block.to_owned(), measure)).into_iter().collect(),
        sample: measure.map(|_| Box::new(sample(LEAF, &format!("Question {row}?")))),
        at: "2026-11-22T09:00:00Z".parse().unwrap(),
    }
}

/// The generate screen with an earlier run chosen that is done: one row had the wrong form, three were too close to a seed.
fn stage(teacher: &str) -> Stage {
    let mut stage = Stage::new(&[(LEAF, SEEDS)]);
    stage.look_at_tree();
    let id = RunId::parse("20261122-090000-5eed").unwrap();
    let record = RunRecord {
        flow: "freeform-skill".into(),
        flow_hash: "0123456789abcdef".into(),
        teacher: teacher.into(),
        model: "granite-4.0-h-small".into(),
        nodes: vec![NodePath::parse(LEAF).unwrap()],
        wanted: 6,
        seed: 7,
        thresholds: vec![Threshold {
            block: "check_novelty".into(),
            key: "threshold".into(),
            value: 0.7,
            keeps: Keeps::Below,
        }],
        ..RunRecord::new(id, stage.now())
    };
    let mut writer = stage.rooms.workbench.runs().create(record).unwrap();
    writer
        .append_drop(&dropped(0, "find_parts", DropReason::Unparsable, None))
        .unwrap();
    for (row, measure) in [(1, 0.72), (2, 0.8), (3, 0.95)] {
        let one = dropped(row, "check_novelty", DropReason::NearSeed, Some(measure));
        writer.append_drop(&one).unwrap();
    }
    writer.finish(Outcome::Done, stage.now()).unwrap();
    stage.press("g");
    assert_eq!(stage.model.screen, ScreenName::Generate);
    stage.settle();
    tell(&mut stage, offers(vec![choice(teacher, TeacherOrigin::Settings)]));
    stage.press("end");
    stage.effects.clear();
    stage.press("d");
    stage.settle();
    stage
}

fn dialog(stage: &Stage) -> &crate::tui::chrome::Dialog {
    match &stage.model.overlay {
        Some(Overlay::Dialog(dialog)) => dialog,
        _ => panic!("no question: {}", stage.notice()),
    }
}

#[test]
fn dropped_rows_are_read_by_group_and_restored() {
    let mut stage = stage("near");
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("dropped · all · 4") && screen.contains("What the model said"),
        "{screen}"
    );
    stage.press("right");
    stage.settle();
    let screen = stage.draw(140, 30);
    assert!(screen.contains("too close to a seed by check_novelty"), "{screen}");
    assert!(screen.contains("measured 0.72, keeps below 0.7"), "{screen}");
    for (width, height) in [(60, 20), (40, 12), (200, 60), (3, 3)] {
        assert!(!stage.draw(width, height).contains('\u{1b}'));
        stage.press("tab");
    }
    stage.press("space space u");
    stage.settle();
    assert!(
        stage.notice().contains("2 in the review queue now"),
        "{}",
        stage.notice()
    );
    let node = NodePath::parse(LEAF).unwrap();
    assert_eq!(stage.model.tree.counts_below(&node).pending, 2);
    assert!(stage.draw(120, 36).contains("✓ too close"));
    // A row that never became a sample says what can be done instead.
    stage.press("left u");
    assert!(stage.notice().contains("still reading"), "{}", stage.notice());
    stage.settle();
    stage.press("u");
    stage.settle();
    assert!(stage.notice().contains("g asks about them again"), "{}", stage.notice());
    stage.press("esc");
    assert!(stage.model.generate.quarantine.is_none() && stage.model.screen == ScreenName::Generate);
}

#[test]
fn a_row_is_asked_about_again_from_the_call_that_came_to_nothing() {
    let mut stage = stage("near");
    stage.press("g");
    // The run is taken up by the next effects; they are looked at, not done.
    let calls: Vec<Effect> = stage
        .effects
        .drain(..)
        .filter_map(|effect| match effect {
            crate::tui::effect::Effect::Generate(effect @ Effect::FindCalls { .. }) => Some(effect),
            _ => None,
        })
        .collect();
    let [
        Effect::FindCalls {
            run,
            wanted,
            generation,
        },
    ] = calls.as_slice()
    else {
        panic!("{calls:?}")
    };
    let found = super::quarantine_jobs::calls(&stage.rooms, run, wanted, *generation);
    tell(&mut stage, found);
    let (_, wish) = started(&stage).unwrap();
    assert_eq!((wish.count, wish.seed, wish.resume.is_some()), (6, 7, true));
    let [again] = wish.again.as_slice() else {
        panic!("{wish:?}")
    };
    assert_eq!(
        (again.block.as_str(), again.row.as_str(), again.attempt),
        ("ask", "0", 1)
    );
    assert!(stage.model.generate.quarantine.is_none() && stage.model.generate.watching);
}

#[test]
fn another_threshold_says_what_it_moves_before_it_is_used() {
    let mut stage = stage("far");
    stage.press("t");
    assert!(
        dialog(&stage).body.contains("threshold is below 0.7"),
        "{}",
        dialog(&stage).body
    );
    stage.wait(jiff::SignedDuration::from_secs(1));
    stage.write("x");
    stage.press("enter");
    assert!(dialog(&stage).body.contains("is no number"));
    stage.press("backspace backspace backspace");
    stage.write("0.9");
    stage.wait(jiff::SignedDuration::from_secs(1));
    stage.press("enter");
    stage.settle();
    let body = dialog(&stage).body.clone();
    assert!(body.contains("of 3 rows that it dropped 2 would stay"), "{body}");
    stage.wait(jiff::SignedDuration::from_secs(1));
    stage.press("down enter");
    // Its teacher is on another machine: that is asked, too.
    assert!(started(&stage).is_none() && dialog(&stage).body.contains("another machine"));
    stage.wait(jiff::SignedDuration::from_secs(1));
    stage.press("down enter");
    let (_, wish) = started(&stage).unwrap();
    assert_eq!(wish.overrides, ["check_novelty.threshold=0.9"]);
}

#[test]
fn only_the_rows_around_the_chosen_one_are_held_and_a_file_that_grew_is_read_on() {
    let mut stage = stage("near");
    let run = stage.model.generate.quarantine.as_ref().unwrap().run.clone();
    let file = stage
        .rooms
        .workbench
        .runs()
        .folder()
        .join(run.as_str())
        .join("drops.jsonl");
    let mut text = std::fs::read_to_string(&file).unwrap();
    let line = |row: usize| {
        let one = dropped(row, "check_text", DropReason::Filter, Some(0.1));
        serde_json::to_string(&one).unwrap()
    };
    for row in 4..2000 {
        text += &format!("{}\n", line(row));
    }
    let torn = line(2000);
    let (half, rest) = torn.split_at(torn.len() / 2);
    std::fs::write(&file, format!("{text}{half}")).unwrap();
    stage.press("ctrl-r");
    stage.settle();
    assert!(stage.draw(120, 36).contains("dropped · all · 2,000"));
    stage.press("end");
    assert!(stage.draw(120, 36).contains('…'));
    stage.settle();
    assert!(stage.draw(120, 36).contains("Question 1999"));
    // What was torn is whole now; rows before it stay where they are.
    std::fs::write(&file, format!("{text}{half}{rest}\n")).unwrap();
    stage.press("up ctrl-r");
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("all · 2,001") && screen.contains("row 1998"),
        "{screen}"
    );
    // Every row of a group, but for one.
    stage.press("right");
    stage.settle();
    stage.press("a end");
    stage.settle();
    stage.press("space u");
    stage.settle();
    assert!(
        stage.notice().contains("1996 in the review queue now"),
        "{}",
        stage.notice()
    );
    assert!(stage.draw(120, 36).contains("✓ filtered"));
    stage.press("left");
    stage.settle();
    assert!(stage.draw(120, 36).contains("✗ wrong form"));
    // Taken up again, the run begins another file: marks mean nothing any more.
    stage.press("a");
    std::fs::write(&file, format!("{}\n", line(9))).unwrap();
    stage.press("u");
    stage.settle();
    assert!(stage.notice().contains("written anew"), "{}", stage.notice());
    stage.press("ctrl-r");
    stage.settle();
    assert!(stage.draw(120, 36).contains("dropped · all · 1 "));
    let quarantine = stage.model.generate.quarantine.as_ref().unwrap();
    assert!(quarantine.marked.is_empty() && quarantine.restored.is_empty());
}

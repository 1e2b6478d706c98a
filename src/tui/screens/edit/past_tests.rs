use super::tests::{SKILL, SKILL_TEXT, choose, open, sheet, text};
use super::*;
use crate::git::Author;
use crate::tui::testing::Stage;
use crate::workbench::CommitRequest;

const OTHER: &str = "compositional_skills/other";
const OTHER_TEXT: &str = "seed_examples: # theirs\n- question: 'O1'\n  answer: P1\n";

fn stage() -> Stage {
    let knowledge = "seed_examples:\n- context: c\n";
    let mut stage = Stage::new(&[(SKILL, SKILL_TEXT), (OTHER, OTHER_TEXT), ("knowledge/frost", knowledge)]);
    stage.press("ctrl-r");
    stage.settle();
    open(&mut stage, SKILL);
    stage
}

fn commit(stage: &Stage, message: &str) {
    let request = CommitRequest {
        paths: stage.rooms.workbench.changes().unwrap().offered_paths(),
        message: message.into(),
        author: Some(Author::new("Ann", "ann@example.org").unwrap()),
        despite_errors: true,
        ..CommitRequest::default()
    };
    stage.rooms.workbench.commit(&request).unwrap();
}

#[test]
fn an_example_is_copied_to_a_leaf_of_the_same_kind_and_undo_takes_it_out() {
    let mut stage = stage();
    choose(&mut stage, ".seed_examples[1].answer");
    stage.press("y");
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains(OTHER) && !screen.contains("knowledge/frost"),
        "{screen}"
    );
    stage.write("oth");
    stage.press("enter");
    stage.settle();
    let there = stage.on_disk(OTHER);
    assert!(
        there.starts_with(OTHER_TEXT) && there.contains("question: 'Q2'"),
        "{there}"
    );
    assert!(stage.notice().starts_with("copied example 2"), "{}", stage.notice());
    assert_eq!(text(&mut stage), SKILL_TEXT);
    stage.press("u");
    stage.settle();
    assert_eq!(stage.on_disk(OTHER), OTHER_TEXT);
    stage.press("U");
    stage.settle();
    assert_eq!(stage.on_disk(OTHER), there);
}

#[test]
fn an_example_is_moved_and_a_leaf_that_changed_since_is_left_alone() {
    let mut stage = stage();
    choose(&mut stage, ".seed_examples[1].answer");
    stage.press("m");
    stage.settle();
    stage.press("enter");
    stage.settle();
    assert!(stage.on_disk(OTHER).contains("A2 folded text"));
    assert!(!text(&mut stage).contains("A2 folded"));
    let theirs = format!("{}# more\n", stage.on_disk(OTHER));
    std::fs::write(NodePath::parse(OTHER).unwrap().qna(&stage.model.root), &theirs).unwrap();
    stage.press("u");
    stage.settle();
    assert_eq!(text(&mut stage), SKILL_TEXT);
    assert_eq!(stage.on_disk(OTHER), theirs);
    assert!(stage.notice().contains("was changed since"), "{}", stage.notice());
}

#[test]
fn the_history_of_an_example_is_read_and_an_earlier_version_comes_back() {
    let mut stage = stage();
    commit(&stage, "Begin");
    choose(&mut stage, ".seed_examples[0].question");
    stage.press("enter ! esc D ctrl-s");
    stage.settle();
    choose(&mut stage, ".seed_examples[0].question");
    stage.press("enter ? esc J ctrl-s");
    stage.settle();
    commit(&stage, "Change");
    stage.press("h");
    stage.settle();
    let screen = stage.draw(120, 36);
    for part in [
        "history of example 2",
        "Ann changed example 2: question",
        "Ann added example 2",
        "Change",
        "as it reads now",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    for (width, height) in [(1, 1), (40, 10), (60, 12), (80, 24)] {
        stage.draw(width, height);
    }
    let now = text(&mut stage);
    stage.press("down enter");
    assert_eq!(text(&mut stage), now.replace("Q2?", "Q2"));
    stage.press("u");
    assert_eq!(text(&mut stage), now);
    // One that was removed comes back at the end.
    stage.press("h");
    stage.settle();
    stage.press("o");
    assert!(stage.draw(120, 36).contains("Ann removed example 1"));
    let removed = stage
        .draw(120, 36)
        .lines()
        .filter(|line| line.contains("Ann "))
        .position(|line| line.contains("removed"));
    for _ in 0..removed.unwrap() {
        stage.press("down");
    }
    stage.press("enter");
    assert_eq!(
        sheet(&mut stage).leaf.seed_examples.last().unwrap().pairs[0].question,
        "Q1"
    );
}

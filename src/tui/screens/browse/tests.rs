use crate::taxonomy::NodePath;
use crate::tui::model::ScreenName;
use crate::tui::testing::Stage;

const SEEDS: &str = "version: 3\ntask_description: T\ncreated_by: x\nseed_examples:\n- question: q\n  answer: a\n";
const LEAF: &str = "compositional_skills/writing/reply";

fn node(path: &str) -> NodePath {
    NodePath::parse(path).unwrap()
}

fn stage() -> Stage {
    let mut stage = Stage::new(&[(LEAF, SEEDS), ("compositional_skills/writing/summary", SEEDS)]);
    stage.look_at_tree();
    stage.model.tree.choose(&node(LEAF));
    stage
}

fn answer(stage: &mut Stage, keys: &str) {
    stage.wait(jiff::SignedDuration::from_secs(2));
    stage.press(keys);
    stage.settle();
}

#[test]
fn a_new_leaf_is_named_by_habit_and_stays_a_draft_until_it_is_whole() {
    let mut stage = stage();
    stage.press("n");
    stage.write("Thank You!");
    answer(&mut stage, "enter");
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("make compositional_skills/writing/thank_you"),
        "{screen}"
    );
    assert!(
        screen.contains("keep compositional_skills/writing/Thank You!"),
        "{screen}"
    );
    answer(&mut stage, "enter");
    let path = node("compositional_skills/writing/thank_you");
    assert_eq!(stage.model.screen, ScreenName::Edit);
    assert!(stage.model.tree.drafts.contains(&path));
    assert!(!path.folder(&stage.model.root).exists());
    // It shows in the tree, marked.
    stage.press("esc");
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(screen.contains("thank_you") && screen.contains("draft"), "{screen}");
    // Saving says what is open; the person may write it all the same.
    stage.press("enter");
    stage.settle();
    stage.press("ctrl-s");
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(screen.contains("this leaf is not whole yet"), "{screen}");
    answer(&mut stage, "down enter");
    assert!(path.qna(&stage.model.root).is_file());
    assert!(path.folder(&stage.model.root).join("attribution.txt").is_file());
    assert!(!stage.model.tree.drafts.contains(&path));
}

#[test]
fn a_draft_that_is_discarded_comes_back_by_undo() {
    let mut stage = stage();
    stage.press("n");
    stage.write("thanks");
    answer(&mut stage, "enter");
    let path = node("compositional_skills/writing/thanks");
    assert_eq!(stage.model.edit.node(), Some(&path));
    stage.press("ctrl-x");
    stage.settle();
    assert_eq!(stage.model.screen, ScreenName::Browse);
    assert!(stage.model.tree.node(&path).is_none());
    stage.press("u");
    stage.settle();
    assert_eq!(stage.model.tree.chosen().unwrap().path, path);
    assert!(stage.model.tree.drafts.contains(&path));
}

#[test]
fn renaming_moving_and_deleting_are_each_one_key_from_undone() {
    let mut stage = stage();
    let root = stage.model.root.clone();
    stage.press("R");
    stage.press("ctrl-backspace");
    stage.write("kind_reply");
    answer(&mut stage, "enter");
    let renamed = node("compositional_skills/writing/kind_reply");
    assert!(renamed.qna(&root).is_file() && !node(LEAF).folder(&root).exists());
    assert_eq!(stage.model.tree.chosen().unwrap().path, renamed);
    assert!(stage.notice().contains("takes it back"), "{}", stage.notice());
    stage.press("u");
    stage.settle();
    assert!(node(LEAF).qna(&root).is_file() && !renamed.folder(&root).exists());

    stage.model.tree.choose(&node("compositional_skills/writing"));
    stage.press("D");
    stage.settle();
    assert!(!root.join("compositional_skills/writing").exists());
    assert_eq!(stage.model.tree.leaf_count(), 0);
    stage.press("u");
    stage.settle();
    assert_eq!(stage.model.tree.leaf_count(), 2);
    assert_eq!(stage.on_disk(LEAF), SEEDS);
}

#[test]
fn unsaved_text_goes_along_with_its_leaf() {
    let mut stage = stage();
    stage.press("enter");
    stage.settle();
    stage.press("down enter");
    stage.write("more");
    stage.press("esc esc");
    stage.settle();
    stage.press("R ctrl-backspace");
    stage.write("other");
    answer(&mut stage, "enter");
    stage.press("enter");
    stage.settle();
    assert_eq!(
        stage.model.edit.node(),
        Some(&node("compositional_skills/writing/other"))
    );
    assert!(stage.model.edit.is_changed());
    assert_eq!(stage.on_disk("compositional_skills/writing/other"), SEEDS);
}

#[test]
fn review_is_refused_only_where_it_is_known_that_there_is_nothing() {
    let mut stage = stage();
    stage.model.tree.set_counts(std::collections::HashMap::new());
    stage.press("r");
    assert_eq!(stage.model.screen, ScreenName::Browse);
    assert!(stage.notice().contains("no samples yet"), "{}", stage.notice());
    // As in the first moments after a start, while they are still being counted.
    let sample = stage.add_sample(LEAF, "One?");
    stage.model.tree.counted = false;
    let screen = stage.draw(120, 36);
    assert!(screen.contains("counting samples"), "{screen}");
    stage.press("r");
    stage.settle();
    assert_eq!(stage.model.screen, ScreenName::Review);
    assert_eq!(stage.model.review.current(), Some(sample.id));
}

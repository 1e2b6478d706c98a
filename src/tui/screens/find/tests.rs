use crate::tui::model::ScreenName;
use crate::tui::testing::Stage;

const A: &str = "compositional_skills/a";
const B: &str = "compositional_skills/b";
const C: &str = "compositional_skills/c";
const TEXT: &str = "task_description: Frost # frost\nseed_examples:\n- question: What is frost?\n  answer: 'Frost.'\n";

fn stage() -> Stage {
    let mut stage = Stage::new(&[(A, TEXT), (B, TEXT), (C, "frost: [\n")]);
    stage.press("ctrl-r");
    stage.settle();
    stage.press("S");
    assert_eq!(stage.model.screen, ScreenName::Find);
    stage.write("frost");
    stage.press("tab");
    stage.write("ice");
    stage.settle();
    stage
}

#[test]
fn ticked_places_are_replaced_and_one_undo_takes_all_back() {
    let mut stage = stage();
    assert_eq!(stage.model.find.counts(), (6, 6));
    let screen = stage.draw(120, 36);
    for part in [
        "6 of 6 places ticked",
        "frost → ice",
        "c is left alone: the file does not parse",
    ] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    // Out with the second place of the first leaf.
    stage.press("tab home down down space ctrl-s");
    stage.settle();
    assert_eq!(
        stage.on_disk(A),
        TEXT.replace("description: Frost", "description: ice")
            .replace("'Frost.'", "'ice.'")
    );
    assert!(!stage.on_disk(B).contains("is frost"));
    assert!(stage.on_disk(B).contains("# frost"));
    assert!(
        stage.notice().starts_with("replaced 5 places in 2 leaves"),
        "{}",
        stage.notice()
    );
    stage.press("u");
    stage.settle();
    assert_eq!((stage.on_disk(A).as_str(), stage.on_disk(B).as_str()), (TEXT, TEXT));
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone_and_named() {
    let mut stage = stage();
    let theirs = TEXT.replace("Frost.", "Theirs.");
    let file = crate::taxonomy::NodePath::parse(B).unwrap().qna(&stage.model.root);
    std::fs::write(file, &theirs).unwrap();
    stage.press("ctrl-s");
    stage.settle();
    assert_eq!(stage.on_disk(B), theirs);
    assert!(!stage.on_disk(A).contains("What is frost"));
    assert!(
        stage
            .notice()
            .contains("left alone: compositional_skills/b: the file changed"),
        "{}",
        stage.notice()
    );
}

#[test]
fn the_search_is_narrowed_and_drawn_at_every_size() {
    let mut stage = stage();
    stage.press("alt-c");
    stage.settle();
    assert_eq!(stage.model.find.counts().0, 2);
    stage.press("alt-w alt-w");
    stage.settle();
    assert_eq!(stage.model.find.counts().0, 0);
    stage.press("alt-c alt-r shift-tab ctrl-a");
    stage.write("(");
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(screen.contains("is no regular expression"), "{screen}");
    for (width, height) in [(0, 0), (1, 1), (20, 4), (40, 10), (80, 24), (300, 80)] {
        stage.draw(width, height);
    }
    stage.press("esc");
    assert_eq!(stage.model.screen, ScreenName::Browse);
}

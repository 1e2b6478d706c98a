use super::tests::*;
use super::*;
use crate::review::Verdict;
use crate::tui::effect::Effect as AnyEffect;

#[test]
fn changes_are_grouped_and_told_in_words() {
    let mut stage = stage();
    decide(&stage, "May I?", Verdict::Accepted);
    decide(&stage, "Well?", Verdict::Rejected);
    edit_seeds(&stage, UNITS);
    write(&stage, "notes.txt", "mine\n");
    write(&stage, &format!("curated/{REPLIES}/samples.jsonl.torn-1"), "{\"id\"");
    enter(&mut stage);
    let screen = stage.draw(120, 36);
    for wanted in [
        "[x] kitchen_units: seeds changed",
        "[x] polite_replies: 1 accepted, 1 rejected",
        "[x] polite_replies: 2 samples added",
        "[ ] notes.txt: new",
        "[!] ",
        "Signed-off-by: Ada <ada@example.org>",
        "no hooks · not signed",
        "on main",
        "Curate 1 sample, reject 1 and edit seeds for 2 leaves",
    ] {
        assert!(screen.contains(wanted), "{wanted}\n{screen}");
    }
    // The first change's difference is there without asking.
    assert!(screen.contains("Kindly"), "{screen}");
    choose(&mut stage, "notes.txt");
    assert!(stage.draw(120, 36).contains("a new file"));
    let screen = {
        let at = stage.model.commit.listing.rows.iter().position(|row| match row {
            Row::File(index) => stage.model.commit.files()[*index].path.contains("/reviews/"),
            Row::Heading(_) => false,
        });
        stage.model.commit.list.chosen = at.unwrap();
        stage.press("down up");
        stage.settle();
        stage.draw(120, 36)
    };
    assert!(
        screen.contains("✓ accepted") && screen.contains("Q  May I?"),
        "{screen}"
    );
    assert!(screen.contains("✗ rejected: wrong"), "{screen}");
    choose(&mut stage, ".torn-1");
    stage.press("space");
    assert!(stage.notice().contains("cut off"), "{}", stage.notice());
    stage.press("ctrl-s");
    stage.settle();
    assert!(stage.notice().starts_with("committed "), "{}", stage.notice());
    let (_, files) = last_commit(&stage);
    assert!(!files.contains("torn") && !files.contains("notes.txt"), "{files}");
}

#[test]
fn nothing_to_commit_is_said_calmly() {
    let mut stage = stage();
    enter(&mut stage);
    let screen = stage.draw(80, 24);
    assert!(screen.contains("Nothing to commit"), "{screen}");
    stage.press("C m tab");
    assert!(
        stage
            .effects
            .iter()
            .all(|effect| !matches!(effect, AnyEffect::Commit(_)))
    );
    assert_eq!(stage.model.commit.part, Part::Changes);
}

#[test]
fn every_size_is_drawn_with_what_matters() {
    let mut stage = stage();
    break_seeds(&stage, UNITS);
    edit_seeds(&stage, REPLIES);
    enter(&mut stage);
    for (width, height) in [
        (120, 36),
        (200, 60),
        (80, 24),
        (100, 12),
        (60, 20),
        (40, 10),
        (20, 5),
        (0, 0),
    ] {
        stage.model.commit.part = Part::Changes;
        let screen = stage.draw(width, height);
        if width >= 40 {
            assert!(screen.contains("[x] kitchen_units"), "{width}x{height}\n{screen}");
            assert!(
                screen.contains("1 error") || screen.contains("errors"),
                "{width}x{height}\n{screen}"
            );
        }
        stage.press("tab");
        stage.draw(width, height);
        stage.press("tab");
        let screen = stage.draw(width, height);
        if width >= 40 {
            assert!(screen.contains("Edit seeds for 2 leaves"), "{width}x{height}\n{screen}");
        }
        stage.press("tab");
        assert_eq!(stage.model.commit.part, Part::Changes);
    }
    stage.draw(120, 36);
    stage.click("[x] polite_replies");
    // The first cell of the text is the box's space.
    assert!(stage.draw(120, 36).contains("1 of 2 chosen"));
    stage.click("Edit seeds for");
    assert_eq!(stage.model.commit.part, Part::Message);
}

#[test]
fn a_heading_takes_its_group_in_and_out() {
    let mut stage = stage();
    edit_seeds(&stage, UNITS);
    write(&stage, "a.txt", "a\n");
    write(&stage, "notes/b.txt", "b\n");
    enter(&mut stage);
    choose(&mut stage, "a.txt");
    stage.press("up space");
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("[x] a.txt: new") && screen.contains("[x] b.txt: new in notes"),
        "{screen}"
    );
    assert!(screen.contains("2 of 2 changes chosen; here"), "{screen}");
    stage.press("space home space C");
    assert!(stage.notice().contains("no change is chosen"), "{}", stage.notice());
}

#[test]
fn what_was_read_stays_where_it_was_scrolled_to() {
    let mut stage = stage();
    write(
        &stage,
        &format!("{UNITS}/qna.yaml"),
        &REPLIES_TEXT.replace("question: \"", "question: \"Kindly: "),
    );
    enter(&mut stage);
    stage.draw(80, 24);
    stage.press("tab down down down");
    let before = stage.draw(80, 24);
    update::files_changed(&mut stage.model, &mut stage.effects);
    stage.settle();
    assert_eq!(stage.draw(80, 24), before);
    stage.press("d");
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("-   - question") && screen.contains("+   - question"),
        "{screen}"
    );
}

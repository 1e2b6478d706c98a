use crate::tui::testing::Stage;

const LEAF: &str = "compositional_skills/a";
const SEEDS: &str = "version: 3\ntask_description: T\ncreated_by: x\nseed_examples:\n- question: q\n  answer: a\n";

fn opened(sources: &str) -> Stage {
    let mut stage = Stage::new(&[(LEAF, SEEDS)]);
    if !sources.is_empty() {
        std::fs::write(stage.model.root.join(LEAF).join("attribution.txt"), sources).unwrap();
    }
    stage.look_at_tree();
    stage.press("t");
    stage.settle();
    stage
}

fn file(stage: &Stage) -> String {
    std::fs::read_to_string(stage.model.root.join(LEAF).join("attribution.txt")).unwrap()
}

#[test]
fn a_first_work_is_filled_in_with_a_licence_that_is_offered() {
    let mut stage = opened("");
    stage.press("a");
    stage.write("Frost");
    stage.press("tab");
    stage.press("tab tab");
    stage.write("cc by sa");
    let screen = stage.draw(120, 36);
    assert!(screen.contains("✓ CC-BY-SA-4.0"), "{screen}");
    stage.press("down enter");
    stage.write("Ada");
    stage.press("esc esc");
    stage.settle();
    assert_eq!(
        file(&stage),
        "Title of work: Frost\nLink to work: -\nLicense of the work: CC-BY-SA-4.0\nCreator names: Ada\n"
    );
    assert!(stage.model.overlay.is_none());
}

#[test]
fn odd_lines_stay_and_undo_leads_back() {
    let odd = "# by hand\r\nTitle: A\r\nNotes: see the shed\r\nLicence: GPL-3.0";
    let mut stage = opened(odd);
    let screen = stage.draw(120, 36);
    assert!(screen.contains("not one that InstructLab accepts"), "{screen}");
    stage.press("down enter");
    stage.write("B");
    stage.press("esc ctrl-s");
    stage.settle();
    assert_eq!(file(&stage), odd.replace("Title: A", "Title: AB"));
    stage.press("D u u ctrl-s");
    stage.settle();
    assert_eq!(file(&stage), odd);
}

#[test]
fn a_file_that_somebody_else_changed_is_not_written_over() {
    let mut stage = opened("Title: A\n");
    std::fs::write(stage.model.root.join(LEAF).join("attribution.txt"), "Title: theirs\n").unwrap();
    stage.press("down enter");
    stage.write("B");
    stage.press("esc esc");
    stage.settle();
    assert_eq!(file(&stage), "Title: theirs\n");
    assert!(
        stage.notice().contains("changed by another program"),
        "{}",
        stage.notice()
    );
    assert!(stage.model.overlay.is_some());
}

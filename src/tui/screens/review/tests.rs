use super::*;
use crate::tui::model::ScreenName;
use crate::tui::testing::Stage;

const REPLY: &str = "compositional_skills/reply";
const SEEDS: &str = "version: 3\ntask_description: t\ncreated_by: ada\nseed_examples:\n- question: Q\n  answer: A\n";

/// The screen on a leaf with two samples.
fn stage() -> Stage {
    let mut stage = Stage::new(&[(REPLY, SEEDS)]);
    for question in ["May I?", "Must I?"] {
        stage.add_sample(REPLY, question);
    }
    let node = NodePath::parse(REPLY).unwrap();
    assert!(update::enter(&mut stage.model, Some(node), &mut stage.effects));
    stage.model.screen = ScreenName::Review;
    stage.settle();
    stage
}

#[test]
fn an_edit_begins_at_the_end_of_each_text() {
    let mut stage = stage();
    stage.press("e");
    stage.write(" Truly.");
    stage.press("tab");
    stage.write(" Please.");
    let draft = stage.model.review.draft().unwrap();
    let texts: Vec<String> = draft.fields.iter().map(|(_, field)| field.text()).collect();
    assert!(texts[0].ends_with(" I? Please."), "{texts:?}");
    assert_eq!(texts[1], "Gladly. Truly.");
}

#[test]
fn hints_name_the_keys_that_the_person_has() {
    let mut stage = stage();
    stage.rebind(&[
        ("review.undo", "f12"),
        ("field.save", "f11"),
        ("review.edit", "ctrl-w"),
        ("commit.open", "ctrl-t"),
        ("move.next-pane", "f10"),
    ]);
    stage.press("a");
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("(f12 takes it back)") && screen.contains("f10: "),
        "{screen}"
    );
    stage.press("ctrl-w");
    let screen = stage.draw(120, 30);
    assert!(screen.contains("edit: f11 keeps it"), "{screen}");
    stage.press("esc");
    let told = stage.notice();
    assert!(told.contains("ctrl-w goes on") && told.contains("f11 there"), "{told}");
    stage.press("x");
    assert!(stage.notice().contains("ctrl-t commits"), "{}", stage.notice());
}

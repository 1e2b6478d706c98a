use jiff::SignedDuration;

use super::outline::Row;
use super::*;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::{Action, Mouse, MouseKind};
use crate::tui::testing::Stage;

pub(super) const SKILL: &str = "compositional_skills/reply";
pub(super) const SKILL_TEXT: &str = "\
# Our seeds
version: 3
task_description: 'Reply politely.' # one line
created_by: gardens
seed_examples:
  # the first
  - question: \"Q1\"
    answer: |
      A1
  - question: Q2
    answer: >-
      A2 folded
      text
  - answer: A3
    question: Q3
";
pub(super) const KNOWLEDGE: &str = "knowledge/frost";
pub(super) const KNOWLEDGE_TEXT: &str = "\
version: 3
domain: horticulture
created_by: gardens
seed_examples:
- context: Wet ground gives off heat.
  questions_and_answers:
  - question: K1
    answer: L1
  - question: K2
    answer: L2
  - question: K3
    answer: L3
document_outline: Frost.
document:
  repo: https://example.org/frost.git
  commit: 951999afdc59c46d325493568193b40bd5439c9e
  patterns:
  - '*.md'
";

pub(super) fn stage(leaf: &str) -> Stage {
    let mut stage = Stage::new(&[(SKILL, SKILL_TEXT), (KNOWLEDGE, KNOWLEDGE_TEXT)]);
    open(&mut stage, leaf);
    stage
}

pub(super) fn open(stage: &mut Stage, leaf: &str) {
    let node = NodePath::parse(leaf).unwrap();
    assert!(update::enter(&mut stage.model, Some(node), &mut stage.effects));
    stage.model.screen = crate::tui::model::ScreenName::Edit;
    stage.settle();
}

pub(super) fn sheet(stage: &mut Stage) -> &mut Sheet {
    stage.model.edit.sheet.as_mut().unwrap()
}

pub(super) fn text(stage: &mut Stage) -> String {
    String::from_utf8(sheet(stage).bytes().to_vec()).unwrap()
}

/// Chooses the field at a YAML path.
pub(super) fn choose(stage: &mut Stage, path: &str) {
    assert!(sheet(stage).choose_path(&path.parse().unwrap()), "{path}");
}

fn questions(stage: &mut Stage) -> Vec<String> {
    let examples = &sheet(stage).leaf.seed_examples;
    examples
        .iter()
        .flat_map(|example| &example.pairs)
        .map(|pair| pair.question.clone())
        .collect()
}

#[test]
fn the_outline_has_every_field_below_its_heading() {
    let mut stage = stage(SKILL);
    use Row::{Example, Field, File};
    let rows = [
        File,
        Field(0),
        Field(1),
        Example(0),
        Field(2),
        Field(3),
        Example(1),
        Field(4),
        Field(5),
        Example(2),
        Field(6),
        Field(7),
    ];
    assert_eq!(sheet(&mut stage).rows, rows);
    assert!(!stage.model.edit.is_changed());
    let screen = stage.draw(120, 36);
    for part in ["A freeform skill", "Reply politely.", "Example 3", "1 word", "gardens"] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
}

#[test]
fn what_is_typed_is_in_the_file_when_the_field_is_left_and_nowhere_else() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".seed_examples[1].question");
    stage.press("enter");
    assert_eq!(stage.model.edit.context(), Context::Field);
    stage.write(" and é?");
    assert!(stage.model.edit.is_changed());
    assert_eq!(text(&mut stage), SKILL_TEXT);
    stage.press("esc");
    assert_eq!(stage.model.edit.context(), Context::Edit);
    let wanted = SKILL_TEXT.replace("question: Q2", "question: Q2 and é?");
    assert_eq!(text(&mut stage), wanted);
    stage.press("u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    assert!(!stage.model.edit.is_changed());
    stage.press("U");
    assert_eq!(text(&mut stage), wanted);
    stage.press("ctrl-s");
    stage.settle();
    assert_eq!(stage.on_disk(SKILL), wanted);
    assert!(!stage.model.edit.is_changed());
    assert!(stage.notice().starts_with("saved"), "{}", stage.notice());
    // The undo goes on past a save.
    stage.press("u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    assert!(stage.model.edit.is_changed());
}

#[test]
fn saving_while_typing_keeps_the_caret_and_makes_one_step_of_undo() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".seed_examples[0].answer");
    stage.press("i x");
    stage.press("ctrl-s");
    let Some(AnyEffect::Edit(Effect::Save { bytes, expected, .. })) = stage.effects.last() else {
        panic!()
    };
    assert_eq!(
        std::str::from_utf8(bytes).unwrap(),
        SKILL_TEXT.replace("      A1\n", "      A1x\n")
    );
    assert_eq!(*expected, Some(Fingerprint::of(SKILL_TEXT.as_bytes())));
    stage.settle();
    assert_eq!(stage.model.edit.context(), Context::Field);
    stage.press("y esc u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    assert!(!sheet(&mut stage).history.can_undo());
}

#[test]
fn tab_types_in_the_next_field_over_headings() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".created_by");
    stage.press("enter tab");
    let path = |stage: &mut Stage| sheet(stage).typing.as_ref().unwrap().path.to_string();
    assert_eq!(path(&mut stage), ".seed_examples[0].question");
    stage.press("shift-tab");
    assert_eq!(path(&mut stage), ".created_by");
    // Enter ends a one-line field.
    stage.press("enter");
    assert_eq!(stage.model.edit.context(), Context::Edit);
    assert_eq!(text(&mut stage), SKILL_TEXT);
}

#[test]
fn examples_are_added_copied_moved_and_removed() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".seed_examples[0].answer");
    stage.press("a");
    assert_eq!(
        sheet(&mut stage).typing.as_ref().unwrap().path.to_string(),
        ".seed_examples[1].question"
    );
    stage.write("new one");
    stage.press("esc");
    assert_eq!(questions(&mut stage), ["Q1", "new one", "Q2", "Q3"]);
    stage.press("J");
    assert_eq!(questions(&mut stage), ["Q1", "Q2", "new one", "Q3"]);
    assert_eq!(
        sheet(&mut stage).field().unwrap().yaml_path.to_string(),
        ".seed_examples[2].question"
    );
    stage.press("K ctrl-d");
    assert_eq!(questions(&mut stage), ["Q1", "new one", "new one", "Q2", "Q3"]);
    stage.press("D");
    assert_eq!(questions(&mut stage), ["Q1", "new one", "Q2", "Q3"]);
    assert_eq!(stage.notice(), "removed example 3; u takes it back");
    for _ in 0..6 {
        stage.press("u");
    }
    assert_eq!(text(&mut stage), SKILL_TEXT);
    stage.press("]");
    assert_eq!(sheet(&mut stage).card(), Card::Example(1));
    stage.press("D");
    assert_eq!(
        text(&mut stage),
        SKILL_TEXT.replace("  - question: Q2\n    answer: >-\n      A2 folded\n      text\n", "")
    );
}

#[test]
fn questions_patterns_and_contexts_come_and_go() {
    let mut stage = stage(KNOWLEDGE);
    choose(&mut stage, ".seed_examples[0].questions_and_answers[0].answer");
    stage.press("A");
    stage.write("between");
    stage.press("esc");
    assert_eq!(questions(&mut stage), ["K1", "between", "K2", "K3"]);
    stage.press("K D");
    assert_eq!(questions(&mut stage), ["K1", "K2", "K3"]);
    choose(&mut stage, ".document.patterns[0]");
    stage.press("A");
    stage.write("b.md");
    stage.press("enter");
    assert_eq!(
        sheet(&mut stage).leaf.document.as_ref().unwrap().patterns,
        ["*.md", "b.md"]
    );
    stage.press("K");
    assert_eq!(
        sheet(&mut stage).leaf.document.as_ref().unwrap().patterns,
        ["b.md", "*.md"]
    );

    let mut stage = self::stage(SKILL);
    stage.press("A");
    assert!(
        stage.notice().contains("an example of a skill has one question"),
        "{}",
        stage.notice()
    );
    choose(&mut stage, ".seed_examples[1].question");
    // Another kind of skill is explained first, and the safe answer is the first.
    stage.press("C");
    let screen = stage.draw(120, 36);
    for part in ["This makes the skill grounded", "compositional_skills/grounded/reply"] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    stage.wait(SignedDuration::from_secs(1));
    stage.press("enter");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    stage.press("C");
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down enter");
    stage.write("the mail");
    stage.press("esc");
    assert_eq!(sheet(&mut stage).leaf.kind, Kind::GroundedSkill);
    assert_eq!(
        sheet(&mut stage).leaf.seed_examples[1].context.as_deref(),
        Some("the mail")
    );
    stage.press("D");
    assert!(stage.draw(80, 24).contains("This makes the skill freeform"));
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down enter");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    stage.press("home down down down C");
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down down enter esc");
    let examples = &sheet(&mut stage).leaf.seed_examples;
    assert!(examples.iter().all(|example| example.context.is_some()));
    stage.press("u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
}

#[test]
fn findings_stand_at_their_rows_and_can_be_mended() {
    let broken = SKILL_TEXT
        .replace("answer: A3", "answer: 12")
        .replace("question: Q2\n", "question: Q2  \n");
    let mut stage = Stage::new(&[(SKILL, &broken)]);
    open(&mut stage, SKILL);
    let rules =
        |stage: &mut Stage, row: Row| -> Vec<&str> { sheet(stage).found(row).map(|found| found.rule).collect() };
    assert_eq!(rules(&mut stage, Row::Field(7)), ["type"]);
    assert_eq!(rules(&mut stage, Row::Field(4)), ["trailing-spaces"]);
    choose(&mut stage, ".seed_examples[2].answer");
    stage.press("f");
    assert_eq!(
        text(&mut stage),
        broken
            .replace("answer: 12", "answer: '12'")
            .replace("'12'", &quoted(&mut stage))
    );
    assert!(rules(&mut stage, Row::Field(7)).is_empty());
    stage.press("home f");
    assert!(sheet(&mut stage).findings.iter().all(|found| found.fix.is_none()));
    stage.press("u u");
    assert_eq!(text(&mut stage), broken);
}

/// The number as the fix wrote it; which quotes it takes is the document's business.
fn quoted(stage: &mut Stage) -> String {
    let text = text(stage);
    text.split("answer: ")
        .find(|part| part.contains("12"))
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn a_hand_chooses_types_and_sets_the_caret() {
    let mut stage = stage(SKILL);
    stage.model.size = (120, 36);
    stage.click("Example 2");
    assert_eq!(sheet(&mut stage).row(), Row::Example(1));
    stage.click("Question    Q2");
    assert_eq!(stage.model.edit.context(), Context::Edit);
    stage.click("Question    Q2");
    assert_eq!(stage.model.edit.context(), Context::Field);
    let screen = stage.draw(120, 36);
    let (y, line) = screen
        .lines()
        .enumerate()
        .find(|(_, line)| line.contains("▌ Q2"))
        .unwrap();
    let x = line.chars().position(|c| c == '▌').unwrap() + 2;
    let mouse = |kind, x: usize| Mouse {
        kind,
        x: u16::try_from(x).unwrap(),
        y: u16::try_from(y).unwrap(),
    };
    stage.act(Action::Mouse(mouse(MouseKind::Press, x)));
    stage.act(Action::Mouse(mouse(MouseKind::Drag, x + 1)));
    stage.press("N esc");
    assert_eq!(questions(&mut stage)[1], "N2");
}

#[test]
fn every_size_is_drawn_and_the_caret_stays_in_sight() {
    let long = SKILL_TEXT.replace("A2 folded", &"many words of a long answer ".repeat(9000));
    let mut stage = Stage::new(&[(SKILL, &long), (KNOWLEDGE, KNOWLEDGE_TEXT)]);
    open(&mut stage, SKILL);
    choose(&mut stage, ".seed_examples[1].answer");
    for typing in [false, true] {
        if typing {
            stage.press("enter");
            stage.write("\nEND");
        }
        for (width, height) in [(0, 0), (1, 1), (40, 10), (60, 12), (80, 24), (120, 36), (300, 100)] {
            let screen = stage.draw(width, height);
            assert!(
                !typing || width < 40 || screen.contains("END"),
                "{width}x{height}:\n{screen}"
            );
        }
    }
    stage.wait(SignedDuration::from_secs(3));
    open(&mut stage, KNOWLEDGE);
    for _ in 0..14 {
        stage.press("down");
        stage.draw(80, 24);
        stage.press("tab pagedown tab");
        stage.draw(50, 14);
    }
}

#[test]
fn commands_say_why_they_do_nothing() {
    let mut stage = stage(SKILL);
    stage.model.tree.set_counts(std::collections::HashMap::new());
    for (key, part) in [
        ("u", "nothing to take back"),
        ("ctrl-s", "nothing to save"),
        ("D", "choose an example"),
        ("E", "choose a field"),
        ("ctrl-x", "no changes"),
        ("r", "no samples"),
    ] {
        stage.press(key);
        assert!(stage.notice().contains(part), "{key}: {}", stage.notice());
    }
    choose(&mut stage, ".created_by");
    stage.press("enter x esc g");
    assert!(stage.notice().contains("save first with ctrl-s"), "{}", stage.notice());
}

#[test]
fn findings_appear_while_one_types_and_can_be_mended_from_the_field() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".task_description");
    stage.press("enter ctrl-a delete");
    stage.wait(SignedDuration::from_millis(400));
    stage.settle();
    let row = Row::Field(0);
    assert!(sheet(&mut stage).typing.is_some());
    assert_eq!(sheet(&mut stage).found(row).count(), 1);
    // What a job brings late is not about what stands there now.
    stage.press("x");
    let late = sheet(&mut stage).take_judging();
    stage.press("y");
    let judged = findings::judge(late);
    stage.report(crate::tui::report::Report::Edit(Report::Judged(Box::new(judged))));
    assert_eq!(sheet(&mut stage).found(row).count(), 1);
    stage.wait(SignedDuration::from_millis(400));
    stage.settle();
    assert_eq!(sheet(&mut stage).found(row).count(), 0);
    assert!(text(&mut stage).contains("xy"));
    stage.press("esc u");
    assert_eq!(text(&mut stage), SKILL_TEXT.replace("'Reply politely.'", "''"));
    stage.press("u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
}

#[test]
fn a_file_too_long_to_judge_between_two_keys_is_judged_by_a_job() {
    let long = SKILL_TEXT.replace("answer: A3", &format!("answer: 12 # {}", "long ".repeat(20_000)));
    assert_ne!(long, SKILL_TEXT);
    let mut stage = Stage::new(&[(SKILL, &long)]);
    open(&mut stage, SKILL);
    assert!(sheet(&mut stage).findings.is_empty());
    stage.wait(SignedDuration::from_millis(400));
    stage.settle();
    assert!(sheet(&mut stage).findings.iter().any(|found| found.rule == "type"));
}

#[test]
fn one_history_goes_through_fields_and_examples() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".seed_examples[1].question");
    stage.press("enter x");
    stage.wait(SignedDuration::from_secs(5));
    stage.press("y esc");
    choose(&mut stage, ".created_by");
    stage.press("enter z");
    // In the field, undo goes on past its own changes, and the caret goes where the change was.
    stage.press("ctrl-u");
    assert!(!text(&mut stage).contains("gardensz"));
    stage.press("ctrl-u");
    assert_eq!(
        sheet(&mut stage).typing.as_ref().unwrap().path.to_string(),
        ".seed_examples[1].question"
    );
    assert!(text(&mut stage).contains("question: Q2x\n"));
    stage.press("! esc");
    assert!(text(&mut stage).contains("question: Q2x!\n"));
    stage.press("u u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    choose(&mut stage, ".created_by");
    stage.press("U");
    assert_eq!(
        sheet(&mut stage).field().unwrap().yaml_path.to_string(),
        ".seed_examples[1].question"
    );
}

#[test]
fn the_file_is_shown_beside_the_form_and_chooses_fields() {
    let mut stage = stage(SKILL);
    assert!(!stage.draw(120, 36).contains("qna.yaml, as it will be saved"));
    stage.press("v");
    let screen = stage.draw(120, 36);
    for part in ["qna.yaml, as it will be saved", "# the first", "A freeform skill"] {
        assert!(screen.contains(part), "{part} is missing:\n{screen}");
    }
    stage.model.size = (120, 36);
    stage.click("A2 folded\n".trim());
    assert!(sheet(&mut stage).field().is_some());
    // In a small window it stands in place of the form, and makes room for typing.
    assert!(stage.draw(80, 24).contains("answer: >-"));
    stage.press("enter");
    assert!(!stage.draw(80, 24).contains("answer: >-"));
}

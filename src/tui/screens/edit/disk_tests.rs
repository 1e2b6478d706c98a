use jiff::SignedDuration;

use super::tests::{KNOWLEDGE, SKILL, SKILL_TEXT, choose, open, sheet, stage, text};
use super::*;
use crate::tui::effect::{EditorTarget, Effect as AnyEffect};
use crate::tui::event::Action;
use crate::tui::report::Report as AnyReport;
use crate::tui::testing::Stage;

#[test]
fn a_file_changed_by_another_program_is_shown_or_asked_about() {
    let mut stage = stage(SKILL);
    let node = NodePath::parse(SKILL).unwrap();
    let file = node.qna(&stage.model.root);
    let theirs = SKILL_TEXT.replace("Q3", "theirs");
    std::fs::write(&file, &theirs).unwrap();
    stage.report(AnyReport::FilesChanged(vec![node.qna_relative()]));
    stage.settle();
    assert_eq!(text(&mut stage), theirs);
    assert!(!stage.model.edit.is_changed());

    choose(&mut stage, ".seed_examples[0].question");
    stage.press("enter m i n e esc");
    let mine = text(&mut stage);
    std::fs::write(&file, SKILL_TEXT).unwrap();
    stage.report(AnyReport::FilesChanged(vec![node.qna_relative()]));
    stage.settle();
    assert_eq!(text(&mut stage), mine);
    assert!(stage.notice().contains("saving will ask"), "{}", stage.notice());
    stage.press("ctrl-s");
    stage.settle();
    assert_eq!(stage.on_disk(SKILL), SKILL_TEXT);
    assert!(stage.draw(80, 24).contains("take theirs"));
    // Take theirs: mine is one undo away, and a draft.
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down down enter");
    stage.settle();
    assert_eq!(text(&mut stage), SKILL_TEXT);
    assert_eq!(
        stage.rooms.workbench.drafts().get(&node).unwrap().bytes,
        mine.as_bytes()
    );
    stage.press("u");
    assert_eq!(text(&mut stage), mine);
    std::fs::write(&file, &theirs).unwrap();
    stage.press("ctrl-s");
    stage.settle();
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down enter");
    stage.settle();
    assert_eq!(stage.on_disk(SKILL), mine);
    assert!(!stage.model.edit.is_changed());
    stage.press("u");
    assert_eq!(text(&mut stage), theirs);
}

#[test]
fn a_removed_file_is_written_again_when_asked() {
    let mut stage = stage(SKILL);
    let node = NodePath::parse(SKILL).unwrap();
    std::fs::remove_file(node.qna(&stage.model.root)).unwrap();
    stage.report(AnyReport::FilesChanged(vec![SKILL.to_owned()]));
    stage.settle();
    assert!(stage.model.edit.is_changed());
    stage.press("ctrl-s");
    stage.settle();
    assert_eq!(stage.on_disk(SKILL), SKILL_TEXT);
}

#[test]
fn unsaved_text_comes_back_and_goes_with_the_save() {
    let mut stage = stage(SKILL);
    let node = NodePath::parse(SKILL).unwrap();
    choose(&mut stage, ".seed_examples[0].question");
    stage.press("enter z");
    let due = stage.now().checked_add(SignedDuration::from_secs(2)).ok();
    assert_eq!(sheet(&mut stage).draft_due, due);
    stage.wait(SignedDuration::from_secs(2));
    assert_eq!(stage.model.edit.wake_at(), None);
    stage.settle();
    assert_eq!(stage.model.edit.context(), Context::Field);
    let mine = text(&mut stage);
    assert_eq!(
        stage.rooms.workbench.drafts().get(&node).unwrap().bytes,
        mine.as_bytes()
    );
    stage.press("y");
    // Another leaf: the last letter is kept as well.
    open(&mut stage, KNOWLEDGE);
    open(&mut stage, SKILL);
    assert_eq!(text(&mut stage), SKILL_TEXT.replace("\"Q1\"", "\"Q1zy\""));
    assert!(stage.notice().starts_with("unsaved text of"), "{}", stage.notice());
    assert!(stage.model.edit.is_changed());
    stage.press("ctrl-x");
    assert_eq!(text(&mut stage), SKILL_TEXT);
    stage.press("u ctrl-s");
    stage.settle();
    assert!(stage.on_disk(SKILL).contains("Q1zy"));
    assert!(stage.rooms.workbench.drafts().get(&node).is_none());
}

#[test]
fn ending_the_program_keeps_what_is_in_the_field() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".task_description");
    stage.press("enter x");
    stage.act(Action::Terminate);
    stage.settle();
    let draft = stage
        .rooms
        .workbench
        .drafts()
        .get(&NodePath::parse(SKILL).unwrap())
        .unwrap();
    assert!(String::from_utf8(draft.bytes).unwrap().contains("'Reply politely.x'"));
}

#[test]
fn a_broken_file_from_the_editor_is_kept_shown_and_opened_again() {
    let mut stage = stage(SKILL);
    stage.press("ctrl-e");
    let opened = |stage: &mut Stage| match stage.effects.pop() {
        Some(AnyEffect::OpenEditor {
            text,
            suffix: ".yaml",
            target: EditorTarget::SeedFile,
        }) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(opened(&mut stage), SKILL_TEXT);
    let broken = "version: 3\ntask_description: [\nmine\u{1b}[31m: x\n";
    stage.report(AnyReport::Edited {
        target: EditorTarget::SeedFile,
        text: Some(broken.to_owned()),
    });
    assert!(stage.notice().starts_with("line "), "{}", stage.notice());
    let Some(AnyEffect::Edit(Effect::KeepDraft { bytes, .. })) = stage.effects.last() else {
        panic!()
    };
    assert_eq!(&**bytes, broken.as_bytes());
    let screen = stage.draw(80, 24);
    assert!(
        screen.contains("The form cannot show this file") && screen.contains("mine␛[31m"),
        "{screen}"
    );
    stage.settle();
    stage.press("a enter ctrl-e");
    assert_eq!(opened(&mut stage), broken);
    stage.press("u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
}

#[test]
fn a_field_comes_back_from_the_editor() {
    let mut stage = stage(SKILL);
    choose(&mut stage, ".seed_examples[1].answer");
    stage.press("E");
    let Some(AnyEffect::OpenEditor {
        text: handed,
        suffix: ".md",
        target,
    }) = stage.effects.pop()
    else {
        panic!()
    };
    assert_eq!(handed, "A2 folded text");
    stage.report(AnyReport::Edited {
        target,
        text: Some("# other\n\ntext".to_owned()),
    });
    assert_eq!(
        sheet(&mut stage).leaf.seed_examples[1].pairs[0].answer,
        "# other\n\ntext"
    );
    assert_eq!(stage.model.edit.context(), Context::Edit);
    stage.press("u");
    assert_eq!(text(&mut stage), SKILL_TEXT);
}

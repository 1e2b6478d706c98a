//! The prompt workbench: a template, its variables, the prompt of a row, the raw answer, a row through all blocks.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::tests::{choice, stage, tell};
use super::*;
use crate::flow::Cast;
use crate::teacher::{Answering, ChatRequest, Finish, OnText, Reply, Teacher, Usage};
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::testing::Stage;
use crate::workbench::TeacherOrigin;

/// Answers with the same text and counts its calls.
struct Parrot(AtomicUsize, &'static str);

impl Teacher for Parrot {
    fn name(&self) -> &str {
        "parrot"
    }
    fn model(&self) -> &str {
        "parrot-1"
    }
    fn slots(&self) -> usize {
        1
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, _request: ChatRequest, _on_text: OnText, _cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(Reply {
                text: self.1.to_owned(),
                reasoning: String::new(),
                finish: Finish::Stop,
                usage: Usage::default(),
                model: "parrot-1".into(),
            })
        })
    }
}

/// Does what was asked for as a real teacher would, with the answer that it gives; returns the number of calls.
fn try_with(stage: &mut Stage, answer: &'static str) -> usize {
    let asked = stage.effects.drain(..).find_map(|effect| match effect {
        AnyEffect::Generate(Effect::TryRow { bench, last, .. }) => Some((bench, last)),
        _ => None,
    });
    let (bench, last) = asked.expect("the row was not to be tried");
    let parrot = Arc::new(Parrot(AtomicUsize::new(0), answer));
    let cast = Cast::of(parrot.clone());
    let workbench = Arc::clone(&stage.rooms.workbench);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let steps = runtime.block_on(async {
        let (told, mut heard) = tokio::sync::mpsc::channel(100);
        let cancel = CancellationToken::new();
        let clock = Arc::new(jiff::Timestamp::now);
        workbench
            .try_row(&bench, last, &cast, clock, &cancel, told)
            .await
            .unwrap();
        let mut steps = Vec::new();
        while let Some(step) = heard.recv().await {
            steps.push(step);
        }
        steps
    });
    for step in steps {
        tell(stage, Report::Step(Box::new(step)));
    }
    tell(stage, Report::RowEnded(Ok(())));
    parrot.0.load(Ordering::SeqCst)
}

fn opened(teacher: &str) -> Stage {
    let mut stage = stage(vec![choice(teacher, TeacherOrigin::Settings)]);
    stage.effects.clear();
    stage.press("w");
    stage.settle();
    stage
}

#[test]
fn a_prompt_is_shown_as_written_as_sent_and_with_the_raw_answer() {
    let mut stage = opened("near");
    let screen = stage.draw(120, 90);
    assert!(screen.contains("prompts/example.yaml · 1 of 1"), "{screen}");
    assert!(screen.contains("{{") && screen.contains("variables"), "{screen}");
    assert!(
        screen.contains("When are roses cut?") && screen.contains("enter asks"),
        "{screen}"
    );
    for (width, height) in [(80, 24), (60, 20), (40, 12), (3, 3)] {
        stage.draw(width, height);
        stage.press("tab");
    }
    stage.press("enter");
    let calls = try_with(&mut stage, "nothing \u{1b}[31mof the kind");
    assert_eq!(calls, 1);
    let screen = stage.draw(120, 90);
    assert!(
        screen.contains("the model said") && !screen.contains('\u{1b}'),
        "{screen}"
    );
    // Another row is another prompt, and forgets the answer.
    stage.press("right");
    stage.settle();
    let screen = stage.draw(120, 90);
    assert!(
        screen.contains("row 2 of replies") && !screen.contains("the model said"),
        "{screen}"
    );
    stage.press("esc");
    assert!(stage.model.generate.table.is_none());
}

#[test]
fn a_row_goes_through_all_blocks_and_is_asked_about_once() {
    let mut stage = opened("near");
    stage.press("a");
    let good = "[Question]\nWhich apples keep all winter?\n[Answer]\nLate ones, laid apart in a cool cellar.\n";
    assert_eq!(try_with(&mut stage, good), 1);
    let screen = stage.draw(120, 90);
    for part in ["✓ find_parts", "Which apples keep", "✓ check_novelty"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    stage.press("a");
    try_with(&mut stage, "no parts at all");
    let screen = stage.draw(120, 90);
    assert!(
        screen.contains("✗ find_parts") && screen.contains("wrong form"),
        "{screen}"
    );
    assert!(screen.contains("· check_novelty"), "{screen}");
}

#[test]
fn a_shipped_flow_is_copied_and_its_prompt_edited() {
    let mut stage = opened("near");
    stage.press("E");
    assert!(stage.notice().contains("y copies it"), "{}", stage.notice());
    stage.press("y");
    stage.settle();
    assert!(
        stage.notice().contains("copied as my-freeform-skill"),
        "{}",
        stage.notice()
    );
    stage.press("E");
    let Some(AnyEffect::Generate(Effect::ReadPrompt(file))) = stage.effects.pop() else {
        panic!("{}", stage.notice())
    };
    let text = std::fs::read_to_string(&file).unwrap();
    let changed = text.replacen("content: |", "content: |\n    In plain words, please.", 1);
    assert_ne!(changed, text);
    let mut fx = Vec::new();
    prompt_edited(file, &changed, &mut fx);
    stage.effects.extend(fx);
    stage.settle();
    assert!(stage.draw(160, 90).contains("In plain words, please."));
    // It is one of the flows now, by its own name.
    assert!(
        stage.draw(160, 90).contains("my-freeform-skill") || {
            stage.press("esc");
            stage.draw(160, 90).contains("my-freeform-skill")
        }
    );
}

#[test]
fn a_row_leaves_the_machine_only_after_a_question() {
    let mut stage = opened("far");
    stage.press("enter");
    let tried = |stage: &Stage| {
        let mut effects = stage.effects.iter();
        effects.any(|effect| matches!(effect, AnyEffect::Generate(Effect::TryRow { .. })))
    };
    assert!(!tried(&stage) && stage.model.overlay.is_some());
    stage.wait(jiff::SignedDuration::from_secs(1));
    stage.press("down enter");
    assert!(tried(&stage));
}

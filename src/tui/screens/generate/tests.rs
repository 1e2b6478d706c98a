use jiff::SignedDuration;

use super::live::{Item, News};
use super::preview::Card;
use super::settings::{Costs, FlowCard, Offers, Trouble};
use super::*;
use crate::samples::DropReason;
use crate::taxonomy::Kind;
use crate::teacher::licences::licence_of;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::{Overlay, ScreenName};
use crate::tui::report::Report as AnyReport;
use crate::tui::testing::Stage;
use crate::workbench::{TeacherChoice, TeacherOrigin};

pub(super) const LEAF: &str = "compositional_skills/garden/replies";
pub(super) const SEEDS: &str = "version: 3
created_by: someone
task_description: Answer questions on gardens.
seed_examples:
  - question: When are roses cut?
    answer: In early spring.
  - question: When is hay made?
    answer: In June.
";

pub(super) fn choice(name: &str, origin: TeacherOrigin) -> TeacherChoice {
    TeacherChoice {
        name: name.into(),
        model: "granite-4.0-h-small".into(),
        host: "example.org:443".into(),
        origin,
        remote: name == "far",
        demonstration: origin == TeacherOrigin::Embedded,
        licence: licence_of("granite-4.0-h-small"),
        price: None,
        missing: Vec::new(),
        is_default: false,
    }
}

pub(super) fn offers(teachers: Vec<TeacherChoice>) -> Report {
    let flow = |name: &str, why: &str, kind| FlowCard {
        name: name.into(),
        card: "Writes questions.\nNeeds: seeds.\n".into(),
        own: None,
        unfit: Kind::ALL
            .into_iter()
            .filter(|other| *other != kind)
            .map(|other| (other, why.to_owned()))
            .collect(),
        has_critic: false,
        has_reviser: false,
        usual_for: Some(kind),
    };
    let flows = vec![
        flow("knowledge", "needs documents", Kind::Knowledge),
        flow("freeform-skill", "needs a task", Kind::Skill),
        flow("grounded-skill", "needs a context", Kind::GroundedSkill),
    ];
    Report::Offers(Box::new(Offers {
        chunks: Default::default(),
        teachers,
        flows,
        unreadable: Vec::new(),
        count: None,
        critic: None,
        reviser: None,
        config_file: "config.yaml".into(),
        complete: true,
    }))
}

/// The generate screen on a leaf, with these teachers.
pub(super) fn stage(teachers: Vec<TeacherChoice>) -> Stage {
    let mut stage = Stage::new(&[(LEAF, SEEDS)]);
    stage
        .effects
        .push(AnyEffect::Browse(crate::tui::screens::browse::Effect::Scan {
            again: false,
        }));
    stage.settle();
    stage.press("g");
    assert_eq!(stage.model.screen, ScreenName::Generate);
    stage.effects.clear();
    tell(&mut stage, offers(teachers));
    stage
}

pub(super) fn tell(stage: &mut Stage, report: Report) {
    stage.report(AnyReport::Generate(report));
}

/// Tells the screen what the chosen run costs.
pub(super) fn price(stage: &mut Stage, costs: Result<Costs, Trouble>) {
    let wishes = settings::wishes(&stage.model);
    tell(stage, Report::Estimated { wishes, costs });
}

pub(super) fn cheap() -> Costs {
    Costs {
        leaves: 1,
        rows: 10,
        second_calls: 5,
        calls: 10,
        prompt_tokens: 7000,
        completion_tokens: 6000,
        money: None,
        notes: Vec::new(),
    }
}

pub(super) fn started(stage: &Stage) -> Option<(u64, Wish)> {
    stage.effects.iter().find_map(|effect| match effect {
        AnyEffect::Generate(Effect::Start { number, wish }) => Some((*number, wish.clone())),
        _ => None,
    })
}

fn estimates(stage: &mut Stage) -> usize {
    let is_estimate = |effect: &AnyEffect| matches!(effect, AnyEffect::Generate(Effect::Estimate { .. }));
    let found = stage.effects.iter().filter(|effect| is_estimate(effect)).count();
    stage.effects.clear();
    found
}

fn sample(question: &str) -> Item {
    Item {
        dropped: None,
        block: String::new(),
        context: None,
        question: question.into(),
        answer: "yes".into(),
        row: None,
    }
}

fn dropped(reason: DropReason, row: usize) -> Item {
    Item {
        dropped: Some((reason, "no [Answer]".into())),
        row: Some(row),
        ..sample("")
    }
}

#[test]
fn choices_turn_and_each_change_is_priced_anew() {
    let mut stage = stage(vec![
        choice("near", TeacherOrigin::Settings),
        choice("found", TeacherOrigin::Found),
    ]);
    assert_eq!(estimates(&mut stage), 1);
    // Flows that do not fit the leaf are not offered.
    assert_eq!(
        settings::wish(&stage.model).unwrap().flow.as_deref(),
        Some("freeform-skill")
    );
    stage.press("right");
    assert_eq!(estimates(&mut stage), 0);
    stage.press("down right");
    assert_eq!(settings::wish(&stage.model).unwrap().teacher, "found");
    assert_eq!(estimates(&mut stage), 1);
    stage.press("down right right left");
    assert_eq!(settings::wish(&stage.model).unwrap().count, 20);
    stage.press("4 2 backspace 0");
    assert_eq!(settings::wish(&stage.model).unwrap().count, 40);
    stage.press("right");
    assert_eq!(settings::wish(&stage.model).unwrap().count, 50);
    // Servers that were found stay in the list while they are looked for again.
    let Report::Offers(mut again) = offers(vec![choice("near", TeacherOrigin::Settings)]) else {
        panic!()
    };
    again.complete = false;
    tell(&mut stage, Report::Offers(again));
    assert_eq!(settings::wish(&stage.model).unwrap().teacher, "found");
}

#[test]
fn a_price_counts_only_for_what_is_still_chosen() {
    let mut stage = stage(vec![choice("near", TeacherOrigin::Settings)]);
    let old = settings::wishes(&stage.model);
    stage.press("7");
    tell(
        &mut stage,
        Report::Estimated {
            wishes: old,
            costs: Ok(cheap()),
        },
    );
    assert!(stage.model.generate.costs.is_none());
    price(&mut stage, Err(Trouble::Said("no usable seed example".into())));
    stage.press("enter");
    assert!(stage.notice().contains("no usable seed"), "{}", stage.notice());
    assert!(started(&stage).is_none());
}

#[test]
fn prompts_leave_the_machine_only_after_a_question_that_names_them() {
    let mut stage = stage(vec![choice("far", TeacherOrigin::Settings)]);
    stage.press("enter");
    assert!(stage.notice().contains("still being worked out"));
    // The question follows by itself.
    price(&mut stage, Ok(cheap()));
    let Some(Overlay::Dialog(dialog)) = &stage.model.overlay else {
        panic!("no question")
    };
    for part in ["far", "example.org:443", "10 candidates", "7,000", "6,000"] {
        assert!(dialog.body.contains(part), "{part}: {}", dialog.body);
    }
    stage.wait(SignedDuration::from_secs(1));
    stage.press("enter");
    assert!(stage.model.overlay.is_none() && started(&stage).is_none());
    stage.press("enter");
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down enter");
    let (_, wish) = started(&stage).unwrap();
    assert_eq!((wish.teacher.as_str(), wish.count), ("far", 10));
    assert_ne!(wish.seed, 0);
}

#[test]
fn a_run_outlives_the_screen() {
    let mut stage = stage(vec![choice("near", TeacherOrigin::Settings)]);
    price(&mut stage, Ok(cheap()));
    stage.press("enter");
    let (number, _) = started(&stage).unwrap();
    stage.effects.clear();
    tell(
        &mut stage,
        Report::Started {
            number,
            id: None,
            notes: vec![],
            currency: String::new(),
        },
    );
    stage.press("esc");
    assert_eq!(stage.model.screen, ScreenName::Browse);
    let news = News {
        items: vec![sample("What?"), dropped(DropReason::Unparsable, 1)],
        rows: Some(10),
        ..News::default()
    };
    tell(
        &mut stage,
        Report::News {
            number,
            news: Box::new(news),
        },
    );
    assert!(matches!(
        stage.effects.as_slice(),
        [AnyEffect::Browse(crate::tui::screens::browse::Effect::Count)]
    ));
    assert_eq!(stage.model.generate.progress_line().as_deref(), Some("↻ 0/10"));
    assert!(stage.model.generate.wake_at(stage.now()).is_some());
    // Another second has not passed: the counts wait.
    stage.effects.clear();
    tell(
        &mut stage,
        Report::News {
            number,
            news: Box::new(News {
                items: vec![sample("Who?")],
                ..News::default()
            }),
        },
    );
    assert!(stage.effects.is_empty());
    // Enter among the results goes back to the settings before it starts anything.
    stage.press("g enter");
    assert!(started(&stage).is_none() && !stage.model.generate.watching);
    stage.press("ctrl-k");
    assert!(
        stage
            .effects
            .iter()
            .any(|effect| matches!(effect, AnyEffect::Generate(Effect::Stop(of)) if *of == number))
    );
    tell(&mut stage, Report::Ended { number });
    assert!(
        stage.notice().contains("2 made, 1 dropped (1 wrong form)"),
        "{}",
        stage.notice()
    );
    assert!(stage.model.generate.wake_at(stage.now()).is_none() && !update::is_running(&stage.model));
}

#[test]
fn runs_go_on_side_by_side_and_are_paused_and_stopped_one_by_one() {
    let mut stage = stage(vec![choice("near", TeacherOrigin::Settings)]);
    price(&mut stage, Ok(cheap()));
    for _ in 0..10 {
        // The first enter among the results only goes back to the settings.
        stage.press("enter");
        if !stage.model.generate.watching {
            stage.press("enter");
        }
    }
    let begun = |stage: &Stage| {
        let starts = stage.effects.iter();
        starts
            .filter(|effect| matches!(effect, AnyEffect::Generate(Effect::Start { .. })))
            .count()
    };
    assert_eq!((stage.model.generate.runs.len(), begun(&stage)), (10, 8));
    assert!(stage.draw(80, 24).contains("waits until one of"));
    stage.press("p");
    assert!(stage.notice().contains("nothing to pause"), "{}", stage.notice());
    // From the last one round the end to the first, which is the oldest.
    stage.press("[ ] ] [ [");
    stage.press("]");
    let shown = |stage: &Stage| stage.model.generate.run().unwrap().number;
    assert_eq!(shown(&stage), 9);
    stage.press("[ p");
    let pauses: Vec<_> = stage
        .effects
        .iter()
        .filter_map(|effect| match effect {
            AnyEffect::Generate(Effect::Pause { number, paused }) => Some((*number, *paused)),
            _ => None,
        })
        .collect();
    assert_eq!(pauses, [(0, true)]);
    assert!(stage.draw(120, 36).contains("paused: calls under way"));
    stage.effects.clear();
    tell(&mut stage, Report::Ended { number: 3 });
    assert!(started(&stage).is_some_and(|(number, _)| number == 8));
    stage.press("ctrl-k");
    assert!(matches!(
        stage.effects.last(),
        Some(AnyEffect::Generate(Effect::Stop(0)))
    ));
    // Where the screen goes from here is the leaf of the run on show.
    assert_eq!(stage.model.generate.node().map(NodePath::as_str), Some(LEAF));
}

#[test]
fn memory_is_bounded_and_the_list_follows_unless_scrolled() {
    let mut stage = stage(vec![choice("near", TeacherOrigin::Settings)]);
    price(&mut stage, Ok(cheap()));
    stage.press("enter");
    let (number, _) = started(&stage).unwrap();
    let send = |stage: &mut Stage, from: usize, to: usize| {
        let items = (from..to).map(|at| sample(&format!("question {at}"))).collect();
        tell(
            stage,
            Report::News {
                number,
                news: Box::new(News {
                    items,
                    ..News::default()
                }),
            },
        );
    };
    send(&mut stage, 0, 600);
    assert_eq!(stage.model.generate.run().unwrap().items.len(), super::live::KEPT);
    assert!(stage.draw(120, 36).contains("question 599"));
    stage.press("up up");
    let chosen = |stage: &Stage| {
        let run = stage.model.generate.run().unwrap();
        run.items[run.rows.chosen].question.clone()
    };
    assert_eq!(chosen(&stage), "question 597");
    send(&mut stage, 600, 610);
    assert_eq!(chosen(&stage), "question 597");
    stage.press("end");
    send(&mut stage, 610, 620);
    assert_eq!(chosen(&stage), "question 619");
    assert_eq!(stage.model.generate.run().unwrap().made(), 620);
}

#[test]
fn a_preview_needs_seeds_and_shows_each_card_as_it_comes() {
    let mut stage = stage(vec![choice("near", TeacherOrigin::Settings)]);
    let node = NodePath::parse(LEAF).unwrap();
    let mut fx = Vec::new();
    update::start_preview(&mut stage.model, node.clone(), b"version: 3\n".to_vec(), &mut fx);
    assert!(fx.is_empty() && stage.notice().contains("at least one seed example"));
    update::start_preview(&mut stage.model, node, SEEDS.as_bytes().to_vec(), &mut fx);
    assert!(matches!(fx.as_slice(), [AnyEffect::Generate(Effect::Preview { .. })]));
    let writing = [(0, "[Question]\nWho"), (1, "[Question]\nWhat is it?\n[Answer]\nyes")];
    let writing = writing.into_iter().map(|(row, text)| (row, text.to_owned())).collect();
    tell(
        &mut stage,
        Report::PreviewNews(Box::new(News {
            writing,
            ..News::default()
        })),
    );
    tell(
        &mut stage,
        Report::PreviewNews(Box::new(News {
            items: vec![sample("What is it?"), dropped(DropReason::Empty, 2)],
            ..News::default()
        })),
    );
    let cards = &stage.model.generate.preview.as_ref().unwrap().cards;
    assert!(matches!(
        cards.as_slice(),
        [Card::Writing(_), Card::Done(_), Card::Done(_)]
    ));
    fx.clear();
    update::close_preview(&mut stage.model, &mut fx);
    assert!(matches!(fx.as_slice(), [AnyEffect::Generate(Effect::StopPreview)]));
    // Late news of a closed preview open nothing.
    tell(&mut stage, Report::PreviewEnded);
    assert!(stage.model.generate.preview.is_none());
}

#[test]
fn a_preview_before_the_teachers_are_known_names_its_teacher_later() {
    let mut stage = stage(Vec::new());
    stage.model.generate.settings.offers = None;
    let mut fx = Vec::new();
    let node = NodePath::parse(LEAF).unwrap();
    update::start_preview(&mut stage.model, node, SEEDS.as_bytes().to_vec(), &mut fx);
    let teacher = |stage: &Stage| stage.model.generate.preview.as_ref().unwrap().teacher.clone();
    assert_eq!(teacher(&stage), "");
    for later in ["near", "other"] {
        tell(&mut stage, offers(vec![choice(later, TeacherOrigin::Settings)]));
        assert_eq!(teacher(&stage), "near");
    }
}

#[test]
fn every_size_can_be_drawn_and_hostile_text_stays_text() {
    let mut stage = stage(vec![choice("near", TeacherOrigin::Settings)]);
    let sizes = [
        (40, 10),
        (60, 12),
        (79, 24),
        (80, 24),
        (80, 10),
        (120, 36),
        (200, 60),
        (3, 3),
        (0, 0),
    ];
    for (width, height) in sizes {
        stage.draw(width, height);
    }
    price(&mut stage, Ok(cheap()));
    assert!(stage.draw(80, 24).contains("7,000 tokens to read"));
    stage.press("enter");
    let (number, _) = started(&stage).unwrap();
    let writing = [(3, "日本語 \u{1b}[31mwriting 👩‍👩‍👧 \u{202e}".repeat(40))]
        .into_iter()
        .collect();
    let items = vec![sample("\u{1b}]0;title\u{7}?"), dropped(DropReason::Transport, 2)];
    tell(
        &mut stage,
        Report::News {
            number,
            news: Box::new(News {
                items,
                writing,
                ..News::default()
            }),
        },
    );
    for (width, height) in sizes {
        let screen = stage.draw(width, height);
        assert!(!screen.contains(['\u{1b}', '\u{7}', '\u{202e}']));
        stage.press("tab");
    }
    assert!(stage.draw(120, 36).contains("no answer"));
    tell(
        &mut stage,
        Report::Failed {
            number,
            why: "far refused the key (401); check KEY".into(),
        },
    );
    assert!(stage.draw(120, 36).contains("refused the key"));
}

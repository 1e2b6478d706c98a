//! Choosing what is made: leaves, flow, parts, limits.

use super::settings;
use super::tests::{LEAF, SEEDS, cheap, choice, offers, price, stage, tell};
use super::*;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::testing::Stage;

const KNOWLEDGE: &str = "version: 3
created_by: someone
domain: gardens
document_outline: Frost and plants.
seed_examples:
  - context: Frost bites.
    questions_and_answers:
      - question: What bites?
        answer: Frost.
document:
  repo: https://example.org/documents.git
  commit: 4f1c2d7a90b3e58664f1c2d7a90b3e58664f1c2d
  patterns: [frost.md]
";

#[test]
fn marked_leaves_are_generated_for_together_each_in_a_run_of_its_own() {
    let other = "compositional_skills/garden/tools";
    let far = "knowledge/garden/frost";
    let mut stage = Stage::new(&[(LEAF, SEEDS), (other, SEEDS), (far, KNOWLEDGE)]);
    stage.look_at_tree();
    let folder = NodePath::parse("compositional_skills/garden").unwrap();
    stage.model.tree.choose(&folder);
    stage.press("g");
    assert!(stage.notice().contains("choose a leaf first"), "{}", stage.notice());
    stage.press("space");
    assert!(stage.notice().contains("2 leaves marked"), "{}", stage.notice());
    assert!(stage.draw(80, 24).contains("▪ replies"));
    stage.press("g");
    tell(&mut stage, offers(vec![choice("near", TeacherOrigin::Settings)]));
    stage.effects.clear();
    // A budget is shared: 20,000 tokens for both.
    stage.press("down down down 2 0 0 0 0");
    let wishes = settings::wishes(&stage.model);
    let told: Vec<_> = wishes
        .iter()
        .map(|wish| (wish.node.as_str(), wish.budget.tokens))
        .collect();
    assert_eq!(told, [(LEAF, Some(10_000)), (other, Some(10_000))]);
    assert_eq!(wishes[0].flow.as_deref(), Some("freeform-skill"));
    stage.press("down 1 . 5 down 7");
    let wish = settings::wish(&stage.model).unwrap();
    assert_eq!((wish.budget.money, wish.seed, wish.count), (Some(0.75), 7, 10));
    let screen = stage.draw(120, 36);
    for part in ["replies and 1 more", "at most 20,000", "at most 1.50", "‹ 7 ›"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    price(&mut stage, Ok(cheap()));
    stage.press("enter");
    assert_eq!(stage.model.generate.runs.len(), 2);
    assert_eq!(stage.model.generate.run().unwrap().wish.node.as_str(), LEAF);
    // To another screen and back: the choice is still there.
    stage.press("f2 f4");
    assert_eq!(stage.model.generate.targets.len(), 2);
    // A leaf of another kind beside them: each gets the flow of its kind.
    stage.press("f2");
    stage.model.tree.choose(&NodePath::parse(far).unwrap());
    stage.press("space g");
    assert_eq!(settings::wish(&stage.model).unwrap().flow, None);
    assert!(stage.draw(80, 24).contains("the usual one of each"));
    // Marks are taken away by themselves never, by esc at once.
    stage.press("f2 esc");
    assert!(stage.model.browse.marked.is_empty());
}

#[test]
fn a_flow_is_chosen_by_its_card_and_brings_its_parts() {
    let mut stage = stage(Vec::new());
    let Report::Offers(mut offers) = offers(vec![choice("near", TeacherOrigin::Settings)]) else {
        panic!()
    };
    let mut revised = offers.flows[1].clone();
    revised.name = "self-revision".into();
    revised.card = "Mends its own drafts.\nCosts: much.\n".into();
    (revised.usual_for, revised.has_critic, revised.has_reviser) = (None, true, true);
    offers.flows.push(revised);
    tell(&mut stage, Report::Offers(offers));
    assert!(!stage.draw(80, 24).contains("critic"));
    stage.press("o down");
    for (width, height) in [(120, 36), (80, 24), (60, 20), (40, 12)] {
        assert!(stage.draw(width, height).contains("self-revision"));
    }
    assert!(stage.draw(80, 24).contains("Mends its own drafts."));
    stage.press("enter");
    let screen = stage.draw(80, 24);
    assert!(screen.contains("critic") && screen.contains("reviser"), "{screen}");
    stage.press("down down right");
    let wish = settings::wish(&stage.model).unwrap();
    assert_eq!(
        (wish.flow.as_deref(), wish.critic.as_deref(), wish.reviser),
        (Some("self-revision"), Some("near"), None)
    );
    // Another flow without that part: the choice is not sent along.
    stage.press("home left");
    assert_eq!(settings::wish(&stage.model).unwrap().critic, None);
}

#[test]
fn own_flows_are_marked_and_one_that_cannot_be_read_says_why() {
    let mut stage = stage(Vec::new());
    let own = stage.rooms.workbench.own_flows();
    own.copy("freeform-skill").unwrap();
    let copied = std::fs::read_to_string(own.folder().join("my-freeform-skill/flow.yaml")).unwrap();
    let broken = own.folder().join("odd");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(
        broken.join("flow.yaml"),
        copied.replace("LLMChatBlock", "TelepathyBlock"),
    )
    .unwrap();
    stage.effects.push(AnyEffect::Generate(Effect::LookForTeachers));
    stage.settle();
    stage.press("o end");
    let screen = stage.draw(120, 40);
    for part in ["✗ odd", "TelepathyBlock", "odd/flow.yaml:32"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let before = settings::wish(&stage.model).map(|wish| wish.flow);
    stage.press("enter");
    assert!(
        stage.notice().contains("its card says what is wrong"),
        "{}",
        stage.notice()
    );
    assert!(stage.model.generate.choosing.is_some());
    assert_eq!(settings::wish(&stage.model).map(|wish| wish.flow), before);
    stage.press("up");
    let screen = stage.draw(120, 40);
    assert!(
        screen.contains("my-freeform-skill") && screen.contains("a copy of"),
        "{screen}"
    );
}

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::flow::blocks::Step;
use crate::flow::scripted::{documents, leaf, prepared};
use crate::flow::template::messages_of;
use crate::samples::Role;
use crate::text::tokens;

fn inputs<'a>(leaf: &'a Leaf, documents: &'a [(String, String)], limits: PromptLimits) -> Inputs<'a> {
    Inputs {
        leaf,
        seed_hash: "abc",
        documents,
        count: 40,
        seed: 5,
        limits,
    }
}

/// The messages that a row's first prompt becomes.
fn prompt(flow: &Flow, mut row: Row) -> Vec<crate::samples::Message> {
    for block in &flow.blocks {
        match &block.step {
            Step::Each(step) => row = step.apply(row).rows.remove(0),
            Step::Ask(chat) => return messages_of(&row.columns[&chat.input]).unwrap(),
            Step::Ordered(_) | Step::Fed(_) | Step::Table(_) => {}
        }
    }
    Vec::new()
}

#[test]
fn seeds_take_turns_and_the_one_to_resemble_stands_last() {
    let flow = Flow::for_kind(Kind::Skill).unwrap();
    let rows = prepared(Kind::Skill, &flow, 40, 5);
    let mut turns = BTreeMap::new();
    let mut openings = BTreeSet::new();
    for number in 0..40 {
        let row = rows.row(number, number);
        *turns.entry(row.seeds[0]).or_insert(0) += 1;
        assert_eq!(row.seeds.iter().collect::<BTreeSet<_>>().len(), 3);
        let messages = prompt(&flow, row.clone());
        let roles: Vec<_> = messages.iter().map(|message| message.role).collect();
        use Role::{Assistant, System, User};
        assert_eq!(roles, [System, User, Assistant, User, Assistant, User, Assistant, User]);
        assert!(messages[6].content.contains(row.text("seed_question")));
        assert!(messages[2].content.starts_with("[Question]\nHow does"));
        openings.insert(messages[2].content.clone());
    }
    assert_eq!(turns.into_values().collect::<Vec<_>>(), [8; 5]);
    assert_eq!(openings.len(), 5);
    assert_eq!(rows.row(3, 3), prepared(Kind::Skill, &flow, 40, 5).row(3, 3));
    assert_ne!(
        rows.row(3, 3).columns,
        prepared(Kind::Skill, &flow, 40, 6).row(3, 3).columns
    );
}

#[test]
fn every_passage_is_asked_about_before_one_is_asked_about_twice() {
    let flow = Flow::for_kind(Kind::Knowledge).unwrap();
    let rows = prepared(Kind::Knowledge, &flow, 40, 5);
    let passages = rows.passages();
    assert!((2..=7).contains(&passages), "{passages}");
    let mut asked = BTreeMap::new();
    let mut pairs = BTreeSet::new();
    for number in 0..passages * 5 {
        let row = rows.row(number, number);
        let span = row.document.clone().unwrap();
        *asked.entry(span.start).or_insert(0) += 1;
        assert!(
            pairs.insert((span.start, row.seeds[0])),
            "a passage meets each seed once"
        );
        assert_eq!(row.text("focus").is_empty(), number < passages);
        assert!(row.text("document").contains(row.text("focus")));
        let last = prompt(&flow, row.clone()).pop().unwrap().content;
        assert!(last.contains(row.text("document")) && last.contains("Care of roses"));
    }
    assert!(asked.into_values().all(|times| times == 5));
}

#[test]
fn short_prompts_stay_short() {
    let long = "Roses in the old garden by the river want much water and a little patience. ".repeat(60);
    for kind in Kind::ALL {
        let mut leaf = leaf(kind);
        for example in &mut leaf.seed_examples {
            example.context = example.context.as_ref().map(|_| long.clone());
            for pair in &mut example.pairs {
                pair.answer = long.clone();
            }
        }
        let flow = Flow::for_kind(kind).unwrap();
        let documents = vec![("long.md".to_owned(), long.clone())];
        let rows = prepare(&inputs(&leaf, &documents, PromptLimits::SHORT), &flow).unwrap();
        for number in 0..6 {
            let messages = prompt(&flow, rows.row(number, number));
            let tokens: u64 = messages
                .iter()
                .map(|message| tokens::estimate(&message.content) + 4)
                .sum();
            assert!(tokens <= 800, "{kind}: {tokens}");
            assert!(!messages.iter().any(|message| message.content.contains('…')));
        }
    }
}

#[test]
fn leaves_that_cannot_be_taught_from_are_refused() {
    let none: Vec<(String, String)> = Vec::new();
    let skill = Flow::for_kind(Kind::Skill).unwrap();
    let knowledge = Flow::for_kind(Kind::Knowledge).unwrap();
    let grounded = Flow::for_kind(Kind::GroundedSkill).unwrap();

    let mut empty = leaf(Kind::Skill);
    empty.seed_examples.clear();
    let fault = |leaf: &Leaf, documents: &[(String, String)], flow: &Flow| {
        prepare(&inputs(leaf, documents, PromptLimits::FULL), flow)
            .unwrap_err()
            .to_string()
    };
    assert!(fault(&empty, &none, &skill).contains("no usable seed example"));
    assert!(fault(&leaf(Kind::Knowledge), &none, &knowledge).contains("no document"));
    assert!(fault(&leaf(Kind::Skill), &none, &knowledge).contains("'document'"));
    assert!(fault(&leaf(Kind::Skill), &none, &grounded).contains("a skill leaf"));
    assert!(fault(&leaf(Kind::Knowledge), &documents(), &skill).contains("'task_description'"));
    let nothing = Inputs {
        count: 0,
        ..inputs(&empty, &none, PromptLimits::FULL)
    };
    assert_eq!(prepare(&nothing, &skill).unwrap_err(), FlowError::NothingWanted);
}

#[test]
fn a_leaf_with_one_seed_is_enough_for_a_preview() {
    let mut leaf = leaf(Kind::GroundedSkill);
    leaf.seed_examples.truncate(1);
    let flow = Flow::for_kind(Kind::GroundedSkill).unwrap();
    let rows = prepare(&inputs(&leaf, &[], PromptLimits::FULL), &flow).unwrap();
    let messages = prompt(&flow, rows.row(2, 2));
    assert_eq!(messages.len(), 4);
    assert!(messages[2].content.starts_with("[Context]\nRoses number 0"));
}

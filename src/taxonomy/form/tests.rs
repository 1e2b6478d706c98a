use super::*;
use crate::taxonomy::check::{Profile, check_document};
use crate::taxonomy::leaf_file::leaf_of;
use crate::taxonomy::node::NodePath;
use crate::taxonomy::scaffold::{Start, scaffold};

fn node(kind: Kind) -> NodePath {
    NodePath::parse(match kind {
        Kind::Knowledge => "knowledge/a",
        Kind::Skill => "compositional_skills/a",
        Kind::GroundedSkill => "compositional_skills/grounded/a",
    })
    .unwrap()
}

fn started(kind: Kind) -> Document {
    let start = Start {
        created_by: "it's \"me\"\u{85}\t".into(),
        ..Start::default()
    };
    Document::parse(scaffold(kind, &start).as_bytes()).unwrap()
}

fn rules(kind: Kind, document: &Document) -> Vec<&'static str> {
    let path = node(kind).qna_relative();
    check_document(&path, &Ok(document.clone()), Profile::Ci)
        .into_iter()
        .map(|one| one.rule)
        .collect()
}

#[test]
fn a_new_leaf_lacks_only_texts_and_passes_once_they_are_written() {
    for kind in Kind::ALL {
        let mut document = started(kind);
        let leaf = leaf_of(&node(kind), document.root());
        assert_eq!(
            (leaf.kind, leaf.version, leaf.created_by.as_str()),
            (kind, 3, "it's \"me\"\u{85}\t")
        );
        assert!(
            rules(kind, &document)
                .iter()
                .all(|rule| matches!(*rule, "min-length" | "unique-items"))
        );
        let fields = fields_of(&leaf);
        assert!(
            fields.iter().all(|field| document.get(&field.yaml_path).is_some()),
            "{kind}"
        );
        for (number, field) in fields.iter().enumerate() {
            let text = if field.multiline {
                format!("Line {number}: a\n\n  indented # b\n")
            } else {
                format!("v{number}")
            };
            apply(
                &mut document,
                kind,
                &FormEdit::Set(field.yaml_path.clone(), text.clone()),
            )
            .unwrap();
            assert_eq!(value(&document, &field.yaml_path), text);
        }
        assert_eq!(
            rules(kind, &document),
            Vec::<&str>::new(),
            "{kind}\n{}",
            document.text()
        );
    }
}

#[test]
fn every_value_of_the_document_has_a_field() {
    let leaf = leaf_of(&node(Kind::Knowledge), started(Kind::Knowledge).root());
    let fields = fields_of(&leaf);
    // Three at the top, five examples of a context and three pairs, repository, commit and one pattern.
    assert_eq!(fields.len(), 3 + 5 * (1 + 3 * 2) + 3);
    assert_eq!(
        fields[4].yaml_path.to_string(),
        ".seed_examples[0].questions_and_answers[0].question"
    );
    assert_eq!(fields[4].group, Group::Pair(0, 0));
    let mut paths: Vec<String> = fields.iter().map(|field| field.yaml_path.to_string()).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), fields.len());
}

#[test]
fn examples_pairs_and_patterns_come_go_and_move() {
    let kind = Kind::Knowledge;
    let mut document = started(kind);
    let context = |number: usize| example_path(number).key("context");
    let mut make = |edit: FormEdit| apply(&mut document, kind, &edit).unwrap();
    for number in 0..5 {
        make(FormEdit::Set(context(number), format!("c{number}")));
    }
    make(FormEdit::AddExample);
    make(FormEdit::MoveExample(0, 2));
    make(FormEdit::DuplicateExample(2));
    make(FormEdit::RemoveExample(0));
    make(FormEdit::InsertExample(0));
    make(FormEdit::AddPair(1));
    make(FormEdit::Set(pair_path(kind, 1, 3).key("question"), "last".into()));
    make(FormEdit::MovePair(1, 3, 0));
    make(FormEdit::DuplicatePair(1, 0));
    make(FormEdit::RemovePair(1, 2));
    make(FormEdit::AddPattern("b/*.md".into()));
    make(FormEdit::MovePattern(1, 0));
    make(FormEdit::RemovePattern(1));
    make(FormEdit::Set(top("document").key("patterns").index(1), "c.md".into()));
    make(FormEdit::SetVersion(2));
    let leaf = leaf_of(&node(kind), document.root());
    let contexts: Vec<&str> = leaf
        .seed_examples
        .iter()
        .map(|example| example.context.as_deref().unwrap())
        .collect();
    assert_eq!(contexts, ["", "c2", "c0", "c0", "c3", "c4", ""]);
    let questions: Vec<&str> = leaf.seed_examples[1]
        .pairs
        .iter()
        .map(|pair| pair.question.as_str())
        .collect();
    assert_eq!(questions, ["last", "last", "", ""]);
    assert_eq!(leaf.document.unwrap().patterns, ["b/*.md", "c.md"]);
    assert_eq!(leaf.version, 2);
}

#[test]
fn a_bare_file_grows_into_a_leaf() {
    let mut document = Document::parse(b"version: 3 # mine\n").unwrap();
    let kind = Kind::Knowledge;
    apply(&mut document, kind, &FormEdit::AddExample).unwrap();
    apply(
        &mut document,
        kind,
        &FormEdit::Set(top("document").key("repo"), "r".into()),
    )
    .unwrap();
    apply(&mut document, kind, &FormEdit::AddPattern("*.md".into())).unwrap();
    apply(&mut document, kind, &FormEdit::Set(top("domain"), "d".into())).unwrap();
    assert!(
        document.text().starts_with("version: 3 # mine\n"),
        "{}",
        document.text()
    );
    let leaf = leaf_of(&node(kind), document.root());
    assert_eq!((leaf.domain.as_str(), leaf.seed_examples.len()), ("d", 1));
    assert_eq!(leaf.document.unwrap().patterns, ["*.md"]);
}

#[test]
fn an_edit_that_cannot_be_made_changes_nothing() {
    let mut document = started(Kind::Skill);
    let before = document.text().to_owned();
    for edit in [
        FormEdit::RemoveExample(9),
        FormEdit::MoveExample(0, 9),
        FormEdit::Set(top("seed_examples"), "x".into()),
        FormEdit::Clear(top("none")),
    ] {
        assert!(apply(&mut document, Kind::Skill, &edit).is_err(), "{edit:?}");
        assert_eq!(document.text(), before);
    }
}

use super::*;
use crate::taxonomy::check::check_file;

fn mended(path: &str, text: &str, profile: Profile) -> (String, Vec<&'static str>) {
    let known = Known { author: Some("ann") };
    let mended = mend(path, text.as_bytes(), profile, known);
    let left = check_file(path, &mended.bytes, profile);
    (
        String::from_utf8(mended.bytes).unwrap(),
        left.into_iter().map(|one| one.rule).collect(),
    )
}

const SKILL: &str = "compositional_skills/a/qna.yaml";

#[test]
fn style_is_mended_and_nothing_else_moves() {
    let text = "version:  3\ntask_description : T   # why\ncreated_by: [ a  ,b ]\nseed_examples:\n   -   question: |\n           one\n             two\n       answer: x\n   - {  question: b,answer: c  }\nx:\n- 1\n";
    let (mended, left) = mended(SKILL, text, Profile::Ilab);
    assert_eq!(
        mended,
        "version: 3\ntask_description: T   # why\ncreated_by: [ a, b ]\nseed_examples:\n   - question: |\n         one\n           two\n     answer: x\n   - { question: b, answer: c }\nx:\n   - 1\n"
    );
    assert_eq!(left, ["type", "min-items", "unknown-key"]);
}

#[test]
fn a_block_moves_with_all_that_belongs_to_it() {
    let text = "version: 3\ncreated_by: c\na:\n  b: 1\nseed_examples:\n    - question: |\n        one\n          two\n\n        three\n      # why\n      answer: \"a\n      b\"\n    - question: c\n";
    let (mended, _) = mended(SKILL, text, Profile::Ci);
    assert_eq!(
        mended,
        "version: 3\ncreated_by: c\na:\n  b: 1\nseed_examples:\n  - question: |\n      one\n        two\n\n      three\n    # why\n    answer: \"a\n    b\"\n  - question: c\n"
    );
}

#[test]
fn what_is_known_is_filled_in() {
    let text = "seed_examples: []\n";
    let (skill, left) = mended(SKILL, text, Profile::Ci);
    assert!(
        skill.starts_with("version: 3\n") && skill.contains("created_by: ann\n"),
        "{skill}"
    );
    assert_eq!(left, ["required", "min-items"]);
    let path = "knowledge/horticulture/late_frost/qna.yaml";
    let (knowledge, left) = mended(path, "version: 3\ndocument:\n  repo: r\n  commit: c\n", Profile::Ilab);
    assert!(
        knowledge.contains("domain: late frost\n") && knowledge.contains("\"*.md\""),
        "{knowledge}"
    );
    assert_eq!(left, ["required", "required"]);
}

#[test]
fn versions_are_brought_up_where_nothing_breaks() {
    let example = |n: usize| format!("- {{question: what is {n} then, answer: a sentence on number {n}}}\n");
    let text = |version: usize, examples: usize| {
        let all: String = (0..examples).map(example).collect();
        format!("version: {version}\ntask_description: t\ncreated_by: c\nseed_examples:\n{all}")
    };
    assert_eq!(mended(SKILL, &text(2, 5), Profile::Ilab).0, text(3, 5));
    assert_eq!(mended(SKILL, &text(1, 5), Profile::Ci).0, text(3, 5));
    // In version 1 one example is enough; in version 3 the file would be refused.
    assert_eq!(mended(SKILL, &text(1, 1), Profile::Ilab).0, text(1, 1));
    let pairs = "    questions_and_answers:\n      - {question: q1, answer: a1}\n      - {question: q2, answer: a2}\n      - {question: q3, answer: a3}\n";
    let examples: String = (0..5).map(|n| format!("  - context: c{n}\n{pairs}")).collect();
    let knowledge = |version: usize, outline: &str| {
        format!(
            "version: {version}\ncreated_by: c\ndomain: d\n{outline}: o\nseed_examples:\n{examples}document: {{repo: r, commit: c, patterns: [p]}}\n"
        )
    };
    let path = "knowledge/a/qna.yaml";
    assert_eq!(
        mended(path, &knowledge(2, "task_description"), Profile::Ilab).0,
        knowledge(3, "document_outline")
    );
    // The old form of the examples is for a person to bring up.
    assert_eq!(
        mended(path, "version: 1\nseed_examples: []\n", Profile::Ilab).0,
        "version: 1\nseed_examples: []\n"
    );
}

#[test]
fn bytes_that_are_no_text_stay() {
    assert_eq!(
        mend(SKILL, b"\xff\n\n", Profile::Ci, Known::default()).bytes,
        b"\xff\n\n"
    );
    let broken = "a: [  b\n";
    assert_eq!(mended(SKILL, broken, Profile::Ci).0, broken);
}

use super::*;

fn rules(path: &str, text: &str, documents: Option<&[DocumentText]>) -> Vec<String> {
    let document = Document::parse(text.as_bytes()).unwrap();
    advise(path, &document, documents)
        .into_iter()
        .map(|one| {
            assert_eq!(one.severity, Severity::Advice);
            format!("{}:{} {} {}", one.line, one.column, one.rule, one.yaml_path)
        })
        .collect()
}

fn skill(text: &str) -> Vec<String> {
    rules("compositional_skills/a/qna.yaml", text, None)
}

fn knowledge(text: &str) -> Vec<String> {
    rules("knowledge/a/qna.yaml", text, None)
}

#[test]
fn examples_that_say_nearly_the_same_are_told() {
    let text = "seed_examples:\n\
        - {question: How do I prune an old apple tree?, answer: Take out dead wood first and keep the crown open.}\n\
        - {question: How do I prune an old apple-tree now?, answer: Take out dead wood first and keep the crown open.}\n\
        - {question: When do I water seedlings?, answer: In the morning before the sun is high.}\n\
        - {question: WHEN do I  water seedlings?, answer: In the morning before the sun is high.}\n";
    assert_eq!(
        skill(text),
        [
            "3:3 repeated-example .seed_examples[1]",
            "5:3 repeated-example .seed_examples[3]"
        ]
    );
    let pattern = "seed_examples:\n\
        - {question: Sort the word frost, answer: It belongs to weather because it falls from cold air.}\n\
        - {question: Sort the word spade, answer: It belongs to tools because one digs with it.}\n";
    assert_eq!(skill(pattern), Vec::<String>::new());
}

#[test]
fn short_answers_are_told_unless_all_are() {
    let text = |answers: &[&str]| {
        let each = |answer: &&str| format!("- question: q {answer}\n  answer: {answer}\n");
        format!("seed_examples:\n{}", answers.iter().map(each).collect::<String>())
    };
    let long = "Water the soil in the evening, since wet ground gives off heat.";
    assert_eq!(
        skill(&text(&[
            long,
            "Turgor.",
            "Because the roots need air and rot without it."
        ])),
        ["5:11 short-answer .seed_examples[1].answer"]
    );
    assert_eq!(skill(&text(&["positive", "negative", "neutral"])), Vec::<String>::new());
    assert_eq!(
        skill(&text(&["土に水をやります。", "朝に水をやります。"])),
        Vec::<String>::new()
    );
}

#[test]
fn knowledge_is_looked_at_example_by_example() {
    let text = "seed_examples:\n\
        - context: The frost comes early.\n  questions_and_answers:\n\
        \x20 - {question: q1, answer: an answer of five words}\n\
        \x20 - {question: q2, answer: an answer of six good words}\n\
        \x20 - {question: q3, answer: an answer of seven very good words}\n\
        \x20 - {question: q4, answer: this one is never used}\n\
        - context: |\n    The  frost comes\n    early.\n\
        \x20 questions_and_answers:\n  - {question: q1, answer: an answer of five words}\n\
        document: {repo: r, commit: main, patterns: [a]}\n";
    assert_eq!(
        knowledge(text),
        [
            "7:5 unused-questions .seed_examples[0].questions_and_answers[3]",
            "8:12 repeated-context .seed_examples[1].context",
            "12:16 repeated-example .seed_examples[1].questions_and_answers[0].question",
            "13:29 document-commit .document.commit"
        ]
    );
}

#[test]
fn contexts_are_looked_for_in_the_documents() {
    let text = "seed_examples:\n- context: |\n    The *first* frost\n    comes early.\n- context: Not in there.\n";
    let document = |text: &str| DocumentText {
        path: "a.md".to_owned(),
        text: text.to_owned(),
    };
    let there = [document("# Title\n\nThe first\nfrost comes **early**. And more.")];
    let path = "knowledge/a/qna.yaml";
    assert_eq!(
        rules(path, text, Some(&there)),
        ["5:12 context-not-found .seed_examples[1].context"]
    );
    assert_eq!(rules(path, text, Some(&[])), Vec::<String>::new());
    assert_eq!(rules(path, text, None), Vec::<String>::new());
}

#[test]
fn lengths_versions_mixtures_and_phrases_are_told() {
    let long = "word ".repeat(251);
    let text = format!(
        "version: 2\nseed_examples:\n- question: q\n  answer: {long}\n- context: c\n  question: q2\n  answer: As an AI language model, I do not know.\n- question: q3\n  answer: This is fine as it stands.\n"
    );
    assert_eq!(
        skill(&text),
        [
            "1:10 old-version .version",
            "4:11 long-text .seed_examples[0].answer",
            "5:3 mixed-contexts .seed_examples[1]",
            "7:11 machine-written .seed_examples[1].answer"
        ]
    );
}

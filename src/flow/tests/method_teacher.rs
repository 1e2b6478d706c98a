//! A teacher that answers every prompt of the shipped methods in its form.

use serde_json::json;

use crate::teacher::{ChatRequest, Prompt as TeacherPrompt};

/// How a scripted teacher fails, for some of its answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mood {
    /// Judges say no.
    Strict,
    /// Judges and parsers get prose.
    Rambling,
}

/// The beginning of a prompt, by which it is known.
fn system(request: &ChatRequest) -> &str {
    match &request.prompt {
        TeacherPrompt::Raw(text) => text,
        TeacherPrompt::Chat(messages) => &messages[0].content,
    }
}

/// Words that no other call, and no other entry of a list, has.
fn words_of(request: &ChatRequest, entry: u64) -> String {
    let mut state = request.sampling.seed.unwrap_or(0).wrapping_mul(97).wrapping_add(entry);
    let mut word = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        format!("w{}", state >> 48)
    };
    (0..7).map(|_| word()).collect::<Vec<_>>().join(" ")
}

const RULES: &[(&str, &str)] = &[
    ("You check whether an answer rests on", "verdict"),
    ("You check whether an answer answers", "points"),
    ("You check whether a question", "verdict"),
    ("You check questions and requests", "verdict"),
    ("You grade an answer to a question", "grade"),
    ("You grade an answer. Give", "criteria"),
    ("You grade an answer by four", "aspects"),
    ("You compare two requests", "equality"),
    ("You are one of several independent critics", "critique"),
    ("You decide what becomes", "decision"),
    ("You revise a draft", "revision"),
    ("You compare two answers", "comparison"),
    ("You check a text against its source", "claims"),
    ("Does a task ask to choose", "kind"),
    ("You make an example of a task", "instance"),
    ("You name people", "personas"),
    ("You guess what a certain person", "persona question"),
    ("You write multiple-choice", "choice"),
    ("You answer a multiple-choice", "solution"),
    ("Come up with tasks", "tasks"),
    ("You write questions with answers", "pairs"),
    ("You write questions for an examination on:", "question"),
    ("You write questions for an examination in", "questions"),
    ("You write questions (or requests) of one kind", "question"),
    ("You write questions (or requests)", "questions"),
    ("You write texts that people hand over", "text"),
    ("You prepare a passage", "text"),
    ("You write for ", "long text"),
    ("You rewrite a request", "evolved"),
    ("You write one brand-new request", "evolved"),
    ("You answer questions of one kind", "answer"),
    ("You answer what you are asked", "answer"),
    ("You say how well a request is put", "label"),
    ("<|im_start|>", "free question"),
];

/// What kind of answer a prompt wants.
pub(super) fn wanted(request: &ChatRequest) -> &'static str {
    let system = system(request);
    let rule = RULES.iter().find(|(start, _)| system.starts_with(start));
    rule.unwrap_or_else(|| panic!("an unknown prompt: {system}")).1
}

pub(super) fn good(request: &ChatRequest) -> String {
    let asked = request.prompt.messages().last().map_or("", |message| &message.content);
    let words = words_of(request, 0);
    let question = |number: u64| format!("What of {}?", words_of(request, number));
    let between = |start: &str, end: &str| {
        let rest = asked.split_once(start).map_or("", |(_, rest)| rest);
        rest.split_once(end)
            .map_or(rest, |(inside, _)| inside)
            .trim()
            .to_owned()
    };
    match wanted(request) {
        "verdict" => json!({"explanation": "Fine.", "verdict": "YES"}).to_string(),
        "points" => json!({"explanation": "Fine.", "subject": 1, "focus": 1}).to_string(),
        "grade" => json!({"explanation": "Fine.", "score": 3}).to_string(),
        "criteria" => {
            json!({"explanation": "Fine.", "correctness": 5, "completeness": 5, "clarity": 4, "blocker": false})
                .to_string()
        }
        "aspects" => {
            let high = if asked.contains("better") { 5 } else { 2 };
            json!({"explanation": "So.", "instruction_following": high, "truthfulness": high, "honesty": high, "helpfulness": high}).to_string()
        }
        "equality" => json!({"explanation": "New.", "verdict": "DIFFERENT", "in_skill": "YES"}).to_string(),
        "critique" => {
            let is_mended = asked.contains("mended");
            let issues = if is_mended {
                json!([])
            } else {
                json!([{"quote": "short", "problem": "too short", "fix": "mended", "severity": "major"}])
            };
            json!({"issues": issues, "score": if is_mended { 5 } else { 2 }}).to_string()
        }
        "decision" => json!({"explanation": "Mend.", "decision": "revise", "order": [1]}).to_string(),
        "revision" => format!(
            "{}\n[Addressed] 1",
            between("[Draft]", "[Issues]").replace("short", "mended")
        ),
        "comparison" => {
            let better = if between("[Answer A]", "[Answer B]").contains("mended") {
                "A"
            } else {
                "B"
            };
            json!({"explanation": "Mended.", "verdict": better}).to_string()
        }
        "claims" => {
            let quote = between("[Source]", ".").lines().last().unwrap_or_default().to_owned();
            json!({"claims": [{"claim": "It is so.", "verdict": "supported", "quote": quote}]}).to_string()
        }
        "kind" => json!({"explanation": "So.", "kind": if asked.contains('3') { "classification" } else { "open" }})
            .to_string(),
        "instance" => format!("[Output]\nout {words}\n[Input]\nin {words}\n").replace(
            "[Output]\nout",
            if system(request).contains("the label") {
                "[Output]\nlabel"
            } else {
                "[Input]\nnone\n[Output]\nout"
            },
        ),
        "personas" => json!({"personas": ["a gardener", "a neighbour", "a beginner"]}).to_string(),
        "persona question" => format!("This person asks: {}", question(1)),
        "choice" => {
            json!({"question": question(1), "right": format!("right {words}"), "wrong": ["one", "two", "three"]})
                .to_string()
        }
        "solution" => {
            let options = asked
                .lines()
                .filter(|line| line.contains(") "))
                .find(|line| line.contains("right"));
            json!({"explanation": "So.", "letter": options.and_then(|line| line.get(..1)).unwrap_or("NONE")})
                .to_string()
        }
        "tasks" => (9..14)
            .map(|number| format!("{number}. Tell {} in few words.\n", question(number)))
            .collect(),
        "pairs" => (0..2)
            .map(|number| format!("[Question]\n{}\n[Answer]\nIt is {words}.\n[End]\n", question(number)))
            .collect(),
        "question" if system(request).contains("[Context]") => {
            format!("[Context]\nA note on {words}.\n[Question]\n{}", question(1))
        }
        "question" => format!("[Question]\n{}", question(1)),
        "questions" => (0..3)
            .map(|number| format!("[Question]\n{}\n[End]\n", question(number)))
            .collect(),
        "text" => format!("A note on {words}."),
        "long text" => {
            let facts = (0..40).map(|number| format!("Here {number} stands the fact {} again. ", number * 31));
            format!("[Request]\nTell me of {words}.\n[Text]\n{}", facts.collect::<String>())
        }
        "free question" => format!("\"{}\"<|im_end|>", question(1)),
        "label" => json!({"explanation": "Clear.", "quality": "good", "difficulty": "easy"}).to_string(),
        "evolved" => format!("{} Mind {words} as well.", asked.lines().last().unwrap_or_default()),
        "answer" => {
            let better = if request.sampling.seed.unwrap_or(0).is_multiple_of(2) {
                "better"
            } else {
                "plain"
            };
            let last = if system(request).contains("Final answer") && asked.contains("w1") {
                "\nFinal answer: 12"
            } else {
                ""
            };
            format!("The short {better} answer is {words}.{last}")
        }
        other => panic!("{other}"),
    }
}

pub(super) fn in_mood(request: &ChatRequest, mood: Mood) -> String {
    let is_judged = matches!(
        wanted(request),
        "verdict"
            | "points"
            | "grade"
            | "criteria"
            | "aspects"
            | "equality"
            | "critique"
            | "comparison"
            | "claims"
            | "solution"
            | "label"
    );
    match (mood, is_judged) {
        (Mood::Strict, true) => good(request)
            .replace("YES", "NO")
            .replace("DIFFERENT", "EQUAL")
            .replace(":1", ":0")
            .replace(":3", ":1")
            .replace(":5", ":1")
            .replace("supported", "not found")
            .replace("good", "poor"),
        (Mood::Rambling, _) => format!("Well, {} is a wide field.", words_of(request, 0)),
        _ => good(request),
    }
}

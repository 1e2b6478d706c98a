//! The shipped methods from end to end, with a teacher that answers each prompt in its form.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::teacher::Prompt as TeacherPrompt;

/// How a scripted teacher fails, for some of its answers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
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
    ("You rewrite requests", "evolved"),
    ("You answer questions of one kind", "answer"),
    ("You answer what you are asked", "answer"),
    ("You say how well a request is put", "label"),
    ("<|im_start|>", "free question"),
];

/// What kind of answer a prompt wants.
fn wanted(request: &ChatRequest) -> &'static str {
    let system = system(request);
    let rule = RULES.iter().find(|(start, _)| system.starts_with(start));
    rule.unwrap_or_else(|| panic!("an unknown prompt: {system}")).1
}

fn good(request: &ChatRequest) -> String {
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
        "equality" => json!({"explanation": "New.", "verdict": "DIFFERENT"}).to_string(),
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
        "long text" => (0..40)
            .map(|number| format!("Here {number} stands the fact {} again. ", number * 31))
            .collect(),
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

fn in_mood(request: &ChatRequest, mood: Mood) -> String {
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

fn kinds(flow: &Flow) -> Vec<Kind> {
    let word = |kind: &Kind| match kind {
        Kind::Skill => "skill",
        Kind::GroundedSkill => "grounded-skill",
        Kind::Knowledge => "knowledge",
    };
    Kind::ALL
        .into_iter()
        .filter(|kind| flow.metadata.tags.iter().any(|tag| tag == word(kind)))
        .collect()
}

fn reasons(recorder: &MemoryRecorder) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for dropped in &recorder.drops {
        let key = format!("{} {:?}: {}", dropped.block, dropped.reason, dropped.message);
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn methods() -> Vec<Flow> {
    let flows = Flow::shipped().unwrap();
    flows
        .into_iter()
        .filter(|flow| !["freeform-skill", "grounded-skill", "knowledge"].contains(&flow.name.as_str()))
        .collect()
}

#[test]
fn every_method_makes_samples_of_every_kind_of_leaf_it_names() {
    for flow in methods() {
        let kinds = kinds(&flow);
        assert!(!kinds.is_empty(), "{} has no tags", flow.name);
        for kind in kinds {
            let teacher = Arc::new(Scripted::new(|request| Ok(reply(good(request)))).with_model("scripted-qwen"));
            let leaves = [prepared(kind, &flow, 6, 7)];
            let (left, recorder) = go(&flow, &leaves, &teacher);
            assert_eq!(left.summary.outcome, Outcome::Done, "{} for {kind}", flow.name);
            assert!(left.summary.adds_up());
            let drops = reasons(&recorder);
            assert!(
                left.summary.samples >= 5 && left.summary.samples > recorder.drops.len(),
                "{} for {kind}: {} samples, {drops:#?}",
                flow.name,
                left.summary.samples
            );
            for sample in &recorder.samples {
                assert_eq!(
                    sample.context.is_some(),
                    kind != Kind::Skill,
                    "{} for {kind}: {sample:?}",
                    flow.name
                );
                assert!(
                    sample
                        .messages
                        .iter()
                        .all(|message| !message.content.contains("Final answer:"))
                );
                assert_eq!(sample.flags, Vec::<String>::new(), "{}", flow.name);
            }
        }
    }
}

#[test]
fn judges_that_say_no_and_answers_without_form_leave_drops_with_reasons() {
    for flow in methods() {
        let kind = kinds(&flow)[0];
        for mood in [Mood::Strict, Mood::Rambling] {
            let teacher =
                Arc::new(Scripted::new(move |request| Ok(reply(in_mood(request, mood)))).with_model("scripted-qwen"));
            let leaves = [prepared(kind, &flow, 4, 7)];
            let (left, recorder) = go(&flow, &leaves, &teacher);
            assert!(left.summary.adds_up(), "{} {mood:?}", flow.name);
            assert!(
                recorder
                    .drops
                    .iter()
                    .all(|dropped| !dropped.message.is_empty() && dropped.reason != DropReason::Other)
            );
            assert!(
                recorder
                    .drops
                    .iter()
                    .all(|dropped| dropped.reason != DropReason::Template),
                "{}: {:#?}",
                flow.name,
                reasons(&recorder)
            );
            // Judges that cannot be read leave the decision to a person, and nothing passes for judged.
            let is_unjudged = |sample: &&Sample| sample.flags.is_empty() && sample.scores.is_empty();
            let passed = recorder.samples.iter().filter(is_unjudged).count();
            assert!(
                passed == 0 || flow.name == "self-instruct",
                "{} {mood:?}: {passed}",
                flow.name
            );
        }
    }
}

#[test]
fn evolution_goes_on_from_successes_and_past_failures() {
    let flow = Flow::named("evol-instruct").unwrap();
    let teacher = Arc::new(Scripted::new(|request| {
        let mut answer = good(request);
        // A constraint always comes out as it went in.
        if wanted(request) == "evolved"
            && request.prompt.messages()[1]
                .content
                .contains("exactly one more requirement")
        {
            answer = request.prompt.messages()[1].content.lines().last().unwrap().to_owned();
        }
        Ok(reply(answer))
    }));
    let (left, recorder) = go(&flow, &[prepared(Kind::Skill, &flow, 12, 7)], &teacher);
    assert_eq!(left.summary.samples + left.summary.drops, 12 * 4);
    assert!(!recorder.drops.is_empty());
    for dropped in &recorder.drops {
        assert!(
            dropped.message.contains("constraint: nothing was changed"),
            "{}",
            dropped.message
        );
    }
    let depths: BTreeMap<u32, usize> = recorder.samples.iter().fold(BTreeMap::new(), |mut counts, sample| {
        *counts.entry(sample.depth).or_default() += 1;
        counts
    });
    assert!(depths.len() == 4, "{depths:?}");
    let mut seen = HashSet::new();
    for sample in &recorder.samples {
        let operators = &sample.provenance.operators;
        assert_eq!(operators.len(), sample.depth as usize);
        assert!(!operators.iter().any(|operator| operator == "constraint"));
        seen.extend(operators.iter().cloned());
        // What was added before is still there, unless it was made anew.
        let added = sample.messages[0].content.matches("Mind").count();
        assert_eq!(added, operators.len(), "{operators:?}: {}", sample.messages[0].content);
    }
    assert_eq!(seen.len(), 5);
}

#[test]
fn revisions_leave_the_way_they_went_and_a_pair() {
    let flow = Flow::named("self-revision").unwrap();
    let teacher = Arc::new(Scripted::new(|request| Ok(reply(good(request)))));
    let (_, recorder) = go(&flow, &[prepared(Kind::GroundedSkill, &flow, 4, 7)], &teacher);
    assert_eq!(recorder.samples.len(), 4, "{:#?}", reasons(&recorder));
    for sample in &recorder.samples {
        assert!(sample.messages[1].content.contains("mended"));
        assert!(sample.rejected.as_ref().unwrap().contains("short"));
        let [step] = sample.provenance.trajectory.as_slice() else {
            panic!("{sample:?}")
        };
        assert_eq!((step["round"].as_u64(), step["kept"].as_bool()), (Some(1), Some(true)));
        assert_eq!(step["issues"].as_array().unwrap().len(), 4);
        assert_eq!(sample.scores["critic_score"], 5.0);
    }
    // A critic that always prefers the first text shown lets no revision through.
    let teacher = Arc::new(Scripted::new(|request| {
        Ok(reply(match wanted(request) {
            "comparison" => json!({"explanation": "First.", "verdict": "A"}).to_string(),
            _ => good(request),
        }))
    }));
    let (_, recorder) = go(&flow, &[prepared(Kind::GroundedSkill, &flow, 4, 7)], &teacher);
    for sample in &recorder.samples {
        assert!(sample.messages[1].content.contains("short") && sample.rejected.is_none());
        assert_eq!(sample.provenance.trajectory[0]["kept"], false);
    }
}

#[test]
fn pairs_choices_and_agreement_stand_in_the_samples() {
    let made = |name: &str, kind: Kind| {
        let flow = Flow::named(name).unwrap();
        let teacher = Arc::new(Scripted::new(|request| Ok(reply(good(request)))));
        go(&flow, &[prepared(kind, &flow, 8, 7)], &teacher).1.samples
    };
    for sample in made("preference-pairs", Kind::Skill) {
        assert!(sample.messages[1].content.contains("better") && sample.rejected.unwrap().contains("plain"));
    }
    let choices: Vec<_> = made("multiple-choice", Kind::Knowledge)
        .into_iter()
        .map(|sample| sample.choices.unwrap())
        .collect();
    assert!(
        choices
            .iter()
            .all(|choices| choices.options.len() == 4 && choices.options[choices.correct].starts_with("right"))
    );
    assert!(
        choices
            .iter()
            .map(|choices| choices.correct)
            .collect::<HashSet<_>>()
            .len()
            > 1
    );
    let distilled = made("distil", Kind::Skill);
    assert!(
        distilled
            .iter()
            .any(|sample| sample.scores.get("agreement_score") == Some(&1.0))
    );
    assert!(
        distilled
            .iter()
            .any(|sample| sample.scores.contains_key("critic_score"))
    );
}

/// A judge that is only shown good work learns to say yes.
#[test]
fn judges_are_shown_a_no_that_is_right() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flow/shipped");
    let mut judged = 0;
    for entry in std::fs::read_dir(&folder)
        .unwrap()
        .chain(std::fs::read_dir(folder.join("prompts")).unwrap())
    {
        let path = entry.unwrap().path();
        let prompts = if path.is_dir() {
            path.join("prompts")
        } else {
            path.clone()
        };
        let files: Vec<_> = if prompts.is_dir() {
            std::fs::read_dir(prompts)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect()
        } else {
            vec![path]
        };
        for file in files
            .into_iter()
            .filter(|file| file.extension().is_some_and(|end| end == "yaml"))
        {
            let prompt: Vec<Columns> = serde_yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let shown: Vec<serde_json::Value> = prompt
                .iter()
                .filter(|message| message["role"] == "assistant")
                .filter_map(|message| serde_json::from_str(message["content"].as_str().unwrap()).ok())
                .collect();
            if shown.is_empty() {
                continue;
            }
            // First the explanation, then what follows from it; and never the same outcome twice.
            let outcome = |answer: &serde_json::Value| {
                answer
                    .as_object()
                    .unwrap()
                    .iter()
                    .skip(1)
                    .map(|(_, value)| value.to_string())
                    .collect::<String>()
            };
            assert!(
                shown.iter().all(
                    |answer| answer.as_object().unwrap().keys().next().unwrap() == "explanation"
                        || answer.get("claims").is_some()
                ),
                "{file:?}"
            );
            let outcomes: HashSet<String> = shown.iter().map(outcome).collect();
            assert!(outcomes.len() == shown.len(), "{file:?}");
            judged += 1;
        }
    }
    assert!(judged >= 10, "{judged}");
}

//! The memory of a run of many rows.

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use criterion::Criterion;
use seedbed::flow::{Flow, Inputs, PromptLimits, prepare};
use seedbed::taxonomy::{Kind, Leaf, NodePath, Pair, SeedExample};
use seedbed::teacher::ChatRequest;

use super::go;
use super::instantly::Instantly;

/// The most memory that this process had so far, in MB.
fn most_memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1024.0
}

const WORDS_KNOWN: f64 = 30_000.0;

/// What the shipped flow for skills gets to read: a question in words that are used as unevenly as in a language, an answer,
/// or a verdict.
fn plays_along(request: &ChatRequest) -> String {
    let system = request
        .prompt
        .messages()
        .first()
        .map_or("", |message| message.content.as_str());
    if system.starts_with("You check") {
        return r#"{"explanation": "It is clear.", "verdict": "YES"}"#.to_owned();
    }
    if system.starts_with("You grade") {
        return r#"{"explanation": "It is right.", "score": 3}"#.to_owned();
    }
    let mut state = request.sampling.seed.unwrap_or(0) | 1;
    let words: Vec<String> = (0..12)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let share = (state >> 40) as f64 / (1_u64 << 24) as f64;
            format!("word{}", (share.powi(3) * WORDS_KNOWN) as u64)
        })
        .collect();
    match system.starts_with("You write questions") {
        true => format!("[Question]\nWhat of {}?\n[End]", words.join(" ")),
        false => format!("It is so because of {}, and that is all.", words.join(" ")),
    }
}

fn leaf() -> Leaf {
    let pair = |question: &str, answer: &str| SeedExample {
        context: None,
        pairs: vec![Pair {
            question: question.to_owned(),
            answer: answer.to_owned(),
        }],
    };
    Leaf {
        task_description: "Explain what to do in a garden by a river.".to_owned(),
        seed_examples: vec![
            pair("When do I prune a rose?", "In spring, when the first buds swell."),
            pair(
                "How deep do tulips go into the soil?",
                "Three times as deep as the bulb is high.",
            ),
            pair("What drives snails away?", "Dry soil, and watering in the morning."),
        ],
        path: NodePath::parse("compositional_skills/bench").unwrap(),
        kind: Kind::Skill,
        version: 3,
        created_by: "bench".to_owned(),
        domain: String::new(),
        document_outline: String::new(),
        document: None,
    }
}

/// A leaf's rows are made on demand; those of a table are held by whoever gives them.
pub fn memory_of_many_rows(_: &mut Criterion) {
    let count = std::env::var("SEEDBED_BENCH_ROWS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5_000);
    let folder = tempfile::tempdir().unwrap();
    let flow = Flow::named("lab-freeform").unwrap();
    let leaf = leaf();
    let inputs = Inputs {
        leaf: &leaf,
        seed_hash: "",
        documents: &[],
        count,
        seed: 7,
        limits: PromptLimits::FULL,
    };
    let rows = prepare(&inputs, &flow).unwrap();
    let began = Instant::now();
    let summary = go(folder.path(), &flow, rows, Arc::new(Instantly(plays_along)));
    assert!(summary.samples * 2 > count, "{summary:?}");
    println!(
        "a run of {count} rows and {} calls: {} samples, {:.0} s, at most {:.0} MB",
        summary.calls,
        summary.samples,
        began.elapsed().as_secs_f64(),
        most_memory()
    );
}

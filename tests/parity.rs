//! Our checks against the real `instructlab-schema` package: the same verdict, the same number of findings, the same rules and YAML paths,
//! over the sample taxonomy and some hundred seeded mutations of it, in both profiles.
//!
//! The rules of style are compared with their lines and columns.
//!
//! Runs when `SEEDBED_SCHEMA_PYTHON` names a Python that has the packages `instructlab-schema` and `yamllint`; says so when left out.
//! `SEEDBED_PARITY_CASES` (300) and `SEEDBED_PARITY_SEED` (1) ask for more or other mutations.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use seedbed::taxonomy::yaml::Document;
use seedbed::taxonomy::{Profile, Severity, check_file};
use serde_json::{Value, json};

#[path = "oracles/mutations.rs"]
mod mutations;
#[path = "oracles/style.rs"]
mod style;

use mutations::{Dice, mutate};
use style::untidy;

const LINT_RULES: [&str; 10] = [
    "trailing-spaces",
    "new-line-at-end-of-file",
    "empty-lines",
    "key-duplicates",
    "indentation",
    "colons",
    "commas",
    "hyphens",
    "braces",
    "brackets",
];

/// How many of the seed files are the small ones.
const SMALL: usize = 5;

const SKILL: &str = include_str!("oracles/seeds/skill.yaml");
const KNOWLEDGE: &str = include_str!("oracles/seeds/knowledge.yaml");

struct Case {
    path: String,
    text: String,
    profile: Profile,
}

fn seed_files() -> Vec<(String, String)> {
    let mut files = vec![
        (
            "compositional_skills/writing/reply/qna.yaml".to_owned(),
            SKILL.to_owned(),
        ),
        ("knowledge/horticulture/frost/qna.yaml".to_owned(), KNOWLEDGE.to_owned()),
        (
            "compositional_skills/a/knowledge/b/qna.yaml".to_owned(),
            KNOWLEDGE.to_owned(),
        ),
        ("foundational_skills/reasoning/a/qna.yaml".to_owned(), SKILL.to_owned()),
        (
            "foundational_skills/reasoning/b/qna.yaml".to_owned(),
            KNOWLEDGE.to_owned(),
        ),
    ];
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-taxonomy");
    let mut folders = vec![sample.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(listing) = fs::read_dir(&folder) else { continue };
        let mut entries: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("qna.yaml") {
                let relative = path.strip_prefix(&sample).unwrap().to_string_lossy().replace('\\', "/");
                files.push((relative, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

fn changed(text: &str, dice: &mut Dice) -> String {
    match (text.is_empty(), dice.below(2)) {
        (true, _) => String::new(),
        (false, 0) => mutate(text, dice),
        (false, _) => untidy(text, dice),
    }
}

fn cases() -> Vec<Case> {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(otherwise)
    };
    let mut dice = Dice(number("SEEDBED_PARITY_SEED", 1));
    let seeds = seed_files();
    let mut texts = seeds.clone();
    for _ in 0..number("SEEDBED_PARITY_CASES", 300) {
        // Mostly the small files: they are as telling, and sooner judged.
        let among = if dice.below(4) == 0 { seeds.len() } else { SMALL };
        let (path, text) = &seeds[dice.below(among)];
        let mut text = text.clone();
        for _ in 0..=dice.below(3) {
            let mut next = changed(&text, &mut dice);
            // Most changes break the file, and one broken file is as good as the next.
            for _ in 0..3 {
                if Document::parse(next.as_bytes()).is_ok_and(|document| document.load_error().is_none()) {
                    break;
                }
                next = changed(&text, &mut dice);
            }
            text = next;
        }
        texts.push((path.clone(), text));
    }
    let mut cases = Vec::new();
    for (path, text) in texts {
        for profile in Profile::ALL {
            // Contributions never touch the foundational skills; there the profiles agree on purpose.
            if profile == Profile::Ci && path.starts_with("foundational_skills") {
                continue;
            }
            cases.push(Case {
                path: path.clone(),
                text: text.clone(),
                profile,
            });
        }
    }
    cases
}

/// A finding as both sides name it. Style also by its place; the schema's places the package does not know.
fn ours(case: &Case) -> (bool, Vec<String>) {
    let found = check_file(&case.path, case.text.as_bytes(), case.profile);
    let broken = matches!(found.as_slice(), [one] if one.rule == "syntax" || (one.rule == "version" && one.message.contains("infinite")));
    let mut all: Vec<String> = found
        .iter()
        .filter(|_| !broken)
        .map(|one| {
            let severity = if one.severity == Severity::Error {
                "error"
            } else {
                "warning"
            };
            let place = if LINT_RULES.contains(&one.rule) {
                format!(" {}:{}", one.line, one.column)
            } else {
                String::new()
            };
            format!("{severity} {} {}{place}", one.rule, one.yaml_path)
        })
        .collect();
    all.sort();
    (broken, all)
}

fn theirs(answer: &Value) -> (bool, Vec<String>) {
    let mut all: Vec<String> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            let (rule, yaml_path) = (text("rule"), text("yaml_path"));
            let place = if LINT_RULES.contains(&rule.as_str()) {
                format!(" {}:{}", one["line"], one["column"])
            } else {
                String::new()
            };
            format!("{} {rule} {yaml_path}{place}", text("severity"))
        })
        .collect();
    all.sort();
    (answer["broken"].as_bool().unwrap(), all)
}

#[test]
fn our_checks_agree_with_the_package() {
    let Some(python) = std::env::var_os("SEEDBED_SCHEMA_PYTHON") else {
        // Written past the test runner's capture, so that it shows when the test passes.
        let left_out = "LEFT OUT: the comparison with instructlab-schema. Set SEEDBED_SCHEMA_PYTHON to a Python that has the \
             packages instructlab-schema and yamllint to run it.\n";
        let _ = std::io::stderr().write_all(left_out.as_bytes());
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    let listed: Vec<Value> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| {
            let file = format!("{number}/{}", case.path);
            let path = folder.path().join(&file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &case.text).unwrap();
            json!({"file": file, "profile": case.profile.word()})
        })
        .collect();
    fs::write(folder.path().join("cases.json"), serde_json::to_vec(&listed).unwrap()).unwrap();
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/schema.py");
    let done = Command::new(python).arg(oracle).arg(folder.path()).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(answers.len(), cases.len());

    let (mut broken, mut findings) = (0, 0);
    let mut agreeing = Agreeing::default();
    let mut differences = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let (mine, real) = (ours(case), theirs(answer));
        broken += usize::from(real.0);
        findings += real.1.len();
        agreeing.count(&mine, &real);
        if mine != real {
            differences.push(format!(
                "{} ({}):\n  ours:   {mine:?}\n  theirs: {real:?} {}\n{}",
                case.path,
                case.profile.word(),
                answer["why"],
                case.text.escape_debug()
            ));
        }
    }
    println!(
        "{} cases compared, {broken} of them no readable YAML, {findings} findings; agreeing by verdict {}, by number of findings {}, by \
         rule, path and place {}",
        cases.len(),
        agreeing.verdict,
        agreeing.number,
        cases.len() - differences.len()
    );
    assert!(
        differences.is_empty(),
        "{} of {} differ\n\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n\n")
    );
}

/// How many cases agree, loosely and less loosely.
#[derive(Default)]
struct Agreeing {
    verdict: usize,
    number: usize,
}

impl Agreeing {
    fn count(&mut self, mine: &(bool, Vec<String>), real: &(bool, Vec<String>)) {
        let refused = |side: &(bool, Vec<String>)| side.0 || side.1.iter().any(|one| one.starts_with("error"));
        self.verdict += usize::from(refused(mine) == refused(real));
        self.number += usize::from((mine.0, mine.1.len()) == (real.0, real.1.len()));
    }
}

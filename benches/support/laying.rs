//! Lays out what benches work on.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unused_imports
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use seedbed::config::Places;
use seedbed::samples::{Message, Provenance, Role, Sample, SampleId};
use seedbed::taxonomy::{Kind, NodePath};
use seedbed::workbench::{Environment, Workbench};

/// The sizes to measure; `SEEDBED_BENCH_LARGEST` leaves the larger ones out.
pub fn sizes(all: &[usize]) -> Vec<usize> {
    let largest = std::env::var("SEEDBED_BENCH_LARGEST")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usize::MAX);
    all.iter().copied().filter(|size| *size <= largest).collect()
}

/// A moment for everything that wants one.
pub fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// A taxonomy of this many leaves, committed: a hundred leaves a topic, a hundred topics an area.
pub fn taxonomy(leaves: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let branch = folder.path().join("compositional_skills");
    std::fs::create_dir_all(&branch).unwrap();
    for number in 0..leaves {
        let path = format!(
            "area_{:02}/topic_{:02}/leaf_{:02}",
            number / 10_000,
            number / 100 % 100,
            number % 100
        );
        let leaf = branch.join(path);
        std::fs::create_dir_all(&leaf).unwrap();
        std::fs::write(leaf.join("qna.yaml"), qna(number)).unwrap();
    }
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message=Add seeds"]);
    folder
}

/// A skill's seed file of the usual size.
pub fn qna(number: usize) -> String {
    let mut text =
        "version: 3\ntask_description: Turn a short note into a polite reply.\ncreated_by: rosafield\nseed_examples:\n"
            .to_owned();
    for example in 0..6 {
        let _ = write!(
            text,
            "  - question: |\n      Reply politely to note {example} of office {number}: the lift stands still again.\n    answer: |\n      I am sorry that the lift stands still. A mechanic will come before noon, and we will write to you when it runs.\n"
        );
    }
    text
}

fn git(folder: &Path, args: &[&str]) {
    let settings = [
        "-c",
        "user.name=Rosa Field",
        "-c",
        "user.email=rosa@example.com",
        "-c",
        "core.fsync=none",
        "-c",
        "gc.auto=0",
        "-c",
        "commit.gpgSign=false",
    ];
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(settings)
        .args(args)
        .status()
        .expect("git runs");
    assert!(status.success(), "git {args:?}");
}

/// Opens a taxonomy with nobody's settings.
pub fn open(root: &Path) -> Workbench {
    let places = Places::below(&root.join(".git/nobody"));
    let environment = Environment::of([("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]);
    Workbench::open(root, &places, environment, &[]).unwrap()
}

pub fn sample(number: usize) -> Sample {
    let node: NodePath = format!("compositional_skills/area_00/topic_00/leaf_{:02}", number % 100)
        .parse()
        .unwrap();
    let messages = vec![
        Message::new(
            Role::User,
            format!("Reply politely to note {number}: the lift stands still again."),
        ),
        Message::new(
            Role::Assistant,
            format!(
                "I am sorry that lift {number} stands still. A mechanic will come before noon, and we will write to you when it runs again."
            ),
        ),
    ];
    Sample {
        provenance: Provenance {
            flow: "skill".into(),
            teacher: "loopback".into(),
            seeds: vec![0, 3],
            made: Some(noon()),
            ..Provenance::default()
        },
        scores: [("novelty".to_owned(), 0.75)].into(),
        ..Sample::new(node, Kind::Skill, messages, None)
    }
}

/// A finished run of a leaf that dropped this many rows, for two reasons.
pub fn run_with_drops(workbench: &Workbench, leaf: &str, drops: usize) {
    use seedbed::samples::{Outcome, RunId, RunRecord};
    let node = NodePath::parse(leaf).unwrap();
    let id = RunId::at(noon(), 0);
    let record = RunRecord {
        flow: "freeform-skill".into(),
        nodes: vec![node.clone()],
        wanted: drops,
        ..RunRecord::new(id.clone(), noon())
    };
    workbench
        .runs()
        .create(record)
        .unwrap()
        .finish(Outcome::Done, noon())
        .unwrap();
    let mut text = String::new();
    for row in 0..drops {
        let (block, reason) = if row % 3 == 0 {
            ("check_novelty", "near-seed")
        } else {
            ("check_text", "filter")
        };
        writeln!(
            text,
            r#"{{"row":{row},"node":"{leaf}","block":"{block}","reason":"{reason}","message":"it says nothing new","text":"[Question] How is plant {row} kept over winter? [Answer] Cool and dry.","columns":{{"question":"How is plant {row} kept over winter?"}},"at":"2026-06-01T12:00:00Z"}}"#
        )
        .unwrap();
    }
    let file = workbench.runs().folder().join(id.as_str()).join("drops.jsonl");
    std::fs::write(file, text).unwrap();
}

//! `seedbed documents` through the real binary, with real repositories and files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::process::Command;

use serde_json::Value;

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
#[cfg(feature = "convert")]
#[path = "../src/documents/tiny_pdf.rs"]
mod tiny_pdf;
use desk::{Desk, Done};

const FROST: &str = "knowledge/technology/agriculture/horticulture/frost_protection";

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}{}", done.out, done.err))
}

/// Runs git in the demo's documents.
fn git(desk: &Desk, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(args).current_dir(desk.path("tax-documents"));
    desk.at_home(&mut command);
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn documents_are_listed_compared_and_pinned() {
    let desk = Desk::new();
    desk.lay_out();
    let listed = json(&desk.run(&["documents", "list", "--format", "json"]).well());
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .all(|leaf| leaf["state"] == "only_here" && leaf["words"] != 0),
        "{listed}"
    );
    let shown = desk.run(&["documents", "show", FROST]).well();
    assert!(
        shown.out.contains("frost-protection.md") && shown.out.contains("chunk"),
        "{}",
        shown.out
    );
    assert!(shown.err.contains("has no remote"), "{}", shown.err);

    let told = desk.run(&["documents", "chunks", FROST]).well().out;
    assert!(
        told.contains("chunks of at most 500 tokens, 50 shared at most"),
        "{told}"
    );
    let cut = [
        "documents",
        "chunks",
        FROST,
        "--chunk-tokens",
        "150",
        "--chunk-overlap",
        "60",
        "--format",
        "json",
    ];
    let cut = json(&desk.run(&cut).well());
    let document = fs::read_to_string(desk.path("tax-documents").join("frost-protection.md")).unwrap();
    let chunks = cut["documents"][0]["chunks"].as_array().unwrap();
    assert!(
        chunks.len() > 8 && chunks.iter().any(|chunk| chunk["shared"] != 0),
        "{cut}"
    );
    for chunk in chunks {
        let place = |key: &str| usize::try_from(chunk[key].as_u64().unwrap()).unwrap();
        let text = document.get(place("start")..place("end")).unwrap();
        assert_eq!(
            document.split_at(place("start")).0.matches('\n').count() + 1,
            place("first_line")
        );
        assert_eq!(place("first_line") + text.matches('\n').count(), place("last_line"));
        assert!(place("tokens") <= 150 && place("shared") <= 60);
    }
    // A file is cut as it is.
    fs::write(desk.path("tax").join("note.txt"), "# One\r\n\r\nWater the soil.\r\n").unwrap();
    let file = json(
        &desk
            .run(&["documents", "chunks", "note.txt", "--format", "json"])
            .well(),
    );
    assert_eq!(file["documents"][0]["chunks"][0]["end"], 24);
    let wrong = desk.run(&[
        "documents",
        "chunks",
        FROST,
        "--chunk-tokens",
        "60",
        "--chunk-overlap",
        "60",
    ]);
    assert_eq!(wrong.status, Some(2));
    assert!(
        wrong.err.contains("the overlap has to be less than the size"),
        "{}",
        wrong.err
    );

    let compared = json(&desk.run(&["documents", "coverage", FROST, "--format", "json"]).well());
    assert!(compared["share"].as_f64().unwrap() > 0.1);
    assert!(
        compared["contexts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|context| context["found"] == "exact"),
        "{compared}"
    );
    let text = desk.run(&["documents", "coverage", FROST]).well().out;
    assert!(text.contains("no example") && text.contains("% of"), "{text}");

    // Somebody edits the document; the context that changed is found at the new commit.
    let file = desk.path("tax-documents/frost-protection.md");
    let context = compared["contexts"][0]["place"].clone();
    let old = fs::read_to_string(&file).unwrap();
    let (start, end) = (
        context["start"].as_u64().unwrap() as usize,
        context["end"].as_u64().unwrap() as usize,
    );
    let passage = old.get(start..end).unwrap();
    let changed = passage.replacen(' ', " rather ", 1);
    fs::write(&file, old.replace(passage, &changed)).unwrap();
    git(&desk, &["commit", "-qam", "Say it better"]);
    let seeds = desk.path("tax").join(FROST).join("qna.yaml");
    let before = fs::read_to_string(&seeds).unwrap();
    let pinned = json(
        &desk
            .run(&["documents", "pin", FROST, "--commit", "newest", "--format", "json"])
            .well(),
    );
    let newest = git(&desk, &["rev-parse", "HEAD"]);
    assert_eq!(
        (pinned["pin"]["commit"].as_str(), pinned["written"].as_bool()),
        (Some(newest.as_str()), Some(true))
    );
    let after = fs::read_to_string(&seeds).unwrap();
    let differing = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
    assert_eq!((differing, before.lines().count()), (1, after.lines().count()));
    let compared = desk.run(&["documents", "coverage", FROST, "--format", "json"]);
    assert_eq!(compared.status, Some(1), "{}", compared.err);
    let first = json(&compared)["contexts"][0].clone();
    assert!(
        first["found"] == "changed" && first["likeness"].as_f64().unwrap() > 0.8 && first["place"]["line"].is_u64(),
        "{first}"
    );

    let nothing = desk.run(&["documents", "pin", FROST, "--files", "nothing/*.md"]);
    assert!(
        nothing.status == Some(1) && nothing.err.contains("no file fits"),
        "{}",
        nothing.err
    );
    assert_eq!(fs::read_to_string(&seeds).unwrap(), after);
    let skill = desk.run(&["documents", "coverage", desk::LEAF]);
    assert!(
        skill.status == Some(2) && skill.err.contains("no knowledge leaf"),
        "{}",
        skill.err
    );
}

#[test]
fn texts_are_imported_only_when_somebody_agrees() {
    let desk = Desk::new();
    desk.lay_out();
    fs::write(desk.path("tax/Late Frost.txt"), "Late frost comes in May.\r\n").unwrap();
    let import = |more: &[&str]| {
        let all: Vec<&str> = ["documents", "import", "Late Frost.txt", "--into", "../tax-documents"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        desk.run(&all)
    };
    let asked = import(&[]);
    assert!(
        asked.status == Some(1) && asked.err.contains("Nothing was committed"),
        "{}",
        asked.err
    );
    assert_eq!(import(&["--dry-run"]).well().out, "Late frost comes in May.\n");
    assert!(!desk.path("tax-documents/late_frost.md").exists());
    let told = json(
        &import(&[
            "--yes",
            "--as",
            "garden/late.md",
            "--sign-off",
            "true",
            "--format",
            "json",
        ])
        .well(),
    );
    let commit = told[0]["commit"].as_str().unwrap();
    assert_eq!(git(&desk, &["rev-parse", "HEAD"]), commit);
    assert!(git(&desk, &["log", "-1", "--format=%B"]).contains("Signed-off-by: Ann Example"));
    assert_eq!(git(&desk, &["show", "HEAD:garden/late.md"]), "Late frost comes in May.");
    assert_eq!(git(&desk, &["status", "--porcelain"]), "");
    fs::write(desk.path("tax/Late Frost.txt"), "Other words.\n").unwrap();
    let taken = import(&["--yes", "--as", "garden/late.md"]);
    assert!(
        taken.status == Some(1) && taken.err.contains("--replace"),
        "{}",
        taken.err
    );
    let outside = import(&["--yes", "--as", "../late.md"]);
    assert!(
        outside.status == Some(1) && !desk.path("late.md").exists(),
        "{}",
        outside.err
    );
}

#[cfg(feature = "convert")]
#[test]
fn a_pdf_names_the_pages_that_could_not_be_read() {
    let desk = Desk::new();
    desk.lay_out();
    let bytes = tiny_pdf::pdf(&[
        "# Late frost\nLate frost comes in May and harms the blossoms of fruit trees.",
        "",
    ]);
    fs::write(desk.path("tax/frost.pdf"), bytes).unwrap();
    fs::write(desk.path("tax/scan.pdf"), tiny_pdf::pdf(&["", ""])).unwrap();
    let done = desk.run(&[
        "documents",
        "import",
        "frost.pdf",
        "scan.pdf",
        "--into",
        "../tax-documents",
        "--yes",
        "--format",
        "json",
    ]);
    assert_eq!(done.status, Some(1), "{}", done.err);
    let told = json(&done);
    assert_eq!(
        (told[0]["pages"].as_u64(), &told[0]["unread_pages"]),
        (Some(2), &serde_json::json!([2]))
    );
    assert!(told[1]["error"].as_str().unwrap().contains("as a scan does"), "{told}");
    assert!(done.err.contains("no text could be read on page 2"), "{}", done.err);
    assert!(git(&desk, &["show", "HEAD:frost.md"]).contains("Late frost comes in May"));
    assert_eq!(git(&desk, &["status", "--porcelain"]), "");
}

//! New leaves, moves, deletions, sources and edits through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, LEAF};
use teacher::LoopbackTeacher;

fn laid_out() -> Desk {
    let desk = Desk::new();
    desk.lay_out();
    desk
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(at) = waiting.pop() {
        let Ok(listing) = fs::read_dir(&at) else { continue };
        for entry in listing.map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_leaf_is_begun_filled_in_by_script_and_written_when_it_is_whole() {
    let desk = laid_out();
    let begun = desk
        .run(&["new", "knowledge", "Science/Frost & Ice", "--format", "json"])
        .well();
    let node = "knowledge/science/frost_and_ice";
    assert_eq!(json_of(&begun.out)["node"], node);
    assert!(
        begun.err.contains("--as-typed keeps knowledge/Science/Frost & Ice"),
        "{}",
        begun.err
    );
    assert!(!desk.path("tax").join(node).exists());
    assert_eq!(desk.git(&["status", "--porcelain"]), "");
    assert_eq!(
        json_of(&desk.run(&["drafts", "--format", "json"]).well().out)[0]["whole"],
        false
    );

    let mut fields = serde_json::Map::new();
    for key in ["domain", "document_outline", "document.repo"] {
        fields.insert(format!(".{key}"), "text: # yes".into());
    }
    fields.insert(".document.commit".into(), "0123456".into());
    for example in 0..5 {
        fields.insert(
            format!(".seed_examples[{example}].context"),
            format!("context {example}").into(),
        );
        for pair in 0..3 {
            let at = format!(".seed_examples[{example}].questions_and_answers[{pair}]");
            fields.insert(format!("{at}.question"), format!("q {example} {pair}").into());
            fields.insert(format!("{at}.answer"), "yes".into());
        }
    }
    let some: serde_json::Map<String, Value> = fields.clone().into_iter().take(5).collect();
    fs::write(desk.path("some.json"), Value::from(some).to_string()).unwrap();
    fs::write(desk.path("all.json"), Value::from(fields).to_string()).unwrap();
    let half = desk.run(&["edit", node, "--set-from", "../some.json"]);
    assert_eq!(half.status, Some(1));
    assert!(half.out.contains("as a draft"), "{}", half.out);
    let whole = desk
        .run(&["edit", node, "--set-from", "../all.json", "--format", "json"])
        .well();
    assert_eq!(json_of(&whole.out)["written"], true);
    for profile in ["ilab", "ci"] {
        desk.run(&["check", node, "--profile", profile]).well();
    }
    assert_eq!(
        json_of(&desk.run(&["drafts", "--format", "json"]).well().out),
        json!([])
    );

    let answer = desk
        .run(&[
            "edit",
            node,
            "--get",
            ".seed_examples[4].questions_and_answers[2].answer",
        ])
        .well();
    assert_eq!(answer.out, "yes");
    let taken = desk.run(&["new", "knowledge", node]);
    assert_eq!(taken.status, Some(2));
    assert!(taken.err.contains("is a leaf already"), "{}", taken.err);
    let other = desk.run(&["new", "--kind", "skill", "knowledge/x"]);
    assert!(
        other.status == Some(2) && other.err.contains("cannot be a skill leaf"),
        "{}",
        other.err
    );
}

#[test]
fn an_edit_changes_its_bytes_only_and_none_where_the_file_is_stale() {
    let desk = laid_out();
    let file = desk.path("tax").join(LEAF).join("qna.yaml");
    let before = fs::read_to_string(&file).unwrap();
    let dry = desk
        .run(&["edit", LEAF, "--set", ".created_by=Ann: # B", "--dry-run"])
        .well();
    assert!(
        dry.out.contains("+created_by: 'Ann: # B'") || dry.out.contains("+created_by: \"Ann: # B\""),
        "{}",
        dry.out
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    desk.run(&["edit", LEAF, "--set", ".created_by=Ann"]).well();
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        before.replace("created_by: seedbed-contributors", "created_by: Ann")
    );
    // All or none.
    let refused = desk.run(&[
        "edit",
        LEAF,
        "--set",
        ".created_by=Bob",
        "--remove",
        ".seed_examples[99]",
    ]);
    assert_eq!(refused.status, Some(2), "{}", refused.err);
    assert!(fs::read_to_string(&file).unwrap().contains("created_by: Ann"));
    // Removing several: each path names what was there before.
    let gone = desk.run(&[
        "edit",
        LEAF,
        "--remove",
        ".seed_examples[0]",
        "--remove",
        ".seed_examples[1]",
        "--format",
        "json",
    ]);
    let third = desk
        .run(&["edit", LEAF, "--get", ".seed_examples[0].question"])
        .well()
        .out;
    assert!(third.contains("bike is ready"), "{third}\n{}", gone.out);

    // Another program writes while the editor is open: nothing of either is lost.
    let editor = desk.path("editor.sh");
    fs::write(
        &editor,
        format!(
            "#!/bin/sh\necho '# theirs' >> {}\necho '# mine' >> \"$1\"\n",
            file.display()
        ),
    )
    .unwrap();
    let mut command = desk.command(&desk.path("tax"), &["edit", LEAF]);
    let shown = format!("sh {}", editor.display());
    // Without a terminal the editor is refused before anything happens.
    let refused = desk::done(command.env("EDITOR", shown).output().unwrap());
    assert_eq!(refused.status, Some(2));
    assert!(!fs::read_to_string(&file).unwrap().contains("# theirs"));
}

#[test]
fn a_moved_leaf_keeps_its_samples_decisions_and_stopped_runs() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    desk.run_in(desk.folder.path(), &["demo", "tax", "--headless", "--count", "3"])
        .well();
    let ids = desk.ids(&[LEAF]);
    let accepted = desk.ids(&[LEAF, "--verdict", "accepted"]);
    assert!(ids.len() > 1 && accepted.len() == 1);
    let moved = desk.run(&["mv", LEAF, "Kind Replies", "--format", "json"]).well();
    let to = "compositional_skills/linguistics/kind_replies";
    assert_eq!(json_of(&moved.out)["to"], to);
    assert_eq!(desk.ids(&[to]), ids);
    assert_eq!(desk.ids(&[to, "--verdict", "accepted"]), accepted);
    assert!(desk.ids(&[LEAF]).is_empty());
    desk.run(&["commit", "-m", "Move"]).well();
    let told = desk.git(&["show", "-M", "--summary", "--format="]);
    assert!(
        told.contains("{polite_replies => kind_replies}/qna.yaml (100%)"),
        "{told}"
    );
    assert!(told.contains("{polite_replies => kind_replies}/reviews/"), "{told}");
    assert_eq!(desk.git(&["status", "--porcelain"]), "");
    let pending = desk.ids(&[to, "--verdict", "pending"]);
    desk.run(&["review", "accept", &pending[0]]).well();
    assert!(!desk.path("tax/curated").join(LEAF).exists());
    desk.run(&["undo"]).well();
    assert_eq!(desk.ids(&[LEAF, "--verdict", "accepted"]).len(), 2);
}

#[test]
fn a_move_that_is_killed_leaves_the_old_tree_or_the_new_one() {
    let desk = laid_out();
    let root = desk.path("tax");
    for number in 0..1000 {
        let folder = root.join(format!("knowledge/many/leaf_{number}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("qna.yaml"), format!("version: {number}\n")).unwrap();
        let curated = root.join(format!("curated/knowledge/many/leaf_{number}"));
        fs::create_dir_all(&curated).unwrap();
        fs::write(curated.join("samples.jsonl"), "").unwrap();
    }
    let (seeds, samples) = (
        files(&root.join("knowledge/many")),
        files(&root.join("curated/knowledge/many")),
    );
    for (round, wait) in [1, 3, 6, 9, 12, 15, 20, 30, 60].into_iter().enumerate() {
        let (from, to) = if root.join("knowledge/many").exists() {
            ("knowledge/many", "knowledge/far/away")
        } else {
            ("knowledge/far/away", "knowledge/many")
        };
        desk.kill_after(wait, &root, &["mv", from, to]);
        // The next command finishes what was begun.
        desk.run(&["undo", "--list"]).well();
        let is_at = |path: &str| files(&root.join(path)) == seeds && files(&root.join("curated").join(path)) == samples;
        let is_gone = |path: &str| !root.join(path).exists() && !root.join("curated").join(path).exists();
        assert!(
            (is_at(from) && is_gone(to)) || (is_at(to) && is_gone(from)),
            "round {round}: neither old nor new"
        );
    }
}

#[test]
fn deleted_leaves_come_back_and_sources_are_edited_line_by_line() {
    let desk = laid_out();
    let before = files(&desk.path("tax/compositional_skills"));
    let gone = desk
        .run(&["rm", "compositional_skills/linguistics", "--format", "json"])
        .well();
    let id = json_of(&gone.out)["id"].as_str().unwrap().to_owned();
    assert!(!desk.path("tax/compositional_skills/linguistics").exists());
    assert!(desk.run(&["undo", "--list"]).well().out.contains(&id));
    desk.run(&["undo", &id]).well();
    assert_eq!(files(&desk.path("tax/compositional_skills")), before);
    assert_eq!(desk.run(&["undo"]).status, Some(1));
    assert_eq!(desk.run(&["rm", "knowledge"]).status, Some(1));

    let file = desk.path("tax").join(LEAF).join("attribution.txt");
    fs::write(&file, "Title: A\r\nNotes: odd\r\nLicence: GPL-3.0").unwrap();
    let told = desk
        .run(&[
            "attribution",
            LEAF,
            "--set",
            "1.title=B",
            "--set",
            "2.title=C",
            "--set",
            "2.licence=MIT",
            "--json",
        ])
        .well();
    let told = json_of(&told.out);
    assert_eq!(
        (&told["works"][0]["accepted"], &told["works"][1]["accepted"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(told["unknown"][0]["text"], "Notes: odd");
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("Title: B\r\nNotes: odd\r\nLicence: GPL-3.0\r\n\r\nTitle of work: C\r\n"),
        "{text:?}"
    );
    let licences = desk.run(&["attribution", "--licences", "share alike"]).well();
    assert!(licences.out.starts_with("✓ CC-BY-SA-4.0"), "{}", licences.out);
}

//! `seedbed diff` through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::Value;

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, LEAF, signal, wait_for};

#[test]
fn a_change_is_told_in_three_formats() {
    let desk = Desk::new();
    desk.lay_out();
    let none = desk.run(&["diff", "--offline"]);
    assert_eq!(none.status, Some(2), "{}", none.out);
    assert!(
        none.err.contains("origin/main") && none.err.contains("main"),
        "{}",
        none.err
    );
    desk.run(&["diff", "main"]).well();

    desk.git(&["switch", "-q", "-c", "topic"]);
    desk.git(&["mv", LEAF, "compositional_skills/replies"]);
    desk.git(&["commit", "-q", "-m", "Move"]);
    let text = fs::read_to_string(desk.path("tax/compositional_skills/replies/qna.yaml")).unwrap();
    // A name that would colour the terminal, were it printed as it is.
    let odd = desk.path("tax/compositional_skills/new \u{1b}[31m leaf");
    fs::create_dir_all(&odd).unwrap();
    fs::write(odd.join("qna.yaml"), text.replacen("version: 3", "version: 3 ", 1)).unwrap();

    let told = desk.run(&["diff", "main", "--offline"]);
    assert_eq!(told.status, Some(1), "{}\n{}", told.out, told.err);
    for words in [
        "where this branch left main (1 commit since)",
        "new      compositional_skills/new ",
        &format!("moved    compositional_skills/replies  from {LEAF}"),
        "2 leaves: 1 new, 1 moved (ilab profile)",
        "Checked: 1 error, 0 warnings",
        "up to 20 samples, asking for 10 a leaf",
    ] {
        assert!(told.out.contains(words), "{words}: {}", told.out);
    }
    assert!(!told.out.contains('\u{1b}'), "{}", told.out);

    let json = desk.run(&["diff", "main", "--offline", "--format", "json"]);
    assert_eq!(json.status, Some(1));
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json["base"]["kind"], &json["errors"], &json["samples"]),
        (&"branch".into(), &1.into(), &20.into())
    );
    assert_eq!(json["leaves"][1]["from"], format!("{LEAF}/qna.yaml"));
    assert_eq!(json["leaves"][0]["findings"][0]["rule"], "trailing-spaces");

    let listed = desk.run(&["diff", "main", "--offline", "--format", "instructlab"]);
    assert_eq!(listed.status, Some(1));
    let lines: Vec<&str> = listed.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", listed.out);
    assert_eq!(lines[1], "compositional_skills/replies/qna.yaml");
    assert!(
        lines[2].starts_with("ERROR: compositional_skills/new ") && lines[2].contains("qna.yaml:1:11 "),
        "{}",
        lines[2]
    );
    assert!(
        lines[3].ends_with("1 total errors found across 1 taxonomy files!"),
        "{}",
        lines[3]
    );

    fs::remove_dir_all(&odd).unwrap();
    let listed = desk
        .run(&["diff", "main", "--offline", "--format", "instructlab"])
        .well();
    assert!(listed.out.ends_with("is valid :)\n"), "{}", listed.out);
    let whole = desk.run(&["diff", "empty", "--format", "json"]).well();
    let whole: Value = serde_json::from_str(&whole.out).unwrap();
    assert!(
        whole["leaves"]
            .as_array()
            .unwrap()
            .iter()
            .all(|leaf| leaf["change"] == "new")
    );
}

#[test]
fn asking_twice_to_stop_ends_a_fetch_that_hangs() {
    let desk = Desk::new();
    desk.lay_out();
    // Takes the connection and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    let leaf = desk.path("tax/knowledge/engineering/bicycles/chain_care/qna.yaml");
    let text = fs::read_to_string(&leaf).unwrap();
    let repo = text
        .lines()
        .find(|line| line.trim_start().starts_with("repo:"))
        .unwrap();
    let address = format!("  repo: http://{}/docs", silent.local_addr().unwrap());
    fs::write(&leaf, text.replace(repo, &address)).unwrap();
    let mut command = desk.command(&desk.path("tax"), &["diff", "--uncommitted"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut held = None;
    wait_for("the fetch", || {
        held = silent.accept().ok();
        held.is_some()
    });
    let mut ended = None;
    wait_for("the end", || {
        signal(&child, "-INT");
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    assert_eq!(ended.unwrap().code(), Some(130));
}

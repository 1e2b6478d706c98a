//! What `seedbed check` does besides judging: mending, showing what it would mend, explaining, files outside a taxonomy.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, Done, LEAF, done};

#[test]
fn what_would_be_mended_is_shown_and_then_mended() {
    let desk = Desk::new();
    desk.lay_out();
    let seeds = desk.path("tax").join(LEAF).join("qna.yaml");
    let good = fs::read_to_string(&seeds).unwrap();
    let untidy = good.replacen("version: 3\n", "version:   3  \n", 1) + "\n\n";
    fs::write(&seeds, &untidy).unwrap();
    let shown = desk.run(&["check", "--diff"]);
    assert_eq!(shown.status, Some(1), "{}", shown.err);
    assert!(
        shown.out.contains("-version:   3") && shown.out.contains("+version: 3"),
        "{}",
        shown.out
    );
    assert_eq!(fs::read_to_string(&seeds).unwrap(), untidy);
    let fixed = desk.run(&["check", "--fix"]).well();
    assert!(fixed.out.contains("Mended 3 findings in 1 file"), "{}", fixed.out);
    assert_eq!(fs::read_to_string(&seeds).unwrap(), good);
    desk.run(&["check", "--diff"]).well();

    // A seed file by a name that is not read gets the right one.
    let odd = seeds.with_file_name("qna.yml");
    fs::rename(&seeds, &odd).unwrap();
    let path = format!("{LEAF}/qna.yml");
    assert_eq!(desk.run(&["check", &path]).status, Some(1));
    desk.run(&["check", "--fix", &path]).well();
    assert!(seeds.is_file() && !odd.exists());
}

#[test]
fn rules_are_explained_and_other_forms_printed() {
    let desk = Desk::new();
    desk.lay_out();
    let told = desk.run(&["check", "--explain", "trailing-spaces"]).well();
    assert!(told.out.starts_with("### trailing-spaces\n"), "{}", told.out);
    let unknown = desk.run(&["check", "--explain", "trailing-space"]);
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.err.contains("did you mean trailing-spaces?"), "{}", unknown.err);

    let seeds = desk.path("tax").join(LEAF).join("qna.yaml");
    let text = fs::read_to_string(&seeds).unwrap();
    fs::write(&seeds, text.replace("created_by:", "created_by: 12 #")).unwrap();
    let line = 1 + text.lines().position(|line| line.starts_with("created_by:")).unwrap();
    let found = desk.run(&["check", "--format", "instructlab"]);
    assert!(
        found.out.starts_with(&format!(
            "ERROR: {LEAF}/qna.yaml:{line}:13 [.created_by] 'created_by' is read"
        )),
        "{}",
        found.out
    );
    let caret = desk.run(&["check", LEAF]);
    assert!(
        caret.out.contains(&format!("  {line} | created_by: 12 #")) && caret.out.contains("|             ^\n"),
        "{}",
        caret.out
    );
}

#[test]
fn advice_never_changes_the_exit_status() {
    let desk = Desk::new();
    desk.lay_out();
    let seeds = desk.path("tax").join(LEAF).join("qna.yaml");
    let text = fs::read_to_string(&seeds).unwrap();
    fs::write(&seeds, text.replacen("version: 3", "version: 2", 1)).unwrap();
    let told = desk.run(&["check"]).well();
    assert!(
        told.out.contains("advice: ") && told.out.contains("nothing found; 1 piece of advice"),
        "{}",
        told.out
    );
    let quiet = desk.run(&["check", "--no-advice"]).well();
    assert_eq!(quiet.out.trim(), "18 leaves: nothing found");
}

#[test]
fn standard_input_and_files_elsewhere_are_judged_too() {
    let desk = Desk::new();
    let from_stdin = |args: &[&str], text: &str| -> Done {
        let mut child = desk
            .command(desk.folder.path(), args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        done(child.wait_with_output().unwrap())
    };
    let found = from_stdin(&["check", "-"], "version: 3\ncreated_by:  me\n");
    assert_eq!(found.status, Some(1), "{}", found.err);
    assert!(
        found.out.contains("-:2:13: error:") && found.out.contains("1 file"),
        "{}",
        found.out
    );
    let fixed = from_stdin(&["check", "-", "--fix"], "version: 3\ncreated_by:  me\n");
    assert_eq!(fixed.out, "version: 3\ncreated_by: me\n");
    fs::write(desk.path("qna.yaml"), "version: 4\n").unwrap();
    let alone = desk.run_in(desk.folder.path(), &["check", "qna.yaml", "--format", "json"]);
    assert_eq!(alone.status, Some(1), "{}", alone.err);
    assert!(alone.out.contains("\"path\": \"qna.yaml\""), "{}", alone.out);
    // Nowhere is there a taxonomy.
    assert_eq!(desk.run_in(desk.folder.path(), &["check"]).status, Some(2));
}

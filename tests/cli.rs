//! The commands through the real binary, in a home of their own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, LEAF, done};
use teacher::LoopbackTeacher;

#[test]
fn the_demo_does_the_whole_job_and_never_overwrites() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    let demo = ["demo", "tax", "--headless", "--count", "3"];
    let first = desk.run_in(desk.folder.path(), &demo).well();
    for words in [
        "Laid out",
        "0 errors",
        "Asking loop (test-1)",
        "1.",
        "Accepted",
        "Committed",
        "Curate 1 sample",
    ] {
        assert!(first.out.contains(words), "{words}: {}", first.out);
    }
    assert_eq!(desk.git(&["log", "--format=%s"]).lines().count(), 2);
    let last = desk.git(&["show", "--stat", "--format=%an%n%B"]);
    assert!(
        last.starts_with("Ann Example\n") && last.contains("Signed-off-by: Ann Example <ann@example.org>"),
        "{last}"
    );
    let files = desk.git(&["show", "--name-only", "--format="]);
    let curated = format!("curated/{LEAF}");
    let wanted = format!(".gitattributes\n{curated}/reviews/ann-at-example.org.jsonl\n{curated}/samples.jsonl\n");
    assert_eq!(files, wanted);

    fs::write(desk.path("tax/README.md"), "mine").unwrap();
    let second = desk.run_in(desk.folder.path(), &demo).well();
    assert!(
        second.out.contains("Using the taxonomy that is there"),
        "{}",
        second.out
    );
    assert_eq!(fs::read_to_string(desk.path("tax/README.md")).unwrap(), "mine");
    assert_eq!(desk.git(&["status", "--porcelain"]), " M README.md\n");
    fs::write(desk.path("file"), "").unwrap();
    assert_eq!(
        desk.run_in(desk.folder.path(), &["demo", "file", "--headless"]).status,
        Some(1)
    );
}

#[test]
fn a_demo_that_is_killed_leaves_nothing_that_opens() {
    let desk = Desk::new();
    for (round, wait) in [0, 4, 15, 40, 90].into_iter().enumerate() {
        let name = format!("d{round}");
        desk.kill_after(wait, desk.folder.path(), &["demo", &name]);
        let root = desk.path(&name);
        assert!(!root.exists() || root.join(".git").is_dir());
        // There is no terminal; the folder is laid out all the same.
        assert_eq!(desk.run_in(desk.folder.path(), &["demo", &name]).status, Some(2));
        desk.run_in(&root, &["check"]).well();
        let hidden = |name: &str| name.starts_with('.') && name.contains("laying-out");
        let entries = fs::read_dir(desk.folder.path()).unwrap().flatten();
        assert!(
            !entries
                .map(|entry| entry.file_name().into_string().unwrap())
                .any(|name| hidden(&name))
        );
    }
}

#[test]
fn git_that_knows_nobody_is_no_obstacle_to_the_demo() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    fs::remove_file(desk.path(".gitconfig")).unwrap();
    desk.run_in(desk.folder.path(), &["demo", "tax", "--headless"]).well();
    let log = desk.git(&["log", "--format=%an <%ae>"]);
    assert!(
        log.lines()
            .all(|author| author == "Seedbed demo <demo@seedbed.invalid>"),
        "{log}"
    );
}

#[test]
fn check_tells_people_and_programs() {
    let desk = Desk::new();
    desk.lay_out();
    let well = desk.run(&["check"]).well();
    assert!(well.out.contains("18 leaves: nothing found"), "{}", well.out);
    assert_eq!(
        desk.run(&["check", "--profile", "ci", "--format", "json"])
            .well()
            .out
            .trim(),
        "[]"
    );

    let seeds = desk.path("tax").join(LEAF).join("qna.yaml");
    let text = fs::read_to_string(&seeds).unwrap();
    fs::write(&seeds, text.replace("created_by:", "created_by: [3] #")).unwrap();
    let found = desk.run(&["check", LEAF, "--format", "json"]);
    assert_eq!(found.status, Some(1), "{}", found.err);
    let found: Vec<Value> = serde_json::from_str(&found.out).unwrap();
    assert_eq!(found[0]["path"], format!("{LEAF}/qna.yaml"));
    assert_eq!(
        (&found[0]["severity"], &found[0]["yaml_path"]),
        (&"error".into(), &".created_by".into())
    );
    assert!(found[0]["line"].as_u64().unwrap() > 0 && found[0].get("fix").is_some());
    let text = desk.run(&["check"]);
    assert_eq!(text.status, Some(1));
    assert!(
        text.out.contains(&format!("{LEAF}/qna.yaml:")) && text.out.contains("1 of 18 leaves"),
        "{}",
        text.out
    );
    let github = desk.run_in(&desk.path("tax").join(LEAF), &["check", ".", "--format", "github"]);
    assert!(
        github.out.starts_with(&format!("::error file={LEAF}/qna.yaml,line=")),
        "{}",
        github.out
    );
    desk.run(&["check", "knowledge"]).well();
    assert_eq!(desk.run(&["check", "--profile", "strict"]).status, Some(2));
}

#[test]
fn unknown_names_are_answered_with_the_nearest_ones() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let node = desk.run(&["generate", "compositional_skills/linguistics/polite_replys"]);
    assert_eq!(node.status, Some(2));
    assert!(node.err.contains(&format!("did you mean {LEAF}?")), "{}", node.err);
    let teacher = desk.run(&["generate", LEAF, "--teacher", "lop"]);
    assert_eq!(teacher.status, Some(2));
    assert!(
        teacher.err.contains("there is no teacher 'lop'") && teacher.err.contains("loop"),
        "{}",
        teacher.err
    );
    let flow = desk.run(&["generate", LEAF, "--flow", "free"]);
    assert!(
        flow.status == Some(2) && flow.err.contains("freeform-skill"),
        "{}",
        flow.err
    );
    assert_eq!(desk.run(&["review", "accept", "nothing"]).status, Some(2));
    assert_eq!(desk.run(&["samples", "--where", "colour=red"]).status, Some(2));
    assert_eq!(desk.run_in(desk.folder.path(), &["check"]).status, Some(2));
    assert_eq!(desk.run(&["generate"]).status, Some(2));
    desk.settings("theme: { drak: dusk }\n");
    let settings = desk.run(&["check"]);
    assert_eq!(settings.status, Some(2));
    assert!(
        settings.err.contains("config.yaml:1:") && settings.err.contains("did you mean `dark`"),
        "{}",
        settings.err
    );
}

#[test]
fn seeds_with_errors_are_committed_on_demand_only() {
    let desk = Desk::new();
    desk.lay_out();
    fs::write(desk.path("tax").join(LEAF).join("qna.yaml"), "version: 3\n").unwrap();
    let refused = desk.run(&["commit"]);
    assert_eq!(refused.status, Some(1));
    assert!(
        refused.err.contains("nothing was committed") && refused.err.contains("--despite-errors"),
        "{}",
        refused.err
    );
    desk.run(&["commit", "--despite-errors"]).well();
    assert_eq!(
        desk.git(&["log", "-1", "--format=%s"]),
        "Edit seeds for polite_replies\n"
    );
}

#[cfg(unix)]
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let desk = Desk::new();
    desk.lay_out();
    for args in [&["man"][..], &["completions", "bash"], &["config", "schema"]] {
        let mut child = desk
            .command(&desk.path("tax"), args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let done = done(child.wait_with_output().unwrap());
        assert_eq!((done.status, done.err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn the_lesser_commands_answer() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let checked = desk.run(&["teacher", "check"]).well();
    assert!(checked.out.contains("it answers"), "{}", checked.out);
    let listed: Vec<Value> =
        serde_json::from_str(&desk.run(&["teacher", "list", "--format", "json"]).well().out).unwrap();
    assert_eq!(
        (&listed[0]["name"], &listed[0]["default"]),
        (&"loop".into(), &true.into())
    );
    assert!(desk.run(&["teacher", "list"]).well().out.contains("licence unknown"));
    let flows = desk.run(&["flow", "list"]).well().out;
    assert!(
        ["freeform-skill", "grounded-skill", "knowledge"]
            .iter()
            .all(|flow| flows.contains(flow)),
        "{flows}"
    );
    let fitting = desk.run(&["flow", "list", "--for", LEAF]).well().out;
    assert!(fitting.starts_with("freeform-skill"), "{fitting}");
    assert!(fitting.contains("not for this leaf: needs documents"), "{fitting}");
    assert!(
        desk.run(&["flow", "show", "knowledge"])
            .well()
            .out
            .contains("LLMChatBlock")
    );
    let copied = desk.run(&["flow", "copy", "lab-knowledge", "flows"]).well().out;
    assert!(copied.contains("lab-knowledge/flow.yaml"), "{copied}");
    assert!(
        desk.path("tax/flows/lab-knowledge/shared/judge-faithfulness.yaml")
            .exists()
    );
    assert!(!desk.path("tax/flows/lab-knowledge/shared/judge-pair.yaml").exists());
    let checked = desk.run(&["flow", "check", "flows/lab-knowledge/flow.yaml"]).well().out;
    assert!(checked.contains("Good") && !checked.contains("note:"), "{checked}");
    let again = desk.run(&["flow", "copy", "lab-knowledge", "flows"]);
    assert!(
        again.status != Some(0) && again.err.contains("is there already"),
        "{}",
        again.err
    );
    assert!(
        desk.run(&["config", "show", "--origin"])
            .well()
            .out
            .contains("config.yaml:2")
    );
    assert!(desk.run(&["config", "check"]).well().out.contains("Good"));
    let path = desk.run(&["config", "path"]).well().out;
    assert_eq!(Path::new(path.trim()), desk.path(".config/seedbed/config.yaml"));
    assert!(desk.run(&["config", "schema"]).well().out.contains("\"$schema\""));
    let doctor = desk.run(&["doctor"]).well().out;
    for words in [
        "seedbed",
        "Ann Example",
        "18 leaves",
        "loop (test-1, used when none is named)",
        "settings",
    ] {
        assert!(doctor.contains(words), "{words}: {doctor}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(desk.run(&["completions", shell]).well().out.contains("seedbed"));
    }
    assert!(desk.run(&["man"]).well().out.contains(".TH seedbed 1"));
    desk.run(&["man", "--to", "pages"]).well();
    assert!(desk.path("tax/pages/seedbed-generate.1").is_file());
    assert!(desk.run(&["--help"]).well().out.contains("generate"));
    assert_eq!(
        desk.run(&["--version"]).well().out.trim(),
        format!("seedbed {}", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(desk.run(&["-C", "nowhere", "check"]).status, Some(2));
    assert_eq!(desk.run(&["--config", "nowhere", "check"]).status, Some(2));
    desk.run_in(desk.folder.path(), &["-C", "tax", "check"]).well();
    assert!(desk.run(&["chek"]).err.contains("did you mean `seedbed check`"));
    assert!(desk.run(&["tax", "check"]).err.contains("-C tax"));
}

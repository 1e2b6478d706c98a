//! Runs through the real binary against a teacher on the loopback address: made, decided, killed, interrupted, limited.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, LEAF, done, signal, wait_for};
use teacher::{Act, LoopbackTeacher};

#[test]
fn generated_samples_are_listed_decided_and_committed() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let dry = desk.run(&["generate", LEAF, "--count", "5", "--dry-run"]).well();
    assert!(
        dry.out.contains("at most 5 calls") && teacher.chats().is_empty(),
        "{}",
        dry.out
    );
    let made = desk.run(&["generate", LEAF, "--count", "5", "--seed", "3"]).well();
    for words in [
        "Generating 5 samples",
        "1.",
        "Q  ",
        "A  ",
        "sample",
        "Done.",
        "Kept as run",
    ] {
        assert!(made.out.contains(words), "{words}: {}", made.out);
    }
    let ids = desk.ids(&[]);
    assert!(ids.len() >= 3, "{}", made.out);
    assert_eq!(desk.ids(&["--verdict", "pending"]).len(), ids.len());
    let table = desk.run(&["samples", LEAF]).well();
    assert_eq!(table.out.lines().count(), ids.len());
    assert_eq!(
        desk.ids(&["--where", "teacher=loop", "--where", "node~polite"]).len(),
        ids.len()
    );
    assert_eq!(desk.ids(&["--where", "model=other"]).len(), 0);

    let accepted = desk
        .run(&["review", "accept", ids[0].get(..8).unwrap(), &ids[0]])
        .well();
    assert!(accepted.out.starts_with("1 sample accepted"), "{}", accepted.out);
    desk.run(&[
        "review",
        "reject",
        &ids[1],
        "--reason",
        "wrong",
        "--note",
        "no such thing",
    ])
    .well();
    assert_eq!(
        desk.run(&["review", "reject", &ids[2], "--reason", "ugly"]).status,
        Some(2)
    );
    desk.run(&["review", "flag", &ids[2]]).well();
    assert!(
        desk.run(&["review", "undo"])
            .well()
            .out
            .contains("was flagged, is pending again")
    );
    assert!(
        desk.run(&["review", "undo", &ids[1]])
            .well()
            .out
            .contains("was rejected")
    );
    desk.run(&["review", "reject", &ids[1], "--reason", "wrong"]).well();
    assert_eq!(desk.ids(&["--verdict", "accepted"]), [ids[0].clone()]);
    assert_eq!(desk.ids(&["--verdict", "rejected"]), [ids[1].clone()]);

    fs::write(desk.path("tax/notes.txt"), "private").unwrap();
    fs::write(desk.path("tax/staged.txt"), "staged").unwrap();
    desk.git(&["add", "staged.txt"]);
    let dry = desk.run(&["commit", "--dry-run"]).well();
    assert!(
        dry.out.contains("Not included") && dry.out.contains("notes.txt"),
        "{}",
        dry.out
    );
    let committed = desk.run(&["commit"]).well();
    assert!(
        committed
            .out
            .contains("Curate 1 sample and reject 1 for polite_replies"),
        "{}",
        committed.out
    );
    let message = desk.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains(&format!("- {LEAF}: 1 accepted, 1 rejected (1 wrong)")),
        "{message}"
    );
    assert!(
        message.contains("Signed-off-by: Ann Example <ann@example.org>"),
        "{message}"
    );
    assert_eq!(desk.git(&["status", "--porcelain"]), "A  staged.txt\n?? notes.txt\n");
    let nothing = desk.run(&["commit"]);
    assert!(
        nothing.status == Some(1) && nothing.err.contains("nothing to commit"),
        "{}",
        nothing.err
    );

    desk.run(&["review", "skip", &ids[2]]).well();
    desk.run(&["commit", "-m", "Own words", "--branch", "later", "--no-sign-off"])
        .well();
    assert_eq!(desk.git(&["log", "-1", "--format=%B"]).trim(), "Own words");
    assert_eq!(desk.git(&["branch", "--show-current"]), "later\n");
}

#[test]
fn a_killed_run_goes_on_without_asking_twice() {
    let teacher = LoopbackTeacher::smart_with_pause(Duration::from_millis(8));
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let mut child = desk
        .command(&desk.path("tax"), &["generate", LEAF, "--count", "12"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let runs = desk.path("tax/.git/seedbed/runs");
    let run = || {
        fs::read_dir(&runs)
            .ok()?
            .flatten()
            .next()?
            .file_name()
            .into_string()
            .ok()
    };
    wait_for("four answers", || {
        run().is_some_and(|run| desk.run_file(&run, "requests.jsonl").len() >= 4)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    let run = run().unwrap();
    wait_for("the teacher to be quiet", || {
        let before = teacher.chats().len();
        std::thread::sleep(Duration::from_millis(200));
        teacher.chats().len() == before
    });
    let (answered, asked) = (desk.run_file(&run, "requests.jsonl").len(), teacher.chats().len());
    let kept = desk.run_file(&run, "samples.jsonl");
    assert_eq!(desk.runs()[0]["outcome"], "interrupted");

    let resumed = desk.run(&["generate", "--resume", run.get(..17).unwrap()]).well();
    assert!(
        resumed.out.contains("Going on with 12 samples") && resumed.out.contains("used again"),
        "{}",
        resumed.out
    );
    assert_eq!(teacher.chats().len() - asked, 12 - answered);
    let samples = desk.run_file(&run, "samples.jsonl");
    assert!(kept.iter().all(|line| samples.contains(line)));
    let (made, dropped) = (samples.len(), desk.run_file(&run, "drops.jsonl").len());
    assert_eq!(made + dropped, 12);
    assert_eq!(desk.runs()[0]["outcome"], "done");
    assert_eq!(desk.run(&["generate", "--resume", &run]).status, Some(1));
    let shown = desk.run(&["runs", "show", &run]).well();
    assert!(
        shown.out.contains("find_parts") && shown.out.contains(" → "),
        "{}",
        shown.out
    );
}

#[test]
fn an_interrupted_run_keeps_its_samples() {
    let teacher = LoopbackTeacher::smart_with_pause(Duration::from_millis(8));
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let mut command = desk.command(
        &desk.path("tax"),
        &["generate", LEAF, "--count", "50", "--format", "jsonl"],
    );
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("some answers", || teacher.chats().len() >= 6);
    signal(&child, "-INT");
    let done = done(child.wait_with_output().unwrap());
    assert_eq!(done.status, Some(130), "{}", done.err);
    assert!(done.err.contains("Go on: seedbed generate --resume"), "{}", done.err);
    assert_eq!(desk.runs()[0]["outcome"], "stopped");
    let printed: Vec<Value> = done
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!printed.is_empty());
    assert_eq!(desk.ids(&[]).len(), printed.len());
}

#[test]
fn a_budget_ends_a_run() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let done = desk.run(&["generate", LEAF, "--count", "40", "--budget", "100"]);
    assert!(done.out.contains("Stopped"), "{}\n{}", done.out, done.err);
    assert!(teacher.chats().len() < 40);
}

#[test]
fn what_a_teacher_says_is_shown_and_not_executed() {
    let hostile = "[Question]\nIs this \u{1b}]0;owned\u{7} red?\n[Answer]\nIt is \u{1b}[31mred\u{1b}[0m \u{202e}daer\u{202c} for all of us.\n";
    let teacher = LoopbackTeacher::in_order(vec![Act::text(hostile)]);
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let made = desk.run(&["generate", LEAF, "--count", "2"]);
    let listed = desk.run(&["samples"]);
    let drops = desk.run(&["samples", "--verdict", "dropped"]);
    for text in [&made.out, &made.err, &listed.out, &drops.out] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
    assert!(made.out.contains("red"), "{}", made.out);
}

#[test]
fn failures_of_a_teacher_end_with_1_and_say_what_to_do() {
    let teacher = LoopbackTeacher::in_order(vec![Act::error(401, "Incorrect API key provided")]);
    let desk = Desk::with(&teacher);
    desk.lay_out();
    let refused = desk.run(&["generate", LEAF, "--count", "2"]);
    assert_eq!(refused.status, Some(1));
    assert!(
        refused.out.contains("refused the key"),
        "{}\n{}",
        refused.out,
        refused.err
    );
    assert_eq!(desk.run(&["teacher", "check"]).status, Some(1));
    drop(teacher);
    let gone = desk.run(&["teacher", "check", "loop"]);
    assert!(
        gone.status == Some(1) && gone.out.contains("is the server running"),
        "{}\n{}",
        gone.out,
        gone.err
    );
}

#[test]
fn the_coach_asks_the_teacher_lays_answers_before_the_critic_and_asks_nothing_twice() {
    let teacher = LoopbackTeacher::start(|request, nth| {
        if request.body["model"] != "critic-1" {
            return Act::text(&format!("Answer {nth}."));
        }
        let asked = request.last_user_text();
        // The critic has the question, the expert's answer and the model's.
        assert!(asked.contains("politely") && asked.contains("Answer "), "{asked}");
        Act::text(if asked.contains("soup") {
            "YES, it says the same."
        } else {
            "NO. Other things are promised."
        })
    });
    let desk = Desk::new();
    desk.settings(&format!(
        "teachers:\n  loop: {{ url: '{url}', model: test-1 }}\n  judge: {{ url: '{url}', model: critic-1 }}\n\
         roles: {{ teacher: loop, critic: judge }}\n",
        url = teacher.url()
    ));
    desk.lay_out();
    let told = desk.run(&["coach", LEAF, "--ask", "--json"]).well();
    let told: Value = serde_json::from_str(&told.out).unwrap();
    let answers = told["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 8);
    assert_eq!(teacher.chats().len(), 16);
    for answer in answers {
        let is_soup = answer["question"].as_str().unwrap().contains("soup");
        assert_eq!(
            answer["known"],
            if is_soup { "knows" } else { "does-not-know" },
            "{answer}"
        );
        assert_eq!(answer["model"], "test-1");
    }
    assert_eq!(answers.iter().filter(|answer| answer["known"] == "knows").count(), 1);

    let shown = desk.run(&["coach", LEAF, "--ask"]).well();
    assert!(shown.out.contains("What the model knows already"), "{}", shown.out);
    assert_eq!(teacher.chats().len(), 16);
    // A question that was changed is asked again, and only that.
    let changed = ".seed_examples[0].question=How do I say this politely: closed on Monday?";
    desk.run(&["edit", LEAF, "--set", changed]).well();
    desk.run(&["coach", LEAF, "--ask"]).well();
    assert_eq!(teacher.chats().len(), 18);
}

#[test]
fn dropped_rows_are_listed_restored_and_asked_about_again() {
    let teacher = LoopbackTeacher::smart();
    let desk = Desk::with(&teacher);
    desk.lay_out();
    // With this threshold nearly every question is too close to a seed.
    let strict = ["--seed", "3", "--set", "check_novelty.threshold=0"];
    desk.run(&[&["generate", LEAF, "--count", "8"][..], &strict].concat());
    let lines = |args: &[&str]| -> Vec<Value> {
        let out = desk.run(args).well().out;
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let drops = lines(&["samples", "--verdict", "dropped", "--format", "jsonl"]);
    let kept = 8 - drops.len();
    assert!(
        drops.len() > 4 && drops.iter().all(|drop| drop["reason"] == "near-seed"),
        "{drops:?}"
    );
    let runs = desk.runs();
    let run = runs[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(runs[0]["overrides"][0], "check_novelty.threshold=0");

    // Another threshold is looked at before it is used.
    let tried = desk
        .run(&["runs", "show", &run, "--threshold", "check_novelty=0.7"])
        .well();
    let words = format!(
        "with 0.7 0 of {kept} samples would leave and {0} of {0} drops by it would stay",
        drops.len()
    );
    assert!(
        tried.out.contains(&words.replace(" 1 samples", " 1 sample")),
        "{}",
        tried.out
    );
    let asked = teacher.chats().len();
    let again = desk
        .run(&["generate", "--resume", &run, "--set", "check_novelty.threshold=0.7"])
        .well();
    assert!(
        again.out.contains("Going on with") && again.out.contains("8 answers used again"),
        "{}",
        again.out
    );
    assert_eq!(teacher.chats().len(), asked, "nothing was asked twice");
    let wrong = desk.run(&["runs", "show", &run, "--threshold", "nothing=1"]);
    assert!(wrong.err.contains("it has check_novelty"), "{}", wrong.err);

    // One is restored as it is; the calls behind the others are made once more.
    let id = drops[0]["id"].as_str().unwrap();
    let restored = desk.run(&["runs", "restore", &run, id]).well();
    assert!(restored.out.contains("1 row restored"), "{}", restored.out);
    let samples = desk.run_file(&run, "samples.jsonl");
    assert_eq!(samples.len(), kept + 1);
    assert!(samples.last().unwrap().contains("\"restored\""));
    desk.run(&["generate", "--resume", &run, "--again", "near-seed"]);
    assert_eq!(teacher.chats().len(), asked + drops.len());
    // The earlier drops are replaced by those of the answers that came now.
    let now = lines(&["samples", "--verdict", "dropped", "--run", &run, "--format", "jsonl"]);
    assert!(now.len() <= drops.len());
    assert!(
        now.iter()
            .all(|drop| drops.iter().all(|before| before["id"] != drop["id"]))
    );
}

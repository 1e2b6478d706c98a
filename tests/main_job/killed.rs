//! `kill -9` in the middle of generation, review, typing and saving: what the screen showed as kept is there afterwards.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::desk::{LEAF, wait_for};
use crate::stage::{Stage, acts, kill, question, quit, text, wait_for_all};
use crate::terminal::{PATIENCE, Terminal};

#[test]
fn samples_that_were_shown_survive_and_the_run_is_offered_again() {
    let stage = Stage::new(2);
    let terminal = stage.open_at_leaf();
    terminal.key("g");
    terminal.wait_for("10 calls");
    for key in ["backspace", "backspace", "6"] {
        terminal.key(key);
    }
    terminal.wait_for("6 calls");
    terminal.key("enter");
    wait_for_all(&terminal, &["running · loop", "✓ 2 made", "↻ 2/6"]);
    wait_for("a request that is not answered", || stage.teacher.chats().len() == 3);
    kill(terminal);
    let kept = stage.run_samples();
    assert_eq!(kept.len(), 2);
    assert_eq!(stage.desk.runs()[0]["outcome"], "interrupted");

    stage.gate.open();
    let terminal = stage.open_at_leaf();
    wait_for_all(&terminal, &["2 samples", "2 to review"]);
    terminal.key("g");
    terminal.wait_for("2 of 6 made, interrupted");
    for key in ["down"; 6] {
        terminal.key(key);
    }
    wait_for_all(&terminal, &["enter takes it up again", "6 calls"]);
    terminal.key("enter");
    terminal.wait_for("6 made, 0 dropped");
    // The two answers that were there are not asked for again.
    assert_eq!(stage.teacher.chats().len(), 7);
    let samples = stage.run_samples();
    assert_eq!(samples.len(), 6);
    assert_eq!(samples[..2], kept);
    assert_eq!(stage.desk.runs()[0]["outcome"], "done");
    terminal.key("r");
    wait_for_all(&terminal, &[" 1/6 ", &question(&kept[0])]);
    quit(terminal);
}

#[test]
fn every_decision_shown_as_saved_survives() {
    let stage = Stage::with_samples(5);
    let ids = stage.desk.ids(&[]);
    let mut decided: Vec<(String, String)> = Vec::new();
    let rounds: [(&[&str], &str, &[&str]); 5] = [
        (&["a"], "accept", &["✓   last: accepted", "✓ 1 accepted", "4 left"]),
        (&["x"], "reject", &["✗ 1 rejected", "3 left"]),
        (&["space"], "skip", &["✓ ✗ –   last: skipped", "3 left"]),
        (&["f"], "flag", &["✓ ✗ – ⚑   last: flagged", "3 left"]),
        (
            &["a"],
            "accept",
            &["✓ ✗ – ⚑ ✓   last: accepted", "✓ 2 accepted", "2 left"],
        ),
    ];
    for (nth, (keys, action, shown)) in rounds.into_iter().enumerate() {
        let terminal = stage.open_at_leaf();
        terminal.key("r");
        wait_for_all(
            &terminal,
            &[&format!(" {}/5 ", nth + 1), &format!("sample {}", nth + 1), "answer"],
        );
        for key in keys {
            terminal.key(key);
        }
        wait_for_all(&terminal, shown);
        kill(terminal);
        decided.push((action.to_owned(), ids[nth].clone()));
        assert_eq!(acts(&stage.journal()), decided);
        assert_eq!(stage.curated().len(), nth + 1);
    }
    // An edit, and what was taken back.
    let terminal = stage.open_at_leaf();
    terminal.key("r");
    wait_for_all(
        &terminal,
        &["✓ ✗ – ⚑ ✓   last: accepted", " 3/5 ", "sample 3", "answer"],
    );
    terminal.key("e");
    terminal.wait_for("ctrl-s keeps it as a new sample");
    terminal.keys("Mended. ");
    terminal.key("ctrl-s");
    wait_for_all(&terminal, &["kept as a new sample", "· edited", "Mended."]);
    kill(terminal);
    let edited = text(&stage.curated()[5]["id"]);
    assert_eq!(stage.journal()[5]["replaced_by"], edited.as_str());
    let terminal = stage.open_at_leaf();
    terminal.key("r");
    wait_for_all(&terminal, &[" 3/5 ", "· edited", "Mended."]);
    for left in ["skipped", "flagged"] {
        let before = stage.journal().len();
        terminal.key("backspace");
        terminal.wait_for("taken back");
        wait_for(left, || stage.journal().len() == before + 1);
    }
    terminal.wait_for("last: flagged");
    kill(terminal);
    let undone: Vec<Value> = stage
        .journal()
        .into_iter()
        .filter(|event| event["action"] == "undo")
        .collect();
    assert_eq!(undone.len(), 2);
    assert_eq!(stage.desk.ids(&["--verdict", "accepted"]), [ids[0].clone()]);
    assert_eq!(stage.desk.ids(&["--verdict", "pending"]), [ids[4].clone()]);
}

#[test]
fn unsaved_text_is_back() {
    let stage = Stage::new(0);
    let terminal = stage.open_at_leaf();
    let before = fs::read(stage.qna(LEAF)).unwrap();
    terminal.key("enter");
    terminal.wait_for(" 8 examples · ");
    for key in ["down", "down", "down", "down", "down", "enter"] {
        terminal.key(key);
    }
    terminal.wait_for("The answer you would want to read");
    terminal.keys(" Nothing of this is saved.");
    terminal.wait_for("saved.");
    let drafts = stage.desk.path("tax/.git/seedbed/drafts");
    wait_for("the draft", || {
        files_in(&drafts).iter().any(|draft| {
            // What is still being written beside it is not a draft yet.
            let whole = draft.extension().is_some_and(|extension| extension == "draft");
            whole && String::from_utf8_lossy(&fs::read(draft).unwrap_or_default()).contains("Nothing of this is saved.")
        })
    });
    kill(terminal);
    assert_eq!(fs::read(stage.qna(LEAF)).unwrap(), before);

    let terminal = stage.open_at_leaf();
    terminal.key("enter");
    // That it is back was told already where the form was kept as the place to begin at.
    wait_for_all(&terminal, &["● unsaved", "Example 8"]);
    // The form may be at the row where it was left.
    terminal.key("home");
    for key in ["down", "down", "down", "down", "down"] {
        terminal.key(key);
    }
    terminal.wait_for("saved.");
    terminal.key("ctrl-s");
    terminal.wait_for("✓ saved; ");
    let saved = String::from_utf8(fs::read(stage.qna(LEAF)).unwrap()).unwrap();
    let wanted = String::from_utf8(before).unwrap();
    let patience = "Thank you for your patience.";
    assert_eq!(
        saved,
        wanted.replacen(patience, &format!("{patience} Nothing of this is saved."), 1)
    );
    wait_for("the draft to go", || files_in(&drafts).is_empty());
    quit(terminal);
}

fn files_in(folder: &Path) -> Vec<std::path::PathBuf> {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

/// When the process is killed while it saves.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The new text is being written beside the file.
    Writing,
    /// So long after the key.
    After(Duration),
    /// The screen says that it is saved.
    Shown,
}

#[test]
fn a_file_being_saved_is_old_or_new() {
    let stage = Stage::new(0);
    stage.desk.lay_out();
    let qna = stage.qna(LEAF);
    let mut before = fs::read_to_string(&qna).unwrap();
    for number in 0..170 {
        let line = "A long answer has many words, and each of them is to be kept as it is. ".repeat(15);
        before.push_str(&format!(
            "  - question: \"What is said in part {number}?\"\n    answer: |\n      {}\n",
            line.trim_end()
        ));
    }
    assert!(before.len() > 190_000, "{}", before.len());
    fs::write(&qna, &before).unwrap();

    let moments = [
        Moment::Writing,
        Moment::After(Duration::ZERO),
        Moment::Writing,
        Moment::After(Duration::from_millis(4)),
        Moment::Shown,
        Moment::After(Duration::from_millis(12)),
        Moment::Writing,
    ];
    for (round, moment) in moments.into_iter().enumerate() {
        let terminal = stage.open_at_leaf();
        // Text of the round before that was not saved may be back; it goes first.
        terminal.key("enter");
        terminal.key("home");
        terminal.wait_for(" 178 examples · ");
        if terminal.screen().contains("● unsaved") {
            terminal.key("ctrl-x");
            terminal.wait_gone("● unsaved");
        }
        for key in ["down", "enter"] {
            terminal.key(key);
        }
        terminal.wait_for("esc done");
        let typed = format!(" Round{round}typed.");
        terminal.keys(&typed);
        wait_for_all(&terminal, &["● unsaved", typed.trim()]);
        terminal.key("ctrl-s");
        let hit = wait_until_moment(&terminal, moment, qna.parent().unwrap(), &before, &qna);
        let shown_as_saved = terminal.screen().contains("✓ saved; ");
        kill(terminal);

        let now = fs::read_to_string(&qna).unwrap();
        if now == before {
            assert!(!shown_as_saved, "round {round}: shown as saved, and is not");
        } else {
            // Everything but the one value is as it was.
            assert!(
                without_space(&now).contains(&without_space(&typed)),
                "round {round}, {moment:?}, {hit}"
            );
            let rest = |text: &str| text[text.find("created_by").unwrap()..].to_owned();
            assert_eq!(rest(&now), rest(&before), "round {round}, {moment:?}, {hit}");
            before = now;
        }
    }
    // What the killed saves left lying beside the file is none of a commit's business.
    let dry = stage.desk.run(&["commit", "--dry-run"]).well();
    let (chosen, _) = dry.out.split_once("Not included").unwrap_or((&dry.out, ""));
    assert!(chosen.contains("qna.yaml") && !chosen.contains(".tmp"), "{}", dry.out);
    let terminal = stage.open_at_leaf();
    terminal.wait_for("178 seed examples");
    quit(terminal);
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// True when the moment was met before the save was over.
fn wait_until_moment(terminal: &Terminal, moment: Moment, folder: &Path, before: &str, qna: &Path) -> bool {
    let begun = Instant::now();
    match moment {
        Moment::Writing => {
            let temporary = || files_in(folder).iter().any(|file| is_fresh(file, begun));
            // It may be over before it is seen.
            while !temporary() && fs::metadata(qna).unwrap().len() == before.len() as u64 {
                assert!(begun.elapsed() < PATIENCE, "nothing is saved");
            }
            fs::metadata(qna).unwrap().len() == before.len() as u64
        }
        Moment::After(pause) => {
            std::thread::sleep(pause);
            true
        }
        Moment::Shown => {
            terminal.wait_for("✓ saved; ");
            false
        }
    }
}

/// A temporary file that was not there when the waiting began.
fn is_fresh(file: &Path, begun: Instant) -> bool {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let age = fs::metadata(file)
        .and_then(|meta| meta.modified())
        .ok()
        .and_then(|at| at.elapsed().ok());
    name.ends_with(".tmp") && age.is_some_and(|age| age <= begun.elapsed() + Duration::from_millis(5))
}

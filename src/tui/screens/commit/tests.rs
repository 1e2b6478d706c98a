use std::path::Path;

use jiff::SignedDuration;

use super::*;
use crate::git::{Author, first_commit};
use crate::review::Verdict;
use crate::tui::model::ScreenName;
use crate::tui::testing::{Stage, sample};

pub(super) const REPLIES: &str = "compositional_skills/linguistics/polite_replies";
pub(super) const REPLIES_TEXT: &str =
    include_str!("../../../../sample-taxonomy/compositional_skills/linguistics/polite_replies/qna.yaml");
pub(super) const UNITS: &str = "compositional_skills/kitchen_units";

pub(super) fn write(stage: &Stage, path: &str, text: &str) {
    let file = stage.model.root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// A taxonomy of two leaves, committed, with an author and no settings of whoever runs the tests.
pub(super) fn stage() -> Stage {
    let mut stage = Stage::new(&[(REPLIES, REPLIES_TEXT), (UNITS, REPLIES_TEXT)]);
    write(
        &stage,
        &format!("{REPLIES}/attribution.txt"),
        "Title of work: x\nLink to work: -\nLicense of the work: Apache-2.0\nCreator names: A\n",
    );
    write(
        &stage,
        &format!("{UNITS}/attribution.txt"),
        "Title of work: x\nLink to work: -\nLicense of the work: Apache-2.0\nCreator names: A\n",
    );
    let repository = stage.rooms.workbench.repository().unwrap();
    let ada = Author::new("Ada", "ada@example.org").unwrap();
    repository.set_author_locally(&ada).unwrap();
    let config = repository.git_dir().join("config");
    let hooks = repository.git_dir().join("hooks");
    let own = format!(
        "\n[commit]\n\tgpgsign = false\n[core]\n\thooksPath = {}\n",
        hooks.display()
    );
    let text = std::fs::read_to_string(&config).unwrap() + &own;
    std::fs::write(&config, text).unwrap();
    first_commit(&repository, "Begin\n", &ada).unwrap();
    stage.model.screen = ScreenName::Commit;
    stage
}

pub(super) fn enter(stage: &mut Stage) {
    assert!(update::enter(&mut stage.model, &mut stage.effects));
    stage.model.screen = ScreenName::Commit;
    stage.settle();
}

/// Puts the choice on the first change whose path ends so.
pub(super) fn choose(stage: &mut Stage, end: &str) {
    let commit = &stage.model.commit;
    let is_it = |row: &Row| match row {
        Row::File(index) => commit.files()[*index].path.ends_with(end),
        Row::Heading(_) => false,
    };
    let at = commit
        .listing
        .rows
        .iter()
        .position(is_it)
        .unwrap_or_else(|| panic!("{end} is not listed"));
    stage.press("home");
    for _ in 0..at {
        stage.press("down");
    }
    stage.settle();
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

pub(super) fn last_commit(stage: &Stage) -> (String, String) {
    let message = git(&stage.model.root, &["log", "-1", "--format=%B"]);
    let files = git(&stage.model.root, &["show", "--format=", "--name-only", "HEAD"]);
    (message.trim().to_owned(), files.trim().to_owned())
}

pub(super) fn edit_seeds(stage: &Stage, leaf: &str) {
    write(
        stage,
        &format!("{leaf}/qna.yaml"),
        &REPLIES_TEXT.replacen("question: \"", "question: \"Kindly: ", 1),
    );
}

pub(super) fn break_seeds(stage: &Stage, leaf: &str) {
    write(
        stage,
        &format!("{leaf}/qna.yaml"),
        "version: 3\ntask_description: x\ncreated_by: a\nseed_examples: []\n",
    );
}

fn hook(stage: &Stage, name: &str, script: &str) {
    let path = stage.rooms.workbench.git_dir().join("hooks").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

pub(super) fn decide(stage: &Stage, question: &str, verdict: Verdict) {
    let sample = sample(REPLIES, question);
    let reasons = if verdict == Verdict::Rejected {
        vec!["wrong".to_owned()]
    } else {
        Vec::new()
    };
    let now = stage.now();
    stage
        .rooms
        .with_reviews(|reviews| reviews.decide(&sample, verdict, &reasons, "", now, 1.0))
        .unwrap()
        .unwrap();
}

#[test]
fn only_what_is_chosen_is_committed_and_signed_off() {
    let mut stage = stage();
    edit_seeds(&stage, REPLIES);
    edit_seeds(&stage, UNITS);
    enter(&mut stage);
    choose(&mut stage, "kitchen_units/qna.yaml");
    stage.press("space");
    assert!(
        stage
            .model
            .commit
            .message
            .text()
            .starts_with("Edit seeds for polite_replies\n")
    );
    stage.press("C");
    stage.settle();
    let (message, files) = last_commit(&stage);
    assert_eq!(files, format!("{REPLIES}/qna.yaml"));
    assert!(message.ends_with("Signed-off-by: Ada <ada@example.org>"), "{message}");
    let short = git(&stage.model.root, &["rev-parse", "--short", "HEAD"]);
    assert_eq!(stage.notice(), format!("committed {} on main", short.trim()));
    // What was left out is what there is now, drafted anew.
    assert_eq!(stage.model.commit.files().len(), 1);
    assert!(
        stage
            .model
            .commit
            .message
            .text()
            .starts_with("Edit seeds for kitchen_units\n")
    );
    stage.press("s C");
    stage.settle();
    assert!(!last_commit(&stage).0.contains("Signed-off-by"));
    let screen = stage.draw(100, 24);
    assert!(screen.contains("Nothing to commit"), "{screen}");
    assert!(stage.model.git.changes.is_empty());
}

#[test]
fn errors_in_seeds_hold_back_until_overridden() {
    let mut stage = stage();
    break_seeds(&stage, UNITS);
    edit_seeds(&stage, REPLIES);
    enter(&mut stage);
    let before = git(&stage.model.root, &["rev-parse", "HEAD"]);
    stage.press("C");
    stage.settle();
    assert!(stage.notice().contains("! commits all the same"), "{}", stage.notice());
    assert_eq!(git(&stage.model.root, &["rev-parse", "HEAD"]), before);
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("Nothing was committed") && screen.contains("kitchen_units/qna.yaml:"),
        "{screen}"
    );
    stage.press("esc");
    // A seed with errors that is left out holds nothing back.
    choose(&mut stage, "kitchen_units/qna.yaml");
    stage.press("space !");
    assert!(stage.notice().contains("nothing is held back"), "{}", stage.notice());
    stage.press("space !");
    assert!(stage.draw(120, 36).contains("overridden"));
    stage.press("C");
    stage.settle();
    assert!(stage.notice().starts_with("committed "), "{}", stage.notice());
    assert!(!stage.model.commit.despite_errors);
}

#[cfg(unix)]
#[test]
fn a_hook_that_refuses_is_quoted_whole_and_the_message_stays() {
    let mut stage = stage();
    hook(
        &stage,
        "pre-commit",
        r"printf 'first line\nno \033[31mcommits on Sundays\n'; exit 1",
    );
    edit_seeds(&stage, UNITS);
    enter(&mut stage);
    assert!(stage.draw(120, 36).contains("hooks that will run: pre-commit"));
    stage.press("m ctrl-a");
    stage.write("Mine\n\nAll of it");
    stage.press("ctrl-s");
    assert!(stage.model.commit.committing.is_some());
    assert!(why_not(&stage.model, Command::CommitNow).unwrap().contains("under way"));
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(
        screen.contains("first line") && screen.contains("commits on Sundays"),
        "{screen}"
    );
    assert!(screen.contains("␛[31mcommits") && !screen.contains('\x1b'), "{screen}");
    assert!(screen.contains("what stopped the commit"), "{screen}");
    assert_eq!(stage.model.commit.message.text(), "Mine\n\nAll of it\n");
    hook(&stage, "pre-commit", "echo looks good");
    stage.press("C");
    stage.settle();
    assert!(stage.notice().starts_with("committed "), "{}", stage.notice());
    assert!(last_commit(&stage).0.starts_with("Mine\n\nAll of it"));
    assert!(stage.draw(120, 36).contains("looks good"));
}

#[test]
fn a_message_that_was_written_in_stays() {
    let mut stage = stage();
    edit_seeds(&stage, UNITS);
    edit_seeds(&stage, REPLIES);
    enter(&mut stage);
    stage.press("m");
    assert_eq!(stage.model.contexts().first(), Some(&Context::Field));
    stage.press("ctrl-end x esc space");
    assert!(stage.model.commit.message.text().trim_end().ends_with('x'));
    stage.press("f2 f6");
    stage.settle();
    assert!(stage.model.commit.message.text().trim_end().ends_with('x'));
    // Emptied and entered again, it is drafted for what is chosen now.
    stage.press("m ctrl-a backspace esc m");
    assert!(
        stage.model.commit.message.text().starts_with("Edit seeds for "),
        "{}",
        stage.model.commit.message.text()
    );
}

#[test]
fn a_new_branch_is_asked_for_and_checked() {
    let mut stage = stage();
    edit_seeds(&stage, UNITS);
    enter(&mut stage);
    for (typed, kept) in [("bad name", None), ("curate/units", Some("curate/units"))] {
        if stage.model.overlay.is_none() {
            stage.press("b");
        }
        stage.press("ctrl-a");
        if let Some(crate::tui::model::Overlay::Dialog(dialog)) = &mut stage.model.overlay {
            dialog.input.as_mut().unwrap().1.replace(typed);
        }
        stage.wait(SignedDuration::from_secs(1));
        stage.press("enter");
        assert_eq!(stage.model.commit.new_branch.as_deref(), kept);
    }
    assert!(
        stage
            .draw(120, 36)
            .contains("on the new branch curate/units, from main")
    );
    stage.press("C");
    stage.settle();
    assert!(stage.notice().ends_with(" on curate/units"), "{}", stage.notice());
    assert_eq!(stage.model.commit.new_branch, None);
    // One that exists is refused by the commit, and nothing is lost.
    edit_seeds(&stage, REPLIES);
    enter(&mut stage);
    stage.model.commit.new_branch = Some("main".to_owned());
    stage.press("C");
    stage.settle();
    assert!(stage.draw(120, 36).contains("a branch named 'main' exists already"));
    assert!(stage.model.commit.message.text().starts_with("Edit seeds"));
}

#[test]
fn who_commits_is_asked_for_once() {
    let mut stage = stage();
    edit_seeds(&stage, UNITS);
    enter(&mut stage);
    stage.model.commit.overview.as_mut().unwrap().author = None;
    stage.press("C");
    assert!(stage.effects.is_empty());
    stage.write("Grace Hopper");
    stage.wait(SignedDuration::from_secs(1));
    stage.press("enter");
    assert!(stage.notice().contains("angle brackets"), "{}", stage.notice());
    stage.write(" <grace@example.org>");
    stage.wait(SignedDuration::from_secs(1));
    stage.press("enter");
    stage.settle();
    assert!(
        stage
            .draw(160, 36)
            .contains("Signed-off-by: Grace Hopper <grace@example.org>")
    );
    // Esc leaves a question without an answer.
    stage.press("b esc");
    assert!(stage.model.overlay.is_none());
}

#[test]
fn an_override_is_for_the_errors_that_were_seen() {
    let mut stage = stage();
    break_seeds(&stage, UNITS);
    enter(&mut stage);
    stage.press("!");
    assert!(stage.model.commit.despite_errors);
    enter(&mut stage);
    assert!(stage.model.commit.despite_errors);
    break_seeds(&stage, REPLIES);
    enter(&mut stage);
    assert!(!stage.model.commit.despite_errors);
    assert_eq!(stage.model.commit.listing.errors.len(), 2);
}

//! The person's own hooks and keys.
#![cfg(unix)]

use std::fs;
use std::process::Command;

use super::*;

#[test]
fn a_failing_hook_stops_the_commit_and_is_heard() {
    let world = World::new();
    world.committed("a", "one\n");
    world.write("a", "two\n");
    world.write("fresh", "new\n");
    world.hook("pre-commit", "echo out loud; echo 'seeds need a review' >&2; exit 1");
    let repository = world.open();
    let attempt = CommitPlan {
        new_branch: Some("draft".to_owned()),
        ..plan(&["a", "fresh"], "x")
    };
    let error = repository.commit(&attempt).unwrap_err();
    let GitError::Stopped { output } = &error else {
        panic!("{error}")
    };
    assert!(
        output.contains("out loud") && output.contains("seeds need a review"),
        "{output}"
    );
    // Everything is as before: branch, index, files.
    assert_eq!(repository.head().unwrap().branch.as_deref(), Some("main"));
    assert_eq!(world.git(&["branch", "--list", "draft"]), "");
    assert_eq!(
        told(&repository.status().unwrap()),
        [
            ("a", &ChangeKind::Modified, false),
            ("fresh", &ChangeKind::Untracked, false)
        ]
    );
    let forced = CommitPlan {
        no_verify: true,
        ..attempt
    };
    assert_eq!(repository.commit(&forced).unwrap().branch.as_deref(), Some("draft"));
}

#[test]
fn hooks_see_the_commit_and_may_edit_its_message() {
    let world = World::new();
    world.hook("pre-commit", "git diff --cached --name-only; echo checked");
    world.hook("commit-msg", "echo 'Ticket: 7' >> \"$1\"");
    world.write("a", "one\n");
    world.write("b", "two\n");
    world.git(&["add", "b"]);
    let practices = world.open().practices().unwrap();
    assert!(practices.git_program.is_some());
    assert_eq!(practices.hooks, ["pre-commit", "commit-msg"]);
    assert_eq!(practices.signing, None);
    assert!(practices.notes.is_empty(), "{:?}", practices.notes);
    let made = world.open().commit(&plan(&["a"], "Start\n\nTopic: frost")).unwrap();
    assert_eq!(made.hook_output, "a\nchecked");
    assert_eq!(
        world.git(&["log", "-1", "--format=%B"]).trim(),
        "Start\n\nTopic: frost\nTicket: 7"
    );
}

#[test]
fn without_the_program_hooks_are_named_as_not_run() {
    let world = World::new();
    world.hook("pre-commit", "exit 1");
    world.git(&["config", "commit.gpgsign", "true"]);
    world.write("a", "one\n");
    let repository = world.open_without_program();
    let practices = repository.practices().unwrap();
    assert_eq!(
        (practices.git_program, practices.hooks),
        (None, vec!["pre-commit".to_owned()])
    );
    assert!(
        practices.notes.iter().any(|note| note.contains("pre-commit")),
        "{:?}",
        practices.notes
    );
    let made = repository.commit(&plan(&["a"], "Start")).unwrap();
    assert_eq!(made.via, Via::Libgit2);
    assert!(
        made.notes.iter().any(|note| note == "Hooks were not run: pre-commit."),
        "{:?}",
        made.notes
    );
    assert!(
        made.notes.iter().any(|note| note.contains("not signed")),
        "{:?}",
        made.notes
    );
}

#[test]
fn hooks_of_another_folder_are_found_and_run() {
    let world = World::new();
    world.hook("pre-commit", "echo 'from elsewhere' >&2; exit 1");
    fs::rename(world.root().join(".git/hooks"), world.root().join("my hooks")).unwrap();
    world.git(&["config", "core.hooksPath", "my hooks"]);
    world.write("a", "one\n");
    assert_eq!(world.open().practices().unwrap().hooks, ["pre-commit"]);
    assert_eq!(world.open_without_program().practices().unwrap().hooks, ["pre-commit"]);
    assert!(matches!(
        world.open().commit(&plan(&["a"], "x")),
        Err(GitError::Stopped { .. })
    ));
}

#[test]
fn a_hook_that_leaves_something_running_does_not_hold_the_commit_up() {
    let world = World::new();
    world.hook("post-commit", "sleep 60 &");
    world.write("a", "one\n");
    let start = std::time::Instant::now();
    world.open().commit(&plan(&["a"], "x")).unwrap();
    assert!(start.elapsed().as_secs() < 40);
}

#[test]
fn commits_are_signed_as_the_settings_ask() {
    let world = World::new();
    let key = world.folder.path().join("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        // No ssh-keygen on this machine: nothing to sign with.
        return;
    }
    let public = key.with_extension("pub");
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("commit.gpgsign", "true"),
        ("user.signingkey", public.to_str().unwrap()),
    ] {
        world.git(&["config", name, value]);
    }
    world.write("a", "one\n");
    let signing = world.open().practices().unwrap().signing.unwrap();
    assert!(
        signing.starts_with("ssh key ") && signing.ends_with("key.pub"),
        "{signing}"
    );
    world.open().commit(&plan(&["a"], "Start")).unwrap();
    assert!(
        world
            .git(&["cat-file", "commit", "HEAD"])
            .contains("-----BEGIN SSH SIGNATURE-----")
    );
    fs::remove_file(&key).unwrap();
    fs::remove_file(&public).unwrap();
    world.write("a", "two\n");
    let error = world.open().commit(&plan(&["a"], "Next")).unwrap_err();
    assert!(matches!(error, GitError::NotSigned { .. }), "{error}");
    // A new repository of the demo is worth more than its signature.
    let fallback = Author::new("Demo", "demo@example.org").unwrap();
    let made = first_commit(&world.open(), "Next", &fallback).unwrap();
    assert_eq!(made.via, Via::Libgit2);
    assert!(
        made.notes.iter().any(|note| note.contains("not signed")),
        "{:?}",
        made.notes
    );
}

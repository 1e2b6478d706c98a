//! What a commit takes, what it leaves alone, and when it is refused.

use std::fs;

use super::*;

/// What the newest commit did, as `A|added file|M|modified file|`.
fn files_of_head(world: &World) -> String {
    world
        .git(&["show", "-z", "--name-status", "--format=", "HEAD"])
        .replace('\0', "|")
}

#[test]
fn only_the_chosen_files_are_committed() {
    for with_program in [true, false] {
        let world = World::new();
        let repository = if with_program {
            world.open()
        } else {
            world.open_without_program()
        };
        for name in ["edited", "gone", "other", "half"] {
            world.committed(name, "one\n");
        }
        world.write("edited", "two\n");
        fs::remove_file(world.root().join("gone")).unwrap();
        world.write("other", "staged elsewhere\n");
        world.write("curated/霜/new \"file\".jsonl", "{}\n");
        world.write("curated/霜/second.jsonl", "{}\n");
        world.write("not chosen", "x\n");
        world.write("also staged", "x\n");
        world.git(&["add", "other", "also staged"]);
        let made = repository
            .commit(&plan(&["edited", "gone", "half", "curated/"], "Curate\n\n# frost\n"))
            .unwrap();
        assert_eq!(
            files_of_head(&world),
            "A|curated/霜/new \"file\".jsonl|A|curated/霜/second.jsonl|M|edited|D|gone|"
        );
        assert_eq!(world.git(&["log", "-1", "--format=%B"]).trim(), "Curate\n\n# frost");
        assert_eq!(made.branch.as_deref(), Some("main"));
        assert_eq!(made.id, world.git(&["rev-parse", "HEAD"]).trim());
        assert_eq!(made.via, if with_program { Via::Git } else { Via::Libgit2 });
        assert_eq!(made.notes.is_empty(), with_program);
        let left = world.open().status().unwrap();
        assert_eq!(
            told(&left),
            [
                ("also staged", &ChangeKind::Added, true),
                ("not chosen", &ChangeKind::Untracked, false),
                ("other", &ChangeKind::Modified, true),
            ]
        );
        world.git(&["fsck", "--strict"]);
    }
}

#[test]
fn the_first_commit_and_a_new_branch_work() {
    for with_program in [true, false] {
        let world = World::new();
        let repository = if with_program {
            world.open()
        } else {
            world.open_without_program()
        };
        world.write("a", "a\n");
        world.write("staged", "b\n");
        world.git(&["add", "staged"]);
        let made = repository.commit(&plan(&["a"], "Start")).unwrap();
        assert_eq!(made.branch.as_deref(), Some("main"));
        assert_eq!(files_of_head(&world), "A|a|");
        assert_eq!(
            told(&world.open().status().unwrap()),
            [("staged", &ChangeKind::Added, true)]
        );
        world.write("a", "c\n");
        let next = CommitPlan {
            new_branch: Some("seeds/frost".to_owned()),
            ..plan(&["a"], "Next")
        };
        let made = repository.commit(&next).unwrap();
        assert_eq!(made.branch.as_deref(), Some("seeds/frost"));
        assert_eq!(world.git(&["branch", "--show-current"]).trim(), "seeds/frost");
        assert_eq!(world.git(&["log", "--format=%s", "main"]).trim(), "Start");
        world.write("a", "d\n");
        assert!(matches!(repository.commit(&next), Err(GitError::BranchExists { .. })));
        for name in ["has space", "-x", "a..b", "", "end/"] {
            let bad = CommitPlan {
                new_branch: Some(name.to_owned()),
                ..next.clone()
            };
            assert!(
                matches!(repository.commit(&bad), Err(GitError::BadBranch { .. })),
                "{name}"
            );
        }
    }
}

#[test]
fn a_new_branch_before_the_first_commit_works() {
    let world = World::new();
    world.write("a", "a\n");
    let first = CommitPlan {
        new_branch: Some("draft".to_owned()),
        ..plan(&["a"], "Start")
    };
    assert_eq!(world.open().commit(&first).unwrap().branch.as_deref(), Some("draft"));
}

#[test]
fn sign_off_names_the_author() {
    for with_program in [true, false] {
        let world = World::new();
        let repository = if with_program {
            world.open()
        } else {
            world.open_without_program()
        };
        world.write("a", "a\n");
        repository
            .commit(&CommitPlan {
                sign_off: true,
                ..plan(&["a"], "Start")
            })
            .unwrap();
        let signed = "Start\n\nSigned-off-by: Ada Frost <ada@example.org>";
        assert_eq!(world.git(&["log", "-1", "--format=%B"]).trim(), signed);
        world.write("a", "b\n");
        let author = Some(Author::new("Grace Dew", "grace@example.org").unwrap());
        let message = "Next\n\nMore.\n\nReviewed-by: Ada Frost <ada@example.org>\n";
        repository
            .commit(&CommitPlan {
                sign_off: true,
                author,
                ..plan(&["a"], message)
            })
            .unwrap();
        let expected = format!("{message}Signed-off-by: Grace Dew <grace@example.org>");
        assert_eq!(world.git(&["log", "-1", "--format=%B"]).trim(), expected);
        assert_eq!(
            world.git(&["log", "-1", "--format=%an %ae"]).trim(),
            "Grace Dew grace@example.org"
        );
        world.write("a", "c\n");
        repository
            .commit(&CommitPlan {
                sign_off: true,
                ..plan(&["a"], signed)
            })
            .unwrap();
        assert_eq!(world.git(&["log", "-1", "--format=%B"]).trim(), signed);
    }
}

#[test]
fn a_staged_move_is_committed_whole() {
    for with_program in [true, false] {
        let world = World::new();
        world.committed("old", "a text that is long enough\n");
        world.git(&["mv", "old", "new"]);
        let repository = if with_program {
            world.open()
        } else {
            world.open_without_program()
        };
        repository.commit(&plan(&["new"], "Move")).unwrap();
        assert_eq!(files_of_head(&world), "R100|old|new|");
        assert!(repository.status().unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_committed_is_refused_with_the_reason() {
    let world = World::without_author();
    let repository = world.open();
    world.write("a", "a\n");
    assert!(matches!(repository.commit(&plan(&["a"], "x")), Err(GitError::NoAuthor)));
    repository
        .set_author_locally(&Author::new("Ada", "ada@example.org").unwrap())
        .unwrap();
    assert!(matches!(
        repository.commit(&plan(&["a"], " \n")),
        Err(GitError::EmptyMessage)
    ));
    assert!(matches!(
        repository.commit(&plan(&[], "x")),
        Err(GitError::NothingToCommit)
    ));
    assert!(matches!(
        repository.commit(&plan(&["missing"], "x")),
        Err(GitError::NothingToCommit)
    ));
    for path in ["../a", "/etc/passwd", "", "."] {
        assert!(
            matches!(
                repository.commit(&plan(&[path], "x")),
                Err(GitError::OutsideRepository { .. })
            ),
            "{path}"
        );
    }
    world.write(".gitignore", "b\n");
    world.write("b", "b\n");
    assert!(matches!(
        repository.commit(&plan(&["b"], "x")),
        Err(GitError::Ignored { .. })
    ));
    assert!(repository.head().unwrap().unborn);
}

#[test]
fn a_merge_in_progress_is_told() {
    let world = World::new();
    world.committed("a", "one\n");
    world.git(&["checkout", "-q", "-b", "side"]);
    world.committed("a", "side\n");
    world.git(&["checkout", "-q", "main"]);
    world.committed("a", "main\n");
    let merge = std::process::Command::new("git")
        .args(["merge", "side"])
        .current_dir(world.root())
        .envs(world.program.environment.iter().map(|(key, value)| (key, value)))
        .output()
        .unwrap();
    assert!(!merge.status.success());
    for repository in [world.open(), world.open_without_program()] {
        assert_eq!(
            told(&repository.status().unwrap()),
            [("a", &ChangeKind::Conflicted, false)]
        );
        let error = repository.commit(&plan(&["a"], "x")).unwrap_err();
        assert!(matches!(error, GitError::InProgress { .. }), "{error}");
        assert!(error.to_string().contains("git merge --continue"), "{error}");
    }
    // A conflict outlives the merge's own marks, as after `git stash pop`.
    fs::remove_file(world.root().join(".git/MERGE_HEAD")).unwrap();
    let error = world.open().commit(&plan(&["a"], "x")).unwrap_err();
    assert!(matches!(error, GitError::Conflicts { .. }), "{error}");
}

#[test]
fn the_first_commit_of_a_demo_needs_no_settings() {
    for with_program in [true, false] {
        let world = World::without_author();
        world.write("knowledge/a/qna.yaml", "x\n");
        world.write(".gitignore", "*.tmp\n");
        world.write("b.tmp", "x\n");
        let repository = if with_program {
            world.open()
        } else {
            world.open_without_program()
        };
        let fallback = Author::new("Seedbed demo", "demo@example.org").unwrap();
        first_commit(&repository, "Start", &fallback).unwrap();
        assert_eq!(world.git(&["log", "--format=%an"]).trim(), "Seedbed demo");
        assert_eq!(world.git(&["ls-files"]), ".gitignore\nknowledge/a/qna.yaml\n");
        assert!(repository.status().unwrap().is_empty());
    }
}

#[test]
fn a_filter_is_honoured_or_the_commit_refused() {
    let world = World::new();
    world.git(&["config", "filter.loud.clean", "tr a-z A-Z"]);
    world.committed(".gitattributes", "*.txt filter=loud\n");
    world.write("a.txt", "hello\n");
    let error = world.open_without_program().commit(&plan(&["a.txt"], "x")).unwrap_err();
    assert!(matches!(error, GitError::Filtered { .. }), "{error}");
    world.open().commit(&plan(&["a.txt"], "x")).unwrap();
    assert_eq!(world.git(&["show", "HEAD:a.txt"]), "HELLO\n");
}

#[test]
fn ten_thousand_files_go_into_one_commit() {
    let world = World::new();
    for number in 0..10_000 {
        world.write(
            &format!("curated/{}/a-name-of-a-usual-length-{number}.jsonl", number % 100),
            "{}\n",
        );
    }
    let paths: Vec<String> = world
        .open()
        .status()
        .unwrap()
        .into_iter()
        .map(|change| change.path)
        .collect();
    assert_eq!(paths.len(), 10_000);
    world
        .open()
        .commit(&CommitPlan {
            paths,
            message: "Many".to_owned(),
            ..CommitPlan::default()
        })
        .unwrap();
    assert!(world.open().status().unwrap().is_empty());
}

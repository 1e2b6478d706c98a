//! Opening, status, differences, history.

use std::fs;

use super::*;

#[test]
fn a_repository_is_found_from_below_and_told_apart_from_none() {
    let world = World::new();
    world.write("knowledge/a/qna.yaml", "x\n");
    let repository = Repository::discover_with(&world.root().join("knowledge/a"), world.program.clone()).unwrap();
    assert_eq!(canonical(repository.root()), canonical(&world.root()));
    assert!(repository.git_dir().ends_with(".git"));
    let outside = tempfile::tempdir().unwrap();
    let error = Repository::discover(outside.path()).err().unwrap();
    assert!(matches!(error, GitError::NotARepository { .. }), "{error}");
    assert!(error.to_string().contains("git init"));
    git2::Repository::init_bare(outside.path().join("bare")).unwrap();
    assert!(matches!(
        Repository::discover(&outside.path().join("bare")).err(),
        Some(GitError::Bare { .. })
    ));
    let again = init_repository(&world.root(), "main", &world.program).err();
    assert!(matches!(again, Some(GitError::AlreadyThere { .. })));
}

#[test]
fn paths_are_told_relative_to_the_root() {
    let world = World::new();
    let repository = world.open();
    assert_eq!(
        repository.relative(&world.root().join("a/b.yaml")).as_deref(),
        Some("a/b.yaml")
    );
    assert_eq!(repository.relative(&world.root()).as_deref(), Some(""));
    assert_eq!(repository.relative(world.folder.path()), None);
    assert_eq!(repository.relative(&world.root().join("../other")), None);
    #[cfg(unix)]
    {
        let link = world.folder.path().join("link");
        std::os::unix::fs::symlink(world.root(), &link).unwrap();
        assert_eq!(
            repository.relative(&link.join("new/qna.yaml")).as_deref(),
            Some("new/qna.yaml")
        );
    }
}

#[test]
fn head_is_told_before_and_after_the_first_commit_and_detached() {
    let world = World::new();
    let repository = world.open();
    let before = repository.fingerprint();
    let head = repository.head().unwrap();
    assert_eq!(
        (head.branch.as_deref(), head.commit, head.unborn),
        (Some("main"), None, true)
    );
    assert!(repository.log(5).unwrap().is_empty());
    world.committed("a.txt", "a\n");
    let head = repository.head().unwrap();
    let commit = head.commit.unwrap();
    assert_eq!(commit.id, world.git(&["rev-parse", "HEAD"]).trim());
    assert!(commit.id.starts_with(&commit.short) && commit.short.len() >= 7);
    assert!(!head.unborn);
    assert_ne!(repository.fingerprint(), before);
    assert_eq!(repository.fingerprint(), repository.fingerprint());
    let log = repository.log(5).unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(
        (log[0].summary.as_str(), log[0].author.name.as_str()),
        ("start", "Ada Frost")
    );
    world.git(&["checkout", "-q", "--detach"]);
    assert_eq!(repository.head().unwrap().branch, None);
    assert!(
        repository
            .practices()
            .unwrap()
            .notes
            .iter()
            .any(|note| note.contains("No branch"))
    );
}

#[test]
fn every_kind_of_change_is_told_alike_with_and_without_the_program() {
    let world = World::new();
    for name in ["kept", "edited", "gone", "staged", "taken out", "old name"] {
        world.committed(name, &format!("{name} with a text long enough to be known again\n"));
    }
    world.write("edited", "new\n");
    fs::remove_file(world.root().join("gone")).unwrap();
    world.write("staged", "new\n");
    world.write("added", "new\n");
    world.git(&["add", "staged", "added"]);
    world.git(&["rm", "-q", "--cached", "taken out"]);
    world.git(&["mv", "old name", "new name"]);
    world.write("deep/er/霜 \"quoted\"\tand tab.yaml", "x\n");
    world.write("deep/er/two\nlines", "x\n");
    world.write(".gitignore", "*.tmp\n");
    world.write("x.tmp", "x\n");
    world.write("added and gone", "x\n");
    world.git(&["add", "added and gone"]);
    fs::remove_file(world.root().join("added and gone")).unwrap();
    git2::Repository::init(world.root().join("inner")).unwrap();
    world.write("inner/file", "x\n");
    let renamed = ChangeKind::Renamed {
        from: "old name".to_owned(),
    };
    let expected = [
        (".gitignore", &ChangeKind::Untracked, false),
        ("added", &ChangeKind::Added, true),
        ("deep/er/two\nlines", &ChangeKind::Untracked, false),
        ("deep/er/霜 \"quoted\"\tand tab.yaml", &ChangeKind::Untracked, false),
        ("edited", &ChangeKind::Modified, false),
        ("gone", &ChangeKind::Deleted, false),
        ("new name", &renamed, true),
        ("staged", &ChangeKind::Modified, true),
        ("taken out", &ChangeKind::Modified, true),
    ];
    for repository in [world.open(), world.open_without_program()] {
        assert_eq!(told(&repository.status().unwrap()), expected);
        assert_eq!(
            repository.status_of("edited").unwrap().unwrap().kind,
            ChangeKind::Modified
        );
        assert_eq!(repository.status_of("kept").unwrap(), None);
        assert_eq!(repository.status_of("*").unwrap(), None);
        assert!(repository.ignores("x.tmp").unwrap());
        assert!(!repository.ignores("edited").unwrap());
    }
}

#[test]
fn both_sides_of_a_file_are_read() {
    let world = World::new();
    assert_eq!(world.open().diff_of("a").unwrap(), FileDiff { old: None, new: None });
    world.write("a", "new\n");
    assert_eq!(
        world.open().diff_of("a").unwrap(),
        FileDiff {
            old: None,
            new: Some(b"new\n".to_vec())
        }
    );
    world.committed("a", "one\n");
    fs::remove_file(world.root().join("a")).unwrap();
    assert_eq!(
        world.open().diff_of("a").unwrap(),
        FileDiff {
            old: Some(b"one\n".to_vec()),
            new: None
        }
    );
    // Line ends that a checkout converts are no difference.
    world.git(&["config", "core.autocrlf", "true"]);
    world.write("a", "one\r\n");
    let diff = world.open().diff_of("a").unwrap();
    assert_eq!(diff.old, diff.new);
    assert_eq!(
        world.open_without_program().diff_of("a").unwrap().old,
        Some(b"one\n".to_vec())
    );
    // Neither is what a filter makes of it.
    world.git(&["config", "core.autocrlf", "false"]);
    world.git(&["config", "filter.loud.smudge", "tr a-z A-Z"]);
    assert_eq!(world.open().diff_of("a").unwrap().old, Some(b"one\n".to_vec()));
    world.write(".gitattributes", "a filter=loud\n");
    assert_eq!(world.open().diff_of("a").unwrap().old, Some(b"ONE\n".to_vec()));
}

#[test]
fn files_left_out_by_a_sparse_checkout_are_not_deleted() {
    let world = World::new();
    world.committed("in/a", "a\n");
    world.committed("out/b", "b\n");
    world.git(&["sparse-checkout", "set", "in"]);
    assert!(!world.root().join("out/b").exists());
    world.write("in/a", "changed\n");
    for repository in [world.open(), world.open_without_program()] {
        assert_eq!(
            told(&repository.status().unwrap()),
            [("in/a", &ChangeKind::Modified, false)]
        );
    }
}

#[test]
fn the_author_is_the_one_git_would_use() {
    let world = World::without_author();
    assert_eq!(world.open().author().unwrap(), None);
    assert_eq!(world.open_without_program().author().unwrap(), None);
    let author = Author::new(" Ada Frost ", "ada@example.org").unwrap();
    world.open().set_author_locally(&author).unwrap();
    assert_eq!(world.open().author().unwrap().as_ref(), Some(&author));
    assert_eq!(world.open_without_program().author().unwrap(), Some(author));
    for (name, email) in [
        ("", "a@b"),
        ("A", ""),
        ("A <x>", "a@b"),
        ("A\nB", "a@b"),
        ("A", "a b@c"),
        (".", "a@b"),
    ] {
        assert!(Author::new(name, email).is_err(), "{name} {email}");
    }
}

#[test]
fn a_repository_may_move_to_the_thread_of_a_job() {
    let world = World::new();
    world.write("a", "a\n");
    let repository = world.open();
    let changes = std::thread::spawn(move || repository.status()).join().unwrap().unwrap();
    assert_eq!(changes.len(), 1);
}

#[test]
fn the_last_change_of_a_file_is_found_behind_later_commits() {
    let world = World::new();
    world.committed("curated/霜.txt", "one\n");
    world.committed("other", "one\n");
    let repository = world.open();
    let change = repository.last_change("curated/霜.txt").unwrap().unwrap();
    assert_eq!(change.id, world.git(&["rev-parse", "HEAD~1"]).trim());
    assert_eq!(repository.last_change("never there").unwrap(), None);
    assert_eq!(world.open_without_program().last_change("other").unwrap(), None);
}

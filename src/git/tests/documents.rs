//! Pinned documents and where they come from.

use std::path::Path;

use super::*;
use crate::git::documents::{Place, locate, names_at, pinned, refresh};

fn patterns(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn library() -> (World, String) {
    let world = World::new();
    for (path, text) in [
        ("frost.md", "old\n"),
        ("docs/soil.md", "soil\n"),
        ("docs/deep/霜.md", "霜\n"),
        ("a.txt", "a\n"),
    ] {
        world.committed(path, text);
    }
    let commit = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    world.committed("frost.md", "new\n");
    (world, commit)
}

#[test]
fn files_are_read_at_the_pinned_commit() {
    let (world, commit) = library();
    let read = |texts: &[&str]| -> Vec<String> {
        files_at(&world.root(), &commit, &patterns(texts))
            .unwrap()
            .into_iter()
            .map(|file| file.path)
            .collect()
    };
    assert_eq!(read(&["*.md"]), ["frost.md"]);
    assert_eq!(read(&["**/*.md"]), ["docs/deep/霜.md", "docs/soil.md", "frost.md"]);
    assert_eq!(read(&["docs/*.md", "a.txt"]), ["a.txt", "docs/soil.md"]);
    assert_eq!(read(&["./frost.md"]), ["frost.md"]);
    let files = files_at(&world.root(), commit.get(..10).unwrap(), &patterns(&["frost.md"])).unwrap();
    assert_eq!(
        files,
        [PinnedFile {
            path: "frost.md".to_owned(),
            bytes: b"old\n".to_vec()
        }]
    );
    let bare = world.folder.path().join("bare.git");
    world.git(&["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    assert_eq!(files_at(&bare, &commit, &patterns(&["docs/**"])).unwrap().len(), 2);
}

#[test]
fn what_is_missing_is_named() {
    let (world, commit) = library();
    let zeros = "0".repeat(40);
    for name in [zeros.as_str(), "main", "HEAD", "", "--all"] {
        let error = files_at(&world.root(), name, &patterns(&["*.md"])).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, GitError::NoSuchCommit { .. }), "{text}");
        assert!(
            text.contains(name) && text.contains(world.root().to_str().unwrap()),
            "{text}"
        );
    }
    let error = files_at(&world.root(), &commit, &patterns(&["*.pdf"])).unwrap_err();
    assert!(matches!(error, GitError::NothingMatches { .. }), "{error}");
    assert!(
        error.to_string().contains("*.pdf") && error.to_string().contains("frost.md"),
        "{error}"
    );
    let error = files_at(&world.root(), &commit, &patterns(&["[a"])).unwrap_err();
    assert!(matches!(error, GitError::BadPattern { .. }), "{error}");
    let error = files_at(Path::new("/nowhere"), &commit, &patterns(&["*"])).unwrap_err();
    assert!(matches!(error, GitError::NoDocuments { .. }), "{error}");
    // A folder inside another repository is not that repository.
    let error = files_at(&world.root().join("docs"), &commit, &patterns(&["*"])).unwrap_err();
    assert!(matches!(error, GitError::NoDocuments { .. }), "{error}");
}

#[test]
fn places_are_told_from_addresses() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("library")).unwrap();
    let folder = |path: &str| Place::Folder(root.path().join(path));
    let address = |text: &str| Place::Address(text.to_owned());
    for (repo, expected) in [
        ("library", folder("library")),
        ("../library", folder("../library")),
        ("/srv/library", Place::Folder("/srv/library".into())),
        ("file:///srv/library", Place::Folder("/srv/library".into())),
        (
            "https://example.org/library.git",
            address("https://example.org/library.git"),
        ),
        (
            "git@example.org:team/library.git",
            address("git@example.org:team/library.git"),
        ),
        ("./odd:name", folder("./odd:name")),
    ] {
        assert_eq!(Place::of(repo, root.path()).unwrap(), expected, "{repo}");
    }
    for repo in [
        "",
        "--upload-pack=touch x",
        "ext::sh -c touch% x",
        "ftp://example.org/x",
        "https://e.org/\nx",
    ] {
        assert!(
            matches!(Place::of(repo, root.path()), Err(GitError::BadAddress { .. })),
            "{repo}"
        );
    }
    let error = Place::of("ftp://user:secret@example.org/x", root.path()).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
}

/// An address whose host is this machine: `insteadOf` in the personal settings stands in for the network.
fn pretend_network(world: &World) {
    let rule = format!(
        "[url \"{}\"]\n\tinsteadOf = https://example.org/library\n",
        world.root().display()
    );
    let settings = std::fs::read_to_string(world.global()).unwrap();
    std::fs::write(world.global(), format!("{settings}{rule}")).unwrap();
}

#[test]
fn an_address_is_cloned_once_and_brought_up_to_date_when_needed() {
    let (world, commit) = library();
    pretend_network(&world);
    let cache = world.folder.path().join("cache");
    let address = "https://example.org/library";
    let go_on = || false;
    let first = locate(address, &world.root(), &cache, &world.program, &go_on).unwrap();
    assert!(first.starts_with(&cache) && first.exists());
    assert_eq!(first, Place::of(address, &world.root()).unwrap().on_disk(&cache));
    let markdown = patterns(&["*.md"]);
    let files = pinned(
        address,
        &commit,
        &markdown,
        &world.root(),
        &cache,
        &world.program,
        &go_on,
    )
    .unwrap();
    assert_eq!(files[0].bytes, b"old\n");
    world.committed("frost.md", "newest\n");
    let newest = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let files = pinned(
        address,
        &newest,
        &markdown,
        &world.root(),
        &cache,
        &world.program,
        &go_on,
    )
    .unwrap();
    assert_eq!(files[0].bytes, b"newest\n");
    let zeros = "0".repeat(40);
    let error = pinned(
        address,
        &zeros,
        &markdown,
        &world.root(),
        &cache,
        &world.program,
        &go_on,
    )
    .unwrap_err();
    assert!(
        error.to_string().contains(address) && error.to_string().contains(&zeros),
        "{error}"
    );
}

#[test]
fn a_clone_that_fails_leaves_nothing_behind_and_no_password() {
    let world = World::new();
    let cache = world.folder.path().join("cache");
    let mut program = world.program.clone();
    program.environment.push(("GIT_ALLOW_PROTOCOL".into(), "none".into()));
    let address = "https://ada:secret@localhost:1/library";
    let error = locate(address, &world.root(), &cache, &program, &|| false).unwrap_err();
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 0);
    let error = locate(address, &world.root(), &cache, &program, &|| true).unwrap_err();
    assert!(matches!(error, GitError::Cancelled), "{error}");
    let nowhere = GitProgram {
        path: "/nowhere/git".into(),
        ..program
    };
    let error = locate(address, &world.root(), &cache, &nowhere, &|| false).unwrap_err();
    assert!(matches!(error, GitError::NoProgram { .. }), "{error}");
    assert!(locate("missing", &world.root(), &cache, &nowhere, &|| false).is_err());
}

#[test]
fn revisions_name_what_can_be_pinned_the_newest_first() {
    let (world, commit) = library();
    world.git(&["tag", "v1", &commit]);
    world.git(&["branch", "side", &commit]);
    let found = revisions(&world.root(), 3).unwrap();
    let newest = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(found.newest.as_deref(), Some(newest.as_str()));
    let names: Vec<(RevisionKind, &str)> = found
        .choices
        .iter()
        .map(|choice| (choice.kind, choice.name.as_str()))
        .collect();
    let (named, commits) = names.split_at(3);
    assert!(named.contains(&(RevisionKind::Branch, "main")) && named.contains(&(RevisionKind::Branch, "side")));
    assert_eq!(named[2], (RevisionKind::Tag, "v1"));
    assert_eq!(commits.len(), 3);
    assert!(newest.starts_with(commits[0].1));
    assert_eq!(resolve(&world.root(), "v1").unwrap(), commit);
    assert_eq!(resolve(&world.root(), commit.get(..8).unwrap()).unwrap(), commit);
    let error = resolve(&world.root(), "--all").unwrap_err();
    assert!(matches!(error, GitError::NoSuchCommit { .. }), "{error}");
    assert_eq!(names_at(&world.root(), &commit).unwrap().len(), 4);
    let empty = World::new();
    assert_eq!(revisions(&empty.root(), 3).unwrap(), Revisions::default());
}

#[test]
fn a_commit_that_others_cannot_reach_is_told() {
    let (world, commit) = library();
    let root = world.root();
    assert_eq!(reach(&root, &commit, false).unwrap(), Reach::OnlyHere);
    let remote = world.folder.path().join("shared.git");
    world.git(&["clone", "-q", "--bare", ".", remote.to_str().unwrap()]);
    world.git(&["remote", "add", "origin", remote.to_str().unwrap()]);
    world.git(&["fetch", "-q", "origin"]);
    assert_eq!(reach(&root, &commit, false).unwrap(), Reach::Shared);
    world.committed("late.md", "late\n");
    let late = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert_eq!(reach(&root, &late, false).unwrap(), Reach::NotPushed);
    world.git(&["push", "-q", "origin", "main"]);
    assert_eq!(reach(&root, &late, false).unwrap(), Reach::Shared);
    world.git(&["commit", "-q", "--amend", "-m", "other words"]);
    world.git(&["push", "-q", "--force", "origin", "main"]);
    assert_eq!(reach(&root, &late, false).unwrap(), Reach::Loose);
    assert_eq!(reach(&remote, &commit, true).unwrap(), Reach::Shared);
    let error = reach(&root, &"0".repeat(40), false).unwrap_err();
    assert!(matches!(error, GitError::NoSuchCommit { .. }), "{error}");
}

#[test]
fn the_habit_of_signing_off_is_read_from_the_last_commits() {
    let world = World::new();
    assert_eq!(world.open().signs_off().unwrap(), None);
    world.committed("a.md", "a\n");
    assert_eq!(world.open().signs_off().unwrap(), Some(false));
    for name in ["b.md", "c.md"] {
        world.write(name, name);
        world.git(&["add", name]);
        world.git(&["commit", "-q", "-s", "-m", "more"]);
    }
    assert_eq!(world.open().signs_off().unwrap(), Some(true));
}

#[test]
fn a_folder_needs_no_refreshing() {
    let (world, _) = library();
    let cache = world.folder.path().join("cache");
    refresh(
        world.root().to_str().unwrap(),
        &world.root(),
        &cache,
        &world.program,
        &|| false,
    )
    .unwrap();
    assert!(!cache.exists());
}

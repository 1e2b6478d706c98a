//! What differs from a base, against repositories that git itself made.

use super::*;
use crate::git::BaseKind;

const FOLDERS: [&str; 2] = ["knowledge", "compositional_skills"];

fn text(of: &str) -> String {
    (0..12).map(|line| format!("{of} line {line}\n")).collect()
}

fn since(world: &World, commit: &str) -> Vec<String> {
    let folders: Vec<String> = FOLDERS.iter().map(|folder| (*folder).to_owned()).collect();
    let found = world.open().changed_since(commit, &folders, false).unwrap();
    found
        .into_iter()
        .map(|change| match change.kind {
            ChangeKind::Added => format!("added {}", change.path),
            ChangeKind::Modified => format!("modified {}", change.path),
            ChangeKind::Deleted => format!("deleted {}", change.path),
            ChangeKind::Renamed { from } => format!("{from} -> {}", change.path),
            ChangeKind::Untracked => format!("unknown {}", change.path),
            ChangeKind::Conflicted => format!("conflicted {}", change.path),
        })
        .collect()
}

fn id(world: &World, revision: &str) -> String {
    world.git(&["rev-parse", revision]).trim().to_owned()
}

fn found_base(world: &World, name: &str) -> (String, BaseKind) {
    let base = world.open().base(name).unwrap();
    (base.commit.id, base.kind)
}

#[test]
fn every_way_to_change_a_file_is_seen() {
    let world = World::new();
    for leaf in [
        "kept",
        "staged",
        "edited",
        "gone",
        "gone staged",
        "moved",
        "put",
        "uncovered",
        "back",
    ] {
        world.committed(&format!("knowledge/{leaf}/qna.yaml"), &text(leaf));
    }
    world.committed("elsewhere/qna.yaml", "");
    world.committed(".gitignore", "ignored/\n");
    let base = id(&world, "HEAD");
    world.committed("knowledge/later/qna.yaml", &text("later"));
    world.git(&["mv", "knowledge/moved", "knowledge/moved on"]);
    world.git(&["commit", "-q", "-m", "move"]);
    world.write("knowledge/staged/qna.yaml", "new text\n");
    world.git(&["add", "--", "knowledge/staged"]);
    world.write("knowledge/edited/qna.yaml", "new text\n");
    fs::remove_file(world.root().join("knowledge/gone/qna.yaml")).unwrap();
    world.git(&["rm", "-q", "-r", "--", "knowledge/gone staged"]);
    // Moved by hand and edited a little; git was told nothing of it.
    fs::create_dir_all(world.root().join("compositional_skills/霜 und Tau")).unwrap();
    let (from, to) = ("knowledge/put/qna.yaml", "compositional_skills/霜 und Tau/qna.yaml");
    fs::rename(world.root().join(from), world.root().join(to)).unwrap();
    world.write(to, &(text("put") + "one line more\n"));
    // Out of the index, yet still there.
    world.git(&["rm", "-q", "--cached", "--", "knowledge/uncovered/qna.yaml"]);
    // Changed in a commit and changed back by hand.
    world.committed("knowledge/back/qna.yaml", "other\n");
    world.write("knowledge/back/qna.yaml", &text("back"));
    world.write("knowledge/fresh \"quoted\"\t/qna.yaml", "");
    world.write("knowledge/ignored/qna.yaml", "");
    world.write("elsewhere/qna.yaml", "changed\n");
    let wanted = [
        "knowledge/put/qna.yaml -> compositional_skills/霜 und Tau/qna.yaml",
        "modified knowledge/edited/qna.yaml",
        "unknown knowledge/fresh \"quoted\"\t/qna.yaml",
        "deleted knowledge/gone staged/qna.yaml",
        "deleted knowledge/gone/qna.yaml",
        "added knowledge/later/qna.yaml",
        "knowledge/moved/qna.yaml -> knowledge/moved on/qna.yaml",
        "modified knowledge/staged/qna.yaml",
        "modified knowledge/uncovered/qna.yaml",
    ];
    let before = world.git(&["status", "--porcelain"]);
    let objects = world.git(&["count-objects", "-v"]);
    assert_eq!(since(&world, &base), wanted);
    // Looking changed neither the index nor the store.
    assert_eq!(world.git(&["status", "--porcelain"]), before);
    assert_eq!(world.git(&["count-objects", "-v"]), objects);
}

#[test]
fn settings_of_git_change_nothing() {
    let world = World::new();
    world.committed("knowledge/a/qna.yaml", &text("a"));
    for setting in [
        ["diff.renames", "false"],
        ["diff.external", "/nowhere/program"],
        ["diff.noprefix", "true"],
        ["diff.relative", "true"],
        ["core.quotePath", "true"],
        ["status.showUntrackedFiles", "no"],
        ["color.ui", "always"],
    ] {
        world.git(&["config", setting[0], setting[1]]);
    }
    world.git(&["mv", "knowledge/a", "knowledge/ä"]);
    world.write("knowledge/new/qna.yaml", "");
    let wanted = [
        "unknown knowledge/new/qna.yaml",
        "knowledge/a/qna.yaml -> knowledge/ä/qna.yaml",
    ];
    assert_eq!(since(&world, "HEAD"), wanted);
}

#[test]
fn repositories_inside_this_one_are_left_out() {
    let world = World::new();
    let library = World::new();
    library.committed("qna.yaml", "inner\n");
    world.committed("knowledge/a/qna.yaml", &text("a"));
    let base = id(&world, "HEAD");
    let address = library.root();
    let add = [
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        "-q",
        address.to_str().unwrap(),
        "knowledge/sub",
    ];
    world.git(&add);
    let inner = world.root().join("knowledge/inner");
    fs::create_dir_all(&inner).unwrap();
    world.git(&["init", "-q", "knowledge/inner"]);
    fs::write(inner.join("qna.yaml"), "").unwrap();
    fs::write(world.root().join("knowledge/sub/qna.yaml"), "changed\n").unwrap();
    assert_eq!(since(&world, &base), Vec::<String>::new());
}

#[test]
fn a_conflict_counts_as_one_change() {
    let world = World::new();
    world.committed("knowledge/a/qna.yaml", "one\n");
    world.git(&["switch", "-q", "-c", "other"]);
    world.committed("knowledge/a/qna.yaml", "two\n");
    world.git(&["switch", "-q", "main"]);
    world.committed("knowledge/a/qna.yaml", "three\n");
    let merge = std::process::Command::new("git")
        .args(["merge", "-q", "other"])
        .current_dir(world.root())
        .envs(world.program.environment.iter().map(|(key, value)| (key, value)))
        .output()
        .unwrap();
    assert!(!merge.status.success());
    let found = since(&world, "HEAD");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(" knowledge/a/qna.yaml"), "{found:?}");
}

/// main: a ─ b ─ d; topic: b ─ c ─ (merge of d) ─ e.
fn diverged() -> (World, [String; 4]) {
    let world = World::new();
    let mut ids = Vec::new();
    for letter in ["a", "b"] {
        world.committed(&format!("knowledge/{letter}/qna.yaml"), letter);
        ids.push(id(&world, "HEAD"));
    }
    world.git(&["switch", "-q", "-c", "topic"]);
    world.committed("knowledge/c/qna.yaml", "c");
    ids.push(id(&world, "HEAD"));
    world.git(&["switch", "-q", "main"]);
    world.committed("knowledge/d/qna.yaml", "d");
    ids.push(id(&world, "HEAD"));
    world.git(&["switch", "-q", "topic"]);
    (world, ids.try_into().unwrap())
}

#[test]
fn a_branch_means_where_this_one_left_it() {
    let (world, [a, b, c, d]) = diverged();
    assert_eq!(
        found_base(&world, "main"),
        (b.clone(), BaseKind::LeftBranch { ahead: 1 })
    );
    assert_eq!(since(&world, &b), ["added knowledge/c/qna.yaml"]);
    // A revision is taken as it is: what main gained since is missing here.
    assert_eq!(found_base(&world, &d), (d.clone(), BaseKind::Revision));
    assert_eq!(
        since(&world, &d),
        ["added knowledge/c/qna.yaml", "deleted knowledge/d/qna.yaml"]
    );
    assert_eq!(found_base(&world, "HEAD~2").0, a);
    assert_eq!(
        found_base(&world, "topic"),
        (c.clone(), BaseKind::LeftBranch { ahead: 0 })
    );
    // After main was merged in, the own line still left it at b, as `ilab` walks first parents.
    world.git(&["merge", "-q", "-m", "merge", "main"]);
    world.committed("knowledge/e/qna.yaml", "e");
    assert_eq!(found_base(&world, "main"), (b, BaseKind::LeftBranch { ahead: 3 }));
    // A commit is checked out instead of a branch.
    world.git(&["switch", "-q", "--detach", "HEAD~2"]);
    assert_eq!(found_base(&world, "topic").0, c);
    world.git(&["tag", "-a", "-m", "mark", "v1", &d]);
    assert_eq!(found_base(&world, "v1"), (d, BaseKind::Revision));
}

#[test]
fn branches_of_remotes_go_by_their_whole_name() {
    let (world, [a, b, _, d]) = diverged();
    world.git(&["remote", "add", "origin", "/nowhere"]);
    world.git(&["update-ref", "refs/remotes/origin/main", &a]);
    assert_eq!(found_base(&world, "origin/main").0, a);
    // The local branch was not updated, its namesake of the remote was.
    world.git(&["update-ref", "refs/heads/main", &a]);
    assert_eq!(found_base(&world, "main").0, a);
    world.git(&["update-ref", "refs/remotes/origin/main", &d]);
    assert_eq!(found_base(&world, "main").0, b);
    // Names that merely end the same are other branches.
    world.git(&["branch", "xmain", "topic"]);
    assert_eq!(found_base(&world, "main").0, b);
    world.git(&["branch", "feature/slash", &a]);
    assert_eq!(
        found_base(&world, "feature/slash"),
        (a, BaseKind::LeftBranch { ahead: 2 })
    );
}

#[test]
fn what_is_no_base_is_said() {
    let world = World::new();
    assert!(matches!(world.open().base("main"), Err(GitError::NoCommits)));
    world.committed("knowledge/a/qna.yaml", "a");
    world.git(&["tag", "v1"]);
    match world.open().base("origin/main") {
        Err(GitError::NoSuchBase {
            known, shallow: false, ..
        }) => assert_eq!(known, ["main", "v1"]),
        other => panic!("{other:?}"),
    }
    for odd in ["", "HEAD~9", "main..v1", "--all", "HEAD:knowledge"] {
        assert!(
            matches!(world.open().base(odd), Err(GitError::NoSuchBase { .. })),
            "{odd}"
        );
    }
    world.git(&["switch", "-q", "--orphan", "other"]);
    world.committed("knowledge/b/qna.yaml", "b");
    let error = world.open().base("main").unwrap_err();
    assert!(
        matches!(error, GitError::NoCommonCommit { shallow: false, .. }),
        "{error}"
    );
}

#[test]
fn a_clone_of_the_newest_commits_says_what_to_fetch() {
    let (world, _) = diverged();
    let near = world.folder.path().join("near");
    let address = format!("file://{}", world.root().display());
    let open = |arguments: &[&str]| {
        let mut all = vec!["clone", "-q", "--depth=1"];
        all.extend(arguments);
        all.extend([address.as_str(), near.to_str().unwrap()]);
        world.git(&all);
        Repository::discover_with(&near, world.program.clone()).unwrap()
    };
    let repository = open(&["--branch=topic"]);
    let error = repository.base("origin/main").unwrap_err();
    assert!(matches!(error, GitError::NoSuchBase { shallow: true, .. }), "{error}");
    assert!(
        error.to_string().contains("git fetch --unshallow origin main"),
        "{error}"
    );
    drop(repository);
    fs::remove_dir_all(&near).unwrap();
    let repository = open(&["--branch=topic", "--no-single-branch"]);
    let error = repository.base("origin/main").unwrap_err();
    assert!(
        matches!(error, GitError::NoCommonCommit { shallow: true, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("whole history"), "{error}");
}

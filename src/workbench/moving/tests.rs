use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::git::CommitPlan;
use crate::review::{Standing, Verdict};
use crate::samples::{Message, Provenance, Role, RunId, Sample, moves_file};
use crate::taxonomy::{Kind, NodePath};
use crate::workbench::tests::{Home, node};

const LEAF: &str = "compositional_skills/linguistics/polite_replies";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn sample(of: &str, answer: &str) -> Sample {
    let node = node(of);
    let messages = vec![Message::new(Role::User, "Q"), Message::new(Role::Assistant, answer)];
    Sample {
        provenance: Provenance {
            made: Some(at(0)),
            ..Provenance::default()
        },
        ..Sample::new(node, Kind::Skill, messages, None)
    }
}

/// Accepts a sample with this answer.
fn accept(workbench: &Workbench, of: &str, answer: &str, second: i64) {
    let mut reviews = workbench.reviews().unwrap();
    reviews
        .decide(&sample(of, answer), Verdict::Accepted, &[], "", at(second), 1.0)
        .unwrap();
}

/// Every file of the taxonomy outside `.git` with its bytes.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_name() == ".git" {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(root).unwrap().display().to_string();
                found.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

/// Puts a sample into a run of this machine, as generating does.
fn run_with(workbench: &Workbench, of: &str, sample: &Sample, second: i64) -> RunId {
    let runs = workbench.runs();
    let id = runs.free_id(at(second));
    let record = serde_json::json!({
        "id": id, "flow": "f", "flow_hash": "h", "teacher": "t", "model": "m", "nodes": [of], "wanted": 1, "seed": 1,
        "started": at(second), "outcome": "running",
    });
    let mut writer = runs.create(serde_json::from_value(record).unwrap()).unwrap();
    writer.append_sample(sample).unwrap();
    id
}

#[test]
fn everything_that_belongs_to_a_leaf_goes_along_and_comes_back() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_owned();
    let (decided, made) = (sample(LEAF, "one"), sample(LEAF, "two"));
    workbench
        .reviews()
        .unwrap()
        .decide(&decided, Verdict::Accepted, &[], "", at(1), 1.0)
        .unwrap();
    run_with(&workbench, LEAF, &made, 2);
    workbench.drafts().put(&node(LEAF), b"unsaved\n", None, at(3)).unwrap();
    let before = files(&root);
    let (from, to) = (node(LEAF), node("compositional_skills/office/kind_replies"));

    let plan = workbench.plan_move(&from, &to).unwrap();
    assert_eq!((plan.leaves, plan.has_samples, plan.drafts), (1, true, 1));
    let change = workbench.move_node(&plan, at(10)).unwrap();
    assert_eq!(
        change.told(),
        "moved compositional_skills/linguistics/polite_replies to compositional_skills/office/kind_replies"
    );
    assert!(!from.folder(&root).exists());
    for beside in ["qna.yaml", "attribution.txt"] {
        let old = &before[&format!("{from}/{beside}")];
        assert_eq!(&fs::read(to.folder(&root).join(beside)).unwrap(), old);
    }
    assert_eq!(workbench.drafts().get(&to).unwrap().bytes, b"unsaved\n");
    assert!(workbench.drafts().get(&from).is_none());

    // Samples keep their lines and ids; they count at the new place, wherever they were made.
    let library = workbench.library();
    let mut reviews = workbench.reviews().unwrap();
    let ids: Vec<_> = library.of_node(&to).iter().map(|sample| sample.id.clone()).collect();
    assert_eq!(ids.len(), 2);
    assert!(library.of_node(&from).is_empty());
    assert_eq!(reviews.verdict(&decided.id), Standing::Accepted);
    assert_eq!(reviews.counts(&to).accepted, 1);
    let loaded = library.load(&made.id).unwrap();
    assert_eq!((&loaded.node, loaded.provenance.made_for.as_ref()), (&to, Some(&from)));
    // A decision taken now is kept at the new place.
    reviews
        .decide(&loaded, Verdict::Rejected, &[], "", at(20), 1.0)
        .unwrap();
    assert!(!root.join("curated").join(LEAF).exists());
    assert_eq!(workbench.reviews().unwrap().counts(&to).rejected, 1);

    reviews.undo_last(at(21)).unwrap();
    let undone = workbench.undo_tree_change(None, at(30)).unwrap();
    assert_eq!(undone.id, change.id);
    assert!(!root.join("compositional_skills/office").exists());
    assert_eq!(workbench.drafts().get(&from).unwrap().bytes, b"unsaved\n");
    assert_eq!(workbench.library().of_node(&from).len(), 2);
    assert_eq!(workbench.reviews().unwrap().counts(&from).accepted, 1);
    let after = files(&root);
    assert_eq!(after[&format!("{from}/qna.yaml")], before[&format!("{from}/qna.yaml")]);
    assert!(!moves_file(&root).exists());
    assert!(workbench.tree_changes().is_empty());
}

#[test]
fn git_sees_a_move_as_a_move() {
    let home = Home::new();
    let workbench = home.demo();
    let (from, to) = (node(LEAF), node("compositional_skills/office/kind_replies"));
    let plan = workbench.plan_move(&from, &to).unwrap();
    workbench.move_node(&plan, at(10)).unwrap();
    let changes = workbench.changes().unwrap();
    let paths = changes.offered_paths();
    assert!(paths.contains(&"curated/moves.jsonl".to_owned()), "{paths:?}");
    let plan = CommitPlan {
        paths,
        message: "Move".into(),
        author: None,
        sign_off: false,
        new_branch: None,
        no_verify: false,
    };
    let repository = workbench.repository().unwrap();
    repository.commit(&plan).unwrap();
    let told = std::process::Command::new("git")
        .args([
            "-C",
            workbench.root().to_str().unwrap(),
            "show",
            "--stat=200",
            "--format=",
            "-M",
            "HEAD",
        ])
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.contains("{linguistics/polite_replies => office/kind_replies}/qna.yaml"),
        "{told}"
    );
    assert!(workbench.changes().unwrap().is_empty());
}

#[test]
fn what_stands_in_the_way_is_named_and_nothing_is_touched() {
    let home = Home::new();
    let workbench = home.demo();
    let before = files(workbench.root());
    let other = workbench
        .leaves(&node("compositional_skills"))
        .unwrap()
        .into_iter()
        .find(|leaf| *leaf != node(LEAF))
        .unwrap();
    let refused = |to: &str| workbench.plan_move(&node(LEAF), &node(to)).unwrap_err().to_string();
    assert!(refused(other.as_str()).contains("there already"));
    assert!(refused("knowledge/replies").contains("as knowledge at knowledge/replies"));
    assert!(refused(&format!("{LEAF}/below")).contains("lies inside"));
    assert!(refused("compositional_skills/reviews").contains("may be called"));
    fs::create_dir_all(workbench.root().join("curated/compositional_skills/x")).unwrap();
    fs::write(
        workbench.root().join("curated/compositional_skills/x/samples.jsonl"),
        "{}\n",
    )
    .unwrap();
    assert!(refused("compositional_skills/x").contains("earlier leaf"));
    fs::remove_dir_all(workbench.root().join("curated")).unwrap();
    workbench
        .drafts()
        .put(&node("compositional_skills/y"), b"x", None, at(1))
        .unwrap();
    assert!(refused("compositional_skills/y").contains("draft"));
    let run = run_held(&workbench);
    assert!(refused("compositional_skills/z").contains("a run is making samples"));
    drop(run);
    assert!(
        workbench
            .plan_move(&node("knowledge"), &node("knowledge/x"))
            .unwrap_err()
            .to_string()
            .contains("stays where it is")
    );
    assert_eq!(files(workbench.root()), before);
}

/// A run that this process is working on.
fn run_held(workbench: &Workbench) -> crate::samples::RunWriter {
    let runs = workbench.runs();
    let id = runs.free_id(at(5));
    let record = serde_json::json!({
        "id": id, "flow": "f", "flow_hash": "h", "teacher": "t", "model": "m", "nodes": [LEAF], "wanted": 1, "seed": 1,
        "started": at(5), "outcome": "running",
    });
    runs.create(serde_json::from_value(record).unwrap()).unwrap()
}

#[test]
fn a_commit_tells_a_moved_leaf_as_moved_with_what_was_decided_since() {
    let home = Home::new();
    let workbench = home.demo();
    let commit = |message: &str| {
        let paths = workbench.changes().unwrap().offered_paths();
        let plan = CommitPlan {
            paths,
            message: message.to_owned(),
            author: workbench.repository().unwrap().author().unwrap(),
            ..CommitPlan::default()
        };
        workbench.repository().unwrap().commit(&plan).unwrap()
    };
    accept(&workbench, LEAF, "one", 1);
    commit("Before");
    let to = "compositional_skills/office/kind_replies";
    let plan = workbench.plan_move(&node(LEAF), &node(to)).unwrap();
    workbench.move_node(&plan, at(10)).unwrap();
    accept(&workbench, to, "two", 11);

    let changes = workbench.changes().unwrap();
    let paths = changes.offered_paths();
    assert_eq!(
        changes.draft_message(&paths),
        format!(
            "Curate 1 sample and move kind_replies\n\n- {to}: moved from {LEAF}, 1 accepted\n- curated/moves.jsonl new\n"
        )
    );
    commit("After");
    assert!(workbench.changes().unwrap().is_empty());
}

#[test]
fn a_deleted_folder_is_kept_and_comes_back_after_a_restart() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_owned();
    accept(&workbench, LEAF, "one", 1);
    let draft = node("compositional_skills/linguistics/drafted");
    workbench.drafts().put(&draft, b"half\n", None, at(2)).unwrap();
    let before = files(&root);
    let folder = node("compositional_skills/linguistics");
    let change = workbench.delete_node(&folder, at(10)).unwrap();
    assert!(change.leaves > 1 && change.bytes > 1000, "{change:?}");
    assert!(!folder.folder(&root).exists() && !root.join("curated").join(folder.as_str()).exists());
    assert!(workbench.drafts().get(&draft).is_none());
    assert!(workbench.library().is_empty());
    drop(workbench);

    let workbench = home.reopen();
    // Somebody made a leaf of the same name in the meantime: it is not written over.
    fs::create_dir_all(folder.folder(&root)).unwrap();
    let refused = workbench.undo_tree_change(None, at(20)).unwrap_err().to_string();
    assert!(refused.contains("cannot be taken back as it is"), "{refused}");
    fs::remove_dir(folder.folder(&root)).unwrap();
    workbench.undo_tree_change(Some(&change.id), at(20)).unwrap();
    assert_eq!(files(&root), before);
    assert_eq!(workbench.drafts().get(&draft).unwrap().bytes, b"half\n");
    assert!(matches!(
        workbench.undo_tree_change(None, at(21)),
        Err(WorkbenchError::Moving(MovingError::NothingToUndo))
    ));
}

#[test]
fn a_change_that_a_crash_cut_short_is_finished_at_the_next_start() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_owned();
    accept(&workbench, LEAF, "one", 1);
    let before = files(&root);
    let to = node("compositional_skills/office/kind_replies");
    let places = workbench.tree_places();
    let all_steps = workbench.plan_move(&node(LEAF), &to).unwrap().carries.len();
    for steps in 0..=all_steps {
        let plan = workbench.plan_move(&node(LEAF), &to).unwrap();
        let mut change = TreeChange::moving(places.free_id(at(10)), &plan, at(10));
        workbench.mark(&places, &change).unwrap();
        workbench.forth(&places, &mut change, steps).unwrap();
        let told = workbench.finish_tree_change(at(11)).unwrap().unwrap();
        assert_eq!(told.stage, Stage::Done);
        assert_eq!(workbench.library().of_node(&to).len(), 1);
        assert_eq!(workbench.finish_tree_change(at(12)).unwrap(), None);
        // The way back, cut short at the same step.
        let mut change = workbench.tree_changes().remove(0);
        change.stage = Stage::Undoing;
        workbench.mark(&places, &change).unwrap();
        workbench.back(&places, &change, at(13), steps).unwrap();
        workbench.finish_tree_change(at(14)).unwrap().unwrap();
        assert_eq!(files(&root), before, "{steps} steps");
    }
}

#[test]
fn what_cannot_be_finished_is_put_back() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_owned();
    accept(&workbench, LEAF, "one", 1);
    let to = node("compositional_skills/office/kind_replies");
    let plan = workbench.plan_move(&node(LEAF), &to).unwrap();
    // A file takes the place of a folder between planning and doing.
    fs::write(root.join("curated/compositional_skills/office"), "x").unwrap();
    let before = files(&root);
    let refused = workbench.move_node(&plan, at(10)).unwrap_err().to_string();
    assert!(refused.contains("nothing was moved"), "{refused}");
    assert_eq!(files(&root), before);
    assert!(workbench.tree_changes().is_empty());
}

#[test]
fn a_thousand_leaves_move_as_one() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_owned();
    for number in 0..1000 {
        let leaf = node(&format!("knowledge/many/leaf_{number}"));
        fs::create_dir_all(leaf.folder(&root)).unwrap();
        fs::write(leaf.qna(&root), format!("version: {number}\n")).unwrap();
    }
    let before = files(&root);
    let plan = workbench
        .plan_move(&node("knowledge/many"), &node("knowledge/Many"))
        .unwrap();
    assert_eq!((plan.leaves, plan.carries.len()), (1000, 1));
    workbench.move_node(&plan, at(10)).unwrap();
    assert!(root.join("knowledge/Many/leaf_999/qna.yaml").is_file());
    assert!(!root.join("knowledge/many").exists());
    workbench
        .undo_tree_change(None, at(10).saturating_add(SignedDuration::from_secs(1)).unwrap())
        .unwrap();
    assert_eq!(files(&root), before);
}

#[test]
fn what_else_names_a_leaf_is_told() {
    let home = Home::new();
    let workbench = home.demo();
    fs::write(
        workbench.root().join("README.md"),
        format!("See {LEAF}, and {LEAF}_too."),
    )
    .unwrap();
    fs::write(workbench.root().join("OTHER.md"), format!("See {LEAF}_too.")).unwrap();
    let git = |arguments: &[&str]| {
        let root = workbench.root().to_str().unwrap();
        let done = std::process::Command::new("git")
            .args(["-C", root])
            .args(arguments)
            .status();
        assert!(done.unwrap().success());
    };
    git(&["add", "README.md", "OTHER.md"]);
    let found = workbench.references(&NodePath::parse(LEAF).unwrap()).unwrap();
    assert_eq!(found.files, ["README.md"]);
}

#[test]
fn git_learns_of_another_letter_case_where_the_files_do_not_show_it() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_str().unwrap().to_owned();
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git")
            .args(["-C", &root])
            .args(arguments)
            .output()
            .unwrap();
        String::from_utf8(done.stdout).unwrap()
    };
    git(&["config", "core.ignorecase", "true"]);
    let (from, to) = (
        node("compositional_skills/linguistics"),
        node("compositional_skills/Linguistics"),
    );
    let plan = workbench.plan_move(&from, &to).unwrap();
    workbench.move_node(&plan, at(10)).unwrap();
    let kept = git(&["ls-files", "compositional_skills"]);
    assert!(
        kept.contains("/Linguistics/") && !kept.contains("skills/linguistics/"),
        "{kept}"
    );
    workbench.undo_tree_change(None, at(11)).unwrap();
    assert_eq!(git(&["status", "--porcelain"]), "");
}

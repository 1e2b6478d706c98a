//! What is read again after a change on disk, and what is not.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::*;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::event::Action;
use crate::tui::report::Report as AnyReport;
use crate::tui::testing::Stage;

const LEAVES: [&str; 3] = ["compositional_skills/a", "compositional_skills/a/b", "knowledge/c"];

/// A tree that was read, of files that nobody touched for an hour.
fn stage() -> Stage {
    let mut stage = Stage::new(&LEAVES.map(|leaf| (leaf, "version: 3\n")));
    for leaf in LEAVES {
        age(&stage, leaf);
    }
    stage.effects.push(AnyEffect::Browse(Effect::Scan { again: false }));
    stage.settle();
    assert_eq!((stage.model.tree.leaf_count(), stage.model.tree.read), (3, 3));
    stage
}

fn write(stage: &Stage, leaf: &str, text: &str) {
    let file = NodePath::parse(leaf).unwrap().qna(&stage.model.root);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn age(stage: &Stage, leaf: &str) {
    let file = NodePath::parse(leaf).unwrap().qna(&stage.model.root);
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600))
        .unwrap();
}

fn changed(stage: &mut Stage, paths: &[&str]) {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    stage.report(AnyReport::FilesChanged(paths));
}

/// The leaves that `work` had read: a file that is read gives a new summary.
fn read_by(stage: &mut Stage, work: impl FnOnce(&mut Stage)) -> Vec<String> {
    let before: BTreeMap<NodePath, Arc<LeafSummary>> = known(stage);
    work(stage);
    stage.settle();
    let after = known(stage);
    let is_new = |path: &NodePath, now: &Arc<LeafSummary>| before.get(path).is_none_or(|old| !Arc::ptr_eq(old, now));
    let read = after.iter().filter(|(path, now)| is_new(path, now));
    read.map(|(path, _)| path.to_string()).collect()
}

fn known(stage: &Stage) -> BTreeMap<NodePath, Arc<LeafSummary>> {
    let leaves = stage.model.tree.nodes().iter();
    leaves
        .filter_map(|node| Some((node.path.clone(), node.summary.clone()?)))
        .collect()
}

#[test]
fn only_the_changed_file_is_read_again() {
    let mut stage = stage();
    let none: [&str; 0] = [];
    let read = read_by(&mut stage, |stage| {
        write(stage, LEAVES[1], "version: 2\n");
        changed(stage, &["compositional_skills/a/b/qna.yaml"]);
    });
    assert_eq!(read, [LEAVES[1]]);
    age(&stage, LEAVES[1]);
    // A new time alone is a change, since the text may be another one.
    assert_eq!(read_by(&mut stage, |stage| changed(stage, &["knowledge"])), [LEAVES[1]]);
    assert_eq!(read_by(&mut stage, |stage| changed(stage, &["knowledge"])), none);
    // The same size and the same time, set by hand.
    let read = read_by(&mut stage, |stage| {
        write(stage, LEAVES[2], "version: 1\n");
        age(stage, LEAVES[2]);
        changed(stage, &["knowledge"]);
    });
    assert_eq!(read, [LEAVES[2]]);
    let read = read_by(&mut stage, |stage| {
        write(stage, "knowledge/new", "version: 3\n");
        changed(stage, &["knowledge/new", "knowledge/new/qna.yaml"]);
    });
    assert_eq!(
        (read, stage.model.tree.leaf_count()),
        (vec!["knowledge/new".to_owned()], 4)
    );
    let read = read_by(&mut stage, |stage| {
        std::fs::remove_dir_all(stage.model.root.join(LEAVES[0])).unwrap();
        changed(stage, &[LEAVES[0]]);
    });
    // The new leaf is younger than the clock of the file system can tell.
    assert!(read.iter().all(|path| path == "knowledge/new"), "{read:?}");
    assert_eq!((stage.model.tree.leaf_count(), stage.model.tree.read), (2, 2));
    assert_eq!(stage.rooms.summaries().len(), 2);
}

#[test]
fn a_file_beside_the_seeds_starts_no_walk() {
    let mut stage = stage();
    changed(&mut stage, &["knowledge/c/attribution.txt", "knowledge/c/notes"]);
    let walks = stage
        .effects
        .iter()
        .any(|effect| matches!(effect, AnyEffect::Browse(Effect::Scan { .. })));
    assert!(!walks, "{:?}", stage.effects);
}

#[test]
fn a_walk_that_is_broken_off_leaves_no_leaf_unknown() {
    let mut stage = Stage::new(&LEAVES.map(|leaf| (leaf, "version: 3\n")));
    LEAVES.iter().for_each(|leaf| age(&stage, leaf));
    // The second one begins before the first one was heard.
    stage.effects.push(AnyEffect::Browse(Effect::Scan { again: false }));
    stage.effects.push(AnyEffect::Browse(Effect::Scan { again: true }));
    stage.settle();
    assert_eq!((stage.model.tree.leaf_count(), stage.model.tree.read), (3, 3));
}

#[test]
fn without_a_watch_everything_is_looked_at_on_return() {
    let mut stage = stage();
    stage.act(Action::Focus(true));
    assert!(stage.effects.is_empty(), "{:?}", stage.effects);
    stage.report(AnyReport::Unwatched("too many folders".to_owned()));
    assert_eq!(stage.notice(), "too many folders");
    write(
        &stage,
        LEAVES[0],
        "version: 3\nseed_examples:\n  - {question: Q, answer: A}\n",
    );
    stage.act(Action::Focus(false));
    stage.act(Action::Focus(true));
    stage.settle();
    let node = stage.model.tree.node(&LEAVES[0].parse().unwrap()).unwrap();
    assert_eq!(node.summary.as_ref().unwrap().examples, 1);
}

//! The tree as it is found, opened, read and found anew.

use super::*;

fn tree(paths: &[(&str, bool)]) -> Tree {
    let mut tree = Tree::default();
    tree.add(
        paths
            .iter()
            .map(|(path, is_leaf)| FolderFound {
                path: path.parse().unwrap(),
                is_leaf: *is_leaf,
            })
            .collect(),
    );
    tree
}

fn rows(tree: &Tree) -> Vec<&str> {
    (0..tree.len()).map(|row| tree.row(row).unwrap().path.name()).collect()
}

fn sample() -> Tree {
    tree(&[
        ("compositional_skills", false),
        ("compositional_skills/a", false),
        ("compositional_skills/a/x", true),
        ("compositional_skills/b", true),
        ("knowledge", false),
        ("knowledge/k", true),
    ])
}

#[test]
fn closing_hides_what_is_below_and_keeps_the_choice_in_sight() {
    let mut tree = sample();
    assert_eq!(rows(&tree), ["compositional_skills", "a", "x", "b", "knowledge", "k"]);
    tree.set_open(&"compositional_skills/a".parse().unwrap(), false);
    assert_eq!(rows(&tree), ["compositional_skills", "a", "b", "knowledge", "k"]);
    tree.rows.chosen = 4;
    tree.set_open(&"compositional_skills".parse().unwrap(), false);
    assert_eq!(rows(&tree), ["compositional_skills", "knowledge", "k"]);
    assert_eq!(tree.chosen().unwrap().path.name(), "k");
    tree.choose(&"compositional_skills/a/x".parse().unwrap());
    assert_eq!(tree.chosen().unwrap().path.name(), "x");
}

#[test]
fn a_new_walk_keeps_what_was_chosen_and_known() {
    let mut tree = sample();
    tree.choose(&"knowledge/k".parse().unwrap());
    let mut found: Vec<FolderFound> = vec![];
    for (path, is_leaf) in [
        ("compositional_skills", false),
        ("knowledge", false),
        ("knowledge/j", true),
        ("knowledge/k", true),
    ] {
        found.push(FolderFound {
            path: path.parse().unwrap(),
            is_leaf,
        });
    }
    tree.replace(found);
    assert_eq!(tree.chosen().unwrap().path.name(), "k");
    assert_eq!(tree.leaf_count(), 2);
}

fn found(paths: &[(&str, bool)]) -> Vec<FolderFound> {
    let one = |(path, is_leaf): &(&str, bool)| FolderFound {
        path: path.parse().unwrap(),
        is_leaf: *is_leaf,
    };
    paths.iter().map(one).collect()
}

fn summary(path: &str, examples: usize, errors: usize) -> Arc<LeafSummary> {
    Arc::new(LeafSummary {
        path: path.parse().unwrap(),
        kind: crate::taxonomy::Kind::Skill,
        version: 3,
        examples,
        errors,
        warnings: 0,
        title: String::new(),
        search_text: String::new(),
    })
}

fn sums_of(tree: &Tree, path: &str) -> (usize, usize, usize, usize) {
    let sums = tree.sums(&path.parse().unwrap());
    (sums.leaves, sums.examples, sums.errors, sums.samples.total())
}

#[test]
fn names_that_sort_around_the_slash_are_found() {
    // '!' and ' ' come before '/', '0' after it.
    let paths = [
        ("compositional_skills", false),
        ("compositional_skills/a", true),
        ("compositional_skills/a/z", true),
        ("compositional_skills/a b", true),
        ("compositional_skills/a!", false),
        ("compositional_skills/a!/x", true),
        ("compositional_skills/a0", true),
        ("compositional_skills/ä", true),
        ("knowledge", false),
    ];
    let tree = tree(&paths);
    for (path, is_leaf) in paths {
        assert_eq!(tree.node(&path.parse().unwrap()).unwrap().is_leaf, is_leaf, "{path}");
    }
    assert!(tree.node(&"compositional_skills/a!/y".parse().unwrap()).is_none());
    assert_eq!(sums_of(&tree, "compositional_skills/a").0, 2);
    assert_eq!(sums_of(&tree, "compositional_skills").0, 6);
}

#[test]
fn folders_found_piece_by_piece_show_as_if_found_at_once() {
    let paths = [
        ("compositional_skills", false),
        ("compositional_skills/a", false),
        ("compositional_skills/a/b", false),
        ("compositional_skills/a/b/x", true),
        ("compositional_skills/a/c", true),
        ("compositional_skills/d", true),
        ("knowledge", false),
        ("knowledge/k", true),
    ];
    for closed in [
        "compositional_skills/a",
        "compositional_skills/a/b",
        "compositional_skills",
        "knowledge",
    ] {
        let mut whole = tree(&paths);
        whole.set_open(&closed.parse().unwrap(), false);
        for pieces in 1..paths.len() {
            let mut pieced = Tree::default();
            pieced.closed.insert(closed.parse().unwrap());
            paths.chunks(pieces).for_each(|some| pieced.add(found(some)));
            assert_eq!(rows(&pieced), rows(&whole), "{closed} closed, {pieces} at a time");
        }
    }
}

#[test]
fn sums_follow_what_is_read_counted_and_found_anew() {
    let mut tree = sample();
    let counts = |of: &[(&str, usize)]| {
        let tally = |pending| Tally {
            pending,
            ..Tally::default()
        };
        of.iter()
            .map(|(path, pending)| (path.parse().unwrap(), tally(*pending)))
            .collect()
    };
    tree.know(vec![summary("compositional_skills/a/x", 5, 2)]);
    tree.know(vec![summary("compositional_skills/b", 6, 0)]);
    tree.know(vec![summary("compositional_skills/gone", 9, 9)]);
    tree.set_counts(counts(&[
        ("compositional_skills/a/x", 3),
        ("knowledge/k", 4),
        ("knowledge/gone", 5),
    ]));
    assert_eq!(sums_of(&tree, "compositional_skills"), (2, 11, 2, 3));
    assert_eq!(sums_of(&tree, "knowledge"), (1, 0, 0, 4));
    // A file that is read again counts once; new counts take the place of the old ones.
    tree.know(vec![summary("compositional_skills/a/x", 7, 0)]);
    tree.set_counts(counts(&[("compositional_skills/b", 1), ("knowledge/new", 8)]));
    assert_eq!((sums_of(&tree, "compositional_skills"), tree.read), ((2, 13, 0, 1), 2));
    tree.replace(found(&[
        ("compositional_skills", false),
        ("compositional_skills/a", false),
        ("compositional_skills/a/new", true),
        ("compositional_skills/a/x", true),
        ("knowledge", false),
        ("knowledge/new", true),
    ]));
    assert_eq!((sums_of(&tree, "compositional_skills"), tree.read), ((2, 7, 0, 0), 1));
    assert_eq!(sums_of(&tree, "knowledge"), (1, 0, 0, 8));
}

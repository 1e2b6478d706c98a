//! Edits of YAML documents change what was asked for and nothing else: properties over real-looking files.
//!
//! `PROPTEST_CASES` sets how many files each property tries.
// Tests may stop at the first surprise; clippy.toml's leave reaches only functions marked as tests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

#[path = "lossless/cases.rs"]
mod cases;
#[path = "lossless/files.rs"]
mod files;

use files::{File, Kind, any_text, file};
use proptest::prelude::*;
use proptest::sample::Index;
use seedbed::taxonomy::yaml::{Document, NewValue, Node, NodeValue, Resolved, Step, YamlPath};

fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(400);
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A document's values without places and styles.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    Leaf(String, Resolved),
    List(Vec<Tree>),
    Group(Vec<(String, Tree)>),
}

fn tree(node: &Node) -> Tree {
    match &node.value {
        NodeValue::Scalar { text, tag, .. } => Tree::Leaf(text.clone(), *tag),
        NodeValue::Sequence(items) => Tree::List(items.iter().map(tree).collect()),
        NodeValue::Mapping(pairs) => Tree::Group(
            pairs
                .iter()
                .map(|(key, value)| (key.scalar_text().unwrap().to_owned(), tree(value)))
                .collect(),
        ),
    }
}

fn whole(document: &Document) -> Tree {
    tree(document.root().unwrap())
}

fn at<'a>(tree: &'a mut Tree, path: &YamlPath) -> &'a mut Tree {
    path.steps().iter().fold(tree, |tree, step| match (tree, step) {
        (Tree::List(items), Step::Index(index)) => &mut items[*index],
        (Tree::Group(pairs), Step::Key(key)) => &mut pairs.iter_mut().find(|(name, _)| name == key).unwrap().1,
        (tree, step) => panic!("{step:?} in {tree:?}"),
    })
}

fn items<'a>(tree: &'a mut Tree, path: &YamlPath) -> &'a mut Vec<Tree> {
    match at(tree, path) {
        Tree::List(items) => items,
        other => panic!("{other:?}"),
    }
}

/// Paths of all texts.
fn texts(node: &Node, path: &YamlPath, found: &mut Vec<YamlPath>) {
    match &node.value {
        NodeValue::Scalar { tag: Resolved::Str, .. } => found.push(path.clone()),
        NodeValue::Scalar { .. } => {}
        NodeValue::Sequence(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| texts(item, &path.index(at), found)),
        NodeValue::Mapping(pairs) => {
            pairs
                .iter()
                .for_each(|(key, value)| texts(value, &path.key(key.scalar_text().unwrap()), found));
        }
    }
}

fn text_paths(document: &Document) -> Vec<YamlPath> {
    let mut found = Vec::new();
    texts(document.root().unwrap(), &YamlPath::root(), &mut found);
    found
}

/// Paths of all lists.
fn list_paths(file: &File) -> Vec<YamlPath> {
    let examples = YamlPath::root().key("seed_examples");
    let mut paths = vec![examples.clone()];
    if file.kind == Kind::Knowledge {
        paths.push(YamlPath::root().key("document").key("patterns"));
        paths.extend((0..file.examples.len()).map(|at| examples.index(at).key("questions_and_answers")));
    }
    paths
}

fn trailing_blanks(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap();
    text.lines().filter(|line| line.ends_with([' ', '\t'])).count()
}

/// Comment lines and comments behind values, sorted.
fn comments(bytes: &[u8]) -> Vec<String> {
    const OURS: [&str; 7] = [
        "# Seeds of",
        "# of the schema",
        "# five or more",
        "# example",
        "# why this",
        "# about the",
        "# note",
    ];
    let text = std::str::from_utf8(bytes).unwrap();
    let of_line = |line: &str| {
        OURS.iter()
            .filter_map(|ours| line.find(ours))
            .min()
            .map(|at| line[at..].trim_end().to_owned())
    };
    let mut all: Vec<String> = text.lines().filter_map(of_line).collect();
    all.sort();
    all
}

/// Reads the bytes once more, and with the YAML organisation's own reader.
fn reread(document: &Document) {
    let again = Document::parse(document.bytes()).unwrap();
    assert_eq!(whole(&again), whole(document));
    assert!(again.load_error().is_none(), "{:?}", again.load_error());
    // That reader takes a byte order mark for text.
    let bare = document.text().trim_start_matches('\u{feff}');
    let other: serde_yaml::Value = serde_yaml::from_str(bare).unwrap();
    assert!(
        same_as_serde(&whole(document), &other),
        "{:?}\n{other:?}",
        whole(document)
    );
}

fn same_as_serde(tree: &Tree, other: &serde_yaml::Value) -> bool {
    match (tree, other) {
        (Tree::Leaf(text, Resolved::Str), serde_yaml::Value::String(other)) => text == other,
        (Tree::Leaf(text, Resolved::Int), serde_yaml::Value::Number(other)) => *text == other.to_string(),
        (Tree::List(items), serde_yaml::Value::Sequence(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| same_as_serde(item, other))
        }
        (Tree::Group(pairs), serde_yaml::Value::Mapping(others)) => {
            pairs.len() == others.len()
                && pairs
                    .iter()
                    .zip(others)
                    .all(|((key, value), (name, other))| name.as_str() == Some(key) && same_as_serde(value, other))
        }
        _ => false,
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|b| *b == b'\n' || *b == b'\r')
        .map_or(bytes.len(), |distance| at + distance)
}

fn new_example(kind: Kind, texts: &[String; 5]) -> NewValue {
    let text = |at: usize| NewValue::text(texts[at].clone());
    let pair = |q: usize, a: usize| vec![("question".to_owned(), text(q)), ("answer".to_owned(), text(a))];
    let mut pairs = if kind == Kind::Skill {
        Vec::new()
    } else {
        vec![("context".to_owned(), text(0))]
    };
    match kind {
        Kind::Knowledge => {
            let list = NewValue::List(vec![NewValue::Map(pair(1, 2)), NewValue::Map(pair(3, 4))]);
            pairs.push(("questions_and_answers".to_owned(), list));
        }
        Kind::Skill | Kind::Grounded => pairs.extend(pair(1, 2)),
    }
    NewValue::Map(pairs)
}

fn new_tree(value: &NewValue) -> Tree {
    match value {
        NewValue::Text(text) => Tree::Leaf(text.clone(), Resolved::Str),
        NewValue::Plain(text) => Tree::Leaf(text.clone(), Resolved::Int),
        NewValue::Map(pairs) => Tree::Group(
            pairs
                .iter()
                .map(|(key, value)| (key.clone(), new_tree(value)))
                .collect(),
        ),
        NewValue::List(items) => Tree::List(items.iter().map(new_tree).collect()),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reading_changes_nothing_and_finds_what_was_written(file in file()) {
        let document = Document::parse(file.text.as_bytes()).unwrap();
        prop_assert_eq!(document.bytes(), file.text.as_bytes());
        reread(&document);
        let examples = YamlPath::root().key("seed_examples");
        let title = if file.kind == Kind::Knowledge { "domain" } else { "task_description" };
        prop_assert_eq!(document.get(&YamlPath::root().key(title)).and_then(Node::as_text), Some(file.title.as_str()));
        for (at, example) in file.examples.iter().enumerate() {
            let path = examples.index(at);
            let read = |path: &YamlPath| document.get(path).and_then(Node::as_text);
            if file.kind != Kind::Skill {
                prop_assert_eq!(read(&path.key("context")), Some(example.context.as_str()));
            }
            for (pair, (question, answer)) in example.pairs.iter().enumerate() {
                let path = if file.kind == Kind::Knowledge { path.key("questions_and_answers").index(pair) } else { path.clone() };
                if file.kind == Kind::Knowledge || pair == 0 {
                    prop_assert_eq!(read(&path.key("question")), Some(question.as_str()));
                    prop_assert_eq!(read(&path.key("answer")), Some(answer.as_str()));
                }
            }
        }
        let mut same = document.clone();
        for path in text_paths(&document) {
            let text = document.get(&path).and_then(Node::as_text).unwrap();
            same.set(&path, text).unwrap();
        }
        prop_assert_eq!(same.bytes(), file.text.as_bytes());
    }

    #[test]
    fn a_text_set_is_read_back_and_nothing_else_changes(file in file(), which: Index, text in any_text()) {
        let before = Document::parse(file.text.as_bytes()).unwrap();
        let paths = text_paths(&before);
        let path = &paths[which.index(paths.len())];
        let node = before.get(path).unwrap();
        let old = node.as_text().unwrap();
        let span = node.span.clone();
        let tail = before.bytes().len() - line_end(before.bytes(), span.end);

        let mut edited = before.clone();
        edited.set(path, &text).unwrap();
        prop_assert_eq!(edited.get(path).and_then(Node::as_text), Some(text.as_str()));
        let mut wanted = whole(&before);
        *at(&mut wanted, path) = Tree::Leaf(text.clone(), Resolved::Str);
        prop_assert_eq!(whole(&edited), wanted);
        reread(&edited);
        prop_assert!(edited.bytes().starts_with(&before.bytes()[..span.start]), "{}", edited.text());
        let rest = &before.bytes()[before.bytes().len() - tail..];
        prop_assert!(edited.bytes().ends_with(rest), "{}", edited.text());
        prop_assert!(trailing_blanks(edited.bytes()) <= trailing_blanks(before.bytes()), "{}", edited.text());
        if !["# "].iter().any(|mark| text.contains(mark)) {
            prop_assert_eq!(comments(edited.bytes()), comments(before.bytes()));
        }

        edited.set(path, old).unwrap();
        prop_assert_eq!(whole(&edited), whole(&before));
        prop_assert!(edited.bytes().starts_with(&before.bytes()[..span.start]));
        prop_assert!(edited.bytes().ends_with(rest));
    }

    #[test]
    fn items_are_inserted_removed_moved_and_copied(
        file in file(),
        edits in prop::collection::vec((0u8..5, any::<Index>(), any::<Index>(), any::<Index>(), prop::array::uniform5(any_text())), 1..6),
    ) {
        let mut document = Document::parse(file.text.as_bytes()).unwrap();
        let mut wanted = whole(&document);
        for (edit, list, first, second, words) in edits {
            let lists: Vec<YamlPath> =
                list_paths(&file).into_iter().filter(|path| document.get(path).and_then(Node::items).is_some()).collect();
            if lists.is_empty() {
                break;
            }
            let path = &lists[list.index(lists.len())];
            let len = document.get(path).and_then(Node::items).unwrap().len();
            let before = document.clone();
            match edit {
                0 | 1 => {
                    let value = match path.last() {
                        Some(Step::Key(key)) if key == "patterns" => NewValue::text(words[0].clone()),
                        Some(Step::Key(key)) if key == "seed_examples" => new_example(file.kind, &words),
                        _ => NewValue::texts([("question", &words[0]), ("answer", &words[1])]),
                    };
                    let at = first.index(len + 1);
                    document.insert_item(path, at, &value).unwrap();
                    items(&mut wanted, path).insert(at, new_tree(&value));
                }
                2 if len > 0 => {
                    let at = first.index(len);
                    let removed = document.remove_item(path, at).unwrap();
                    prop_assert!(!removed.is_empty());
                    items(&mut wanted, path).remove(at);
                }
                3 if len > 0 => {
                    let (from, to) = (first.index(len), second.index(len));
                    document.move_item(path, from, to).unwrap();
                    let item = items(&mut wanted, path).remove(from);
                    items(&mut wanted, path).insert(to, item);
                    prop_assert_eq!(comments(document.bytes()), comments(before.bytes()), "{}", document.text());
                }
                4 if len > 0 => {
                    let at = first.index(len);
                    document.duplicate_item(path, at).unwrap();
                    let item = items(&mut wanted, path)[at].clone();
                    items(&mut wanted, path).insert(at, item);
                }
                _ => continue,
            }
            prop_assert_eq!(whole(&document), wanted.clone(), "{}\n=>\n{}", before.text(), document.text());
            reread(&document);
            prop_assert_eq!(trailing_blanks(document.bytes()), 0, "{}", document.text());
prop_assert!(!document.text().replace("\r\n", "\n").contains("\n\n\n\n"), "{}", document.text());
            prop_assert_eq!(document.text().contains('\r') && !document.text().contains("\r\n"), false);
        }
    }
}

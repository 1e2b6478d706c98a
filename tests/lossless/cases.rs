//! Single edits, byte for byte.

use seedbed::taxonomy::yaml::{Document, NewValue, Node, YamlPath};

/// The document after one edit.
fn edited(text: &str, edit: impl FnOnce(&mut Document)) -> String {
    let mut document = Document::parse(text.as_bytes()).unwrap();
    edit(&mut document);
    Document::parse(document.bytes()).unwrap();
    document.text().to_owned()
}

fn path(text: &str) -> YamlPath {
    text.parse().unwrap()
}

#[test]
fn the_style_of_a_text_is_kept_where_it_holds() {
    let cases = [
        ("a: old\n", "new", "a: new\n"),
        ("a: old # why\nb: 1\n", "one\ntwo\n", "a: | # why\n  one\n  two\nb: 1\n"),
        ("a: old\n", "a: b", "a: \"a: b\"\n"),
        ("a: 'old'\n", "it's", "a: 'it''s'\n"),
        (
            "a: |\n    old\n\nb: 1\n",
            "new\nlines\n",
            "a: |\n    new\n    lines\n\nb: 1\n",
        ),
        ("a: |\n    old\n\nb: 1\n", "no end", "a: |-\n    no end\n\nb: 1\n"),
        (
            "a: |  # why\n  old\nb: 1\n",
            "trailing \nblank",
            "a: \"trailing \\nblank\"  # why\nb: 1\n",
        ),
        ("a: >-\n  old\n  text\n", "new\ntext", "a: >-\n  new\n\n  text\n"),
        ("a: |-\n  old", "new", "a: |-\n  new"),
        ("a: |\n  old", "new", "a: |\n  new"),
        ("a: |\n  old", "new\n", "a: |\n  new\n"),
        ("a:\nb: 1\n", "new", "a: new\nb: 1\n"),
        ("a: # why\n", "new", "a: new # why\n"),
        ("a: 12\n", "12", "a: \"12\"\n"),
        ("a: !!str 12\n", "13", "a: \"13\"\n"),
        ("a: |+\n  old\n\nb: 1\n", "new\n", "a: |\n  new\n\nb: 1\n"),
        ("a: old\n\nb: 1\n", "new\n\n", "a: |+\n  new\n\nb: 1\n"),
        ("{a: old, b: 1}\n", "x, y", "{a: \"x, y\", b: 1}\n"),
        ("b: 1\r\na: old\r\n", "x\ny", "b: 1\r\na: |-\r\n  x\r\n  y\r\n"),
    ];
    for (before, text, after) in cases {
        assert_eq!(
            edited(before, |document| document.set(&path(".a"), text).unwrap()),
            after,
            "{before:?} {text:?}"
        );
    }
}

#[test]
fn an_empty_field_takes_the_style_of_its_neighbours() {
    let before = "e:\n- q: |\n    One?\n- q: ''\n";
    assert_eq!(
        edited(before, |document| document.set(&path(".e[1].q"), "Two?\n").unwrap()),
        "e:\n- q: |\n    One?\n- q: |\n    Two?\n"
    );
}

#[test]
fn new_items_look_like_the_others() {
    let before = "seed_examples:\n  # first\n  - question: |\n      One?\n    answer: \"1\"\n\n  # second\n  - question: |\n      Two?\n    answer: \"2\"\n\nend: 1\n";
    let value = NewValue::texts([("answer", "3"), ("question", "Three?\n")]);
    let after = "seed_examples:\n  # first\n  - question: |\n      One?\n    answer: \"1\"\n\n  # second\n  - question: |\n      Two?\n    answer: \"2\"\n\n  - question: |\n      Three?\n    answer: \"3\"\n\nend: 1\n";
    assert_eq!(
        edited(before, |document| document
            .insert_item(&path(".seed_examples"), 2, &value)
            .unwrap()),
        after
    );
    let swapped = edited(before, |document| {
        document.move_item(&path(".seed_examples"), 1, 0).unwrap()
    });
    assert!(
        swapped
            .starts_with("seed_examples:\n  # second\n  - question: |\n      Two?\n    answer: \"2\"\n\n  # first\n"),
        "{swapped}"
    );
    let removed = edited(before, |document| {
        assert_eq!(
            document.remove_item(&path(".seed_examples"), 1).unwrap(),
            b"  # second\n  - question: |\n      Two?\n    answer: \"2\"\n"
        );
    });
    assert_eq!(
        removed,
        "seed_examples:\n  # first\n  - question: |\n      One?\n    answer: \"1\"\n\nend: 1\n"
    );
}

#[test]
fn lists_and_keys_begin_where_nothing_is() {
    let example = NewValue::texts([("question", "Q?"), ("answer", "A\nB\n")]);
    let item = "- question: Q?\n    answer: |\n      A\n      B\n";
    for before in [
        "version: 3\nseed_examples: []\n",
        "version: 3\nseed_examples:\n",
        "version: 3\nseed_examples: null\n",
        "version: 3\n",
        "version: 3",
    ] {
        let after = edited(before, |document| {
            document.insert_item(&path(".seed_examples"), 0, &example).unwrap()
        });
        assert_eq!(after, format!("version: 3\nseed_examples:\n  {item}"), "{before:?}");
    }
    let emptied = edited("seed_examples: # all\n- a: 1\n# end\n", |document| {
        drop(document.remove_item(&path(".seed_examples"), 0).unwrap())
    });
    assert_eq!(emptied, "seed_examples: [] # all\n# end\n");
    let nested = edited("version: 3\n", |document| {
        document.set(&path(".document.repo"), "r").unwrap();
        document.set(&path(".document.commit"), "0123456").unwrap();
        document
            .insert_item(&path(".document.patterns"), 0, &NewValue::text("*.md"))
            .unwrap();
        document.set_plain(&path(".version"), "4").unwrap();
        document.set(&path(".created_by"), "me").unwrap();
    });
    assert_eq!(
        nested,
        "version: 4\ncreated_by: me\ndocument:\n  repo: r\n  commit: \"0123456\"\n  patterns:\n    - \"*.md\"\n"
    );
    assert_eq!(
        edited("", |document| document.set_plain(&path(".version"), "3").unwrap()),
        "version: 3\n"
    );
    assert_eq!(
        edited("# c", |document| document.set(&path(".a"), "b").unwrap()),
        "# c\na: b\n"
    );
    let context = edited("e:\n- question: q\n", |document| {
        document.set(&path(".e[0].context"), "c\n").unwrap()
    });
    assert_eq!(context, "e:\n- context: |\n    c\n  question: q\n");
}

#[test]
fn keys_are_removed() {
    let cases = [
        ("a: 1\nb: |\n  x\n\nc: 1\n", ".b", "a: 1\n\nc: 1\n"),
        ("e:\n- a: 1\n  b: 2\n", ".e[0].a", "e:\n- b: 2\n"),
        ("e:\n- a: 1\n", ".e[0].a", "e:\n- {}\n"),
        ("d: # x\n  a: 1\n", ".d.a", "d: {} # x\n"),
        ("d: {a: 1, b: 2}\n", ".d.b", "d: {a: 1}\n"),
        ("d: {a: 1}\n", ".d.a", "d: {}\n"),
    ];
    for (before, key, after) in cases {
        assert_eq!(
            edited(before, |document| document.remove_key(&path(key)).unwrap()),
            after,
            "{before:?}"
        );
    }
}

#[test]
fn lists_in_brackets_are_edited_in_place() {
    let before = "d: {p: [\"*.md\", 'b']} # c\n";
    let list = path(".d.p");
    assert_eq!(
        edited(before, |document| document
            .insert_item(&list, 2, &NewValue::text("c"))
            .unwrap()),
        "d: {p: [\"*.md\", 'b', 'c']} # c\n"
    );
    assert_eq!(
        edited(before, |document| document
            .insert_item(&list, 0, &NewValue::text("c"))
            .unwrap()),
        "d: {p: [\"c\", \"*.md\", 'b']} # c\n"
    );
    assert_eq!(
        edited(before, |document| drop(document.remove_item(&list, 0).unwrap())),
        "d: {p: ['b']} # c\n"
    );
    assert_eq!(
        edited(before, |document| document.move_item(&list, 0, 1).unwrap()),
        "d: {p: ['b', \"*.md\"]} # c\n"
    );
    assert_eq!(
        edited("p: []\n", |document| document
            .insert_item(&path(".p"), 0, &NewValue::text("*.md"))
            .unwrap()),
        "p: [\"*.md\"]\n"
    );
    let mut document = Document::parse(before.as_bytes()).unwrap();
    assert!(document.insert_item(&list, 0, &NewValue::texts([("a", "b")])).is_err());
    assert_eq!(document.text(), before);
}

#[test]
fn what_is_not_safe_is_refused_and_leaves_the_bytes() {
    let before = "a: &x one\nb: *x\nc:\n- &y {q: 1}\n- *y\nd: [1]\n";
    let mut document = Document::parse(before.as_bytes()).unwrap();
    assert!(document.set(&path(".a"), "two").is_err());
    assert!(document.set(&path(".b"), "two").is_err());
    assert!(document.set(&path(".c[1].q"), "two").is_err());
    assert!(document.duplicate_item(&path(".c"), 0).is_err());
    assert!(document.remove_item(&path(".c"), 1).is_err());
    assert!(document.set(&path(".d"), "text").is_err());
    assert!(document.set(&path(".d[4]"), "text").is_err());
    assert!(document.set(&path(".a.b"), "text").is_err());
    assert!(document.set_plain(&path(".d[0]"), "a: b").is_err());
    assert!(document.remove_item(&path(".d"), 1).is_err());
    assert!(document.insert_item(&path(".d"), 2, &NewValue::text("x")).is_err());
    assert!(document.remove_key(&path(".zzz")).is_err());
    assert_eq!(document.text(), before);
}

#[test]
fn hostile_files_are_refused_in_time() {
    let laughs = (0..30).fold(String::from("a0: &a0 [x, x, x, x]\n"), |text, n| {
        format!(
            "{text}a{}: &a{} [{}]\n",
            n + 1,
            n + 1,
            vec![format!("*a{n}"); 8].join(", ")
        )
    });
    let files = [
        laughs,
        "[".repeat(1_000_000),
        "- ".repeat(500_000),
        "a: &a [*a]\n".to_owned(),
        "a: *b\n".to_owned(),
        "a: 1\n---\nb: 2\n".to_owned(),
        "a: \u{7}\n".to_owned(),
        "? ".repeat(100_000),
    ];
    for file in files {
        assert!(
            Document::parse(file.as_bytes()).is_err(),
            "{}",
            &file[..file.len().min(40)]
        );
    }
    let error = Document::parse(b"a: ok\nb: \xff\n").unwrap_err();
    assert_eq!((error.line, error.column), (2, 4));
    let error = Document::parse("\u{feff}a: é\u{7}\n".as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (1, 5));
}

#[test]
fn what_the_validator_cannot_load_is_told() {
    for text in [
        "a: =\n",
        "a: <<\n",
        "a: !foo b\n",
        "a: 2024-02-30\n",
        "a: b\tc\n",
        "a:\tb\n",
        "[a]: b\n",
        "<<: x\n",
    ] {
        assert!(
            Document::parse(text.as_bytes()).unwrap().load_error().is_some(),
            "{text:?}"
        );
    }
    for text in [
        "a: \"x\ty\"\n",
        "a: |\n  x\ty\n",
        "a: 1 #\tc\n",
        "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n",
    ] {
        assert_eq!(Document::parse(text.as_bytes()).unwrap().load_error(), None, "{text:?}");
    }
    let merged = Document::parse(b"a: &x {b: 1, d: 0}\nc:\n  <<: *x\n  d: 2\n").unwrap();
    assert_eq!(merged.get(&path(".c.b")).and_then(Node::as_int), Some(1));
    let entries = merged.get(&path(".c")).unwrap().entries();
    let read: Vec<_> = entries
        .iter()
        .map(|(key, value)| (key.scalar_text().unwrap(), value.as_int().unwrap()))
        .collect();
    assert_eq!(read, [("b", 1), ("d", 2)]);
}

#[test]
fn long_texts_are_kept() {
    let long = "A line of some words, with a: colon and a # sign.\n".repeat(4000);
    let one_line = "word ".repeat(40_000) + "end";
    let mut document = Document::parse(b"seed_examples:\n- question: q\n  answer: a\n").unwrap();
    let answer = path(".seed_examples[0].answer");
    for text in [
        &long,
        &one_line,
        &format!("{long} "),
        &"\t ".repeat(100_000),
        &"\n".repeat(200_000),
        &"é".repeat(100_000),
    ] {
        document.set(&answer, text).unwrap();
        assert_eq!(document.get(&answer).and_then(Node::as_text), Some(text.as_str()));
        document.duplicate_item(&path(".seed_examples"), 0).unwrap();
        document.remove_item(&path(".seed_examples"), 1).unwrap();
    }
}

//! Blocks against what sdg_hub 0.9.4 does with the same rows.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::flow::config::Files;
use crate::flow::entries::Entry;
use crate::flow::row::{Columns, Lineage, Origin};
use crate::samples::DropReason;
use crate::taxonomy::{Kind, NodePath};
use crate::teacher::Finish;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<String, String> {
        Err("there is none".to_owned())
    }
}

pub(super) fn columns(value: Value) -> Columns {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

pub(super) fn block(block_type: &str, config: Value) -> Result<Block, String> {
    let config = columns(config);
    let entry = Entry::of(block_type, config);
    let mut config = Config::new("b", &entry, &NoFiles);
    build(block_type, &mut config)
        .unwrap()
        .map_err(|fault| format!("{fault:?}"))
}

pub(in crate::flow) fn row(value: Value) -> Row {
    let origin = Origin {
        node: NodePath::parse("knowledge/a").unwrap(),
        kind: Kind::Knowledge,
        seed_hash: String::new(),
        seeds: vec![("When do I water the young plants?".to_owned(), "At dawn.".to_owned())],
        seed: 7,
    };
    Row {
        columns: columns(value),
        lineage: Lineage::of(0),
        origin: Arc::new(origin),
        seeds: vec![0],
        document: None,
        requests: Vec::new(),
        parameters: Columns::new(),
        finish: None,
        said: String::new(),
        flags: Vec::new(),
        measures: std::collections::BTreeMap::new(),
    }
}

pub(super) fn apply(block_type: &str, config: Value, columns: Value) -> Applied {
    match block(block_type, config).unwrap().step {
        Step::Each(step) => step.apply(row(columns)),
        Step::Ordered(step) => step.start().apply(row(columns)),
        Step::Table(step) => step.apply(vec![row(columns)]),
        Step::Fed(fed) => fed.step.apply(row(columns), &[]),
        Step::Ask(_) => panic!("asks"),
    }
}

pub(super) fn values(applied: &Applied, names: &[&str]) -> Vec<Vec<Value>> {
    applied
        .rows
        .iter()
        .map(|row| names.iter().map(|name| row.columns[*name].clone()).collect())
        .collect()
}

pub(super) fn reason(applied: &Applied) -> DropReason {
    assert!(applied.rows.is_empty());
    applied.rejected[0].reason
}

#[test]
fn tags_are_cut_as_sdg_hub_cuts_them() {
    let tags = |starts: Value, ends: Value| json!({"input_cols": "t", "output_cols": ["a", "b"], "start_tags": starts, "end_tags": ends, "parser_cleanup_tags": ["[E]"]});
    let text = "x [Q] one [A] first [E]\n[Q]two[A]second[E] [Q]three";
    let applied = apply(
        "TagParserBlock",
        tags(json!(["[Q]", "[A]"]), json!(["[A]", "[E]"])),
        json!({"t": text}),
    );
    assert_eq!(
        values(&applied, &["a", "b"]),
        vec![vec!["one", "first"], vec!["two", "second"]]
    );
    assert_eq!(applied.rows[1].lineage.to_string(), "0.1");

    // An empty end tag reads to the end; the shorter column decides.
    let applied = apply(
        "TagParserBlock",
        tags(json!(["[Q]", "[A]"]), json!(["[A]", ""])),
        json!({"t": text}),
    );
    assert_eq!(
        values(&applied, &["a", "b"]),
        vec![vec!["one", "first \n[Q]two[A]second [Q]three"]]
    );
    assert_eq!(applied.rows[0].lineage.to_string(), "0");

    // No start tag: everything up to each end tag. No tags: the whole text.
    let applied = apply(
        "TagParserBlock",
        tags(json!(["", ""]), json!(["|", ""])),
        json!({"t": " a | b |c"}),
    );
    assert_eq!(values(&applied, &["a", "b"]), vec![vec!["a", "a | b |c"]]);

    let wrong = apply(
        "TagParserBlock",
        tags(json!(["[Q]", "[A]"]), json!(["[A]", "[E]"])),
        json!({"t": "nothing"}),
    );
    assert_eq!(reason(&wrong), DropReason::Unparsable);
    assert!(wrong.rejected[0].message.contains("[Q]…[A]"));
    let empty = apply(
        "TagParserBlock",
        tags(json!(["[Q]", "[A]"]), json!(["[A]", "[E]"])),
        json!({"t": " "}),
    );
    assert_eq!(reason(&empty), DropReason::Empty);

    let list = apply(
        "TagParserBlock",
        tags(json!(["[Q]", "[A]"]), json!(["[A]", "[E]"])),
        json!({"t": [text, "", "bad"]}),
    );
    assert_eq!(
        values(&list, &["a", "b"]),
        vec![vec![json!(["one", "two"]), json!(["first", "second"])]]
    );
    assert!(block("TagParserBlock", tags(json!(["[Q]"]), json!(["[A]", ""]))).is_err());
}

#[test]
fn patterns_find_as_pythons_findall() {
    let config =
        |pattern: &str, outputs: Value| json!({"input_cols": "t", "output_cols": outputs, "parsing_pattern": pattern});
    let text = "1. one\n2. two\nlines\n";
    let applied = apply(
        "RegexParserBlock",
        config(r"(\d)\. (\w+)", json!(["n", "w"])),
        json!({"t": text}),
    );
    assert_eq!(values(&applied, &["n", "w"]), vec![vec!["1", "one"], vec!["2", "two"]]);
    let applied = apply("RegexParserBlock", config(r"\d\. \w+", json!("w")), json!({"t": text}));
    assert_eq!(values(&applied, &["w"]), vec![vec!["1. one"], vec!["2. two"]]);
    let applied = apply("RegexParserBlock", config(r"2\.(.*)$", json!("w")), json!({"t": text}));
    assert_eq!(values(&applied, &["w"]), vec![vec!["two\nlines"]]);
    let applied = apply(
        "RegexParserBlock",
        config(r#"(?<=say )(["'])(?P<w>.+?)\1"#, json!(["q", "w"])),
        json!({"t": "say 'it is \"so\"', say \"no\""}),
    );
    assert_eq!(
        values(&applied, &["q", "w"]),
        vec![vec!["'", "it is \"so\""], vec!["\"", "no"]]
    );
}

#[test]
fn a_pattern_that_takes_too_long_drops_the_row_and_says_so() {
    let config = |pattern: &str| json!({"input_cols": "t", "output_cols": "w", "parsing_pattern": pattern});
    let long = "a".repeat(5000);
    for (pattern, words) in [
        (r"^(a+)+(?<=b)c", "stopped after"),
        (r"(a|a)*?(?!a)\1b", "stopped after"),
        (r"\w", "more than 1000 times"),
    ] {
        for text in [json!(long), json!(["short", long])] {
            let applied = apply("RegexParserBlock", config(pattern), json!({"t": text}));
            assert_eq!(reason(&applied), DropReason::Unparsable);
            let message = &applied.rejected[0].message;
            assert!(message.contains(words), "{pattern}: {message}");
        }
    }
}

#[test]
fn the_pattern_of_the_shipped_flows_takes_the_first_pair() {
    let flow = crate::flow::Flow::named("grounded-skill").unwrap();
    let Some(Step::Each(parser)) = flow
        .blocks
        .iter()
        .find(|block| block.block_type == "RegexParserBlock")
        .map(|block| &block.step)
    else {
        panic!("no parser")
    };
    for text in [
        "[Context]\nc\n[Question]\nq?\n[Answer]\na b\n",
        "Sure.\n[CONTEXT] c [Question]: q? [Answer]: a b\n[End]\nbye",
        "[Context]\nc\n[Question]\nq?\n[Answer]\na b\n\n[Context]\nc2\n[Question]\nq2\n[Answer]\na2",
    ] {
        let applied = parser.apply(row(json!({"raw_content": text})));
        assert_eq!(
            values(&applied, &["context", "question", "response"])[0],
            ["c", "q?", "a b"],
            "{text}"
        );
    }
}

#[test]
fn answers_become_rows_or_lists() {
    let answers =
        json!([{"content": "one", "request_key": "k1"}, {"content": null, "request_key": "k2"}, "odd", {"other": 1}]);
    let config = |expand: bool| json!({"input_cols": "r", "field_prefix": "p_", "expand_lists": expand});
    let applied = apply("LLMResponseExtractorBlock", config(true), json!({"r": answers}));
    assert_eq!(values(&applied, &["p_content"]), vec![vec!["one"], vec![""]]);
    let applied = apply("LLMResponseExtractorBlock", config(false), json!({"r": answers}));
    assert_eq!(values(&applied, &["p_content"]), vec![vec![json!(["one", ""])]]);
    let applied = apply(
        "LLMResponseExtractorBlock",
        json!({"input_cols": "r"}),
        json!({"r": {"content": "x"}}),
    );
    assert_eq!(values(&applied, &["b_content"]), vec![vec!["x"]]);
    assert_eq!(
        reason(&apply("LLMResponseExtractorBlock", config(true), json!({"r": []}))),
        DropReason::Unparsable
    );
}

#[test]
fn values_are_compared_as_python_compares_them() {
    for (operation, dtype, wanted, value, kept) in [
        ("eq", json!(null), json!("YES"), json!("YES"), true),
        ("eq", json!(null), json!("YES"), json!("YES."), false),
        ("eq", json!("float"), json!(1.0), json!(" 1 "), true),
        ("eq", json!("float"), json!(1), json!("2/3"), false),
        ("eq", json!("int"), json!([4, 5]), json!("5"), true),
        ("eq", json!("int"), json!([4, 5]), json!("5.0"), false),
        ("eq", json!("int"), json!(5), json!(5.9), true),
        ("ge", json!("float"), json!(2.0), json!("2"), true),
        ("lt", json!(null), json!("b"), json!("a"), true),
        ("contains", json!(null), json!("cat"), json!("a cat"), true),
        ("contains", json!(null), json!(2), json!([1, 2.0]), true),
        ("in", json!(null), json!("a cat"), json!("cat"), true),
        ("ne", json!(null), json!("x"), json!(null), false),
        ("gt", json!(null), json!(1), json!("a"), false),
        ("eq", json!(null), json!(1), json!(true), true),
    ] {
        let config =
            json!({"input_cols": ["v"], "operation": operation, "convert_dtype": dtype, "filter_value": wanted});
        let applied = apply("ColumnValueFilterBlock", config, json!({"v": value}));
        assert_eq!(applied.rows.len(), usize::from(kept), "{operation} {wanted} {value}");
        assert_eq!(applied.rows.len() + applied.rejected.len(), 1);
    }
    assert!(
        block(
            "ColumnValueFilterBlock",
            json!({"input_cols": "v", "operation": "like", "filter_value": 1})
        )
        .is_err()
    );
}

#[test]
fn columns_are_copied_renamed_and_joined() {
    let applied = apply(
        "DuplicateColumnsBlock",
        json!({"input_cols": {"a": "b"}}),
        json!({"a": [1]}),
    );
    assert_eq!(values(&applied, &["a", "b"]), vec![vec![json!([1]), json!([1])]]);
    let applied = apply(
        "RenameColumnsBlock",
        json!({"input_cols": {"a": "z"}}),
        json!({"a": 1, "m": 2}),
    );
    assert_eq!(applied.rows[0].columns.keys().collect::<Vec<_>>(), ["z", "m"]);
    let config = json!({"input_cols": ["a", "b", "c"], "output_cols": "all", "separator": "|"});
    let applied = apply("TextConcatBlock", config, json!({"a": "x", "b": 1.0, "c": null}));
    assert_eq!(values(&applied, &["all"]), vec![vec!["x|1.0|None"]]);
    assert!(block("RenameColumnsBlock", json!({"input_cols": ["a"]})).is_err());
}

#[test]
fn rows_are_repeated_and_values_drawn() {
    let applied = apply("RowMultiplierBlock", json!({"num_samples": 3}), json!({"a": 1}));
    assert_eq!(applied.rows.len(), 3);
    assert_eq!(applied.rows[2].lineage.to_string(), "0.2");

    let sampler = |count: u64, scalar: bool| json!({"input_cols": "l", "output_cols": "s", "num_samples": count, "random_seed": 1, "return_scalar": scalar});
    let list = json!({"l": ["a", "b", "c", "d"]});
    let drawn = values(&apply("SamplerBlock", sampler(2, false), list.clone()), &["s"]);
    assert_eq!(
        drawn,
        values(&apply("SamplerBlock", sampler(2, false), list.clone()), &["s"])
    );
    assert_eq!(drawn[0][0].as_array().unwrap().len(), 2);
    assert!(values(&apply("SamplerBlock", sampler(1, true), list), &["s"])[0][0].is_string());
    let weighted = json!({"l": {"never": 0, "always": 2.5}});
    assert_eq!(
        values(&apply("SamplerBlock", sampler(1, true), weighted), &["s"]),
        vec![vec!["always"]]
    );
    assert_eq!(
        reason(&apply("SamplerBlock", sampler(1, true), json!({"l": {"a": -1}}))),
        DropReason::Filter
    );
}

#[test]
fn copies_of_seeds_and_of_earlier_rows_are_left_out() {
    let Step::Ordered(step) = block("NearSeedFilterBlock", json!({"input_cols": "q"})).unwrap().step else {
        panic!("order")
    };
    let mut memory = step.start();
    for (text, expected) in [
        ("When do I water the young plants", Some(DropReason::NearSeed)),
        ("Why do roses need a south wall?", None),
        ("why do ROSES need a south wall?", Some(DropReason::Duplicate)),
        ("Why do roses need a warm south wall?", Some(DropReason::Duplicate)),
        ("How deep are tulips planted?", None),
    ] {
        let applied = memory.apply(row(json!({"q": text})));
        assert_eq!(
            applied.rejected.first().map(|rejected| rejected.reason),
            expected,
            "{text}"
        );
    }
    assert!(block("NearSeedFilterBlock", json!({"input_cols": "q", "threshold": 7})).is_err());
}

#[test]
fn texts_that_cannot_be_meant_are_left_out() {
    let check = |finish: Finish, mode: &str, text: &str| {
        let config = json!({"input_cols": ["q", "a"], "on_truncated": mode});
        let Step::Each(step) = block("TextQualityFilterBlock", config).unwrap().step else {
            panic!("each")
        };
        let mut row = row(json!({"q": "When is it?", "a": text}));
        row.finish = Some(finish);
        step.apply(row)
    };
    assert_eq!(check(Finish::Stop, "drop", "It is at noon.").rows.len(), 1);
    assert_eq!(reason(&check(Finish::Stop, "drop", " \n…")), DropReason::Empty);
    assert_eq!(
        reason(&check(Finish::Repetition, "drop", "It is.")),
        DropReason::Repetition
    );
    assert_eq!(
        reason(&check(Finish::Stop, "drop", "Noon.<|im_end|>")),
        DropReason::Unparsable
    );
    assert_eq!(
        reason(&check(Finish::Stop, "drop", "As an AI language model, I cannot say.")),
        DropReason::Refused
    );
    assert_eq!(
        reason(&check(Finish::Length, "drop", "It is at noon. And")),
        DropReason::Truncated
    );
    assert_eq!(check(Finish::Length, "keep", "It is at noon. And").rows.len(), 1);
    let cut = check(Finish::Length, "cut", "It is at 12.30 noon. And then");
    assert_eq!(values(&cut, &["a"]), vec![vec!["It is at 12.30 noon."]]);
    assert_eq!(cut.rows[0].flags, ["cut"]);
    assert_eq!(
        reason(&check(Finish::Length, "cut", "It is at 12.30 and")),
        DropReason::Truncated
    );
}

#[path = "table_tests.rs"]
mod tables;

#[test]
fn a_mistyped_type_is_told_from_a_foreign_one() {
    assert_eq!(why_not("LLMChatBlok"), "no such type is known; LLMChatBlock is");
    assert_eq!(why_not("SomethingElseBlock"), "no such type is known");
    assert!(why_not("AgentBlock").contains("which seedbed does not do"));
}

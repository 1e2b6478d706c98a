//! Blocks that look at all rows, and those that write JSON, against what sdg_hub 0.9.4 makes of the same rows.

use super::*;

fn table(block_type: &str, config: Value, rows: Value) -> Applied {
    let rows: Vec<Row> = rows
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(number, columns)| Row {
            lineage: Lineage::of(number),
            ..row(columns.clone())
        })
        .collect();
    match block(block_type, config).unwrap().step {
        Step::Table(step) => step.apply(rows),
        Step::Each(step) => Applied::many(rows.into_iter().flat_map(|row| step.apply(row).rows).collect()),
        Step::Ordered(step) => {
            let mut memory = step.start();
            Applied::many(rows.into_iter().flat_map(|row| memory.apply(row).rows).collect())
        }
        Step::Fed(_) | Step::Ask(_) => panic!("asks"),
    }
}

fn written(applied: &Applied) -> Vec<String> {
    applied
        .rows
        .iter()
        .map(|row| Value::from(row.columns.clone()).to_string())
        .collect()
}

#[test]
fn columns_are_melted_one_after_the_other() {
    let applied = table(
        "MeltColumnsBlock",
        json!({"input_cols": ["b", "a"], "output_cols": ["value", "name"]}),
        json!([{"a": 1, "id": "x", "b": null}, {"a": 2, "id": "y", "b": "z"}]),
    );
    assert_eq!(
        written(&applied),
        [
            r#"{"id":"x","name":"b","value":null}"#,
            r#"{"id":"y","name":"b","value":"z"}"#,
            r#"{"id":"x","name":"a","value":1}"#,
            r#"{"id":"y","name":"a","value":2}"#,
        ]
    );
    assert_eq!(applied.rows[2].lineage.to_string(), "0.1");
    assert!(block("MeltColumnsBlock", json!({"input_cols": ["a"], "output_cols": ["v"]})).is_err());
}

#[test]
fn json_fields_become_columns_of_the_whole_table() {
    let rows = json!([
        {"t": "no JSON"},
        {"t": "so: {\"b\": 1, \"a\": [2,],}"},
        {"t": "{\"a\": {\"x\": null}, \"c\": \"cut off"},
        {"t": "[1, 2]"},
        {"t": null},
    ]);
    let parser = |more: Value| {
        let mut config = json!({"input_cols": "t", "field_prefix": "p_", "drop_input": true});
        config.as_object_mut().unwrap().extend(columns(more));
        config
    };
    let applied = table("JSONParserBlock", parser(json!({})), rows.clone());
    assert_eq!(
        written(&applied),
        [
            r#"{"p_b":null,"p_a":null,"p_items":null}"#,
            r#"{"p_b":1,"p_a":[2],"p_items":null}"#,
            // What is cut off inside a text cannot be closed.
            r#"{"p_b":null,"p_a":null,"p_items":null}"#,
            r#"{"p_b":null,"p_a":null,"p_items":[1,2]}"#,
            r#"{"p_b":null,"p_a":null,"p_items":null}"#,
        ]
    );
    // Wanted fields in the order in which they are wanted; those that no row has are not there.
    let applied = table(
        "JSONParserBlock",
        parser(json!({"output_cols": ["a", "z", "b"]})),
        rows.clone(),
    );
    assert_eq!(written(&applied)[1], r#"{"p_a":[2],"p_b":1}"#);
    let applied = table("JSONParserBlock", parser(json!({"output_cols": ["z"]})), rows.clone());
    assert_eq!(written(&applied)[1], r#"{"p_b":1,"p_a":[2],"p_items":null}"#);

    let own = parser(json!({"output_cols": ["a", "b"], "drop_unparsable": true}));
    let applied = table("JSONParserBlock", own.clone(), rows);
    assert_eq!(written(&applied), [r#"{"p_a":[2],"p_b":1}"#]);
    let applied = apply("JSONParserBlock", own, json!({"t": "{\"b\": 1}"}));
    assert_eq!(reason(&applied), DropReason::Unparsable);
    assert!(
        applied.rejected[0].message.contains("lacks a"),
        "{}",
        applied.rejected[0].message
    );
}

#[test]
fn one_value_is_given_to_all_rows() {
    let rows =
        json!([{"n": 2, "t": "b"}, {"n": 1, "t": null}, {"n": 2, "t": "a"}, {"n": 1, "t": "b"}, {"n": 5, "t": "a"}]);
    for (column, strategy, value) in [
        ("n", "mode", json!(1)),
        ("n", "min", json!(1)),
        ("n", "max", json!(5)),
        ("n", "mean", json!(2.2)),
        ("n", "median", json!(2.0)),
        ("t", "mode", json!("a")),
        ("t", "max", json!("b")),
    ] {
        let config = json!({"input_cols": column, "reduction_strategy": strategy});
        let applied = table("UniformColumnValueSetter", config, rows.clone());
        assert_eq!(
            values(&applied, &[column]),
            vec![vec![value]; 5],
            "{strategy} of {column}"
        );
    }
    let config = json!({"input_cols": "t", "reduction_strategy": "mean"});
    let applied = table("UniformColumnValueSetter", config, rows);
    assert_eq!(applied.rejected.len(), 5);
}

#[test]
fn a_choice_names_the_column_that_is_copied() {
    let config = json!({
        "input_cols": ["c", "d", "x", "y"], "output_cols": ["one", "two"], "choice_cols": ["c", "d"],
        "choice_map": {"A": "x", "B": "y"},
    });
    let applied = apply(
        "IndexBasedMapperBlock",
        config.clone(),
        json!({"c": "B", "d": "A", "x": 1, "y": [2]}),
    );
    assert_eq!(values(&applied, &["one", "two"]), vec![vec![json!([2]), json!(1)]]);
    let applied = apply(
        "IndexBasedMapperBlock",
        config,
        json!({"c": "C", "d": "A", "x": 1, "y": 2}),
    );
    assert_eq!(reason(&applied), DropReason::Filter);
    assert!(
        block(
            "IndexBasedMapperBlock",
            json!({"choice_map": {}, "choice_cols": ["c"], "output_cols": "o"})
        )
        .is_err()
    );
}

#[test]
fn columns_become_one_json_text() {
    let config = |pretty: bool| json!({"input_cols": ["b", "a"], "output_cols": ["o"], "pretty_print": pretty});
    let given = json!({"a": ["é", 1.0], "b": null});
    let applied = apply("JSONStructureBlock", config(false), given.clone());
    assert_eq!(applied.rows[0].columns["o"], r#"{"b": null, "a": ["é", 1.0]}"#);
    let applied = apply("JSONStructureBlock", config(true), given);
    assert_eq!(
        applied.rows[0].columns["o"],
        "{\n  \"b\": null,\n  \"a\": [\n    \"é\",\n    1.0\n  ]\n}"
    );
    assert!(
        block(
            "JSONStructureBlock",
            json!({"input_cols": {"a": "x"}, "output_cols": "o"})
        )
        .is_err()
    );
}

#[test]
fn rows_are_shuffled_and_drawn_from_with_one_generator() {
    let rows = json!([{"l": ["a", "b", "c"]}, {"l": ["d", "e", "f"]}]);
    let config = json!({"num_samples": 2, "shuffle": true, "random_seed": 42});
    let applied = table("RowMultiplierBlock", config, rows.clone());
    // pandas: the order 1, 3, 0, 2 of the four rows.
    let names: Vec<String> = applied.rows.iter().map(|row| row.lineage.to_string()).collect();
    assert_eq!(names, ["0.1", "1.1", "0.0", "1.0"]);
    let config = json!({"input_cols": "l", "output_cols": "s", "num_samples": 2, "random_seed": 42});
    let applied = table("SamplerBlock", config, rows);
    // numpy's default_rng(42): indices 0, 2, then 0, 1.
    assert_eq!(
        values(&applied, &["s"]),
        vec![vec![json!(["a", "c"])], vec![json!(["d", "e"])]]
    );
}

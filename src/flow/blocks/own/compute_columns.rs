//! `ComputeColumnsBlock` (Seedbed's own): works columns out of others.
//!
//! Keys: `columns`, a mapping from a column to a Jinja2 expression over the row's columns, worked out in order, so that
//! a later one sees the earlier ones; `optional`, columns that may be missing and are then an empty text.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::template::Condition;
use crate::samples::DropReason;

pub(super) const NAME: &str = "ComputeColumnsBlock";

struct ComputeColumns {
    columns: Vec<(String, Condition)>,
    optional: Vec<String>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let Value::Object(written) = config.required("columns")? else {
        return Err("'columns' must map columns to expressions".to_owned().into());
    };
    let optional = config.texts("optional")?;
    let mut columns: Vec<(String, Condition)> = Vec::new();
    let mut reads = Vec::new();
    for (column, expression) in written {
        let source = match expression {
            Value::String(source) => source.clone(),
            // A number or null is an expression, too.
            other => other.to_string().replace("null", "none"),
        };
        let expression = Condition::parse(&source).map_err(|reason| format!("'{column}': {reason}"))?;
        let here = |name: &String| optional.contains(name) || columns.iter().any(|(known, _)| known == name);
        reads.extend(
            expression
                .variables()
                .into_iter()
                .filter(|name| !here(name))
                .collect::<Vec<_>>(),
        );
        columns.push((column.clone(), expression));
    }
    let writes = columns.iter().map(|(column, _)| column.clone()).collect();
    Ok(Block::each(config.name(), NAME, ComputeColumns { columns, optional })
        .reading(reads)
        .writing(writes))
}

impl EachRow for ComputeColumns {
    fn apply(&self, mut row: Row) -> Applied {
        let missing: Vec<&String> = self
            .optional
            .iter()
            .filter(|name| !row.columns.contains_key(*name))
            .collect();
        for name in &missing {
            row.set(name, "");
        }
        for (column, expression) in &self.columns {
            match expression.value(&row.columns) {
                Ok(value) => row.set(column, value),
                Err(reason) => return Applied::rejected(row, DropReason::Template, reason),
            }
        }
        for name in missing {
            if !self.columns.iter().any(|(column, _)| column == name) {
                row.columns.remove(name);
            }
        }
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, block, reason, values};
    use serde_json::json;

    #[test]
    fn columns_are_worked_out_in_order() {
        let config = json!({
            "columns": {"context": "seed_context or document", "size": "context|length", "none": null, "half": 0.5,
                "list": "scores + [size]", "said": "'a' ~ size"},
            "optional": ["seed_context", "document"],
        });
        let made = block(NAME, config.clone()).unwrap();
        assert_eq!(made.reads, ["scores"]);
        let applied = apply(NAME, config, json!({"document": "text", "scores": [1]}));
        assert_eq!(
            values(&applied, &["context", "size", "none", "half", "list", "said"]),
            [[
                json!("text"),
                json!(4),
                json!(null),
                json!(0.5),
                json!([1, 4]),
                json!("a4")
            ]]
        );
        assert!(!applied.rows[0].columns.contains_key("seed_context"));
    }

    #[test]
    fn what_cannot_be_worked_out_is_said() {
        let applied = apply(NAME, json!({"columns": {"a": "b + 1"}}), json!({"b": "x"}));
        assert_eq!(reason(&applied), DropReason::Template);
        assert!(applied.rejected[0].message.contains("'b + 1'"), "{applied:?}");
        assert!(block(NAME, json!({"columns": {"a": "b +"}})).is_err());
    }
}

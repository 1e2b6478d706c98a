//! YAML of flow files as PyYAML reads it (YAML 1.1): `yes` and `on` are true, `1e3` is a text.

use serde_json::{Number, Value};

use super::row::Columns;
use crate::taxonomy::yaml::{Document, Node, NodeValue, Resolved};

/// The whole file as one value; `None` when it is no YAML, which other readers explain.
pub(super) fn value_of(text: &str) -> Option<Value> {
    Some(value(Document::parse(text.as_bytes()).ok()?.root()?))
}

fn value(node: &Node) -> Value {
    match &node.value {
        NodeValue::Sequence(items) => items.iter().map(value).collect(),
        NodeValue::Mapping(_) => {
            let entries = node.entries().into_iter();
            let named: Columns = entries
                .map(|(key, item)| (key.scalar_text().unwrap_or_default().to_owned(), value(item)))
                .collect();
            Value::Object(named)
        }
        NodeValue::Scalar { text, tag, .. } => match tag {
            Resolved::Null => Value::Null,
            Resolved::Bool => node.as_bool().into(),
            Resolved::Int => match node.as_int() {
                Some(number) => number.into(),
                None => Value::from(text.as_str()),
            },
            Resolved::Float => node
                .as_float()
                .and_then(Number::from_f64)
                .map_or(Value::Null, Value::Number),
            Resolved::Str | Resolved::Timestamp | Resolved::Binary | Resolved::Other => Value::from(text.as_str()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scalars_are_read_as_pyyaml_reads_them() {
        let text = "a: [yes, 'yes', 1e3, 1.5, 0x1F, ~, 2024-01-01, 12:30]\nb: &x {k: On}\nc: {<<: *x, m: |\n  t\n  }\n";
        let text = text.replace(", m: |\n  t\n  }", ", m: t}");
        assert_eq!(
            value_of(&text),
            Some(json!({
                "a": [true, "yes", "1e3", 1.5, 31, null, "2024-01-01", 750],
                "b": {"k": true},
                "c": {"k": true, "m": "t"},
            }))
        );
        assert_eq!(value_of("a: [1"), None);
    }
}

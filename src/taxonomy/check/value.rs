//! What a node is worth to the validator: equality and emptiness as Python and JSON Schema have them.

use std::fmt::Write as _;

use crate::taxonomy::yaml::{Node, NodeValue, Resolved};

/// Python's falsehood, by which the validator calls a file empty: nothing, `null`, `false`, zero, an empty text, list or mapping.
pub(super) fn is_falsy(node: &Node) -> bool {
    match &node.value {
        NodeValue::Scalar { text, tag, .. } => match tag {
            Resolved::Null => true,
            Resolved::Bool => node.as_bool() == Some(false),
            Resolved::Int => node.as_int() == Some(0),
            Resolved::Float => node.as_float() == Some(0.0),
            Resolved::Str | Resolved::Binary => text.is_empty(),
            Resolved::Timestamp | Resolved::Other => false,
        },
        NodeValue::Sequence(items) => items.is_empty(),
        NodeValue::Mapping(_) => node.entries().is_empty(),
    }
}

/// A text that is the same for two nodes exactly when JSON Schema calls their values equal: `1` equals `1.0` and `0x1`, not `true`;
/// the order of keys does not matter.
pub(super) fn canonical(node: &Node) -> String {
    let mut text = String::new();
    write_canonical(node, &mut text);
    text
}

fn write_canonical(node: &Node, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match &node.value {
        NodeValue::Scalar { text, tag, .. } => match tag {
            Resolved::Str => write!(out, "s{}:{text}", text.len()),
            Resolved::Null => write!(out, "n"),
            Resolved::Bool => write!(out, "b{:?}", node.as_bool()),
            Resolved::Int => match node.as_int() {
                Some(number) => write!(out, "i{number}"),
                None => write!(out, "I{}:{text}", text.len()),
            },
            Resolved::Float => match node.as_float() {
                #[allow(clippy::cast_possible_truncation)]
                Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => write!(out, "i{}", number as i64),
                // Not a number equals nothing, not even itself: its place tells it apart.
                Some(number) if number.is_nan() => write!(out, "N{}", node.span.start),
                Some(number) => write!(out, "f{:x}", number.to_bits()),
                None => write!(out, "F{}:{text}", text.len()),
            },
            Resolved::Timestamp => write!(out, "t{}:{text}", text.len()),
            Resolved::Binary => write!(out, "y{}:{text}", text.len()),
            Resolved::Other => write!(out, "o{}:{text}", text.len()),
        },
        NodeValue::Sequence(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            write!(out, "]")
        }
        NodeValue::Mapping(_) => {
            let mut pairs: Vec<String> = node
                .entries()
                .into_iter()
                .map(|(key, value)| {
                    let mut pair = canonical(key);
                    pair.push('=');
                    write_canonical(value, &mut pair);
                    pair
                })
                .collect();
            pairs.sort_unstable();
            write!(out, "{{{}}}", pairs.join(","))
        }
    };
}

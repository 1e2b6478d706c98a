//! What flows through the blocks: a row of named columns and, beside it, what is remembered for provenance.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::python_value::{push_printable, python_number};
use crate::samples::{DocumentSpan, DropReason};
use crate::taxonomy::{Kind, NodePath};
use crate::teacher::Finish;

/// The columns of a row in the order in which they came to be.
pub type Columns = serde_json::Map<String, Value>;

/// The leaf that rows come from, shared by all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    pub node: NodePath,
    pub kind: Kind,
    /// SHA-256 of the seed file (first 16 digits).
    pub seed_hash: String,
    /// Every question and answer of the seeds, in file order: what a sample must not copy.
    pub seeds: Vec<(String, String)>,
    /// The run's seed.
    pub seed: u64,
}

/// The name of a row: the number of the input row it came from, then which piece of it at every split, as in `12.0.3`.
///
/// It depends on the input and the blocks alone, never on which answer came first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lineage(Vec<u32>);

impl Lineage {
    pub fn of(input: usize) -> Self {
        Lineage(vec![u32::try_from(input).unwrap_or(u32::MAX)])
    }

    /// The number of the input row.
    pub fn input(&self) -> usize {
        self.0.first().map_or(0, |number| *number as usize)
    }

    pub(crate) fn child(&self, piece: usize) -> Self {
        let mut parts = self.0.clone();
        parts.push(u32::try_from(piece).unwrap_or(u32::MAX));
        Lineage(parts)
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

/// One row on its way through a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub columns: Columns,
    pub lineage: Lineage,
    pub origin: Arc<Origin>,
    /// Indices into `seed_examples`; the first is the one to resemble.
    pub seeds: Vec<usize>,
    pub document: Option<DocumentSpan>,
    /// Keys of the teacher's calls so far.
    pub requests: Vec<String>,
    /// Sampling parameters of the last call.
    pub parameters: Columns,
    /// How the last answer ended.
    pub finish: Option<Finish>,
    /// What the teacher said last, as it said it: kept with a drop.
    pub said: String,
    /// Short words for the sample, as in `near-seed`.
    pub flags: Vec<String>,
    /// What filters with a threshold measured, by block.
    pub measures: BTreeMap<String, f64>,
}

impl Row {
    /// Marks the row for the person who reads it, once.
    pub(super) fn flag(&mut self, flag: &str) {
        if !self.flags.iter().any(|there| there == flag) {
            self.flags.push(flag.to_owned());
        }
    }

    /// The column's text; empty for a missing column or one that holds something else.
    pub fn text(&self, column: &str) -> &str {
        self.columns.get(column).and_then(Value::as_str).unwrap_or_default()
    }

    /// The column's list; empty for a missing column or one that holds something else.
    pub(super) fn list(&self, column: &str) -> &[Value] {
        self.columns
            .get(column)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// Remembers what a filter measured, to four digits: as much as a person tells apart, and JSON keeps.
    pub(super) fn measure(&mut self, block: &str, value: f64) {
        if value.is_finite() {
            self.measures.insert(block.to_owned(), (value * 1e4).round() / 1e4);
        }
    }

    pub(crate) fn set(&mut self, column: &str, value: impl Into<Value>) {
        self.columns.insert(column.to_owned(), value.into());
    }

    /// Makes a row for each entry, in order. A single entry keeps the row's name.
    pub(crate) fn split<T>(self, entries: Vec<T>, mut fill: impl FnMut(&mut Row, T)) -> Vec<Row> {
        let count = entries.len();
        let lineage = self.lineage.clone();
        let mut rows = Vec::with_capacity(count);
        // The last entry takes the row itself: most rows are split into one.
        let mut whole = Some(self);
        for (piece, entry) in entries.into_iter().enumerate() {
            let row = if piece + 1 == count {
                whole.take()
            } else {
                whole.clone()
            };
            let Some(mut row) = row else { break };
            if count > 1 {
                row.lineage = lineage.child(piece);
            }
            fill(&mut row, entry);
            rows.push(row);
        }
        rows
    }
}

/// A row that a block took out, with the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejected {
    pub row: Row,
    pub reason: DropReason,
    /// One sentence for the person who reads the quarantine.
    pub message: String,
}

impl Rejected {
    pub(crate) fn new(row: Row, reason: DropReason, message: impl Into<String>) -> Self {
        Rejected {
            row,
            reason,
            message: message.into(),
        }
    }
}

/// What became of one row in one block: rows that go on, in order, and rows that leave. Together at least one.
#[derive(Debug, Default)]
pub struct Applied {
    pub rows: Vec<Row>,
    pub rejected: Vec<Rejected>,
}

impl Applied {
    pub fn kept(row: Row) -> Self {
        Applied {
            rows: vec![row],
            rejected: Vec::new(),
        }
    }

    pub fn many(rows: Vec<Row>) -> Self {
        Applied {
            rows,
            rejected: Vec::new(),
        }
    }

    pub fn rejected(row: Row, reason: DropReason, message: impl Into<String>) -> Self {
        Applied {
            rows: Vec::new(),
            rejected: vec![Rejected::new(row, reason, message)],
        }
    }
}

/// Writes a value as Python's `str()` does, which sdg_hub's blocks rely on.
pub fn python_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => python_literal(other),
    }
}

fn python_literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => python_number(number),
        Value::String(text) => python_quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(python_literal).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", python_quoted(key), python_literal(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Python quotes with `'`, and with `"` only where that saves an escape.
fn python_quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char == quote => {
                out.push('\\');
                out.push(char);
            }
            char => push_printable(char, &mut out),
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn python_writes_values_its_own_way() {
        for (value, text) in [
            (json!("plain"), "plain"),
            (json!(null), "None"),
            (json!(true), "True"),
            (json!(3), "3"),
            (json!(1.5), "1.5"),
            (json!(["a", "it's", 2]), r#"['a', "it's", 2]"#),
            (json!({"k": [false]}), "{'k': [False]}"),
            (json!(["both ' and \""]), r#"['both \' and "']"#),
        ] {
            assert_eq!(python_text(&value), text);
        }
    }

    #[test]
    fn a_name_tells_where_a_row_came_from() {
        let lineage = Lineage::of(12).child(0).child(3);
        assert_eq!(lineage.to_string(), "12.0.3");
        assert_eq!(lineage.input(), 12);
    }
}

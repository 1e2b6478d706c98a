//! `ColumnValueFilterBlock`: keeps rows whose column compares well with any of the given values.
//!
//! Keys: `input_cols` (the first is looked at), `filter_value` (one or a list), `operation` (`eq ne lt le gt ge
//! contains in`), `convert_dtype` (`float` or `int`; the column then holds the number). A value that cannot be read as
//! a number leaves the row out, as a missing one does. Pipelines of InstructLab put in `converts_values`: then the wanted
//! values are converted as well, `bool` is a type, and what cannot be read counts as `default_value` (0, false).

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::python_value::{float, int};
use crate::flow::row::{Applied, Row, python_text};
use crate::samples::{DropReason, Keeps};

pub(super) const NAME: &str = "ColumnValueFilterBlock";

#[derive(Clone, Copy)]
enum Operation {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Contains,
    In,
}

const OPERATIONS: [(&str, Operation); 8] = [
    ("eq", Operation::Eq),
    ("ne", Operation::Ne),
    ("lt", Operation::Lt),
    ("le", Operation::Le),
    ("gt", Operation::Gt),
    ("ge", Operation::Ge),
    ("contains", Operation::Contains),
    ("in", Operation::In),
];

#[derive(Clone, Copy)]
enum Convert {
    Float,
    Int,
    Bool,
}

struct ColumnValueFilter {
    name: String,
    column: String,
    values: Vec<Value>,
    operation: Operation,
    word: &'static str,
    convert: Option<Convert>,
    /// What counts where a value cannot be read; left out, the row leaves.
    default: Option<Value>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let column = config
        .inputs()?
        .into_iter()
        .next()
        .ok_or_else(|| "'input_cols' must name a column".to_owned())?;
    let values = match config.required("filter_value")? {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let written = config
        .text("operation")?
        .ok_or_else(|| "'operation' is missing".to_owned())?;
    let (word, operation) = OPERATIONS
        .into_iter()
        .find(|(word, _)| *word == written)
        .ok_or_else(|| {
            let known: Vec<_> = OPERATIONS.iter().map(|(word, _)| *word).collect();
            format!("'operation' must be one of {}, not '{written}'", known.join(", "))
        })?;
    let of_pipeline = config.bool("converts_values")?.unwrap_or(false);
    let convert = match config.text("convert_dtype")? {
        None => None,
        Some("float") => Some(Convert::Float),
        Some("int") => Some(Convert::Int),
        Some("bool") if of_pipeline => Some(Convert::Bool),
        Some(other) => return Err(format!("'convert_dtype' must be float or int, not '{other}'").into()),
    };
    let mut default = None;
    let values = match convert.filter(|_| of_pipeline) {
        None => values,
        Some(convert) => {
            let zero = match convert {
                Convert::Float => Value::from(0.0),
                Convert::Int => Value::from(0),
                Convert::Bool => Value::from(false),
            };
            let given = config
                .value("default_value")
                .and_then(|value| converted(value, convert));
            let default = default.insert(given.unwrap_or(zero)).clone();
            let read = |value: &Value| converted(value, convert).unwrap_or_else(|| default.clone());
            values.iter().map(read).collect()
        }
    };
    if of_pipeline {
        config.value("default_value");
    }
    let threshold = match (operation, values.as_slice()) {
        (_, [] | [_, _, ..]) => None,
        (Operation::Ge, [value]) => value.as_f64().map(|value| (value, Keeps::AtLeast)),
        (Operation::Gt, [value]) => value.as_f64().map(|value| (value, Keeps::Above)),
        (Operation::Le, [value]) => value.as_f64().map(|value| (value, Keeps::AtMost)),
        (Operation::Lt, [value]) => value.as_f64().map(|value| (value, Keeps::Below)),
        _ => None,
    };
    let step = ColumnValueFilter {
        name: config.name().to_owned(),
        column: column.clone(),
        values,
        operation,
        word,
        convert,
        default,
    };
    let mut block = Block::each(config.name(), NAME, step).reading(vec![column]);
    block.threshold = threshold.map(|(value, keeps)| ("filter_value", value, keeps));
    Ok(block)
}

/// Reads a number as Python's `float()` and `int()` do; `None` where they fail.
fn converted(value: &Value, convert: Convert) -> Option<Value> {
    match (value, convert) {
        (Value::Number(number), Convert::Float) => Number::from_f64(number.as_f64()?).map(Value::Number),
        (Value::Number(number), Convert::Int) => number
            .as_i64()
            .or_else(|| Some(number.as_f64()?.trunc() as i64))
            .map(Value::from),
        (Value::Bool(flag), Convert::Int) => Some(Value::from(i64::from(*flag))),
        (Value::Bool(flag), Convert::Float) => Some(Value::from(f64::from(u8::from(*flag)))),
        (Value::String(text), Convert::Float) => float(text).map(Value::from),
        (Value::String(text), Convert::Int) => int(text).map(Value::from),
        (Value::Number(number), Convert::Bool) => Some(Value::from(number.as_f64() != Some(0.0))),
        (Value::Bool(flag), Convert::Bool) => Some(Value::from(*flag)),
        (Value::String(text), Convert::Bool) => Some(Value::from(!text.is_empty())),
        _ => None,
    }
}

/// Python's `==` for what JSON can hold: numbers by value, `True` equal to 1.
fn equal(left: &Value, right: &Value) -> bool {
    match (number_of(left), number_of(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        _ => None,
    }
}

pub(super) fn order(left: &Value, right: &Value) -> Result<Ordering, String> {
    let incomparable = || format!("{left} and {right} cannot be compared");
    match (left, right) {
        (Value::String(left), Value::String(right)) => Ok(left.cmp(right)),
        _ => match (number_of(left), number_of(right)) {
            (Some(left), Some(right)) => left.partial_cmp(&right).ok_or_else(incomparable),
            _ => Err(incomparable()),
        },
    }
}

fn holds(whole: &Value, part: &Value) -> Result<bool, String> {
    match (whole, part) {
        (Value::String(whole), Value::String(part)) => Ok(whole.contains(part.as_str())),
        (Value::Array(items), part) => Ok(items.iter().any(|item| equal(item, part))),
        (Value::Object(entries), Value::String(key)) => Ok(entries.contains_key(key)),
        _ => Err(format!("{whole} cannot contain {part}")),
    }
}

impl ColumnValueFilter {
    fn compare(&self, value: &Value, wanted: &Value) -> Result<bool, String> {
        Ok(match self.operation {
            Operation::Eq => equal(value, wanted),
            Operation::Ne => !equal(value, wanted),
            Operation::Lt => order(value, wanted)?.is_lt(),
            Operation::Le => order(value, wanted)?.is_le(),
            Operation::Gt => order(value, wanted)?.is_gt(),
            Operation::Ge => order(value, wanted)?.is_ge(),
            Operation::Contains => holds(value, wanted)?,
            Operation::In => holds(wanted, value)?,
        })
    }
}

impl EachRow for ColumnValueFilter {
    fn apply(&self, mut row: Row) -> Applied {
        let written = row.columns.get(&self.column).cloned().unwrap_or_default();
        if written.is_null() {
            return Applied::rejected(row, DropReason::Filter, format!("column '{}' is empty", self.column));
        }
        let value = match self.convert {
            None => written,
            Some(convert) => {
                let Some(value) = converted(&written, convert).or_else(|| self.default.clone()) else {
                    let message = format!(
                        "'{}' in column '{}' is not a number",
                        python_text(&written),
                        self.column
                    );
                    return Applied::rejected(row, DropReason::Filter, message);
                };
                row.columns.insert(self.column.clone(), value.clone());
                value
            }
        };
        if let Some(number) = number_of(&value) {
            row.measure(&self.name, number);
        }
        for wanted in &self.values {
            match self.compare(&value, wanted) {
                Ok(true) => return Applied::kept(row),
                Ok(false) => {}
                Err(reason) => return Applied::rejected(row, DropReason::Filter, reason),
            }
        }
        let wanted: Vec<_> = self.values.iter().map(python_text).collect();
        let message = format!(
            "column '{}' is '{}', wanted: {} {}",
            self.column,
            python_text(&value),
            self.word,
            wanted.join(" or ")
        );
        Applied::rejected(row, DropReason::Filter, message)
    }
}

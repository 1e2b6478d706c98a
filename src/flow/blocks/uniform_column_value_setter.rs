//! `UniformColumnValueSetter`: gives every row the same value of a column: the most frequent, smallest, largest, mean or
//! middle one of all rows.
//!
//! Keys: `input_cols` (one; it is overwritten), `reduction_strategy` (`mode`, `min`, `max`, `mean`, `median`). Rows
//! without a value do not count. Of several most frequent values the smallest is taken, as pandas does.

use std::cmp::Ordering;

use serde_json::Value;

use super::column_value_filter::order;
use super::{Block, BuildFault, Step, WholeTable};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Rejected, Row};
use crate::samples::DropReason;

pub(super) const NAME: &str = "UniformColumnValueSetter";

#[derive(Clone, Copy)]
enum Strategy {
    Mode,
    Min,
    Max,
    Mean,
    Median,
}

const STRATEGIES: [(&str, Strategy); 5] = [
    ("mode", Strategy::Mode),
    ("min", Strategy::Min),
    ("max", Strategy::Max),
    ("mean", Strategy::Mean),
    ("median", Strategy::Median),
];

struct Uniform {
    column: String,
    word: &'static str,
    strategy: Strategy,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let column = config.one_input()?;
    let written = config.text("reduction_strategy")?.unwrap_or("mode");
    let (word, strategy) = STRATEGIES
        .into_iter()
        .find(|(word, _)| *word == written)
        .ok_or_else(|| {
            let known = STRATEGIES.map(|(word, _)| word).join(", ");
            format!("'reduction_strategy' must be one of {known}, not '{written}'")
        })?;
    let step = Uniform {
        column: column.clone(),
        word,
        strategy,
    };
    Ok(Block::new(config.name(), NAME, Step::Table(Box::new(step))).reading(vec![column]))
}

impl Uniform {
    fn value(&self, mut values: Vec<Value>) -> Result<Value, String> {
        let mut fault = None;
        values.sort_by(|left, right| {
            order(left, right).unwrap_or_else(|reason| {
                fault.get_or_insert(reason);
                Ordering::Equal
            })
        });
        if let Some(reason) = fault {
            return Err(reason);
        }
        let count = values.len();
        let numbers = || -> Result<Vec<f64>, String> {
            let number = |value: &Value| value.as_f64().ok_or_else(|| format!("{value} is not a number"));
            values.iter().map(number).collect()
        };
        let found = match self.strategy {
            Strategy::Mode => most_frequent(&values),
            Strategy::Min => values.first().cloned(),
            Strategy::Max => values.last().cloned(),
            Strategy::Mean => Some(Value::from(numbers()?.iter().sum::<f64>() / count.max(1) as f64)),
            Strategy::Median => {
                let numbers = numbers()?;
                let middle = |at: usize| numbers.get(at).copied();
                let upper = middle(count / 2);
                let lower = if count.is_multiple_of(2) {
                    middle((count / 2).wrapping_sub(1))
                } else {
                    upper
                };
                upper
                    .zip(lower)
                    .map(|(upper, lower)| Value::from((lower + upper) / 2.0))
            }
        };
        found
            .filter(|_| count > 0)
            .ok_or_else(|| "no row has a value".to_owned())
    }
}

/// The value that comes most often in a sorted list; of several the first.
fn most_frequent(sorted: &[Value]) -> Option<Value> {
    let mut best: Option<&[Value]> = None;
    for run in sorted.chunk_by(|left, right| left == right) {
        if best.is_none_or(|best| run.len() > best.len()) {
            best = Some(run);
        }
    }
    best?.first().cloned()
}

impl WholeTable for Uniform {
    fn apply(&self, mut rows: Vec<Row>) -> Applied {
        let values: Vec<Value> = rows
            .iter()
            .filter_map(|row| row.columns.get(&self.column))
            .filter(|value| !value.is_null())
            .cloned()
            .collect();
        match self.value(values) {
            Ok(value) => {
                for row in &mut rows {
                    row.columns.insert(self.column.clone(), value.clone());
                }
                Applied::many(rows)
            }
            Err(reason) => {
                let message = format!("the {} of column '{}' cannot be told: {reason}", self.word, self.column);
                let rejected = |row| Rejected {
                    row,
                    reason: DropReason::Filter,
                    message: message.clone(),
                };
                Applied {
                    rows: Vec::new(),
                    rejected: rows.into_iter().map(rejected).collect(),
                }
            }
        }
    }
}

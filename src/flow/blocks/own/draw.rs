//! `DrawBlock` (Seedbed's own): draws values by chance, or so that all combinations get their turn.
//!
//! Keys: `draws`, a mapping from a column to what it is drawn from: a list, a mapping from values to weights, or the
//! name of a column that holds a list; `chance` (1.0: with this probability each column is drawn, else it is null);
//! `balanced` (false): every value and every combination comes as often as every other, as in a Latin square, and
//! within rows that agree in the `group` column no combination comes twice before all have come.

use std::collections::HashMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::{Block, BuildFault, EachRow, InOrder, Siblings, Step};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::seeds::derived;
use crate::samples::DropReason;

pub(super) const NAME: &str = "DrawBlock";

/// Beyond this many combinations a balanced draw looks at this many of them only.
const MOST_COMBINATIONS: usize = 4096;

#[derive(Clone)]
enum From {
    List(Vec<Value>),
    Weights(Vec<(String, f64)>),
    Column(String),
}

#[derive(Clone)]
struct Draw {
    name: String,
    draws: Vec<(String, From)>,
    chance: f64,
    group: Option<String>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let Value::Object(written) = config.required("draws")? else {
        return Err("'draws' must map columns to what they are drawn from".to_owned().into());
    };
    let mut draws = Vec::new();
    let mut reads = Vec::new();
    for (column, from) in written {
        let from = match from {
            Value::Array(items) if !items.is_empty() => From::List(items.clone()),
            Value::Object(weights) if !weights.is_empty() => From::Weights(weights_of(column, weights)?),
            Value::String(name) => {
                reads.push(name.clone());
                From::Column(name.clone())
            }
            other => return Err(format!("'{column}' is drawn from {other}; give a list or a column").into()),
        };
        draws.push((column.clone(), from));
    }
    let chance = config.number("chance")?.unwrap_or(1.0);
    if !(0.0..=1.0).contains(&chance) {
        return Err(format!("'chance' must lie between 0 and 1, not {chance}").into());
    }
    let balanced = config.bool("balanced")?.unwrap_or(false);
    let group = config.text("group")?.map(str::to_owned);
    if balanced && draws.iter().any(|(_, from)| matches!(from, From::Weights(_))) {
        return Err("a balanced draw has no use for weights; give lists".to_owned().into());
    }
    reads.extend(group.clone());
    let writes = draws.iter().map(|(column, _)| column.clone()).collect();
    let draw = Draw {
        name: config.name().to_owned(),
        draws,
        chance,
        group,
    };
    let block = if balanced {
        Block::new(config.name(), NAME, Step::Ordered(Box::new(draw)))
    } else {
        Block::each(config.name(), NAME, draw)
    };
    Ok(block.reading(reads).writing(writes))
}

fn weights_of(column: &str, weights: &serde_json::Map<String, Value>) -> Result<Vec<(String, f64)>, String> {
    let weight = |value: &Value| value.as_f64().filter(|weight| *weight >= 0.0);
    let weights: Option<Vec<_>> = weights
        .iter()
        .map(|(name, value)| Some((name.clone(), weight(value)?)))
        .collect();
    match weights {
        Some(weights) if weights.iter().any(|(_, weight)| *weight > 0.0) => Ok(weights),
        _ => Err(format!(
            "the weights of '{column}' must be numbers from 0 up, one of them above 0"
        )),
    }
}

impl Draw {
    /// Chance that depends on nothing but the run, the row and the block.
    fn random(&self, row: &Row) -> StdRng {
        StdRng::seed_from_u64(derived(
            row.origin.seed,
            &["draw", &row.lineage.to_string(), &self.name],
        ))
    }

    fn list<'a>(&'a self, row: &'a Row, from: &'a From) -> Result<&'a [Value], String> {
        match from {
            From::List(items) => Ok(items),
            From::Weights(_) => Ok(&[]),
            From::Column(name) => match row.columns.get(name) {
                Some(Value::Array(items)) if !items.is_empty() => Ok(items),
                _ => Err(format!("column '{name}' holds no list to draw from")),
            },
        }
    }

    fn by_chance(&self, row: &mut Row) -> Result<(), String> {
        let mut random = self.random(row);
        for (column, from) in &self.draws {
            let is_drawn = random.random::<f64>() < self.chance;
            let value = match from {
                From::Weights(weights) => weights
                    .choose_weighted(&mut random, |(_, weight)| *weight)
                    .map(|(name, _)| Value::from(name.as_str()))
                    .map_err(|error| error.to_string())?,
                _ => self.list(row, from)?.choose(&mut random).cloned().unwrap_or_default(),
            };
            row.set(column, if is_drawn { value } else { Value::Null });
        }
        Ok(())
    }
}

impl EachRow for Draw {
    fn apply(&self, mut row: Row) -> Applied {
        match self.by_chance(&mut row) {
            Ok(()) => Applied::kept(row),
            Err(reason) => Applied::rejected(row, DropReason::Filter, reason),
        }
    }
}

impl InOrder for Draw {
    fn start(&self) -> Box<dyn Siblings> {
        Box::new(Turns {
            draw: self.clone(),
            groups: HashMap::new(),
            all: Counts::default(),
        })
    }
}

struct Turns {
    draw: Draw,
    groups: HashMap<String, Counts>,
    all: Counts,
}

/// How often each combination came, and each value by its place in the mapping.
#[derive(Default)]
struct Counts {
    cells: HashMap<Vec<usize>, usize>,
    values: HashMap<(usize, usize), usize>,
}

impl Counts {
    fn cell(&self, cell: &[usize]) -> usize {
        self.cells.get(cell).copied().unwrap_or(0)
    }

    fn values(&self, cell: &[usize]) -> usize {
        let count = |value| self.values.get(&value).copied().unwrap_or(0);
        cell.iter().copied().enumerate().map(count).sum()
    }

    fn add(&mut self, cell: &[usize]) {
        *self.cells.entry(cell.to_vec()).or_default() += 1;
        for value in cell.iter().copied().enumerate() {
            *self.values.entry(value).or_default() += 1;
        }
    }
}

impl Siblings for Turns {
    fn apply(&mut self, mut row: Row) -> Applied {
        let lists: Result<Vec<Vec<Value>>, String> = self
            .draw
            .draws
            .iter()
            .map(|(_, from)| self.draw.list(&row, from).map(<[Value]>::to_vec))
            .collect();
        let lists = match lists {
            Ok(lists) => lists,
            Err(reason) => return Applied::rejected(row, DropReason::Filter, reason),
        };
        let mut group = row.origin.node.to_string();
        if let Some(column) = &self.draw.group {
            group.push('\n');
            group.push_str(row.text(column));
        }
        let own = self.groups.entry(group).or_default();
        let mut random = self.draw.random(&row);
        // The least used combination of the group, then of all; then that of the least used values; then by chance.
        let best = combinations(&lists.iter().map(Vec::len).collect::<Vec<_>>())
            .into_iter()
            .min_by_key(|cell| {
                let chance: u64 = random.random();
                (
                    own.cell(cell),
                    self.all.cell(cell),
                    own.values(cell),
                    self.all.values(cell),
                    chance,
                )
            })
            .unwrap_or_default();
        own.add(&best);
        self.all.add(&best);
        for (((column, _), list), at) in self.draw.draws.iter().zip(&lists).zip(&best) {
            row.set(column, list.get(*at).cloned().unwrap_or_default());
        }
        Applied::kept(row)
    }
}

/// Every combination of places in lists of these lengths, the first of them only where there are very many.
fn combinations(lengths: &[usize]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for length in lengths {
        all = all
            .into_iter()
            .flat_map(|cell| {
                (0..*length).map(move |at| {
                    let mut cell = cell.clone();
                    cell.push(at);
                    cell
                })
            })
            .take(MOST_COMBINATIONS)
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, block, row};
    use crate::flow::row::Lineage;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn rows(config: Value, count: usize, document: impl Fn(usize) -> String) -> Vec<Row> {
        let made = block(NAME, config).unwrap();
        let mut memory = match &made.step {
            Step::Ordered(step) => Some(step.start()),
            _ => None,
        };
        let mut out = Vec::new();
        for number in 0..count {
            let mut one = row(json!({"document": document(number), "people": ["a", "b"]}));
            one.lineage = Lineage::of(number);
            let applied = match (&made.step, &mut memory) {
                (Step::Each(step), _) => step.apply(one),
                (_, Some(memory)) => memory.apply(one),
                _ => panic!(),
            };
            out.extend(applied.rows);
        }
        out
    }

    fn counted(rows: &[Row], column: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for row in rows {
            *counts.entry(row.columns[column].to_string()).or_default() += 1;
        }
        counts
    }

    #[test]
    fn chance_follows_the_row_and_the_weights() {
        let config = json!({"draws": {"op": ["a", "b", "c"], "hint": {"yes": 3, "no": 1}, "who": "people"}});
        let first = rows(config.clone(), 1200, |_| String::new());
        assert_eq!(first, rows(config.clone(), 1200, |_| String::new()));
        assert!(
            counted(&first, "op").values().all(|count| (340..460).contains(count)),
            "{:?}",
            counted(&first, "op")
        );
        assert!((850..950).contains(&counted(&first, "hint")["\"yes\""]));
        assert_eq!(counted(&first, "who").len(), 2);
        let half = rows(json!({"draws": {"op": ["a"]}, "chance": 0.5}), 1000, |_| String::new());
        assert!((450..550).contains(&counted(&half, "op")["null"]));
    }

    #[test]
    fn a_balanced_draw_is_a_latin_square_for_every_passage() {
        let config = json!({"draws": {"audience": ["a", "b", "c", "d"], "form": [1, 2, 3]}, "balanced": true, "group": "document"});
        // Four passages in turn: each meets every one of twelve cells once, and at any time the values are balanced.
        let all = rows(config, 48, |number| format!("passage {}", number % 4));
        let cell = |row: &Row| format!("{} {}", row.columns["audience"], row.columns["form"]);
        for passage in 0..4 {
            let cells: std::collections::BTreeSet<_> = all.iter().skip(passage).step_by(4).map(cell).collect();
            assert_eq!(cells.len(), 12);
        }
        let first: std::collections::BTreeSet<_> = all.iter().take(12).map(cell).collect();
        assert_eq!(first.len(), 12);
        assert!(counted(&all[..12], "audience").values().all(|count| *count == 3));
        assert!(counted(&all, "form").values().all(|count| *count == 16));
    }

    #[test]
    fn what_cannot_be_drawn_from_is_said() {
        assert!(block(NAME, json!({"draws": {"a": []}})).is_err());
        assert!(block(NAME, json!({"draws": {"a": {"x": 0}}})).is_err());
        assert!(block(NAME, json!({"draws": {"a": {"x": 1}}, "balanced": true})).is_err());
        let applied = apply(NAME, json!({"draws": {"a": "list"}}), json!({"list": []}));
        assert!(applied.rejected[0].message.contains("'list'"));
    }
}

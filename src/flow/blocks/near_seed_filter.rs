//! `NearSeedFilterBlock` (Seedbed's own): drops rows that say what a seed example or an earlier row says already.
//!
//! Keys: `input_cols` (one, as `question`), `threshold` (ROUGE-L above which a text is too close to a seed question;
//! 0.7 as in Self-Instruct), `sibling_threshold` (the same against earlier rows of the leaf; 0.7), `against_seeds` and
//! `against_siblings` (true). Rows are taken in their order, so the same answers always leave the same rows.

use std::collections::HashMap;
use std::sync::Arc;

use super::siblings::{Likeness, Seen};
use super::{Block, BuildFault, InOrder, Siblings, Step};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Origin, Row};
use crate::quality::near::NearSeed;
use crate::samples::{DropReason, Keeps};
use crate::taxonomy::NodePath;

pub(super) const NAME: &str = "NearSeedFilterBlock";

#[derive(Clone)]
struct NearSeedFilter {
    name: String,
    column: String,
    threshold: f64,
    sibling_threshold: f64,
    against_seeds: bool,
    against_siblings: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let column = config.one_input()?;
    let mut share = |key: &str| match config.number(key) {
        Ok(None) => Ok(0.7),
        Ok(Some(value)) if (0.0..=1.0).contains(&value) => Ok(value),
        Ok(Some(value)) => Err(format!("'{key}' must lie between 0 and 1, not {value}")),
        Err(reason) => Err(reason),
    };
    let (threshold, sibling_threshold) = (share("threshold")?, share("sibling_threshold")?);
    let step = NearSeedFilter {
        name: config.name().to_owned(),
        column: column.clone(),
        threshold,
        sibling_threshold,
        against_seeds: config.bool("against_seeds")?.unwrap_or(true),
        against_siblings: config.bool("against_siblings")?.unwrap_or(true),
    };
    let mut block = Block::new(config.name(), NAME, Step::Ordered(Box::new(step))).reading(vec![column]);
    block.threshold = Some(("threshold", threshold, Keeps::AtMost));
    Ok(block)
}

impl InOrder for NearSeedFilter {
    fn start(&self) -> Box<dyn Siblings> {
        Box::new(Memory {
            rules: self.clone(),
            leaves: HashMap::new(),
        })
    }
}

struct Memory {
    rules: NearSeedFilter,
    leaves: HashMap<NodePath, LeafMemory>,
}

struct LeafMemory {
    origin: Arc<Origin>,
    seeds: NearSeed,
    seen: Seen,
}

impl Siblings for Memory {
    fn apply(&mut self, mut row: Row) -> Applied {
        let text = row.text(&self.rules.column).to_owned();
        let leaf = self
            .leaves
            .entry(row.origin.node.clone())
            .or_insert_with(|| LeafMemory {
                origin: row.origin.clone(),
                seeds: NearSeed::new(row.origin.seeds.iter().map(|(question, _)| question.clone())),
                seen: Seen::default(),
            });
        let closest = leaf.seeds.closest(&text).filter(|_| self.rules.against_seeds);
        let measure = closest.map_or(0.0, |(_, score)| score);
        row.measure(&self.rules.name, measure);
        if let Some((index, score)) = closest.filter(|(_, score)| *score > self.rules.threshold) {
            let seed = leaf
                .origin
                .seeds
                .get(index)
                .map(|(question, _)| question.as_str())
                .unwrap_or_default();
            let message = format!("ROUGE-L {score:.2} with the seed \"{}\"", shortened(seed));
            return Applied::rejected(row, DropReason::NearSeed, message);
        }
        if self.rules.against_siblings {
            match leaf.seen.meet(&text, self.rules.sibling_threshold) {
                Likeness::New => {}
                Likeness::Same => {
                    return Applied::rejected(row, DropReason::Duplicate, "the same text was made before in this run");
                }
                Likeness::Near { words, score } => {
                    let message = format!("ROUGE-L {score:.2} with an earlier one: \"{}\"", shortened(&words));
                    return Applied::rejected(row, DropReason::Duplicate, message);
                }
            }
        }
        Applied::kept(row)
    }
}

/// Enough of a text to recognise it.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

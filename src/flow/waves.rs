//! Rows in waves: a block may be shown what a later block kept of the rows before, as Self-Instruct shows accepted
//! instructions.
//!
//! What a row is shown must not depend on which answer came first. So rows are taken in waves, by their places: a wave
//! begins when all rows of the earlier waves have passed the later block or left, and sees what these left there. What came
//! of it is recorded like an answer: a run that is taken up, or whose later blocks were changed, shows its rows the same
//! again and asks nothing twice, even where an answer that failed before comes now.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;

use super::batch;
use super::blocks::{Block, Fed, Step};
use super::row::{Applied, Row};
use super::run::{InTurn, Running, lock};
use super::seeds::derived;
use crate::samples::DropReason;
use crate::taxonomy::NodePath;
use crate::teacher::{Finish, Reply, Usage};
use crate::text::digest::PartsDigest;

/// Texts that are remembered of a leaf. Beyond them a new one takes the place of an earlier one by chance, so that each has the
/// same chance to be there.
const MOST_KEPT: usize = 1000;

/// What is remembered for the blocks that are shown it.
pub(super) struct Waves(Vec<Pool>);

/// The texts for one block.
struct Pool {
    at: usize,
    /// The block that they come from.
    from: usize,
    column: String,
    wave: usize,
    leaves: Mutex<HashMap<NodePath, LeafPool>>,
}

#[derive(Debug, Default)]
struct LeafPool {
    settled: Vec<String>,
    /// What later waves see, by their order.
    fresh: Vec<Fresh>,
    met: u64,
}

/// A text with its wave, and the place of the earlier text that it takes; `None` where it is added.
#[derive(Debug)]
struct Fresh {
    wave: usize,
    place: Option<usize>,
    text: String,
}

impl LeafPool {
    /// Takes a text of this wave in, unless chance is against it: what waits is no more than what may be shown.
    fn add(&mut self, wave: usize, text: &str, seed: u64) {
        self.met += 1;
        let place = match usize::try_from(self.met) {
            Ok(met) if met <= MOST_KEPT => None,
            _ => {
                let place = derived(seed, &["kept", &self.met.to_string()]) % self.met;
                match usize::try_from(place) {
                    Ok(place) if place < MOST_KEPT => Some(place),
                    _ => return,
                }
            }
        };
        let text = text.to_owned();
        self.fresh.push(Fresh { wave, place, text });
    }

    /// Nobody before this wave will ask any more.
    fn settle(&mut self, wave: usize) {
        let old = self.fresh.partition_point(|fresh| fresh.wave < wave);
        for Fresh { place, text, .. } in self.fresh.drain(..old) {
            match place.and_then(|place| self.settled.get_mut(place)) {
                Some(other) => *other = text,
                None => self.settled.push(text),
            }
        }
    }
}

/// Where a block's texts come from, if it is shown any.
fn source(blocks: &[Block], fed: &Fed) -> Option<usize> {
    blocks.iter().position(|block| block.name == fed.from)
}

/// The first block that cannot be shown what it wants, with the reason.
pub(super) fn misfed(blocks: &[Block]) -> Option<(usize, String)> {
    blocks.iter().enumerate().find_map(|(at, block)| {
        let Step::Fed(fed) = &block.step else { return None };
        let reason = match source(blocks, fed) {
            None => format!("'from_block' names '{}', and there is no such block", fed.from),
            Some(from) if from < at => format!("'from_block' must name a later block, and '{}' comes before", fed.from),
            Some(from) => {
                let between = blocks.get(at..=from).unwrap_or_default();
                let has_column =
                    |block: &Block| block.writes.contains(&fed.column) || block.reads.contains(&fed.column);
                let table = between.iter().find(|block| matches!(block.step, Step::Table(_)));
                let takes_in_order = between
                    .last()
                    .is_some_and(|block| matches!(block.step, Step::Ordered(_)));
                match table {
                    Some(table) => format!(
                        "all rows wait at '{}', which stands between it and '{}'; put it elsewhere",
                        table.name, fed.from
                    ),
                    None if !takes_in_order => {
                        format!(
                            "'{}' does not take rows in their order; name one that does, as a NearSeedFilterBlock",
                            fed.from
                        )
                    }
                    None if !between.iter().any(has_column) => {
                        format!(
                            "no block up to '{}' has the column '{}' that 'from_column' names",
                            fed.from, fed.column
                        )
                    }
                    None => return None,
                }
            }
        };
        Some((at, reason))
    })
}

impl Waves {
    pub(super) fn of(blocks: &[Block]) -> Self {
        let pool = |(at, block): (usize, &Block)| match &block.step {
            Step::Fed(fed) => Some(Pool {
                at,
                from: source(blocks, fed)?,
                column: fed.column.clone(),
                wave: fed.wave.max(1),
                leaves: Mutex::default(),
            }),
            _ => None,
        };
        Waves(blocks.iter().enumerate().filter_map(pool).collect())
    }

    /// Takes note of what a block kept of the row at a place. To be said before the row leaves its turn there.
    pub(super) fn note(&self, from: usize, place: usize, applied: &[Applied]) {
        for pool in self.0.iter().filter(|pool| pool.from == from) {
            let wave = place / pool.wave;
            for row in applied.iter().flat_map(|applied| &applied.rows) {
                let text = row.text(&pool.column).trim();
                if text.is_empty() {
                    continue;
                }
                let mut leaves = lock(&pool.leaves);
                let leaf = leaves.entry(row.origin.node.clone()).or_default();
                // Rows come in order: those of earlier waves are all past the block that asks.
                leaf.settle(wave);
                leaf.add(wave, text, row.origin.seed);
            }
        }
    }
}

impl Running<'_> {
    /// Gives rows what the block kept that they are to be shown from, once all of the earlier waves are past it.
    pub(super) async fn fed(&self, at: usize, block: &Block, fed: &Fed, place: usize, rows: Vec<Row>) -> Vec<Applied> {
        let Some(pool) = self.waves.0.iter().find(|pool| pool.at == at) else {
            return rows.into_iter().map(|row| fed.step.apply(row, &[])).collect();
        };
        let first = place - place % pool.wave;
        let mut all = Vec::with_capacity(rows.len());
        for mut row in rows {
            if first == 0 {
                // There is nothing before it, whatever happened.
                all.push(fed.step.apply(row, &[]));
                continue;
            }
            let key = key_of(block, fed, &row);
            let recorded = lock(&self.recorder).request(&key);
            if recorded.is_some_and(|reply| take(block, &mut row, &reply)) {
                all.push(Applied::kept(row));
                continue;
            }
            let mut is_open = true;
            if let Some(Some(InTurn { turns, gate, .. })) = self.ordered.get(pool.from) {
                turns.wait(first).await;
                is_open = gate.is_open_for(first - 1);
            }
            all.push(if self.stop.is_cancelled() {
                // Rows of the earlier waves left because the run was stopped: what is there is not all there will be.
                Applied::rejected(row, DropReason::Cancelled, self.stopped_message())
            } else if is_open {
                let applied = pool.show(fed, row, place / pool.wave);
                self.record_shown(block, &key, &applied);
                applied
            } else {
                batch::behind_a_wave(row)
            });
        }
        all
    }

    /// Records what a row was shown.
    fn record_shown(&self, block: &Block, key: &str, applied: &Applied) {
        let [row] = applied.rows.as_slice() else { return };
        let shown: Vec<Value> = block
            .writes
            .iter()
            .map(|column| row.columns.get(column).cloned().unwrap_or_default())
            .collect();
        let reply = Reply {
            text: Value::from(shown).to_string(),
            reasoning: String::new(),
            finish: Finish::Stop,
            usage: Usage::default(),
            model: String::new(),
        };
        let kept = lock(&self.recorder).record(key, &reply, (self.clock)());
        self.heed(kept);
    }
}

impl Pool {
    /// Gives the row what earlier waves left.
    fn show(&self, fed: &Fed, row: Row, wave: usize) -> Applied {
        let mut leaves = lock(&self.leaves);
        let leaf = leaves.entry(row.origin.node.clone()).or_default();
        leaf.settle(wave);
        fed.step.apply(row, &leaf.settled)
    }
}

/// Under which it is recorded what a row was shown.
fn key_of(block: &Block, fed: &Fed, row: &Row) -> String {
    let mut digest = PartsDigest::default();
    let parts = [
        "shown",
        &block.name,
        &fed.settings,
        row.origin.node.as_str(),
        &row.origin.seed_hash,
        &row.origin.seed.to_string(),
        &row.lineage.to_string(),
    ];
    for part in parts {
        digest.part(part);
    }
    digest.hex(32)
}

/// Puts into the row what it was shown before; false where that cannot be read.
fn take(block: &Block, row: &mut Row, reply: &Reply) -> bool {
    let Ok(Value::Array(shown)) = serde_json::from_str(&reply.text) else {
        return false;
    };
    if shown.len() != block.writes.len() {
        return false;
    }
    for (column, value) in block.writes.iter().zip(shown) {
        row.set(column, value);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_bounded_and_is_seen_by_later_waves_only() {
        let mut pool = LeafPool::default();
        for text in 0..100_000 {
            pool.settle(0);
            pool.add(0, &text.to_string(), 7);
        }
        assert_eq!(pool.settled.len(), 0);
        assert!(pool.fresh.len() < 10 * MOST_KEPT, "{}", pool.fresh.len());
        pool.settle(1);
        assert_eq!((pool.settled.len(), pool.fresh.len()), (MOST_KEPT, 0));
        // Each has the same chance: of the later half about half.
        let late = pool
            .settled
            .iter()
            .filter(|text| text.len() == 5 && text.as_str() >= "50000")
            .count();
        assert!((400..600).contains(&late), "{late}");
        // The waves' lengths change nothing.
        let mut other = LeafPool::default();
        for text in 0..100_000 {
            other.settle(text / 50);
            other.add(text / 50, &text.to_string(), 7);
        }
        other.settle(usize::MAX);
        assert_eq!(other.settled, pool.settled);
    }
}

//! Calls that are made once more because what came of their first answer was dropped.

use std::collections::HashMap;

use super::blocks::Step;
use super::file::Flow;
use crate::samples::{Again, Drop};

/// Which try of a call counts, by block and row.
#[derive(Debug, Default)]
pub(super) struct Attempts(HashMap<String, HashMap<String, u32>>);

impl Attempts {
    pub fn new(again: &[Again]) -> Self {
        let mut by_block: HashMap<String, HashMap<String, u32>> = HashMap::new();
        for one in again {
            let rows = by_block.entry(one.block.clone()).or_default();
            // The dropped row may be a piece of the answer: the call was made for a row that it came from.
            let mut name = one.row.as_str();
            loop {
                let attempt = rows.entry(name.to_owned()).or_default();
                *attempt = one.attempt.max(*attempt);
                let Some((above, _)) = name.rsplit_once('.') else { break };
                name = above;
            }
        }
        Attempts(by_block)
    }

    /// 0 for a call that was never made again.
    pub fn of(&self, block: &str, row: &str) -> u32 {
        self.0.get(block).and_then(|rows| rows.get(row)).copied().unwrap_or(0)
    }
}

/// What to ask once more so that a dropped row gets another answer: at the last block that asks before the one that dropped
/// it, that one included. `None` where no block asks before it: the same would come out again.
pub fn again_for(flow: &Flow, drop: &Drop, so_far: &[Again]) -> Option<Again> {
    let named = |block: &super::Block| block.name == drop.block;
    let end = flow
        .blocks
        .iter()
        .position(named)
        .map_or(flow.blocks.len(), |at| at + 1);
    let before = flow.blocks.get(..end)?;
    let asked = before.iter().rfind(|block| matches!(block.step, Step::Ask(_)))?;
    let row = drop.lineage();
    let tried = so_far.iter().filter(|one| one.block == asked.name && one.row == row);
    Some(Again {
        attempt: tried.map(|one| one.attempt).max().unwrap_or(0) + 1,
        block: asked.name.clone(),
        row,
    })
}

//! `DuplicateColumnsBlock`: copies columns. `input_cols` maps each column to the copy's name.

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "DuplicateColumnsBlock";

struct DuplicateColumns(Vec<(String, String)>);

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let pairs = config.renames()?;
    let (reads, writes) = pairs.iter().cloned().unzip();
    Ok(Block::each(config.name(), NAME, DuplicateColumns(pairs))
        .reading(reads)
        .writing(writes))
}

impl EachRow for DuplicateColumns {
    fn apply(&self, mut row: Row) -> Applied {
        for (from, to) in &self.0 {
            let value = row.columns.get(from).cloned().unwrap_or_default();
            row.columns.insert(to.clone(), value);
        }
        Applied::kept(row)
    }
}

//! `RenameColumnsBlock`: renames columns in place. `input_cols` maps each column to its new name.

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Columns, Row};

pub(super) const NAME: &str = "RenameColumnsBlock";

struct RenameColumns(Vec<(String, String)>);

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let pairs = config.renames()?;
    let (reads, writes): (Vec<_>, Vec<_>) = pairs.iter().cloned().unzip();
    let mut block = Block::each(config.name(), NAME, RenameColumns(pairs))
        .reading(reads.clone())
        .writing(writes);
    block.removes = reads;
    Ok(block)
}

impl EachRow for RenameColumns {
    fn apply(&self, mut row: Row) -> Applied {
        // Renamed columns keep their place, as in a table.
        let columns: Columns = std::mem::take(&mut row.columns)
            .into_iter()
            .map(|(name, value)| match self.0.iter().find(|(from, _)| *from == name) {
                Some((_, to)) => (to.clone(), value),
                None => (name, value),
            })
            .collect();
        row.columns = columns;
        Applied::kept(row)
    }
}

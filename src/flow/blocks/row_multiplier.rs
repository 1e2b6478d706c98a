//! `RowMultiplierBlock`: repeats every row `num_samples` times. `shuffle` is refused: it needs the whole table, and
//! rows flow one by one here.

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "RowMultiplierBlock";

/// Beyond this a flow file is mistaken or hostile.
const MOST: u64 = 10_000;

struct RowMultiplier(usize);

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let times = config
        .whole("num_samples")?
        .ok_or_else(|| "'num_samples' is missing".to_owned())?;
    if !(1..=MOST).contains(&times) {
        return Err(format!("'num_samples' must lie between 1 and {MOST}, not {times}").into());
    }
    if config.bool("shuffle")?.unwrap_or(false) {
        return Err(
            "'shuffle: true' is not supported, because rows flow one by one; leave it out"
                .to_owned()
                .into(),
        );
    }
    config.value("random_seed");
    let mut block = Block::each(config.name(), NAME, RowMultiplier(usize::try_from(times).unwrap_or(1)));
    block.grows = times;
    Ok(block)
}

impl EachRow for RowMultiplier {
    fn apply(&self, row: Row) -> Applied {
        Applied::many(row.split(vec![(); self.0], |_, ()| {}))
    }
}

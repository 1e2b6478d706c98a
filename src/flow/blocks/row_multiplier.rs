//! `RowMultiplierBlock`: repeats every row `num_samples` times; with `shuffle` the rows are mixed afterwards, as pandas
//! mixes them for the same `random_seed`. Without one the run's own seed is taken.

use super::{Block, BuildFault, EachRow, Step, WholeTable, numpy_random};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "RowMultiplierBlock";

/// Beyond this a flow file is mistaken or hostile.
const MOST: u64 = 10_000;

struct RowMultiplier(usize);

struct Shuffled {
    times: usize,
    seed: Option<u32>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let number = config
        .whole("num_samples")?
        .ok_or_else(|| "'num_samples' is missing".to_owned())?;
    if !(1..=MOST).contains(&number) {
        return Err(format!("'num_samples' must lie between 1 and {MOST}, not {number}").into());
    }
    let times = usize::try_from(number).unwrap_or(1);
    let seed = match config.whole("random_seed")?.map(u32::try_from) {
        None => None,
        Some(Ok(seed)) => Some(seed),
        Some(Err(_)) => return Err(format!("'random_seed' must be below {}", 1u64 << 32).into()),
    };
    let step = if config.bool("shuffle")?.unwrap_or(false) {
        Step::Table(Box::new(Shuffled { times, seed }))
    } else {
        Step::Each(Box::new(RowMultiplier(times)))
    };
    let mut block = Block::new(config.name(), NAME, step);
    block.grows = number;
    Ok(block)
}

impl EachRow for RowMultiplier {
    fn apply(&self, row: Row) -> Applied {
        Applied::many(row.split(vec![(); self.0], |_, ()| {}))
    }
}

impl WholeTable for Shuffled {
    fn apply(&self, rows: Vec<Row>) -> Applied {
        // The lower half of the run's seed will do: pandas takes 32 bits.
        let own = rows.first().map_or(0, |row| row.origin.seed as u32);
        let mut rows: Vec<Option<Row>> = rows
            .into_iter()
            .flat_map(|row| row.split(vec![(); self.times], |_, ()| {}))
            .map(Some)
            .collect();
        let order = numpy_random::permutation(self.seed.unwrap_or(own), rows.len());
        Applied::many(
            order
                .into_iter()
                .filter_map(|at| rows.get_mut(at).and_then(Option::take))
                .collect(),
        )
    }
}

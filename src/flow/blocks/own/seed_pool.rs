//! `SeedPoolBlock` (Seedbed's own): draws instructions in a drawn order, for a prompt that shows a pool of them: seed
//! questions and, where a later block feeds it, ones that the run made.
//!
//! Keys: `output_cols` (a list of texts, and with a second column the number that follows them), `count` (8 in all, as
//! Self-Instruct shows), `from_block` (a later block that takes rows in their order; left out: seeds only), `from_column`
//! (`instruction`: its texts join the pool), `made` (2: at most so many of these; seeds take the place of those that are not
//! there yet), `wave` (8: so many rows are taken together and see what the rows before them left). The draw follows the
//! run's seed and the row's name.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::{Block, BuildFault, EachRow, Fed, FromKept, Step};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::seeds::derived;

pub(super) const NAME: &str = "SeedPoolBlock";
/// The key under which it names the block that it is shown the texts of.
pub(in crate::flow) const FROM_BLOCK: &str = "from_block";

struct SeedPool {
    list: String,
    next: Option<String>,
    count: usize,
    made: usize,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let outputs = config.outputs()?;
    let (list, next) = match outputs.as_slice() {
        [list] => (list.clone(), None),
        [list, next] => (list.clone(), Some(next.clone())),
        _ => {
            return Err("'output_cols' must name the list, and at most the next number"
                .to_owned()
                .into());
        }
    };
    let mut whole = |key: &str, usual: u64| {
        let value = config.whole(key)?.unwrap_or(usual);
        Ok::<usize, String>(usize::try_from(value).unwrap_or(usize::MAX))
    };
    let (count, made, wave) = (whole("count", 8)?.max(1), whole("made", 2)?, whole("wave", 8)?.max(1));
    let step = SeedPool {
        list,
        next,
        count,
        made: made.min(count),
    };
    let column = config.text("from_column")?.unwrap_or("instruction").to_owned();
    let step = match config.text(FROM_BLOCK)?.map(str::to_owned) {
        Some(from) => Step::Fed(Fed {
            settings: format!("{count} {made} {wave} {from} {column}"),
            from,
            column,
            wave,
            step: Box::new(step),
        }),
        None => Step::Each(Box::new(step)),
    };
    Ok(Block::new(config.name(), NAME, step).writing(outputs))
}

impl EachRow for SeedPool {
    fn apply(&self, row: Row) -> Applied {
        FromKept::apply(self, row, &[])
    }
}

impl FromKept for SeedPool {
    fn apply(&self, mut row: Row, kept: &[String]) -> Applied {
        let seed = derived(row.origin.seed, &["pool", &row.lineage.to_string()]);
        let mut random = StdRng::seed_from_u64(seed);
        let seeds: Vec<&str> = row.origin.seeds.iter().map(|(question, _)| question.trim()).collect();
        let made: Vec<&str> = kept.iter().map(String::as_str).collect();
        let mut drawn: Vec<&str> = made.sample(&mut random, self.made).copied().collect();
        drawn.extend(seeds.sample(&mut random, self.count - drawn.len()).copied());
        drawn.shuffle(&mut random);
        let drawn: Vec<String> = drawn.into_iter().map(str::to_owned).collect();
        if let Some(next) = &self.next {
            row.set(next, drawn.len() + 1);
        }
        row.set(&self.list, drawn);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::Step;
    use crate::flow::blocks::tests::{block, row};
    use crate::flow::row::{Lineage, Origin};
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn every_row_has_its_own_draw_of_the_pool() {
        let Step::Each(step) = block(NAME, json!({"output_cols": ["pool", "next"], "count": 3}))
            .unwrap()
            .step
        else {
            panic!()
        };
        let drawn = |number: usize| {
            let mut one = row(json!({}));
            let seeds = (0..9).map(|at| (format!("q{at}"), String::new())).collect();
            one.origin = Arc::new(Origin {
                seeds,
                ..(*one.origin).clone()
            });
            one.lineage = Lineage::of(number);
            let made = step.apply(one).rows.remove(0);
            assert_eq!(made.columns["next"], 4);
            made.columns["pool"].clone()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_eq!(drawn(1).as_array().unwrap().len(), 3);
        assert!((0..5).any(|number| drawn(number) != drawn(number + 1)));
    }
    #[test]
    fn two_of_eight_are_made_by_the_run_where_there_are_as_many() {
        let config = json!({"output_cols": ["pool", "next"], "from_block": "later"});
        let Step::Fed(fed) = block(NAME, config).unwrap().step else {
            panic!()
        };
        assert_eq!((fed.wave, fed.column.as_str()), (8, "instruction"));
        let mut places = std::collections::BTreeSet::new();
        for (made, wanted) in [(0, 0), (1, 1), (2, 2), (30, 2)] {
            let kept: Vec<String> = (0..made).map(|at| format!("made {at}")).collect();
            for number in 0..20 {
                let mut one = row(json!({}));
                one.origin = Arc::new(Origin {
                    seeds: (0..12).map(|at| (format!("q{at}"), String::new())).collect(),
                    ..(*one.origin).clone()
                });
                one.lineage = Lineage::of(number);
                let drawn = fed.step.apply(one, &kept).rows.remove(0);
                let pool = drawn.columns["pool"].as_array().unwrap();
                let are_made: Vec<usize> = (0..8)
                    .filter(|at| pool[*at].as_str().unwrap().starts_with("made"))
                    .collect();
                assert_eq!((pool.len(), are_made.len()), (8, wanted));
                places.extend(are_made);
            }
        }
        assert!(places.len() > 4, "they stand among the others: {places:?}");
    }
}

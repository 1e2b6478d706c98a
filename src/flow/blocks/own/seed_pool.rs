//! `SeedPoolBlock` (Seedbed's own): draws seed questions in a drawn order, for a prompt that shows a pool of them.
//!
//! Keys: `output_cols` (a list of texts, and with a second column the number that follows them), `count` (8, as
//! Self-Instruct shows). The draw follows the run's seed and the row's name.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::seeds::derived;

pub(super) const NAME: &str = "SeedPoolBlock";

struct SeedPool {
    list: String,
    next: Option<String>,
    count: usize,
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
    let count = config.whole("count")?.unwrap_or(8).max(1);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    Ok(Block::each(config.name(), NAME, SeedPool { list, next, count }).writing(outputs))
}

impl EachRow for SeedPool {
    fn apply(&self, mut row: Row) -> Applied {
        let seed = derived(row.origin.seed, &["pool", &row.lineage.to_string()]);
        let mut random = StdRng::seed_from_u64(seed);
        let questions: Vec<&str> = row.origin.seeds.iter().map(|(question, _)| question.trim()).collect();
        let drawn: Vec<String> = questions
            .sample(&mut random, self.count)
            .map(|text| (*text).to_owned())
            .collect();
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
}

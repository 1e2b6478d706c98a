//! `SamplerBlock`: draws `num_samples` (5) different values from the list, text or weighted mapping in a column.
//!
//! Keys: `input_cols` and `output_cols` (one each), `random_seed`, `return_scalar` (with one value: the value itself).
//! The draw depends on the seed and the row's name, so that it is the same whatever the order of the answers.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::seeds::derived;
use crate::samples::DropReason;

pub(super) const NAME: &str = "SamplerBlock";

struct Sampler {
    input: String,
    output: String,
    count: usize,
    seed: u64,
    scalar: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (input, output) = (config.one_input()?, config.one_output()?);
    let count = config.whole("num_samples")?.unwrap_or(5);
    if count == 0 {
        return Err("'num_samples' must be at least 1".to_owned().into());
    }
    let step = Sampler {
        input: input.clone(),
        output: output.clone(),
        count: usize::try_from(count).unwrap_or(usize::MAX),
        seed: config.whole("random_seed")?.unwrap_or(0),
        scalar: config.bool("return_scalar")?.unwrap_or(false) && count == 1,
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(vec![output]))
}

impl Sampler {
    fn draw(&self, values: &Value, random: &mut StdRng) -> Result<Vec<Value>, String> {
        match values {
            Value::Array(items) => Ok(items.sample(random, self.count).cloned().collect()),
            Value::Object(weights) => {
                let weighted: Vec<(&String, f64)> = weights
                    .iter()
                    .map(|(name, weight)| match weight.as_f64() {
                        Some(weight) if weight >= 0.0 => Ok((name, weight)),
                        _ => Err(format!("the weight of '{name}' is {weight}, not a number from 0 up")),
                    })
                    .collect::<Result<_, _>>()?;
                let positive: Vec<_> = weighted.into_iter().filter(|(_, weight)| *weight > 0.0).collect();
                let drawn = positive
                    .sample_weighted(random, self.count, |(_, weight)| *weight)
                    .map_err(|error| format!("the weights cannot be used: {error}"))?;
                Ok(drawn.map(|(name, _)| Value::from(name.as_str())).collect())
            }
            Value::String(text) => {
                let letters: Vec<char> = text.chars().collect();
                Ok(letters
                    .sample(random, self.count)
                    .map(|letter| Value::from(letter.to_string()))
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

impl EachRow for Sampler {
    fn apply(&self, mut row: Row) -> Applied {
        let mut random = StdRng::seed_from_u64(derived(self.seed, &[&row.lineage.to_string(), &self.output]));
        let values = row.columns.get(&self.input).cloned().unwrap_or_default();
        match self.draw(&values, &mut random) {
            Ok(drawn) if self.scalar => row.set(&self.output, drawn.into_iter().next().unwrap_or_default()),
            Ok(drawn) => row.set(&self.output, drawn),
            Err(reason) => return Applied::rejected(row, DropReason::Filter, reason),
        }
        Applied::kept(row)
    }
}

//! `SamplerBlock`: draws `num_samples` (5) different values from the list, text or weighted mapping in a column.
//!
//! Keys: `input_cols` and `output_cols` (one each), `random_seed`, `return_scalar` (with one value: the value itself).
//! With a seed the draws are numpy's, one generator through all rows in their order, as in sdg_hub. Without one sdg_hub
//! draws anew each time; here the draw depends on the run's seed and the row's name, so that a resumed run draws the same.

use serde_json::Value;

use super::numpy_random::NumpyGenerator;
use super::{Block, BuildFault, EachRow, InOrder, Siblings, Step};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::seeds::derived;
use crate::samples::DropReason;

pub(super) const NAME: &str = "SamplerBlock";

#[derive(Clone)]
struct Sampler {
    input: String,
    output: String,
    count: usize,
    scalar: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (input, output) = (config.one_input()?, config.one_output()?);
    let count = config.whole("num_samples")?.unwrap_or(5);
    if count == 0 {
        return Err("'num_samples' must be at least 1".to_owned().into());
    }
    let sampler = Sampler {
        input: input.clone(),
        output: output.clone(),
        count: usize::try_from(count).unwrap_or(usize::MAX),
        scalar: config.bool("return_scalar")?.unwrap_or(false) && count == 1,
    };
    let step = match config.whole("random_seed")? {
        Some(seed) => Step::Ordered(Box::new(Seeded { sampler, seed })),
        None => Step::Each(Box::new(sampler)),
    };
    Ok(Block::new(config.name(), NAME, step)
        .reading(vec![input])
        .writing(vec![output]))
}

impl Sampler {
    fn draw(&self, values: &Value, random: &mut NumpyGenerator) -> Result<Vec<Value>, String> {
        let mut choose = |count: usize| random.choice(count, self.count.min(count));
        match values {
            Value::Array(items) => Ok(choose(items.len())
                .into_iter()
                .filter_map(|at| items.get(at).cloned())
                .collect()),
            Value::String(text) => {
                let letters: Vec<char> = text.chars().collect();
                Ok(choose(letters.len())
                    .into_iter()
                    .filter_map(|at| letters.get(at).map(|letter| Value::from(letter.to_string())))
                    .collect())
            }
            Value::Object(weights) => {
                let mut names = Vec::new();
                let mut positive = Vec::new();
                for (name, weight) in weights {
                    match weight.as_f64() {
                        Some(0.0) => {}
                        Some(number) if number > 0.0 => {
                            names.push(name.as_str());
                            positive.push(number);
                        }
                        _ => return Err(format!("the weight of '{name}' is {weight}, not a number from 0 up")),
                    }
                }
                if names.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(random
                    .weighted(&positive, self.count)
                    .into_iter()
                    .filter_map(|at| names.get(at).map(|name| Value::from(*name)))
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn sample(&self, mut row: Row, random: &mut NumpyGenerator) -> Applied {
        let values = row.columns.get(&self.input).cloned().unwrap_or_default();
        match self.draw(&values, random) {
            Ok(drawn) if self.scalar => row.set(&self.output, drawn.into_iter().next().unwrap_or_default()),
            Ok(drawn) => row.set(&self.output, drawn),
            Err(reason) => return Applied::rejected(row, DropReason::Filter, reason),
        }
        Applied::kept(row)
    }
}

impl EachRow for Sampler {
    fn apply(&self, row: Row) -> Applied {
        let mut random = NumpyGenerator::new(derived(row.origin.seed, &[&row.lineage.to_string(), &self.output]));
        self.sample(row, &mut random)
    }
}

struct Seeded {
    sampler: Sampler,
    seed: u64,
}

impl InOrder for Seeded {
    fn start(&self) -> Box<dyn Siblings> {
        Box::new(Drawing {
            sampler: self.sampler.clone(),
            random: NumpyGenerator::new(self.seed),
        })
    }
}

struct Drawing {
    sampler: Sampler,
    random: NumpyGenerator,
}

impl Siblings for Drawing {
    fn apply(&mut self, row: Row) -> Applied {
        self.sampler.sample(row, &mut self.random)
    }
}

//! `MeltColumnsBlock`: turns columns into rows. First all rows with the first column's value, then all with the second's,
//! as pandas' `melt` orders them.
//!
//! Keys: `input_cols` (the columns to turn), `output_cols` (two: where the value goes, and where the column's name).

use serde_json::Value;

use super::{Block, BuildFault, Step, WholeTable};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};

pub(super) const NAME: &str = "MeltColumnsBlock";

struct MeltColumns {
    inputs: Vec<String>,
    value: String,
    name: String,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let inputs = config.inputs()?;
    if inputs.is_empty() {
        return Err("'input_cols' must name the columns to turn into rows".to_owned().into());
    }
    let outputs = config.outputs()?;
    let [value, name] = outputs.as_slice() else {
        return Err(format!(
            "'output_cols' must name two columns, one for the value and one for the name, not {}",
            outputs.len()
        )
        .into());
    };
    let step = MeltColumns {
        inputs: inputs.clone(),
        value: value.clone(),
        name: name.clone(),
    };
    let mut block = Block::new(config.name(), NAME, Step::Table(Box::new(step)))
        .reading(inputs.clone())
        .writing(outputs);
    block.grows = inputs.len() as u64;
    block.removes = inputs;
    Ok(block)
}

impl WholeTable for MeltColumns {
    fn apply(&self, rows: Vec<Row>) -> Applied {
        let mut melted = Vec::with_capacity(rows.len() * self.inputs.len());
        for (piece, column) in self.inputs.iter().enumerate() {
            for row in &rows {
                let value = row.columns.get(column).cloned().unwrap_or_default();
                let mut row = row.clone();
                if self.inputs.len() > 1 {
                    row.lineage = row.lineage.child(piece);
                }
                row.columns.retain(|name, _| !self.inputs.contains(name));
                row.columns.insert(self.name.clone(), Value::from(column.as_str()));
                row.columns.insert(self.value.clone(), value);
                melted.push(row);
            }
        }
        Applied::many(melted)
    }
}

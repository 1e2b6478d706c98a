//! `TextConcatBlock`: joins `input_cols` into the one output column with `separator` (a blank line when left out).

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row, python_text};

pub(super) const NAME: &str = "TextConcatBlock";

struct TextConcat {
    inputs: Vec<String>,
    output: String,
    separator: String,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let inputs = config.inputs()?;
    if inputs.is_empty() {
        return Err("'input_cols' must name the columns to join".to_owned().into());
    }
    let output = config.one_output()?;
    let separator = config.text("separator")?.unwrap_or("\n\n").to_owned();
    let step = TextConcat {
        inputs: inputs.clone(),
        output: output.clone(),
        separator,
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(inputs)
        .writing(vec![output]))
}

impl EachRow for TextConcat {
    fn apply(&self, mut row: Row) -> Applied {
        let parts: Vec<_> = self
            .inputs
            .iter()
            .map(|column| row.columns.get(column).map_or(String::new(), python_text))
            .collect();
        row.set(&self.output, parts.join(&self.separator));
        Applied::kept(row)
    }
}

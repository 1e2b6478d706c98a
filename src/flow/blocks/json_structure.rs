//! `JSONStructureBlock`: writes columns into one column as the text of a JSON object.
//!
//! Keys: `input_cols` (names; also the object's), `output_cols` (one), `pretty_print` (false: one line, as Python's
//! `json.dumps` writes it; true: indented by two), `ensure_json_serializable` (without effect: every column is JSON).

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::python_json;
use crate::flow::row::{Applied, Columns, Row};

pub(super) const NAME: &str = "JSONStructureBlock";

struct JsonStructure {
    inputs: Vec<String>,
    output: String,
    pretty: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    if config.maps_inputs() {
        return Err("'input_cols' must be a list of columns, not a mapping"
            .to_owned()
            .into());
    }
    let (inputs, output) = (config.inputs()?, config.one_output()?);
    config.bool("ensure_json_serializable")?;
    let step = JsonStructure {
        inputs: inputs.clone(),
        output: output.clone(),
        pretty: config.bool("pretty_print")?.unwrap_or(false),
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(inputs)
        .writing(vec![output]))
}

impl EachRow for JsonStructure {
    fn apply(&self, mut row: Row) -> Applied {
        let object: Columns = self
            .inputs
            .iter()
            .map(|column| (column.clone(), row.columns.get(column).cloned().unwrap_or_default()))
            .collect();
        let text = python_json::dumps(&object.into(), self.pretty.then_some(2));
        row.set(&self.output, text);
        Applied::kept(row)
    }
}

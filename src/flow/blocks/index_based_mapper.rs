//! `IndexBasedMapperBlock`: copies, for each row, the column that a choice names.
//!
//! Keys: `choice_map` (from a choice to the column it stands for), `choice_cols` (the columns with the choices),
//! `output_cols` (one for each of them), `input_cols`. A choice that is not in the map ends sdg_hub's run; here the row
//! leaves with that reason.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Columns, Row, python_text};
use crate::samples::DropReason;

pub(super) const NAME: &str = "IndexBasedMapperBlock";

struct IndexBasedMapper {
    map: Columns,
    /// The column with the choice, and the one that is written.
    pairs: Vec<(String, String)>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let map = match config.required("choice_map")? {
        Value::Object(map) if !map.is_empty() && map.values().all(Value::is_string) => map.clone(),
        other => return Err(format!("'choice_map' must map choices to columns, not be {other}").into()),
    };
    let (choices, outputs) = (config.texts("choice_cols")?, config.outputs()?);
    if choices.is_empty() || choices.len() != outputs.len() {
        return Err(format!(
            "there must be one output column for each of 'choice_cols', not {} for {}",
            outputs.len(),
            choices.len()
        )
        .into());
    }
    let mut reads = config.inputs()?;
    reads.extend(choices.iter().cloned());
    reads.extend(map.values().filter_map(Value::as_str).map(str::to_owned));
    let step = IndexBasedMapper {
        map,
        pairs: choices.into_iter().zip(outputs.iter().cloned()).collect(),
    };
    Ok(Block::each(config.name(), NAME, step).reading(reads).writing(outputs))
}

impl EachRow for IndexBasedMapper {
    fn apply(&self, mut row: Row) -> Applied {
        for (choice, output) in &self.pairs {
            let chosen = row.columns.get(choice).unwrap_or(&Value::Null);
            let Some(column) = chosen.as_str().and_then(|chosen| self.map.get(chosen)?.as_str()) else {
                let known: Vec<_> = self.map.keys().map(String::as_str).collect();
                let message = format!(
                    "column '{choice}' is '{}', which is none of the choices {}",
                    python_text(chosen),
                    known.join(", ")
                );
                return Applied::rejected(row, DropReason::Filter, message);
            };
            let value = row.columns.get(column).cloned().unwrap_or_default();
            row.columns.insert(output.clone(), value);
        }
        Applied::kept(row)
    }
}

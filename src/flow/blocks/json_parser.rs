//! `JSONParserBlock`: reads the JSON in a column and makes its fields columns.
//!
//! Keys: `input_cols` (one), `output_cols` (the fields wanted; left out: all), `field_prefix`, `extract_embedded` (true:
//! the JSON may stand inside other text, and what is cut off at its end is closed), `fix_trailing_commas` (true),
//! `drop_input`. A list becomes the field `items`, anything else that is no object `value`.
//!
//! As in sdg_hub the columns are those of all rows together, so the rows are taken as one table, and a row without
//! readable JSON stays, its columns null. Seedbed's own key `drop_unparsable: true` needs `output_cols` and takes each row
//! by itself: one that lacks a wanted field leaves with the reason.

use serde_json::Value;

use super::{Block, BuildFault, EachRow, Step, WholeTable};
use crate::flow::config::Config;
use crate::flow::python_json;
use crate::flow::python_value::stripped;
use crate::flow::row::{Applied, Columns, Row};
use crate::samples::DropReason;

pub(super) const NAME: &str = "JSONParserBlock";

struct JsonParser {
    input: String,
    wanted: Vec<String>,
    prefix: String,
    fix_commas: bool,
    embedded: bool,
    drop_input: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let wanted = config.outputs()?;
    let prefix = config.text("field_prefix")?.unwrap_or_default().to_owned();
    let drop_input = config.bool("drop_input")?.unwrap_or(false);
    let alone = config.bool("drop_unparsable")?.unwrap_or(false);
    if alone && wanted.is_empty() {
        return Err(
            "'drop_unparsable' needs 'output_cols': name the fields that a row must have"
                .to_owned()
                .into(),
        );
    }
    let parser = JsonParser {
        input: input.clone(),
        wanted: wanted.clone(),
        prefix: prefix.clone(),
        fix_commas: config.bool("fix_trailing_commas")?.unwrap_or(true),
        embedded: config.bool("extract_embedded")?.unwrap_or(true),
        drop_input,
    };
    let writes = wanted.iter().map(|field| format!("{prefix}{field}")).collect();
    let step = if alone {
        Step::Each(Box::new(parser))
    } else {
        Step::Table(Box::new(parser))
    };
    let mut block = Block::new(config.name(), NAME, step)
        .reading(vec![input.clone()])
        .writing(writes);
    block.opens = !alone;
    if drop_input {
        block.removes = vec![input];
    }
    Ok(block)
}

impl JsonParser {
    /// The fields of a text's JSON.
    fn fields(&self, text: &Value) -> Result<Columns, String> {
        let text = text
            .as_str()
            .filter(|text| !text.is_empty())
            .ok_or("it holds no text")?;
        let json = if self.embedded {
            python_json::embedded(text).ok_or("it holds no JSON")?
        } else {
            stripped(text).to_owned()
        };
        let json = if self.fix_commas {
            python_json::without_trailing_commas(&json)
        } else {
            json
        };
        Ok(match python_json::loads(&json)? {
            Value::Object(fields) => fields,
            list @ Value::Array(_) => Columns::from_iter([("items".to_owned(), list)]),
            value => Columns::from_iter([("value".to_owned(), value)]),
        })
    }

    fn fields_of(&self, row: &Row) -> Result<Columns, String> {
        self.fields(row.columns.get(&self.input).unwrap_or(&Value::Null))
    }

    fn fill<'a>(&self, row: &mut Row, fields: &mut Columns, names: impl Iterator<Item = &'a String>) {
        if self.drop_input {
            row.columns.shift_remove(&self.input);
        }
        for name in names {
            let value = fields.get_mut(name).map(Value::take).unwrap_or_default();
            row.columns.insert(format!("{}{name}", self.prefix), value);
        }
    }
}

impl WholeTable for JsonParser {
    fn apply(&self, mut rows: Vec<Row>) -> Applied {
        let mut parsed: Vec<Columns> = rows.iter().map(|row| self.fields_of(row).unwrap_or_default()).collect();
        // The fields in the order in which the rows bring them.
        let mut known = Columns::new();
        for name in parsed.iter().flat_map(Columns::keys) {
            if !known.contains_key(name) {
                known.insert(name.clone(), Value::Null);
            }
        }
        let wanted: Vec<&String> = self.wanted.iter().filter(|name| known.contains_key(*name)).collect();
        let names: Vec<&String> = if wanted.is_empty() {
            known.keys().collect()
        } else {
            wanted
        };
        for (row, fields) in rows.iter_mut().zip(&mut parsed) {
            self.fill(row, fields, names.iter().copied());
        }
        Applied::many(rows)
    }
}

impl EachRow for JsonParser {
    fn apply(&self, mut row: Row) -> Applied {
        let fields = self.fields_of(&row).and_then(|fields| {
            let missing: Vec<_> = self
                .wanted
                .iter()
                .filter(|name| !fields.contains_key(*name))
                .map(String::as_str)
                .collect();
            match missing.as_slice() {
                [] => Ok(fields),
                names => Err(format!("its JSON lacks {}", names.join(" and "))),
            }
        });
        match fields {
            Ok(mut fields) => {
                self.fill(&mut row, &mut fields, self.wanted.iter());
                Applied::kept(row)
            }
            Err(reason) => {
                let message = format!("column '{}' cannot be read as JSON: {reason}", self.input);
                Applied::rejected(row, DropReason::Unparsable, message)
            }
        }
    }
}

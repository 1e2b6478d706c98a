//! What the tag and the regex parser share: one text, or a list of texts, becomes rows.

use serde_json::Value;

use super::EachRow;
use crate::flow::python_value::stripped;
use crate::flow::row::{Applied, Row};
use crate::samples::DropReason;

/// Finds the values of the output columns in a text: one inner list for each row, in order.
pub(super) trait Find: Send + Sync {
    /// # Errors
    /// Says why the search was given up, in words for the reason of a drop.
    fn find(&self, text: &str) -> Result<Vec<Vec<String>>, String>;
    /// Where the values are looked for, for the reason of a drop; starts with a space, or is empty.
    fn place(&self) -> String;
}

pub(super) struct TextParser<F> {
    pub input: String,
    pub outputs: Vec<String>,
    /// Texts that are taken out of every value.
    pub cleanup: Vec<String>,
    /// White space around the text does not count, as in InstructLab's pipelines.
    pub strips: bool,
    pub find: F,
}

impl<F: Find> TextParser<F> {
    fn found(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let text = if self.strips { stripped(text) } else { text };
        let mut found = self.find.find(text)?;
        for value in found.iter_mut().flatten() {
            for tag in &self.cleanup {
                if value.contains(tag.as_str()) {
                    *value = value.replace(tag.as_str(), "");
                }
            }
        }
        Ok(found)
    }

    fn empty(&self, row: Row) -> Applied {
        Applied::rejected(row, DropReason::Empty, format!("column '{}' holds no text", self.input))
    }

    fn unparsable(&self, row: Row) -> Applied {
        if matches!(row.columns.get(&self.input), Some(Value::String(text)) if text.trim().is_empty()) {
            return self.empty(row);
        }
        let message = format!(
            "no {} could be found in '{}'{}",
            self.outputs.join(" or "),
            self.input,
            self.find.place()
        );
        Applied::rejected(row, DropReason::Unparsable, message)
    }
}

impl<F: Find> EachRow for TextParser<F> {
    fn apply(&self, mut row: Row) -> Applied {
        match row.columns.get(&self.input) {
            Some(Value::String(text)) if !text.is_empty() => {
                let found = match self.found(text) {
                    Ok(found) => found,
                    Err(why) => return Applied::rejected(row, DropReason::Unparsable, why),
                };
                if found.is_empty() {
                    return self.unparsable(row);
                }
                Applied::many(row.split(found, |row, values| {
                    row.columns
                        .extend(self.outputs.iter().cloned().zip(values.into_iter().map(Value::from)));
                }))
            }
            // A list stays a list: one row whose columns hold the values of all texts.
            Some(Value::Array(texts)) => {
                let mut columns = vec![Vec::new(); self.outputs.len()];
                for text in texts.iter().filter_map(Value::as_str) {
                    let found = match self.found(text) {
                        Ok(found) => found,
                        Err(why) => return Applied::rejected(row, DropReason::Unparsable, why),
                    };
                    for values in found {
                        for (column, value) in columns.iter_mut().zip(values) {
                            column.push(Value::from(value));
                        }
                    }
                }
                if columns.iter().all(Vec::is_empty) {
                    return self.unparsable(row);
                }
                row.columns
                    .extend(self.outputs.iter().cloned().zip(columns.into_iter().map(Value::Array)));
                Applied::kept(row)
            }
            _ => self.empty(row),
        }
    }
}

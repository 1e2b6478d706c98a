//! `TagParserBlock`: cuts columns out of a text between start and end tags.
//!
//! Keys: `input_cols` (one), `output_cols`, `start_tags` and `end_tags` (one pair for each output column; an empty end
//! tag reads to the end of the text, two empty tags take the whole text), `parser_cleanup_tags`. The columns' values
//! are put together in order, as many rows as the shortest column has.

use super::text_parser::{Find, TextParser};
use super::{Block, BuildFault};
use crate::flow::config::Config;
use crate::flow::python_value::stripped;

pub(super) const NAME: &str = "TagParserBlock";

struct Tags {
    pairs: Vec<(String, String)>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let outputs = config.outputs()?;
    let (starts, ends) = (config.texts("start_tags")?, config.texts("end_tags")?);
    if starts.len() != ends.len() || starts.len() != outputs.len() {
        return Err(format!(
            "there must be one start tag and one end tag for each output column, not {} and {} for {}",
            starts.len(),
            ends.len(),
            outputs.len()
        )
        .into());
    }
    let step = TextParser {
        input: input.clone(),
        outputs: outputs.clone(),
        cleanup: config.texts("parser_cleanup_tags")?,
        strips: false,
        find: Tags {
            pairs: starts.into_iter().zip(ends).collect(),
        },
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(outputs))
}

/// Every text between the tags, from left to right, stripped, empty ones left out.
fn between(text: &str, start: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    if start.is_empty() && end.is_empty() {
        found.push(text);
    } else {
        loop {
            let inner = if start.is_empty() {
                rest
            } else {
                match rest.split_once(start) {
                    Some((_, inner)) => inner,
                    None => break,
                }
            };
            if end.is_empty() {
                found.push(inner);
                break;
            }
            let Some((value, after)) = inner.split_once(end) else {
                break;
            };
            found.push(value);
            rest = after;
        }
    }
    found
        .into_iter()
        .map(stripped)
        .filter(|value| !value.is_empty())
        .map(str::to_owned)
        .collect()
}

impl Find for Tags {
    fn find(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let columns: Vec<Vec<String>> = self
            .pairs
            .iter()
            .map(|(start, end)| between(text, start, end))
            .collect();
        let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        Ok((0..rows)
            .map(|_| columns.iter_mut().filter_map(Iterator::next).collect())
            .collect())
    }

    fn place(&self) -> String {
        let parts: Vec<_> = self.pairs.iter().map(|(start, end)| format!("{start}…{end}")).collect();
        format!(" between {}", parts.join(" "))
    }
}

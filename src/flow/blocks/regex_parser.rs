//! `RegexParserBlock`: cuts columns out of a text with a regular expression.
//!
//! Keys: `input_cols` (one), `output_cols`, `parsing_pattern` (`.` matches newlines too; each match is a row, each
//! group a column), `parser_cleanup_tags`. Patterns run in time linear in the text; look-around and references to
//! earlier groups are refused when the flow is loaded.

use regex::{Regex, RegexBuilder};

use super::text_parser::{Find, TextParser};
use super::{Block, BuildFault};
use crate::flow::config::Config;

pub(super) const NAME: &str = "RegexParserBlock";

struct Pattern(Regex);

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let outputs = config.outputs()?;
    if outputs.is_empty() {
        return Err("'output_cols' must name at least one column".to_owned().into());
    }
    let written = config
        .text("parsing_pattern")?
        .ok_or_else(|| "'parsing_pattern' is missing".to_owned())?;
    let pattern = RegexBuilder::new(written)
        .dot_matches_new_line(true)
        .build()
        .map_err(|error| format!("'parsing_pattern' cannot be used: {error}"))?;
    let step = TextParser {
        input: input.clone(),
        outputs: outputs.clone(),
        cleanup: config.texts("parser_cleanup_tags")?,
        find: Pattern(pattern),
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(outputs))
}

impl Find for Pattern {
    fn find(&self, text: &str) -> Vec<Vec<String>> {
        self.0
            .captures_iter(text)
            .map(|found| {
                // As Python's findall: without groups the whole match, else the groups, missing ones empty.
                let skipped = usize::from(found.len() > 1);
                found
                    .iter()
                    .skip(skipped)
                    .map(|group| group.map_or("", |group| group.as_str().trim()).to_owned())
                    .collect()
            })
            .collect()
    }

    fn place(&self) -> String {
        // A regular expression would tell the reader nothing; the text itself is kept with the drop.
        String::new()
    }
}

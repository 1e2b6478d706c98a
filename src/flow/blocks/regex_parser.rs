//! `RegexParserBlock`: cuts columns out of a text with a regular expression.
//!
//! Keys: `input_cols` (one), `output_cols`, `parsing_pattern` (`.` matches newlines too; each match is a row, each
//! group a column), `parser_cleanup_tags`. Patterns are Python's, look-around and references to earlier groups included;
//! one that cannot be used is refused when the flow is loaded, one that takes too long on an answer drops that row.

use fancy_regex::Regex;

use super::python_pattern::{compile, gave_up};
use super::text_parser::{Find, TextParser};
use super::{Block, BuildFault};
use crate::flow::config::Config;
use crate::flow::python_value::stripped;

pub(super) const NAME: &str = "RegexParserBlock";

/// Most matches in one text. Each becomes a row, and each costs a search.
const MOST_MATCHES: usize = 1000;

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
    let pattern = compile(written).map_err(|why| format!("'parsing_pattern' cannot be used: {why}"))?;
    // Put in for InstructLab's pipelines, which strip the text and clean up what several groups found only.
    let strips = config.bool("strips")?.unwrap_or(false);
    let mut cleanup = config.texts("parser_cleanup_tags")?;
    if strips && pattern.captures_len() <= 2 {
        cleanup.clear();
    }
    let step = TextParser {
        input: input.clone(),
        outputs: outputs.clone(),
        cleanup,
        strips,
        find: Pattern(pattern),
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(outputs))
}

impl Find for Pattern {
    fn find(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let mut rows = Vec::new();
        for found in self.0.captures_iter(text) {
            let found = found.map_err(|error| gave_up(&error))?;
            if rows.len() == MOST_MATCHES {
                return Err(format!(
                    "the block's pattern was found more than {MOST_MATCHES} times; make it match longer pieces"
                ));
            }
            // As Python's findall: without groups the whole match, else the groups, missing ones empty.
            let skipped = usize::from(found.len() > 1);
            let values = found
                .iter()
                .skip(skipped)
                .map(|group| group.map_or("", |group| stripped(group.as_str())).to_owned());
            rows.push(values.collect());
        }
        Ok(rows)
    }

    fn place(&self) -> String {
        // A regular expression would tell the reader nothing; the text itself is kept with the drop.
        String::new()
    }
}

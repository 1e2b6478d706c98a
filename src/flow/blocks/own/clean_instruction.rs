//! `CleanInstructionBlock` (Seedbed's own): tidies an instruction that a model wrote freely, as Magpie's cleaning does.
//!
//! Quotation marks around the whole are taken off, and everything from the first mark of a chat template on. Rows with
//! fewer than `min_words` (3) words leave, and those that end with a colon, since what should follow is missing. Keys:
//! `input_cols` and `output_cols` (one each), `min_words`.

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::samples::DropReason;
use crate::text::normal::words;

pub(super) const NAME: &str = "CleanInstructionBlock";

const MARKS: [&str; 6] = ["<|", "<start_of_turn>", "<end_of_turn>", "[INST]", "[/INST]", "</s>"];
const QUOTES: [(char, char); 5] = [('"', '"'), ('“', '”'), ('\'', '\''), ('«', '»'), ('„', '“')];

struct CleanInstruction {
    input: String,
    output: String,
    least: usize,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (input, output) = (config.one_input()?, config.one_output()?);
    let step = CleanInstruction {
        input: input.clone(),
        output: output.clone(),
        least: usize::try_from(config.whole("min_words")?.unwrap_or(3)).unwrap_or(usize::MAX),
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(vec![output]))
}

fn cleaned(text: &str) -> &str {
    let end = MARKS
        .iter()
        .filter_map(|mark| text.find(mark))
        .min()
        .unwrap_or(text.len());
    let text = text.get(..end).unwrap_or(text).trim();
    let inner = QUOTES.iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(*open)?.strip_suffix(*close)?;
        (!inner.contains([*open, *close])).then_some(inner)
    });
    inner.unwrap_or(text).trim()
}

impl EachRow for CleanInstruction {
    fn apply(&self, mut row: Row) -> Applied {
        let text = cleaned(row.text(&self.input)).to_owned();
        let count = words(&text).len();
        if count < self.least {
            let message = format!("it has {count} words, wanted: at least {}", self.least);
            return Applied::rejected(row, DropReason::Empty, message);
        }
        if text.ends_with([':', '：']) {
            let message = "it ends with a colon: what should follow is missing";
            return Applied::rejected(row, DropReason::Filter, message);
        }
        row.set(&self.output, text);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;
    use serde_json::json;

    #[test]
    fn instructions_are_tidied_or_leave() {
        let config = json!({"input_cols": "raw", "output_cols": "question"});
        for (raw, question) in [
            (" \"How do I water roses?\"\n", "How do I water roses?"),
            (
                "How do I water roses?<|im_end|>\n<|im_start|>assistant",
                "How do I water roses?",
            ),
            ("\"When\" and \"why\" is that?", "\"When\" and \"why\" is that?"),
        ] {
            let applied = apply(NAME, config.clone(), json!({"raw": raw}));
            assert_eq!(applied.rows[0].text("question"), question);
        }
        for (raw, reason) in [
            ("Hello there", DropReason::Empty),
            ("<|im_start|>x y z", DropReason::Empty),
            ("Translate the following text:", DropReason::Filter),
        ] {
            assert_eq!(
                apply(NAME, config.clone(), json!({"raw": raw})).rejected[0].reason,
                reason,
                "{raw}"
            );
        }
    }
}

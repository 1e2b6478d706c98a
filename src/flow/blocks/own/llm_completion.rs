//! `LLMCompletionBlock` (Seedbed's own): has the teacher continue a raw text and not a conversation.
//!
//! Magpie's idea (Xu and others 2024): given nothing but the beginning of a person's turn, as its chat template writes it,
//! an aligned model writes what a person would ask. Keys: those of `LLMChatBlock`, with `input_cols` one column with the
//! text of a system turn (may be empty), and `family`, the chat template: `chatml` (Qwen, SmolLM, Yi), `llama3`, `gemma`,
//! `granite`, `auto` (by the model's name), or `none`, which sends the column as it stands. The template's mark for the end
//! of a turn ends the answer. The teacher must have a raw completions endpoint.

use super::{Block, BuildFault, Step};
use crate::flow::blocks::llm_chat;
use crate::flow::config::Config;

pub(super) const NAME: &str = "LLMCompletionBlock";

/// How a family of models writes conversations down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum Family {
    Auto,
    ChatMl,
    Llama3,
    Gemma,
    Granite,
    /// The text as it stands.
    Plain,
}

const FAMILIES: [(&str, Family); 6] = [
    ("auto", Family::Auto),
    ("chatml", Family::ChatMl),
    ("llama3", Family::Llama3),
    ("gemma", Family::Gemma),
    ("granite", Family::Granite),
    ("none", Family::Plain),
];

/// Parts of models' names, in lower case, with the template that they use.
const NAMES: [(&str, Family); 11] = [
    ("llama-3", Family::Llama3),
    ("llama3", Family::Llama3),
    ("gemma", Family::Gemma),
    ("granite", Family::Granite),
    ("qwen", Family::ChatMl),
    ("qwq", Family::ChatMl),
    ("smollm", Family::ChatMl),
    ("hermes", Family::ChatMl),
    ("chatml", Family::ChatMl),
    ("internlm", Family::ChatMl),
    ("yi-", Family::ChatMl),
];

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let word = config.text("family")?.unwrap_or("auto");
    let family = FAMILIES
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, family)| *family);
    let family = family.ok_or_else(|| {
        let known: Vec<_> = FAMILIES.iter().map(|(known, _)| *known).collect();
        format!("'family' must be one of {}, not '{word}'", known.join(", "))
    })?;
    let mut block = llm_chat::build(config)?;
    block.block_type = NAME;
    if let Step::Ask(chat) = &mut block.step {
        chat.family = Some(family);
    }
    Ok(block)
}

impl Family {
    /// The beginning of a person's turn after a system turn, and the marks that end a turn.
    ///
    /// # Errors
    /// Says what to do when the family cannot be told from the model's name.
    pub(in crate::flow) fn person_turn(self, system: &str, model: &str) -> Result<(String, Vec<&'static str>), String> {
        let system = system.trim();
        let family = match self {
            Family::Auto => {
                let name = model.to_lowercase();
                let found = NAMES
                    .iter()
                    .find(|(part, _)| name.contains(part))
                    .map(|(_, family)| *family);
                found.ok_or_else(|| {
                    format!("the chat template of the model '{model}' is not known; set 'family' of the block to chatml, llama3, gemma or granite")
                })?
            }
            family => family,
        };
        let turn = |before: &str, after: &str| match system {
            "" => String::new(),
            text => format!("{before}{text}{after}"),
        };
        Ok(match family {
            Family::ChatMl | Family::Auto => (
                format!("{}<|im_start|>user\n", turn("<|im_start|>system\n", "<|im_end|>\n")),
                vec!["<|im_end|>"],
            ),
            Family::Llama3 => (
                format!(
                    "<|begin_of_text|>{}<|start_header_id|>user<|end_header_id|>\n\n",
                    turn("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>")
                ),
                vec!["<|eot_id|>"],
            ),
            // Gemma has no system turn: the text stands at the head of the person's.
            Family::Gemma => (
                format!("<bos><start_of_turn>user\n{}", turn("", "\n\n")),
                vec!["<end_of_turn>"],
            ),
            Family::Granite => (
                format!(
                    "{}<|start_of_role|>user<|end_of_role|>",
                    turn("<|start_of_role|>system<|end_of_role|>", "<|end_of_text|>\n")
                ),
                vec!["<|end_of_text|>"],
            ),
            Family::Plain => (system.to_owned(), Vec::new()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{block, row};
    use crate::teacher::Prompt;
    use serde_json::json;

    #[test]
    fn a_persons_turn_begins_as_the_model_knows_it() {
        for (model, start, stop) in [
            (
                "Qwen/Qwen2.5-7B-Instruct",
                "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n",
                "<|im_end|>",
            ),
            (
                "meta-llama/Llama-3.1-8B-Instruct",
                "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n",
                "<|eot_id|>",
            ),
            (
                "gemma-2-9b-it",
                "<bos><start_of_turn>user\nBe brief.\n\n",
                "<end_of_turn>",
            ),
        ] {
            let made = block(
                NAME,
                json!({"input_cols": "system", "output_cols": "raw", "stop": ["X"]}),
            )
            .unwrap();
            let Step::Ask(chat) = made.step else { panic!() };
            let request = chat.request(&row(json!({"system": "Be brief. "})), 1, model).unwrap();
            assert_eq!(request.prompt, Prompt::Raw(start.to_owned()));
            assert_eq!(request.sampling.stop, ["X", stop]);
        }
        let empty = Family::ChatMl.person_turn("", "").unwrap().0;
        assert_eq!(empty, "<|im_start|>user\n");
        assert!(
            Family::Auto
                .person_turn("", "gpt-oss")
                .unwrap_err()
                .contains("'family'")
        );
        assert!(block(NAME, json!({"input_cols": "a", "output_cols": "b", "family": "odd"})).is_err());
    }
}

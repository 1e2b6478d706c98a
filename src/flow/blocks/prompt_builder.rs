//! `PromptBuilderBlock`: fills a prompt file in with the row's columns.
//!
//! Keys: `input_cols` (names, or a mapping from column to variable), `output_cols` (one), `prompt_config_path`
//! (relative to the flow's file), `format_as_messages` (true: a list of `{role, content}`; false: one text).

use serde_json::Value;

use super::{Block, BlockPrompt, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::flow::template::Prompt;
use crate::samples::{DropReason, Message, Role};

pub(super) const NAME: &str = "PromptBuilderBlock";

struct PromptBuilder {
    prompt: BlockPrompt,
    output: String,
    as_messages: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let inputs = config.input_pairs()?;
    let output = config.one_output()?;
    let as_messages = config.bool("format_as_messages")?.unwrap_or(true);
    let file = config
        .text("prompt_config_path")?
        .ok_or_else(|| "'prompt_config_path' is missing; name the prompt file".to_owned())?
        .to_owned();
    let text = config
        .files
        .read(&file)
        .map_err(|reason| format!("its prompt file '{file}' cannot be read: {reason}; check prompt_config_path"))?;
    let prompt = Prompt::parse(&text).map_err(|fault| BuildFault::Prompt {
        file: file.clone(),
        line: fault.line,
        reason: fault.reason,
    })?;
    config.read.push((file.clone(), text));

    let reads = inputs.iter().map(|(column, _)| column.clone()).collect();
    let prompt = BlockPrompt { file, prompt, inputs };
    let step = PromptBuilder {
        prompt: prompt.clone(),
        output: output.clone(),
        as_messages,
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(reads)
        .writing(vec![output]);
    block.prompt = Some(prompt);
    Ok(block)
}

impl EachRow for PromptBuilder {
    fn apply(&self, mut row: Row) -> Applied {
        let messages = match self.prompt.fill_in(&row) {
            Ok(messages) => messages,
            Err(fault) => return Applied::rejected(row, DropReason::Template, fault.reason),
        };
        if messages.is_empty() {
            return Applied::rejected(row, DropReason::Template, "every message of the prompt came out empty");
        }
        row.set(
            &self.output,
            if self.as_messages {
                as_list(&messages)
            } else {
                Value::from(as_text(&messages))
            },
        );
        Applied::kept(row)
    }
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn as_list(messages: &[Message]) -> Value {
    messages
        .iter()
        .map(|message| serde_json::json!({"role": role_word(message.role), "content": message.content}))
        .collect()
}

fn as_text(messages: &[Message]) -> String {
    let parts: Vec<_> = messages
        .iter()
        .map(|message| format!("{}: {}", role_word(message.role), message.content))
        .collect();
    parts.join("\n\n")
}

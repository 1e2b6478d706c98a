//! `LLMChatBlock`: asks the teacher. The engine does the asking; this file says what is asked.
//!
//! Keys: `input_cols` (one, the messages), `output_cols` (one, the answers), `n`, `temperature`, `top_p`, `max_tokens`
//! or `max_completion_tokens`, `seed`, `stop`; any other key goes into the request's body as it is. Keys that name an
//! endpoint, a key or sdg_hub's own machinery are not used: who answers is the person's choice, not the flow's.
//! Beside `block_config` a block may have a `role` (`teacher`, `critic` or `reviser`: who is asked) and a `scaffold`: a
//! list of `{text, until, max_tokens}`, the frame that a small model fills in. Its texts are templates over the row's
//! columns; a part whose text comes out empty is left out, but for the first.

use serde_json::{Map, Value};

use super::own::Family;
use super::{Block, BuildFault, Step};
use crate::flow::cast::TeacherRole;
use crate::flow::config::Config;
use crate::flow::frames::Frame;
use crate::flow::row::{Columns, Row};
use crate::flow::template::{messages_of, render_text, text_variables};
use crate::teacher::{ChatRequest, Prompt, Sampling, ScaffoldPart};

pub(super) const NAME: &str = "LLMChatBlock";

/// Most answers to one prompt: beyond this a flow file is mistaken or hostile.
const MOST_CHOICES: u64 = 1000;

/// Keys of sdg_hub's block that concern its own client and change no answer.
const ITS_CLIENT: [&str; 4] = ["async_mode", "timeout", "num_retries", "drop_params"];
/// Keys that say who answers, or how the answer travels. They are not used, and a note says so.
const NOT_USED: [&str; 6] = ["model", "api_key", "api_base", "extra_headers", "stream", "user"];

/// How a teacher is asked.
#[derive(Clone)]
pub struct LlmChat {
    pub input: String,
    pub output: String,
    /// Answers wanted for each row.
    pub choices: u64,
    pub role: TeacherRole,
    pub sampling: Sampling,
    /// For raw completions: the template that begins a person's turn.
    pub(in crate::flow) family: Option<Family>,
    /// For the prompts of a pipeline: how they are written as raw texts.
    pub(in crate::flow) frame: Option<Frame>,
    /// The same was asked before, and the answer could not be read.
    pub(in crate::flow) is_again: bool,
    scaffold: Vec<ScaffoldPart>,
    extra: Map<String, Value>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let output = config.one_output()?;
    let choices = config.whole("n")?.unwrap_or(1);
    if !(1..=MOST_CHOICES).contains(&choices) {
        return Err(format!("'n' must lie between 1 and {MOST_CHOICES}, not {choices}").into());
    }
    let max_tokens = config.whole("max_tokens")?;
    let max_tokens = config.whole("max_completion_tokens")?.or(max_tokens);
    let max_tokens = match max_tokens.map(u32::try_from) {
        None => None,
        Some(Ok(tokens)) if tokens > 0 => Some(tokens),
        Some(_) => return Err("'max_tokens' is 0 or too large".to_owned().into()),
    };
    let sampling = Sampling {
        temperature: config.number("temperature")?,
        top_p: config.number("top_p")?,
        max_tokens,
        seed: config.whole("seed")?,
        stop: config.texts("stop")?,
    };
    let scaffold = scaffold(config.scaffold)?;
    let role = config.role.map_or(Ok(TeacherRole::Teacher), TeacherRole::parse)?;
    for key in ITS_CLIENT {
        config.value(key);
    }
    let mut extra = Map::new();
    if let Some(Value::Object(body)) = config.value("extra_body") {
        extra.extend(body.clone());
    }
    extra.extend(config.take_unused_but(&NOT_USED));

    let mut reads = vec![input.clone()];
    for part in &scaffold {
        for text in [&part.text, &part.until] {
            let names =
                text_variables(text).map_err(|reason| format!("'scaffold' holds a wrong template: {reason}"))?;
            reads.extend(
                names
                    .into_iter()
                    .filter(|name| !reads.contains(name))
                    .collect::<Vec<_>>(),
            );
        }
    }
    let chat = LlmChat {
        input,
        output: output.clone(),
        choices,
        role,
        sampling,
        family: None,
        frame: None,
        is_again: false,
        scaffold,
        extra,
    };
    let mut block = Block::new(config.name(), NAME, Step::Ask(Box::new(chat)))
        .reading(reads)
        .writing(vec![output]);
    block.grows = choices;
    Ok(block)
}

fn scaffold(value: Option<&Value>) -> Result<Vec<ScaffoldPart>, String> {
    let Some(value) = value else { return Ok(Vec::new()) };
    serde_json::from_value(value.clone())
        .map_err(|error| format!("'scaffold' must be a list of {{text, until, max_tokens}}: {error}"))
}

impl LlmChat {
    /// The request for one answer to this row by the model of this name.
    ///
    /// # Errors
    /// Says what is wrong with the row's messages or the scaffold's templates.
    pub fn request(&self, row: &Row, seed: u64, model: &str) -> Result<ChatRequest, String> {
        let mut stop = self.sampling.stop.clone();
        let prompt = match self.family {
            Some(family) => {
                let (text, marks) = family.person_turn(row.text(&self.input), model)?;
                stop.extend(marks.into_iter().map(str::to_owned));
                Prompt::Raw(text)
            }
            None => {
                let value = row.columns.get(&self.input).unwrap_or(&Value::Null);
                let messages = messages_of(value);
                Prompt::Chat(messages.map_err(|reason| format!("column '{}' cannot be sent: {reason}", self.input))?)
            }
        };
        let mut scaffold: Vec<ScaffoldPart> = self
            .scaffold
            .iter()
            .map(|part| {
                Ok(ScaffoldPart {
                    text: render_text(&part.text, &row.columns)?,
                    until: render_text(&part.until, &row.columns)?,
                    max_tokens: part.max_tokens,
                })
            })
            .collect::<Result<_, String>>()
            .map_err(|reason| format!("the scaffold cannot be written: {reason}"))?;
        // Only the first part may begin without a text; another that comes out empty is not for this row.
        let mut first = true;
        scaffold.retain(|part| std::mem::take(&mut first) || !part.text.is_empty());
        let sampling = Sampling {
            seed: Some(seed),
            stop,
            ..self.sampling.clone()
        };
        let framed = match &self.frame {
            Some(frame) => frame.around(prompt.messages(), model)?,
            None => None,
        };
        Ok(ChatRequest {
            prompt,
            sampling,
            scaffold,
            extra: self.extra.clone(),
            framed,
        })
    }

    /// The same question once more, in other columns and without the frame for small models.
    pub(in crate::flow) fn moved(&self, input: &str, output: &str) -> Self {
        LlmChat {
            input: input.to_owned(),
            output: output.to_owned(),
            is_again: true,
            scaffold: Vec::new(),
            ..self.clone()
        }
    }

    /// The sampling parameters of a request as provenance keeps them.
    pub fn parameters(&self, sampling: &Sampling) -> Columns {
        match serde_json::to_value(sampling) {
            Ok(Value::Object(mut map)) => {
                map.extend(self.extra.clone());
                map
            }
            _ => Columns::new(),
        }
    }

    /// Most tokens that one answer may have, where the flow sets a limit.
    pub fn most_tokens(&self) -> Option<u64> {
        self.sampling.max_tokens.map(u64::from)
    }
}

//! Texts to token ids and back, as the GGUF file describes its tokenizer, and conversations as the model's own template
//! writes them.

use std::collections::HashSet;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use minijinja::{Environment, context};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{SplitDelimiterBehavior, Tokenizer};

use crate::teacher::{Message, Role};

/// How Llama 3 cuts text into words (llama.cpp, `LLAMA_VOCAB_PRE_TYPE_LLAMA3`).
const LLAMA3_WORDS: &str = concat!(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

/// Tokens that end a turn, whatever the file says of them.
const ENDS: [&str; 6] = [
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "</s>",
];

/// What the template of a conversation may not be mistaken for: no text that people write contains it.
const PLACE: char = '\u{F8FE}';

/// The tokenizer of one model.
pub struct Tokens {
    tokenizer: Tokenizer,
    /// The bytes that each token stands for.
    pieces: Vec<Vec<u8>>,
    /// Texts of control tokens with their ids.
    controls: Vec<(String, u32)>,
    ends: HashSet<u32>,
    /// Tokens that an answer may hold: no control tokens.
    writable: Vec<bool>,
    /// Writable tokens without `[`, for parts of a scaffold.
    unbracketed: Vec<bool>,
    template: String,
    begin: String,
    end: String,
    adds_begin: bool,
}

fn text_of<'a>(content: &'a Content, key: &str) -> Option<&'a str> {
    match content.metadata.get(key)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn id_of(content: &Content, key: &str) -> Option<u32> {
    content.metadata.get(key).and_then(|value| value.to_u32().ok())
}

/// How the text is cut before merging. Candle's own reading of GGUF puts a space before each piece of text and does not
/// cut digits apart, which damages the conversations of several models; hence this list (names as llama.cpp has them).
fn words(pre: &str) -> Result<Option<PreTokenizerWrapper>, String> {
    let bytes = |regex| ByteLevel::new(false, true, regex).into();
    match pre {
        "gpt-2" | "gpt2" | "default" => Ok(Some(bytes(true))),
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" => {
            Ok(Some(Sequence::new(vec![Digits::new(true).into(), bytes(true)]).into()))
        }
        "llama-bpe" | "llama3" | "llama-v3" | "smaug-bpe" | "dbrx" => {
            let pattern = SplitPattern::Regex(LLAMA3_WORDS.to_owned());
            let split =
                Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|error| error.to_string())?;
            Ok(Some(Sequence::new(vec![split.into(), bytes(false)]).into()))
        }
        "qwen2" => Ok(None),
        other => Err(format!(
            "its way to cut text into words ('{other}') is not known here; a server can run it"
        )),
    }
}

/// The byte that a character of a byte-level vocabulary stands for (GPT-2's table).
fn byte_of(symbol: char) -> Option<u8> {
    let code = u32::from(symbol);
    match code {
        0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF => u8::try_from(code).ok(),
        0x100..=0x120 => u8::try_from(code - 0x100).ok(),
        0x121..=0x142 => u8::try_from(code - 0x121 + 0x7F).ok(),
        0x143 => Some(0xAD),
        _ => None,
    }
}

impl Tokens {
    /// Reads the tokenizer and the template; the error says what in the file cannot be used.
    pub fn read(content: &Content) -> Result<Self, String> {
        let mut tokenizer =
            Tokenizer::from_gguf(content).map_err(|error| format!("its tokenizer cannot be read: {error}"))?;
        if let Some(words) = words(text_of(content, "tokenizer.ggml.pre").unwrap_or("default"))? {
            tokenizer.with_pre_tokenizer(Some(words));
        }
        // Control tokens are looked for here and only in the template, never in what people or models wrote.
        tokenizer.set_encode_special_tokens(true);
        let array = |key: &str| match content.metadata.get(key) {
            Some(Value::Array(values)) => values.as_slice(),
            _ => &[],
        };
        let texts: Vec<&str> = array("tokenizer.ggml.tokens")
            .iter()
            .map(|value| value.to_string().map_or("", String::as_str))
            .collect();
        // 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
        let mut kinds: Vec<i64> = array("tokenizer.ggml.token_type")
            .iter()
            .map(|value| {
                value
                    .to_i32()
                    .map(i64::from)
                    .or_else(|_| value.to_u32().map(i64::from))
                    .unwrap_or(1)
            })
            .collect();
        kinds.resize(texts.len(), 1);
        let mut ends: HashSet<u32> = id_of(content, "tokenizer.ggml.eos_token_id").into_iter().collect();
        ends.extend(id_of(content, "tokenizer.ggml.eot_token_id"));
        let mut controls = Vec::new();
        let mut pieces = Vec::with_capacity(texts.len());
        for (id, (text, kind)) in (0u32..).zip(texts.iter().zip(&kinds)) {
            if matches!(kind, 3 | 4) && !text.is_empty() {
                controls.push(((*text).to_owned(), id));
            }
            if ENDS.contains(text) {
                ends.insert(id);
            }
            pieces.push(match kind {
                1 => text
                    .chars()
                    .map(byte_of)
                    .collect::<Option<Vec<u8>>>()
                    .unwrap_or_else(|| text.as_bytes().to_vec()),
                _ => text.as_bytes().to_vec(),
            });
        }
        let writable: Vec<bool> = kinds.iter().map(|kind| matches!(kind, 1 | 4 | 6)).collect();
        let unbracketed = writable
            .iter()
            .zip(&pieces)
            .map(|(writable, piece)| *writable && !piece.contains(&b'['))
            .collect();
        let named = |key: &str| {
            id_of(content, key)
                .and_then(|id| texts.get(id as usize))
                .copied()
                .unwrap_or_default()
        };
        let template = match text_of(content, "tokenizer.chat_template") {
            Some(template) => template.to_owned(),
            None => return Err("it has no chat template: it is not an instruct model".to_owned()),
        };
        Ok(Tokens {
            begin: named("tokenizer.ggml.bos_token_id").to_owned(),
            end: named("tokenizer.ggml.eos_token_id").to_owned(),
            adds_begin: matches!(
                content.metadata.get("tokenizer.ggml.add_bos_token"),
                Some(Value::Bool(true))
            ),
            tokenizer,
            pieces,
            controls,
            ends,
            writable,
            unbracketed,
            template,
        })
    }

    /// The ids of a text in which nothing is a control token.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self
            .tokenizer
            .encode(text, false)
            .map_err(|error| format!("a text cannot be tokenized: {error}"))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The ids of a text written by the template, in which control tokens count.
    fn encode_template(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut ids = Vec::new();
        let mut rest = text;
        loop {
            let found = self
                .controls
                .iter()
                .filter_map(|(control, id)| rest.find(control).map(|at| (at, control, *id)));
            let first = found.min_by_key(|(at, control, _)| (*at, usize::MAX - control.len()));
            let Some((before, after, id)) =
                first.and_then(|(at, control, id)| Some((rest.get(..at)?, rest.get(at + control.len()..)?, id)))
            else {
                ids.extend(self.encode(rest)?);
                return Ok(ids);
            };
            ids.extend(self.encode(before)?);
            ids.push(id);
            rest = after;
        }
    }

    /// The bytes of a token; nothing for an id out of range.
    pub fn piece(&self, id: u32) -> &[u8] {
        self.pieces.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// True when the token ends the turn.
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// Tokens that end the turn.
    pub fn ends(&self) -> impl Iterator<Item = u32> + '_ {
        self.ends.iter().copied()
    }

    /// For each token whether it may be written; with `scaffolded`, tokens with `[` may not.
    pub fn writable(&self, scaffolded: bool) -> &[bool] {
        if scaffolded { &self.unbracketed } else { &self.writable }
    }

    /// The ids of a conversation up to where the assistant begins to write.
    ///
    /// Control tokens written in a message stay text: nobody ends a turn from inside a seed example.
    pub fn conversation(&self, messages: &[Message]) -> Result<Vec<u32>, String> {
        let holds_control = |message: &Message| {
            self.controls
                .iter()
                .any(|(text, _)| message.content.contains(text.as_str()))
        };
        let mut ids = if messages.iter().any(holds_control) {
            let places: Vec<String> = (0..messages.len())
                .map(|index| format!("{PLACE}{index}{PLACE}"))
                .collect();
            let held: Vec<Message> = messages
                .iter()
                .zip(&places)
                .map(|(m, place)| Message::new(m.role, place.clone()))
                .collect();
            let rendered = self.render(&held)?;
            let mut ids = Vec::new();
            for (index, part) in rendered.split(PLACE).enumerate() {
                // Every other part is the number of a message.
                match part
                    .parse::<usize>()
                    .ok()
                    .filter(|_| index % 2 == 1)
                    .and_then(|number| messages.get(number))
                {
                    Some(message) => ids.extend(self.encode(&message.content.replace(PLACE, ""))?),
                    None => ids.extend(self.encode_template(part)?),
                }
            }
            ids
        } else {
            self.encode_template(&self.render(messages)?)?
        };
        self.add_begin(&mut ids);
        Ok(ids)
    }

    /// The ids of a text that is continued as it stands; control tokens written in it count.
    pub fn raw(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut ids = self.encode_template(text)?;
        self.add_begin(&mut ids);
        Ok(ids)
    }

    fn add_begin(&self, ids: &mut Vec<u32>) {
        let begin = self
            .controls
            .iter()
            .find(|(text, _)| *text == self.begin)
            .map(|(_, id)| *id);
        if let Some(begin) = begin.filter(|begin| self.adds_begin && ids.first() != Some(begin)) {
            ids.insert(0, begin);
        }
    }

    /// The conversation as the model's template writes it.
    fn render(&self, messages: &[Message]) -> Result<String, String> {
        let mut environment = Environment::new();
        // As the transformers library renders these templates.
        let syntax = minijinja::syntax::SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_unknown_method_callback(|_, value, method, arguments| python_method(value, method, arguments));
        environment.add_function(
            "raise_exception",
            |reason: String| -> Result<String, minijinja::Error> {
                Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, reason))
            },
        );
        let turns: Vec<_> = messages
            .iter()
            .map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                context! { role => role, content => message.content.as_str() }
            })
            .collect();
        environment
            .render_str(
                &self.template,
                context! { messages => turns, add_generation_prompt => true, bos_token => self.begin.as_str(), eos_token => self.end.as_str() },
            )
            .map_err(|error| format!("its chat template does not take this conversation: {error}"))
    }
}

/// The few methods of Python strings that chat templates call.
fn python_method(
    value: &minijinja::Value,
    method: &str,
    arguments: &[minijinja::Value],
) -> Result<minijinja::Value, minijinja::Error> {
    let unknown = || minijinja::Error::from(minijinja::ErrorKind::UnknownMethod);
    let text = value.as_str().ok_or_else(unknown)?;
    let argument = || {
        arguments
            .first()
            .and_then(|argument| argument.as_str())
            .ok_or_else(unknown)
    };
    Ok(match method {
        "strip" => text.trim().into(),
        "lstrip" => text.trim_start().into(),
        "rstrip" => text.trim_end().into(),
        "upper" => text.to_uppercase().into(),
        "lower" => text.to_lowercase().into(),
        "title" => text.to_owned().into(),
        "startswith" => text.starts_with(argument()?).into(),
        "endswith" => text.ends_with(argument()?).into(),
        "split" => text
            .split(argument()?)
            .map(minijinja::Value::from)
            .collect::<Vec<_>>()
            .into(),
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::byte_of;

    #[test]
    fn every_byte_has_one_symbol() {
        let mut bytes: Vec<u8> = (0..0x144).filter_map(char::from_u32).filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(
            (byte_of('Ġ'), byte_of('Ċ'), byte_of('ĉ')),
            (Some(b' '), Some(b'\n'), Some(b'\t'))
        );
        assert_eq!(byte_of('日'), None);
    }
}

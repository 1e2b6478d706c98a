//! Prompts of InstructLab's pipelines as raw texts: one message of a person, written down as the model's own template does,
//! up to where its answer begins.
//!
//! Servers begin every text themselves, so the mark for its beginning is left out: it would stand there twice.

use serde_json::{Value, json};

use super::python_value::stripped;
use super::row::Columns;
use super::template::{render_text, text_variables};
use crate::teacher::{Message, family};

/// Where the frame of a block's prompts comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// The model's name tells; where it tells nothing, the family that the pipeline names.
    OfModel { else_of: Option<String> },
    /// The pipeline's own template over `prompt` and `messages`; an empty one leaves the prompt as it stands.
    Given(String),
}

/// Parts of names, in lower case, with the template that models of that name know. Newer Granite models know another one.
const NAMES: [(&str, Template); 6] = [
    ("merlinite", Template::Merlinite),
    ("granite-7b", Template::Merlinite),
    ("mixtral", Template::Mistral),
    ("mistral", Template::Mistral),
    ("llama-3", Template::Llama3),
    ("llama3", Template::Llama3),
];

/// Families as pipelines name them.
const FAMILIES: [(&str, Template); 6] = [
    ("merlinite", Template::Merlinite),
    ("granite", Template::Merlinite),
    ("mixtral", Template::Mistral),
    ("mistral", Template::Mistral),
    ("llama", Template::Llama3),
    ("blank", Template::Blank),
];

/// What a pipeline's template can read: the text, the same as a list of one message, and that an answer is to follow.
const GIVEN: [&str; 3] = ["prompt", "messages", "add_generation_prompt"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Template {
    Merlinite,
    Mistral,
    Llama3,
    Blank,
}

impl Frame {
    /// Out of a block's `model_prompt` and `model_family`.
    ///
    /// # Errors
    /// Says what is wrong with them.
    pub(super) fn of(prompt: &Value, family: &Value) -> Result<Frame, String> {
        match prompt {
            Value::Null => {}
            Value::String(template) => {
                let names = text_variables(template)
                    .map_err(|reason| format!("'model_prompt' is not a Jinja2 template: {reason}"))?;
                return match names.iter().find(|name| !GIVEN.contains(&name.as_str())) {
                    Some(name) => Err(format!(
                        "'model_prompt' reads '{name}'; it can read {}",
                        GIVEN.join(", ")
                    )),
                    None => Ok(Frame::Given(template.clone())),
                };
            }
            other => return Err(format!("'model_prompt' must be a text, not {other}")),
        }
        let else_of = match family {
            Value::Null => None,
            Value::String(name) if FAMILIES.iter().any(|(known, _)| known == name) => Some(name.clone()),
            other => {
                let known: Vec<_> = FAMILIES.iter().map(|(known, _)| *known).collect();
                return Err(format!(
                    "'model_family' must be one of {}, not {other}",
                    known.join(", ")
                ));
            }
        };
        Ok(Frame::OfModel { else_of })
    }

    /// The conversation as a raw text for the model of this name; `None` where its own server knows better, as for a model
    /// whose template is not known here.
    ///
    /// # Errors
    /// Says what is wrong with the pipeline's template.
    pub(super) fn around(&self, messages: &[Message], model: &str) -> Result<Option<String>, String> {
        let prompt = messages.last().map_or("", |message| message.content.as_str());
        match self {
            Frame::Given(template) if template.is_empty() => Ok(Some(prompt.to_owned())),
            Frame::Given(template) => {
                let given = [json!(prompt), json!(messages), json!(true)];
                let columns = GIVEN.map(str::to_owned).into_iter().zip(given).collect::<Columns>();
                let text = render_text(template, &columns).map_err(|reason| format!("'model_prompt': {reason}"))?;
                Ok(Some(stripped(&text).to_owned()))
            }
            Frame::OfModel { else_of } => {
                Ok(template_of(model, else_of.as_deref()).map(|template| template.around(prompt)))
            }
        }
    }
}

fn template_of(model: &str, else_of: Option<&str>) -> Option<Template> {
    let name = model.to_lowercase();
    let found = |list: &[(&str, Template)], fits: &dyn Fn(&str) -> bool| {
        list.iter()
            .find(|(known, _)| fits(known))
            .map(|(_, template)| *template)
    };
    found(&NAMES, &|part| name.contains(part)).or_else(|| match family(model) {
        None => found(&FAMILIES, &|known| Some(known) == else_of),
        Some(_) => None,
    })
}

impl Template {
    fn around(self, prompt: &str) -> String {
        match self {
            Template::Merlinite => format!("<|user|>\n{prompt}\n<|assistant|>\n"),
            Template::Mistral => format!("[INST] {prompt} [/INST]"),
            Template::Llama3 => format!(
                "<|start_header_id|>user<|end_header_id|>\n\n{prompt}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
            ),
            Template::Blank => prompt.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teacher::Role;

    #[test]
    fn a_prompt_is_written_as_its_model_knows_it() {
        let messages = [Message::new(Role::User, "Ask.")];
        for (frame, model, text) in [
            (
                json!([null, null]),
                "mistralai/Mixtral-8x7B-Instruct-v0.1",
                Some("[INST] Ask. [/INST]"),
            ),
            (
                json!([null, "llama"]),
                "merlinite-7b-lab-Q4_K_M.gguf",
                Some("<|user|>\nAsk.\n<|assistant|>\n"),
            ),
            (
                json!([null, "granite"]),
                "my-own",
                Some("<|user|>\nAsk.\n<|assistant|>\n"),
            ),
            (json!([null, "blank"]), "my-own", Some("Ask.")),
            // Its own server knows the template of these.
            (json!([null, "granite"]), "granite-4.0-h-small", None),
            (json!([null, "mixtral"]), "qwen2.5", None),
            (json!([null, null]), "my-own", None),
            (json!(["", "mixtral"]), "qwen2.5", Some("Ask.")),
            (json!(["<u>{{ prompt }}</u>\n", null]), "qwen2.5", Some("<u>Ask.</u>")),
            (
                json!([
                    "{% for m in messages %}{{ m.role }}: {{ m['content'] }}{% endfor %}",
                    null
                ]),
                "",
                Some("user: Ask."),
            ),
        ] {
            let made = Frame::of(&frame[0], &frame[1]).unwrap();
            assert_eq!(
                made.around(&messages, model).unwrap().as_deref(),
                text,
                "{frame} {model}"
            );
        }
        let llama = Frame::of(&Value::Null, &Value::Null).unwrap();
        let llama = llama.around(&messages, "Meta-Llama-3.1-8B").unwrap().unwrap();
        assert!(llama.contains("user<|end_header_id|>\n\nAsk.<|eot_id|>"), "{llama}");
        for (prompt, family, words) in [
            (json!("{{ prompt"), Value::Null, "not a Jinja2 template"),
            (json!("{{ bos_token }}"), Value::Null, "it can read prompt, messages"),
            (json!(3), Value::Null, "must be a text"),
            (Value::Null, json!("phi"), "must be one of merlinite"),
        ] {
            let fault = Frame::of(&prompt, &family).unwrap_err();
            assert!(fault.contains(words), "{fault}");
        }
    }
}

//! Puts an answer together from the pieces in which servers send it.

use serde_json::Value;

use super::thinking::Thinking;

use crate::teacher::{Finish, Reply, Usage};

/// What a piece of a response turned out to be when it was not part of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Odd {
    /// An error object, as sent.
    Complaint(Value),
    /// JSON of another shape.
    Shape(String),
}

/// An answer that is still growing.
#[derive(Debug, Default)]
pub struct Draft {
    text: String,
    reasoning: String,
    thinking: Thinking,
    finish: Option<Finish>,
    usage: Usage,
    model: String,
    choices_seen: bool,
}

impl Draft {
    /// Takes one chunk of a stream, or a whole completion. Returns the text to be shown, which may be empty.
    ///
    /// # Errors
    /// An error object, or JSON that is no chat completion.
    pub fn take(&mut self, value: &Value) -> Result<String, Odd> {
        let Value::Object(object) = value else {
            return Err(Odd::Shape(format!("an object was expected, not {}", kind_of(value))));
        };
        let complains = object.get("error").is_some_and(|error| !error.is_null())
            || object.get("object").and_then(Value::as_str) == Some("error");
        if complains {
            return Err(Odd::Complaint(value.clone()));
        }
        if let Some(model) = object.get("model").and_then(Value::as_str)
            && !model.is_empty()
        {
            model.clone_into(&mut self.model);
        }
        if let Some(usage) = object.get("usage").filter(|usage| usage.is_object()) {
            let tokens = |key: &str| usage.get(key).and_then(Value::as_u64).unwrap_or(0);
            self.usage = Usage {
                prompt_tokens: tokens("prompt_tokens"),
                completion_tokens: tokens("completion_tokens"),
            };
        }
        let Some(choices) = object.get("choices").and_then(Value::as_array) else {
            return if object.contains_key("usage") {
                Ok(String::new())
            } else {
                Err(Odd::Shape("it has no `choices`".to_owned()))
            };
        };
        // Only the first choice is wanted; others come when a flow's own parameters ask for several.
        let first = choices
            .iter()
            .find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0);
        first.map_or(Ok(String::new()), |choice| self.take_choice(choice))
    }

    fn take_choice(&mut self, choice: &Value) -> Result<String, Odd> {
        let said = choice
            .get("delta")
            .or_else(|| choice.get("message"))
            .filter(|said| !said.is_null());
        let text = match said {
            Some(Value::Object(said)) => {
                let reasoning = ["reasoning_content", "reasoning"]
                    .into_iter()
                    .find_map(|key| said.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()));
                self.reasoning.push_str(reasoning.unwrap_or_default());
                if let Some(refusal) = said.get("refusal").and_then(Value::as_str)
                    && !refusal.is_empty()
                {
                    self.finish = Some(Finish::Filtered);
                    refusal.to_owned()
                } else {
                    text_of(said.get("content"))?
                }
            }
            // Some servers answer in the shape of plain completions.
            None => text_of(choice.get("text"))?,
            Some(other) => return Err(Odd::Shape(format!("its message is {}", kind_of(other)))),
        };
        self.choices_seen = true;
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str)
            && self.finish != Some(Finish::Filtered)
        {
            self.finish = Some(match reason {
                "length" | "max_tokens" | "max_length" => Finish::Length,
                "content_filter" | "safety" | "refusal" => Finish::Filtered,
                _ => Finish::Stop,
            });
        }
        let (thought, shown) = self.thinking.split(&text);
        self.reasoning.push_str(&thought);
        self.text.push_str(&shown);
        Ok(shown)
    }

    /// True once the server said why the answer ended.
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// True once anything of a choice came, even without text.
    pub fn has_begun(&self) -> bool {
        self.choices_seen
    }

    /// True once text or reasoning came.
    pub fn has_words(&self) -> bool {
        !self.text.is_empty() || !self.reasoning.is_empty() || self.thinking.holds_text()
    }

    /// The text so far, for an error that ends the answer.
    pub fn into_text(mut self) -> String {
        self.text.push_str(&self.thinking.rest());
        self.text
    }

    /// The whole answer, and text that was held back until now and is still to be shown.
    pub fn into_reply(mut self, asked_model: &str) -> (Reply, String) {
        let mut held = self.thinking.rest();
        if self.thinking == Thinking::Inside {
            // Cut off inside its thoughts: they are not an answer.
            self.reasoning.push_str(&std::mem::take(&mut held));
        }
        self.text.push_str(&held);
        let model = if self.model.is_empty() {
            asked_model.to_owned()
        } else {
            self.model
        };
        let finish = self.finish.unwrap_or(Finish::Stop);
        (
            Reply {
                text: self.text,
                reasoning: self.reasoning,
                finish,
                usage: self.usage,
                model,
            },
            held,
        )
    }
}

/// Content is a string, a list of parts, or nothing.
fn text_of(content: Option<&Value>) -> Result<String, Odd> {
    match content {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => Ok(parts
            .iter()
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect()),
        Some(other) => Err(Odd::Shape(format!("its content is {}", kind_of(other)))),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chunk(text: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {"content": text}}]})
    }

    #[test]
    fn shapes_of_chunks_and_completions() {
        let mut draft = Draft::default();
        assert_eq!(
            draft
                .take(&json!({"choices": [{"delta": {"role": "assistant", "content": null}}]}))
                .unwrap(),
            ""
        );
        assert!(draft.has_begun() && !draft.has_words());
        assert_eq!(
            draft
                .take(&json!({"model": "m", "choices": [{"delta": {"reasoning": "hm"}}]}))
                .unwrap(),
            ""
        );
        assert_eq!(draft.take(&chunk("Hi")).unwrap(), "Hi");
        assert_eq!(
            draft
                .take(&json!({"choices": [{"index": 1, "delta": {"content": "other"}}]}))
                .unwrap(),
            ""
        );
        let parts = json!([{"type": "text", "text": " a"}, {"type": "text", "text": "b"}]);
        assert_eq!(
            draft
                .take(&json!({"choices": [{"delta": {"content": parts}}]}))
                .unwrap(),
            " ab"
        );
        draft
            .take(&json!({"choices": [{"delta": {}, "finish_reason": "length"}], "usage": null}))
            .unwrap();
        draft
            .take(&json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}))
            .unwrap();
        let (reply, held) = draft.into_reply("asked");
        assert_eq!(
            (reply.text.as_str(), reply.reasoning.as_str(), held.as_str()),
            ("Hi ab", "hm", "")
        );
        assert_eq!((reply.finish, reply.model.as_str()), (Finish::Length, "m"));
        assert_eq!(
            reply.usage,
            Usage {
                prompt_tokens: 3,
                completion_tokens: 5
            }
        );
    }

    #[test]
    fn refusals_are_marked() {
        let mut draft = Draft::default();
        draft
            .take(&json!({"choices": [{"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}]}))
            .unwrap();
        let (reply, _) = draft.into_reply("m");
        assert_eq!((reply.text.as_str(), reply.finish), ("No.", Finish::Filtered));
    }

    #[test]
    fn what_is_no_answer() {
        for odd in [
            json!({"error": {"message": "m"}}),
            json!({"error": "m"}),
            json!({"object": "error", "message": "m"}),
        ] {
            assert!(matches!(Draft::default().take(&odd), Err(Odd::Complaint(_))), "{odd}");
        }
        for odd in [
            json!([]),
            json!(3),
            json!({"ok": true}),
            json!({"choices": [{"message": 3}]}),
            json!({"choices": [{"text": 3}]}),
        ] {
            assert!(matches!(Draft::default().take(&odd), Err(Odd::Shape(_))), "{odd}");
        }
        assert_eq!(
            Draft::default().take(&json!({"error": null, "choices": []})),
            Ok(String::new())
        );
    }

    #[test]
    fn thoughts_are_kept_apart_however_they_are_cut() {
        let whole = "\n<think>a < b, </thin k> é</think>\n\nThe <think> answer</think>";
        for size in 1..12 {
            let mut draft = Draft::default();
            let mut shown = String::new();
            for piece in whole.chars().collect::<Vec<_>>().chunks(size) {
                shown += &draft.take(&chunk(&piece.iter().collect::<String>())).unwrap();
            }
            let (reply, held) = draft.into_reply("m");
            assert_eq!(reply.reasoning, "a < b, </thin k> é", "{size}");
            assert_eq!(reply.text, "The <think> answer</think>", "{size}");
            assert_eq!(shown + &held, reply.text);
        }
        for (said, text, reasoning) in [
            ("  <thi", "  <thi", ""),
            ("<think>endless </th", "", "endless </th"),
            ("  plain", "  plain", ""),
        ] {
            let mut draft = Draft::default();
            draft.take(&chunk(said)).unwrap();
            let (reply, _) = draft.into_reply("m");
            assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), (text, reasoning));
        }
    }
}

//! Puts an answer together from the pieces in which servers send it.

use std::ops::Range;

use serde_json::Value;

use super::thinking::Thinking;
use crate::teacher::{Finish, Reply, Usage};
use crate::text::tokens;

/// What a piece of a response turned out to be when it was not part of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Odd {
    /// An error object, as sent.
    Complaint(Value),
    /// JSON of another shape.
    Shape(String),
}

/// The answers of one call, still growing.
#[derive(Debug)]
pub struct Draft {
    /// As many as were asked for; a server may begin fewer.
    choices: Vec<Choice>,
    usage: Usage,
    model: String,
}

#[derive(Debug, Default)]
struct Choice {
    text: String,
    reasoning: String,
    thinking: Thinking,
    finish: Option<Finish>,
    begun: bool,
    /// It was handed on before the others came.
    given: bool,
}

impl Draft {
    /// Expects so many answers. In the continuation of a raw text thoughts are not told from other text.
    pub fn new(choices: usize, raw: bool) -> Self {
        let choice = || Choice {
            thinking: if raw { Thinking::Over } else { Thinking::default() },
            ..Choice::default()
        };
        Draft {
            choices: std::iter::repeat_with(choice).take(choices.max(1)).collect(),
            usage: Usage::default(),
            model: String::new(),
        }
    }

    /// Takes one chunk of a stream, or a whole completion. `tell` hears each text that is to be shown, with the number of its
    /// answer.
    ///
    /// # Errors
    /// An error object, or JSON that is no completion.
    pub fn take(&mut self, value: &Value, mut tell: impl FnMut(usize, &str)) -> Result<(), Odd> {
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
                Ok(())
            } else {
                Err(Odd::Shape("it has no `choices`".to_owned()))
            };
        };
        for (place, said) in choices.iter().enumerate() {
            let index = match said.get("index").and_then(Value::as_u64) {
                Some(index) => usize::try_from(index).unwrap_or(usize::MAX),
                None => place,
            };
            // Others than those that are wanted come when a flow's own parameters ask for several.
            let Some(choice) = self.choices.get_mut(index) else {
                continue;
            };
            tell(index, &choice.take(said)?);
        }
        Ok(())
    }

    /// True when all of these answers are whole and others are still to come. The last ones wait for the end of the call, when
    /// the tokens are counted.
    pub fn has_finished(&self, range: Range<usize>) -> bool {
        let others_are_open =
            (self.choices.iter().enumerate()).any(|(at, choice)| !range.contains(&at) && !choice.given);
        let ended = self.choices.get(range).unwrap_or_default();
        others_are_open && !ended.is_empty() && ended.iter().all(|choice| choice.finish.is_some() && !choice.given)
    }

    /// Takes these answers out before the others have come. Their tokens are estimates.
    pub fn take_finished(&mut self, range: Range<usize>, asked_model: &str) -> Vec<Reply> {
        let model = if self.model.is_empty() {
            asked_model
        } else {
            &self.model
        };
        let taken = self
            .choices
            .get_mut(range)
            .unwrap_or_default()
            .iter_mut()
            .map(|choice| {
                let rest = Choice {
                    finish: choice.finish,
                    begun: true,
                    given: true,
                    ..Choice::default()
                };
                let (mut reply, _) = std::mem::replace(choice, rest).into_reply(model);
                reply.usage.completion_tokens = tokens::estimate(&reply.text);
                reply
            });
        taken.collect()
    }

    /// True once the server said of all answers why they ended.
    pub fn is_finished(&self) -> bool {
        self.choices.iter().all(|choice| choice.finish.is_some())
    }

    /// True when every answer that was begun has ended; a server may begin fewer than it was asked for.
    pub fn may_end(&self) -> bool {
        self.has_begun()
            && self
                .choices
                .iter()
                .all(|choice| choice.finish.is_some() || !choice.begun)
    }

    /// True once anything of an answer came, even without text.
    pub fn has_begun(&self) -> bool {
        self.choices.iter().any(|choice| choice.begun)
    }

    /// True once text or reasoning came.
    pub fn has_words(&self) -> bool {
        self.choices.iter().any(Choice::has_words)
    }

    /// The text of the first answer so far, for an error that ends it.
    pub fn into_text(self) -> String {
        self.choices.into_iter().next().map_or_else(String::new, |mut choice| {
            choice.text.push_str(&choice.thinking.rest());
            choice.text
        })
    }

    /// The whole answers that were begun, in order, and text of the first that was held back until now and is still to be
    /// shown. What the call took stands with the first one.
    pub fn into_replies(self, asked_model: &str) -> (Vec<Reply>, String) {
        let model = if self.model.is_empty() {
            asked_model.to_owned()
        } else {
            self.model
        };
        let mut usage = self.usage;
        let mut shown = String::new();
        let mut replies = Vec::new();
        for (index, choice) in self.choices.into_iter().enumerate() {
            if !choice.begun || choice.given {
                continue;
            }
            let (mut reply, held) = choice.into_reply(&model);
            reply.usage = std::mem::take(&mut usage);
            replies.push(reply);
            if index == 0 {
                shown = held;
            }
        }
        (replies, shown)
    }
}

impl Choice {
    fn take(&mut self, choice: &Value) -> Result<String, Odd> {
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
            // The shape of plain completions; some servers use it for chats, too.
            None => text_of(choice.get("text"))?,
            Some(other) => return Err(Odd::Shape(format!("its message is {}", kind_of(other)))),
        };
        self.begun = true;
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

    fn has_words(&self) -> bool {
        !self.text.is_empty() || !self.reasoning.is_empty() || self.thinking.holds_text()
    }

    fn into_reply(mut self, model: &str) -> (Reply, String) {
        let mut held = self.thinking.rest();
        if self.thinking == Thinking::Inside {
            // Cut off inside its thoughts: they are not an answer.
            self.reasoning.push_str(&std::mem::take(&mut held));
        }
        self.text.push_str(&held);
        let reply = Reply {
            text: self.text,
            reasoning: self.reasoning,
            finish: self.finish.unwrap_or(Finish::Stop),
            usage: Usage::default(),
            model: model.to_owned(),
        };
        (reply, held)
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

    /// What is shown of the first answer.
    fn take(draft: &mut Draft, value: &Value) -> Result<String, Odd> {
        let mut shown = String::new();
        let tell = |index: usize, text: &str| {
            if index == 0 {
                shown.push_str(text);
            }
        };
        draft.take(value, tell).map(|()| shown)
    }

    fn only(draft: Draft, model: &str) -> (Reply, String) {
        let (mut replies, held) = draft.into_replies(model);
        assert_eq!(replies.len(), 1);
        (replies.remove(0), held)
    }

    #[test]
    fn several_answers_are_told_apart() {
        let said = |index: usize, text: &str| json!({"choices": [{"index": index, "delta": {"content": text}}]});
        let ends = |index: usize| json!({"choices": [{"index": index, "delta": {}, "finish_reason": "stop"}]});
        let mut draft = Draft::new(3, false);
        let mut shown = String::new();
        for chunk in [
            said(0, "a"),
            said(1, "<think>"),
            said(0, "b"),
            said(1, "x</think>c"),
            ends(0),
            said(7, "odd"),
        ] {
            shown += &take(&mut draft, &chunk).unwrap();
        }
        assert_eq!(shown, "ab");
        assert!(!draft.may_end());
        take(&mut draft, &ends(1)).unwrap();
        assert!(draft.may_end() && !draft.is_finished(), "the third was never begun");
        take(
            &mut draft,
            &json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 9}}),
        )
        .unwrap();
        let (replies, held) = draft.into_replies("m");
        assert_eq!((replies.len(), held.as_str()), (2, ""));
        assert_eq!((replies[1].text.as_str(), replies[1].reasoning.as_str()), ("c", "x"));
        assert_eq!(
            (replies[0].usage.completion_tokens, replies[1].usage),
            (9, Usage::default())
        );
        // Whole answers without numbers stand in order; a raw text keeps its tags.
        let mut draft = Draft::new(2, true);
        take(
            &mut draft,
            &json!({"choices": [{"text": "<think>a"}, {"text": "b", "finish_reason": "length"}]}),
        )
        .unwrap();
        let (replies, _) = draft.into_replies("m");
        assert_eq!(
            (replies[0].text.as_str(), replies[1].finish),
            ("<think>a", Finish::Length)
        );
    }

    fn chunk(text: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {"content": text}}]})
    }

    #[test]
    fn shapes_of_chunks_and_completions() {
        let mut draft = Draft::new(1, false);
        assert_eq!(
            take(
                &mut draft,
                &json!({"choices": [{"delta": {"role": "assistant", "content": null}}]})
            )
            .unwrap(),
            ""
        );
        assert!(draft.has_begun() && !draft.has_words());
        assert_eq!(
            take(
                &mut draft,
                &json!({"model": "m", "choices": [{"delta": {"reasoning": "hm"}}]})
            )
            .unwrap(),
            ""
        );
        assert_eq!(take(&mut draft, &chunk("Hi")).unwrap(), "Hi");
        assert_eq!(
            take(
                &mut draft,
                &json!({"choices": [{"index": 1, "delta": {"content": "other"}}]})
            )
            .unwrap(),
            ""
        );
        let parts = json!([{"type": "text", "text": " a"}, {"type": "text", "text": "b"}]);
        assert_eq!(
            take(&mut draft, &json!({"choices": [{"delta": {"content": parts}}]})).unwrap(),
            " ab"
        );
        take(
            &mut draft,
            &json!({"choices": [{"delta": {}, "finish_reason": "length"}], "usage": null}),
        )
        .unwrap();
        take(
            &mut draft,
            &json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}),
        )
        .unwrap();
        let (reply, held) = only(draft, "asked");
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
        let mut draft = Draft::new(1, false);
        take(
            &mut draft,
            &json!({"choices": [{"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}]}),
        )
        .unwrap();
        let (reply, _) = only(draft, "m");
        assert_eq!((reply.text.as_str(), reply.finish), ("No.", Finish::Filtered));
    }

    #[test]
    fn what_is_no_answer() {
        for odd in [
            json!({"error": {"message": "m"}}),
            json!({"error": "m"}),
            json!({"object": "error", "message": "m"}),
        ] {
            assert!(
                matches!(take(&mut Draft::new(1, false), &odd), Err(Odd::Complaint(_))),
                "{odd}"
            );
        }
        for odd in [
            json!([]),
            json!(3),
            json!({"ok": true}),
            json!({"choices": [{"message": 3}]}),
            json!({"choices": [{"text": 3}]}),
        ] {
            assert!(
                matches!(take(&mut Draft::new(1, false), &odd), Err(Odd::Shape(_))),
                "{odd}"
            );
        }
        assert_eq!(
            take(&mut Draft::new(1, false), &json!({"error": null, "choices": []})),
            Ok(String::new())
        );
    }

    #[test]
    fn thoughts_are_kept_apart_however_they_are_cut() {
        let whole = "\n<think>a < b, </thin k> é</think>\n\nThe <think> answer</think>";
        for size in 1..12 {
            let mut draft = Draft::new(1, false);
            let mut shown = String::new();
            for piece in whole.chars().collect::<Vec<_>>().chunks(size) {
                shown += &take(&mut draft, &chunk(&piece.iter().collect::<String>())).unwrap();
            }
            let (reply, held) = only(draft, "m");
            assert_eq!(reply.reasoning, "a < b, </thin k> é", "{size}");
            assert_eq!(reply.text, "The <think> answer</think>", "{size}");
            assert_eq!(shown + &held, reply.text);
        }
        for (said, text, reasoning) in [
            ("  <thi", "  <thi", ""),
            ("<think>endless </th", "", "endless </th"),
            ("  plain", "  plain", ""),
        ] {
            let mut draft = Draft::new(1, false);
            take(&mut draft, &chunk(said)).unwrap();
            let (reply, _) = only(draft, "m");
            assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), (text, reasoning));
        }
    }
}

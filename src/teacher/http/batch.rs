//! Calls and answers that travel in files instead of connections, in the same words.

use serde_json::Value;

use super::answer::{Draft, Odd};
use super::complaint::Complaint;
use super::learnt::Shape;
use super::{Inner, request};
use crate::teacher::batch::{BatchCall, CHAT_URL, RAW_URL};
use crate::teacher::{ChatRequest, Reply};

impl Inner {
    /// The body that would be sent, without what concerns streams.
    pub(super) fn batch_call(&self, request: &ChatRequest) -> BatchCall {
        let options = &self.options;
        let learnt = self.learnt.shape();
        let shape = Shape {
            with_usage: false,
            // A file cannot be mended when it is refused, and OpenAI's newer models know no other name; its older ones know both.
            new_token_limit: learnt.new_token_limit || options.address.is_openai(),
            ..learnt
        };
        let mut body = request::body(request, 1, &options.model, &options.sampling, &options.extra, shape);
        body.remove("stream");
        BatchCall {
            url: if request.prompt.is_chat() { CHAT_URL } else { RAW_URL },
            body,
        }
    }
}

/// What a body holds.
pub enum Answered {
    Reply(Reply),
    /// An error object, as sent.
    Complaint(Value),
    /// Something else, in words.
    Odd(String),
}

/// Reads a whole body as an answer.
pub fn answered(body: &Value, raw: bool) -> Answered {
    let mut draft = Draft::new(1, raw);
    match draft.take(body, |_, _| ()) {
        Err(Odd::Complaint(value)) => Answered::Complaint(value),
        Err(Odd::Shape(what)) => Answered::Odd(what),
        Ok(_) if !draft.has_begun() => Answered::Odd("it holds no answer (`choices` is empty)".to_owned()),
        Ok(_) => match draft.into_replies("").0.pop() {
            Some(reply) => Answered::Reply(reply),
            None => Answered::Odd("it holds no answer".to_owned()),
        },
    }
}

/// The code of an error object, if it has one, and what it says.
pub fn complained(error: &Value) -> (Option<String>, String) {
    let text = match error {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let complaint = Complaint::from_body(200, text.as_bytes());
    let code = complaint.code.split(' ').next().unwrap_or_default().to_owned();
    (Some(code).filter(|code| !code.is_empty()), complaint.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teacher::{
        Address, HttpOptions, HttpTeacher, Key, KeySource, Limits, Message, Prompt, Retries, Role, Sampling, Teacher,
    };
    use serde_json::json;

    fn teacher(url: &str) -> HttpTeacher {
        HttpTeacher::new(HttpOptions {
            name: "far".into(),
            address: Address::parse(url).unwrap(),
            model: "m".into(),
            key: Key::new("far", KeySource::None),
            slots: None,
            sampling: Sampling {
                max_tokens: Some(99),
                ..Sampling::default()
            },
            extra: serde_json::Map::new(),
            limits: Limits::default(),
            retries: Retries::default(),
        })
        .unwrap()
    }

    fn request(prompt: Prompt) -> ChatRequest {
        let sampling = Sampling {
            temperature: Some(0.5),
            seed: Some(7),
            ..Sampling::default()
        };
        ChatRequest {
            extra: json!({"top_k": 3, "stream": true}).as_object().unwrap().clone(),
            ..ChatRequest::new(prompt, sampling)
        }
    }

    #[test]
    fn a_line_asks_what_the_teacher_would_send() {
        let chat = request(Prompt::Chat(vec![Message::new(Role::User, "Hi\u{2028}")]));
        let call = teacher("http://127.0.0.1:8000").batch_call(&chat).unwrap();
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi\u{2028}"}], "temperature": 0.5,
            "max_tokens": 99, "seed": 7, "top_k": 3});
        let read = |line: String| serde_json::from_str::<Value>(&line).unwrap();
        assert_eq!(
            read(call.line("k")),
            json!({"custom_id": "k", "method": "POST", "url": "/v1/chat/completions", "body": body})
        );
        assert_eq!(
            read(call.ray_line("k")),
            json!({"custom_id": "k", "messages": [{"role": "user", "content": "Hi\u{2028}"}], "payload": body,
                "sampling_params": {"temperature": 0.5, "max_tokens": 99, "seed": 7}})
        );
        assert!(!call.line("k").contains('\n'));
        let newer = teacher("https://api.openai.com/v1").batch_call(&chat).unwrap();
        assert_eq!(newer.body.get("max_completion_tokens"), Some(&json!(99)));
        assert_eq!(read(newer.ray_line("k"))["sampling_params"]["max_tokens"], 99);
        let raw = teacher("http://127.0.0.1:8000")
            .batch_call(&request(Prompt::Raw("<|user|>".to_owned())))
            .unwrap();
        assert_eq!(
            (raw.url, raw.body.get("prompt")),
            ("/v1/completions", Some(&json!("<|user|>")))
        );
        assert_eq!(read(raw.ray_line("k"))["prompt"], "<|user|>");
    }
}

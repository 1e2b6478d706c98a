//! Calls that are made from files: a request as a line for a batch, and an answer from the line that comes back.
//!
//! Requests have the form of OpenAI's Batch API, which `vllm run-batch` and other services take, too; beside it, a row for
//! Ray Data's LLM processors. Which file a line goes to is not this room's business.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::http::{Answered, answered, complained};
use super::{Finish, Reply, Usage};

/// Where conversations are continued, as batch files name it.
pub const CHAT_URL: &str = "/v1/chat/completions";
/// Where raw texts are continued.
pub const RAW_URL: &str = "/v1/completions";

/// One call as it would be sent, for a file.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchCall {
    /// [`CHAT_URL`] or [`RAW_URL`].
    pub url: &'static str,
    /// The body as the teacher sends it, in one piece: never a stream.
    pub body: Map<String, Value>,
}

impl BatchCall {
    /// The model that the body names.
    pub fn model(&self) -> &str {
        self.body.get("model").and_then(Value::as_str).unwrap_or_default()
    }

    /// A line of OpenAI's Batch API, without its line end.
    pub fn line(&self, custom_id: &str) -> String {
        json!({"custom_id": custom_id, "method": "POST", "url": self.url, "body": self.body}).to_string()
    }

    /// A row for Ray Data: the conversation and its parameters for an engine inside Ray, and as `payload` the body for a server.
    pub fn ray_line(&self, custom_id: &str) -> String {
        let mut row = Map::new();
        row.insert("custom_id".to_owned(), json!(custom_id));
        let prompt = if self.url == RAW_URL { "prompt" } else { "messages" };
        row.insert(prompt.to_owned(), self.body.get(prompt).cloned().unwrap_or_default());
        let mut sampling = Map::new();
        for (key, name) in [
            ("temperature", "temperature"),
            ("top_p", "top_p"),
            ("max_tokens", "max_tokens"),
            ("max_completion_tokens", "max_tokens"),
            ("seed", "seed"),
            ("stop", "stop"),
        ] {
            if let Some(value) = self.body.get(key) {
                sampling.insert(name.to_owned(), value.clone());
            }
        }
        row.insert("sampling_params".to_owned(), Value::Object(sampling));
        row.insert("payload".to_owned(), Value::Object(self.body.clone()));
        Value::Object(row).to_string()
    }
}

/// What one line of a file of results says of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchResult {
    pub custom_id: String,
    pub outcome: Result<Reply, BatchFault>,
}

/// Why a call of a batch has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchFault {
    /// A word or two to count by, as in `HTTP 429` or `batch_expired`.
    pub kind: String,
    pub message: String,
}

impl BatchFault {
    fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        BatchFault {
            kind: kind.into(),
            message: message.into(),
        }
    }
}

/// Reads a line of results: of OpenAI's Batch API or `vllm run-batch` (answers and errors), of services that give the bare
/// body, or a row of Ray Data (`generated_text` or `http_response`).
///
/// `is_raw` tells of an id whether it named the continuation of a raw text.
///
/// # Errors
/// Why the line is none, for a person who looks at it.
pub fn read_result(line: &[u8], is_raw: impl Fn(&str) -> bool) -> Result<BatchResult, String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        let reason = error.to_string().replace(" at line 1 column ", " at column ");
        format!("it is not JSON ({reason})")
    })?;
    let Value::Object(row) = value else {
        return Err("it is not a JSON object".to_owned());
    };
    let Some(Value::String(custom_id)) = row.get("custom_id") else {
        return Err("it has no `custom_id`".to_owned());
    };
    let outcome = outcome_of(&row, is_raw(custom_id))?;
    Ok(BatchResult {
        custom_id: custom_id.clone(),
        outcome,
    })
}

fn outcome_of(row: &Map<String, Value>, raw: bool) -> Result<Result<Reply, BatchFault>, String> {
    if let Some(error) = there(row, "error").or_else(|| there(row, "__inference_error__")) {
        return Ok(Err(fault_of(None, error)));
    }
    if let Some(response) = there(row, "response").or_else(|| there(row, "http_response")) {
        let response = unpacked(response);
        let status = response.get("status_code").and_then(Value::as_u64);
        // Without an envelope it is the body itself.
        let body = match response.get("body") {
            Some(body) => unpacked(body),
            None => response,
        };
        return Ok(match status {
            Some(status) if !(200..300).contains(&status) => Err(fault_of(Some(status), &body)),
            _ => reply_of(&body, raw),
        });
    }
    if let Some(Value::String(text)) = row.get("generated_text") {
        return Ok(Ok(generated(row, text, raw)));
    }
    match there(row, "body").map(unpacked) {
        Some(body) if body.get("choices").is_some() => Ok(reply_of(&body, raw)),
        _ if row.contains_key("choices") => Ok(reply_of(&Value::Object(row.clone()), raw)),
        _ if row.contains_key("body") || row.contains_key("payload") => {
            Err("it is a request, not a result; name the file that came back".to_owned())
        }
        _ => Err("it has neither an answer (`response`, `generated_text`) nor an `error`".to_owned()),
    }
}

/// A value that says something.
fn there<'a>(row: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    row.get(key).filter(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    })
}

/// JSON that was written into a text, as some tables do with nested values.
fn unpacked(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    }
}

fn reply_of(body: &Value, raw: bool) -> Result<Reply, BatchFault> {
    match answered(body, raw) {
        Answered::Reply(reply) => Ok(reply),
        Answered::Complaint(error) => Err(fault_of(None, &error)),
        Answered::Odd(what) => Err(BatchFault::new("no answer", what)),
    }
}

fn fault_of(status: Option<u64>, error: &Value) -> BatchFault {
    let (code, message) = complained(error);
    let kind = match (status, code) {
        (Some(status), _) => format!("HTTP {status}"),
        (None, Some(code)) => code,
        (None, None) => "error".to_owned(),
    };
    BatchFault::new(kind, message)
}

/// What an engine inside Ray wrote. It seldom says why it ended: as many tokens as were allowed mean that it was cut off.
fn generated(row: &Map<String, Value>, text: &str, raw: bool) -> Reply {
    let count = |keys: [&str; 2]| {
        let found = keys.iter().find_map(|key| row.get(*key).and_then(Value::as_u64));
        found.unwrap_or(0)
    };
    let written = count(["num_generated_tokens", "completion_tokens"]);
    let limit = row
        .get("sampling_params")
        .map(unpacked)
        .and_then(|sampling| sampling.get("max_tokens")?.as_u64());
    let mut choice = BTreeMap::from([("text", json!(text))]);
    match row.get("finish_reason").and_then(Value::as_str) {
        Some(reason) => choice.insert("finish_reason", json!(reason)),
        None if limit.is_some_and(|limit| written >= limit) => choice.insert("finish_reason", json!("length")),
        None => None,
    };
    let usage = Usage {
        prompt_tokens: count(["num_input_tokens", "prompt_tokens"]),
        completion_tokens: written,
    };
    let body = json!({"choices": [choice], "model": row.get("model").and_then(Value::as_str).unwrap_or_default()});
    match answered(&body, raw) {
        Answered::Reply(reply) => Reply { usage, ..reply },
        // The body above is always a completion.
        Answered::Complaint(_) | Answered::Odd(_) => Reply {
            text: text.to_owned(),
            reasoning: String::new(),
            finish: Finish::Stop,
            usage,
            model: String::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> Result<BatchResult, String> {
        read_result(value.to_string().as_bytes(), |_| false)
    }

    fn reply(value: &Value) -> Reply {
        let result = read(value).unwrap();
        assert_eq!(result.custom_id, "k");
        result.outcome.unwrap()
    }

    fn kind(value: &Value) -> String {
        read(value).unwrap().outcome.unwrap_err().kind
    }

    fn body(content: &Value) -> Value {
        json!({"id": "c", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}})
    }

    #[test]
    fn answers_are_read_from_every_shape() {
        let whole = body(&json!("Yes."));
        for line in [
            json!({"id": "b", "custom_id": "k", "response": {"status_code": 200, "request_id": "r", "body": whole}, "error": null}),
            json!({"custom_id": "k", "response": {"body": whole}}),
            json!({"custom_id": "k", "response": {"status_code": 200, "body": whole.to_string()}, "error": ""}),
            json!({"custom_id": "k", "response": whole}),
            json!({"custom_id": "k", "http_response": whole, "payload": {}}),
            json!({"custom_id": "k", "http_response": whole.to_string(), "__inference_error__": ""}),
            json!({"custom_id": "k", "body": whole}),
            json!({"custom_id": "k", "response": {"body": body(&json!([{"type": "text", "text": "Yes"}, {"type": "text", "text": "."}]))}}),
            json!({"custom_id": "k", "generated_text": "Yes.", "num_input_tokens": 3, "num_generated_tokens": 5, "model": "m"}),
        ] {
            let usage = Usage {
                prompt_tokens: 3,
                completion_tokens: 5,
            };
            let reply = reply(&line);
            assert_eq!(
                (reply.text.as_str(), reply.usage, reply.finish),
                ("Yes.", usage, Finish::Stop),
                "{line}"
            );
            assert_eq!(reply.model, "m");
        }
    }

    #[test]
    fn thoughts_ends_and_refusals_are_kept() {
        let of = |choice: Value| reply(&json!({"custom_id": "k", "response": {"body": {"choices": [choice]}}}));
        let thought = of(json!({"message": {"content": "Yes", "reasoning_content": "Hm"}, "finish_reason": "length"}));
        assert_eq!((thought.reasoning.as_str(), thought.finish), ("Hm", Finish::Length));
        let tagged = reply(&json!({"custom_id": "k", "generated_text": "<think>Hm</think>Yes"}));
        assert_eq!((tagged.reasoning.as_str(), tagged.text.as_str()), ("Hm", "Yes"));
        let refused = of(json!({"message": {"content": null, "refusal": "No."}, "finish_reason": "stop"}));
        assert_eq!(refused.finish, Finish::Filtered);
        let cut = json!({"custom_id": "k", "generated_text": "Yes", "num_generated_tokens": 9, "sampling_params": {"max_tokens": 9}});
        assert_eq!(reply(&cut).finish, Finish::Length);
        let line = json!({"custom_id": "k", "response": {"body": {"choices": [{"text": "<think>a", "finish_reason": "stop"}]}}});
        let raw = read_result(line.to_string().as_bytes(), |id| id == "k").unwrap();
        assert_eq!(raw.outcome.unwrap().text, "<think>a");
    }

    #[test]
    fn calls_without_an_answer_say_why() {
        for (line, expected) in [
            (
                json!({"custom_id": "k", "response": null, "error": {"code": "batch_expired", "message": "too late"}}),
                "batch_expired",
            ),
            (
                json!({"custom_id": "k", "response": {"status_code": 429, "body": {"error": {"message": "slow", "code": "rate_limit"}}}, "error": null}),
                "HTTP 429",
            ),
            (
                json!({"custom_id": "k", "response": {"status_code": 500, "body": ""}}),
                "HTTP 500",
            ),
            (
                json!({"custom_id": "k", "response": {"status_code": 200, "body": {"error": {"message": "odd", "type": "server_error"}}}}),
                "server_error",
            ),
            (
                json!({"custom_id": "k", "response": {"status_code": 200, "body": {"choices": []}}}),
                "no answer",
            ),
            (
                json!({"custom_id": "k", "response": {"status_code": 200, "body": "<html>"}}),
                "no answer",
            ),
            (
                json!({"custom_id": "k", "response": {"status_code": 200, "body": null}}),
                "no answer",
            ),
            (json!({"custom_id": "k", "error": "it broke"}), "error"),
            (
                json!({"custom_id": "k", "__inference_error__": "ValueError: long"}),
                "error",
            ),
        ] {
            assert_eq!(kind(&line), expected, "{line}");
        }
        let fault = read(&json!({"custom_id": "k", "error": "it broke"}))
            .unwrap()
            .outcome
            .unwrap_err();
        assert_eq!(fault.message, "it broke");
    }

    #[test]
    fn lines_that_are_no_results_are_told() {
        let call = BatchCall {
            url: CHAT_URL,
            body: Map::new(),
        };
        for (line, part) in [
            ("{\"custom_id\": \"k\", \"resp".to_owned(), "not JSON"),
            ("[]".to_owned(), "not a JSON object"),
            ("{\"id\": 3}".to_owned(), "no `custom_id`"),
            ("{\"custom_id\": 3}".to_owned(), "no `custom_id`"),
            ("{\"custom_id\": \"k\"}".to_owned(), "neither an answer"),
            (call.line("k"), "a request"),
            (call.ray_line("k"), "a request"),
        ] {
            let told = read_result(line.as_bytes(), |_| false).unwrap_err();
            assert!(told.contains(part), "{line}: {told}");
        }
    }
}

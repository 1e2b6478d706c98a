//! Writes the body of a completion, and reads a list of models.

use serde_json::{Map, Value, json};

use super::learnt::Shape;
use crate::teacher::{ChatRequest, Prompt, Sampling};

/// Keys of the body that extra parameters cannot set.
pub const RESERVED: [&str; 4] = ["model", "messages", "stream", "stream_options"];

/// Writes a request. What the request leaves open comes from the teacher's settings; the scaffold cannot be forced over HTTP
/// and is left out. A single choice is not mentioned.
pub fn body(
    request: &ChatRequest,
    choices: usize,
    model: &str,
    defaults: &Sampling,
    extra: &Map<String, Value>,
    shape: Shape,
) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(key.to_owned(), value);
        }
    };
    let given = &request.sampling;
    put("model", Some(json!(model)));
    match &request.prompt {
        Prompt::Chat(messages) => put("messages", Some(json!(messages))),
        Prompt::Raw(text) => put("prompt", Some(json!(text))),
    }
    put(
        "temperature",
        given.temperature.or(defaults.temperature).map(|value| json!(value)),
    );
    put("top_p", given.top_p.or(defaults.top_p).map(|value| json!(value)));
    let limit = if shape.new_token_limit && request.prompt.is_chat() {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    put(
        limit,
        given.max_tokens.or(defaults.max_tokens).map(|value| json!(value)),
    );
    put("seed", given.seed.or(defaults.seed).map(|value| json!(value)));
    let stop = if given.stop.is_empty() {
        &defaults.stop
    } else {
        &given.stop
    };
    put("stop", (!stop.is_empty()).then(|| json!(stop)));
    put("stream", Some(json!(true)));
    put(
        "stream_options",
        shape.with_usage.then(|| json!({"include_usage": true})),
    );
    for (key, value) in extra.iter().chain(&request.extra) {
        let is_prompt = key == "prompt" && !request.prompt.is_chat();
        if !RESERVED.contains(&key.as_str()) && !is_prompt {
            body.insert(key.clone(), value.clone());
        }
    }
    if choices > 1 {
        body.insert("n".to_owned(), json!(choices));
    }
    shape.without_forms(&mut body);
    body
}

/// Reads the names out of a list of models: OpenAI's `data[].id`, or a bare list of objects or names.
pub fn model_names(body: &[u8]) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let models = match &list {
        Value::Array(models) => models,
        Value::Object(list) => match list.get("data").or_else(|| list.get("models"))? {
            Value::Array(models) => models,
            // Ollama says null when nothing is installed.
            Value::Null => return Some(Vec::new()),
            _ => return None,
        },
        _ => return None,
    };
    models
        .iter()
        .map(|model| match model {
            Value::String(name) => Some(name.clone()),
            other => ["id", "name", "model"]
                .iter()
                .find_map(|key| other.get(key)?.as_str())
                .map(str::to_owned),
        })
        .collect()
}

/// The `owned_by` of the first model, by which programs can be told apart.
pub fn first_owner(body: &[u8]) -> Option<String> {
    let list: Value = serde_json::from_slice(body).ok()?;
    list.pointer("/data/0/owned_by")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::teacher::{Message, Role};

    #[test]
    fn a_request_wins_over_settings_and_reserved_keys_stay() {
        let mut extra = Map::new();
        extra.insert("top_k".into(), json!(5));
        extra.insert("min_p".into(), json!(0.1));
        let mut request = ChatRequest::new(
            Prompt::Chat(vec![Message::new(Role::User, "Hi")]),
            Sampling {
                temperature: Some(0.7),
                seed: Some(3),
                ..Sampling::default()
            },
        );
        request.extra.insert("top_k".into(), json!(9));
        request.extra.insert("stream".into(), json!(false));
        request.extra.insert("model".into(), json!("other"));
        let defaults = Sampling {
            temperature: Some(0.1),
            max_tokens: Some(10),
            ..Sampling::default()
        };
        assert_eq!(
            Value::Object(body(&request, 1, "m", &defaults, &extra, Shape::USUAL)),
            json!({
                "model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.7, "max_tokens": 10,
                "seed": 3, "stream": true, "stream_options": {"include_usage": true}, "top_k": 9, "min_p": 0.1
            })
        );
        let shape = Shape {
            with_usage: false,
            new_token_limit: true,
            ..Shape::USUAL
        };
        let plain = body(&request, 1, "m", &defaults, &extra, shape);
        assert!(plain.get("stream_options").is_none() && plain.get("max_tokens").is_none());
        assert_eq!(plain.get("max_completion_tokens"), Some(&json!(10)));
        // A raw text has neither messages nor the newer limit, and several choices win over a flow's own number.
        request.prompt = Prompt::Raw("<|user|>".to_owned());
        request.extra.insert("n".into(), json!(7));
        request.extra.insert("prompt".into(), json!("other"));
        let raw = body(&request, 3, "m", &defaults, &extra, shape);
        assert_eq!(
            (raw.get("prompt"), raw.get("n")),
            (Some(&json!("<|user|>")), Some(&json!(3)))
        );
        assert!(raw.get("messages").is_none() && raw.get("max_tokens").is_some());
    }

    #[test]
    fn lists_of_models() {
        let names = |text: &str| model_names(text.as_bytes());
        assert_eq!(
            names(r#"{"object":"list","data":[{"id":"a"},{"id":"b"}]}"#).unwrap(),
            ["a", "b"]
        );
        assert_eq!(names(r#"["a"]"#).unwrap(), ["a"]);
        assert_eq!(names(r#"{"models":[{"name":"a"}]}"#).unwrap(), ["a"]);
        assert!(names(r#"{"data":null}"#).unwrap().is_empty());
        for odd in ["", "<html>", "{}", "3", r#"{"data":[3]}"#, r#"{"data":"x"}"#] {
            assert!(names(odd).is_none(), "{odd}");
        }
    }
}

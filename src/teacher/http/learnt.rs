//! What was found out of a server while it was asked: which parts of a request it takes.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use serde_json::{Map, Value};

use super::trouble::Reshape;

/// Keys of the body by which servers are held to a form of the answer.
const FORM_KEYS: [&str; 6] = [
    "response_format",
    "structured_outputs",
    "guided_json",
    "guided_regex",
    "guided_choice",
    "guided_grammar",
];

/// Which of the optional parts a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Asks for the count of tokens at the end of a stream.
    pub with_usage: bool,
    /// Says `max_completion_tokens` for `max_tokens`.
    pub new_token_limit: bool,
    /// Holds the answer to a schema.
    pub with_schema: bool,
    /// Holds the answer to JSON of any kind.
    pub with_json: bool,
}

impl Shape {
    /// The shape that a server gets which nothing is known of.
    #[cfg(test)]
    pub const USUAL: Shape = Shape {
        with_usage: true,
        new_token_limit: false,
        with_schema: true,
        with_json: true,
    };

    /// Changes the shape as a server asked. False when it had that shape already.
    pub fn change(&mut self, reshape: Reshape) -> bool {
        let before = *self;
        match reshape {
            Reshape::WithoutUsage => self.with_usage = false,
            Reshape::NewTokenLimit => self.new_token_limit = true,
            Reshape::WithoutForm(Form::Schema) => self.with_schema = false,
            Reshape::WithoutForm(Form::Json) => self.with_json = false,
            Reshape::OneByOne => {}
        }
        *self != before
    }

    /// Takes out what holds the answer to a form that this server does not know.
    pub fn without_forms(self, body: &mut Map<String, Value>) {
        let refused = match form_of(body) {
            Some(Form::Schema) => !self.with_schema,
            Some(Form::Json) => !self.with_json,
            None => false,
        };
        if refused {
            FORM_KEYS.iter().for_each(|key| {
                body.remove(*key);
            });
        }
    }
}

/// The form that an answer is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON of any kind.
    Json,
    /// JSON by a schema, or a text by a grammar.
    Schema,
}

/// The form that a body asks for; `type: text` asks for none.
pub fn form_of(body: &Map<String, Value>) -> Option<Form> {
    let key = FORM_KEYS.iter().find(|key| body.contains_key(**key))?;
    match body.get(*key)?.get("type").and_then(Value::as_str) {
        Some("text") => None,
        Some("json_object") => Some(Form::Json),
        _ => Some(Form::Schema),
    }
}

/// The knowledge of one server, shared by all requests to it.
#[derive(Debug, Default)]
pub struct Learnt {
    without_usage: AtomicBool,
    new_token_limit: AtomicBool,
    without_schema: AtomicBool,
    without_json: AtomicBool,
    one_by_one: AtomicBool,
    answered: AtomicBool,
    raw: Known,
    /// Whether one call may carry several raw texts.
    lists: Known,
}

/// Whether a server can do something, once that is known.
#[derive(Debug, Default)]
struct Known(AtomicU8);

impl Known {
    fn keep(&self, can: bool) {
        self.0.store(if can { 2 } else { 1 }, Ordering::Relaxed);
    }

    fn get(&self) -> Option<bool> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }
}

impl Learnt {
    pub fn shape(&self) -> Shape {
        let said = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        Shape {
            with_usage: !said(&self.without_usage),
            new_token_limit: said(&self.new_token_limit),
            with_schema: !said(&self.without_schema),
            with_json: !said(&self.without_json),
        }
    }

    /// Keeps a shape that led to an answer after another one was refused.
    pub fn keep(&self, reshape: Reshape) {
        let flag = match reshape {
            Reshape::WithoutUsage => &self.without_usage,
            Reshape::NewTokenLimit => &self.new_token_limit,
            Reshape::WithoutForm(Form::Schema) => &self.without_schema,
            Reshape::WithoutForm(Form::Json) => &self.without_json,
            Reshape::OneByOne => &self.one_by_one,
        };
        flag.store(true, Ordering::Relaxed);
    }

    pub fn keep_answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }

    /// True once it has answered anything.
    pub fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// True when the server gives one answer a call.
    pub fn is_one_by_one(&self) -> bool {
        self.one_by_one.load(Ordering::Relaxed)
    }

    pub fn keep_raw(&self, has_raw: bool) {
        self.raw.keep(has_raw);
    }

    pub fn has_raw(&self) -> Option<bool> {
        self.raw.get()
    }

    pub fn keep_lists(&self, takes_lists: bool) {
        self.lists.keep(takes_lists);
    }

    pub fn takes_lists(&self) -> Option<bool> {
        self.lists.get()
    }

    /// What a person who runs a flow should know, each one sentence.
    pub fn notes(&self) -> Vec<String> {
        let shape = self.shape();
        [
            (
                !shape.with_schema,
                "it does not hold answers to a JSON schema; they are asked for in words and read from the text",
            ),
            (
                !shape.with_json,
                "it does not hold answers to JSON; they are asked for in words and read from the text",
            ),
            (
                self.is_one_by_one(),
                "it gives one answer a call; several answers to a prompt are as many calls",
            ),
            (
                self.has_raw() == Some(false),
                "it has no raw completion endpoint; flows in the manner of Magpie cannot use it",
            ),
        ]
        .into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, note)| note.to_owned())
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn forms_are_told_apart_and_taken_out() {
        let body = |value: Value| value.as_object().cloned().unwrap();
        for (extra, form) in [
            (
                json!({"response_format": {"type": "json_schema", "json_schema": {}}}),
                Some(Form::Schema),
            ),
            (json!({"response_format": {"type": "json_object"}}), Some(Form::Json)),
            (json!({"response_format": {"type": "text"}}), None),
            (json!({"guided_regex": "a+"}), Some(Form::Schema)),
            (json!({"top_k": 3}), None),
        ] {
            assert_eq!(form_of(&body(extra.clone())), form, "{extra}");
        }
        let mut shape = Shape::USUAL;
        assert!(shape.change(Reshape::WithoutForm(Form::Schema)));
        assert!(!shape.change(Reshape::WithoutForm(Form::Schema)));
        let mut json = body(json!({"response_format": {"type": "json_object"}, "n": 1}));
        shape.without_forms(&mut json);
        assert_eq!(json.len(), 2, "only schemas were refused");
        let mut schema = body(json!({"guided_json": {}, "n": 1}));
        shape.without_forms(&mut schema);
        assert_eq!(schema.len(), 1);
    }
}

//! The table of settings: their names, what they mean, and whether a repository may set them.

use crate::text::distance::edit_distance;
use serde_json::{Value, json};

/// One key that may stand in a settings file. `*` in a path stands for a name of the user's choice.
#[derive(Debug, Clone, Copy)]
pub struct KnownKey {
    pub path: &'static str,
    pub doc: &'static str,
    /// `text`, `number`, `whole`, `flag`, `list`, `map`, or the allowed words separated by `|`.
    pub shape: &'static str,
    /// True when `.seedbed.yaml` of a repository may set it: it can neither run a command nor send text anywhere.
    pub harmless: bool,
}

const fn key(path: &'static str, shape: &'static str, harmless: bool, doc: &'static str) -> KnownKey {
    KnownKey {
        path,
        doc,
        shape,
        harmless,
    }
}

/// Every known key, in the order in which they are documented.
pub const KEYS: &[KnownKey] = &[
    key(
        "teachers.*.url",
        "text",
        false,
        "Address of an OpenAI-compatible server, as in http://127.0.0.1:8000/v1.",
    ),
    key(
        "teachers.*.model",
        "text",
        false,
        "The model's name as the server knows it.",
    ),
    key(
        "teachers.*.key_env",
        "text",
        false,
        "Name of the environment variable that holds the key.",
    ),
    key(
        "teachers.*.key_command",
        "text",
        false,
        "Command whose output is the key, as in `pass show granite`.",
    ),
    key("teachers.*.timeout", "number", false, "Seconds a request may take."),
    key(
        "teachers.*.slots",
        "whole",
        false,
        "How many requests run side by side at most; found out when left out.",
    ),
    key(
        "teachers.*.temperature",
        "number",
        false,
        "Temperature, over what the flow says.",
    ),
    key(
        "teachers.*.top_p",
        "number",
        false,
        "Nucleus sampling, over what the flow says.",
    ),
    key(
        "teachers.*.max_tokens",
        "whole",
        false,
        "Most tokens of an answer, over what the flow says.",
    ),
    key(
        "teachers.*.family",
        "text",
        false,
        "Which models it is kin to, as in granite; told by the model's name when left out.",
    ),
    key(
        "teachers.*.price.input",
        "number",
        false,
        "What a million tokens that are read cost.",
    ),
    key(
        "teachers.*.price.output",
        "number",
        false,
        "What a million tokens that are written cost.",
    ),
    key(
        "teachers.*.price.currency",
        "text",
        false,
        "The currency of the price; that of the price table when left out.",
    ),
    key(
        "teachers.*.extra",
        "map",
        false,
        "Further keys for each request's body.",
    ),
    key(
        "roles.teacher",
        "text",
        false,
        "Name of the teacher that writes samples; `embedded` is the model inside.",
    ),
    key(
        "roles.critic",
        "text",
        false,
        "Name of the teacher that judges samples.",
    ),
    key(
        "roles.reviser",
        "text",
        false,
        "Name of the teacher that mends samples.",
    ),
    key(
        "embedded.path",
        "text",
        false,
        "A GGUF file to use instead of the default embedded model.",
    ),
    key("theme.dark", "text", true, "Theme on a dark background."),
    key("theme.light", "text", true, "Theme on a light background."),
    key(
        "theme.appearance",
        "auto|dark|light",
        true,
        "Whether to ask the terminal for its background.",
    ),
    key(
        "keys.*",
        "list",
        false,
        "Keys of a command, as in `review.accept: [a, ctrl-a]`; an empty list takes them away.",
    ),
    key("editor", "text", false, "Editor command; else $VISUAL, else $EDITOR."),
    key(
        "generate.count",
        "whole",
        true,
        "How many samples the generate screen asks for at first.",
    ),
    key(
        "generate.chunk_tokens",
        "whole",
        true,
        "Most tokens of a chunk of a document; 500 when left out, 120 for the small model inside.",
    ),
    key(
        "generate.chunk_overlap",
        "whole",
        true,
        "Most tokens that a chunk shares with the one before, less than its size; a tenth of it when left out, none for the small model inside.",
    ),
    key(
        "documents.converters.*",
        "text",
        false,
        "Command that turns files with this ending into Markdown on its output, as in `pandoc -t gfm {}`.",
    ),
    key("profile", "ilab|ci", true, "Which strictness `check` uses."),
    key(
        "clipboard",
        "auto|osc52|off",
        false,
        "How copied text leaves the program.",
    ),
    key("mouse", "flag", false, "Whether the program takes the mouse."),
    key(
        "reviewer",
        "text",
        false,
        "Your name in review files; else made from git's address.",
    ),
];

/// The known key that a dotted path is an instance of.
pub(super) fn known(path: &[String]) -> Option<&'static KnownKey> {
    KEYS.iter().find(|key| {
        let mut parts = key.path.split('.');
        let matched = path
            .iter()
            .all(|part| parts.next().is_some_and(|known| known == "*" || known == part));
        // Below `extra` anything may stand; below `keys` a command id holds a dot itself and is one part here.
        (matched && parts.next().is_none()) || (key.shape == "map" && below(key.path, path))
    })
}

/// True when a path is the beginning of a known key, as `theme` is.
pub(super) fn is_group(path: &[String]) -> bool {
    KEYS.iter().any(|key| {
        let mut parts = key.path.split('.');
        path.iter()
            .all(|part| parts.next().is_some_and(|known| known == "*" || known == part))
            && parts.next().is_some()
    })
}

fn below(known: &str, path: &[String]) -> bool {
    let parts: Vec<&str> = known.split('.').collect();
    path.len() > parts.len()
        && parts
            .iter()
            .zip(path)
            .all(|(known, part)| *known == "*" || known == part)
}

/// The known name nearest to a misspelt last part among its siblings.
pub(super) fn suggestion(path: &[String]) -> Option<String> {
    let depth = path.len();
    let wrong = path.last()?;
    let mut best: Option<(usize, &str)> = None;
    for key in KEYS {
        let parts: Vec<&str> = key.path.split('.').collect();
        let Some(name) = parts.get(depth - 1) else { continue };
        let siblings = parts
            .iter()
            .zip(path.iter().take(depth - 1))
            .all(|(known, part)| *known == "*" || *known == part.as_str());
        if !siblings || *name == "*" {
            continue;
        }
        let distance = edit_distance(name, wrong);
        if distance <= name.len().div_ceil(3) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name.to_owned())
}

/// A JSON Schema of the settings file, for editors that complete YAML.
pub fn schema() -> Value {
    let mut root = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Seedbed settings",
        "type": "object", "additionalProperties": false, "properties": {}});
    for known in KEYS {
        insert(&mut root, &known.path.split('.').collect::<Vec<_>>(), known);
    }
    root
}

fn insert(object: &mut Value, path: &[&str], known: &KnownKey) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let leaf = || {
        let mut shape = match known.shape {
            "text" => json!({"type": "string"}),
            "number" => json!({"type": "number"}),
            "whole" => json!({"type": "integer", "minimum": 0}),
            "flag" => json!({"type": "boolean"}),
            "list" => json!({"type": "array", "items": {"type": "string"}}),
            "map" => json!({"type": "object"}),
            words => json!({"enum": words.split('|').collect::<Vec<_>>()}),
        };
        if let Some(map) = shape.as_object_mut() {
            map.insert("description".into(), known.doc.into());
        }
        shape
    };
    let group = || json!({"type": "object", "additionalProperties": false, "properties": {}});
    let slot = if *first == "*" {
        object
            .as_object_mut()
            .map(|map| map.entry("additionalProperties").or_insert(Value::Null))
    } else {
        object
            .as_object_mut()
            .and_then(|map| map.entry("properties").or_insert_with(|| json!({})).as_object_mut())
            .map(|map| map.entry((*first).to_owned()).or_insert(Value::Null))
    };
    let Some(slot) = slot else { return };
    if rest.is_empty() {
        *slot = leaf();
        return;
    }
    if !slot.is_object() {
        *slot = group();
    }
    insert(slot, rest, known);
}

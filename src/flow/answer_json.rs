//! Reading an answer by the ladder: JSON, wherever it stands; JSON with line breaks in its strings; `score: 2` in prose.

use serde_json::{Map, Value};

use crate::text::json::json_in;

/// What may be missing at the end of an answer whose fields are all there.
const CLOSERS: [&str; 4] = ["}", "]}", "\"}", "\"]}"];

/// The JSON in an answer after the model's thoughts. Line breaks within strings, which JSON forbids and models write, are
/// allowed, and the last brackets may be missing.
pub(super) fn found_in(text: &str) -> Option<Value> {
    let text = without_thoughts(text);
    if let Some(value) = json_in(text) {
        return Some(value);
    }
    let text = with_escaped_breaks(text.trim_end());
    let closed = |closer: &str| json_in(&format!("{text}{closer}"));
    json_in(&text).or_else(|| CLOSERS.iter().find_map(|closer| closed(closer)))
}

/// The JSON's object if it has one of the fields.
pub(super) fn object_with<'a>(value: Option<&'a Value>, fields: &[&str]) -> Option<&'a Map<String, Value>> {
    let object = value?.as_object()?;
    fields.iter().any(|field| object.contains_key(*field)).then_some(object)
}

/// What stands behind `field:` in prose, up to the end of the line; the last mention counts, since models conclude at
/// the end. Letters' case and the marks of Markdown around the name do not matter.
pub(super) fn labelled<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    let marks = |c: char| c.is_whitespace() || matches!(c, '*' | '_' | '"' | '\'' | '`' | '#' | '-' | '>' | '[' | ']');
    let field = field.replace('_', " ").to_lowercase();
    without_thoughts(text).lines().rev().find_map(|line| {
        let (name, value) = line.split_once([':', '=', '：'])?;
        let is_named = name.trim_matches(marks).replace('_', " ").to_lowercase() == field;
        is_named.then(|| value.trim_matches(marks))
    })
}

/// The text after a model's thoughts, where the server did not return them apart.
pub(super) fn without_thoughts(text: &str) -> &str {
    match text.trim_start().strip_prefix("<think>") {
        Some(thoughts) => thoughts.split_once("</think>").map_or("", |(_, after)| after),
        None => text,
    }
}

fn with_escaped_breaks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for character in text.chars() {
        match character {
            '\n' if inside => out.push_str("\\n"),
            '\r' if inside => out.push_str("\\r"),
            '\t' if inside => out.push_str("\\t"),
            other => out.push(other),
        }
        if character == '"' && !escaped {
            inside = !inside;
        }
        escaped = character == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn thoughts_are_left_out_and_line_breaks_allowed() {
        let found = found_in("<think>{\"score\": 1}</think>So: {\"explanation\": \"one\ntwo\", \"score\": 2}");
        assert_eq!(found, Some(json!({"explanation": "one\ntwo", "score": 2})));
        assert!(object_with(found.as_ref(), &["score", "verdict"]).is_some());
        assert!(object_with(found.as_ref(), &["verdict"]).is_none());
        let open = found_in("{\"people\": [\"a\", \"b\"");
        assert_eq!(open, Some(json!({"people": ["a", "b"]})));
        assert!(found_in("<think>{}").is_none());
        assert!(found_in(&"{[".repeat(100_000)).is_none());
    }

    #[test]
    fn a_label_in_prose_is_the_last_rung() {
        assert_eq!(labelled("Score: 1\nWell.\n**Score:** 2", "score"), Some("2"));
        assert_eq!(labelled("- Final verdict = NO", "final_verdict"), Some("NO"));
        assert_eq!(labelled("the score is 2", "score"), None);
    }
}

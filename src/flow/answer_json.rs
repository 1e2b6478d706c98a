//! Finding JSON in an answer, whatever stands around it: the ladder from a clean object down to `score: 2` in prose.

use serde_json::{Deserializer, Map, Value};

/// How many opening braces are tried: an answer that needs more holds no JSON that was meant.
const MOST_TRIES: usize = 64;

/// The JSON objects and lists in a text, in order, none within another: the whole text, what stands in a code fence, or
/// anything between braces. Line breaks within strings, which JSON forbids and models write, are allowed.
pub(super) fn found_in(text: &str) -> Vec<Value> {
    let text = without_thoughts(text);
    let found = scan(text);
    if found.is_empty() {
        scan(&with_escaped_breaks(text))
    } else {
        found
    }
}

/// The first object that has one of the fields; one that has them all goes before.
pub(super) fn object_with<'a>(values: &'a [Value], fields: &[&str]) -> Option<&'a Map<String, Value>> {
    let objects = || values.iter().filter_map(Value::as_object);
    let has = |object: &Map<String, Value>, field: &&str| object.contains_key(*field);
    objects()
        .find(|object| fields.iter().all(|field| has(object, field)))
        .or_else(|| objects().find(|object| fields.iter().any(|field| has(object, field))))
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

fn scan(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut from = 0;
    for _ in 0..MOST_TRIES {
        let Some(start) = text
            .get(from..)
            .and_then(|rest| rest.find(['{', '[']))
            .map(|at| from + at)
        else {
            break;
        };
        let mut stream = Deserializer::from_str(text.get(start..).unwrap_or_default()).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                from = start + stream.byte_offset().max(1);
                found.push(value);
            }
            _ => from = start + 1,
        }
    }
    found
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
    fn objects_are_found_whatever_stands_around_them() {
        let wanted = json!({"explanation": "It {is} so.", "score": 2});
        for text in [
            r#"{"explanation": "It {is} so.", "score": 2}"#,
            "Here it is:\n```json\n{\"explanation\": \"It {is} so.\", \"score\": 2}\n```\nThat is all.",
            r#"I think {hard}. {"explanation": "It {is} so.", "score": 2} {"score": 9, "explanation": ""}"#,
            "<think>{\"score\": 1, \"explanation\": \"no\"}</think>{\"explanation\": \"It {is} so.\", \"score\": 2}",
        ] {
            let found = found_in(text);
            assert_eq!(
                object_with(&found, &["explanation", "score"]),
                wanted.as_object(),
                "{text}"
            );
        }
        let found = found_in("{\"explanation\": \"one\ntwo\", \"score\": 1}");
        assert_eq!(found, [json!({"explanation": "one\ntwo", "score": 1})]);
        assert!(found_in("no braces").is_empty());
        assert!(found_in("<think>{}").is_empty());
        assert!(found_in(&"{[".repeat(100_000)).is_empty());
    }

    #[test]
    fn a_label_in_prose_is_the_last_rung() {
        assert_eq!(labelled("Score: 1\nWell.\n**Score:** 2", "score"), Some("2"));
        assert_eq!(labelled("- Final verdict = NO", "final_verdict"), Some("NO"));
        assert_eq!(labelled("the score is 2", "score"), None);
    }
}

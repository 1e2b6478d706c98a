//! JSON in what a model wrote, with whatever it wrote around it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Deserializer, Value};

/// The JSON that a text holds: the whole text, else the first fenced block that is JSON, else the first object or list in it.
///
/// A list of bare numbers, as footnotes are, is taken only when there is nothing else. Text within an object that is not closed
/// is no answer, but an object that is whole within a broken one is. Single values (`3`, `"yes"`) count only as the whole text.
pub fn json_in(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    fenced(text)
        .find_map(|block| serde_json::from_str::<Value>(block).ok().filter(is_whole))
        .or_else(|| first_value(text))
}

/// The score that a critic gave: the field `score` or `rating` of its JSON, else the last place of its text that says `score: x`.
///
/// A number in quotes and `4/5` count as the number; what is not a number is missing, never 0.
pub fn score_in(text: &str) -> Option<f64> {
    let field = json_in(text).and_then(|value| ["score", "rating"].iter().find_map(|name| number_of(value.get(name)?)));
    field.or_else(|| score_said(text))
}

/// A number, or a text that begins with one.
pub fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            let end = text
                .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+'))
                .unwrap_or(text.len());
            text.get(..end)?
                .trim_end_matches('.')
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
        }
        _ => None,
    }
}

fn is_whole(value: &Value) -> bool {
    value.is_object() || value.is_array()
}

/// What stands between lines of three backticks, those that are marked as JSON first.
fn fenced(text: &str) -> impl Iterator<Item = &str> {
    let mut marked = Vec::new();
    let mut others = Vec::new();
    for (number, part) in text.split("```").enumerate() {
        if number % 2 == 1 {
            let (word, block) = part.split_once('\n').unwrap_or(("", part));
            match word.trim().to_ascii_lowercase().as_str() {
                "json" | "jsonc" | "json5" => marked.push(block),
                // `{"a": 1}` on the line of the backticks.
                _ if word.contains('{') => others.push(part),
                _ => others.push(block),
            }
        }
    }
    marked.into_iter().chain(others)
}

/// Most brackets at which a value is looked for: a text with more of them before its JSON is something else.
const MOST_STARTS: usize = 1000;

/// The first object or list that can be read.
fn first_value(text: &str) -> Option<Value> {
    let mut numbers = None;
    let mut rest = text;
    for _ in 0..MOST_STARTS {
        let Some(start) = rest.find(['{', '[']) else { break };
        rest = rest.get(start..)?;
        let mut values = Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                let is_footnote = value.as_array().is_some_and(|items| items.iter().all(Value::is_number));
                if !is_footnote {
                    return Some(value);
                }
                numbers.get_or_insert(value);
                rest = rest.get(values.byte_offset()..)?;
            }
            _ => rest = rest.get(1..)?,
        }
    }
    numbers
}

fn score_said(text: &str) -> Option<f64> {
    // Stars, quotes and `is` stand between the word and its number as models write it.
    static SAID: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?i)\b(?:score|rating)\b["'*_`]*\s*(?:is\b|:|=)?\s*["'*_`]*\s*(-?\d+(?:\.\d+)?)"#).ok()
    });
    let last = SAID.as_ref()?.captures_iter(text).last()?;
    last.get(1)?.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn json_is_found_wherever_it_stands() {
        let wanted = json!({"score": 3, "why": "a } in {text}"});
        let written = wanted.to_string();
        for text in [
            written.clone(),
            format!("\n {written} \n"),
            format!("Here it is:\n```json\n{written}\n```\nI hope it helps."),
            format!("```\n{written}\n```"),
            format!("```{written}```"),
            format!("First {{not this}}, as in [1] and [2, 3].\n```python\nx = {{}}\n```\n```JSON\n{written}\n```"),
            format!("I give it {{three}}: {written} and that is [1] all {{\"score\": 9}}"),
            format!("{{\"outer\": \"broken, {written}"),
        ] {
            assert_eq!(json_in(&text).as_ref(), Some(&wanted), "{text}");
        }
        assert_eq!(
            json_in("so: [{\"a\": 1}, {\"a\": 2}]"),
            Some(json!([{"a": 1}, {"a": 2}]))
        );
        assert_eq!(json_in("footnotes [1] only [2]"), Some(json!([1])));
        assert_eq!(json_in("3"), Some(json!(3)));
        for text in ["", "no JSON here", "{\"cut\": [1, 2", "} ] {", "{'single': 'quotes'}"] {
            assert!(json_in(text).is_none_or(|value| value == json!([1, 2])), "{text}");
        }
    }

    #[test]
    fn scores_as_critics_write_them() {
        for (text, score) in [
            (r#"{"reason": "fine", "score": 4}"#, Some(4.0)),
            (
                r#"```json
{"rating": "4/5"}
```"#,
                Some(4.0),
            ),
            (r#"{"score": "4.5."}"#, Some(4.5)),
            ("It is short. Score: 4", Some(4.0)),
            ("**Score:** 4/5", Some(4.0)),
            ("Score 2 at first, but on the whole the score is 3.5.", Some(3.5)),
            ("\"score\": \"7\", broken", Some(7.0)),
            ("Rating = -1", Some(-1.0)),
            (r#"{"score": null}"#, None),
            ("The score of this is good", None),
            ("underscore: 4", None),
            ("", None),
        ] {
            assert_eq!(score_in(text), score, "{text}");
        }
    }

    #[test]
    fn hostile_texts_take_no_long_time() {
        // Each would take hours if every bracket began a pass over the whole text.
        for text in ["[", "{", "[\"", "{\"a\":", "[1,", "[[1,2],", "{\"a\": \"\\\"", "```"] {
            let long = text.repeat(200_000);
            let _ = json_in(&long);
            let _ = score_in(&long);
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_found(before in "[^{}\\[\\]`]{0,40}", key in "[a-z]{1,8}", text in any::<String>(), after in any::<String>()) {
            let value = json!({key: text});
            prop_assert_eq!(json_in(&format!("{before}{value}{after}").replace("```", "")).is_some(), true);
        }
    }
}

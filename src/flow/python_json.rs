//! JSON as Python's `json` writes and reads it, and as it is fished out of a teacher's answer.

use serde_json::Value;

use super::python_value::python_number;

/// Writes `json.dumps(value, ensure_ascii=False, indent=indent)`.
pub(super) fn dumps(value: &Value, indent: Option<usize>) -> String {
    let mut out = String::new();
    write(value, indent.map(|indent| (indent, 0)), &mut out);
    out
}

/// `lines`: spaces of a step to the right, and how many steps; left out when all goes on one line.
fn write(value: &Value, lines: Option<(usize, usize)>, out: &mut String) {
    match value {
        Value::Number(number) => out.push_str(&python_number(number)),
        Value::Array(items) => {
            let items = items.iter().map(|item| (None, item));
            enclosed(('[', ']'), items, lines, out);
        }
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (Some(key.as_str()), value));
            enclosed(('{', '}'), entries, lines, out);
        }
        // A text, null or a truth value: here both write alike.
        other => out.push_str(&other.to_string()),
    }
}

fn enclosed<'a>(
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = (Option<&'a str>, &'a Value)>,
    lines: Option<(usize, usize)>,
    out: &mut String,
) {
    let is_empty = items.len() == 0;
    let new_line = |deeper: usize, out: &mut String| {
        if let Some((indent, depth)) = lines {
            out.push('\n');
            out.push_str(&" ".repeat(indent * (depth + deeper)));
        }
    };
    out.push(open);
    for (at, (key, value)) in items.enumerate() {
        if at > 0 {
            out.push_str(if lines.is_some() { "," } else { ", " });
        }
        new_line(1, out);
        if let Some(key) = key {
            out.push_str(&Value::from(key).to_string());
            out.push_str(": ");
        }
        write(value, lines.map(|(indent, depth)| (indent, depth + 1)), out);
    }
    if !is_empty {
        new_line(0, out);
    }
    out.push(close);
}

/// Reads `json.loads(text, strict=False)`: control characters may stand in texts. What JSON has no word for (`NaN`,
/// `Infinity`) becomes null, half of a surrogate pair the replacement character.
///
/// # Errors
/// Says what is wrong and where.
pub(super) fn loads(text: &str) -> Result<Value, String> {
    serde_json::from_str(&proper(text)).map_err(|error| error.to_string())
}

fn proper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.char_indices();
    let mut inside = false;
    while let Some((at, char)) = chars.next() {
        let rest = text.get(at..).unwrap_or_default();
        match char {
            '"' => {
                inside = !inside;
                out.push(char);
            }
            '\\' if inside => {
                let (taken, written) = escape(rest);
                out.push_str(&written);
                for _ in 1..taken {
                    chars.next();
                }
            }
            char if inside && char < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            'N' | 'I' | '-' if !inside => {
                let word = ["NaN", "Infinity", "-Infinity"]
                    .into_iter()
                    .find(|word| rest.starts_with(word));
                match word {
                    Some(word) => {
                        out.push_str("null");
                        for _ in 1..word.len() {
                            chars.next();
                        }
                    }
                    None => out.push(char),
                }
            }
            char => out.push(char),
        }
    }
    out
}

/// How many characters an escape has, and how it is written.
fn escape(rest: &str) -> (usize, String) {
    let unit = |from: usize| {
        let digits = rest.get(from..from + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    match unit(0) {
        Some(high @ 0xd800..=0xdbff) => match unit(6) {
            Some(low @ 0xdc00..=0xdfff) => (12, format!("\\u{high:04x}\\u{low:04x}")),
            _ => (6, "\u{fffd}".to_owned()),
        },
        Some(0xdc00..=0xdfff) => (6, "\u{fffd}".to_owned()),
        _ => {
            let written: String = rest.chars().take(2).collect();
            (written.chars().count(), written)
        }
    }
}

/// The piece of a text that looks like a JSON object, or else like a list; what was cut off at its end is closed.
pub(super) fn embedded(text: &str) -> Option<String> {
    between(text, '{', '}').or_else(|| between(text, '[', ']'))
}

fn between(text: &str, open: char, close: char) -> Option<String> {
    let piece = text.get(text.find(open)?..)?;
    if let Some(end) = piece.rfind(close) {
        return piece.get(..=end).map(str::to_owned);
    }
    let missing = piece.matches(open).count();
    Some(format!("{}{}", piece.trim_end(), close.to_string().repeat(missing)))
}

/// The text without commas before a closing brace or bracket, inside texts as well, as sdg_hub leaves them out.
pub(super) fn without_trailing_commas(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char == '}' || char == ']' {
            let kept = out.trim_end();
            if let Some(shorter) = kept.strip_suffix(',') {
                let length = shorter.len();
                out.truncate(length);
            }
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_written_as_python_writes_it() {
        let value = json!({"a": [1, 2.0, 1e22, -0.00001], "ü\n": {"b": null, "c": [], "d": {}}, "e": true});
        assert_eq!(
            dumps(&value, None),
            r#"{"a": [1, 2.0, 1e+22, -1e-05], "ü\n": {"b": null, "c": [], "d": {}}, "e": true}"#
        );
        assert_eq!(
            dumps(&json!({"a": [1, {"b": "c"}], "d": {}}), Some(2)),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"c\"\n    }\n  ],\n  \"d\": {}\n}"
        );
    }

    #[test]
    fn json_is_read_as_python_reads_it() {
        assert_eq!(loads("{\"a\": \"x\ny\t\"}"), Ok(json!({"a": "x\ny\t"})));
        assert_eq!(
            loads(r#"[NaN, -Infinity, "NaN", -1]"#),
            Ok(json!([null, null, "NaN", -1]))
        );
        assert_eq!(loads(r#""\ud83d\ude00 \ud83d x \\" "#), Ok(json!("😀 \u{fffd} x \\")));
        assert_eq!(loads(r#"{"a": 1, "a": 2}"#), Ok(json!({"a": 2})));
        assert!(loads("{'a': 1}").is_err());
    }

    #[test]
    fn json_is_found_inside_a_text() {
        assert_eq!(embedded("Sure: {\"a\": {}} ok").as_deref(), Some("{\"a\": {}}"));
        assert_eq!(
            embedded("} {\"a\": {\"b\": 1 \n").as_deref(),
            Some("{\"a\": {\"b\": 1}}")
        );
        assert_eq!(embedded("[1, 2] x").as_deref(), Some("[1, 2]"));
        assert_eq!(embedded("none"), None);
        assert_eq!(without_trailing_commas("{\"a\": [1, 2 , \n],}"), "{\"a\": [1, 2 ]}");
    }
}

//! Jinja2 as Python has it: how values are written, the methods of texts and mappings, what is undefined.

use std::sync::LazyLock;

use minijinja::value::{Kwargs, Rest, Value as JinjaValue, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde_json::Value;

use super::python_value::python_number;
use super::row::python_text;

/// Most steps that one template may take (minijinja's fuel: about one for each operation and each piece of text put out).
/// A prompt takes some hundred; one that loops over a thousand things takes some ten thousand.
pub(super) const MOST_STEPS: u64 = 500_000;

/// For conditions: whatever is undefined is an error.
pub(super) static STRICT: LazyLock<Environment<'static>> = LazyLock::new(|| environment(UndefinedBehavior::Strict));

/// For prompts, as sdg_hub has them: a field that a value lacks is empty. That all variables are there is checked beforehand.
pub(super) static LENIENT: LazyLock<Environment<'static>> = LazyLock::new(|| environment(UndefinedBehavior::Lenient));

fn environment(undefined: UndefinedBehavior) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(MOST_STEPS));
    environment.set_undefined_behavior(undefined);
    minijinja_contrib::add_to_environment(&mut environment);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", to_json);
    environment.add_filter("truncate", truncate);
    environment.add_filter("escape", escape);
    environment.add_filter("e", escape);
    // Template names have no extension, so nothing would be escaped; prompts are never HTML whatever they are called.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_formatter(|out, state, value| match written(value) {
        Some(text) => Ok(out.write_str(&text)?),
        None => minijinja::escape_formatter(out, state, value),
    });
    environment
}

/// A value as `str()` writes it, where that differs from minijinja's way.
fn written(value: &JinjaValue) -> Option<String> {
    match value.kind() {
        ValueKind::None => Some("None".to_owned()),
        ValueKind::Bool => Some(if value.is_true() { "True" } else { "False" }.to_owned()),
        ValueKind::Number | ValueKind::Seq | ValueKind::Map => {
            let value = serde_json::to_value(value).ok()?;
            Some(match &value {
                Value::Number(number) => python_number(number),
                value => python_text(value),
            })
        }
        _ => None,
    }
}

/// `tojson` of Jinja2: keys sorted, ASCII alone, and nothing that HTML would take for a tag.
fn to_json(value: &JinjaValue, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    options.assert_all_used()?;
    let value = serde_json::to_value(value)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, "the value is no JSON").with_source(error))?;
    let text = super::python_json::dumps(&sorted(value), indent.map(|indent| indent.min(16)));
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii() && !matches!(char, '<' | '>' | '&' | '\'') {
            out.push(char);
            continue;
        }
        let mut units = [0; 2];
        out.extend(
            char.encode_utf16(&mut units)
                .iter()
                .map(|unit| format!("\\u{unit:04x}")),
        );
    }
    Ok(out)
}

/// `escape` of Jinja2, with the marks that MarkupSafe takes.
fn escape(value: &JinjaValue) -> String {
    let text = written(value).unwrap_or_else(|| value.to_string());
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            char => out.push(char),
        }
    }
    out
}

/// `truncate` of Jinja2, whose arguments may also stand in their order.
fn truncate(text: &str, given: Rest<JinjaValue>) -> Result<String, Error> {
    type Given = (Option<usize>, Option<bool>, Option<String>, Option<usize>, Kwargs);
    let (length, cuts_words, end, leeway, named): Given = from_args(&given)?;
    let length = length.or(named.get("length")?).unwrap_or(255);
    let cuts_words = cuts_words.or(named.get("killwords")?).unwrap_or(false);
    let end = end.or(named.get("end")?).unwrap_or_else(|| "...".to_owned());
    let leeway = leeway.or(named.get("leeway")?).unwrap_or(5);
    named.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_owned());
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !cuts_words => words,
        _ => &kept,
    };
    Ok(format!("{kept}{end}"))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries.into_iter().collect();
            entries.sort_by(|left, right| left.0.cmp(&right.0));
            entries.into_iter().map(|(key, value)| (key, sorted(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::value::Serde;
    use serde_json::json;

    // What Jinja2 3.1 makes of the same.
    #[test]
    fn values_are_written_as_jinja2_writes_them() {
        let row = json!({
            "list": ["a", "it's", null, 2.0, true], "map": {"b": 1, "a": "é<"}, "text": " Two Words ", "big": 1e16, "whole": 7
        });
        for (template, text) in [
            ("{{ list }}", "['a', \"it's\", None, 2.0, True]"),
            ("{{ map }}", "{'b': 1, 'a': 'é<'}"),
            ("{{ map | tojson }}", r#"{"a": "\u00e9\u003c", "b": 1}"#),
            ("{{ [1, 2] | tojson(indent=2) }}", "[\n  1,\n  2\n]"),
            ("{{ big }} {{ whole }} {{ whole / 2 }}", "1e+16 7 3.5"),
            ("{{ text.strip().lower().split() | join('+') }}", "two+words"),
            (
                "{% for key, value in map.items() %}{{ key }}={{ value }};{% endfor %}",
                "b=1;a=é<;",
            ),
            ("[{{ map.missing }}{{ list[9] }}]", "[]"),
            (
                "{{ 'one two three four' | truncate(9) }}|{{ 'abcdefghijklmnopq' | truncate(5, true, '~', 0) }}",
                "one...|abcd~",
            ),
            ("{{ '%.1f' | format(big / 1e16) }} {{ 2.25 | round(1) }}", "1.0 2.2"),
            ("{{ '<\"&' | e }}", "&lt;&#34;&amp;"),
            ("{{ map.get('c', 'none') }}{{ text | wordcount }}", "none2"),
        ] {
            let rendered = LENIENT.render_str(template, Serde(&row)).unwrap();
            assert_eq!(rendered, text, "{template}");
        }
        assert!(LENIENT.render_str("{{ map.missing.deeper }}", Serde(&row)).is_err());
        assert!(STRICT.render_str("{{ map.missing }}", Serde(&row)).is_err());
    }
}

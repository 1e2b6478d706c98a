//! `FieldsParserBlock` (Seedbed's own): reads named fields out of an answer.
//!
//! The answer is a JSON object, alone, in a code fence or among other words; where there is none, lines such as
//! `score: 2` are read. Keys: `input_cols` (one), `fields`, a mapping from a field, which becomes a column, to what it
//! must be: `text`, `list`, `number`, `whole`, or `{one_of: [YES, NO]}`, `{whole: [1, 3]}`, `{number: [0, 1]}` (least and
//! most). `prefix` stands before the names of the columns. `rows`: the name of a list in the object; every entry becomes
//! a row, at most `most_rows` (20). `on_unparsable`: `drop`, or `keep`, which leaves the columns null and marks the row
//! with `flag` (`unjudged`), so that a person decides what a judge did not. `repair`: the block that asked; it is asked once
//! more where the answer cannot be read, with the form that is wanted.

use serde_json::{Map, Value};

use super::{Block, BuildFault, EachRow, Unread};
use crate::flow::answer_json::{found_in, labelled, object_with};
use crate::flow::config::Config;
use crate::flow::repair::REPAIR;
use crate::flow::row::{Applied, Rejected, Row};
use crate::samples::DropReason;
use crate::text::json::number_of;

/// Of a value that was not offered, so much is told, in characters.
const MOST_TOLD: usize = 80;

pub(super) const NAME: &str = "FieldsParserBlock";

enum Shape {
    Text,
    List,
    Number { whole: bool, least: f64, most: f64 },
    OneOf(Vec<String>),
}

struct Field {
    name: String,
    column: String,
    shape: Shape,
}

struct FieldsParser {
    input: String,
    fields: Vec<Field>,
    rows: Option<String>,
    most_rows: usize,
    /// What marks a row that goes on unread.
    flag: Option<String>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let input = config.one_input()?;
    let prefix = config.text("prefix")?.unwrap_or_default().to_owned();
    let Value::Object(written) = config.required("fields")? else {
        return Err("'fields' must map fields to what they must be".to_owned().into());
    };
    let fields: Vec<Field> = written
        .iter()
        .map(|(name, shape)| {
            Ok(Field {
                name: name.clone(),
                column: format!("{prefix}{name}"),
                shape: shape_of(shape).ok_or_else(|| {
                    format!("'{name}' must be text, list, number, whole or {{one_of: […]}}, not {shape}")
                })?,
            })
        })
        .collect::<Result<_, String>>()?;
    let flag = config.text("flag")?.unwrap_or("unjudged").to_owned();
    let flag = match config.text("on_unparsable")? {
        None | Some("drop") => None,
        Some("keep") => Some(flag),
        Some(other) => return Err(format!("'on_unparsable' must be drop or keep, not '{other}'").into()),
    };
    let rows = config.text("rows")?.map(str::to_owned);
    let most_rows = config.whole("most_rows")?.unwrap_or(20).max(1);
    let writes = fields.iter().map(|field| field.column.clone()).collect();
    let grows = if rows.is_some() { most_rows } else { 1 };
    let step = FieldsParser {
        input: input.clone(),
        fields,
        rows,
        most_rows: usize::try_from(most_rows).unwrap_or(usize::MAX),
        flag,
    };
    let mut block = Block::each(config.name(), NAME, step)
        .reading(vec![input])
        .writing(writes);
    block.grows = grows;
    block.repair = config.text(REPAIR)?.map(str::to_owned);
    Ok(block)
}

fn shape_of(written: &Value) -> Option<Shape> {
    let number = |whole, least, most| Shape::Number { whole, least, most };
    let unbounded = |whole| number(whole, f64::NEG_INFINITY, f64::INFINITY);
    match written {
        Value::String(word) => match word.as_str() {
            "text" => Some(Shape::Text),
            "list" => Some(Shape::List),
            "number" => Some(unbounded(false)),
            "whole" => Some(unbounded(true)),
            _ => None,
        },
        Value::Object(entry) => {
            let (key, value) = entry.iter().next()?;
            let items = value.as_array()?;
            match (key.as_str(), items.as_slice()) {
                ("one_of", words) if !words.is_empty() => words
                    .iter()
                    .map(|word| word.as_str().map(str::to_owned))
                    .collect::<Option<_>>()
                    .map(Shape::OneOf),
                ("whole", [least, most]) => Some(number(true, least.as_f64()?, most.as_f64()?)),
                ("number", [least, most]) => Some(number(false, least.as_f64()?, most.as_f64()?)),
                _ => None,
            }
        }
        _ => None,
    }
}

impl Shape {
    /// As a model is told what stands there.
    fn form(&self) -> String {
        let word = |word: &String| match word.as_str() {
            "true" | "false" => word.clone(),
            word => Value::from(word).to_string(),
        };
        match self {
            Shape::Text => "\"…\"".to_owned(),
            Shape::List => "[…]".to_owned(),
            Shape::OneOf(words) => words.iter().map(word).collect::<Vec<_>>().join(" or "),
            Shape::Number { whole, least, most } => {
                let what = if *whole { "a whole number" } else { "a number" };
                match least.is_finite() && most.is_finite() {
                    true => format!("{what} from {least} to {most}"),
                    false => what.to_owned(),
                }
            }
        }
    }

    /// The value as the column holds it; `None` when it is not what the field must be.
    fn read(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Shape::Text, Value::String(text)) => Some(text.trim().into()),
            (Shape::Text, Value::Number(_)) => Some(value.to_string().into()),
            (Shape::List, Value::Array(_)) => Some(value.clone()),
            (Shape::Number { whole, least, most }, _) => {
                let number = match value {
                    Value::Bool(flag) => f64::from(u8::from(*flag)),
                    other => number_of(other)?,
                };
                let is_fit = (*least..=*most).contains(&number) && (!whole || number.fract() == 0.0);
                match is_fit {
                    true if *whole => Some((number as i64).into()),
                    true => Some(number.into()),
                    false => None,
                }
            }
            (Shape::OneOf(words), Value::Bool(flag)) => {
                let said = if *flag {
                    ["yes", "true", "pass"]
                } else {
                    ["no", "false", "fail"]
                };
                let word = words.iter().find(|word| said.contains(&word.to_lowercase().as_str()))?;
                Some(word.as_str().into())
            }
            (Shape::OneOf(words), Value::String(text)) => {
                let said = text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
                // A word with an explanation behind it is read, too.
                let first = said
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                let word = words.iter().find(|word| word.to_lowercase() == said);
                let word = word.or_else(|| words.iter().find(|word| word.to_lowercase() == first))?;
                Some(word.as_str().into())
            }
            (Shape::OneOf(words), Value::Number(number)) => {
                let said = number.to_string();
                words
                    .iter()
                    .find(|word| **word == said)
                    .map(|word| word.as_str().into())
            }
            _ => None,
        }
    }
}

impl FieldsParser {
    fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|field| field.name.as_str()).collect()
    }

    /// Reads all fields; the error names the first that is not there or not as it must be.
    fn read(&self, value: &dyn Fn(&str) -> Option<Value>) -> Result<Vec<Value>, String> {
        self.fields
            .iter()
            .map(|field| match value(&field.name) {
                None => Err(format!("the answer has no {}", field.name)),
                Some(value) => field.shape.read(&value).ok_or_else(|| {
                    let value = value.to_string();
                    let mut said: String = value.chars().take(MOST_TOLD).collect();
                    if said.len() < value.len() {
                        said.push('…');
                    }
                    format!("the {} of the answer is {said}, which was not offered", field.name)
                }),
            })
            .collect()
    }

    /// The one object of an answer, by the rungs of the ladder.
    fn object(&self, text: &str) -> Result<Vec<Value>, String> {
        let found = found_in(text);
        let in_json = match object_with(found.as_ref(), &self.names()) {
            Some(object) => self.read(&|name| object.get(name).cloned()),
            None => Err("the answer holds no JSON object with the wanted fields".to_owned()),
        };
        in_json.or_else(|why| {
            let in_prose = self.read(&|name| labelled(text, name).map(Value::from));
            // An explanation may be missing where the verdict is there.
            let lenient = || {
                self.read(&|name| {
                    let said = labelled(text, name).map(Value::from);
                    let is_text = self
                        .fields
                        .iter()
                        .any(|field| field.name == name && matches!(field.shape, Shape::Text));
                    let has_verdict = self.fields.iter().any(|field| !matches!(field.shape, Shape::Text));
                    said.or_else(|| (is_text && has_verdict).then(|| Value::from("")))
                })
            };
            in_prose.or_else(|_| lenient()).map_err(|_| why)
        })
    }

    /// The JSON that is wanted.
    fn form(&self) -> String {
        let field = |field: &Field| format!("{}: {}", Value::from(field.name.as_str()), field.shape.form());
        let object = format!("{{{}}}", self.fields.iter().map(field).collect::<Vec<_>>().join(", "));
        match &self.rows {
            Some(list) => format!("{{{}: [{object}, …]}}", Value::from(list.as_str())),
            None => object,
        }
    }

    /// The list of entries in an answer.
    fn listed(&self, text: &str, list: &str) -> Result<Vec<Value>, String> {
        let found = found_in(text);
        let inner = object_with(found.as_ref(), &[list]).and_then(|object| object.get(list));
        let items = inner.or(found.as_ref()).and_then(Value::as_array);
        let items = items.filter(|items| !items.is_empty()).cloned();
        items.ok_or_else(|| format!("the answer holds no list named {list}"))
    }

    fn fill(&self, row: &mut Row, values: Vec<Value>) {
        for (field, value) in self.fields.iter().zip(values) {
            row.set(&field.column, value);
        }
    }

    fn entries(&self, row: Row, list: &str) -> Applied {
        let items = match self.listed(row.text(&self.input), list) {
            Ok(items) => items,
            Err(why) => return self.unread_row(row, why),
        };
        let mut applied = Applied::default();
        for (piece, item) in items.iter().enumerate() {
            let mut one = row.clone();
            if items.len() > 1 {
                one.lineage = row.lineage.child(piece);
            }
            if piece >= self.most_rows {
                let message = format!("more than the {} entries asked for", self.most_rows);
                applied.rejected.push(Rejected::new(one, DropReason::Filter, message));
                continue;
            }
            let read = match item {
                Value::Object(object) => self.read(&|name| object.get(name).cloned()),
                // A plain entry is the only field there is.
                plain if self.fields.len() == 1 => self.read(&|_| Some(plain.clone())),
                other => Err(format!("an entry is not an object: {other}")),
            };
            match read {
                Ok(values) => {
                    self.fill(&mut one, values);
                    applied.rows.push(one);
                }
                Err(why) => applied.rejected.push(Rejected::new(one, DropReason::Unparsable, why)),
            }
        }
        applied
    }

    fn unread_row(&self, mut row: Row, why: String) -> Applied {
        let Some(flag) = &self.flag else {
            return Applied::rejected(row, DropReason::Unparsable, why);
        };
        self.fill(&mut row, vec![Value::Null; self.fields.len()]);
        row.flag(flag);
        Applied::kept(row)
    }
}

impl EachRow for FieldsParser {
    fn apply(&self, mut row: Row) -> Applied {
        if let Some(list) = &self.rows {
            return self.entries(row, list);
        }
        // A column that holds the object itself, as one that another block parsed.
        let read = match row.columns.get(&self.input) {
            Some(Value::Object(object)) => {
                let object: Map<String, Value> = object.clone();
                self.read(&|name| object.get(name).cloned())
            }
            _ => self.object(row.text(&self.input)),
        };
        match read {
            Ok(values) => {
                self.fill(&mut row, values);
                Applied::kept(row)
            }
            Err(why) => self.unread_row(row, why),
        }
    }

    fn unread(&self, row: &Row) -> Option<Unread> {
        if matches!(row.columns.get(&self.input), Some(Value::Object(_))) {
            return None;
        }
        let text = row.text(&self.input);
        let read = match &self.rows {
            Some(list) => self.listed(text, list).map(drop),
            None => self.object(text).map(drop),
        };
        Some(Unread {
            column: self.input.clone(),
            why: read.err()?,
            form: self.form(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::{apply, block, reason, values};
    use serde_json::json;

    fn judge(extra: Value) -> Value {
        let mut config = json!({"input_cols": "raw", "prefix": "j_", "fields": {"explanation": "text", "verdict": {"one_of": ["YES", "NO"]}, "score": {"whole": [1, 3]}}});
        for (key, value) in extra.as_object().unwrap() {
            config[key] = value.clone();
        }
        config
    }

    #[test]
    fn a_verdict_is_read_down_the_ladder() {
        for raw in [
            r#"{"explanation": "ok", "verdict": "YES", "score": 2}"#,
            r#"{"explanation": "ok", "verdict": "yes.", "score": "2/3"}"#,
            "```json\n{\"explanation\": \"ok\", \"verdict\": true, \"score\": 2.0}\n```",
            "Explanation: ok\nVerdict: **YES**, it is\nScore: 2 of 3",
        ] {
            let applied = apply(NAME, judge(json!({})), json!({"raw": raw}));
            assert_eq!(
                values(&applied, &["j_explanation", "j_verdict", "j_score"]),
                [[json!("ok"), json!("YES"), json!(2)]],
                "{raw}"
            );
        }
        let applied = apply(NAME, judge(json!({})), json!({"raw": "So:\nverdict: NO\nscore: 1"}));
        assert_eq!(values(&applied, &["j_explanation", "j_score"]), [[json!(""), json!(1)]]);
    }

    #[test]
    fn what_is_no_verdict_leaves_or_goes_to_a_person() {
        for raw in [
            "",
            "I like it.",
            r#"{"explanation": "ok", "verdict": "MAYBE", "score": 2}"#,
            r#"{"explanation": "ok", "verdict": "YES", "score": 4}"#,
            r#"{"explanation": "ok", "verdict": "YES"}"#,
        ] {
            let applied = apply(NAME, judge(json!({})), json!({"raw": raw}));
            assert_eq!(reason(&applied), DropReason::Unparsable, "{raw}");
            let kept = apply(NAME, judge(json!({"on_unparsable": "keep"})), json!({"raw": raw}));
            assert_eq!(values(&kept, &["j_verdict"]), [[json!(null)]]);
            assert_eq!(kept.rows[0].flags, ["unjudged"]);
        }
    }

    #[test]
    fn entries_of_a_list_become_rows_and_bad_ones_say_why() {
        let config =
            json!({"input_cols": "raw", "rows": "people", "most_rows": 2, "fields": {"name": "text", "why": "text"}});
        assert_eq!(block(NAME, config.clone()).unwrap().grows, 2);
        let raw = r#"{"people": [{"name": "nurse", "why": "a"}, {"name": "baker"}, {"name": "c", "why": "d"}]}"#;
        let applied = apply(NAME, config.clone(), json!({"raw": raw}));
        assert_eq!(values(&applied, &["name"]), [[json!("nurse")]]);
        let why: Vec<_> = applied
            .rejected
            .iter()
            .map(|rejected| rejected.message.as_str())
            .collect();
        assert_eq!(why, ["the answer has no why", "more than the 2 entries asked for"]);
        assert_eq!(applied.rejected[1].row.lineage.to_string(), "0.2");
        assert_eq!(
            reason(&apply(NAME, config, json!({"raw": "none"}))),
            DropReason::Unparsable
        );
        let plain = json!({"input_cols": "raw", "rows": "facts", "fields": {"fact": "text"}});
        let applied = apply(NAME, plain, json!({"raw": r#"["one", "two"]"#}));
        assert_eq!(values(&applied, &["fact"]), [[json!("one")], [json!("two")]]);
    }
}

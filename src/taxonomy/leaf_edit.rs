//! Edits of a seed file as scripts ask for them: by YAML path, one after the other.

use serde_json::Value;

use super::yaml::{Document, EditError, NewValue, Step, YamlPath, YamlPathError};

/// One change of a seed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeafEdit {
    /// Puts a value at a path.
    Set(YamlPath, NewValue),
    /// Puts a new item into a list: before the one at this place, or at the end.
    Add(YamlPath, Option<usize>, NewValue),
    /// Removes a key or an item.
    Remove(YamlPath),
    /// Moves an item so that it stands at this place (from 0) of its list afterwards.
    Move(YamlPath, usize),
}

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafEditError {
    #[error(transparent)]
    Path(#[from] YamlPathError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("{0} is not an item of a list; name one, as in .seed_examples[2]")]
    NotAnItem(YamlPath),
    #[error(
        "{place} is no edit: {reason}; write an object of paths and values, or a list of edits such as \
         {{\"set\": \".created_by\", \"value\": \"Ada\"}}, {{\"add\": \".seed_examples\", \"value\": {{…}}}}, {{\"remove\": PATH}}, \
         {{\"move\": PATH, \"to\": 0}}"
    )]
    NoEdit { place: String, reason: &'static str },
}

/// Carries out edits in their order; all of them or none.
///
/// # Errors
/// [`LeafEditError`]; the document is then as it was.
pub fn apply_edits(document: &mut Document, edits: &[LeafEdit]) -> Result<(), LeafEditError> {
    let mut edited = document.clone();
    for edit in edits {
        match edit {
            LeafEdit::Set(path, value) => edited.put(path, value)?,
            LeafEdit::Add(list, at, value) => {
                let at = at.unwrap_or_else(|| edited.length(list));
                edited.insert_item(list, at, value)?;
            }
            LeafEdit::Remove(path) => edited.remove(path)?,
            LeafEdit::Move(path, to) => match (path.parent(), path.last()) {
                (Some(list), Some(Step::Index(from))) => edited.move_item(&list, *from, *to)?,
                _ => return Err(LeafEditError::NotAnItem(path.clone())),
            },
        }
    }
    *document = edited;
    Ok(())
}

/// Reads edits from JSON: an object of paths and values, or a list of edits in the order wanted.
///
/// # Errors
/// [`LeafEditError::NoEdit`] and [`LeafEditError::Path`].
pub fn edits_from_json(json: &Value) -> Result<Vec<LeafEdit>, LeafEditError> {
    match json {
        Value::Object(map) => map
            .iter()
            .map(|(path, value)| Ok(LeafEdit::Set(path.parse()?, value_from_json(value))))
            .collect(),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, edit)| one_from_json(index + 1, edit))
            .collect(),
        _ => Err(no_edit(
            "the JSON text".to_owned(),
            "it is neither an object nor a list",
        )),
    }
}

fn one_from_json(number: usize, json: &Value) -> Result<LeafEdit, LeafEditError> {
    let place = || format!("item {number}");
    let path = |key: &str| match json.get(key) {
        None => Ok(None),
        Some(Value::String(path)) => Ok(Some(path.parse::<YamlPath>()?)),
        Some(_) => Err(no_edit(place(), "its path is not a text")),
    };
    let value = || {
        let value = json.get("value").map(value_from_json);
        value.ok_or_else(|| no_edit(place(), "it has no 'value'"))
    };
    let index = |key: &str| {
        let number = json.get(key).and_then(Value::as_u64);
        number.and_then(|number| usize::try_from(number).ok())
    };
    if let Some(path) = path("set")? {
        Ok(LeafEdit::Set(path, value()?))
    } else if let Some(path) = path("add")? {
        Ok(LeafEdit::Add(path, index("at"), value()?))
    } else if let Some(path) = path("remove")? {
        Ok(LeafEdit::Remove(path))
    } else if let Some(path) = path("move")? {
        let to = index("to").ok_or_else(|| no_edit(place(), "it has no number 'to'"))?;
        Ok(LeafEdit::Move(path, to))
    } else {
        Err(no_edit(place(), "it has none of 'set', 'add', 'remove' and 'move'"))
    }
}

fn no_edit(place: String, reason: &'static str) -> LeafEditError {
    LeafEditError::NoEdit { place, reason }
}

/// A JSON value as one to be written: texts stay texts whatever they look like.
pub fn value_from_json(json: &Value) -> NewValue {
    match json {
        Value::String(text) => NewValue::text(text.as_str()),
        Value::Array(items) => NewValue::List(items.iter().map(value_from_json).collect()),
        Value::Object(map) => NewValue::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), value_from_json(value)))
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => NewValue::Plain(json.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "version: 3   # the newest\ntask_description: Reply\nseed_examples:\n  # first\n  - question: q1\n    \
                        answer: a1\n\n  - question: q2\n    answer: |\n      a2\n";

    fn edited(json: Value) -> Result<String, LeafEditError> {
        let mut document = Document::parse(TEXT.as_bytes()).unwrap();
        apply_edits(&mut document, &edits_from_json(&json)?)?;
        Ok(document.text().to_owned())
    }

    #[test]
    fn each_edit_changes_what_it_must() {
        assert_eq!(
            edited(json!({".seed_examples[1].answer": "b2", ".version": 2})).unwrap(),
            TEXT.replace("      a2\n", "      b2\n")
                .replace("version: 3", "version: 2")
                .replace("|\n      b2", "|-\n      b2")
        );
        assert_eq!(
            edited(json!({".version": 3, ".task_description": "Reply"})).unwrap(),
            TEXT
        );
        let moved = edited(json!([{"move": ".seed_examples[1]", "to": 0}])).unwrap();
        assert!(
            moved.find("q2").unwrap() < moved.find("q1").unwrap() && moved.contains("# the newest"),
            "{moved}"
        );
        let added = edited(json!([{"add": ".seed_examples", "value": {"question": "yes", "answer": "1"}}])).unwrap();
        assert!(added.starts_with(TEXT), "{added}");
        let read = Document::parse(added.as_bytes()).unwrap();
        let answer = ".seed_examples[2].answer".parse().unwrap();
        assert_eq!(read.get(&answer).unwrap().as_text(), Some("1"));
        let removed = edited(json!([{"remove": ".seed_examples[0]"}, {"remove": ".task_description"}])).unwrap();
        assert_eq!(
            removed,
            "version: 3   # the newest\nseed_examples:\n  # first\n  - question: q2\n    answer: |\n      a2\n"
        );
    }

    #[test]
    fn a_list_or_a_group_takes_the_place_of_what_is_there() {
        let text =
            edited(json!({".seed_examples[0]": {"question": "new", "answer": "n"}, ".task_description": ["a", "b"]}))
                .unwrap();
        let read = Document::parse(text.as_bytes()).unwrap();
        let get = |path: &str| {
            read.get(&path.parse().unwrap())
                .and_then(|node| node.as_text().map(str::to_owned))
        };
        assert_eq!(get(".seed_examples[0].question").as_deref(), Some("new"));
        assert_eq!(get(".seed_examples[1].question").as_deref(), Some("q2"));
        assert_eq!(get(".task_description[1]").as_deref(), Some("b"));
    }

    #[test]
    fn edits_are_all_made_or_none() {
        let both = json!([{"set": ".created_by", "value": "x"}, {"remove": ".seed_examples[7]"}]);
        let mut document = Document::parse(TEXT.as_bytes()).unwrap();
        assert!(apply_edits(&mut document, &edits_from_json(&both).unwrap()).is_err());
        assert_eq!(document.text(), TEXT);
        for wrong in [
            json!(3),
            json!([{}]),
            json!([{"move": ".a[0]"}]),
            json!([{"set": ".a"}]),
            json!({".a[": 1}),
        ] {
            assert!(edits_from_json(&wrong).is_err(), "{wrong}");
        }
    }
}

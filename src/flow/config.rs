//! Reading a block's `block_config` key by key, so that errors name the key and unknown keys are noticed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::entries::Entry;
use super::row::Columns;

/// Where a flow's other files are: beside it on disk, or inside the binary.
pub trait Files {
    /// Reads a text file named relative to the flow's file. The error says why it cannot be read.
    fn read(&self, relative: &str) -> Result<String, String>;
}

/// A block's configuration while it is being read.
pub struct Config<'a> {
    name: &'a str,
    entries: &'a Columns,
    /// The block's `scaffold`, which stands beside `block_config` so that sdg_hub does not see it.
    pub(super) scaffold: Option<&'a Value>,
    /// Who is asked, which stands there, too.
    pub(super) role: Option<&'a str>,
    pub(super) files: &'a dyn Files,
    /// Prompt files read so far with their text: part of the flow's hash.
    pub(super) read: Vec<(String, String)>,
    used: BTreeSet<String>,
}

impl<'a> Config<'a> {
    pub(super) fn new(name: &'a str, entry: &'a Entry, files: &'a dyn Files) -> Self {
        let used = ["block_name", "block_type", "input_cols", "output_cols"]
            .into_iter()
            .map(str::to_owned)
            .collect();
        Config {
            name,
            entries: &entry.config,
            scaffold: entry.scaffold.as_ref(),
            role: entry.role.as_deref(),
            files,
            read: Vec::new(),
            used,
        }
    }

    /// The block's own name.
    pub fn name(&self) -> &str {
        self.name
    }

    pub(super) fn value(&mut self, key: &str) -> Option<&'a Value> {
        self.used.insert(key.to_owned());
        self.entries.get(key).filter(|value| !value.is_null())
    }

    pub(super) fn required(&mut self, key: &str) -> Result<&'a Value, String> {
        self.value(key)
            .ok_or_else(|| format!("'{key}' is missing; add it under block_config"))
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<&'a str>, String> {
        self.typed(key, "a text", Value::as_str)
    }

    pub(super) fn bool(&mut self, key: &str) -> Result<Option<bool>, String> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(super) fn number(&mut self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number", Value::as_f64)
    }

    pub(super) fn whole(&mut self, key: &str) -> Result<Option<u64>, String> {
        self.typed(key, "a whole number that is not negative", Value::as_u64)
    }

    fn typed<T>(&mut self, key: &str, what: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| format!("'{key}' must be {what}, not {value}")),
        }
    }

    /// One text or a list of texts.
    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<String>, String> {
        self.value(key).map_or(Ok(Vec::new()), |value| texts(key, value))
    }

    /// `input_cols` as names; of a mapping, its keys.
    pub(super) fn inputs(&self) -> Result<Vec<String>, String> {
        match self.entries.get("input_cols") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(map)) => Ok(map.keys().cloned().collect()),
            Some(value) => texts("input_cols", value),
        }
    }

    /// True when `input_cols` is a mapping.
    pub(super) fn maps_inputs(&self) -> bool {
        matches!(self.entries.get("input_cols"), Some(Value::Object(_)))
    }

    /// `input_cols` as pairs (column, name it is given): a list gives every column its own name.
    pub(super) fn input_pairs(&self) -> Result<Vec<(String, String)>, String> {
        match self.entries.get("input_cols") {
            Some(Value::Object(map)) => map
                .iter()
                .map(|(column, name)| match name.as_str() {
                    Some(name) => Ok((column.clone(), name.to_owned())),
                    None => Err(format!("'input_cols' maps '{column}' to {name}, which is not a text")),
                })
                .collect(),
            _ => Ok(self
                .inputs()?
                .into_iter()
                .map(|column| (column.clone(), column))
                .collect()),
        }
    }

    /// `input_cols` where the block needs a mapping from old to new names.
    pub(super) fn renames(&self) -> Result<Vec<(String, String)>, String> {
        match self.entries.get("input_cols") {
            Some(Value::Object(map)) if !map.is_empty() => self.input_pairs(),
            _ => Err("'input_cols' must map existing columns to new ones, as in {document: context}".to_owned()),
        }
    }

    pub(super) fn outputs(&self) -> Result<Vec<String>, String> {
        match self.entries.get("output_cols") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(map)) => Ok(map.keys().cloned().collect()),
            Some(value) => texts("output_cols", value),
        }
    }

    pub(super) fn one_input(&self) -> Result<String, String> {
        one("input_cols", self.inputs()?)
    }

    pub(super) fn one_output(&self) -> Result<String, String> {
        one("output_cols", self.outputs()?)
    }

    /// Keys that no reading asked for, in the file's order.
    pub(super) fn unused(&self) -> Vec<(String, Value)> {
        self.entries
            .iter()
            .filter(|(key, _)| !self.used.contains(*key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Declares every remaining key as read, except these.
    pub(super) fn take_unused_but(&mut self, left: &[&str]) -> Vec<(String, Value)> {
        let mut rest = self.unused();
        rest.retain(|(key, _)| !left.contains(&key.as_str()));
        self.used.extend(rest.iter().map(|(key, _)| key.clone()));
        rest
    }
}

fn one(key: &str, names: Vec<String>) -> Result<String, String> {
    let count = names.len();
    let mut names = names.into_iter();
    match (names.next(), count) {
        (Some(name), 1) => Ok(name),
        _ => Err(format!("'{key}' must name exactly one column, not {count}")),
    }
}

fn texts(key: &str, value: &Value) -> Result<Vec<String>, String> {
    let wrong = || format!("'{key}' must be a text or a list of texts, not {value}");
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

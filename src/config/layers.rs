//! Merging the layers and remembering where each value came from.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::keys::{KEYS, KnownKey, is_group, known, suggestion};
use super::{ConfigError, GenerateSettings, Settings};
use crate::taxonomy::yaml::{Document, Node, NodeValue, Resolved};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    File { path: PathBuf, line: usize },
    Variable(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Variable(name) => write!(f, "variable {name}"),
            Origin::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One source of settings, in rising order of strength.
pub enum Layer<'a> {
    /// The user's own file; may set anything. A missing file is an empty one.
    User(&'a Path),
    /// A repository's file; may set harmless keys only. A missing file is an empty one.
    Repository(&'a Path),
    /// Looks up an environment variable.
    Variables(&'a dyn Fn(&str) -> Option<String>),
    /// A flag's name with the dotted key and the value that it stands for.
    Flags(&'a [(String, String, String)]),
}

/// Values with their dotted key, value and origin, for `seedbed config show --origin`.
pub type Origins = Vec<(String, Value, Origin)>;

/// Reads and merges the layers.
///
/// # Errors
/// [`ConfigError`] with file, line and column for an unknown key (with the nearest known one), a wrong type, a key that a
/// repository may not set, or broken YAML.
pub fn load(layers: &[Layer<'_>]) -> Result<(Settings, Origins), ConfigError> {
    let mut merged = Merged::default();
    for layer in layers {
        match layer {
            Layer::User(path) => merged.file(path, false)?,
            Layer::Repository(path) => merged.file(path, true)?,
            Layer::Variables(lookup) => merged.variables(lookup)?,
            Layer::Flags(flags) => {
                for (flag, key, value) in *flags {
                    merged.text(key, value, Origin::Flag(flag.clone()))?;
                }
            }
        }
    }
    let origin = merged.origin_below("generate.chunk_");
    let of_one_layer = merged.share_a_layer("generate.chunk_tokens", "generate.chunk_overlap");
    let settings: Settings =
        serde_json::from_value(Value::Object(merged.root)).map_err(|error| ConfigError::Value {
            origin: "settings".into(),
            message: error.to_string(),
        })?;
    // A person's own overlap must not lock a repository's smaller chunks, or the other way round: it is left alone there.
    let checked = match of_one_layer {
        true => settings.generate.clone(),
        false => GenerateSettings {
            chunk_overlap: None,
            ..settings.generate.clone()
        },
    };
    checked.check().map_err(|message| ConfigError::Value {
        origin,
        message: format!("generate.chunk_tokens and generate.chunk_overlap: {message}"),
    })?;
    Ok((settings, merged.origins))
}

#[derive(Default)]
struct Merged {
    root: Map<String, Value>,
    origins: Origins,
}

impl Merged {
    /// Where the last value below a dotted beginning came from.
    fn origin_below(&self, beginning: &str) -> String {
        let mut below = self.origins.iter().filter(|(key, _, _)| key.starts_with(beginning));
        let last = below.next_back();
        last.map_or("settings".to_owned(), |(_, _, origin)| origin.to_string())
    }

    /// False when two keys were set in different layers.
    fn share_a_layer(&self, one: &str, other: &str) -> bool {
        let origin = |wanted: &str| {
            self.origins
                .iter()
                .find(|(key, _, _)| key == wanted)
                .map(|(_, _, origin)| origin)
        };
        match (origin(one), origin(other)) {
            (Some(Origin::File { path, .. }), Some(Origin::File { path: other, .. })) => path == other,
            (Some(one), Some(other)) => std::mem::discriminant(one) == std::mem::discriminant(other),
            _ => true,
        }
    }

    fn file(&mut self, path: &Path, harmless_only: bool) -> Result<(), ConfigError> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: path.display().to_string(),
                    source,
                });
            }
        };
        let invalid = |line, column, message: String| ConfigError::Invalid {
            path: path.display().to_string(),
            line,
            column,
            message,
        };
        let document =
            Document::parse(&bytes).map_err(|error| invalid(error.line, error.column, error.message.clone()))?;
        let Some(root) = document.root() else { return Ok(()) };
        match &root.value {
            NodeValue::Mapping(_) => {}
            NodeValue::Scalar {
                tag: Resolved::Null, ..
            } => return Ok(()),
            _ => {
                return Err(invalid(
                    root.line,
                    root.column,
                    "settings are `key: value` pairs".into(),
                ));
            }
        }
        let mut found = Vec::new();
        collect(root, &mut Vec::new(), &mut found).map_err(|(line, column, message)| invalid(line, column, message))?;
        for (keys, key, node) in found {
            if harmless_only && !key.harmless {
                let message = format!(
                    "a repository may not set `{}`: it could run a command or send text elsewhere; put it into your own settings",
                    keys.join(".")
                );
                return Err(invalid(node.line, node.column, message));
            }
            let value = to_json(node);
            check_shape(key, &value).map_err(|message| invalid(node.line, node.column, message))?;
            self.put(
                &keys,
                value,
                Origin::File {
                    path: path.to_owned(),
                    line: node.line,
                },
            );
        }
        Ok(())
    }

    fn variables(&mut self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        for key in KEYS.iter().filter(|key| !key.path.contains('*')) {
            let name = format!("SEEDBED_{}", key.path.to_uppercase().replace('.', "_"));
            if let Some(text) = lookup(&name).filter(|text| !text.is_empty()) {
                self.text(key.path, &text, Origin::Variable(name))?;
            }
        }
        Ok(())
    }

    fn text(&mut self, dotted: &str, text: &str, origin: Origin) -> Result<(), ConfigError> {
        let keys: Vec<String> = dotted.split('.').map(str::to_owned).collect();
        let Some(key) = known(&keys) else {
            return Err(ConfigError::Value {
                origin: origin.to_string(),
                message: unknown(&keys),
            });
        };
        let value = match key.shape {
            "number" | "whole" | "flag" => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            _ => Value::from(text),
        };
        check_shape(key, &value).map_err(|message| ConfigError::Value {
            origin: origin.to_string(),
            message,
        })?;
        self.put(&keys, value, origin);
        Ok(())
    }

    fn put(&mut self, keys: &[String], value: Value, origin: Origin) {
        let dotted = keys.join(".");
        self.origins.retain(|(known, _, _)| *known != dotted);
        self.origins.push((dotted, value.clone(), origin));
        let mut map = &mut self.root;
        let Some((last, above)) = keys.split_last() else { return };
        for key in above {
            let slot = map.entry(key.clone()).or_insert_with(|| Value::Object(Map::new()));
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
            }
            match slot {
                Value::Object(inner) => map = inner,
                _ => return,
            }
        }
        map.insert(last.clone(), value);
    }
}

type Found<'a> = Vec<(Vec<String>, &'static KnownKey, &'a Node)>;

fn collect<'a>(node: &'a Node, above: &mut Vec<String>, found: &mut Found<'a>) -> Result<(), (usize, usize, String)> {
    let NodeValue::Mapping(pairs) = &node.value else {
        return Ok(());
    };
    for (name, value) in pairs {
        let Some(text) = name.scalar_text() else {
            return Err((name.line, name.column, "a key of the settings is a plain word".into()));
        };
        above.push(text.to_owned());
        match known(above) {
            Some(key) => found.push((above.clone(), key, value)),
            None if is_group(above) => match &value.value {
                NodeValue::Mapping(_) => collect(value, above, found)?,
                NodeValue::Scalar {
                    tag: Resolved::Null, ..
                } => {}
                _ => {
                    let message = format!("`{}` holds further keys; write them indented below it", above.join("."));
                    return Err((value.line, value.column, message));
                }
            },
            None => return Err((name.line, name.column, unknown(above))),
        }
        above.pop();
    }
    Ok(())
}

fn unknown(keys: &[String]) -> String {
    match suggestion(keys) {
        Some(near) => format!("unknown key `{}`; did you mean `{near}`?", keys.join(".")),
        None => format!(
            "unknown key `{}`; `seedbed config schema` lists the known ones",
            keys.join(".")
        ),
    }
}

fn check_shape(key: &KnownKey, value: &Value) -> Result<(), String> {
    let fits = match key.shape {
        "text" => value.is_string(),
        "number" => value.is_number(),
        "whole" => value.is_u64(),
        "flag" => value.is_boolean(),
        "list" => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
        "map" => true,
        words => value
            .as_str()
            .is_some_and(|text| words.split('|').any(|word| word == text)),
    };
    if fits {
        return Ok(());
    }
    let wanted = match key.shape {
        "text" => "a text".to_owned(),
        "number" => "a number".to_owned(),
        "whole" => "a whole number from 0".to_owned(),
        "flag" => "true or false".to_owned(),
        "list" => "a list of key names, as in [a, ctrl-a]".to_owned(),
        words => format!("one of {}", words.replace('|', ", ")),
    };
    Err(format!("`{}` wants {wanted}, not {value}", key.path))
}

fn to_json(node: &Node) -> Value {
    match &node.value {
        NodeValue::Scalar { text, tag, .. } => match tag {
            Resolved::Null => Value::Null,
            Resolved::Bool => Value::Bool(matches!(text.to_lowercase().as_str(), "true" | "yes" | "on")),
            Resolved::Int | Resolved::Float => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()))
            }
            _ => Value::from(text.as_str()),
        },
        NodeValue::Sequence(items) => {
            // A key's name may look like something else to YAML (`y`, `1`, `on`): in lists names stay as written.
            Value::Array(
                items
                    .iter()
                    .map(|item| item.scalar_text().map_or_else(|| to_json(item), Value::from))
                    .collect(),
            )
        }
        NodeValue::Mapping(pairs) => Value::Object(
            pairs
                .iter()
                .filter_map(|(key, value)| Some((key.scalar_text()?.to_owned(), to_json(value))))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::knowledge::{ChunkSize, ChunkWish};

    fn from_text(text: &str) -> Result<(Settings, Origins), ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, text).unwrap();
        load(&[Layer::User(&path)])
    }

    #[test]
    fn the_documented_example_is_read() {
        let (settings, origins) = from_text(
            "teachers:\n  granite:\n    url: http://127.0.0.1:8000/v1\n    model: granite-4.0-h-small\n    key_env: GRANITE_KEY\n\
             roles: { teacher: granite, critic: embedded }\ntheme: { dark: dusk, light: dawn }\nkeys: { review.accept: [a, ctrl-a] }\n",
        )
        .unwrap();
        assert_eq!(settings.teachers["granite"].model, "granite-4.0-h-small");
        assert_eq!(settings.roles.teacher.as_deref(), Some("granite"));
        assert_eq!(settings.keys["review.accept"], ["a", "ctrl-a"]);
        assert!(
            origins
                .iter()
                .any(|(key, _, origin)| key == "theme.dark" && origin.to_string().ends_with(":7"))
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
        let message = from_text("theme:\n  drak: dusk\n").unwrap_err().to_string();
        assert!(message.contains(":2:3"), "{message}");
        assert!(message.contains("did you mean `dark`"), "{message}");
    }

    #[test]
    fn wrong_types_say_what_is_wanted() {
        let message = from_text("generate: { count: many }\n").unwrap_err().to_string();
        assert!(message.contains("a whole number"), "{message}");
        let message = from_text("theme: { appearance: dusky }\n").unwrap_err().to_string();
        assert!(message.contains("auto, dark, light"), "{message}");
    }

    #[test]
    fn a_repository_cannot_name_a_teacher() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".seedbed.yaml");
        std::fs::write(&path, "teachers: { x: { url: 'http://evil' } }\n").unwrap();
        let message = load(&[Layer::Repository(&path)]).unwrap_err().to_string();
        assert!(message.contains("a repository may not set"), "{message}");
        std::fs::write(&path, "theme: { dark: dusk }\n").unwrap();
        assert_eq!(
            load(&[Layer::Repository(&path)]).unwrap().0.theme.dark.as_deref(),
            Some("dusk")
        );
    }

    #[test]
    fn sizes_of_chunks_have_to_go_together() {
        let (settings, _) = from_text("generate: { chunk_tokens: 800, chunk_overlap: 80 }\n").unwrap();
        assert_eq!(settings.generate.chunk_tokens, Some(800));
        let error = from_text("generate:\n  chunk_tokens: 40\n  chunk_overlap: 40\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(":3: generate.chunk_tokens and generate.chunk_overlap: chunks of 40"),
            "{error}"
        );
        assert!(from_text("generate: { chunk_overlap: 500 }\n").is_err());
        // Two files that are right by themselves lock nobody out.
        let folder = tempfile::tempdir().unwrap();
        let (user, repository) = (folder.path().join("user.yaml"), folder.path().join("repository.yaml"));
        std::fs::write(&user, "generate: { chunk_overlap: 60 }\n").unwrap();
        std::fs::write(&repository, "generate: { chunk_tokens: 50 }\n").unwrap();
        let (settings, _) = load(&[Layer::User(&user), Layer::Repository(&repository)]).unwrap();
        let size = ChunkWish::default()
            .size(settings.generate.chunks(), ChunkSize::USUAL)
            .unwrap();
        assert_eq!((size.tokens, size.overlap), (50, 5));
        std::fs::write(&repository, "generate: { chunk_tokens: 0 }\n").unwrap();
        assert!(load(&[Layer::User(&user), Layer::Repository(&repository)]).is_err());
    }

    #[test]
    fn variables_and_flags_win_over_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, "generate: { count: 3 }\nroles: { teacher: a }\n").unwrap();
        let lookup = |name: &str| (name == "SEEDBED_ROLES_TEACHER").then(|| "b".to_owned());
        let flags = [("--count".to_owned(), "generate.count".to_owned(), "9".to_owned())];
        let (settings, _) = load(&[Layer::User(&path), Layer::Variables(&lookup), Layer::Flags(&flags)]).unwrap();
        assert_eq!(settings.roles.teacher.as_deref(), Some("b"));
        assert_eq!(settings.generate.count, Some(9));
    }
}

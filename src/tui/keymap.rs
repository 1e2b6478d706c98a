//! From a key to a command, in a stack of contexts; the user's own keys over the table's.

use std::collections::{BTreeMap, HashMap};

use super::command::{Command, Context, TABLE};
use super::key::Key;

/// Which key does what where.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    by_key: HashMap<(Context, Key), Command>,
    by_command: HashMap<Command, Vec<Key>>,
}

/// A mistake in the `keys` settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    #[error("keys: there is no command '{id}'{}", near.as_ref().map(|near| format!("; did you mean '{near}'?")).unwrap_or_default())]
    NoCommand { id: String, near: Option<String> },
    #[error("keys.{id}: {source}")]
    NoKey { id: String, source: super::key::UnknownKey },
    #[error("keys.{id}: '{key}' already does '{other}' in the same place; give that command another key as well")]
    Taken { id: String, key: Key, other: &'static str },
}

impl Keymap {
    /// The table's keys, with the user's laid over: a command named in `settings` has those keys only.
    ///
    /// # Errors
    /// An unknown command (with the nearest known one), an unknown key name, or a key with two meanings in one place.
    pub fn new(settings: &BTreeMap<String, Vec<String>>) -> Result<Self, KeymapError> {
        for id in settings.keys() {
            if Command::by_id(id).is_none() {
                let near = TABLE
                    .iter()
                    .map(|row| (crate::text::distance::edit_distance(row.id, id), row.id))
                    .min()
                    .filter(|(distance, _)| *distance <= 4);
                return Err(KeymapError::NoCommand {
                    id: id.clone(),
                    near: near.map(|(_, id)| id.to_owned()),
                });
            }
        }
        let mut map = Keymap::default();
        for row in TABLE {
            let own = settings.get(row.id);
            let names: Vec<&str> = match own {
                Some(names) => names.iter().map(String::as_str).collect(),
                None => row.keys.to_vec(),
            };
            for name in names {
                let key: Key = name.parse().map_err(|source| KeymapError::NoKey {
                    id: row.id.to_owned(),
                    source,
                })?;
                for context in row.contexts {
                    match map.by_key.get(&(*context, key)) {
                        Some(other) if own.is_some() || settings.contains_key(other.row().id) => {
                            // The blame is with the key that the settings name.
                            let (id, other) = if own.is_some() {
                                (row.id, other.row().id)
                            } else {
                                (other.row().id, row.id)
                            };
                            return Err(KeymapError::Taken {
                                id: id.to_owned(),
                                key,
                                other,
                            });
                        }
                        Some(_) => continue,
                        None => {
                            map.by_key.insert((*context, key), row.command);
                        }
                    }
                }
                map.by_command.entry(row.command).or_default().push(key);
            }
        }
        Ok(map)
    }

    /// The command a key stands for in the innermost context that knows it.
    pub fn command(&self, contexts: &[Context], key: Key) -> Option<Command> {
        contexts
            .iter()
            .find_map(|context| self.by_key.get(&(*context, key)).copied())
    }

    /// The keys of a command, the usual one first.
    pub fn keys(&self, command: Command) -> &[Key] {
        self.by_command.get(&command).map(Vec::as_slice).unwrap_or_default()
    }

    /// How a command is done, for a sentence: its usual key, or the palette when the user took all its keys away.
    pub fn how(&self, command: Command) -> String {
        let key = self.keys(command).first().map(ToString::to_string);
        key.unwrap_or_else(|| format!("'{}' in the palette", command.row().title))
    }

    /// The usual key as the footer shows it; empty when the user took it away.
    pub fn shown(&self, command: Command) -> String {
        self.keys(command).first().map(ToString::to_string).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_name_of_its_own_and_keys_that_parse() {
        let mut ids: Vec<_> = TABLE.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), TABLE.len());
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.command as usize, index);
            assert_eq!(row.command.row().id, row.id);
            assert!(row.doc.ends_with('.'), "{}", row.id);
        }
        Keymap::new(&BTreeMap::new()).unwrap();
    }

    #[test]
    fn no_key_of_the_table_means_two_things_in_one_place() {
        let mut seen: HashMap<(Context, Key), &str> = HashMap::new();
        for row in TABLE {
            for key in row.keys {
                for context in row.contexts {
                    let key: Key = key.parse().unwrap();
                    if let Some(other) = seen.insert((*context, key), row.id) {
                        panic!("{key} is both {other} and {} in {context:?}", row.id);
                    }
                }
            }
        }
    }

    #[test]
    fn own_keys_replace_the_tables() {
        let own = BTreeMap::from([("review.accept".to_owned(), vec!["y".to_owned(), "ctrl-a".to_owned()])]);
        let map = Keymap::new(&own).unwrap();
        let at = |name: &str| map.command(&[Context::Review, Context::Global], name.parse().unwrap());
        assert_eq!(at("y"), Some(Command::Accept));
        assert_eq!(at("a"), None);
        assert_eq!(at("q"), Some(Command::Quit));
    }

    #[test]
    fn a_conflict_and_a_misspelt_command_are_told() {
        let taken = BTreeMap::from([("review.accept".to_owned(), vec!["x".to_owned()])]);
        assert!(Keymap::new(&taken).unwrap_err().to_string().contains("review.reject"));
        let wrong = BTreeMap::from([("review.acept".to_owned(), vec![])]);
        assert!(Keymap::new(&wrong).unwrap_err().to_string().contains("review.accept"));
    }
}

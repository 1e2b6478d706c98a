//! The table of prices that a person keeps beside the settings.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::ConfigError;
use crate::teacher::{Price, PriceSettings, USUAL_CURRENCY};

/// Prices by model. There are none but those that somebody wrote down: what is not known is not guessed.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceTable {
    /// In which prices are that name no other.
    pub currency: String,
    /// By the model's name in lower case; a `*` at the end stands for any rest.
    models: BTreeMap<String, Price>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    currency: Option<String>,
    models: BTreeMap<String, PriceSettings>,
}

impl Default for PriceTable {
    fn default() -> Self {
        PriceTable {
            currency: USUAL_CURRENCY.to_owned(),
            models: BTreeMap::new(),
        }
    }
}

impl PriceTable {
    /// Reads a table; a missing file is an empty one.
    ///
    /// # Errors
    /// [`ConfigError`] with the file, and the line or the model where it is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(PriceTable::default()),
            Err(source) => return Err(ConfigError::Unreadable { path: shown, source }),
        };
        let wrong = |message: String| ConfigError::Value {
            origin: shown.clone(),
            message,
        };
        // An empty file, or one with nothing but remarks, is YAML's null.
        let written: Option<Written> = serde_yaml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let written = written.unwrap_or_default();
        let currency = written.currency.unwrap_or_else(|| USUAL_CURRENCY.to_owned());
        let mut models = BTreeMap::new();
        for (model, price) in written.models {
            let price = price
                .price(&currency)
                .map_err(|problem| wrong(format!("{model}: {problem}")))?;
            models.insert(model.to_lowercase(), price);
        }
        Ok(PriceTable { currency, models })
    }

    /// The price of a model: the entry with its very name, else the longest beginning with a `*` behind it.
    pub fn of(&self, model: &str) -> Option<&Price> {
        let model = model.to_lowercase();
        self.models.get(&model).or_else(|| {
            let fits = self
                .models
                .iter()
                .filter(|(name, _)| name.strip_suffix('*').is_some_and(|start| model.starts_with(start)));
            fits.max_by_key(|(name, _)| name.len()).map(|(_, price)| price)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<PriceTable, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.yaml");
        std::fs::write(&path, text).unwrap();
        PriceTable::read(&path)
    }

    #[test]
    fn the_nearest_entry_counts() {
        let table = read(
            "currency: EUR\nmodels:\n  small-model: { input: 0.1, output: 0.4 }\n  \"small*\": { input: 1, output: 2, currency: USD }\n  \"*\": { input: 9, output: 9 }\n",
        )
        .unwrap();
        assert_eq!(table.of("Small-Model").unwrap().currency, "EUR");
        assert_eq!(table.of("small-model-2").unwrap().currency, "USD");
        assert_eq!(table.of("other").unwrap().input, 9.0);
        assert_eq!(read("# nothing yet\n").unwrap().of("other"), None);
        assert!(
            PriceTable::read(Path::new("/nowhere/prices.yaml"))
                .unwrap()
                .of("other")
                .is_none()
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, words) in [
            ("models: { big: { input: 1 } }", "big: `price` needs both"),
            ("models: { big: { input: 1, ouput: 2 } }", "ouput"),
            ("modles: {}", "modles"),
            ("[1", "prices.yaml"),
        ] {
            let said = read(text).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }
}

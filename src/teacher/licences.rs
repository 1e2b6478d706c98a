//! May a teacher's answers train another model? A dated table, keyed by the model and not by its host.
//!
//! Facts to start from, not legal advice. A model that the table does not know is unknown, never fine.

use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;

/// May answers train another model?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Train {
    Yes,
    /// With duties that follow the trained model, or for some purposes only; the note says which.
    Conditional,
    No,
    Unknown,
}

/// What a teacher's licence says of its answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Regular expressions over the model's name in lower case, with `_`, `:` and spaces as `-`.
    models: Vec<String>,
    /// The licence or terms, with their version.
    pub licence: String,
    pub train: Train,
    /// What to mind, in a sentence or two; may be empty.
    #[serde(default)]
    pub note: String,
    /// The date of the text that was read, or that the entry was written from, as in `2024-07-23`.
    pub read: String,
}

const TABLE: &str = include_str!("licences.yaml");

struct Table {
    rows: Vec<(Vec<Regex>, Licence)>,
    unknown: Licence,
}

fn table() -> &'static Table {
    static PARSED: OnceLock<Table> = OnceLock::new();
    PARSED.get_or_init(|| {
        // A test holds the file to its form; were it broken all the same, every model would be unknown.
        let rows: Vec<Licence> = serde_yaml::from_str(TABLE).unwrap_or_default();
        let compiled = |row: &Licence| row.models.iter().filter_map(|model| Regex::new(model).ok()).collect();
        Table {
            rows: rows.into_iter().map(|row| (compiled(&row), row)).collect(),
            unknown: Licence {
                models: Vec::new(),
                licence: "unknown".to_owned(),
                train: Train::Unknown,
                note: "This model is not in the table: read its licence before training on its answers.".to_owned(),
                read: String::new(),
            },
        }
    })
}

/// Finds the licence of a model by its name, as servers and hubs write it; the first row that fits counts.
pub fn licence_of(model: &str) -> &'static Licence {
    let name = model.trim().to_lowercase().replace(['_', ':', ' '], "-");
    let table = table();
    let found = table
        .rows
        .iter()
        .find(|(patterns, _)| patterns.iter().any(|pattern| pattern.is_match(&name)));
    found.map_or(&table.unknown, |(_, licence)| licence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_well_formed() {
        let rows: Vec<Licence> = serde_yaml::from_str(TABLE).unwrap();
        assert_eq!(rows.len(), table().rows.len());
        for row in rows {
            assert!(!row.models.is_empty() && !row.licence.is_empty(), "{row:?}");
            assert!(row.train == Train::Yes || !row.note.is_empty(), "{row:?}");
            row.read.parse::<jiff::civil::Date>().unwrap();
            for model in &row.models {
                Regex::new(model).unwrap();
            }
        }
    }

    #[test]
    fn names_as_servers_write_them() {
        for (model, train, licence) in [
            ("llama3.1:8b", Train::Conditional, "Llama 3.1"),
            ("meta-llama/Llama-3.3-70B-Instruct", Train::Conditional, "Llama 3.2"),
            ("llama3:8b", Train::No, "Llama 3 "),
            ("Meta-Llama-3-8B-Instruct", Train::No, "Llama 3 "),
            ("llama-2-7b-chat", Train::No, "Llama 2"),
            ("meta-llama/Llama-4-Scout", Train::Conditional, "Llama 4"),
            ("deepseek-r1-distill-llama-70b", Train::Conditional, "Llama"),
            ("DeepSeek-R1-Distill-Qwen-7B", Train::Yes, "MIT"),
            ("deepseek-r1:70b", Train::Conditional, "Llama"),
            ("deepseek-ai/DeepSeek-R1", Train::Yes, "MIT"),
            ("deepseek-ai/DeepSeek-V3-0324", Train::Yes, "MIT"),
            ("deepseek-ai/DeepSeek-V3", Train::Conditional, "DeepSeek"),
            ("gemma3:4b", Train::Conditional, "Gemma"),
            ("google/gemma-4-27b-it", Train::Yes, "Apache"),
            ("Qwen/Qwen2.5-72B-Instruct", Train::Conditional, "Qwen License"),
            ("qwen2.5:3b", Train::No, "Qwen Research"),
            ("qwen2.5:32b", Train::Yes, "Apache"),
            ("qwen2.5:0.5b", Train::Yes, "Apache"),
            ("Qwen/Qwen3-8B", Train::Yes, "Apache"),
            ("granite-4.0-h-small", Train::Yes, "Apache"),
            ("ibm/granite3.3:8b", Train::Yes, "Apache"),
            ("HuggingFaceTB/SmolLM2-135M-Instruct", Train::Yes, "Apache"),
            ("mixtral:8x7b", Train::Yes, "Apache"),
            ("mistral:7b-instruct-q4_K_M", Train::Yes, "Apache"),
            ("mistral-small3.2:24b", Train::Yes, "Apache"),
            ("mistral-small:22b", Train::Unknown, "unknown"),
            ("mistral-large-2407", Train::No, "Mistral"),
            ("mistral-large-latest", Train::Conditional, "Mistral"),
            ("gpt-oss:20b", Train::Yes, "Apache"),
            ("openai/gpt-4o-mini", Train::No, "OpenAI"),
            ("o3-mini", Train::No, "OpenAI"),
            ("claude-sonnet-4-5", Train::No, "Anthropic"),
            ("gemini-2.5-pro", Train::No, "Gemini"),
            ("microsoft/phi-4", Train::Yes, "MIT"),
            ("my-own-model", Train::Unknown, "unknown"),
            ("", Train::Unknown, "unknown"),
            ("foo3-mini", Train::Unknown, "unknown"),
        ] {
            let found = licence_of(model);
            assert_eq!(found.train, train, "{model}: {found:?}");
            assert!(found.licence.contains(licence), "{model}: {found:?}");
        }
    }
}

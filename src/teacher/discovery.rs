//! Finds servers that already run on this machine.

use std::time::Duration;

use super::TeacherSettings;
use super::http::list_models_at;

/// The answer of a server on this machine comes at once or not at all.
const PATIENCE: Duration = Duration::from_millis(300);

/// A port where a known program listens unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub port: u16,
    /// The program, as in `Ollama`.
    pub program: &'static str,
}

/// The usual ports.
pub const USUAL_PLACES: [Place; 4] = [
    Place {
        port: 11434,
        program: "Ollama",
    },
    Place {
        port: 8080,
        program: "llama.cpp",
    },
    Place {
        port: 8000,
        program: "vLLM",
    },
    Place {
        port: 1234,
        program: "LM Studio",
    },
];

/// A server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The program: as its answer says, else as its port suggests.
    pub program: &'static str,
    /// As for the settings, as in `http://127.0.0.1:11434/v1`.
    pub url: String,
    /// What it offers, in its order; may be empty.
    pub models: Vec<String>,
}

impl Found {
    /// Settings that use one of its models.
    pub fn settings(&self, model: &str) -> TeacherSettings {
        TeacherSettings {
            url: self.url.clone(),
            model: model.to_owned(),
            ..TeacherSettings::default()
        }
    }

    /// A name for the settings, as in `llama-cpp`.
    pub fn suggested_name(&self) -> String {
        self.program.to_lowercase().replace([' ', '.'], "-")
    }
}

/// Asks every place side by side for its models; takes at most 300 ms. The order of `places` is kept.
///
/// Only the loopback address is asked; whoever answers with something other than a list of models is not listed.
pub async fn find(places: &[Place]) -> Vec<Found> {
    find_within(places, PATIENCE).await
}

/// As [`find`], with another limit.
pub async fn find_within(places: &[Place], patience: Duration) -> Vec<Found> {
    let asking = places.iter().map(|place| async move {
        let url = format!("http://127.0.0.1:{}/v1", place.port);
        let answer = tokio::time::timeout(patience, list_models_at(&url)).await.ok()??;
        let program = match answer.owner.as_deref() {
            Some("library") => "Ollama",
            Some("llamacpp") => "llama.cpp",
            Some("vllm") => "vLLM",
            Some("organization_owner") => "LM Studio",
            _ => place.program,
        };
        Some(Found {
            program,
            url,
            models: answer.models,
        })
    });
    futures_util::future::join_all(asking)
        .await
        .into_iter()
        .flatten()
        .collect()
}

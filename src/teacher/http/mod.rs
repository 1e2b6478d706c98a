//! Teachers behind an OpenAI-compatible server: llama.cpp, vLLM, Ollama, LM Studio, and services on the net.
//!
//! The only place that speaks HTTP to a teacher. It must not know flows, samples' files or the screen.
//!
//! A request is repeated when the server is busy, fails or cannot be reached, but never after text of its answer was handed to
//! the listener: the listener cannot take text back, and a second answer behind it would not be the one that was shown. Such an
//! answer ends as [`TeacherError::Cut`] with the text that had come, and whoever asked may ask again.

mod address;
mod answer;
mod asking;
mod body;
mod client;
mod complaint;
mod models;
mod reading;
mod request;
mod retries;
mod thinking;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

pub use address::Address;
pub use models::list_models_at;
pub use request::RESERVED as RESERVED_KEYS;
pub use retries::Retries;

use reading::Listener;

use super::key::Key;
use super::pacing::Pacing;
use super::{Answering, ChatRequest, OnText, Sampling, Teacher, TeacherError};

/// How long and how much a teacher may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// To open a connection.
    pub connect: Duration,
    /// The longest pause once words have come.
    pub idle: Duration,
    /// One whole answer, from the question on; waits between tries are not counted.
    pub whole: Duration,
    /// After the last word, for the count of tokens.
    pub after_finish: Duration,
    /// For the list of models.
    pub models: Duration,
    /// Most bytes of a body.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            whole: Duration::from_secs(300),
            after_finish: Duration::from_secs(2),
            models: Duration::from_secs(10),
            bytes: 8 << 20,
        }
    }
}

/// Everything that makes an HTTP teacher.
#[derive(Debug)]
pub struct HttpOptions {
    pub name: String,
    pub address: Address,
    pub model: String,
    pub key: Key,
    pub slots: usize,
    /// Used where a request leaves the choice open.
    pub sampling: Sampling,
    /// Further keys of the request's body; those of a request win.
    pub extra: Map<String, Value>,
    pub limits: Limits,
    pub retries: Retries,
}

/// A teacher behind an OpenAI-compatible server. Clones share slots, key and connections.
#[derive(Clone)]
pub struct HttpTeacher(Arc<Inner>);

impl fmt::Debug for HttpTeacher {
    /// Leaves out the client, which may know a proxy's password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTeacher")
            .field("name", &self.0.options.name)
            .field("url", &self.0.shown)
            .finish_non_exhaustive()
    }
}

struct Inner {
    options: HttpOptions,
    /// The address as shown in errors.
    shown: String,
    client: reqwest::Client,
    pacing: Pacing,
    /// What this server was found to reject.
    without_usage: AtomicBool,
    new_token_limit: AtomicBool,
}

impl HttpTeacher {
    /// Prepares the client; nothing is sent and no key is fetched yet.
    ///
    /// # Errors
    /// [`TeacherError::BadSettings`] when no HTTP client can be made, as without certificates for an https address.
    pub fn new(options: HttpOptions) -> Result<Self, TeacherError> {
        let client =
            client::client(&options.address, options.limits.connect).map_err(|detail| TeacherError::BadSettings {
                teacher: options.name.clone(),
                detail,
            })?;
        Ok(HttpTeacher(Arc::new(Inner {
            shown: options.address.shown(),
            client,
            pacing: Pacing::new(options.slots),
            without_usage: AtomicBool::new(false),
            new_token_limit: AtomicBool::new(false),
            options,
        })))
    }

    /// The server's address, without anything secret.
    pub fn url(&self) -> &str {
        &self.0.shown
    }

    pub fn address(&self) -> &Address {
        &self.0.options.address
    }

    /// True when a key is configured, whether or not it can be fetched.
    pub fn has_key(&self) -> bool {
        !matches!(self.0.options.key.source(), super::key::KeySource::None)
    }

    /// Lists the models that the server offers, in its order. Asked once, without further tries.
    ///
    /// # Errors
    /// Any [`TeacherError`] of a request; [`TeacherError::WrongAddress`] when there is no such list.
    pub async fn models(&self) -> Result<Vec<String>, TeacherError> {
        self.0.models().await
    }
}

impl Teacher for HttpTeacher {
    fn name(&self) -> &str {
        &self.0.options.name
    }

    fn model(&self) -> &str {
        &self.0.options.model
    }

    fn slots(&self) -> usize {
        self.0.pacing.slots()
    }

    fn is_remote(&self) -> bool {
        !self.0.options.address.is_loopback()
    }

    fn chat(&self, request: ChatRequest, on_text: OnText, cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            // Dropping the request closes its connection, upon which servers stop writing.
            tokio::select! {
                biased;
                () = cancel.cancelled() => Err(TeacherError::Cancelled),
                answer = self.0.converse(&request, Listener::new(on_text)) => answer,
            }
        })
    }
}

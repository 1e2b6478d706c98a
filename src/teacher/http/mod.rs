//! Teachers behind an OpenAI-compatible server: llama.cpp, vLLM, Ollama, LM Studio, and services on the net.
//!
//! The only place that speaks HTTP to a teacher. It must not know flows, samples' files or the screen.
//!
//! A request is repeated when the server is busy, fails or cannot be reached, and when its answer breaks off: a part of an
//! answer never counts as one. Whoever listened is told that what was heard is void. Only the last try's failure is an error;
//! [`TeacherError::Cut`] then holds the text that had come.

mod address;
mod answer;
mod asking;
mod batch;
mod body;
mod client;
mod complaint;
mod learnt;
mod models;
mod reading;
mod request;
mod retries;
mod thinking;
mod together;
mod trouble;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

pub use address::Address;
pub use batch::{Answered, answered, complained};
pub use models::list_models_at;
pub use request::RESERVED as RESERVED_KEYS;
pub use retries::Retries;

use learnt::Learnt;
use reading::Listener;
use together::Together;
use trouble::Reshape;

use super::batch::BatchCall;
use super::key::Key;
use super::pacing::Pacing;
use super::{Answering, AnsweringSeveral, ChatRequest, OnText, Pace, Prompt, Reply, Sampling, Teacher, TeacherError};

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
    /// Most bytes of a body. A stream needs some 250 for each token.
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
            bytes: 32 << 20,
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
    /// Requests at once; left out, it is found out.
    pub slots: Option<usize>,
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
    learnt: Learnt,
    together: Together,
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
            learnt: Learnt::default(),
            together: Together::default(),
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

    /// Whether one request may carry several raw texts; `None` until several were there at once.
    pub fn takes_lists(&self) -> Option<bool> {
        self.0.learnt.takes_lists()
    }

    /// Lists the models that the server offers, in its order. Asked once, without further tries.
    ///
    /// # Errors
    /// Any [`TeacherError`] of a request; [`TeacherError::WrongAddress`] when there is no such list.
    pub async fn models(&self) -> Result<Vec<String>, TeacherError> {
        self.0.models().await
    }
}

impl HttpTeacher {
    async fn call(
        &self,
        request: &ChatRequest,
        choices: usize,
        listener: &mut Listener,
        cancel: &CancellationToken,
    ) -> Result<Vec<Reply>, TeacherError> {
        // Dropping the request closes its connection, upon which servers stop writing.
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(TeacherError::Cancelled),
            replies = self.answers(request, choices, listener) => replies,
        }
    }

    /// The answers to a conversation; to the same as a raw text where that is known and the server continues such.
    async fn answers(
        &self,
        request: &ChatRequest,
        choices: usize,
        listener: &mut Listener,
    ) -> Result<Vec<Reply>, TeacherError> {
        let framed = request.framed.as_ref().filter(|_| self.has_raw() != Some(false));
        if let Some(text) = framed {
            let raw = ChatRequest {
                prompt: Prompt::Raw(text.clone()),
                framed: None,
                ..request.clone()
            };
            if let Some(replies) = self.0.together(&raw, choices, listener).await {
                return Ok(replies);
            }
            match self.0.converse(&raw, choices, listener).await {
                Err(error) if self.has_raw() != Some(true) && may_be_the_endpoint(&error) => {}
                replies => return replies,
            }
        }
        let replies = self.0.converse(request, choices, listener).await;
        // Whatever it said against the raw text, the conversation it takes.
        if framed.is_some() && replies.is_ok() {
            self.0.learnt.keep_raw(false);
        }
        replies
    }
}

/// True for what servers say that do not continue raw texts, each in its way.
fn may_be_the_endpoint(error: &TeacherError) -> bool {
    matches!(
        error,
        TeacherError::NoRawCompletions { .. }
            | TeacherError::WrongAddress { .. }
            | TeacherError::Refused { .. }
            | TeacherError::Failed { .. }
            | TeacherError::Malformed { .. }
    )
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

    fn batch_call(&self, request: &ChatRequest) -> Option<BatchCall> {
        Some(self.0.batch_call(request))
    }

    fn answers_several(&self) -> bool {
        !self.0.learnt.is_one_by_one()
    }

    fn pace(&self) -> Pace {
        self.0.pacing.pace()
    }

    fn is_remote(&self) -> bool {
        !self.0.options.address.is_loopback()
    }

    fn has_raw(&self) -> Option<bool> {
        self.0.learnt.has_raw()
    }

    fn notes(&self) -> Vec<String> {
        self.0.learnt.notes()
    }

    fn chat(&self, request: ChatRequest, on_text: OnText, cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            let mut listener = Listener::new(on_text);
            let mut replies = self.call(&request, 1, &mut listener, &cancel).await?;
            replies.pop().ok_or_else(|| self.0.no_answer())
        })
    }

    fn chat_several(
        &self,
        request: ChatRequest,
        choices: usize,
        on_text: OnText,
        cancel: CancellationToken,
    ) -> AnsweringSeveral<'_> {
        Box::pin(async move {
            let mut listener = Listener::new(on_text);
            let together = match choices > 1 && !self.0.learnt.is_one_by_one() {
                true => self.call(&request, choices, &mut listener, &cancel).await,
                false => Ok(Vec::new()),
            };
            let mut replies: Vec<_> = match together {
                Ok(replies) => replies.into_iter().map(Ok).collect(),
                Err(error) => return vec![Err(error); choices],
            };
            let ignored = replies.len() == 1 && choices > 1;
            // The first one hears what it is told only while nothing has come.
            let mut on_text = replies.is_empty().then(|| listener.into_inner());
            let rest = (replies.len()..choices).map(|choice| {
                let on_text = on_text.take().unwrap_or_else(|| Box::new(|_| ()));
                self.chat(request.for_choice(choice), on_text, cancel.clone())
            });
            replies.extend(futures_util::future::join_all(rest).await);
            if ignored {
                self.0.learnt.keep(Reshape::OneByOne);
            }
            replies
        })
    }
}

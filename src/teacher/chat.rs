//! What is asked of a teacher and what it answers, whoever it is.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::teacher::batch::BatchCall;
use crate::teacher::{Pace, TeacherError};

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One turn of a conversation, as every chat API writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Message {
            role,
            content: content.into(),
        }
    }
}

/// How tokens are drawn. `None` leaves the choice to the teacher.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Most tokens of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Texts that end the answer; not part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

/// A fixed frame that a small model fills in: the engine writes `text`, the model writes until `until` or `max_tokens`.
///
/// Teachers that cannot force tokens (HTTP) ignore it; the prompt alone must still make sense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaffoldPart {
    /// Written as it stands before the model goes on, as in `[Question]\n`.
    pub text: String,
    /// The model's part ends after any of these single characters (they are kept), as in `?`. Empty: at the end of its turn.
    #[serde(default)]
    pub until: String,
    pub max_tokens: u32,
}

/// What a teacher is to continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// A conversation, by one message of the assistant; the teacher writes it down as its model wants it.
    Chat(Vec<Message>),
    /// A text as it stands, control tokens included, as Magpie needs it; not every teacher can ([`Teacher::has_raw`]).
    Raw(String),
}

impl Prompt {
    pub fn is_chat(&self) -> bool {
        matches!(self, Prompt::Chat(_))
    }

    /// The messages of a conversation; none of a raw text.
    pub fn messages(&self) -> &[Message] {
        match self {
            Prompt::Chat(messages) => messages,
            Prompt::Raw(_) => &[],
        }
    }
}

/// One prompt to be continued, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    pub prompt: Prompt,
    pub sampling: Sampling,
    pub scaffold: Vec<ScaffoldPart>,
    /// Further keys for the request's body, as a flow gave them.
    pub extra: serde_json::Map<String, serde_json::Value>,
    /// The conversation written down as its model wants it. A teacher that continues raw texts may take it instead.
    pub framed: Option<String>,
}

impl ChatRequest {
    /// With nothing beside the prompt and how tokens are drawn.
    pub fn new(prompt: Prompt, sampling: Sampling) -> Self {
        ChatRequest {
            prompt,
            sampling,
            scaffold: Vec::new(),
            extra: serde_json::Map::new(),
            framed: None,
        }
    }

    /// The same request with the seed of a further choice, counted from 0; without a seed the teacher draws one.
    pub fn for_choice(&self, choice: usize) -> Self {
        let mut request = self.clone();
        request.sampling.seed = request.sampling.seed.map(|seed| seed.wrapping_add(choice as u64));
        request
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    Stop,
    /// The limit of tokens was reached: the text is cut off.
    Length,
    /// The server refused or filtered the answer.
    Filtered,
    /// The model repeated itself and was stopped.
    Repetition,
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub text: String,
    /// Reasoning that the server returned apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reasoning: String,
    pub finish: Finish,
    pub usage: Usage,
    /// The model as the server named it.
    pub model: String,
}

/// What is heard of an answer while it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// The next piece of its text.
    More(&'a str),
    /// The answer broke off and is asked for again: what was told of it is void.
    Anew,
}

/// Receives the text of an answer as it is written; called from any thread, must return at once.
pub type OnText = Box<dyn FnMut(Told<'_>) + Send>;

/// A boxed future, so that teachers can be chosen at run time.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Reply, TeacherError>> + Send + 'a>>;

/// As [`Answering`], for several answers to one prompt: one entry for each, in order.
pub type AnsweringSeveral<'a> = Pin<Box<dyn Future<Output = Vec<Result<Reply, TeacherError>>> + Send + 'a>>;

/// Whoever answers prompts.
pub trait Teacher: Send + Sync {
    /// The name in the settings, as in `granite`; `embedded` for the model inside the process.
    fn name(&self) -> &str;
    /// The model's own name.
    fn model(&self) -> &str;
    /// How many conversations it can work on side by side at most.
    fn slots(&self) -> usize;
    /// How it is asked at this moment; how many requests are under way is known of servers only.
    fn pace(&self) -> Pace {
        Pace {
            limit: self.slots(),
            in_flight: 0,
            cooling: None,
        }
    }
    /// True when prompts leave this machine (so that the screen asks first).
    fn is_remote(&self) -> bool;
    /// True for the embedded demonstration model, whose drafts are mostly to be rejected.
    fn is_demonstration(&self) -> bool {
        false
    }
    /// Whether it continues raw texts; `None` until that is known.
    fn has_raw(&self) -> Option<bool> {
        None
    }
    /// What was found out while it was asked and a person should know, each one sentence without a full stop.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
    /// Continues the prompt. Ends early with [`TeacherError::Cancelled`] once `cancel` fires. An answer that broke off never
    /// counts as one.
    fn chat(&self, request: ChatRequest, on_text: OnText, cancel: CancellationToken) -> Answering<'_>;
    /// The call as a line of a batch file asks it; `None` where there is no server that could take one.
    fn batch_call(&self, _request: &ChatRequest) -> Option<BatchCall> {
        None
    }
    /// Whether one call can give several answers, so that [`Teacher::chat_several`] is worth while.
    fn answers_several(&self) -> bool {
        false
    }
    /// Continues the prompt `choices` times, in one call where the teacher can. One entry for each choice, in order; `on_text`
    /// hears the first one.
    ///
    /// Answers of one call share its cost: the usage stands with the first of them, the others have none. Where the choices
    /// are asked for one by one, the seed of each is one higher than the one before.
    fn chat_several(
        &self,
        request: ChatRequest,
        choices: usize,
        on_text: OnText,
        cancel: CancellationToken,
    ) -> AnsweringSeveral<'_> {
        let mut on_text = Some(on_text);
        let asked: Vec<_> = (0..choices)
            .map(|choice| {
                let on_text = on_text.take().unwrap_or_else(|| Box::new(|_| ()));
                self.chat(request.for_choice(choice), on_text, cancel.clone())
            })
            .collect();
        Box::pin(futures_util::future::join_all(asked))
    }
}

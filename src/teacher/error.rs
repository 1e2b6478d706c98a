//! What can go wrong between a prompt and its answer, in words that say what to do.

use std::time::Duration;

/// Why a teacher did not answer.
///
/// No variant ever holds a key: addresses are shown without their query, and texts of servers are searched for the key first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TeacherError {
    #[error("stopped before the answer was whole")]
    Cancelled,
    #[error("no answer from {url}: {reason}; is the server running, and is the address right?")]
    Unreachable { url: String, reason: String },
    #[error("{url} did not finish within {} seconds; raise `timeout` of this teacher, or ask for fewer tokens", after.as_secs_f32())]
    TimedOut { url: String, after: Duration },
    /// The connection ended inside an answer. `partial` is what had come; it is not a whole answer.
    #[error("the answer of {url} broke off: {reason}; ask again, and look at the server's log if it happens often")]
    Cut {
        url: String,
        reason: String,
        partial: String,
    },
    #[error("{url} refused the key ({status}); check {source_of_key}")]
    WrongKey {
        url: String,
        status: u16,
        source_of_key: String,
    },
    #[error("the account at {url} has no credit left: {detail}; add credit there or choose another teacher")]
    NoCredit { url: String, detail: String },
    #[error("{url} has no model '{model}'{}", if offered.is_empty() { String::from("; look up the model's name there and set `model` of this teacher") } else { format!("; it offers {}", offered.join(", ")) })]
    NoSuchModel {
        url: String,
        model: String,
        offered: Vec<String>,
    },
    #[error("{url} does not answer chat completions: {detail}; check `url` of this teacher, which often ends in /v1")]
    WrongAddress { url: String, detail: String },
    #[error(
        "{url} has no raw completion endpoint ({detail}); flows in the manner of Magpie need one, as vLLM, llama.cpp and LM Studio have: choose such a teacher, or another flow"
    )]
    NoRawCompletions { url: String, detail: String },
    #[error("the prompt is too long for {model}: {detail}; use shorter seed examples or a model with a longer context")]
    ContextTooLong { model: String, detail: String },
    #[error("{url} is busy ({status}) and stayed so after {tries} {}{}; try again later or set a lower `slots`", if *tries == 1 { "try" } else { "tries" }, asked.map_or(String::new(), |wait| format!(" (it asks to wait {} seconds)", wait.as_secs())))]
    Busy {
        url: String,
        status: u16,
        tries: u32,
        asked: Option<Duration>,
    },
    #[error("{url} failed ({status}) after {tries} {}: {detail}; look at the server's log", if *tries == 1 { "try" } else { "tries" })]
    Failed {
        url: String,
        status: u16,
        tries: u32,
        detail: String,
    },
    #[error("{url} answered {status}: {detail}")]
    Refused { url: String, status: u16, detail: String },
    #[error("{url} sent something that is not a chat completion: {detail}")]
    Malformed { url: String, detail: String },
    #[error("the key for '{teacher}' is missing: {detail}")]
    NoKey { teacher: String, detail: String },
    #[error("the settings of teacher '{teacher}' cannot be used: {detail}")]
    BadSettings { teacher: String, detail: String },
    #[error("the embedded teacher failed: {0}")]
    Embedded(String),
    #[error("the weights of the embedded teacher are missing; run `seedbed teacher pull`")]
    NoWeights,
}

impl TeacherError {
    /// True when the same request may succeed later, so that a resumed run should ask again.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            TeacherError::Cancelled
                | TeacherError::Unreachable { .. }
                | TeacherError::TimedOut { .. }
                | TeacherError::Cut { .. }
                | TeacherError::Busy { .. }
                | TeacherError::Failed { .. }
                | TeacherError::Malformed { .. }
        )
    }

    /// True when this very request will never be answered, and others may be.
    pub fn is_lasting(&self) -> bool {
        matches!(self, TeacherError::ContextTooLong { .. } | TeacherError::Refused { .. })
    }

    /// True when every further request would fail the same way, so that a run should stop rather than lose all its rows.
    pub fn is_hopeless(&self) -> bool {
        matches!(
            self,
            TeacherError::WrongKey { .. }
                | TeacherError::NoCredit { .. }
                | TeacherError::NoSuchModel { .. }
                | TeacherError::WrongAddress { .. }
                | TeacherError::NoRawCompletions { .. }
                | TeacherError::NoKey { .. }
                | TeacherError::BadSettings { .. }
                | TeacherError::NoWeights
        )
    }

    /// A few plain words for the sort of error, to count by.
    pub fn kind(&self) -> &'static str {
        match self {
            TeacherError::Cancelled => "stopped",
            TeacherError::Unreachable { .. } => "not reached",
            TeacherError::TimedOut { .. } => "too slow",
            TeacherError::Cut { .. } => "broken off",
            TeacherError::WrongKey { .. } | TeacherError::NoKey { .. } => "key refused",
            TeacherError::NoCredit { .. } => "no credit",
            TeacherError::NoSuchModel { .. } => "no such model",
            TeacherError::WrongAddress { .. } => "wrong address",
            TeacherError::NoRawCompletions { .. } => "no raw completions",
            TeacherError::ContextTooLong { .. } => "prompt too long",
            TeacherError::Busy { .. } => "busy",
            TeacherError::Failed { .. } => "server failed",
            TeacherError::Refused { .. } => "request refused",
            TeacherError::Malformed { .. } => "not an answer",
            TeacherError::BadSettings { .. } => "bad settings",
            TeacherError::Embedded(_) | TeacherError::NoWeights => "embedded teacher",
        }
    }

    /// What the model had said when the connection broke; empty for every other error.
    pub fn partial_text(&self) -> &str {
        match self {
            TeacherError::Cut { partial, .. } => partial,
            _ => "",
        }
    }
}

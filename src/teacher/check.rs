//! Tries a teacher out: is it there, does it know the model, does it answer, how fast.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{ChatRequest, HttpTeacher, Message, Prompt, Reply, Role, Sampling, Teacher, TeacherError, Told};

/// A tiny completion, timed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub reply: Reply,
    /// From the question to the first text; `None` when there was no text.
    pub first_text: Option<Duration>,
    /// From the question to the end of the answer.
    pub whole: Duration,
}

impl Trial {
    /// Tokens written a second after the first text; `None` when the server counted too few to say.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let writing = self.whole.checked_sub(self.first_text?)?.as_secs_f64();
        // The first token came with the first text.
        let tokens = self
            .reply
            .usage
            .completion_tokens
            .checked_sub(1)
            .filter(|tokens| *tokens >= 4)?;
        (writing > 0.001).then(|| tokens as f64 / writing)
    }
}

/// What is known of a teacher after trying it.
#[derive(Debug)]
pub struct Health {
    pub url: String,
    pub model: String,
    /// True when prompts leave this machine.
    pub remote: bool,
    /// What the server offers; many servers work without such a list.
    pub models: Result<Vec<String>, TeacherError>,
    pub trial: Result<Trial, TeacherError>,
    /// What the person should know, each one sentence.
    pub notes: Vec<String>,
}

impl Health {
    /// True when the teacher answered.
    pub fn is_well(&self) -> bool {
        self.trial.is_ok()
    }
}

/// Asks for one short answer of at most 24 tokens.
///
/// # Errors
/// Whatever [`Teacher::chat`] says.
pub async fn try_out(teacher: &dyn Teacher, cancel: CancellationToken) -> Result<Trial, TeacherError> {
    let request = ChatRequest::new(
        Prompt::Chat(vec![Message::new(
            Role::User,
            "Reply with one short sentence: which colour is the sky?",
        )]),
        Sampling {
            temperature: Some(0.0),
            max_tokens: Some(24),
            ..Sampling::default()
        },
    );
    let first = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&first);
    let start = Instant::now();
    let on_text = Box::new(move |_: Told<'_>| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| start.elapsed());
    });
    let reply = teacher.chat(request, on_text, cancel).await?;
    let whole = start.elapsed();
    let first_text = *first.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Trial {
        reply,
        first_text,
        whole,
    })
}

/// Tries an HTTP teacher: lists its models and asks for one short answer. Costs a few tokens.
pub async fn health(teacher: &HttpTeacher, cancel: CancellationToken) -> Health {
    let models = tokio::select! {
        () = cancel.cancelled() => Err(TeacherError::Cancelled),
        models = teacher.models() => models,
    };
    // A second try at a server that is not there, or at a refused key, would say the same.
    let trial = match &models {
        Err(
            error @ (TeacherError::Unreachable { .. }
            | TeacherError::WrongKey { .. }
            | TeacherError::NoKey { .. }
            | TeacherError::Cancelled),
        ) => Err(error.clone()),
        _ => try_out(teacher, cancel).await,
    };
    let mut notes = Vec::new();
    if teacher.is_remote() && !teacher.address().is_encrypted() {
        let what = if teacher.has_key() {
            "prompts and the key travel"
        } else {
            "prompts travel"
        };
        notes.push(format!(
            "{what} to another machine unencrypted (http); use https where the server has it"
        ));
    }
    if let (Ok(models), Ok(_)) = (&models, &trial)
        && !models.is_empty()
        && !models.iter().any(|name| name == teacher.model())
    {
        notes.push(format!(
            "the server does not list '{}' but answered; single-model servers ignore the name, and samples will carry it",
            teacher.model()
        ));
    }
    if let Ok(trial) = &trial {
        if trial.reply.text.trim().is_empty() {
            notes.push("the answer was empty; a reasoning model may need a higher `max_tokens`".to_owned());
        }
        if trial.reply.usage.completion_tokens == 0 {
            notes.push("the server does not count tokens; costs will be estimates".to_owned());
        }
    }
    Health {
        url: teacher.url().to_owned(),
        model: teacher.model().to_owned(),
        remote: teacher.is_remote(),
        models,
        trial,
        notes,
    }
}

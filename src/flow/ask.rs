//! Asking the teacher for a row: answers recorded before are used again, the others are asked side by side.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::blocks::{Block, LlmChat, answers};
use super::cast::TeacherRole;
use super::event::RunEvent;
use super::row::{Applied, Columns, Rejected, Row};
use super::run::Running;
use super::seeds::{derived, sampling_seed};
use crate::samples::{DropReason, request_key};
use crate::teacher::{ChatRequest, Finish, OnText, Reply, TeacherError, Told};

/// One answer with what is remembered of it.
struct Answer {
    choice: u64,
    key: String,
    reply: Reply,
    parameters: Columns,
}

/// Why there is none.
struct Fault {
    reason: DropReason,
    message: String,
    text: String,
}

/// Warmest setting for the demonstration model: above it, it leaves the subject more and more often.
const DEMONSTRATION_TEMPERATURE: f64 = 0.5;
/// The longest text told while an answer is written, in bytes.
const LONGEST_TOLD: usize = 4096;
/// At least this many new bytes between two tellings.
const STEP_TOLD: usize = 24;

impl Running<'_> {
    /// Gives the row the teacher's answers. Answers that failed while others came leave as rows of their own.
    pub(super) async fn ask(&self, block: &Block, chat: &LlmChat, mut row: Row) -> Applied {
        if let Err(reason) = chat.request(&row, 0) {
            return Applied::rejected(row, DropReason::Template, reason);
        }
        let choices = (0..chat.choices).map(|choice| self.choice(block, chat, &row, choice));
        let outcomes = join_all(choices).await;
        let several = outcomes.len() > 1;
        let mut got = Vec::new();
        let mut rejected = Vec::new();
        for (number, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(answer) => got.push(answer),
                Err(fault) => {
                    let mut failed = row.clone();
                    if several {
                        failed.lineage = row.lineage.child(number);
                    }
                    failed.said = fault.text;
                    rejected.push(Rejected::new(failed, fault.reason, fault.message));
                }
            }
        }
        if got.is_empty() {
            return Applied {
                rows: Vec::new(),
                rejected,
            };
        }
        let values: Vec<Value> = got.iter().map(|answer| as_value(answer, several)).collect();
        if let Some(answer) = got.last() {
            row.said = answer.reply.text.clone();
            row.finish = Some(answer.reply.finish);
            row.parameters = answer.parameters.clone();
        }
        row.requests.extend(got.into_iter().map(|answer| answer.key));
        row.set(&chat.output, values);
        Applied {
            rows: vec![row],
            rejected,
        }
    }

    async fn choice(&self, block: &Block, chat: &LlmChat, row: &Row, choice: u64) -> Result<Answer, Fault> {
        let name = row.lineage.to_string();
        let purpose = [name.as_str(), block.name.as_str(), &choice.to_string()];
        // Answers to the same prompt must differ, and be the same again in a resumed run.
        let sampling = match chat.sampling.seed {
            Some(given) => given.wrapping_add(choice),
            None => sampling_seed(row.origin.seed, &purpose),
        };
        let mut request = chat.request(row, sampling).map_err(|message| Fault {
            reason: DropReason::Template,
            message,
            text: String::new(),
        })?;
        let teacher = self.stage.playing(chat.role);
        if teacher.is_demonstration() {
            let wanted = request.sampling.temperature.unwrap_or(DEMONSTRATION_TEMPERATURE);
            request.sampling.temperature = Some(wanted.min(DEMONSTRATION_TEMPERATURE));
        }
        let parameters = chat.parameters(&request.sampling);
        let key = request_key(teacher.model(), &request, derived(0, &purpose));
        let reply = match self.recorded(&key) {
            Some(reply) => reply,
            None => self.call(chat.role, row.lineage.input(), &key, request).await?,
        };
        if reply.finish == Finish::Filtered {
            let message = "the server filtered the answer".to_owned();
            return Err(Fault {
                reason: DropReason::Refused,
                message,
                text: reply.text,
            });
        }
        Ok(Answer {
            choice,
            key,
            reply,
            parameters,
        })
    }

    async fn call(&self, role: TeacherRole, input: usize, key: &str, request: ChatRequest) -> Result<Reply, Fault> {
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Err(self.cancelled()),
            permit = self.stage.places(role).acquire() => permit,
        };
        self.while_paused().await;
        let answered = self
            .stage
            .playing(role)
            .chat(request, self.telling(input), self.stop.child_token())
            .await;
        std::mem::drop(permit);
        match answered {
            Ok(reply) => {
                self.note_answer(key, &reply);
                Ok(reply)
            }
            Err(TeacherError::Cancelled) => Err(self.cancelled()),
            Err(error) => {
                self.note_failure(&error);
                Err(Fault {
                    reason: DropReason::Transport,
                    message: error.to_string(),
                    text: String::new(),
                })
            }
        }
    }

    fn cancelled(&self) -> Fault {
        Fault {
            reason: DropReason::Cancelled,
            message: self.stopped_message(),
            text: String::new(),
        }
    }

    /// Tells the text as it grows: the newest part of it, not for every token, and never waiting for the reader.
    fn telling(&self, row: usize) -> OnText {
        let events = self.events.clone();
        let mut text = String::new();
        let mut told = 0;
        let mut length = 0;
        Box::new(move |heard| {
            let Told::More(piece) = heard else {
                (told, length) = (0, 0);
                return text.clear();
            };
            text.push_str(piece);
            length += piece.len();
            if length < told + STEP_TOLD.max(length / 16) && told > 0 {
                return;
            }
            told = length;
            if text.len() > 2 * LONGEST_TOLD {
                let from = text.ceil_char_boundary(text.len() - LONGEST_TOLD);
                text.drain(..from);
            }
            let _ = events.try_send(RunEvent::Writing {
                row,
                text: text.clone(),
            });
        })
    }
}

/// An answer as it stands in its column: a message as chat APIs write it, and what the extractor needs.
fn as_value(answer: &Answer, several: bool) -> Value {
    let mut value = json!({
        "role": "assistant",
        answers::CONTENT: answer.reply.text,
        answers::REASONING: answer.reply.reasoning,
        answers::FINISH: answers::finish_word(answer.reply.finish),
        answers::REQUEST: answer.key,
    });
    if several && let Value::Object(fields) = &mut value {
        fields.insert(answers::CHOICE.to_owned(), answer.choice.into());
    }
    value
}

//! Asking the teacher for a row: answers recorded before are used again, the others are asked side by side.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::batch::{self, Asking, Post, PostedCall};
use super::blocks::{Block, LlmChat, answers};
use super::cast::TeacherRole;
use super::event::RunEvent;
use super::row::{Applied, Columns, Rejected, Row};
use super::run::{Running, lock};
use super::seeds::{derived, sampling_seed};
use crate::samples::{DropReason, request_key};
use crate::teacher::{ChatRequest, Finish, OnText, Prompt, Reply, TeacherError, Told, Usage};
use crate::text::tokens;

/// One answer with what is remembered of it.
struct Answer {
    choice: u64,
    key: String,
    reply: Reply,
    parameters: Columns,
}

/// One of the answers that a row asks for.
struct Wanted {
    choice: u64,
    key: String,
    request: ChatRequest,
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
/// How long a run that stops itself waits for answers under way.
const GRACE: Duration = Duration::from_secs(20);
/// At least this many new bytes between two tellings.
const STEP_TOLD: usize = 24;

impl Running<'_> {
    /// Gives the row the teacher's answers. Answers that failed while others came leave as rows of their own.
    pub(super) async fn ask(&self, block: &Block, chat: &LlmChat, mut row: Row) -> Applied {
        let mut outcomes: BTreeMap<u64, Result<Answer, Fault>> = BTreeMap::new();
        let mut open = Vec::new();
        for choice in 0..chat.choices {
            let wanted = match self.wanted(block, chat, &row, choice) {
                Ok(wanted) => wanted,
                // It is the row's messages that cannot be written, whichever answer is meant.
                Err(reason) => return Applied::rejected(row, DropReason::Template, reason),
            };
            match self.recorded(&wanted.key) {
                Some(reply) => drop(outcomes.insert(choice, wanted.answered(reply))),
                None => open.push(wanted),
            }
        }
        if let Asking::Batch(post) = self.asking
            && !open.is_empty()
        {
            return self.posted(post, block, chat, row, &open);
        }
        let calls = match self.stage.playing(chat.role).answers_several() {
            true => vec![open],
            false => open.into_iter().map(|one| vec![one]).collect(),
        };
        let calls = calls.into_iter().map(|open| self.call(chat, &row, open));
        outcomes.extend(join_all(calls).await.into_iter().flatten());
        let several = chat.choices > 1;
        let mut got = Vec::new();
        let mut rejected = Vec::new();
        for (choice, outcome) in outcomes {
            match outcome {
                Ok(answer) => got.push(answer),
                Err(fault) => {
                    let mut failed = row.clone();
                    if several {
                        failed.lineage = row.lineage.child(usize::try_from(choice).unwrap_or(usize::MAX));
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
            if chat.role != TeacherRole::Critic {
                row.parameters = answer.parameters.clone();
            }
        }
        row.requests.extend(got.into_iter().map(|answer| answer.key));
        row.set(&chat.output, values);
        Applied {
            rows: vec![row],
            rejected,
        }
    }

    /// Puts down what is still to be asked. The whole row waits: with some of its answers it would be another row than with
    /// all of them.
    fn posted(&self, post: &dyn Post, block: &Block, chat: &LlmChat, row: Row, open: &[Wanted]) -> Applied {
        for wanted in open {
            if self.stop.is_cancelled() {
                return Applied::rejected(row, DropReason::Cancelled, self.stopped_message());
            }
            let posted = post.post(PostedCall {
                key: &wanted.key,
                block: &block.name,
                role: chat.role,
                teacher: self.stage.playing(chat.role),
                request: &wanted.request,
            });
            match posted {
                Ok(()) => lock(&self.tally).summary.posted += 1,
                Err(reason) => self.fail(reason),
            }
        }
        Applied::rejected(row, DropReason::Waiting, batch::WAITS)
    }

    /// What is asked for one answer, and the key under which it is kept.
    fn wanted(&self, block: &Block, chat: &LlmChat, row: &Row, choice: u64) -> Result<Wanted, String> {
        let name = row.lineage.to_string();
        let choice_name = choice.to_string();
        let mut purpose = vec![name.as_str(), block.name.as_str(), &choice_name];
        let piece = match chat.choices {
            1 => name.clone(),
            _ => format!("{name}.{choice}"),
        };
        // Another try is another question, as far as keys and seeds are concerned.
        let attempt = self.attempts.of(&block.name, &piece);
        let try_name = format!("try {attempt}");
        if attempt > 0 {
            purpose.push(&try_name);
        }
        // Answers to the same prompt must differ, and be the same again in a resumed run.
        let sampling = match chat.sampling.seed {
            Some(given) => given
                .wrapping_add(choice)
                .wrapping_add(u64::from(attempt) * chat.choices),
            None => sampling_seed(row.origin.seed, &purpose),
        };
        let teacher = self.stage.playing(chat.role);
        let mut request = chat.request(row, sampling, teacher.model())?;
        if teacher.is_demonstration() {
            let warmth = request.sampling.temperature.unwrap_or(DEMONSTRATION_TEMPERATURE);
            request.sampling.temperature = Some(warmth.min(DEMONSTRATION_TEMPERATURE));
        }
        Ok(Wanted {
            choice,
            parameters: chat.parameters(&request.sampling),
            key: request_key(teacher.model(), &request, derived(0, &purpose)),
            request,
        })
    }

    /// Asks for answers that are not there yet, in one call where the teacher can; each is kept under its own key.
    async fn call(&self, chat: &LlmChat, row: &Row, open: Vec<Wanted>) -> Vec<(u64, Result<Answer, Fault>)> {
        let all_fail = |open: &[Wanted], fault: &dyn Fn() -> Fault| {
            open.iter().map(|wanted| (wanted.choice, Err(fault()))).collect()
        };
        let Some(first) = open.first() else { return Vec::new() };
        let request = first.request.clone();
        let prompt = prompt_tokens(&request);
        let permit = tokio::select! {
            biased;
            () = self.stop.cancelled() => return all_fail(&open, &|| self.cancelled()),
            permit = self.stage.places(chat.role).acquire() => permit,
        };
        self.while_paused().await;
        let held = tokio::select! {
            biased;
            () = self.stop.cancelled() => return all_fail(&open, &|| self.cancelled()),
            held = self.purse.hold(chat.role, prompt, chat.most_tokens(), open.len() as u64) => held,
        };
        let Ok(held) = held else {
            self.budget_is_used_up();
            return all_fail(&open, &|| self.cancelled());
        };
        let teacher = self.stage.playing(chat.role);
        let (told, halt) = (self.telling(row.lineage.input()), self.cancel.child_token());
        let several = open.len();
        let asking = async {
            match several {
                1 => vec![teacher.chat(request, told, halt.clone()).await],
                several => teacher.chat_several(request, several, told, halt.clone()).await,
            }
        };
        // A run that stops itself lets answers come that are paid for already, but does not wait for ever.
        let replies = {
            let mut asking = std::pin::pin!(asking);
            tokio::select! {
                biased;
                replies = &mut asking => replies,
                () = self.grace() => {
                    halt.cancel();
                    asking.await
                }
            }
        };
        drop(permit);
        self.purse.settle(held, used(&replies, prompt));
        // One call that fails takes all its answers along and still counts once.
        if let Some(Err(error)) = replies.iter().find(|reply| reply.is_err())
            && *error != TeacherError::Cancelled
        {
            // A second question that the server will not have says nothing of the first ones.
            self.note_failure(error, !(chat.is_again && error.is_lasting()));
        }
        open.into_iter()
            .zip(replies)
            .map(|(wanted, reply)| (wanted.choice, self.kept(chat, wanted, reply)))
            .collect()
    }

    /// Ends some time after the run stopped itself.
    async fn grace(&self) {
        self.stop.cancelled().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Keeps an answer, or says why there is none.
    fn kept(&self, chat: &LlmChat, wanted: Wanted, reply: Result<Reply, TeacherError>) -> Result<Answer, Fault> {
        match reply {
            Ok(reply) => {
                self.note_answer(&wanted.key, &reply);
                wanted.answered(reply)
            }
            Err(TeacherError::Cancelled) => Err(self.cancelled()),
            Err(error) => Err(Fault {
                reason: match chat.is_again && error.is_lasting() {
                    true => DropReason::Refused,
                    false => DropReason::Transport,
                },
                message: error.to_string(),
                text: error.partial_text().to_owned(),
            }),
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

impl Wanted {
    fn answered(self, reply: Reply) -> Result<Answer, Fault> {
        if reply.finish == Finish::Filtered {
            return Err(Fault {
                reason: DropReason::Refused,
                message: "the server filtered the answer".to_owned(),
                text: reply.text,
            });
        }
        Ok(Answer {
            choice: self.choice,
            key: self.key,
            reply,
            parameters: self.parameters,
        })
    }
}

/// About how many tokens a request has to read.
fn prompt_tokens(request: &ChatRequest) -> u64 {
    match &request.prompt {
        Prompt::Chat(messages) => messages
            .iter()
            .map(|message| tokens::estimate(&message.content) + 4)
            .sum(),
        Prompt::Raw(text) => tokens::estimate(text),
    }
}

/// What a call took: as the server counted it, else as it can be told from the texts.
fn used(replies: &[Result<Reply, TeacherError>], prompt: u64) -> Usage {
    let mut usage = Usage::default();
    let mut written = 0;
    for reply in replies.iter().flatten() {
        usage.prompt_tokens += reply.usage.prompt_tokens;
        usage.completion_tokens += reply.usage.completion_tokens;
        written += tokens::estimate(&reply.text) + tokens::estimate(&reply.reasoning);
    }
    if usage == Usage::default() && written > 0 {
        return Usage {
            prompt_tokens: prompt,
            completion_tokens: written,
        };
    }
    usage
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

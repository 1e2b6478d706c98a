//! The conversations that are being answered side by side, one step at a time.

use candle_core::Result;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::teacher::embedded::decode::Draft;
use crate::teacher::embedded::memory::Memory;
use crate::teacher::embedded::model::{Model, Reading};
use crate::teacher::embedded::tokens::Tokens;
use crate::teacher::{ChatRequest, OnText, Prompt, Reply, TeacherError, Told, Usage};

/// Prompts are read in pieces of this many tokens, counted from their start, so that a shared beginning is the same
/// computation for everyone (and the same numbers), and nobody's tokens wait long for somebody else's prompt.
const PIECE: usize = 64;
/// Memories of finished answers that are kept for prompts that begin alike.
const KEPT: usize = 2;

/// A request with everything needed to answer it.
pub struct Job {
    pub request: ChatRequest,
    pub on_text: OnText,
    pub cancel: CancellationToken,
    pub reply: oneshot::Sender<std::result::Result<Reply, TeacherError>>,
}

impl Job {
    /// True when nobody waits for the answer any more.
    pub fn is_off(&self) -> bool {
        self.cancel.is_cancelled() || self.reply.is_closed()
    }

    /// Answers with an error; nobody may be there to hear it.
    pub fn fail(self, error: TeacherError) {
        let _ = self.reply.send(Err(error));
    }
}

struct Seat {
    job: Job,
    draft: Draft,
    memory: Memory,
    /// The prompt with the first text of the scaffold.
    prompt: Vec<u32>,
    prompt_tokens: u64,
    unread: Vec<u32>,
    /// How many tokens are read in the coming step.
    reads: usize,
}

impl Seat {
    fn is_reading_prompt(&self) -> bool {
        self.memory.tokens() < self.prompt.len()
    }
}

/// A read prompt whose memory may serve another one.
struct Known<'a> {
    memory: &'a Memory,
    prompt: &'a [u32],
}

impl Known<'_> {
    /// How many tokens at the start of `prompt` are here, in whole pieces that were read as pieces.
    fn shares(&self, prompt: &[u32]) -> usize {
        let common = self.prompt.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        // At least one token is left to be read: what follows it is asked for.
        let usable = common.min(self.memory.tokens()).min(prompt.len().saturating_sub(1));
        usable - usable % PIECE
    }
}

/// All sequences in work.
pub struct Batch {
    seats: Vec<Seat>,
    kept: Vec<(Memory, Vec<u32>)>,
    size: usize,
    model_name: String,
}

impl Batch {
    pub fn new(size: usize, model_name: String) -> Self {
        Batch {
            seats: Vec::new(),
            kept: Vec::new(),
            size: size.max(1),
            model_name,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.seats.len() >= self.size
    }

    /// Takes a job in, or answers it at once with what is wrong with it. `seed` serves a request that has none.
    pub fn admit(&mut self, model: &Model, tokens: &Tokens, job: Job, seed: u64) {
        if job.is_off() {
            return job.fail(TeacherError::Cancelled);
        }
        let prepared = prepare(model, tokens, &job.request, seed, &self.model_name);
        match prepared {
            Err(error) => job.fail(error),
            Ok((draft, memory, prompt, prompt_tokens)) => self.seats.push(Seat {
                job,
                draft,
                memory,
                unread: prompt.clone(),
                prompt,
                prompt_tokens,
                reads: 0,
            }),
        }
    }

    /// Answers everybody with the same error and forgets all.
    pub fn fail_all(&mut self, error: &TeacherError) {
        self.kept.clear();
        self.seats.drain(..).for_each(|seat| seat.job.fail(error.clone()));
    }

    /// One token for every sequence that has read its prompt, and one piece of the first prompt that is still to be read.
    pub fn step(&mut self, model: &Model, tokens: &Tokens) -> Result<()> {
        let (off, on): (Vec<_>, Vec<_>) = self.seats.drain(..).partition(|seat| seat.job.is_off());
        self.seats = on;
        off.into_iter().for_each(|seat| seat.job.fail(TeacherError::Cancelled));
        self.share_beginning()?;
        let mut prompt_turn = true;
        for seat in &mut self.seats {
            seat.reads = match seat.is_reading_prompt() {
                true if !prompt_turn => 0,
                true => {
                    prompt_turn = false;
                    (PIECE - seat.memory.tokens() % PIECE).min(seat.unread.len())
                }
                false => seat.unread.len(),
            };
        }
        let mut readings: Vec<Reading<'_>> = self
            .seats
            .iter_mut()
            .filter(|seat| seat.reads > 0)
            .map(|seat| Reading {
                memory: &mut seat.memory,
                tokens: seat.unread.get(..seat.reads).unwrap_or_default(),
                answer: seat.reads == seat.unread.len(),
            })
            .collect();
        if readings.is_empty() {
            return Ok(());
        }
        let scores = model.read(&mut readings)?;
        let mut waiting = Vec::with_capacity(self.seats.len());
        let mut scores = scores.into_iter();
        for mut seat in self.seats.drain(..) {
            if seat.reads == 0 {
                waiting.push(seat);
                continue;
            }
            seat.unread.drain(..seat.reads);
            let scores = scores.next().unwrap_or_default();
            if scores.is_empty() {
                waiting.push(seat);
                continue;
            }
            if let Err(reason) = seat.draft.next(tokens, &scores) {
                seat.job.fail(TeacherError::Embedded(reason));
                continue;
            }
            seat.unread = seat.draft.take_unread();
            match show(seat, &self.model_name) {
                Shown::Goes(seat) => waiting.push(*seat),
                Shown::Ended(memory, prompt) => {
                    self.kept.insert(0, (memory, prompt));
                    self.kept.truncate(KEPT);
                }
            }
        }
        self.seats = waiting;
        Ok(())
    }

    /// Lets the prompt whose turn it is begin where another one that starts alike already is.
    fn share_beginning(&mut self) -> Result<()> {
        let Some(index) = self.seats.iter().position(Seat::is_reading_prompt) else {
            return Ok(());
        };
        let (before, rest) = self.seats.split_at_mut(index);
        let Some((seat, _)) = rest.split_first_mut() else {
            return Ok(());
        };
        if seat.memory.tokens() > 0 {
            return Ok(());
        }
        let active = before.iter().map(|other| Known {
            memory: &other.memory,
            prompt: &other.prompt,
        });
        let kept = self.kept.iter().map(|(memory, prompt)| Known { memory, prompt });
        let best = active.chain(kept).max_by_key(|known| known.shares(&seat.prompt));
        if let Some((known, shared)) = best.map(|known| (known.memory, known.shares(&seat.prompt)))
            && shared > 0
        {
            seat.memory.copy_prefix(known, shared)?;
            seat.unread.drain(..shared);
        }
        Ok(())
    }
}

type Prepared = (Draft, Memory, Vec<u32>, u64);

fn prepare(
    model: &Model,
    tokens: &Tokens,
    request: &ChatRequest,
    seed: u64,
    name: &str,
) -> std::result::Result<Prepared, TeacherError> {
    let failed = TeacherError::Embedded;
    let prompt = match &request.prompt {
        Prompt::Chat(messages) => tokens.conversation(messages),
        Prompt::Raw(text) => tokens.raw(text),
    };
    let mut prompt = prompt.map_err(failed)?;
    let prompt_tokens = prompt.len() as u64;
    let context = model.shape().context;
    let most = Draft::most_tokens(tokens, &request.sampling, &request.scaffold).map_err(failed)?;
    // An answer must have some room; the rest of what was asked for may be cut off by the context.
    let needed = if request.scaffold.is_empty() {
        most.min(16)
    } else {
        most
    };
    if prompt.is_empty() || prompt.len() + needed > context {
        let detail = format!(
            "{} tokens, and {needed} more for the answer; its context holds {context}",
            prompt.len()
        );
        return Err(TeacherError::ContextTooLong {
            model: name.to_owned(),
            detail,
        });
    }
    if prompt.iter().any(|id| *id as usize >= model.vocabulary()) {
        return Err(failed(
            "its tokenizer has tokens that the model does not know; the file is damaged".to_owned(),
        ));
    }
    let room = context - prompt.len();
    let mut draft = Draft::new(tokens, &request.sampling, &request.scaffold, seed, room).map_err(failed)?;
    let memory = model
        .memory(prompt.len() + most.min(room))
        .map_err(|error| failed(error.to_string()))?;
    prompt.extend(draft.take_unread());
    Ok((draft, memory, prompt, prompt_tokens))
}

enum Shown {
    Goes(Box<Seat>),
    Ended(Memory, Vec<u32>),
}

/// Hands out the text that is new, and the reply when the answer has ended.
fn show(mut seat: Seat, model_name: &str) -> Shown {
    let text = seat.draft.newly_shown();
    if !text.is_empty() {
        // A listener that panics must not take the other conversations with it.
        let heard = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (seat.job.on_text)(Told::More(&text))));
        if heard.is_err() {
            seat.job.fail(TeacherError::Embedded(
                "whoever listened to the answer failed".to_owned(),
            ));
            return Shown::Ended(seat.memory, seat.prompt);
        }
    }
    let Some(finish) = seat.draft.finish() else {
        return Shown::Goes(Box::new(seat));
    };
    let reply = Reply {
        text: seat.draft.text(),
        reasoning: String::new(),
        finish,
        usage: Usage {
            prompt_tokens: seat.prompt_tokens,
            completion_tokens: seat.draft.written(),
        },
        model: model_name.to_owned(),
    };
    let _ = seat.job.reply.send(Ok(reply));
    Shown::Ended(seat.memory, seat.prompt)
}

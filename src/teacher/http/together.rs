//! Several rows' raw texts in one request, as InstructLab sends the prompts of its pipelines.
//!
//! Requests that differ in their text only, and are there at the same time, leave as one list; nobody waits for others to come.
//! Each answer is handed on as soon as it is whole, so a long one holds nobody up. A list is a first try and no more: whatever
//! goes wrong with it, each text is asked for again by itself, with all the tries that a request has. A server that does not
//! answer its first list as asked gets no further one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Inner;
use super::answer::Draft;
use super::asking::{Question, written};
use super::reading::{Hears, Listener};
use super::trouble::{Remedy, Reshape};
use crate::teacher::{ChatRequest, Prompt, Reply, Sampling, Usage};
use crate::text::tokens;

/// Most texts of one request: as many as InstructLab sends.
const MOST: usize = 8;
/// How often others that are ready get their turn before a list leaves.
const TURNS: usize = 2;

/// What became of a text that went out in a list.
enum Outcome {
    Answered(Vec<Reply>),
    /// To be asked for by itself; whoever listened is given back.
    Alone(Listener),
}

/// The lists that gather at this moment.
#[derive(Default)]
pub(super) struct Together {
    gathering: Mutex<Vec<Gathering>>,
    numbers: AtomicU64,
}

struct Gathering {
    number: u64,
    /// The first request, without its text; only those like it can come along.
    like: ChatRequest,
    choices: usize,
    members: Vec<Member>,
    /// Held by everyone who waits for an answer: when all are gone, the request is given up.
    wanted: Arc<DropGuard>,
    given_up: CancellationToken,
}

struct Member {
    text: String,
    seed: Option<u64>,
    listener: Listener,
    outcome: oneshot::Sender<Outcome>,
}

impl Inner {
    /// The answers to a raw text, asked for together with others. `None` when it is to be asked for by itself.
    pub(super) async fn together(
        self: &Arc<Self>,
        raw: &ChatRequest,
        choices: usize,
        listener: &mut Listener,
    ) -> Option<Vec<Reply>> {
        let Prompt::Raw(text) = &raw.prompt else { return None };
        if self.learnt.takes_lists() == Some(false) {
            return None;
        }
        // Each text has a place of its own: the server works on as many as without lists.
        let turn = self.pacing.turn().await;
        let (outcome, answer) = oneshot::channel();
        let silent = Listener::new(Box::new(|_| ()));
        let member = Member {
            text: text.clone(),
            seed: raw.sampling.seed,
            listener: std::mem::replace(listener, silent),
            outcome,
        };
        let _wanted = self.join(raw, choices, member);
        match answer.await {
            Ok(Outcome::Answered(replies)) => {
                turn.answered(replies.iter().map(written).sum());
                Some(replies)
            }
            Ok(Outcome::Alone(own)) => {
                *listener = own;
                None
            }
            Err(_) => None,
        }
    }

    /// Joins those that ask alike, or begins to gather anew.
    fn join(self: &Arc<Self>, raw: &ChatRequest, choices: usize, member: Member) -> Arc<DropGuard> {
        let like = ChatRequest {
            prompt: Prompt::Raw(String::new()),
            sampling: Sampling {
                seed: None,
                ..raw.sampling.clone()
            },
            ..raw.clone()
        };
        let mut gatherings = self.gathering();
        let found = gatherings
            .iter_mut()
            .find(|one| one.choices == choices && one.members.len() < MOST && one.like == like);
        if let Some(gathering) = found {
            gathering.members.push(member);
            return Arc::clone(&gathering.wanted);
        }
        let given_up = CancellationToken::new();
        let wanted = Arc::new(given_up.clone().drop_guard());
        let number = self.together.numbers.fetch_add(1, Ordering::Relaxed);
        gatherings.push(Gathering {
            number,
            like,
            choices,
            members: vec![member],
            wanted: Arc::clone(&wanted),
            given_up,
        });
        drop(gatherings);
        let inner = Arc::clone(self);
        tokio::spawn(async move {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            inner.leave(number).await;
        });
        wanted
    }

    fn gathering(&self) -> MutexGuard<'_, Vec<Gathering>> {
        self.together.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a list, and sees to it that each of its members hears what became of it.
    async fn leave(&self, number: u64) {
        let gathering = {
            let mut gatherings = self.gathering();
            let at = gatherings.iter().position(|one| one.number == number);
            at.map(|at| gatherings.swap_remove(at))
        };
        let Some(Gathering {
            mut like,
            choices,
            mut members,
            given_up,
            wanted,
            ..
        }) = gathering
        else {
            return;
        };
        drop(wanted);
        members.retain(|member| !member.outcome.is_closed());
        let seeds: Vec<Option<u64>> = members.iter().map(|member| member.seed).collect();
        // One call has one seed: it is sent where it is that of all.
        if let [first, others @ ..] = seeds.as_slice()
            && others.iter().all(|seed| seed == first)
        {
            like.sampling.seed = *first;
        }
        let texts: Vec<String> = members.iter().map(|member| member.text.clone()).collect();
        let mut list = List {
            members: members.into_iter().map(Some).collect(),
            choices,
            is_known: self.learnt.takes_lists() == Some(true),
            model: self.options.model.clone(),
            told: Usage::default(),
        };
        if texts.len() > 1 {
            let question = Question {
                request: &like,
                choices,
                texts: &texts,
            };
            tokio::select! {
                biased;
                () = given_up.cancelled() => return,
                () = self.ask_list(&question, &mut list) => {}
            }
        }
        list.members.into_iter().flatten().for_each(Member::alone);
    }

    /// Asks once. Those that stay in the list were not answered.
    async fn ask_list(&self, question: &Question<'_>, list: &mut List) {
        let Ok(key) = self.options.key.get().await else { return };
        let mut shape = self.learnt.shape();
        let asking = self.ask(question, key.as_ref(), shape, list);
        let Ok(asked) = tokio::time::timeout(self.options.limits.whole, asking).await else {
            return;
        };
        let is_refused = match asked {
            Ok(replies) => {
                self.learnt.keep_answered();
                self.learnt.keep_raw(true);
                let is_whole = list.close(replies);
                if is_whole {
                    self.learnt.keep_lists(true);
                }
                !is_whole
            }
            Err(trouble) => match trouble.remedy {
                Remedy::Wait { asked, everyone: true } => {
                    let retries = &self.options.retries;
                    let wait = asked.unwrap_or_else(|| retries.busy_wait(1));
                    // Whoever asks by itself hears that it would be too long.
                    if wait <= retries.longest_asked {
                        self.pacing.busy(wait);
                    }
                    false
                }
                Remedy::Reconnect | Remedy::RenewKey => false,
                // Whoever asks by itself finds out what the server wants.
                Remedy::Reshape(Reshape::OneByOne) => false,
                Remedy::Reshape(reshape) => !shape.change(reshape),
                Remedy::GiveUp | Remedy::LookUpModels | Remedy::Wait { .. } => true,
            },
        };
        // A server that took a list before has other reasons.
        if is_refused && self.learnt.takes_lists().is_none() {
            self.learnt.keep_lists(false);
        }
    }
}

impl Member {
    fn answer(self, replies: Vec<Reply>) {
        // Whoever is gone needs no answer.
        let _ = self.outcome.send(Outcome::Answered(replies));
    }

    fn alone(self) {
        let _ = self.outcome.send(Outcome::Alone(self.listener));
    }
}

/// A list under way.
struct List {
    /// Those who wait, in the order of their texts.
    members: Vec<Option<Member>>,
    /// Answers to each text.
    choices: usize,
    /// The server answered a list before, so that what it numbers can be trusted before all has come.
    is_known: bool,
    model: String,
    /// Tokens that were told of answers handed on early.
    told: Usage,
}

impl List {
    /// Hands the last answers on, if they are as many as are wanted. What the call took is shared out by the length of the
    /// texts.
    fn close(&mut self, replies: Vec<Reply>) -> bool {
        let waiting = self.members.iter().flatten().count();
        if replies.len() != waiting * self.choices {
            return false;
        }
        let total = |of: fn(&Usage) -> u64| replies.iter().map(|reply| of(&reply.usage)).sum::<u64>();
        let mut left = Usage {
            prompt_tokens: total(|usage| usage.prompt_tokens).saturating_sub(self.told.prompt_tokens),
            completion_tokens: total(|usage| usage.completion_tokens).saturating_sub(self.told.completion_tokens),
        };
        let members: Vec<Member> = self.members.iter_mut().filter_map(Option::take).collect();
        let mut read: Vec<u64> = members.iter().map(|member| tokens::estimate(&member.text)).collect();
        let mut wrote: Vec<u64> = replies.iter().map(|reply| tokens::estimate(&reply.text)).collect();
        let mut replies = replies.into_iter();
        for member in members {
            let mut own: Vec<Reply> = replies.by_ref().take(self.choices).collect();
            for reply in &mut own {
                reply.usage = Usage {
                    prompt_tokens: 0,
                    completion_tokens: share(&mut left.completion_tokens, &mut wrote),
                };
            }
            if let Some(first) = own.first_mut() {
                first.usage.prompt_tokens = share(&mut left.prompt_tokens, &mut read);
            }
            member.answer(own);
        }
        true
    }
}

/// What falls to the first of these weights, which leaves them; the last one gets all that is left.
fn share(left: &mut u64, weights: &mut Vec<u64>) -> u64 {
    let sum: u64 = weights.iter().sum::<u64>().max(1);
    let own = match weights.len() {
        0 => 0,
        1 => *left,
        _ => u64::try_from(u128::from(*left) * u128::from(weights.remove(0)) / u128::from(sum)).unwrap_or(0),
    };
    *left -= own;
    own
}

impl Hears for List {
    fn tell(&mut self, index: usize, text: &str) {
        let (at, choice) = (index / self.choices, index % self.choices);
        if let Some(Some(member)) = self.members.get_mut(at) {
            member.listener.tell(choice, text);
        }
    }

    fn look(&mut self, draft: &mut Draft) {
        if !self.is_known {
            return;
        }
        for (at, place) in self.members.iter_mut().enumerate() {
            let range = at * self.choices..(at + 1) * self.choices;
            let Some(member) = place.take_if(|_| draft.has_finished(range.clone())) else {
                continue;
            };
            let mut replies = draft.take_finished(range, &self.model);
            if let Some(first) = replies.first_mut() {
                first.usage.prompt_tokens = tokens::estimate(&member.text);
            }
            for reply in &replies {
                self.told.prompt_tokens += reply.usage.prompt_tokens;
                self.told.completion_tokens += reply.usage.completion_tokens;
            }
            member.answer(replies);
        }
    }
}

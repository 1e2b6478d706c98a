//! Measures a teacher before a run: how fast it answers, how many requests side by side it serves, what it can do.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::features::{Feature, features};
use super::{ChatRequest, HttpTeacher, Message, Prompt, Role, Sampling, Teacher, TeacherError, Usage};

/// Requests side by side that are tried one after another.
const STEPS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Fewest requests by which a step is judged.
const FEWEST: usize = 4;
/// A step helps when it brings at least so much more answers a second than the best before it.
const HELPS: f64 = 1.15;
/// Tokens of one answer at most.
const TOKENS: u32 = 24;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// How long a short answer takes when it is the only one, in seconds: the median.
    pub latency: Option<f64>,
    /// Side by side, in the order in which it was tried.
    pub loads: Vec<Load>,
    /// Why no more requests side by side were tried.
    pub ended: String,
    /// The `slots` that serve this server best; `None` when it did not answer.
    pub suggested_slots: Option<usize>,
    pub features: Vec<Feature>,
    /// Calls that were made for it, and what they took as far as the server counts.
    pub calls: u64,
    pub usage: Usage,
}

/// So many requests side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Load {
    pub at_once: usize,
    pub answered: usize,
    pub failed: usize,
    pub answers_per_second: f64,
    /// Written by all together; 0 when the server does not count.
    pub tokens_per_second: f64,
    /// How long one took, in seconds: the median.
    pub latency: f64,
}

/// Told before each part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    AtOnce(usize),
    Features,
}

/// The most calls and tokens that a measurement takes.
pub fn most_cost() -> (u64, Usage) {
    let calls: usize = STEPS.iter().map(|step| (*step).max(FEWEST)).sum::<usize>() + super::features::CALLS;
    let calls = calls as u64;
    let usage = Usage {
        prompt_tokens: calls * 40,
        completion_tokens: calls * u64::from(TOKENS),
    };
    (calls, usage)
}

/// Measures a teacher. `http` is the same one with a single try for each request, where it is a server. Ends early once `cancel`
/// fires, with what is known by then.
pub async fn measure(
    teacher: &dyn Teacher,
    http: Option<&HttpTeacher>,
    on_part: &mut (dyn FnMut(Part) + Send),
    cancel: &CancellationToken,
) -> Measured {
    let mut measured = Measured {
        latency: None,
        loads: Vec::new(),
        ended: String::new(),
        suggested_slots: None,
        features: Vec::new(),
        calls: 0,
        usage: Usage::default(),
    };
    let asked: &dyn Teacher = http.map_or(teacher, |http| http);
    let mut best: Option<(usize, f64)> = None;
    for at_once in STEPS {
        if cancel.is_cancelled() {
            "it was stopped".clone_into(&mut measured.ended);
            return measured;
        }
        if at_once > asked.slots() {
            measured.ended = format!("it takes {} at once at most", asked.slots());
            break;
        }
        on_part(Part::AtOnce(at_once));
        let (load, error) = load(asked, at_once, &mut measured, cancel).await;
        let (rate, failed) = (load.answers_per_second, load.failed);
        if at_once == 1 && load.answered > 0 {
            measured.latency = Some(load.latency);
        }
        measured.loads.push(load);
        if let Some(error) = error.filter(|_| failed > 0) {
            measured.ended = match error {
                TeacherError::Busy { status, .. } => format!("it refused {failed} of {at_once} as too many ({status})"),
                other => format!("{failed} of {at_once} failed: {other}"),
            };
            break;
        }
        if let Some((_, most)) = best
            && rate < most * HELPS
        {
            measured.ended = format!("{at_once} at once bring no more than fewer do");
            break;
        }
        best = Some((at_once, rate));
    }
    if measured.ended.is_empty() {
        measured.ended = "more were not tried".to_owned();
    }
    measured.suggested_slots = best.map(|(at_once, _)| at_once);
    if let Some(http) = http.filter(|_| best.is_some() && !cancel.is_cancelled()) {
        on_part(Part::Features);
        let found = features(http, cancel).await;
        measured.features = found.features;
        measured.calls += found.calls;
        add(&mut measured.usage, found.usage);
    }
    measured
}

async fn load(
    teacher: &dyn Teacher,
    at_once: usize,
    measured: &mut Measured,
    cancel: &CancellationToken,
) -> (Load, Option<TeacherError>) {
    let calls = at_once.max(FEWEST);
    let started = Instant::now();
    let answers: Vec<_> = stream::iter(0..calls)
        .map(|number| async move {
            let begun = Instant::now();
            let request = short_question(&format!(
                "Write one short sentence about the number {}.",
                at_once * 100 + number
            ));
            let answer = teacher.chat(request, Box::new(|_| ()), cancel.clone()).await;
            (answer, begun.elapsed())
        })
        .buffer_unordered(at_once)
        .collect()
        .await;
    let whole = started.elapsed().as_secs_f64().max(1e-6);
    let mut took = Vec::new();
    let mut error = None;
    let mut usage = Usage::default();
    for (answer, time) in answers {
        match answer {
            Ok(reply) => {
                add(&mut usage, reply.usage);
                took.push(time);
            }
            Err(failed) => error = Some(failed),
        }
    }
    measured.calls += calls as u64;
    add(&mut measured.usage, usage);
    let load = Load {
        at_once,
        answered: took.len(),
        failed: calls - took.len(),
        answers_per_second: took.len() as f64 / whole,
        tokens_per_second: usage.completion_tokens as f64 / whole,
        latency: median(took).as_secs_f64(),
    };
    (load, error)
}

pub(super) fn short_question(text: &str) -> ChatRequest {
    ChatRequest::new(
        Prompt::Chat(vec![Message::new(Role::User, text)]),
        Sampling {
            temperature: Some(0.0),
            max_tokens: Some(TOKENS),
            ..Sampling::default()
        },
    )
}

pub(super) fn add(sum: &mut Usage, usage: Usage) {
    sum.prompt_tokens += usage.prompt_tokens;
    sum.completion_tokens += usage.completion_tokens;
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

//! A teacher for tests that answers from a script, and leaves to teach from.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::inputs::{Inputs, PromptLimits, prepare};
use super::{Flow, Prepared};
use crate::taxonomy::{DocumentPin, Kind, Leaf, NodePath, Pair, SeedExample};
use crate::teacher::{Answering, ChatRequest, Finish, OnText, Reply, Teacher, TeacherError, Told, Usage};

type Script = Box<dyn Fn(&ChatRequest) -> Result<Reply, TeacherError> + Send + Sync>;

/// Answers by a script, after as many yields as `delay` says.
pub(super) struct Scripted {
    script: Script,
    delay: Box<dyn Fn(&ChatRequest) -> usize + Send + Sync>,
    slots: usize,
    model: &'static str,
    pub asked: Mutex<Vec<ChatRequest>>,
    under_way: AtomicUsize,
    pub most_under_way: AtomicUsize,
}

impl Scripted {
    pub fn new(script: impl Fn(&ChatRequest) -> Result<Reply, TeacherError> + Send + Sync + 'static) -> Self {
        Scripted {
            script: Box::new(script),
            delay: Box::new(|_| 1),
            slots: 4,
            model: "scripted-1",
            asked: Mutex::new(Vec::new()),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
        }
    }

    pub fn with_slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// A model whose name says how it writes conversations down.
    pub fn with_model(mut self, model: &'static str) -> Self {
        self.model = model;
        self
    }

    pub fn with_delay(mut self, delay: impl Fn(&ChatRequest) -> usize + Send + Sync + 'static) -> Self {
        self.delay = Box::new(delay);
        self
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Teacher for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn model(&self) -> &str {
        self.model
    }
    fn slots(&self) -> usize {
        self.slots
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, request: ChatRequest, mut on_text: OnText, cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_under_way.fetch_max(now, Ordering::SeqCst);
            let mut stopped = false;
            for _ in 0..(self.delay)(&request) {
                stopped |= cancel.is_cancelled();
                tokio::task::yield_now().await;
            }
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            if stopped {
                return Err(TeacherError::Cancelled);
            }
            let answer = (self.script)(&request);
            self.asked.lock().unwrap().push(request);
            if let Ok(reply) = &answer {
                on_text(Told::More(&reply.text));
            }
            answer
        })
    }
}

pub(super) fn reply(text: impl Into<String>) -> Reply {
    Reply {
        text: text.into(),
        reasoning: String::new(),
        finish: Finish::Stop,
        usage: Usage {
            prompt_tokens: 10,
            completion_tokens: 5,
        },
        model: "scripted-1".to_owned(),
    }
}

/// An answer in the form of the shipped flows, different for every seed.
pub(super) fn proper(request: &ChatRequest) -> String {
    let seed = request.sampling.seed.unwrap_or(0);
    let words: Vec<String> = (0..6).map(|at| format!("w{}", (seed >> (at * 4)) & 0xfff)).collect();
    let words = words.join(" ");
    format!(
        "[Context]\nA note on {words} {seed}.\n[Question]\nWhat of {words} {seed}?\n[Answer]\nIt is about {words} {seed}.\n"
    )
}

fn pair(number: usize) -> Pair {
    Pair {
        question: format!("How does one care for roses number {number}?"),
        answer: format!("One prunes the roses number {number} in spring."),
    }
}

pub(super) fn leaf(kind: Kind) -> Leaf {
    let path = match kind {
        Kind::Knowledge => "knowledge/gardens/roses",
        Kind::Skill | Kind::GroundedSkill => "compositional_skills/gardens/roses",
    };
    let example = |number: usize| SeedExample {
        context: (kind != Kind::Skill).then(|| format!("Roses number {number} grow by the wall of the house.")),
        pairs: if kind == Kind::Knowledge {
            (0..4).map(|at| pair(number * 10 + at)).collect()
        } else {
            vec![pair(number)]
        },
    };
    Leaf {
        path: NodePath::parse(path).unwrap(),
        kind,
        version: 3,
        created_by: "someone".to_owned(),
        task_description: "Answer questions on roses.".to_owned(),
        domain: "gardening".to_owned(),
        document_outline: "Care of roses".to_owned(),
        document: (kind == Kind::Knowledge).then(|| DocumentPin {
            repo: "../documents".to_owned(),
            commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            patterns: vec!["*.md".to_owned()],
        }),
        seed_examples: (0..5).map(example).collect(),
    }
}

pub(super) fn documents() -> Vec<(String, String)> {
    let section = |number: usize| {
        format!(
            "## Bed {number}\n\nThe roses in bed {number} are watered at dawn and mulched in autumn. Their hips are left for the birds in winter.\n\n"
        )
    };
    vec![(
        "roses.md".to_owned(),
        format!("# Roses\n\n{}", (0..6).map(section).collect::<String>()),
    )]
}

pub(super) fn prepared(kind: Kind, flow: &Flow, count: usize, seed: u64) -> Prepared {
    let leaf = leaf(kind);
    let documents = documents();
    let limits = PromptLimits {
        chunks: crate::taxonomy::knowledge::ChunkSize { tokens: 60, overlap: 0 },
        ..PromptLimits::FULL
    };
    prepare(
        &Inputs {
            leaf: &leaf,
            seed_hash: "abc",
            documents: &documents,
            count,
            seed,
            limits,
        },
        flow,
    )
    .unwrap()
}

//! The seed coach: how different a leaf's examples are, which parts of its documents they use, and whether a model knows the
//! answers already, so that an expert spends time where the model is weak.
//!
//! Questions of knowledge and of freeform skills are asked closed book, without any text. A grounded question cannot be
//! answered without its context, so it is asked with it. Answers are kept below the `.git` folder under the hash of what was
//! asked and of the model, so that nothing is asked twice.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{Workbench, WorkbenchError};
use crate::quality::overlap::shared_passages;
use crate::quality::variety::{Variety, share_told, variety};
use crate::taxonomy::knowledge::{ChunkSize, chunks, count_words};
use crate::taxonomy::{Fingerprint, Kind, Leaf};
use crate::teacher::{ChatRequest, Message, Prompt, Role, Sampling, Teacher, TeacherError};

/// From this share on a part of a document counts as used.
const USED: f64 = 0.2;
/// Shares of the expert's answer from which the model is said to know it, or part of it.
const KNOWS: f64 = 0.6;
const PARTLY: f64 = 0.3;
/// Most tokens of an answer, and of a critic's word.
const MOST_TOKENS: u64 = 512;
const LEAST_TOKENS: u64 = 96;
const CRITIC_TOKENS: u32 = 160;
/// Characters of a part of a document that are shown.
const SHOWN: usize = 80;

/// A part of a document, and how much of it the contexts use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DocumentPart {
    pub file: String,
    /// The headings above it.
    pub heading: Vec<String>,
    /// How it begins.
    pub begins: String,
    pub words: usize,
    /// The share of its text that stands in a context, from 0 to 1.
    pub used: f64,
}

impl DocumentPart {
    pub fn is_used(&self) -> bool {
        self.used >= USED
    }
}

/// What can be said of a leaf without asking a model.
#[derive(Debug, Clone, Serialize)]
pub struct Coached {
    pub variety: Variety,
    /// Knowledge: the parts of the documents in their order.
    pub parts: Vec<DocumentPart>,
    /// Why the documents could not be read; empty where they were, and where there are none to read.
    pub documents_missing: String,
    /// The words of all contexts.
    pub context_words: usize,
}

/// How well a model knows an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    Knows,
    Partly,
    DoesNotKnow,
}

impl Known {
    pub fn words(self) -> &'static str {
        match self {
            Known::Knows => "knows it",
            Known::Partly => "knows part of it",
            Known::DoesNotKnow => "does not know it",
        }
    }
}

/// One question of the seeds with the model's answer beside the expert's.
#[derive(Debug, Clone, Serialize)]
pub struct Asked {
    /// Counted from 0.
    pub example: usize,
    pub pair: usize,
    pub question: String,
    pub expert: String,
    pub answer: String,
    pub model: String,
    /// The share of what the expert says beyond the question that the model says too; `None` where that cannot be told.
    pub share: Option<f64>,
    /// What the critic said, where there is one.
    pub critic: Option<String>,
    pub known: Known,
    /// False when an answer of an earlier time was taken.
    pub fresh: bool,
    /// The question was asked with its context.
    pub with_context: bool,
}

/// One question as it is to be asked.
#[derive(Debug, Clone)]
struct Asking {
    example: usize,
    pair: usize,
    question: String,
    expert: String,
    context: Option<String>,
    request: ChatRequest,
}

/// A line of the file of answers.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    key: String,
    text: String,
}

/// Who is asked.
#[derive(Clone)]
pub struct Examination {
    pub teacher: Arc<dyn Teacher>,
    /// Compares the answers; `None` compares words only.
    pub critic: Option<Arc<dyn Teacher>>,
}

impl Workbench {
    /// Says what can be said of a leaf without a model. Documents that would have to be fetched are not, unless `fetch`.
    pub fn coach(&self, leaf: &Leaf, fetch: bool, cancel: &dyn Fn() -> bool) -> Coached {
        let contexts: Vec<&str> = leaf
            .seed_examples
            .iter()
            .filter_map(|example| example.context.as_deref())
            .collect();
        let mut coached = Coached {
            variety: variety(leaf),
            parts: Vec::new(),
            documents_missing: String::new(),
            context_words: contexts.iter().map(|context| count_words(context)).sum(),
        };
        if leaf.kind == Kind::Knowledge {
            match self.document_texts(leaf, fetch, cancel) {
                Ok(documents) => {
                    // The separator keeps the end of one context and the beginning of the next from making a run of words.
                    let all = contexts.join("\n\u{1}\n");
                    coached.parts = documents
                        .sources
                        .iter()
                        .flat_map(|source| parts_of(&source.path, &source.text, &all))
                        .collect();
                }
                Err(error) => coached.documents_missing = error.to_string(),
            }
        }
        coached
    }

    /// How many questions of a leaf would be asked now, those with kept answers left out.
    pub fn questions_to_ask(&self, leaf: &Leaf, teacher: &dyn Teacher) -> usize {
        let kept = self.kept_answers();
        let unknown = |asking: &&Asking| !kept.contains_key(&key_of(teacher.model(), &asking.request));
        questions_of(leaf).iter().filter(unknown).count()
    }

    /// The kept answers of a model to a leaf's questions; asks nothing.
    pub fn asked_before(&self, leaf: &Leaf, by: &Examination) -> Vec<Asked> {
        let kept = self.kept_answers();
        let asked = questions_of(leaf).into_iter().filter_map(|asking| {
            let answer = kept.get(&key_of(by.teacher.model(), &asking.request))?.clone();
            let critic = by.critic.as_ref().and_then(|critic| {
                let request = critic_request(&asking, &answer);
                kept.get(&key_of(critic.model(), &request)).cloned()
            });
            Some(judged(&asking, by.teacher.model(), answer, critic, false))
        });
        asked.collect()
    }

    /// Asks every question of a leaf that this model was not asked before, as many side by side as it can take, and hands the
    /// answers out as they come. Ends early once `cancel` fires; what was answered is kept.
    ///
    /// # Errors
    /// The first thing that went wrong with the teacher or the critic, after the others have come to an end.
    pub async fn examine(
        &self,
        leaf: &Leaf,
        by: &Examination,
        cancel: &CancellationToken,
        on_answer: &mut (dyn FnMut(Asked) + Send),
    ) -> Result<(), WorkbenchError> {
        let kept = self.kept_answers();
        let slots = by.teacher.slots().max(1);
        let mut answers = stream::iter(questions_of(leaf))
            .map(|asking| {
                let known = kept.get(&key_of(by.teacher.model(), &asking.request)).cloned();
                let kept = &kept;
                async move { self.ask(asking, known, kept, by, cancel).await }
            })
            .buffer_unordered(slots);
        let mut first_error = None;
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(asked) => on_answer(asked),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
            if cancel.is_cancelled() {
                break;
            }
        }
        first_error.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn ask(
        &self,
        asking: Asking,
        known: Option<String>,
        kept: &HashMap<String, String>,
        by: &Examination,
        cancel: &CancellationToken,
    ) -> Result<Asked, TeacherError> {
        let fresh = known.is_none();
        let answer = match known {
            Some(answer) => answer,
            None => self.reply(by.teacher.as_ref(), &asking.request, cancel).await?,
        };
        let critic = match &by.critic {
            None => None,
            Some(critic) => {
                let request = critic_request(&asking, &answer);
                Some(match kept.get(&key_of(critic.model(), &request)) {
                    Some(said) => said.clone(),
                    None => self.reply(critic.as_ref(), &request, cancel).await?,
                })
            }
        };
        Ok(judged(&asking, by.teacher.model(), answer, critic, fresh))
    }

    async fn reply(
        &self,
        teacher: &dyn Teacher,
        request: &ChatRequest,
        cancel: &CancellationToken,
    ) -> Result<String, TeacherError> {
        let reply = teacher.chat(request.clone(), Box::new(|_| {}), cancel.clone()).await?;
        let text = reply.text.trim().to_owned();
        self.keep(&key_of(teacher.model(), request), &text);
        Ok(text)
    }

    fn answers_file(&self) -> PathBuf {
        self.git_dir().join("seedbed").join("coach.jsonl")
    }

    /// Lines that cannot be read, as one that a crash cut off, are answers that will be asked for again.
    fn kept_answers(&self) -> HashMap<String, String> {
        let text = std::fs::read_to_string(self.answers_file()).unwrap_or_default();
        text.lines()
            .filter_map(|line| serde_json::from_str::<Kept>(line).ok())
            .map(|kept| (kept.key, kept.text))
            .collect()
    }

    /// An answer that cannot be kept is asked for again some day; that is no reason to fail.
    fn keep(&self, key: &str, text: &str) {
        let kept = Kept {
            key: key.to_owned(),
            text: text.to_owned(),
        };
        let file = self.answers_file();
        let Ok(mut line) = serde_json::to_string(&kept) else {
            return;
        };
        line.push('\n');
        let folder = file.parent().map(std::fs::create_dir_all);
        if folder.is_some_and(|made| made.is_ok())
            && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(file)
        {
            let _ = file.write_all(line.as_bytes());
        }
    }
}

fn parts_of(file: &str, text: &str, contexts: &str) -> Vec<DocumentPart> {
    let used = shared_passages(text, contexts);
    let part = |chunk: &crate::taxonomy::knowledge::Chunk| {
        let shared: usize = used
            .iter()
            .map(|range| range.end.min(chunk.end).saturating_sub(range.start.max(chunk.start)))
            .sum();
        let own = chunk.text(text);
        let body = own
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        DocumentPart {
            file: file.to_owned(),
            heading: chunk.heading.clone(),
            begins: body.unwrap_or(own).chars().take(SHOWN).collect(),
            words: chunk.words,
            used: shared as f64 / own.len().max(1) as f64,
        }
    };
    chunks(text, ChunkSize::USUAL.apart()).iter().map(part).collect()
}

fn questions_of(leaf: &Leaf) -> Vec<Asking> {
    let mut all = Vec::new();
    for (example, seed) in leaf.seed_examples.iter().enumerate() {
        for (pair, text) in seed.pairs.iter().enumerate() {
            let (question, expert) = (text.question.trim(), text.answer.trim());
            if question.is_empty() || expert.is_empty() {
                continue;
            }
            let context = seed.context.clone().filter(|_| leaf.kind == Kind::GroundedSkill);
            let system = match leaf.kind {
                Kind::Knowledge => {
                    "Answer the question from what you know, in a few whole sentences. If you do not know, say so."
                        .to_owned()
                }
                Kind::Skill | Kind::GroundedSkill => leaf.task_description.trim().to_owned(),
            };
            let user = match &context {
                Some(context) => format!("{}\n\n{question}", context.trim()),
                None => question.to_owned(),
            };
            let most = (crate::text::tokens::estimate(expert) * 3).clamp(LEAST_TOKENS, MOST_TOKENS);
            all.push(Asking {
                example,
                pair,
                question: question.to_owned(),
                expert: expert.to_owned(),
                context,
                request: plain_request(system, user, u32::try_from(most).unwrap_or(u32::MAX)),
            });
        }
    }
    all
}

fn critic_request(asking: &Asking, answer: &str) -> ChatRequest {
    let system = "Two answers to one question are given: an expert's, which is right, and a model's. Say first in one word \
                  whether the model's answer says what the expert's says: YES, PARTLY or NO. Then say in one sentence what \
                  is missing or wrong.";
    let user = format!(
        "Question: {}\n\nExpert: {}\n\nModel: {answer}",
        asking.question, asking.expert
    );
    plain_request(system.to_owned(), user, CRITIC_TOKENS)
}

fn plain_request(system: String, user: String, most: u32) -> ChatRequest {
    let mut messages = vec![Message::new(Role::User, user)];
    if !system.is_empty() {
        messages.insert(0, Message::new(Role::System, system));
    }
    ChatRequest::new(
        Prompt::Chat(messages),
        Sampling {
            temperature: Some(0.0),
            max_tokens: Some(most),
            ..Sampling::default()
        },
    )
}

/// The hash of a model and of what it was asked.
fn key_of(model: &str, request: &ChatRequest) -> String {
    let mut whole = model.as_bytes().to_vec();
    for message in request.prompt.messages() {
        whole.push(0);
        whole.extend_from_slice(message.content.as_bytes());
    }
    whole.push(0);
    whole.extend_from_slice(&request.sampling.max_tokens.unwrap_or_default().to_le_bytes());
    Fingerprint::of(&whole).to_string()
}

fn judged(asking: &Asking, model: &str, answer: String, critic: Option<String>, fresh: bool) -> Asked {
    let share = share_told(&asking.question, &asking.expert, &answer);
    let by_words = match share {
        Some(share) if share >= KNOWS => Known::Knows,
        Some(share) if share >= PARTLY => Known::Partly,
        Some(_) => Known::DoesNotKnow,
        None => Known::Partly,
    };
    Asked {
        example: asking.example,
        pair: asking.pair,
        question: asking.question.clone(),
        expert: asking.expert.clone(),
        known: critic.as_deref().and_then(verdict_of).unwrap_or(by_words),
        answer,
        model: model.to_owned(),
        share,
        critic,
        fresh,
        with_context: asking.context.is_some(),
    }
}

/// The critic's first word that is one of the three.
fn verdict_of(said: &str) -> Option<Known> {
    said.split(|c: char| !c.is_alphabetic())
        .find_map(|word| match word.to_uppercase().as_str() {
            "YES" => Some(Known::Knows),
            "PARTLY" => Some(Known::Partly),
            "NO" => Some(Known::DoesNotKnow),
            _ => None,
        })
}

#[cfg(test)]
#[path = "coach_tests.rs"]
mod tests;

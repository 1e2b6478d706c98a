//! Tries out what a server can do beyond a plain answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::measure::{add, short_question};
use super::{ChatRequest, HttpTeacher, Prompt, Reply, Teacher, TeacherError, Told, Usage};
use crate::text::json::json_in;

/// Calls that the trials take at most, with those that are asked again in another form.
pub(super) const CALLS: usize = 17;

/// Something that not every server can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// A short stable word, as in `json-schema`.
    pub name: &'static str,
    /// `None` when the trial could not tell.
    pub has: Option<bool>,
    /// What it is good for, or why it could not be told.
    pub note: String,
}

pub(super) struct Found {
    pub features: Vec<Feature>,
    pub calls: u64,
    pub usage: Usage,
}

struct Trials<'a> {
    teacher: &'a HttpTeacher,
    cancel: &'a CancellationToken,
    spent: Mutex<(u64, Usage)>,
}

/// Tries everything once. A trial that fails tells nothing and stops none of the others.
pub(super) async fn features(teacher: &HttpTeacher, cancel: &CancellationToken) -> Found {
    let trials = Trials {
        teacher,
        cancel,
        spent: Mutex::default(),
    };
    let mut features = trials.streaming().await;
    features.push(trials.several().await);
    features.push(trials.seed().await);
    features.push(trials.stop().await);
    features.push(trials.form("json-schema", "the answer is held to a schema").await);
    features.push(trials.form("json-object", "the answer is held to JSON").await);
    features.push(trials.raw().await);
    features.push(trials.lists().await);
    let (calls, usage) = *trials.spent.lock().unwrap_or_else(PoisonError::into_inner);
    Found { features, calls, usage }
}

fn feature(name: &'static str, has: Option<bool>, note: impl Into<String>) -> Feature {
    Feature {
        name,
        has,
        note: note.into(),
    }
}

fn untold(name: &'static str, error: &TeacherError) -> Feature {
    feature(name, None, format!("the trial failed: {error}"))
}

impl Trials<'_> {
    async fn ask(&self, request: ChatRequest) -> Result<Reply, TeacherError> {
        self.note(self.teacher.chat(request, Box::new(|_| ()), self.cancel.clone()).await)
    }

    fn note(&self, answer: Result<Reply, TeacherError>) -> Result<Reply, TeacherError> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.0 += 1;
        if let Ok(reply) = &answer {
            add(&mut spent.1, reply.usage);
        }
        answer
    }

    async fn streaming(&self) -> Vec<Feature> {
        let pieces = Arc::new(AtomicUsize::new(0));
        let heard = Arc::clone(&pieces);
        let on_text = Box::new(move |told: Told<'_>| {
            if matches!(told, Told::More(_)) {
                heard.fetch_add(1, Ordering::Relaxed);
            }
        });
        let request = short_question("Write the numbers from 1 to 10 in words.");
        let reply = match self.note(self.teacher.chat(request, on_text, self.cancel.clone()).await) {
            Ok(reply) => reply,
            Err(error) => return vec![untold("streaming", &error), untold("token-count", &error)],
        };
        let streams = pieces.load(Ordering::Relaxed) > 1;
        let counts = reply.usage.completion_tokens > 0;
        let reasons = !reply.reasoning.is_empty();
        let say = |is_so: bool, yes: &str, no: &str| if is_so { yes } else { no }.to_owned();
        let note = say(
            streams,
            "answers are seen while they are written",
            "answers come whole, at their end",
        );
        let streaming = feature("streaming", Some(streams), note);
        let note = say(
            counts,
            "the server counts tokens",
            "the server does not count tokens; costs are estimates",
        );
        let token_count = feature("token-count", Some(counts), note);
        let note = say(
            reasons,
            "thoughts are kept apart from the answer",
            "the model did not think aloud",
        );
        vec![
            streaming,
            token_count,
            feature("reasoning", reasons.then_some(true), note),
        ]
    }

    async fn several(&self) -> Feature {
        let name = "several-answers";
        let mut request = short_question("Name any animal.");
        request.sampling.temperature = Some(1.0);
        let replies = self
            .teacher
            .chat_several(request, 2, Box::new(|_| ()), self.cancel.clone())
            .await;
        let noted: Result<Vec<_>, _> = replies.into_iter().map(|reply| self.note(reply)).collect();
        match noted {
            Ok(_) if self.teacher.answers_several() => feature(
                name,
                Some(true),
                "one call gives several answers and reads the prompt once",
            ),
            Ok(_) => feature(name, Some(false), "each answer is a call of its own"),
            Err(error) => untold(name, &error),
        }
    }

    async fn seed(&self) -> Feature {
        let name = "seed";
        let mut texts = Vec::new();
        for seed in [7, 7, 8] {
            let mut request = short_question("Invent a name for a village and say in one sentence where it lies.");
            request.sampling.temperature = Some(1.0);
            request.sampling.seed = Some(seed);
            match self.ask(request).await {
                Ok(reply) => texts.push(reply.text),
                Err(error) => return untold(name, &error),
            }
        }
        match texts.as_slice() {
            [first, again, other] if first == again && first != other => {
                feature(name, Some(true), "the same seed gave the same answer")
            }
            [first, again, _] if first != again => feature(name, Some(false), "the same seed gave different answers"),
            _ => feature(name, None, "all answers were the same, whatever the seed"),
        }
    }

    async fn stop(&self) -> Feature {
        let name = "stop";
        let mut request = short_question("Write only this line: 1, 2, 3, 4, 5, 6");
        request.sampling.stop = vec!["4".to_owned()];
        match self.ask(request).await {
            Ok(reply) if reply.text.contains('4') => {
                feature(name, Some(false), "texts that end the answer are overlooked")
            }
            Ok(reply) if reply.text.contains('3') => {
                feature(name, Some(true), "answers end at a text of the flow's choice")
            }
            Ok(_) => feature(name, None, "the model wrote something else"),
            Err(error) => untold(name, &error),
        }
    }

    async fn form(&self, name: &'static str, note: &'static str) -> Feature {
        let is_schema = name == "json-schema";
        let schema = json!({
            "type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"], "additionalProperties": false
        });
        // With a schema the words do not ask for JSON, so that a server that overlooks it is found out.
        let (text, form) = match is_schema {
            true => (
                "Which colour is the sky?",
                json!({"type": "json_schema", "json_schema": {"name": "colour", "schema": schema, "strict": true}}),
            ),
            false => (
                "Which colour is the sky? Answer with a JSON object that has the one field \"colour\".",
                json!({"type": "json_object"}),
            ),
        };
        let mut request = short_question(text);
        request.extra.insert("response_format".to_owned(), form);
        let before = self.teacher.notes().len();
        let reply = match self.ask(request).await {
            Ok(reply) => reply,
            Err(error) => return untold(name, &error),
        };
        if self.teacher.notes().len() > before {
            return feature(
                name,
                Some(false),
                "the server refuses it; answers are read from the text",
            );
        }
        match json_in(&reply.text).is_some_and(|value| value.get("colour").is_some()) {
            true => feature(name, Some(true), note),
            false => feature(
                name,
                Some(false),
                "the server overlooks it; answers are read from the text",
            ),
        }
    }

    async fn raw(&self) -> Feature {
        let name = "raw-completions";
        let mut request = short_question("");
        request.prompt = Prompt::Raw("The colours of the rainbow are red,".to_owned());
        let answer = self.ask(request).await;
        match (self.teacher.has_raw(), answer) {
            (Some(true), _) => feature(name, Some(true), "flows in the manner of Magpie can be used"),
            (Some(false), _) => feature(name, Some(false), "flows in the manner of Magpie cannot be used"),
            (None, Err(error)) => untold(name, &error),
            (None, Ok(_)) => feature(name, None, "the trial told nothing"),
        }
    }

    /// Two raw texts at once, which leave as a list.
    async fn lists(&self) -> Feature {
        let name = "raw-lists";
        if self.teacher.has_raw() == Some(false) {
            return feature(name, Some(false), "there are no raw completions");
        }
        let ask = |text: &str| {
            let mut request = short_question("");
            request.framed = Some(text.to_owned());
            self.ask(request)
        };
        let (first, second) = tokio::join!(ask("One, two,"), ask("Three, four,"));
        match (self.teacher.takes_lists(), first.and(second)) {
            (Some(true), _) => feature(
                name,
                Some(true),
                "one call takes several raw texts, as InstructLab's pipelines ask",
            ),
            (Some(false), _) => feature(name, Some(false), "each raw text is a call of its own"),
            (None, Err(error)) => untold(name, &error),
            (None, Ok(_)) => feature(name, None, "the trial told nothing"),
        }
    }
}

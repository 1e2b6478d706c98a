//! The embedded teacher as others see it, and the thread that does its work.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::Content;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::teacher::embedded::batch::{Batch, Job};
use crate::teacher::embedded::model::Model;
use crate::teacher::embedded::tokens::Tokens;
use crate::teacher::embedded::weights::SMOLLM2;
use crate::teacher::{Answering, ChatRequest, OnText, Teacher, TeacherError};

/// Most conversations side by side: more gain little on few cores and make each one slower.
const SLOTS: usize = 8;

/// Which model runs inside the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedSettings {
    /// A GGUF file of the `llama` architecture with a chat template.
    pub path: PathBuf,
    /// Conversations side by side, 1 to 8; 8 when left out.
    pub slots: Option<usize>,
}

/// What the model inside the process is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmbeddedState {
    /// Nothing was asked of it yet.
    Unloaded,
    Loading {
        layers: usize,
        of: usize,
    },
    /// It answers; loading took this long.
    Ready {
        loaded_in: Duration,
    },
    /// The last attempt failed; the next request tries again.
    Failed {
        reason: String,
    },
}

/// A small instruct model inside the process; loaded with the first request.
pub struct EmbeddedTeacher {
    settings: EmbeddedSettings,
    model: String,
    state: Arc<Mutex<EmbeddedState>>,
    queue: Mutex<Option<Sender<Job>>>,
}

impl EmbeddedTeacher {
    /// Names the model; nothing is read yet.
    pub fn new(settings: EmbeddedSettings) -> Self {
        let model = settings
            .path
            .file_stem()
            .map_or_else(|| "embedded".to_owned(), |stem| stem.to_string_lossy().into_owned());
        let state = Arc::new(Mutex::new(EmbeddedState::Unloaded));
        EmbeddedTeacher {
            settings,
            model,
            state,
            queue: Mutex::new(None),
        }
    }

    /// What the model is doing now.
    pub fn state(&self) -> EmbeddedState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Hands the job to the worker, and starts one when there is none or it has died.
    fn enqueue(&self, job: Job) -> Result<(), TeacherError> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match queue.as_ref() {
            None => job,
            Some(sender) => match sender.send(job) {
                Ok(()) => return Ok(()),
                Err(returned) => returned.0,
            },
        };
        let (sender, receiver) = channel();
        let worker = Worker {
            path: self.settings.path.clone(),
            slots: self.slots(),
            name: self.model.clone(),
            state: Arc::clone(&self.state),
        };
        std::thread::Builder::new()
            .name("embedded-teacher".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(|error| TeacherError::Embedded(format!("its thread could not be started: {error}")))?;
        let sent = sender
            .send(job)
            .map_err(|_| TeacherError::Embedded("its thread ended at once".to_owned()));
        *queue = Some(sender);
        sent
    }
}

impl Teacher for EmbeddedTeacher {
    fn name(&self) -> &str {
        "embedded"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn slots(&self) -> usize {
        self.settings.slots.unwrap_or(SLOTS).clamp(1, SLOTS)
    }

    fn is_remote(&self) -> bool {
        false
    }

    fn is_demonstration(&self) -> bool {
        true
    }

    fn has_raw(&self) -> Option<bool> {
        Some(true)
    }

    fn chat(&self, request: ChatRequest, on_text: OnText, cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            let (reply, answered) = oneshot::channel();
            self.enqueue(Job {
                request,
                on_text,
                cancel: cancel.clone(),
                reply,
            })?;
            tokio::select! {
                biased;
                answer = answered => answer.unwrap_or_else(|_| {
                    Err(TeacherError::Embedded("it stopped in the middle of the answer; ask again".to_owned()))
                }),
                () = cancel.cancelled() => Err(TeacherError::Cancelled),
            }
        })
    }
}

struct Worker {
    path: PathBuf,
    slots: usize,
    name: String,
    state: Arc<Mutex<EmbeddedState>>,
}

impl Worker {
    fn tell(&self, state: EmbeddedState) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Works until the teacher is dropped. A failure answers everybody who waits and ends the thread; the next request
    /// starts a new one, which loads the model again.
    fn run(&self, queue: &Receiver<Job>) {
        let mut waiting = VecDeque::new();
        let mut batch = Batch::new(self.slots, self.name.clone());
        let ended = catch_unwind(AssertUnwindSafe(|| self.work(queue, &mut waiting, &mut batch)));
        let error = match ended {
            Ok(Ok(())) => return self.tell(EmbeddedState::Unloaded),
            Ok(Err(error)) => error,
            Err(payload) => {
                TeacherError::Embedded(format!("it stopped because of a mistake in it: {}", cause(&*payload)))
            }
        };
        self.tell(EmbeddedState::Failed {
            reason: error.to_string(),
        });
        batch.fail_all(&error);
        waiting
            .into_iter()
            .chain(queue.try_iter())
            .for_each(|job: Job| job.fail(error.clone()));
    }

    fn work(&self, queue: &Receiver<Job>, waiting: &mut VecDeque<Job>, batch: &mut Batch) -> Result<(), TeacherError> {
        let Ok(first) = queue.recv() else { return Ok(()) };
        let started = Instant::now();
        waiting.push_back(first);
        let (model, tokens) = self.load()?;
        self.tell(EmbeddedState::Ready {
            loaded_in: started.elapsed(),
        });
        loop {
            if waiting.is_empty() && batch.is_empty() {
                match queue.recv() {
                    Ok(job) => waiting.push_back(job),
                    Err(_) => return Ok(()),
                }
            }
            loop {
                match queue.try_recv() {
                    Ok(job) => waiting.push_back(job),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) if waiting.iter().all(Job::is_off) && batch.is_empty() => {
                        return Ok(());
                    }
                    Err(TryRecvError::Disconnected) => break,
                }
            }
            while !batch.is_full()
                && let Some(job) = waiting.pop_front()
            {
                batch.admit(&model, &tokens, job, rand::random());
            }
            if let Err(error) = batch.step(&model, &tokens) {
                batch.fail_all(&TeacherError::Embedded(error.to_string()));
            }
        }
    }

    fn load(&self) -> Result<(Model, Tokens), TeacherError> {
        let failed = |reason: String| TeacherError::Embedded(format!("{} cannot be used: {reason}", shown(&self.path)));
        let file = match std::fs::File::open(&self.path) {
            Ok(file) => file,
            Err(_) if !self.path.exists() && self.path.file_name().is_some_and(|name| name == SMOLLM2.gguf) => {
                return Err(TeacherError::NoWeights);
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut file = std::io::BufReader::with_capacity(1 << 20, file);
        let content = Content::read(&mut file).map_err(|error| failed(format!("not a GGUF file ({error})")))?;
        let tokens = Tokens::read(&content).map_err(failed)?;
        let on_layer = |layers, of| {
            self.tell(EmbeddedState::Loading { layers, of });
            true
        };
        let model = Model::load(&content, &mut file, on_layer).map_err(|error| failed(error.to_string()))?;
        Ok((model, tokens))
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn cause(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown".to_owned())
}

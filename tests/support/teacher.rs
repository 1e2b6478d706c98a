//! A teacher on the loopback address that does what a test tells it to: answers, stumbles, lies, or hangs up.
//!
//! Needs the standard library and serde_json only, so that every integration test can use it. Each connection serves one
//! request on its own thread.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[path = "pairs.rs"]
mod pairs;
#[path = "recorded.rs"]
mod recorded;
pub use pairs::question_and_answer;
pub use recorded::Recorded;
use recorded::read_request;

#[derive(Debug, Clone)]
enum Step {
    Send(Vec<u8>),
    Wait(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ending {
    /// As HTTP wants it.
    Whole,
    /// The connection closes before the body is complete.
    Cut,
    /// Nothing is sent at all, not even a status.
    Mute,
}

/// What the server does with one request.
#[derive(Debug, Clone)]
pub struct Act {
    status: u16,
    headers: Vec<(String, String)>,
    steps: Vec<Step>,
    ending: Ending,
    /// Text to be sent as a completion in the form the request asks for.
    completion: Option<(Vec<String>, Duration, &'static str)>,
    /// Further answers of the same call.
    others: Vec<String>,
}

impl Act {
    fn new(status: u16, content_type: &str) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Act {
            status,
            headers,
            steps: Vec::new(),
            ending: Ending::Whole,
            completion: None,
            others: Vec::new(),
        }
    }

    /// Answers with a text, word by word when streaming is asked for.
    pub fn text(text: &str) -> Self {
        Act::pieces(text.split_inclusive(' '), Duration::ZERO)
    }

    /// Answers in these pieces with a pause before each one after the first.
    pub fn pieces<'a>(pieces: impl IntoIterator<Item = &'a str>, pause: Duration) -> Self {
        let pieces = pieces.into_iter().map(str::to_owned).collect();
        Act {
            completion: Some((pieces, pause, "stop")),
            ..Act::new(200, "text/event-stream")
        }
    }

    /// Answers with several texts in one call.
    pub fn texts(texts: &[&str]) -> Self {
        let (first, others) = texts.split_first().unwrap();
        Act {
            others: others.iter().map(|text| (*text).to_owned()).collect(),
            ..Act::text(first)
        }
    }

    /// Changes why an answer made by [`Act::text`] or [`Act::pieces`] ends.
    pub fn finish(mut self, reason: &'static str) -> Self {
        if let Some(completion) = &mut self.completion {
            completion.2 = reason;
        }
        self
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Act::body(status, "application/json", body.to_string())
    }

    /// OpenAI's form of an error.
    pub fn error(status: u16, message: &str) -> Self {
        Act::json(
            status,
            &json!({"error": {"message": message, "type": "test", "code": null}}),
        )
    }

    pub fn html(status: u16, title: &str) -> Self {
        Act::body(
            status,
            "text/html",
            format!("<!DOCTYPE html>\n<html><head><title>{title}</title></head></html>"),
        )
    }

    pub fn body(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Act::new(status, content_type).send(body)
    }

    /// A stream of events; send its bytes with [`Act::send`] or [`Act::event`].
    pub fn events() -> Self {
        Act::new(200, "text/event-stream")
    }

    /// Takes the connection and says nothing for this long, then closes it.
    pub fn mute(wait: Duration) -> Self {
        Act {
            ending: Ending::Mute,
            ..Act::new(200, "text/plain")
        }
        .wait(wait)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends bytes as one chunk.
    pub fn send(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.steps.push(Step::Send(bytes.into()));
        self
    }

    /// Sends one event with these contents.
    pub fn event(self, value: &Value) -> Self {
        self.send(format!("data: {value}\n\n"))
    }

    /// Sends one event with a piece of text.
    pub fn piece(self, text: &str) -> Self {
        self.event(&chunk(text))
    }

    pub fn wait(mut self, wait: Duration) -> Self {
        self.steps.push(Step::Wait(wait));
        self
    }

    /// Closes the connection before the body is complete.
    pub fn then_cut(mut self) -> Self {
        self.ending = Ending::Cut;
        self
    }
}

/// A piece of a streamed answer.
pub fn chunk(text: &str) -> Value {
    json!({"object": "chat.completion.chunk", "model": "test-model", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]})
}

/// The end of a streamed answer.
pub fn ending(reason: &str) -> Value {
    json!({"object": "chat.completion.chunk", "model": "test-model", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

type Script = dyn Fn(&Recorded, usize) -> Act + Send + Sync;

struct Shared {
    script: Box<Script>,
    /// What `GET …/models` answers.
    models: Mutex<Act>,
    /// Whether raw texts are continued, by the same script.
    raw: AtomicBool,
    requests: Mutex<Vec<Recorded>>,
    chats: AtomicUsize,
    abandoned: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
    stopped: AtomicBool,
}

/// The server; it stops when dropped.
pub struct LoopbackTeacher {
    port: u16,
    shared: Arc<Shared>,
}

impl LoopbackTeacher {
    /// Answers each chat completion with what `script` says; its second argument counts them from 0.
    pub fn start(script: impl Fn(&Recorded, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            models: Mutex::new(models_act(&["test-model"])),
            raw: AtomicBool::new(false),
            requests: Mutex::default(),
            chats: AtomicUsize::new(0),
            abandoned: AtomicUsize::new(0),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let serving = Arc::clone(&serving);
                std::thread::spawn(move || {
                    let _ = serve(&serving, stream);
                });
            }
        });
        LoopbackTeacher { port, shared }
    }

    /// Answers with these acts one after another; the last one is repeated.
    pub fn in_order(acts: Vec<Act>) -> Self {
        LoopbackTeacher::start(move |_, nth| acts[nth.min(acts.len() - 1)].clone())
    }

    /// Answers sensibly: a new question and answer about the words of the prompt, a different one each time.
    pub fn smart() -> Self {
        LoopbackTeacher::smart_with_pause(Duration::ZERO)
    }

    /// As [`LoopbackTeacher::smart`], with a pause before each word after the first.
    pub fn smart_with_pause(pause: Duration) -> Self {
        LoopbackTeacher::start(move |request, nth| {
            let text = question_and_answer(request.last_user_text(), nth);
            Act::pieces(text.split_inclusive(' '), pause)
        })
    }

    /// Replaces what the list of models says.
    pub fn with_models(self, names: &[&str]) -> Self {
        self.with_models_act(models_act(names))
    }

    /// Replaces the whole answer to the list of models.
    pub fn with_models_act(self, act: Act) -> Self {
        *self.shared.models.lock().unwrap() = act;
        self
    }

    /// Continues raw texts, too.
    pub fn with_raw(self) -> Self {
        self.shared.raw.store(true, Ordering::SeqCst);
        self
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// As for the settings, as in `http://127.0.0.1:4711/v1`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Everything that was asked, in the order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The chat completions that were asked for.
    pub fn chats(&self) -> Vec<Recorded> {
        self.requests()
            .into_iter()
            .filter(|request| request.path.contains("/chat/completions"))
            .collect()
    }

    /// How many answers the client did not wait for.
    pub fn abandoned(&self) -> usize {
        self.shared.abandoned.load(Ordering::SeqCst)
    }

    /// The most chat completions that were worked on at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }
}

impl Drop for LoopbackTeacher {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn models_act(names: &[&str]) -> Act {
    let data: Vec<Value> = names
        .iter()
        .map(|name| json!({"id": name, "object": "model", "owned_by": "test"}))
        .collect();
    Act::json(200, &json!({"object": "list", "data": data}))
}

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let Some(mut request) = read_request(&stream)? else {
        return Ok(());
    };
    shared.requests.lock().unwrap().push(request.clone());
    if request
        .path
        .split('?')
        .next()
        .is_some_and(|path| path.ends_with("/models"))
    {
        let act = shared.models.lock().unwrap().clone();
        return play(&act, &stream, None);
    }
    let is_raw = request.path.ends_with("/v1/completions") && shared.raw.load(Ordering::SeqCst);
    if !request.path.contains("/chat/completions") && !is_raw {
        return play(&Act::body(404, "text/plain", "404 page not found"), &stream, None);
    }
    let nth = shared.chats.fetch_add(1, Ordering::SeqCst);
    request.at_once = shared.now.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most.fetch_max(request.at_once, Ordering::SeqCst);
    let place = Place(&shared.now);
    let act = (shared.script)(&request, nth);
    let played = play(&spelled_out(act, &request), &stream, Some(place));
    if played.is_err() {
        shared.abandoned.fetch_add(1, Ordering::SeqCst);
    }
    played
}

/// Turns a completion into bytes, streamed or not as the request asks.
fn spelled_out(mut act: Act, request: &Recorded) -> Act {
    let Some((pieces, pause, reason)) = act.completion.take() else {
        return act;
    };
    let is_raw = request.body["prompt"].is_string();
    let whole = |index: usize, text: &str| match is_raw {
        true => json!({"index": index, "text": text, "finish_reason": reason}),
        false => json!({"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": reason}),
    };
    let text = pieces.concat();
    let usage = json!({
        "prompt_tokens": request.body["messages"].to_string().len() / 4,
        "completion_tokens": text.len().div_ceil(4),
        "total_tokens": (request.body["messages"].to_string().len() + text.len()) / 4
    });
    if !request.wants_stream() {
        let whole = json!({
            "object": "chat.completion", "model": "test-model", "usage": usage,
            "choices": std::iter::once(&text).chain(&act.others).enumerate()
                .map(|(index, text)| whole(index, text)).collect::<Vec<_>>()
        });
        act.headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        return act
            .wait(pause.saturating_mul(u32::try_from(pieces.len()).unwrap_or(1)))
            .send(whole.to_string());
    }
    for (nth, piece) in pieces.iter().enumerate() {
        if nth > 0 && !pause.is_zero() {
            act = act.wait(pause);
        }
        act = match is_raw {
            true => act.event(&json!({"choices": [{"index": 0, "text": piece, "finish_reason": null}]})),
            false => act.piece(piece),
        };
        // The answers of one call come side by side.
        for (index, other) in (1..).zip(&act.others.clone()) {
            let letters: Vec<char> = other.chars().collect();
            let part: String = letters
                .chunks(letters.len().div_ceil(pieces.len()).max(1))
                .nth(nth)
                .unwrap_or_default()
                .iter()
                .collect();
            act = act.event(&json!({"choices": [{"index": index, "delta": {"content": part}, "finish_reason": null}]}));
        }
    }
    for index in 0..=act.others.len() {
        act = act.event(&json!({"object": "chat.completion.chunk", "model": "test-model", "choices": [{"index": index, "delta": {}, "finish_reason": reason}]}));
    }
    if request.body["stream_options"]["include_usage"] == true {
        act = act
            .event(&json!({"object": "chat.completion.chunk", "model": "test-model", "choices": [], "usage": usage}));
    }
    act.send("data: [DONE]\n\n")
}

/// Sends what an act says. An error means that the client went away.
/// A request that is worked on. It ends before the last bytes are sent: whoever reads them may come with the next one at once.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn play(act: &Act, mut stream: &TcpStream, mut place: Option<Place<'_>>) -> std::io::Result<()> {
    let mute = act.ending == Ending::Mute;
    if !mute {
        let mut head = format!(
            "HTTP/1.1 {} Scripted\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n",
            act.status
        );
        for (name, value) in &act.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all((head + "\r\n").as_bytes())?;
    }
    let last = act.steps.iter().rposition(|step| matches!(step, Step::Send(_)));
    for (at, step) in act.steps.iter().enumerate() {
        if Some(at) == last {
            place.take();
        }
        match step {
            Step::Wait(wait) => wait_while_connected(stream, *wait)?,
            Step::Send(bytes) if !bytes.is_empty() && !mute => {
                stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes())?;
                stream.write_all(bytes)?;
                stream.write_all(b"\r\n")?;
            }
            Step::Send(_) => {}
        }
    }
    if act.ending == Ending::Whole {
        stream.write_all(b"0\r\n\r\n")?;
    }
    let _ = stream.shutdown(Shutdown::Both);
    Ok(())
}

fn wait_while_connected(stream: &TcpStream, wait: Duration) -> std::io::Result<()> {
    let end = Instant::now() + wait;
    stream.set_nonblocking(true)?;
    let mut byte = [0];
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        match stream.peek(&mut byte) {
            Ok(0) => return Err(std::io::ErrorKind::ConnectionAborted.into()),
            Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => return Err(error),
            _ => std::thread::sleep(left.min(Duration::from_millis(5))),
        }
    }
    stream.set_nonblocking(false)
}

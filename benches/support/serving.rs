//! A teacher on the loopback address that answers many calls on few connections, at once or after a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// What it says to a call's body, for one choice.
pub type Says = Arc<dyn Fn(&str, usize) -> String + Send + Sync>;

pub struct Serving {
    pub url: String,
    /// Microseconds for which its places were taken, all together. A pause takes a little longer than it is told to.
    pub taken: Arc<AtomicU64>,
    _runtime: Runtime,
}

/// Serves until it is dropped. `places` calls are worked on side by side, each for `latency`.
pub fn serve(latency: Duration, places: usize, says: Says) -> Serving {
    serving(latency, places, says, true)
}

/// As [`serve`], but lists of prompts are refused.
pub fn serve_without_lists(latency: Duration, places: usize, says: Says) -> Serving {
    serving(latency, places, says, false)
}

fn serving(latency: Duration, places: usize, says: Says, takes_lists: bool) -> Serving {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let places = Arc::new(Semaphore::new(places));
    let taken = Arc::new(AtomicU64::new(0));
    let noted = Arc::clone(&taken);
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let work = Work {
                latency,
                places: places.clone(),
                says: says.clone(),
                calls: calls.clone(),
                taken: noted.clone(),
                takes_lists,
            };
            tokio::spawn(connection(stream, work));
        }
    });
    Serving {
        url,
        taken,
        _runtime: runtime,
    }
}

/// What all connections share.
struct Work {
    latency: Duration,
    places: Arc<Semaphore>,
    says: Says,
    calls: Arc<AtomicUsize>,
    taken: Arc<AtomicU64>,
    takes_lists: bool,
}

async fn connection(stream: TcpStream, work: Work) {
    let mut stream = BufReader::new(stream);
    while let Some((path, body)) = request(&mut stream).await {
        let number = work.calls.fetch_add(1, Ordering::Relaxed);
        if !work.latency.is_zero() {
            let Ok(place) = work.places.acquire().await else { return };
            let began = Instant::now();
            tokio::time::sleep(work.latency).await;
            drop(place);
            let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            work.taken.fetch_add(took, Ordering::Relaxed);
        }
        let (status, (kind, answer)) = match work.takes_lists || !body.contains("\"prompt\":[") {
            true => ("200 OK", answer(&path, &body, number, &work.says)),
            false => ("400 Bad Request", ("text/plain", "a prompt is one text".to_owned())),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            answer.len()
        );
        if stream.write_all(format!("{head}{answer}").as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let path = line.split_whitespace().nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((path, String::from_utf8(body).ok()?))
}

fn answer(path: &str, body: &str, number: usize, says: &Says) -> (&'static str, String) {
    if path.ends_with("/models") {
        return (
            "application/json",
            json!({"object": "list", "data": [{"id": "test-model"}]}).to_string(),
        );
    }
    let asked: Value = serde_json::from_str(body).unwrap_or_default();
    let prompts = asked["prompt"].as_array().map_or(1, Vec::len);
    let wanted = usize::try_from(asked["n"].as_u64().unwrap_or(1)).unwrap_or(1) * prompts;
    let usage = json!({"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150});
    let text = |index: usize| match asked["prompt"].get(index * prompts / wanted.max(1)) {
        Some(Value::String(prompt)) => says(prompt, number + index),
        _ => says(body, number + index),
    };
    let is_chat = path.ends_with("/chat/completions");
    if asked["stream"] == true {
        let event = |index: usize| {
            let choice = match is_chat {
                true => json!({"index": index, "delta": {"content": text(index)}, "finish_reason": "stop"}),
                false => json!({"index": index, "text": text(index), "finish_reason": "stop"}),
            };
            format!("data: {}\n\n", json!({"model": "test-model", "choices": [choice]}))
        };
        let events: String = (0..wanted).map(event).collect();
        let usage = json!({"model": "test-model", "choices": [], "usage": usage});
        return (
            "text/event-stream",
            format!("{events}data: {usage}\n\ndata: [DONE]\n\n"),
        );
    }
    let choice = |index: usize| match is_chat {
        true => {
            json!({"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": text(index)}})
        }
        false => json!({"index": index, "finish_reason": "stop", "text": text(index), "logprobs": null}),
    };
    let choices: Vec<Value> = (0..wanted).map(choice).collect();
    let answer = json!({"id": format!("c{number}"), "object": "chat.completion", "created": 1, "model": "test-model", "choices": choices, "usage": usage});
    ("application/json", answer.to_string())
}

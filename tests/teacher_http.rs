//! The HTTP teacher against a server that does everything wrong that servers do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "teacher_http/faults.rs"]
mod faults;
#[path = "teacher_http/lists.rs"]
mod lists;
#[path = "teacher_http/measured.rs"]
mod measured;
#[path = "teacher_http/several.rs"]
mod several;
#[path = "support/teacher.rs"]
mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use seedbed::samples::{Message, Role};
use seedbed::teacher::discovery::{Place, find_within};
use seedbed::teacher::{
    Address, ChatRequest, Finish, HttpOptions, HttpTeacher, Key, KeySource, Limits, Prompt, Reply, Retries, Sampling,
    Secret, Teacher, TeacherError, TeacherSettings, Told, Usage, build, check,
};
use serde_json::{Map, json};
use support::{Act, LoopbackTeacher, ending};
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-do-not-show-this";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn options(url: &str) -> HttpOptions {
    HttpOptions {
        name: "test".into(),
        address: Address::parse(url).unwrap(),
        model: "test-model".into(),
        key: Key::new(
            "test",
            KeySource::Variable {
                name: "TEST_KEY".into(),
                value: Secret::new(KEY),
            },
        ),
        slots: Some(4),
        sampling: Sampling::default(),
        extra: Map::new(),
        limits: Limits {
            idle: ms(1000),
            whole: ms(10_000),
            after_finish: ms(150),
            bytes: 8 << 20,
            ..Limits::default()
        },
        retries: Retries {
            tries: 3,
            connect_tries: 2,
            busy_tries: 3,
            first_wait: ms(5),
            busy_wait: ms(5),
            longest_wait: ms(20),
            longest_asked: ms(1500),
        },
    }
}

fn teacher(server: &LoopbackTeacher) -> HttpTeacher {
    HttpTeacher::new(options(&server.url())).unwrap()
}

fn question() -> ChatRequest {
    ChatRequest::new(
        Prompt::Chat(vec![Message::new(Role::User, "How are you?")]),
        Sampling {
            temperature: Some(0.5),
            max_tokens: Some(50),
            ..Sampling::default()
        },
    )
}

/// Asks, and returns the answer with the text that was shown. Whatever goes wrong, the key is not in it.
async fn ask(teacher: &HttpTeacher) -> (Result<Reply, TeacherError>, String) {
    let shown = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&shown);
    let on_text = Box::new(move |told: Told<'_>| match told {
        Told::More(text) => seen.lock().unwrap().push_str(text),
        Told::Anew => seen.lock().unwrap().clear(),
    });
    let answer = teacher.chat(question(), on_text, CancellationToken::new()).await;
    if let Err(error) = &answer {
        assert!(!format!("{error} {error:?} {teacher:?}").contains(KEY), "{error:?}");
    }
    let shown = shown.lock().unwrap().clone();
    (answer, shown)
}

async fn ask_once(act: Act) -> (Result<Reply, TeacherError>, String) {
    ask(&teacher(&LoopbackTeacher::in_order(vec![act]))).await
}

async fn error_of(act: Act) -> TeacherError {
    ask_once(act).await.0.unwrap_err()
}

#[tokio::test]
async fn a_streamed_answer() {
    let server = LoopbackTeacher::in_order(vec![Act::text("Fine, thank you – 谢谢 \u{1b}[31m!").finish("length")]);
    let (reply, shown) = ask(&teacher(&server)).await;
    let reply = reply.unwrap();
    assert_eq!(reply.text, "Fine, thank you – 谢谢 \u{1b}[31m!");
    assert_eq!(
        (shown, reply.finish, reply.model.as_str()),
        (reply.text.clone(), Finish::Length, "test-model")
    );
    assert!(reply.usage.completion_tokens > 0);
    let sent = &server.chats()[0];
    assert_eq!(sent.path, "/v1/chat/completions");
    assert_eq!(sent.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(
        sent.header("user-agent"),
        Some(concat!("seedbed/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(sent.body["stream_options"], json!({"include_usage": true}));
    assert_eq!(sent.body["max_tokens"], 50);
}

#[tokio::test]
async fn reasoning_usage_and_emptiness() {
    let act = Act::events()
        .event(&json!({"choices": [{"delta": {"role": "assistant", "reasoning_content": "Let me think."}}]}))
        .piece("Yes.")
        .event(&ending("stop"))
        .event(&json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 9}}));
    let reply = ask_once(act).await.0.unwrap();
    assert_eq!(
        (reply.text.as_str(), reply.reasoning.as_str()),
        ("Yes.", "Let me think.")
    );
    assert_eq!(
        reply.usage,
        Usage {
            prompt_tokens: 7,
            completion_tokens: 9
        }
    );

    let (reply, shown) = ask_once(Act::text("<think>hm hm</think> Yes.")).await;
    let reply = reply.unwrap();
    assert_eq!(
        (reply.text.as_str(), reply.reasoning.as_str(), shown.as_str()),
        ("Yes.", "hm hm", "Yes.")
    );

    let reply = ask_once(Act::text("")).await.0.unwrap();
    assert_eq!((reply.text.as_str(), reply.finish), ("", Finish::Stop));

    let long = "0123456789".repeat(20_000);
    let pieces = (0..200).map(|nth| &long[nth * 1000..(nth + 1) * 1000]);
    assert_eq!(
        ask_once(Act::pieces(pieces, Duration::ZERO)).await.0.unwrap().text,
        long
    );
}

#[tokio::test]
async fn busy_servers_are_asked_again() {
    for status in [408, 409, 429, 500, 502, 503, 504, 529] {
        let server = LoopbackTeacher::in_order(vec![
            Act::html(status, "busy"),
            Act::error(status, "busy"),
            Act::text("Done"),
        ]);
        assert_eq!(ask(&teacher(&server)).await.0.unwrap().text, "Done", "{status}");
        assert_eq!(server.chats().len(), 3);
    }
    let server = LoopbackTeacher::in_order(vec![Act::error(429, "slow down")]);
    let error = ask(&teacher(&server)).await.0.unwrap_err();
    assert!(
        matches!(
            error,
            TeacherError::Busy {
                status: 429,
                tries: 3,
                ..
            }
        ),
        "{error:?}"
    );
    let error = error_of(Act::error(500, &format!("CUDA error near {KEY}"))).await;
    assert!(
        matches!(&error, TeacherError::Failed { tries: 3, .. }) && error.to_string().contains("CUDA"),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn retry_after_is_obeyed_by_everyone() {
    let date = ("Date", "Wed, 21 Oct 2015 07:28:00 GMT");
    for (name, value, least) in [
        ("Retry-After", "0.2", 200),
        ("retry-after-ms", "150", 150),
        ("Retry-After", "Wed, 21 Oct 2015 07:28:01 GMT", 1000),
    ] {
        let busy = Act::error(429, "slow").header(name, value).header(date.0, date.1);
        let server = LoopbackTeacher::in_order(vec![busy, Act::text("Done")]);
        let start = Instant::now();
        ask(&teacher(&server)).await.0.unwrap();
        assert!(start.elapsed() >= ms(least), "{name}: {value}");
    }
    // Another request of the same teacher waits as well.
    let server = LoopbackTeacher::in_order(vec![
        Act::error(429, "slow").header("Retry-After", "0.4"),
        Act::text("Done"),
    ]);
    let teacher_of_both = teacher(&server);
    let first = tokio::spawn({
        let teacher = teacher_of_both.clone();
        async move { ask(&teacher).await.0.unwrap() }
    });
    while server.chats().is_empty() {
        tokio::time::sleep(ms(2)).await;
    }
    tokio::time::sleep(ms(60)).await;
    ask(&teacher_of_both).await.0.unwrap();
    first.await.unwrap();
    let chats = server.chats();
    assert!(chats[1].at - chats[0].at >= ms(380) && chats[2].at - chats[0].at >= ms(380));
    // Too long a wait is told at once.
    let start = Instant::now();
    let error = error_of(Act::error(429, "slow").header("Retry-After", "3600")).await;
    assert!(
        error.to_string().contains("3600 seconds") && start.elapsed() < ms(60_000),
        "{error}"
    );
}

#[tokio::test]
async fn servers_that_reject_optional_parts() {
    let server = LoopbackTeacher::start(|request, _| {
        if request.body.get("stream_options").is_some() {
            Act::error(400, "Unknown field: stream_options")
        } else if request.body.get("max_tokens").is_some() {
            Act::error(
                400,
                "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            )
        } else {
            Act::text("Done")
        }
    });
    let teacher = teacher(&server);
    assert_eq!(ask(&teacher).await.0.unwrap().text, "Done");
    assert_eq!(server.chats().len(), 3);
    assert_eq!(server.chats()[2].body["max_completion_tokens"], 50);
    ask(&teacher).await.0.unwrap();
    assert_eq!(server.chats().len(), 4, "what was learnt is kept");
    // Requests side by side each find out.
    let fussy = LoopbackTeacher::start(|request, _| match request.body.get("stream_options") {
        Some(_) => Act::error(400, "Unknown field: stream_options"),
        None => Act::text("Done"),
    });
    let both = self::teacher(&fussy);
    let (one, two) = tokio::join!(ask(&both), ask(&both));
    assert_eq!((one.1.as_str(), two.1.as_str()), ("Done", "Done"));
    let error = error_of(Act::error(400, "stream_options is bad, whatever you do")).await;
    assert!(matches!(error, TeacherError::Refused { status: 400, .. }), "{error:?}");
}

#[tokio::test]
async fn keys_models_addresses_and_contexts() {
    let server = LoopbackTeacher::in_order(vec![Act::error(401, &format!("Incorrect key {KEY}"))]);
    let error = ask(&teacher(&server)).await.0.unwrap_err();
    assert!(error.to_string().contains("TEST_KEY") && error.is_hopeless(), "{error}");
    assert_eq!(server.chats().len(), 1);

    let server = LoopbackTeacher::in_order(vec![Act::error(404, "model 'test-model' not found")]);
    let server = server.with_models(&["granite", "test-model-2"]);
    let error = ask(&teacher(&server)).await.0.unwrap_err();
    assert!(
        error.to_string().ends_with("it offers test-model-2, granite"),
        "{error}"
    );

    let server = LoopbackTeacher::in_order(vec![Act::body(404, "text/plain", "404 page not found")]);
    let server = server.with_models_act(Act::html(404, "Not Found"));
    let error = ask(&teacher(&server)).await.0.unwrap_err();
    assert!(
        matches!(error, TeacherError::WrongAddress { .. }) && error.to_string().contains("/v1"),
        "{error}"
    );

    let error = error_of(Act::error(400, "This model's maximum context length is 4096 tokens.")).await;
    assert!(matches!(error, TeacherError::ContextTooLong { .. }), "{error:?}");

    let error = error_of(Act::html(200, "Welcome to nginx")).await;
    assert!(
        matches!(error, TeacherError::WrongAddress { .. }) && error.to_string().contains("nginx"),
        "{error}"
    );

    let error = error_of(Act::body(307, "text/plain", "").header("Location", "https://other.example/v1?key=1")).await;
    assert!(
        error.to_string().contains("https://other.example/v1 instead"),
        "{error}"
    );

    let none = HttpOptions {
        key: Key::new(
            "test",
            KeySource::Variable {
                name: "K".into(),
                value: None,
            },
        ),
        ..options(&server.url())
    };
    let error = ask(&HttpTeacher::new(none).unwrap()).await.0.unwrap_err();
    assert!(matches!(error, TeacherError::NoKey { .. }), "{error:?}");
    let broken = KeySource::Variable {
        name: "K".into(),
        value: Secret::new("sk-\nx"),
    };
    let broken = HttpOptions {
        key: Key::new("test", broken),
        ..options(&server.url())
    };
    assert!(matches!(
        ask(&HttpTeacher::new(broken).unwrap()).await.0,
        Err(TeacherError::NoKey { .. })
    ));
}

#[tokio::test]
async fn an_expired_key_is_fetched_anew_once() {
    let counter = std::env::temp_dir().join(format!("seedbed-http-key-{}", std::process::id()));
    let server = LoopbackTeacher::start(|request, _| match request.header("authorization") {
        Some("Bearer key-2") => Act::text("Done"),
        _ => Act::error(401, "expired"),
    });
    let script = format!(
        "echo x >> '{0}'; echo key-$(wc -l < '{0}' | tr -d ' ')",
        counter.display()
    );
    let settings = TeacherSettings {
        url: server.url(),
        model: "test-model".into(),
        key_command: Some(format!("sh -c {}", shlex_quote(&script))),
        ..TeacherSettings::default()
    };
    let teacher = build("test", &settings, &|_| None).unwrap();
    assert_eq!(ask(&teacher).await.0.unwrap().text, "Done");
    assert_eq!(server.chats().len(), 2);
    std::fs::remove_file(counter).unwrap();
}

fn shlex_quote(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$")
    )
}

#[tokio::test]
async fn no_more_requests_than_slots() {
    let server = LoopbackTeacher::smart_with_pause(ms(2));
    let teacher = HttpTeacher::new(HttpOptions {
        slots: Some(3),
        ..options(&server.url())
    })
    .unwrap();
    let asking: Vec<_> = (0..12)
        .map(|_| {
            let teacher = teacher.clone();
            tokio::spawn(async move { ask(&teacher).await.0.unwrap().text })
        })
        .collect();
    let mut texts = Vec::new();
    for asked in asking {
        texts.push(asked.await.unwrap());
    }
    assert!(server.most_at_once() <= 3);
    assert!(
        texts
            .iter()
            .all(|text| text.starts_with("[Question]\n") && text.contains("?\n[Answer]\n"))
    );
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 12);
}

#[tokio::test]
async fn servers_on_this_machine_are_found() {
    let a = LoopbackTeacher::smart().with_models(&["one", "two"]);
    let ollama = json!({"object": "list", "data": [{"id": "llama3.2:1b", "owned_by": "library"}]});
    let b = LoopbackTeacher::smart().with_models_act(Act::json(200, &ollama));
    let web = LoopbackTeacher::smart().with_models_act(Act::html(200, "A web page"));
    let silent = LoopbackTeacher::smart().with_models_act(Act::mute(ms(60_000)));
    let place = |server: &LoopbackTeacher| Place {
        port: server.port(),
        program: "vLLM",
    };
    let start = Instant::now();
    let found = find_within(
        &[
            place(&silent),
            place(&a),
            place(&web),
            place(&b),
            Place {
                port: 1,
                program: "vLLM",
            },
        ],
        ms(1000),
    )
    .await;
    assert!(start.elapsed() < ms(30_000), "the silent one was waited for");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(
        (found[0].program, found[0].models.clone()),
        ("vLLM", vec!["one".to_owned(), "two".to_owned()])
    );
    assert_eq!(
        (found[1].program, found[1].suggested_name()),
        ("Ollama", "ollama".to_owned())
    );
    let teacher = build("found", &found[0].settings("one"), &|_| None).unwrap();
    let health = check::health(&teacher, CancellationToken::new()).await;
    assert!(
        health.is_well() && !health.remote && health.notes.is_empty(),
        "{health:?}"
    );
    assert!(health.trial.unwrap().first_text.is_some());
    assert!(a.chats()[0].header("authorization").is_none());
}

#[tokio::test]
async fn a_check_says_what_is_wrong() {
    let server = LoopbackTeacher::in_order(vec![Act::text("")]).with_models(&["other"]);
    let health = check::health(&teacher(&server), CancellationToken::new()).await;
    assert!(health.is_well());
    assert_eq!(health.notes.len(), 3, "{:?}", health.notes);
    let server = LoopbackTeacher::smart().with_models_act(Act::error(401, "who are you"));
    let health = check::health(&teacher(&server), CancellationToken::new()).await;
    assert!(matches!(health.trial, Err(TeacherError::WrongKey { .. })));
    assert!(server.chats().is_empty());
}

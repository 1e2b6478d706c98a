//! Raw texts of several rows in one request, with servers that take such lists and servers that do not.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures_util::future::join_all;
use seedbed::teacher::{ChatRequest, HttpOptions, HttpTeacher, Reply, Teacher, TeacherError, Told};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::support::{Act, LoopbackTeacher, Recorded};
use super::{ms, options, question};

fn with_slots(server: &LoopbackTeacher, slots: usize) -> HttpTeacher {
    HttpTeacher::new(HttpOptions {
        slots: Some(slots),
        ..options(&server.url())
    })
    .unwrap()
}

fn teacher(server: &LoopbackTeacher) -> HttpTeacher {
    with_slots(server, 32)
}

fn framed(text: &str) -> ChatRequest {
    let mut request = question();
    request.framed = Some(format!("[INST] {text} [/INST]"));
    request
}

/// Asks all of them at once; each answer with what was shown of it.
async fn ask_all(
    teacher: &HttpTeacher,
    requests: Vec<ChatRequest>,
    choices: usize,
) -> Vec<(Vec<Result<Reply, TeacherError>>, String)> {
    join_all(requests.into_iter().map(|request| async {
        let shown = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&shown);
        let on_text = Box::new(move |told: Told<'_>| match told {
            Told::More(text) => seen.lock().unwrap().push_str(text),
            Told::Anew => seen.lock().unwrap().clear(),
        });
        let replies = teacher
            .chat_several(request, choices, on_text, CancellationToken::new())
            .await;
        let shown = shown.lock().unwrap().clone();
        (replies, shown)
    }))
    .await
}

/// As the texts of the answers, those of one request joined.
fn texts(answers: &[(Vec<Result<Reply, TeacherError>>, String)]) -> Vec<String> {
    answers
        .iter()
        .map(|(replies, _)| {
            let text = |reply: &Result<Reply, TeacherError>| reply.as_ref().unwrap().text.clone();
            replies.iter().map(text).collect::<Vec<_>>().join("|")
        })
        .collect()
}

fn prompts(request: &Recorded) -> Vec<String> {
    match &request.body["prompt"] {
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn choice(index: usize, text: &str, reason: Option<&str>) -> Value {
    json!({"choices": [{"index": index, "text": text, "finish_reason": reason}]})
}

/// Answers each text of a list by its own words, the last one first.
fn takes_lists(request: &Recorded) -> Act {
    let wanted = usize::try_from(request.body["n"].as_u64().unwrap_or(1)).unwrap();
    let mut act = Act::events();
    for (at, prompt) in prompts(request).iter().enumerate().rev() {
        for number in 0..wanted {
            let index = at * wanted + number;
            act = act.event(&choice(index, &format!("{prompt} "), None)).event(&choice(
                index,
                &number.to_string(),
                Some("stop"),
            ));
        }
    }
    act.event(&json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 61}}))
        .send("data: [DONE]\n\n")
}

fn numbered(count: usize) -> Vec<ChatRequest> {
    (0..count).map(|number| framed(&number.to_string())).collect()
}

fn answered(count: usize, end: &str) -> Vec<String> {
    let one = |number: usize| {
        end.chars()
            .map(|end| format!("[INST] {number} [/INST] {end}"))
            .collect::<Vec<_>>()
            .join("|")
    };
    (0..count).map(one).collect()
}

#[tokio::test]
async fn texts_that_are_there_at_once_are_one_request() {
    let server = LoopbackTeacher::start(|request, _| takes_lists(request)).with_raw();
    let teacher = teacher(&server);
    for (round, end) in [(1, "0"), (2, "012"), (3, "0")] {
        let answers = ask_all(&teacher, numbered(5), end.len()).await;
        assert_eq!(texts(&answers), answered(5, end), "{round}");
        for (replies, shown) in &answers {
            assert_eq!(shown, &replies[0].as_ref().unwrap().text);
        }
        let used = |of: fn(&Reply) -> u64| -> u64 {
            answers
                .iter()
                .flat_map(|(replies, _)| replies)
                .map(|reply| of(reply.as_ref().unwrap()))
                .sum()
        };
        // Each has its share, and together they are what the server counted.
        assert_eq!(
            (
                used(|reply| reply.usage.prompt_tokens),
                used(|reply| reply.usage.completion_tokens)
            ),
            (100, 61)
        );
        assert!(
            answers
                .iter()
                .all(|(replies, _)| replies[0].as_ref().unwrap().usage.prompt_tokens > 0)
        );
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[0].path, "/v1/completions");
    assert_eq!(prompts(&requests[1]).len(), 5);
    assert_eq!(
        (requests[1].body.get("n"), requests[0].body.get("n")),
        (Some(&json!(3)), None)
    );
    assert_eq!(requests[1].body["temperature"], 0.5);
    assert_eq!(teacher.takes_lists(), Some(true));
}

#[tokio::test]
async fn only_what_is_alike_goes_together() {
    let server = LoopbackTeacher::start(|request, _| takes_lists(request)).with_raw();
    let mut requests = numbered(20);
    for (number, request) in requests.iter_mut().enumerate() {
        request.sampling.seed = Some(if number < 16 { number as u64 } else { 7 });
        if number >= 16 {
            request.sampling.temperature = Some(1.0);
        }
    }
    let answers = ask_all(&teacher(&server), requests, 1).await;
    assert_eq!(texts(&answers), answered(20, "0"));
    let mut sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| (prompts(request).len(), request.body.get("seed").cloned()))
        .collect();
    sent.sort_by_key(|(length, _)| *length);
    // Seeds that differ cannot be sent in one call.
    assert_eq!(sent, [(4, Some(json!(7))), (8, None), (8, None)]);
}

#[tokio::test]
async fn servers_that_know_no_lists_are_asked_text_by_text() {
    let first_only = |request: &Recorded| {
        takes_lists(&Recorded {
            body: json!({"prompt": prompts(request)[0]}),
            ..request.clone()
        })
    };
    for sort in 0..5 {
        let server = LoopbackTeacher::start(move |request, _| {
            let several = request.body["prompt"].is_array();
            match sort {
                0 if several => Act::error(400, "prompt must be a string"),
                1 if several => Act::error(500, "internal error"),
                2 if several => Act::json(200, &json!([{"content": "a"}, {"content": "b"}])),
                3 if several => Act::html(200, "Welcome"),
                _ => first_only(request),
            }
        })
        .with_raw();
        let teacher = teacher(&server);
        for _ in 0..2 {
            assert_eq!(
                texts(&ask_all(&teacher, numbered(4), 1).await),
                answered(4, "0"),
                "{sort}"
            );
        }
        // One list, and each text twice.
        assert_eq!(
            (server.requests().len(), teacher.takes_lists()),
            (9, Some(false)),
            "{sort}"
        );
    }
}

#[tokio::test]
async fn without_raw_completions_the_conversation_is_asked() {
    for refusal in [
        None,
        Some(Act::error(400, "use the chat endpoint")),
        Some(Act::html(200, "Welcome")),
    ] {
        let refuses = refusal.clone();
        let server = LoopbackTeacher::start(move |request, _| match (&refuses, request.body.get("messages")) {
            (Some(act), None) => act.clone(),
            _ => Act::text("Well."),
        });
        let server = match refusal {
            Some(_) => server.with_raw(),
            None => server,
        };
        let teacher = teacher(&server);
        for _ in 0..2 {
            assert_eq!(texts(&ask_all(&teacher, numbered(3), 1).await), ["Well."; 3]);
        }
        assert_eq!(teacher.has_raw(), Some(false));
        let last = server.requests();
        assert!(
            last[last.len() - 3..]
                .iter()
                .all(|request| request.path.ends_with("/chat/completions"))
        );
        assert_eq!(server.chats().len(), 6);
    }
}

/// Waits for this list in the middle of an answer, once the server is known to take lists.
fn slow_last(request: &Recorded, rest: impl FnOnce(Act) -> Act) -> Act {
    let prompts = prompts(request);
    let mut act = Act::events();
    for (index, prompt) in prompts.iter().enumerate().take(prompts.len() - 1) {
        act = act.event(&choice(index, prompt, Some("stop")));
    }
    rest(act.event(&choice(prompts.len() - 1, "half", None)))
}

#[tokio::test]
async fn a_long_answer_holds_nobody_up() {
    let server = LoopbackTeacher::start(|request, nth| match nth {
        0 => takes_lists(request),
        _ => slow_last(request, |act| {
            act.wait(ms(400))
                .event(&choice(3, " and half", Some("stop")))
                .send("data: [DONE]\n\n")
        }),
    })
    .with_raw();
    let teacher = teacher(&server);
    ask_all(&teacher, numbered(4), 1).await;
    let began = Instant::now();
    let took = join_all(numbered(4).into_iter().map(|request| async {
        let reply = teacher.chat(request, Box::new(|_| ()), CancellationToken::new()).await;
        (reply.unwrap().text, began.elapsed())
    }))
    .await;
    assert_eq!(took[3].0, "half and half");
    assert!(
        took[3].1 >= ms(400) && took[..3].iter().all(|(_, took)| *took < ms(300)),
        "{took:?}"
    );
}

#[tokio::test]
async fn what_breaks_off_is_asked_again_and_nothing_else() {
    for trouble in 0..3 {
        let server = LoopbackTeacher::start(move |request, nth| match nth {
            1 if trouble == 0 => slow_last(request, Act::then_cut),
            1 if trouble == 1 => slow_last(request, |act| {
                act.event(&json!({"error": {"message": "out of memory", "code": 500}}))
            }),
            1 => Act::error(429, "too many").header("Retry-After", "0.02"),
            _ => takes_lists(request),
        })
        .with_raw();
        let teacher = teacher(&server);
        ask_all(&teacher, numbered(4), 1).await;
        let answers = ask_all(&teacher, numbered(4), 1).await;
        let asked: Vec<usize> = server.requests().iter().map(|request| prompts(request).len()).collect();
        match trouble {
            2 => {
                assert_eq!(texts(&answers), answered(4, "0"));
                assert_eq!(asked, [4, 4, 1, 1, 1, 1]);
            }
            _ => {
                let begun = [
                    "[INST] 0 [/INST]",
                    "[INST] 1 [/INST]",
                    "[INST] 2 [/INST]",
                    "[INST] 3 [/INST] 0",
                ];
                assert_eq!(texts(&answers), begun);
                assert_eq!(asked, [4, 4, 1], "{trouble}");
                assert_eq!(answers[3].1, "[INST] 3 [/INST] 0", "what was heard of the half is void");
            }
        }
        assert_eq!(teacher.takes_lists(), Some(true), "it took one before");
    }
}

#[tokio::test]
async fn nobody_waits_as_long_as_no_request_would() {
    let server = LoopbackTeacher::start(|request, _| match prompts(request).len() {
        1 => takes_lists(request),
        _ => Act::error(429, "come back later").header("Retry-After", "7200"),
    })
    .with_raw();
    let teacher = teacher(&server);
    let asking = ask_all(&teacher, numbered(8), 1);
    let answers = tokio::time::timeout(std::time::Duration::from_secs(60), asking)
        .await
        .unwrap();
    assert_eq!(texts(&answers), answered(8, "0"));
}

#[tokio::test]
async fn who_is_gone_holds_nobody_up() {
    let server = LoopbackTeacher::start(|request, _| match prompts(request).len() {
        3 => takes_lists(request),
        _ => Act::mute(ms(3000)),
    })
    .with_raw();
    let teacher = teacher(&server);
    let gone = CancellationToken::new();
    gone.cancel();
    let ask =
        |number: usize, cancel: CancellationToken| teacher.chat(framed(&number.to_string()), Box::new(|_| ()), cancel);
    let stay = CancellationToken::new();
    let answers = join_all([
        ask(0, stay.clone()),
        ask(1, gone.clone()),
        ask(2, stay.clone()),
        ask(3, stay),
    ])
    .await;
    assert_eq!(answers[1], Err(TeacherError::Cancelled));
    assert_eq!(answers[3].as_ref().unwrap().text, "[INST] 3 [/INST] 0");
    // When all are gone, so is the request.
    let began = Instant::now();
    let cancel = CancellationToken::new();
    let stop = async {
        tokio::time::sleep(ms(100)).await;
        cancel.cancel();
    };
    let (answers, ()) = tokio::join!(join_all((0..2).map(|number| ask(number, cancel.clone()))), stop);
    assert!(answers.iter().all(|answer| *answer == Err(TeacherError::Cancelled)));
    while server.abandoned() == 0 {
        assert!(began.elapsed() < ms(2500), "the server still answers");
        tokio::time::sleep(ms(10)).await;
    }
}

#[tokio::test]
async fn a_list_keeps_to_the_places() {
    let server = LoopbackTeacher::start(|request, _| takes_lists(request)).with_raw();
    let answers = ask_all(&with_slots(&server, 3), numbered(10), 1).await;
    assert_eq!(texts(&answers), answered(10, "0"));
    assert!(server.requests().iter().all(|request| prompts(request).len() <= 3));
}

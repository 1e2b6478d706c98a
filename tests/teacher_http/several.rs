//! Several answers in one call, raw texts, and answers held to a form, with servers that have them and servers that do not.

use std::sync::{Arc, Mutex};

use seedbed::teacher::{ChatRequest, HttpTeacher, Prompt, Reply, Sampling, Teacher, TeacherError, Told};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::support::{Act, LoopbackTeacher, Recorded};
use super::{question, teacher};

fn seeded() -> ChatRequest {
    let mut request = question();
    request.sampling.seed = Some(40);
    request
}

async fn ask_several(teacher: &HttpTeacher, choices: usize) -> (Vec<Result<Reply, TeacherError>>, String) {
    let shown = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&shown);
    let on_text = Box::new(move |told: Told<'_>| match told {
        Told::More(text) => seen.lock().unwrap().push_str(text),
        Told::Anew => seen.lock().unwrap().clear(),
    });
    let replies = teacher
        .chat_several(seeded(), choices, on_text, CancellationToken::new())
        .await;
    let shown = shown.lock().unwrap().clone();
    (replies, shown)
}

fn texts(replies: &[Result<Reply, TeacherError>]) -> Vec<&str> {
    replies
        .iter()
        .map(|reply| reply.as_ref().unwrap().text.as_str())
        .collect()
}

/// One answer that names its seed, however many are asked for.
fn by_seed(request: &Recorded) -> Act {
    Act::text(&format!("seed {}", request.body["seed"]))
}

#[tokio::test]
async fn several_answers_are_one_request() {
    for stream in [true, false] {
        let server = LoopbackTeacher::start(move |request, _| {
            assert_eq!(request.body["n"], 3);
            if stream {
                return Act::texts(&["One two", "Eins zwei", "Un deux"]);
            }
            let choice = |index: usize, text: &str| json!({"index": index, "message": {"content": text}, "finish_reason": "stop"});
            let choices = [choice(2, "Un deux"), choice(0, "One two"), choice(1, "Eins zwei")];
            Act::json(
                200,
                &json!({"choices": choices, "usage": {"prompt_tokens": 5, "completion_tokens": 6}}),
            )
        });
        let (replies, shown) = ask_several(&teacher(&server), 3).await;
        assert_eq!(texts(&replies), ["One two", "Eins zwei", "Un deux"]);
        assert_eq!((shown.as_str(), server.chats().len()), ("One two", 1));
        let written = |reply: &Result<Reply, TeacherError>| reply.as_ref().unwrap().usage.completion_tokens;
        assert!(
            written(&replies[0]) > 0 && written(&replies[1]) == 0,
            "the call's cost counts once"
        );
    }
    let server = LoopbackTeacher::in_order(vec![Act::text("One")]);
    let (replies, _) = ask_several(&teacher(&server), 1).await;
    assert_eq!(texts(&replies), ["One"]);
    assert!(
        server.chats()[0].body.get("n").is_none(),
        "one answer is asked for as ever"
    );
    assert!(ask_several(&teacher(&server), 0).await.0.is_empty());
}

#[tokio::test]
async fn servers_that_give_fewer_answers_are_asked_for_the_rest() {
    // Two of four, then each by itself with a seed of its own.
    let server = LoopbackTeacher::start(|request, _| match request.body.get("n") {
        Some(_) => Act::texts(&["a", "b"]),
        None => by_seed(request),
    });
    let talker = teacher(&server);
    assert_eq!(
        texts(&ask_several(&talker, 4).await.0),
        ["a", "b", "seed 42", "seed 43"]
    );
    ask_several(&talker, 4).await;
    assert_eq!(server.chats().len(), 6, "it does give several");

    // One that overlooks `n` is not asked that way again.
    let server = LoopbackTeacher::start(|request, _| by_seed(request));
    let talker = teacher(&server);
    assert_eq!(
        texts(&ask_several(&talker, 3).await.0),
        ["seed 40", "seed 41", "seed 42"]
    );
    assert!(talker.notes()[0].contains("one answer a call"));
    let (replies, shown) = ask_several(&talker, 2).await;
    assert_eq!(
        (texts(&replies), shown.as_str()),
        (vec!["seed 40", "seed 41"], "seed 40")
    );
    assert_eq!(server.chats().len(), 5);
}

#[tokio::test]
async fn servers_that_refuse_several_answers_are_asked_one_by_one() {
    let server = LoopbackTeacher::start(|request, _| match request.body.get("n") {
        Some(_) => Act::error(400, "'n' : number must be at most 1"),
        None => by_seed(request),
    });
    let talker = teacher(&server);
    let (replies, shown) = ask_several(&talker, 2).await;
    assert_eq!(
        (texts(&replies), shown.as_str()),
        (vec!["seed 40", "seed 41"], "seed 40")
    );
    ask_several(&talker, 2).await;
    assert_eq!(server.chats().len(), 5, "the refusal is remembered");

    // A failure of the one call is the failure of each answer; one of many single calls fails alone.
    let server = LoopbackTeacher::in_order(vec![Act::error(400, "no")]);
    let (replies, _) = ask_several(&teacher(&server), 2).await;
    assert!(replies.iter().all(Result::is_err) && replies.len() == 2);
    let server = LoopbackTeacher::start(|request, _| match (request.body.get("n"), &request.body["seed"]) {
        (Some(_), _) => Act::error(422, "n: extra inputs are not permitted"),
        (None, seed) if *seed == 41 => Act::error(400, "no"),
        _ => by_seed(request),
    });
    let (replies, _) = ask_several(&teacher(&server), 3).await;
    assert_eq!(
        replies.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
}

#[tokio::test]
async fn a_call_for_several_that_breaks_off_is_asked_again_as_a_whole() {
    let half = Act::events()
        .event(&json!({"choices": [{"index": 0, "delta": {"content": "Half"}, "finish_reason": "stop"}]}))
        .event(&json!({"choices": [{"index": 1, "delta": {"content": "Ha"}}]}));
    for act in [half.clone().then_cut(), half] {
        let server = LoopbackTeacher::in_order(vec![act, Act::texts(&["a", "b"])]);
        let (replies, shown) = ask_several(&teacher(&server), 2).await;
        assert_eq!((texts(&replies), shown.as_str()), (vec!["a", "b"], "a"));
    }
}

fn raw() -> ChatRequest {
    ChatRequest {
        prompt: Prompt::Raw("<|im_start|>user\n".to_owned()),
        sampling: Sampling {
            max_tokens: Some(50),
            stop: vec!["<|im_end|>".to_owned()],
            ..Sampling::default()
        },
        ..question()
    }
}

async fn ask_raw(teacher: &HttpTeacher) -> Result<Reply, TeacherError> {
    teacher.chat(raw(), Box::new(|_| ()), CancellationToken::new()).await
}

#[tokio::test]
async fn raw_texts_are_continued_where_the_server_can() {
    let server = LoopbackTeacher::in_order(vec![Act::text("<think> is a tag. How do I grow peas?")]).with_raw();
    let talker = teacher(&server);
    assert_eq!(talker.has_raw(), None);
    let reply = ask_raw(&talker).await.unwrap();
    assert_eq!(
        reply.text, "<think> is a tag. How do I grow peas?",
        "a raw text is not searched for thoughts"
    );
    assert_eq!(talker.has_raw(), Some(true));
    let sent = &server.requests()[0];
    assert_eq!(sent.path, "/v1/completions");
    assert_eq!(
        (&sent.body["prompt"], &sent.body["stop"], sent.body.get("messages")),
        (&json!("<|im_start|>user\n"), &json!(["<|im_end|>"]), None)
    );

    let server = LoopbackTeacher::in_order(vec![Act::text("never")]);
    let talker = teacher(&server);
    let error = ask_raw(&talker).await.unwrap_err();
    assert!(
        matches!(error, TeacherError::NoRawCompletions { .. }) && error.is_hopeless(),
        "{error:?}"
    );
    assert!(error.to_string().contains("no raw completion endpoint"), "{error}");
    assert_eq!(talker.has_raw(), Some(false));
    for act in [
        Act::html(200, "Welcome"),
        Act::error(405, "no"),
        Act::error(404, "This is a chat model"),
    ] {
        let server = LoopbackTeacher::in_order(vec![act.clone()]).with_raw();
        let error = ask_raw(&teacher(&server)).await.unwrap_err();
        assert!(
            matches!(error, TeacherError::NoRawCompletions { .. }),
            "{act:?}: {error:?}"
        );
    }
    let server = LoopbackTeacher::in_order(vec![Act::error(404, "The model `test-model` does not exist.")]).with_raw();
    let server = server.with_models(&["other"]);
    assert!(matches!(
        ask_raw(&teacher(&server)).await,
        Err(TeacherError::NoSuchModel { .. })
    ));
}

fn with_schema() -> ChatRequest {
    let mut request = question();
    let schema = json!({"type": "json_schema", "json_schema": {"name": "verdict", "schema": {"type": "object"}}});
    request.extra.insert("response_format".into(), schema);
    request
}

#[tokio::test]
async fn answers_are_held_to_a_form_where_the_server_can() {
    let ask = async |teacher: &HttpTeacher, request| {
        let reply = teacher.chat(request, Box::new(|_| ()), CancellationToken::new()).await;
        reply.unwrap().text
    };
    let server = LoopbackTeacher::in_order(vec![Act::text("{}")]);
    ask(&teacher(&server), with_schema()).await;
    assert_eq!(
        server.chats()[0].body["response_format"]["json_schema"]["name"],
        "verdict"
    );

    let takes_objects_only = |request: &Recorded, _| match &request.body["response_format"]["type"] {
        Value::String(form) if form == "json_schema" => Act::error(400, "This response_format type is unavailable now"),
        _ => Act::text("{}"),
    };
    let server = LoopbackTeacher::start(takes_objects_only);
    let talker = teacher(&server);
    ask(&talker, with_schema()).await;
    ask(&talker, with_schema()).await;
    let mut json_only = question();
    json_only
        .extra
        .insert("response_format".into(), json!({"type": "json_object"}));
    ask(&talker, json_only).await;
    let chats = server.chats();
    let forms: Vec<bool> = chats
        .iter()
        .map(|chat| chat.body.get("response_format").is_some())
        .collect();
    assert_eq!(forms, [true, false, false, true], "only what was refused is left out");
    assert_eq!(talker.notes().len(), 1);

    // A complaint that only repeats the request is no refusal of its form: nothing is learnt from it.
    let server = LoopbackTeacher::in_order(vec![
        Act::error(422, "top_k is wrong in {\"response_format\": {}, \"top_k\": -1}"),
        Act::error(422, "top_k is wrong"),
        Act::text("{}"),
    ]);
    let talker = teacher(&server);
    let failed = talker
        .chat(with_schema(), Box::new(|_| ()), CancellationToken::new())
        .await;
    assert!(matches!(failed, Err(TeacherError::Refused { .. })), "{failed:?}");
    assert!(talker.notes().is_empty());
    ask(&talker, with_schema()).await;
    assert!(server.chats()[2].body.get("response_format").is_some());
}

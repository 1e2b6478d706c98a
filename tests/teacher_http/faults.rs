//! Answers that break, lie or never end, and people who lose patience.

use std::time::Instant;

use seedbed::teacher::{Finish, HttpTeacher, Limits, Teacher, TeacherError};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::support::{Act, LoopbackTeacher, chunk, ending};
use super::{ask, ask_once, error_of, ms, options, question, teacher};

#[tokio::test]
async fn streams_that_bend_the_rules() {
    let two = format!(
        "data: {}\r\n\r\n: a comment\r\n\r\ndata:{}\r\n\r\n",
        chunk("Hel"),
        chunk("lo")
    );
    let end = ending("stop");
    let split: Vec<Vec<u8>> = format!("data: {}\n\ndata: {end}\n\n", chunk("Hello"))
        .bytes()
        .map(|b| vec![b])
        .collect();
    let byte_by_byte = split.into_iter().fold(Act::events(), Act::send);
    for (what, act) in [
        (
            "CRLF, comments, no space, no [DONE]",
            Act::events().send(two.clone()).event(&end),
        ),
        (
            "no empty line at the end",
            Act::events().send(two.clone()).send(format!("data: {end}")),
        ),
        (
            "[DONE] without a reason",
            Act::events().send(two.clone()).send("data: [DONE]"),
        ),
        (
            "no empty lines at all",
            Act::events().send(format!(
                "data: {}\ndata: {}\ndata: {end}\ndata: [DONE]\n\n",
                chunk("Hel"),
                chunk("lo")
            )),
        ),
        (
            "a byte order mark and a wrong type",
            Act::body(200, "text/plain", format!("\u{feff}{two}data: {end}\n\n")),
        ),
        (
            "other fields",
            Act::events()
                .send(format!("id: 1\nevent: message\nretry: 5\ndata: {}\n\n", chunk("Hello")))
                .event(&end),
        ),
        ("byte by byte", byte_by_byte),
        (
            "the connection breaks after the end",
            Act::events().send(two.clone()).event(&end).then_cut(),
        ),
        (
            "the connection stays open after the end",
            Act::events().send(two.clone()).event(&end).wait(ms(5000)),
        ),
        (
            "JSON, one piece after another",
            Act::body(
                200,
                "application/x-ndjson",
                format!("{}\n{}\n{end}\n", chunk("Hel"), chunk("lo")),
            ),
        ),
        (
            "no stream at all",
            Act::json(
                200,
                &json!({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
            ),
        ),
        (
            "no stream, white space first",
            Act::body(
                200,
                "text/event-stream",
                "\n\n {\"choices\":[{\"message\":{\"content\":\"Hello\"}}]}",
            ),
        ),
    ] {
        let (reply, shown) = ask_once(act).await;
        assert_eq!(
            reply.unwrap_or_else(|error| panic!("{what}: {error}")).text,
            "Hello",
            "{what}"
        );
        assert_eq!(shown, "Hello", "{what}");
    }
}

#[tokio::test]
async fn broken_answers() {
    // A broken answer is asked for again, also when a part of it was shown already: that part is void.
    for act in [
        Act::events().then_cut(),
        Act::events()
            .event(&json!({"choices": [{"delta": {"role": "assistant"}}]}))
            .then_cut(),
        Act::body(200, "application/json", ""),
        Act::body(200, "application/json", "{\"choices\": [").then_cut(),
        Act::events().event(&json!({"error": {"message": "overloaded", "code": 503}})),
        Act::mute(ms(0)),
        Act::events().piece("Half").then_cut(),
        Act::events()
            .piece("Half")
            .event(&json!({"error": {"message": "out of memory"}})),
        Act::events().piece("Half").wait(ms(5000)).piece("late"),
    ] {
        let server = LoopbackTeacher::in_order(vec![act.clone(), Act::text("Done")]);
        let (reply, shown) = ask(&teacher(&server)).await;
        assert_eq!(reply.unwrap_or_else(|error| panic!("{act:?}: {error}")).text, "Done");
        assert_eq!((shown.as_str(), server.chats().len()), ("Done", 2));
    }
    // When every try breaks off, the error holds the text that had come last.
    for (act, words) in [
        (Act::events().piece("Half").then_cut(), "broke off"),
        (
            Act::events()
                .piece("Half")
                .send("data: {\"choices\": [{\"del")
                .then_cut(),
            "broke off",
        ),
        (
            Act::events().piece("Half").send("data: {\"choices\": [{\"del"),
            "broke off",
        ),
        (Act::events().piece("Half"), "before the answer did"),
        (
            Act::events()
                .piece("Half")
                .event(&json!({"error": {"message": "out of memory"}})),
            "out of memory",
        ),
        (
            Act::events()
                .piece("Half")
                .send("event: error\ndata: {\"message\": \"gone\"}\n\n"),
            "gone",
        ),
    ] {
        let server = LoopbackTeacher::in_order(vec![act]);
        let (reply, shown) = ask(&teacher(&server)).await;
        let error = reply.unwrap_err();
        assert_eq!(
            (error.partial_text(), shown.as_str(), server.chats().len()),
            ("Half", "Half", 3),
            "{error:?}"
        );
        assert!(error.to_string().contains(words) && error.is_transient(), "{error}");
    }
}

#[tokio::test]
async fn answers_of_a_wrong_shape() {
    for act in [
        Act::json(200, &json!({"ok": true})),
        Act::json(200, &json!([])),
        Act::json(200, &json!({"choices": []})),
        Act::json(200, &json!({"choices": [{"message": {"content": 5}}]})),
        Act::body(200, "application/json", "{\"choices\": nonsense}"),
        Act::body(200, "text/plain", "Hello, I am a text"),
        Act::body(200, "text/plain", b"\xff\xfe\x00data".to_vec()),
        Act::events().send("data: [DONE]\n\n"),
        Act::events().send("data: nonsense\n\n").event(&ending("stop")),
    ] {
        let error = error_of(act.clone()).await;
        assert!(matches!(error, TeacherError::Malformed { .. }), "{act:?}: {error:?}");
    }
    for act in [
        Act::body(200, "application/json", vec![b' '; 9 << 20]),
        Act::events().send("data: ").send(vec![b'x'; 9 << 20]),
    ] {
        let error = error_of(act).await;
        assert!(error.to_string().contains("longer than 8 MB"), "{error}");
    }
}

#[tokio::test]
async fn time_limits_and_servers_that_are_gone() {
    let error = error_of(Act::events().piece("Half").wait(ms(5000)).piece("late")).await;
    assert!(
        matches!(error, TeacherError::TimedOut { after, .. } if after == ms(1000)),
        "{error:?}"
    );

    let slow = |whole| {
        let server = LoopbackTeacher::in_order(vec![Act::events().wait(ms(1200)).piece("Late").event(&ending("stop"))]);
        let mut options = options(&server.url());
        options.limits.whole = whole;
        (HttpTeacher::new(options).unwrap(), server)
    };
    let (patient, _server) = slow(ms(10_000));
    assert_eq!(
        ask(&patient).await.0.unwrap().text,
        "Late",
        "before the first word the idle limit does not count"
    );
    let (hasty, server) = slow(ms(150));
    assert!(matches!(ask(&hasty).await.0, Err(TeacherError::TimedOut { .. })));
    assert_eq!(server.chats().len(), 1);

    let url = LoopbackTeacher::smart().url();
    // Nobody listens there any more once the server is dropped; give its thread a moment.
    tokio::time::sleep(ms(50)).await;
    let error = ask(&HttpTeacher::new(options(&url)).unwrap()).await.0.unwrap_err();
    assert!(
        matches!(error, TeacherError::Unreachable { .. }) && error.to_string().contains("running"),
        "{error}"
    );
}

#[tokio::test]
async fn cancelling_ends_the_request_long_before_the_answer() {
    let waiting = Act::pieces(["a "; 2000], ms(30));
    for act in [
        waiting,
        Act::mute(ms(60_000)),
        Act::error(429, "slow").header("Retry-After", "60"),
    ] {
        let server = LoopbackTeacher::in_order(vec![act]);
        let mut options = options(&server.url());
        (options.limits.idle, options.limits.whole) = (ms(120_000), ms(120_000));
        options.retries.longest_asked = ms(120_000);
        let teacher = HttpTeacher::new(options).unwrap();
        let cancel = CancellationToken::new();
        let asked = tokio::spawn({
            let (teacher, cancel) = (teacher.clone(), cancel.clone());
            async move { teacher.chat(question(), Box::new(|_| ()), cancel).await }
        });
        while server.chats().is_empty() {
            tokio::time::sleep(ms(2)).await;
        }
        tokio::time::sleep(ms(100)).await;
        let start = Instant::now();
        cancel.cancel();
        assert!(matches!(asked.await.unwrap(), Err(TeacherError::Cancelled)));
        // Each of them would have taken a minute.
        assert!(start.elapsed() < ms(30_000));
    }
}

#[tokio::test]
async fn the_server_sees_that_a_cancelled_client_left() {
    let server = LoopbackTeacher::in_order(vec![Act::pieces(["a "; 2000], ms(30))]);
    let teacher = teacher(&server);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    // Stops at the first word.
    let answer = teacher.chat(question(), Box::new(move |_| stop.cancel()), cancel).await;
    assert!(matches!(answer, Err(TeacherError::Cancelled)));
    let start = Instant::now();
    while server.abandoned() == 0 {
        assert!(start.elapsed() < ms(30_000), "the connection was not closed");
        tokio::time::sleep(ms(5)).await;
    }
}

#[tokio::test]
async fn a_server_that_is_too_busy_gets_fewer_requests_and_loses_none() {
    // Takes two at once and refuses the others, as services do.
    let server = LoopbackTeacher::start(|request, _| match request.at_once {
        0..=2 => Act::pieces(["Do", "ne"], ms(10)),
        _ => Act::error(429, "slow down").header("Retry-After", "0.02"),
    });
    let mut options = options(&server.url());
    options.slots = Some(8);
    options.retries.busy_tries = 50;
    let teacher = HttpTeacher::new(options).unwrap();
    assert_eq!(teacher.pace().limit, 8);
    let asked = (0..24).map(|_| ask(&teacher));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|(reply, _)| reply.as_ref().unwrap().text == "Done"));
    assert!((1..=4).contains(&teacher.pace().limit), "{:?}", teacher.pace());
    assert_eq!((teacher.pace().in_flight, teacher.slots()), (0, 8));
}

#[tokio::test]
async fn without_money_nothing_is_asked_again() {
    for act in [
        Act::error(402, "Payment required"),
        Act::json(
            429,
            &json!({"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
        ),
        Act::error(400, "Your credit balance is too low"),
    ] {
        let server = LoopbackTeacher::in_order(vec![act, Act::text("never")]);
        let error = ask(&teacher(&server)).await.0.unwrap_err();
        assert!(
            matches!(error, TeacherError::NoCredit { .. }) && error.is_hopeless(),
            "{error:?}"
        );
        assert!(error.to_string().contains("add credit"), "{error}");
        assert_eq!(server.chats().len(), 1);
    }
}

#[tokio::test]
async fn requests_that_cannot_succeed_are_not_repeated() {
    for status in [400, 401, 403, 404, 422] {
        let server = LoopbackTeacher::in_order(vec![Act::error(status, "no"), Act::text("never")]);
        assert!(ask(&teacher(&server)).await.0.is_err(), "{status}");
        assert_eq!(server.chats().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn what_models_write_is_handed_on_as_it_is() {
    let long = "谢谢 and \u{1b}]0;title\u{7}\u{1b}[2J\u{202e}\0 ".repeat(7000);
    assert!(long.len() > 200_000);
    let refusal = json!({"choices": [{"index": 0, "message": {"content": null, "refusal": "I cannot help."}, "finish_reason": "stop"}]});
    let cases = [
        (Act::text(&long), long.as_str(), Finish::Stop),
        (Act::text(""), "", Finish::Stop),
        (
            Act::text("Cut in the mid").finish("length"),
            "Cut in the mid",
            Finish::Length,
        ),
        (Act::text("I am").finish("content_filter"), "I am", Finish::Filtered),
        (Act::json(200, &refusal), "I cannot help.", Finish::Filtered),
    ];
    for (act, text, finish) in cases {
        let server = LoopbackTeacher::in_order(vec![act]);
        let mut options = options(&server.url());
        options.limits.bytes = Limits::default().bytes;
        let (reply, shown) = ask(&HttpTeacher::new(options).unwrap()).await;
        let reply = reply.unwrap();
        assert!(
            reply.text == text && shown == text && reply.finish == finish,
            "{finish:?}"
        );
    }
}

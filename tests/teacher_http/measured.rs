//! Measuring a server: how many requests at once it serves, and what it can do.

use seedbed::teacher::measure::{Measured, Part, measure, most_cost};
use seedbed::teacher::{TeacherSettings, build_for_measuring};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::ms;
use super::support::{Act, LoopbackTeacher, Recorded};

async fn measured(server: &LoopbackTeacher) -> (Measured, Vec<Part>) {
    let settings = TeacherSettings {
        url: server.url(),
        model: "test-model".into(),
        ..TeacherSettings::default()
    };
    let teacher = build_for_measuring("test", &settings, &|_| None).unwrap();
    let mut parts = Vec::new();
    let mut on_part = |part| parts.push(part);
    let cancel = CancellationToken::new();
    let measured = measure(&teacher, Some(&teacher), &mut on_part, &cancel).await;
    assert!(measured.calls <= most_cost().0, "{measured:?}");
    (measured, parts)
}

fn has(measured: &Measured) -> Vec<(&str, Option<bool>)> {
    measured
        .features
        .iter()
        .map(|feature| (feature.name, feature.has))
        .collect()
}

/// Obeys everything that it is asked for.
fn able(request: &Recorded) -> Act {
    if request.body.get("response_format").is_some() {
        return Act::text("{\"colour\": \"blue\"}");
    }
    if request.body.get("n").is_some() {
        return Act::texts(&["a cat", "a dog"]);
    }
    match (request.body.get("stop"), request.body.get("seed")) {
        (Some(_), _) => Act::text("1, 2, 3, "),
        (_, Some(seed)) => Act::text(&format!("Village {seed} lies in a valley.")),
        _ => Act::pieces(["One ", "two ", "three"], ms(5)),
    }
}

#[tokio::test]
async fn a_server_that_refuses_more_than_it_takes() {
    let server = LoopbackTeacher::start(|request, _| match request.at_once {
        0..=8 => able(request),
        _ => Act::error(429, "too many"),
    })
    .with_raw();
    let (measured, parts) = measured(&server).await;
    assert!(measured.ended.contains("429"), "{measured:?}");
    assert!(measured.suggested_slots.is_some_and(|slots| slots <= 8), "{measured:?}");
    assert!(measured.latency.is_some_and(|latency| latency >= 0.01));
    assert_eq!((parts[0], parts.last()), (Part::AtOnce(1), Some(&Part::Features)));
    let last = measured.loads.last().unwrap();
    assert!(last.at_once == 16 && last.failed > 0 || last.at_once < 16, "{last:?}");
}

#[tokio::test]
async fn what_a_server_can_do_is_found_out() {
    let server = LoopbackTeacher::start(|request, _| able(request)).with_raw();
    let (able_one, _) = measured(&server).await;
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(
        has(&able_one),
        [
            ("streaming", yes),
            ("token-count", yes),
            ("reasoning", None),
            ("several-answers", yes),
            ("seed", yes),
            ("stop", yes),
            ("json-schema", yes),
            ("json-object", yes),
            ("raw-completions", yes),
            ("raw-lists", no),
        ]
    );
    // One that refuses schemas, overlooks what it does not know, and streams nothing.
    let server = LoopbackTeacher::start(|request, nth| {
        let refuses = request.body["response_format"]["type"] == "json_schema";
        if refuses {
            return Act::error(400, "This response_format type is unavailable now");
        }
        let text = format!("<think>hm</think>1, 2, 3, 4, 5 ({nth})");
        let choice: Value = json!({"index": 0, "message": {"content": text}, "finish_reason": "stop"});
        Act::json(200, &json!({"choices": [choice]}))
    });
    let (poor, _) = measured(&server).await;
    assert_eq!(
        has(&poor),
        [
            ("streaming", no),
            ("token-count", no),
            ("reasoning", yes),
            ("several-answers", no),
            ("seed", no),
            ("stop", no),
            ("json-schema", no),
            ("json-object", no),
            ("raw-completions", no),
            ("raw-lists", no),
        ]
    );
}

#[tokio::test]
async fn a_server_that_is_gone_is_told() {
    let url = LoopbackTeacher::smart().url();
    tokio::time::sleep(ms(50)).await;
    let settings = TeacherSettings {
        url,
        model: "m".into(),
        ..TeacherSettings::default()
    };
    let teacher = build_for_measuring("test", &settings, &|_| None).unwrap();
    let found = measure(&teacher, Some(&teacher), &mut |_| (), &CancellationToken::new()).await;
    assert_eq!((found.suggested_slots, found.features.len()), (None, 0));
    assert!(found.ended.contains("no answer from"), "{}", found.ended);
}

//! A teacher that answers by the messages alone: the same to whoever asks, whenever it is asked.

use serde_json::{Value, json};

use crate::mutations::Dice;
use crate::support::{Act, LoopbackTeacher, Recorded, ending};

/// What a model may write between two tags, and what goes wrong there.
const VALUES: &[&str] = &[
    "YES",
    "YES",
    "YES",
    "NO",
    "1",
    "2.0",
    "2",
    "4",
    "５",
    "2/3",
    "good",
    "fully complete",
    "Water the soil the evening before.",
    "霜の前の晩に土に水をやります。",
    "¿Cuándo se riega?\n\nAl amanecer.",
    "naïve “café” — 50 %",
    "He said \"no\", [END] twice",
    "  ",
    "متى نسقي؟",
    "a, b\tc\u{a0}",
];

const PLAIN: &[&str] = &[
    "I cannot help with that.",
    "Sure. Here is what you asked for: nothing with a form.",
    "1. one\n2. two\n3. three",
    "{\"summary\": \"short\", \"score\": 4, \"tags\": [\"x\", \"y\"],}",
    "Here it is:\n```json\n{\"prompt\": \"Do it\", \"why\": null, \"n\": 2.5}\n```\nGood luck.",
    "{\"prompt\": \"cut off",
    "[\"a\", \"b\", {\"c\": 1}]",
    "{\"answer\": {\"deep\": [1, 2]}, \"text\": \"line\nbreak\"}",
    "Score: 3",
    "Q: Why?\nA: Because.\nQ: And then?\nA: It stops.",
];

/// One answer to these messages.
pub fn answer(messages: &Value, choice: usize, tags: &[(String, String)]) -> String {
    let mut text = String::new();
    for message in messages.as_array().into_iter().flatten() {
        text += message["role"].as_str().unwrap_or_default();
        text += "\u{0}";
        text += message["content"].as_str().unwrap_or_default();
        text += "\u{0}";
    }
    let seed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut dice = Dice(seed.wrapping_add(choice as u64));
    let mentioned: Vec<&(String, String)> = tags.iter().filter(|(start, _)| text.contains(start.as_str())).collect();
    if mentioned.is_empty() || dice.below(12) == 0 {
        return dice.pick(PLAIN).to_owned();
    }
    let mut out = String::new();
    for _ in 0..=dice.below(3) {
        for (start, end) in &mentioned {
            let value = dice.pick(VALUES);
            match dice.below(14) {
                0 => out += value,
                1 => out += &format!("{start} {value}\n"),
                _ => out += &format!("{start}{value} {end}\n"),
            }
        }
    }
    out
}

/// Some answers come with reasoning apart from the text.
fn thought(text: &str) -> Option<String> {
    let length = text.chars().count();
    (length % 4 == 1).then(|| format!("It should have {length} characters."))
}

/// The continuations of raw texts: what the same text would be answered as one message.
fn continuation(texts: &[Value], wanted: usize, tags: &[(String, String)]) -> Act {
    let messages = |text: &Value| json!([{"role": "user", "content": text}]);
    let choices: Vec<Value> = texts
        .iter()
        .flat_map(|text| (0..wanted).map(move |choice| answer(&messages(text), choice, tags)))
        .enumerate()
        .map(|(index, text)| json!({"index": index, "text": text, "finish_reason": "stop"}))
        .collect();
    Act::json(
        200,
        &json!({"object": "text_completion", "model": "test-model", "choices": choices}),
    )
}

fn completion(request: &Recorded, tags: &[(String, String)]) -> Act {
    let messages = &request.body["messages"];
    let wanted = usize::try_from(request.body["n"].as_u64().unwrap_or(1)).unwrap_or(1);
    match &request.body["prompt"] {
        Value::Null => {}
        Value::Array(texts) => return continuation(texts, wanted, tags),
        text => return continuation(std::slice::from_ref(text), wanted, tags),
    }
    let texts: Vec<String> = (0..wanted).map(|choice| answer(messages, choice, tags)).collect();
    if request.wants_stream() && wanted == 1 {
        let thought = thought(&texts[0])
            .map(|thought| json!({"choices": [{"index": 0, "delta": {"reasoning_content": thought}}]}));
        let act = thought.iter().fold(Act::events(), |act, thought| act.event(thought));
        return act.piece(&texts[0]).event(&ending("stop")).send("data: [DONE]\n\n");
    }
    let choices: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let mut message = json!({"role": "assistant", "content": text});
            if let Some(thought) = thought(text) {
                message["reasoning_content"] = json!(thought);
            }
            json!({"index": index, "message": message, "finish_reason": "stop"})
        })
        .collect();
    Act::json(
        200,
        &json!({
            "id": "test", "created": 1, "object": "chat.completion", "model": "test-model", "choices": choices,
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        }),
    )
}

/// A server for both sides; `tags` are those that prompts may ask for.
pub fn serving(tags: Vec<(String, String)>) -> LoopbackTeacher {
    LoopbackTeacher::start(move |request, _| completion(request, &tags)).with_raw()
}

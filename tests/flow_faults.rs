//! Whole runs against a server that does everything wrong that servers do: the run ends, every row is accounted for, and no
//! call is made again that had succeeded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/teacher.rs"]
mod teacher;

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use seedbed::flow::{Cast, Clock, Flow, Inputs, Prepared, PromptLimits, Run, RunRecorder, RunSummary, prepare, run};
use seedbed::samples::{DropReason, Outcome, RunId, RunRecord, RunStore};
use seedbed::taxonomy::{Kind, Leaf, NodePath, Pair, SeedExample};
use seedbed::teacher::{Address, HttpOptions, HttpTeacher, Key, KeySource, Limits, Retries, Sampling};
use serde_json::{Value, json};
use teacher::{Act, LoopbackTeacher, chunk};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Questions, two answers to each in one call, a judge of each: three stages that can fail, rows that multiply.
const FLOW: &str = r#"
metadata: {name: judged}
blocks:
  - {block_type: PromptBuilderBlock, block_config: {block_name: prompt, input_cols: [icl_query_1], output_cols: messages, prompt_config_path: ask.yaml}}
  - {block_type: LLMChatBlock, block_config: {block_name: ask, input_cols: messages, output_cols: answers, n: 2, max_tokens: 200}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: text, input_cols: answers, field_prefix: raw_}}
  - {block_type: RegexParserBlock, block_config: {block_name: parts, input_cols: raw_content, output_cols: [question, response], parsing_pattern: '\[Question\]\s*(.*?)\s*\[Answer\]\s*(.*?)\s*$'}}
  - {block_type: TextQualityFilterBlock, block_config: {block_name: check, input_cols: [question, response]}}
  - {block_type: PromptBuilderBlock, block_config: {block_name: judge_prompt, input_cols: [question, response], output_cols: judge_messages, prompt_config_path: judge.yaml}}
  - {block_type: LLMChatBlock, role: critic, block_config: {block_name: judge, input_cols: judge_messages, output_cols: judgement, max_tokens: 50}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: verdict, input_cols: judgement, field_prefix: judge_}}
  - {block_type: TagParserBlock, block_config: {block_name: score, input_cols: judge_content, output_cols: score, start_tags: ['[Score]'], end_tags: ['[End]']}}
  - {block_type: ColumnValueFilterBlock, block_config: {block_name: good, input_cols: score, filter_value: 2, operation: ge, convert_dtype: float}}
"#;

/// Much the same as an older pipeline, whose prompts go out as raw texts, several in a call.
const PIPELINE: &str = r#"
version: "1.0"
blocks:
  - name: ask
    type: LLMBlock
    config:
      config_path: raw-ask.yaml
      output_cols: [question, response]
      model_prompt: ""
      gen_kwargs: {n: 2, max_tokens: 200, temperature: 0.7}
      parser_kwargs: {parser_name: custom, parsing_pattern: '\[Question\]\s*(.*?)\s*\[Answer\]\s*(.*?)\s*$', parser_cleanup_tags: []}
  - name: judge
    type: LLMBlock
    config: {config_path: raw-judge.yaml, output_cols: [score], model_family: blank, gen_kwargs: {max_tokens: 50}}
  - {name: good, type: FilterByValueBlock, config: {filter_column: score, filter_value: 2, operation: ge, convert_dtype: float}}
"#;

fn pipeline(folder: &Path) -> Flow {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("pipeline.yaml", PIPELINE);
    write(
        "raw-ask.yaml",
        "{introduction: 'Write a pair like {{ seed_question }}'}",
    );
    write(
        "raw-judge.yaml",
        "{introduction: 'Judge {{ question }} and {{ response }}', start_tags: ['[Score]'], end_tags: ['[End]']}",
    );
    Flow::load(&folder.join("pipeline.yaml")).unwrap()
}

fn flow(folder: &Path) -> Flow {
    std::fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    std::fs::write(
        folder.join("ask.yaml"),
        "- {role: user, content: 'Write a pair like {{ icl_query_1 }}'}",
    )
    .unwrap();
    std::fs::write(
        folder.join("judge.yaml"),
        "- {role: user, content: 'Judge {{ question }} and {{ response }}'}",
    )
    .unwrap();
    Flow::load(&folder.join("flow.yaml")).unwrap()
}

fn prepared(flow: &Flow, count: usize, seed: u64) -> Prepared {
    let example = |number: usize| SeedExample {
        context: None,
        pairs: vec![Pair {
            question: format!("How are roses of sort {number} cut?"),
            answer: format!("In spring, above bud {number}."),
        }],
    };
    let leaf = Leaf {
        path: NodePath::parse("compositional_skills/roses").unwrap(),
        kind: Kind::Skill,
        version: 3,
        created_by: "someone".to_owned(),
        task_description: "Answer questions on roses.".to_owned(),
        domain: String::new(),
        document_outline: String::new(),
        document: None,
        seed_examples: (0..5).map(example).collect(),
    };
    let inputs = Inputs {
        leaf: &leaf,
        seed_hash: "abc",
        documents: &[],
        count,
        seed,
        limits: PromptLimits::FULL,
    };
    prepare(&inputs, flow).unwrap()
}

fn http(url: &str, slots: usize) -> HttpTeacher {
    let ms = Duration::from_millis;
    HttpTeacher::new(HttpOptions {
        name: "loop".into(),
        address: Address::parse(url).unwrap(),
        model: "test-model".into(),
        key: Key::new("loop", KeySource::None),
        slots: Some(slots),
        sampling: Sampling::default(),
        extra: Default::default(),
        limits: Limits {
            idle: ms(20_000),
            whole: ms(60_000),
            after_finish: ms(100),
            bytes: 8 << 20,
            ..Limits::default()
        },
        retries: Retries {
            tries: 4,
            connect_tries: 4,
            busy_tries: 12,
            first_wait: ms(1),
            busy_wait: ms(2),
            longest_wait: ms(10),
            longest_asked: ms(1500),
        },
    })
    .unwrap()
}

/// What was asked, as far as it makes one call differ from another.
fn asked(body: &Value) -> String {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("stream");
        fields.remove("stream_options");
        // Texts of a list have no seeds of their own.
        if fields.contains_key("prompt") {
            fields.remove("seed");
        }
    }
    body.to_string()
}

/// The raw texts of a call; none of a conversation.
fn raw_texts(body: &Value) -> Vec<&str> {
    match &body["prompt"] {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        text => text.as_str().into_iter().collect(),
    }
}

/// The calls that a body stands for: one for each raw text.
fn calls(body: &Value) -> Vec<String> {
    let alone = |text: &str| {
        let mut body = body.clone();
        body["prompt"] = json!(text);
        asked(&body)
    };
    match raw_texts(body).as_slice() {
        [] => vec![asked(body)],
        texts => texts.iter().map(|text| alone(text)).collect(),
    }
}

fn mixed(parts: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

/// An answer in the right form for what was asked.
fn proper(body: &Value, number: u64) -> String {
    let raw = raw_texts(body).first().copied();
    let last = raw.unwrap_or_else(|| body["messages"][0]["content"].as_str().unwrap_or_default());
    if last.starts_with("Judge") {
        format!("It is so so. [Score]{}[End]", 1 + number % 3)
    } else {
        format!("[Question]\nWhat of {number:x}?\n[Answer]\nIt is {number:x}.")
    }
}

/// What a server may do to a call, and whether that is an answer to it.
fn act(number: u64, body: &Value, severity: u64) -> (Act, bool) {
    let raw = raw_texts(body).len() as u64;
    let wanted = body["n"].as_u64().unwrap_or(1) * raw.max(1);
    let answer = |text: &dyn Fn(u64) -> String, finish: &str| {
        let choice = |index| match raw {
            0 => {
                json!({"index": index, "message": {"role": "assistant", "content": text(index)}, "finish_reason": finish})
            }
            _ => json!({"index": index, "text": text(index), "finish_reason": finish}),
        };
        let choices: Vec<Value> = (0..wanted).map(choice).collect();
        let usage = json!({"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30});
        json!({"object": "chat.completion", "model": "test-model", "choices": choices, "usage": usage})
    };
    let well = |text: &dyn Fn(u64) -> String| (Act::json(200, &answer(text, "stop")), true);
    if number % 100 >= severity {
        return well(&|index| proper(body, number ^ index));
    }
    match (number / 100) % 17 {
        0 => (Act::error(429, "slow down").header("retry-after-ms", "3"), false),
        1 => (Act::error(429, "slow down").header("Retry-After", "0"), false),
        2 => (Act::error(500, "it broke"), false),
        3 => (Act::error(503, "overloaded"), false),
        4 => (Act::html(200, "Welcome"), false),
        5 => (Act::html(502, "Bad gateway"), false),
        6 => (Act::json(200, &json!({"ok": true})), false),
        7 => (Act::json(200, &json!({"choices": [{"message": 3}]})), false),
        8 => (
            Act::body(
                200,
                "application/json",
                &answer(&|_| "half".into(), "stop").to_string().as_bytes()[..40],
            ),
            false,
        ),
        9 => (Act::events().event(&chunk("[Question]\nWhat of th")).then_cut(), false),
        10 => (Act::events().wait(Duration::from_millis(20)).then_cut(), false),
        11 => well(&|_| String::new()),
        12 => well(&|_| "I'm sorry, but as an AI language model I cannot help with that.".to_owned()),
        13 => well(&|index| {
            format!(
                "[Question]\nWhat?\n[Answer]\n{}",
                format!("word{index} ").repeat(30_000)
            )
        }),
        14 => well(&|index| format!("\u{1b}]0;owned\u{7}\u{1b}[2J{}", proper(body, number ^ index))),
        15 => (
            Act::json(200, &answer(&|index| proper(body, number ^ index), "length")),
            true,
        ),
        _ => (Act::json(200, &answer(&|_| String::new(), "content_filter")), true),
    }
}

/// A server that stumbles, always in the same way over the same call, and knows what it has answered.
struct Stumbling {
    server: LoopbackTeacher,
    answered: Arc<Mutex<HashSet<String>>>,
    /// Calls that came once more though they had been answered.
    repeated: Arc<Mutex<Vec<String>>>,
}

fn stumbling(seed: u64, severity: u64) -> Stumbling {
    let answered: Arc<Mutex<HashSet<String>>> = Arc::default();
    let repeated: Arc<Mutex<Vec<String>>> = Arc::default();
    let tries: Mutex<HashMap<String, u64>> = Mutex::default();
    let (given, twice) = (answered.clone(), repeated.clone());
    let server = LoopbackTeacher::start(move |request, _| {
        let call = asked(&request.body);
        for call in calls(&request.body) {
            if given.lock().unwrap().contains(&call) {
                twice.lock().unwrap().push(call);
            }
        }
        let nth = {
            let mut tries = tries.lock().unwrap();
            let nth = tries.entry(call.clone()).or_default();
            *nth += 1;
            *nth
        };
        let (act, is_answer) = act(mixed((seed, &call, nth)), &request.body, severity);
        if is_answer {
            given.lock().unwrap().extend(calls(&request.body));
        }
        act
    })
    .with_raw();
    Stumbling {
        server,
        answered,
        repeated,
    }
}

fn go(
    folder: &Path,
    flow: &Flow,
    leaf: &Prepared,
    cast: Cast,
    resume: Option<&RunId>,
    cancel: CancellationToken,
) -> (RunSummary, RunId) {
    let store = RunStore::new(folder);
    let at = Timestamp::UNIX_EPOCH;
    let writer = match resume {
        Some(id) => store.resume(id).unwrap(),
        None => store.create(RunRecord::new(store.free_id(at), at)).unwrap(),
    };
    let id = writer.record().id.clone();
    let mut recorder = RunRecorder::new(writer);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let clock: Clock = Arc::new(|| Timestamp::UNIX_EPOCH);
    let (events, mut heard) = mpsc::channel(64);
    let summary = runtime.block_on(async {
        let listening = tokio::spawn(async move { while heard.recv().await.is_some() {} });
        let summary = run(Run {
            id: id.to_string(),
            cancel,
            ..Run::new(flow, std::slice::from_ref(leaf), cast, &mut recorder, events, clock)
        })
        .await;
        listening.await.unwrap();
        summary
    });
    recorder.finish(summary.outcome.clone(), at).unwrap();
    (summary, id)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn every_row_is_accounted_for_and_no_answer_is_asked_for_twice(
        seed in any::<u64>(),
        severity in prop_oneof![Just(0_u64), 10_u64..60, Just(100)],
        rows in 1_usize..40,
        slots in 1_usize..12,
        same_critic in any::<bool>(),
        stop_after in prop_oneof![Just(None), (0_u64..60).prop_map(Some)],
        raw in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        // Raw texts are told apart by their words alone, and there are five seed examples.
        let (flow, rows) = match raw {
            true => (pipeline(folder.path()), rows.min(5)),
            false => (flow(folder.path()), rows),
        };
        let leaf = prepared(&flow, rows, seed >> 1);
        let Stumbling { server, answered, repeated } = stumbling(seed, severity);
        let teacher = Arc::new(http(&server.url(), slots));
        let mut cast = Cast::of(teacher);
        if !same_critic {
            cast.critic = Some(Arc::new(http(&server.url(), slots)));
        }
        let cancel = CancellationToken::new();
        if let Some(wait) = stop_after {
            let cancel = cancel.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(wait));
                cancel.cancel();
            });
        }
        let (first, id) = go(folder.path(), &flow, &leaf, cast.clone(), None, cancel);
        prop_assert!(first.adds_up(), "{first:?}");
        let reader = RunStore::new(folder.path()).open(&id).unwrap();
        let (samples, drops) = (reader.samples().unwrap().records, reader.drops().unwrap().records);
        prop_assert_eq!((samples.len(), drops.len()), (first.samples, first.drops));
        prop_assert!(drops.iter().all(|drop| !drop.message.is_empty()));
        prop_assert_eq!(first.reasons.values().sum::<usize>(), first.drops);
        prop_assert!(repeated.lock().unwrap().is_empty(), "asked again: {:?}", repeated.lock().unwrap());

        // Taken up with the same server: what it had answered is not asked again, whatever the rest does. An answer that was
        // on its way when the run was stopped may be lost.
        let before = answered.lock().unwrap().len();
        let (second, _) = go(folder.path(), &flow, &leaf, cast, Some(&id), CancellationToken::new());
        prop_assert!(second.adds_up(), "{second:?}");
        let lost = repeated.lock().unwrap().len();
        prop_assert!(lost <= if stop_after.is_some() { 2 * slots } else { 0 }, "{lost} of {before} asked again");
        let (samples, drops) = (reader.samples().unwrap().records, reader.drops().unwrap().records);
        prop_assert!(samples.len() >= second.samples);
        if second.outcome == Outcome::Done {
            prop_assert_eq!((samples.len(), drops.len()), (second.samples, second.drops));
        }
    }
}

#[test]
fn a_server_that_only_stumbles_at_first_costs_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let flow = flow(folder.path());
    let leaf = prepared(&flow, 20, 5);
    let tries: Mutex<HashMap<String, u64>> = Mutex::default();
    let server = LoopbackTeacher::start(move |request, _| {
        let nth = {
            let mut tries = tries.lock().unwrap();
            let nth = tries.entry(asked(&request.body)).or_default();
            *nth += 1;
            *nth
        };
        let number = mixed(asked(&request.body));
        match nth {
            1 => match number % 4 {
                0 => Act::error(429, "slow down").header("retry-after-ms", "2"),
                1 => Act::error(500, "it broke"),
                2 => Act::events().event(&chunk("[Question]")).then_cut(),
                _ => Act::html(502, "Bad gateway"),
            },
            // Every judge is content.
            _ => act(number - number % 3 + 1, &request.body, 0).0,
        }
    });
    let (summary, _) = go(
        folder.path(),
        &flow,
        &leaf,
        Cast::of(Arc::new(http(&server.url(), 4))),
        None,
        CancellationToken::new(),
    );
    assert_eq!(summary.outcome, Outcome::Done);
    assert_eq!(summary.errors, Default::default());
    assert_eq!(summary.reasons.get(&DropReason::Transport), None, "{summary:?}");
}

#[test]
fn a_server_with_few_places_is_not_pressed() {
    let folder = tempfile::tempdir().unwrap();
    let flow = flow(folder.path());
    let leaf = prepared(&flow, 60, 5);
    let now = Arc::new(Mutex::new(Vec::<std::time::Instant>::new()));
    let server = LoopbackTeacher::start(move |request, _| {
        // More than three calls within ten milliseconds are too many.
        let mut last = now.lock().unwrap();
        let moment = std::time::Instant::now();
        last.retain(|at| moment.duration_since(*at) < Duration::from_millis(10));
        if last.len() >= 3 {
            return Act::error(429, "too many requests").header("retry-after-ms", "5");
        }
        last.push(moment);
        let number = mixed(asked(&request.body));
        let (act, _) = act(number, &request.body, 0);
        act.wait(Duration::from_millis(1))
    });
    let (summary, _) = go(
        folder.path(),
        &flow,
        &leaf,
        Cast::of(Arc::new(http(&server.url(), 32))),
        None,
        CancellationToken::new(),
    );
    assert_eq!(summary.outcome, Outcome::Done);
    assert_eq!(
        summary.reasons.get(&DropReason::Transport),
        None,
        "{:?}",
        summary.errors
    );
}

#[test]
fn a_server_that_only_fails_stops_the_run_soon_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let flow = flow(folder.path());
    let leaf = prepared(&flow, 500, 5);
    let server = LoopbackTeacher::start(|_, _| Act::error(500, "it broke"));
    let (summary, _) = go(
        folder.path(),
        &flow,
        &leaf,
        Cast::of(Arc::new(http(&server.url(), 4))),
        None,
        CancellationToken::new(),
    );
    assert!(
        matches!(&summary.outcome, Outcome::Failed { reason } if reason.contains("calls failed")),
        "{:?}",
        summary.outcome
    );
    assert!(summary.adds_up() && summary.not_started > 400, "{summary:?}");
    assert_eq!(summary.errors.keys().collect::<Vec<_>>(), ["server failed"]);
}

//! What a run costs beside the teacher: against sdg-hub over the same flow and rows, against the ceiling of a server that takes
//! its time, and in memory over many rows.
//!
//! With `SEEDBED_HUB_PYTHON` naming a Python that has `sdg-hub`, both run the same flow file over the same rows against one
//! server that answers at once, and the ratio of their CPU seconds and of their clock times a row is printed; the server works
//! inside this process, so its share counts as ours. `SEEDBED_BENCH_ROWS` sets how many rows the run has whose memory is measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

#[path = "support/serving.rs"]
mod serving;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use seedbed::flow::{Cast, Columns, Flow, Prepared, Run, RunRecorder, RunSummary, run};
use seedbed::samples::{Outcome, RunRecord, RunStore};
use seedbed::taxonomy::{Kind, NodePath};
use seedbed::teacher::{
    Address, Answering, ChatRequest, Finish, HttpOptions, HttpTeacher, Key, KeySource, Limits, OnText, Reply, Retries,
    Sampling, Teacher, Usage,
};
use serde_json::json;
use serving::serve;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A question, an answer to it, a judge of both.
const FLOW: &str = r#"
metadata: {name: judged}
blocks:
  - {block_type: PromptBuilderBlock, block_config: {block_name: prompt, input_cols: [topic], output_cols: messages, prompt_config_path: ask.yaml}}
  - {block_type: LLMChatBlock, block_config: {block_name: ask, input_cols: messages, output_cols: questions, max_tokens: 200, temperature: 0.7, async_mode: true}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: question_text, input_cols: questions}}
  - {block_type: TagParserBlock, block_config: {block_name: find_question, input_cols: question_text_content, output_cols: question, start_tags: ['[Q]'], end_tags: ['[E]']}}
  - {block_type: PromptBuilderBlock, block_config: {block_name: answer_prompt, input_cols: [topic, question], output_cols: answer_messages, prompt_config_path: answer.yaml}}
  - {block_type: LLMChatBlock, block_config: {block_name: answer, input_cols: answer_messages, output_cols: answers, max_tokens: 400, temperature: 0.7, async_mode: true}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: answer_text, input_cols: answers}}
  - {block_type: TagParserBlock, block_config: {block_name: find_answer, input_cols: answer_text_content, output_cols: response, start_tags: ['[Q]'], end_tags: ['[E]']}}
  - {block_type: PromptBuilderBlock, block_config: {block_name: judge_prompt, input_cols: [question, response], output_cols: judge_messages, prompt_config_path: judge.yaml}}
  - {block_type: LLMChatBlock, block_config: {block_name: judge, input_cols: judge_messages, output_cols: judgements, max_tokens: 100, temperature: 0.0, async_mode: true}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: judge_text, input_cols: judgements}}
  - {block_type: TagParserBlock, block_config: {block_name: find_score, input_cols: judge_text_content, output_cols: score, start_tags: ['[S]'], end_tags: ['[E]']}}
  - {block_type: ColumnValueFilterBlock, block_config: {block_name: good, input_cols: score, filter_value: 2, operation: ge, convert_dtype: float}}
"#;

fn lay(folder: &Path) -> Flow {
    fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write(
        "ask.yaml",
        "- {role: system, content: You write questions.}\n- {role: user, content: 'Ask about {{ topic }}.'}",
    );
    write(
        "answer.yaml",
        "- {role: user, content: 'On {{ topic }}: answer {{ question }}'}",
    );
    write(
        "judge.yaml",
        "- {role: user, content: 'Judge {{ response }} to {{ question }}'}",
    );
    Flow::load(&folder.join("flow.yaml")).unwrap()
}

fn says(_: &str, number: usize) -> String {
    format!("Well. [Q]What of number {number} in the garden by the river?[E] It is good: [S]3[E]")
}

fn rows(count: usize) -> Vec<Columns> {
    (0..count)
        .map(|number| {
            json!({"topic": format!("roses of sort {number}")})
                .as_object()
                .unwrap()
                .clone()
        })
        .collect()
}

fn http(url: &str, slots: usize) -> Arc<dyn Teacher> {
    let options = HttpOptions {
        name: "loop".into(),
        address: Address::parse(url).unwrap(),
        model: "test-model".into(),
        key: Key::new("loop", KeySource::None),
        slots: Some(slots),
        sampling: Sampling::default(),
        extra: Default::default(),
        limits: Limits::default(),
        retries: Retries::default(),
    };
    Arc::new(HttpTeacher::new(options).unwrap())
}

/// Runs the flow to its end with everything on the disk, as the program does.
fn go(folder: &Path, flow: &Flow, count: usize, teacher: Arc<dyn Teacher>) -> RunSummary {
    let node = NodePath::parse("compositional_skills/bench").unwrap();
    let leaf = Prepared::of_rows(node, Kind::Skill, rows(count), 7, flow).unwrap();
    let store = RunStore::new(folder);
    let now = Timestamp::now();
    let mut recorder = RunRecorder::new(store.create(RunRecord::new(store.free_id(now), now)).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (events, mut heard) = mpsc::channel(256);
    let summary = runtime.block_on(async {
        let listening = tokio::spawn(async move { while heard.recv().await.is_some() {} });
        let summary = run(Run {
            id: "bench".to_owned(),
            ..Run::new(
                flow,
                std::slice::from_ref(&leaf),
                Cast::from(teacher),
                &mut recorder,
                events,
                Arc::new(Timestamp::now),
            )
        })
        .await;
        listening.await.unwrap();
        summary
    });
    recorder.finish(summary.outcome.clone(), Timestamp::now()).unwrap();
    assert_eq!(summary.outcome, Outcome::Done);
    summary
}

/// CPU seconds so far: of this process, and of its children that have ended.
fn cpu_seconds() -> (f64, f64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time in hundredths of a second; the state before them is a letter.
    let fields: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    let at = |place: usize| fields.get(place).copied().unwrap_or(0.0) / 100.0;
    (at(10) + at(11), at(12) + at(13))
}

fn against_sdg_hub(_: &mut Criterion) {
    const FEW: usize = 20;
    const MANY: usize = 200;
    let Some(python) = std::env::var_os("SEEDBED_HUB_PYTHON") else {
        println!("sdg-hub is LEFT OUT: SEEDBED_HUB_PYTHON names no Python");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let flow = lay(folder.path());
    let server = serve(Duration::ZERO, 1024, Arc::new(says));
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/sdg_hub.py");
    // Of a few rows and of many: what starting costs is not counted.
    let theirs = |count: usize| {
        let cases = json!([{"flow": "flow.yaml", "rows": rows(count)}]);
        fs::write(folder.path().join("cases.json"), cases.to_string()).unwrap();
        let (began, before) = (Instant::now(), cpu_seconds().1);
        let done = Command::new(&python)
            .arg(&script)
            .arg(folder.path())
            .arg(&server.url)
            .output()
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
        assert_eq!(answer[0]["rows"].as_array().map(Vec::len), Some(count), "{}", answer[0]);
        (cpu_seconds().1 - before, began.elapsed().as_secs_f64())
    };
    let (few, many) = (theirs(FEW), theirs(MANY));
    let per_row = |few: f64, many: f64| (many - few) / (MANY - FEW) as f64;
    let (their_cpu, their_clock) = (per_row(few.0, many.0), per_row(few.1, many.1));
    // Long enough for hundredths of a second to be exact.
    let (mut count, began, before) = (0, Instant::now(), cpu_seconds().0);
    while began.elapsed().as_secs_f64() < 2.0 {
        let summary = go(folder.path(), &flow, MANY, http(&server.url, 64));
        assert_eq!(summary.samples, MANY);
        count += MANY;
    }
    let our_cpu = (cpu_seconds().0 - before) / count as f64;
    let our_clock = began.elapsed().as_secs_f64() / count as f64;
    println!(
        "a row of three calls, answered at once: sdg-hub {:.2} ms of CPU and {:.2} ms by the clock, seedbed (its server \
         included) {:.3} and {:.3}: {:.0} times fewer, {:.0} times faster",
        their_cpu * 1e3,
        their_clock * 1e3,
        our_cpu * 1e3,
        our_clock * 1e3,
        their_cpu / our_cpu,
        their_clock / our_clock
    );
}

fn against_the_ceiling(_: &mut Criterion) {
    const LATENCY: Duration = Duration::from_millis(50);
    const PLACES: usize = 64;
    let rounds = if cfg!(debug_assertions) { 20 } else { 100 };
    let folder = tempfile::tempdir().unwrap();
    let flow = lay(folder.path());
    let server = serve(LATENCY, PLACES, Arc::new(says));
    let count = PLACES * rounds / 3;
    let began = Instant::now();
    // Some more calls than places: while one answer travels back, the next request is there already.
    let summary = go(folder.path(), &flow, count, http(&server.url, PLACES * 3 / 2));
    let calls = summary.calls as f64;
    let least = (calls / PLACES as f64).ceil() * LATENCY.as_secs_f64();
    let took = began.elapsed().as_secs_f64();
    println!(
        "{calls} calls to a server with {PLACES} places and {} ms: {:.0} calls a second, {:.1} % of its ceiling",
        LATENCY.as_millis(),
        calls / took,
        100.0 * least / took
    );
}

/// Answers at once, in this process.
struct Instantly;

impl Teacher for Instantly {
    fn name(&self) -> &str {
        "instantly"
    }
    fn model(&self) -> &str {
        "instantly-1"
    }
    fn slots(&self) -> usize {
        64
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, request: ChatRequest, _: OnText, _: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            Ok(Reply {
                text: says("", request.sampling.seed.unwrap_or(0) as usize),
                reasoning: String::new(),
                finish: Finish::Stop,
                usage: Usage {
                    prompt_tokens: 100,
                    completion_tokens: 50,
                },
                model: "instantly-1".to_owned(),
            })
        })
    }
}

/// The most memory that this process had so far, in MB.
fn most_memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse::<f64>().ok())
        .unwrap_or(0.0)
        / 1024.0
}

fn memory_of_many_rows(_: &mut Criterion) {
    let count = std::env::var("SEEDBED_BENCH_ROWS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(20_000);
    let folder = tempfile::tempdir().unwrap();
    let flow = lay(folder.path());
    let began = Instant::now();
    let summary = go(folder.path(), &flow, count, Arc::new(Instantly));
    println!(
        "a run of {count} rows and {} calls: {:.0} s, at most {:.0} MB (its rows, held by the bench, included)",
        summary.calls,
        began.elapsed().as_secs_f64(),
        most_memory()
    );
}

// Memory first: the mark is the highest since the process began.
criterion_group!(benches, memory_of_many_rows, against_the_ceiling, against_sdg_hub);
criterion_main!(benches);

//! What a run costs beside the teacher: against sdg-hub and instructlab-sdg over the same flow and rows, against the ceiling of
//! a server that takes its time, and in memory over many rows.
//!
//! With `SEEDBED_HUB_PYTHON` naming a Python that has `sdg-hub` and `instructlab-sdg`, each runs the same flow file over the same
//! rows as Seedbed, against one server that answers at once in a process of its own; the CPU seconds and clock times of the
//! whole command, and of each further row, are printed as ratios. `SEEDBED_BENCH_ROWS` sets how many rows the runs have whose
//! memory is measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

mod ceiling;
mod instantly;
mod memory;
mod peers;
#[path = "../support/serving.rs"]
mod serving;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group};
use jiff::Timestamp;
use seedbed::flow::{Cast, Columns, Flow, Prepared, Run, RunRecorder, RunSummary, run};
use seedbed::samples::{Outcome, RunRecord, RunStore};
use seedbed::taxonomy::{Kind, NodePath};
use seedbed::teacher::{Address, HttpOptions, HttpTeacher, Key, KeySource, Limits, Retries, Sampling, Teacher};
use serde_json::json;
use tokio::sync::mpsc;

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

/// The same in InstructLab's older words.
const PIPELINE: &str = r#"
version: "1.0"
blocks:
  - {name: ask, type: LLMBlock, config: {config_path: older/ask.yaml, output_cols: [question], model_family: mixtral, gen_kwargs: {max_tokens: 200, temperature: 0.7}, parser_kwargs: {parser_name: custom, parsing_pattern: '\[Q\](.*?)\[E\]'}}}
  - {name: answer, type: LLMBlock, config: {config_path: older/answer.yaml, output_cols: [response], model_family: mixtral, gen_kwargs: {max_tokens: 400, temperature: 0.7}, parser_kwargs: {parser_name: custom, parsing_pattern: '\[Q\](.*?)\[E\]'}}}
  - {name: judge, type: LLMBlock, config: {config_path: older/judge.yaml, output_cols: [score], model_family: mixtral, gen_kwargs: {max_tokens: 100, temperature: 0.0}, parser_kwargs: {parser_name: custom, parsing_pattern: '\[S\](.*?)\[E\]'}}}
  - {name: good, type: FilterByValueBlock, config: {filter_column: score, filter_value: 2, operation: ge, convert_dtype: float}}
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
    fs::create_dir(folder.join("older")).unwrap();
    write("older.yaml", PIPELINE);
    let older = |name: &str, text: &str| {
        let prompt = json!({"system": "You write questions.", "introduction": text, "principles": "", "examples": "", "generation": ""});
        write(&format!("older/{name}.yaml"), &prompt.to_string());
    };
    older("ask", "Ask about {{ topic }}.");
    older("answer", "On {{ topic }}: answer {{ question }}");
    older("judge", "Judge {{ response }} to {{ question }}");
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

/// Rows of a table.
fn table(flow: &Flow, count: usize) -> Prepared {
    let node = NodePath::parse("compositional_skills/bench").unwrap();
    Prepared::of_rows(node, Kind::Skill, rows(count), 7, flow).unwrap()
}

/// Runs the flow to its end with everything on the disk, as the commands do.
fn go(folder: &Path, flow: &Flow, leaf: Prepared, teacher: Arc<dyn Teacher>) -> RunSummary {
    let store = RunStore::new(folder);
    let now = Timestamp::now();
    let mut recorder = RunRecorder::new(store.create(RunRecord::new(store.free_id(now), now)).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
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

fn main() {
    if let Ok(sort) = std::env::var(peers::SERVES) {
        return peers::Elsewhere::serve(&sort);
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}

// Memory first: the mark is the highest since the process began.
criterion_group!(
    benches,
    memory::memory_of_many_rows,
    ceiling::against_the_ceiling,
    peers::against_the_peers
);

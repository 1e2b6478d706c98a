//! How fast the embedded teacher reads and writes, in tokens a second.
//!
//! Runs when `SEEDBED_WEIGHTS` names SmolLM2-135M-Instruct.Q4_1.gguf. The setting is that of the usual figures for such engines: a
//! prompt of 249 tokens, then 128 tokens a sequence, for one and for eight sequences.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

use std::fs::File;
use std::io::BufReader;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::Content;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use seedbed::teacher::embedded::parts::{Memory, Model, Reading, Tokens};

const PROMPT: usize = 249;
const WRITTEN: usize = 128;
/// Tokens that the teacher reads at a time.
const PIECE: usize = 64;

fn read_prompt(model: &Model, memory: &mut Memory, prompt: &[u32]) {
    for piece in prompt.chunks(PIECE) {
        let mut readings = [Reading {
            memory: &mut *memory,
            tokens: piece,
            answer: piece.len() < PIECE,
        }];
        model.read(&mut readings).expect("read");
    }
}

/// The time for `rounds` tokens of each of `count` sequences; prompts are not counted.
fn write(model: &Model, prompt: &[u32], count: usize, rounds: u64) -> Duration {
    let mut first = model.memory(PROMPT + WRITTEN).expect("memory");
    read_prompt(model, &mut first, prompt);
    let mut memories: Vec<Memory> = Vec::new();
    let mut took = Duration::ZERO;
    for round in 0..rounds as usize {
        if round % WRITTEN == 0 {
            memories = (0..count)
                .map(|_| {
                    let mut memory = model.memory(PROMPT + WRITTEN).expect("memory");
                    memory.copy_prefix(&first, PROMPT).expect("copied");
                    memory
                })
                .collect();
        }
        let tokens: Vec<[u32; 1]> = (0..count).map(|at| [prompt[(round + at) % PROMPT]]).collect();
        let began = Instant::now();
        let mut readings: Vec<Reading<'_>> = memories
            .iter_mut()
            .zip(&tokens)
            .map(|(memory, tokens)| Reading {
                memory,
                tokens,
                answer: true,
            })
            .collect();
        std::hint::black_box(model.read(&mut readings).expect("read"));
        took += began.elapsed();
    }
    took
}

fn teacher(criterion: &mut Criterion) {
    let Some(path) = std::env::var_os("SEEDBED_WEIGHTS").filter(|path| !path.is_empty()) else {
        println!("LEFT OUT: SEEDBED_WEIGHTS does not name SmolLM2-135M-Instruct.Q4_1.gguf");
        return;
    };
    let mut file = BufReader::new(File::open(path).expect("the weights"));
    let content = Content::read(&mut file).expect("a GGUF file");
    let tokens = Tokens::read(&content).expect("its tokenizer");
    let model = Model::load(&content, &mut file, |_, _| true).expect("its weights");
    let text =
        "A gardener writes down what was sown, when it came up and what the weather did, so that next year is easier. ";
    let mut prompt = tokens.encode(&text.repeat(20)).expect("tokens");
    prompt.truncate(PROMPT);

    let mut group = criterion.benchmark_group("embedded teacher");
    group.sample_size(10);
    group.throughput(Throughput::Elements(PROMPT as u64));
    group.bench_function("read a prompt of 249 tokens", |bench| {
        bench.iter(|| {
            let mut memory = model.memory(PROMPT).expect("memory");
            read_prompt(&model, &mut memory, &prompt);
        });
    });
    for count in [1, 8] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("a token of {count} side by side"), |bench| {
            bench.iter_custom(|rounds| write(&model, &prompt, count, rounds));
        });
    }
    group.finish();
}

criterion_group!(benches, teacher);
criterion_main!(benches);

//! How long it takes to read, check and change a seed file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "support/laying.rs"]
mod laying;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use seedbed::taxonomy::check::{Profile, check_file};
use seedbed::taxonomy::yaml::{Document, YamlPath};
use seedbed::text::wrap::wrap;

fn seeds(criterion: &mut Criterion) {
    let text = laying::qna(1);
    let mut group = criterion.benchmark_group("seed file");
    group.bench_function("read", |bench| {
        bench.iter(|| Document::parse(text.as_bytes()).expect("YAML"))
    });
    let path = "compositional_skills/a/qna.yaml";
    group.bench_function("check", |bench| {
        bench.iter(|| check_file(path, text.as_bytes(), Profile::default()))
    });
    let document = Document::parse(text.as_bytes()).expect("YAML");
    let answer: YamlPath = ".seed_examples[3].answer".parse().expect("a path");
    group.bench_function("change an answer", |bench| {
        bench.iter_batched(
            || document.clone(),
            |mut document| {
                document
                    .set(&answer, "It runs again.\nThank you for waiting.\n")
                    .expect("changed");
                document
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Twice the text must take twice the time, not four times.
fn long_texts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("long text");
    let answer: YamlPath = ".seed_examples[0].answer".parse().expect("a path");
    for kilobytes in [100, 200] {
        let text = "A line of some words, with a: colon and a # sign. ".repeat(kilobytes * 20);
        group.bench_function(format!("wrap/{kilobytes} kB"), |bench| {
            bench.iter(|| wrap(&text, 40).len())
        });
        let document = Document::parse(b"seed_examples:\n- question: q\n  answer: a\n").expect("YAML");
        group.bench_function(format!("put into a file/{kilobytes} kB"), |bench| {
            bench.iter_batched(
                || document.clone(),
                |mut document| document.set(&answer, &text).expect("changed"),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, seeds, long_texts);
criterion_main!(benches);

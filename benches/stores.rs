//! How long it takes to open many samples, and until a decision is on the disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "support/laying.rs"]
mod laying;

use std::fmt::Write as _;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use seedbed::review::{Reviewer, Reviews, Verdict};
use seedbed::samples::SampleLibrary;

fn open_samples(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("samples");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for count in laying::sizes(&[1_000, 10_000, 100_000]) {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("seedbed/runs/20260601-120000-0001");
        std::fs::create_dir_all(&run).expect("a run's folder");
        let mut lines = String::new();
        for number in 0..count {
            let line = serde_json::to_string(&laying::sample(number)).expect("a sample is JSON");
            let _ = writeln!(lines, "{line}");
        }
        std::fs::write(run.join("samples.jsonl"), lines).expect("samples");
        group.bench_function(BenchmarkId::new("open", count), |bench| {
            bench.iter_with_large_drop(|| {
                let library = SampleLibrary::open(folder.path(), folder.path());
                assert_eq!(library.len(), count);
                library
            });
        });
    }
    group.finish();
}

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("review");
    group.sample_size(20).measurement_time(Duration::from_secs(3));
    // On the disk that the repository lies on; a temporary folder may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let mut reviews = Reviews::open(folder.path(), Reviewer::new("Rosa Field", "rosa@example.com"));
    let mut number = 0;
    group.bench_function("decision to disk", |bench| {
        bench.iter_batched(
            || {
                number += 1;
                laying::sample(number)
            },
            |sample| {
                reviews
                    .decide(&sample, Verdict::Accepted, &[], "", laying::noon(), 4.0)
                    .expect("decided")
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, open_samples, decide);
criterion_main!(benches);

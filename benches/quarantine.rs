//! How long a person waits for the list of what a run dropped: the frame after a key, with a million rows.
//!
//! Wanted on two cores: a key's frame within 16 ms at any size, also while the file is being read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "support/laying.rs"]
mod laying;

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use seedbed::tui::Offscreen;

/// The list of what a run dropped, when it is there and while it is being read.
fn quarantine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("quarantine");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    let folder = laying::taxonomy(100);
    for drops in laying::sizes(&[1000, 1_000_000]) {
        let workbench = laying::open(folder.path());
        laying::run_with_drops(&workbench, "compositional_skills/area_00/topic_00/leaf_99", drops);
        let mut screens = Offscreen::new(workbench, 120, 36, laying::noon()).expect("the screens open");
        screens.settle();
        let mut feed = |keys: &[&str]| keys.iter().for_each(|key| screens.feed(key).expect("a key"));
        feed(&["+", "end", "g"]);
        screens.settle();
        screens.feed("end").expect("a key");
        screens.feed("d").expect("a key");
        let frames = |screens: &mut Offscreen, keys: &mut dyn Iterator<Item = &&str>, rounds: u64| {
            let mut sum = Duration::ZERO;
            for _ in 0..rounds {
                let begun = Instant::now();
                screens.feed(keys.next().expect("a circle has no end")).expect("a key");
                screens.draw();
                sum += begun.elapsed();
                screens.listen();
            }
            sum
        };
        let mut arrows = ["down", "down", "up"].iter().cycle();
        group.bench_function(BenchmarkId::new("frame after arrow while it is read", drops), |bench| {
            bench.iter_custom(|rounds| frames(&mut screens, &mut arrows, rounds));
        });
        assert!(screens.settle(), "the jobs came to no end");
        assert!(screens.text().contains("dropped · all"), "{}", screens.text());
        for (name, keys) in [
            ("arrow", &["down", "down", "up"][..]),
            ("end and home", &["end", "home"]),
            ("another group", &["right", "left"]),
            ("mark all", &["a"]),
        ] {
            let mut keys = keys.iter().cycle();
            group.bench_function(BenchmarkId::new(format!("frame after {name}"), drops), |bench| {
                bench.iter_custom(|rounds| frames(&mut screens, &mut keys, rounds));
            });
            screens.settle();
        }
        screens.close();
        std::fs::remove_dir_all(folder.path().join(".git/seedbed/runs")).expect("the run is there");
    }
    group.finish();
}

criterion_group!(benches, quarantine);
criterion_main!(benches);

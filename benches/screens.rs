//! How long a person waits for the screen: the first frame, and the frame after a key.
//!
//! Wanted on two cores: the first frame within 50 ms at 10,000 leaves, a key's frame within 16 ms at any size.

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

/// Larger trees are read at the same pace, only longer.
const MOST_READ_WHOLE: usize = 10_000;
const LEAVES: [usize; 3] = [100, 10_000, 100_000];

/// Adds up the time of `work`; what it returns is put away off the clock.
fn timed<T>(rounds: u64, mut work: impl FnMut() -> T, mut put_away: impl FnMut(T)) -> Duration {
    let mut sum = Duration::ZERO;
    for _ in 0..rounds {
        let begun = Instant::now();
        let made = work();
        sum += begun.elapsed();
        put_away(made);
    }
    sum
}

fn opened(root: &std::path::Path) -> Offscreen {
    Offscreen::new(laying::open(root), 120, 36, laying::noon()).expect("the screens open")
}

fn screens(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("screens");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for leaves in laying::sizes(&LEAVES) {
        let folder = laying::taxonomy(leaves);
        group.bench_function(BenchmarkId::new("first frame", leaves), |bench| {
            bench.iter_custom(|rounds| {
                let first_frame = || {
                    let mut screens = opened(folder.path());
                    screens.draw();
                    screens
                };
                timed(rounds, first_frame, Offscreen::close)
            });
        });
        if leaves <= MOST_READ_WHOLE {
            group.bench_function(BenchmarkId::new("until every file is read", leaves), |bench| {
                bench.iter_custom(|rounds| {
                    let whole = || {
                        let mut screens = opened(folder.path());
                        screens.settle();
                        screens
                    };
                    timed(rounds, whole, Offscreen::close)
                });
            });
        }
        let mut screens = opened(folder.path());
        assert!(screens.settle(), "the jobs came to no end");
        group.bench_function(
            BenchmarkId::new("one leaf changed, until it is told", leaves),
            |bench| {
                let path = "compositional_skills/area_00/topic_00/leaf_07/qna.yaml";
                bench.iter_custom(|rounds| {
                    let change = || {
                        screens.files_changed(&[path]);
                        screens.settle();
                    };
                    timed(rounds, change, drop)
                });
            },
        );
        for (name, keys) in [
            ("arrow", &["down", "down", "up"][..]),
            ("end and home", &["end", "home"]),
            ("close and open all", &["-", "+"]),
        ] {
            let mut next = keys.iter().cycle();
            group.bench_function(BenchmarkId::new(format!("frame after {name}"), leaves), |bench| {
                bench.iter_custom(|rounds| {
                    let mut sum = Duration::ZERO;
                    for _ in 0..rounds {
                        let begun = Instant::now();
                        screens.feed(next.next().expect("a circle has no end")).expect("a key");
                        screens.draw();
                        sum += begun.elapsed();
                        screens.listen();
                    }
                    sum
                });
            });
            screens.settle();
        }
        screens.feed("/").expect("a key");
        group.bench_function(BenchmarkId::new("frame after a letter of a search", leaves), |bench| {
            bench.iter_custom(|rounds| {
                let mut sum = Duration::ZERO;
                for round in 0..rounds {
                    let begun = Instant::now();
                    screens
                        .feed(if round % 2 == 0 { "7" } else { "backspace" })
                        .expect("a key");
                    screens.draw();
                    sum += begun.elapsed();
                    screens.listen();
                }
                sum
            });
        });
        screens.close();
    }
    group.finish();
}

criterion_group!(benches, screens);
criterion_main!(benches);

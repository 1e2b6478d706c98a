//! Against the ceiling of a server that takes its time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use criterion::Criterion;

use super::serving::serve;
use super::{go, http, lay, says, table};

pub fn against_the_ceiling(_: &mut Criterion) {
    const LATENCY: Duration = Duration::from_millis(50);
    const PLACES: usize = 64;
    let rounds = if cfg!(debug_assertions) { 20 } else { 100 };
    let folder = tempfile::tempdir().unwrap();
    let flow = lay(folder.path());
    let server = serve(LATENCY, PLACES, Arc::new(says));
    let count = PLACES * rounds / 3;
    let began = Instant::now();
    // Some more calls than places: while one answer travels back, the next request is there already.
    let summary = go(
        folder.path(),
        &flow,
        table(&flow, count),
        http(&server.url, PLACES * 3 / 2),
    );
    let calls = summary.calls as f64;
    let took = began.elapsed().as_secs_f64();
    // As long as its places are taken, and as long as they would be if pauses were exact.
    let taken = server.taken.load(Ordering::Relaxed) as f64 / 1e6 / PLACES as f64;
    let exact = calls / PLACES as f64 * LATENCY.as_secs_f64();
    println!(
        "{calls} calls to a server with {PLACES} places and {} ms: {:.0} calls a second, {:.1} % of its ceiling ({:.1} % of that of exact pauses)",
        LATENCY.as_millis(),
        calls / took,
        100.0 * taken / took,
        100.0 * exact / took
    );
}

//! The same work on many things, on every core.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Things that one thread takes at a time: enough to be seldom in the others' way, few enough to end together.
const SHARE: usize = 16;
/// Below this, starting threads costs more than they save.
const WORTH_IT: usize = 32;

/// Hands each item to `work` once, on as many threads as there are cores, in no certain order; returns when all is done.
/// Work that has to stop early looks at what it was told to and returns at once. A panic in `work` is a panic here.
pub fn on_all<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let on_one = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            work(item);
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 1..cores.min(items.len()) {
            scope.spawn(on_one);
        }
        on_one();
    });
}

/// The same for work with a result: results stand in the order of the items.
pub fn gathered<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < WORTH_IT {
        return items.iter().map(work).collect();
    }
    let parts: Vec<(usize, &[T])> = items.chunks(SHARE).enumerate().collect();
    let done = std::sync::Mutex::new(Vec::with_capacity(parts.len()));
    on_all(&parts, |(number, part)| {
        let results: Vec<R> = part.iter().map(&work).collect();
        let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.push((*number, results));
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_worked_on_once_and_results_keep_their_order() {
        for many in [0, 1, 31, 32, 33, 1000, 1003] {
            let items: Vec<usize> = (0..many).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(gathered(&items, |item| item * 2), doubled);
        }
    }
}

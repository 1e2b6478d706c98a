//! Work on candle's threads without candle's barriers.
//!
//! Candle spreads every single matrix product over a pool of threads that wait for each other by spinning: hundreds of
//! times a token. On a machine that does anything else, a thread that lost its core holds up all others (measured with
//! two cores and a compiler running: 5 tokens a second instead of 150). But a product that begins on a thread of the pool
//! stays on it. So whole sequences are given to those threads, each works on its own, and they meet once a step, while
//! the caller sleeps. One core is left for the screen.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, PoisonError};

use candle_core::utils::barrier_pool;

/// How many shares can be worked on side by side: one less than the cores that candle uses (`RAYON_NUM_THREADS`).
pub fn threads() -> usize {
    barrier_pool().n_workers().max(1)
}

/// Runs each share on a thread of its own and returns the results in order; at most [`threads`] shares.
///
/// A panic of a share goes on in the caller. Must not be called from within a share.
pub fn spread<S: Send, T: Send>(shares: Vec<S>, run: impl Fn(S) -> T + Sync) -> Vec<T> {
    let pool = barrier_pool();
    let workers = pool.n_workers();
    if workers == 0 || shares.len() > workers {
        // Without threads every product stays here anyway.
        return shares.into_iter().map(run).collect();
    }
    let count = shares.len();
    let shares: Vec<Mutex<Option<S>>> = shares.into_iter().map(|share| Mutex::new(Some(share))).collect();
    let results: Mutex<Vec<(usize, std::thread::Result<T>)>> = Mutex::new(Vec::with_capacity(count));
    let finished = Condvar::new();
    pool.execute(|thread| {
        // The caller takes part under the last number: it sleeps until the others are done.
        if thread == workers {
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            while results.len() < count {
                results = finished.wait(results).unwrap_or_else(PoisonError::into_inner);
            }
            return;
        }
        let share = shares
            .get(thread)
            .and_then(|share| share.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(share) = share {
            let result = catch_unwind(AssertUnwindSafe(|| run(share)));
            results
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((thread, result));
            finished.notify_one();
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(thread, _)| *thread);
    let unwound = results
        .into_iter()
        .map(|(_, result)| result.unwrap_or_else(|payload| resume_unwind(payload)));
    unwound.collect()
}

#[cfg(test)]
mod tests {
    use super::{spread, threads};

    #[test]
    fn results_come_in_order_and_panics_reach_the_caller() {
        for _ in 0..100 {
            let shares: Vec<usize> = (0..threads()).collect();
            assert_eq!(
                spread(shares.clone(), |share| share * 2),
                shares.iter().map(|share| share * 2).collect::<Vec<_>>()
            );
        }
        assert_eq!(spread(Vec::<u8>::new(), |share| share), Vec::<u8>::new());
        let lost = std::panic::catch_unwind(|| spread(vec![1], |_| -> u8 { panic!("on purpose") }));
        assert!(lost.is_err());
        assert_eq!(spread(vec![1], |share| share), [1]);
    }
}

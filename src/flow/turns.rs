//! Lets pieces of work pass one point in the order of their numbers, whatever order they arrive in.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// A point that is passed in order. Who will not come must say so by [`Turns::leave`], or those behind wait for ever.
#[derive(Debug, Default)]
pub(super) struct Turns {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: usize,
    /// Numbers beyond `next` that have left.
    left: HashSet<usize>,
    /// Several may wait for the same number: the one that has it, and those that only want the earlier ones gone.
    waiting: HashMap<usize, Vec<oneshot::Sender<()>>>,
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when every smaller number has left.
    pub(super) async fn wait(&self, number: usize) {
        let called = {
            let mut state = self.state();
            if state.next >= number {
                return;
            }
            let (call, called) = oneshot::channel();
            state.waiting.entry(number).or_default().push(call);
            called
        };
        // The sender lives in the state, which outlives this call.
        let _ = called.await;
    }

    /// Lets the next one pass. Saying it twice does no harm.
    pub(super) fn leave(&self, number: usize) {
        let mut state = self.state();
        if number < state.next {
            return;
        }
        state.left.insert(number);
        loop {
            let next = state.next;
            if !state.left.remove(&next) {
                break;
            }
            state.next += 1;
            for call in state.waiting.remove(&(next + 1)).into_iter().flatten() {
                // Whoever waited may be gone, as when a run is dropped.
                let _ = call.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn numbers_pass_in_order_however_they_come() {
        let turns = Turns::default();
        let passed = Mutex::new(Vec::new());
        let go = |number: usize| {
            let (turns, passed) = (&turns, &passed);
            async move {
                if number.is_multiple_of(3) {
                    tokio::task::yield_now().await;
                }
                // Every fifth leaves without passing.
                if !number.is_multiple_of(5) {
                    turns.wait(number).await;
                    passed.lock().unwrap().push(number);
                }
                turns.leave(number);
                turns.leave(number);
            }
        };
        join_all((0..200).rev().map(go)).await;
        let expected: Vec<usize> = (0..200).filter(|number| number % 5 != 0).collect();
        assert_eq!(*passed.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn several_wait_for_one_number_even_if_it_has_left() {
        let turns = Turns::default();
        let gone = Mutex::new(0);
        let wait = |number: usize| {
            let (turns, gone) = (&turns, &gone);
            async move {
                turns.wait(number - number % 10).await;
                assert!(*gone.lock().unwrap() >= number - number % 10);
                *gone.lock().unwrap() += 1;
                turns.leave(number);
            }
        };
        // The first of every ten leaves at once, so that nobody ever has the number that the others wait for.
        (0..40).step_by(10).for_each(|number| {
            *gone.lock().unwrap() += 1;
            turns.leave(number);
        });
        join_all((0..40).filter(|number| number % 10 != 0).rev().map(wait)).await;
        assert_eq!(*gone.lock().unwrap(), 40);
    }
}

//! Keeps the requests of a run to what the server can take.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Admits a fixed number of requests at once, and none while the server asked everyone to wait.
#[derive(Debug)]
pub struct Pacing {
    places: Semaphore,
    slots: usize,
    quiet_until: Mutex<Option<Instant>>,
}

/// The right to send one request; given back when dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    /// `None` only if the semaphore was closed, which nothing does.
    _place: Option<SemaphorePermit<'a>>,
}

impl Pacing {
    /// At least one slot.
    pub fn new(slots: usize) -> Self {
        let slots = slots.clamp(1, Semaphore::MAX_PERMITS);
        Pacing {
            places: Semaphore::new(slots),
            slots,
            quiet_until: Mutex::new(None),
        }
    }

    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Waits for a free place and for the end of any cool-down. Cancelled by dropping it.
    pub async fn turn(&self) -> Turn<'_> {
        let place = self.places.acquire().await.ok();
        // Another answer may have prolonged the cool-down meanwhile: look again after each wait.
        while let Some(until) = self.quiet_until() {
            tokio::time::sleep_until(until).await;
        }
        Turn { _place: place }
    }

    /// Lets no request start for `wait`; a longer cool-down that already runs stays.
    pub fn cool_down(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = Some(quiet.map_or(until, |earlier| earlier.max(until)));
    }

    fn quiet_until(&self) -> Option<Instant> {
        let mut quiet = self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        *quiet = quiet.filter(|until| *until > Instant::now());
        *quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn never_more_than_the_slots() {
        let pacing = Arc::new(Pacing::new(3));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (pacing, now, most) = (Arc::clone(&pacing), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    let _turn = pacing.turn().await;
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_cool_down_holds_everyone_and_is_not_shortened() {
        let pacing = Pacing::new(0);
        let start = Instant::now();
        pacing.cool_down(Duration::from_millis(60));
        pacing.cool_down(Duration::from_millis(1));
        drop(pacing.turn().await);
        assert!(start.elapsed() >= Duration::from_millis(60));
        // It is over for whoever comes later.
        drop(pacing.turn().await);
    }
}

//! Keeps the requests of a run to what the server can take, and finds out how much that is.
//!
//! Additive increase, multiplicative decrease: a server that says it is busy gets a quarter less at once, and one more for each 25
//! answers afterwards. Where nobody set a number, the limit also climbs as long as more requests bring more text a second.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::climb::Climb;

/// Side by side at first, where nobody set a number.
const FIRST_LIMIT: usize = 4;
/// Side by side at most, where nobody set a number.
const HIGHEST_LIMIT: usize = 64;
/// Answers after which one more request is let through.
const ANSWERS_FOR_ONE_MORE: usize = 25;

/// How a teacher is asked at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Requests that may be under way at once.
    pub limit: usize,
    /// Requests that are under way.
    pub in_flight: usize,
    /// How much longer no request starts, because the server asked for a pause.
    pub cooling: Option<Duration>,
}

/// Admits so many requests at once as the server takes, and none while it asked everyone to wait.
#[derive(Debug)]
pub struct Pacing {
    places: Semaphore,
    cap: usize,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    in_flight: usize,
    /// Places that are to vanish when they become free.
    owed: usize,
    /// Answers since the limit was last changed.
    answers: usize,
    quiet_until: Option<Instant>,
    /// `None` once the server has said itself what it takes, and where somebody set a number.
    climb: Option<Climb>,
    /// When the limit was last changed.
    changed: Option<Instant>,
}

/// The right to send one request; given back when dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    pacing: &'a Pacing,
    /// `None` only if the semaphore was closed, which nothing does.
    place: Option<SemaphorePermit<'a>>,
    /// False while it waits for the end of a cool-down.
    under_way: bool,
    since: Instant,
}

impl Pacing {
    /// With a number, that many at most and from the start (at least 1); without, 4 at first and 64 at most.
    pub fn new(slots: Option<usize>) -> Self {
        let cap = slots.map_or(HIGHEST_LIMIT, |slots| slots.clamp(1, Semaphore::MAX_PERMITS));
        let limit = slots.map_or(FIRST_LIMIT, |_| cap);
        Pacing {
            places: Semaphore::new(limit),
            cap,
            state: Mutex::new(State {
                limit,
                in_flight: 0,
                owed: 0,
                answers: 0,
                quiet_until: None,
                climb: slots.is_none().then(Climb::default),
                changed: None,
            }),
        }
    }

    /// The most requests that are ever under way at once.
    pub fn slots(&self) -> usize {
        self.cap
    }

    pub fn pace(&self) -> Pace {
        let state = self.state();
        Pace {
            limit: state.limit,
            in_flight: state.in_flight,
            cooling: state
                .quiet_until
                .and_then(|until| until.checked_duration_since(Instant::now()))
                .filter(|left| !left.is_zero()),
        }
    }

    /// Waits for a free place and for the end of any cool-down. Cancelled by dropping it.
    pub async fn turn(&self) -> Turn<'_> {
        let place = self.places.acquire().await.ok();
        let mut turn = Turn {
            pacing: self,
            place,
            under_way: false,
            since: Instant::now(),
        };
        // Another answer may have prolonged the cool-down meanwhile: look again after each wait.
        while let Some(until) = self.quiet_until() {
            tokio::time::sleep_until(until).await;
        }
        self.state().in_flight += 1;
        (turn.under_way, turn.since) = (true, Instant::now());
        turn
    }

    /// The server said that it has too much to do: no request starts for `wait` (a longer cool-down that already runs stays), and
    /// fewer are under way afterwards. Several that hear so in one cool-down count once.
    pub fn busy(&self, wait: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        let is_cooling = state.quiet_until.is_some_and(|until| until > now);
        if !is_cooling {
            let limit = (state.limit * 3 / 4).max(1);
            self.change(&mut state, limit);
            state.climb = None;
        }
        let until = now + wait;
        state.quiet_until = Some(state.quiet_until.map_or(until, |earlier| earlier.max(until)));
    }

    /// An answer of so many tokens came, asked for at `since`.
    fn answered(&self, since: Instant, now: Instant, tokens: u64) {
        let mut state = self.state();
        let state = &mut *state;
        // What is not used needs not be more.
        if self.places.available_permits() > 0 {
            return;
        }
        state.answers += 1;
        let limit = match &mut state.climb {
            Some(climb) => {
                // Those that began under another limit tell nothing of this one.
                let is_of_now = state.changed.is_none_or(|changed| since >= changed);
                let took = (now - since).as_secs_f64().max(1e-6);
                let rate = tokens.max(1) as f64 / took;
                is_of_now.then(|| climb.heard(state.limit, self.cap, rate)).flatten()
            }
            None if state.answers >= ANSWERS_FOR_ONE_MORE => Some((state.limit + 1).min(self.cap)),
            None => None,
        };
        if let Some(limit) = limit {
            self.change(state, limit);
        }
    }

    fn change(&self, state: &mut State, limit: usize) {
        if limit > state.limit {
            let more = limit - state.limit;
            let kept = more.min(state.owed);
            state.owed -= kept;
            self.places.add_permits(more - kept);
        } else {
            let fewer = state.limit - limit;
            state.owed += fewer - self.places.forget_permits(fewer);
        }
        (state.limit, state.answers) = (limit, 0);
        state.changed = Some(Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn quiet_until(&self) -> Option<Instant> {
        let mut state = self.state();
        state.quiet_until = state.quiet_until.filter(|until| *until > Instant::now());
        state.quiet_until
    }
}

impl Turn<'_> {
    /// Says that the request was answered with so many tokens.
    pub fn answered(&self, tokens: u64) {
        self.pacing.answered(self.since, Instant::now(), tokens);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.pacing.state();
        state.in_flight -= usize::from(self.under_way);
        if state.owed > 0
            && let Some(place) = self.place.take()
        {
            state.owed -= 1;
            place.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn never_more_than_the_slots() {
        let pacing = Arc::new(Pacing::new(Some(3)));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (pacing, now, most) = (Arc::clone(&pacing), Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(async move {
                    let turn = pacing.turn().await;
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    now.fetch_sub(1, Ordering::SeqCst);
                    turn.answered(1);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), 3);
        assert_eq!(pacing.pace().in_flight, 0);
    }

    #[tokio::test]
    async fn a_cool_down_holds_everyone_and_is_not_shortened() {
        let pacing = Pacing::new(Some(0));
        let start = Instant::now();
        pacing.busy(Duration::from_millis(60));
        pacing.busy(Duration::from_millis(1));
        assert!(
            pacing
                .pace()
                .cooling
                .is_some_and(|left| left > Duration::from_millis(1))
        );
        drop(pacing.turn().await);
        assert!(start.elapsed() >= Duration::from_millis(60));
        // It is over for whoever comes later.
        drop(pacing.turn().await);
        assert_eq!(pacing.pace().cooling, None);
    }

    /// Takes every place that is free at once.
    async fn fill(pacing: &Pacing) -> Vec<Turn<'_>> {
        let mut turns = Vec::new();
        while pacing.places.available_permits() > 0 {
            turns.push(pacing.turn().await);
        }
        turns
    }

    /// So many answers of a hundred tokens, each after a second.
    fn answers(pacing: &Pacing, count: usize) {
        let since = Instant::now();
        (0..count).for_each(|_| pacing.answered(since, since + Duration::from_secs(1), 100));
    }

    #[tokio::test]
    async fn a_busy_server_gets_a_quarter_less_and_one_more_for_25_answers() {
        let pacing = Pacing::new(Some(16));
        let turns = fill(&pacing).await;
        assert_eq!(turns.len(), 16);
        // All that are under way hear that it is too much: one cut.
        turns.iter().for_each(|_| pacing.busy(Duration::from_millis(20)));
        assert_eq!(pacing.pace().limit, 12);
        drop(turns);
        let turns = fill(&pacing).await;
        assert_eq!(turns.len(), 12, "the places are gone, not only promised");
        answers(&pacing, 24);
        assert_eq!(pacing.pace().limit, 12);
        answers(&pacing, 1);
        assert_eq!(pacing.pace().limit, 13);
        answers(&pacing, 25);
        assert_eq!(pacing.pace().limit, 13, "one place is free: more are not needed");
        drop(turns);
        for _ in 0..40 {
            let _turns = fill(&pacing).await;
            answers(&pacing, 25);
        }
        assert_eq!(pacing.pace().limit, 16, "never above what was set");
        for _ in 0..20 {
            pacing.busy(Duration::from_millis(1));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(pacing.pace().limit, 1);
        assert_eq!(fill(&pacing).await.len(), 1);
    }

    #[tokio::test]
    async fn without_a_number_the_limit_climbs_until_the_server_is_busy() {
        let pacing = Pacing::new(None);
        assert_eq!((pacing.pace().limit, pacing.slots()), (4, 64));
        for _ in 0..60 {
            let turns = fill(&pacing).await;
            answers(&pacing, turns.len());
        }
        assert_eq!(pacing.pace().limit, 64, "answers took no longer side by side");
        pacing.busy(Duration::from_millis(1));
        assert_eq!(pacing.pace().limit, 48);
    }
}

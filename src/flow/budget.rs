//! A hard limit on what a run may cost: a call is made only when it fits in what is left, however long its answer may be.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::cast::TeacherRole;
use crate::teacher::Usage;

/// An answer's length where the flow sets no limit, until longer ones were seen.
const UNLIMITED_ANSWER: u64 = 1024;

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenPrice {
    /// Read.
    pub input: f64,
    /// Written.
    pub output: f64,
}

impl TokenPrice {
    pub const FREE: TokenPrice = TokenPrice {
        input: 0.0,
        output: 0.0,
    };

    pub fn cost(&self, usage: Usage) -> f64 {
        (usage.prompt_tokens as f64 * self.input + usage.completion_tokens as f64 * self.output) / 1e6
    }
}

/// The most that a run may take; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// Read and written together.
    pub tokens: Option<u64>,
    /// In the currency of the price table.
    pub money: Option<f64>,
}

impl Budget {
    /// What is left once so much was spent.
    pub fn after(self, usage: Usage, cost: Option<f64>) -> Self {
        let tokens = usage.prompt_tokens + usage.completion_tokens;
        Budget {
            tokens: self.tokens.map(|left| left.saturating_sub(tokens)),
            money: self.money.map(|left| (left - cost.unwrap_or(0.0)).max(0.0)),
        }
    }

    /// A limit on tokens alone.
    pub fn of_tokens(tokens: Option<u64>) -> Self {
        Budget { tokens, money: None }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.tokens, self.money) {
            (Some(tokens), Some(money)) => write!(f, "{tokens} tokens and {money:.2} of money"),
            (Some(tokens), None) => write!(f, "{tokens} tokens"),
            (None, Some(money)) => write!(f, "{money:.2}"),
            (None, None) => f.write_str("nothing in particular"),
        }
    }
}

/// What a run has spent, and what its calls under way may still cost.
pub(super) struct Purse {
    budget: Budget,
    prices: [Option<TokenPrice>; 3],
    state: Mutex<State>,
    /// Something was given back.
    changed: Notify,
}

#[derive(Default)]
struct State {
    spent: Usage,
    money: f64,
    reserved_tokens: u64,
    reserved_money: f64,
    /// Prompt tokens as estimated and as they were, of all calls so far.
    estimated: u64,
    counted: u64,
    longest_answer: u64,
}

/// What was put aside for one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    role: TeacherRole,
    estimated_prompt: u64,
    tokens: u64,
    money: f64,
}

/// The next call does not fit any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UsedUp;

impl Purse {
    pub fn new(budget: Budget, prices: [Option<TokenPrice>; 3]) -> Self {
        Purse {
            budget,
            prices,
            state: Mutex::default(),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn price(&self, role: TeacherRole) -> Option<TokenPrice> {
        self.prices.get(role as usize).copied().flatten()
    }

    /// Puts aside what a call may cost at most: its prompt (estimated) and its longest possible answers. Waits for calls
    /// under way to give back what they did not need.
    pub async fn hold(
        &self,
        role: TeacherRole,
        prompt: u64,
        most_answer: Option<u64>,
        answers: u64,
    ) -> Result<Held, UsedUp> {
        loop {
            // Listening begins before looking, so that nothing given back in between is missed.
            let changed = self.changed.notified();
            {
                let mut state = self.state();
                let held = self.needed(&state, role, prompt, most_answer, answers);
                let fits = |left: Option<bool>| left.unwrap_or(true);
                let used = state.spent.prompt_tokens + state.spent.completion_tokens + state.reserved_tokens;
                let tokens_fit = self.budget.tokens.map(|most| used + held.tokens <= most);
                let money_fits = self
                    .budget
                    .money
                    .map(|most| state.money + state.reserved_money + held.money <= most);
                if fits(tokens_fit) && fits(money_fits) {
                    state.reserved_tokens += held.tokens;
                    state.reserved_money += held.money;
                    return Ok(held);
                }
                if state.reserved_tokens == 0 {
                    return Err(UsedUp);
                }
            }
            changed.await;
        }
    }

    fn needed(&self, state: &State, role: TeacherRole, prompt: u64, most_answer: Option<u64>, answers: u64) -> Held {
        // The estimate knows no tokenizer: what it was wrong by so far it is wrong by again.
        let ratio = match state.estimated {
            0 => 1.25,
            estimated => (state.counted as f64 / estimated as f64).max(1.0),
        };
        let usage = Usage {
            prompt_tokens: (prompt as f64 * ratio).ceil() as u64,
            completion_tokens: answers * most_answer.unwrap_or(UNLIMITED_ANSWER.max(state.longest_answer)),
        };
        Held {
            role,
            estimated_prompt: prompt,
            tokens: usage.prompt_tokens + usage.completion_tokens,
            money: self.price(role).map_or(0.0, |price| price.cost(usage)),
        }
    }

    /// Gives back what a call did not need. `usage`: what it took, as the server counted it, or nothing where it failed.
    pub fn settle(&self, held: Held, usage: Usage) {
        {
            let mut state = self.state();
            state.reserved_tokens = state.reserved_tokens.saturating_sub(held.tokens);
            state.reserved_money = (state.reserved_money - held.money).max(0.0);
            state.spent.prompt_tokens += usage.prompt_tokens;
            state.spent.completion_tokens += usage.completion_tokens;
            state.money += self.price(held.role).map_or(0.0, |price| price.cost(usage));
            state.longest_answer = state.longest_answer.max(usage.completion_tokens);
            if usage.prompt_tokens > 0 {
                state.estimated += held.estimated_prompt;
                state.counted += usage.prompt_tokens;
            }
        }
        self.changed.notify_waiters();
    }

    /// What was spent, where every price is known.
    pub fn cost(&self) -> Option<f64> {
        let all_known = TeacherRole::ALL.iter().all(|role| self.price(*role).is_some());
        all_known.then(|| self.state().money)
    }

    pub fn budget(&self) -> Budget {
        self.budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage {
            prompt_tokens,
            completion_tokens,
        }
    }

    #[tokio::test]
    async fn nothing_starts_that_might_not_fit_and_what_is_given_back_can_be_used() {
        let purse = Purse::new(Budget::of_tokens(Some(1000)), [None; 3]);
        let first = purse.hold(TeacherRole::Teacher, 200, Some(500), 1).await.unwrap();
        assert_eq!(first.tokens, 750);
        // The second waits for the first, which needed far less than it might have.
        let waiting = purse.hold(TeacherRole::Teacher, 200, Some(500), 1);
        let settling = async { purse.settle(first, used(200, 20)) };
        let (second, ()) = tokio::join!(waiting, settling);
        purse.settle(second.unwrap(), used(200, 500));
        // 920 are gone: nothing is under way, and nothing fits.
        assert_eq!(
            purse.hold(TeacherRole::Teacher, 200, Some(500), 1).await.unwrap_err(),
            UsedUp
        );
        assert_eq!(purse.cost(), None);
    }

    #[tokio::test]
    async fn money_is_counted_by_role() {
        let price = TokenPrice {
            input: 1.0,
            output: 10.0,
        };
        let budget = Budget {
            tokens: None,
            money: Some(0.02),
        };
        let purse = Purse::new(budget, [Some(price), Some(TokenPrice::FREE), Some(price)]);
        for role in [TeacherRole::Critic, TeacherRole::Teacher] {
            let held = purse.hold(role, 1000, Some(1000), 1).await.unwrap();
            purse.settle(held, used(1000, 1000));
        }
        assert!((purse.cost().unwrap() - 0.011).abs() < 1e-12);
        assert_eq!(
            purse.hold(TeacherRole::Teacher, 1000, Some(1000), 1).await.unwrap_err(),
            UsedUp
        );
        assert!(purse.hold(TeacherRole::Critic, 1000, Some(1000), 1).await.is_ok());
    }

    #[tokio::test]
    async fn an_estimate_that_was_wrong_is_corrected() {
        let purse = Purse::new(Budget::default(), [None; 3]);
        let held = purse.hold(TeacherRole::Teacher, 100, Some(10), 1).await.unwrap();
        purse.settle(held, used(300, 2000));
        let held = purse.hold(TeacherRole::Teacher, 100, None, 2).await.unwrap();
        assert_eq!(held.tokens, 300 + 2 * 2000);
    }
}

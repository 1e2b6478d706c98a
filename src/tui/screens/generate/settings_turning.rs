//! How keys change the settings: one choice on or back, digits typed into numbers.

use super::Generate;
use super::settings::{Row, Settings};
use crate::taxonomy::Kind;
use crate::taxonomy::knowledge::ChunkWish;
use crate::tui::screens::documents::Cut;

/// Counts that the arrow keys go through.
const STEPS: [usize; 12] = [1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
/// Limits that the arrow keys go through; 0 is none.
const TOKEN_STEPS: [u64; 10] = [
    0,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    10_000_000,
    100_000_000,
];
const CENT_STEPS: [u64; 12] = [0, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
/// Sizes of chunks, and what they share.
const CHUNK_STEPS: [u64; 11] = [50, 100, 120, 200, 300, 400, 500, 750, 1000, 1500, 2000];
const OVERLAP_STEPS: [u64; 9] = [0, 10, 25, 50, 75, 100, 150, 200, 300];
/// The highest count that can be typed.
const MOST: usize = 1_000_000;

/// What the documents screen asks of the settings.
impl Generate {
    /// How documents are to be cut.
    pub fn cut(&self) -> Cut {
        self.settings.cut()
    }

    #[cfg(test)]
    pub fn wish_chunks(&mut self, tokens: u64, overlap: u64) {
        self.settings.chunks.tokens = Some(tokens);
        self.settings.chunks.overlap = Some(overlap);
    }

    /// Makes the chunks of documents larger or smaller.
    pub fn step_chunks(&mut self, larger: bool) {
        self.settings.step_chunks(larger);
    }
}

impl Settings {
    /// Takes the next or the previous choice of a setting. True when something changed.
    pub fn step(&mut self, kinds: &[Kind], forward: bool) -> bool {
        self.typed = None;
        match self.row() {
            Row::Flow => {
                let len = self.flows(kinds).len();
                let next = around(self.flow, len, forward);
                let changed = std::mem::replace(&mut self.flow, next) != next;
                self.note_parts(kinds);
                changed
            }
            Row::Teacher => {
                let name = self.teacher().map(|choice| choice.name.clone());
                let next = self.next_name(name.as_ref(), forward, false);
                let changed = next != name;
                self.teacher = next;
                changed
            }
            Row::Critic => {
                let next = self.next_name(self.critic.as_ref(), forward, true);
                std::mem::replace(&mut self.critic, next.clone()) != next
            }
            Row::Reviser => {
                let next = self.next_name(self.reviser.as_ref(), forward, true);
                std::mem::replace(&mut self.reviser, next.clone()) != next
            }
            Row::Count => {
                let now = self.count();
                let next = stepped(&STEPS, now, forward);
                self.count = Some(next);
                next != now
            }
            Row::Tokens => {
                let next = stepped(&TOKEN_STEPS, self.tokens.unwrap_or(0), forward);
                let next = Some(next).filter(|next| *next > 0);
                std::mem::replace(&mut self.tokens, next) != next
            }
            Row::Money => {
                let now = self.money.map_or(0, |money| (money * 100.0).round() as u64);
                let next = stepped(&CENT_STEPS, now, forward);
                let next = Some(next as f64 / 100.0).filter(|next| *next > 0.0);
                std::mem::replace(&mut self.money, next) != next
            }
            Row::Seed => {
                let next = match (self.seed, forward) {
                    (None, true) => Some(1),
                    (None, false) | (Some(1), false) => None,
                    (Some(seed), true) => Some(seed + 1),
                    (Some(seed), false) => Some(seed - 1),
                };
                std::mem::replace(&mut self.seed, next) != next
            }
            Row::ChunkTokens => {
                let now = self.chunk_size();
                self.step_chunks(forward);
                self.chunk_size() != now
            }
            Row::ChunkOverlap => {
                let now = self.chunk_size();
                let next = stepped(&OVERLAP_STEPS, now.map_or(0, |now| now.overlap), forward);
                if now.is_some_and(|now| next < now.tokens) {
                    self.chunks.overlap = Some(next);
                }
                self.chunk_size() != now
            }
            Row::Live(_) | Row::Run(_) => false,
        }
    }

    /// Makes chunks larger or smaller. An overlap that somebody chose gives way where it has to.
    pub fn step_chunks(&mut self, larger: bool) {
        let now = self.chunk_size().map_or(0, |now| now.tokens);
        let next = stepped(&CHUNK_STEPS, now, larger);
        self.chunks.tokens = Some(next);
        self.chunks.overlap = self.chunks.overlap.map(|overlap| overlap.min(next.saturating_sub(1)));
    }

    /// The teacher's name after this one; round the end. With `or_none` no name at all is one of the choices.
    fn next_name(&self, name: Option<&String>, forward: bool, or_none: bool) -> Option<String> {
        let none = or_none.then_some(None);
        let names = self.teachers().iter().map(|choice| Some(&choice.name));
        let choices: Vec<Option<&String>> = none.into_iter().chain(names).collect();
        let at = choices.iter().position(|choice| *choice == name).unwrap_or_default();
        choices
            .get(around(at, choices.len(), forward))
            .copied()
            .flatten()
            .cloned()
    }

    /// Takes a digit or a point into the chosen number, else into the count; the first one begins it anew.
    pub fn type_digit(&mut self, digit: char) {
        if !self.row().is_number() {
            self.choose(Row::Count);
            self.typed = None;
        }
        let mut typed = self.typed.take().unwrap_or_default();
        if digit != '.' || (self.row() == Row::Money && !typed.contains('.')) {
            typed.push(digit);
        }
        self.take_typed(typed);
    }

    pub fn erase(&mut self) {
        if !self.row().is_number() {
            self.choose(Row::Count);
        }
        // What stands there counts, also where nobody chose it.
        let chunks = self.chunk_size().map_or(self.chunks, ChunkWish::from);
        let shown = match self.row() {
            Row::Tokens => self.tokens.map(|tokens| tokens.to_string()),
            Row::Money => self.money.map(|money| money.to_string()),
            Row::Seed => self.seed.map(|seed| seed.to_string()),
            Row::ChunkTokens => chunks.tokens.map(|tokens| tokens.to_string()),
            Row::ChunkOverlap => chunks.overlap.map(|overlap| overlap.to_string()),
            _ => Some(self.count().to_string()),
        };
        let mut typed = self.typed.take().or(shown).unwrap_or_default();
        typed.pop();
        self.take_typed(typed);
    }

    fn take_typed(&mut self, typed: String) {
        let number = typed.parse::<u64>().ok();
        match self.row() {
            Row::Tokens => self.tokens = number,
            Row::Money => self.money = typed.parse().ok().filter(|money: &f64| *money > 0.0),
            // 0 stands for none.
            Row::Seed => self.seed = number.filter(|seed| *seed > 0),
            Row::ChunkTokens => self.chunks.tokens = number,
            Row::ChunkOverlap => self.chunks.overlap = number,
            _ => {
                let count = number.and_then(|number| usize::try_from(number).ok());
                self.count = Some(count.map_or(if typed.is_empty() { 0 } else { MOST }, |count| count.min(MOST)));
            }
        }
        self.typed = Some(typed);
    }
}

impl Row {
    /// Digits are typed into it.
    fn is_number(self) -> bool {
        use Row::{ChunkOverlap, ChunkTokens, Count, Money, Seed, Tokens};
        matches!(self, Count | Tokens | Money | Seed | ChunkTokens | ChunkOverlap)
    }
}

/// The next or the previous of some steps; the same where there is none.
fn stepped<T: Copy + PartialOrd>(steps: &[T], now: T, forward: bool) -> T {
    let mut steps = steps.iter().copied();
    let next = if forward {
        steps.find(|step| *step > now)
    } else {
        steps.rev().find(|step| *step < now)
    };
    next.unwrap_or(now)
}

fn around(at: usize, len: usize, forward: bool) -> usize {
    let len = len.max(1);
    if forward { (at + 1) % len } else { (at + len - 1) % len }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::knowledge::ChunkSize;

    #[test]
    fn sizes_of_chunks_turn_are_typed_and_keep_together() {
        let mut settings = Settings::default();
        settings.choose(Row::ChunkTokens);
        assert_ne!(settings.row(), Row::ChunkTokens, "a skill has no documents");
        settings.note_parts(&[Kind::Knowledge]);
        settings.choose(Row::ChunkTokens);
        assert_eq!(settings.chunk_size(), Some(ChunkSize::USUAL));
        settings.erase();
        assert_eq!(settings.chunks.tokens, Some(50));
        (settings.chunks, settings.typed) = Default::default();
        assert!(settings.step(&[Kind::Knowledge], true));
        let size = |tokens, overlap| Some(ChunkSize { tokens, overlap });
        assert_eq!(settings.chunk_size(), size(750, 75));
        settings.choose(Row::ChunkOverlap);
        for digit in ['3', '0', '0'] {
            settings.type_digit(digit);
        }
        assert_eq!(settings.chunk_size(), size(750, 300));
        settings.choose(Row::ChunkTokens);
        for _ in 0..4 {
            settings.step(&[Kind::Knowledge], false);
        }
        assert_eq!(settings.chunk_size(), size(200, 199));
        settings.typed = None;
        settings.type_digit('9');
        assert_eq!(settings.chunk_size(), None, "9 tokens cannot share 199");
        settings.type_digit('0');
        settings.type_digit('0');
        assert_eq!(settings.chunk_size(), size(900, 199));
    }
}

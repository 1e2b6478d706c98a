//! Passing messages: a few lines above the footer, gone after a while, all kept for a look back.

use jiff::{SignedDuration, Timestamp};

use crate::tui::theme::Role;

/// How long a message stays.
const SHOWN: SignedDuration = SignedDuration::from_secs(8);

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Good,
    Plain,
    Bad,
}

impl Weight {
    pub fn role(self) -> Role {
        match self {
            Weight::Good | Weight::Plain => Role::Notice,
            Weight::Bad => Role::Bad,
        }
    }

    /// A mark beside the colour, which not everybody sees.
    pub fn mark(self) -> &'static str {
        match self {
            Weight::Good => "✓ ",
            Weight::Plain => "",
            Weight::Bad => "✗ ",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub weight: Weight,
    told: Timestamp,
    pub until: Timestamp,
}

/// The messages of this session, newest last; at most 200 are kept.
#[derive(Debug, Default)]
pub struct Notices(Vec<Notice>);

impl Notices {
    pub fn tell(&mut self, weight: Weight, text: impl Into<String>, now: Timestamp) {
        let stay = if weight == Weight::Bad { SHOWN * 2 } else { SHOWN };
        self.0.push(Notice {
            text: text.into(),
            weight,
            told: now,
            until: now.checked_add(stay).unwrap_or(now),
        });
        if self.0.len() > 200 {
            self.0.remove(0);
        }
    }

    /// The message to show now.
    pub fn current(&self, now: Timestamp) -> Option<&Notice> {
        self.0.last().filter(|notice| notice.until > now)
    }

    /// True while a complaint is shown.
    pub fn is_bad(&self, now: Timestamp) -> bool {
        self.current(now).is_some_and(|notice| notice.weight == Weight::Bad)
    }

    /// Takes the current message away.
    pub fn dismiss(&mut self, now: Timestamp) {
        if let Some(last) = self.0.last_mut() {
            last.until = last.until.min(now);
        }
    }

    /// Takes a message away that belongs to a screen which was left: an older one that is no complaint.
    pub fn leave_behind(&mut self, now: Timestamp) {
        if self
            .current(now)
            .is_some_and(|notice| notice.told < now && notice.weight != Weight::Bad)
        {
            self.dismiss(now);
        }
    }

    /// When the screen must be drawn again for a message to go.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.current(now).map(|notice| notice.until)
    }
}

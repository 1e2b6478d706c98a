//! Who plays which part in a run.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::blocks::Step;
use super::file::Flow;
use crate::teacher::Teacher;

/// The part that a block's model plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherRole {
    /// Writes samples.
    #[default]
    Teacher,
    /// Judges them.
    Critic,
    /// Mends what the critic found.
    Reviser,
}

impl TeacherRole {
    pub const ALL: [TeacherRole; 3] = [TeacherRole::Teacher, TeacherRole::Critic, TeacherRole::Reviser];

    /// The word in flow files, settings and on screen.
    pub fn word(self) -> &'static str {
        match self {
            TeacherRole::Teacher => "teacher",
            TeacherRole::Critic => "critic",
            TeacherRole::Reviser => "reviser",
        }
    }

    pub(super) fn parse(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|role| role.word() == word);
        found.ok_or_else(|| format!("'role' must be teacher, critic or reviser, not '{word}'"))
    }
}

impl Flow {
    /// True when a block of the flow asks whoever plays this part.
    pub fn has_part(&self, role: TeacherRole) -> bool {
        let plays = |step: &Step| matches!(step, Step::Ask(chat) if chat.role == role);
        self.blocks.iter().any(|block| plays(&block.step))
    }
}

/// The models of a run. Whoever is not there is played by the teacher.
#[derive(Clone)]
pub struct Cast {
    pub teacher: Arc<dyn Teacher>,
    pub critic: Option<Arc<dyn Teacher>>,
    pub reviser: Option<Arc<dyn Teacher>>,
}

impl Cast {
    /// One model for every part.
    pub fn of(teacher: Arc<dyn Teacher>) -> Self {
        Cast {
            teacher,
            critic: None,
            reviser: None,
        }
    }

    /// Those who were named, the teacher first.
    pub fn models(&self) -> impl Iterator<Item = &Arc<dyn Teacher>> {
        let others = [&self.critic, &self.reviser].into_iter().flatten();
        std::iter::once(&self.teacher).chain(others)
    }

    pub fn playing(&self, role: TeacherRole) -> &Arc<dyn Teacher> {
        let own = match role {
            TeacherRole::Teacher => None,
            TeacherRole::Critic => self.critic.as_ref(),
            TeacherRole::Reviser => self.reviser.as_ref(),
        };
        own.unwrap_or(&self.teacher)
    }
}

impl From<Arc<dyn Teacher>> for Cast {
    fn from(teacher: Arc<dyn Teacher>) -> Self {
        Cast::of(teacher)
    }
}

impl<T: Teacher + 'static> From<Arc<T>> for Cast {
    fn from(teacher: Arc<T>) -> Self {
        Cast::of(teacher)
    }
}

/// A run's models, each with the places that its calls share.
pub(super) struct Stage {
    pub cast: Cast,
    places: [Arc<Semaphore>; 3],
}

impl Stage {
    pub fn new(cast: Cast) -> Self {
        let mut shared: Vec<(Arc<dyn Teacher>, Arc<Semaphore>)> = Vec::new();
        let places = TeacherRole::ALL.map(|role| {
            let teacher = cast.playing(role);
            let known = shared.iter().find(|(known, _)| Arc::ptr_eq(known, teacher));
            if let Some((_, places)) = known {
                return Arc::clone(places);
            }
            let slots = teacher.slots().clamp(1, Semaphore::MAX_PERMITS);
            let places = Arc::new(Semaphore::new(slots));
            shared.push((Arc::clone(teacher), Arc::clone(&places)));
            places
        });
        Stage { cast, places }
    }

    pub fn playing(&self, role: TeacherRole) -> &dyn Teacher {
        self.cast.playing(role).as_ref()
    }

    pub fn places(&self, role: TeacherRole) -> &Semaphore {
        let [teacher, critic, reviser] = &self.places;
        match role {
            TeacherRole::Teacher => teacher,
            TeacherRole::Critic => critic,
            TeacherRole::Reviser => reviser,
        }
    }

    /// Calls that all models together can work on side by side.
    pub fn slots(&self) -> usize {
        let mut seen: Vec<&Arc<dyn Teacher>> = Vec::new();
        for role in TeacherRole::ALL {
            let teacher = self.cast.playing(role);
            if !seen.iter().any(|known| Arc::ptr_eq(known, teacher)) {
                seen.push(teacher);
            }
        }
        seen.iter().map(|teacher| teacher.slots().max(1)).sum()
    }
}

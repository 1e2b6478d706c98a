//! Stands in for teachers where only their prompts and prices are counted, so that a missing key or model is no obstacle.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::flow::Cast;
use crate::teacher::{Answering, ChatRequest, OnText, Teacher, TeacherError};
use crate::workbench::TeacherChoice;

/// What is known of somebody who plays a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Player {
    name: String,
    model: String,
    demonstration: bool,
    remote: bool,
}

impl Player {
    pub fn new(name: &str, choice: Option<&TeacherChoice>) -> Self {
        Player {
            name: name.to_owned(),
            model: choice.map(|choice| choice.model.clone()).unwrap_or_default(),
            demonstration: choice.is_some_and(|choice| choice.demonstration),
            remote: choice.is_some_and(|choice| choice.remote),
        }
    }
}

/// Who would play the parts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Casting {
    pub teacher: Player,
    pub critic: Option<Player>,
    pub reviser: Option<Player>,
}

impl Casting {
    pub fn cast(self) -> Cast {
        let other = |player: Option<Player>| player.map(|player| Arc::new(player) as Arc<dyn Teacher>);
        Cast {
            teacher: Arc::new(self.teacher),
            critic: other(self.critic),
            reviser: other(self.reviser),
        }
    }
}

impl Teacher for Player {
    fn name(&self) -> &str {
        &self.name
    }
    fn model(&self) -> &str {
        &self.model
    }
    fn slots(&self) -> usize {
        1
    }
    fn is_remote(&self) -> bool {
        self.remote
    }
    fn is_demonstration(&self) -> bool {
        self.demonstration
    }
    fn chat(&self, _request: ChatRequest, _on_text: OnText, _cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async { Err(TeacherError::NoWeights) })
    }
}

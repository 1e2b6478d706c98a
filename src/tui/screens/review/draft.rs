//! A sample being edited: one text field for each part, kept until the edit is kept.

use crate::samples::{Message, Role as Speaker, Sample};
use crate::tui::widgets::Field;

/// The fields of an edit.
pub struct SampleDraft {
    pub fields: Vec<(String, Field)>,
    pub chosen: usize,
    roles: Vec<Speaker>,
    has_context: bool,
}

impl SampleDraft {
    pub fn of(sample: &Sample) -> Self {
        let mut fields = Vec::new();
        for message in &sample.messages {
            fields.push((label(message.role).to_owned(), at_its_end(&message.content)));
        }
        if let Some(context) = &sample.context {
            fields.push(("context".to_owned(), at_its_end(context)));
        }
        // The answer is what is mended most.
        let chosen = sample
            .messages
            .iter()
            .rposition(|message| message.role == Speaker::Assistant)
            .unwrap_or_default();
        let roles = sample.messages.iter().map(|message| message.role).collect();
        SampleDraft {
            fields,
            chosen,
            roles,
            has_context: sample.context.is_some(),
        }
    }

    pub fn field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.chosen).map(|(_, field)| field)
    }

    pub fn step(&mut self, forward: bool) {
        let len = self.fields.len().max(1);
        self.chosen = (self.chosen + if forward { 1 } else { len - 1 }) % len;
    }

    /// The texts as messages and context.
    pub fn parts(&self) -> (Vec<Message>, Option<String>) {
        let messages = self
            .roles
            .iter()
            .zip(&self.fields)
            .map(|(role, (_, field))| Message::new(*role, field.text()))
            .collect();
        let context = if self.has_context {
            self.fields.last().map(|(_, field)| field.text())
        } else {
            None
        };
        (messages, context)
    }
}

/// A field whose caret stands where one goes on writing, as in the form of a leaf.
fn at_its_end(text: &str) -> Field {
    let mut field = Field::new(text, true);
    field.caret_to_end();
    field
}

/// What a message is called on screen.
pub fn label(role: Speaker) -> &'static str {
    match role {
        Speaker::System => "system",
        Speaker::User => "question",
        Speaker::Assistant => "answer",
    }
}

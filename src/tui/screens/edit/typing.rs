//! The field that has the caret, and how its text gets into the file.

use jiff::Timestamp;

use super::history::Version;
use super::outline::{Card, Row};
use super::sheet::Sheet;
use crate::taxonomy::form::FormEdit;
use crate::taxonomy::yaml::{EditError, YamlPath};
use crate::tui::widgets::Field;

/// A field being typed in.
pub struct Typing {
    pub path: YamlPath,
    pub field: Field,
    /// True while the text is not in the file's bytes.
    pub changed: bool,
    /// The file before the first letter; taken by the history with the first change.
    before: Option<Version>,
}

impl Sheet {
    /// Puts the caret into the chosen field; on a heading, into the first field below it. False when there is none.
    ///
    /// # Errors
    /// Why the form cannot change the field.
    pub fn start_typing(&mut self) -> Result<bool, EditError> {
        if self.field().is_none() {
            let card = self.card();
            let first = self.fields.iter().position(|field| Card::of_field(field) == card);
            if !first.is_some_and(|first| self.choose(Row::Field(first))) {
                return Ok(false);
            }
        }
        let Some(field) = self.field() else { return Ok(false) };
        let (path, multiline) = (field.yaml_path.clone(), field.multiline);
        self.try_set(&path)?;
        let text = self.value(&path);
        // Whatever a file holds is shown whole, also lines where the form expects one line.
        let multiline = multiline || text.trim_end().contains('\n');
        let mut field = Field::new(&text, multiline);
        field.caret_to_end();
        let before = Some(self.version());
        self.typing = Some(Typing {
            path,
            field,
            changed: false,
            before,
        });
        self.reading = false;
        Ok(true)
    }

    /// Says that the text in the field is another one now.
    pub fn typed(&mut self, now: Timestamp) {
        if let Some(typing) = &mut self.typing {
            typing.changed = true;
            self.touch(now);
        }
    }

    /// Puts what was typed into the file's bytes; the caret stays. All typing between two calls of
    /// [`Sheet::start_typing`] is one step of undo.
    ///
    /// # Errors
    /// [`EditError`]; the text is still in the field.
    pub fn flush(&mut self, now: Timestamp) -> Result<(), EditError> {
        let Some(mut typing) = self.typing.take() else {
            return Ok(());
        };
        let done = self.take_in(&mut typing, now);
        let path = typing.path.clone();
        self.typing = Some(typing);
        // A field may have come or gone with the change.
        self.choose_path(&path);
        done
    }

    fn take_in(&mut self, typing: &mut Typing, now: Timestamp) -> Result<(), EditError> {
        if !typing.changed {
            return Ok(());
        }
        let text = typing.field.text();
        if text != self.value(&typing.path) && self.edit_in_step(&[FormEdit::Set(typing.path.clone(), text)], now)? {
            match typing.before.take() {
                Some(before) => self.history.push(before),
                None => self.history.forget_future(),
            }
        }
        typing.changed = false;
        Ok(())
    }

    /// Puts what was typed into the file's bytes and takes the caret away.
    ///
    /// # Errors
    /// [`EditError`]; the caret and the text stay in the field.
    pub fn stop_typing(&mut self, now: Timestamp) -> Result<(), EditError> {
        self.flush(now)?;
        self.typing = None;
        Ok(())
    }
}

//! The field that has the caret, and how its text gets into the file.

use jiff::{SignedDuration, Timestamp};

use super::history::Version;
use super::outline::{Card, Row};
use super::sheet::Sheet;
use crate::taxonomy::form::FormEdit;
use crate::taxonomy::yaml::{Document, EditError, YamlPath};
use crate::tui::key::{Key, Press};
use crate::tui::widgets::Field;

/// A hand that rests this long begins a new step of undo.
const STEP_AFTER: SignedDuration = SignedDuration::from_millis(1500);

/// What a stretch of typing does; another kind begins a new step of undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    Writing,
    Deleting,
    /// A paste, a cut, a new line: a step of its own beginning.
    Whole,
}

impl Stretch {
    /// What a key does; `None` when it changes nothing.
    pub fn of(key: Key) -> Option<Stretch> {
        match key.press {
            _ if key.typed().is_some() => Some(Stretch::Writing),
            Press::Backspace | Press::Delete => Some(Stretch::Deleting),
            Press::Char('w') if key.ctrl => Some(Stretch::Deleting),
            Press::Enter => Some(Stretch::Whole),
            _ => None,
        }
    }
}

/// A field being typed in.
pub struct Typing {
    pub path: YamlPath,
    pub field: Field,
    /// True while the text is not in the file's bytes.
    pub changed: bool,
    /// The file before the first letter; taken by the history with the first change.
    before: Option<Version>,
    /// What was done last, and when.
    last: Option<(Stretch, Timestamp)>,
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
            last: None,
        });
        self.refused = None;
        self.reading = false;
        Ok(true)
    }

    /// Says what is about to be typed. What was typed before becomes a step of undo of its own when something else begins:
    /// deleting after writing, a paste, or anything after a rest.
    pub fn begin(&mut self, stretch: Stretch, now: Timestamp) {
        let Some(typing) = &mut self.typing else { return };
        let last = typing.last.replace((stretch, now));
        let goes_on = match last {
            None => true,
            Some((before, at)) => {
                let rested = now.duration_since(at) >= STEP_AFTER;
                !rested && stretch != Stretch::Whole && (before == stretch || before == Stretch::Whole)
            }
        };
        // Text that the file cannot take stays in the field, and in the step.
        if !goes_on && self.flush(now).is_ok() {
            let version = self.version();
            if let Some(typing) = &mut self.typing {
                typing.before = Some(version);
            }
        }
    }

    /// Says that the text in the field is another one now.
    pub fn typed(&mut self, now: Timestamp) {
        if let Some(typing) = &mut self.typing {
            typing.changed = true;
            self.touch(now);
            self.judge_soon(now);
        }
    }

    /// Takes in a document that a job made with the text in the field.
    pub fn take_typed(&mut self, document: Document, now: Timestamp) {
        let Some(mut typing) = self.typing.take() else { return };
        self.remember(&mut typing);
        typing.changed = false;
        let path = typing.path.clone();
        self.bytes = std::sync::Arc::from(document.bytes());
        self.document = Ok(document);
        self.typing = Some(typing);
        self.work_out();
        self.touch(now);
        self.choose_path(&path);
    }

    /// The first change of a step goes into the history.
    fn remember(&mut self, typing: &mut Typing) {
        match typing.before.take() {
            Some(before) => self.history.push(before),
            None => self.history.forget_future(),
        }
    }

    /// Puts what was typed into the file's bytes; the caret stays. It belongs to the step of undo that [`Sheet::begin`] began.
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
            self.remember(typing);
        }
        typing.changed = false;
        self.refused = None;
        Ok(())
    }

    /// True when a step can be taken back, what is being typed included.
    pub fn can_undo_typing(&self) -> bool {
        self.history.can_undo() || self.typing.as_ref().is_some_and(|typing| typing.changed)
    }

    /// Puts what was typed into the file's bytes and takes the caret away.
    ///
    /// # Errors
    /// [`EditError`]; the caret and the text stay in the field.
    pub fn stop_typing(&mut self, now: Timestamp) -> Result<(), EditError> {
        self.flush(now)?;
        self.typing = None;
        self.refused = None;
        Ok(())
    }
}

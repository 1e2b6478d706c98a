//! The sources of a leaf as a form over the screen: one block for each work, licences offered while one types.
//!
//! The file's text is the state, as in the edit screen: a change touches its line only, and what means nothing here stays.

#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use jiff::Timestamp;

use crate::taxonomy::attribution::{AttributionText, Licence, WorkKey, find_licences};
use crate::taxonomy::{Fingerprint, NodePath};
use crate::tui::command::{Command, Context};
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::jobs::Jobs;
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::tui::widgets::{Field, Rows};
use crate::workbench::Sources;

/// What this form asks of the world.
#[derive(Debug)]
pub enum Effect {
    Open(NodePath),
    Save {
        sources: Box<Sources>,
        /// The form closes once the file is saved.
        closing: bool,
        at: Timestamp,
    },
}

/// What this form is told.
#[derive(Debug)]
pub enum Report {
    Opened(Box<Sources>),
    Saved {
        node: NodePath,
        text: AttributionText,
        base: Fingerprint,
        closing: bool,
    },
}

/// Licences that are offered at a time.
const OFFERED: usize = 6;

/// A row of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Heading(usize),
    Field(usize, WorkKey),
    AddWork,
}

/// A field that has the caret.
pub struct Typing {
    pub work: usize,
    pub key: WorkKey,
    pub field: Field,
    /// Licences that fit what is typed; the first row is the typed text itself.
    pub offers: Vec<Licence>,
    pub chosen: Option<usize>,
}

/// The state of the form.
pub struct SourcesForm {
    pub sources: Sources,
    saved: AttributionText,
    pub rows: Rows,
    pub typing: Option<Typing>,
    past: Vec<AttributionText>,
    future: Vec<AttributionText>,
}

impl SourcesForm {
    pub fn new(sources: Sources) -> Self {
        SourcesForm {
            saved: sources.text.clone(),
            sources,
            rows: Rows::default(),
            typing: None,
            past: Vec::new(),
            future: Vec::new(),
        }
    }

    pub fn is_changed(&self) -> bool {
        self.sources.text != self.saved
    }

    pub fn contexts(&self) -> Vec<Context> {
        if self.typing.is_some() {
            vec![Context::Field]
        } else {
            vec![Context::Sources, Context::Global]
        }
    }

    /// Every row, in order.
    pub fn list(&self) -> Vec<Row> {
        let works = self.sources.text.attribution().works.len();
        let mut rows = Vec::with_capacity(works * 6 + 1);
        for work in 0..works {
            rows.push(Row::Heading(work));
            rows.extend(WorkKey::ALL.into_iter().map(|key| Row::Field(work, key)));
        }
        rows.push(Row::AddWork);
        rows
    }

    pub fn row(&self) -> Row {
        self.list().get(self.rows.chosen).copied().unwrap_or(Row::AddWork)
    }

    /// Makes a change that undo takes back.
    fn change(&mut self, change: impl FnOnce(&mut AttributionText)) {
        let before = self.sources.text.clone();
        change(&mut self.sources.text);
        if self.sources.text != before {
            self.past.push(before);
            self.future.clear();
        }
        let len = self.list().len();
        self.rows.clamp(len);
    }

    fn travel(&mut self, back: bool) -> bool {
        let (from, to) = if back {
            (&mut self.past, &mut self.future)
        } else {
            (&mut self.future, &mut self.past)
        };
        let Some(text) = from.pop() else { return false };
        to.push(std::mem::replace(&mut self.sources.text, text));
        let len = self.list().len();
        self.rows.clamp(len);
        true
    }

    fn start_typing(&mut self, work: usize, key: WorkKey) {
        let works = self.sources.text.attribution().works;
        let text = works
            .get(work)
            .map(|work| work.field(key).to_owned())
            .unwrap_or_default();
        let mut field = Field::new(&text, false);
        field.caret_to_end();
        self.typing = Some(Typing {
            work,
            key,
            field,
            offers: Vec::new(),
            chosen: None,
        });
        self.offer(key == WorkKey::Licence && text.trim().is_empty());
    }

    /// Looks for licences that fit what is typed.
    fn offer(&mut self, unasked: bool) {
        let Some(typing) = self.typing.as_mut().filter(|typing| typing.key == WorkKey::Licence) else {
            return;
        };
        let typed = typing.field.text();
        typing.chosen = None;
        typing.offers = if typed.trim().is_empty() && !unasked {
            Vec::new()
        } else {
            find_licences(&typed, OFFERED)
        };
    }

    /// Takes the caret away; what was typed, or the licence that was chosen, is in the text.
    fn stop_typing(&mut self) {
        let Some(typing) = self.typing.take() else { return };
        let offered = typing.chosen.and_then(|chosen| typing.offers.get(chosen));
        let value = offered.map_or_else(|| typing.field.text(), |licence| licence.id.to_owned());
        self.change(|text| {
            // The work was there when the caret was put into it.
            let _ = text.set(typing.work, typing.key, &value);
        });
    }
}

/// Opens the sources of a leaf.
pub fn open(node: NodePath, fx: &mut Vec<AnyEffect>) {
    fx.push(AnyEffect::Sources(Effect::Open(node)));
}

/// The commands of the footer, the most wanted first.
pub fn footer(form: &SourcesForm) -> Vec<Command> {
    if form.typing.is_some() {
        return vec![
            Command::FieldLeave,
            Command::FieldNext,
            Command::FieldSave,
            Command::FieldUndo,
        ];
    }
    vec![
        Command::TypeHere,
        Command::AddWork,
        Command::RemoveWork,
        Command::Save,
        Command::Undo,
        Command::Back,
    ]
}

/// Reading and saving; queued, so that a draft that is being written is there first.
pub fn perform(effect: Effect, rooms: &Rooms, jobs: &mut Jobs) {
    let rooms = rooms.clone();
    jobs.queue(move |post| {
        let done = match effect {
            Effect::Open(node) => rooms
                .workbench
                .sources(&node)
                .map(|sources| Report::Opened(Box::new(sources))),
            Effect::Save { sources, closing, at } => {
                rooms.workbench.save_sources(&sources, at).map(|base| Report::Saved {
                    node: sources.node.clone(),
                    text: sources.text.clone(),
                    base,
                    closing,
                })
            }
        };
        post.send_blocking(match done {
            Ok(report) => AnyReport::Sources(report),
            Err(error) => AnyReport::failed(error.to_string()),
        });
    });
}

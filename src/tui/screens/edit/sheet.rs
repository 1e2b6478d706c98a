//! One open leaf: its bytes with everything worked out from them, and every way in which they change.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::history::{History, Version};
use super::outline::{Card, Row, rows};
use super::raw::Painted;
use super::typing::Typing;
use crate::taxonomy::form::{Field as FormField, FormEdit, Length, apply, fields_of, most_words, value};
use crate::taxonomy::yaml::{Document, EditError, SyntaxError, YamlPath};
use crate::taxonomy::{Diagnostic, Fingerprint, Leaf, NodePath, Profile, Severity, leaf_of};
use crate::text::wrap::{self, wrap};
use crate::tui::widgets::Rows;

/// How long after a change the draft is written.
const DRAFT_AFTER: SignedDuration = SignedDuration::from_secs(2);
/// Files up to this size are judged with every change of their structure, larger ones when the hand rests.
const JUDGED_AT_ONCE: usize = 64 << 10;
/// How long a hand rests before what it typed is judged.
const JUDGED_AFTER: SignedDuration = SignedDuration::from_millis(300);

/// A field's value as it is shown; rows are worked out once for a width.
#[derive(Debug)]
pub struct Shown {
    pub text: String,
    pub length: Length,
    wrapped: RefCell<Option<(u16, Rc<Vec<wrap::Row>>)>>,
}

impl Shown {
    fn new(text: String, most: Option<usize>) -> Self {
        Shown {
            length: Length::of(&text, most),
            text,
            wrapped: RefCell::default(),
        }
    }

    /// The text's rows at a width. A final newline makes no row of its own.
    pub fn rows(&self, width: u16) -> Rc<Vec<wrap::Row>> {
        if let Some((known, rows)) = self.wrapped.borrow().as_ref()
            && *known == width
        {
            return Rc::clone(rows);
        }
        let text = self.text.strip_suffix('\n').unwrap_or(&self.text);
        let rows = Rc::new(wrap(text, usize::from(width)));
        self.wrapped.replace(Some((width, Rc::clone(&rows))));
        rows
    }
}

/// What the file on disk is, as far as is known.
#[derive(Debug, Clone)]
pub struct Disk {
    /// What was read or saved last.
    pub saved: Arc<[u8]>,
    /// Its fingerprint; `None` while there is no file.
    pub base: Option<Fingerprint>,
    /// What another program made of the file since.
    pub theirs: Option<Arc<[u8]>>,
}

/// A leaf in the form.
pub struct Sheet {
    pub node: NodePath,
    pub profile: Profile,
    pub disk: Disk,
    pub leaf: Leaf,
    pub fields: Vec<FormField>,
    /// The value of each field.
    pub shown: Vec<Shown>,
    pub rows: Vec<Row>,
    pub list: Rows,
    pub findings: Vec<Diagnostic>,
    /// For each row, the findings shown there.
    pub found_at: HashMap<Row, Vec<usize>>,
    pub history: History,
    pub typing: Option<Typing>,
    /// True while the keys scroll the right side.
    pub reading: bool,
    /// The first row of the right side in the window, and what it was scrolled for.
    pub card_top: Cell<usize>,
    pub card_for: Cell<Option<usize>>,
    /// The same for the view of the file: its first line, and the row and revision it was scrolled for.
    pub raw_top: Cell<usize>,
    pub raw_for: Cell<Option<(usize, u64)>>,
    pub(super) painted: RefCell<Option<Rc<Painted>>>,
    pub draft_due: Option<Timestamp>,
    pub judge_due: Option<Timestamp>,
    /// Counts every change, also of text that is not in the file yet: a judgement belongs to one of them.
    pub revision: u64,
    /// Why the file cannot take what is being typed.
    pub refused: Option<String>,
    /// True while a draft of this leaf is on disk that belongs to what is on the screen.
    pub drafted: bool,
    pub(super) bytes: Arc<[u8]>,
    pub(super) document: Result<Document, SyntaxError>,
}

impl Sheet {
    /// Opens bytes; `disk` says what the file is, which is another thing for a draft.
    pub fn new(node: NodePath, profile: Profile, bytes: Arc<[u8]>, disk: Disk, now: Timestamp) -> Self {
        let document = Document::parse(&bytes);
        let leaf = leaf_of(&node, document.as_ref().ok().and_then(Document::root));
        let mut sheet = Sheet {
            node,
            profile,
            disk,
            leaf,
            fields: Vec::new(),
            shown: Vec::new(),
            rows: Vec::new(),
            list: Rows::default(),
            findings: Vec::new(),
            found_at: HashMap::new(),
            history: History::default(),
            typing: None,
            reading: false,
            card_top: Cell::new(0),
            card_for: Cell::new(None),
            raw_top: Cell::new(0),
            raw_for: Cell::new(None),
            painted: RefCell::default(),
            draft_due: None,
            judge_due: None,
            revision: 0,
            refused: None,
            drafted: false,
            bytes,
            document,
        };
        sheet.work_out();
        sheet.judge_in_time(now);
        sheet
    }

    /// The file as it would be saved, apart from what is being typed right now.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The document, or where it breaks off.
    pub fn document(&self) -> Result<&Document, &SyntaxError> {
        self.document.as_ref()
    }

    /// True while there is text that is not in the file.
    pub fn is_changed(&self) -> bool {
        self.bytes != self.disk.saved || self.typing.as_ref().is_some_and(|typing| typing.changed)
    }

    pub fn version(&self) -> Version {
        Version {
            bytes: Arc::clone(&self.bytes),
            chosen: self.list.chosen,
            beside: None,
        }
    }

    /// The chosen row.
    pub fn row(&self) -> Row {
        self.rows.get(self.list.chosen).copied().unwrap_or(Row::File)
    }

    /// The field of the chosen row.
    pub fn field(&self) -> Option<&FormField> {
        match self.row() {
            Row::Field(number) => self.fields.get(number),
            Row::File | Row::Example(_) | Row::Documents => None,
        }
    }

    /// The page on the right side.
    pub fn card(&self) -> Card {
        match self.row() {
            Row::File => Card::File,
            Row::Example(example) => Card::Example(example),
            Row::Documents => Card::Documents,
            Row::Field(number) => self.fields.get(number).map_or(Card::File, Card::of_field),
        }
    }

    /// The example on the page, if it is one.
    pub fn example(&self) -> Option<usize> {
        match self.card() {
            Card::Example(example) => Some(example),
            Card::File | Card::Documents => None,
        }
    }

    /// Chooses a row, if it is there.
    pub fn choose(&mut self, row: Row) -> bool {
        let at = self.rows.iter().position(|other| *other == row);
        self.list.chosen = at.unwrap_or(self.list.chosen);
        at.is_some()
    }

    /// Chooses the row of a field, if it is there.
    pub fn choose_path(&mut self, path: &YamlPath) -> bool {
        let number = self.fields.iter().position(|field| field.yaml_path == *path);
        number.is_some_and(|number| self.choose(Row::Field(number)))
    }

    /// What a field holds; empty where it is missing.
    pub fn value(&self, path: &YamlPath) -> String {
        self.document
            .as_ref()
            .map(|document| value(document, path))
            .unwrap_or_default()
    }

    /// Findings of a row, the worst first.
    pub fn found(&self, row: Row) -> impl Iterator<Item = &Diagnostic> {
        self.found_at
            .get(&row)
            .into_iter()
            .flatten()
            .filter_map(|index| self.findings.get(*index))
    }

    /// How bad the worst finding of a row is; for a heading, of everything below it.
    pub fn worst(&self, row: Row) -> Option<Severity> {
        let own = self.found(row).map(|found| found.severity).max();
        let fields = self.fields.iter().enumerate();
        let below = fields.filter(|(_, field)| Card::of_field(field).heading() == row);
        own.max(
            below
                .flat_map(|(number, _)| self.found(Row::Field(number)))
                .map(|found| found.severity)
                .max(),
        )
    }

    /// Makes changes as one step of undo. Returns false when nothing is different afterwards.
    ///
    /// # Errors
    /// [`EditError`], and everything is as it was.
    pub fn edit(&mut self, edits: &[FormEdit], now: Timestamp) -> Result<bool, EditError> {
        let before = self.version();
        let changed = self.edit_in_step(edits, now)?;
        if changed {
            self.history.push(before);
        }
        Ok(changed)
    }

    /// Makes changes that belong to a step of undo which is there already.
    ///
    /// # Errors
    /// [`EditError`], and everything is as it was.
    pub fn edit_in_step(&mut self, edits: &[FormEdit], now: Timestamp) -> Result<bool, EditError> {
        let Ok(document) = &self.document else { return Ok(false) };
        let mut next = document.clone();
        for edit in edits {
            apply(&mut next, self.leaf.kind, edit)?;
        }
        if next.bytes() == &*self.bytes {
            return Ok(false);
        }
        self.bytes = Arc::from(next.bytes());
        self.document = Ok(next);
        self.changed(now);
        Ok(true)
    }

    /// Tells whether a field can take a text at all, without changing anything.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn try_set(&self, path: &YamlPath) -> Result<(), EditError> {
        let Ok(document) = &self.document else { return Ok(()) };
        let text = format!("{}.", value(document, path));
        apply(
            &mut document.clone(),
            self.leaf.kind,
            &FormEdit::Set(path.clone(), text),
        )
    }

    /// Takes other bytes for the whole file; one step of undo.
    pub fn replace(&mut self, bytes: Arc<[u8]>, now: Timestamp) {
        if bytes != self.bytes {
            let before = self.version();
            self.history.push(before);
            self.show(bytes, now);
        }
    }

    /// Says that the file on disk is now this one.
    pub fn is_saved_as(&mut self, saved: Arc<[u8]>, base: Fingerprint) {
        self.disk = Disk {
            saved,
            base: Some(base),
            theirs: None,
        };
        if !self.is_changed() {
            self.draft_due = None;
        }
    }

    pub(super) fn show(&mut self, bytes: Arc<[u8]>, now: Timestamp) {
        self.document = Document::parse(&bytes);
        self.bytes = bytes;
        self.changed(now);
    }

    /// Takes in that the document is another one.
    fn changed(&mut self, now: Timestamp) {
        self.revision += 1;
        self.work_out();
        self.touch(now);
        self.judge_in_time(now);
    }

    /// Judges the file now, or lets a job do it where that would keep a key waiting.
    fn judge_in_time(&mut self, now: Timestamp) {
        if self.bytes.len() <= JUDGED_AT_ONCE {
            self.judge();
        } else {
            self.judge_soon(now);
            // Old findings would stand at wrong rows.
            self.found_at.clear();
        }
    }

    /// Lets the file be judged, with what is being typed, once the hand rests.
    pub fn judge_soon(&mut self, now: Timestamp) {
        self.revision += 1;
        self.judge_due = now.checked_add(JUDGED_AFTER).ok();
    }

    /// Lets the draft be written soon.
    pub fn touch(&mut self, now: Timestamp) {
        if self.draft_due.is_none() {
            self.draft_due = now.checked_add(DRAFT_AFTER).ok();
        }
    }

    /// Works out everything that follows from the document.
    pub(super) fn work_out(&mut self) {
        self.leaf = leaf_of(&self.node, self.document.as_ref().ok().and_then(Document::root));
        let fields = self
            .document
            .as_ref()
            .map(|_| fields_of(&self.leaf))
            .unwrap_or_default();
        // What did not change keeps its rows: a form may hold long texts.
        let old = std::mem::take(&mut self.fields)
            .into_iter()
            .zip(std::mem::take(&mut self.shown));
        let mut known: HashMap<YamlPath, Shown> = old.map(|(field, shown)| (field.yaml_path, shown)).collect();
        self.shown = fields
            .iter()
            .map(|field| {
                let text = self.value(&field.yaml_path);
                match known.remove(&field.yaml_path) {
                    Some(shown) if shown.text == text => shown,
                    _ => Shown::new(text, most_words(field)),
                }
            })
            .collect();
        self.rows = rows(&fields);
        self.fields = fields;
        self.list.clamp(self.rows.len());
    }
}

//! One open leaf: its bytes with everything worked out from them, and every way in which they change.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::history::{History, Version};
use super::outline::{Card, Places, Row, rows};
use super::typing::Typing;
use crate::taxonomy::check::{check_document, fixed};
use crate::taxonomy::form::{Field as FormField, FormEdit, apply, fields_of, value};
use crate::taxonomy::knowledge::count_words;
use crate::taxonomy::yaml::{Document, EditError, SyntaxError, YamlPath};
use crate::taxonomy::{Diagnostic, Fingerprint, Leaf, NodePath, Profile, Severity, leaf_of};
use crate::text::wrap::{self, wrap};
use crate::tui::widgets::Rows;

/// How long after a change the draft is written.
const DRAFT_AFTER: SignedDuration = SignedDuration::from_secs(2);
/// Files up to this size are judged at every change, larger ones when typing rests.
const JUDGED_AT_ONCE: usize = 64 << 10;
const JUDGED_AFTER: SignedDuration = SignedDuration::from_millis(500);
/// Most findings that one command mends.
const MOST_FIXES: usize = 200;

/// A field's value as it is shown; rows are worked out once for a width.
#[derive(Debug)]
pub struct Shown {
    pub text: String,
    pub words: usize,
    wrapped: RefCell<Option<(u16, Rc<Vec<wrap::Row>>)>>,
}

impl Shown {
    fn new(text: String) -> Self {
        Shown {
            words: count_words(&text),
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
    pub draft_due: Option<Timestamp>,
    pub judge_due: Option<Timestamp>,
    /// True while a draft of this leaf is on disk that belongs to what is on the screen.
    pub drafted: bool,
    bytes: Arc<[u8]>,
    document: Result<Document, SyntaxError>,
}

impl Sheet {
    /// Opens bytes; `disk` says what the file is, which is another thing for a draft.
    pub fn new(node: NodePath, profile: Profile, bytes: Arc<[u8]>, disk: Disk) -> Self {
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
            draft_due: None,
            judge_due: None,
            drafted: false,
            bytes,
            document,
        };
        sheet.work_out();
        sheet.judge();
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

    /// Goes one step back, or forth. False when there is none.
    pub fn travel(&mut self, back: bool, now: Timestamp) -> bool {
        let here = self.version();
        let there = if back {
            self.history.undo(here)
        } else {
            self.history.redo(here)
        };
        let Some(there) = there else { return false };
        self.show(there.bytes, now);
        self.list.chosen = there.chosen.min(self.rows.len().saturating_sub(1));
        true
    }

    /// Mends what can be mended without knowing the subject at a row; on the file's heading, everywhere. Returns how many.
    pub fn fix(&mut self, now: Timestamp) -> usize {
        let row = self.row();
        let before = self.version();
        let mut count = 0;
        while count < MOST_FIXES {
            let kind = self.leaf.kind;
            let wanted =
                |number: usize| row == Row::File || self.found_at.get(&row).is_some_and(|at| at.contains(&number));
            let mended = self
                .findings
                .iter()
                .enumerate()
                .filter(|(number, found)| found.fix.is_some() && wanted(*number))
                .find_map(|(_, found)| fixed(&self.bytes, kind, found));
            let Some(bytes) = mended else { break };
            self.show(bytes.into(), now);
            self.judge();
            count += 1;
        }
        if count > 0 {
            self.history.push(before);
        }
        count
    }

    /// True when a finding of the chosen row can be mended.
    pub fn can_fix(&self) -> bool {
        let row = self.row();
        if row == Row::File {
            return self.findings.iter().any(|found| found.fix.is_some());
        }
        self.found(row).any(|found| found.fix.is_some())
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

    /// Judges the file now.
    pub fn judge(&mut self) {
        self.judge_due = None;
        self.findings = check_document(&self.node.qna_relative(), &self.document, self.profile);
        self.found_at.clear();
        let places = self
            .document
            .as_ref()
            .ok()
            .map(|document| Places::new(document, &self.fields));
        let mut order: Vec<usize> = (0..self.findings.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(self.findings.get(*index).map(|found| found.severity)));
        for index in order {
            let Some(found) = self.findings.get(index) else {
                continue;
            };
            let row = places.as_ref().map_or(Row::File, |places| places.row(found));
            self.found_at.entry(row).or_default().push(index);
        }
    }

    fn show(&mut self, bytes: Arc<[u8]>, now: Timestamp) {
        self.document = Document::parse(&bytes);
        self.bytes = bytes;
        self.changed(now);
    }

    fn changed(&mut self, now: Timestamp) {
        self.work_out();
        self.touch(now);
        if self.bytes.len() <= JUDGED_AT_ONCE {
            self.judge();
        } else {
            self.judge_due = now.checked_add(JUDGED_AFTER).ok();
            // Old findings would stand at wrong rows.
            self.found_at.clear();
        }
    }

    /// Lets the draft be written soon.
    pub fn touch(&mut self, now: Timestamp) {
        if self.draft_due.is_none() {
            self.draft_due = now.checked_add(DRAFT_AFTER).ok();
        }
    }

    /// Works out everything that follows from the document.
    fn work_out(&mut self) {
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
                    _ => Shown::new(text),
                }
            })
            .collect();
        self.rows = rows(&fields);
        self.fields = fields;
        self.list.clamp(self.rows.len());
    }
}

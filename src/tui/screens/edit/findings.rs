//! Findings beside the fields: judging the file with what is being typed, mending, going from one to the next.
//!
//! What is typed is judged away from the loop, once the hand rests; the job hands the changed document back, so that the form
//! and the view of the file show it too.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::outline::{Places, Row};
use super::sheet::Sheet;
use crate::taxonomy::check::{advise, check_document, fixed};
use crate::taxonomy::form::{FormEdit, apply, fields_of, value};
use crate::taxonomy::yaml::{Document, SyntaxError, YamlPath};
use crate::taxonomy::{Diagnostic, Kind, NodePath, Profile, leaf_of};

/// Most findings that one command mends.
const MOST_FIXES: usize = 200;

/// The advice that the form gives by itself, as word counts at each text.
const COUNTED: &str = "long-text";

/// A file to be judged, with a text that is not in it yet.
#[derive(Debug)]
pub struct Judging {
    pub node: NodePath,
    pub revision: u64,
    pub profile: Profile,
    pub kind: Kind,
    pub bytes: Arc<[u8]>,
    pub typed: Option<(YamlPath, String)>,
}

/// What was found.
#[derive(Debug)]
pub struct Judged {
    pub node: NodePath,
    pub revision: u64,
    pub findings: Vec<Diagnostic>,
    pub found_at: HashMap<Row, Vec<usize>>,
    /// The document with the typed text in it, where that changed it.
    pub document: Option<Document>,
    /// Why the file cannot take the typed text.
    pub refused: Option<String>,
}

/// Judges a file. Takes milliseconds for a usual one, seconds for one of many megabytes.
pub fn judge(asked: Judging) -> Judged {
    let mut document = Document::parse(&asked.bytes);
    let mut refused = None;
    let mut changed = false;
    if let (Ok(document), Some((path, text))) = (&mut document, asked.typed)
        && value(document, &path) != text
    {
        match apply(document, asked.kind, &FormEdit::Set(path, text)) {
            Ok(()) => changed = document.bytes() != &*asked.bytes,
            Err(error) => refused = Some(error.to_string()),
        }
    }
    let (findings, found_at) = found_in(&asked.node, &document, asked.profile);
    Judged {
        node: asked.node,
        revision: asked.revision,
        findings,
        found_at,
        document: document.ok().filter(|_| changed),
        refused,
    }
}

/// The findings of a document and the rows of its form that they belong to, the worst first.
fn found_in(
    node: &NodePath,
    document: &Result<Document, SyntaxError>,
    profile: Profile,
) -> (Vec<Diagnostic>, HashMap<Row, Vec<usize>>) {
    let path = node.qna_relative();
    let mut findings = check_document(&path, document, profile);
    if let Ok(document) = document {
        let advice = advise(&path, document, None).into_iter();
        findings.extend(advice.filter(|found| found.rule != COUNTED));
    }
    let fields = document
        .as_ref()
        .map(|document| fields_of(&leaf_of(node, document.root())))
        .unwrap_or_default();
    let places = document.as_ref().ok().map(|document| Places::new(document, &fields));
    let mut order: Vec<(usize, &Diagnostic)> = findings.iter().enumerate().collect();
    order.sort_by_key(|(_, found)| std::cmp::Reverse(found.severity));
    let mut found_at: HashMap<Row, Vec<usize>> = HashMap::new();
    for (index, found) in order {
        let row = places.as_ref().map_or(Row::File, |places| places.row(found));
        found_at.entry(row).or_default().push(index);
    }
    (findings, found_at)
}

impl Sheet {
    /// Judges the file now, without what is being typed.
    pub fn judge(&mut self) {
        self.judge_due = None;
        (self.findings, self.found_at) = found_in(&self.node, &self.document, self.profile);
    }

    /// The file as a job judges it.
    pub fn take_judging(&mut self) -> Judging {
        self.judge_due = None;
        let typing = self.typing.as_ref().filter(|typing| typing.changed);
        Judging {
            node: self.node.clone(),
            revision: self.revision,
            profile: self.profile,
            kind: self.leaf.kind,
            bytes: Arc::clone(&self.bytes),
            typed: typing.map(|typing| (typing.path.clone(), typing.field.text())),
        }
    }

    /// Takes a judgement in, unless something changed since it was asked for.
    pub fn judged(&mut self, judged: Judged, now: Timestamp) {
        if judged.revision != self.revision {
            return;
        }
        self.refused = judged.refused;
        if let Some(document) = judged.document {
            self.take_typed(document, now);
        }
        self.findings = judged.findings;
        self.found_at = judged.found_at;
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

    /// Chooses the next row with a finding, or the one before, round the end. Returns which of the rows with findings it is
    /// (from 1), how many there are, and what its worst finding says.
    pub fn next_finding(&mut self, forward: bool) -> Option<(usize, usize, String)> {
        let rows: Vec<usize> = (0..self.rows.len())
            .filter(|at| self.rows.get(*at).is_some_and(|row| self.found_at.contains_key(row)))
            .collect();
        let here = self.list.chosen;
        let next = if forward {
            rows.iter().position(|at| *at > here).unwrap_or(0)
        } else {
            rows.iter()
                .rposition(|at| *at < here)
                .unwrap_or(rows.len().checked_sub(1)?)
        };
        self.list.chosen = *rows.get(next)?;
        let said = self.found(self.row()).next().map(|found| found.message.clone())?;
        Some((next + 1, rows.len(), said))
    }
}

//! The rows of the outline, and which row a finding belongs to.

use std::collections::HashMap;

use crate::taxonomy::Diagnostic;
use crate::taxonomy::form::{Field, Group, example_path};
use crate::taxonomy::yaml::{Document, YamlPath};

/// A row of the outline. Numbers count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// The heading of the file with its first fields.
    File,
    /// The heading of a seed example.
    Example(usize),
    /// The heading of the documents.
    Documents,
    /// A field, by its number in the form.
    Field(usize),
}

/// What is seen as one page on the right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    File,
    Example(usize),
    Documents,
}

impl Card {
    /// The card that a field is on.
    pub fn of_field(field: &Field) -> Card {
        match field.group {
            Group::Top => Card::File,
            Group::Example(example) | Group::Pair(example, _) => Card::Example(example),
            Group::Document => Card::Documents,
        }
    }

    /// The card's heading in the outline.
    pub fn heading(self) -> Row {
        match self {
            Card::File => Row::File,
            Card::Example(example) => Row::Example(example),
            Card::Documents => Row::Documents,
        }
    }
}

/// The rows of a form: each card's heading, then its fields.
pub fn rows(fields: &[Field]) -> Vec<Row> {
    let mut rows = vec![Row::File];
    let mut card = Card::File;
    for (number, field) in fields.iter().enumerate() {
        let next = Card::of_field(field);
        if next != card {
            card = next;
            rows.push(card.heading());
        }
        rows.push(Row::Field(number));
    }
    rows
}

/// Finds the rows of findings: by path where one is named, else by line.
pub struct Places {
    by_path: HashMap<YamlPath, Row>,
    /// Lines (from 1) of each field's value: first, last, number of the field.
    lines: Vec<(usize, usize, usize)>,
}

impl Places {
    pub fn new(document: &Document, fields: &[Field]) -> Self {
        let text = document.text();
        let mut by_path = HashMap::new();
        let mut lines = Vec::new();
        for (number, field) in fields.iter().enumerate() {
            let card = Card::of_field(field);
            if let Card::Example(example) = card {
                by_path.entry(example_path(example)).or_insert(card.heading());
            }
            if card == Card::Documents {
                by_path
                    .entry(YamlPath::root().key("document"))
                    .or_insert(card.heading());
            }
            // A finding on a whole pair is shown at its question.
            if let (Group::Pair(..), Some(pair)) = (field.group, field.yaml_path.parent()) {
                by_path.entry(pair).or_insert(Row::Field(number));
            }
            by_path.insert(field.yaml_path.clone(), Row::Field(number));
            if let Some(node) = document.get(&field.yaml_path) {
                let value = text.get(node.span.clone()).unwrap_or_default();
                let last = node.line + value.trim_end_matches(['\n', '\r']).matches('\n').count();
                lines.push((node.line, last, number));
            }
        }
        lines.sort_unstable();
        Places { by_path, lines }
    }

    /// The row that a finding is shown at.
    pub fn row(&self, found: &Diagnostic) -> Row {
        if found.yaml_path.is_empty() {
            return self.at_line(found.line);
        }
        let mut path: Option<YamlPath> = found.yaml_path.parse().ok();
        while let Some(here) = path {
            if let Some(row) = self.by_path.get(&here) {
                return *row;
            }
            path = here.parent();
        }
        Row::File
    }

    fn at_line(&self, line: usize) -> Row {
        let after = self.lines.partition_point(|(first, _, _)| *first <= line);
        let near = after.checked_sub(1).and_then(|at| self.lines.get(at));
        match near {
            Some((_, last, number)) if line <= *last => Row::Field(*number),
            _ => Row::File,
        }
    }
}

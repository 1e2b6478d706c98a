//! Walks a document along its schema. One finding for each violation, as JSON Schema counts them.

use std::collections::HashMap;

use super::place::{place, subject};
use super::shapes::{Group, KNOWLEDGE_V3, SKILL_V1, SKILL_V2, SKILL_V3, Shape};
use super::value::canonical;
use super::version::{LATEST, SchemaName, VERSION_FIX, Version, kind_of};
use super::{At, Findings};
use crate::taxonomy::yaml::{Node, Resolved, YamlPath};

/// Judges the top mapping of a file.
pub(super) fn check(path: &str, root: &Node, version: Version, findings: &mut Findings) {
    let name = SchemaName::of(path, Some(root));
    let at_version = || {
        root.get("version").map_or(At::FILE, |node| At {
            line: node.line,
            column: node.column,
            yaml_path: "",
        })
    };
    let group = match (name, version) {
        (_, Version::NoNumber) => return,
        (_, Version::Unknown(_)) => {
            let written = root.get("version").and_then(Node::scalar_text).unwrap_or_default();
            let message = format!(
                "There is no schema of version {written}, so InstructLab cannot read the file; write 'version: 3'."
            );
            findings.error("version", at_version(), message, Some(VERSION_FIX.to_owned()));
            return;
        }
        (SchemaName::Knowledge, Version::Known(number)) if number < LATEST => {
            let message = format!(
                "Version {number} is no longer read for knowledge, where several questions belong to each context; write \
                 'version: 3' and bring the seed examples into that form."
            );
            findings.error(
                "deprecated-version",
                at_version(),
                message,
                Some(VERSION_FIX.to_owned()),
            );
            return;
        }
        (SchemaName::Knowledge, Version::Known(_)) => &KNOWLEDGE_V3,
        (SchemaName::Skill, Version::Known(1)) => &SKILL_V1,
        (SchemaName::Skill, Version::Known(2)) => &SKILL_V2,
        (SchemaName::Skill, Version::Known(_)) => &SKILL_V3,
    };
    let mut walk = Walk { findings };
    walk.group(group, root, &YamlPath::root(), (root.line, root.column));
}

struct Walk<'f> {
    findings: &'f mut Findings,
}

impl Walk<'_> {
    /// `key_at` is where the key of the value stands, for findings about what is not there.
    fn shape(&mut self, shape: &Shape, node: &Node, path: &YamlPath, key_at: (usize, usize)) {
        match shape {
            Shape::Text { filled } => self.text(*filled, node, path, key_at),
            Shape::Version(wanted) => self.version(*wanted, node, path),
            Shape::List { at_least, unique, item } => self.list(*at_least, *unique, item, node, path, key_at),
            Shape::Group(group) => self.group(group, node, path, key_at),
        }
    }

    fn text(&mut self, filled: bool, node: &Node, path: &YamlPath, key_at: (usize, usize)) {
        if let Some(text) = node.as_text() {
            if filled && text.is_empty() {
                let message = format!(
                    "{} is empty, and InstructLab needs a text there; write it.",
                    subject(path)
                );
                self.tell("min-length", (node.line, node.column), path, message, None);
            }
            return;
        }
        let (message, fix) = match (node.scalar_text(), kind_of(node)) {
            (_, Resolved::Null) => (
                format!(
                    "{} has no value, and InstructLab needs a text there; write it.",
                    subject(path)
                ),
                None,
            ),
            (Some(text), kind) => {
                let read_as = match kind {
                    Resolved::Bool => "yes or no",
                    Resolved::Timestamp => "a date",
                    Resolved::Binary => "binary content",
                    _ => "a number",
                };
                let shown: String = text.chars().take(40).collect();
                let message = format!(
                    "{} is read as {read_as} ({shown}), and InstructLab needs a text; put it in quotes.",
                    subject(path)
                );
                let fix = (kind != Resolved::Binary).then(|| "Puts the value in quotes.".to_owned());
                (message, fix)
            }
            (None, _) => (
                format!(
                    "{} is {}, and InstructLab needs a text there; write one text instead.",
                    subject(path),
                    node.shape()
                ),
                None,
            ),
        };
        let at = if node.span.is_empty() {
            key_at
        } else {
            (node.line, node.column)
        };
        self.tell("type", at, path, message, fix);
    }

    /// The wrong type and the wrong number are two findings, as the validator counts.
    fn version(&mut self, wanted: i64, node: &Node, path: &YamlPath) {
        let whole = node.as_int().or_else(|| {
            #[allow(clippy::cast_possible_truncation)]
            node.as_float()
                .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
                .map(|number| number as i64)
        });
        // Numbers beyond 64 bits are whole numbers all the same.
        let is_number = whole.is_some() || kind_of(node) == Resolved::Int || node.as_float().is_some_and(is_big_whole);
        let fix = Some(format!("Sets the version to {wanted}."));
        let at = (node.line, node.column);
        if !is_number {
            let message = format!(
                "The version is {}, and InstructLab needs a number; write 'version: {wanted}' without quotes.",
                node.shape()
            );
            self.tell("type", at, path, message, fix.clone());
        }
        if whole != Some(wanted) {
            let written = node.scalar_text().unwrap_or("something else");
            let message =
                format!("The version is {written}, but {wanted} is expected here; write 'version: {wanted}'.");
            self.tell("version", at, path, message, fix);
        }
    }

    fn list(
        &mut self,
        at_least: usize,
        unique: bool,
        item: &Shape,
        node: &Node,
        path: &YamlPath,
        key_at: (usize, usize),
    ) {
        let Some(items) = node.items() else {
            let at = if node.span.is_empty() {
                key_at
            } else {
                (node.line, node.column)
            };
            let message = format!(
                "{} is {}, and InstructLab needs a list there; write each entry on a line that starts with '- '.",
                subject(path),
                node.shape()
            );
            self.tell("type", at, path, message, None);
            return;
        };
        if items.len() < at_least {
            let message = format!(
                "{} has {}, and InstructLab needs at least {at_least}; add {} more.",
                subject(path),
                counted(items.len()),
                at_least - items.len()
            );
            let fix = Some(format!("Adds {} empty to fill in.", at_least - items.len()));
            self.tell("min-items", key_at, path, message, fix);
        }
        if unique {
            self.unique(items, path);
        }
        for (index, one) in items.iter().enumerate() {
            self.shape(item, one, &path.index(index), (one.line, one.column));
        }
    }

    /// One finding for a list, however often something repeats; it points at the first repetition.
    fn unique(&mut self, items: &[Node], path: &YamlPath) {
        let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            if let Some(first) = seen.insert(canonical(item), index) {
                let message = format!(
                    "{} says the same as {}, and a repetition teaches nothing; change or remove it.",
                    subject(&path.index(index)),
                    place(&path.index(first))
                );
                self.tell("unique-items", (item.line, item.column), path, message, None);
                return;
            }
        }
    }

    fn group(&mut self, group: &Group, node: &Node, path: &YamlPath, key_at: (usize, usize)) {
        if node.pairs().is_none() {
            let at = if node.span.is_empty() {
                key_at
            } else {
                (node.line, node.column)
            };
            let message = format!(
                "{} is {}, and InstructLab needs keys with values there, as in '{}: …'.",
                subject(path),
                node.shape(),
                group.required.first().copied().unwrap_or("key")
            );
            self.tell("type", at, path, message, None);
            return;
        }
        let entries = node.entries();
        let by_key: HashMap<&str, (&Node, &Node)> = entries
            .iter()
            .filter_map(|(key, value)| Some((key.as_text()?, (*key, *value))))
            .collect();
        for key in group.required.iter().filter(|key| !by_key.contains_key(**key)) {
            let message = format!(
                "{} has no '{key}', and InstructLab needs it; {}.",
                subject(path),
                how_to_add(key)
            );
            self.tell(
                "required",
                (node.line, node.column),
                path,
                message,
                Some(format!("Adds '{key}' to fill in.")),
            );
        }
        if !group.open {
            self.unknown_keys(group, &entries, path);
        }
        for (key, shape) in group.known {
            if let Some((name, value)) = by_key.get(key) {
                self.shape(shape, value, &path.key(key), (name.line, name.column));
            }
        }
    }

    /// One finding for all unknown keys of a mapping, as the validator counts; it points at the first.
    fn unknown_keys(&mut self, group: &Group, entries: &[(&Node, &Node)], path: &YamlPath) {
        let is_known = |key: &Node| {
            key.as_text()
                .is_some_and(|text| group.known.iter().any(|(known, _)| *known == text))
        };
        let unknown: Vec<&Node> = entries
            .iter()
            .map(|(key, _)| *key)
            .filter(|key| !is_known(key))
            .collect();
        let Some(first) = unknown.first() else { return };
        let names: Vec<String> = unknown
            .iter()
            .map(|key| format!("'{}'", key.scalar_text().unwrap_or("?")))
            .collect();
        let present: Vec<&str> = entries.iter().filter_map(|(key, _)| key.as_text()).collect();
        let meant = first.scalar_text().and_then(|text| {
            group
                .known
                .iter()
                .map(|(known, _)| *known)
                .find(|known| !present.contains(known) && is_close(text, known))
        });
        let advice = match meant {
            Some(known) => format!("did you mean '{known}'? Rename it, or remove it"),
            None => "remove it, or move the text to where it belongs".to_owned(),
        };
        let message = format!(
            "{} has {} {}, which InstructLab does not know and refuses; {advice}.",
            subject(path),
            if names.len() == 1 { "the key" } else { "the keys" },
            names.join(", ")
        );
        self.tell("unknown-key", (first.line, first.column), path, message, None);
    }

    fn tell(
        &mut self,
        rule: &'static str,
        (line, column): (usize, usize),
        path: &YamlPath,
        message: String,
        fix: Option<String>,
    ) {
        self.findings.error(
            rule,
            At {
                line,
                column,
                yaml_path: &path.to_string(),
            },
            message,
            fix,
        );
    }
}

fn is_big_whole(number: f64) -> bool {
    number.is_finite() && number.fract() == 0.0
}

fn counted(count: usize) -> String {
    match count {
        0 => "no entry".to_owned(),
        1 => "one entry".to_owned(),
        _ => format!("{count} entries"),
    }
}

fn how_to_add(key: &str) -> &'static str {
    match key {
        "version" => "add the line 'version: 3'",
        "created_by" => "add who wrote the seeds",
        "task_description" => "add one sentence on what the seeds teach",
        "domain" => "add the field of knowledge, as in 'horticulture'",
        "document_outline" => "add one sentence on what the documents cover",
        "document" => "add the repository, commit and files of the documents",
        "seed_examples" => "add the examples to learn from",
        "questions_and_answers" => "add at least three questions with answers",
        "context" => "add the passage that the answers rest on",
        "question" => "write the question",
        "answer" => "write the answer",
        "repo" => "add the address of the git repository with the documents",
        "commit" => "add the full commit that the documents are read at",
        "patterns" => "add which files to read, as in '*.md'",
        _ => "add it",
    }
}

/// At most two letters apart (Levenshtein), or the same but for case and the marks between words.
fn is_close(a: &str, b: &str) -> bool {
    let fold = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<Vec<_>>()
    };
    let (a, b) = (fold(a), fold(b));
    if a.len().abs_diff(b.len()) > 2 || a.len() > 64 {
        return false;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for ((y, above_left), above) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or_default();
            next.push((above_left + usize::from(x != y)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= 2)
}

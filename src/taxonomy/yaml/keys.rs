//! Adding and removing the keys of a mapping.

use super::cuts::Cuts;
use super::document::Document;
use super::edit::{Found, check_anchors, made_scalar, position_of, unsupported, value_at, wrong_shape};
use super::error::EditError;
use super::lines;
use super::node::{Node, NodeValue, Resolved};
use super::path::{Step, YamlPath};
use super::value::NewValue;
use super::write::{self, Habits, Writer};

/// The order of InstructLab's own examples, for keys that are added; any other key goes to the end.
const ORDER: [&str; 14] = [
    "version",
    "domain",
    "created_by",
    "task_description",
    "seed_examples",
    "context",
    "question",
    "answer",
    "questions_and_answers",
    "document_outline",
    "document",
    "repo",
    "commit",
    "patterns",
];

fn rank(key: &str) -> usize {
    ORDER.iter().position(|known| *known == key).unwrap_or(ORDER.len())
}

impl Document {
    /// Adds what is missing of a path: the key, and the groups above it that do not exist either.
    pub(super) fn add_missing(&mut self, path: &YamlPath, value: NewValue) -> Result<(), EditError> {
        let mut value = value;
        let mut above = path.clone();
        loop {
            let last = above.last().cloned();
            let Some(parent) = above.parent() else {
                return Err(EditError::NotFound { path: path.to_string() });
            };
            let found = self.locate(&parent);
            let missing = EditError::NotFound { path: path.to_string() };
            let absent = match &found {
                Some(found) => found.node.is_null(),
                None => !parent.is_root() || self.root.is_some(),
            };
            match (last, found) {
                (Some(Step::Key(key)), found)
                    if parent.is_root() && found.as_ref().is_none_or(|found| found.node.is_null()) =>
                {
                    return self.begin_document(path, key, value);
                }
                (Some(Step::Key(key)), Some(found)) if !absent => {
                    if found.node.pairs().is_none() {
                        return Err(wrong_shape(&parent, found.node, "a group of keys"));
                    }
                    return self.add_key(&parent, &key, &value);
                }
                (Some(Step::Index(index)), Some(found)) if !absent => {
                    let Some(items) = found.node.items() else {
                        return Err(wrong_shape(&parent, found.node, "a list"));
                    };
                    if index != items.len() {
                        return Err(EditError::OutOfRange {
                            path: parent.to_string(),
                            index,
                            len: items.len(),
                        });
                    }
                    return self.insert_item(&parent, index, &value);
                }
                (Some(Step::Key(key)), found) => {
                    value = NewValue::Map(vec![(key, value)]);
                    if found.is_some() {
                        return self.fill(&parent, &value);
                    }
                }
                (Some(Step::Index(0)), found) => {
                    value = NewValue::List(vec![value]);
                    if found.is_some() {
                        return self.fill(&parent, &value);
                    }
                }
                _ => return Err(missing),
            }
            above = parent;
        }
    }

    /// The first key of a document of nothing but comments.
    fn begin_document(&mut self, path: &YamlPath, key: String, value: NewValue) -> Result<(), EditError> {
        let whole = NewValue::Map(vec![(key, value)]);
        let expected = Some(whole.as_node());
        self.adopt(path, &expected, |document| {
            let end = document.text.len();
            let habits = Habits::of(document, 0);
            let NewValue::Map(pairs) = &whole else {
                return Ok(Vec::new());
            };
            let mut text = String::new();
            if !document.text.trim_start_matches('\u{feff}').is_empty() && !document.text.ends_with(['\n', '\r']) {
                text.push_str(habits.line_break);
            }
            Writer {
                document,
                habits,
                attempt: 0,
            }
            .entries(&mut text, pairs, 0, &Vec::new());
            text.push_str(habits.line_break);
            Ok(vec![Cuts::insert(end, text)])
        })
    }

    /// Puts a group of keys or a list where nothing is yet: a key without a value, `[]`, `{}`, `null`.
    pub(super) fn fill(&mut self, path: &YamlPath, value: &NewValue) -> Result<(), EditError> {
        let expected = self.expected(path, value.as_node())?;
        self.adopt(path, &expected, |document| document.fill_drafts(path, value))
    }

    pub(super) fn fill_drafts(&self, path: &YamlPath, value: &NewValue) -> Result<Vec<Cuts>, EditError> {
        let Some(found) = self.locate(path) else {
            return Ok(Vec::new());
        };
        check_anchors(path, &found)?;
        let text = self.text.as_str();
        let node = found.node;
        let parent_key = self.key_of(path);
        let Some(key) = parent_key.filter(|_| !found.in_flow()) else {
            return Err(unsupported(path, "nothing can be put here line by line"));
        };
        let habits = Habits::of(self, node.span.start);
        let column = key.column.saturating_sub(1);
        // `key: []  # note` becomes `key:  # note` with the value on the lines below.
        let colon = lines::cut(text, key.span.end..node.span.start.max(key.span.end))
            .find(':')
            .map_or(key.span.end, |at| key.span.end + at + 1);
        let line_end = lines::line_end(text, node.span.end);
        let models = self.models_beside(path);
        let mut drafts = Vec::new();
        for attempt in 0..3 {
            let mut lines_below = String::new();
            Writer {
                document: self,
                habits,
                attempt,
            }
            .after_key(&mut lines_below, value, column, &models);
            let cut = Cuts::one(colon..node.span.end.max(colon), "");
            if line_end == text.len() {
                drafts.push(cut.clone().and(line_end..line_end, lines_below.clone()));
                lines_below.push_str(habits.line_break);
            }
            drafts.push(cut.and(line_end..line_end, lines_below));
        }
        Ok(drafts)
    }

    /// The key node that a path ends with.
    pub(super) fn key_of(&self, path: &YamlPath) -> Option<&Node> {
        let Some(Step::Key(name)) = path.last() else {
            return None;
        };
        let parent = self.locate(&path.parent()?)?.node;
        let pairs = parent.pairs()?;
        pairs.get(position_of(pairs, name)?).map(|(key, _)| key)
    }

    /// The same place in neighbouring items of the innermost list above.
    pub(super) fn models_beside(&self, path: &YamlPath) -> Vec<&Node> {
        let steps = path.steps();
        let Some(depth) = steps.iter().rposition(|step| matches!(step, Step::Index(_))) else {
            return Vec::new();
        };
        let Some(Step::Index(index)) = steps.get(depth) else {
            return Vec::new();
        };
        let others = (1..=4)
            .flat_map(|distance| [index.checked_sub(distance), index.checked_add(distance)])
            .flatten();
        let beside = others.filter_map(|other| {
            let path: YamlPath = steps
                .iter()
                .enumerate()
                .map(|(at, step)| if at == depth { Step::Index(other) } else { step.clone() })
                .collect();
            self.locate(&path).map(|found| found.node)
        });
        beside.collect()
    }

    fn add_key(&mut self, parent: &YamlPath, key: &str, value: &NewValue) -> Result<(), EditError> {
        let Some(found) = self.locate(parent) else {
            return Err(EditError::NotFound {
                path: parent.to_string(),
            });
        };
        check_anchors(parent, &found)?;
        let pairs = found.node.pairs().unwrap_or_default();
        if pairs.is_empty() {
            let whole = NewValue::Map(vec![(key.to_owned(), value.clone())]);
            if parent.is_root() {
                let expected = Some(whole.as_node());
                let span = found.node.span.clone();
                return self.adopt(parent, &expected, |document| {
                    let habits = Habits::of(document, 0);
                    let mut text = String::new();
                    Writer {
                        document,
                        habits,
                        attempt: 0,
                    }
                    .entry(&mut text, key, value, 0, &Vec::new());
                    Ok(vec![
                        Cuts::one(span.clone(), text.clone()),
                        Cuts::one(span.clone(), text + habits.line_break),
                    ])
                });
            }
            return self.fill(parent, &whole);
        }
        let after = pairs
            .iter()
            .rposition(|(name, _)| name.scalar_text().is_some_and(|name| rank(name) <= rank(key)));
        let at = after.map_or(0, |last| last + 1);
        let mut expected = self.root.clone();
        if let Some(NodeValue::Mapping(pairs)) = expected.as_mut().and_then(|root| value_at(root, parent)) {
            pairs.insert(at, (made_scalar(key, Resolved::Str), value.as_node()));
        }
        let path = parent.key(key);
        self.adopt(&path, &expected, |document| {
            let Some(found) = document.locate(parent) else {
                return Ok(Vec::new());
            };
            document.add_key_drafts(parent, &found, at, key, value)
        })
    }

    fn add_key_drafts(
        &self,
        parent: &YamlPath,
        found: &Found<'_>,
        at: usize,
        key: &str,
        value: &NewValue,
    ) -> Result<Vec<Cuts>, EditError> {
        let pairs = found.node.pairs().unwrap_or_default();
        if found.in_flow() || found.node.is_flow() {
            return self.flow_key_drafts(&parent.key(key), pairs, at, key, value);
        }
        let text = self.text.as_str();
        let habits = Habits::of(self, found.node.span.start);
        let Some((first, _)) = pairs.first() else {
            return Ok(Vec::new());
        };
        let column = first.column.saturating_sub(1);
        let models = self.models_beside(parent);
        let mut drafts = Vec::new();
        for attempt in 0..3 {
            let writer = Writer {
                document: self,
                habits,
                attempt,
            };
            let mut entry = String::new();
            if let Some((_, before)) = at.checked_sub(1).and_then(|last| pairs.get(last)) {
                let place = self.end_with_comments(before, column);
                entry.push_str(&" ".repeat(column));
                writer.entry(&mut entry, key, value, column, &models);
                if text.get(..place).is_some_and(|before| before.ends_with(['\n', '\r'])) {
                    drafts.push(Cuts::insert(place, entry + habits.line_break));
                } else {
                    entry.insert_str(0, habits.line_break);
                    drafts.push(Cuts::insert(place, entry.clone()));
                    drafts.push(Cuts::insert(place, entry + habits.line_break));
                }
            } else {
                writer.entry(&mut entry, key, value, column, &models);
                writer.new_line(&mut entry, column);
                drafts.push(Cuts::insert(first.span.start, entry));
            }
        }
        Ok(drafts)
    }

    /// Where the line after a node starts, past comments below it that are indented deeper than `column`.
    pub(super) fn end_with_comments(&self, node: &Node, column: usize) -> usize {
        let text = self.text.as_str();
        let mut end = lines::next_line(text, node.span.end);
        while end < text.len() {
            let line = lines::line_at(text, end);
            if !lines::is_comment(line) || lines::indent_of(line) <= column {
                break;
            }
            end = lines::next_line(text, end);
        }
        end
    }

    /// Which pair of the mapping at a path has this key.
    pub(super) fn own_key(&self, above: &YamlPath, key: &str) -> Result<usize, EditError> {
        let path = above.key(key);
        let missing = || EditError::NotFound { path: path.to_string() };
        let found = self.locate(above).ok_or_else(missing)?;
        check_anchors(&path, &found)?;
        let pairs = found.node.pairs().ok_or_else(missing)?;
        let index = position_of(pairs, key).ok_or_else(missing)?;
        if pairs
            .get(index)
            .is_some_and(|(key, value)| key.has_anchors() || value.has_anchors())
        {
            return Err(EditError::Anchored { path: path.to_string() });
        }
        Ok(index)
    }

    pub(super) fn remove_key_drafts(&self, above: &YamlPath, index: usize) -> Result<Vec<Cuts>, EditError> {
        let Some(found) = self.locate(above) else {
            return Ok(Vec::new());
        };
        let pairs = found.node.pairs().unwrap_or_default();
        let Some((key, value)) = pairs.get(index) else {
            return Ok(Vec::new());
        };
        let text = self.text.as_str();
        if found.in_flow() || found.node.is_flow() {
            let spans: Vec<_> = pairs
                .iter()
                .map(|(key, value)| key.span.start..value.span.end.max(key.span.end))
                .collect();
            return Ok(vec![self.remove_flow_part(above, &found.node.span, &spans, index)?]);
        }
        if pairs.len() == 1 {
            return self.collapse_drafts(above, found.node, key.span.start..value.span.end, "{}");
        }
        let end = self.end_with_comments(value, key.column.saturating_sub(1));
        let start = lines::line_start(text, key.span.start);
        if lines::is_blank(lines::cut(text, start..key.span.start)) {
            let from = lines_before_if_both(text, start, end);
            return Ok(vec![Cuts::one(from..end, ""), Cuts::one(start..end, "")]);
        }
        // The key stands behind its item's dash: the next key takes its place.
        let Some((next, _)) = pairs.get(index + 1) else {
            return Err(unsupported(above, "its keys share a line"));
        };
        let between = lines::cut(text, value.span.end..next.span.start);
        if between.contains('#') {
            return Err(unsupported(above, "a comment stands between this key and the next"));
        }
        Ok(vec![Cuts::one(key.span.start..next.span.start, "")])
    }

    /// Puts `[]` or `{}` in the place of a collection whose only part, at `part`, goes.
    pub(super) fn collapse_drafts(
        &self,
        path: &YamlPath,
        node: &Node,
        part: std::ops::Range<usize>,
        empty: &str,
    ) -> Result<Vec<Cuts>, EditError> {
        let text = self.text.as_str();
        let mut drafts = Vec::new();
        if let Some(key) = self.key_of(path)
            && let Some(at) = lines::cut(text, key.span.end..node.span.start).find(':')
        {
            let colon = key.span.end + at + 1;
            let start = lines::line_start(text, part.start);
            if lines::is_blank(lines::cut(text, start..part.start)) && start >= colon {
                let end = lines::next_line(text, part.end);
                drafts.push(Cuts::insert(colon, format!(" {empty}")).and(start..end, ""));
            }
        }
        drafts.push(Cuts::one(part, empty));
        Ok(drafts)
    }

    fn flow_key_drafts(
        &self,
        path: &YamlPath,
        pairs: &[(Node, Node)],
        at: usize,
        key: &str,
        value: &NewValue,
    ) -> Result<Vec<Cuts>, EditError> {
        if !matches!(value, NewValue::Text(_) | NewValue::Plain(_)) {
            return Err(unsupported(path, "it would stand inside { }"));
        }
        let writer = Writer {
            document: self,
            habits: Habits::of(self, 0),
            attempt: 0,
        };
        let models: Vec<&Node> = pairs.iter().map(|(_, value)| value).collect();
        let mut entry = format!("{}: ", write::key_text(key));
        writer.flow_scalar(&mut entry, value, &models);
        Ok(match at.checked_sub(1).and_then(|last| pairs.get(last)) {
            Some((key, before)) => vec![Cuts::insert(before.span.end.max(key.span.end), format!(", {entry}"))],
            None => match pairs.first() {
                Some((first, _)) => vec![Cuts::insert(first.span.start, format!("{entry}, "))],
                None => Vec::new(),
            },
        })
    }
}

/// The start of a removal: takes the blank lines above along when a blank line or the end follows, so that they do not add up.
pub(super) fn lines_before_if_both(text: &str, start: usize, end: usize) -> usize {
    let follows = end >= text.len() || lines::is_blank(lines::line_at(text, end));
    if follows { blank_run_before(text, start) } else { start }
}

/// Where the run of blank lines right above the line at `start` begins.
pub(super) fn blank_run_before(text: &str, start: usize) -> usize {
    let mut from = start;
    while let Some(previous) = lines::previous_line(text, from) {
        if !lines::is_blank(lines::line_at(text, previous)) {
            break;
        }
        from = previous;
    }
    from
}

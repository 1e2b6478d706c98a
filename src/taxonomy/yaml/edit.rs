//! The edits of a document: each makes drafts, reads every draft again, and keeps the first that holds exactly what was asked.

use super::cuts::Cuts;
use super::document::{Document, MAX_BYTES};
use super::error::EditError;
use super::lines;
use super::lint;
use super::node::{Marks, Node, NodeValue, Resolved, ScalarStyle};
use super::path::{Step, YamlPath};
use super::resolve::resolve_plain;
use super::scalar::{self, Written};
use super::value::NewValue;

/// A node with the collections around it, the root first.
pub(super) struct Found<'a> {
    pub node: &'a Node,
    pub around: Vec<&'a Node>,
}

impl Found<'_> {
    pub(super) fn in_flow(&self) -> bool {
        self.around.iter().any(|node| node.is_flow())
    }
}

impl Document {
    /// Makes a text of a scalar: keeps its style where that holds the text, else a literal block for several lines, else
    /// double quotes. A key that is missing is added, with the keys above it, in InstructLab's order.
    ///
    /// # Errors
    /// The document is unchanged after any error: the path names a list or a group of keys, an item that does not exist,
    /// something with an anchor or alias, or a form this editor leaves alone.
    pub fn set(&mut self, path: &YamlPath, text: &str) -> Result<(), EditError> {
        if self.get(path).and_then(Node::as_text) == Some(text) {
            return Ok(());
        }
        self.check_size(text.len())?;
        let wanted = made_scalar(text, Resolved::Str);
        if self.locate(path).is_none() {
            return self.add_missing(path, NewValue::text(text));
        }
        self.adopt(path, &self.expected(path, wanted)?, |document| {
            document.set_drafts(path, text)
        })
    }

    /// Writes a scalar without quotes, as `version: 3`; a missing key is added.
    ///
    /// # Errors
    /// As `set`; and a text that cannot stand without quotes.
    pub fn set_plain(&mut self, path: &YamlPath, text: &str) -> Result<(), EditError> {
        let tag = resolve_plain(text);
        if !scalar::is_plain_syntax(text, true) || tag == Resolved::Other {
            return Err(EditError::NotPlain { text: text.to_owned() });
        }
        let Some(found) = self.locate(path) else {
            return self.add_missing(path, NewValue::Plain(text.to_owned()));
        };
        let wanted = made_scalar(text, tag);
        if found.node.same_value(&wanted) {
            return Ok(());
        }
        self.adopt(path, &self.expected(path, wanted)?, |document| {
            let found = document.editable_scalar(path)?;
            let written = Written::Inline(text.to_owned());
            Ok(document.replace_scalar(found.node, &written))
        })
    }

    /// Removes a key with its value; the last key leaves `{}`. Comments above it stay.
    ///
    /// # Errors
    /// As `set`.
    pub fn remove_key(&mut self, path: &YamlPath) -> Result<(), EditError> {
        let (Some(above), Some(Step::Key(key))) = (path.parent(), path.last()) else {
            return Err(unsupported(path, "it is not a key"));
        };
        let index = self.own_key(&above, key)?;
        let mut expected = self.root.clone();
        if let Some(NodeValue::Mapping(pairs)) = expected.as_mut().and_then(|root| value_at(root, &above)) {
            pairs.remove(index);
        }
        self.adopt(path, &expected, |document| document.remove_key_drafts(&above, index))
    }

    /// Puts a new item into a list at a position from 0 to its length, written as its neighbours are. An empty or missing
    /// list is begun.
    ///
    /// # Errors
    /// As `set`; and a position behind the end.
    pub fn insert_item(&mut self, path: &YamlPath, index: usize, value: &NewValue) -> Result<(), EditError> {
        self.check_size(value.bytes())?;
        let Some(found) = self.locate(path) else {
            check_index(path, index, 0)?;
            return self.add_missing(path, NewValue::List(vec![value.clone()]));
        };
        let items = match &found.node.value {
            NodeValue::Sequence(items) => items.as_slice(),
            _ if found.node.is_null() => &[],
            _ => return Err(wrong_shape(path, found.node, "a list")),
        };
        check_index(path, index, items.len())?;
        let models = self.item_models(path, items, index);
        let value = value.ordered_like(&models);
        let mut new_items = items.to_vec();
        new_items.insert(index, value.as_node());
        let list = blank_node(NodeValue::Sequence(new_items));
        let expected = self.expected(path, list)?;
        self.adopt(path, &expected, |document| document.insert_drafts(path, index, &value))
    }

    /// Removes an item with the comments that belong to it, and gives its bytes; the last item leaves `[]`.
    ///
    /// # Errors
    /// As `set`; and an item that does not exist.
    pub fn remove_item(&mut self, path: &YamlPath, index: usize) -> Result<Vec<u8>, EditError> {
        let expected = self.with_items(path, index, |items| drop(items.remove(index)))?;
        let removed = self.item_bytes(path, index)?;
        self.adopt(path, &expected, |document| document.remove_drafts(path, index))?;
        Ok(removed)
    }

    /// Moves an item so that it stands at position `to` afterwards; its comments go with it, blank lines between items stay.
    ///
    /// # Errors
    /// As `remove_item`.
    pub fn move_item(&mut self, path: &YamlPath, from: usize, to: usize) -> Result<(), EditError> {
        let len = self
            .with_items(path, from, |_| ())
            .map(|_| self.get(path).and_then(Node::items).map_or(0, <[Node]>::len))?;
        if to >= len {
            return Err(EditError::OutOfRange {
                path: path.to_string(),
                index: to,
                len,
            });
        }
        if from == to {
            return Ok(());
        }
        let expected = self.with_items(path, from, |items| {
            let item = items.remove(from);
            items.insert(to, item);
        })?;
        self.adopt(path, &expected, |document| document.move_drafts(path, from, to))
    }

    /// Copies an item; the copy stands right after it.
    ///
    /// # Errors
    /// As `remove_item`.
    pub fn duplicate_item(&mut self, path: &YamlPath, index: usize) -> Result<(), EditError> {
        let size = self
            .get(path)
            .and_then(|node| node.items()?.get(index))
            .map_or(0, |item| item.span.len());
        self.check_size(size)?;
        let expected = self.with_items(path, index, |items| {
            if let Some(item) = items.get(index).cloned() {
                items.insert(index + 1, item);
            }
        })?;
        self.adopt(path, &expected, |document| document.duplicate_drafts(path, index))
    }

    /// Keeps the first draft that reads back as `expected`, if possible one that adds no finding of yamllint. When none does, tries again over the same document with its last
    /// line closed: a block scalar at the very end without a line break cannot be followed by anything as it stands.
    pub(super) fn adopt(
        &mut self,
        path: &YamlPath,
        expected: &Option<Node>,
        drafts: impl Fn(&Document) -> Result<Vec<Cuts>, EditError>,
    ) -> Result<(), EditError> {
        if let Some(edited) = self.first_good(expected, drafts(self)?) {
            *self = edited;
            return Ok(());
        }
        if let Some(closed) = self.closed()
            && let Some(edited) = closed.first_good(expected, drafts(&closed)?)
        {
            *self = edited;
            return Ok(());
        }
        Err(EditError::NoSafeWay { path: path.to_string() })
    }

    fn first_good(&self, expected: &Option<Node>, drafts: Vec<Cuts>) -> Option<Document> {
        let findings = lint::findings(&self.text);
        let mut untidy = None;
        for cuts in drafts {
            let Some(edited) = self.checked(expected, &cuts) else {
                continue;
            };
            if lint::findings(&edited.text) <= findings {
                return Some(edited);
            }
            untidy.get_or_insert(edited);
        }
        untidy
    }

    /// The document after some splices, if it holds what is expected.
    fn checked(&self, expected: &Option<Node>, cuts: &Cuts) -> Option<Document> {
        let text = cuts.apply(&self.text).filter(|text| text.len() <= MAX_BYTES)?;
        let edited = Document::from_text(text).ok()?;
        let same = match (&edited.root, expected) {
            (Some(root), Some(expected)) => root.same_value(expected),
            (None, None) => true,
            _ => false,
        };
        let loads = edited.load_error.is_none() || self.load_error.is_some();
        (same && loads).then_some(edited)
    }

    /// The same values with a line break at the end; `None` when there is one.
    fn closed(&self) -> Option<Document> {
        if self.text.is_empty() || self.text.ends_with(['\n', '\r']) {
            return None;
        }
        let end = lines::line_break_near(&self.text, self.text.len());
        let plainly = Cuts::insert(self.text.len(), end);
        let mut drafts = vec![plainly];
        if let Some(at) = self.root.as_ref().and_then(|root| last_block_header(root, &self.text)) {
            drafts.push(Cuts::insert(at, "-").and(self.text.len()..self.text.len(), end));
        }
        self.first_good(&self.root, drafts)
    }

    /// Follows a path through what is written here: own keys only, no aliases below their copies.
    pub(super) fn locate(&self, path: &YamlPath) -> Option<Found<'_>> {
        let mut node = self.root.as_ref()?;
        let mut around = Vec::new();
        for step in path.steps() {
            around.push(node);
            node = match (step, &node.value) {
                (Step::Key(key), NodeValue::Mapping(pairs)) => {
                    pairs.get(position_of(pairs, key)?).map(|(_, value)| value)?
                }
                (Step::Index(index), NodeValue::Sequence(items)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(Found { node, around })
    }

    /// The tree with another node at a path.
    pub(super) fn expected(&self, path: &YamlPath, wanted: Node) -> Result<Option<Node>, EditError> {
        let mut root = self.root.clone();
        match root.as_mut().and_then(|root| value_at(root, path)) {
            Some(value) => *value = wanted.value,
            None => return Err(EditError::NotFound { path: path.to_string() }),
        }
        Ok(root)
    }

    /// The tree with a list changed, after checking that the list and its item `index` are there.
    fn with_items(
        &self,
        path: &YamlPath,
        index: usize,
        change: impl Fn(&mut Vec<Node>),
    ) -> Result<Option<Node>, EditError> {
        let found = self
            .locate(path)
            .ok_or_else(|| EditError::NotFound { path: path.to_string() })?;
        let Some(items) = found.node.items() else {
            return Err(wrong_shape(path, found.node, "a list"));
        };
        if index >= items.len() {
            return Err(EditError::OutOfRange {
                path: path.to_string(),
                index,
                len: items.len(),
            });
        }
        check_anchors(path, &found)?;
        if items.get(index).is_some_and(Node::has_anchors) {
            return Err(EditError::Anchored {
                path: path.index(index).to_string(),
            });
        }
        let mut root = self.root.clone();
        if let Some(NodeValue::Sequence(items)) = root.as_mut().and_then(|root| value_at(root, path)) {
            change(items);
        }
        Ok(root)
    }

    fn check_size(&self, added: usize) -> Result<(), EditError> {
        if self.text.len().saturating_add(added) > MAX_BYTES {
            return Err(EditError::TooLarge { limit: MAX_BYTES });
        }
        Ok(())
    }

    /// The scalar at a path, if an edit may touch it.
    pub(super) fn editable_scalar(&self, path: &YamlPath) -> Result<Found<'_>, EditError> {
        let found = self
            .locate(path)
            .ok_or_else(|| EditError::NotFound { path: path.to_string() })?;
        if found.node.scalar_text().is_none() {
            return Err(wrong_shape(path, found.node, "a text"));
        }
        check_anchors(path, &found)?;
        if found.node.has_anchors() {
            return Err(EditError::Anchored { path: path.to_string() });
        }
        if found.around.is_empty() {
            return Err(unsupported(path, "the whole file is one text"));
        }
        Ok(found)
    }

    /// The column of the collection around a node: of a mapping's keys, of a list's dashes.
    pub(super) fn parent_column(&self, found: &Found<'_>) -> usize {
        let Some(parent) = found.around.last() else { return 0 };
        match &parent.value {
            NodeValue::Mapping(pairs) => pairs
                .first()
                .map_or(parent.column, |(key, _)| key.column)
                .saturating_sub(1),
            NodeValue::Sequence(_) | NodeValue::Scalar { .. } => parent.column.saturating_sub(1),
        }
    }
}

/// Behind the indicators of a block scalar that ends the tree.
fn last_block_header(node: &Node, text: &str) -> Option<usize> {
    match &node.value {
        NodeValue::Sequence(items) => last_block_header(items.last()?, text),
        NodeValue::Mapping(pairs) => last_block_header(&pairs.last()?.1, text),
        NodeValue::Scalar {
            style: ScalarStyle::Literal | ScalarStyle::Folded,
            ..
        } if !node.is_alias() => {
            let header = lines::cut(text, node.span.start..lines::line_end(text, node.span.start));
            let indicators = lines::block_indicators(header);
            let at = node.span.start + header.find(indicators)? + indicators.len();
            (!indicators.contains(['-', '+'])).then_some(at)
        }
        NodeValue::Scalar { .. } => None,
    }
}

/// Of duplicate keys the last, as PyYAML.
pub(super) fn position_of(pairs: &[(Node, Node)], key: &str) -> Option<usize> {
    pairs.iter().rposition(|(name, _)| name.scalar_text() == Some(key))
}

/// The value at a path of a tree that is being changed into what is expected.
pub(super) fn value_at<'a>(root: &'a mut Node, path: &YamlPath) -> Option<&'a mut NodeValue> {
    let mut node = root;
    for step in path.steps() {
        node = match (step, &mut node.value) {
            (Step::Key(key), NodeValue::Mapping(pairs)) => {
                let at = position_of(pairs, key)?;
                pairs.get_mut(at).map(|(_, value)| value)?
            }
            (Step::Index(index), NodeValue::Sequence(items)) => items.get_mut(*index)?,
            _ => return None,
        };
    }
    Some(&mut node.value)
}

/// A node of a tree that is expected, at no place.
pub(super) fn blank_node(value: NodeValue) -> Node {
    Node {
        span: 0..0,
        line: 0,
        column: 0,
        value,
        marks: Marks::default(),
    }
}

pub(super) fn made_scalar(text: &str, tag: Resolved) -> Node {
    blank_node(NodeValue::Scalar {
        text: text.to_owned(),
        style: ScalarStyle::Plain,
        tag,
    })
}

pub(super) fn wrong_shape(path: &YamlPath, node: &Node, wanted: &'static str) -> EditError {
    EditError::WrongShape {
        path: path.to_string(),
        found: node.shape(),
        wanted,
    }
}

pub(super) fn unsupported(path: &YamlPath, reason: &'static str) -> EditError {
    EditError::Unsupported {
        path: path.to_string(),
        reason,
    }
}

fn check_index(path: &YamlPath, index: usize, len: usize) -> Result<(), EditError> {
    if index > len {
        return Err(EditError::OutOfRange {
            path: path.to_string(),
            index,
            len,
        });
    }
    Ok(())
}

/// Refuses what lies in or under a node with an anchor, an alias or a tag: other places may hang on it.
pub(super) fn check_anchors(path: &YamlPath, found: &Found<'_>) -> Result<(), EditError> {
    let chain = || found.around.iter().copied().chain([found.node]);
    if chain().any(|node| node.marks.anchored || node.marks.alias) {
        return Err(EditError::Anchored { path: path.to_string() });
    }
    if found.around.iter().any(|node| node.marks.tagged) {
        return Err(unsupported(path, "a tag stands above it"));
    }
    Ok(())
}

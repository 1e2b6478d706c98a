//! The tree of a document: each node with its bytes, its place, and its value.

use std::ops::Range;

use super::resolve;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What PyYAML's `safe_load` makes of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resolved {
    Str,
    Null,
    Bool,
    Int,
    Float,
    Timestamp,
    Binary,
    /// `<<`, `=` or an unknown tag.
    Other,
}

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Bytes of the whole file (a byte order mark counts), with the node's own tag and anchor; a block scalar ends
    /// before the line break of its last line and without the blank lines after it, unless they belong to its text.
    pub span: Range<usize>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub value: NodeValue,
    pub(super) marks: Marks,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    Scalar {
        text: String,
        style: ScalarStyle,
        tag: Resolved,
    },
    Sequence(Vec<Node>),
    /// In file order; duplicate and merge (`<<`) keys are all here.
    Mapping(Vec<(Node, Node)>),
}

/// How a node is written, as far as edits care.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// `[...]` or `{...}`
    pub flow: bool,
    pub anchored: bool,
    /// A copy of what an alias names; the span is the alias's own, the children's are those of the original.
    pub alias: bool,
    /// An explicit tag.
    pub tagged: bool,
}

impl Node {
    /// The text of a scalar that is read as a string; `None` for all else, as for `answer: 12`.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Scalar {
                text,
                tag: Resolved::Str,
                ..
            } => Some(text),
            _ => None,
        }
    }

    /// The text of any scalar, whatever type it is read as.
    pub fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A whole number as PyYAML reads it (`0x1F`, `010`, `1_000`, `12:30`); `None` when it is none or over 64 bits.
    pub fn as_int(&self) -> Option<i64> {
        match &self.value {
            NodeValue::Scalar {
                text,
                tag: Resolved::Int,
                ..
            } => resolve::int(text),
            _ => None,
        }
    }

    /// A decimal number as PyYAML reads it.
    pub fn as_float(&self) -> Option<f64> {
        match &self.value {
            NodeValue::Scalar {
                text,
                tag: Resolved::Float,
                ..
            } => resolve::float(text),
            _ => None,
        }
    }

    /// `yes`, `off`, `True` and so on.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            NodeValue::Scalar {
                text,
                tag: Resolved::Bool,
                ..
            } => resolve::boolean(text),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(
            &self.value,
            NodeValue::Scalar {
                tag: Resolved::Null,
                ..
            }
        )
    }

    /// The items of a sequence.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            NodeValue::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The pairs of a mapping as they stand in the file.
    pub fn pairs(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            NodeValue::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a key as PyYAML sees it: of duplicates the last, then what `<<` merges in.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let pairs = self.pairs()?;
        let own = pairs
            .iter()
            .rev()
            .find(|(name, _)| name.is_key(key))
            .map(|(_, value)| value);
        own.or_else(|| {
            let merges = pairs.iter().rev().filter(|(name, _)| name.is_merge());
            merges
                .flat_map(|(_, value)| value.merged())
                .find_map(|node| node.get(key))
        })
    }

    /// The pairs of a mapping as PyYAML sees them: merges resolved, of duplicate keys the last value in the first's place.
    pub fn entries(&self) -> Vec<(&Node, &Node)> {
        let mut all = Vec::new();
        self.collect_entries(&mut all);
        let mut places = std::collections::HashMap::new();
        let mut entries: Vec<(&Node, &Node)> = Vec::new();
        for (key, value) in all {
            let name = match &key.value {
                NodeValue::Scalar { text, tag, .. } => Some((text.as_str(), *tag)),
                _ => None,
            };
            match name
                .and_then(|name| places.get(&name).copied())
                .and_then(|at: usize| entries.get_mut(at))
            {
                Some(entry) => entry.1 = value,
                None => {
                    if let Some(name) = name {
                        places.insert(name, entries.len());
                    }
                    entries.push((key, value));
                }
            }
        }
        entries
    }

    fn collect_entries<'a>(&'a self, all: &mut Vec<(&'a Node, &'a Node)>) {
        let pairs = self.pairs().unwrap_or_default();
        // Merged pairs come first, so that the mapping's own win.
        for (key, value) in pairs {
            if key.is_merge() {
                let mut sources: Vec<&Node> = value.merged().collect();
                sources.reverse();
                for source in sources {
                    source.collect_entries(all);
                }
            }
        }
        all.extend(
            pairs
                .iter()
                .filter(|(key, _)| !key.is_merge())
                .map(|(key, value)| (key, value)),
        );
    }

    /// The mappings that a merge value names, the strongest first.
    fn merged(&self) -> impl Iterator<Item = &Node> {
        match &self.value {
            NodeValue::Mapping(_) => std::slice::from_ref(self).iter(),
            NodeValue::Sequence(items) => items.iter(),
            NodeValue::Scalar { .. } => [].iter(),
        }
    }

    /// Whether this is the merge key `<<`.
    pub fn is_merge(&self) -> bool {
        matches!(&self.value, NodeValue::Scalar { text, style: ScalarStyle::Plain, tag: Resolved::Other } if text == "<<")
    }

    fn is_key(&self, key: &str) -> bool {
        self.scalar_text() == Some(key) && !self.is_merge()
    }

    /// Written as `[...]` or `{...}`.
    pub fn is_flow(&self) -> bool {
        self.marks.flow
    }

    /// A copy of what an alias (`*name`) names.
    pub fn is_alias(&self) -> bool {
        self.marks.alias
    }

    /// What it is, for messages: "a text", "a list".
    pub fn shape(&self) -> &'static str {
        match &self.value {
            NodeValue::Scalar { tag: Resolved::Str, .. } => "a text",
            NodeValue::Scalar {
                tag: Resolved::Null, ..
            } => "empty",
            NodeValue::Scalar { .. } => "a value that is not a text",
            NodeValue::Sequence(_) => "a list",
            NodeValue::Mapping(_) => "a group of keys",
        }
    }

    /// Whether both hold the same values with the same types, however they are written; key order counts.
    pub fn same_value(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (NodeValue::Scalar { text: a, tag: x, .. }, NodeValue::Scalar { text: b, tag: y, .. }) => {
                x == y && (a == b || *x == Resolved::Null)
            }
            (NodeValue::Sequence(a), NodeValue::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same_value(b))
            }
            (NodeValue::Mapping(a), NodeValue::Mapping(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|((k, v), (l, w))| k.same_value(l) && v.same_value(w))
            }
            _ => false,
        }
    }

    /// Whether an anchor, an alias or both lie here or below.
    pub(super) fn has_anchors(&self) -> bool {
        self.marks.anchored
            || self.marks.alias
            || match &self.value {
                NodeValue::Scalar { .. } => false,
                NodeValue::Sequence(items) => items.iter().any(Node::has_anchors),
                NodeValue::Mapping(pairs) => pairs.iter().any(|(k, v)| k.has_anchors() || v.has_anchors()),
            }
    }
}

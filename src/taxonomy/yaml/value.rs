//! Values that an edit puts into a document.

use super::edit::{blank_node, made_scalar};
use super::node::{Node, NodeValue, Resolved};
use super::resolve::resolve_plain;
use super::write::Models;

/// A value to be written; how it is written follows the neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewValue {
    /// Read back as a string, whatever it looks like.
    Text(String),
    /// Written as it is, without quotes: `3`, `true`.
    Plain(String),
    /// Keys in the wanted order; an item of a list takes the order of its neighbours.
    Map(Vec<(String, NewValue)>),
    List(Vec<NewValue>),
}

impl NewValue {
    pub fn text(text: impl Into<String>) -> Self {
        NewValue::Text(text.into())
    }

    /// A group of keys with texts.
    pub fn texts<const N: usize>(pairs: [(&str, &str); N]) -> Self {
        NewValue::Map(
            pairs
                .into_iter()
                .map(|(key, text)| (key.to_owned(), NewValue::text(text)))
                .collect(),
        )
    }

    /// About how much text it is.
    pub(super) fn bytes(&self) -> usize {
        match self {
            NewValue::Text(text) | NewValue::Plain(text) => text.len(),
            NewValue::Map(pairs) => pairs.iter().map(|(key, value)| key.len() + value.bytes()).sum(),
            NewValue::List(items) => items.iter().map(NewValue::bytes).sum(),
        }
    }

    /// The node that reading it back must give.
    pub(super) fn as_node(&self) -> Node {
        match self {
            NewValue::Text(text) => made_scalar(text, Resolved::Str),
            NewValue::Plain(text) => made_scalar(text, resolve_plain(text)),
            NewValue::Map(pairs) => {
                let pairs = pairs
                    .iter()
                    .map(|(key, value)| (made_scalar(key, Resolved::Str), value.as_node()));
                blank_node(NodeValue::Mapping(pairs.collect()))
            }
            NewValue::List(items) => blank_node(NodeValue::Sequence(items.iter().map(NewValue::as_node).collect())),
        }
    }

    /// The same with the keys of every group in the order of its models; keys they do not have follow the key before them.
    pub(super) fn ordered_like(&self, models: &Models<'_>) -> NewValue {
        match self {
            NewValue::Text(_) | NewValue::Plain(_) => self.clone(),
            NewValue::List(items) => {
                let below: Models<'_> = models
                    .iter()
                    .flat_map(|model| model.items().unwrap_or_default())
                    .take(8)
                    .collect();
                NewValue::List(items.iter().map(|item| item.ordered_like(&below)).collect())
            }
            NewValue::Map(pairs) => {
                let shared = |model: &&&Node| model.pairs().is_some_and(|own| !own.is_empty());
                let order: Vec<&str> = models
                    .iter()
                    .find(shared)
                    .and_then(|model| model.pairs())
                    .map(|pairs| pairs.iter().filter_map(|(key, _)| key.scalar_text()).collect())
                    .unwrap_or_default();
                let mut rank = 0;
                let mut ranked: Vec<(usize, (String, NewValue))> = Vec::new();
                for (key, value) in pairs {
                    rank = order.iter().position(|known| known == key).unwrap_or(rank);
                    let below = models.iter().filter_map(|model| model.get(key)).collect();
                    ranked.push((rank, (key.clone(), value.ordered_like(&below))));
                }
                ranked.sort_by_key(|(rank, _)| *rank);
                NewValue::Map(ranked.into_iter().map(|(_, pair)| pair).collect())
            }
        }
    }
}

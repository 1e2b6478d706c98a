//! Lists in `[...]` and groups in `{...}`: simple changes on the spot.

use std::ops::Range;

use super::cuts::Cuts;
use super::document::Document;
use super::edit::unsupported;
use super::error::EditError;
use super::lines;
use super::node::Node;
use super::path::YamlPath;
use super::value::NewValue;
use super::write::{Habits, Models, Writer};

impl Document {
    pub(super) fn flow_insert_drafts(
        &self,
        path: &YamlPath,
        list: &Node,
        index: usize,
        value: &NewValue,
        models: &Models<'_>,
    ) -> Result<Vec<Cuts>, EditError> {
        if !matches!(value, NewValue::Text(_) | NewValue::Plain(_)) {
            return Err(unsupported(path, "the item would stand inside [ ]"));
        }
        let items = list.items().unwrap_or_default();
        let mut text = String::new();
        Writer {
            document: self,
            habits: Habits::of(self, list.span.start),
            attempt: 0,
        }
        .flow_scalar(&mut text, value, models);
        let before = index.checked_sub(1).and_then(|at| items.get(at));
        Ok(match (before, items.get(index)) {
            (Some(before), _) => vec![Cuts::insert(before.span.end, format!(", {text}"))],
            (None, Some(first)) => vec![Cuts::insert(first.span.start, format!("{text}, "))],
            (None, None) => {
                let inside = lines::cut(&self.text, list.span.clone()).trim_end_matches(']');
                if inside.contains('#') {
                    return Err(unsupported(path, "a comment stands inside [ ]"));
                }
                vec![Cuts::one(list.span.clone(), format!("[{text}]"))]
            }
        })
    }

    /// Takes one of the parts of a `[...]` or `{...}` out, with the comma beside it.
    pub(super) fn remove_flow_part(
        &self,
        path: &YamlPath,
        whole: &Range<usize>,
        parts: &[Range<usize>],
        index: usize,
    ) -> Result<Cuts, EditError> {
        let missing = || unsupported(path, "its parts cannot be told apart");
        let part = parts.get(index).ok_or_else(missing)?;
        let before = index.checked_sub(1).and_then(|at| parts.get(at));
        let range = match (before, parts.get(index + 1)) {
            (_, Some(next)) => part.start..next.start,
            (Some(before), None) => before.end..part.end,
            (None, None) => whole.start + 1..whole.end.saturating_sub(1),
        };
        let outside = [range.start..part.start, part.end..range.end];
        if outside.into_iter().any(|gap| lines::cut(&self.text, gap).contains('#')) {
            return Err(unsupported(path, "a comment stands between its parts"));
        }
        Ok(Cuts::one(range, ""))
    }
}

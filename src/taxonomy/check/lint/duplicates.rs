//! key-duplicates: the same key twice in one group.

use std::collections::HashSet;

use super::{KEY_DUPLICATES, Lint};
use crate::taxonomy::yaml::{Node, NodeValue};

pub(super) fn look(root: &Node, lint: &mut Lint<'_, '_>) {
    duplicates(root, &mut |node, key| {
        let message = format!(
            "The key '{key}' stands twice in the same group, and only the last one counts; delete or rename one of them."
        );
        lint.error(KEY_DUPLICATES, node.line, node.column, message, None);
    });
}

/// Hands out each key that repeats an earlier one of its mapping; copies made by aliases are judged where they are written.
fn duplicates<'a>(node: &'a Node, on_key: &mut dyn FnMut(&'a Node, &'a str)) {
    if node.is_alias() {
        return;
    }
    match &node.value {
        NodeValue::Scalar { .. } => {}
        NodeValue::Sequence(items) => items.iter().for_each(|item| duplicates(item, on_key)),
        NodeValue::Mapping(pairs) => {
            let mut seen = HashSet::new();
            for (key, value) in pairs {
                if let Some(text) = key.scalar_text().filter(|_| !key.is_alias() && !key.is_merge())
                    && !seen.insert(text)
                {
                    on_key(key, text);
                }
                duplicates(key, on_key);
                duplicates(value, on_key);
            }
        }
    }
}

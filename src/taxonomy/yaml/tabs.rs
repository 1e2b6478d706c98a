//! Tabs that libyaml lets pass and PyYAML's own scanner does not: all but those inside quotes, block scalars and comments.

use super::error::SyntaxError;
use super::lines;
use super::node::{Node, NodeValue, ScalarStyle};

/// The first tab that PyYAML refuses.
pub(super) fn forbidden_tab(text: &str, root: Option<&Node>) -> Option<SyntaxError> {
    if !text.as_bytes().contains(&b'\t') {
        return None;
    }
    let mut shelters = Vec::new();
    if let Some(root) = root {
        collect(root, text, &mut shelters);
    }
    shelters.sort_unstable();
    let mut at = 0;
    for (start, end) in shelters {
        if let Some(tab) = tab_outside_comments(text, at, start) {
            return Some(refusal(text, tab));
        }
        at = at.max(end);
    }
    tab_outside_comments(text, at, text.len()).map(|tab| refusal(text, tab))
}

fn refusal(text: &str, tab: usize) -> SyntaxError {
    SyntaxError::at_byte(
        text,
        tab,
        "a tab stands outside quotes; replace it by spaces, or put the text in quotes",
    )
}

/// Where tabs are allowed: quoted scalars, and bodies of block scalars.
fn collect(node: &Node, text: &str, shelters: &mut Vec<(usize, usize)>) {
    if node.is_alias() {
        return;
    }
    match &node.value {
        NodeValue::Scalar {
            style: ScalarStyle::Plain,
            ..
        } => {}
        NodeValue::Scalar {
            style: ScalarStyle::Literal | ScalarStyle::Folded,
            ..
        } => {
            shelters.push((lines::line_end(text, node.span.start), node.span.end));
        }
        NodeValue::Scalar { .. } => shelters.push((node.span.start, node.span.end)),
        NodeValue::Sequence(items) => items.iter().for_each(|item| collect(item, text, shelters)),
        NodeValue::Mapping(pairs) => pairs.iter().for_each(|(key, value)| {
            collect(key, text, shelters);
            collect(value, text, shelters);
        }),
    }
}

fn tab_outside_comments(text: &str, start: usize, end: usize) -> Option<usize> {
    let mut in_comment = false;
    let mut previous = b'\n';
    for (distance, byte) in lines::cut(text, start..end).bytes().enumerate() {
        match byte {
            b'\n' | b'\r' => in_comment = false,
            b'#' if matches!(previous, b' ' | b'\t' | b'\n' | b'\r') => in_comment = true,
            b'\t' if !in_comment => return Some(start + distance),
            _ => {}
        }
        previous = byte;
    }
    None
}

//! Mends the style of single lines: spaces beside marks, and indentation. Gives drafts; whether one holds is looked at elsewhere.

use super::lint::{BRACES, BRACKETS, COLONS, COMMAS, HYPHENS, INDENTATION, lines};
use crate::taxonomy::diagnostic::Diagnostic;
use crate::taxonomy::yaml::{Document, Node, NodeValue};

/// Ways of mending a finding of style, the most careful first.
pub(super) fn drafts(text: &str, finding: &Diagnostic) -> Vec<String> {
    match finding.rule {
        COLONS | COMMAS | BRACES | BRACKETS => spaces(text, finding).unwrap_or_default(),
        HYPHENS => drawn_in(text, finding)
            .into_iter()
            .chain(spaces(text, finding).unwrap_or_default())
            .collect(),
        INDENTATION => moved(text, finding).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The finding points at the last space that is too many, or behind a comma that lacks one.
fn spaces(text: &str, finding: &Diagnostic) -> Option<Vec<String>> {
    let all = lines(text);
    let line = all.get(finding.line.checked_sub(1)?)?;
    let column = finding.column.checked_sub(1)?;
    let at = line.text.char_indices().nth(column).map(|(at, _)| at);
    let at_space = at
        .and_then(|at| line.text.get(at..))
        .is_some_and(|rest| rest.starts_with(' '));
    let with = |from: usize, to: usize, put: &str| {
        Some(format!(
            "{}{put}{}",
            text.get(..line.start + from)?,
            text.get(line.start + to..)?
        ))
    };
    if !at_space {
        let at = at.unwrap_or(line.text.len());
        return with(at, at, " ").map(|draft| vec![draft]);
    }
    let at = at?;
    let before = line.text.get(..at)?;
    let from = before.trim_end_matches(' ').len();
    let after = line.text.get(at..)?;
    let to = at + (after.len() - after.trim_start_matches(' ').len());
    let none = with(from, to, "");
    let one = with(from, to, " ");
    // Before a colon or a comma none may stay; elsewhere one is the usual manner.
    let next = line.text.get(to..)?;
    let drafts = if next.starts_with([':', ',']) {
        [none, one]
    } else {
        [one, none]
    };
    Some(drafts.into_iter().flatten().collect())
}

/// Takes the spaces after a hyphen away and moves the other lines of the item as far, since they line up with its first.
fn drawn_in(text: &str, finding: &Diagnostic) -> Option<String> {
    let document = Document::parse(text.as_bytes()).ok()?;
    // The finding points at the last space.
    let node = starting_at(document.root()?, (finding.line, finding.column + 1))?;
    let all = lines(text);
    let line = all.get(finding.line.checked_sub(1)?)?;
    let before = text.get(line.start..node.span.start)?;
    let extra = (before.len() - before.trim_end_matches(' ').len()).checked_sub(1)?;
    let last = line_of(text, node.span.end.max(node.span.start + 1) - 1);
    let moved = shifted(text, finding.line + 1..=last, extra, 0)?;
    let kept = node.span.start.checked_sub(extra)?;
    Some(format!("{}{}", moved.get(..kept)?, moved.get(node.span.start..)?))
}

/// Moves the node that starts at the finding, or else the line alone.
fn moved(text: &str, finding: &Diagnostic) -> Option<Vec<String>> {
    let wanted: usize = finding.fix.as_deref()?.split(' ').find_map(|word| word.parse().ok())?;
    let found = finding.column.checked_sub(1)?;
    let document = Document::parse(text.as_bytes()).ok()?;
    let mut drafts = Vec::new();
    let at = (finding.line, finding.column);
    if let Some(node) = document.root().and_then(|root| starting_at(root, at)) {
        let first = text.get(..node.span.start)?.len();
        let last = line_of(text, node.span.end.max(first + 1) - 1);
        drafts.extend(shifted(text, finding.line..=last, found, wanted));
    }
    drafts.extend(shifted(text, finding.line..=finding.line, found, wanted));
    Some(drafts)
}

/// The number of the line, from 1, that a byte lies on.
fn line_of(text: &str, byte: usize) -> usize {
    lines(text).partition_point(|line| line.start <= byte).max(1)
}

/// The outermost node that starts at a place.
fn starting_at(node: &Node, at: (usize, usize)) -> Option<&Node> {
    if node.is_alias() {
        return ((node.line, node.column) == at).then_some(node);
    }
    if (node.line, node.column) == at {
        return Some(node);
    }
    match &node.value {
        NodeValue::Scalar { .. } => None,
        NodeValue::Sequence(items) => items.iter().find_map(|item| starting_at(item, at)),
        NodeValue::Mapping(pairs) => pairs
            .iter()
            .find_map(|(key, value)| starting_at(key, at).or_else(|| starting_at(value, at))),
    }
}

fn shifted(text: &str, range: std::ops::RangeInclusive<usize>, found: usize, wanted: usize) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (number, line) in (1..).zip(lines(text)) {
        if !range.contains(&number) || line.text.trim().is_empty() {
            continue;
        }
        out.push_str(text.get(at..line.start)?);
        let indent = line.text.len() - line.text.trim_start_matches(' ').len();
        let kept = if wanted > found {
            indent + (wanted - found)
        } else {
            indent.saturating_sub(found - wanted)
        };
        out.extend(std::iter::repeat_n(' ', kept));
        at = line.start + indent;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

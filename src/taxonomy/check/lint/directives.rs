//! Comments by which an author turns rules of style off: `# yamllint disable-file`, `disable`, `enable`, `disable-line`, each with
//! ` rule:NAME` for single rules.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::ALL;
use super::lines::Line;
use crate::taxonomy::yaml::{Document, Node, NodeValue};

const MARK: &str = "# yamllint ";

/// What is turned off where.
#[derive(Default)]
pub(super) struct Directives<'d> {
    whole_file: bool,
    /// From a line on: the rules that are off.
    from: BTreeMap<usize, BTreeSet<&'d str>>,
    /// On one line only.
    on: BTreeMap<usize, BTreeSet<&'d str>>,
}

impl<'d> Directives<'d> {
    pub(super) fn read(document: &Document, lines: &[Line<'d>]) -> Self {
        let mut directives = Directives::default();
        if !document.text().contains(MARK) {
            return directives;
        }
        directives.whole_file = lines
            .first()
            .is_some_and(|line| line.text.trim_end() == format!("{MARK}disable-file"));
        let mut scalars = Vec::new();
        if let Some(root) = document.root() {
            collect_scalars(root, &mut scalars);
        }
        scalars.sort_unstable_by_key(|span| span.start);
        let mut off = BTreeSet::new();
        for (number, line) in (1..).zip(lines) {
            let Some((at, comment)) = comment_of(line, &scalars) else {
                continue;
            };
            let Some(order) = comment.strip_prefix(MARK) else {
                continue;
            };
            if let Some(rules) = order.strip_prefix("disable-line").and_then(rules) {
                // A comment of its own speaks of the next line.
                let alone = line.text.get(..at).is_some_and(|before| before.trim().is_empty());
                directives
                    .on
                    .entry(number + usize::from(alone))
                    .or_default()
                    .extend(rules);
            } else if let Some(rules) = order.strip_prefix("disable").and_then(rules) {
                off.extend(rules);
                directives.from.insert(number, off.clone());
            } else if let Some(rules) = order.strip_prefix("enable").and_then(rules) {
                rules.iter().for_each(|rule| {
                    off.remove(rule);
                });
                directives.from.insert(number, off.clone());
            }
        }
        directives
    }

    pub(super) fn whole_file(&self) -> bool {
        self.whole_file
    }

    pub(super) fn off(&self, rule: &str, line: usize) -> bool {
        self.from
            .range(..=line)
            .next_back()
            .is_some_and(|(_, off)| off.contains(rule))
            || self.on.get(&line).is_some_and(|off| off.contains(rule))
    }
}

/// The rules after the order: none means all; `None` when it is not written as an order.
fn rules(rest: &str) -> Option<Vec<&str>> {
    let rest = rest.trim_end();
    if rest.is_empty() {
        return Some(ALL.to_vec());
    }
    rest.strip_prefix(' ')?
        .split(' ')
        .map(|part| part.strip_prefix("rule:"))
        .collect()
}

/// Where in the line its comment starts, and the comment. A `#` inside a scalar is none.
fn comment_of<'a>(line: &Line<'a>, scalars: &[Range<usize>]) -> Option<(usize, &'a str)> {
    line.text.match_indices('#').find_map(|(at, _)| {
        let free = line
            .text
            .get(..at)?
            .chars()
            .next_back()
            .is_none_or(|c| matches!(c, ' ' | '\t'));
        let byte = line.start + at;
        let next = scalars.partition_point(|span| span.start <= byte);
        let inside = next
            .checked_sub(1)
            .and_then(|last| scalars.get(last))
            .is_some_and(|span| span.contains(&byte));
        (free && !inside).then(|| line.text.get(at..).map(|comment| (at, comment)))?
    })
}

fn collect_scalars(node: &Node, spans: &mut Vec<Range<usize>>) {
    if node.is_alias() {
        return;
    }
    match &node.value {
        NodeValue::Scalar { .. } => spans.push(node.span.clone()),
        NodeValue::Sequence(items) => items.iter().for_each(|item| collect_scalars(item, spans)),
        NodeValue::Mapping(pairs) => pairs.iter().for_each(|(key, value)| {
            collect_scalars(key, spans);
            collect_scalars(value, spans);
        }),
    }
}

//! Putting a new text in the place of a scalar.

use super::cuts::Cuts;
use super::document::Document;
use super::error::EditError;
use super::lines;
use super::node::{Node, NodeValue, ScalarStyle};
use super::path::{Step, YamlPath};
use super::scalar::{self, Spot, Written};
use super::write::{self, Habits};

/// How far away a neighbour may be whose style is copied.
const NEAR: usize = 8;

impl Document {
    pub(super) fn set_drafts(&self, path: &YamlPath, text: &str) -> Result<Vec<Cuts>, EditError> {
        let found = self.editable_scalar(path)?;
        let node = found.node;
        let NodeValue::Scalar { text: old, style, .. } = &node.value else {
            return Ok(Vec::new());
        };
        let parent = self.parent_column(&found);
        let habits = Habits::of(self, node.span.start);
        // An empty value has no style of its own: the same field of a neighbour shows how it is to look.
        let model = if old.is_empty() { self.neighbour(path) } else { None };
        let (style, old) = match model.map(|model| &model.value) {
            Some(NodeValue::Scalar { text, style, .. }) => (*style, text),
            _ => (*style, old),
        };
        let old_indent = write::block_indent(&self.text, node, parent);
        let in_block = matches!(
            node.value,
            NodeValue::Scalar {
                style: ScalarStyle::Literal | ScalarStyle::Folded,
                ..
            }
        );
        let mut spot = habits.spot(parent, lines::column_of(&self.text, node.span.start));
        spot.flow = found.in_flow();
        if let Some(indent) = old_indent.filter(|indent| in_block && *indent > parent) {
            spot.body = indent;
        }
        let wrapped = !in_block && write::is_wrapped(&self.text, node);
        if wrapped || style == ScalarStyle::Folded {
            spot.width = Some(habits.width);
        }
        let styles = scalar::styles(text, style, old.contains('\n'));
        let mut drafts = Vec::new();
        for style in &styles {
            let Some(written) = scalar::write(text, *style, &spot) else {
                continue;
            };
            drafts.extend(self.replace_scalar(node, &written));
        }
        let one_line = Spot { width: None, ..spot };
        let last = scalar::write(text, ScalarStyle::Double, &one_line);
        drafts.extend(last.into_iter().flat_map(|written| self.replace_scalar(node, &written)));
        Ok(drafts)
    }

    /// The splices that put a newly written scalar in the place of an old one. What follows the old one on its line (a
    /// comment) stays there; for a block that is the header's line. Blank lines at the end of a `|+` text stay as
    /// separators, or go when that does not hold.
    pub(super) fn replace_scalar(&self, node: &Node, written: &Written) -> Vec<Cuts> {
        let text = self.text.as_str();
        let span = node.span.clone();
        let Some(old) = OldBlock::of(node, text) else {
            let empty = span.is_empty() && !lines::cut(text, 0..span.start).ends_with([' ', '\t', '\n', '\r']);
            let gap = if empty { " " } else { "" };
            return vec![match written {
                Written::Inline(inline) => Cuts::one(span, format!("{gap}{inline}")),
                Written::Block { header, body, breaks } => {
                    let end = lines::line_end(text, span.end);
                    let body = self.fitted(body.clone(), *breaks, span.start, end);
                    Cuts::one(span, format!("{gap}{header}")).and(end..end, body)
                }
            }];
        };
        let mut ends = vec![old.text_end];
        if old.text_end < span.end {
            ends.push(span.end);
        }
        let splice = |end: usize| {
            let header_range = span.start..old.header_end;
            match written {
                Written::Inline(inline) => Cuts::one(header_range, inline.as_str()).and(old.line_end..end, ""),
                Written::Block { header, body, breaks } => {
                    let header =
                        old.kept_indicators(header, *breaks, blank_lines_after(text, end) > 0, end == text.len());
                    let body = self.fitted(body.clone(), *breaks, span.start, end);
                    Cuts::one(header_range, header).and(old.line_end..end, body)
                }
            }
        };
        ends.into_iter().map(splice).collect()
    }

    /// A block's body for a place: blank lines that follow there take the place of its own, and at the end of a file a text
    /// that ends in a line break needs one.
    fn fitted(&self, mut body: String, breaks: usize, near: usize, end: usize) -> String {
        if breaks > 1 {
            drop_breaks(&mut body, blank_lines_after(&self.text, end));
        }
        if end == self.text.len() && breaks > 0 {
            body.push_str(lines::line_break_near(&self.text, near));
        }
        body
    }

    /// The same field in the nearest other item of the innermost list: a text that is not empty.
    fn neighbour(&self, path: &YamlPath) -> Option<&Node> {
        for depth in (0..path.steps().len()).rev() {
            let Some(Step::Index(index)) = path.steps().get(depth) else {
                continue;
            };
            let near = (1..=NEAR)
                .flat_map(|distance| [index.checked_sub(distance), index.checked_add(distance)])
                .flatten();
            for other in near {
                let steps = path.steps().iter().enumerate();
                let beside: YamlPath = steps
                    .map(|(at, step)| if at == depth { Step::Index(other) } else { step.clone() })
                    .collect();
                let node = self.locate(&beside).map(|found| found.node);
                if let Some(node) = node.filter(|node| node.as_text().is_some_and(|text| !text.is_empty())) {
                    return Some(node);
                }
            }
        }
        None
    }
}

/// The parts of a block scalar that is replaced.
struct OldBlock<'a> {
    /// As `|2-`.
    indicators: &'a str,
    /// Behind the indicators.
    header_end: usize,
    /// The end of the header's line.
    line_end: usize,
    /// The end of the last line that is not blank.
    text_end: usize,
    /// Its text has no line break at its end.
    unfinished: bool,
}

impl<'a> OldBlock<'a> {
    fn of(node: &Node, text: &'a str) -> Option<Self> {
        let NodeValue::Scalar {
            text: value,
            style: ScalarStyle::Literal | ScalarStyle::Folded,
            ..
        } = &node.value
        else {
            return None;
        };
        let line_end = lines::line_end(text, node.span.start);
        let header = lines::cut(text, node.span.start..line_end);
        let indicators = lines::block_indicators(header);
        let header_end = node.span.start + header.find(indicators).unwrap_or(0) + indicators.len();
        let body = lines::cut(text, line_end..node.span.end);
        let text_end = line_end + body.trim_end_matches([' ', '\n', '\r']).len();
        let text_end = if text_end > line_end {
            lines::line_end(text, text_end).min(node.span.end)
        } else {
            text_end
        };
        Some(OldBlock {
            indicators,
            header_end,
            line_end,
            text_end,
            unfinished: !value.ends_with('\n'),
        })
    }

    /// A new header with the indicators that still hold: an explicit indentation, `+`, and a clip at the end of a file
    /// without a final line break.
    fn kept_indicators(&self, header: &str, breaks: usize, blanks_follow: bool, at_end: bool) -> String {
        let mut header = header.to_owned();
        if let Some(digit) = self.indicators.chars().find(char::is_ascii_digit)
            && !header.contains(|c: char| c.is_ascii_digit())
        {
            header.insert(1, digit);
        }
        if breaks == 1 && self.indicators.contains('+') && !blanks_follow {
            header.push('+');
        }
        if breaks == 0 && at_end && self.unfinished && !self.indicators.contains(['-', '+']) {
            header.retain(|c| c != '-');
        }
        header
    }
}

/// Takes up to `count` line breaks off the end: the blank lines that follow in the file take their place.
fn drop_breaks(body: &mut String, count: usize) {
    for _ in 0..count {
        let shorter = body
            .strip_suffix("\r\n")
            .or_else(|| body.strip_suffix(['\n', '\r']))
            .map(str::len);
        match shorter {
            Some(len) => body.truncate(len),
            None => return,
        }
    }
}

fn blank_lines_after(text: &str, end: usize) -> usize {
    let mut at = lines::next_line(text, end);
    let mut count = 0;
    while at < text.len() && lines::is_blank(lines::line_at(text, at)) {
        count += 1;
        at = lines::next_line(text, at);
    }
    count
}

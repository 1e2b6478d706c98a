//! Writing new values in the style of a file: its indentation, its lists, its quotes, and the styles of similar nodes.

use super::document::Document;
use super::lines;
use super::lint;
use super::node::{Node, NodeValue, ScalarStyle};
use super::scalar::{self, Spot, Written};
use super::value::NewValue;

/// Nodes whose writing is to be copied, the nearest first.
pub(super) type Models<'a> = Vec<&'a Node>;

/// How a file writes things, seen in what is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    /// Columns from a key to the keys below it.
    pub step: usize,
    /// Columns from a key to the `-` of its list: 0 when flush.
    pub list: usize,
    /// Columns from the surrounding collection to the text of a block scalar.
    pub body: usize,
    /// Where long lines are broken when they were broken before.
    pub width: usize,
    pub line_break: &'static str,
}

impl Habits {
    pub(super) fn of(document: &Document, near: usize) -> Self {
        let mut seen = Seen::default();
        if let Some(root) = document.root() {
            seen.look(root, 0, &document.text);
        }
        let longest = document.text.split(['\n', '\r']).map(str::len).max().unwrap_or(0);
        let step = seen.step.unwrap_or(2);
        Habits {
            step,
            list: seen.list.unwrap_or(step),
            body: seen.body.unwrap_or(2),
            width: longest.clamp(80, 120),
            line_break: lines::line_break_near(&document.text, near),
        }
    }

    /// The place of a scalar inside a collection at column `parent`.
    pub(super) fn spot(&self, parent: usize, column: usize) -> Spot {
        Spot {
            parent,
            body: parent + self.body,
            column,
            width: None,
            flow: false,
            line_break: self.line_break,
        }
    }
}

/// The first of each kind.
#[derive(Default)]
struct Seen {
    step: Option<usize>,
    list: Option<usize>,
    body: Option<usize>,
}

impl Seen {
    fn look(&mut self, node: &Node, parent: usize, text: &str) {
        if node.is_alias() || node.is_flow() {
            return;
        }
        match &node.value {
            NodeValue::Scalar {
                style: ScalarStyle::Literal | ScalarStyle::Folded,
                ..
            } => {
                if let Some(indent) = block_indent(text, node, parent) {
                    self.body = self.body.or(indent.checked_sub(parent).filter(|body| *body > 0));
                }
            }
            NodeValue::Scalar { .. } => {}
            NodeValue::Sequence(items) => {
                let dash = node.column.saturating_sub(1);
                items.iter().for_each(|item| self.look(item, dash, text));
            }
            NodeValue::Mapping(pairs) => {
                for (key, value) in pairs {
                    let column = key.column.saturating_sub(1);
                    if !value.is_flow() && !value.is_alias() {
                        let distance = value.column.checked_sub(key.column);
                        match &value.value {
                            NodeValue::Mapping(_) => self.step = self.step.or(distance.filter(|step| *step > 0)),
                            NodeValue::Sequence(_) => self.list = self.list.or(distance),
                            NodeValue::Scalar { .. } => {}
                        }
                    }
                    self.look(value, column, text);
                }
            }
        }
    }
}

/// The column of a block scalar's text; `None` for one without text.
pub(super) fn block_indent(text: &str, node: &Node, parent: usize) -> Option<usize> {
    let header_end = lines::line_end(text, node.span.start);
    let indicators = lines::block_indicators(lines::cut(text, node.span.start..header_end));
    if let Some(digit) = indicators.chars().find_map(|c| c.to_digit(10)) {
        return Some(parent + digit as usize);
    }
    let mut at = lines::next_line(text, header_end);
    while at < node.span.end {
        let line = lines::line_at(text, at);
        if !lines::is_blank(line) {
            return Some(lines::indent_of(line));
        }
        at = lines::next_line(text, at);
    }
    None
}

/// Whether an inline scalar runs over several lines.
pub(super) fn is_wrapped(text: &str, node: &Node) -> bool {
    lines::cut(text, node.span.clone()).contains(['\n', '\r'])
}

/// Writes new values; every method appends to `out` and ends without a line break.
pub(super) struct Writer<'a> {
    pub document: &'a Document,
    pub habits: Habits,
    /// Which of the possible styles of each text is taken: 0 the best; higher ones are fallbacks.
    pub attempt: usize,
}

impl Writer<'_> {
    /// What follows the colon of a key that stands at `column`.
    pub(super) fn after_key(&self, out: &mut String, value: &NewValue, column: usize, models: &Models<'_>) {
        let model = models.iter().find(|model| !model.is_alias());
        match value {
            NewValue::Text(text) => {
                out.push(' ');
                let at = out.len() - out.rfind(['\n', '\r']).map_or(0, |last| last + 1);
                self.text(out, text, &self.habits.spot(column, at), models);
            }
            NewValue::Plain(text) => {
                out.push(' ');
                out.push_str(text);
            }
            NewValue::Map(pairs) if pairs.is_empty() => out.push_str(" {}"),
            NewValue::List(items) if items.is_empty() => out.push_str(" []"),
            NewValue::List(items) if model.is_some_and(|model| model.is_flow()) && self.all_texts(items) => {
                out.push(' ');
                self.flow_list(out, items, models);
            }
            NewValue::Map(pairs) => {
                let inner = column + self.habits.step;
                self.new_line(out, inner);
                self.entries(out, pairs, inner, models);
            }
            NewValue::List(items) => {
                let dash = column + self.habits.list;
                let below = models
                    .iter()
                    .flat_map(|model| model.items().unwrap_or_default())
                    .take(8)
                    .collect();
                for item in items {
                    self.new_line(out, dash);
                    self.item(out, item, dash, 1, &below);
                }
            }
        }
    }

    /// `- value` with the dash at column `dash` and `gap` spaces after it.
    pub(super) fn item(&self, out: &mut String, value: &NewValue, dash: usize, gap: usize, models: &Models<'_>) {
        out.push('-');
        let inner = dash + 1 + gap;
        match value {
            NewValue::Map(pairs) if !pairs.is_empty() => {
                out.push_str(&" ".repeat(gap));
                self.entries(out, pairs, inner, models);
            }
            NewValue::List(items) if !items.is_empty() => {
                let below = models
                    .iter()
                    .flat_map(|model| model.items().unwrap_or_default())
                    .take(8)
                    .collect();
                out.push_str(&" ".repeat(gap));
                for (position, item) in items.iter().enumerate() {
                    if position > 0 {
                        self.new_line(out, inner);
                    }
                    self.item(out, item, inner, 1, &below);
                }
            }
            scalar => {
                out.push_str(&" ".repeat(gap - 1));
                self.after_key(out, scalar, dash, models);
            }
        }
    }

    /// `key: value` lines; the first starts where `out` ends, the others at `column`.
    pub(super) fn entries(&self, out: &mut String, pairs: &[(String, NewValue)], column: usize, models: &Models<'_>) {
        for (position, (key, value)) in pairs.iter().enumerate() {
            if position > 0 {
                self.new_line(out, column);
            }
            self.entry(out, key, value, column, models);
        }
    }

    /// `key: value` at `column`.
    pub(super) fn entry(&self, out: &mut String, key: &str, value: &NewValue, column: usize, models: &Models<'_>) {
        out.push_str(&key_text(key));
        out.push(':');
        let below = models.iter().filter_map(|model| model.get(key)).collect();
        self.after_key(out, value, column, &below);
    }

    /// `["a", "b"]`
    pub(super) fn flow_list(&self, out: &mut String, items: &[NewValue], models: &Models<'_>) {
        let below: Models<'_> = models
            .iter()
            .flat_map(|model| model.items().unwrap_or_default())
            .take(8)
            .collect();
        out.push('[');
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            self.flow_scalar(out, item, &below);
        }
        out.push(']');
    }

    /// A scalar inside `[...]` or `{...}`.
    pub(super) fn flow_scalar(&self, out: &mut String, value: &NewValue, models: &Models<'_>) {
        match value {
            NewValue::Text(text) => {
                let spot = Spot {
                    flow: true,
                    ..self.habits.spot(0, 0)
                };
                self.text(out, text, &spot, models);
            }
            NewValue::Plain(text) => out.push_str(text),
            NewValue::Map(_) => out.push_str("{}"),
            NewValue::List(_) => out.push_str("[]"),
        }
    }

    pub(super) fn all_texts(&self, items: &[NewValue]) -> bool {
        items
            .iter()
            .all(|item| matches!(item, NewValue::Text(_) | NewValue::Plain(_)))
    }

    fn text(&self, out: &mut String, text: &str, spot: &Spot, models: &Models<'_>) {
        let model = models.iter().find_map(|model| match &model.value {
            NodeValue::Scalar { text, style, .. } if !text.is_empty() => Some((*model, *style, text.contains('\n'))),
            _ => None,
        });
        let (style, breaks) = model.map_or((ScalarStyle::Plain, false), |(_, style, breaks)| (style, breaks));
        let wrapped = model.is_some_and(|(node, ..)| is_wrapped(&self.document.text, node));
        let spot = Spot {
            width: (wrapped && self.attempt == 0 && !spot.flow).then_some(self.habits.width),
            ..*spot
        };
        let written = scalar::styles(text, style, breaks)
            .into_iter()
            .filter(|_| self.attempt < 2)
            .filter_map(|style| scalar::write(text, style, &spot))
            // Blank lines that end a text would run into those that separate items.
            .find(|written| match written {
                Written::Inline(_) => true,
                Written::Block { breaks, body, .. } => *breaks < 2 && lint::findings(body) == 0,
            })
            .or_else(|| scalar::write(text, ScalarStyle::Double, &Spot { width: None, ..spot }));
        match written {
            Some(Written::Inline(inline)) => out.push_str(&inline),
            Some(Written::Block { header, body, .. }) => {
                out.push_str(&header);
                out.push_str(&body);
            }
            None => {}
        }
    }

    pub(super) fn new_line(&self, out: &mut String, column: usize) {
        out.push_str(self.habits.line_break);
        out.push_str(&" ".repeat(column));
    }
}

/// A key as written: quoted where it must be.
pub(super) fn key_text(key: &str) -> String {
    let spot = Spot {
        parent: 0,
        body: 2,
        column: 0,
        width: None,
        flow: true,
        line_break: "\n",
    };
    let styles = [ScalarStyle::Plain, ScalarStyle::Double];
    let written = styles.into_iter().find_map(|style| scalar::write(key, style, &spot));
    match written {
        Some(Written::Inline(text)) => text,
        _ => String::new(),
    }
}

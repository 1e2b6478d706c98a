//! The file as it is, beside the form: keys, texts and comments told apart, the bytes of the chosen field marked.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::outline::{Card, Row};
use super::sheet::Sheet;
use super::update::RAW;
use super::view::mark_of;
use crate::taxonomy::form::example_path;
use crate::taxonomy::yaml::{Document, Node, NodeValue, Resolved, YamlPath};
use crate::text::visible::visible_line;
use crate::text::wrap::wrap;
use crate::tui::canvas::Canvas;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// Lines of the file that stay in sight above the chosen field.
const ABOVE: usize = 2;
/// Cells of the line numbers, with a mark and a blank.
const GUTTER: u16 = 6;
/// A line longer than this is cut: nobody reads on, and wrapping it costs.
const MOST_LINE: usize = 16 << 10;

/// What is worked out once for some bytes.
pub struct Painted {
    bytes: Arc<[u8]>,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// In order, without overlaps; what lies between is punctuation.
    pieces: Vec<(Range<usize>, Role)>,
}

impl Painted {
    /// Reads bytes; what is no YAML has no colours.
    pub fn new(bytes: Arc<[u8]>, document: Option<&Document>) -> Self {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = vec![0];
        lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        if lines.len() > 1 && lines.last() == Some(&text.len()) {
            lines.pop();
        }
        let pieces = document.map(pieces_of).unwrap_or_default();
        Painted {
            bytes,
            text,
            lines,
            pieces,
        }
    }

    /// A line's bytes, its end of line left out.
    fn line(&self, number: usize) -> Range<usize> {
        let start = self.lines.get(number).copied().unwrap_or(self.text.len());
        let end = self.lines.get(number + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or_default();
        let mut length = text.trim_end_matches(['\n', '\r']).len().min(MOST_LINE);
        while !text.is_char_boundary(length) {
            length -= 1;
        }
        start..start + length
    }

    /// The line that a byte is on, from 0.
    fn line_at(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte).saturating_sub(1)
    }
}

/// Keys, texts, other values and comments of a document, in order.
fn pieces_of(document: &Document) -> Vec<(Range<usize>, Role)> {
    let mut pieces = Vec::new();
    if let Some(root) = document.root() {
        collect(root, false, &mut pieces);
    }
    pieces.sort_by_key(|(range, _)| range.start);
    let mut whole: Vec<(Range<usize>, Role)> = Vec::with_capacity(pieces.len());
    let mut at = 0;
    for (range, role) in pieces {
        // What an alias names is painted where it stands.
        if range.start < at {
            continue;
        }
        comments(document.text(), at..range.start, &mut whole);
        at = range.end;
        whole.push((range, role));
    }
    comments(document.text(), at..document.text().len(), &mut whole);
    whole
}

fn collect(node: &Node, is_key: bool, pieces: &mut Vec<(Range<usize>, Role)>) {
    if node.is_alias() {
        return pieces.push((node.span.clone(), Role::Accent));
    }
    match &node.value {
        NodeValue::Scalar { tag, .. } => {
            let role = match tag {
                _ if is_key => Role::FileKey,
                Resolved::Str => Role::FileText,
                _ => Role::Accent,
            };
            pieces.push((node.span.clone(), role));
        }
        NodeValue::Sequence(items) => items.iter().for_each(|item| collect(item, false, pieces)),
        NodeValue::Mapping(pairs) => {
            for (key, value) in pairs {
                collect(key, true, pieces);
                collect(value, false, pieces);
            }
        }
    }
}

/// Finds the comments between two values.
fn comments(text: &str, gap: Range<usize>, pieces: &mut Vec<(Range<usize>, Role)>) {
    let Some(between) = text.get(gap.clone()) else { return };
    let mut offset = gap.start;
    for line in between.split_inclusive('\n') {
        let starts = line.match_indices('#').map(|(at, _)| at);
        let blank_before = |at: &usize| {
            let before = text.get(..offset + at).and_then(|text| text.chars().next_back());
            before.is_none_or(|c| c.is_whitespace() || c == '\u{feff}')
        };
        if let Some(at) = starts.into_iter().find(blank_before) {
            let end = offset + line.trim_end_matches(['\n', '\r']).len();
            pieces.push((offset + at..end, Role::Comment));
        }
        offset += line.len();
    }
}

impl Sheet {
    /// The file with its colours; worked out once for each version.
    pub fn painted(&self) -> Rc<Painted> {
        if let Some(known) = self.painted.borrow().as_ref()
            && Arc::ptr_eq(&known.bytes, self.bytes())
        {
            return Rc::clone(known);
        }
        let fresh = Rc::new(Painted::new(Arc::clone(self.bytes()), self.document().ok()));
        self.painted.replace(Some(Rc::clone(&fresh)));
        fresh
    }

    /// The bytes of the chosen row: a field's value, or a whole example.
    fn chosen_bytes(&self) -> Option<Range<usize>> {
        let document = self.document().ok()?;
        let path = match self.row() {
            Row::Field(number) => self.fields.get(number)?.yaml_path.clone(),
            Row::Example(example) => example_path(example),
            Row::Documents => YamlPath::root().key("document"),
            Row::File => return None,
        };
        Some(document.get(&path)?.span.clone())
    }

    /// Chooses the field that stands on a line of the file (from 0), or the example around it.
    pub fn choose_line(&mut self, line: usize) {
        let painted = self.painted();
        let Ok(document) = self.document() else { return };
        let place = painted.line(line);
        let fits = |path: &YamlPath| {
            let node = document.get(path)?;
            (node.span.start < place.end.max(place.start + 1) && place.start < node.span.end).then_some(())
        };
        let number = self.fields.iter().position(|field| fits(&field.yaml_path).is_some());
        let example = (0..self.leaf.seed_examples.len()).find(|example| fits(&example_path(*example)).is_some());
        if let Some(row) = number.map(Row::Field).or(example.map(Row::Example)) {
            self.choose(row);
        }
    }
}

/// Draws the file. It follows the chosen field, until a hand scrolls it.
pub fn draw(_model: &Model, sheet: &Sheet, canvas: &mut Canvas<'_, '_>, area: Rect, focused: bool) {
    let inner = canvas.pane(area, RAW, "qna.yaml, as it will be saved", focused);
    if inner.width <= GUTTER || inner.is_empty() {
        return;
    }
    let painted = sheet.painted();
    let chosen = sheet.chosen_bytes();
    let window = usize::from(inner.height);
    let width = inner.width - GUTTER;
    let mut top = sheet.raw_top.get().min(painted.lines.len().saturating_sub(1));
    let now = Some((sheet.list.chosen, sheet.revision));
    if sheet.raw_for.replace(now) != now {
        let line = match (&chosen, sheet.card()) {
            (Some(range), _) => painted.line_at(range.start),
            (None, Card::File) => 0,
            (None, _) => top,
        };
        if line < top || line >= last_line(&painted, top, width, window) {
            top = line.saturating_sub(ABOVE);
        }
    }
    sheet.raw_top.set(top);
    let mut y = inner.y;
    for number in top..painted.lines.len() {
        let range = painted.line(number);
        let line = painted.text.get(range.clone()).unwrap_or_default();
        let marked = chosen
            .as_ref()
            .is_some_and(|chosen| chosen.start <= range.end && range.start < chosen.end);
        let finding = sheet
            .findings
            .iter()
            .filter(|found| found.line == number + 1)
            .map(|found| found.severity)
            .max()
            .and_then(mark_of);
        for (part, row) in wrap(line, usize::from(width)).iter().enumerate() {
            if y >= inner.bottom() {
                return;
            }
            if part == 0 {
                canvas.text(inner.x, y, 4, &format!("{:>4}", number + 1), Role::Dim);
            }
            match finding {
                Some((mark, role)) if part == 0 => canvas.text(inner.x + 4, y, 1, mark, role),
                _ if marked => canvas.text(inner.x + 4, y, 1, "▌", Role::Accent),
                _ => 0,
            };
            let piece = range.start + row.start..range.start + row.end;
            draw_piece(&painted, canvas, (inner.x + GUTTER, y, width), piece, chosen.as_ref());
            let place = Rect { y, height: 1, ..inner };
            canvas.hits.add(
                place,
                Hit::Row {
                    pane: RAW,
                    index: number,
                },
            );
            y += 1;
        }
    }
}

/// The first line below the window.
fn last_line(painted: &Painted, top: usize, width: u16, window: usize) -> usize {
    let mut rows = 0;
    for number in top..painted.lines.len() {
        let line = painted.text.get(painted.line(number)).unwrap_or_default();
        rows += wrap(line, usize::from(width)).len();
        if rows > window {
            return number;
        }
    }
    painted.lines.len()
}

/// Draws one row of the file with its colours.
fn draw_piece(
    painted: &Painted,
    canvas: &mut Canvas<'_, '_>,
    (x, y, width): (u16, u16, u16),
    row: Range<usize>,
    chosen: Option<&Range<usize>>,
) {
    let mut edges = vec![row.start, row.end];
    let first = painted.pieces.partition_point(|(range, _)| range.end <= row.start);
    let here: Vec<&(Range<usize>, Role)> = painted
        .pieces
        .iter()
        .skip(first)
        .take_while(|(range, _)| range.start < row.end)
        .collect();
    edges.extend(here.iter().flat_map(|(range, _)| [range.start, range.end]));
    edges.extend(chosen.iter().flat_map(|range| [range.start, range.end]));
    edges.retain(|edge| (row.start..=row.end).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    let spans: Vec<Span<'static>> = edges
        .iter()
        .zip(edges.iter().skip(1))
        .map(|(from, to)| {
            let role = here
                .iter()
                .find(|(range, _)| range.contains(from))
                .map_or(Role::Dim, |(_, role)| *role);
            let is_chosen = chosen.is_some_and(|range| range.contains(from));
            // A whole example is marked in the margin; only a field's own bytes change their look.
            let style = canvas.style(role);
            let style = if is_chosen {
                canvas.style(Role::SelectionIdle).patch(style)
            } else {
                style
            };
            let text = visible_line(painted.text.get(*from..*to).unwrap_or_default()).into_owned();
            Span::styled(text, style)
        })
        .collect();
    canvas.line(x, y, width, Line::from(spans));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let document = Document::parse(text.as_bytes()).unwrap();
        pieces_of(&document)
            .iter()
            .map(|(range, role)| format!("{}:{} ", role.word(), text.get(range.clone()).unwrap()))
            .collect()
    }

    #[test]
    fn keys_texts_values_and_comments_are_told_apart() {
        assert_eq!(
            told("# top\na: 'x # y' # end\nb: 3\n"),
            "comment:# top file-key:a file-text:'x # y' comment:# end file-key:b accent:3 "
        );
        assert_eq!(
            told("a: |\n  # text\nl: [one, \"#two\"]#no\n").trim_end(),
            "file-key:a file-text:|\n  # text file-key:l file-text:one file-text:\"#two\""
        );
        assert_eq!(
            told("a: &x one\nb: *x\n"),
            "file-key:a file-text:&x one file-key:b accent:*x "
        );
    }
}

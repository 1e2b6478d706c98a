//! The items of a block list: whole lines with the comments that belong to them.

use super::cuts::Cuts;
use super::document::Document;
use super::edit::{Found, unsupported};
use super::error::EditError;
use super::keys::blank_run_before;
use super::lines;
use super::node::Node;
use super::path::YamlPath;
use super::value::NewValue;
use super::write::{Habits, Models, Writer};

/// How many neighbours are looked at for the style of a new item.
const NEAR: usize = 8;

/// The lines of one item.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// Where its own comment lines start, or its first line.
    lead: usize,
    /// The `-`.
    dash: usize,
    /// Past its last line break and the deeper comments below it.
    end: usize,
}

impl Document {
    /// Items whose writing a new item at `index` copies, the nearest first; for an empty list those of neighbouring lists.
    pub(super) fn item_models<'a>(&'a self, path: &YamlPath, items: &'a [Node], index: usize) -> Models<'a> {
        let before = items.get(..index).unwrap_or_default().iter().rev();
        let after = items.get(index..).unwrap_or_default().iter();
        let mut models: Models<'a> = before
            .take(NEAR)
            .chain(after.take(NEAR))
            .filter(|item| !item.is_alias())
            .collect();
        if models.is_empty() {
            models = self
                .models_beside(path)
                .into_iter()
                .flat_map(|list| list.items().unwrap_or_default())
                .take(NEAR)
                .collect();
        }
        models
    }

    pub(super) fn insert_drafts(
        &self,
        path: &YamlPath,
        index: usize,
        value: &NewValue,
    ) -> Result<Vec<Cuts>, EditError> {
        let Some(found) = self.locate(path) else {
            return Ok(Vec::new());
        };
        super::edit::check_anchors(path, &found)?;
        let items = found.node.items().unwrap_or_default();
        let models = self.item_models(path, items, index);
        let scalar = matches!(value, NewValue::Text(_) | NewValue::Plain(_));
        if found.node.is_flow() && (scalar || !items.is_empty() || found.in_flow()) {
            return self.flow_insert_drafts(path, found.node, index, value, &models);
        }
        if items.is_empty() {
            return self.fill_drafts(path, &NewValue::List(vec![value.clone()]));
        }
        let chunks = self.chunks(path, &found)?;
        let (Some(dash), Some(first)) = (chunks.first().map(|chunk| self.dash_column(chunk)), items.first()) else {
            return Ok(Vec::new());
        };
        let gap = models.first().copied().unwrap_or(first);
        let gap = match gap.pairs() {
            Some(_) if !gap.is_flow() => gap.column.saturating_sub(dash + 2).clamp(1, 8),
            _ => 1,
        };
        let habits = Habits::of(self, found.node.span.start);
        let (above, below) = (index.checked_sub(1).and_then(|at| chunks.get(at)), chunks.get(index));
        let mut drafts = Vec::new();
        for attempt in 0..3 {
            let mut item = " ".repeat(dash);
            Writer {
                document: self,
                habits,
                attempt,
            }
            .item(&mut item, value, dash, gap, &models);
            drafts.extend(self.placed(&chunks, above, below, &item, habits.line_break));
        }
        Ok(drafts)
    }

    /// Puts the lines of an item (without their last break) between two chunks, with the blank lines that this list puts
    /// between items.
    fn placed(
        &self,
        chunks: &[Chunk],
        above: Option<&Chunk>,
        below: Option<&Chunk>,
        item: &str,
        line_break: &'static str,
    ) -> Vec<Cuts> {
        let blanks = line_break.repeat(self.blanks_between(chunks, above, below));
        let mut drafts = Vec::new();
        match (above, below) {
            (Some(above), _) => {
                let open = !self
                    .text
                    .get(..above.end)
                    .is_some_and(|before| before.ends_with(['\n', '\r']));
                let item = item.trim_end_matches(['\n', '\r']);
                for blanks in [blanks.as_str(), ""] {
                    if open {
                        drafts.push(Cuts::insert(above.end, format!("{line_break}{blanks}{item}")));
                        drafts.push(Cuts::insert(
                            above.end,
                            format!("{line_break}{blanks}{item}{line_break}"),
                        ));
                    } else {
                        drafts.push(Cuts::insert(above.end, format!("{blanks}{item}{line_break}")));
                    }
                }
            }
            (None, Some(below)) => drafts.push(Cuts::insert(below.lead, format!("{item}{line_break}{blanks}"))),
            (None, None) => {}
        }
        drafts
    }

    pub(super) fn item_bytes(&self, path: &YamlPath, index: usize) -> Result<Vec<u8>, EditError> {
        let Some(found) = self.locate(path) else {
            return Ok(Vec::new());
        };
        let item = found.node.items().and_then(|items| items.get(index));
        let flow = found.in_flow() || found.node.is_flow();
        let range = if flow {
            item.map(|item| item.span.clone())
        } else {
            self.chunks(path, &found)?.get(index).map(|chunk| chunk.lead..chunk.end)
        };
        Ok(range
            .map(|range| lines::cut(&self.text, range).as_bytes().to_vec())
            .unwrap_or_default())
    }

    pub(super) fn remove_drafts(&self, path: &YamlPath, index: usize) -> Result<Vec<Cuts>, EditError> {
        let Some(found) = self.locate(path) else {
            return Ok(Vec::new());
        };
        let items = found.node.items().unwrap_or_default();
        if found.in_flow() || found.node.is_flow() {
            let spans: Vec<_> = items.iter().map(|item| item.span.clone()).collect();
            return Ok(vec![self.remove_flow_part(path, &found.node.span, &spans, index)?]);
        }
        let chunks = self.chunks(path, &found)?;
        let Some(chunk) = chunks.get(index) else {
            return Ok(Vec::new());
        };
        if let [item] = items {
            return self.collapse_drafts(path, found.node, chunk.dash..item.span.end, "[]");
        }
        let text = self.text.as_str();
        let plain = Cuts::one(chunk.lead..chunk.end, "");
        if index > 0 {
            let from = blank_run_before(text, chunk.lead);
            return Ok(vec![Cuts::one(from..chunk.end, ""), plain]);
        }
        let mut to = chunk.end;
        while to < text.len() && lines::is_blank(lines::line_at(text, to)) {
            to = lines::next_line(text, to);
        }
        Ok(vec![Cuts::one(chunk.lead..to, ""), plain])
    }

    pub(super) fn move_drafts(&self, path: &YamlPath, from: usize, to: usize) -> Result<Vec<Cuts>, EditError> {
        let Some(found) = self.locate(path) else {
            return Ok(Vec::new());
        };
        let items = found.node.items().unwrap_or_default();
        let text = self.text.as_str();
        let order = |len: usize| {
            let mut order: Vec<usize> = (0..len).collect();
            if from < len && to < len {
                let moved = order.remove(from);
                order.insert(to, moved);
            }
            order
        };
        let mut cuts = Cuts::default();
        if found.in_flow() || found.node.is_flow() {
            for (item, source) in items.iter().zip(order(items.len())) {
                let source = items.get(source).map_or(0..0, |item| item.span.clone());
                cuts = cuts.and(item.span.clone(), lines::cut(text, source));
            }
            return Ok(vec![cuts]);
        }
        let chunks = self.chunks(path, &found)?;
        let line_break = lines::line_break_near(text, found.node.span.start);
        let mut closed_cuts = Cuts::default();
        for ((position, chunk), source) in chunks.iter().enumerate().zip(order(chunks.len())) {
            if position < from.min(to) || position > from.max(to) {
                continue;
            }
            let Some(source) = chunks.get(source) else { continue };
            let mut lines_of = lines::cut(text, source.lead..source.end).to_owned();
            if !lines_of.ends_with(['\n', '\r']) {
                lines_of.push_str(line_break);
            }
            closed_cuts = closed_cuts.and(chunk.lead..chunk.end, lines_of.as_str());
            let open = !lines::cut(text, chunk.lead..chunk.end).ends_with(['\n', '\r']);
            let kept = if open {
                lines_of.strip_suffix(line_break).unwrap_or(&lines_of)
            } else {
                &lines_of
            };
            cuts = cuts.and(chunk.lead..chunk.end, kept);
        }
        Ok(vec![cuts, closed_cuts])
    }

    pub(super) fn duplicate_drafts(&self, path: &YamlPath, index: usize) -> Result<Vec<Cuts>, EditError> {
        let Some(found) = self.locate(path) else {
            return Ok(Vec::new());
        };
        let text = self.text.as_str();
        if found.in_flow() || found.node.is_flow() {
            let Some(item) = found.node.items().and_then(|items| items.get(index)) else {
                return Ok(Vec::new());
            };
            return Ok(vec![Cuts::insert(
                item.span.end,
                format!(", {}", lines::cut(text, item.span.clone())),
            )]);
        }
        let chunks = self.chunks(path, &found)?;
        let Some(chunk) = chunks.get(index) else {
            return Ok(Vec::new());
        };
        let line_break = lines::line_break_near(text, found.node.span.start);
        let copy = lines::cut(text, lines::line_start(text, chunk.dash)..chunk.end);
        // Blank lines at the end of a `|+` text are the item's own.
        let copy = copy
            .strip_suffix("\r\n")
            .or_else(|| copy.strip_suffix(['\n', '\r']))
            .unwrap_or(copy);
        let blanks = line_break.repeat(self.blanks_between(&chunks, Some(chunk), chunks.get(index + 1)));
        let open = !text
            .get(..chunk.end)
            .is_some_and(|before| before.ends_with(['\n', '\r']));
        let mut drafts = Vec::new();
        for blanks in [blanks.as_str(), ""] {
            if open {
                drafts.push(Cuts::insert(chunk.end, format!("{line_break}{blanks}{copy}")));
            }
            let before = if open { line_break } else { "" };
            drafts.push(Cuts::insert(chunk.end, format!("{before}{blanks}{copy}{line_break}")));
        }
        Ok(drafts)
    }

    fn dash_column(&self, chunk: &Chunk) -> usize {
        lines::column_of(&self.text, chunk.dash)
    }

    /// Blank lines between the two chunks, or between the last two; at most two, so that yamllint stays content.
    fn blanks_between(&self, chunks: &[Chunk], above: Option<&Chunk>, below: Option<&Chunk>) -> usize {
        let gap = match (above, below) {
            (Some(above), Some(below)) => Some((above, below)),
            (None, Some(_)) => chunks.first().zip(chunks.get(1)),
            _ => chunks
                .len()
                .checked_sub(2)
                .and_then(|at| chunks.get(at))
                .zip(chunks.last()),
        };
        let Some((above, below)) = gap else { return 0 };
        let from = blank_run_before(&self.text, below.lead).max(above.end);
        let run = lines::cut(&self.text, from..below.lead);
        run.matches(if run.contains('\n') { '\n' } else { '\r' }).count().min(2)
    }

    /// The lines of every item of a block list.
    fn chunks(&self, path: &YamlPath, found: &Found<'_>) -> Result<Vec<Chunk>, EditError> {
        let text = self.text.as_str();
        let items = found.node.items().unwrap_or_default();
        let mut chunks: Vec<Chunk> = Vec::with_capacity(items.len());
        for item in items {
            let from = chunks.last().map_or(found.node.span.start, |chunk| chunk.end);
            let dash = dash_after(text, from).filter(|dash| *dash < item.span.end.max(item.span.start + 1));
            let Some(dash) = dash else {
                return Err(unsupported(path, "its items share lines"));
            };
            let start = lines::line_start(text, dash);
            if !lines::is_blank(lines::cut(text, start..dash)) {
                return Err(unsupported(path, "an item shares its line with something else"));
            }
            let column = dash - start;
            let lead = if chunks.is_empty() {
                start
            } else {
                comments_above(text, start, from, column)
            };
            chunks.push(Chunk {
                lead,
                dash,
                end: self.end_with_comments(item, column).max(lines::next_line(text, dash)),
            });
        }
        // A comment above the first item is its own when another item has one too; else it speaks of the whole list.
        let commented = chunks
            .iter()
            .any(|chunk| chunk.lead < lines::line_start(text, chunk.dash));
        if let Some(first) = chunks.first_mut().filter(|_| commented) {
            let start = lines::line_start(text, first.dash);
            let floor = self
                .key_of(path)
                .map_or(start, |key| lines::next_line(text, key.span.end));
            first.lead = comments_above(text, start, floor, first.dash - start);
        }
        Ok(chunks)
    }
}

/// The start of the comment lines right above `start`, not above `floor` and not those indented deeper than the dash.
fn comments_above(text: &str, start: usize, floor: usize, column: usize) -> usize {
    let mut lead = start;
    while let Some(previous) = lines::previous_line(text, lead).filter(|previous| *previous >= floor) {
        let line = lines::line_at(text, previous);
        if !lines::is_comment(line) || lines::indent_of(line) > column {
            break;
        }
        lead = previous;
    }
    lead
}

/// The next `-` of a list: past blanks, comments and the list's own tag.
fn dash_after(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'#' => at = lines::line_end(text, at),
            b'-' => return Some(at),
            b'!' => {
                while bytes.get(at).is_some_and(|b| !b.is_ascii_whitespace()) {
                    at += 1;
                }
            }
            _ => return None,
        }
    }
}

//! The right side: all fields that belong together, whole, with their findings; the chosen one with its help.

use std::rc::Rc;

use ratatui::layout::Rect;

use super::broken;
use super::kinds;
use super::outline::{Card, Row};
use super::sheet::{Sheet, Shown};
use super::typing::Typing;
use super::update::CARD;
use super::view::mark_of;
use crate::taxonomy::form::{Field, Fit, Group, Length, MOST_FILE_WORDS, MOST_PAIRS_WORDS, length_of, most_words};
use crate::taxonomy::{Diagnostic, Kind, Severity};
use crate::text::counted::counted;
use crate::text::wrap::{self, wrap};
use crate::tui::canvas::{Canvas, fitted_path, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// Rows that a window needs to show a good example while one types.
const ROOM_FOR_EXAMPLE: usize = 14;
/// Findings that the file's page lists.
const MOST_FINDINGS: usize = 50;

/// What stands below a label.
enum Body<'a> {
    Nothing,
    Text(&'a Shown, Rc<Vec<wrap::Row>>),
    Typing(&'a Typing, usize),
}

/// One field of the page, or the words at its top.
struct Block<'a> {
    /// The row of the outline.
    row: Option<usize>,
    chosen: bool,
    label: String,
    /// At the right end of the label's row.
    note: Option<(String, Role)>,
    lines: Vec<(String, Role)>,
    body: Body<'a>,
}

impl Block<'_> {
    fn head(&self) -> usize {
        usize::from(!self.label.is_empty()) + self.lines.len()
    }

    fn body_height(&self) -> usize {
        match &self.body {
            Body::Nothing => 0,
            Body::Text(_, rows) => rows.len(),
            Body::Typing(_, height) => *height,
        }
    }

    /// With the empty row below.
    fn height(&self) -> usize {
        self.head() + self.body_height() + 1
    }
}

/// Draws the page that the chosen row is on.
pub fn draw(model: &Model, sheet: &Sheet, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let card = sheet.card();
    let title = match card {
        Card::File => fitted_path(sheet.node.as_str(), area.width.saturating_sub(4)),
        Card::Example(example) => format!("example {} of {}", example + 1, sheet.leaf.seed_examples.len()),
        Card::Documents => "documents: where the passages come from".to_owned(),
    };
    let inner = canvas.text_pane(area, CARD, &title, sheet.reading || sheet.typing.is_some());
    if inner.is_empty() {
        return;
    }
    if let Err(error) = sheet.document() {
        return broken::draw(model, sheet, error, canvas, inner);
    }
    let text_width = inner.width.saturating_sub(2).max(1);
    let page = Page {
        model,
        sheet,
        width: text_width,
        window: usize::from(inner.height),
    };
    let mut blocks: Vec<Block<'_>> = page.opening(card).into_iter().collect();
    for (number, field) in sheet.fields.iter().enumerate() {
        if Card::of_field(field) == card {
            blocks.extend(page.block(number, field));
        }
    }
    let top = scroll(sheet, &blocks, usize::from(inner.height));
    let mut y = 0;
    for block in &blocks {
        draw_block(block, canvas, inner, y, top);
        y += block.height();
        if y >= top + usize::from(inner.height) {
            break;
        }
    }
    let whole: usize = blocks.iter().map(Block::height).sum();
    if whole > top + usize::from(inner.height) + 1 {
        canvas.text(
            area.right().saturating_sub(9),
            area.bottom().saturating_sub(1),
            7,
            " more ↓",
            Role::Dim,
        );
    }
}

/// What the blocks of a page are made from.
struct Page<'a> {
    model: &'a Model,
    sheet: &'a Sheet,
    width: u16,
    window: usize,
}

impl<'a> Page<'a> {
    /// The words at the top of a page: what the leaf is, and the findings that no field has.
    fn opening(&self, card: Card) -> Option<Block<'static>> {
        let (sheet, width) = (self.sheet, self.width);
        let mut lines = Vec::new();
        if card == Card::File {
            let count = sheet.leaf.seed_examples.len();
            let said = match sheet.leaf.kind {
                Kind::Skill => {
                    "A freeform skill: each question and answer stands alone. With a context in its examples it becomes a grounded skill."
                }
                Kind::GroundedSkill => "A grounded skill: each answer rests on the context given with its question.",
                Kind::Knowledge => {
                    "Knowledge: each example is a passage of the documents with three questions that the passage answers."
                }
            };
            push_wrapped(&mut lines, said, width, Role::Text);
            let mut told = counted(count, "example", "examples");
            if sheet.findings.is_empty() {
                told.push_str(" · no findings");
            }
            for (severity, one, several) in [
                (Severity::Error, "error", "errors"),
                (Severity::Warning, "warning", "warnings"),
                (Severity::Advice, "piece of advice", "pieces of advice"),
            ] {
                let found = sheet.findings.iter().filter(|found| found.severity == severity).count();
                if found > 0 {
                    told.push_str(&format!(" · {}", counted(found, one, several)));
                }
            }
            push_wrapped(&mut lines, &told, width, Role::Dim);
            if sheet.leaf.kind != Kind::Knowledge {
                let whole = length_of(&sheet.leaf.seed_examples, MOST_FILE_WORDS);
                let (said, role) = length_note(whole);
                push_wrapped(&mut lines, &format!("all questions and answers: {said}"), width, role);
            }
        }
        if card == Card::File
            && let Some(said) = kinds::misplaced(sheet)
        {
            push_wrapped(&mut lines, &format!("! {said}"), width, Role::Warning);
        }
        if let (Card::Example(example), Kind::Knowledge) = (card, sheet.leaf.kind) {
            let own = length_of(sheet.leaf.seed_examples.get(example), MOST_PAIRS_WORDS);
            let (said, role) = length_note(own);
            push_wrapped(&mut lines, &format!("its questions and answers: {said}"), width, role);
        }
        let own: Vec<&Diagnostic> = sheet.found(card.heading()).take(MOST_FINDINGS).collect();
        for found in own {
            self.push_finding(&mut lines, found);
        }
        if lines.is_empty() {
            return None;
        }
        let row = sheet.rows.iter().position(|row| *row == card.heading());
        let chosen = row == Some(sheet.list.chosen);
        Some(Block {
            row,
            chosen,
            label: String::new(),
            note: None,
            lines,
            body: Body::Nothing,
        })
    }

    fn block(&self, number: usize, field: &'a Field) -> Option<Block<'a>> {
        let (sheet, width, window) = (self.sheet, self.width, self.window);
        let shown = sheet.shown.get(number)?;
        let row = sheet.rows.iter().position(|row| *row == Row::Field(number));
        let chosen = row == Some(sheet.list.chosen);
        let typing = sheet.typing.as_ref().filter(|typing| typing.path == field.yaml_path);
        let mut lines = Vec::new();
        if chosen {
            push_wrapped(&mut lines, field.help, width, Role::Dim);
            // While one types in a small window, the text itself needs the room.
            if typing.is_none() || window >= ROOM_FOR_EXAMPLE {
                push_wrapped(
                    &mut lines,
                    &format!("For example: {}", field.example),
                    width,
                    Role::Comment,
                );
            }
        }
        if let Some(refused) = sheet.refused.as_ref().filter(|_| typing.is_some()) {
            push_wrapped(&mut lines, &format!("✗ {refused}"), width, Role::Bad);
        }
        for found in sheet.found(Row::Field(number)) {
            self.push_finding(&mut lines, found);
        }
        let has_text = typing.is_some() || !shown.text.trim().is_empty();
        if has_text && !lines.is_empty() {
            // Keeps help and text apart also where nothing has a colour.
            lines.push((String::new(), Role::Dim));
        }
        let length = typing.map_or(shown.length, |typing| {
            Length::of(&typing.field.text(), most_words(field))
        });
        let body = match typing {
            Some(typing) => {
                // Where the window is low the field goes before its help.
                let most = window.saturating_sub(lines.len() + 1).max(3).min(window);
                let least = if field.multiline { 3 } else { 1 };
                Body::Typing(typing, typing.field.height(width).clamp(least.min(most), most))
            }
            None if shown.text.trim().is_empty() => {
                let key = self.model.keymap.shown(Command::TypeHere);
                lines.push((format!("empty: {key} types here"), Role::Dim));
                Body::Nothing
            }
            None => Body::Text(shown, shown.rows(width)),
        };
        let label = match field.group {
            Group::Pair(example, pair) => {
                let count = sheet
                    .leaf
                    .seed_examples
                    .get(example)
                    .map_or(0, |example| example.pairs.len());
                if count > 1 {
                    format!("{} {}", field.label, pair + 1)
                } else {
                    field.label.to_owned()
                }
            }
            _ => field.label.to_owned(),
        };
        Some(Block {
            row,
            chosen,
            label,
            note: Some(length_note(length)),
            lines,
            body,
        })
    }

    fn push_finding(&self, lines: &mut Vec<(String, Role)>, found: &Diagnostic) {
        let (mark, role) = mark_of(found.severity).unwrap_or(("·", Role::Dim));
        let key = self.model.keymap.shown(Command::Fix);
        let fix = if found.fix.is_some() {
            format!(" ({key} mends this)")
        } else {
            String::new()
        };
        push_wrapped(
            lines,
            &format!("{mark} line {}: {}{fix}", found.line, found.message),
            self.width,
            role,
        );
    }
}

/// How long something is, against the advice: in words, and in colour where there is any.
fn length_note(length: Length) -> (String, Role) {
    let Length { words, tokens, most } = length;
    let tokens = format!(
        "about {}",
        counted(usize::try_from(tokens).unwrap_or(usize::MAX), "token", "tokens")
    );
    match (most, length.fit()) {
        (Some(most), Fit::Over) => (
            format!("! {words} words, {} over the {most} advised · {tokens}", words - most),
            Role::Warning,
        ),
        (Some(most), Fit::Near) => (
            format!("{words} of {most} words, nearly full · {tokens}"),
            Role::Warning,
        ),
        (Some(most), Fit::Good) => (format!("{words} of {most} words · {tokens}"), Role::Dim),
        (None, _) => (format!("{} · {tokens}", counted(words, "word", "words")), Role::Dim),
    }
}

pub(super) fn push_wrapped(lines: &mut Vec<(String, Role)>, text: &str, width: u16, role: Role) {
    lines.extend(
        wrap(text, usize::from(width))
            .iter()
            .map(|row| (row.drawn(text).to_owned(), role)),
    );
}

/// Where the window begins: kept where a hand scrolled it, moved as little as needed when another row is chosen.
fn scroll(sheet: &Sheet, blocks: &[Block<'_>], window: usize) -> usize {
    let whole: usize = blocks.iter().map(Block::height).sum();
    let mut top = sheet.card_top.get().min(whole.saturating_sub(window));
    let moved = sheet.card_for.replace(Some(sheet.list.chosen)) != Some(sheet.list.chosen);
    if moved || sheet.typing.is_some() {
        let mut start = 0;
        let mut seen = false;
        for block in blocks {
            if block.chosen {
                let end = start + block.height().saturating_sub(1);
                // What is taller than the window shows its beginning, while typing its end, where the field is.
                let from_end = end.saturating_sub(window);
                if matches!(block.body, Body::Typing(..)) && end - start > window {
                    top = from_end;
                } else if start < top || end - start > window {
                    top = start;
                } else if end > top + window {
                    top = from_end;
                }
                seen = true;
            }
            start += block.height();
        }
        if !seen {
            top = 0;
        }
    }
    sheet.card_top.set(top);
    top
}

/// Draws the rows of a block that are in the window; `y` is where it begins on the page.
fn draw_block(block: &Block<'_>, canvas: &mut Canvas<'_, '_>, area: Rect, y: usize, top: usize) {
    let bottom = top + usize::from(area.height);
    let (first, last) = (y.max(top), (y + block.height() - 1).min(bottom));
    if first >= last {
        return;
    }
    let screen = |row: usize| area.y + u16::try_from(row - top).unwrap_or(u16::MAX);
    let rows = u16::try_from(last - first).unwrap_or(u16::MAX);
    let place = Rect {
        y: screen(first),
        height: rows,
        ..area
    };
    if let Some(index) = block.row {
        canvas.hits.add(place, Hit::Row { pane: CARD, index });
    }
    if block.chosen {
        for y in place.y..place.bottom() {
            canvas.text(area.x, y, 1, "▌", Role::Accent);
        }
    }
    let (x, width) = (area.x + 2, area.width.saturating_sub(2));
    let has_label = usize::from(!block.label.is_empty());
    if has_label > 0 && first == y {
        let role = if block.chosen { Role::Accent } else { Role::Strong };
        let used = canvas.text(x, place.y, width, &block.label, role);
        if let Some((note, role)) = &block.note {
            // Where there is little room the tokens are left out.
            let brief = note.split(" · ").next().unwrap_or_default();
            let note = if used + width_of(note) + 2 <= width {
                note
            } else {
                brief
            };
            let note_width = width_of(note);
            if used + note_width + 2 <= width {
                canvas.text(x + width - note_width, place.y, note_width, note, *role);
            }
        }
    }
    for (at, (text, role)) in (y + has_label..).zip(&block.lines) {
        if (first..last).contains(&at) {
            canvas.text(x, screen(at), width, text, *role);
        }
    }
    let body = y + block.head();
    let (from, to) = (body.max(first), (body + block.body_height()).min(last));
    if from >= to {
        return;
    }
    match &block.body {
        Body::Nothing => {}
        Body::Text(shown, rows) => {
            for (at, row) in (from..to).zip(rows.iter().skip(from - body)) {
                canvas.text(x, screen(at), width, row.drawn(&shown.text), Role::Text);
            }
        }
        Body::Typing(typing, _) => {
            let height = u16::try_from(to - from).unwrap_or(u16::MAX);
            typing.field.draw(
                canvas,
                Rect {
                    x,
                    y: screen(from),
                    width,
                    height,
                },
            );
        }
    }
}

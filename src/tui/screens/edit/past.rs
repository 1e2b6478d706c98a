//! The history of the leaf: who changed which example when, how it read then, and bringing it back as an ordinary edit.

use std::cell::Cell;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::outline::{Card, Row};
use super::update::{PAST, PAST_TEXT};
use super::{Effect, Over};
use crate::taxonomy::form::{FormEdit, edits_to_become};
use crate::taxonomy::{NodePath, SeedExample};
use crate::text::diff::{PieceKind, words};
use crate::tui::canvas::Canvas;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Prose, Rows};
use crate::workbench::{LeafPast, PastAct, PastChange};

/// The view of a leaf's history.
pub struct Past {
    pub node: NodePath,
    /// Only changes of this example, by its place now.
    pub only: Option<usize>,
    /// The example that `only` can be.
    pub example: Option<usize>,
    pub read: Option<Result<LeafPast, String>>,
    pub rows: Rows,
    pub text_top: Cell<usize>,
}

impl Past {
    /// The changes that are listed.
    fn changes(&self) -> Vec<&PastChange> {
        let all = self.read.iter().flatten().flat_map(|past| &past.changes);
        all.filter(|change| self.only.is_none() || change.now == self.only)
            .collect()
    }
}

/// Opens the view and asks git.
pub fn open(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(sheet) = &model.edit.sheet else { return };
    let example = match sheet.card() {
        Card::Example(example) => Some(example),
        Card::File | Card::Documents => None,
    };
    fx.push(AnyEffect::Edit(Effect::Past(Box::new(sheet.leaf.clone()))));
    model.edit.over = Some(Over::Past(Past {
        node: sheet.node.clone(),
        only: example,
        example,
        read: None,
        rows: Rows::default(),
        text_top: Cell::new(0),
    }));
}

/// Commands while the view is open.
pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let Some(Over::Past(past)) = &mut model.edit.over else {
        return;
    };
    let len = past.changes().len();
    match command {
        Command::PastAll => {
            past.only = if past.only.is_some() { None } else { past.example };
            past.rows.chosen = 0;
            past.text_top.set(0);
        }
        Command::PastRestore => restore(model),
        Command::Back | Command::LeafHistory => {
            fx.push(AnyEffect::Edit(Effect::StopPast));
            model.edit.over = None;
        }
        _ => {
            past.rows.go_above_text(command, len, &past.text_top);
        }
    }
}

/// Makes the example what it was; one that is gone comes back at the end.
fn restore(model: &mut Model) {
    let now = model.now;
    let undo = model.keymap.shown(Command::Undo);
    let (Some(Over::Past(past)), Some(sheet)) = (&model.edit.over, &mut model.edit.sheet) else {
        return;
    };
    let Some(change) = past.changes().get(past.rows.chosen).copied().cloned() else {
        return;
    };
    let present = change.now.and_then(|at| Some((at, sheet.leaf.seed_examples.get(at)?)));
    let (at, edits) = match present {
        Some((at, example)) => (at, edits_to_become(sheet.leaf.kind, at, example, &change.example)),
        None => {
            let end = sheet.leaf.seed_examples.len();
            (end, vec![FormEdit::PutExample(end, change.example.clone())])
        }
    };
    let told = match sheet.edit(&edits, now) {
        Ok(true) => {
            sheet.choose(Row::Example(at));
            let when = change.commit.time.to_zoned(TimeZone::system()).date();
            Ok(format!(
                "example {} reads as on {when} again; {undo} takes it back",
                at + 1
            ))
        }
        Ok(false) => Ok("the example reads like that already".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    match told {
        Ok(told) => {
            model.edit.over = None;
            model.tell(Weight::Good, told);
        }
        Err(told) => model.tell(Weight::Bad, told),
    }
}

pub fn draw(model: &Model, past: &Past, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let changes = past.changes();
    let all = model.keymap.shown(Command::PastAll);
    let title = match past.only {
        Some(example) => format!("history of example {} · {all} shows all", example + 1),
        None if past.example.is_some() => format!("history of the leaf · {all} shows one example"),
        None => "history of the leaf".to_owned(),
    };
    let rows = u16::try_from(changes.len().max(1) + 2).unwrap_or(u16::MAX);
    let height = rows.clamp(3, (area.height / 2).max(3)).min(area.height);
    let inner = canvas.pane(Rect { height, ..area }, PAST, &title, true);
    let said = match &past.read {
        None => Some("asking git …".to_owned()),
        Some(Err(error)) => Some(error.clone()),
        Some(Ok(read)) if read.commits == 0 => {
            Some("nothing is committed yet: every commit of this leaf will be listed here".to_owned())
        }
        Some(Ok(_)) if changes.is_empty() => Some("this example is not committed yet".to_owned()),
        Some(Ok(_)) => None,
    };
    if let Some(said) = said {
        canvas.text(inner.x + 1, inner.y, inner.width.saturating_sub(2), &said, Role::Dim);
    }
    let window = past.rows.window(changes.len(), usize::from(inner.height));
    for (y, index) in (inner.y..inner.bottom()).zip(window) {
        let Some(change) = changes.get(index) else { break };
        let row = Rect { y, height: 1, ..inner };
        canvas.text(
            inner.x + 1,
            y,
            inner.width.saturating_sub(2),
            &line_of(change),
            Role::Text,
        );
        if index == past.rows.chosen {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Row { pane: PAST, index });
    }
    if let Some(change) = changes.get(past.rows.chosen) {
        let below = Rect {
            y: area.y + height,
            height: area.height - height,
            ..area
        };
        let sheet = model.edit.sheet.as_ref();
        let present = change.now.and_then(|at| sheet?.leaf.seed_examples.get(at));
        draw_text(past, change, present, canvas, below);
    }
}

fn line_of(change: &PastChange) -> String {
    let date = change
        .commit
        .time
        .to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M");
    let parts = if change.parts.is_empty() {
        String::new()
    } else {
        format!(": {}", change.parts)
    };
    format!(
        "{date}  {} {} example {}{parts}  ·  {} {}",
        change.commit.author.name,
        change.act.word(),
        change.number + 1,
        change.commit.short,
        change.commit.summary
    )
}

/// How the example read then, with what became of it by word: what is gone now, and what came since.
fn draw_text(past: &Past, change: &PastChange, present: Option<&SeedExample>, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = match (present, change.act) {
        (Some(now), _) if *now == change.example => "as it read then: as it reads now",
        (Some(_), _) => "as it read then, with what is gone now and what came since",
        (None, PastAct::Removed) => "as it read before it was removed",
        (None, _) => "as it read then; it was removed later",
    };
    let inner = canvas.text_pane(area, PAST_TEXT, title, false);
    if inner.is_empty() {
        return;
    }
    let mut prose = Prose::new("");
    let old = parts_of(&change.example);
    let new = present.map(parts_of).unwrap_or_default();
    for (number, (label, text)) in old.iter().enumerate() {
        prose.push(&format!("{label}\n"), Role::Strong);
        let now = new.iter().find(|(other, _)| other == label).map(|(_, text)| *text);
        match now {
            Some(now) if now != *text => {
                for piece in words(text, now) {
                    let role = match piece.kind {
                        PieceKind::Same => Role::Text,
                        PieceKind::Removed => Role::Removed,
                        PieceKind::Added => Role::Added,
                    };
                    prose.push(&piece.text, role);
                }
            }
            _ => prose.push(text, Role::Text),
        }
        let gap = if text.ends_with('\n') { "\n" } else { "\n\n" };
        if number + 1 < old.len() {
            prose.push(gap, Role::Text);
        }
    }
    let most = prose.height(inner.width).saturating_sub(usize::from(inner.height));
    past.text_top.set(past.text_top.get().min(most));
    prose.scroll_down(past.text_top.get());
    prose.draw(canvas, inner);
}

/// The texts of an example with their names.
fn parts_of(example: &SeedExample) -> Vec<(String, &str)> {
    let mut parts = Vec::new();
    if let Some(context) = &example.context {
        parts.push(("Context".to_owned(), context.as_str()));
    }
    for (number, pair) in example.pairs.iter().enumerate() {
        let number = if example.pairs.len() > 1 {
            format!(" {}", number + 1)
        } else {
            String::new()
        };
        parts.push((format!("Question{number}"), pair.question.as_str()));
        parts.push((format!("Answer{number}"), pair.answer.as_str()));
    }
    parts
}

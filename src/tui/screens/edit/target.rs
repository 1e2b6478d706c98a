//! Choosing another leaf of the same kind, to copy the chosen example there or to move it.
//!
//! The other leaf's file is written at once, losslessly; one undo here takes it back, as long as that file was not changed since.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::outline::Card;
use super::update::TARGET;
use super::{Effect, Over};
use crate::taxonomy::form::FormEdit;
use crate::taxonomy::{Fingerprint, Kind, NodePath, SeedExample};
use crate::text::search::Matcher;
use crate::tui::canvas::{Canvas, centred, fitted_path};
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::screens::browse;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Rows};

/// Leaves that are listed.
const MOST: usize = 200;

/// The box in which the other leaf is chosen.
pub struct Target {
    pub moving: bool,
    pub example: usize,
    pub field: Field,
    /// Leaves of the same kind; `None` while they are looked for.
    pub leaves: Option<Vec<NodePath>>,
    pub found: Vec<NodePath>,
    pub rows: Rows,
}

/// Another leaf's file as a step of this one's history changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    pub node: NodePath,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
}

/// An example on its way into another leaf.
#[derive(Debug)]
pub struct Copying {
    pub from: NodePath,
    pub to: NodePath,
    pub kind: Kind,
    pub number: usize,
    pub moving: bool,
    pub example: SeedExample,
}

impl Target {
    pub fn narrow(&mut self) {
        let query = self.field.text();
        let mut matcher = Matcher::new();
        let mut scored: Vec<(u32, &NodePath)> = self
            .leaves
            .iter()
            .flatten()
            .filter_map(|leaf| Some((matcher.score(&query, leaf.as_str())?, leaf)))
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.found = scored.into_iter().take(MOST).map(|(_, leaf)| leaf.clone()).collect();
        self.rows.chosen = 0;
    }
}

/// Opens the box.
pub fn open(model: &mut Model, moving: bool, fx: &mut Vec<AnyEffect>) {
    let Some(sheet) = &model.edit.sheet else { return };
    let Card::Example(example) = sheet.card() else { return };
    fx.push(AnyEffect::Edit(Effect::Targets {
        node: sheet.node.clone(),
        kind: sheet.leaf.kind,
    }));
    model.edit.over = Some(Over::Target(Box::new(Target {
        moving,
        example,
        field: Field::new("", false),
        leaves: None,
        found: Vec::new(),
        rows: Rows::default(),
    })));
}

/// Commands while the box is open.
pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let Some(Over::Target(target)) = &mut model.edit.over else {
        return;
    };
    match command {
        Command::TargetUp => target.rows.up(1),
        Command::TargetDown => target.rows.down(1, target.found.len()),
        Command::TargetAccept => accept(model, fx),
        Command::Back | Command::FieldLeave => model.edit.over = None,
        _ => {
            target.field.command(command);
            target.narrow();
        }
    }
}

fn accept(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let (Some(Over::Target(target)), Some(sheet)) = (&model.edit.over, &model.edit.sheet) else {
        return;
    };
    let Some(to) = target.found.get(target.rows.chosen) else {
        return;
    };
    let Some(example) = sheet.leaf.seed_examples.get(target.example) else {
        return;
    };
    fx.push(AnyEffect::Edit(Effect::Copy(Box::new(Copying {
        from: sheet.node.clone(),
        to: to.clone(),
        kind: sheet.leaf.kind,
        number: target.example,
        moving: target.moving,
        example: example.clone(),
    }))));
    model.edit.over = None;
}

/// The example is in the other leaf: here it is a step that can be taken back, and goes away when it was moved.
pub fn copied(model: &mut Model, copying: &Copying, beside: Beside, fx: &mut Vec<AnyEffect>) {
    let now = model.now;
    let undo = model.keymap.shown(Command::Undo);
    reread(&beside.node, fx);
    let number = copying.number + 1;
    let mut told = format!("copied example {number} to {}, and saved it there", beside.node);
    if let Some(sheet) = model.edit.sheet.as_mut().filter(|sheet| sheet.node == copying.from) {
        let mut before = sheet.version();
        before.beside = Some(Arc::new(beside));
        let is_there = sheet.leaf.seed_examples.get(copying.number) == Some(&copying.example);
        let gone = copying.moving
            && is_there
            && sheet
                .edit_in_step(&[FormEdit::RemoveExample(copying.number)], now)
                .is_ok();
        sheet.history.push(before);
        if gone {
            told = format!(
                "moved example {number} to {}, saved there; here it is gone once you save",
                copying.to
            );
        } else if copying.moving {
            told.push_str("; it changed here meanwhile, so it stays here too");
        }
        told = format!("{told}; {undo} takes it back");
    }
    model.tell(Weight::Good, told);
}

/// What a step back or forth does to the other leaf's file.
pub fn put_back(beside: &Beside, back: bool) -> Effect {
    let (bytes, expected) = if back {
        (&beside.before, &beside.after)
    } else {
        (&beside.after, &beside.before)
    };
    Effect::PutBack {
        node: beside.node.clone(),
        bytes: bytes.clone(),
        expected: Fingerprint::of(expected),
    }
}

/// Everything that shows the other leaf looks again.
pub fn reread(node: &NodePath, fx: &mut Vec<AnyEffect>) {
    fx.push(AnyEffect::Browse(browse::Effect::Reread(vec![node.clone()])));
    fx.push(AnyEffect::Browse(browse::Effect::Git));
}

pub fn draw(model: &Model, target: &Target, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let frame = centred(
        area,
        area.width.saturating_sub(4).min(90),
        area.height.saturating_sub(2).min(22),
    );
    canvas.clear(frame);
    let (verb, number) = (if target.moving { "move" } else { "copy" }, target.example + 1);
    let kind = model
        .edit
        .sheet
        .as_ref()
        .map(|sheet| sheet.leaf.kind.word())
        .unwrap_or_default();
    let title = format!("{verb} example {number} to another leaf: {kind}");
    let inner = canvas.pane(frame, TARGET, &title, true);
    if inner.is_empty() {
        return;
    }
    let field = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        height: 1,
        ..inner
    };
    target.field.draw(canvas, field);
    let list = Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    };
    if target.found.is_empty() && list.height > 0 {
        let said = match &target.leaves {
            None => "looking for leaves …",
            Some(leaves) if leaves.is_empty() => "there is no other leaf of this kind",
            Some(_) => "no leaf of this kind has this in its path",
        };
        canvas.text(list.x + 1, list.y, list.width.saturating_sub(2), said, Role::Dim);
    }
    let window = target.rows.window(target.found.len(), usize::from(list.height));
    for (y, index) in (list.y..list.bottom()).zip(window) {
        let Some(leaf) = target.found.get(index) else { break };
        let row = Rect { y, height: 1, ..list };
        let width = list.width.saturating_sub(2);
        canvas.text(list.x + 1, y, width, &fitted_path(leaf.as_str(), width), Role::Text);
        if index == target.rows.chosen {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Row { pane: TARGET, index });
    }
}

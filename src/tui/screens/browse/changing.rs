//! Changing the tree: new leaves, moves, renames, deletions, and taking them back.

use super::{Effect, NamedMove, Report};
use crate::taxonomy::{Kind, NodePath};
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::{edit, review};
use crate::workbench::{Proposal, References, TreeChange, TreeChangeKind};

/// How InstructLab names leaves and folders, for somebody who typed another name.
const HABIT: &str = "InstructLab writes names in lower case, with underscores between words.";

/// Asks for the path of a new leaf.
pub fn ask_for_leaf(model: &mut Model) {
    let folder = model.tree.chosen().map(|node| {
        if node.is_leaf {
            node.path.parent().unwrap_or(node.path.clone())
        } else {
            node.path.clone()
        }
    });
    let start = folder.map_or_else(|| "compositional_skills/".to_owned(), |path| format!("{path}/"));
    let body = "Type the path of the new leaf, folders separated by /. It starts with knowledge/, compositional_skills/ or \
                foundational_skills/. The leaf stays a draft until it is whole.";
    let knowledge = ("make a knowledge leaf (about documents)", Kind::Knowledge);
    let skill = ("make a skill (question and answer)", Kind::Skill);
    let grounded = ("make a grounded skill (with a context)", Kind::GroundedSkill);
    let kinds = if start.starts_with("knowledge") {
        [knowledge, skill, grounded]
    } else {
        [skill, grounded, knowledge]
    };
    let mut dialog = Dialog::new("new leaf", body, model.now).input("path", &start);
    for (label, kind) in kinds {
        dialog = dialog.choice(label, Answer::NewLeaf(kind));
    }
    model.ask(dialog.choice("not now", Answer::Nothing));
}

/// Looks at the path that was typed for a new leaf.
pub fn propose_leaf(model: &mut Model, kind: Kind, typed: &str, fx: &mut Vec<AnyEffect>) {
    match NodePath::parse(typed.trim()) {
        Ok(path) if model.tree.node(&path).is_some_and(|node| node.is_leaf) => {
            model.tree.choose(&path);
            model.tell(Weight::Plain, "that leaf is there already");
        }
        _ => fx.push(AnyEffect::Browse(Effect::Propose {
            typed: typed.to_owned(),
            kind,
        })),
    }
}

/// Makes the leaf at once where its name is as InstructLab would write it; else shows both names.
pub fn proposed(model: &mut Model, kind: Kind, proposal: &Proposal, fx: &mut Vec<AnyEffect>) {
    let naming = &proposal.naming;
    if naming.is_habitual() && proposal.remarks.is_empty() {
        return fx.push(make(model, naming.habit.clone(), kind));
    }
    let mut body = String::new();
    for remark in &proposal.remarks {
        body.push_str(&format!("Note: {remark}.\n"));
    }
    let mut dialog = if naming.is_habitual() {
        Dialog::new("new leaf", body.trim_end(), model.now).choice(
            format!("make {}", naming.habit),
            Answer::MakeLeaf(naming.habit.clone(), kind),
        )
    } else {
        body.push_str(HABIT);
        Dialog::new("how the leaf is called", body, model.now)
            .choice(
                format!("make {}", naming.habit),
                Answer::MakeLeaf(naming.habit.clone(), kind),
            )
            .choice(
                format!("keep {}", naming.own),
                Answer::MakeLeaf(naming.own.clone(), kind),
            )
    };
    dialog = dialog.choice("not now", Answer::Nothing);
    model.ask(dialog);
}

fn make(model: &Model, path: NodePath, kind: Kind) -> AnyEffect {
    AnyEffect::Browse(Effect::MakeLeaf {
        path,
        kind,
        at: model.now,
    })
}

/// Opens a leaf that was just begun.
pub fn made(model: &mut Model, path: NodePath, fx: &mut Vec<AnyEffect>) {
    model.tell(Weight::Good, format!("began {path} as a draft; fill it in"));
    model.tree.drafts.insert(path.clone());
    model.browse.wanted = Some(path.clone());
    fx.push(AnyEffect::Browse(Effect::Scan { again: true }));
    if edit::update::enter(model, Some(path), fx) {
        model.screen = ScreenName::Edit;
    }
}

/// Asks where a leaf or folder is to go, or what it is to be called.
pub fn ask_where(model: &mut Model, command: Command) {
    let Some(node) = model.tree.chosen() else { return };
    let (path, leaf) = (node.path.clone(), node.is_leaf);
    let what = if leaf { "leaf" } else { "folder" };
    let along = "Its attribution, samples, decisions and drafts go along; undo takes it back.";
    let dialog = if command == Command::Rename {
        Dialog::new(format!("rename this {what}"), along, model.now)
            .input("name", path.name())
            .choice("rename", Answer::MoveNode(path))
    } else {
        let body = format!("Type the new path; a folder that is there takes it in. {along}");
        Dialog::new(format!("move this {what}"), body, model.now)
            .input("path", path.as_str())
            .choice("move", Answer::MoveNode(path))
    };
    model.ask(dialog.choice("not now", Answer::Nothing));
}

/// Does what was chosen in one of the dialogs.
pub fn answer(model: &mut Model, answer: Answer, filled: &str, fx: &mut Vec<AnyEffect>) {
    match answer {
        Answer::NewLeaf(kind) => propose_leaf(model, kind, filled, fx),
        Answer::MakeLeaf(path, kind) => fx.push(make(model, path, kind)),
        Answer::MoveNode(from) => fx.push(AnyEffect::Browse(Effect::NameMove {
            from,
            typed: filled.to_owned(),
        })),
        Answer::MoveTo(from, to) => start_move(model, from, to, fx),
        _ => {}
    }
}

fn start_move(model: &mut Model, from: NodePath, to: NodePath, fx: &mut Vec<AnyEffect>) {
    // What is being typed is written down first; the queue keeps the order.
    edit::update::keep_draft(model, fx);
    fx.push(AnyEffect::Browse(Effect::Move {
        from,
        to,
        at: model.now,
    }));
}

/// Moves at once where the name is as InstructLab would write it; else shows both names.
pub fn named(model: &mut Model, named: NamedMove, fx: &mut Vec<AnyEffect>) {
    let NamedMove { from, own, habit } = named;
    if own == habit {
        return start_move(model, from, habit, fx);
    }
    let dialog = Dialog::new("how it is called", HABIT, model.now)
        .choice(format!("to {habit}"), Answer::MoveTo(from.clone(), habit))
        .choice(format!("keep {own}"), Answer::MoveTo(from, own))
        .choice("not now", Answer::Nothing);
    model.ask(dialog);
}

pub fn delete(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(node) = model.tree.chosen() else { return };
    let (path, is_draft) = (node.path.clone(), model.tree.drafts.contains(&node.path));
    if is_draft && !model.tree.has_children(node) {
        return discard(model, path, fx);
    }
    edit::update::keep_draft(model, fx);
    fx.push(AnyEffect::Browse(Effect::Delete { path, at: model.now }));
}

/// Lets a leaf go that was never written into the tree.
pub fn discard(model: &mut Model, path: NodePath, fx: &mut Vec<AnyEffect>) {
    edit::update::keep_draft(model, fx);
    fx.push(AnyEffect::Browse(Effect::Discard { path, at: model.now }));
}

pub fn undo(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    edit::update::keep_draft(model, fx);
    fx.push(AnyEffect::Browse(Effect::UndoTree { at: model.now }));
}

/// The tree on disk is another one: everything that showed what was there before looks again.
pub fn changed(model: &mut Model, change: &TreeChange, undone: bool, also: &References, fx: &mut Vec<AnyEffect>) {
    let key = model.keymap.shown(Command::UndoTree);
    let mut told = if undone {
        match (change.kind, &change.to) {
            (TreeChangeKind::Moved, Some(to)) => format!("moved {to} back to {}", change.from),
            (TreeChangeKind::Discarded, _) => format!("the draft of {} is back", change.from),
            _ => format!("{} is back", change.from),
        }
    } else {
        format!("{}; {key} takes it back", change.told())
    };
    if let Some(file) = also.files.first() {
        let more = match also.files.len() {
            1 => String::new(),
            files => format!(" and {} more", files - 1),
        };
        told.push_str(&format!("; {file}{more} names the old path"));
    }
    model.tell(Weight::Good, told);
    let went = if undone { change.to.as_ref() } else { Some(&change.from) };
    if let Some(went) = went {
        leave(model, went);
    }
    model.browse.wanted = match (undone, change.kind, &change.to) {
        (false, TreeChangeKind::Moved, Some(to)) => Some(to.clone()),
        (true, ..) => Some(change.from.clone()),
        _ => change.from.parent(),
    };
    fx.extend([Effect::Scan { again: true }, Effect::Git, Effect::Count].map(AnyEffect::Browse));
}

/// Screens on a leaf that is not there any more let go of it; its unsaved text is a draft, which went along.
fn leave(model: &mut Model, went: &NodePath) {
    if model.edit.node().is_some_and(|node| node.is_within(went)) {
        model.edit = edit::Edit::default();
        if model.screen == ScreenName::Edit {
            model.screen = ScreenName::Browse;
        }
    }
    if model.review.node().is_some_and(|node| node.is_within(went)) {
        model.review = review::Review::default();
        if model.screen == ScreenName::Review {
            model.screen = ScreenName::Browse;
        }
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    match report {
        Report::Proposed { kind, proposal } => proposed(model, kind, &proposal, fx),
        Report::LeafMade(path) => made(model, path, fx),
        Report::MoveNamed(move_named) => named(model, move_named, fx),
        Report::TreeChanged { change, undone, also } => changed(model, &change, undone, &also, fx),
        Report::Drafts(drafts) => model.tree.drafts = drafts.into_iter().collect(),
        _ => {}
    }
}

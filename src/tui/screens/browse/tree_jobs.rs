//! The work behind changes of the tree. All of it is queued: a draft or a decision that was written before is on the disk then.

use super::{Effect, NamedMove, Report};
use crate::taxonomy::NodePath;
use crate::taxonomy::naming::name_leaf;
use crate::tui::jobs::Post;
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{References, TreeChange, WorkbenchError};

/// Carries out one effect; false when it is not of this kind.
pub fn work(effect: Effect, rooms: &Rooms, post: &Post) {
    let done = carry_out(effect, rooms);
    match done {
        Ok(report) => {
            post.send_blocking(AnyReport::Browse(report));
        }
        Err(error) => {
            post.send_blocking(AnyReport::failed(error.to_string()));
        }
    }
}

fn carry_out(effect: Effect, rooms: &Rooms) -> Result<Report, WorkbenchError> {
    let workbench = &rooms.workbench;
    match effect {
        Effect::Propose { typed, kind } => {
            let proposal = workbench.propose_leaf(&typed, kind)?;
            Ok(Report::Proposed { kind, proposal })
        }
        Effect::MakeLeaf { path, kind, at } => {
            workbench.begin_leaf(&path, kind, at)?;
            Ok(Report::LeafMade(path))
        }
        Effect::NameMove { from, typed } => Ok(Report::MoveNamed(name_move(rooms, from, &typed)?)),
        Effect::Move { from, to, at } => {
            let also = workbench.references(&from)?;
            let plan = workbench.plan_move(&from, &to)?;
            let change = workbench.move_node(&plan, at);
            Ok(told(rooms, change?, false, also))
        }
        Effect::Delete { path, at } => {
            let also = workbench.references(&path)?;
            let change = workbench.delete_node(&path, at)?;
            Ok(told(rooms, change, false, also))
        }
        Effect::Discard { path, at } => {
            let change = workbench.discard_draft(&path, at)?;
            Ok(told(rooms, change, false, References::default()))
        }
        Effect::UndoTree { at } => {
            let change = workbench.undo_tree_change(None, at)?;
            Ok(told(rooms, change, true, References::default()))
        }
        // The others have jobs of their own.
        _ => Ok(Report::Walked(Vec::new())),
    }
}

/// Samples and decisions lie elsewhere now, so what is known of them is read anew.
fn told(rooms: &Rooms, change: TreeChange, undone: bool, also: References) -> Report {
    rooms.forget_reviews();
    rooms.library().refresh();
    Report::TreeChanged {
        change: Box::new(change),
        undone,
        also,
    }
}

fn name_move(rooms: &Rooms, from: NodePath, typed: &str) -> Result<NamedMove, WorkbenchError> {
    let typed = typed.trim();
    let parent = from.parent().map(|parent| format!("{parent}/")).unwrap_or_default();
    // A name alone stays in its folder.
    let whole = if typed.trim_end_matches('/').contains('/') {
        typed.to_owned()
    } else {
        format!("{parent}{typed}")
    };
    let naming = name_leaf(rooms.workbench.root(), &whole, None)?;
    let into = typed.ends_with('/');
    Ok(NamedMove {
        own: rooms.workbench.move_target(&from, naming.own, into),
        habit: rooms.workbench.move_target(&from, naming.habit, into),
        from,
    })
}

//! `seedbed mv`, `seedbed rm` and `seedbed undo`: leaves and folders in the tree.

use clap::Args;
use serde_json::json;

use super::new::{Format, clock};
use super::output::{Ink, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::taxonomy::naming::name_leaf;
use crate::taxonomy::{Branch, NodePath};
use crate::text::counted::counted;
use crate::workbench::{References, TreeChange, TreeChangeKind, Workbench, WorkbenchError};

/// Move or rename a leaf or a folder with everything that belongs to it: attribution, curated samples, decisions, drafts.
#[derive(Debug, Args)]
pub(super) struct MvArgs {
    from: String,
    /// The new path; a name alone renames, a folder that is there takes the leaf in
    to: String,
    /// Keep the name exactly as typed, instead of writing it as InstructLab would (lower case, underscores)
    #[arg(long)]
    as_typed: bool,
    /// Say what would be moved, and end
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Delete a leaf or a folder with its curated samples and decisions. All of it is kept, and `seedbed undo` brings it back.
#[derive(Debug, Args)]
pub(super) struct RmArgs {
    node: String,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Take back what was last moved, renamed, deleted or discarded, also after a restart.
#[derive(Debug, Args)]
pub(super) struct UndoArgs {
    /// Which change, as `--list` names it [default: the last one]
    id: Option<String>,
    /// List what can be taken back
    #[arg(long)]
    list: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(super) fn mv(session: &Session, args: &MvArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let output = session.output;
    let from = workbench.node_or_draft(&args.from, session.folder())?;
    let to = target(&workbench, &from, args, &|note| {
        output.note(format!("note: {}", shown(&note)));
    })?;
    let plan = workbench.plan_move(&from, &to)?;
    let references = workbench.references(&from)?;
    if args.dry_run {
        match args.format {
            Format::Json => output.json(&json!({
                "from": plan.from, "to": plan.to, "leaves": plan.leaves, "samples": plan.has_samples, "drafts": plan.drafts,
                "files": references.files, "runs": references.open_runs, "done": false,
            }))?,
            Format::Text => {
                output.line(format!(
                    "Would move {} ({}) to {}.",
                    shown(from.as_str()),
                    counted(plan.leaves, "leaf", "leaves"),
                    shown(to.as_str())
                ))?;
                tell_references(session, &references, &from);
            }
        }
        return Ok(Ended::Well);
    }
    let change = workbench.move_node(&plan, session.now())?;
    if args.format == Format::Json {
        let mut told = serde_json::to_value(&change)?;
        if let Some(map) = told.as_object_mut() {
            map.insert("files".into(), json!(references.files));
            map.insert("runs".into(), json!(references.open_runs));
        }
        output.json(&public(told))?;
        return Ok(Ended::Well);
    }
    let mut along = Vec::new();
    if plan.has_samples {
        along.push("samples and decisions".to_owned());
    }
    if plan.drafts > 0 {
        along.push(counted(plan.drafts, "draft", "drafts"));
    }
    let along = if along.is_empty() {
        String::new()
    } else {
        format!(", with {}", along.join(" and "))
    };
    output.line(format!(
        "{}{along}; `seedbed undo` takes it back.",
        output.paint(Ink::Good, capital(&shown(&change.told())))
    ))?;
    tell_references(session, &references, &from);
    Ok(Ended::Well)
}

/// The new path as it will be.
fn target(workbench: &Workbench, from: &NodePath, args: &MvArgs, tell: &dyn Fn(String)) -> anyhow::Result<NodePath> {
    let typed = args.to.trim();
    let is_name = !typed.trim_end_matches('/').contains('/')
        && !Branch::ALL
            .iter()
            .any(|branch| branch.folder() == typed.trim_end_matches('/'));
    let parent = from
        .parent()
        .ok_or_else(|| WorkbenchError::Moving(crate::workbench::MovingError::Branch(from.clone())))?;
    let whole = if is_name {
        format!("{parent}/{typed}")
    } else {
        typed.to_owned()
    };
    let naming = name_leaf(workbench.root(), &whole, None).map_err(WorkbenchError::Naming)?;
    if !naming.is_habitual() && !args.as_typed {
        tell(format!(
            "as InstructLab would write it: {} (--as-typed keeps {})",
            naming.habit, naming.own
        ));
    }
    let to = if args.as_typed { naming.own } else { naming.habit };
    if to == *from {
        return Err(Usage(format!("{} is its name already", shown(from.as_str()))).into());
    }
    Ok(workbench.move_target(from, to, args.to.ends_with('/') && !is_name))
}

fn tell_references(session: &Session, found: &References, node: &NodePath) {
    for file in &found.files {
        session.output.note(format!(
            "note: {} names {}; change it there as well",
            shown(file),
            shown(node.as_str())
        ));
    }
    for run in &found.open_runs {
        session
            .output
            .note(format!("note: the run {run} was stopped and can still be taken up"));
    }
}

pub(super) fn rm(session: &Session, args: &RmArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let node = workbench.node_or_draft(&args.node, session.folder())?;
    let references = workbench.references(&node)?;
    let change = workbench.delete_node(&node, session.now())?;
    if args.format == Format::Json {
        session.output.json(&public(serde_json::to_value(&change)?))?;
        return Ok(Ended::Well);
    }
    session.output.line(format!(
        "{}; `seedbed undo` brings it back.",
        session.output.paint(Ink::Good, capital(&shown(&change.told())))
    ))?;
    tell_references(session, &references, &node);
    Ok(Ended::Well)
}

pub(super) fn undo(session: &Session, args: &UndoArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let output = session.output;
    if args.list {
        let changes = workbench.tree_changes();
        if args.format == Format::Json {
            let told: Result<Vec<_>, _> = changes.iter().map(serde_json::to_value).collect();
            output.json(&told?.into_iter().map(public).collect::<Vec<_>>())?;
            return Ok(Ended::Well);
        }
        if changes.is_empty() {
            output.line("There is nothing to take back.")?;
        }
        for change in &changes {
            output.line(format!(
                "{}  {}  {}",
                output.paint(Ink::Strong, &change.id),
                output.paint(Ink::Faint, clock(change.at)),
                shown(&change.told())
            ))?;
        }
        return Ok(Ended::Well);
    }
    let change = workbench.undo_tree_change(args.id.as_deref(), session.now())?;
    if args.format == Format::Json {
        output.json(&public(serde_json::to_value(&change)?))?;
        return Ok(Ended::Well);
    }
    output.line(output.paint(Ink::Good, shown(&undone(&change))))?;
    Ok(Ended::Well)
}

fn undone(change: &TreeChange) -> String {
    match (change.kind, &change.to) {
        (TreeChangeKind::Moved, Some(to)) => format!("Moved {to} back to {}.", change.from),
        (TreeChangeKind::Discarded, _) => format!("The draft of {} is back.", change.from),
        _ => format!("{} is back.", change.from),
    }
}

/// A change without what is only of use to the program itself.
fn public(mut told: serde_json::Value) -> serde_json::Value {
    if let Some(map) = told.as_object_mut() {
        for own in ["stage", "carries", "made", "attributed", "recorded"] {
            map.shift_remove(own);
        }
    }
    told
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

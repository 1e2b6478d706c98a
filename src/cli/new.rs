//! `seedbed new` and `seedbed drafts`: leaves that are being written for the first time.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::output::{Ink, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::taxonomy::{Kind, NodePath};
use crate::text::counted::counted;
use crate::workbench::{LeafDraft, WorkbenchError};

/// Begin a leaf: a scaffold with everything InstructLab asks for, to be filled in. It stays a draft, apart from the tree, until it
/// is whole or you write it there.
#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// What its seeds are, then its path; the branch in front may be left out
    #[arg(value_names = ["KIND", "NODE"], num_args = 1..=2, required = true)]
    words: Vec<String>,
    /// The kind, where it does not stand before the path
    #[arg(long, value_name = "KIND")]
    kind: Option<LeafKind>,
    /// Keep the name exactly as typed, instead of writing it as InstructLab would (lower case, underscores)
    #[arg(long)]
    as_typed: bool,
    /// Write it into the tree at once, unfinished
    #[arg(long)]
    in_tree: bool,
    /// Say what would be made, and end
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LeafKind {
    /// Questions and answers about documents
    Knowledge,
    /// Questions and answers (InstructLab: freeform)
    Skill,
    /// Answers that rest on a context
    GroundedSkill,
}

/// How a command tells what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    /// One JSON object
    Json,
}

impl LeafKind {
    fn kind(self) -> Kind {
        match self {
            LeafKind::Knowledge => Kind::Knowledge,
            LeafKind::Skill => Kind::Skill,
            LeafKind::GroundedSkill => Kind::GroundedSkill,
        }
    }
}

pub(super) fn new(session: &Session, args: &NewArgs) -> anyhow::Result<Ended> {
    let (kind, typed) = kind_and_path(args)?;
    let workbench = session.workbench()?;
    let output = session.output;
    let proposal = workbench.propose_leaf(&typed, kind)?;
    let naming = &proposal.naming;
    let node = if args.as_typed { &naming.own } else { &naming.habit };
    if !naming.is_habitual() && !args.as_typed {
        output.note(format!(
            "note: as InstructLab would write it: {} (--as-typed keeps {})",
            shown(naming.habit.as_str()),
            shown(naming.own.as_str())
        ));
        let asks = session.is_interactive() && args.format == Format::Text && !args.dry_run;
        if asks && !session.agrees(&format!("Make {}?", shown(node.as_str()))) {
            return Ok(Ended::Findings);
        }
    }
    for remark in &proposal.remarks {
        output.note(format!("note: {}", shown(remark)));
    }
    if !args.dry_run {
        workbench.begin_leaf(node, kind, session.now())?;
        if args.in_tree {
            workbench.write_leaf(node)?;
        }
    }
    if args.format == Format::Json {
        output.json(&json!({
            "node": node, "kind": kind, "typed": naming.own, "made": !args.dry_run, "draft": !args.in_tree,
            "remarks": proposal.remarks,
        }))?;
        return Ok(Ended::Well);
    }
    let name = output.paint(Ink::Strong, shown(node.as_str()));
    output.line(match (args.dry_run, args.in_tree) {
        (true, _) => format!("Would make the {kind} leaf {name}."),
        (false, true) => format!("Made the {kind} leaf {name}; `seedbed check` lists what is still to be filled in."),
        (false, false) => format!(
            "Began the {kind} leaf {name} as a draft. Fill it in on the screen or with `seedbed edit`; it goes into the tree \
             when it is whole."
        ),
    })?;
    Ok(Ended::Well)
}

fn kind_and_path(args: &NewArgs) -> anyhow::Result<(Kind, String)> {
    match (args.words.as_slice(), args.kind) {
        ([path], Some(kind)) => Ok((kind.kind(), path.clone())),
        ([kind, path], None) => LeafKind::from_str(kind, false)
            .map(|kind| (kind.kind(), path.clone()))
            .map_err(|_| {
                Usage(format!(
                    "'{}' is no kind of leaf; there are knowledge, skill and grounded-skill",
                    shown(kind)
                ))
                .into()
            }),
        _ => Err(Usage(
            "name the kind and the path, as in `seedbed new skill writing/polite_replies`; kinds are knowledge, skill and \
             grounded-skill"
                .to_owned(),
        )
        .into()),
    }
}

/// List, write and discard leaves that are not in the tree yet.
#[derive(Debug, Args)]
pub(super) struct DraftsArgs {
    #[command(subcommand)]
    command: Option<DraftsCommand>,
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum DraftsCommand {
    /// List drafts with what is still open in them (the usual)
    List,
    /// Print a draft as it stands
    Show { node: String },
    /// Write a draft into the tree, whole or not
    Write { node: String },
    /// Let a draft go; `seedbed undo` brings it back
    Discard { node: String },
}

pub(super) fn drafts(session: &Session, args: &DraftsArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let output = session.output;
    let named = |typed: &str| -> Result<NodePath, WorkbenchError> {
        let node = NodePath::parse(typed).map_err(|error| WorkbenchError::Naming(error.into()))?;
        match workbench.leaf_draft(&node) {
            Some(_) => Ok(node),
            None => Err(WorkbenchError::NoDraft(node)),
        }
    };
    match &args.command {
        None | Some(DraftsCommand::List) => {
            let (drafts, notices) = workbench.leaf_drafts();
            for notice in notices {
                output.note(format!("note: {}", shown(&notice.to_string())));
            }
            if args.format == Format::Json {
                output.json(&drafts.iter().map(as_json).collect::<Vec<_>>())?;
                return Ok(Ended::Well);
            }
            if drafts.is_empty() {
                output.line("There are no drafts; `seedbed new` begins a leaf.")?;
            }
            for draft in &drafts {
                let open = match draft.open() {
                    0 => output.paint(Ink::Good, "whole"),
                    open => output.paint(Ink::Warning, format!("{} to fill in", counted(open, "place", "places"))),
                };
                output.line(format!(
                    "{}  {}  {open}  {}",
                    output.paint(Ink::Strong, shown(draft.node().as_str())),
                    draft.file.leaf().kind,
                    output.paint(Ink::Faint, clock(draft.saved_at))
                ))?;
            }
        }
        Some(DraftsCommand::Show { node }) => {
            let node = named(node)?;
            let draft = workbench.leaf_draft(&node).ok_or(WorkbenchError::NoDraft(node))?;
            match args.format {
                Format::Json => output.json(&as_json(&draft))?,
                Format::Text => output.bytes(&draft.file.bytes)?,
            }
        }
        Some(DraftsCommand::Write { node }) => {
            let node = named(node)?;
            workbench.write_leaf(&node)?;
            output.line(format!("Wrote {} into the tree.", shown(node.as_str())))?;
        }
        Some(DraftsCommand::Discard { node }) => {
            let node = named(node)?;
            workbench.discard_draft(&node, session.now())?;
            output.line(format!(
                "Discarded the draft of {}; `seedbed undo` brings it back.",
                shown(node.as_str())
            ))?;
        }
    }
    Ok(Ended::Well)
}

/// A moment as the person's clock shows it.
pub(super) fn clock(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

fn as_json(draft: &LeafDraft) -> serde_json::Value {
    json!({
        "node": draft.node(), "kind": draft.file.leaf().kind, "saved_at": draft.saved_at, "whole": draft.is_whole(),
        "findings": draft.findings,
    })
}

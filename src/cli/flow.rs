//! `seedbed flow`: how samples are made.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Value, json};

use super::Ended;
use super::flow_run::{FlowRunArgs, run_flow};
use super::output::{Ink, Output, indented, shown};
use super::session::Session;
use super::shell_words::path;
use crate::flow::{Flow, FlowError, FlowSource};
use crate::text::width::cells;
use crate::workbench::{CopiedFrom, OwnFlow, OwnFlows, WorkbenchError, copy_flow};

#[derive(Debug, Subcommand)]
pub(super) enum FlowCommand {
    /// List the flows that come with seedbed, and your own
    List {
        /// Those that are for this leaf, the usual one first, and why the others are not
        #[arg(long = "for", value_name = "NODE", conflicts_with = "json")]
        node: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what a flow does, needs and costs, and its blocks
    Show {
        /// The name of a shipped flow or of one of your own, or a flow file
        flow: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Copy a shipped flow and its prompts, to edit them
    Copy {
        /// A shipped flow's name
        flow: String,
        /// Where its folder goes; left out: among your own flows, as my-FLOW
        folder: Option<PathBuf>,
    },
    /// Say whether a flow file can be used
    Check { file: PathBuf },
    /// Run a flow over rows of your own, one JSON object a line
    Run(FlowRunArgs),
}

pub(super) fn flow(session: &Session, command: &FlowCommand) -> anyhow::Result<Ended> {
    match command {
        FlowCommand::List { node: Some(node), .. } => list_for(session, node),
        FlowCommand::List { json, .. } => list(session, *json),
        FlowCommand::Show { flow, json } => show(session, flow, *json),
        FlowCommand::Copy { flow, folder } => copy(session, flow, folder.as_deref()),
        FlowCommand::Check { file } => check(session, file),
        FlowCommand::Run(args) => run_flow(session, args),
    }
}

fn list(session: &Session, as_json: bool) -> anyhow::Result<Ended> {
    let output = session.output;
    let shipped = Flow::shipped().map_err(WorkbenchError::from)?;
    let own = OwnFlows::of(session.places()).list();
    if as_json {
        let shipped = shipped.iter().map(|flow| as_value(flow, None));
        let all: Vec<Value> = shipped.chain(own.iter().map(own_as_value)).collect();
        output.json(&all)?;
        return Ok(Ended::Well);
    }
    let names = shipped
        .iter()
        .map(|flow| &flow.name)
        .chain(own.iter().map(|one| &one.name));
    let width = names.map(|name| cells(name)).max().unwrap_or_default();
    for flow in &shipped {
        line(output, flow, width)?;
    }
    for one in &own {
        match &one.flow {
            Ok(flow) => {
                line(output, flow, width)?;
                output.line(output.paint(Ink::Faint, format!("{:<width$}  {}", "", shown(&one.in_words()))))?;
            }
            Err(error) => broken_line(output, &one.name, error, width)?,
        }
    }
    Ok(Ended::Well)
}

/// Names the flows that are for a leaf, the usual one first, and why the others are not.
fn list_for(session: &Session, typed: &str) -> anyhow::Result<Ended> {
    let output = session.output;
    let workbench = session.workbench()?;
    let node = workbench.node(typed, session.folder())?;
    let (mut own, mut broken) = (Vec::new(), Vec::new());
    for one in OwnFlows::of(session.places()).list() {
        match one.flow {
            Ok(flow) => own.push(flow),
            Err(error) => broken.push((one.name, error)),
        }
    }
    let flows = Flow::shipped().map_err(WorkbenchError::from)?.into_iter().chain(own);
    let (fit, unfit) = Flow::sorted_for(workbench.leaf_file(&node)?.leaf().kind, flows.collect());
    let names = fit
        .iter()
        .chain(unfit.iter().map(|(flow, _)| flow))
        .map(|flow| &flow.name);
    let names = names.chain(broken.iter().map(|(name, _)| name));
    let width = names.map(|name| cells(name)).max().unwrap_or_default();
    for flow in &fit {
        line(output, flow, width)?;
    }
    for (flow, why) in &unfit {
        let told = format!("{:<width$}  not for this leaf: {why}", shown(&flow.name));
        output.line(output.paint(Ink::Faint, told))?;
    }
    for (name, error) in &broken {
        broken_line(output, name, error, width)?;
    }
    Ok(Ended::Well)
}

/// An own flow that cannot be used, with the reason.
fn broken_line(output: Output, name: &str, error: &FlowError, width: usize) -> anyhow::Result<()> {
    let told = format!("{:<width$}  cannot be used: {}", shown(name), shown(&error.to_string()));
    output.line(output.paint(Ink::Warning, told))
}

fn line(output: Output, flow: &Flow, width: usize) -> anyhow::Result<()> {
    let about = flow.metadata.description.lines().next().unwrap_or_default();
    let name = output.paint(Ink::Strong, format!("{:<width$}", shown(&flow.name)));
    output.line(format!("{name}  {}", shown(about)))
}

fn as_value(flow: &Flow, copied_from: Option<&CopiedFrom>) -> Value {
    let (source, file) = match &flow.source {
        FlowSource::Shipped => ("shipped", Value::Null),
        FlowSource::File(path) => ("file", json!(path.display().to_string())),
    };
    json!({
        "name": flow.name,
        "source": source,
        "file": file,
        "version": flow.metadata.version,
        "hash": flow.hash,
        "description": flow.metadata.description,
        "tags": flow.metadata.tags,
        "required_columns": flow.metadata.dataset_requirements.required_columns,
        "copied_from": copied_from.map(|from| json!({
            "flow": from.flow, "version": from.version, "hash": from.hash, "changed_since": from.has_changed_since(),
        })),
    })
}

fn own_as_value(own: &OwnFlow) -> Value {
    let mut value = match &own.flow {
        Ok(flow) => as_value(flow, own.copied_from.as_ref()),
        Err(error) => json!({
            "name": own.name, "file": own.file.display().to_string(), "error": error.to_string(),
            "line": error.place().and_then(|place| place.line),
        }),
    };
    set(&mut value, "source", json!("own"));
    value
}

fn set(value: &mut Value, key: &str, to: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(key.to_owned(), to);
    }
}

fn show(session: &Session, typed: &str, as_json: bool) -> anyhow::Result<Ended> {
    let output = session.output;
    let flow = open(session, typed)?;
    let all_own = OwnFlows::of(session.places());
    let own = all_own
        .look_at(&flow.name)
        .filter(|own| flow.source == FlowSource::File(own.file.clone()));
    if as_json {
        let mut value = as_value(&flow, own.as_ref().and_then(|own| own.copied_from.as_ref()));
        if own.is_some() {
            set(&mut value, "source", json!("own"));
        }
        let blocks = flow.blocks.iter().map(
            |block| json!({"name": block.name, "type": block.block_type, "reads": block.reads, "writes": block.writes}),
        );
        set(&mut value, "blocks", blocks.collect());
        set(&mut value, "notes", json!(flow.notes));
        output.json(&value)?;
        return Ok(Ended::Well);
    }
    let source = match (&own, &flow.source) {
        (Some(own), _) => shown(&own.in_words()),
        (None, FlowSource::Shipped) => "comes with seedbed".to_owned(),
        (None, FlowSource::File(path)) => shown(&path.display().to_string()),
    };
    let version = shown(&flow.metadata.version);
    output.line(format!(
        "{} {version}  {source}  {}",
        output.paint(Ink::Strong, shown(&flow.name)),
        flow.hash
    ))?;
    output.line(indented(&flow.metadata.description, "  "))?;
    let needs = &flow.metadata.dataset_requirements.required_columns;
    if !needs.is_empty() {
        output.line(format!("\n  needs {}", shown(&needs.join(", "))))?;
    }
    output.line("")?;
    for block in &flow.blocks {
        let columns = format!("{} → {}", block.reads.join(", "), block.writes.join(", "));
        let columns = output.paint(Ink::Faint, shown(&columns));
        output.line(format!(
            "  {:<18} {:<26} {columns}",
            shown(&block.name),
            block.block_type
        ))?;
    }
    for note in &flow.notes {
        output.note(format!("note: {}", shown(note)));
    }
    Ok(Ended::Well)
}

fn copy(session: &Session, flow: &str, folder: Option<&Path>) -> anyhow::Result<Ended> {
    let output = session.output;
    let own = OwnFlows::of(session.places());
    let (file, use_as) = match folder {
        Some(folder) => {
            let file = copy_flow(flow, &session.folder().join(folder), flow)?;
            let use_as = path(&file);
            (file, use_as)
        }
        None => {
            let name = own.copy(flow)?;
            (own.folder().join(&name).join("flow.yaml"), name)
        }
    };
    output.line(format!(
        "{} {}\nEdit it and the prompts beside it, then: {} generate NODE --flow {use_as}",
        output.paint(Ink::Good, "Copied to"),
        shown(&file.display().to_string()),
        session.program()
    ))?;
    Ok(Ended::Well)
}

fn check(session: &Session, file: &Path) -> anyhow::Result<Ended> {
    let output = session.output;
    let flow = Flow::load(&session.folder().join(file)).map_err(WorkbenchError::from)?;
    for note in &flow.notes {
        output.line(format!("{} {}", output.paint(Ink::Warning, "note:"), shown(note)))?;
    }
    output.line(format!(
        "{} {} with {} blocks",
        output.paint(Ink::Good, "Good:"),
        shown(&flow.name),
        flow.blocks.len()
    ))?;
    Ok(Ended::Well)
}

/// A flow by its name, shipped or own, or a file below the folder that the command works in.
pub(super) fn open(session: &Session, typed: &str) -> Result<Flow, WorkbenchError> {
    let path = session.folder().join(typed);
    if path.is_file() && !Flow::is_shipped(typed) {
        return Ok(Flow::load(&path)?);
    }
    let own = OwnFlows::of(session.places());
    match own.look_at(typed) {
        Some(found) if !Flow::is_shipped(typed) => Ok(found.flow?),
        _ => Ok(own.open(typed)?),
    }
}

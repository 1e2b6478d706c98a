//! `seedbed flow`: how samples are made.

use std::path::PathBuf;

use clap::Subcommand;

use super::Ended;
use super::flow_run::{FlowRunArgs, run_flow};
use super::output::{Ink, indented, shown};
use super::session::Session;
use crate::flow::{Flow, FlowSource};
use crate::workbench::WorkbenchError;

#[derive(Debug, Subcommand)]
pub(super) enum FlowCommand {
    /// List the flows that come with seedbed
    List,
    /// Show what a flow does, needs and costs, and its blocks
    Show {
        /// A shipped flow's name, or a flow file
        flow: String,
    },
    /// Lay out a shipped flow and its prompts in a folder, to edit them
    Copy {
        /// A shipped flow's name
        flow: String,
        /// Where its folder goes; made when it is not there
        folder: PathBuf,
    },
    /// Say whether a flow file can be used
    Check { file: PathBuf },
    /// Run a flow over rows of your own, one JSON object a line
    Run(FlowRunArgs),
}

pub(super) fn flow(session: &Session, command: &FlowCommand) -> anyhow::Result<Ended> {
    let output = session.output;
    match command {
        FlowCommand::List => {
            for flow in Flow::shipped().map_err(WorkbenchError::from)? {
                let about = flow.metadata.description.lines().next().unwrap_or_default();
                output.line(format!(
                    "{}  {about}",
                    output.paint(Ink::Strong, format!("{:<16}", flow.name))
                ))?;
            }
        }
        FlowCommand::Run(args) => return run_flow(session, args),
        FlowCommand::Copy { flow, folder } => {
            let files = Flow::files_of(flow).map_err(WorkbenchError::from)?;
            let folder = session.folder().join(folder);
            let own = folder.join(flow);
            anyhow::ensure!(
                !own.exists(),
                "{} is there already; name another folder, or move it away",
                own.display()
            );
            for (path, text) in files {
                let path = folder.join(path);
                // Shared prompts may have come with another copy, and been edited since: those stay.
                if !path.exists() {
                    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                    std::fs::write(&path, text)?;
                }
            }
            let file = own.join("flow.yaml");
            output.line(format!(
                "{} {file}\nEdit it and the prompts beside it, then: seedbed generate NODE --flow {file}",
                output.paint(Ink::Good, "Copied to"),
                file = shown(&file.display().to_string())
            ))?;
        }
        FlowCommand::Check { file } => {
            let flow = Flow::load(&session.folder().join(file)).map_err(WorkbenchError::from)?;
            flow.notes
                .iter()
                .try_for_each(|note| output.line(format!("{} {}", output.paint(Ink::Warning, "note:"), shown(note))))?;
            output.line(format!(
                "{} {} with {} blocks",
                output.paint(Ink::Good, "Good:"),
                shown(&flow.name),
                flow.blocks.len()
            ))?;
        }
        FlowCommand::Show { flow } => {
            let flow = Flow::open(flow).map_err(WorkbenchError::from)?;
            let source = match &flow.source {
                FlowSource::Shipped => "comes with seedbed".to_owned(),
                FlowSource::File(path) => shown(&path.display().to_string()),
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
        }
    }
    Ok(Ended::Well)
}

/// A flow by its name, or a file below the folder that the command works in.
pub(super) fn open(session: &Session, typed: &str) -> Result<Flow, WorkbenchError> {
    let path = session.folder().join(typed);
    if path.exists() && !Flow::is_shipped(typed) {
        return Ok(Flow::load(&path)?);
    }
    Ok(Flow::open(typed)?)
}

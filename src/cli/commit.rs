//! `seedbed commit`: seeds, decisions and curated samples into the history.

use clap::Args;

use super::Ended;
use super::output::{Ink, Output, indented, shown};
use super::session::Session;
use crate::text::counted::counted;
use crate::workbench::{ChangeGroup, ChangedFile, Changes, CommitRequest};

/// Commit what changed in the taxonomy: seeds, decisions, curated samples. Other files are left out, whatever is staged.
#[derive(Debug, Args)]
pub(super) struct CommitArgs {
    /// The message [default: drafted from what was done]
    #[arg(short, long)]
    message: Option<String>,
    /// Commit to a new branch that starts here
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// Leave out the Signed-off-by line (Developer Certificate of Origin)
    #[arg(long)]
    no_sign_off: bool,
    /// Commit although changed seeds have errors
    #[arg(long)]
    despite_errors: bool,
    /// Say what would be committed, and end
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn commit(session: &Session, args: &CommitArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let output = session.output;
    let changes = workbench.changes()?;
    list(output, &changes)?;
    let paths = changes.offered_paths();
    if paths.is_empty() {
        output.note("There is nothing to commit: no seeds, decisions or curated samples have changed.");
        return Ok(Ended::Findings);
    }
    let message = args.message.clone().unwrap_or_else(|| changes.draft_message(&paths));
    let practices = workbench.repository()?.practices()?;
    if args.dry_run {
        output.line(format!("\n{}", indented(&message, "  ")))?;
        for one in workbench.blocking(&changes, &paths) {
            let place = format!("{}:{}", shown(&one.path), one.line);
            output.line(format!(
                "{} {place}: {}",
                output.paint(Ink::Bad, "error"),
                shown(&one.message)
            ))?;
        }
        practices
            .notes
            .iter()
            .for_each(|note| output.note(format!("note: {}", shown(note))));
        return Ok(Ended::Well);
    }
    let committed = workbench.commit(&CommitRequest {
        paths,
        message: message.clone(),
        author: None,
        sign_off: !args.no_sign_off,
        new_branch: args.branch.clone(),
        despite_errors: args.despite_errors,
    })?;
    if !committed.hook_output.trim().is_empty() {
        output.note(indented(&committed.hook_output, "  "));
    }
    let branch = committed.branch.as_deref().unwrap_or("no branch");
    output.line(format!(
        "\nCommitted {} on {}:",
        output.paint(Ink::Strong, &committed.short),
        shown(branch)
    ))?;
    output.line(indented(&message, "  "))?;
    committed
        .notes
        .iter()
        .for_each(|note| output.note(format!("note: {}", shown(note))));
    Ok(Ended::Well)
}

fn list(output: Output, changes: &Changes) -> anyhow::Result<()> {
    for group in ChangeGroup::ALL {
        let files: Vec<&ChangedFile> = changes.group(group).collect();
        if files.is_empty() {
            continue;
        }
        output.line(output.paint(Ink::Strong, group.title()))?;
        for file in files {
            let ink = if file.is_offered() { Ink::Good } else { Ink::Faint };
            let word = output.paint(ink, format!("{:<11}", file.word()));
            output.line(format!("  {word} {}{}", shown(&file.shown), figures(file)))?;
        }
    }
    Ok(())
}

fn figures(file: &ChangedFile) -> String {
    match file.group {
        ChangeGroup::Samples => format!("  +{}", counted(file.samples, "sample", "samples")),
        ChangeGroup::Decisions => {
            let decisions = &file.decisions;
            let parts = [
                (decisions.accepted, "accepted"),
                (decisions.edited, "edited"),
                (decisions.rejected, "rejected"),
                (decisions.skipped, "skipped"),
                (decisions.flagged, "flagged"),
                (decisions.taken_back, "taken back"),
            ];
            let told: Vec<String> = parts
                .iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, word)| format!("{n} {word}"))
                .collect();
            if told.is_empty() {
                String::new()
            } else {
                format!("  {}", told.join(", "))
            }
        }
        _ => String::new(),
    }
}

//! `seedbed documents import`: files as Markdown, looked over by a person, committed where documents live.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use super::documents::DocumentsFormat;
use super::output::{Ink, Output, indented, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::documents::Imported;
use crate::taxonomy::knowledge::count_words;
use crate::text::counted::counted;
use crate::text::tokens;
use crate::workbench::{NewDocument, Workbench};

/// How many lines of a result are shown before the question.
const LINES_SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// PDF, DOCX, HTML, Markdown or text
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The documents' repository: a folder of this computer
    #[arg(long, value_name = "REPO")]
    into: String,
    /// The name in the repository, as in `garden/frost.md` [default: made from the file's]
    #[arg(long = "as", value_name = "NAME.md")]
    name: Option<String>,
    /// Correct the result in your editor first
    #[arg(long)]
    edit: bool,
    /// Commit without asking
    #[arg(long)]
    yes: bool,
    /// Put it in the place of a document of that name
    #[arg(long)]
    replace: bool,
    /// The commit's message [default: names the document and the file]
    #[arg(short, long)]
    message: Option<String>,
    /// Sign off, or not, whatever that repository's habit is
    #[arg(long, value_name = "BOOL")]
    sign_off: Option<bool>,
    /// Print the Markdown and end
    #[arg(long)]
    dry_run: bool,
}

/// What became of one file.
struct Outcome {
    imported: Imported,
    text: String,
    name: String,
    commit: Option<String>,
}

pub(super) fn import(
    session: &Session,
    workbench: &Workbench,
    args: &ImportArgs,
    format: DocumentsFormat,
) -> anyhow::Result<Ended> {
    if args.name.is_some() && args.files.len() > 1 {
        return Err(Usage("--as names one document; import the files one by one".to_owned()).into());
    }
    let json_wanted = format == DocumentsFormat::Json;
    let output = if json_wanted || args.dry_run {
        session.output.for_programs()
    } else {
        session.output
    };
    let into = session.folder().join(&args.into);
    let repo = if into.is_dir() {
        into.to_string_lossy().into_owned()
    } else {
        args.into.clone()
    };
    let (mut told, mut ended) = (Vec::new(), Ended::Well);
    for file in &args.files {
        let path = session.folder().join(file);
        let name = file.to_string_lossy();
        match one(session, workbench, args, output, &path, &repo) {
            Ok(outcome) => {
                let left = outcome.commit.is_none() && !args.dry_run;
                if left || !outcome.imported.unread_pages.is_empty() {
                    ended = Ended::Findings;
                }
                told.push(json!({
                    "file": name, "name": outcome.name, "format": outcome.imported.format.word(), "by": outcome.imported.by,
                    "words": count_words(&outcome.text), "tokens": tokens::estimate(&outcome.text),
                    "pages": outcome.imported.pages, "unread_pages": outcome.imported.unread_pages,
                    "doubtful_pages": outcome.imported.doubtful_pages, "notes": outcome.imported.notes,
                    "commit": outcome.commit,
                }));
                if args.dry_run && !json_wanted {
                    session.output.bytes(outcome.text.as_bytes())?;
                }
            }
            // One file that fails does not keep the others out.
            Err(error) => {
                output.note(format!("{} {}", output.paint(Ink::Bad, "✗"), shown(&error.to_string())));
                told.push(json!({"file": name, "error": error.to_string()}));
                ended = Ended::Findings;
            }
        }
    }
    if json_wanted {
        session.output.json(&told)?;
    }
    Ok(ended)
}

fn one(
    session: &Session,
    workbench: &Workbench,
    args: &ImportArgs,
    output: Output,
    path: &Path,
    repo: &str,
) -> anyhow::Result<Outcome> {
    let imported = workbench.import_document(path)?;
    let name = args.name.clone().unwrap_or_else(|| imported.name.clone());
    tell(output, path, &name, &imported)?;
    let mut text = imported.markdown.clone();
    if args.edit {
        text = edited(session, workbench, text)?;
    }
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let message = args.message.clone();
    let new = NewDocument {
        repo: repo.to_owned(),
        message: message.unwrap_or_else(|| format!("Add {name}, converted from {}", shown(&file))),
        name: name.clone(),
        text: text.clone(),
        sign_off: args.sign_off,
        replace: args.replace,
    };
    let mut outcome = Outcome {
        imported,
        text,
        name,
        commit: None,
    };
    if args.dry_run {
        return Ok(outcome);
    }
    if !args.yes {
        if !session.is_interactive() {
            output.note("Nothing was committed. Look at the result with --dry-run or --edit, then add --yes.");
            return Ok(outcome);
        }
        let beginning: Vec<&str> = outcome.text.lines().take(LINES_SHOWN).collect();
        output.report(indented(&beginning.join("\n"), "  │ "))?;
        let question = format!("Commit {} to {}?", shown(&outcome.name), shown(repo));
        if !session.agrees(&question) {
            output.note("Nothing was committed; --edit opens the result in your editor.");
            return Ok(outcome);
        }
    }
    let committed = workbench.commit_document(&new)?;
    committed
        .notes
        .iter()
        .for_each(|note| output.note(format!("note: {}", shown(note))));
    output.report(format!(
        "{} committed {} to {} as {}",
        output.paint(Ink::Good, "✓"),
        shown(&outcome.name),
        shown(repo),
        output.paint(Ink::Strong, &committed.short)
    ))?;
    outcome.commit = Some(committed.id);
    Ok(outcome)
}

fn tell(output: Output, path: &Path, name: &str, imported: &Imported) -> anyhow::Result<()> {
    let pages = imported
        .pages
        .map(|pages| format!(", {}", counted(pages, "page", "pages")));
    output.report(format!(
        "{} → {}  {} words, about {} tokens{}  {}",
        shown(&path.to_string_lossy()),
        output.paint(Ink::Strong, shown(name)),
        count_words(&imported.markdown),
        tokens::estimate(&imported.markdown),
        pages.unwrap_or_default(),
        output.paint(Ink::Faint, format!("by {}", shown(&imported.by)))
    ))?;
    for line in page_notes(imported) {
        output.note(output.paint(Ink::Warning, line));
    }
    for note in &imported.notes {
        output.note(format!("note: {}", shown(note)));
    }
    Ok(())
}

/// Which pages to look at, in sentences.
fn page_notes(imported: &Imported) -> Vec<String> {
    let listed = |pages: &[usize]| {
        let names: Vec<String> = pages.iter().map(usize::to_string).collect();
        format!(
            "{} {}",
            if pages.len() == 1 { "page" } else { "pages" },
            names.join(", ")
        )
    };
    let mut lines = Vec::new();
    if !imported.unread_pages.is_empty() {
        lines.push(format!("no text could be read on {}", listed(&imported.unread_pages)));
    }
    if !imported.doubtful_pages.is_empty() {
        lines.push(format!("the text may be wrong on {}", listed(&imported.doubtful_pages)));
    }
    lines
}

fn edited(session: &Session, workbench: &Workbench, text: String) -> anyhow::Result<String> {
    let environment = session.environment();
    let command = crate::tui::editor_command(workbench.settings().editor.as_deref(), |name| environment.get(name));
    let changed = crate::tui::edit_in(command.as_deref(), &text, ".md").context("the result was not edited")?;
    Ok(changed.unwrap_or(text))
}

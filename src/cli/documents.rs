//! `seedbed documents`: what knowledge leaves rest on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::documents_chunks::{ChunksArgs, list_chunks};
use super::documents_coverage::{coverage_json, print_coverage};
use super::documents_import::{ImportArgs, import};
use super::output::{Ink, Output, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::git::GitError;
use crate::taxonomy::form::apply;
use crate::taxonomy::knowledge::{ChunkSize, ChunkWish, pin_edits};
use crate::taxonomy::yaml::Document;
use crate::taxonomy::{DocumentPin, Fingerprint, Kind, Leaf, NodePath, save};
use crate::text::counted::counted;
use crate::workbench::{Matched, Workbench, WorkbenchError};

/// List, choose, compare and import the documents of knowledge leaves.
#[derive(Debug, Args)]
pub(super) struct DocumentsArgs {
    #[command(subcommand)]
    command: DocumentsCommand,
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    format: DocumentsFormat,
}

#[derive(Debug, Subcommand)]
enum DocumentsCommand {
    /// List what knowledge leaves are pinned to
    List {
        /// Only leaves at or below this node
        node: Option<String>,
    },
    /// Show a leaf's documents: files, words, who can reach the commit, which commits are newer
    Show {
        node: String,
        /// Fetch the repository over the network
        #[arg(long)]
        fetch: bool,
    },
    /// Compare a leaf's examples with its documents: what they use, what nobody asks about
    Coverage {
        node: String,
        /// Fetch the repository over the network if it is not here yet
        #[arg(long)]
        fetch: bool,
    },
    /// Show how documents are cut: bytes, lines, tokens and headings of each chunk, and what neighbours share
    Chunks(ChunksArgs),
    /// Choose the repository, commit and files of a leaf
    Pin(PinArgs),
    /// Turn PDF, DOCX, HTML or text files into Markdown and commit it to a repository of documents
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct PinArgs {
    node: String,
    /// A folder or an address [default: the one it has]
    #[arg(long, value_name = "REPO")]
    repo: Option<String>,
    /// A branch, tag or commit; `newest` takes the newest one [default: the one it has, else the newest]
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// Which files, as in `frost/*.md`; may be given several times [default: the ones it has]
    #[arg(long = "files", value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Fetch the repository over the network
    #[arg(long)]
    fetch: bool,
    /// Say what would be pinned, and end
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DocumentsFormat {
    Text,
    Json,
}

pub(super) fn documents(session: &Session, args: &DocumentsArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let output = session.output;
    match &args.command {
        DocumentsCommand::List { node } => list(session, &workbench, node.as_deref(), args.format),
        DocumentsCommand::Show { node, fetch } => {
            let leaf = leaf_named(session, &workbench, node)?;
            let pin = workbench.pin_of(&leaf)?;
            let repository = asked(&leaf, workbench.document_repository(&pin.repo, *fetch, &|| false))?;
            let matched = workbench.matched(pin)?;
            let newer = repository
                .revisions
                .newest
                .as_ref()
                .filter(|newest| **newest != pin.commit);
            if args.format == DocumentsFormat::Json {
                let choices = repository.revisions.choices.iter().map(|choice| {
                    json!({"kind": choice.kind.word(), "name": choice.name, "commit": choice.id, "summary": choice.summary,
                           "time": choice.time})
                });
                output.json(
                    &json!({"node": leaf.path, "pin": pin, "matched": matched_json(&matched),
                                    "newest": repository.revisions.newest, "choices": choices.collect::<Vec<_>>(),
                                    "notes": repository.notes}),
                )?;
            } else {
                output.line(output.paint(Ink::Strong, shown(leaf.path.as_str())))?;
                print_pin(output, pin, &matched)?;
                if let Some(newest) = newer {
                    let told = repository.revisions.choices.iter().find(|choice| choice.id == *newest);
                    let summary = told.map(|choice| choice.summary.as_str()).unwrap_or_default();
                    output.line(format!(
                        "newest   {} {}",
                        short(newest),
                        output.paint(Ink::Faint, shown(summary))
                    ))?;
                }
                repository
                    .notes
                    .iter()
                    .for_each(|note| output.note(format!("note: {}", shown(note))));
            }
            Ok(if matched.files.is_empty() {
                Ended::Findings
            } else {
                Ended::Well
            })
        }
        DocumentsCommand::Coverage { node, fetch } => {
            let leaf = leaf_named(session, &workbench, node)?;
            let texts = workbench.document_texts(&leaf, *fetch, &|| false)?;
            let size = workbench.chunk_size(ChunkWish::default(), ChunkSize::USUAL)?;
            let found = workbench.coverage_of(&leaf, &texts, size);
            match args.format {
                DocumentsFormat::Json => output.json(&coverage_json(&leaf, &texts, &found))?,
                DocumentsFormat::Text => print_coverage(output, &leaf, &texts, &found)?,
            }
            let lost = found.misplaced().any(|context| context.placed.found().is_none());
            Ok(if lost { Ended::Findings } else { Ended::Well })
        }
        DocumentsCommand::Chunks(wanted) => list_chunks(session, &workbench, wanted, args.format),
        DocumentsCommand::Pin(pin) => choose(session, &workbench, pin, args.format),
        DocumentsCommand::Import(wanted) => import(session, &workbench, wanted, args.format),
    }
}

/// Says with which flag a person allows what has to be fetched.
fn asked<T>(leaf: &Leaf, result: Result<T, WorkbenchError>) -> Result<T, WorkbenchError> {
    result.map_err(|error| match error {
        WorkbenchError::AddressNotFetched { address } => WorkbenchError::DocumentsNotFetched {
            node: leaf.path.to_string(),
            address,
        },
        other => other,
    })
}

pub(super) fn leaf_named(session: &Session, workbench: &Workbench, typed: &str) -> Result<Leaf, WorkbenchError> {
    let node = workbench.node(typed, session.folder())?;
    Ok(workbench.leaf_file(&node)?.leaf())
}

fn list(
    session: &Session,
    workbench: &Workbench,
    node: Option<&str>,
    format: DocumentsFormat,
) -> anyhow::Result<Ended> {
    let output = session.output;
    let below = match node {
        Some(typed) => workbench.node(typed, session.folder())?,
        None => NodePath::parse("knowledge")?,
    };
    let mut found = Vec::new();
    let mut trouble = false;
    for path in workbench.leaves(&below)? {
        let leaf = workbench.leaf_file(&path)?.leaf();
        if leaf.kind != Kind::Knowledge {
            continue;
        }
        let (state, files, words) = match workbench.pin_of(&leaf).and_then(|pin| workbench.matched(pin)) {
            Ok(matched) if matched.files.is_empty() => ("no_files", 0, 0),
            Ok(matched) => (
                matched.reach.map_or("shared", |reach| reach.word()),
                matched.files.len(),
                matched.words(),
            ),
            Err(WorkbenchError::AddressNotFetched { .. }) => ("not_fetched", 0, 0),
            Err(WorkbenchError::NoDocuments { .. }) => ("no_documents", 0, 0),
            Err(WorkbenchError::Git(GitError::NoSuchCommit { .. })) => ("no_commit", 0, 0),
            Err(_) => ("unreadable", 0, 0),
        };
        trouble |= matches!(state, "no_files" | "no_documents" | "no_commit" | "unreadable");
        if format == DocumentsFormat::Json {
            found.push(json!({"node": path, "pin": leaf.document, "state": state, "files": files, "words": words}));
            continue;
        }
        let ink = if files > 0 { Ink::Good } else { Ink::Warning };
        output.line(format!(
            "{:<12} {:>5} {:>8} words  {}",
            output.paint(ink, state.replace('_', " ")),
            counted(files, "file", "files"),
            words,
            shown(path.as_str())
        ))?;
        if let Some(pin) = &leaf.document {
            let told = format!("  {} at {}: {}", pin.repo, short(&pin.commit), pin.patterns.join(", "));
            output.line(output.paint(Ink::Faint, shown(&told)))?;
        }
    }
    if format == DocumentsFormat::Json {
        output.json(&found)?;
    }
    Ok(if trouble { Ended::Findings } else { Ended::Well })
}

fn choose(session: &Session, workbench: &Workbench, args: &PinArgs, format: DocumentsFormat) -> anyhow::Result<Ended> {
    let output = session.output;
    let node = workbench.node(&args.node, session.folder())?;
    let file = workbench.leaf_file(&node)?;
    let leaf = file.leaf();
    if leaf.kind != Kind::Knowledge {
        return Err(WorkbenchError::NotKnowledge { node: node.to_string() }.into());
    }
    let before = leaf.document.clone().unwrap_or(DocumentPin {
        repo: String::new(),
        commit: String::new(),
        patterns: Vec::new(),
    });
    let repo = match &args.repo {
        Some(typed) => repo_from_root(session, workbench, typed),
        None if before.repo.trim().is_empty() => {
            return Err(Usage("name the documents' repository with --repo".to_owned()).into());
        }
        None => before.repo.clone(),
    };
    let repository = asked(&leaf, workbench.document_repository(&repo, args.fetch, &|| false))?;
    let wanted = args.commit.as_deref();
    let commit = match (wanted, &repository.revisions.newest) {
        (None, _) if args.repo.is_none() && !before.commit.is_empty() => before.commit.clone(),
        (None | Some("newest"), Some(newest)) => newest.clone(),
        (Some(name), _) if name != "newest" => workbench.document_commit(&repo, name)?,
        _ => return Err(Usage("that repository has no commits yet; import a document first".to_owned()).into()),
    };
    let patterns = match (args.patterns.as_slice(), before.patterns.as_slice()) {
        ([], []) => vec!["*.md".to_owned()],
        ([], kept) => kept.to_vec(),
        (given, _) => given.to_vec(),
    };
    let pin = DocumentPin { repo, commit, patterns };
    let matched = workbench.matched(&pin)?;
    let written = !args.dry_run && !matched.files.is_empty();
    if written {
        let mut document = Document::parse(&file.bytes)?;
        for edit in pin_edits(&leaf, &pin) {
            apply(&mut document, leaf.kind, &edit)?;
        }
        save(
            &node.qna(workbench.root()),
            document.bytes(),
            Some(Fingerprint::of(&file.bytes)),
        )?;
    }
    if format == DocumentsFormat::Json {
        output.json(&json!({"node": node, "pin": pin, "matched": matched_json(&matched), "written": written}))?;
    } else {
        print_pin(output, &pin, &matched)?;
        repository
            .notes
            .iter()
            .for_each(|note| output.note(format!("note: {}", shown(note))));
        if matched.files.is_empty() {
            let others: Vec<String> = matched.others.iter().take(5).map(|name| shown(name)).collect();
            output.note(format!(
                "Nothing was written: no file fits. There is {}.",
                others.join(", ")
            ));
        } else if written {
            output.line(format!(
                "{} {}",
                output.paint(Ink::Good, "✓"),
                shown(&node.qna_relative())
            ))?;
        }
    }
    Ok(if matched.files.is_empty() {
        Ended::Findings
    } else {
        Ended::Well
    })
}

/// A folder named from where the person stands, as the leaf has to name it: from the taxonomy's root.
fn repo_from_root(session: &Session, workbench: &Workbench, typed: &str) -> String {
    let here = session.folder().join(typed);
    if typed.contains("://") || !here.is_dir() || session.folder() == workbench.root() {
        return typed.to_owned();
    }
    let absolute: PathBuf = here.canonicalize().unwrap_or(here);
    let shared = workbench.root().parent();
    match shared
        .and_then(|above| absolute.strip_prefix(above).ok())
        .and_then(|path| path.to_str())
    {
        Some(beside) => format!("../{beside}"),
        None => absolute.to_string_lossy().into_owned(),
    }
}

fn print_pin(output: Output, pin: &DocumentPin, matched: &Matched) -> anyhow::Result<()> {
    output.line(format!("repo     {}", shown(&pin.repo)))?;
    output.line(format!("commit   {}", shown(&pin.commit)))?;
    output.line(format!("files    {}", shown(&pin.patterns.join(", "))))?;
    for file in &matched.files {
        output.line(format!(
            "  {:>8} words  {:>8} tokens  {}",
            file.words,
            file.tokens,
            shown(&file.path)
        ))?;
    }
    output.line(format!(
        "total    {}, {} words, about {} tokens or {}",
        counted(matched.files.len(), "file", "files"),
        matched.words(),
        matched.tokens(),
        counted(
            usize::try_from(matched.chunks()).unwrap_or(usize::MAX),
            "chunk",
            "chunks"
        )
    ))?;
    let reach = matched.reach.and_then(|reach| reach.warning());
    for note in reach
        .into_iter()
        .map(str::to_owned)
        .chain(matched.notes.iter().cloned())
    {
        output.note(format!("note: {}", shown(&note)));
    }
    Ok(())
}

fn matched_json(matched: &Matched) -> Value {
    let files = matched
        .files
        .iter()
        .map(|file| json!({"path": file.path, "bytes": file.bytes, "words": file.words, "tokens": file.tokens}));
    json!({"files": files.collect::<Vec<_>>(), "words": matched.words(), "tokens": matched.tokens(),
           "chunks": matched.chunks(), "reach": matched.reach.map(|reach| reach.word()), "notes": matched.notes})
}

/// As much of a commit as people read.
fn short(commit: &str) -> String {
    shown(&commit.chars().take(10).collect::<String>())
}

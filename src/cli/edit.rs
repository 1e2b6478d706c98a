//! `seedbed edit`: changes a seed file by script, or opens it in the person's own editor.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::new::Format;
use super::output::{Ink, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::taxonomy::yaml::{Document, NewValue, YamlPath};
use crate::taxonomy::{Diagnostic, LeafEdit, LeafEditError, Severity, edits_from_json, value_from_json};
use crate::text::counted::counted;
use crate::text::diff::unified;
use crate::text::visible::visible;
use crate::tui::{edit_in, editor_command};
use crate::workbench::{EditedLeaf, Kept, Workbench, WorkbenchError};

/// Change a leaf's qna.yaml: only the bytes that must change do, and the file is saved whole or not at all.
///
/// Without options it opens the file in your own editor and judges what comes back. Edits are made in this order: --set-from, --set,
/// --add, --move, --remove; all of them or none. Paths look like .seed_examples[2].answer and count from 0.
#[derive(Debug, Args)]
pub(super) struct EditArgs {
    /// The leaf, or a draft
    node: String,
    /// Give a field this text; @FILE reads it from a file, @- from standard input, @@ begins a text with @
    #[arg(long, value_name = "PATH=TEXT")]
    set: Vec<String>,
    /// Edits as JSON: {PATH: VALUE, …}, or a list of {"set"|"add"|"remove"|"move": PATH, "value": …, "at"|"to": N}; - reads
    /// standard input
    #[arg(long, value_name = "FILE")]
    set_from: Option<String>,
    /// Add an item at the end of a list, as JSON or a plain text; @FILE reads it from a file
    #[arg(long, value_name = "PATH=VALUE")]
    add: Vec<String>,
    /// Add a seed example from a file of JSON; - reads standard input
    #[arg(long, value_name = "FILE")]
    add_example: Vec<String>,
    /// Move an item so that it stands at place N (from 0) of its list
    #[arg(long = "move", value_name = "PATH=N")]
    moves: Vec<String>,
    /// Remove a field or an item; several paths all name what is there before the first is removed
    #[arg(long, value_name = "PATH")]
    remove: Vec<String>,
    /// Print a field instead: a text as it is, everything else as JSON; . is the whole leaf
    #[arg(long, value_name = "PATH", conflicts_with_all = ["set", "set_from", "add", "add_example", "moves", "remove"])]
    get: Option<YamlPath>,
    /// Show the difference, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write a draft into the tree although it is not whole
    #[arg(long)]
    in_tree: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

pub(super) fn edit(session: &Session, args: &EditArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let node = workbench.node_or_draft(&args.node, session.folder())?;
    let mut leaf = workbench.open_leaf(&node)?;
    if let Some(path) = &args.get {
        return get(session, &leaf, path);
    }
    let edits = edits(args, session.folder())?;
    if edits.is_empty() && args.in_tree && leaf.is_draft() {
        let text = leaf.after.clone();
        workbench.retext(&mut leaf, text);
    } else if edits.is_empty() {
        if !session.is_interactive() {
            let message =
                "say what to change (--set, --add, --move, --remove), or start it on a terminal to open your editor";
            return Err(Usage(message.to_owned()).into());
        }
        by_hand(session, &workbench, &mut leaf)?;
    } else {
        workbench.edit_leaf(&mut leaf, &edits)?;
    }
    let kept = if args.dry_run {
        Kept::Unchanged
    } else {
        match workbench.keep_edited(&leaf, args.in_tree, session.now()) {
            Err(error) if edits.is_empty() => {
                // What was typed by hand is not lost with a refused save.
                workbench.drafts().put(&node, &leaf.after, None, session.now())?;
                session
                    .output
                    .note("note: your text is kept as a draft; the edit screen of this leaf shows it");
                return Err(error.into());
            }
            other => other?,
        }
    };
    told(session, args, &leaf, kept)
}

fn by_hand(session: &Session, workbench: &Workbench, leaf: &mut EditedLeaf) -> anyhow::Result<()> {
    let text = std::str::from_utf8(&leaf.before).context("this file is not UTF-8 text; convert it first")?;
    let environment = session.environment();
    let command = editor_command(workbench.settings().editor.as_deref(), |name| environment.get(name));
    let new = edit_in(command.as_deref(), text, ".yaml")?;
    let new = new.map_or_else(|| leaf.before.clone(), String::into_bytes);
    workbench.retext(leaf, new);
    Ok(())
}

fn get(session: &Session, leaf: &EditedLeaf, path: &YamlPath) -> anyhow::Result<Ended> {
    let document = Document::parse(&leaf.before).map_err(|error| WorkbenchError::NotYaml {
        path: leaf.node.qna_relative(),
        error,
    })?;
    let Some(node) = document.get(path) else {
        session
            .output
            .note(format!("seedbed: {} has no {path}", shown(leaf.node.as_str())));
        return Ok(Ended::Findings);
    };
    match node.as_text() {
        Some(text) => session.output.bytes(text.as_bytes())?,
        None => session.output.json(&as_json(node))?,
    }
    Ok(Ended::Well)
}

/// A YAML value as the JSON that would bring it back.
fn as_json(node: &crate::taxonomy::yaml::Node) -> Value {
    if let Some(items) = node.items() {
        return items.iter().map(as_json).collect();
    }
    if node.pairs().is_some() {
        let pairs = node.entries().into_iter();
        return pairs
            .map(|(key, value)| (key.scalar_text().unwrap_or_default().to_owned(), as_json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    let number = node
        .as_int()
        .map(Value::from)
        .or_else(|| node.as_float().map(Value::from));
    match (node.as_text(), node.as_bool(), number) {
        (Some(text), ..) => text.into(),
        (_, Some(truth), _) => truth.into(),
        (_, _, Some(number)) => number,
        _ if node.is_null() => Value::Null,
        _ => node.scalar_text().into(),
    }
}

fn edits(args: &EditArgs, folder: &Path) -> anyhow::Result<Vec<LeafEdit>> {
    let mut edits = Vec::new();
    if let Some(file) = &args.set_from {
        edits.extend(edits_from_json(&json_of(&read(folder, file)?, file)?).map_err(WorkbenchError::LeafEdit)?);
    }
    for given in &args.set {
        let (path, text) = path_and_rest(given, "--set .created_by=Ada")?;
        let text = text_of(folder, text)?;
        let is_version = path == YamlPath::root().key("version") && text.parse::<u32>().is_ok();
        let value = if is_version {
            NewValue::Plain(text)
        } else {
            NewValue::Text(text)
        };
        edits.push(LeafEdit::Set(path, value));
    }
    for given in &args.add {
        let (path, text) = path_and_rest(given, "--add .document.patterns=*.md")?;
        let text = text_of(folder, text)?;
        // Objects and lists are meant as such; everything else is a text.
        let value = match serde_json::from_str::<Value>(&text) {
            Ok(json @ (Value::Object(_) | Value::Array(_))) => value_from_json(&json),
            _ => NewValue::Text(text),
        };
        edits.push(LeafEdit::Add(path, None, value));
    }
    for file in &args.add_example {
        let json = json_of(&read(folder, file)?, file)?;
        edits.push(LeafEdit::Add(
            YamlPath::root().key("seed_examples"),
            None,
            value_from_json(&json),
        ));
    }
    for given in &args.moves {
        let (path, to) = path_and_rest(given, "--move .seed_examples[3]=0")?;
        let to = to
            .parse()
            .map_err(|_| Usage(format!("'{}' is no place in a list; places count from 0", shown(to))))?;
        edits.push(LeafEdit::Move(path, to));
    }
    let removed: Result<Vec<YamlPath>, _> = args.remove.iter().map(|path| path.parse()).collect();
    let mut removed = removed.map_err(|error| WorkbenchError::LeafEdit(LeafEditError::Path(error)))?;
    // From the back, so that what is removed first does not shift the others.
    removed.sort();
    removed.dedup();
    edits.extend(removed.into_iter().rev().map(LeafEdit::Remove));
    Ok(edits)
}

/// Splits at the first `=` behind a path; a quoted key may hold one.
fn path_and_rest<'a>(given: &'a str, example: &str) -> anyhow::Result<(YamlPath, &'a str)> {
    let mut quoted = false;
    let at = given.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '=' && !quoted
    });
    let split = at.and_then(|(at, _)| Some((given.get(..at)?, given.get(at + 1..)?)));
    let (path, rest) = split.ok_or_else(|| Usage(format!("'{}' has no =; write it as in {example}", shown(given))))?;
    let path = path
        .parse()
        .map_err(|error| WorkbenchError::LeafEdit(LeafEditError::Path(error)))?;
    Ok((path, rest))
}

fn text_of(folder: &Path, given: &str) -> anyhow::Result<String> {
    match given.strip_prefix('@') {
        Some(text) if text.starts_with('@') => Ok(text.to_owned()),
        Some(file) => read(folder, file),
        None => Ok(given.to_owned()),
    }
}

fn read(folder: &Path, file: &str) -> anyhow::Result<String> {
    if file == "-" {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(folder.join(file)).with_context(|| format!("cannot read {}", shown(file)))
}

fn json_of(text: &str, file: &str) -> anyhow::Result<Value> {
    serde_json::from_str(text).map_err(|error| Usage(format!("{} is not JSON: {error}", shown(file))).into())
}

fn told(session: &Session, args: &EditArgs, leaf: &EditedLeaf, kept: Kept) -> anyhow::Result<Ended> {
    let output = session.output;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let path = leaf.node.qna_relative();
    let changed = leaf.before != leaf.after;
    let ended = if leaf.errors() > 0 && changed {
        Ended::Findings
    } else {
        Ended::Well
    };
    if args.format == Format::Json {
        output.json(&json!({
            "node": leaf.node, "path": path, "changed": changed, "written": kept == Kept::InTree,
            "draft": kept == Kept::AsDraft || (leaf.is_draft() && kept == Kept::Unchanged),
            "diff": unified(&text(&leaf.before), &text(&leaf.after), &path), "findings": leaf.findings,
        }))?;
        return Ok(ended);
    }
    if args.dry_run {
        let diff = unified(&text(&leaf.before), &text(&leaf.after), &path);
        for line in diff.lines() {
            let ink = match line.as_bytes().first() {
                Some(b'+') => Some(Ink::Good),
                Some(b'-') => Some(Ink::Bad),
                Some(b'@') => Some(Ink::Faint),
                _ => None,
            };
            let line = visible(line);
            output.line(ink.map_or_else(|| line.to_string(), |ink| output.paint(ink, &line)))?;
        }
    }
    for one in leaf.findings.iter().filter(|_| changed) {
        output.note(finding(session, one));
    }
    let name = output.paint(Ink::Strong, shown(&path));
    let errors = counted(leaf.errors(), "error", "errors");
    output.line(match kept {
        _ if args.dry_run => format!("Nothing was written; {name} would have {errors}."),
        Kept::Unchanged => format!("{name} is as it was."),
        Kept::InTree => format!("Saved {name}: {errors}."),
        Kept::AsDraft => {
            format!("Kept {name} as a draft: {errors} to mend before it goes into the tree (--in-tree writes it now).")
        }
    })?;
    Ok(ended)
}

fn finding(session: &Session, one: &Diagnostic) -> String {
    let (ink, word) = match one.severity {
        Severity::Error => (Ink::Bad, "error"),
        Severity::Warning => (Ink::Warning, "warning"),
        Severity::Advice => (Ink::Faint, "advice"),
    };
    let word = session.output.paint(ink, word);
    format!(
        "{}:{}:{}: {word}: {}",
        shown(&one.path),
        one.line,
        one.column,
        shown(&one.message)
    )
}

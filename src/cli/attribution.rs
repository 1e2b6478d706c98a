//! `seedbed attribution`: the sources of a leaf.

use clap::Args;
use serde_json::{Value, json};

use super::new::Format;
use super::output::{Ink, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::taxonomy::attribution::{Attribution, Work, WorkKey, find_licences, findings, is_accepted};
use crate::text::diff::unified;
use crate::text::visible::visible;
use crate::workbench::Sources;

/// Show or change which works a leaf rests on (attribution.txt): titles, links, licences, creators.
#[derive(Debug, Args)]
pub(super) struct AttributionArgs {
    /// The leaf, or a draft
    node: Option<String>,
    /// Print JSON, as --format json
    #[arg(long)]
    json: bool,
    /// Change a work: its number from 1, a field (title, link, revision, licence, creators) and the value; the number after the
    /// last one adds a work
    #[arg(long, value_name = "N.FIELD=VALUE")]
    set: Vec<String>,
    /// Remove a work by its number
    #[arg(long, value_name = "N")]
    remove_work: Option<usize>,
    /// Show the difference, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// List SPDX's licences that fit these words, those marked that InstructLab accepts
    #[arg(long, value_name = "WORDS", num_args = 0..=1, default_missing_value = "")]
    licences: Option<String>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Licences that are listed for some words.
const LISTED: usize = 20;

pub(super) fn attribution(session: &Session, args: &AttributionArgs) -> anyhow::Result<Ended> {
    let as_json = args.json || args.format == Format::Json;
    if let Some(words) = &args.licences {
        return licences(session, words, as_json);
    }
    let Some(typed) = &args.node else {
        return Err(Usage("name a leaf, as in `seedbed attribution knowledge/science/optics`".to_owned()).into());
    };
    let workbench = session.workbench()?;
    let node = workbench.node_or_draft(typed, session.folder())?;
    let mut sources = workbench.sources(&node)?;
    let before = sources.text.text().to_owned();
    change(&mut sources, args)?;
    let changed = sources.text.text() != before;
    if changed && !args.dry_run {
        workbench.save_sources(&sources, session.now())?;
    }
    let read = sources.text.attribution();
    let found = findings(&read);
    let path = format!("{node}/attribution.txt");
    if as_json {
        let told = json!({
            "node": node, "path": path, "draft": sources.is_draft, "changed": changed, "written": changed && !args.dry_run,
            "works": read.works.iter().map(work_json).collect::<Vec<_>>(),
            "unknown": read.unknown.iter().map(|(line, text)| json!({"line": line, "text": text})).collect::<Vec<_>>(),
            "findings": found.iter().map(|one| json!({"line": one.line, "rule": one.rule, "message": one.message}))
                .collect::<Vec<_>>(),
        });
        session.output.json(&told)?;
        return Ok(Ended::Well);
    }
    if args.dry_run {
        let diff = unified(&before, sources.text.text(), &path);
        session.output.line(visible(diff.trim_end()))?;
        return Ok(Ended::Well);
    }
    print(session, &read)?;
    for one in &found {
        session
            .output
            .note(format!("{}:{}: {}", shown(&path), one.line, shown(&one.message)));
    }
    Ok(Ended::Well)
}

fn change(sources: &mut Sources, args: &AttributionArgs) -> anyhow::Result<()> {
    for given in &args.set {
        let wrong = || {
            Usage(format!(
                "'{}' names no field of a work; write it as in --set 1.licence=CC-BY-4.0",
                shown(given)
            ))
        };
        let (number, rest) = given.split_once('.').ok_or_else(wrong)?;
        let (field, value) = rest.split_once('=').ok_or_else(wrong)?;
        let number: usize = number.trim().parse().map_err(|_| wrong())?;
        let word = field.trim().replace("license", "licence");
        let key = WorkKey::ALL
            .into_iter()
            .find(|key| key.word() == word)
            .ok_or_else(wrong)?;
        let mut work = number.checked_sub(1).ok_or_else(wrong)?;
        if work == sources.text.attribution().works.len() {
            work = sources.text.add(&Work::default());
        }
        sources
            .text
            .set(work, key, value)
            .map_err(crate::workbench::WorkbenchError::from)?;
    }
    if let Some(number) = args.remove_work {
        let work = number
            .checked_sub(1)
            .ok_or_else(|| Usage("works count from 1".to_owned()))?;
        sources
            .text
            .remove(work)
            .map_err(crate::workbench::WorkbenchError::from)?;
    }
    Ok(())
}

fn work_json(work: &Work) -> Value {
    let mut told = serde_json::Map::new();
    for key in WorkKey::ALL {
        told.insert(key.word().to_owned(), work.field(key).into());
    }
    told.insert("accepted".to_owned(), is_accepted(&work.licence).into());
    told.insert("line".to_owned(), work.line.into());
    told.into()
}

fn print(session: &Session, read: &Attribution) -> anyhow::Result<()> {
    let output = session.output;
    if read.works.is_empty() {
        output.line("No work is named.")?;
    }
    for (number, work) in read.works.iter().enumerate() {
        let heading = format!("{}. {}", number + 1, shown(&work.title));
        output.line(output.paint(Ink::Strong, heading))?;
        for key in WorkKey::ALL.into_iter().skip(1) {
            let value = work.field(key);
            if value.is_empty() {
                continue;
            }
            let mark = match key {
                WorkKey::Licence if is_accepted(value) => output.paint(Ink::Good, "  ✓ accepted by InstructLab"),
                WorkKey::Licence => output.paint(Ink::Warning, "  ! not one that InstructLab accepts"),
                _ => String::new(),
            };
            output.line(format!("   {:<9} {}{mark}", key.word(), shown(value)))?;
        }
    }
    for (line, text) in &read.unknown {
        output.line(output.paint(Ink::Faint, format!("   line {line}: {}", shown(text))))?;
    }
    Ok(())
}

fn licences(session: &Session, words: &str, as_json: bool) -> anyhow::Result<Ended> {
    let output = session.output;
    let found = find_licences(words, LISTED);
    if as_json {
        let told: Vec<Value> = found
            .iter()
            .map(|one| json!({"id": one.id, "name": one.name, "accepted": one.accepted}))
            .collect();
        output.json(&told)?;
    } else {
        for one in &found {
            let mark = if one.accepted {
                output.paint(Ink::Good, "✓")
            } else {
                " ".to_owned()
            };
            output.line(format!("{mark} {:<22} {}", one.id, output.paint(Ink::Faint, one.name)))?;
        }
    }
    Ok(if found.is_empty() { Ended::Findings } else { Ended::Well })
}

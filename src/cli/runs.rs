//! `seedbed runs`: what ran, and what became of its rows.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Ended;
use super::output::{Ink, Output, shown};
use super::selecting::{drops_named, run_named};
use super::session::Session;
use crate::samples::{Outcome, RunRecord, Stage};
use crate::text::counted::counted;
use crate::workbench::{Tried, Workbench};

/// List runs, newest first, or show one with its funnel.
#[derive(Debug, Args)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    command: Option<RunsCommand>,
    #[arg(long, value_name = "FORMAT", default_value = "text", global = true)]
    format: RunsFormat,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// Show one run: its funnel, what it cost, why rows were dropped
    Show {
        /// The run's name, or the beginning of it
        run: String,
        /// Say how many rows another threshold would move, as in check_novelty=0.6
        #[arg(long, value_name = "BLOCK=VALUE", value_parser = threshold)]
        threshold: Vec<(String, f64)>,
    },
    /// Put dropped rows into the review queue, as far as they had come to be samples
    Restore {
        /// The run's name, or the beginning of it
        run: String,
        /// Drops by id, by reason as in `near-seed`, or by the block that dropped them; `seedbed samples --verdict dropped`
        #[arg(value_name = "DROP", required = true)]
        drops: Vec<String>,
    },
}

fn threshold(text: &str) -> Result<(String, f64), String> {
    let form = || format!("'{text}' must have the form BLOCK=VALUE, as in check_novelty=0.6");
    let (block, value) = text.split_once('=').ok_or_else(form)?;
    Ok((block.to_owned(), value.parse().map_err(|_| form())?))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RunsFormat {
    Text,
    /// The runs' records as they are kept
    Json,
}

pub(super) fn runs(session: &Session, args: &RunsArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let runs = workbench.runs();
    let output = session.output;
    let (run, thresholds) = match &args.command {
        Some(RunsCommand::Show { run, threshold }) => (run, threshold),
        Some(RunsCommand::Restore { run, drops }) => return restore(session, &workbench, run, drops),
        None => return listed(session, &workbench, args.format),
    };
    let reader = runs.open(&run_named(&runs, run)?)?;
    if !thresholds.is_empty() {
        for (block, value) in thresholds {
            tried(output, &workbench.try_threshold(reader.id(), block, *value)?)?;
        }
        return Ok(Ended::Well);
    }
    let record = reader.record()?;
    let (samples, drops) = (reader.samples()?, reader.drops()?);
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for dropped in &drops.records {
        *reasons.entry(dropped.reason.label()).or_default() += 1;
    }
    let waiting = match record.outcome {
        Outcome::Done => 0,
        _ => reader.waiting()?,
    };
    if args.format == RunsFormat::Json {
        let figures = json!({"record": record, "samples": samples.records.len(), "drops": drops.records.len(), "reasons": reasons,
            "waiting": waiting});
        output.json(&figures)?;
        return Ok(Ended::Well);
    }
    output.line(as_line(output, &record, samples.records.len()))?;
    if let Outcome::Failed { reason } = &record.outcome {
        output.line(format!("  {}", output.paint(Ink::Bad, shown(reason))))?;
    }
    for node in &record.nodes {
        output.line(format!("  leaf     {}", shown(node.as_str())))?;
    }
    output.line(format!(
        "  teacher  {} ({})",
        shown(&record.teacher),
        shown(&record.model)
    ))?;
    output.line(format!(
        "  flow     {} {}",
        shown(&record.flow),
        output.paint(Ink::Faint, &record.flow_hash)
    ))?;
    for (part, name) in [("critic", &record.critic), ("reviser", &record.reviser)] {
        if let Some(name) = name {
            output.line(format!("  {part:<8} {}", shown(name)))?;
        }
    }
    for set in &record.overrides {
        output.line(format!("  set      {}", shown(set)))?;
    }
    if let Some(earlier) = &record.continues {
        output.line(format!("  uses the answers of {earlier}"))?;
    }
    output.line(format!("  seed     {}", record.seed))?;
    if let Some(size) = record.chunks {
        output.line(format!(
            "  chunks   of at most {} tokens, {} shared",
            size.tokens, size.overlap
        ))?;
    }
    output.line(format!(
        "  tokens   {} read, {} written",
        record.usage.prompt_tokens, record.usage.completion_tokens
    ))?;
    if let Some(cost) = record.cost {
        output.line(format!("  cost     {cost:.4}"))?;
    }
    funnel(output, &record.funnel, waiting > 0)?;
    for threshold in &record.thresholds {
        output.line(format!(
            "  {} keeps {} {}",
            shown(&threshold.block),
            threshold.keeps.words(),
            threshold.value
        ))?;
    }
    output.line(format!(
        "  {}, {}",
        counted(samples.records.len(), "sample", "samples"),
        counted(drops.records.len(), "drop", "drops")
    ))?;
    for (reason, n) in reasons {
        output.line(format!("    {n:>5}  {reason}"))?;
    }
    if waiting > 0 {
        output.line(output.paint(
            Ink::Warning,
            format!(
                "  waits for {} of a batch; `{} generate --resume {} --results FILE` takes them in",
                counted(waiting, "answer", "answers"),
                session.program(),
                record.id
            ),
        ))?;
    }
    for notice in samples.notices.iter().chain(&drops.notices) {
        output.note(format!("note: {}", shown(&notice.to_string())));
    }
    Ok(Ended::Well)
}

fn listed(session: &Session, workbench: &Workbench, format: RunsFormat) -> anyhow::Result<Ended> {
    let (output, runs) = (session.output, workbench.runs());
    let list = runs.list()?;
    match format {
        RunsFormat::Json => output.json(&list)?,
        RunsFormat::Text if list.is_empty() => {
            output.line("There are no runs yet; `seedbed generate NODE` starts one.")?
        }
        RunsFormat::Text => list
            .iter()
            .try_for_each(|record| output.line(as_line(output, record, runs.made(record))))?,
    }
    Ok(Ended::Well)
}

fn restore(session: &Session, workbench: &Workbench, run: &str, typed: &[String]) -> anyhow::Result<Ended> {
    let output = session.output;
    let id = run_named(&workbench.runs(), run)?;
    let restored = workbench.restore(&id, &drops_named(typed))?;
    output.line(format!(
        "{} restored to the review queue",
        counted(restored.samples.len(), "row", "rows")
    ))?;
    if restored.known > 0 {
        output.note(format!(
            "{} there already",
            counted(restored.known, "sample was", "samples were")
        ));
    }
    if restored.unfinished > 0 {
        output.note(format!(
            "{} not come as far as a question with its answer; `{} generate --resume {id} --again DROP` asks again",
            counted(restored.unfinished, "row had", "rows had"),
            session.program()
        ));
    }
    Ok(if restored.samples.is_empty() {
        Ended::Findings
    } else {
        Ended::Well
    })
}

fn tried(output: Output, tried: &Tried) -> anyhow::Result<()> {
    let threshold = &tried.threshold;
    output.line(format!(
        "{} keeps {} {}; with {} {} {} would leave and {} by it would stay",
        shown(&threshold.block),
        threshold.keeps.words(),
        threshold.value,
        tried.value,
        tried.leave,
        format_args!("of {}", counted(tried.samples, "sample", "samples")),
        format_args!("{} of {}", tried.stay, counted(tried.drops, "drop", "drops")),
    ))?;
    Ok(())
}

fn as_line(output: Output, record: &RunRecord, made: usize) -> String {
    let ink = match record.outcome {
        Outcome::Done => Ink::Good,
        Outcome::Running => Ink::Strong,
        Outcome::Failed { .. } => Ink::Bad,
        Outcome::Stopped | Outcome::Interrupted => Ink::Warning,
    };
    let node = match record.nodes.as_slice() {
        [one] => shown(one.as_str()),
        several => counted(several.len(), "leaf", "leaves"),
    };
    let outcome = output.paint(ink, format!("{:<11}", record.outcome.word()));
    format!(
        "{}  {outcome}  {made:>4} of {:<4}  {node}  {}",
        record.id,
        record.wanted,
        output.paint(Ink::Faint, shown(&record.teacher))
    )
}

/// Prints how many rows each block was given and passed on; rows may wait for a batch instead of being dropped.
pub(super) fn funnel(output: Output, stages: &[Stage], some_wait: bool) -> anyhow::Result<()> {
    let widest = stages
        .iter()
        .map(|stage| stage.block.chars().count())
        .max()
        .unwrap_or(0);
    for stage in stages {
        // Records of earlier versions count no drops.
        let lost = stage.dropped.max(stage.rows_in.saturating_sub(stage.rows_out));
        let lost = if lost > 0 {
            format!("  {lost} {}", if some_wait { "dropped or waiting" } else { "dropped" })
        } else {
            String::new()
        };
        let again = match stage.asked_again {
            0 => String::new(),
            count => format!("  {count} asked again"),
        };
        let name = shown(&stage.block);
        output.report(format!(
            "  {name:<widest$}  {:>5} → {:>5}{}",
            stage.rows_in,
            stage.rows_out,
            output.paint(Ink::Faint, lost + &again)
        ))?;
    }
    Ok(())
}

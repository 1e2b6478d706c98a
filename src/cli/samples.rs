//! `seedbed samples`: what was made.

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::Value;

use super::output::{Ink, Output, shown};
use super::selecting::{Condition, question_of, run_named};
use super::session::Session;
use super::{Ended, Usage};
use crate::review::Standing;
use crate::samples::{Moves, RunId, RunStore, Sample, SampleRef, Selection};
use crate::taxonomy::NodePath;
use crate::text::counted::counted;
use crate::text::width::truncate;
use crate::workbench::Workbench;

/// List samples with their verdicts, in the order made.
#[derive(Debug, Args)]
pub(super) struct SamplesArgs {
    /// Nodes, each with everything below it [default: all]
    #[arg(value_name = "NODE")]
    nodes: Vec<String>,
    /// Only what this run made; the beginning of its name is enough
    #[arg(long)]
    run: Option<String>,
    /// Only samples that stand so; `dropped` lists the rows that did not become samples, with the reason
    #[arg(long)]
    verdict: Option<Wanted>,
    /// Only samples for which this holds; may be given several times
    ///
    /// TEXT may stand anywhere. FIELD=TEXT: the field is this text; FIELD~TEXT: it holds this text; != and !~: not. Letter case
    /// does not count. Fields: id, node, kind, run, flow, teacher, model, question, answer, context, flag, file, editor.
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<String>,
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: SamplesFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Pending,
    Accepted,
    Rejected,
    Skipped,
    Flagged,
    /// Accepted by one reviewer, rejected by another
    Disputed,
    Dropped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SamplesFormat {
    Table,
    /// One JSON object a line: the sample as stored, with its verdict
    Jsonl,
}

/// Columns of a terminal that does not say how wide it is.
const USUAL_WIDTH: usize = 100;
/// Characters of an id that a table shows; enough to tell samples apart.
const SHORT_ID: usize = 8;

pub(super) fn samples(session: &Session, args: &SamplesArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let mut nodes = Vec::new();
    for typed in &args.nodes {
        // Samples outlive their leaf: a node that is gone may still have some.
        nodes.push(
            workbench
                .node(typed, session.folder())
                .or_else(|error| NodePath::parse(typed).map_err(|_| error))?,
        );
    }
    let runs = workbench.runs();
    let run = args.run.as_deref().map(|typed| run_named(&runs, typed)).transpose()?;
    if args.verdict == Some(Wanted::Dropped) {
        if !args.conditions.is_empty() {
            return Err(Usage("--where does not go with --verdict dropped".to_owned()).into());
        }
        let rows = Rows {
            run,
            nodes: &nodes,
            moves: &workbench.moves(),
        };
        return dropped(session.output, &runs, &rows, args.format);
    }
    let conditions = args
        .conditions
        .iter()
        .map(|text| Condition::parse(text))
        .collect::<Result<Vec<_>, _>>()?;
    listed(session, &workbench, &nodes, run.as_ref(), &conditions, args)
}

fn listed(
    session: &Session,
    workbench: &Workbench,
    nodes: &[NodePath],
    run: Option<&RunId>,
    conditions: &[Condition],
    args: &SamplesArgs,
) -> anyhow::Result<Ended> {
    let output = session.output;
    let (library, reviews) = (workbench.library(), workbench.reviews()?);
    let keep = |sample: &SampleRef| {
        let standing = reviews.verdict(&sample.id);
        match args.verdict {
            Some(wanted) => fits(wanted, standing) && reviews.is_in_play(sample),
            None => reviews.is_in_play(sample),
        }
    };
    let found = library.select(&Selection {
        nodes,
        run,
        keep: Some(&keep),
    });
    let mut shown_so_far = 0;
    for known in found {
        let sample = library.load(&known.id)?;
        if !conditions.iter().all(|condition| condition.holds(&sample)) {
            continue;
        }
        let verdict = reviews.verdict(&known.id);
        match args.format {
            SamplesFormat::Jsonl => output.json_line(&with_verdict(&sample, verdict.word())?)?,
            SamplesFormat::Table => output.line(row(output, &sample, verdict))?,
        }
        shown_so_far += 1;
    }
    if args.format == SamplesFormat::Table && shown_so_far == 0 {
        output.line("No samples fit. `seedbed generate NODE` makes some; `seedbed samples` lists all.")?;
    }
    for notice in library.notices() {
        output.note(format!("note: {}", shown(&notice.to_string())));
    }
    Ok(Ended::Well)
}

fn fits(wanted: Wanted, standing: Standing) -> bool {
    match wanted {
        Wanted::Pending => standing == Standing::Pending,
        Wanted::Accepted => standing == Standing::Accepted,
        Wanted::Rejected => standing == Standing::Rejected,
        Wanted::Skipped => standing == Standing::Skipped,
        Wanted::Flagged => standing == Standing::Flagged,
        Wanted::Disputed => standing == Standing::Disputed,
        Wanted::Dropped => false,
    }
}

fn with_verdict(sample: &Sample, verdict: &str) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(sample)?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("verdict".to_owned(), verdict.into());
    }
    Ok(value)
}

fn row(output: Output, sample: &Sample, verdict: Standing) -> String {
    let ink = match verdict {
        Standing::Accepted => Ink::Good,
        Standing::Rejected => Ink::Bad,
        Standing::Flagged | Standing::Disputed => Ink::Warning,
        Standing::Pending => Ink::Strong,
        Standing::Skipped => Ink::Faint,
    };
    let id: String = sample.id.as_str().chars().take(SHORT_ID).collect();
    let name = shown(sample.node.name());
    let text = format!("{name}  {}", shown(question_of(sample)));
    let left = output.width(USUAL_WIDTH).saturating_sub(SHORT_ID + 13);
    format!(
        "{id}  {}  {}",
        output.paint(ink, format!("{:<9}", verdict.word())),
        truncate(&text, left)
    )
}

/// Which rows are wanted that did not become samples.
struct Rows<'a> {
    run: Option<RunId>,
    nodes: &'a [NodePath],
    moves: &'a Moves,
}

fn dropped(output: Output, runs: &RunStore, rows: &Rows<'_>, format: SamplesFormat) -> anyhow::Result<Ended> {
    let ids = match &rows.run {
        Some(id) => vec![id.clone()],
        None => runs.ids()?,
    };
    // A leaf may have been moved since it was tried.
    let inside = |node: &NodePath, at: Timestamp| {
        let now = rows.moves.now(node, Some(at));
        rows.nodes.is_empty() || rows.nodes.iter().any(|above| now.is_within(above))
    };
    let mut total = 0;
    for id in ids {
        for one in runs.open(&id)?.drops()?.records {
            let wanted = one
                .node
                .as_ref()
                .map_or(rows.nodes.is_empty(), |node| inside(node, one.at));
            if !wanted {
                continue;
            }
            total += 1;
            if format == SamplesFormat::Jsonl {
                let mut value = serde_json::to_value(&one)?;
                if let Some(fields) = value.as_object_mut() {
                    fields.insert("id".to_owned(), one.id().into());
                    fields.insert("run".to_owned(), id.as_str().into());
                }
                output.json_line(&value)?;
                continue;
            }
            let reason = output.paint(Ink::Warning, format!("{:<19}", one.reason.label()));
            let left = output.width(USUAL_WIDTH).saturating_sub(id.as_str().len() + 38);
            let message = format!("{}: {}", shown(&one.block), shown(&one.message));
            output.line(format!(
                "{id} {} {:>5}  {reason}  {}",
                one.id(),
                one.row,
                truncate(&message, left)
            ))?;
        }
    }
    if format == SamplesFormat::Table {
        output.line(format!("{} dropped", counted(total, "row", "rows")))?;
    }
    Ok(Ended::Well)
}

//! `seedbed generate`: a teacher writes samples in the manner of a leaf's seeds.

use std::path::PathBuf;

use clap::Args;
use tokio::runtime::Runtime;

use super::Ended;
use super::batch::{batch_folder, tell_how, tell_taken, tell_written};
use super::interrupt::Interrupt;
use super::output::{Ink, Output, shown};
use super::printing::{GenerateFormat, Printing, tell_end};
use super::selecting::{drops_named, run_named};
use super::session::Session;
use crate::flow::{Budget, Cast, Override, RunEvent, RunSummary};
use crate::samples::{Outcome, RunId, RunRecord};
use crate::taxonomy::knowledge::ChunkWish;
use crate::taxonomy::{Kind, NodePath};
use crate::text::counted::counted;
use crate::workbench::{BatchPlan, BatchWritten, GenerateRequest, Keep, Planned, TakingUp, Workbench, WorkbenchError};

/// Have a teacher write samples in the manner of a leaf's seeds. They are kept in the git directory until someone reviews them.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// Leaves, or folders with leaves below them; each leaf is a run of its own
    #[arg(value_name = "NODE", required_unless_present = "resume")]
    nodes: Vec<String>,
    /// A flow's name or file; `seedbed flow list` [default: the one for the leaf's kind]
    #[arg(long)]
    flow: Option<String>,
    /// How many samples to ask for, for each leaf [default: the setting `generate.count`, else 10]
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Who writes them; `seedbed teacher list`
    #[arg(long, value_name = "NAME")]
    teacher: Option<String>,
    /// The same number makes the same prompts [default: a new one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Who judges them, in flows with a critic [default: the setting `roles.critic`, else the teacher]
    #[arg(long, value_name = "NAME")]
    critic: Option<String>,
    /// Who mends them, in flows with a reviser [default: the setting `roles.reviser`, else the teacher]
    #[arg(long, value_name = "NAME")]
    reviser: Option<String>,
    /// Set a key of one of the flow's blocks, as in check_novelty.threshold=0.6
    #[arg(long, value_name = "BLOCK.KEY=VALUE", value_parser = Override::parse)]
    set: Vec<Override>,
    /// Make no call that could take this command beyond so many tokens, read and written together
    #[arg(long, value_name = "TOKENS")]
    budget: Option<u64>,
    /// Make no call that could cost more than this in all, by the price table
    #[arg(long, value_name = "AMOUNT")]
    max_cost: Option<f64>,
    /// Most tokens of a chunk of a document, for knowledge leaves [default: the setting `generate.chunk_tokens`, else 500, or 120
    /// for the small model inside]
    #[arg(long, value_name = "N")]
    chunk_tokens: Option<u64>,
    /// Most tokens that a chunk shares with the one before [default: the setting `generate.chunk_overlap`, else a tenth of the size, or
    /// nothing for the small model inside]
    #[arg(long, value_name = "N")]
    chunk_overlap: Option<u64>,
    /// Go on with a run that was stopped or killed, or make it anew with --set; calls that were answered are not made again
    #[arg(long, value_name = "RUN", conflicts_with_all = ["nodes", "flow", "count", "seed", "chunk_tokens", "chunk_overlap"])]
    resume: Option<String>,
    /// Make the calls behind dropped rows once more: a drop's id, a reason as in `unparsable`, or a block's name
    #[arg(long, value_name = "DROP", requires = "resume")]
    again: Vec<String>,
    /// Write the calls into files for a batch service (OpenAI, vllm run-batch, Ray Data) instead of making them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["budget", "max_cost"])]
    batch: Option<PathBuf>,
    /// Take in what a batch answered, in any order and as often as you like, then go on with the run
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "resume")]
    results: Vec<PathBuf>,
    /// Write calls into files once more that stand in earlier ones and got no result
    #[arg(long, requires = "batch")]
    post_again: bool,
    /// Allow fetching documents from their repositories over the network
    #[arg(long)]
    fetch: bool,
    /// Don't ask before prompts leave this machine
    #[arg(long, short)]
    yes: bool,
    /// Say what it would do and cost, and end
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: GenerateFormat,
}

/// How many samples are asked for when nobody says.
pub(super) const USUAL_COUNT: usize = 10;

pub(super) fn generate(mut session: Session, args: &GenerateArgs) -> anyhow::Result<Ended> {
    if args.format == GenerateFormat::Jsonl {
        session.output = session.output.for_programs();
    }
    let workbench = session.workbench()?;
    let runtime = session.runtime()?;
    let plans = match &args.resume {
        Some(typed) => vec![resumed(&session, &workbench, &runtime, args, typed)?],
        None => planned(&session, &workbench, &runtime, args)?,
    };
    let plans = match plans.into_iter().collect::<Option<Vec<Planned>>>() {
        Some(plans) => batches(&session, args, plans)?,
        None => return Ok(Ended::Findings),
    };
    for plan in &plans {
        announce(&session, plan)?;
    }
    if args.dry_run {
        return Ok(Ended::Well);
    }
    if !args.yes && args.batch.is_none() && session.is_interactive() && plans.iter().any(|plan| plan.is_remote()) {
        let question = "Prompts with your seeds and documents leave this machine. Go on?";
        if !session.agrees(question) {
            session.output.note("Nothing was sent.");
            return Ok(Ended::Findings);
        }
    }
    if args.max_cost.is_some() {
        for plan in &plans {
            plan.prices_known()?;
        }
    }
    let mut left = Budget {
        tokens: args.budget,
        money: args.max_cost,
    };
    let mut ended = Ended::Well;
    let mut files = Vec::new();
    let casts: Vec<Cast> = plans.iter().map(|plan| plan.cast.clone()).collect();
    for plan in plans {
        let (summary, how, batch) = run_one(&session, &workbench, &runtime, plan, left, args.format)?;
        if how != Ended::Well {
            ended = how;
        }
        if let Some(written) = batch {
            files.extend(written.files);
        }
        left = left.after(summary.usage, summary.cost);
        let is_stopped = summary.stopped_by.is_some() && summary.posted == 0;
        if ended == Ended::Interrupted || is_stopped {
            break;
        }
    }
    tell_how(session.output, &files)?;
    tell_learnt(session.output, &casts);
    Ok(ended)
}

/// Says once what was found out of each model while it was asked, such as that it takes no JSON schema.
fn tell_learnt(output: Output, casts: &[Cast]) {
    let mut told = Vec::new();
    for teacher in casts.iter().flat_map(Cast::models) {
        for note in teacher.notes() {
            let line = format!("note: {}: {note}", teacher.name());
            if !told.contains(&line) {
                output.note(shown(&line));
                told.push(line);
            }
        }
    }
}

/// With `--batch`, runs that write their calls into files: into the folder itself, or one below it for each of several leaves.
fn batches(session: &Session, args: &GenerateArgs, plans: Vec<Planned>) -> anyhow::Result<Vec<Planned>> {
    let Some(typed) = &args.batch else {
        return Ok(plans);
    };
    let folder = batch_folder(session, typed);
    let several = plans.len() > 1;
    let into = |plan: Planned| {
        let folder = match several {
            true => folder.join(plan.node.as_str().replace('/', "-")),
            false => folder.clone(),
        };
        let again = args.post_again;
        Ok(plan.into_batch(BatchPlan { folder, again })?)
    };
    plans.into_iter().map(into).collect()
}

/// Plans a run for each leaf; `None` in place of a plan when its teacher could not be had.
fn planned(
    session: &Session,
    workbench: &Workbench,
    runtime: &Runtime,
    args: &GenerateArgs,
) -> anyhow::Result<Vec<Option<Planned>>> {
    let mut leaves: Vec<NodePath> = Vec::new();
    for typed in &args.nodes {
        for leaf in workbench.leaves(&workbench.node(typed, session.folder())?)? {
            if !leaves.contains(&leaf) {
                leaves.push(leaf);
            }
        }
    }
    let Some(cast) = cast(session, workbench, runtime, args, None)? else {
        return Ok(vec![None]);
    };
    let clock = session.now().as_nanosecond();
    let seed = args
        .seed
        .unwrap_or_else(|| u64::try_from(clock.unsigned_abs() % (1 << 31)).unwrap_or_default());
    let count = args
        .count
        .or(workbench.settings().generate.count)
        .unwrap_or(USUAL_COUNT);
    let mut plans = Vec::new();
    for node in leaves {
        let flow = args.flow.clone();
        let mut request = GenerateRequest {
            node,
            seeds: None,
            flow,
            overrides: args.set.clone(),
            count,
            seed,
            chunks: ChunkWish {
                tokens: args.chunk_tokens,
                overlap: args.chunk_overlap,
            },
            fetch_documents: args.fetch,
        };
        plans.push(Some(match workbench.plan(&request, cast.clone(), &|| false) {
            Err(WorkbenchError::DocumentsNotFetched { node, address }) if session.is_interactive() => {
                if !session.agrees(&format!(
                    "Fetch the documents of {} from {}?",
                    shown(&node),
                    shown(&address)
                )) {
                    return Ok(vec![None]);
                }
                request.fetch_documents = true;
                workbench.plan(&request, cast.clone(), &|| false)?
            }
            plan => plan?,
        }));
    }
    Ok(plans)
}

fn resumed(
    session: &Session,
    workbench: &Workbench,
    runtime: &Runtime,
    args: &GenerateArgs,
    typed: &str,
) -> anyhow::Result<Option<Planned>> {
    let id = run_named(&workbench.runs(), typed)?;
    let record = if args.set.is_empty() && args.again.is_empty() {
        workbench.resumable(&id)?
    } else {
        workbench.runs().open(&id)?.record()?
    };
    let Some(cast) = cast(session, workbench, runtime, args, Some(&record))? else {
        return Ok(None);
    };
    if !args.results.is_empty() {
        let files: Vec<PathBuf> = args.results.iter().map(|file| session.folder().join(file)).collect();
        let at = (!args.dry_run).then(|| session.now());
        let taken = workbench.take_results(&id, &files, at)?;
        if !tell_taken(session.output, &taken, args.dry_run)? {
            return Ok(None);
        }
    }
    let how = TakingUp {
        fetch_documents: args.fetch,
        overrides: args.set.clone(),
        again: match args.again.as_slice() {
            [] => Vec::new(),
            typed => workbench.again(&record, &drops_named(typed))?,
        },
    };
    Ok(Some(workbench.plan_resumed(&record, cast, &how, &|| false)?))
}

/// The models that play the parts: those that were named, else those of the run that is taken up, else those of the settings.
/// `None` when one lacks its weights and they were not fetched.
fn cast(
    session: &Session,
    workbench: &Workbench,
    runtime: &Runtime,
    args: &GenerateArgs,
    record: Option<&RunRecord>,
) -> anyhow::Result<Option<Cast>> {
    let roles = &workbench.settings().roles;
    let (judge, mender) = match record {
        Some(record) => (&record.critic, &record.reviser),
        None => (&roles.critic, &roles.reviser),
    };
    let named = [
        args.teacher.as_deref().or(record.map(|record| record.teacher.as_str())),
        args.critic.as_deref().or(judge.as_deref()),
        args.reviser.as_deref().or(mender.as_deref()),
    ];
    super::casting::cast(session, workbench.teachers(), runtime, named)
}

/// Says what a run will do and cost before it starts.
fn announce(session: &Session, plan: &Planned) -> anyhow::Result<()> {
    let output = session.output;
    let (teacher, estimate) = (plan.teacher(), &plan.estimate);
    let place = if teacher.is_remote() { ", another machine" } else { "" };
    let verb = if plan.is_resumed() {
        "Going on with"
    } else {
        "Generating"
    };
    output.report(format!(
        "{verb} {} for {} with {} ({}{place}) and the flow {}: at most {}{}, about {} tokens to read, up to {} to write.",
        counted(estimate.rows, "sample", "samples"),
        output.paint(Ink::Strong, shown(plan.node.as_str())),
        shown(teacher.name()),
        shown(teacher.model()),
        shown(&plan.flow.name),
        counted(usize::try_from(estimate.calls).unwrap_or(usize::MAX), "call", "calls"),
        match estimate.second_calls {
            0 => String::new(),
            more => format!(" ({more} more where answers cannot be read)"),
        },
        estimate.prompt_tokens,
        estimate.completion_tokens_at_most,
    ))?;
    if plan.kind == Kind::Knowledge {
        let size = plan.prepared.chunks();
        output.report(format!(
            "Its documents are asked about in {} of at most {} tokens, {} shared; `{} documents chunks {} --chunk-tokens {} --chunk-overlap {}` lists them.",
            counted(plan.prepared.passages(), "chunk", "chunks"),
            size.tokens,
            size.overlap,
            session.program(),
            shown(plan.node.as_str()),
            size.tokens,
            size.overlap,
        ))?;
    }
    if teacher.is_demonstration() {
        output.report(output.paint(
            Ink::Warning,
            "This is a demonstration teacher: expect to reject most drafts. Name a better one under `teachers:` in your settings.",
        ))?;
    }
    for note in &plan.notes {
        output.note(format!("note: {}", shown(note)));
    }
    Ok(())
}

/// Runs one plan to its end and prints what comes.
fn run_one(
    session: &Session,
    workbench: &Workbench,
    runtime: &Runtime,
    plan: Planned,
    budget: Budget,
    format: GenerateFormat,
) -> anyhow::Result<(RunSummary, Ended, Option<BatchWritten>)> {
    let output = session.output;
    let mut printing = Printing::new(output, format, plan.prepared.count());
    let ran = run_plan(session, workbench, runtime, plan, budget, &mut |event| {
        printing.hear(event)
    })?;
    let summary = ran.summary;
    printing.end()?;
    tell_end(output, session.program(), &summary, ran.id.as_ref())?;
    if let (Some((written, folder)), Some(id)) = (&ran.batch, &ran.id) {
        tell_written(
            output,
            written,
            &format!("{} generate --resume {id}", session.program()),
            folder,
        )?;
    }
    let ended = match &summary.outcome {
        _ if ran.interrupted => Ended::Interrupted,
        Outcome::Failed { .. } => Ended::Findings,
        _ if summary.posted > 0 => Ended::Well,
        _ if summary.samples == 0 => Ended::Findings,
        _ => Ended::Well,
    };
    Ok((summary, ended, ran.batch.map(|(written, _)| written)))
}

/// A run that is over.
pub(super) struct Ran {
    pub summary: RunSummary,
    pub id: Option<RunId>,
    /// The person stopped it.
    pub interrupted: bool,
    /// The files that it wrote for a batch, and where.
    pub batch: Option<(BatchWritten, PathBuf)>,
}

/// Runs a plan and hands every event on; a listener that answers false stops the run.
pub(super) fn run_plan(
    session: &Session,
    workbench: &Workbench,
    runtime: &Runtime,
    plan: Planned,
    budget: Budget,
    hear: &mut dyn FnMut(&RunEvent) -> bool,
) -> anyhow::Result<Ran> {
    let mut running = workbench.start(plan, Keep::OnDisk, budget, session.clock(), runtime.handle())?;
    runtime.block_on(async {
        let interrupt = Interrupt::listen(&running.cancel);
        while let Some(event) = running.events.recv().await {
            if !hear(&event) {
                running.cancel.cancel();
            }
        }
        let summary = running.task.await?;
        let batch = running.batch;
        Ok(Ran {
            summary,
            id: running.id,
            interrupted: interrupt.fired(),
            batch: batch.map(|outbox| (outbox.written(), outbox.folder().to_owned())),
        })
    })
}

//! `seedbed flow run`: any flow over a table of one's own.

use std::path::PathBuf;

use clap::Args;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Ended;
use super::batch::{batch_folder, tell_how, tell_taken, tell_written};
use super::interrupt::Interrupt;
use super::output::{Ink, Output, shown};
use super::printing::how_it_ended;
use super::runs::funnel;
use super::session::Session;
use super::shell_words::{path, word};
use crate::flow::{Budget, Cast, Flow, RunEvent, RunSummary};
use crate::samples::Outcome;
use crate::text::counted::counted;
use crate::workbench::{BatchPlan, RowsFile, TableRan, TableRun, Teachers, take_table_results};

/// Run a flow over rows of your own. Finished rows stand in the other file in their order; what was asked and what was
/// dropped, with the reason, stands beside it in a folder of the same name with `.run`. The same command goes on with a run
/// that was stopped or killed.
#[derive(Debug, Args)]
pub(super) struct FlowRunArgs {
    /// A flow's name or file; `seedbed flow list`
    flow: String,
    /// The rows, one JSON object a line
    #[arg(long, value_name = "FILE")]
    rows: PathBuf,
    /// Where finished rows go
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Who writes; `seedbed teacher list`
    #[arg(long, value_name = "NAME")]
    teacher: Option<String>,
    /// Who judges [default: the setting `roles.critic`, else the teacher]
    #[arg(long, value_name = "NAME")]
    critic: Option<String>,
    /// Who mends what the critic found [default: the setting `roles.reviser`, else the teacher]
    #[arg(long, value_name = "NAME")]
    reviser: Option<String>,
    /// The same number makes the same draws [default: that of the run that is taken up, else a new one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop before this command's calls take more tokens than this, read and written together
    #[arg(long, value_name = "TOKENS")]
    budget: Option<u64>,
    /// Make no call that could cost more than this in all, by the price table
    #[arg(long, value_name = "AMOUNT")]
    max_cost: Option<f64>,
    /// Write the calls into files for a batch service (OpenAI, vllm run-batch, Ray Data) instead of making them
    #[arg(long, value_name = "DIR", conflicts_with_all = ["budget", "max_cost"])]
    batch: Option<PathBuf>,
    /// Take in what a batch answered, in any order and as often as you like, then go on with the run
    #[arg(long, value_name = "FILE", num_args = 1..)]
    results: Vec<PathBuf>,
    /// Write calls into files once more that stand in earlier ones and got no result
    #[arg(long, requires = "batch")]
    post_again: bool,
    /// Don't ask before prompts leave this machine
    #[arg(long, short)]
    yes: bool,
}

/// Events that may wait before the run does.
const WAITING_EVENTS: usize = 256;

pub(super) fn run_flow(session: &Session, args: &FlowRunArgs) -> anyhow::Result<Ended> {
    let output = session.output;
    let flow = super::flow::open(session, &args.flow)?;
    let (from, to) = (session.folder().join(&args.rows), session.folder().join(&args.to));
    let table = RowsFile::read(&from, &flow)?;
    for note in flow.notes.iter().chain(&table.notes) {
        output.note(format!("note: {}", shown(note)));
    }
    let runtime = session.runtime()?;
    let teachers = session.teachers()?;
    let cast = match flow.asks() {
        true => match cast(session, &teachers, &runtime, args)? {
            Some(cast) => Some(cast),
            None => return Ok(Ended::Findings),
        },
        false => None,
    };
    if !args.results.is_empty() {
        let files: Vec<PathBuf> = args.results.iter().map(|file| session.folder().join(file)).collect();
        let taken = take_table_results(&to, &files, Some(session.now()))?;
        if !tell_taken(output, &taken, false)? {
            return Ok(Ended::Findings);
        }
    }
    announce(output, &flow, table.rows.len(), cast.as_ref())?;
    let leaves = cast
        .as_ref()
        .is_some_and(|cast| cast.models().any(|teacher| teacher.is_remote()));
    if leaves
        && !args.yes
        && args.batch.is_none()
        && session.is_interactive()
        && !session.agrees("Prompts with your rows leave this machine. Go on?")
    {
        output.note("Nothing was sent.");
        return Ok(Ended::Findings);
    }
    let prices = cast.as_ref().map(|cast| teachers.prices(cast));
    if let (Some(prices), Some(cast)) = (&prices, &cast) {
        prices
            .notes
            .iter()
            .for_each(|note| output.note(format!("note: {}", shown(note))));
        if args.max_cost.is_some() {
            prices.all_known(cast)?;
        }
    }
    let batch = args.batch.as_deref().map(|typed| BatchPlan {
        folder: batch_folder(session, typed),
        again: args.post_again,
    });
    let folder = batch.as_ref().map(|batch| batch.folder.clone());
    let run = TableRun {
        flow: &flow,
        rows: table.rows,
        cast,
        seed: args.seed,
        budget: Budget {
            tokens: args.budget,
            money: args.max_cost,
        },
        prices: prices.as_ref().map_or([None; 3], |prices| prices.by_role),
        batch,
        to: to.clone(),
    };
    let (TableRan { summary, written }, interrupted) = run_to_end(session, &runtime, run)?;
    let currency = prices.map(|prices| prices.currency).unwrap_or_default();
    tell_end(output, &summary, &to.display().to_string(), &currency)?;
    if let (Some(written), Some(folder)) = (&written, &folder) {
        tell_written(output, written, &again(session, args), folder)?;
        tell_how(output, &written.files)?;
    }
    Ok(match &summary.outcome {
        _ if interrupted => Ended::Interrupted,
        Outcome::Failed { .. } => Ended::Findings,
        _ if summary.posted > 0 => Ended::Well,
        Outcome::Done if summary.samples > 0 => Ended::Well,
        _ => Ended::Findings,
    })
}

/// The command that goes on with this run.
fn again(session: &Session, args: &FlowRunArgs) -> String {
    let mut command = format!(
        "{} flow run {} --rows {} --to {}",
        session.program(),
        word(&args.flow),
        path(&args.rows),
        path(&args.to)
    );
    let parts = [
        ("teacher", &args.teacher),
        ("critic", &args.critic),
        ("reviser", &args.reviser),
    ];
    for (part, name) in parts {
        if let Some(name) = name {
            command += &format!(" --{part} {}", word(name));
        }
    }
    command
}

/// The models that play the parts; `None` when one lacks its weights and they were not fetched.
fn cast(session: &Session, teachers: &Teachers, runtime: &Runtime, args: &FlowRunArgs) -> anyhow::Result<Option<Cast>> {
    let roles = session.settings()?.0.roles;
    let named = [
        args.teacher.as_deref(),
        args.critic.as_deref().or(roles.critic.as_deref()),
        args.reviser.as_deref().or(roles.reviser.as_deref()),
    ];
    super::casting::cast(session, teachers, runtime, named)
}

fn announce(output: Output, flow: &Flow, rows: usize, cast: Option<&Cast>) -> anyhow::Result<()> {
    let who = match cast {
        None => "which asks nobody".to_owned(),
        Some(cast) => {
            let place = if cast.teacher.is_remote() {
                ", another machine"
            } else {
                ""
            };
            format!(
                "with {} ({}{place})",
                shown(cast.teacher.name()),
                shown(cast.teacher.model())
            )
        }
    };
    output.report(format!(
        "Running the flow {} over {}, {who}.",
        output.paint(Ink::Strong, shown(&flow.name)),
        counted(rows, "row", "rows")
    ))
}

fn run_to_end(session: &Session, runtime: &Runtime, run: TableRun<'_>) -> anyhow::Result<(TableRan, bool)> {
    let output = session.output;
    let bar = output.bar(run.rows.len() as u64);
    let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
    let cancel = CancellationToken::new();
    let (ran, interrupted) = runtime.block_on(async {
        let interrupt = Interrupt::listen(&cancel);
        let running = run.run(sender, cancel.clone(), session.clock());
        let listening = async {
            while let Some(event) = events.recv().await {
                match event {
                    RunEvent::Dropped(dropped) => bar.suspend(|| {
                        output.note(format!(
                            "–  row {} dropped by {}: {} ({})",
                            dropped.row + 1,
                            shown(&dropped.block),
                            shown(&dropped.message),
                            dropped.reason.label()
                        ));
                    }),
                    RunEvent::Progress(summary) => bar.set_position(summary.finished_rows as u64),
                    _ => {}
                }
            }
        };
        let (ran, ()) = tokio::join!(running, listening);
        (ran, interrupt.fired())
    });
    bar.finish_and_clear();
    Ok((ran?, interrupted))
}

fn tell_end(output: Output, summary: &RunSummary, to: &str, currency: &str) -> anyhow::Result<()> {
    output.report("")?;
    funnel(output, &summary.funnel, summary.posted > 0)?;
    let (ink, how) = how_it_ended(summary);
    let reused = match summary.reused {
        0 => String::new(),
        reused => format!(", {} used again", counted(reused, "answer", "answers")),
    };
    let cost = match summary.cost.filter(|_| !currency.is_empty()) {
        Some(cost) => format!(", cost {cost:.4} {}", shown(currency)),
        None => String::new(),
    };
    output.report(format!(
        "{}. {} in {}, {} dropped; {} tokens read, {} written{cost}{reused}.",
        output.paint(ink, how),
        counted(summary.samples, "row", "rows"),
        shown(to),
        summary.drops,
        summary.usage.prompt_tokens,
        summary.usage.completion_tokens,
    ))?;
    if summary.drops > 0 {
        output.report(format!(
            "Each drop with its reason: {}",
            shown(&format!("{to}.run/drops.jsonl"))
        ))?;
    }
    if summary.outcome.can_resume() && summary.posted == 0 {
        output.report("Go on: the same command again")?;
    }
    Ok(())
}

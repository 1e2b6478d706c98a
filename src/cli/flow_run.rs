//! `seedbed flow run`: any flow over a table of one's own.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Ended;
use super::interrupt::Interrupt;
use super::output::{Ink, Output, shown};
use super::printing::how_it_ended;
use super::runs::funnel;
use super::session::Session;
use crate::flow::{Budget, Cast, Flow, RunEvent, RunSummary};
use crate::samples::Outcome;
use crate::teacher::Teacher;
use crate::text::counted::counted;
use crate::workbench::{RowsFile, TableRun};

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
    /// Who mends what the critic found [default: the teacher]
    #[arg(long, value_name = "NAME")]
    reviser: Option<String>,
    /// The same number makes the same draws [default: that of the run that is taken up, else a new one]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop before this command's calls take more tokens than this, read and written together
    #[arg(long, value_name = "TOKENS")]
    budget: Option<u64>,
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
    let cast = match flow.asks() {
        true => match cast(session, &runtime, args)? {
            Some(cast) => Some(cast),
            None => return Ok(Ended::Findings),
        },
        false => None,
    };
    announce(output, &flow, table.rows.len(), cast.as_ref())?;
    let leaves = cast
        .as_ref()
        .is_some_and(|cast| all_of(cast).any(|teacher| teacher.is_remote()));
    if leaves
        && !args.yes
        && session.is_interactive()
        && !session.agrees("Prompts with your rows leave this machine. Go on?")
    {
        output.note("Nothing was sent.");
        return Ok(Ended::Findings);
    }
    let run = TableRun {
        flow: &flow,
        rows: table.rows,
        cast,
        seed: args.seed,
        budget: Budget {
            tokens: args.budget,
            money: None,
        },
        to: to.clone(),
    };
    let (summary, interrupted) = run_to_end(session, &runtime, run)?;
    tell_end(output, &summary, &to.display().to_string())?;
    Ok(match &summary.outcome {
        _ if interrupted => Ended::Interrupted,
        Outcome::Done if summary.samples > 0 => Ended::Well,
        _ => Ended::Findings,
    })
}

fn all_of(cast: &Cast) -> impl Iterator<Item = &Arc<dyn Teacher>> {
    std::iter::once(&cast.teacher).chain(&cast.critic).chain(&cast.reviser)
}

/// The models that play the parts; `None` when one lacks its weights and they were not fetched.
fn cast(session: &Session, runtime: &Runtime, args: &FlowRunArgs) -> anyhow::Result<Option<Cast>> {
    let roles = session.settings()?.0.roles;
    let Some(teacher) = teacher(session, runtime, args.teacher.as_deref())? else {
        return Ok(None);
    };
    let mut others = Vec::new();
    for name in [args.critic.as_ref().or(roles.critic.as_ref()), args.reviser.as_ref()] {
        others.push(match name.filter(|name| name.as_str() != teacher.name()) {
            None => None,
            Some(name) => match self::teacher(session, runtime, Some(name))? {
                None => return Ok(None),
                other => other,
            },
        });
    }
    let mut others = others.into_iter();
    Ok(Some(Cast {
        teacher,
        critic: others.next().flatten(),
        reviser: others.next().flatten(),
    }))
}

fn teacher(session: &Session, runtime: &Runtime, name: Option<&str>) -> anyhow::Result<Option<Arc<dyn Teacher>>> {
    let teachers = session.teachers()?;
    #[cfg(feature = "embedded")]
    if name.map(str::to_owned).or_else(|| teachers.default_name()).as_deref() == Some(crate::workbench::EMBEDDED) {
        use super::fetching::{Consent, fetch_weights};
        if fetch_weights(session, &teachers, runtime, Consent::Ask, None)? != Ended::Well {
            return Ok(None);
        }
    }
    Ok(Some(runtime.block_on(teachers.by_name(name))?))
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

fn run_to_end(session: &Session, runtime: &Runtime, run: TableRun<'_>) -> anyhow::Result<(RunSummary, bool)> {
    let output = session.output;
    let bar = output.bar(run.rows.len() as u64);
    let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
    let cancel = CancellationToken::new();
    let (summary, interrupted) = runtime.block_on(async {
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
        let (summary, ()) = tokio::join!(running, listening);
        (summary, interrupt.fired())
    });
    bar.finish_and_clear();
    Ok((summary?, interrupted))
}

fn tell_end(output: Output, summary: &RunSummary, to: &str) -> anyhow::Result<()> {
    output.report("")?;
    funnel(output, &summary.funnel, summary.posted > 0)?;
    let (ink, how) = how_it_ended(summary);
    let reused = match summary.reused {
        0 => String::new(),
        reused => format!(", {} used again", counted(reused, "answer", "answers")),
    };
    output.report(format!(
        "{}. {} in {}, {} dropped; {} tokens read, {} written{reused}.",
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
    if summary.outcome.can_resume() {
        output.report("Go on: the same command again")?;
    }
    Ok(())
}

//! `seedbed review`: decisions by script.

use std::io::BufRead;

use clap::{Args, ValueEnum};

use super::output::{Ink, shown};
use super::selecting::sample_named;
use super::session::Session;
use super::{Ended, Usage};
use crate::review::{Decision, REASONS, Undone, Verdict};
use crate::samples::{Sample, SampleId};
use crate::text::counted::counted;

/// Decide on samples: each decision is on the disk when the command says so.
#[derive(Debug, Args)]
pub(super) struct ReviewArgs {
    verdict: Act,
    /// Ids of samples, or the beginnings of ids; `-` reads them from standard input, one a line. `undo` without ids takes back
    /// your last decision
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Why it is rejected; may be given several times
    #[arg(long, value_name = "CODE", value_parser = reason)]
    reason: Vec<String>,
    /// A remark kept with the decision
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Act {
    Accept,
    Reject,
    /// Not now
    Skip,
    /// Somebody should look at this
    Flag,
    /// Take decisions back
    Undo,
}

fn reason(text: &str) -> Result<String, String> {
    let known: Vec<&str> = REASONS.iter().map(|reason| reason.code).collect();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("the reasons are {}", known.join(", ")))
    }
}

pub(super) fn review(session: &Session, args: &ReviewArgs) -> anyhow::Result<Ended> {
    let typed = typed_ids(&args.ids)?;
    let workbench = session.workbench()?;
    let library = workbench.library();
    let mut ids = typed
        .iter()
        .map(|typed| sample_named(&library, typed))
        .collect::<Result<Vec<_>, _>>()?;
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    let mut reviews = workbench.reviews()?;
    // Who decides by script has seen lists with verdicts.
    reviews.set_blind(false);
    let verdict = match args.verdict {
        Act::Accept => Verdict::Accepted,
        Act::Reject => Verdict::Rejected,
        Act::Skip => Verdict::Skipped,
        Act::Flag => Verdict::Flagged,
        Act::Undo => {
            let mut undone = Vec::new();
            if args.ids.is_empty() {
                undone = reviews.undo_last(session.now())?;
            }
            for id in &ids {
                undone.extend(reviews.undo_sample(id, session.now())?);
            }
            return told(session, &undone);
        }
    };
    if args.ids.is_empty() {
        return Err(Usage(
            "name at least one sample; `seedbed samples --verdict pending` lists those to decide on".to_owned(),
        )
        .into());
    }
    let samples = ids
        .iter()
        .map(|id| library.load(id))
        .collect::<Result<Vec<Sample>, _>>()?;
    let decisions: Vec<Decision<'_>> = samples
        .iter()
        .map(|sample| Decision {
            sample,
            verdict,
            reasons: &args.reason,
            note: &args.note,
            seconds: 0.0,
        })
        .collect();
    reviews.decide_all(&decisions, session.now())?;
    for notice in reviews.take_notices() {
        session.output.note(format!("note: {}", shown(&notice.to_string())));
    }
    let ids: Vec<&str> = samples.iter().map(|sample| sample.id.as_str()).collect();
    session.output.line(format!(
        "{} {}: {}",
        counted(ids.len(), "sample", "samples"),
        verdict.word(),
        ids.join(" ")
    ))?;
    Ok(Ended::Well)
}

fn typed_ids(args: &[String]) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for arg in args {
        if arg == "-" {
            for line in std::io::stdin().lock().lines() {
                ids.extend(line?.split_whitespace().map(str::to_owned));
            }
        } else {
            ids.push(arg.clone());
        }
    }
    Ok(ids)
}

fn told(session: &Session, undone: &[Undone]) -> anyhow::Result<Ended> {
    let output = session.output;
    if undone.is_empty() {
        output.line("There is no decision of yours to take back.")?;
        return Ok(Ended::Findings);
    }
    let id = |id: &SampleId| output.paint(Ink::Strong, id);
    for one in undone {
        let now = one.now.map_or("pending", Verdict::word);
        output.line(format!("{} was {}, is {now} again", id(&one.sample), one.was))?;
    }
    Ok(Ended::Well)
}

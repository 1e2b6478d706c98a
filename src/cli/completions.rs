//! `seedbed completions`: for the shell's own help while typing.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::session::Session;
use super::{Cli, Ended};

/// Print completions for a shell, as in `seedbed completions bash > ~/.local/share/bash-completion/completions/seedbed`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    shell: Shell,
}

pub(super) fn completions(session: &Session, args: &CompletionsArgs) -> anyhow::Result<Ended> {
    let mut text = Vec::new();
    generate(args.shell, &mut Cli::command(), "seedbed", &mut text);
    session.output.bytes(&text)?;
    Ok(Ended::Well)
}

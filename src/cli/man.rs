//! `seedbed man`: the manual, from the same words as the help.

use crate::text::counted::counted;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};

use super::session::Session;
use super::{Cli, Ended};

/// Print the man page, as in `seedbed man | man -l -`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

pub(super) fn man(session: &Session, args: &ManArgs) -> anyhow::Result<Ended> {
    let Some(folder) = &args.to else {
        let mut text = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut text)?;
        session.output.bytes(&text)?;
        return Ok(Ended::Well);
    };
    let folder = session.folder().join(folder);
    let failed = || format!("cannot write man pages to {}", folder.display());
    std::fs::create_dir_all(&folder).with_context(failed)?;
    clap_mangen::generate_to(Cli::command(), &folder).with_context(failed)?;
    let pages = std::fs::read_dir(&folder).with_context(failed)?.count();
    session
        .output
        .line(format!("{} in {}", counted(pages, "page", "pages"), folder.display()))?;
    Ok(Ended::Well)
}

//! What a command is given: where it works, the settings, how it prints, and the clock.

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;

use super::output::{Output, shown};
use super::shell_words::path;
use super::{Ended, Global, Usage};
use crate::config::{Places, Settings};
use crate::flow::Clock;
use crate::git::GitProgram;
use crate::tui;
use crate::workbench::{Environment, Origins, Teachers, Workbench, WorkbenchError, find_taxonomy, load_settings};

/// One command's surroundings.
pub(super) struct Session {
    folder: PathBuf,
    places: Places,
    /// The settings file that the command was given.
    config: Option<PathBuf>,
    program: String,
    pub(super) output: Output,
}

impl Session {
    pub(super) fn new(global: &Global) -> anyhow::Result<Self> {
        let current = env::current_dir().context("the current folder is gone; go to another one")?;
        let folder = global
            .folder
            .as_ref()
            .map_or_else(|| current.clone(), |folder| current.join(folder));
        if !folder.is_dir() {
            return Err(Usage(format!("there is no folder {}; correct -C", folder.display())).into());
        }
        let mut places = Places::of_this_user()?;
        if let Some(file) = &global.config {
            let file = current.join(file);
            if !file.is_file() {
                return Err(Usage(format!(
                    "there is no settings file {}; correct --config",
                    file.display()
                ))
                .into());
            }
            places.config_file = file;
        }
        Ok(Session {
            folder,
            places,
            program: program(global.folder.as_deref(), global.config.as_deref()),
            config: global.config.clone(),
            output: Output::new(global.color),
        })
    }

    /// The folder that the command works in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program with the settings of this command that say where it works: the beginning of commands to be copied.
    pub(super) fn program(&self) -> &str {
        &self.program
    }

    /// The same for a taxonomy that is elsewhere.
    pub(super) fn program_at(&self, root: &Path) -> String {
        program(Some(root), self.config.as_deref())
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    pub(super) fn git(&self) -> GitProgram {
        GitProgram::default()
    }

    pub(super) fn environment(&self) -> Environment {
        Environment::new(|name| env::var(name).ok())
    }

    /// The taxonomy around the folder.
    pub(super) fn workbench(&self) -> Result<Workbench, WorkbenchError> {
        self.workbench_at(&self.folder)
    }

    pub(super) fn workbench_at(&self, folder: &Path) -> Result<Workbench, WorkbenchError> {
        let workbench = Workbench::open(folder, &self.places, self.environment(), &[])?;
        if let Some(change) = workbench.finish_tree_change(self.now())? {
            let told = shown(&change.told());
            self.output
                .note(format!("note: finished what was cut short last time: {told}"));
        }
        Ok(workbench)
    }

    /// The settings that hold here, inside a taxonomy or not.
    pub(super) fn settings(&self) -> Result<(Settings, Origins), WorkbenchError> {
        let root = find_taxonomy(&self.folder).ok();
        load_settings(root.as_deref(), &self.places, &self.environment(), &[])
    }

    /// The teachers that the settings offer, inside a taxonomy or not.
    pub(super) fn teachers(&self) -> Result<Teachers, WorkbenchError> {
        Ok(Teachers::new(
            self.settings()?.0,
            self.places.clone(),
            self.environment(),
        ))
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    pub(super) fn clock(&self) -> Clock {
        Arc::new(Timestamp::now)
    }

    /// What a command waits on: one thread, which costs a third less than handing every call from one to another, and makes
    /// twenty thousand calls a second.
    pub(super) fn runtime(&self) -> anyhow::Result<tokio::runtime::Runtime> {
        let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
        built.context("the runtime cannot be started")
    }

    /// True when a person can be asked.
    pub(super) fn is_interactive(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question that is answered with yes or no; no answer means no.
    pub(super) fn agrees(&self, question: &str) -> bool {
        let mut stderr = io::stderr().lock();
        let asked = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        asked.is_ok() && read.is_ok() && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
    }

    /// True when there is a terminal to draw on.
    pub(super) fn has_screen(&self) -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Opens the screen on a taxonomy and stays until it is left.
    pub(super) fn open_screen(&self, workbench: Workbench, start: tui::Start) -> anyhow::Result<Ended> {
        if !self.has_screen() {
            let message = "the screen needs a terminal; `seedbed --help` lists the commands that work without one";
            return Err(Usage(message.to_owned()).into());
        }
        tui::open(workbench, start)?;
        Ok(Ended::Well)
    }
}

fn program(folder: Option<&Path>, config: Option<&Path>) -> String {
    let mut program = "seedbed".to_owned();
    for (flag, value) in [("-C", folder), ("--config", config)] {
        if let Some(value) = value {
            program += &format!(" {flag} {}", path(value));
        }
    }
    program
}

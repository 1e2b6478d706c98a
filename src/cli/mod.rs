//! The commands for scripts and for people who like them: one file for each.
//!
//! A command reads its arguments, asks the [`workbench`](crate::workbench) and prints. It holds no rule of its own: what a
//! command can do, the screen can, in the same words. Only this room prints; whatever comes from a model, a document, a file or
//! a commit goes through [`visible`](crate::text::visible::visible) on its way to people.
//!
//! Exit status: 0 done and nothing found; 1 findings, or something failed and says so; 2 wrong usage or settings;
//! 130 interrupted.

mod attribution;
mod batch;
mod casting;
mod check;
mod coach;
mod commit;
mod completions;
mod config;
mod demo;
mod diff;
mod doctor;
mod documents;
mod documents_chunks;
mod documents_coverage;
mod documents_import;
mod edit;
#[cfg(feature = "embedded")]
mod fetching;
mod flow;
mod flow_run;
mod generate;
mod interrupt;
mod man;
mod moving;
mod new;
mod output;
mod printing;
mod replace;
mod review;
mod runs;
mod samples;
mod selecting;
mod session;
mod shell_words;
mod teacher;
mod teacher_check;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::taxonomy::NodePath;
use crate::text::distance::edit_distance;
use crate::tui::Start;
use crate::workbench::{Workbench, WorkbenchError};
use output::{Closed, shown};
use session::Session;

/// Grow training data from a git-backed taxonomy.
///
/// Browse the tree of seed examples, edit them, have a teacher model write samples in their manner, read each one beside its
/// source, accept or reject it, and commit what is good. Without a command it opens the screen.
#[derive(Debug, Parser)]
#[command(name = "seedbed", version, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 done and nothing found; 1 findings, or something failed; 2 wrong usage or settings; \
                        130 interrupted."
)]
struct Cli {
    /// The taxonomy to open [default: the one around the current folder]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    global: Global,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
struct Global {
    /// Work as if started in this folder
    #[arg(short = 'C', long = "dir", value_name = "DIR", global = true, id = "work_dir")]
    folder: Option<PathBuf>,
    /// Your settings file, instead of the usual one
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// When to colour what is printed
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto")]
    color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lay out the sample taxonomy as a git repository and open it
    Demo(demo::DemoArgs),
    /// Judge seed files as InstructLab's validator does
    Check(check::CheckArgs),
    /// Say what a change contains: leaves that differ from a base, their findings, the samples they will make
    Diff(diff::DiffArgs),
    /// Say where time is best spent on a leaf's seeds
    Coach(coach::CoachArgs),
    /// Put one text in the place of another across the seeds
    Replace(replace::ReplaceArgs),
    /// Begin a leaf
    New(new::NewArgs),
    /// List, write and discard leaves that are not in the tree yet
    Drafts(new::DraftsArgs),
    /// Change a leaf's qna.yaml by script, or in your editor
    Edit(edit::EditArgs),
    /// Show or change the sources of a leaf
    Attribution(attribution::AttributionArgs),
    /// Move or rename a leaf or a folder
    Mv(moving::MvArgs),
    /// Delete a leaf or a folder
    Rm(moving::RmArgs),
    /// Take back what was last moved, deleted or discarded
    Undo(moving::UndoArgs),
    /// Have a teacher write samples in the manner of a leaf's seeds
    Generate(generate::GenerateArgs),
    /// List runs, or show one with its funnel
    Runs(runs::RunsArgs),
    /// List samples, or the rows that did not become samples
    Samples(samples::SamplesArgs),
    /// Decide on samples, or take decisions back
    Review(review::ReviewArgs),
    /// Commit seeds, decisions and curated samples
    Commit(commit::CommitArgs),
    /// Choose, compare and import the documents of knowledge leaves
    Documents(documents::DocumentsArgs),
    /// List, try out and fetch teachers
    #[command(subcommand)]
    Teacher(teacher::TeacherCommand),
    /// List and show flows: how samples are made
    #[command(subcommand)]
    Flow(flow::FlowCommand),
    /// Show settings and where they come from
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Look whether everything that is needed is there
    Doctor,
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
    /// Print the man page
    Man(man::ManArgs),
}

/// How a command ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    /// Something was found or left undone; it was told.
    Findings,
    Interrupted,
}

/// The words on the command line cannot be followed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Runs one command line to its end.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for and go to stdout; a reader that has gone away needs no message.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let colour = cli.global.color;
    let ended = Session::new(&cli.global).and_then(|session| follow(cli, session));
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Ok(Ended::Interrupted) => ExitCode::from(130),
        // As in `seedbed samples | head`: the reader had enough.
        Err(error) if error.is::<Closed>() => ExitCode::SUCCESS,
        Err(error) => {
            output::tell_error(colour, &error);
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<Usage>()
        || error
            .downcast_ref::<WorkbenchError>()
            .is_some_and(WorkbenchError::is_usage)
        || error.is::<crate::config::ConfigError>()
}

fn follow(cli: Cli, session: Session) -> anyhow::Result<Ended> {
    if let (Some(dir), Some(_)) = (&cli.dir, &cli.command) {
        return Err(Usage(format!(
            "name the folder behind -C: seedbed -C {} …",
            shown(&dir.to_string_lossy())
        ))
        .into());
    }
    match cli.command {
        None => open_screen(&session, cli.dir),
        Some(Command::Demo(args)) => demo::demo(&session, &args),
        Some(Command::Check(args)) => check::check(&session, &args),
        Some(Command::Diff(args)) => diff::diff(&session, &args),
        Some(Command::Coach(args)) => coach::coach(&session, &args),
        Some(Command::Replace(args)) => replace::replace(&session, &args),
        Some(Command::New(args)) => new::new(&session, &args),
        Some(Command::Drafts(args)) => new::drafts(&session, &args),
        Some(Command::Edit(args)) => edit::edit(&session, &args),
        Some(Command::Attribution(args)) => attribution::attribution(&session, &args),
        Some(Command::Mv(args)) => moving::mv(&session, &args),
        Some(Command::Rm(args)) => moving::rm(&session, &args),
        Some(Command::Undo(args)) => moving::undo(&session, &args),
        Some(Command::Generate(args)) => generate::generate(session, &args),
        Some(Command::Runs(args)) => runs::runs(&session, &args),
        Some(Command::Samples(args)) => samples::samples(&session, &args),
        Some(Command::Review(args)) => review::review(&session, &args),
        Some(Command::Commit(args)) => commit::commit(&session, &args),
        Some(Command::Documents(args)) => documents::documents(&session, &args),
        Some(Command::Teacher(command)) => teacher::teacher(&session, &command),
        Some(Command::Flow(command)) => flow::flow(&session, &command),
        Some(Command::Config(command)) => config::config(&session, &command),
        Some(Command::Doctor) => doctor::doctor(&session),
        Some(Command::Completions(args)) => completions::completions(&session, &args),
        Some(Command::Man(args)) => man::man(&session, &args),
    }
}

fn open_screen(session: &Session, dir: Option<PathBuf>) -> anyhow::Result<Ended> {
    let mut start = Start::WhereLeft;
    let workbench = match dir {
        Some(dir) => {
            let folder = session.folder().join(&dir);
            if !folder.exists() {
                return Err(no_folder(&dir.to_string_lossy()).into());
            }
            let workbench = session.workbench_at(&folder)?;
            start = node_at(&workbench, &folder).map_or(start, Start::At);
            workbench
        }
        None => match session.workbench() {
            // A person at a terminal is welcomed; a script gets the error.
            Err(WorkbenchError::NoTaxonomy { .. }) if session.has_screen() => return welcome(session),
            opened => opened?,
        },
    };
    session.open_screen(workbench, start)
}

/// The node that a folder named on the command line is; `None` for the taxonomy's root.
fn node_at(workbench: &Workbench, folder: &Path) -> Option<NodePath> {
    let folder = folder.canonicalize().ok()?;
    let inside = folder.strip_prefix(workbench.root()).ok()?;
    NodePath::parse(&inside.to_string_lossy().replace('\\', "/")).ok()
}

fn welcome(session: &Session) -> anyhow::Result<Ended> {
    let (settings, _) = session.settings()?;
    let place = session.folder().display().to_string();
    match crate::tui::welcome(&settings, &session.environment(), &place)? {
        crate::tui::WelcomeChoice::Leave => Ok(Ended::Well),
        crate::tui::WelcomeChoice::Demo => demo::open(session),
    }
}

/// A word that is neither a folder nor a command was probably meant as one of them.
fn no_folder(typed: &str) -> Usage {
    let commands = Cli::command();
    let names = commands.get_subcommands().map(clap::Command::get_name);
    let near = names
        .map(|name| (edit_distance(name, typed), name))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match near {
        Some((_, name)) => Usage(format!(
            "there is no command and no folder '{}'; did you mean `seedbed {name}`?",
            shown(typed)
        )),
        None => Usage(format!(
            "there is no folder '{}'; `seedbed --help` lists the commands",
            shown(typed)
        )),
    }
}

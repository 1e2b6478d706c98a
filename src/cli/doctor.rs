//! `seedbed doctor`: is everything there that the work needs, and what to do where it is not.

use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;

use super::Ended;
use super::output::{Ink, Output, shown};
use super::session::Session;
use crate::taxonomy::walk;
use crate::workbench::{TeacherChoice, TeacherOrigin, Workbench};

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Good,
    /// Work is possible without it.
    Lacking,
    Bad,
}

/// Prints findings and remembers the worst.
struct Sheet {
    output: Output,
    bad: bool,
}

impl Sheet {
    fn tell(&mut self, finding: Finding, what: &str, words: impl AsRef<str>) -> anyhow::Result<()> {
        let (ink, word) = match finding {
            Finding::Good => (Ink::Good, "ok  "),
            Finding::Lacking => (Ink::Warning, "warn"),
            Finding::Bad => (Ink::Bad, "fail"),
        };
        self.bad |= finding == Finding::Bad;
        self.output.line(format!(
            "{} {what:<10} {}",
            self.output.paint(ink, word),
            shown(words.as_ref())
        ))
    }
}

pub(super) fn doctor(session: &Session) -> anyhow::Result<Ended> {
    let mut sheet = Sheet {
        output: session.output,
        bad: false,
    };
    let with = if cfg!(feature = "embedded") { "with" } else { "without" };
    let system = format!("{} {}", env::consts::OS, env::consts::ARCH);
    sheet.tell(
        Finding::Good,
        "seedbed",
        format!("{} on {system}, {with} the embedded teacher", env!("CARGO_PKG_VERSION")),
    )?;
    terminal(&mut sheet)?;
    settings(session, &mut sheet)?;
    folders(session, &mut sheet)?;
    taxonomy(session, &mut sheet)?;
    teachers(session, &mut sheet)?;
    Ok(if sheet.bad { Ended::Findings } else { Ended::Well })
}

fn terminal(sheet: &mut Sheet) -> anyhow::Result<()> {
    let value = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let term = value("TERM");
    let named = term.clone().unwrap_or_else(|| "not set".to_owned());
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return sheet.tell(
            Finding::Lacking,
            "terminal",
            "there is none here; the screen needs one, the commands do not",
        );
    }
    let colours = match (value("NO_COLOR"), value("COLORTERM").as_deref(), term.as_deref()) {
        (Some(_), ..) => "no colours, as NO_COLOR asks",
        (None, Some("truecolor" | "24bit"), _) => "true colours",
        (None, _, Some(term)) if term.contains("256color") => "256 colours",
        (None, _, Some("dumb") | None) => "no colours",
        _ => "16 colours",
    };
    let finding = if matches!(term.as_deref(), None | Some("dumb")) {
        Finding::Lacking
    } else {
        Finding::Good
    };
    sheet.tell(finding, "terminal", format!("TERM {named}, {colours}"))
}

fn settings(session: &Session, sheet: &mut Sheet) -> anyhow::Result<()> {
    let file = session.places().config_file.display().to_string();
    match session.settings() {
        Ok(_) if session.places().config_file.is_file() => sheet.tell(Finding::Good, "settings", file),
        Ok(_) => sheet.tell(
            Finding::Good,
            "settings",
            format!("none given; they would be in {file}"),
        ),
        Err(error) => sheet.tell(Finding::Bad, "settings", error.to_string()),
    }
}

fn folders(session: &Session, sheet: &mut Sheet) -> anyhow::Result<()> {
    let places = session.places();
    for (what, folder) in [
        ("data", &places.data),
        ("cache", &places.cache),
        ("state", &places.state),
    ] {
        match writable(folder) {
            Ok(()) => sheet.tell(Finding::Good, what, folder.display().to_string())?,
            Err(error) => {
                let words = format!("{} cannot be written: {error}; make it writable", folder.display());
                sheet.tell(Finding::Bad, what, words)?;
            }
        }
    }
    Ok(())
}

/// Tries to write into a folder, or into the nearest one above it that is there.
fn writable(folder: &Path) -> io::Result<()> {
    let there = folder.ancestors().find(|above| above.is_dir()).unwrap_or(folder);
    tempfile::NamedTempFile::new_in(there).map(|_| ())
}

fn taxonomy(session: &Session, sheet: &mut Sheet) -> anyhow::Result<()> {
    let git = session.git();
    match git.version() {
        Some(version) => sheet.tell(Finding::Good, "git", version)?,
        None => sheet.tell(
            Finding::Lacking,
            "git",
            "the git program was not found; hooks and signing will not run; install git",
        )?,
    }
    let workbench = match session.workbench() {
        Ok(workbench) => workbench,
        Err(error) => return sheet.tell(Finding::Lacking, "taxonomy", error.to_string()),
    };
    let end = walk(workbench.root(), &|| false, &mut |_| {});
    sheet.tell(
        Finding::Good,
        "taxonomy",
        format!("{} with {} leaves", workbench.root().display(), end.leaves),
    )?;
    for notice in end.notices {
        sheet.tell(Finding::Lacking, "taxonomy", notice.to_string())?;
    }
    identity(&workbench, sheet)
}

fn identity(workbench: &Workbench, sheet: &mut Sheet) -> anyhow::Result<()> {
    match workbench.author() {
        Ok(Some(author)) => sheet.tell(Finding::Good, "author", author.to_string())?,
        Ok(None) => sheet.tell(
            Finding::Bad,
            "author",
            "git does not know who you are; run git config --global user.name \"Your Name\" and \
             git config --global user.email you@example.org",
        )?,
        Err(error) => sheet.tell(Finding::Bad, "author", error.to_string())?,
    }
    let practices = workbench.repository()?.practices()?;
    if !practices.hooks.is_empty() {
        sheet.tell(Finding::Good, "hooks", practices.hooks.join(", "))?;
    }
    if let Some(signing) = &practices.signing {
        sheet.tell(Finding::Good, "signing", signing)?;
    }
    for note in &practices.notes {
        sheet.tell(Finding::Lacking, "commit", note)?;
    }
    Ok(())
}

fn teachers(session: &Session, sheet: &mut Sheet) -> anyhow::Result<()> {
    // Broken settings were told of above.
    let Ok(teachers) = session.teachers() else {
        return Ok(());
    };
    let runtime = session.runtime()?;
    for choice in teachers.choices() {
        let named = named(&choice);
        if let Some(missing) = choice.missing.first() {
            let finding = if choice.is_default {
                Finding::Lacking
            } else {
                Finding::Good
            };
            sheet.tell(finding, "teacher", format!("{named}: {missing}"))?;
            continue;
        }
        if choice.origin == TeacherOrigin::Embedded {
            sheet.tell(Finding::Good, "teacher", format!("{named}: its weights are here"))?;
            continue;
        }
        match runtime.block_on(teachers.models_of(&choice.name)) {
            Ok(models) if models.contains(&choice.model) => {
                sheet.tell(Finding::Good, "teacher", format!("{named}: reachable"))?
            }
            Ok(_) => sheet.tell(
                Finding::Lacking,
                "teacher",
                format!("{named}: reachable, but does not list this model"),
            )?,
            Err(error) => sheet.tell(Finding::Lacking, "teacher", format!("{named}: {error}"))?,
        }
    }
    for choice in runtime.block_on(teachers.found()) {
        sheet.tell(
            Finding::Good,
            "teacher",
            format!("{}: running at {}, use it as it is", choice.name, choice.host),
        )?;
    }
    Ok(())
}

fn named(choice: &TeacherChoice) -> String {
    let default = if choice.is_default {
        ", used when none is named"
    } else {
        ""
    };
    format!("{} ({}{default})", choice.name, choice.model)
}

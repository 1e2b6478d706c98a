//! `seedbed check`: judges seed files, explains rules, and mends what can be mended.

mod explaining;
mod fixing;
mod formats;
mod targets;

use clap::{Args, ValueEnum};

use super::output::Ink;
use super::session::Session;
use super::{Ended, Usage};
use crate::cores;
use crate::taxonomy::{Diagnostic, Profile, Severity};
use crate::text::counted::counted;
use formats::Paths;
use targets::{Around, Target};

/// Judge seed files as InstructLab's validator does, and say what is wrong, where, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    seedbed check                          the whole taxonomy\n  \
    seedbed check knowledge/arts --fix     one folder, mending what can be mended\n  \
    seedbed check - < qna.yaml             a file on standard input\n  \
    seedbed check --explain trailing-spaces")]
pub(super) struct CheckArgs {
    /// Nodes, folders or files, - for standard input; a folder means every leaf below it [default: the whole taxonomy]
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// As strict as `ilab taxonomy diff` (ilab) or as the checks of contributions (ci) [default: the setting `profile`, else ilab]
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,
    /// Leave advice out: what is no error and never changes the exit status
    #[arg(long)]
    no_advice: bool,
    /// Mend what can be mended safely, then judge; from standard input to standard output
    #[arg(long)]
    fix: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// The path by which a file on standard input is judged
    #[arg(long, value_name = "PATH", default_value = "qna.yaml")]
    stdin_path: String,
    /// Explain a rule, or all of them
    #[arg(long, value_name = "RULE|all", conflicts_with_all = ["paths", "fix", "diff"])]
    explain: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people: path:line:column: severity: message [rule], then the line with a caret below it
    Text,
    /// One array of {path, line, column, severity, rule, yaml_path, message, fix}
    Json,
    /// Annotations for GitHub Actions
    Github,
    /// InstructLab's own form: ERROR: path:line:column [yaml path] message; without advice
    Instructlab,
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::ALL
        .into_iter()
        .find(|profile| profile.word() == text)
        .ok_or_else(|| "say ilab or ci".to_owned())
}

pub(super) fn check(session: &Session, args: &CheckArgs) -> anyhow::Result<Ended> {
    if let Some(name) = &args.explain {
        return explaining::explain(session, name);
    }
    let around = Around::of(
        session,
        args.profile,
        !args.no_advice && args.format != CheckFormat::Instructlab,
    )?;
    let mut targets = targets::targets(session, &around, &args.paths, &args.stdin_path)?;
    if args.diff {
        return fixing::show(session, &around, &targets);
    }
    let from_stdin = targets.iter().any(Target::is_stdin);
    if args.fix && from_stdin && targets.len() > 1 {
        return Err(
            Usage("--fix takes standard input alone; name the other files in a call of their own".to_owned()).into(),
        );
    }
    let output = if args.format == CheckFormat::Text && !(args.fix && from_stdin) {
        session.output
    } else {
        session.output.for_programs()
    };
    if args.fix {
        fixing::fix(session, &around, &mut targets, output)?;
    }
    let judged = cores::gathered(&targets, |target| target.judged(&around));
    if args.fix && from_stdin {
        // Standard output is the file; what is left goes to the other stream.
        for (target, found) in targets.iter().zip(&judged) {
            found
                .iter()
                .for_each(|one| output.note(formats::as_text(output, target, one)));
        }
    } else {
        print(session, &around, args.format, &targets, &judged)?;
    }
    let all = judged.iter().flatten();
    let number = |severity| all.clone().filter(|one| one.severity == severity).count();
    let tally = Tally {
        errors: number(Severity::Error),
        warnings: number(Severity::Warning),
        advice: number(Severity::Advice),
        with_findings: judged.iter().filter(|found| found.iter().any(counts)).count(),
        checked: if targets.iter().all(Target::is_leaf) {
            counted(targets.len(), "leaf", "leaves")
        } else {
            counted(targets.len(), "file", "files")
        },
    };
    let words = tally.words();
    output.report(if tally.errors + tally.warnings == 0 {
        output.paint(Ink::Good, words)
    } else {
        words
    })?;
    Ok(if tally.errors + tally.warnings > 0 {
        Ended::Findings
    } else {
        Ended::Well
    })
}

fn counts(one: &Diagnostic) -> bool {
    one.severity != Severity::Advice
}

fn print(
    session: &Session,
    around: &Around,
    format: CheckFormat,
    targets: &[Target],
    judged: &[Vec<Diagnostic>],
) -> anyhow::Result<()> {
    let output = session.output;
    let paths = Paths::of(session, around);
    let each = || {
        let pairs = targets.iter().zip(judged);
        pairs.flat_map(|(target, found)| found.iter().map(move |one| (target, one)))
    };
    match format {
        CheckFormat::Json => output.json(&each().map(|(_, one)| one).collect::<Vec<_>>()),
        CheckFormat::Text => each().try_for_each(|(target, one)| output.line(formats::as_text(output, target, one))),
        CheckFormat::Github => {
            each().try_for_each(|(target, one)| output.line(formats::as_annotation(&paths, target, one)))
        }
        CheckFormat::Instructlab => {
            each().try_for_each(|(target, one)| output.line(formats::as_instructlab(&paths, target, one)))
        }
    }
}

/// The last line's figures.
struct Tally {
    errors: usize,
    warnings: usize,
    advice: usize,
    with_findings: usize,
    checked: String,
}

impl Tally {
    fn words(&self) -> String {
        let advice = match self.advice {
            0 => String::new(),
            1 => "; 1 piece of advice".to_owned(),
            several => format!("; {several} pieces of advice"),
        };
        if self.errors + self.warnings == 0 {
            return format!("{}: nothing found{advice}", self.checked);
        }
        format!(
            "{}, {} in {} of {}{advice}",
            counted(self.errors, "error", "errors"),
            counted(self.warnings, "warning", "warnings"),
            self.with_findings,
            self.checked
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_by_their_words() {
        assert_eq!(profile("ci"), Ok(Profile::Ci));
        assert!(profile("CI?").is_err());
    }
}

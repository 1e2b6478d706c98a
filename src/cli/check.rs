//! `seedbed check`: judges seed files.

use std::path::Path;

use clap::{Args, ValueEnum};

use super::Ended;
use super::output::{Ink, count, shown};
use super::session::Session;
use crate::taxonomy::{Branch, Diagnostic, NodePath, Profile, SEED_FILE, Severity, check_file, check_leaf, walk};
use crate::workbench::Workbench;

/// Judge seed files as InstructLab's validator does, and say what is wrong, where, and what to do.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Nodes or files; a folder means every leaf below it [default: the whole taxonomy]
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// As strict as `ilab taxonomy diff` (ilab) or as the checks of contributions (ci) [default: the setting `profile`, else ilab]
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// One line a finding: path:line:column: severity: message [rule]
    Text,
    /// One array of {path, line, column, severity, rule, yaml_path, message, fix}
    Json,
    /// Annotations for GitHub Actions
    Github,
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::ALL
        .into_iter()
        .find(|profile| profile.word() == text)
        .ok_or_else(|| "say ilab or ci".to_owned())
}

pub(super) fn check(session: &Session, args: &CheckArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let profile = args.profile.unwrap_or_else(|| workbench.profile());
    let targets = targets(session, &workbench, &args.paths)?;
    let output = if args.format == CheckFormat::Text {
        session.output
    } else {
        session.output.for_programs()
    };
    let mut all = Vec::new();
    let mut with_findings = 0;
    for target in &targets {
        let found = target.judged(workbench.root(), profile);
        with_findings += usize::from(!found.is_empty());
        match args.format {
            CheckFormat::Json => {}
            CheckFormat::Text => found.iter().try_for_each(|one| output.line(as_text(session, one)))?,
            CheckFormat::Github => found
                .iter()
                .try_for_each(|one| output.line(as_annotation(&workbench, one)))?,
        }
        all.extend(found);
    }
    if args.format == CheckFormat::Json {
        output.json(&all)?;
    }
    let number = |severity| all.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    let checked = count(targets.len(), "leaf", "leaves");
    if all.is_empty() {
        output.report(output.paint(Ink::Good, format!("{checked}: nothing found")))?;
    } else {
        let figures = format!(
            "{}, {}",
            count(errors, "error", "errors"),
            count(warnings, "warning", "warnings")
        );
        output.report(format!("{figures} in {with_findings} of {checked}"))?;
    }
    Ok(if errors + warnings > 0 {
        Ended::Findings
    } else {
        Ended::Well
    })
}

/// What is to be judged.
enum Target {
    Leaf(NodePath),
    /// A file by its path from the root, as when it is not named as it should be.
    File(String),
}

impl Target {
    fn judged(&self, root: &Path, profile: Profile) -> Vec<Diagnostic> {
        match self {
            Target::Leaf(node) => check_leaf(root, node, profile),
            // A file that went away in the meantime is an empty one.
            Target::File(path) => check_file(path, &std::fs::read(root.join(path)).unwrap_or_default(), profile),
        }
    }
}

fn targets(session: &Session, workbench: &Workbench, paths: &[String]) -> anyhow::Result<Vec<Target>> {
    let mut targets = Vec::new();
    for typed in paths {
        if let Some(path) = odd_file(session, workbench, typed) {
            targets.push(Target::File(path));
            continue;
        }
        let node = workbench.node(typed, session.folder())?;
        targets.extend(workbench.leaves(&node)?.into_iter().map(Target::Leaf));
    }
    if paths.is_empty() {
        let end = walk(workbench.root(), &|| false, &mut |folder| {
            if folder.is_leaf {
                targets.push(Target::Leaf(folder.path));
            }
        });
        for notice in end.notices {
            session.output.note(format!("note: {}", shown(&notice.to_string())));
        }
    }
    Ok(targets)
}

/// A file inside a branch that is not named as seed files are.
fn odd_file(session: &Session, workbench: &Workbench, typed: &str) -> Option<String> {
    let path = session
        .folder()
        .join(typed)
        .canonicalize()
        .ok()
        .filter(|path| path.is_file())?;
    if path.file_name().is_some_and(|name| name == SEED_FILE) {
        return None;
    }
    let below = path.strip_prefix(workbench.root()).ok()?.to_str()?.replace('\\', "/");
    Branch::ALL
        .iter()
        .any(|branch| below.split('/').next() == Some(branch.folder()))
        .then_some(below)
}

fn as_text(session: &Session, one: &Diagnostic) -> String {
    let output = session.output;
    let (ink, word) = match one.severity {
        Severity::Error => (Ink::Bad, "error"),
        Severity::Warning => (Ink::Warning, "warning"),
        Severity::Advice => (Ink::Faint, "advice"),
    };
    let place = output.paint(Ink::Strong, format!("{}:{}:{}", shown(&one.path), one.line, one.column));
    let rule = output.paint(Ink::Faint, format!("[{}]", one.rule));
    format!("{place}: {}: {} {rule}", output.paint(ink, word), shown(&one.message))
}

/// GitHub reads `%`, line breaks and, in properties, `:` and `,` as its own.
fn as_annotation(workbench: &Workbench, one: &Diagnostic) -> String {
    let text = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |value: &str| text(value).replace(':', "%3A").replace(',', "%2C");
    let level = match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let path = workbench.in_repository(&one.path);
    let (file, title) = (property(&path), property(one.rule));
    format!(
        "::{level} file={file},line={},col={},title={title}::{}",
        one.line,
        one.column,
        text(&one.message)
    )
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

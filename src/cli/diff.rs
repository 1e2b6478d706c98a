//! `seedbed diff`: says what a change contains.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Ended;
use super::generate::USUAL_COUNT;
use super::interrupt::Interrupt;
use super::output::{Ink, Output, shown};
use super::session::Session;
use crate::git::documents::without_password;
use crate::git::{BaseKind, GitError};
use crate::taxonomy::{Diagnostic, Severity};
use crate::text::counted::counted;
use crate::workbench::{
    BaseChoice, BaseFound, ChangedLeaf, Contribution, ContributionRequest, DocumentState, EMPTY_BASE, LeafChange,
    Workbench, WorkbenchError,
};

/// Say what a change contains, as `ilab taxonomy diff` does: which leaves differ from a base, what is wrong with them, and how
/// many samples they will make.
///
/// Listed are seed files under knowledge and compositional_skills that were changed since the base, committed or not, and
/// new ones. Documents of knowledge leaves are looked at in the commit that is named; those not at hand yet are fetched.
/// The exit status is 1 when there are errors, so it fits a hook before a push and a step of CI.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// What to compare with: a branch (of a remote, as in origin/main, or a local one) means where this branch left it; any
    /// other revision means that commit; `empty` means the whole taxonomy [default: origin/main]
    #[arg(value_name = "BASE", conflicts_with = "uncommitted")]
    base: Option<String>,
    /// The same, as an option
    #[arg(long = "base", value_name = "BASE", hide = true, conflicts_with_all = ["base", "uncommitted"])]
    named: Option<String>,
    /// Only what was not committed yet
    #[arg(long)]
    uncommitted: bool,
    /// Never touch the network; says what could not be checked
    #[arg(long)]
    offline: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: DiffFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    Text,
    /// One object of {base, leaves, by_flow, samples, errors, warnings, notes}
    Json,
    /// What `ilab taxonomy diff` prints: a path a line, then the verdict
    Instructlab,
}

pub(super) fn diff(session: &Session, args: &DiffArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let output = if args.format == DiffFormat::Text {
        session.output
    } else {
        session.output.for_programs()
    };
    let base = match args.base.as_ref().or(args.named.as_ref()) {
        Some(name) => BaseChoice::Named(name.clone()),
        None if args.uncommitted => BaseChoice::LastCommit,
        None => BaseChoice::Usual,
    };
    let request = ContributionRequest {
        base,
        count: workbench.settings().generate.count.unwrap_or(USUAL_COUNT),
        offline: args.offline,
    };
    let mut on_fetch = |address: &str| output.note(format!("fetching {}", shown(&without_password(address))));
    let cancel = CancellationToken::new();
    let _interrupt = Interrupt::listen(&cancel);
    let found = match workbench.contribution(&request, &mut on_fetch, &|| cancel.is_cancelled()) {
        Err(WorkbenchError::Git(GitError::Cancelled)) => return Ok(Ended::Interrupted),
        found => found?,
    };
    match args.format {
        DiffFormat::Text => as_text(output, &workbench, &found, request.count)?,
        DiffFormat::Json => output.json(&as_json(&found)?)?,
        DiffFormat::Instructlab => as_instructlab(output, &workbench, &found)?,
    }
    Ok(if found.number_of(Severity::Error) > 0 {
        Ended::Findings
    } else {
        Ended::Well
    })
}

fn as_text(output: Output, workbench: &Workbench, found: &Contribution, asked: usize) -> anyhow::Result<()> {
    output.line(base_line(&found.base))?;
    for leaf in &found.leaves {
        output.line(leaf_line(output, leaf))?;
        for one in &leaf.findings {
            output.line(format!("  {}", finding_line(output, one)))?;
        }
    }
    for note in &found.notes {
        output.note(format!("note: {}", shown(note)));
    }
    if found.leaves.is_empty() {
        return output.line("There is no leaf to list.");
    }
    let number = |word: &str| found.leaves.iter().filter(|leaf| leaf.change.word() == word).count();
    let parts: Vec<String> = ["new", "changed", "moved", "removed"]
        .into_iter()
        .filter(|word| number(word) > 0)
        .map(|word| format!("{} {word}", number(word)))
        .collect();
    let (errors, warnings) = (found.number_of(Severity::Error), found.number_of(Severity::Warning));
    let verdict = if errors + warnings == 0 {
        output.paint(Ink::Good, "nothing wrong found")
    } else {
        format!(
            "{}, {}",
            counted(errors, "error", "errors"),
            counted(warnings, "warning", "warnings")
        )
    };
    output.line(format!(
        "\n{}: {} ({} profile)",
        counted(found.leaves.len(), "leaf", "leaves"),
        parts.join(", "),
        workbench.profile().word()
    ))?;
    output.line(format!("Checked: {verdict}"))?;
    let flows: Vec<String> = found
        .by_flow()?
        .iter()
        .map(|one| {
            format!(
                "{} with {} ({})",
                one.samples,
                one.flow,
                counted(one.leaves, "leaf", "leaves")
            )
        })
        .collect();
    output.line(match flows.as_slice() {
        [] => "Generating for them makes no samples.".to_owned(),
        flows => format!(
            "Generating for them makes up to {}, asking for {asked} a leaf: {}",
            counted(found.samples(), "sample", "samples"),
            flows.join(", ")
        ),
    })?;
    for (leaf, reason) in unchecked(found) {
        let text = format!("not checked: the documents of {}: {}", leaf.node, reason);
        output.line(output.paint(Ink::Warning, shown(&text)))?;
    }
    Ok(())
}

fn unchecked(found: &Contribution) -> impl Iterator<Item = (&ChangedLeaf, &String)> {
    found.leaves.iter().filter_map(|leaf| match &leaf.documents {
        DocumentState::Unchecked(reason) => Some((leaf, reason)),
        _ => None,
    })
}

fn base_line(base: &BaseFound) -> String {
    match base {
        BaseFound::Nothing => "Compared with nothing: the whole taxonomy".to_owned(),
        BaseFound::Commit { name, commit, kind } => match kind {
            BaseKind::LeftBranch { ahead } => format!(
                "Compared with {}, where this branch left {} ({} since)",
                commit.short,
                shown(name),
                counted(*ahead, "commit", "commits")
            ),
            BaseKind::Revision => format!("Compared with {} ({})", commit.short, shown(name)),
        },
    }
}

fn leaf_line(output: Output, leaf: &ChangedLeaf) -> String {
    let word = leaf.change.word();
    let ink = match leaf.change {
        LeafChange::New => Ink::Good,
        LeafChange::Changed | LeafChange::Moved { .. } => Ink::Warning,
        LeafChange::Removed => Ink::Bad,
    };
    let mut facts = Vec::new();
    if let LeafChange::Moved { from } = &leaf.change {
        facts.push(format!("from {}", shown(from.as_str())));
    }
    if let Some(seeds) = &leaf.seeds {
        facts.push(seeds.kind.word().to_owned());
        facts.push(counted(seeds.examples, "example", "examples"));
    }
    if let DocumentState::Found { files, words } = leaf.documents {
        facts.push(format!(
            "{} of {}",
            counted(files, "document", "documents"),
            counted(words, "word", "words")
        ));
    }
    if leaf.samples > 0 {
        facts.push(format!("up to {}", counted(leaf.samples, "sample", "samples")));
    }
    let facts = if facts.is_empty() {
        String::new()
    } else {
        format!("  {}", output.paint(Ink::Faint, facts.join(", ")))
    };
    format!(
        "{}  {}{facts}",
        output.paint(ink, format!("{word:<7}")),
        output.paint(Ink::Strong, shown(leaf.node.as_str())),
    )
}

fn finding_line(output: Output, one: &Diagnostic) -> String {
    let (ink, word) = match one.severity {
        Severity::Error => (Ink::Bad, "error"),
        Severity::Warning => (Ink::Warning, "warning"),
        Severity::Advice => (Ink::Faint, "advice"),
    };
    format!(
        "{}:{}:{}: {}: {} {}",
        shown(&one.path),
        one.line,
        one.column,
        output.paint(ink, word),
        shown(&one.message),
        output.paint(Ink::Faint, format!("[{}]", one.rule))
    )
}

fn as_json(found: &Contribution) -> anyhow::Result<Value> {
    let base = match &found.base {
        BaseFound::Nothing => json!({"name": EMPTY_BASE, "commit": null, "kind": "empty"}),
        BaseFound::Commit { name, commit, kind } => {
            let kind = match kind {
                BaseKind::LeftBranch { .. } => "branch",
                BaseKind::Revision => "revision",
            };
            json!({"name": name, "commit": commit.id, "kind": kind})
        }
    };
    let leaves: Vec<Value> = found.leaves.iter().map(leaf_json).collect();
    let by_flow: Vec<Value> = found
        .by_flow()?
        .iter()
        .map(|one| json!({"flow": one.flow, "leaves": one.leaves, "samples": one.samples}))
        .collect();
    Ok(json!({
        "base": base,
        "leaves": leaves,
        "by_flow": by_flow,
        "samples": found.samples(),
        "errors": found.number_of(Severity::Error),
        "warnings": found.number_of(Severity::Warning),
        "notes": found.notes,
    }))
}

fn leaf_json(leaf: &ChangedLeaf) -> Value {
    let documents = match &leaf.documents {
        DocumentState::None => Value::Null,
        DocumentState::Found { files, words } => json!({"state": "found", "files": files, "words": words}),
        DocumentState::Wrong => json!({"state": "wrong"}),
        DocumentState::Unchecked(reason) => json!({"state": "unchecked", "reason": reason}),
    };
    let from = match &leaf.change {
        LeafChange::Moved { from } => Some(from.qna_relative()),
        _ => None,
    };
    json!({
        "path": leaf.node.qna_relative(),
        "change": leaf.change.word(),
        "from": from,
        "kind": leaf.kind(),
        "examples": leaf.seeds.as_ref().map(|seeds| seeds.examples),
        "samples": leaf.samples,
        "documents": documents,
        "findings": leaf.findings,
    })
}

/// The list, and the verdict in InstructLab's words; advice is none of its business, and removed leaves are not listed.
fn as_instructlab(output: Output, workbench: &Workbench, found: &Contribution) -> anyhow::Result<()> {
    let listed = || found.leaves.iter().filter(|leaf| leaf.is_listed());
    for leaf in listed() {
        output.line(shown(&leaf.node.qna_relative()))?;
    }
    for one in listed().flat_map(|leaf| &leaf.findings) {
        let word = match one.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARN",
            Severity::Advice => continue,
        };
        let path = if one.yaml_path.is_empty() {
            String::new()
        } else {
            format!("[{}] ", shown(&one.yaml_path))
        };
        let place = format!("{}:{}:{}", shown(&one.path), one.line, one.column);
        output.line(format!("{word}: {place} {path}{}", shown(&one.message)))?;
    }
    let errors = found.number_of(Severity::Error);
    if errors == 0 {
        let root = workbench.root().display().to_string();
        output.line(format!("Taxonomy in {} is valid :)", shown(&root)))?;
    } else {
        let files = listed().filter(|leaf| leaf.number_of(Severity::Error) > 0).count();
        output.line(format!(
            "Reading taxonomy failed with the following error: {errors} total errors found across {files} taxonomy files!"
        ))?;
    }
    for note in found.notes.iter() {
        output.note(format!("note: {}", shown(note)));
    }
    for (leaf, reason) in unchecked(found) {
        output.note(shown(&format!("not checked: the documents of {}: {reason}", leaf.node)));
    }
    Ok(())
}

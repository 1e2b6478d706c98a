//! `seedbed replace`: one text for another in the seeds.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::output::{Ink, Output, shown};
use super::session::Session;
use super::{Ended, Usage};
use crate::taxonomy::replacing::{Fields, Found, Search, Wanted};
use crate::text::counted::counted;
use crate::workbench::{LeafPlaces, Refused, Searched};

/// Put one text in the place of another in questions, answers, contexts and descriptions; nothing else in a file changes.
///
/// Each file is changed whole or not at all. Files that do not parse, have unsaved text or changed on disk meanwhile are left
/// as they are and named. Git takes the change back: `git restore`.
#[derive(Debug, Args)]
pub(super) struct ReplaceArgs {
    /// What to look for
    find: String,
    /// What to put there; with --regex, $1 and ${name} stand for what a group found
    #[arg(allow_hyphen_values = true)]
    with: String,
    /// Nodes; a folder means every leaf below it [default: the whole taxonomy]
    #[arg(value_name = "NODE")]
    nodes: Vec<String>,
    /// FIND is a regular expression
    #[arg(long)]
    regex: bool,
    /// Letter case counts
    #[arg(long)]
    case: bool,
    /// Only these fields; may be given several times
    #[arg(long = "field", value_name = "FIELDS", default_value = "all")]
    fields: Vec<FieldArg>,
    /// Show what would change, and end
    #[arg(long)]
    dry_run: bool,
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReplaceFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FieldArg {
    All,
    Questions,
    Answers,
    Contexts,
    /// Task, domain, outline, documents, author
    Descriptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReplaceFormat {
    Text,
    /// One object: {places: [{node, yaml_path, old, new}], refused: [{node, reason}], changed: [node]}
    Json,
}

impl FieldArg {
    fn fields(self) -> Fields {
        match self {
            FieldArg::All => Fields::All,
            FieldArg::Questions => Fields::Questions,
            FieldArg::Answers => Fields::Answers,
            FieldArg::Contexts => Fields::Contexts,
            FieldArg::Descriptions => Fields::Descriptions,
        }
    }
}

pub(super) fn replace(session: &Session, args: &ReplaceArgs) -> anyhow::Result<Ended> {
    let workbench = session.workbench()?;
    let search = Search::new(&Wanted {
        find: args.find.clone(),
        with: args.with.clone(),
        regex: args.regex,
        case: args.case,
        fields: args.fields.iter().map(|field| field.fields()).collect(),
    })
    .map_err(|error| Usage(error.to_string()))?;
    let within = workbench.nodes(&args.nodes, session.folder())?;
    let as_json = args.format == ReplaceFormat::Json;
    let output = if as_json {
        session.output.for_programs()
    } else {
        session.output
    };
    let (mut leaves, mut refused): (Vec<LeafPlaces>, Vec<Refused>) = (Vec::new(), Vec::new());
    let read = workbench.search(&search, &within, &|| false, &mut |searched| match searched {
        Searched::Places(places) => leaves.push(places),
        Searched::Refused(one) => refused.push(one),
    });
    if !as_json {
        for leaf in &leaves {
            output.line(output.paint(Ink::Strong, shown(leaf.node.as_str())))?;
            leaf.found
                .iter()
                .try_for_each(|found| output.line(as_line(output, found)))?;
        }
    }
    let places: usize = leaves.iter().map(|leaf| leaf.found.len()).sum();
    let mut changed = Vec::new();
    if !args.dry_run {
        let done = workbench.replace(&leaves, &|| false);
        changed = done.changed;
        refused.extend(done.refused);
    }
    if as_json {
        let all = leaves
            .iter()
            .flat_map(|leaf| leaf.found.iter().map(|found| (&leaf.node, found)));
        output.json(&json!({
            "places": all.map(|(node, found)| json!({
                "node": node, "yaml_path": found.yaml_path.to_string(), "old": found.old, "new": found.new,
            })).collect::<Vec<_>>(),
            "refused": refused.iter().map(|one| json!({"node": one.node, "reason": one.reason})).collect::<Vec<_>>(),
            "changed": changed.iter().map(|one| &one.node).collect::<Vec<_>>(),
        }))?;
    }
    for one in &refused {
        let place = shown(one.node.as_str());
        output.note(format!(
            "{} {place}: {}",
            output.paint(Ink::Bad, "left alone"),
            shown(&one.reason)
        ));
    }
    let read = counted(read, "leaf", "leaves");
    let found = format!(
        "{} in {}",
        counted(places, "place", "places"),
        counted(leaves.len(), "leaf", "leaves")
    );
    output.report(match (places, args.dry_run) {
        (0, _) => format!("not found in {read}"),
        (_, true) => format!("{found} of {read} would change"),
        (_, false) => {
            let done: usize = changed.iter().map(|one| one.count).sum();
            format!("{found}; changed {}", counted(done, "place", "places"))
        }
    })?;
    Ok(if refused.is_empty() {
        Ended::Well
    } else {
        Ended::Findings
    })
}

fn as_line(output: Output, found: &Found) -> String {
    format!(
        "  {}: …{}{} → {}{}…",
        found.place,
        shown(&found.before),
        output.paint(Ink::Bad, shown(&found.old)),
        output.paint(Ink::Good, shown(&found.new)),
        shown(&found.after)
    )
}

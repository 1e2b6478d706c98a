//! The right side: what is known of the chosen node, as one text to read.

use std::fmt::Write;

use crate::git::ChangeKind;
use crate::taxonomy::{Leaf, Severity};
use crate::text::counted::counted;
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::tree::{Sums, TreeNode};
use crate::tui::widgets::Prose;

/// Writes the text for a node.
pub fn text(model: &Model, node: &TreeNode) -> Prose {
    let mut prose = Prose::default();
    if node.is_leaf {
        leaf_text(model, node, &mut prose);
    } else {
        folder_text(model, node, &mut prose);
    }
    prose
}

fn folder_text(model: &Model, node: &TreeNode, prose: &mut Prose) {
    let Sums {
        leaves,
        examples,
        errors,
        ..
    } = model.tree.sums(&node.path);
    let told = format!(
        "{} · {}",
        super::view::leaves(leaves),
        counted(examples, "seed example", "seed examples")
    );
    prose.push(&told, Role::Strong);
    if errors > 0 {
        let word = if errors == 1 { "error" } else { "errors" };
        prose.push(&format!(" · ✗ {errors} {word}"), Role::Bad);
    }
    prose.push("\n\n", Role::Text);
    tally_line(model, node, prose);
    let (open, new) = (model.keymap.how(Command::Open), model.keymap.how(Command::New));
    prose.push(
        &format!("\n\n{open} opens and closes this folder · {new} makes a new leaf here"),
        Role::Dim,
    );
}

fn leaf_text(model: &Model, node: &TreeNode, prose: &mut Prose) {
    let details = model
        .browse
        .details
        .as_ref()
        .filter(|details| details.leaf.path == node.path);
    if let Some(summary) = &node.summary {
        if !summary.title.is_empty() {
            prose.push(&summary.title, Role::Strong);
            prose.push("\n", Role::Text);
        }
        let version = match summary.version {
            0 => "no version".to_owned(),
            version => format!("version {version}"),
        };
        let line = format!(
            "{} · {version} · {}",
            summary.kind,
            counted(summary.examples, "seed example", "seed examples")
        );
        prose.push(&line, Role::Dim);
    } else {
        prose.push("reading …", Role::Dim);
    }
    let path = node.path.qna_relative();
    if model.tree.drafts.contains(&node.path) {
        prose.push(" · draft, not in the tree yet", Role::Changed);
    } else if let Some(kind) = model.git.kind_of(&path) {
        prose.push(&format!(" · ✎ {}", change_word(kind)), Role::Changed);
    }
    prose.push("\n\n", Role::Text);
    tally_line(model, node, prose);
    prose.push("\n", Role::Text);
    let Some(details) = details else { return };
    if let Some((_, history)) = model.browse.history.as_ref().filter(|(of, _)| *of == node.path) {
        prose.push(&format!("{history}\n"), Role::Dim);
    }
    if details.diagnostics.is_empty() {
        prose.push("✓ no findings\n", Role::Good);
    }
    for found in &details.diagnostics {
        let (mark, role) = match found.severity {
            Severity::Error => ("✗", Role::Bad),
            Severity::Warning => ("!", Role::Warning),
            Severity::Advice => ("·", Role::Dim),
        };
        prose.push(&format!("{mark} {}:{} ", found.line, found.column), role);
        prose.push(&format!("{}\n", found.message), Role::Text);
    }
    examples(&details.leaf, prose);
}

fn tally_line(model: &Model, node: &TreeNode, prose: &mut Prose) {
    let tally = model.tree.counts_below(&node.path);
    if !model.tree.counted {
        return prose.push("counting samples …", Role::Dim);
    }
    if tally.total() == 0 {
        let first = if node.is_leaf { "" } else { "choose a leaf, then " };
        let generate = model.keymap.how(Command::Generate);
        let told = format!("no samples yet: {first}press {generate} to have a teacher make some");
        return prose.push(&told, Role::Dim);
    }
    prose.push(&counted(tally.total(), "sample", "samples"), Role::Strong);
    prose.push(&format!(" · ✓ {} accepted", tally.accepted), Role::Good);
    prose.push(&format!(" · ✗ {} rejected", tally.rejected), Role::Bad);
    if tally.flagged > 0 {
        prose.push(&format!(" · ⚑ {} flagged", tally.flagged), Role::Warning);
    }
    prose.push(&format!(" · {} to review", tally.pending), Role::Accent);
}

fn examples(leaf: &Leaf, prose: &mut Prose) {
    if let Some(document) = &leaf.document {
        let commit = document.commit.get(..8).unwrap_or(&document.commit);
        prose.push("\ndocuments ", Role::Dim);
        prose.push(
            &format!("{} at {commit}: {}\n", document.repo, document.patterns.join(", ")),
            Role::Text,
        );
    }
    for (number, example) in leaf.seed_examples.iter().enumerate() {
        prose.push(&format!("\n{}", number + 1), Role::Accent);
        if let Some(context) = &example.context {
            prose.push("  ", Role::Text);
            prose.push(&format!("{}\n", brief(context)), Role::Quoted);
        } else {
            prose.push("  ", Role::Text);
        }
        for (index, pair) in example.pairs.iter().enumerate() {
            let mut line = String::new();
            let indent = if example.context.is_none() && index == 0 {
                ""
            } else {
                "   "
            };
            let _ = write!(line, "{indent}{}", pair.question.trim().replace('\n', "\n   "));
            prose.push(&line, Role::Text);
            let answer = pair.answer.trim().replace('\n', "\n   ");
            prose.push(&format!("\n   {answer}\n"), Role::Dim);
        }
    }
}

/// The first sentence or so of a long text.
fn brief(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = crate::text::width::truncate(&flat, 160);
    cut.into_owned()
}

/// What git says of a file, in a word.
pub fn change_word(kind: &ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added | ChangeKind::Untracked => "new, not committed",
        ChangeKind::Modified => "changed, not committed",
        ChangeKind::Deleted => "deleted, not committed",
        ChangeKind::Renamed { .. } => "renamed, not committed",
        ChangeKind::Conflicted => "in conflict",
    }
}

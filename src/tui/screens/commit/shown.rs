//! The right side: the chosen change or group as a text, or what has to be read before the next commit.

use super::listing::{self, Row};
use super::{Commit, Effect, Part, Shown, What};
use crate::taxonomy::Diagnostic;
use crate::text::counted::counted;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;
use crate::workbench::ChangeGroup;

/// Shows why nothing was committed, or what hooks said, until another row is chosen.
pub fn message(commit: &mut Commit, title: String, prose: Prose) {
    commit.shown = Some(Shown {
        title,
        prose,
        what: What::Message,
    });
    // Keys scroll what is to be read now; the message keeps what was written.
    commit.part = Part::Difference;
}

/// Adds findings with their places.
pub fn push_errors<'a>(errors: impl Iterator<Item = &'a Diagnostic>, prose: &mut Prose) {
    for (number, error) in errors.enumerate() {
        if number == 50 {
            prose.push("… and more\n", Role::Dim);
            return;
        }
        prose.push(&format!("✗ {}:{}:{} ", error.path, error.line, error.column), Role::Bad);
        prose.push(&format!("{}\n", error.message), Role::Text);
    }
}

/// Shows the chosen row; reads a change that is not read yet.
pub fn look(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let commit = &mut model.commit;
    let Some(row) = commit.row() else {
        if !commit.shows_message() {
            commit.shown = None;
        }
        return;
    };
    let chosen = commit.file().cloned();
    let path = chosen.as_ref().map(|file| file.path.clone());
    if path != commit.asked {
        commit.asked = path;
        commit.shown = None;
        if let Some(file) = chosen {
            fx.push(AnyEffect::Commit(Effect::Difference(Box::new(file))));
        }
    }
    if commit
        .shown
        .as_ref()
        .is_none_or(|shown| shown.what != What::Message && shown.what != What::Row(row))
    {
        lay_out(commit);
    }
}

/// Writes the right side for the chosen row.
pub fn lay_out(commit: &mut Commit) {
    let Some(row) = commit.row() else { return };
    let mut prose = Prose::default();
    let title = match (row, commit.file()) {
        (Row::File(_), Some(file)) => {
            if let Some(why) = listing::never(file) {
                prose.push(&format!("! never committed here: {why}\n\n"), Role::Warning);
            }
            let errors = file
                .node
                .as_ref()
                .and_then(|node| commit.overview.as_ref()?.errors.get(node));
            if let Some(errors) = errors.filter(|_| file.group == ChangeGroup::Seeds) {
                push_errors(errors.iter(), &mut prose);
                prose.push("\n", Role::Text);
            }
            match commit.texts.as_ref().filter(|(path, _)| *path == file.path) {
                Some((_, texts)) => texts.pieces(commit.by_line).add_to(&mut prose),
                None => prose.push("reading …", Role::Dim),
            }
            format!("{}: {} · {}", listing::name(file), listing::meaning(file), file.shown)
        }
        (Row::Heading(group), _) => {
            let files: Vec<_> = commit.files().iter().zip(&commit.listing.included).collect();
            let mine = || files.iter().filter(|(file, _)| file.group == group);
            let chosen = mine().filter(|(_, included)| **included).count();
            let all = counted(mine().count(), "change", "changes");
            prose.push(
                &format!("{chosen} of {all} chosen; here all are taken in or left out at once\n\n"),
                Role::Dim,
            );
            for (file, _) in mine().take(200) {
                prose.push(&format!("{}: ", listing::name(file)), Role::Strong);
                prose.push(&format!("{}\n", listing::meaning(file)), Role::Text);
            }
            listing::heading(group).to_owned()
        }
        _ => return,
    };
    commit.shown = Some(Shown {
        title,
        prose,
        what: What::Row(row),
    });
}

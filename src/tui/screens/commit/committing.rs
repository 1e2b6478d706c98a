//! The commit itself: the drafted message, what holds it back, and what follows once it is made.

use super::{Commit, Effect, Part, Shown, What, asking, shown};
use crate::git::Committed;
use crate::text::counted::counted;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::Model;
use crate::tui::screens::browse;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Prose};
use crate::workbench::CommitRequest;

/// Drafts the message again, unless the person has written in it.
pub fn draft(commit: &mut Commit) {
    if commit.message.text().trim_end() != commit.drafted.trim_end() {
        return;
    }
    let paths = commit.included_paths();
    let Some(overview) = &commit.overview else { return };
    let drafted = overview.changes.draft_message(&paths);
    if drafted != commit.drafted {
        commit.message = Field::new(&drafted, true);
        commit.drafted = drafted;
    }
}

/// Commits, unless something holds it back, which is said.
pub fn commit_now(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let commit = &mut model.commit;
    let Some(overview) = &commit.overview else { return };
    let message = commit.message.text();
    if message.trim().is_empty() {
        model.tell(Weight::Bad, "the commit has no message; m writes one");
        return;
    }
    if overview.author.is_none() {
        return asking::ask_for_author(model, "");
    }
    if !commit.listing.errors.is_empty() && !commit.despite_errors {
        return refuse(model);
    }
    let request = CommitRequest {
        paths: commit.included_paths(),
        message: message.clone(),
        author: None,
        sign_off: commit.sign_off,
        new_branch: commit.new_branch.clone(),
        despite_errors: commit.despite_errors,
    };
    commit.committing = Some(message);
    fx.push(AnyEffect::Commit(Effect::Commit(Box::new(request))));
}

/// Says which errors hold the commit back.
fn refuse(model: &mut Model) {
    let toggle = model.keymap.how(Command::TogglePath);
    let all_the_same = model.keymap.how(Command::OverrideErrors);
    let commit = &mut model.commit;
    let told = counted(commit.listing.errors.len(), "error", "errors");
    let mut prose = Prose::default();
    prose.push("Nothing was committed: chosen seeds have errors.\n", Role::Bad);
    prose.push(
        &format!(
            "Mend them in the form, leave them out with {toggle}, or press {all_the_same} to commit all the same.\n\n"
        ),
        Role::Text,
    );
    shown::push_errors(commit.listing.errors.iter(), &mut prose);
    shown::message(commit, format!("held back by {told}"), prose);
    model.tell(
        Weight::Bad,
        format!("not committed: chosen seeds have {told}; {all_the_same} commits all the same"),
    );
}

pub fn made(model: &mut Model, committed: &Committed, fx: &mut Vec<AnyEffect>) {
    let commit = &mut model.commit;
    let on = committed
        .branch
        .as_ref()
        .map_or(String::new(), |branch| format!(" on {branch}"));
    let what = format!("{}{on}", committed.short);
    // What was typed while the commit ran is the beginning of the next message.
    if commit
        .committing
        .take()
        .is_none_or(|sent| sent == commit.message.text())
    {
        commit.message = Field::new("", true);
        commit.drafted = String::new();
    }
    commit.new_branch = None;
    commit.despite_errors = false;
    commit.choices.clear();
    commit.last = Some(what.clone());
    commit.part = Part::Changes;
    commit.shown = None;
    let said: Vec<&str> = committed
        .notes
        .iter()
        .map(String::as_str)
        .chain([committed.hook_output.trim()])
        .collect();
    let said = said.join("\n").trim().to_owned();
    if !said.is_empty() {
        let prose = Prose::new(said);
        commit.shown = Some(Shown {
            title: format!("said while committing {what}"),
            prose,
            what: What::Message,
        });
    }
    model.tell(Weight::Good, format!("committed {what}"));
    fx.push(AnyEffect::Commit(Effect::Load));
    fx.extend([browse::Effect::Git, browse::Effect::Count].map(AnyEffect::Browse));
}

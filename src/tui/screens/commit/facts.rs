//! What a commit made now would be: checks, branch, author, sign-off, hooks and signing, each in a plain line.

use super::{Commit, Overview};
use crate::git::Practices;
use crate::text::counted::counted;
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// One line, with how much it matters.
pub type Fact = (String, Role);

/// The lines, what needs a look first.
pub fn facts(model: &Model) -> Vec<Fact> {
    let commit = &model.commit;
    let Some(overview) = &commit.overview else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    if commit.committing.is_some() {
        facts.push((
            "committing … hooks may take a while; the rest of the program stays usable".to_owned(),
            Role::Accent,
        ));
    }
    if let Some(why) = &commit.trouble {
        facts.push((
            format!("✗ this may be old, since looking again failed: {why}"),
            Role::Bad,
        ));
    }
    facts.extend(check(commit));
    if model.edit.is_changed() {
        let told = format!(
            "! the form has unsaved text, which is no part of this commit ({} goes there, {} saves it)",
            model.keymap.how(Command::GoEdit),
            model.keymap.how(Command::Save)
        );
        facts.push((told, Role::Warning));
    }
    facts.push((
        format!(
            "{} · {} of {} chosen",
            branch(commit),
            commit.listing.count,
            changes(commit)
        ),
        Role::Strong,
    ));
    match &overview.author {
        Some(author) if commit.sign_off => facts.push((author.sign_off_line(), Role::Text)),
        Some(author) => {
            let sign_off = model.keymap.how(Command::ToggleSignOff);
            facts.push((
                format!("author {author} · no sign-off ({sign_off} adds the line)"),
                Role::Text,
            ));
        }
        None => facts.push((
            "git does not know who you are here; committing asks for it".to_owned(),
            Role::Warning,
        )),
    }
    facts.push(practices(&overview.practices));
    facts.extend(notes(overview, commit).map(|note| (format!("! {note}"), Role::Warning)));
    facts
}

/// The lines as one text.
pub fn prose(model: &Model) -> Prose {
    let mut prose = Prose::default();
    for (index, (text, role)) in facts(model).iter().enumerate() {
        if index > 0 {
            prose.push("\n", Role::Text);
        }
        prose.push(text, *role);
    }
    prose
}

fn changes(commit: &Commit) -> String {
    counted(commit.files().len(), "change", "changes")
}

fn check(commit: &Commit) -> Option<Fact> {
    let errors = commit.listing.errors.len();
    let told = counted(errors, "error", "errors");
    match (errors, commit.despite_errors) {
        (0, _) if commit.listing.count == 0 => None,
        (0, _) => Some(("✓ no errors in the chosen seeds".to_owned(), Role::Good)),
        (_, true) => Some((
            format!("! overridden: commits despite {told} in chosen seeds (! takes that back)"),
            Role::Warning,
        )),
        (_, false) => Some((
            format!("✗ {told} in chosen seeds: mend, leave out, or ! commits all the same"),
            Role::Bad,
        )),
    }
}

/// Which branch the commit goes to.
pub fn branch(commit: &Commit) -> String {
    let current = commit.overview.as_ref().and_then(|overview| overview.branch.as_deref());
    match (&commit.new_branch, current) {
        (Some(new), Some(current)) => format!("on the new branch {new}, from {current}"),
        (Some(new), None) => format!("on the new branch {new}"),
        (None, Some(current)) => format!("on {current}"),
        (None, None) => "on no branch (b makes one)".to_owned(),
    }
}

fn practices(practices: &Practices) -> Fact {
    if practices.git_program.is_none() {
        return (
            "no git program: hooks and signing will not run".to_owned(),
            Role::Warning,
        );
    }
    let hooks = if practices.hooks.is_empty() {
        "no hooks".to_owned()
    } else {
        format!("hooks that will run: {}", practices.hooks.join(", "))
    };
    let signing = practices
        .signing
        .as_ref()
        .map_or("not signed".to_owned(), |how| format!("signed with {how}"));
    (format!("{hooks} · {signing}"), Role::Dim)
}

fn notes<'a>(overview: &'a Overview, commit: &'a Commit) -> impl Iterator<Item = &'a String> {
    // A new branch answers the note that there is none, which is the only one where git is there.
    let answered = commit.new_branch.is_some() && overview.practices.git_program.is_some();
    overview.practices.notes.iter().filter(move |_| !answered)
}

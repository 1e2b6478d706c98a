//! The questions of this screen: what a new branch is called, who commits.

use super::{Effect, wording};
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::Model;

pub fn ask_for_branch(model: &mut Model, typed: Option<&str>) {
    let current = model
        .commit
        .overview
        .as_ref()
        .and_then(|overview| overview.branch.clone());
    let stay = current.map_or("no new branch".to_owned(), |branch| format!("stay on {branch}"));
    let body = "The commit starts the branch where you are now, and you stay on it. Use letters, digits, '-' and '/', as in \
                curate/frost. An empty name means no new branch.";
    let text = typed
        .or(model.commit.new_branch.as_deref())
        .unwrap_or_default()
        .to_owned();
    let dialog = Dialog::new("new branch", body, model.now)
        .input("name", &text)
        .choice("commit on this branch", Answer::NewBranch)
        .choice(stay, Answer::Nothing);
    model.ask(dialog);
}

pub fn ask_for_author(model: &mut Model, typed: &str) {
    let body = "Git does not know who commits here. Write your name and address as they shall stand in the history; they are \
                kept in this repository's settings.";
    let dialog = Dialog::new("who are you", body, model.now)
        .input("Name <address>", typed)
        .choice("keep this for this repository", Answer::NameAuthor)
        .choice("not now", Answer::Nothing);
    model.ask(dialog);
}

/// A dialog of this screen was answered.
pub fn answer(model: &mut Model, answer: &Answer, filled: &str, fx: &mut Vec<AnyEffect>) {
    match answer {
        Answer::NewBranch if filled.trim().is_empty() => model.commit.new_branch = None,
        Answer::NewBranch => match wording::branch_name(filled) {
            Ok(name)
                if model
                    .commit
                    .overview
                    .as_ref()
                    .is_some_and(|known| known.branch.as_ref() == Some(&name)) =>
            {
                model.commit.new_branch = None;
                model.tell(Weight::Plain, format!("{name} is the branch you are on"));
            }
            Ok(name) => model.commit.new_branch = Some(name),
            Err(error) => {
                model.tell(Weight::Bad, error.to_string());
                ask_for_branch(model, Some(filled));
            }
        },
        Answer::NameAuthor => match wording::author(filled) {
            Ok(author) => fx.push(AnyEffect::Commit(Effect::NameAuthor(author))),
            Err(why) => {
                model.tell(Weight::Bad, why);
                ask_for_author(model, filled);
            }
        },
        _ => {}
    }
}

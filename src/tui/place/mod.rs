//! Where the screen was left, so that the next start begins there: the screen, its leaf and position, the chosen node and the
//! folders that are closed.
//!
//! The tree is read in pieces while the person may be at work already. What was chosen is chosen again when its folder appears,
//! unless the person has chosen something else meanwhile.

mod file;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

pub use file::{keep, read};

use super::effect::Effect;
use super::event::{Action, MouseKind};
use super::model::{Model, ScreenName};
use super::screens::review::OnShow;
use super::screens::{commit, edit, generate, review};
use crate::taxonomy::NodePath;

/// A killed program loses at most what was done in this time.
const KEPT_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Where the screens begin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Start {
    /// Where they were left.
    #[default]
    WhereLeft,
    /// In the tree, at this node.
    At(NodePath),
    /// As if they had never been open on this taxonomy.
    Anew,
}

/// Where somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub screen: ScreenName,
    /// The node that is chosen in the tree.
    pub chosen: Option<NodePath>,
    /// Folders of the tree that are closed; all others are open.
    pub closed: Vec<NodePath>,
    /// What the screen is about, where it is not browse or commit.
    pub leaf: Option<NodePath>,
    /// The row of the form, or of the settings of a run.
    pub row: usize,
    /// The sample on show.
    pub sample: Option<OnShow>,
}

/// What a place is without the closed folders, cheap enough to be compared after every event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    screen: ScreenName,
    chosen: Option<NodePath>,
    folds: u64,
    leaf: Option<NodePath>,
    row: usize,
    sample: Option<OnShow>,
}

/// Follows where the person is.
#[derive(Debug, Default)]
pub struct Follower {
    /// The node to be chosen once the tree has it.
    wanted: Option<NodePath>,
    /// True when the choice was brought back, or the person made one.
    settled: bool,
    seen: Option<Mark>,
    kept: Option<Mark>,
    due: Option<Timestamp>,
}

impl Follower {
    /// When the place is to be kept.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.due
    }
}

/// Goes where the screens begin. Called once, before anything is known of the tree.
pub fn begin(model: &mut Model, start: Start, left: Option<Place>, fx: &mut Vec<Effect>) {
    let (place, at) = match start {
        Start::Anew => (None, None),
        Start::WhereLeft => (left, None),
        Start::At(node) => (left, Some(node)),
    };
    if let Some(place) = &place {
        model.tree.close_later(place.closed.iter().cloned());
    }
    let explicit = at.is_some();
    model.place.wanted = at.or_else(|| place.as_ref()?.chosen.clone());
    if let Some(place) = place.filter(|_| !explicit) {
        enter(model, place, fx);
    }
    model.place.seen = Some(mark(model));
    model.place.kept.clone_from(&model.place.seen);
}

fn enter(model: &mut Model, place: Place, fx: &mut Vec<Effect>) {
    let leaf = place.leaf.filter(|leaf| leaf.folder(&model.root).is_dir());
    let entered = match (place.screen, leaf) {
        (ScreenName::Commit, _) => commit::update::enter(model, fx),
        (ScreenName::Edit, Some(leaf)) if leaf.qna(&model.root).is_file() => {
            let entered = edit::update::enter(model, Some(leaf.clone()), fx);
            model.edit.come_back_to(leaf, place.row);
            entered
        }
        (ScreenName::Generate, Some(leaf)) if leaf.qna(&model.root).is_file() => {
            let entered = generate::update::enter(model, Some(leaf), fx);
            model.generate.come_back_to(place.row);
            entered
        }
        (ScreenName::Review, Some(leaf)) => {
            let entered = review::update::enter(model, Some(leaf), fx);
            model.review.come_back_to(place.sample);
            entered
        }
        _ => return,
    };
    if entered {
        model.screen = place.screen;
    }
}

/// More folders are in the tree: chooses the one that was chosen when the screens were left.
pub fn folders_found(model: &mut Model) {
    if let Some(node) = model.place.wanted.take() {
        if model.tree.choose(&node) {
            model.place.settled = true;
        } else {
            model.place.wanted = Some(node);
        }
    }
}

/// All folders are in the tree: what is not there by now is gone, and the folder it lay in is the next best. True when
/// something is chosen, so that a first look is not needed.
pub fn tree_walked(model: &mut Model) -> bool {
    folders_found(model);
    let mut above = model.place.wanted.take();
    while let Some(node) = above {
        if model.tree.choose(&node) {
            model.place.settled = true;
            break;
        }
        above = node.parent();
    }
    model.place.settled
}

/// The person went to a node in the tree: that is where they want to be, whatever is still to be found.
pub fn moved(model: &mut Model) {
    model.place.wanted = None;
    model.place.settled = true;
}

/// Looks where the person is after an event: keeps that soon after they moved, and at once when the time has come.
pub fn follow(model: &mut Model, by_person: bool, fx: &mut Vec<Effect>) {
    let now = mark(model);
    let seen = model.place.seen.replace(now.clone());
    if by_person && let Some(seen) = &seen {
        if seen.chosen != now.chosen || seen.folds != now.folds {
            moved(model);
        }
        if *seen != now && model.place.due.is_none() {
            model.place.due = model.now.checked_add(KEPT_AFTER).ok();
        }
    }
    if model.place.due.is_some_and(|due| due <= model.now) {
        leave(model, fx);
    }
}

/// Keeps the place now, if it is another one than was kept last.
pub fn leave(model: &mut Model, fx: &mut Vec<Effect>) {
    model.place.due = None;
    let here = mark(model);
    if model.place.kept.as_ref() == Some(&here) {
        return;
    }
    fx.push(Effect::KeepPlace(Box::new(place(model))));
    model.place.kept = Some(here);
}

/// True for what only a person does.
pub fn is_by_person(action: &Action) -> bool {
    match action {
        Action::Command(..) | Action::Type(_) | Action::Paste(_) => true,
        Action::Mouse(mouse) => mouse.kind != MouseKind::Drag,
        Action::Resize(..)
        | Action::Focus(_)
        | Action::Terminate
        | Action::Suspend
        | Action::Wake
        | Action::Report(_) => false,
    }
}

fn place(model: &Model) -> Place {
    let Mark {
        screen,
        chosen,
        leaf,
        row,
        sample,
        ..
    } = mark(model);
    Place {
        screen,
        // Not found yet is not forgotten.
        chosen: model.place.wanted.clone().or(chosen),
        closed: model.tree.closed(),
        leaf,
        row,
        sample,
    }
}

fn mark(model: &Model) -> Mark {
    let (leaf, row, sample) = match model.screen {
        ScreenName::Browse | ScreenName::Commit | ScreenName::Find => (None, 0, None),
        ScreenName::Edit | ScreenName::Documents => (model.edit.node(), model.edit.row(), None),
        ScreenName::Generate => (model.generate.node(), model.generate.row(), None),
        ScreenName::Review => (model.review.node(), 0, model.review.on_show()),
    };
    // Documents belong to the form of their leaf: one comes back to that.
    let screen = match model.screen {
        ScreenName::Documents => ScreenName::Edit,
        // A search begins anew the next time.
        ScreenName::Find => ScreenName::Browse,
        other => other,
    };
    Mark {
        screen,
        chosen: model.tree.chosen().map(|node| node.path.clone()),
        folds: model.tree.folds(),
        leaf: leaf.cloned(),
        row,
        sample,
    }
}

/// The screen with this title.
fn screen_called(title: &str) -> Option<ScreenName> {
    ScreenName::ALL.into_iter().find(|screen| screen.title() == title)
}

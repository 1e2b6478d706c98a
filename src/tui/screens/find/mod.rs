//! Find and replace across the taxonomy: what to look for at the top, every place with what it will become below.
//!
//! Nothing is written before it is asked for; places can be left out one by one, and one undo takes a whole replacement back.

pub mod jobs;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use std::collections::HashSet;

use crate::taxonomy::NodePath;
use crate::taxonomy::replacing::{Fields, Found, Search, Wanted};
use crate::tui::command::{Command, Context};
use crate::tui::model::{Model, ScreenName};
use crate::tui::widgets::{Field, Rows};
use crate::workbench::{LeafPlaces, Refused, Replaced, Replacement, Searched};

/// Places that are listed; with more the search is to be narrowed.
const MOST_PLACES: usize = 20_000;

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    Search { search: Box<Search>, within: Vec<NodePath> },
    StopSearch,
    Replace(Vec<LeafPlaces>),
    TakeBack(Vec<Replaced>),
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    /// Some of what was found.
    Some(Vec<Searched>),
    /// The search is over; how many leaves were read, and whether it stopped because there was too much.
    Searched {
        read: usize,
        stopped: bool,
    },
    Replaced(Replacement),
    TakenBack {
        changed: Vec<NodePath>,
        refused: Vec<Refused>,
    },
}

/// Which part has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Part {
    #[default]
    Find,
    With,
    List,
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Leaf(usize),
    /// A leaf, and a place in it.
    Place(usize, usize),
    Refused(usize),
}

/// The state of the screen.
pub struct Find {
    /// Where one came from, and goes back to.
    pub(super) from: ScreenName,
    pub(super) part: Part,
    pub(super) find: Field,
    pub(super) with: Field,
    pub(super) regex: bool,
    pub(super) case: bool,
    pub(super) fields: Fields,
    /// Only at or below this node.
    pub(super) within: Option<NodePath>,
    /// The node that `within` can be.
    pub(super) node: Option<NodePath>,
    pub(super) leaves: Vec<LeafPlaces>,
    pub(super) refused: Vec<Refused>,
    pub(super) items: Vec<Item>,
    pub(super) list: Rows,
    /// Places that are to stay as they are.
    pub(super) left_out: HashSet<(usize, usize)>,
    pub(super) searching: bool,
    /// What the last search said: leaves read, or why there was none.
    pub(super) said: String,
    /// The last replacement, until it is taken back.
    pub(super) done: Vec<Replaced>,
    pub(super) replacing: bool,
}

impl Default for Find {
    fn default() -> Self {
        Find {
            from: ScreenName::Browse,
            part: Part::default(),
            find: Field::new("", false),
            with: Field::new("", false),
            regex: false,
            case: false,
            fields: Fields::All,
            within: None,
            node: None,
            leaves: Vec::new(),
            refused: Vec::new(),
            items: Vec::new(),
            list: Rows::default(),
            left_out: HashSet::new(),
            searching: false,
            said: String::new(),
            done: Vec::new(),
            replacing: false,
        }
    }
}

impl Find {
    /// Where keys go, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.part {
            Part::List => vec![Context::Replace],
            Part::Find | Part::With => vec![Context::ReplaceField, Context::Field, Context::Replace],
        }
    }

    /// The screen that this one was opened from.
    pub fn came_from(&self) -> ScreenName {
        self.from
    }

    pub(super) fn field(&mut self) -> Option<&mut Field> {
        match self.part {
            Part::Find => Some(&mut self.find),
            Part::With => Some(&mut self.with),
            Part::List => None,
        }
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            find: self.find.text(),
            with: self.with.text(),
            regex: self.regex,
            case: self.case,
            fields: vec![self.fields],
        }
    }

    pub(super) fn place(&self, leaf: usize, place: usize) -> Option<&Found> {
        self.leaves.get(leaf)?.found.get(place)
    }

    /// How many places there are, and how many are ticked.
    pub(super) fn counts(&self) -> (usize, usize) {
        let all = self.leaves.iter().map(|leaf| leaf.found.len()).sum();
        (all, all - self.left_out.len())
    }

    /// The leaves with their ticked places.
    pub(super) fn ticked(&self) -> Vec<LeafPlaces> {
        let leaves = self.leaves.iter().enumerate();
        let ticked = leaves.map(|(at, leaf)| {
            let found = leaf.found.iter().enumerate();
            LeafPlaces {
                node: leaf.node.clone(),
                fingerprint: leaf.fingerprint,
                found: found
                    .filter(|(place, _)| !self.left_out.contains(&(at, *place)))
                    .map(|(_, found)| found.clone())
                    .collect(),
            }
        });
        ticked.filter(|leaf| !leaf.found.is_empty()).collect()
    }
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    let mut commands = match model.find.part {
        Part::List => vec![
            Command::ReplaceToggle,
            Command::ReplaceNow,
            Command::ReplaceUndo,
            Command::NextPane,
        ],
        Part::Find | Part::With => vec![Command::ReplaceNext, Command::ReplaceToList, Command::ReplaceNow],
    };
    commands.extend([
        Command::ReplaceRegex,
        Command::ReplaceCase,
        Command::ReplaceFields,
        Command::ReplaceWithin,
        Command::Back,
    ]);
    commands
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let find = &model.find;
    match command {
        Command::ReplaceNow if find.replacing => Some("a replacement is under way".into()),
        Command::ReplaceNow if find.searching => Some("the search is not over yet".into()),
        Command::ReplaceNow if find.counts().1 == 0 => Some("no place is ticked".into()),
        Command::ReplaceToggle | Command::ReplaceToggleAll if find.items.is_empty() => {
            Some("nothing was found yet".into())
        }
        Command::ReplaceUndo if find.done.is_empty() => Some("nothing was replaced here yet".into()),
        Command::ReplaceWithin if find.node.is_none() => Some("the whole taxonomy is searched".into()),
        Command::Review | Command::GoReview | Command::GoGenerate | Command::GoEdit => model.why_not_from_tree(command),
        _ => None,
    }
}

//! The whole state of the screens. Only `update` changes it; views read it.

use std::collections::HashMap;
use std::path::PathBuf;

use jiff::Timestamp;

use super::chrome::{Dialog, Help, Notices, Palette, Weight};
use super::command::{Command, Context};
use super::hits::Hits;
use super::keymap::Keymap;
use super::place::Follower;
use super::screens::attribution::SourcesForm;
use super::screens::browse::Browse;
use super::screens::commit::Commit;
use super::screens::documents::Documents;
use super::screens::edit::Edit;
use super::screens::find::Find;
use super::screens::generate::Generate;
use super::screens::review::Review;
use super::theme::{Depth, Theme};
use super::tree::Tree;
use crate::git::{Change, ChangeKind};
use crate::workbench::Workbench;

/// The screens, in the order of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScreenName {
    Browse,
    Edit,
    Generate,
    Review,
    Commit,
    /// Find and replace; has no tab of its own.
    Find,
    /// Reached from a knowledge leaf; has no tab.
    Documents,
}

impl ScreenName {
    /// Those with a tab.
    pub const ALL: [ScreenName; 5] = [
        ScreenName::Browse,
        ScreenName::Edit,
        ScreenName::Generate,
        ScreenName::Review,
        ScreenName::Commit,
    ];

    pub fn title(self) -> &'static str {
        match self {
            ScreenName::Browse => "browse",
            ScreenName::Edit => "edit",
            ScreenName::Generate => "generate",
            ScreenName::Review => "review",
            ScreenName::Commit => "commit",
            ScreenName::Find => "find",
            ScreenName::Documents => "documents",
        }
    }
}

/// What git says of the taxonomy's repository.
#[derive(Debug, Clone, Default)]
pub struct GitState {
    /// The branch, or the short commit when none is checked out.
    pub branch: String,
    /// Paths are relative to the taxonomy.
    pub changes: Vec<Change>,
    pub loaded: bool,
    by_path: HashMap<String, ChangeKind>,
}

impl GitState {
    pub fn new(branch: String, changes: Vec<Change>) -> Self {
        let by_path = changes
            .iter()
            .map(|change| (change.path.clone(), change.kind.clone()))
            .collect();
        GitState {
            branch,
            changes,
            loaded: true,
            by_path,
        }
    }

    /// What git says of a path relative to the taxonomy; `None` when it is as committed.
    pub fn kind_of(&self, path: &str) -> Option<&ChangeKind> {
        self.by_path.get(path)
    }
}

/// A box over the screen.
pub enum Overlay {
    Help(Help),
    Palette(Palette),
    Dialog(Dialog),
    Sources(Box<SourcesForm>),
}

/// Everything the screens show.
pub struct Model {
    pub size: (u16, u16),
    /// When the event that is being looked at came; `update` reads no clock.
    pub now: Timestamp,
    pub theme: Theme,
    pub depth: Depth,
    pub keymap: Keymap,
    /// The taxonomy's folder and its name.
    pub root: PathBuf,
    pub name: String,
    pub screen: ScreenName,
    pub tree: Tree,
    pub git: GitState,
    pub browse: Browse,
    pub edit: Edit,
    pub find: Find,
    pub generate: Generate,
    pub review: Review,
    pub commit: Commit,
    pub documents: Documents,
    pub overlay: Option<Overlay>,
    pub place: Follower,
    pub notices: Notices,
    /// Where things lay in the frame drawn last.
    pub hits: Hits,
    pub mouse: bool,
    pub focused: bool,
    /// True where changes by other programs are not heard of, so that they are looked for at every return to the window.
    pub unwatched: bool,
}

impl Model {
    /// The state at the start: nothing is known of the taxonomy yet.
    pub fn new(
        workbench: &Workbench,
        theme: Theme,
        depth: Depth,
        keymap: Keymap,
        size: (u16, u16),
        mouse: bool,
    ) -> Self {
        Model {
            size,
            now: Timestamp::now(),
            theme,
            depth,
            keymap,
            root: workbench.root().to_owned(),
            name: workbench.name(),
            screen: ScreenName::Browse,
            tree: Tree::default(),
            git: GitState::default(),
            browse: Browse::default(),
            edit: Edit::default(),
            find: Find::default(),
            generate: Generate::default(),
            review: Review::default(),
            commit: Commit::default(),
            documents: Documents::default(),
            overlay: None,
            place: Follower::default(),
            notices: Notices::default(),
            hits: Hits::default(),
            mouse,
            focused: true,
            unwatched: false,
        }
    }

    /// Where keys go, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match &self.overlay {
            Some(Overlay::Help(_)) => return vec![Context::Help, Context::Global],
            Some(Overlay::Palette(_)) => return vec![Context::Palette, Context::Global],
            Some(Overlay::Dialog(_)) => return vec![Context::Dialog],
            Some(Overlay::Sources(form)) => return form.contexts(),
            None => {}
        }
        let own = match self.screen {
            ScreenName::Browse => self.browse.context(),
            ScreenName::Edit => {
                let mut contexts = self.edit.contexts();
                contexts.push(Context::Global);
                return contexts;
            }
            ScreenName::Generate => self.generate.context(),
            ScreenName::Review => self.review.context(),
            ScreenName::Commit => self.commit.context(),
            ScreenName::Find => {
                let mut contexts = self.find.contexts();
                contexts.push(Context::Global);
                return contexts;
            }
            ScreenName::Documents => self.documents.context(),
        };
        vec![own, Context::Global]
    }

    /// True when characters are text, not commands.
    pub fn is_typing(&self) -> bool {
        match &self.overlay {
            Some(Overlay::Help(_) | Overlay::Palette(_)) => true,
            Some(Overlay::Dialog(dialog)) => dialog.input.is_some(),
            Some(Overlay::Sources(form)) => form.typing.is_some(),
            None => matches!(
                self.contexts().first(),
                Some(Context::Field | Context::Find | Context::ReplaceField | Context::Target)
            ),
        }
    }

    /// Why a command does nothing now; `None` when it can be used.
    pub fn why_not(&self, command: Command) -> Option<String> {
        let idle = self.generate.progress_line().is_none();
        if command == Command::Stop && idle {
            return Some("nothing is running".into());
        }
        match self.screen {
            ScreenName::Browse => super::screens::browse::why_not(self, command),
            ScreenName::Edit => super::screens::edit::why_not(self, command),
            ScreenName::Generate => super::screens::generate::why_not(self, command),
            ScreenName::Review => super::screens::review::why_not(self, command),
            ScreenName::Commit => super::screens::commit::why_not(self, command),
            ScreenName::Find => super::screens::find::why_not(self, command),
            ScreenName::Documents => super::screens::documents::why_not(self, command),
        }
    }

    /// Why a command that goes by the tree's choice does nothing now.
    pub fn why_not_from_tree(&self, command: Command) -> Option<String> {
        super::screens::browse::why_not(self, command)
    }

    /// A passing message.
    pub fn tell(&mut self, weight: Weight, text: impl Into<String>) {
        self.notices.tell(weight, text, self.now);
    }

    /// Asks a question over the screen.
    pub fn ask(&mut self, dialog: Dialog) {
        self.overlay = Some(Overlay::Dialog(dialog));
    }

    /// The next moment at which the screen changes by itself.
    pub fn wake_at(&self) -> Option<Timestamp> {
        [
            self.notices.wake_at(self.now),
            self.edit.wake_at(),
            self.generate.wake_at(self.now),
            self.place.wake_at(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn find_is_from_edit(&self) -> bool {
        self.find.came_from() == ScreenName::Edit
    }

    /// The leaf that commands without a place of their own are about.
    pub fn chosen_leaf(&self) -> Option<crate::taxonomy::NodePath> {
        match self.screen {
            ScreenName::Edit | ScreenName::Documents => self.edit.node().cloned(),
            ScreenName::Review => self.review.node().cloned(),
            ScreenName::Generate => self.generate.node().cloned(),
            ScreenName::Find if self.find_is_from_edit() => self.edit.node().cloned(),
            ScreenName::Browse | ScreenName::Commit | ScreenName::Find => self
                .tree
                .chosen()
                .filter(|node| node.is_leaf)
                .map(|node| node.path.clone()),
        }
    }
}

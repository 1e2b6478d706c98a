//! How things look: roles that screens ask for, themes that give each role a style, colours that fit the terminal.
//!
//! Themes are YAML files in `themes/`, embedded in the binary. Screens name roles, never colours.

mod colour;
mod file;

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};

pub use colour::Depth;
pub use file::{ThemeError, shipped, shipped_names};

macro_rules! roles {
    ($($name:ident $word:literal $doc:literal)*) => {
        /// What a piece of the screen is, so that a theme can say how it looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role { $(#[doc = $doc] $name),* }

        impl Role {
            pub const ALL: &[Role] = &[$(Role::$name),*];

            /// The role's name in a theme file.
            pub fn word(self) -> &'static str {
                match self { $(Role::$name => $word),* }
            }
        }
    };
}

roles! {
    Text "text" "Ordinary text, and the background of everything."
    Dim "dim" "Text that matters less: hints, counts, line numbers."
    Strong "strong" "Headings and the thing that is looked at."
    Accent "accent" "The one colour that draws the eye: the current screen, a caret's field."
    Border "border" "The frame of a pane."
    BorderFocus "border-focus" "The frame of the pane that has the keys."
    Header "header" "The line at the top."
    Footer "footer" "The line at the bottom."
    Key "key" "A key's name in footer and help."
    Selection "selection" "The chosen row of a list that has the keys."
    SelectionIdle "selection-idle" "The chosen row of a list that does not have the keys."
    SelectedText "selected-text" "Text selected in a field."
    Match "match" "Characters that a search found."
    Good "good" "Accepted, saved, in order."
    Warning "warning" "Worth a look."
    Bad "bad" "Rejected, failed, wrong."
    Added "added" "Text that is new in a difference."
    Removed "removed" "Text that is gone in a difference."
    Changed "changed" "A file or field with unsaved or uncommitted changes."
    Quoted "quoted" "The passage of a source that a sample rests on."
    Meter "meter" "The filled part of a progress bar."
    Notice "notice" "A passing message."
    FileKey "file-key" "A key in a file that is shown as it is."
    FileText "file-text" "A text in quotes or in a block, in such a file."
    Comment "comment" "A comment in such a file."
}

/// A theme fitted to a terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    pub name: String,
    pub dark: bool,
    styles: BTreeMap<Role, Style>,
    /// False where only attributes tell things apart, so that marks must be drawn.
    pub has_colour: bool,
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    /// A theme without any colour: bold, dim, reverse and underline tell roles apart (`NO_COLOR`, `TERM=dumb`).
    pub fn plain() -> Self {
        let attributes = |role: Role| match role {
            Role::Strong
            | Role::Accent
            | Role::BorderFocus
            | Role::Key
            | Role::Match
            | Role::Bad
            | Role::Notice
            | Role::FileKey => Modifier::BOLD,
            Role::Selection | Role::SelectedText | Role::Meter => Modifier::REVERSED,
            Role::SelectionIdle | Role::Added | Role::Changed | Role::Quoted => Modifier::UNDERLINED,
            Role::Dim | Role::Border | Role::Comment => Modifier::DIM,
            Role::Removed => Modifier::CROSSED_OUT,
            _ => Modifier::empty(),
        };
        let styles = Role::ALL
            .iter()
            .map(|role| (*role, Style::new().add_modifier(attributes(*role))))
            .collect();
        Theme {
            name: "plain".into(),
            dark: true,
            styles,
            has_colour: false,
        }
    }
}

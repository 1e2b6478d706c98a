//! The palette: any command or leaf by name.

use ratatui::layout::Rect;

use crate::taxonomy::NodePath;
use crate::text::search::Matcher;
use crate::tui::canvas::{Canvas, centred};
use crate::tui::command::{Command, Group, Row, TABLE};
use crate::tui::effect::Effect;
use crate::tui::hits::Hit;
use crate::tui::key::{Key, Press};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Rows};

/// Something the palette opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Command(Command),
    Leaf(NodePath),
}

impl Entry {
    pub fn open(self, model: &mut Model, fx: &mut Vec<Effect>) {
        match self {
            Entry::Command(command) => {
                let key = model
                    .keymap
                    .keys(command)
                    .first()
                    .copied()
                    .unwrap_or(Key::plain(Press::Enter));
                crate::tui::update::run(model, command, key, fx);
            }
            Entry::Leaf(path) => {
                crate::tui::update::go(model, crate::tui::model::ScreenName::Browse, fx);
                model.tree.choose(&path);
            }
        }
    }
}

/// The state of the palette box. Commands are found at once, leaves by a search job.
pub struct Palette {
    field: Field,
    usable: Vec<Command>,
    leaves: Vec<NodePath>,
    pub entries: Vec<Entry>,
    pub rows: Rows,
}

impl Palette {
    pub fn new(model: &Model) -> Self {
        let contexts = model.contexts();
        let mut usable: Vec<&Row> = TABLE
            .iter()
            .filter(|row| row.contexts.iter().any(|context| contexts.contains(context)))
            .filter(|row| {
                !matches!(
                    row.command,
                    Command::Palette | Command::Back | Command::ReasonDigit | Command::CountDigit | Command::CountErase
                )
            })
            .filter(|row| model.why_not(row.command).is_none())
            .collect();
        // What the screen itself can do comes first, moving about last.
        usable.sort_by_key(|row| {
            let place = contexts.iter().position(|context| row.contexts.contains(context));
            (row.group == Group::Move, place)
        });
        let usable = usable.into_iter().map(|row| row.command).collect();
        let mut palette = Palette {
            field: Field::new("", false),
            usable,
            leaves: Vec::new(),
            entries: Vec::new(),
            rows: Rows::default(),
        };
        palette.narrow();
        palette
    }

    pub fn query(&self) -> String {
        self.field.text()
    }

    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.narrow();
        self.rows.chosen = 0;
    }

    pub fn type_key(&mut self, key: Key) {
        self.field.key(key);
        self.narrow();
        self.rows.chosen = 0;
    }

    /// Takes in what the search job found for the text that is there now.
    pub fn found(&mut self, query: &str, leaves: Vec<NodePath>) {
        if query == self.query() {
            self.leaves = leaves;
            self.narrow();
        }
    }

    pub fn entry(&self) -> Option<Entry> {
        self.entries.get(self.rows.chosen).cloned()
    }

    fn narrow(&mut self) {
        let query = self.query();
        let mut matcher = Matcher::new();
        let mut scored: Vec<(u32, Command)> = self
            .usable
            .iter()
            .filter_map(|command| {
                let row = command.row();
                let score = if query.is_empty() {
                    Some(0)
                } else {
                    matcher.score(&query, &format!("{} {}", row.title, row.id))
                };
                Some((score?, *command))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        if query.is_empty() {
            self.leaves.clear();
        }
        // Commands that have the very text come before leaves, those that have its letters only after them.
        let wanted = query.to_lowercase();
        let (meant, guessed): (Vec<_>, Vec<_>) = scored
            .into_iter()
            .map(|(_, command)| command)
            .partition(|command| command.row().title.contains(&wanted) || command.row().id.contains(&wanted));
        self.entries = meant.into_iter().map(Entry::Command).collect();
        self.entries
            .extend(self.leaves.iter().take(200).cloned().map(Entry::Leaf));
        self.entries.extend(guessed.into_iter().map(Entry::Command));
    }
}

/// Draws the palette over the screen.
pub fn draw(palette: &Palette, model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let frame = centred(
        area,
        area.width.saturating_sub(4).min(80),
        area.height.saturating_sub(2).min(20),
    );
    canvas.clear(frame);
    let inner = canvas.pane(frame, 92, "go to a command or a leaf", true);
    if inner.height < 3 || inner.width < 20 {
        return;
    }
    palette.field.draw(
        canvas,
        Rect {
            x: inner.x + 1,
            width: inner.width - 2,
            height: 1,
            ..inner
        },
    );
    hint_in_empty(
        &palette.field,
        canvas,
        inner,
        "type a word of a command, or of a leaf's path or text",
    );
    let list = Rect {
        y: inner.y + 2,
        height: inner.height - 2,
        ..inner
    };
    let window = palette.rows.window(palette.entries.len(), usize::from(list.height));
    for (y, index) in (list.y..list.bottom()).zip(window) {
        let row = Rect { y, height: 1, ..list };
        match palette.entries.get(index) {
            Some(Entry::Command(command)) => {
                let keys = model.keymap.shown(*command);
                for (x, text, role) in [
                    (1, command.row().title, Role::Strong),
                    (19, keys.as_str(), Role::Key),
                    (31, command.row().doc, Role::Dim),
                ] {
                    canvas.text(list.x + x, y, list.width.saturating_sub(x + 1), text, role);
                }
            }
            Some(Entry::Leaf(path)) => {
                canvas.text(list.x + 1, y, list.width - 2, path.as_str(), Role::Text);
            }
            None => {}
        }
        if index == palette.rows.chosen {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Row { pane: 92, index });
    }
    if palette.entries.is_empty() {
        canvas.text(list.x + 1, list.y, list.width - 1, "nothing is called that", Role::Dim);
    }
}

/// Says in an empty line of a box what may be typed there.
pub fn hint_in_empty(field: &Field, canvas: &mut Canvas<'_, '_>, inner: Rect, hint: &str) {
    if field.text().is_empty() {
        canvas.text(inner.x + 2, inner.y, inner.width.saturating_sub(3), hint, Role::Dim);
    }
}

//! The palette: any command or leaf by name.

use ratatui::layout::Rect;

use crate::taxonomy::NodePath;
use crate::text::search::Matcher;
use crate::tui::canvas::Canvas;
use crate::tui::command::{Command, Group, Row, TABLE};
use crate::tui::effect::Effect;
use crate::tui::key::{Key, Press};
use crate::tui::leaf_search::LeafSearch;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{ListBox, Rows};

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
                model.tree.choose(&path);
                crate::tui::update::go(model, crate::tui::model::ScreenName::Browse, fx);
            }
        }
    }
}

/// The state of the palette box. Commands are found at once, leaves by a search job.
pub struct Palette {
    pub search: LeafSearch,
    usable: Vec<Command>,
    /// How many commands have the very text; they come first, and what is found later does not move them.
    meant: usize,
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
            search: LeafSearch::default(),
            usable,
            meant: 0,
            entries: Vec::new(),
            rows: Rows::default(),
        };
        palette.narrow();
        palette
    }

    pub fn paste(&mut self, text: &str, fx: &mut Vec<Effect>) {
        self.search.paste(text, fx);
        self.narrow();
        self.rows.chosen = 0;
    }

    pub fn type_key(&mut self, key: Key, fx: &mut Vec<Effect>) {
        self.search.key(key, fx);
        self.narrow();
        self.rows.chosen = 0;
    }

    /// Takes in what the search job found. Returns the entry that was accepted while it was still looked for.
    pub fn found(&mut self, query: String, leaves: Vec<NodePath>, fx: &mut Vec<Effect>) -> Option<Entry> {
        let before = self.entry();
        let answered = self.search.found(query, leaves, fx);
        self.narrow();
        // Who has moved, or has had the answer before, stays where they are.
        let stays = self.rows.chosen > 0 || answered.is_some_and(|answered| answered.again);
        let at = before
            .filter(|_| stays)
            .and_then(|entry| self.entries.iter().position(|other| *other == entry));
        self.rows.chosen = at.unwrap_or_default();
        answered.filter(|answered| answered.accepted).and_then(|_| self.entry())
    }

    pub fn entry(&self) -> Option<Entry> {
        self.entries.get(self.rows.chosen).cloned()
    }

    /// True when the chosen entry may be opened now; else it is opened as soon as the leaves for this text are found.
    pub fn accept(&mut self) -> bool {
        self.rows.chosen < self.meant || self.search.accept()
    }

    fn narrow(&mut self) {
        let query = self.search.text();
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
        // Commands that have the very text come before leaves, those that have its letters only after them.
        let wanted = query.to_lowercase();
        let (meant, guessed): (Vec<_>, Vec<_>) = scored
            .into_iter()
            .map(|(_, command)| command)
            .partition(|command| command.row().title.contains(&wanted) || command.row().id.contains(&wanted));
        self.meant = meant.len();
        self.entries = meant.into_iter().map(Entry::Command).collect();
        self.entries
            .extend(self.search.results.iter().take(200).cloned().map(Entry::Leaf));
        self.entries.extend(guessed.into_iter().map(Entry::Command));
    }
}

/// Draws the palette over the screen.
pub fn draw(palette: &Palette, model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let list = ListBox {
        pane: 92,
        title: "go to a command or a leaf",
        hint: "type a word of a command, or of a leaf's path or text",
        nothing: if palette.search.is_answered() {
            "nothing is called that"
        } else {
            "searching …"
        },
        most: (80, 20),
    };
    let rows = (&palette.rows, palette.entries.len());
    list.draw(
        canvas,
        area,
        &palette.search.field,
        rows,
        |canvas, row, index| match palette.entries.get(index) {
            Some(Entry::Command(command)) => {
                let keys = model.keymap.shown(*command);
                for (x, text, role) in [
                    (1, command.row().title, Role::Strong),
                    (19, keys.as_str(), Role::Key),
                    (31, command.row().doc, Role::Dim),
                ] {
                    canvas.text(row.x + x, row.y, row.width.saturating_sub(x + 1), text, role);
                }
            }
            Some(Entry::Leaf(path)) => {
                canvas.text(row.x + 1, row.y, row.width - 2, path.as_str(), Role::Text);
            }
            None => {}
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::{Overlay, ScreenName};
    use crate::tui::report::Report;
    use crate::tui::screens::browse::Report as Browse;
    use crate::tui::testing::Stage;

    const PLANT: &str = "compositional_skills/planting";
    const THANK: &str = "compositional_skills/thanks";
    const SEEDS: &str =
        "version: 3\ntask_description: t\ncreated_by: ada\nseed_examples:\n- question: Q\n  answer: A\n";

    fn stage() -> Stage {
        let mut stage = Stage::new(&[(PLANT, SEEDS), (THANK, SEEDS)]);
        let scan = crate::tui::screens::browse::Effect::Scan { again: false };
        stage.effects.push(Effect::Browse(scan));
        stage.settle();
        stage.press("home ctrl-p");
        stage
    }

    fn found(stage: &mut Stage, query: &str, leaves: &[&str]) {
        stage.report(Report::Browse(Browse::Searched {
            query: query.into(),
            results: leaves.iter().map(|leaf| NodePath::parse(leaf).unwrap()).collect(),
        }));
    }

    fn chosen(stage: &Stage) -> &str {
        stage.model.tree.chosen().unwrap().path.as_str()
    }

    #[test]
    fn enter_waits_for_the_leaves_of_the_whole_text() {
        let mut stage = stage();
        stage.press("t h a n");
        found(&mut stage, "tha", &[PLANT, THANK]);
        let before = chosen(&stage).to_owned();
        stage.press("enter");
        assert_eq!(chosen(&stage), before);
        assert!(stage.model.overlay.is_some(), "nothing is taken before the answer");
        found(&mut stage, "than", &[THANK]);
        assert!(stage.model.overlay.is_none());
        assert_eq!(chosen(&stage), THANK);
        // What stands beside the tree is that leaf.
        stage.settle();
        assert!(stage.draw(120, 30).contains("┌ compositional_skills/thanks"));
    }

    #[test]
    fn a_command_that_is_named_needs_no_answer() {
        let mut stage = stage();
        stage.press("c o m m i t enter");
        assert_eq!(stage.model.screen, ScreenName::Commit);
    }

    #[test]
    fn leaves_that_are_read_meanwhile_are_found_and_whoever_moved_stays() {
        let mut stage = stage();
        stage.press("z q");
        found(&mut stage, "zq", &[PLANT, THANK]);
        stage.press("down");
        stage.effects.clear();
        stage.report(Report::Browse(Browse::Summaries(Vec::new())));
        assert_eq!(stage.effects.len(), 1, "the search is made again");
        found(&mut stage, "zq", &["compositional_skills/between", PLANT, THANK]);
        let Some(Overlay::Palette(palette)) = &stage.model.overlay else {
            panic!("the palette is closed")
        };
        assert_eq!(palette.entry(), Some(Entry::Leaf(NodePath::parse(THANK).unwrap())));
    }

    #[test]
    fn it_takes_the_place_of_the_find_box() {
        let mut stage = stage();
        stage.press("esc / t ctrl-p esc");
        assert!(stage.model.browse.finding.is_none());
    }
}

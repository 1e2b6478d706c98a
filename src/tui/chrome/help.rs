//! Help: every command with its keys, those that work here first; typing narrows it by word and by key.

use std::cell::Cell;

use ratatui::layout::Rect;

use crate::text::normal::normal;
use crate::text::wrap::wrap;
use crate::tui::canvas::{Canvas, centred};
use crate::tui::command::{Command, Context, Group, Row, TABLE};
use crate::tui::key::{Key, Press};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Rows};

/// The state of the help box.
pub struct Help {
    contexts: Vec<Context>,
    filter: Field,
    /// The chosen row is the one at the top.
    pub rows: Rows,
    /// How many rows the list can be scrolled by, learned while drawing.
    most: Cell<usize>,
}

impl Help {
    /// Help for where the keys went before it was opened.
    pub fn new(contexts: Vec<Context>) -> Self {
        Help {
            contexts,
            filter: Field::new("", false),
            rows: Rows::default(),
            most: Cell::new(0),
        }
    }

    /// The rows that can stand at the top.
    pub fn len(&self) -> usize {
        self.most.get() + 1
    }

    pub fn paste(&mut self, text: &str) {
        self.filter.paste(text);
        self.rows.chosen = 0;
    }

    pub fn type_key(&mut self, key: Key) {
        match key.press {
            Press::Up => self.rows.up(1),
            Press::Down => self.rows.down(1, self.len()),
            Press::PageUp => self.rows.up(self.rows.page()),
            Press::PageDown => self.rows.down(self.rows.page(), self.len()),
            _ => {
                self.filter.key(key);
                self.rows.chosen = 0;
            }
        }
    }

    fn lines(&self, model: &Model) -> Vec<HelpLine> {
        let wanted = normal(&self.filter.text());
        let matches = |row: &Row| {
            let keys = model
                .keymap
                .keys(row.command)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ");
            wanted.is_empty()
                || normal(row.title).contains(&wanted)
                || normal(row.doc).contains(&wanted)
                || keys.split(' ').any(|key| key == wanted)
        };
        let mut lines = Vec::new();
        // What the screen itself can do comes before what works everywhere.
        let place = |row: &Row| self.contexts.iter().position(|context| row.contexts.contains(context));
        let here = |row: &&Row| place(row).is_some();
        let mut near: Vec<&Row> = TABLE.iter().filter(here).filter(|row| matches(row)).collect();
        near.sort_by_key(|row| (place(row), row.group == Group::Move));
        if !near.is_empty() {
            lines.push(HelpLine::Heading("here".into()));
        }
        lines.extend(near.into_iter().map(|row| HelpLine::Row(row.command)));
        let mut group = None;
        for row in TABLE.iter().filter(|row| !here(row)).filter(|row| matches(row)) {
            if group != Some(row.group) {
                group = Some(row.group);
                lines.push(HelpLine::Heading(format!("elsewhere: {}", row.group.title())));
            }
            lines.push(HelpLine::Row(row.command));
        }
        lines
    }
}

enum HelpLine {
    Heading(String),
    Row(Command),
}

/// Draws the help box over the screen.
pub fn draw(help: &Help, model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let frame = centred(
        area,
        area.width.saturating_sub(4).min(100),
        area.height.saturating_sub(2),
    );
    canvas.clear(frame);
    let inner = canvas.pane(frame, 91, "help: type to search by word or key", true);
    if inner.height < 3 || inner.width < 20 {
        return;
    }
    canvas.text(inner.x + 1, inner.y, 7, "search ", Role::Dim);
    help.filter.draw(
        canvas,
        Rect {
            x: inner.x + 8,
            width: inner.width.saturating_sub(9),
            height: 1,
            ..inner
        },
    );
    let list = Rect {
        y: inner.y + 2,
        height: inner.height - 2,
        ..inner
    };
    let lines = shown(help, model, list.width);
    let height = usize::from(list.height);
    help.most.set(lines.len().saturating_sub(height));
    // Tells the rows how much a page is.
    help.rows.window(lines.len(), height);
    let top = help.rows.chosen.min(help.most.get());
    for (y, pieces) in (list.y..list.bottom()).zip(lines.iter().skip(top)) {
        for (x, text, role) in pieces {
            canvas.text(list.x + x, y, list.width.saturating_sub(*x), text, *role);
        }
    }
    if help.most.get() > top {
        canvas.text(
            frame.right().saturating_sub(9),
            frame.bottom() - 1,
            7,
            " more ↓",
            Role::Dim,
        );
    }
    if lines.is_empty() {
        canvas.text(list.x + 1, list.y, list.width - 1, "nothing is called that", Role::Dim);
    }
}

/// The pieces of each row with where they begin: keys and title, then the sentence, beside them where there is room.
fn shown(help: &Help, model: &Model, width: u16) -> Vec<Vec<(u16, String, Role)>> {
    const TITLE: u16 = 18;
    let beside = width >= 70;
    let doc_x = if beside { TITLE + 18 } else { 4 };
    let mut rows = Vec::new();
    for line in help.lines(model) {
        let command = match line {
            HelpLine::Heading(title) => {
                if !rows.is_empty() {
                    rows.push(Vec::new());
                }
                rows.push(vec![(1, title, Role::Accent)]);
                continue;
            }
            HelpLine::Row(command) => command,
        };
        let row = command.row();
        let mut doc = row.doc.to_owned();
        let mut role = Role::Text;
        if let Some(reason) = model.why_not(command) {
            doc = format!("{doc} ({reason})");
            role = Role::Dim;
        }
        let mut first = vec![
            (1, keys(model, command), Role::Key),
            (TITLE, row.title.to_owned(), Role::Strong),
        ];
        let wrapped = wrap(&doc, usize::from(width.saturating_sub(doc_x + 1)));
        let mut docs = wrapped.iter().map(|row| (doc_x, row.drawn(&doc).to_owned(), role));
        if beside {
            first.extend(docs.next());
        }
        rows.push(first);
        rows.extend(docs.map(|piece| vec![piece]));
    }
    rows
}

/// The keys of a command; the first and the last of many.
fn keys(model: &Model, command: Command) -> String {
    match model.keymap.keys(command) {
        [first, _, _, .., last] => format!("{first} … {last}"),
        keys => keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

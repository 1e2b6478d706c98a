//! Help: every command with its keys, those that work here first; typing narrows it by word and by key.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::text::normal::normal;
use crate::tui::canvas::{Canvas, centred};
use crate::tui::command::{Command, Context, Row, TABLE};
use crate::tui::key::{Key, Press};
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Rows};

/// The state of the help box.
pub struct Help {
    contexts: Vec<Context>,
    filter: Field,
    pub rows: Rows,
}

impl Help {
    /// Help for where the keys went before it was opened.
    pub fn new(contexts: Vec<Context>) -> Self {
        Help {
            contexts,
            filter: Field::new("", false),
            rows: Rows::default(),
        }
    }

    pub fn type_key(&mut self, key: Key) {
        match key.press {
            Press::Up => self.rows.up(1),
            Press::Down => self.rows.down(1, usize::MAX),
            Press::PageUp => self.rows.up(self.rows.page()),
            Press::PageDown => self.rows.down(self.rows.page(), usize::MAX),
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
        let here = |row: &&Row| row.contexts.iter().any(|context| self.contexts.contains(context));
        lines.push(HelpLine::Heading("here".into()));
        lines.extend(
            TABLE
                .iter()
                .filter(here)
                .filter(|row| matches(row))
                .map(|row| HelpLine::Row(row.command)),
        );
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
    let lines = help.lines(model);
    let mut rows = help.rows.clone();
    rows.clamp(lines.len());
    let window = help.rows.window(lines.len(), usize::from(list.height));
    for (y, line) in (list.y..list.bottom()).zip(lines.iter().skip(window.start)) {
        match line {
            HelpLine::Heading(title) => {
                canvas.text(list.x + 1, y, list.width - 1, title, Role::Strong);
            }
            HelpLine::Row(command) => {
                let row = command.row();
                let keys: Vec<String> = model.keymap.keys(*command).iter().map(ToString::to_string).collect();
                let reason = if model.overlay.is_none() {
                    None
                } else {
                    model.why_not(*command)
                };
                let doc = match &reason {
                    Some(reason) => format!("{} ({reason})", row.doc),
                    None => row.doc.to_owned(),
                };
                let role = if reason.is_some() { Role::Dim } else { Role::Text };
                let line = Line::from(vec![
                    Span::styled(format!(" {:<16}", keys.join(" ")), canvas.style(Role::Key)),
                    Span::styled(format!("{:<18}", row.title), canvas.style(Role::Strong)),
                    Span::styled(doc, canvas.style(role)),
                ]);
                canvas.line(list.x, y, list.width, line);
            }
        }
    }
    if lines.len() <= 1 {
        canvas.text(
            list.x + 1,
            list.y + 1,
            list.width - 1,
            "nothing is called that",
            Role::Dim,
        );
    }
}

//! The line at the bottom: the commands that matter now, with their keys; above it a passing message when there is one.
//!
//! Where there is little room the least wanted commands go first, and never the way out or to the other pane.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::notices::Notice;
use crate::text::wrap::wrap;
use crate::tui::canvas::{Canvas, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::{Model, Overlay, ScreenName};
use crate::tui::screens::{attribution, browse, commit, documents, edit, find, generate, review};
use crate::tui::theme::Role;

/// Most rows that a message takes.
const MOST_NOTICE_ROWS: u16 = 4;

/// Draws the footer into one row; commands that do not fit are left out.
pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    canvas.paint(area, Role::Footer);
    let mut commands: Vec<Command> = match (&model.overlay, model.screen) {
        (Some(Overlay::Help(_)), _) => vec![Command::Back],
        (Some(Overlay::Palette(_) | Overlay::Dialog(_)), _) => vec![Command::Confirm, Command::Back],
        (Some(Overlay::Sources(form)), _) => attribution::footer(form),
        (None, ScreenName::Browse) => browse::footer(model),
        (None, ScreenName::Edit) => edit::footer(model),
        (None, ScreenName::Generate) => generate::footer(model),
        (None, ScreenName::Review) => review::footer(model),
        (None, ScreenName::Commit) => commit::footer(model),
        (None, ScreenName::Find) => find::footer(model),
        (None, ScreenName::Documents) => documents::footer(model),
    };
    // Where one pane is shown at a time, the way to the other one matters.
    let narrow = model.size.0 < if model.screen == ScreenName::Review { 60 } else { 80 };
    if narrow && model.overlay.is_none() && !model.is_typing() {
        commands.retain(|command| *command != Command::NextPane);
        commands.insert(commands.len().min(2), Command::NextPane);
    }
    commands.retain(|command| model.overlay.is_some() || model.why_not(*command).is_none());
    commands.push(Command::Help);
    let pieces: Vec<Piece> = commands
        .into_iter()
        .filter_map(|command| piece(model, command))
        .collect();
    let mut x = area.x + 1;
    for piece in fitting(pieces, area.width.saturating_sub(1)) {
        x += put(canvas, area, x, piece);
    }
}

/// A command with the words that stand for it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    command: Command,
    key: String,
    title: String,
}

impl Piece {
    /// Its cells with the gap behind it.
    fn width(&self) -> u16 {
        width_of(&self.key) + width_of(&self.title) + 3
    }

    /// Who has lost their way looks for these, the first ones most.
    fn is_way(&self) -> Option<usize> {
        const WAYS: [Command; 5] = [
            Command::Back,
            Command::FieldLeave,
            Command::NextPane,
            Command::Quit,
            Command::Help,
        ];
        WAYS.iter().position(|way| *way == self.command)
    }
}

/// The pieces that have room, in their order: the ways first, then the others as far as they fit, the most wanted first.
fn fitting(pieces: Vec<Piece>, room: u16) -> Vec<Piece> {
    let leaves = |command: Command| pieces.iter().any(|piece| piece.command == command);
    // Where there is a way back, quitting can wait until one is back.
    let back = leaves(Command::Back) || leaves(Command::FieldLeave);
    let rank = |at: usize, piece: &Piece| match piece.is_way() {
        Some(_) if back && piece.command == Command::Quit => (1, at),
        Some(way) => (0, way),
        None => (1, at),
    };
    let mut order: Vec<(usize, &Piece)> = pieces.iter().enumerate().collect();
    order.sort_by_key(|(at, piece)| rank(*at, piece));
    let mut left = room;
    let mut full = false;
    let mut kept: Vec<usize> = Vec::new();
    for (at, piece) in order {
        let is_way = rank(at, piece).0 == 0;
        if piece.width() <= left && (is_way || !full) {
            left -= piece.width();
            kept.push(at);
        } else if !is_way {
            // A less wanted one in the place of a more wanted one would come and go with the width.
            full = true;
        }
    }
    kept.sort_unstable();
    kept.iter().filter_map(|at| pieces.get(*at).cloned()).collect()
}

/// Rows that a passing message takes, when there is one: what is wrong and what to do must be read to the end.
pub fn notice_height(model: &Model, width: u16) -> u16 {
    let Some(notice) = model.notices.current(model.now) else {
        return 0;
    };
    let rows = wrap(&notice.text, notice_width(notice, width)).len();
    u16::try_from(rows).unwrap_or(MOST_NOTICE_ROWS).min(MOST_NOTICE_ROWS)
}

/// Cells that a row of the message has beside its mark and the blanks around.
fn notice_width(notice: &Notice, width: u16) -> usize {
    usize::from(width.saturating_sub(2 + width_of(notice.weight.mark())))
}

/// Draws the passing message, when there is one, over rows of its own; what has no room in them ends in an ellipsis.
pub fn draw_notice(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let Some(notice) = model.notices.current(model.now) else {
        return;
    };
    let role = notice.weight.role();
    canvas.clear(area);
    canvas.paint(area, role);
    canvas.text(area.x + 1, area.y, area.width, notice.weight.mark(), role);
    let width = notice_width(notice, area.width);
    let x = area
        .right()
        .saturating_sub(u16::try_from(width + 1).unwrap_or(area.width));
    let rows = wrap(&notice.text, width);
    for (y, row) in (area.y..area.bottom()).zip(rows) {
        // The last row that there is room for takes all the rest, which is cut where it ends.
        let said = if y + 1 == area.bottom() {
            notice.text.get(row.start..).unwrap_or_default().trim_end()
        } else {
            row.drawn(&notice.text)
        };
        canvas.text(x, y, u16::try_from(width).unwrap_or(area.width), said, role);
    }
}

fn piece(model: &Model, command: Command) -> Option<Piece> {
    // While typing, a command is reached by the first of its keys that is no text.
    let keys = model.keymap.keys(command);
    let typing = model.is_typing();
    let key = keys.iter().find(|key| !typing || key.typed().is_none())?;
    Some(Piece {
        command,
        key: key.to_string(),
        title: command.row().title.to_owned(),
    })
}

fn put(canvas: &mut Canvas<'_, '_>, area: Rect, x: u16, piece: Piece) -> u16 {
    let whole = piece.width();
    let ground = canvas.style(Role::Footer);
    let line = Line::from(vec![
        Span::styled(piece.key, ground.patch(canvas.style(Role::Key))),
        Span::styled(format!(" {}", piece.title), ground),
    ]);
    canvas.line(x, area.y, area.right().saturating_sub(x), line);
    canvas.hits.add(
        Rect::new(x, area.y, (whole - 2).min(area.right().saturating_sub(x)), 1),
        Hit::Command(piece.command),
    );
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(commands: &[Command]) -> Vec<Piece> {
        let piece = |command: &Command| Piece {
            command: *command,
            key: command.row().keys[0].to_owned(),
            title: command.row().title.to_owned(),
        };
        commands.iter().map(piece).collect()
    }

    #[test]
    fn the_least_wanted_go_first_and_the_ways_stay() {
        let all = [
            Command::Start,
            Command::Increase,
            Command::NextPane,
            Command::Decrease,
            Command::Back,
            Command::Help,
        ];
        let shown = |room: u16| -> Vec<Command> {
            let fitting = fitting(pieces(&all), room);
            assert!(fitting.iter().map(Piece::width).sum::<u16>() <= room);
            fitting.into_iter().map(|piece| piece.command).collect()
        };
        assert_eq!(shown(120), all);
        assert_eq!(
            shown(57),
            [Command::Start, Command::NextPane, Command::Back, Command::Help]
        );
        assert_eq!(shown(44), [Command::NextPane, Command::Back, Command::Help]);
        assert_eq!(shown(26), [Command::NextPane, Command::Back]);
        assert_eq!(shown(12), [Command::Back]);
        assert_eq!(shown(3), []);
    }

    #[test]
    fn where_there_is_no_way_back_quitting_is_one() {
        let browse = [Command::Open, Command::Generate, Command::Quit, Command::Help];
        let fitting = fitting(pieces(&browse), 20);
        let shown: Vec<Command> = fitting.into_iter().map(|piece| piece.command).collect();
        assert_eq!(shown, [Command::Quit, Command::Help]);
    }
}

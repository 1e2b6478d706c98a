//! The line at the bottom: the commands that matter now, with their keys; above it a passing message when there is one.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::canvas::{Canvas, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::{Model, Overlay, ScreenName};
use crate::tui::screens::{attribution, browse, commit, edit, generate, review};
use crate::tui::theme::Role;

/// Draws the footer into one row; commands that do not fit are left out, `?` never is.
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
    };
    // Where one pane is shown at a time, the way to the other one matters.
    let narrow = model.size.0 < if model.screen == ScreenName::Review { 60 } else { 80 };
    if narrow && model.overlay.is_none() && !model.is_typing() {
        commands.retain(|command| *command != Command::NextPane);
        commands.insert(commands.len().min(2), Command::NextPane);
    }
    commands.retain(|command| model.overlay.is_some() || model.why_not(*command).is_none());
    let help = piece(model, Command::Help);
    let help_width = help
        .as_ref()
        .map_or(0, |(key, title)| width_of(key) + width_of(title) + 3);
    let mut x = area.x + 1;
    for command in commands {
        let Some((key, title)) = piece(model, command) else {
            continue;
        };
        let width = width_of(&key) + width_of(&title) + 3;
        if x + width + help_width > area.right() {
            break;
        }
        x += put(canvas, area, x, command, key, title);
    }
    if let Some((key, title)) = help {
        put(canvas, area, x, Command::Help, key, title);
    }
}

/// Draws the passing message, when there is one, over a row of its own.
pub fn draw_notice(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let Some(notice) = model.notices.current(model.now) else {
        return;
    };
    canvas.clear(area);
    canvas.paint(area, notice.weight.role());
    let text = format!(" {}{}", notice.weight.mark(), notice.text);
    canvas.text(area.x, area.y, area.width, &text, notice.weight.role());
}

fn piece(model: &Model, command: Command) -> Option<(String, String)> {
    // While typing, a command is reached by the first of its keys that is no text.
    let keys = model.keymap.keys(command);
    let typing = model.is_typing();
    let key = keys.iter().find(|key| !typing || key.typed().is_none())?;
    Some((key.to_string(), command.row().title.to_owned()))
}

fn put(canvas: &mut Canvas<'_, '_>, area: Rect, x: u16, command: Command, key: String, title: String) -> u16 {
    let width = width_of(&key) + width_of(&title) + 1;
    let ground = canvas.style(Role::Footer);
    let line = Line::from(vec![
        Span::styled(key, ground.patch(canvas.style(Role::Key))),
        Span::styled(format!(" {title}"), ground),
    ]);
    canvas.line(x, area.y, area.right().saturating_sub(x), line);
    canvas.hits.add(
        Rect::new(x, area.y, width.min(area.right().saturating_sub(x)), 1),
        Hit::Command(command),
    );
    width + 2
}

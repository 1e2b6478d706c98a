//! The line at the top: which taxonomy, which branch, what is unsaved or running, and the tabs.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::text::visible::visible_line;
use crate::text::width::{cells, truncate};
use crate::tui::canvas::{Canvas, width_of};
use crate::tui::hits::Hit;
use crate::tui::model::{Model, ScreenName};
use crate::tui::theme::Role;

/// Draws the header into one row. Below 60 columns the one screen that is open stands for the tabs.
pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    canvas.paint(area, Role::Header);
    let tabs_width: u16 = ScreenName::ALL.iter().map(|screen| width_of(screen.title()) + 2).sum();
    let show_tabs = area.width >= tabs_width + 20;
    let here = format!(" {} ", model.screen.title());
    let right_width = if show_tabs { tabs_width } else { width_of(&here) };
    let left_width = area.width.saturating_sub(right_width);
    // The program's name gives way to what is going on.
    let name = if left_width >= 32 { " seedbed " } else { "" };
    let mut spans = vec![Span::styled(name, canvas.style(Role::Accent))];
    let mut room = usize::from(left_width.saturating_sub(width_of(name)));
    let mut push = |text: String, role: Role| {
        let shown = visible_line(&text);
        let cut = truncate(&shown, room).into_owned();
        room = room.saturating_sub(cells(&cut));
        spans.push(Span::styled(cut, canvas.style(role)));
    };
    // What must be seen at every size comes first: unsaved text and running work.
    if model.edit.is_changed() {
        push(" ● unsaved ".into(), Role::Changed);
    }
    if let Some(run) = model.generate.progress_line() {
        push(format!(" {run} "), Role::Good);
    }
    push(format!(" {} ", model.name), Role::Strong);
    if model.git.loaded {
        push(format!(" {} ", model.git.branch), Role::Dim);
        let count = model.git.changes.len();
        if count > 0 {
            push(format!("✎{count} "), Role::Changed);
        }
    }
    let line = Line::from(spans);
    canvas.line(area.x, area.y, left_width, line);
    let mut x = area.x + left_width;
    for screen in ScreenName::ALL
        .into_iter()
        .filter(|screen| show_tabs || *screen == model.screen)
    {
        let title = format!(" {} ", screen.title());
        let role = if screen == model.screen {
            Role::Accent
        } else {
            Role::Dim
        };
        let width = width_of(&title);
        canvas.hits.add(Rect::new(x, area.y, width, 1), Hit::Screen(screen));
        let style = canvas.style(Role::Header).patch(canvas.style(role));
        let style = if screen == model.screen {
            style.add_modifier(ratatui::style::Modifier::UNDERLINED)
        } else {
            style
        };
        canvas.line(x, area.y, width, Line::from(Span::styled(title, style)));
        x += width;
    }
}

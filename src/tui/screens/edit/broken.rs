//! What is shown of a file that is no YAML.

use ratatui::layout::Rect;

use super::card::push_wrapped;
use super::sheet::Sheet;
use crate::taxonomy::yaml::SyntaxError;
use crate::tui::canvas::Canvas;
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// A file that is no YAML: what is wrong, where, and the text around it.
pub fn draw(model: &Model, sheet: &Sheet, error: &SyntaxError, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let mut lines = Vec::new();
    push_wrapped(&mut lines, &format!("✗ {error}"), area.width, Role::Bad);
    let key = model.keymap.shown(Command::EditRaw);
    let said = format!(
        "The form cannot show this file. Open it in your own editor with {key}, mend the line that is marked, and save."
    );
    push_wrapped(&mut lines, &said, area.width, Role::Text);
    let mut y = area.y;
    for (text, role) in lines.iter().take(usize::from(area.height / 2).max(1)) {
        canvas.text(area.x, y, area.width, text, *role);
        y += 1;
    }
    y += 1;
    let text = String::from_utf8_lossy(sheet.bytes());
    let count = text.lines().count();
    let window = usize::from(area.bottom().saturating_sub(y));
    let near = error.line.saturating_sub(1).min(count.saturating_sub(1));
    // Opened at the error; a hand may scroll from there.
    if sheet.card_for.replace(Some(usize::MAX)) != Some(usize::MAX) {
        sheet.card_top.set(near.saturating_sub(window / 2));
    }
    let top = sheet.card_top.get().min(count.saturating_sub(window));
    sheet.card_top.set(top);
    for (at, (y, line)) in (top..).zip((y..area.bottom()).zip(text.lines().skip(top))) {
        let here = at == near;
        let (mark, role) = if here { ("▸", Role::Bad) } else { (" ", Role::Dim) };
        let used = canvas.text(area.x, y, area.width, &format!("{mark}{:>5} ", at + 1), role);
        let role = if here { Role::Strong } else { Role::Text };
        canvas.text(area.x + used, y, area.width.saturating_sub(used), line, role);
    }
}

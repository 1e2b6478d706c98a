//! Where this screen meets the generate screen's preview.

use ratatui::layout::Rect;

use crate::taxonomy::NodePath;
use crate::tui::canvas::Canvas;
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::Model;
use crate::tui::screens::generate;

pub use generate::view::PREVIEW;

/// True while a preview is shown.
pub fn is_open(model: &Model) -> bool {
    model.generate.preview.is_some()
}

/// Has samples made from the seeds as they stand.
pub fn start(model: &mut Model, node: NodePath, bytes: Vec<u8>, fx: &mut Vec<AnyEffect>) {
    generate::update::start_preview(model, node, bytes, fx);
}

/// Stops and closes the preview, if there is one.
pub fn close(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if is_open(model) {
        generate::update::close_preview(model, fx);
    }
}

/// True while the keys scroll the preview.
pub fn is_read(model: &Model) -> bool {
    model.generate.preview.as_ref().is_some_and(|preview| preview.reading)
}

/// Gives the keys to the preview, or takes them away.
pub fn read(model: &mut Model, reading: bool) {
    if let Some(preview) = &mut model.generate.preview {
        preview.reading = reading;
    }
}

/// Scrolls the preview while it has the keys. False when the command is not for it.
pub fn scroll(model: &Model, command: Command) -> bool {
    let Some(preview) = model.generate.preview.as_ref().filter(|preview| preview.reading) else {
        return false;
    };
    match command {
        Command::Up => preview.scroll(false, 1),
        Command::Down => preview.scroll(true, 1),
        Command::PageUp => preview.scroll(false, preview.page()),
        Command::PageDown => preview.scroll(true, preview.page()),
        Command::First => preview.scroll(false, usize::MAX),
        Command::Last => preview.scroll(true, usize::MAX / 2),
        _ => return false,
    }
    true
}

/// Scrolls the preview by the wheel, which gives it the keys, too.
pub fn wheel(model: &mut Model, down: bool, rows: usize) {
    read(model, true);
    if let Some(preview) = &model.generate.preview {
        preview.scroll(down, rows);
    }
}

/// Draws the preview.
pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    generate::view::draw_preview(model, canvas, area);
}

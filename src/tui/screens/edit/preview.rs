//! Where this screen meets the generate screen's preview.

use ratatui::layout::Rect;

use crate::taxonomy::NodePath;
use crate::tui::canvas::Canvas;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::Model;
use crate::tui::screens::generate;

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

/// Draws the preview.
pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    generate::view::draw_preview(model, canvas, area);
}

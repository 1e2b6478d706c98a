//! What every screen has around it: header, footer, notices, and the boxes that lie over a screen.

mod dialog;
mod footer;
mod header;
mod help;
mod notices;
mod palette;

pub use dialog::{Answer, Dialog};
pub use help::Help;
pub use notices::{Notices, Weight};
pub use palette::Palette;

pub(super) use dialog::draw as draw_dialog;
pub(super) use footer::{draw as draw_footer, draw_notice, notice_height};
pub(super) use header::draw as draw_header;
pub(super) use help::draw as draw_help;
pub(super) use palette::draw as draw_palette;

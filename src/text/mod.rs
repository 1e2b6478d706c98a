//! Pure text: how wide it is, where it breaks, what in it is dangerous to show, how two texts differ, what makes them equal.
//!
//! Everything here works on `&str` alone and knows nothing of terminals, files, samples or settings. It must not do I/O,
//! read a clock, or depend on another room. Widths are always counted by grapheme cluster and always those of the text
//! as [`visible`] shows it, so that whatever is measured here fits when it is drawn.

pub mod counted;
pub mod diff;
pub mod digest;
pub mod distance;
pub mod json;
pub mod normal;
pub mod search;
pub mod tokens;
pub mod visible;
pub mod width;
pub mod wrap;

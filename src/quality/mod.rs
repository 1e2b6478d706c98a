//! What can be said of samples without asking a model: too near to a seed, repeating itself, markup left over.
//!
//! Works on texts alone. It must not decide what happens to a sample (flows and people do), call a teacher, or read
//! files. Everything works for languages without spaces, where a word is a character.

pub mod alike;
pub mod evidence;
pub mod leftover;
pub mod near;
pub mod overlap;
pub mod repetition;
pub mod variety;

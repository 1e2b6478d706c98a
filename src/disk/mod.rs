//! Files that outlive a crash and a second process: written whole, made durable, held by one at a time.
//!
//! Knows nothing of what the files hold.

mod folder;
mod fresh;
mod lock;
mod whole;

pub use folder::write_folder;
pub use fresh::FreshFile;
pub use lock::Lock;
pub use whole::{Replacement, folder_of, make_folder, sync_folder, temporary_prefix, write_beside, write_whole};

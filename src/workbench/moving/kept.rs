//! How long deleted leaves are kept: the latest ones, as many as fit.

use std::fs;
use std::path::Path;

use super::record::{Places, Stage};

/// How many changes can be taken back.
const MOST_CHANGES: usize = 100;
/// How much deleted leaves may take on the disk together; the latest one is kept whatever its size.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// Lets the oldest go until the rest fits. What cannot be removed stays; that harms nothing.
pub(super) fn prune(places: &Places) {
    let mut bytes = 0_u64;
    for (number, change) in places.list().into_iter().enumerate() {
        bytes = bytes.saturating_add(change.bytes);
        let fits = number == 0 || (number < MOST_CHANGES && bytes <= MOST_BYTES);
        if !fits && change.stage == Stage::Done {
            let _ = fs::remove_dir_all(places.folder(&change.id));
        }
    }
}

/// How many bytes the files at or below a path have.
pub(super) fn size_of(path: &Path) -> u64 {
    let Ok(meta) = fs::symlink_metadata(path) else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size_of(&entry.path())).sum()
}

//! Files changed by another program: watched below the branches and `curated/`, told once a change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_full::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::mpsc;

use crate::taxonomy::Branch;

/// A running watch; ends when dropped.
pub struct Watch {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

/// Starts to watch a taxonomy. Changed paths arrive relative to its root, a quarter of a second after the last change.
///
/// # Errors
/// A sentence for the screen when the system refuses (too many watches, say); the program works on, and `read again` is there.
pub fn watch(root: &Path, changed: mpsc::Sender<Vec<String>>) -> Result<Watch, String> {
    let base: PathBuf = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let inside = base.clone();
    let on_events = move |result: DebounceEventResult| {
        let Ok(events) = result else { return };
        let mut paths: Vec<String> = events
            .iter()
            .filter(|event| !event.kind.is_access())
            .flat_map(|event| &event.paths)
            .filter_map(|path| path.strip_prefix(&inside).ok())
            .map(|path| path.to_string_lossy().replace('\\', "/"))
            // Temporary files of savers, editors and git come and go beside the real ones.
            .filter(|path| !path.split('/').any(|part| part.starts_with('.') || part.ends_with('~')))
            .collect();
        paths.sort();
        paths.dedup();
        if !paths.is_empty() {
            let _ = changed.blocking_send(paths);
        }
    };
    let told = |error: notify_debouncer_full::notify::Error| {
        format!("changes by other programs will not show by themselves ({error})")
    };
    let mut debouncer = new_debouncer(Duration::from_millis(250), None, on_events).map_err(told)?;
    let folders = Branch::ALL
        .iter()
        .map(|branch| base.join(branch.folder()))
        .chain([base.join("curated")]);
    for folder in folders.filter(|folder| folder.is_dir()) {
        debouncer.watch(&folder, RecursiveMode::Recursive).map_err(told)?;
    }
    // A branch folder or `curated` that is made later lies in the root itself.
    debouncer.watch(&base, RecursiveMode::NonRecursive).map_err(told)?;
    Ok(Watch { _debouncer: debouncer })
}

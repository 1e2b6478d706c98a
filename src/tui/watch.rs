//! Files changed by another program: watched below the branches and `curated/`, told once a change.
//!
//! A system watches only so many folders. Where it refuses, nothing of it is kept, so that other programs have what there is,
//! and the screen looks again whenever the person comes back to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify_debouncer_full::notify::{Error, ErrorKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, DebouncedEvent, Debouncer, RecommendedCache, new_debouncer};
use tokio::sync::mpsc;

use super::report::Report;
use crate::taxonomy::Branch;

/// A running watch; ends when dropped.
pub struct Watch {
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

/// Starts to watch a taxonomy; takes a while where it is large. Changed paths arrive relative to its root, a quarter of a
/// second after the last change. When the system ends the watch later on, [`Report::Unwatched`] arrives.
///
/// # Errors
/// A sentence for the screen when the system refuses (too many watches, say); the program works on.
pub fn watch(root: &Path, news: mpsc::Sender<Report>) -> Result<Watch, String> {
    let base: PathBuf = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let inside = base.clone();
    let on_events = move |result: DebounceEventResult| {
        let report = match result {
            Ok(events) => {
                let paths = changed_paths(&events, &inside);
                (!paths.is_empty()).then_some(Report::FilesChanged(paths))
            }
            Err(errors) => errors
                .iter()
                .find(|error| matches!(error.kind, ErrorKind::MaxFilesWatch))
                .map(|error| Report::Unwatched(told(error))),
        };
        if let Some(report) = report {
            // Nobody listens once the program is ending.
            let _ = news.blocking_send(report);
        }
    };
    let told = |error: Error| told(&error);
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

/// The paths that stand for "anything may have changed": each branch, and what lies under `curated/`.
pub fn everything() -> Vec<String> {
    let branches = Branch::ALL.iter().map(|branch| branch.folder().to_owned());
    branches.chain(["curated/".to_owned()]).collect()
}

fn changed_paths(events: &[DebouncedEvent], inside: &Path) -> Vec<String> {
    // More happened than the system kept account of.
    if events.iter().any(|event| event.need_rescan()) {
        return everything();
    }
    let mut paths: Vec<String> = events
        .iter()
        .filter(|event| !event.kind.is_access())
        .flat_map(|event| &event.paths)
        .filter_map(|path| path.strip_prefix(inside).ok())
        .map(|path| path.to_string_lossy().replace('\\', "/"))
        // Temporary files of savers, editors and git come and go beside the real ones.
        .filter(|path| !path.split('/').any(|part| part.starts_with('.') || part.ends_with('~')))
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

fn told(error: &Error) -> String {
    let reason = match &error.kind {
        ErrorKind::MaxFilesWatch if cfg!(target_os = "linux") => {
            "this system watches fewer folders than there are; a higher fs.inotify.max_user_watches helps".to_owned()
        }
        ErrorKind::MaxFilesWatch => "this system watches fewer folders than there are".to_owned(),
        _ => error.to_string(),
    };
    format!("changes by other programs show only when you come back to this window ({reason})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify_debouncer_full::notify::Event;
    use notify_debouncer_full::notify::event::{EventKind, Flag, ModifyKind};
    use std::time::Instant;

    fn event(event: Event) -> DebouncedEvent {
        DebouncedEvent::new(event, Instant::now())
    }

    #[test]
    fn lost_events_mean_that_anything_may_have_changed() {
        let root = Path::new("/tax");
        let one = |path: &str| event(Event::new(EventKind::Modify(ModifyKind::Any)).add_path(root.join(path)));
        let events = [
            one("knowledge/a/qna.yaml"),
            one("knowledge/a/.qna.yaml.swp"),
            one("knowledge/a/qna.yaml"),
        ];
        assert_eq!(changed_paths(&events, root), ["knowledge/a/qna.yaml"]);
        let lost = [
            one("knowledge/a/qna.yaml"),
            event(Event::new(EventKind::Other).set_flag(Flag::Rescan)),
        ];
        assert_eq!(changed_paths(&lost, root), everything());
    }
}

//! The rooms below, as jobs reach them: the opened taxonomy, its samples and its reviews, shared and locked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::review::Reviews;
use crate::samples::{DropIndex, RunId, SampleLibrary};
use crate::taxonomy::{LeafSummary, NodePath};
use crate::workbench::{Workbench, WorkbenchError};

/// What jobs work with. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    pub workbench: Arc<Workbench>,
    library: Arc<OnceLock<Mutex<SampleLibrary>>>,
    reviews: Arc<Mutex<Option<Reviews>>>,
    leaves: Arc<Mutex<BTreeMap<NodePath, Known>>>,
    pauses: Arc<Mutex<HashMap<u64, watch::Sender<bool>>>>,
    /// Where the drops of the run lie that was looked at last.
    drops: Arc<Mutex<Option<(RunId, DropIndex)>>>,
}

/// A leaf that was read.
struct Known {
    /// For searching.
    summary: Arc<LeafSummary>,
    stamp: Option<Stamp>,
}

/// What the system says of a file without reading it: as long as it stays the same, so does the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    bytes: u64,
    /// When the file's entry was changed last, and which entry it is: notices a time of change that was set by hand.
    entry: [i64; 3],
}

impl Stamp {
    /// How old a change must be for its time to tell it from the next one: clocks of file systems are coarse.
    const SETTLED: Duration = Duration::from_secs(2);

    /// The stamp of a file, to be taken before the file is read; `None` when it cannot be told, or changed just now.
    pub fn of(file: &Path) -> Option<Self> {
        let meta = std::fs::metadata(file).ok()?;
        let modified = meta.modified().ok()?;
        #[cfg(unix)]
        let entry = {
            use std::os::unix::fs::MetadataExt;
            [
                meta.ctime(),
                meta.ctime_nsec(),
                i64::from_ne_bytes(meta.ino().to_ne_bytes()),
            ]
        };
        #[cfg(not(unix))]
        let entry = [0; 3];
        let settled = modified.elapsed().is_ok_and(|age| age > Self::SETTLED);
        settled.then_some(Stamp {
            modified,
            bytes: meta.len(),
            entry,
        })
    }
}

impl Rooms {
    pub fn new(workbench: Workbench) -> Self {
        Rooms {
            workbench: Arc::new(workbench),
            library: Arc::default(),
            reviews: Arc::default(),
            leaves: Arc::default(),
            pauses: Arc::default(),
            drops: Arc::default(),
        }
    }

    /// All samples; read from disk the first time. Blocks, so only jobs call it.
    pub fn library(&self) -> MutexGuard<'_, SampleLibrary> {
        lock(self.library.get_or_init(|| Mutex::new(self.workbench.library())))
    }

    /// Works with all decisions; read from disk the first time. Blocks, so only jobs call it.
    ///
    /// # Errors
    /// When the repository's settings cannot be read, which names the reviewer.
    pub fn with_reviews<T>(&self, work: impl FnOnce(&mut Reviews) -> T) -> Result<T, WorkbenchError> {
        let mut guard = lock(&self.reviews);
        if let Some(reviews) = guard.as_mut() {
            return Ok(work(reviews));
        }
        Ok(work(guard.insert(self.workbench.reviews()?)))
    }

    /// Forgets the decisions that were read, so that the next use reads them anew (another branch, another reviewer).
    pub fn forget_reviews(&self) {
        lock(&self.reviews).take();
    }

    /// Works with where the drops of a run lie, as far as that was read. Blocks, so only jobs call it.
    ///
    /// # Errors
    /// When there is no such run, and what `work` says.
    pub fn with_drops<T>(
        &self,
        run: &RunId,
        work: impl FnOnce(&mut DropIndex) -> Result<T, WorkbenchError>,
    ) -> Result<T, WorkbenchError> {
        let mut guard = lock(&self.drops);
        let known = guard.take().filter(|(known, _)| known == run);
        let (_, index) = match known {
            Some(known) => guard.insert(known),
            None => guard.insert((run.clone(), self.workbench.runs().open(run)?.drop_index())),
        };
        work(index)
    }

    /// Whether a run of this session is paused, by its number on the screen.
    pub fn pause_of(&self, run: u64) -> watch::Sender<bool> {
        lock(&self.pauses).entry(run).or_default().clone()
    }

    /// Forgets the pause of a run that has ended.
    pub fn forget_pause_of(&self, run: u64) {
        lock(&self.pauses).remove(&run);
    }

    /// Remembers what leaves say, each with the stamp that its file had before it was read.
    pub fn remember(&self, read: impl IntoIterator<Item = (Arc<LeafSummary>, Option<Stamp>)>) {
        let mut known = lock(&self.leaves);
        for (summary, stamp) in read {
            known.insert(summary.path.clone(), Known { summary, stamp });
        }
    }

    /// Forgets all leaves but these.
    pub fn keep_leaves(&self, there: &HashSet<&NodePath>) {
        lock(&self.leaves).retain(|path, _| there.contains(path));
    }

    /// What is known of a leaf whose file still has this stamp; `None` when it has to be read.
    pub fn unchanged(&self, leaf: &NodePath, stamp: Option<Stamp>) -> Option<Arc<LeafSummary>> {
        let known = lock(&self.leaves);
        let known = known
            .get(leaf)
            .filter(|known| stamp.is_some() && known.stamp == stamp)?;
        Some(Arc::clone(&known.summary))
    }

    /// A copy of what is known of every leaf.
    pub fn summaries(&self) -> Vec<Arc<LeafSummary>> {
        lock(&self.leaves)
            .values()
            .map(|known| Arc::clone(&known.summary))
            .collect()
    }
}

/// A thread that panicked while holding a lock has been reported; what it guarded is still whole, since stores write first.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

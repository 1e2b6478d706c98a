//! The rooms below, as jobs reach them: the opened taxonomy, its samples and its reviews, shared and locked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::review::Reviews;
use crate::samples::SampleLibrary;
use crate::taxonomy::{LeafSummary, NodePath};
use crate::workbench::{Workbench, WorkbenchError};

/// What jobs work with. Cheap to clone.
#[derive(Clone)]
pub struct Rooms {
    pub workbench: Arc<Workbench>,
    library: Arc<OnceLock<Mutex<SampleLibrary>>>,
    reviews: Arc<Mutex<Option<Reviews>>>,
    /// What is known of every leaf, for searching.
    summaries: Arc<Mutex<BTreeMap<NodePath, Arc<LeafSummary>>>>,
}

impl Rooms {
    pub fn new(workbench: Workbench) -> Self {
        Rooms {
            workbench: Arc::new(workbench),
            library: Arc::default(),
            reviews: Arc::default(),
            summaries: Arc::default(),
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

    pub fn remember(&self, summaries: impl IntoIterator<Item = Arc<LeafSummary>>) {
        let mut known = lock(&self.summaries);
        for summary in summaries {
            known.insert(summary.path.clone(), summary);
        }
    }

    pub fn forget_leaves(&self) {
        lock(&self.summaries).clear();
    }

    /// A copy of what is known of every leaf.
    pub fn summaries(&self) -> Vec<Arc<LeafSummary>> {
        lock(&self.summaries).values().cloned().collect()
    }
}

/// A thread that panicked while holding a lock has been reported; what it guarded is still whole, since stores write first.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

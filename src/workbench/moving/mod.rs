//! Moving, renaming and deleting leaves and folders, and taking that back.
//!
//! Whatever belongs to a leaf goes along: everything in its folder, its curated samples and decisions, its drafts. Each change is
//! written down in `<git dir>/seedbed/trash/<id>/change.json` before the first step and marked as under way; a crash in the middle
//! is finished at the next start. What is deleted is carried there and kept, so that `undo` works after a restart, too.

mod carry;
mod error;
mod kept;
mod plan;
mod record;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::path::Path;

use jiff::Timestamp;

use super::{Workbench, WorkbenchError};
use crate::disk::{Lock, write_whole};
use crate::samples::{MoveRecord, Moves};
use crate::taxonomy::{Drafts, NodePath};
use carry::{carry, is_there, only_case_differs, remove_empty};
use record::{Carry, Places, Stage, moment};

pub use error::MovingError;
pub use plan::{MovePlan, References};
pub use record::{TreeChange, TreeChangeKind};

/// How many steps are allowed; all of them, except in tests that cut a change short.
const ALL: usize = usize::MAX;

impl Workbench {
    /// Moves a leaf or folder as planned, with all that belongs to it: one step, one undo.
    ///
    /// # Errors
    /// [`MovingError::PutBack`]: nothing was moved; [`MovingError::Stuck`]: it says what to do.
    pub fn move_node(&self, plan: &MovePlan, now: Timestamp) -> Result<TreeChange, WorkbenchError> {
        let id = self.tree_places().free_id(now);
        let change = TreeChange {
            attributed: !self.root().join(".gitattributes").exists(),
            ..TreeChange::moving(id, plan, now)
        };
        let change = self.begin(change)?;
        self.tell_git(&change.carries, false);
        Ok(change)
    }

    /// Where letter case does not count, git must be told of a name that changed in nothing else. The move stands without it.
    fn tell_git(&self, carries: &[Carry], back: bool) {
        let Ok(repository) = self.repository() else { return };
        for step in carries {
            let inside = |place: &str| Some(self.in_repository(place.strip_prefix("taxonomy/")?));
            let (Some(from), Some(to)) = (inside(&step.from), inside(&step.to)) else {
                continue;
            };
            if only_case_differs(Path::new(&from), Path::new(&to)) {
                let (from, to) = if back { (&to, &from) } else { (&from, &to) };
                let _ = repository.tell_case(from, to);
            }
        }
    }

    /// Deletes a leaf or folder with its samples, decisions and drafts; all of it is kept until later deletions fill the room.
    ///
    /// # Errors
    /// As [`Workbench::move_node`].
    pub fn delete_node(&self, node: &NodePath, now: Timestamp) -> Result<TreeChange, WorkbenchError> {
        let id = self.tree_places().free_id(now);
        let change = self.deletion(node, id, now)?;
        self.begin(change)
    }

    /// Lets the draft of a leaf go that was never written into the tree; it is kept as deleted leaves are.
    ///
    /// # Errors
    /// As [`Workbench::move_node`]; and when there is no draft.
    pub fn discard_draft(&self, node: &NodePath, now: Timestamp) -> Result<TreeChange, WorkbenchError> {
        let id = self.tree_places().free_id(now);
        let change = self.discarding(node, id, now)?;
        self.begin(change)
    }

    /// What was moved or deleted and can be taken back, the latest first.
    pub fn tree_changes(&self) -> Vec<TreeChange> {
        let mut changes = self.tree_places().list();
        changes.retain(|change| change.stage == Stage::Done);
        changes
    }

    /// Takes back the latest change of the tree, or one by its name: everything is where it was.
    ///
    /// # Errors
    /// [`MovingError::NothingToUndo`], [`MovingError::CannotUndo`] when something else is in its place now.
    pub fn undo_tree_change(&self, id: Option<&str>, now: Timestamp) -> Result<TreeChange, WorkbenchError> {
        let places = self.tree_places();
        let _lock = self.only_one(&places)?;
        let changes = self.tree_changes();
        let mut change = match id {
            None => changes.into_iter().next().ok_or(MovingError::NothingToUndo)?,
            Some(id) => changes
                .into_iter()
                .find(|change| change.id == id)
                .ok_or_else(|| MovingError::NoSuchChange(id.to_owned()))?,
        };
        for step in &change.carries {
            let (Some(from), Some(to)) = (places.resolve(&step.from), places.resolve(&step.to)) else {
                continue;
            };
            let reason = if !is_there(&to) {
                MovingError::Vanished { path: to }
            } else if is_there(&from) && !only_case_differs(&from, &to) {
                MovingError::InTheWay { path: from }
            } else {
                continue;
            };
            return Err(MovingError::CannotUndo {
                reason: Box::new(reason),
            }
            .into());
        }
        change.stage = Stage::Undoing;
        self.mark(&places, &change)?;
        self.back(&places, &change, now, ALL)
            .map_err(|reason| self.stuck(&places, &change, reason))?;
        self.tell_git(&change.carries, true);
        Ok(change)
    }

    /// Finishes what a crash cut short; called when a taxonomy is opened. Costs one look at a file when nothing was.
    ///
    /// # Errors
    /// [`MovingError::Stuck`] with what to do.
    pub fn finish_tree_change(&self, now: Timestamp) -> Result<Option<TreeChange>, WorkbenchError> {
        let places = self.tree_places();
        if !places.mark().exists() {
            return Ok(None);
        }
        // Another process that holds the lock is at work on it right now.
        let Ok(_lock) = self.only_one(&places) else {
            return Ok(None);
        };
        self.finish_marked(&places, now)
    }

    fn finish_marked(&self, places: &Places, now: Timestamp) -> Result<Option<TreeChange>, WorkbenchError> {
        let Ok(id) = fs::read_to_string(places.mark()) else {
            return Ok(None);
        };
        let Ok(mut change) = places.read(id.trim()) else {
            // Cut off before anything was written down, so nothing was done.
            self.unmark(places)?;
            return Ok(None);
        };
        match change.stage {
            Stage::Done => self.unmark(places)?,
            Stage::Undoing => self
                .back(places, &change, now, ALL)
                .map_err(|reason| self.stuck(places, &change, reason))?,
            Stage::UnderWay => {
                if let Err(reason) = self.forth(places, &mut change, ALL) {
                    self.back(places, &change, now, ALL)
                        .map_err(|_| self.stuck(places, &change, reason))?;
                    return Ok(None);
                }
            }
        }
        Ok(Some(change))
    }

    fn tree_places(&self) -> Places {
        Places::new(self.root(), self.git_dir())
    }

    fn begin(&self, mut change: TreeChange) -> Result<TreeChange, WorkbenchError> {
        let places = self.tree_places();
        let _lock = self.only_one(&places)?;
        self.finish_marked(&places, change.at)?;
        self.mark(&places, &change)?;
        match self.forth(&places, &mut change, ALL) {
            Ok(()) => {
                kept::prune(&places);
                Ok(change)
            }
            Err(reason) => match self.back(&places, &change, change.at, ALL) {
                Ok(()) => Err(MovingError::PutBack {
                    reason: Box::new(reason),
                }
                .into()),
                Err(_) => Err(self.stuck(&places, &change, reason).into()),
            },
        }
    }

    /// One change at a time, over all processes.
    fn only_one(&self, places: &Places) -> Result<Lock, MovingError> {
        let path = places.trash().join("lock");
        let refused = |source| MovingError::Record {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(places.trash()).map_err(refused)?;
        let file = File::options().create(true).append(true).open(&path).map_err(refused)?;
        Lock::take(file).map_err(refused)?.ok_or(MovingError::Busy)
    }

    fn mark(&self, places: &Places, change: &TreeChange) -> Result<(), MovingError> {
        let refused = |path: &Path| {
            let path = path.to_owned();
            move |source| MovingError::Record { path, source }
        };
        places.write(change).map_err(refused(&places.record(&change.id)))?;
        write_whole(&places.mark(), change.id.as_bytes()).map_err(refused(&places.mark()))
    }

    fn unmark(&self, places: &Places) -> Result<(), MovingError> {
        let path = places.mark();
        fs::remove_file(&path).map_err(|source| MovingError::Record { path, source })
    }

    fn stuck(&self, places: &Places, change: &TreeChange, reason: MovingError) -> MovingError {
        MovingError::Stuck {
            reason: Box::new(reason),
            list: places.record(&change.id),
            mark: places.mark(),
        }
    }

    /// Does what is not done yet.
    fn forth(&self, places: &Places, change: &mut TreeChange, steps: usize) -> Result<(), MovingError> {
        for step in change.carries.iter().take(steps) {
            self.step(places, &step.from, &step.to)?;
        }
        if change.carries.len() >= steps {
            return Ok(());
        }
        if let (TreeChangeKind::Moved, Some(to)) = (change.kind, &change.to) {
            self.carry_drafts(&change.from, to)?;
            if change.recorded {
                let record = MoveRecord {
                    id: change.id.clone(),
                    from: change.from.clone(),
                    to: to.clone(),
                    at: change.at,
                };
                Moves::record(&places.root, &record).map_err(|error| unrecorded(places, &error))?;
            }
        }
        change.stage = Stage::Done;
        let refused = |source| MovingError::Record {
            path: places.record(&change.id),
            source,
        };
        places.write(change).map_err(refused)?;
        self.unmark(places)
    }

    /// Undoes what is done, the last step first; the record of the change goes with it.
    fn back(&self, places: &Places, change: &TreeChange, now: Timestamp, steps: usize) -> Result<(), MovingError> {
        if let (TreeChangeKind::Moved, Some(to)) = (change.kind, &change.to) {
            self.carry_drafts(to, &change.from)?;
            if change.recorded {
                self.unrecord(places, change, to, now)?;
            }
        }
        for step in change.carries.iter().rev().take(steps) {
            let from = places.resolve(&step.from);
            // A change that is taken back half way has steps that were never taken, or that were taken back already.
            if from.is_some_and(|from| !is_there(&from)) {
                self.step(places, &step.to, &step.from)?;
            }
        }
        if change.carries.len() >= steps {
            return Ok(());
        }
        for folder in change.made.iter().rev().filter_map(|made| places.resolve(made)) {
            // Something may have been put there since; then it stays.
            let _ = fs::remove_dir(folder);
        }
        self.unmark(places)?;
        let folder = places.folder(&change.id);
        fs::remove_dir_all(&folder).map_err(|source| MovingError::Record { path: folder, source })
    }

    fn step(&self, places: &Places, from: &str, to: &str) -> Result<(), MovingError> {
        let (Some(from), Some(to)) = (places.resolve(from), places.resolve(to)) else {
            return Err(MovingError::Vanished { path: from.into() });
        };
        carry(&from, &to)?;
        if let Some(folder) = from.parent() {
            // Folders that git does not keep, since nothing is in them any more. The branches stay.
            let below = from.strip_prefix(&places.root).ok().and_then(|path| path.iter().next());
            let stop = below.map_or_else(|| places.own.join("drafts"), |branch| places.root.join(branch));
            remove_empty(folder, &stop);
        }
        Ok(())
    }

    fn carry_drafts(&self, from: &NodePath, to: &NodePath) -> Result<(), MovingError> {
        for drafts in [Drafts::new(self.git_dir()), Drafts::of_attribution(self.git_dir())] {
            drafts.carry(from, to).map_err(|error| MovingError::Record {
                path: self.git_dir().join("seedbed/drafts"),
                source: std::io::Error::other(error.to_string()),
            })?;
        }
        Ok(())
    }

    /// Takes the line of a move away; where samples may have been made since, a second line leads back instead.
    fn unrecord(&self, places: &Places, change: &TreeChange, to: &NodePath, now: Timestamp) -> Result<(), MovingError> {
        let told = Moves::open(&places.root)
            .records()
            .iter()
            .any(|record| record.id == change.id);
        if !told {
            return Ok(());
        }
        let since = moment(change.at);
        let ran = self
            .runs()
            .ids()
            .unwrap_or_default()
            .iter()
            .any(|run| run.as_str() >= since.as_str());
        let failed = |error| unrecorded(places, &error);
        if !ran && Moves::take_back(&places.root, &change.id).map_err(failed)? {
            let curated = crate::samples::curated_folder(&places.root, None);
            remove_empty(&curated, &places.root);
            if change.attributed {
                crate::samples::drop_union_attribute(&places.root);
            }
            return Ok(());
        }
        let record = MoveRecord {
            id: format!("{}-undo", change.id),
            from: to.clone(),
            to: change.from.clone(),
            at: now,
        };
        Moves::record(&places.root, &record).map_err(failed)
    }
}

fn unrecorded(places: &Places, error: &crate::samples::StoreError) -> MovingError {
    MovingError::Record {
        path: crate::samples::moves_file(&places.root),
        source: std::io::Error::other(error.to_string()),
    }
}

/// A step from one place to another.
fn step_of(from: impl Into<String>, to: impl Into<String>) -> Carry {
    Carry {
        from: from.into(),
        to: to.into(),
    }
}

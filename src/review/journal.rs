//! One reviewer's decisions on one node: a file that only grows.

use std::path::{Path, PathBuf};

use crate::review::{ReviewError, ReviewEvent, Reviewer};
use crate::samples::{
    Followed, Grown, Moves, Notice, append_synced, curated_folder, line_of, make_folder, mend, node_of_folder,
    refuse_link, reviews_folder,
};
use crate::taxonomy::NodePath;

/// A review file, read on as it grows.
#[derive(Debug)]
pub struct Journal {
    root: PathBuf,
    node: NodePath,
    reviewer: Reviewer,
    followed: Followed,
    mended: bool,
}

impl Journal {
    /// The journal of a reviewer on a node; the file need not be there yet.
    pub fn open(root: &Path, node: &NodePath, reviewer: &Reviewer) -> Self {
        let path = reviews_folder(root, node).join(format!("{}.jsonl", reviewer.slug()));
        Journal {
            root: root.to_owned(),
            node: node.clone(),
            reviewer: reviewer.clone(),
            followed: Followed::new(&path),
            mended: false,
        }
    }

    /// The journal that a file found below `curated/` is, as in `curated/<node>/reviews/<reviewer>.jsonl`; its node is where
    /// that leaf is now.
    pub(super) fn of_file(root: &Path, path: &Path, moves: &Moves) -> Option<Self> {
        let folder = path.parent().filter(|folder| folder.ends_with("reviews"))?;
        let node = moves.of_folder(&node_of_folder(root, folder.parent()?)?);
        let stem = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
        Some(Journal {
            root: root.to_owned(),
            node,
            reviewer: Reviewer::of_file(stem),
            followed: Followed::new(path),
            mended: false,
        })
    }

    pub fn path(&self) -> &Path {
        self.followed.path()
    }

    pub fn node(&self) -> &NodePath {
        &self.node
    }

    pub fn reviewer(&self) -> &Reviewer {
        &self.reviewer
    }

    /// Hands on the events that were added since the last reading.
    pub fn read_on(
        &mut self,
        notices: &mut Vec<Notice>,
        visit: &mut dyn FnMut(ReviewEvent),
    ) -> Result<Grown, ReviewError> {
        let path = self.followed.path().to_owned();
        let grown = self
            .followed
            .read_on(&mut |line| match serde_json::from_slice(line.bytes) {
                Ok(event) => visit(event),
                Err(error) => notices.push(line.broken(&path, &error)),
            })?;
        notices.extend(grown.unfinished.clone());
        Ok(grown)
    }

    /// Sets a torn last line aside, as an earlier crash may have left one; only for one's own journal.
    pub fn mend(&mut self) -> Result<Option<Notice>, ReviewError> {
        if self.mended {
            return Ok(None);
        }
        let notice = mend(self.path())?;
        self.mended = true;
        Ok(notice)
    }

    /// Appends events in one write and returns once they are on the disk.
    pub fn append(&mut self, events: &[ReviewEvent]) -> Result<Option<Notice>, ReviewError> {
        let path = self.path().to_owned();
        make_folder(
            &self.root,
            &curated_folder(&self.root, Some(&self.node)).join("reviews"),
        )?;
        refuse_link(&path)?;
        let mended = self.mend()?;
        let mut lines = Vec::new();
        for event in events {
            lines.extend(line_of(event, &path)?);
        }
        let appended = append_synced(&path, &lines)?;
        Ok(mended.or(appended.notice))
    }
}

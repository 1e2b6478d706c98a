//! Where leaves went: `curated/moves.jsonl`, a line for each leaf or folder that was moved or renamed.
//!
//! A sample keeps its line and its id for ever, and both name the node it was made for. What lies under `curated/` moves along
//! with its leaf, so its folder says where it belongs now. What does not move along (runs on this and on other machines, files
//! that a colleague's branch adds under the old path) finds its node here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::append::{append_synced, line_of};
use super::curated::{curated_folder, ensure_union_attribute, make_folder, refuse_link};
use crate::samples::{Notice, StoreError};
use crate::taxonomy::NodePath;

/// One move of a leaf or a folder; everything below it went along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveRecord {
    /// Names the move; a second line of the same name counts once.
    pub id: String,
    pub from: NodePath,
    pub to: NodePath,
    pub at: Timestamp,
}

/// All moves of a taxonomy, the earliest first.
#[derive(Debug, Clone, Default)]
pub struct Moves {
    root: PathBuf,
    records: Vec<MoveRecord>,
    /// The file as it was read, to see whether it changed.
    read: Vec<u8>,
    notices: Vec<Notice>,
}

/// The file that moves are recorded in.
pub fn moves_file(root: &Path) -> PathBuf {
    curated_folder(root, None).join("moves.jsonl")
}

impl Moves {
    /// Reads the moves of a taxonomy; none where there is no file. Lines that are no moves become notices.
    pub fn open(root: &Path) -> Self {
        let path = moves_file(root);
        let (read, trouble) = match read_plain(&path) {
            Ok(bytes) => (bytes, None),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let mut notices: Vec<Notice> = trouble
            .into_iter()
            .map(|reason| Notice::Unreadable {
                path: path.clone(),
                reason,
            })
            .collect();
        let mut records: Vec<MoveRecord> = Vec::new();
        for (number, line) in (1..).zip(read.split(|byte| *byte == b'\n')) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<MoveRecord>(line) {
                Ok(record) => records.push(record),
                Err(error) => notices.push(Notice::Broken {
                    path: path.clone(),
                    line: number,
                    reason: super::jsonl::json_reason(&error),
                }),
            }
        }
        // Merged files have their lines in any order.
        records.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        records.dedup_by(|a, b| a.id == b.id);
        Moves {
            root: root.to_owned(),
            records,
            read,
            notices,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub fn records(&self) -> &[MoveRecord] {
        &self.records
    }

    pub(super) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// True when the file is not what it was when it was read.
    pub fn is_stale(&self) -> bool {
        !read_plain(&moves_file(&self.root)).is_ok_and(|now| now == self.read)
    }

    /// Where the leaf is now that was at `node` at a moment; without a moment every move counts.
    pub fn now(&self, node: &NodePath, then: Option<Timestamp>) -> NodePath {
        let mut at = node.clone();
        for record in &self.records {
            if then.is_none_or(|then| then < record.at)
                && let Some(carried) = at.carried(&record.from, &record.to)
            {
                at = carried;
            }
        }
        at
    }

    /// The leaf that a folder below `curated/` belongs to: the one at the same path, else the one that moved from there.
    pub fn of_folder(&self, node: &NodePath) -> NodePath {
        if self.is_empty() || node.qna(&self.root).is_file() {
            return node.clone();
        }
        let moved = self.now(node, None);
        if moved.qna(&self.root).is_file() {
            moved
        } else {
            node.clone()
        }
    }

    /// Records a move, once, and returns when it is on the disk.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is recorded then.
    pub fn record(root: &Path, record: &MoveRecord) -> Result<(), StoreError> {
        if Moves::open(root).records.iter().any(|known| known.id == record.id) {
            return Ok(());
        }
        let path = moves_file(root);
        make_folder(root, &curated_folder(root, None))?;
        refuse_link(&path)?;
        ensure_union_attribute(root)?;
        append_synced(&path, &line_of(record, &path)?).map(|_| ())
    }

    /// Takes a record away if it is the last line of the file; false when it is not. An empty file goes, too.
    ///
    /// # Errors
    /// [`StoreError`]; the file is as it was then.
    pub fn take_back(root: &Path, id: &str) -> Result<bool, StoreError> {
        let path = moves_file(root);
        let refused = |error: io::Error| StoreError::unwritable(&path, &error);
        refuse_link(&path)?;
        let bytes = read_plain(&path).map_err(refused)?;
        let body = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let start = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let last = body.get(start..).unwrap_or_default();
        if !serde_json::from_slice::<MoveRecord>(last).is_ok_and(|record| record.id == id) {
            return Ok(false);
        }
        if start == 0 {
            fs::remove_file(&path).map_err(refused)?;
        } else {
            let file = fs::OpenOptions::new().write(true).open(&path).map_err(refused)?;
            file.set_len(start as u64).map_err(refused)?;
            file.sync_all().map_err(refused)?;
        }
        Ok(true)
    }
}

/// The bytes of a file that may be missing; a link is not followed.
fn read_plain(path: &Path) -> io::Result<Vec<u8>> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => fs::read(path),
        Ok(_) => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> NodePath {
        NodePath::parse(text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn record(id: &str, from: &str, to: &str, second: i64) -> MoveRecord {
        MoveRecord {
            id: id.into(),
            from: node(from),
            to: node(to),
            at: at(second),
        }
    }

    #[test]
    fn a_sample_is_followed_through_every_later_move_and_through_no_earlier_one() {
        let root = tempfile::tempdir().unwrap();
        Moves::record(root.path(), &record("2", "knowledge/b", "knowledge/c/d", 20)).unwrap();
        Moves::record(root.path(), &record("1", "knowledge/a", "knowledge/b", 10)).unwrap();
        Moves::record(root.path(), &record("1", "knowledge/a", "knowledge/b", 10)).unwrap();
        let moves = Moves::open(root.path());
        assert_eq!(moves.records().len(), 2);
        assert_eq!(moves.now(&node("knowledge/a/x"), Some(at(5))), node("knowledge/c/d/x"));
        assert_eq!(moves.now(&node("knowledge/a"), Some(at(15))), node("knowledge/a"));
        assert_eq!(moves.now(&node("knowledge/b"), Some(at(15))), node("knowledge/c/d"));
        assert_eq!(moves.now(&node("knowledge/ab"), Some(at(5))), node("knowledge/ab"));
        assert_eq!(moves.now(&node("knowledge/a"), None), node("knowledge/c/d"));
    }

    #[test]
    fn a_folder_is_its_own_unless_its_leaf_went_away() {
        let root = tempfile::tempdir().unwrap();
        Moves::record(root.path(), &record("1", "knowledge/a", "knowledge/b", 10)).unwrap();
        let there = |path: &str| {
            fs::create_dir_all(root.path().join(path)).unwrap();
            fs::write(root.path().join(path).join("qna.yaml"), "").unwrap();
        };
        let moves = Moves::open(root.path());
        assert_eq!(moves.of_folder(&node("knowledge/a")), node("knowledge/a"));
        there("knowledge/b");
        assert_eq!(moves.of_folder(&node("knowledge/a")), node("knowledge/b"));
        there("knowledge/a");
        assert_eq!(moves.of_folder(&node("knowledge/a")), node("knowledge/a"));
    }

    #[test]
    fn taking_back_the_only_move_leaves_no_trace() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (
            record("1", "knowledge/a", "knowledge/b", 10),
            record("2", "knowledge/b", "knowledge/c", 20),
        );
        Moves::record(root.path(), &first).unwrap();
        let before = fs::read(moves_file(root.path())).unwrap();
        Moves::record(root.path(), &second).unwrap();
        assert!(!Moves::open(root.path()).is_stale());
        assert!(!Moves::take_back(root.path(), "1").unwrap());
        assert!(Moves::take_back(root.path(), "2").unwrap());
        assert_eq!(fs::read(moves_file(root.path())).unwrap(), before);
        assert!(Moves::take_back(root.path(), "1").unwrap());
        assert!(!moves_file(root.path()).exists());
        assert!(!Moves::take_back(root.path(), "1").unwrap());
    }
}

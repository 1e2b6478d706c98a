//! Samples that someone reviewed, in the taxonomy itself: `curated/<node>/samples.jsonl`, committed, never changed.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::append::{append_synced, mend};
use super::jsonl::Followed;
use super::run_writer::sample_line;
use crate::disk::sync_folder;
use crate::samples::{Notice, Sample, SampleId, StoreError};
use crate::taxonomy::NodePath;

/// The folder of everything curated.
pub const CURATED: &str = "curated";
/// The file that tells git how to merge.
const ATTRIBUTES: &str = ".gitattributes";
/// Two people append to the same file: git keeps the lines of both.
const UNION: &str = "curated/**/*.jsonl merge=union";

/// `curated/` of a taxonomy, or below it the folder of a node.
pub fn curated_folder(root: &Path, node: Option<&NodePath>) -> PathBuf {
    let folder = root.join(CURATED);
    node.map_or(folder.clone(), |node| folder.join(node.as_str()))
}

/// A node's curated samples.
pub fn samples_file(root: &Path, node: &NodePath) -> PathBuf {
    curated_folder(root, Some(node)).join("samples.jsonl")
}

/// A node's review files, one a reviewer.
pub fn reviews_folder(root: &Path, node: &NodePath) -> PathBuf {
    curated_folder(root, Some(node)).join("reviews")
}

/// The node that a folder below `curated/` belongs to.
pub fn node_of_folder(root: &Path, folder: &Path) -> Option<NodePath> {
    let below = folder.strip_prefix(root.join(CURATED)).ok()?;
    let parts: Option<Vec<&str>> = below.iter().map(OsStr::to_str).collect();
    NodePath::parse(&parts?.join("/")).ok()
}

/// Every regular file below `curated/` that `wanted` accepts by path, in the order of their paths; follows no links.
pub(crate) fn curated_files(root: &Path, notices: &mut Vec<Notice>, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![curated_folder(root, None)];
    while let Some(folder) = folders.pop() {
        let entries = match fs::symlink_metadata(&folder).and_then(|metadata| {
            if metadata.is_dir() {
                fs::read_dir(&folder)
            } else {
                Err(io::ErrorKind::NotFound.into())
            }
        }) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                notices.push(Notice::Unreadable {
                    path: folder,
                    reason: error.to_string(),
                });
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && wanted(&path) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// Makes a folder inside the taxonomy, durably, and refuses one that a link leads out of it.
pub(crate) fn make_folder(root: &Path, folder: &Path) -> Result<(), StoreError> {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    let mut at = root.to_owned();
    for part in below.components() {
        let Component::Normal(name) = part else { continue };
        let above = at.clone();
        at.push(name);
        match fs::symlink_metadata(&at) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) if metadata.is_symlink() => return Err(StoreError::Linked { path: at }),
            Ok(_) => {
                return Err(StoreError::Unwritable {
                    path: at,
                    reason: "a file stands where a folder belongs".into(),
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match fs::create_dir(&at) {
                    // Another process may have made it in between.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    other => other.map_err(|error| StoreError::unwritable(&at, &error))?,
                }
                sync_folder(&above).map_err(|error| StoreError::unwritable(&at, &error))?;
            }
            Err(error) => return Err(StoreError::unwritable(&at, &error)),
        }
    }
    Ok(())
}

/// Refuses to write through a link.
pub(crate) fn refuse_link(path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(StoreError::Linked { path: path.to_owned() }),
        _ => Ok(()),
    }
}

/// True when git would not know yet how to merge curated files.
pub fn union_attribute_missing(root: &Path) -> bool {
    match fs::read_to_string(root.join(ATTRIBUTES)) {
        Ok(text) => !text
            .lines()
            .any(|line| line.split_whitespace().eq(UNION.split_whitespace())),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

pub(super) fn ensure_union_attribute(root: &Path) -> Result<(), StoreError> {
    let path = root.join(ATTRIBUTES);
    if !union_attribute_missing(root) || refuse_link(&path).is_err() {
        // git does not read attributes through a link either; that is the owner's affair.
        return Ok(());
    }
    let before = fs::read_to_string(&path).unwrap_or_default();
    let gap = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let refused = |error: io::Error| StoreError::unwritable(&path, &error);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(&path)
        .map_err(refused)?;
    io::Write::write_all(&mut file, format!("{gap}{UNION}\n").as_bytes()).map_err(refused)?;
    file.sync_all().map_err(refused)
}

/// Takes `.gitattributes` away again when it holds nothing but the rule for curated files and there are none.
pub fn drop_union_attribute(root: &Path) {
    let path = root.join(ATTRIBUTES);
    let is_ours = refuse_link(&path).is_ok() && fs::read_to_string(&path).is_ok_and(|text| text.trim() == UNION);
    if is_ours && !curated_folder(root, None).exists() {
        // Left behind it does no harm.
        let _ = fs::remove_file(path);
    }
}

/// Puts samples into `curated/`, each once.
#[derive(Debug)]
pub struct Curated {
    root: PathBuf,
    known: HashMap<NodePath, Known>,
    attributes_checked: bool,
    notices: Vec<Notice>,
}

#[derive(Debug)]
struct Known {
    followed: Followed,
    ids: HashSet<SampleId>,
}

#[derive(Deserialize)]
struct OnlyId {
    id: SampleId,
}

impl Curated {
    pub fn new(root: &Path) -> Self {
        Curated {
            root: root.to_owned(),
            known: HashMap::new(),
            attributes_checked: false,
            notices: Vec::new(),
        }
    }

    /// Writes a sample and returns once it is on the disk; false when it is there already.
    pub fn add(&mut self, sample: &Sample) -> Result<bool, StoreError> {
        self.add_all(&sample.node, std::slice::from_ref(&sample))
            .map(|added| added > 0)
    }

    /// Writes several samples of one node in one go; returns how many were new.
    pub fn add_all(&mut self, node: &NodePath, samples: &[&Sample]) -> Result<usize, StoreError> {
        let path = samples_file(&self.root, node);
        make_folder(&self.root, &curated_folder(&self.root, Some(node)))?;
        refuse_link(&path)?;
        if !self.attributes_checked {
            ensure_union_attribute(&self.root)?;
            self.attributes_checked = true;
        }
        let known = Self::known_ids(&mut self.known, &mut self.notices, node, &path)?;
        let mut lines = Vec::new();
        let mut fresh: HashSet<&SampleId> = HashSet::new();
        for sample in samples {
            if !known.ids.contains(&sample.id) && fresh.insert(&sample.id) {
                lines.extend(sample_line(sample, &path)?);
            }
        }
        if fresh.is_empty() {
            return Ok(0);
        }
        let appended = append_synced(&path, &lines)?;
        self.notices.extend(appended.notice);
        // Read back instead of remembered, so that a file that git replaces later is seen to differ.
        if !matches!(known.read_on(), Ok(false)) {
            self.known.remove(node);
        }
        Ok(fresh.len())
    }

    /// What was odd about the files, told once.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// The ids that are in a node's file now; git or another reviewer's program may have changed it since.
    fn known_ids<'a>(
        known: &'a mut HashMap<NodePath, Known>,
        notices: &mut Vec<Notice>,
        node: &NodePath,
        path: &Path,
    ) -> Result<&'a mut Known, StoreError> {
        let fresh = || Known {
            followed: Followed::new(path),
            ids: HashSet::new(),
        };
        if !known.contains_key(node) {
            // The first writing in this process: the last one may have died in the middle of a line.
            notices.extend(mend(path)?);
        }
        let entry = known.entry(node.clone()).or_insert_with(fresh);
        if entry.read_on()? {
            *entry = fresh();
            entry.read_on()?;
        }
        Ok(entry)
    }
}

impl Known {
    /// Lines that cannot be read are the library's to tell; here they only do not count.
    fn read_on(&mut self) -> Result<bool, StoreError> {
        let Known { followed, ids } = self;
        let grown = followed.read_on(&mut |line| {
            if let Ok(found) = serde_json::from_slice::<OnlyId>(line.bytes) {
                ids.insert(found.id);
            }
        })?;
        Ok(grown.rewritten)
    }
}

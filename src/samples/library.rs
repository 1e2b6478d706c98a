//! Every sample of a taxonomy: what was curated and what the runs made, as one collection.
//!
//! Only what lists and queues need is held; the text of a sample is read when it is asked for. A sample that is in several
//! places is one sample, and the curated copy is the one that is read. When a file did not simply grow (a merge, another
//! branch, a deleted run) the collection is built anew, which takes well under a second for 100,000 samples.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;

use super::curated::curated_files;
use super::jsonl::{Followed, Line, read_at};
use crate::samples::{Moves, Notice, RunId, RunStore, Sample, SampleId, StoreError, node_of_folder, samples_file};
use crate::taxonomy::{Kind, NodePath};

/// What is known of a sample without reading its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRef {
    pub id: SampleId,
    pub node: Arc<NodePath>,
    pub kind: Kind,
    /// The run in its provenance; the run may be on another machine.
    pub run: Option<RunId>,
    pub parent: Option<SampleId>,
    pub depth: u32,
    /// A person edited `parent` into this.
    pub edited: bool,
    pub made: Option<Timestamp>,
}

/// Which samples are wanted. Everything left out means all.
#[derive(Default)]
pub struct Selection<'a> {
    /// Nodes, each with everything below it.
    pub nodes: &'a [NodePath],
    /// Samples that the run made: those in its folder, also when another run made them before, and those whose provenance
    /// names it, also when it ran on another machine.
    pub run: Option<&'a RunId>,
    /// Asked last, as in what the reviews say of it.
    pub keep: Option<&'a dyn Fn(&SampleRef) -> bool>,
}

/// What a refresh brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refreshed {
    /// Samples that were not there before; 0 when `rebuilt`.
    pub added: usize,
    /// Something went or changed, so that everything was read anew.
    pub rebuilt: bool,
}

/// All samples of one taxonomy, by id and by node.
#[derive(Debug)]
pub struct SampleLibrary {
    root: PathBuf,
    runs: RunStore,
    moves: Moves,
    files: Vec<SampleFile>,
    by_path: HashMap<PathBuf, usize>,
    entries: Vec<Entry>,
    by_id: HashMap<SampleId, usize>,
    by_node: BTreeMap<Arc<NodePath>, Vec<usize>>,
    by_run: HashMap<RunId, Vec<usize>>,
    children: HashMap<SampleId, Vec<usize>>,
    notices: Vec<Notice>,
}

#[derive(Debug)]
struct SampleFile {
    followed: Followed,
    /// `None` for a curated file.
    run: Option<RunId>,
    /// The leaf that a curated file's folder belongs to, whatever its lines say: it may have been moved.
    node: Option<Arc<NodePath>>,
}

#[derive(Debug)]
struct Entry {
    sample: Arc<SampleRef>,
    file: usize,
    offset: u64,
    length: usize,
}

/// The fields of a sample that are read at once; the rest is checked to be JSON and passed over.
#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    node: Cow<'a, str>,
    kind: Kind,
    #[serde(borrow, default)]
    provenance: Origin<'a>,
    #[serde(default)]
    parent: Option<SampleId>,
    #[serde(default)]
    depth: u32,
}

#[derive(Default, Deserialize)]
struct Origin<'a> {
    #[serde(borrow, default)]
    run: Cow<'a, str>,
    #[serde(borrow, default)]
    editor: Cow<'a, str>,
    #[serde(default)]
    made: Option<Timestamp>,
}

impl SampleLibrary {
    /// Reads what is in `curated/` below the taxonomy's root and in the runs below the git directory.
    ///
    /// Files that cannot be read and lines that are no samples become notices.
    pub fn open(root: &Path, git_dir: &Path) -> Self {
        let mut library = SampleLibrary {
            root: root.to_owned(),
            runs: RunStore::new(git_dir),
            moves: Moves::open(root),
            files: Vec::new(),
            by_path: HashMap::new(),
            entries: Vec::new(),
            by_id: HashMap::new(),
            by_node: BTreeMap::new(),
            by_run: HashMap::new(),
            children: HashMap::new(),
            notices: Vec::new(),
        };
        library.notices.extend(library.moves.notices().iter().cloned());
        library.find_files();
        library.read_files(0..library.files.len());
        library
    }

    /// Looks for new files everywhere and picks up what was appended.
    pub fn refresh(&mut self) -> Refreshed {
        if self.moves.is_stale() {
            return self.rebuild();
        }
        self.find_files();
        self.read_or_rebuild(0..self.files.len())
    }

    /// Picks up what one run made since; costs next to nothing when it made nothing.
    pub fn refresh_run(&mut self, run: &RunId) -> Refreshed {
        let path = self.runs.samples_file(run);
        self.refresh_file(path, Some(run.clone()))
    }

    /// Picks up what was added to a node's curated samples, as after a decision or an edit.
    pub fn refresh_node(&mut self, node: &NodePath) -> Refreshed {
        self.refresh_file(samples_file(&self.root, node), None)
    }

    fn refresh_file(&mut self, path: PathBuf, run: Option<RunId>) -> Refreshed {
        let file = self.follow(path, run);
        self.read_or_rebuild(file..file + 1)
    }

    fn read_or_rebuild(&mut self, files: std::ops::Range<usize>) -> Refreshed {
        let before = self.entries.len();
        if self.read_files(files) {
            return Refreshed {
                added: self.entries.len() - before,
                rebuilt: false,
            };
        }
        self.rebuild()
    }

    fn rebuild(&mut self) -> Refreshed {
        let git_dir = self
            .runs
            .folder()
            .parent()
            .and_then(Path::parent)
            .unwrap_or(Path::new(""))
            .to_owned();
        *self = SampleLibrary::open(&self.root, &git_dir);
        Refreshed {
            added: 0,
            rebuilt: true,
        }
    }

    fn find_files(&mut self) {
        let is_samples = |path: &Path| path.file_name().is_some_and(|name| name == "samples.jsonl");
        let mut odd = Vec::new();
        for path in curated_files(&self.root, &mut odd, &is_samples) {
            self.follow(path, None);
        }
        match self.runs.ids() {
            Ok(ids) => {
                for id in ids {
                    self.follow(self.runs.samples_file(&id), Some(id));
                }
            }
            Err(error) => {
                odd.push(Notice::Unreadable {
                    path: self.runs.folder().to_owned(),
                    reason: error.to_string(),
                });
            }
        }
        for notice in odd {
            self.tell(Some(notice));
        }
    }

    fn follow(&mut self, path: PathBuf, run: Option<RunId>) -> usize {
        let next = self.files.len();
        let index = *self.by_path.entry(path.clone()).or_insert(next);
        if index == next {
            let folder = path.parent().filter(|_| run.is_none());
            let node = folder
                .and_then(|folder| node_of_folder(&self.root, folder))
                .map(|node| self.shared(self.moves.of_folder(&node)));
            self.files.push(SampleFile {
                followed: Followed::new(&path),
                run,
                node,
            });
        }
        index
    }

    /// Reads on in some files; false when one of them did not simply grow.
    fn read_files(&mut self, files: std::ops::Range<usize>) -> bool {
        for index in files {
            let Some(file) = self.files.get(index) else { continue };
            let (mut followed, run) = (file.followed.clone(), file.run.clone());
            let path = followed.path().to_owned();
            let read = followed.read_on(&mut |line| self.take_line(&path, index, run.as_ref(), line));
            match read {
                Ok(grown) if grown.rewritten => return false,
                Ok(grown) => self.tell(grown.unfinished),
                Err(error) => self.tell(Some(Notice::Unreadable {
                    path,
                    reason: error.to_string(),
                })),
            }
            if let Some(file) = self.files.get_mut(index) {
                file.followed = followed;
            }
        }
        true
    }

    /// A live run's unfinished line is seen again and again; it is told once.
    fn tell(&mut self, notice: Option<Notice>) {
        if let Some(notice) = notice
            && !self.notices.contains(&notice)
        {
            self.notices.push(notice);
        }
    }

    fn take_line(&mut self, path: &Path, file: usize, run: Option<&RunId>, line: Line<'_>) {
        let glance: Glance<'_> = match serde_json::from_slice(line.bytes) {
            Ok(glance) => glance,
            Err(error) => return self.notices.push(line.broken(path, &error)),
        };
        let curated = self.files.get(file).and_then(|file| file.node.clone());
        let node = match self.node(&glance, curated) {
            Ok(node) => node,
            Err(reason) => {
                return self.notices.push(Notice::Broken {
                    path: path.to_owned(),
                    line: line.number,
                    reason,
                });
            }
        };
        let id = SampleId::from_text(glance.id);
        let (offset, length) = (line.offset, line.bytes.len());
        let next = self.entries.len();
        let index = *self.by_id.entry(id.clone()).or_insert(next);
        if index == next {
            let sample = Arc::new(SampleRef {
                id: id.clone(),
                node: Arc::clone(&node),
                kind: glance.kind,
                run: RunId::parse(&glance.provenance.run).ok(),
                parent: glance.parent,
                depth: glance.depth,
                edited: !glance.provenance.editor.is_empty(),
                made: glance.provenance.made,
            });
            if let Some(parent) = &sample.parent {
                self.children.entry(parent.clone()).or_default().push(index);
            }
            if let Some(run) = sample.run.as_ref().filter(|made_by| Some(*made_by) != run) {
                self.by_run.entry(run.clone()).or_default().push(index);
            }
            self.by_node.entry(node).or_default().push(index);
            self.entries.push(Entry {
                sample,
                file,
                offset,
                length,
            });
        } else if run.is_none()
            && let Some(entry) = self.entries.get_mut(index)
            && self.files.get(entry.file).is_some_and(|before| before.run.is_some())
        {
            // The same text: what a list shows of it stays, only the copy that is read changes.
            (entry.file, entry.offset, entry.length) = (file, offset, length);
        }
        if let Some(run) = run {
            self.by_run.entry(run.clone()).or_default().push(index);
        }
    }

    /// Where a sample belongs now: where its file lies, else where its leaf went since it was made.
    fn node(&self, glance: &Glance<'_>, curated: Option<Arc<NodePath>>) -> Result<Arc<NodePath>, String> {
        let node = NodePath::parse(&glance.node).map_err(|error| error.to_string())?;
        Ok(match curated {
            Some(node) => node,
            None if self.moves.is_empty() => self.shared(node),
            None => self.shared(self.moves.now(&node, glance.provenance.made)),
        })
    }

    /// One shared copy of each node's path.
    fn shared(&self, node: NodePath) -> Arc<NodePath> {
        let known = self.by_node.get_key_value(&node).map(|(known, _)| Arc::clone(known));
        known.unwrap_or_else(|| Arc::new(node))
    }

    /// What was odd about the files.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn get(&self, id: &SampleId) -> Option<&Arc<SampleRef>> {
        self.entries.get(*self.by_id.get(id)?).map(|entry| &entry.sample)
    }

    /// True when a copy lies under `curated/`.
    pub fn is_curated(&self, id: &SampleId) -> bool {
        let entry = self.by_id.get(id).and_then(|index| self.entries.get(*index));
        entry
            .and_then(|entry| self.files.get(entry.file))
            .is_some_and(|file| file.run.is_none())
    }

    /// The samples of exactly this node, in the order made.
    pub fn of_node(&self, node: &NodePath) -> Vec<Arc<SampleRef>> {
        self.in_order(self.by_node.get(node).into_iter().flatten().copied())
    }

    /// The samples that were edited or evolved from this one, in the order made.
    pub fn children(&self, id: &SampleId) -> Vec<Arc<SampleRef>> {
        self.in_order(self.children.get(id).into_iter().flatten().copied())
    }

    /// How many samples each node has itself.
    pub fn counts(&self) -> impl Iterator<Item = (&NodePath, usize)> {
        self.by_node.iter().map(|(node, found)| (node.as_ref(), found.len()))
    }

    /// How many samples each node has itself of those that `keep` accepts, as in `reviews.is_in_play`.
    pub fn counts_where(&self, keep: &dyn Fn(&SampleRef) -> bool) -> BTreeMap<Arc<NodePath>, usize> {
        let kept = |found: &Vec<usize>| {
            found
                .iter()
                .filter(|index| self.entries.get(**index).is_some_and(|entry| keep(&entry.sample)))
                .count()
        };
        self.by_node
            .iter()
            .map(|(node, found)| (Arc::clone(node), kept(found)))
            .collect()
    }

    /// The samples that a selection leaves, in the order made; one pass over what its nodes or its run have.
    pub fn select(&self, selection: &Selection<'_>) -> Vec<Arc<SampleRef>> {
        let wanted = |index: &usize| {
            let Some(entry) = self.entries.get(*index) else {
                return false;
            };
            let sample = entry.sample.as_ref();
            (selection.nodes.is_empty() || selection.nodes.iter().any(|above| sample.node.is_within(above)))
                && selection.keep.is_none_or(|keep| keep(sample))
        };
        match selection.run {
            Some(run) => self.in_order(self.by_run.get(run).into_iter().flatten().copied().filter(wanted)),
            None => {
                let nodes = self.by_node.iter().filter(|(node, _)| {
                    selection.nodes.is_empty() || selection.nodes.iter().any(|above| node.is_within(above))
                });
                self.in_order(nodes.flat_map(|(_, found)| found.iter().copied()).filter(wanted))
            }
        }
    }

    /// The samples whose id starts with what was typed, at most `most`.
    pub fn matching(&self, typed: &str, most: usize) -> Vec<SampleId> {
        if let Some((id, _)) = self.by_id.get_key_value(&SampleId::from_text(typed)) {
            return vec![id.clone()];
        }
        let found = self.entries.iter().map(|entry| &entry.sample.id);
        found
            .filter(|id| id.as_str().starts_with(typed))
            .take(most)
            .cloned()
            .collect()
    }

    /// Reads a whole sample. When its file was changed underneath, the file is searched.
    pub fn load(&self, id: &SampleId) -> Result<Sample, StoreError> {
        let none = || StoreError::NoSuchSample { id: id.clone() };
        let entry = self
            .by_id
            .get(id)
            .and_then(|index| self.entries.get(*index))
            .ok_or_else(none)?;
        let file = self.files.get(entry.file).ok_or_else(none)?;
        let path = file.followed.path();
        let there = read_at(path, entry.offset, entry.length).ok();
        if let Some(sample) = there.and_then(|bytes| serde_json::from_slice::<Sample>(&bytes).ok())
            && sample.id == *id
        {
            return Ok(moved(sample, &entry.sample.node));
        }
        self.search(path, id).map(|sample| moved(sample, &entry.sample.node))
    }

    fn search(&self, path: &Path, id: &SampleId) -> Result<Sample, StoreError> {
        let mut found = Err(StoreError::NoSuchSample { id: id.clone() });
        Followed::new(path).read_on(&mut |line| {
            let is_it = serde_json::from_slice::<Glance<'_>>(line.bytes).is_ok_and(|seen| seen.id == id.as_str());
            if is_it && found.is_err() {
                found = serde_json::from_slice(line.bytes).map_err(|error| StoreError::Broken {
                    path: path.to_owned(),
                    line: line.number,
                    reason: super::jsonl::json_reason(&error),
                });
            }
        })?;
        found
    }

    /// The order made: by time, then run, then id. It does not depend on which copy of a sample was found first, so that a
    /// queue looks the same tomorrow, on another machine and after a merge.
    fn in_order(&self, indices: impl Iterator<Item = usize>) -> Vec<Arc<SampleRef>> {
        let mut found: Vec<Arc<SampleRef>> = indices
            .filter_map(|index| self.entries.get(index))
            .map(|entry| Arc::clone(&entry.sample))
            .collect();
        found.sort_by(|a, b| (a.made, &a.run, &a.id).cmp(&(b.made, &b.run, &b.id)));
        // A run lists a sample both for having made it and for standing in its provenance.
        found.dedup_by(|a, b| a.id == b.id);
        found
    }
}

/// A sample as one of the leaf where it belongs now; where it was made stays in its provenance, since its id says so, too.
fn moved(mut sample: Sample, node: &NodePath) -> Sample {
    if sample.node != *node {
        let made_for = std::mem::replace(&mut sample.node, node.clone());
        sample.provenance.made_for.get_or_insert(made_for);
    }
    sample
}

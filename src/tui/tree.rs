//! The tree as the screen knows it: folders in display order, which are open, and what is known of each leaf.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::widgets::Rows;
use crate::taxonomy::{FolderFound, LeafSummary, NodePath};

/// How many samples of a leaf stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Without a decision, or skipped: put off.
    pub pending: usize,
    pub accepted: usize,
    pub rejected: usize,
    /// Flagged, or reviewers disagree.
    pub flagged: usize,
}

impl Tally {
    pub fn total(&self) -> usize {
        self.pending + self.accepted + self.rejected + self.flagged
    }

    fn add(&mut self, other: &Tally) {
        self.pending += other.pending;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.flagged += other.flagged;
    }
}

/// What is known of all leaves at and below a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub leaves: usize,
    pub examples: usize,
    pub errors: usize,
    pub samples: Tally,
}

/// A folder or leaf.
#[derive(Debug, Clone)]
pub struct TreeNode {
    pub path: NodePath,
    pub depth: usize,
    pub is_leaf: bool,
    /// The index after its last descendant.
    pub end: usize,
    /// The index of the folder it lies in.
    above: Option<usize>,
    pub summary: Option<Arc<LeafSummary>>,
    sums: Sums,
}

/// All nodes, depth first in display order, with the rows that are open.
///
/// The order is that of the paths' parts, so a node is found by halving; sums over a folder are kept, not counted anew. What a
/// key does costs the same in a large tree as in a small one, but for opening and closing folders.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<TreeNode>,
    closed: HashSet<NodePath>,
    /// How often folders were opened or closed.
    folds: u64,
    visible: Vec<usize>,
    pub rows: Rows,
    counts: HashMap<NodePath, Tally>,
    /// True once the samples were counted for the first time.
    pub counted: bool,
    /// Leaves that are not in the tree on disk yet.
    pub drafts: HashSet<NodePath>,
    /// True once every folder was found.
    pub walked: bool,
    /// Leaves whose file was read.
    pub read: usize,
    leaves: usize,
}

/// The order of the tree: by the paths' parts, a folder before what lies in it.
fn in_order(a: &NodePath, b: &NodePath) -> Ordering {
    // No part holds a NUL, so it can stand for the end of one.
    fn bytes(path: &NodePath) -> impl Iterator<Item = u8> {
        let bytes = path.as_str().bytes();
        bytes.map(|byte| if byte == b'/' { 0 } else { byte })
    }
    bytes(a).cmp(bytes(b))
}

impl Tree {
    /// Takes folders in, in the order in which the walk finds them (parents first, sorted).
    pub fn add(&mut self, found: Vec<FolderFound>) {
        let first = self.nodes.len();
        found.into_iter().for_each(|folder| self.push(folder));
        self.show_from(first);
    }

    fn push(&mut self, folder: FolderFound) {
        let FolderFound { path, is_leaf } = folder;
        let at = self.nodes.len();
        let mut above = at.checked_sub(1);
        while let Some(node) = above.and_then(|above| self.nodes.get(above)) {
            if path != node.path && path.is_within(&node.path) {
                break;
            }
            above = node.above;
        }
        let samples = self.counts.get(&path).copied().unwrap_or_default();
        self.leaves += usize::from(is_leaf);
        self.nodes.push(TreeNode {
            depth: path.segments().count() - 1,
            path,
            is_leaf,
            end: at + 1,
            above,
            summary: None,
            sums: Sums::default(),
        });
        self.at_and_above(at, |node| {
            node.end = at + 1;
            node.sums.leaves += usize::from(is_leaf);
            node.sums.samples.add(&samples);
        });
    }

    fn at_and_above(&mut self, at: usize, mut change: impl FnMut(&mut TreeNode)) {
        let mut next = Some(at);
        while let Some(node) = next.and_then(|at| self.nodes.get_mut(at)) {
            change(node);
            next = node.above;
        }
    }

    /// The index of a node.
    fn at(&self, path: &NodePath) -> Option<usize> {
        self.nodes.binary_search_by(|node| in_order(&node.path, path)).ok()
    }

    /// Replaces all folders after a new walk; what was open, chosen and known stays.
    pub fn replace(&mut self, found: Vec<FolderFound>) {
        let chosen = self.chosen().map(|node| node.path.clone());
        let before = std::mem::take(&mut self.nodes);
        (self.leaves, self.read) = (0, 0);
        found.into_iter().for_each(|folder| self.push(folder));
        // Both are in order, so one pass finds what was known of whom.
        let mut known = before
            .into_iter()
            .filter_map(|node| Some((node.path, node.summary?)))
            .peekable();
        for at in 0..self.nodes.len() {
            let Some(path) = self.nodes.get(at).map(|node| node.path.clone()) else {
                break;
            };
            while known.next_if(|(of, _)| in_order(of, &path).is_lt()).is_some() {}
            if let Some((_, summary)) = known.next_if(|(of, _)| *of == path) {
                self.know_at(at, summary);
            }
        }
        self.lay_out();
        if let Some(path) = chosen {
            self.choose(&path);
        }
    }

    /// Takes in what leaves' files say; fastest in the order of the tree.
    pub fn know(&mut self, summaries: Vec<Arc<LeafSummary>>) {
        let mut next = 0;
        for summary in summaries {
            // Mostly it is the next leaf, a folder or two further on.
            let near = self.nodes.iter().enumerate().skip(next).take(4);
            let near = near
                .map(|(at, node)| (at, node.path == summary.path))
                .find(|(_, is_it)| *is_it);
            let Some(at) = near.map(|(at, _)| at).or_else(|| self.at(&summary.path)) else {
                continue;
            };
            self.know_at(at, summary);
            next = at + 1;
        }
    }

    fn know_at(&mut self, at: usize, summary: Arc<LeafSummary>) {
        let Some(node) = self.nodes.get_mut(at) else { return };
        let (examples, errors) = (summary.examples, summary.errors);
        let before = node.summary.replace(summary);
        self.read += usize::from(before.is_none());
        let (examples_before, errors_before) = before.map_or((0, 0), |before| (before.examples, before.errors));
        self.at_and_above(at, |node| {
            node.sums.examples = (node.sums.examples + examples).saturating_sub(examples_before);
            node.sums.errors = (node.sums.errors + errors).saturating_sub(errors_before);
        });
    }

    /// Takes in how many samples of each leaf stand where.
    pub fn set_counts(&mut self, counts: HashMap<NodePath, Tally>) {
        for node in &mut self.nodes {
            node.sums.samples = Tally::default();
        }
        for (path, tally) in &counts {
            if let Some(at) = self.at(path) {
                self.at_and_above(at, |node| node.sums.samples.add(tally));
            }
        }
        self.counts = counts;
        self.counted = true;
    }

    /// True for a node of which it is known that nothing was made for it, or for what lies below it.
    pub fn lacks_samples(&self, path: &NodePath) -> bool {
        self.counted && self.counts_below(path).total() == 0
    }

    fn lay_out(&mut self) {
        self.visible.clear();
        self.show_from(0);
    }

    /// Adds the open rows among the nodes from an index on.
    fn show_from(&mut self, first: usize) {
        let mut at = first;
        let mut above = self.nodes.get(first).and_then(|node| node.above);
        while let Some(node) = above.and_then(|above| self.nodes.get(above)) {
            if self.closed.contains(&node.path) {
                at = node.end;
            }
            above = node.above;
        }
        while let Some(node) = self.nodes.get(at) {
            self.visible.push(at);
            let is_folder = node.end > at + 1;
            at = if is_folder && self.closed.contains(&node.path) {
                node.end
            } else {
                at + 1
            };
        }
        self.rows.clamp(self.visible.len());
    }

    /// How many rows are open.
    pub fn len(&self) -> usize {
        self.visible.len()
    }

    pub fn is_empty(&self) -> bool {
        self.visible.is_empty()
    }

    pub fn leaf_count(&self) -> usize {
        self.leaves
    }

    /// The node in an open row.
    pub fn row(&self, row: usize) -> Option<&TreeNode> {
        self.visible.get(row).and_then(|at| self.nodes.get(*at))
    }

    pub fn chosen(&self) -> Option<&TreeNode> {
        self.row(self.rows.chosen)
    }

    /// The leaves at and below a node.
    pub fn leaves_below(&self, path: &NodePath) -> Vec<NodePath> {
        let nodes = self.at(path).and_then(|at| self.nodes.get(at..self.nodes.get(at)?.end));
        let leaves = nodes.into_iter().flatten().filter(|node| node.is_leaf);
        leaves.map(|node| node.path.clone()).collect()
    }

    pub fn node(&self, path: &NodePath) -> Option<&TreeNode> {
        self.at(path).and_then(|at| self.nodes.get(at))
    }

    /// What is known of all leaves at and below a node.
    pub fn sums(&self, path: &NodePath) -> Sums {
        self.node(path).map(|node| node.sums).unwrap_or_default()
    }

    /// The counts of one leaf, without those of leaves below it.
    pub fn counts_of(&self, path: &NodePath) -> Tally {
        self.counts.get(path).copied().unwrap_or_default()
    }

    /// All nodes in display order.
    pub fn nodes(&self) -> &[TreeNode] {
        &self.nodes
    }

    pub fn is_open(&self, path: &NodePath) -> bool {
        !self.closed.contains(path)
    }

    /// True when a node has children to show.
    pub fn has_children(&self, node: &TreeNode) -> bool {
        self.at(&node.path).is_some_and(|at| node.end > at + 1)
    }

    pub fn set_open(&mut self, path: &NodePath, open: bool) {
        let changed = if open {
            self.closed.remove(path)
        } else {
            self.closed.insert(path.clone())
        };
        if changed {
            self.folds += 1;
            let chosen = self.chosen().map(|node| node.path.clone());
            self.lay_out();
            if let Some(path) = chosen {
                self.choose(&path);
            }
        }
    }

    pub fn open_all(&mut self) {
        self.folds += 1;
        let chosen = self.chosen().map(|node| node.path.clone());
        self.closed.clear();
        self.lay_out();
        if let Some(path) = chosen {
            self.choose(&path);
        }
    }

    /// Closes every folder below the branches.
    pub fn close_all(&mut self) {
        self.folds += 1;
        let chosen = self.chosen().map(|node| node.path.clone());
        self.closed = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(at, node)| node.depth > 0 && node.end > at + 1)
            .map(|(_, node)| node.path.clone())
            .collect();
        self.lay_out();
        let mut path = chosen;
        while let Some(here) = path {
            if let Some(row) = self.row_of(&here) {
                self.rows.chosen = row;
                return;
            }
            path = here.parent();
        }
    }

    /// Folders that are to be closed as soon as they are found.
    pub fn close_later(&mut self, folders: impl IntoIterator<Item = NodePath>) {
        self.closed.extend(folders);
    }

    /// The closed folders, sorted; once the walk is over, only those that are there.
    pub fn closed(&self) -> Vec<NodePath> {
        let there = |path: &&NodePath| !self.walked || self.at(path).is_some();
        let mut closed: Vec<NodePath> = self.closed.iter().filter(there).cloned().collect();
        closed.sort();
        closed
    }

    /// A number that is another one after every opening and closing of folders.
    pub fn folds(&self) -> u64 {
        self.folds
    }

    fn row_of(&self, path: &NodePath) -> Option<usize> {
        let at = self.at(path)?;
        self.visible.binary_search(&at).ok()
    }

    /// Chooses a node, opening the folders above it. False when it is not in the tree.
    pub fn choose(&mut self, path: &NodePath) -> bool {
        if self.at(path).is_none() {
            return false;
        }
        let mut above = path.parent();
        let mut opened = false;
        while let Some(folder) = above {
            opened |= self.closed.remove(&folder);
            above = folder.parent();
        }
        if opened {
            self.lay_out();
        }
        if let Some(row) = self.row_of(path) {
            self.rows.chosen = row;
        }
        true
    }

    /// The counts of a leaf, or the sum over the leaves below a folder.
    pub fn counts_below(&self, path: &NodePath) -> Tally {
        self.sums(path).samples
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;

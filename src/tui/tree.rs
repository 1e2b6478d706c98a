//! The tree as the screen knows it: folders in display order, which are open, and what is known of each leaf.

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

/// A folder or leaf.
#[derive(Debug, Clone)]
pub struct TreeNode {
    pub path: NodePath,
    pub depth: usize,
    pub is_leaf: bool,
    /// The index after its last descendant.
    pub end: usize,
    pub summary: Option<Arc<LeafSummary>>,
}

/// All nodes, depth first in display order, with the rows that are open.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<TreeNode>,
    index: HashMap<NodePath, usize>,
    closed: HashSet<NodePath>,
    visible: Vec<usize>,
    pub rows: Rows,
    pub counts: HashMap<NodePath, Tally>,
    /// Leaves that are not in the tree on disk yet.
    pub drafts: HashSet<NodePath>,
    /// True once every folder was found.
    pub walked: bool,
    /// Leaves whose file was read.
    pub read: usize,
    leaves: usize,
}

impl Tree {
    /// Takes folders in, in the order in which the walk finds them (parents first, sorted).
    pub fn add(&mut self, found: Vec<FolderFound>) {
        for folder in found {
            let at = self.nodes.len();
            let depth = folder.path.segments().count() - 1;
            let mut above = folder.path.parent();
            while let Some(path) = above {
                if let Some(node) = self.index.get(&path).and_then(|at| self.nodes.get_mut(*at)) {
                    node.end = at + 1;
                }
                above = path.parent();
            }
            self.leaves += usize::from(folder.is_leaf);
            self.index.insert(folder.path.clone(), at);
            self.nodes.push(TreeNode {
                path: folder.path,
                depth,
                is_leaf: folder.is_leaf,
                end: at + 1,
                summary: None,
            });
        }
        self.lay_out();
    }

    /// Replaces all folders after a new walk; what was open, chosen and known stays.
    pub fn replace(&mut self, found: Vec<FolderFound>) {
        let chosen = self.chosen().map(|node| node.path.clone());
        let known: HashMap<NodePath, Arc<LeafSummary>> = self
            .nodes
            .drain(..)
            .filter_map(|node| Some((node.path, node.summary?)))
            .collect();
        self.index.clear();
        self.leaves = 0;
        self.add(found);
        for node in &mut self.nodes {
            node.summary = known.get(&node.path).cloned();
        }
        self.read = self.nodes.iter().filter(|node| node.summary.is_some()).count();
        if let Some(path) = chosen {
            self.choose(&path);
        }
    }

    /// Takes in what a leaf's file says.
    pub fn know(&mut self, summary: LeafSummary) {
        if let Some(node) = self.index.get(&summary.path).and_then(|at| self.nodes.get_mut(*at)) {
            self.read += usize::from(node.summary.is_none());
            node.summary = Some(Arc::new(summary));
        }
    }

    fn lay_out(&mut self) {
        self.visible.clear();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            self.visible.push(at);
            at = if self.closed.contains(&node.path) {
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

    pub fn node(&self, path: &NodePath) -> Option<&TreeNode> {
        self.index.get(path).and_then(|at| self.nodes.get(*at))
    }

    /// A node's descendants in display order.
    pub fn below(&self, path: &NodePath) -> &[TreeNode] {
        let Some(at) = self.index.get(path).copied() else {
            return &[];
        };
        let end = self.nodes.get(at).map_or(at, |node| node.end);
        self.nodes.get(at + 1..end).unwrap_or_default()
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
        self.index.get(&node.path).is_some_and(|at| node.end > at + 1)
    }

    pub fn set_open(&mut self, path: &NodePath, open: bool) {
        let changed = if open {
            self.closed.remove(path)
        } else {
            self.closed.insert(path.clone())
        };
        if changed {
            let chosen = self.chosen().map(|node| node.path.clone());
            self.lay_out();
            if let Some(path) = chosen {
                self.choose(&path);
            }
        }
    }

    pub fn open_all(&mut self) {
        let chosen = self.chosen().map(|node| node.path.clone());
        self.closed.clear();
        self.lay_out();
        if let Some(path) = chosen {
            self.choose(&path);
        }
    }

    /// Closes every folder below the branches.
    pub fn close_all(&mut self) {
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

    fn row_of(&self, path: &NodePath) -> Option<usize> {
        let at = *self.index.get(path)?;
        self.visible.binary_search(&at).ok()
    }

    /// Chooses a node, opening the folders above it. False when it is not in the tree.
    pub fn choose(&mut self, path: &NodePath) -> bool {
        if !self.index.contains_key(path) {
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
        let Some(at) = self.index.get(path).copied() else {
            return Tally::default();
        };
        let end = self.nodes.get(at).map_or(at, |node| node.end);
        let mut sum = Tally::default();
        for node in self.nodes.get(at..end).unwrap_or_default() {
            if let Some(counts) = self.counts.get(&node.path) {
                sum.add(counts);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[(&str, bool)]) -> Tree {
        let mut tree = Tree::default();
        tree.add(
            paths
                .iter()
                .map(|(path, is_leaf)| FolderFound {
                    path: path.parse().unwrap(),
                    is_leaf: *is_leaf,
                })
                .collect(),
        );
        tree
    }

    fn rows(tree: &Tree) -> Vec<&str> {
        (0..tree.len()).map(|row| tree.row(row).unwrap().path.name()).collect()
    }

    fn sample() -> Tree {
        tree(&[
            ("compositional_skills", false),
            ("compositional_skills/a", false),
            ("compositional_skills/a/x", true),
            ("compositional_skills/b", true),
            ("knowledge", false),
            ("knowledge/k", true),
        ])
    }

    #[test]
    fn closing_hides_what_is_below_and_keeps_the_choice_in_sight() {
        let mut tree = sample();
        assert_eq!(rows(&tree), ["compositional_skills", "a", "x", "b", "knowledge", "k"]);
        tree.set_open(&"compositional_skills/a".parse().unwrap(), false);
        assert_eq!(rows(&tree), ["compositional_skills", "a", "b", "knowledge", "k"]);
        tree.rows.chosen = 4;
        tree.set_open(&"compositional_skills".parse().unwrap(), false);
        assert_eq!(rows(&tree), ["compositional_skills", "knowledge", "k"]);
        assert_eq!(tree.chosen().unwrap().path.name(), "k");
        tree.choose(&"compositional_skills/a/x".parse().unwrap());
        assert_eq!(tree.chosen().unwrap().path.name(), "x");
    }

    #[test]
    fn a_new_walk_keeps_what_was_chosen_and_known() {
        let mut tree = sample();
        tree.choose(&"knowledge/k".parse().unwrap());
        let mut found: Vec<FolderFound> = vec![];
        for (path, is_leaf) in [
            ("compositional_skills", false),
            ("knowledge", false),
            ("knowledge/j", true),
            ("knowledge/k", true),
        ] {
            found.push(FolderFound {
                path: path.parse().unwrap(),
                is_leaf,
            });
        }
        tree.replace(found);
        assert_eq!(tree.chosen().unwrap().path.name(), "k");
        assert_eq!(tree.leaf_count(), 2);
    }
}

//! Nodes as people type them.

use std::path::Path;

use super::{Workbench, WorkbenchError};
use crate::taxonomy::{LeafFile, NodePath, walk};
use crate::text::distance::edit_distance;

/// How many names an error offers.
const OFFERED: usize = 3;

impl Workbench {
    /// Reads a node as typed: from the taxonomy's root, or as a path from `current` (a folder on disk), with or without
    /// `qna.yaml`.
    ///
    /// # Errors
    /// [`WorkbenchError::NoSuchNode`] with the nearest names.
    pub fn node(&self, typed: &str, current: &Path) -> Result<NodePath, WorkbenchError> {
        if let Ok(node) = NodePath::parse(typed)
            && node.folder(&self.root).is_dir()
        {
            return Ok(node);
        }
        let on_disk = current.join(typed).canonicalize().ok();
        let below = on_disk
            .as_deref()
            .and_then(|path| path.strip_prefix(&self.root).ok())
            .and_then(Path::to_str);
        let from_here = below
            .map(|text| text.replace('\\', "/"))
            .and_then(|text| NodePath::parse(&text).ok());
        match from_here.filter(|node| node.folder(&self.root).is_dir()) {
            Some(node) => Ok(node),
            None => Err(WorkbenchError::NoSuchNode {
                typed: typed.to_owned(),
                nearest: self.nearest_nodes(typed),
            }),
        }
    }

    /// The leaves at or below a node, in the tree's order.
    ///
    /// # Errors
    /// [`WorkbenchError::NoLeaf`] when there are none.
    pub fn leaves(&self, node: &NodePath) -> Result<Vec<NodePath>, WorkbenchError> {
        let mut found = Vec::new();
        walk(&self.root, &|| false, &mut |folder| {
            if folder.is_leaf && folder.path.is_within(node) {
                found.push(folder.path);
            }
        });
        if found.is_empty() {
            Err(WorkbenchError::NoLeaf {
                typed: node.to_string(),
            })
        } else {
            Ok(found)
        }
    }

    /// Reads a leaf's seed file as it stands on disk.
    pub fn leaf_file(&self, node: &NodePath) -> Result<LeafFile, WorkbenchError> {
        Ok(LeafFile::read(&self.root, node)?)
    }

    /// The leaves whose name or path is nearest to what was typed, best first.
    fn nearest_nodes(&self, typed: &str) -> Vec<String> {
        let typed = typed.trim_matches('/').to_lowercase();
        let name = typed.rsplit('/').next().unwrap_or_default();
        if name.is_empty() {
            return Vec::new();
        }
        let mut near: Vec<(usize, String)> = Vec::new();
        walk(&self.root, &|| false, &mut |folder| {
            let path = folder.path.as_str().to_lowercase();
            let own = path.rsplit('/').next().unwrap_or_default();
            let distance = if own == name {
                0
            } else {
                edit_distance(own, name).min(edit_distance(&path, &typed))
            };
            if distance <= name.chars().count().div_ceil(3) && (folder.is_leaf || distance == 0) {
                near.push((distance, folder.path.to_string()));
            }
        });
        near.sort();
        near.into_iter().take(OFFERED).map(|(_, path)| path).collect()
    }
}

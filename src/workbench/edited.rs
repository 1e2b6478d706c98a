//! Editing a leaf without the form: by script, or in the person's own editor.

use jiff::Timestamp;

use super::{Workbench, WorkbenchError};
use crate::taxonomy::{Diagnostic, Fingerprint, LeafEdit, LeafFile, NodePath, apply_edits, check_leaf_file, save};

/// A leaf with changes that are not saved yet.
#[derive(Debug, Clone)]
pub struct EditedLeaf {
    pub node: NodePath,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    /// What was read; `None` for a leaf that is not in the tree.
    base: Option<Fingerprint>,
    /// What the checks say of `after`.
    pub findings: Vec<Diagnostic>,
}

/// Where an edit went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing was different.
    Unchanged,
    InTree,
    /// The leaf is not whole yet, so that it stays a draft.
    AsDraft,
}

impl EditedLeaf {
    pub fn is_draft(&self) -> bool {
        self.base.is_none()
    }

    /// How many findings the checks would refuse the leaf for.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|one| one.keeps_a_draft()).count()
    }
}

impl Workbench {
    /// Reads a node as typed that is in the tree or a draft.
    ///
    /// # Errors
    /// As [`Workbench::node`].
    pub fn node_or_draft(&self, typed: &str, current: &std::path::Path) -> Result<NodePath, WorkbenchError> {
        match NodePath::parse(typed) {
            Ok(node) if self.leaf_draft(&node).is_some() => Ok(node),
            _ => self.node(typed, current),
        }
    }

    /// Reads a leaf to be edited: its file, else its draft.
    ///
    /// # Errors
    /// When there is neither.
    pub fn open_leaf(&self, node: &NodePath) -> Result<EditedLeaf, WorkbenchError> {
        let (bytes, base) = match self.leaf_draft(node) {
            Some(draft) => (draft.file.bytes, None),
            None => {
                let file = self.leaf_file(node)?;
                (file.bytes, Some(file.fingerprint))
            }
        };
        Ok(EditedLeaf {
            node: node.clone(),
            after: bytes.clone(),
            before: bytes,
            base,
            findings: Vec::new(),
        })
    }

    /// Gives a leaf another text and judges it. Nothing is written.
    pub fn retext(&self, leaf: &mut EditedLeaf, text: Vec<u8>) {
        leaf.after = text;
        leaf.findings = match leaf.base {
            Some(_) => {
                let file = LeafFile::from_bytes(leaf.node.clone(), leaf.after.clone());
                check_leaf_file(self.root(), &file, self.profile())
            }
            None => self.judge(&leaf.node, &leaf.after, self.profile()),
        };
    }

    /// Makes edits, all or none, and judges the result. Nothing is written.
    ///
    /// # Errors
    /// When the file is no YAML, and when an edit cannot be made.
    pub fn edit_leaf(&self, leaf: &mut EditedLeaf, edits: &[LeafEdit]) -> Result<(), WorkbenchError> {
        let file = LeafFile::from_bytes(leaf.node.clone(), leaf.after.clone());
        let mut document = file.document.map_err(|error| WorkbenchError::NotYaml {
            path: leaf.node.qna_relative(),
            error,
        })?;
        apply_edits(&mut document, edits)?;
        self.retext(leaf, document.bytes().to_vec());
        Ok(())
    }

    /// Saves an edited leaf, unless the file is not what it was when it was read. A draft goes into the tree once it is whole, or
    /// when that is asked for.
    ///
    /// # Errors
    /// [`WorkbenchError::Save`]; the file is as it was then.
    pub fn keep_edited(&self, leaf: &EditedLeaf, into_tree: bool, now: Timestamp) -> Result<Kept, WorkbenchError> {
        let Some(base) = leaf.base else {
            if leaf.errors() > 0 && !into_tree {
                if leaf.after == leaf.before {
                    return Ok(Kept::Unchanged);
                }
                self.drafts().put(&leaf.node, &leaf.after, None, now)?;
                return Ok(Kept::AsDraft);
            }
            self.drafts().put(&leaf.node, &leaf.after, None, now)?;
            self.write_leaf(&leaf.node)?;
            return Ok(Kept::InTree);
        };
        if leaf.after == leaf.before {
            return Ok(Kept::Unchanged);
        }
        save(&leaf.node.qna(self.root()), &leaf.after, Some(base))?;
        Ok(Kept::InTree)
    }
}

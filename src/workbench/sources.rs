//! The `attribution.txt` of a leaf, in the tree or beside a draft.

use std::fs;
use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

use super::{Workbench, WorkbenchError};
use crate::taxonomy::attribution::{ATTRIBUTION_FILE, AttributionText};
use crate::taxonomy::{Fingerprint, NodePath, save};

/// A leaf's sources as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    pub node: NodePath,
    pub text: AttributionText,
    /// What was read; `None` where there was nothing.
    pub base: Option<Fingerprint>,
    /// The leaf is a draft, and so are its sources.
    pub is_draft: bool,
}

impl Workbench {
    /// Reads the sources of a leaf; none are an empty text.
    ///
    /// # Errors
    /// When the file cannot be read or is no text.
    pub fn sources(&self, node: &NodePath) -> Result<Sources, WorkbenchError> {
        let path = self.sources_file(node);
        let in_tree = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(WorkbenchError::io("read", &path)(error)),
        };
        let is_draft = !node.qna(self.root()).exists() && self.drafts().get(node).is_some() && in_tree.is_none();
        let bytes = if is_draft {
            self.attribution_drafts().get(node).map(|draft| draft.bytes)
        } else {
            in_tree
        };
        Ok(Sources {
            node: node.clone(),
            text: AttributionText::read(bytes.as_deref().unwrap_or_default())?,
            base: bytes.map(|bytes| Fingerprint::of(&bytes)),
            is_draft,
        })
    }

    /// Saves changed sources, unless the file is not what it was when they were read.
    ///
    /// # Errors
    /// [`WorkbenchError::Save`]; the file is as it was then.
    pub fn save_sources(&self, sources: &Sources, now: Timestamp) -> Result<Fingerprint, WorkbenchError> {
        let bytes = sources.text.text().as_bytes();
        if sources.is_draft && !node_is_written(self, &sources.node) {
            self.attribution_drafts().put(&sources.node, bytes, None, now)?;
            return Ok(Fingerprint::of(bytes));
        }
        let expected = sources.base.filter(|_| !sources.is_draft);
        Ok(save(&self.sources_file(&sources.node), bytes, expected)?)
    }

    pub fn sources_file(&self, node: &NodePath) -> PathBuf {
        node.folder(self.root()).join(ATTRIBUTION_FILE)
    }
}

/// The draft may have been written into the tree while its sources were open.
fn node_is_written(workbench: &Workbench, node: &NodePath) -> bool {
    node.qna(workbench.root()).exists()
}

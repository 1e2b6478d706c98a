//! Leaves that are being written for the first time: drafts inside the git folder, apart from the tree until they are whole.

use jiff::Timestamp;

use super::{Workbench, WorkbenchError};
use crate::taxonomy::attribution::ATTRIBUTION_FILE;
use crate::taxonomy::check::{Profile, check_document};
use crate::taxonomy::naming::{Naming, admit, name_leaf, remarks};
use crate::taxonomy::{
    Diagnostic, Drafts, Kind, LeafFile, NodePath, Start, TaxonomyError, save, scaffold, scaffold_attribution,
};

/// A new leaf that could be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The path as typed and by InstructLab's habits; both can be had.
    pub naming: Naming,
    /// What a person should know of the path although it works.
    pub remarks: Vec<String>,
}

/// A leaf that is not in the tree yet.
#[derive(Debug, Clone)]
pub struct LeafDraft {
    pub file: LeafFile,
    pub saved_at: Timestamp,
    pub findings: Vec<Diagnostic>,
}

impl LeafDraft {
    pub fn node(&self) -> &NodePath {
        &self.file.path
    }

    /// True when nothing is missing any more that a check would refuse.
    pub fn is_whole(&self) -> bool {
        self.open() == 0
    }

    /// How many places are still to be filled in or mended.
    pub fn open(&self) -> usize {
        self.findings.iter().filter(|one| one.keeps_a_draft()).count()
    }
}

impl Workbench {
    /// Looks at the path of a new leaf: whether it can be, and how InstructLab would write it.
    ///
    /// # Errors
    /// [`WorkbenchError::Naming`] says why not; [`WorkbenchError::LeafThere`] and [`WorkbenchError::DraftThere`].
    pub fn propose_leaf(&self, typed: &str, kind: Kind) -> Result<Proposal, WorkbenchError> {
        let naming = name_leaf(self.root(), typed, Some(kind))?;
        // Either may be chosen; what is wrong with the typed one only matters when it is.
        admit(&naming.habit, Some(kind))?;
        self.is_free(&naming.habit)?;
        let mut remarks = remarks(self.root(), &naming.habit, kind);
        let file = self.in_repository(&naming.habit.qna_relative());
        if self.repository()?.ignores(&file)? {
            remarks.push("git ignores this folder (.gitignore), so the leaf would never be committed".to_owned());
        }
        Ok(Proposal { naming, remarks })
    }

    fn is_free(&self, node: &NodePath) -> Result<(), WorkbenchError> {
        if node.qna(self.root()).symlink_metadata().is_ok() {
            return Err(WorkbenchError::LeafThere(node.clone()));
        }
        if self.drafts().get(node).is_some() {
            return Err(WorkbenchError::DraftThere(node.clone()));
        }
        Ok(())
    }

    /// Begins a leaf: a scaffold to fill in, kept as a draft.
    ///
    /// # Errors
    /// As [`Workbench::propose_leaf`]; and when the draft cannot be kept.
    pub fn begin_leaf(&self, node: &NodePath, kind: Kind, now: Timestamp) -> Result<(), WorkbenchError> {
        admit(node, Some(kind))?;
        self.is_free(node)?;
        // Who commits here is who writes here; where git does not know, the place stays empty.
        let created_by = self
            .author()
            .ok()
            .flatten()
            .map(|author| author.name)
            .unwrap_or_default();
        let sources = scaffold_attribution(&created_by);
        let text = scaffold(
            kind,
            &Start {
                created_by,
                ..Start::default()
            },
        );
        if !node.folder(self.root()).join(ATTRIBUTION_FILE).exists() {
            self.attribution_drafts().put(node, sources.as_bytes(), None, now)?;
        }
        Ok(self.drafts().put(node, text.as_bytes(), None, now)?)
    }

    pub(super) fn attribution_drafts(&self) -> Drafts {
        Drafts::of_attribution(self.git_dir())
    }

    /// The draft of a leaf that is not in the tree.
    pub fn leaf_draft(&self, node: &NodePath) -> Option<LeafDraft> {
        if node.qna(self.root()).exists() {
            return None;
        }
        let draft = self.drafts().get(node)?;
        Some(self.judged(draft.node, draft.bytes, draft.saved_at))
    }

    /// Every leaf that is not in the tree yet, in the order of their paths, and what was odd about drafts.
    pub fn leaf_drafts(&self) -> (Vec<LeafDraft>, Vec<TaxonomyError>) {
        let list = self.drafts().list();
        let new = list
            .drafts
            .into_iter()
            .filter(|draft| !draft.node.qna(self.root()).exists());
        let mut drafts: Vec<LeafDraft> = new
            .map(|draft| self.judged(draft.node, draft.bytes, draft.saved_at))
            .collect();
        drafts.sort_by(|a, b| a.node().cmp(b.node()));
        (drafts, list.notices)
    }

    fn judged(&self, node: NodePath, bytes: Vec<u8>, saved_at: Timestamp) -> LeafDraft {
        let file = LeafFile::from_bytes(node, bytes);
        let findings = check_document(&file.path.qna_relative(), &file.document, self.profile());
        LeafDraft {
            file,
            saved_at,
            findings,
        }
    }

    /// Writes a draft into the tree, whole or not, with its `attribution.txt`.
    ///
    /// # Errors
    /// [`WorkbenchError::NoDraft`]; [`WorkbenchError::Save`] when a leaf came there in the meantime.
    pub fn write_leaf(&self, node: &NodePath) -> Result<(), WorkbenchError> {
        let draft = self
            .drafts()
            .get(node)
            .ok_or_else(|| WorkbenchError::NoDraft(node.clone()))?;
        self.write_sources(node)?;
        save(&node.qna(self.root()), &draft.bytes, draft.base)?;
        Ok(self.drafts().remove(node)?)
    }

    /// Writes the draft of a leaf's `attribution.txt` into the tree, unless a file is there.
    ///
    /// # Errors
    /// [`WorkbenchError::Save`].
    pub fn write_sources(&self, node: &NodePath) -> Result<(), WorkbenchError> {
        let drafts = self.attribution_drafts();
        let Some(sources) = drafts.get(node) else { return Ok(()) };
        let path = node.folder(self.root()).join(ATTRIBUTION_FILE);
        if !path.exists() {
            save(&path, &sources.bytes, None)?;
        }
        Ok(drafts.remove(node)?)
    }

    /// Judges text as the leaf at a node, as in an editor.
    pub fn judge(&self, node: &NodePath, bytes: &[u8], profile: Profile) -> Vec<Diagnostic> {
        let file = LeafFile::from_bytes(node.clone(), bytes.to_vec());
        check_document(&node.qna_relative(), &file.document, profile)
    }
}

//! Replacing a text across the taxonomy: what would change, changing it file by file, and taking all of it back.

use std::path::Path;

use super::{Workbench, WorkbenchError};
use crate::taxonomy::replacing::{Found, Search, put_in_place};
use crate::taxonomy::yaml::Document;
use crate::taxonomy::{Fingerprint, LeafFile, NodePath, SaveError, save, walk};

/// The places of one leaf.
#[derive(Debug, Clone)]
pub struct LeafPlaces {
    pub node: NodePath,
    /// Of the file in which they were found.
    pub fingerprint: Fingerprint,
    pub found: Vec<Found>,
}

/// A file that is left as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub node: NodePath,
    pub reason: String,
}

/// What a search found in one leaf.
#[derive(Debug, Clone)]
pub enum Searched {
    Places(LeafPlaces),
    Refused(Refused),
}

/// A file that was changed, with what it was.
#[derive(Debug, Clone)]
pub struct Replaced {
    pub node: NodePath,
    pub before: Vec<u8>,
    pub after: Fingerprint,
    /// How many places.
    pub count: usize,
}

/// What became of a replacement.
#[derive(Debug, Clone, Default)]
pub struct Replacement {
    pub changed: Vec<Replaced>,
    pub refused: Vec<Refused>,
}

impl Workbench {
    /// Looks through the leaves at or below these nodes (none: the whole taxonomy) and hands out those with places, and those
    /// that cannot be changed, as they come. Returns how many leaves were read.
    pub fn search(
        &self,
        search: &Search,
        within: &[NodePath],
        cancel: &dyn Fn() -> bool,
        on_leaf: &mut dyn FnMut(Searched),
    ) -> usize {
        let drafts = self.drafts();
        let mut read = 0;
        walk(self.root(), cancel, &mut |folder| {
            let inside = within.is_empty() || within.iter().any(|node| folder.path.is_within(node));
            if !folder.is_leaf || !inside || cancel() {
                return;
            }
            read += 1;
            let node = folder.path;
            let mut refuse = |reason: String| {
                on_leaf(Searched::Refused(Refused {
                    node: node.clone(),
                    reason,
                }));
            };
            let file = match LeafFile::read(self.root(), &node) {
                Ok(file) => file,
                Err(error) => return refuse(error.to_string()),
            };
            let document = match &file.document {
                Ok(document) => document,
                Err(error) => {
                    if search.occurs_in(&String::from_utf8_lossy(&file.bytes)) {
                        refuse(format!("the file does not parse: {error}"));
                    }
                    return;
                }
            };
            let found = search.found_in(&node, document);
            if found.is_empty() {
                return;
            }
            if drafts.get(&node).is_some_and(|draft| draft.bytes != file.bytes) {
                return refuse("it has unsaved text; save or discard that first".to_owned());
            }
            on_leaf(Searched::Places(LeafPlaces {
                node,
                fingerprint: file.fingerprint,
                found,
            }));
        });
        read
    }

    /// Puts the new texts in place. Each file is changed whole or not at all; those that cannot be are named with the reason,
    /// and are as they were.
    pub fn replace(&self, leaves: &[LeafPlaces], cancel: &dyn Fn() -> bool) -> Replacement {
        let mut done = Replacement::default();
        for leaf in leaves.iter().filter(|leaf| !leaf.found.is_empty()) {
            let changed = if cancel() {
                Err("stopped before its turn".to_owned())
            } else {
                replace_in(self.root(), leaf)
            };
            match changed {
                Ok(changed) => done.changed.push(changed),
                Err(reason) => done.refused.push(Refused {
                    node: leaf.node.clone(),
                    reason,
                }),
            }
        }
        done
    }

    /// Takes a whole replacement back. Files that changed since are left alone and named.
    pub fn take_back(&self, changed: &[Replaced]) -> Vec<Refused> {
        let mut refused = Vec::new();
        for one in changed {
            if let Err(error) = save(&one.node.qna(self.root()), &one.before, Some(one.after)) {
                refused.push(Refused {
                    node: one.node.clone(),
                    reason: said(&error),
                });
            }
        }
        refused
    }

    /// The nodes as typed on the command line.
    ///
    /// # Errors
    /// [`WorkbenchError::NoSuchNode`]
    pub fn nodes(&self, typed: &[String], current: &Path) -> Result<Vec<NodePath>, WorkbenchError> {
        typed.iter().map(|typed| self.node(typed, current)).collect()
    }
}

fn replace_in(root: &Path, leaf: &LeafPlaces) -> Result<Replaced, String> {
    let file = LeafFile::read(root, &leaf.node).map_err(|error| error.to_string())?;
    if file.fingerprint != leaf.fingerprint {
        return Err("the file changed on disk since it was searched; search again".to_owned());
    }
    let kind = file.leaf().kind;
    let mut document: Document = file.document.map_err(|error| error.to_string())?;
    let places: Vec<&Found> = leaf.found.iter().collect();
    put_in_place(&mut document, kind, &places).map_err(|error| error.to_string())?;
    let after = save(&leaf.node.qna(root), document.bytes(), Some(leaf.fingerprint)).map_err(|error| said(&error))?;
    Ok(Replaced {
        node: leaf.node.clone(),
        before: file.bytes,
        after,
        count: leaf.found.len(),
    })
}

/// An error of saving, without the path that stands beside it anyway.
fn said(error: &SaveError) -> String {
    match error {
        SaveError::Changed { .. } => "the file changed on disk since".to_owned(),
        SaveError::Gone { .. } => "the file was removed or moved since".to_owned(),
        other => other.to_string(),
    }
}

//! Unsaved edits, kept inside the git folder so that a crash or a lost connection does not cost a word.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::TaxonomyError;
use super::fingerprint::Fingerprint;
use super::node::NodePath;
use crate::disk::write_whole;

/// The unsaved text of one leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub node: NodePath,
    /// The whole `qna.yaml` as the editor had it.
    pub bytes: Vec<u8>,
    /// What the file was when editing began; `None` for a leaf that was never saved.
    pub base: Option<Fingerprint>,
    pub saved_at: Timestamp,
}

/// Every draft that could be read, newest first, and what to say about the others.
#[derive(Debug, Default)]
pub struct DraftList {
    pub drafts: Vec<Draft>,
    pub notices: Vec<TaxonomyError>,
}

/// The drafts of one taxonomy, one file for each leaf under `<git dir>/seedbed/drafts/`.
#[derive(Debug, Clone)]
pub struct Drafts {
    folder: PathBuf,
    extension: &'static str,
}

/// The first line of a draft's file; the bytes follow it as they are.
#[derive(Serialize, Deserialize)]
struct Header {
    seedbed_draft: u64,
    node: NodePath,
    base: Option<Fingerprint>,
    saved_at: Timestamp,
    /// Of the bytes that follow: tells a torn file from a whole one.
    sha256: Fingerprint,
}

/// Reads only the format, so that a draft of a newer version is told from a damaged one.
#[derive(Deserialize)]
struct FormatOnly {
    seedbed_draft: u64,
}

const FORMAT: u64 = 1;
const EXTENSION: &str = "draft";
/// Drafts of `attribution.txt` lie beside those of seeds.
const ATTRIBUTION_EXTENSION: &str = "attribution";

enum Torn {
    Damaged,
    Newer(u64),
}

impl Drafts {
    /// Names the place; nothing is read or made before the first draft.
    pub fn new(git_dir: &Path) -> Self {
        Drafts {
            folder: git_dir.join("seedbed").join("drafts"),
            extension: EXTENSION,
        }
    }

    /// The same for the `attribution.txt` of leaves that are drafts themselves.
    pub fn of_attribution(git_dir: &Path) -> Self {
        Drafts {
            extension: ATTRIBUTION_EXTENSION,
            ..Drafts::new(git_dir)
        }
    }

    /// Keeps the unsaved text of a leaf, in place of what was kept before; synced when it returns.
    ///
    /// # Errors
    /// [`TaxonomyError::Draft`] when it cannot be written.
    pub fn put(
        &self,
        node: &NodePath,
        bytes: &[u8],
        base: Option<Fingerprint>,
        saved_at: Timestamp,
    ) -> Result<(), TaxonomyError> {
        let path = self.file(node);
        let fail = |source| TaxonomyError::Draft {
            path: path.clone(),
            source,
        };
        let header = Header {
            seedbed_draft: FORMAT,
            node: node.clone(),
            base,
            saved_at,
            sha256: Fingerprint::of(bytes),
        };
        let mut whole = serde_json::to_vec(&header).map_err(|error| fail(error.into()))?;
        whole.push(b'\n');
        whole.extend_from_slice(bytes);
        write_whole(&path, &whole).map_err(fail)
    }

    /// The draft of a leaf, if there is a whole one. A damaged one is left for [`Drafts::list`] to report.
    pub fn get(&self, node: &NodePath) -> Option<Draft> {
        let draft = read(&fs::read(self.file(node)).ok()?).ok()?;
        (draft.node == *node).then_some(draft)
    }

    /// Forgets the draft of a leaf, as after saving; no draft is fine.
    ///
    /// # Errors
    /// [`TaxonomyError::Draft`] when the file is there and cannot be removed.
    pub fn remove(&self, node: &NodePath) -> Result<(), TaxonomyError> {
        let path = self.file(node);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(TaxonomyError::Draft { path, source }),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Reads every draft; a damaged one is set aside beside its place, with a notice.
    pub fn list(&self) -> DraftList {
        let mut found = DraftList::default();
        let Ok(listing) = fs::read_dir(&self.folder) else {
            return found;
        };
        for entry in listing.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != self.extension) {
                continue;
            }
            match fs::read(&path) {
                Err(source) => found.notices.push(TaxonomyError::Read { path, source }),
                Ok(bytes) => match read(&bytes) {
                    Ok(draft) => found.drafts.push(draft),
                    Err(Torn::Newer(format)) => found.notices.push(TaxonomyError::NewerDraft { path, format }),
                    Err(Torn::Damaged) => {
                        let aside = path.with_extension("torn");
                        found.notices.push(match fs::rename(&path, &aside) {
                            Ok(()) => TaxonomyError::TornDraft { path, aside },
                            Err(source) => TaxonomyError::Draft { path, source },
                        });
                    }
                },
            }
        }
        found
            .drafts
            .sort_by(|a, b| b.saved_at.cmp(&a.saved_at).then_with(|| a.node.cmp(&b.node)));
        found
    }

    /// The nodes at or below one that have a draft, in the order of their paths.
    pub fn within(&self, above: &NodePath) -> Vec<NodePath> {
        let drafts = self.list().drafts.into_iter().map(|draft| draft.node);
        let mut found: Vec<NodePath> = drafts.filter(|node| node.is_within(above)).collect();
        found.sort();
        found
    }

    /// Takes the drafts along when a leaf or folder is moved; what was taken along already is fine.
    ///
    /// # Errors
    /// [`TaxonomyError::Draft`]; each draft is then under one of its two names.
    pub fn carry(&self, from: &NodePath, to: &NodePath) -> Result<(), TaxonomyError> {
        for draft in self.list().drafts {
            if let Some(node) = draft.node.carried(from, to) {
                self.put(&node, &draft.bytes, draft.base, draft.saved_at)?;
                self.remove(&draft.node)?;
            }
        }
        Ok(())
    }

    /// The file that a node's draft is in, whether or not it is there.
    ///
    /// A hash names it: a node's path may be longer than a file name and hold any character.
    pub fn file(&self, node: &NodePath) -> PathBuf {
        let hash: String = Fingerprint::of(node.as_str().as_bytes())
            .to_string()
            .chars()
            .take(32)
            .collect();
        self.folder.join(hash).with_extension(self.extension)
    }
}

fn read(whole: &[u8]) -> Result<Draft, Torn> {
    let end = whole.iter().position(|byte| *byte == b'\n').ok_or(Torn::Damaged)?;
    let (line, rest) = whole.split_at_checked(end).ok_or(Torn::Damaged)?;
    let format: FormatOnly = serde_json::from_slice(line).map_err(|_| Torn::Damaged)?;
    if format.seedbed_draft > FORMAT {
        return Err(Torn::Newer(format.seedbed_draft));
    }
    let header: Header = serde_json::from_slice(line).map_err(|_| Torn::Damaged)?;
    let bytes = rest.get(1..).unwrap_or_default();
    if Fingerprint::of(bytes) != header.sha256 {
        return Err(Torn::Damaged);
    }
    Ok(Draft {
        node: header.node,
        bytes: bytes.to_vec(),
        base: header.base,
        saved_at: header.saved_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> NodePath {
        NodePath::parse(text).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    #[test]
    fn survive_reopening() {
        let git = tempfile::tempdir().unwrap();
        let (a, b) = (node("knowledge/a"), node("compositional_skills/ü b"));
        let base = Fingerprint::of(b"before");
        let drafts = Drafts::new(git.path());
        drafts.put(&a, b"one\n", Some(base), at(1)).unwrap();
        drafts.put(&a, b"two\n\xff\n", Some(base), at(2)).unwrap();
        drafts.put(&b, b"", None, at(3)).unwrap();
        drop(drafts);

        let drafts = Drafts::new(git.path());
        let kept = drafts.get(&a).unwrap();
        assert_eq!(
            (kept.bytes.as_slice(), kept.base, kept.saved_at),
            (b"two\n\xff\n".as_slice(), Some(base), at(2))
        );
        let list = drafts.list();
        assert_eq!(
            list.drafts.iter().map(|draft| draft.node.clone()).collect::<Vec<_>>(),
            [b.clone(), a.clone()]
        );
        assert!(list.notices.is_empty());
        drafts.remove(&a).unwrap();
        drafts.remove(&a).unwrap();
        assert!(drafts.get(&a).is_none());
        assert!(drafts.get(&b).is_some());
    }

    #[test]
    fn a_torn_draft_is_set_aside_with_a_notice() {
        let git = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(git.path());
        let torn = node("knowledge/torn");
        drafts
            .put(&torn, b"a long text that is cut off\n", None, at(1))
            .unwrap();
        drafts.put(&node("knowledge/whole"), b"kept\n", None, at(2)).unwrap();
        let path = drafts.file(&torn);
        let whole = fs::read(&path).unwrap();
        for cut in [0, 5, whole.len() - 3] {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(drafts.get(&torn).is_none());
            let list = drafts.list();
            assert_eq!(list.drafts.len(), 1);
            assert!(
                matches!(list.notices.as_slice(), [TaxonomyError::TornDraft { .. }]),
                "{:?}",
                list.notices
            );
            assert_eq!(fs::read(path.with_extension("torn")).unwrap(), &whole[..cut]);
            assert!(drafts.list().notices.is_empty());
        }
    }

    #[test]
    fn a_draft_of_a_newer_version_stays_where_it_is() {
        let git = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(git.path());
        let path = drafts.file(&node("knowledge/a"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "{\"seedbed_draft\":9,\"other\":1}\nx").unwrap();
        assert!(matches!(
            drafts.list().notices.as_slice(),
            [TaxonomyError::NewerDraft { format: 9, .. }]
        ));
        assert!(path.exists());
    }
}

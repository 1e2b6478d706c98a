//! What is to be judged: leaves of a taxonomy, files elsewhere, and standard input.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::output::shown;
use crate::cli::session::Session;
use crate::git::documents;
use crate::taxonomy::check::{DocumentText, advise, check_leaf_file};
use crate::taxonomy::yaml::{Document, MAX_BYTES};
use crate::taxonomy::{
    Branch, Diagnostic, Kind, LeafFile, NodePath, Profile, SEED_FILE, check_file, check_leaf, leaf_of, walk,
};
use crate::workbench::{Workbench, WorkbenchError, find_taxonomy};

/// What every target is judged with.
pub(super) struct Around {
    pub profile: Profile,
    pub advice: bool,
    /// The taxonomy around the folder, if there is one with a repository.
    pub workbench: Option<Workbench>,
    /// Where clones of documents lie; nothing is ever fetched here.
    documents: PathBuf,
}

impl Around {
    pub fn of(session: &Session, profile: Option<Profile>, advice: bool) -> anyhow::Result<Self> {
        let workbench = match session.workbench() {
            Ok(workbench) => Some(workbench),
            // A file can be judged anywhere.
            Err(WorkbenchError::NoTaxonomy { .. } | WorkbenchError::NoRepository { .. }) => None,
            Err(other) => return Err(other.into()),
        };
        let by_settings = match &workbench {
            Some(workbench) => workbench.profile(),
            None => {
                let wanted = session.settings()?.0.profile;
                let named = |profile: &Profile| wanted.as_deref() == Some(profile.word());
                Profile::ALL.into_iter().find(named).unwrap_or_default()
            }
        };
        Ok(Around {
            profile: profile.unwrap_or(by_settings),
            advice,
            workbench,
            documents: session.places().cache.join("documents"),
        })
    }
}

/// One thing to be judged.
pub(super) enum Target {
    Leaf {
        root: Arc<Path>,
        node: NodePath,
        /// Stands before paths that are shown, for a taxonomy other than the one around the folder.
        prefix: String,
    },
    /// A file that is no leaf of a taxonomy.
    File {
        disk: PathBuf,
        /// The path that decides the schema.
        judged_as: String,
        shown: String,
    },
    Stdin {
        bytes: Vec<u8>,
        judged_as: String,
    },
}

impl Target {
    pub fn is_stdin(&self) -> bool {
        matches!(self, Target::Stdin { .. })
    }

    pub fn is_leaf(&self) -> bool {
        matches!(self, Target::Leaf { .. })
    }

    /// The path by which the file is judged.
    pub fn judged_as(&self) -> String {
        match self {
            Target::Leaf { node, .. } => node.qna_relative(),
            Target::File { judged_as, .. } | Target::Stdin { judged_as, .. } => judged_as.clone(),
        }
    }

    /// Where the file is; `None` for standard input.
    pub fn disk(&self) -> Option<PathBuf> {
        match self {
            Target::Leaf { root, node, .. } => Some(node.qna(root)),
            Target::File { disk, .. } => Some(disk.clone()),
            Target::Stdin { .. } => None,
        }
    }

    /// The bytes as they are now; of a file that went away in the meantime, none.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Target::Stdin { bytes, .. } => bytes.clone(),
            Target::Leaf { .. } | Target::File { .. } => self
                .disk()
                .and_then(|path| std::fs::read(path).ok())
                .unwrap_or_default(),
        }
    }

    pub fn shown(&self) -> String {
        match self {
            Target::Leaf { node, prefix, .. } => format!("{prefix}{}", node.qna_relative()),
            Target::File { shown, .. } => shown.clone(),
            Target::Stdin { .. } => "-".to_owned(),
        }
    }

    /// The text in which a finding stands, for showing its line.
    pub fn source(&self, one: &Diagnostic) -> Option<String> {
        let bytes = match self {
            // A finding may stand in a file beside the leaf.
            Target::Leaf { root, prefix, .. } => {
                std::fs::read(root.join(one.path.strip_prefix(prefix.as_str())?)).ok()?
            }
            Target::File { .. } | Target::Stdin { .. } => self.bytes(),
        };
        String::from_utf8(bytes).ok()
    }

    pub fn judged(&self, around: &Around) -> Vec<Diagnostic> {
        let mut found = match self {
            Target::Leaf { root, node, .. } => match LeafFile::read(root, node) {
                Ok(file) => {
                    let mut found = check_leaf_file(root, &file, around.profile);
                    if around.advice
                        && let Ok(document) = &file.document
                    {
                        let documents = documents_of(root, node, document, &around.documents);
                        found.extend(advise(&node.qna_relative(), document, documents.as_deref()));
                    }
                    found
                }
                Err(_) => check_leaf(root, node, around.profile),
            },
            Target::File { .. } | Target::Stdin { .. } => {
                let bytes = self.bytes();
                let judged_as = self.judged_as();
                let mut found = check_file(&judged_as, &bytes, around.profile);
                if around.advice
                    && let Ok(document) = Document::parse(&bytes)
                    && judged_as.rsplit('/').next() == Some(SEED_FILE)
                {
                    found.extend(advise(&judged_as, &document, None));
                }
                found
            }
        };
        if !around.advice {
            found.retain(super::counts);
        }
        match self {
            Target::Leaf { prefix, .. } if prefix.is_empty() => {}
            Target::Leaf { prefix, .. } => found.iter_mut().for_each(|one| one.path.insert_str(0, prefix)),
            Target::File { .. } | Target::Stdin { .. } => {
                let shown = self.shown();
                found.iter_mut().for_each(|one| one.path.clone_from(&shown));
            }
        }
        found.sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
        found
    }
}

/// The documents of a knowledge leaf where they lie on this machine already.
fn documents_of(root: &Path, node: &NodePath, document: &Document, cache: &Path) -> Option<Vec<DocumentText>> {
    document.root()?.get("document")?;
    let leaf = leaf_of(node, document.root());
    let pin = leaf.document.filter(|_| leaf.kind == Kind::Knowledge)?;
    let repo = documents::Place::of(&pin.repo, root).ok()?.on_disk(cache);
    if !repo.exists() {
        return None;
    }
    let files = documents::files_at(&repo, &pin.commit, &pin.patterns).ok()?;
    let read = files.into_iter().map(|file| {
        // In a document that is no text, nothing can be looked for.
        let text = String::from_utf8(file.bytes).ok()?;
        Some(DocumentText { path: file.path, text })
    });
    read.collect()
}

pub(super) fn targets(
    session: &Session,
    around: &Around,
    paths: &[String],
    stdin_path: &str,
) -> anyhow::Result<Vec<Target>> {
    let mut targets = Vec::new();
    if paths.is_empty() {
        let root = match &around.workbench {
            Some(workbench) => workbench.root().to_owned(),
            None => find_taxonomy(session.folder())?,
        };
        leaves_below(session, &root, "", "", &mut targets);
    }
    for typed in paths {
        if typed == "-" {
            targets.push(standard_input(stdin_path)?);
            continue;
        }
        match &around.workbench {
            Some(workbench) => inside(session, workbench, typed, &mut targets)?,
            None => elsewhere(session, typed, &mut targets)?,
        }
    }
    Ok(targets)
}

fn standard_input(path: &str) -> anyhow::Result<Target> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    std::io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    Ok(Target::Stdin {
        bytes,
        judged_as: path.replace('\\', "/"),
    })
}

/// A path typed inside a taxonomy, which may lead out of it.
fn inside(session: &Session, workbench: &Workbench, typed: &str, targets: &mut Vec<Target>) -> anyhow::Result<()> {
    if let Some((disk, path)) = odd_file(session, workbench, typed) {
        targets.push(Target::File {
            disk,
            judged_as: path.clone(),
            shown: path,
        });
        return Ok(());
    }
    let failed = match workbench.node(typed, session.folder()) {
        Ok(node) => {
            let root: Arc<Path> = workbench.root().into();
            targets.extend(workbench.leaves(&node)?.into_iter().map(|node| Target::Leaf {
                root: root.clone(),
                node,
                prefix: String::new(),
            }));
            return Ok(());
        }
        Err(error) => error,
    };
    let outside = session
        .folder()
        .join(typed)
        .canonicalize()
        .is_ok_and(|path| path.is_file() || !path.starts_with(workbench.root()) || path == workbench.root());
    if outside {
        return elsewhere(session, typed, targets);
    }
    Err(failed.into())
}

/// A path on disk outside the taxonomy around the folder.
fn elsewhere(session: &Session, typed: &str, targets: &mut Vec<Target>) -> anyhow::Result<()> {
    let path = session
        .folder()
        .join(typed)
        .canonicalize()
        .map_err(|source| WorkbenchError::NoSuchFolder {
            path: session.folder().join(typed),
            source,
        })?;
    let is_seed_file = path.is_file() && path.file_name().is_some_and(|name| name == SEED_FILE);
    let start = if path.is_file() {
        path.parent().unwrap_or(&path)
    } else {
        &path
    };
    match find_taxonomy(start) {
        Ok(root) if path.is_dir() || is_seed_file => {
            let below = start
                .strip_prefix(&root)
                .map(|below| below.to_string_lossy().replace('\\', "/"));
            let below = below.unwrap_or_default();
            let prefix = prefix_of(session, &root);
            if is_seed_file && let Ok(node) = NodePath::parse(&below) {
                targets.push(Target::Leaf {
                    root: root.into(),
                    node,
                    prefix,
                });
                return Ok(());
            }
            if path.is_dir() {
                leaves_below(session, &root, &below, &prefix, targets);
                return Ok(());
            }
        }
        Err(error) if path.is_dir() => return Err(error.into()),
        Ok(_) | Err(_) => {}
    }
    targets.push(Target::File {
        judged_as: path.to_string_lossy().replace('\\', "/"),
        disk: path,
        shown: typed.to_owned(),
    });
    Ok(())
}

/// How a taxonomy's folder is written before the paths in it: from the folder one works in where it lies below, else in full.
fn prefix_of(session: &Session, root: &Path) -> String {
    let folder = session
        .folder()
        .canonicalize()
        .unwrap_or_else(|_| session.folder().to_owned());
    match root.strip_prefix(&folder) {
        Ok(below) if below.as_os_str().is_empty() => String::new(),
        Ok(below) => format!("{}/", below.to_string_lossy().replace('\\', "/")),
        Err(_) if folder.starts_with(root) => String::new(),
        Err(_) => format!("{}/", root.to_string_lossy().replace('\\', "/")),
    }
}

fn leaves_below(session: &Session, root: &Path, below: &str, prefix: &str, targets: &mut Vec<Target>) {
    let root: Arc<Path> = root.into();
    let end = walk(&root, &|| false, &mut |folder| {
        let rest = folder.path.as_str().strip_prefix(below);
        if folder.is_leaf && rest.is_some_and(|rest| below.is_empty() || rest.is_empty() || rest.starts_with('/')) {
            targets.push(Target::Leaf {
                root: root.clone(),
                node: folder.path,
                prefix: prefix.to_owned(),
            });
        }
    });
    for notice in end.notices {
        session.output.note(format!("note: {}", shown(&notice.to_string())));
    }
}

/// A file inside a branch that is not named as seed files are.
fn odd_file(session: &Session, workbench: &Workbench, typed: &str) -> Option<(PathBuf, String)> {
    let path = session
        .folder()
        .join(typed)
        .canonicalize()
        .ok()
        .filter(|path| path.is_file())?;
    if path.file_name().is_some_and(|name| name == SEED_FILE) {
        return None;
    }
    let below = path.strip_prefix(workbench.root()).ok()?.to_str()?.replace('\\', "/");
    let in_branch = Branch::ALL
        .iter()
        .any(|branch| below.split('/').next() == Some(branch.folder()));
    in_branch.then_some((path, below))
}

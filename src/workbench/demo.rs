//! The sample taxonomy, laid out as a git repository of its own with its documents in a second one beside it.
//!
//! Everything is built in a folder beside the place it goes to and moved there when it is whole, so that a run that is
//! killed in the middle leaves nothing that opens as a demo. Nothing that is there already is touched.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

use super::WorkbenchError;
use crate::disk::Lock;
use crate::git::{Author, GitProgram, Repository, files_at, first_commit, init_repository};
use crate::taxonomy::is_taxonomy;
use crate::taxonomy::yaml::{Document, YamlPath};

#[derive(RustEmbed)]
#[folder = "sample-taxonomy/"]
struct SampleTaxonomy;

/// The leaf that the demonstration starts with.
pub const FIRST_LEAF: &str = "compositional_skills/linguistics/polite_replies";
/// Where the documents lie inside the program.
const DOCUMENTS: &str = "documents/";
/// What the knowledge leaves say before the demo is laid out.
const PLACEHOLDER: &str = "../demo-documents";
const BRANCH: &str = "main";
/// Held by whoever builds, so that a folder left behind by a killed run is known as such.
const LOCK: &str = "lock";

/// A demo that is ready to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaidOut {
    pub root: PathBuf,
    /// False when it was there before.
    pub is_new: bool,
    /// Sentences on what was different than wished, as that a hook was passed over.
    pub notes: Vec<String>,
}

/// Who commits in a demo where git knows nobody.
fn demo_author() -> Author {
    Author {
        name: "Seedbed demo".to_owned(),
        email: "demo@seedbed.invalid".to_owned(),
    }
}

/// Lays the sample taxonomy out in a folder, or leaves the taxonomy that is there as it is.
///
/// The documents go to `<folder>-documents`, and the knowledge leaves name that folder and its commit.
///
/// # Errors
/// [`WorkbenchError::NotEmpty`] when the folder, or the one for the documents, holds something else.
pub fn lay_out(folder: &Path, git: &GitProgram) -> Result<LaidOut, WorkbenchError> {
    let root = std::path::absolute(folder).map_err(WorkbenchError::io("find", folder))?;
    let odd = || WorkbenchError::OddName { path: root.clone() };
    let name = root
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(odd)?
        .to_owned();
    let above = root.parent().ok_or_else(odd)?;
    let prefix = format!(".{name}.laying-out-");
    // Also where the taxonomy is there: a run may have been killed after its last move.
    remove_left_behind(above, &prefix);
    if is_taxonomy(&root) {
        return Ok(LaidOut {
            root,
            is_new: false,
            notes: Vec::new(),
        });
    }
    if !is_vacant(&root)? {
        return Err(WorkbenchError::NotEmpty { path: root });
    }
    fs::create_dir_all(above).map_err(WorkbenchError::io("make", above))?;
    let work = tempfile::Builder::new()
        .prefix(&prefix)
        .tempdir_in(above)
        .map_err(WorkbenchError::io("write in", above))?;
    let lock_path = work.path().join(LOCK);
    let lock = File::create(&lock_path).map_err(WorkbenchError::io("make", &lock_path))?;
    // Where the system has no locks, nobody can tell that this folder is in use, and only an old one is in danger.
    let _lock = Lock::take(lock);

    let mut notes = Vec::new();
    let documents_name = format!("{name}-documents");
    let documents = above.join(&documents_name);
    let (commit, documents_are_new) = match documents_commit(&documents, git)? {
        Some(commit) => (commit, false),
        None => (build_documents(&work.path().join("documents"), git, &mut notes)?, true),
    };
    let built = work.path().join("taxonomy");
    build_taxonomy(&built, &format!("../{documents_name}"), &commit, git, &mut notes)?;
    if documents_are_new {
        put(&work.path().join("documents"), &documents)?;
    }
    put(&built, &root)?;
    Ok(LaidOut {
        root,
        is_new: true,
        notes,
    })
}

/// True for a folder that is missing or empty.
fn is_vacant(folder: &Path) -> Result<bool, WorkbenchError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(false),
        Err(source) => Err(WorkbenchError::Io {
            what: "look into",
            path: folder.to_owned(),
            source,
        }),
    }
}

/// Clears away what killed runs left; a folder that somebody builds in is locked and stays.
fn remove_left_behind(above: &Path, prefix: &str) {
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        let is_free = match File::open(entry.path().join(LOCK)) {
            Ok(lock) => Lock::take(lock).is_ok_and(|lock| lock.is_some()),
            // Killed before it came to the lock.
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        };
        if is_ours && is_free {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The commit of a documents' folder that is there already, as after a run that was killed between two moves.
fn documents_commit(folder: &Path, git: &GitProgram) -> Result<Option<String>, WorkbenchError> {
    if is_vacant(folder)? {
        return Ok(None);
    }
    let occupied = || WorkbenchError::NotEmpty {
        path: folder.to_owned(),
    };
    let repository = Repository::open_with(folder, git.clone()).map_err(|_| occupied())?;
    let commit = repository.head()?.commit.ok_or_else(occupied)?.id;
    let there = files_at(folder, &commit, &["**".to_owned()]).map_err(|_| occupied())?;
    let mut wanted: Vec<(String, Vec<u8>)> = embedded_documents().collect();
    wanted.sort();
    let there: Vec<(String, Vec<u8>)> = there.into_iter().map(|file| (file.path, file.bytes)).collect();
    if there == wanted {
        Ok(Some(commit))
    } else {
        Err(occupied())
    }
}

fn embedded_documents() -> impl Iterator<Item = (String, Vec<u8>)> {
    SampleTaxonomy::iter().filter_map(|path| {
        let name = path.strip_prefix(DOCUMENTS)?.to_owned();
        Some((name, SampleTaxonomy::get(&path)?.data.into_owned()))
    })
}

fn build_documents(folder: &Path, git: &GitProgram, notes: &mut Vec<String>) -> Result<String, WorkbenchError> {
    for (name, bytes) in embedded_documents() {
        write(&folder.join(name), &bytes)?;
    }
    commit_all(folder, "Add the documents of the sample taxonomy", git, notes)
}

fn build_taxonomy(
    folder: &Path,
    documents: &str,
    commit: &str,
    git: &GitProgram,
    notes: &mut Vec<String>,
) -> Result<(), WorkbenchError> {
    for path in SampleTaxonomy::iter().filter(|path| !path.starts_with(DOCUMENTS)) {
        let Some(file) = SampleTaxonomy::get(&path) else {
            continue;
        };
        let pinned = if path.ends_with("/qna.yaml") {
            pinned(&file.data, documents, commit)?
        } else {
            None
        };
        write(&folder.join(path.as_ref()), pinned.as_deref().unwrap_or(&file.data))?;
    }
    commit_all(folder, "Lay out the sample taxonomy", git, notes).map(|_| ())
}

/// The seed file with its real documents; `None` when it has none.
fn pinned(bytes: &[u8], documents: &str, commit: &str) -> Result<Option<Vec<u8>>, WorkbenchError> {
    let damaged = |error: &dyn std::fmt::Display| WorkbenchError::Damaged(error.to_string());
    let mut document = Document::parse(bytes).map_err(|error| damaged(&error))?;
    let place = YamlPath::root().key("document");
    let repo = place.key("repo");
    if document.get(&repo).and_then(|node| node.as_text()) != Some(PLACEHOLDER) {
        return Ok(None);
    }
    document.set(&repo, documents).map_err(|error| damaged(&error))?;
    document
        .set(&place.key("commit"), commit)
        .map_err(|error| damaged(&error))?;
    Ok(Some(document.bytes().to_vec()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), WorkbenchError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(WorkbenchError::io("make", folder))?;
    let written = File::create_new(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(WorkbenchError::io("write", path))
}

/// Makes a repository of a folder and commits everything in it; returns the commit.
fn commit_all(
    folder: &Path,
    message: &str,
    git: &GitProgram,
    notes: &mut Vec<String>,
) -> Result<String, WorkbenchError> {
    let repository = init_repository(folder, BRANCH, git)?;
    let fallback = demo_author();
    if repository.author()?.is_none() {
        // Also for the commits to come: the demo must not end at the first one.
        repository.set_author_locally(&fallback)?;
    }
    let committed = first_commit(&repository, message, &fallback)?;
    notes.extend(committed.notes);
    Ok(committed.id)
}

/// Moves a folder to its place, which may be an empty folder.
fn put(from: &Path, to: &Path) -> Result<(), WorkbenchError> {
    // Some systems do not move a folder over an empty one.
    match fs::remove_dir(to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
            return Err(WorkbenchError::NotEmpty { path: to.to_owned() });
        }
        Err(source) => {
            return Err(WorkbenchError::Io {
                what: "replace",
                path: to.to_owned(),
                source,
            });
        }
    }
    fs::rename(from, to).map_err(WorkbenchError::io("make", to))
}

//! Documents that are pinned by commit in another repository: finding that repository, and reading its files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{ObjectType, Oid};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use sha2::{Digest, Sha256};

use crate::text::digest::hex;

use super::error::GitError;
use super::program::GitProgram;
use super::repository::{lossy, open_error};

/// Documents are texts that an expert reads; anything larger is a mistake in the patterns.
const MOST_BYTES: usize = 32 << 20;
const NETWORK_PATIENCE: Duration = Duration::from_secs(15 * 60);
/// A server that sends less than this many bytes a second for half a minute is taken for dead.
const SLOWEST: [&str; 4] = ["-c", "http.lowSpeedLimit=100", "-c", "http.lowSpeedTime=30"];

/// One file of a repository at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedFile {
    /// Relative to that repository's root, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Where documents are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A repository on this machine.
    Folder(PathBuf),
    /// One to be fetched over the network.
    Address(String),
}

impl Place {
    /// Reads a leaf's `repo`: a URL, `user@host:path`, `file://`, an absolute path, or one relative to the taxonomy's root.
    pub fn of(repo: &str, taxonomy_root: &Path) -> Result<Place, GitError> {
        let repo = repo.trim();
        let bad = || GitError::BadAddress {
            address: without_password(repo),
        };
        // Git would take these for an option or for a command to run.
        if repo.is_empty() || repo.starts_with('-') || repo.contains("::") || repo.chars().any(char::is_control) {
            return Err(bad());
        }
        if let Some(path) = repo.strip_prefix("file://") {
            return Ok(Place::Folder(PathBuf::from(path)));
        }
        if let Some((scheme, _)) = repo.split_once("://") {
            let known = ["https", "http", "ssh", "git"].contains(&scheme.to_lowercase().as_str());
            return if known {
                Ok(Place::Address(repo.to_owned()))
            } else {
                Err(bad())
            };
        }
        let folder = taxonomy_root.join(repo);
        let host = repo.split_once(':').map(|(host, _)| host);
        // One letter before the colon is a drive.
        if !folder.exists() && host.is_some_and(|host| host.len() > 1 && !host.contains(['/', '\\'])) {
            return Ok(Place::Address(repo.to_owned()));
        }
        Ok(Place::Folder(folder))
    }

    /// Where the clone of an address is kept; the folder itself for one on this machine.
    pub fn on_disk(&self, cache: &Path) -> PathBuf {
        match self {
            Place::Folder(folder) => folder.clone(),
            Place::Address(address) => {
                let digest = Sha256::digest(address.as_bytes());
                let key = hex(digest.get(..8).unwrap_or(&digest));
                cache.join(format!("{key}.git"))
            }
        }
    }
}

/// Returns the local path of a leaf's `repo`. An address is cloned into the cache the first time: ask the person before,
/// unless [`Place::on_disk`] exists. Ends early with [`GitError::Cancelled`] once `cancel` says so.
pub fn locate(
    repo: &str,
    taxonomy_root: &Path,
    cache: &Path,
    program: &GitProgram,
    cancel: &dyn Fn() -> bool,
) -> Result<PathBuf, GitError> {
    let place = Place::of(repo, taxonomy_root)?;
    let folder = place.on_disk(cache);
    match &place {
        Place::Folder(folder) if !folder.exists() => Err(GitError::NoDocuments { path: folder.clone() }),
        Place::Folder(folder) => Ok(folder.clone()),
        Place::Address(_) if folder.exists() => Ok(folder),
        Place::Address(address) => {
            clone(address, &folder, cache, program, cancel)?;
            Ok(folder)
        }
    }
}

/// Returns the pinned files of a leaf: locates the repository and reads it; a clone that lacks the commit is brought up
/// to date once.
pub fn pinned(
    repo: &str,
    commit: &str,
    patterns: &[String],
    taxonomy_root: &Path,
    cache: &Path,
    program: &GitProgram,
    cancel: &dyn Fn() -> bool,
) -> Result<Vec<PinnedFile>, GitError> {
    let folder = locate(repo, taxonomy_root, cache, program, cancel)?;
    let read = || files_at(&folder, commit, patterns).map_err(|error| told_as(error, repo));
    match read() {
        Err(GitError::NoSuchCommit { .. }) if matches!(Place::of(repo, taxonomy_root), Ok(Place::Address(_))) => {
            fetch(program, &folder, cancel)?;
            read()
        }
        result => result,
    }
}

/// Returns the pinned files of a leaf without touching the network: `None` where the repository, or that commit of it, was
/// not fetched yet.
pub fn pinned_on_disk(
    repo: &str,
    commit: &str,
    patterns: &[String],
    taxonomy_root: &Path,
    cache: &Path,
) -> Result<Option<Vec<PinnedFile>>, GitError> {
    let place = Place::of(repo, taxonomy_root)?;
    let folder = place.on_disk(cache);
    let is_remote = matches!(place, Place::Address(_));
    if is_remote && !folder.exists() {
        return Ok(None);
    }
    match files_at(&folder, commit, patterns) {
        Err(GitError::NoSuchCommit { .. }) if is_remote => Ok(None),
        read => read.map(Some).map_err(|error| told_as(error, repo)),
    }
}

/// Names the repository as the leaf does, not by its place in the cache.
fn told_as(error: GitError, name: &str) -> GitError {
    let repo = without_password(name);
    match error {
        GitError::NoSuchCommit { commit, .. } => GitError::NoSuchCommit { repo, commit },
        GitError::NothingMatches {
            commit,
            patterns,
            present,
            ..
        } => GitError::NothingMatches {
            repo,
            commit,
            patterns,
            present,
        },
        GitError::TooLarge {
            path, megabytes, most, ..
        } => GitError::TooLarge {
            repo,
            path,
            megabytes,
            most,
        },
        other => other,
    }
}

/// Returns the files of a repository (bare or not) at a commit that fit any of the patterns, sorted by path.
///
/// In a pattern `*` and `?` stay within a folder and `**` crosses folders. Submodules and links are passed over. A
/// commit that is missing, patterns that fit nothing, and files over 32 MB are errors.
pub fn files_at(repo: &Path, commit: &str, patterns: &[String]) -> Result<Vec<PinnedFile>, GitError> {
    let patterns_set = globs(patterns)?;
    let name = || repo.display().to_string();
    let repository = open_documents(repo)?;
    let mut found: Vec<(String, Oid)> = Vec::new();
    let mut present: Vec<String> = Vec::new();
    each_file(&repository, repo, commit, &mut |path, id| {
        if patterns_set.is_match(&path) {
            found.push((path, id));
        } else if present.len() < 4 {
            present.push(path);
        }
    })?;
    if found.is_empty() {
        let present = if present.is_empty() {
            "no files".to_owned()
        } else {
            format!("{} …", present.join(", "))
        };
        let commit = commit.to_owned();
        return Err(GitError::NothingMatches {
            repo: name(),
            commit,
            patterns: patterns.join(", "),
            present,
        });
    }
    found.sort();
    let mut files = Vec::with_capacity(found.len());
    for (path, id) in found {
        let blob = repository
            .find_blob(id)
            .map_err(GitError::library("read a pinned file"))?;
        if blob.size() > MOST_BYTES {
            return Err(GitError::TooLarge {
                repo: name(),
                path,
                megabytes: blob.size() >> 20,
                most: MOST_BYTES >> 20,
            });
        }
        files.push(PinnedFile {
            path,
            bytes: blob.content().to_vec(),
        });
    }
    Ok(files)
}

/// Lists the names of all files at a commit, sorted; submodules and links are passed over.
///
/// # Errors
/// [`GitError::NoSuchCommit`]; when the repository cannot be read.
pub fn names_at(repo: &Path, commit: &str) -> Result<Vec<String>, GitError> {
    let mut names = Vec::new();
    each_file(&open_documents(repo)?, repo, commit, &mut |path, _| names.push(path))?;
    names.sort();
    Ok(names)
}

/// Brings the clone of an address up to date; nothing for a folder, which is what it is.
///
/// # Errors
/// What git says when it cannot fetch.
pub fn refresh(
    repo: &str,
    taxonomy_root: &Path,
    cache: &Path,
    program: &GitProgram,
    cancel: &dyn Fn() -> bool,
) -> Result<(), GitError> {
    let place = Place::of(repo, taxonomy_root)?;
    let folder = place.on_disk(cache);
    if matches!(place, Place::Address(_)) && folder.exists() {
        fetch(program, &folder, cancel)?;
    }
    Ok(())
}

fn fetch(program: &GitProgram, folder: &Path, cancel: &dyn Fn() -> bool) -> Result<(), GitError> {
    let arguments = ["fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/heads/*"];
    network_call(program, folder, &arguments, cancel).succeed().map(drop)
}

/// Opens a repository of documents, bare or not.
pub(super) fn open_documents(folder: &Path) -> Result<git2::Repository, GitError> {
    git2::Repository::open(folder).map_err(|error| match error.code() {
        git2::ErrorCode::NotFound => GitError::NoDocuments {
            path: folder.to_path_buf(),
        },
        _ => open_error(folder, &error),
    })
}

/// Walks all plain files of a commit, which is named by 7 to 40 hex digits.
fn each_file(
    repository: &git2::Repository,
    folder: &Path,
    commit: &str,
    see: &mut dyn FnMut(String, Oid),
) -> Result<(), GitError> {
    let missing = || GitError::NoSuchCommit {
        repo: folder.display().to_string(),
        commit: commit.to_owned(),
    };
    let is_name = (7..=40).contains(&commit.len()) && commit.chars().all(|c| c.is_ascii_hexdigit());
    if !is_name {
        return Err(missing());
    }
    let tree = repository
        .find_commit_by_prefix(commit)
        .and_then(|commit| commit.tree())
        .map_err(|_| missing())?;
    let mut folders = vec![(String::new(), tree)];
    while let Some((above, tree)) = folders.pop() {
        for entry in tree.iter() {
            let path = format!("{above}{}", lossy(entry.name_bytes()));
            let is_file = entry.filemode() & 0o170_000 == 0o100_000;
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let below = repository.find_tree(entry.id());
                    let below = below.map_err(GitError::library("read the files of the pinned commit"))?;
                    folders.push((format!("{path}/"), below));
                }
                Some(ObjectType::Blob) if is_file => see(path, entry.id()),
                _ => {}
            }
        }
    }
    Ok(())
}

fn globs(patterns: &[String]) -> Result<GlobSet, GitError> {
    let mut set = GlobSetBuilder::new();
    let bad = |pattern: &str, error: globset::Error| GitError::BadPattern {
        pattern: pattern.to_owned(),
        message: error.kind().to_string(),
    };
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./").trim_start_matches('/');
        set.add(
            GlobBuilder::new(plain)
                .literal_separator(true)
                .build()
                .map_err(|error| bad(pattern, error))?,
        );
    }
    set.build().map_err(|error| bad(&patterns.join(", "), error))
}

fn clone(
    address: &str,
    folder: &Path,
    cache: &Path,
    program: &GitProgram,
    cancel: &dyn Fn() -> bool,
) -> Result<(), GitError> {
    std::fs::create_dir_all(cache).map_err(GitError::io("make the folder", cache))?;
    // Into a folder of its own first: a clone that broke off must not be taken for one.
    let partial = tempfile::tempdir_in(cache).map_err(GitError::io("make a folder in", cache))?;
    let target = partial.path().join("clone.git");
    let call = network_call(program, cache, &["clone", "--quiet", "--bare", "--"], cancel);
    match call.arg(address).arg(&target).succeed() {
        Err(GitError::NoProgram { .. }) => {
            let what = format!("Fetching documents from {}", without_password(address));
            return Err(GitError::NoProgram { what });
        }
        Err(GitError::ProgramFailed { command, output }) => {
            return Err(GitError::ProgramFailed {
                command,
                output: output.replace(address, &without_password(address)),
            });
        }
        other => other?,
    };
    match std::fs::rename(&target, folder) {
        // Somebody else cloned it meanwhile.
        Err(_) if folder.exists() => Ok(()),
        other => other.map_err(GitError::io("keep the clone as", folder)),
    }
}

fn network_call<'a>(
    program: &GitProgram,
    folder: &Path,
    arguments: &[&str],
    cancel: &'a dyn Fn() -> bool,
) -> super::program::Call<'a> {
    let all: Vec<&str> = SLOWEST.iter().chain(arguments).copied().collect();
    let call = program.call(folder, &all).patience(NETWORK_PATIENCE).cancel(cancel);
    call.variable("GIT_ALLOW_PROTOCOL", "https:http:ssh:git:file")
}

/// Takes `user:password@` out of an address, for messages.
pub fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest.get(..host_end).and_then(|host| host.rfind('@')) {
        Some(at) => format!("{scheme}://{}", rest.get(at + 1..).unwrap_or_default()),
        None => address.to_owned(),
    }
}

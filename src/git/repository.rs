//! Opening a repository and what it says of itself.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use git2::{Config, ConfigLevel, ErrorCode, RepositoryInitOptions};
use jiff::Timestamp;

use super::author::Author;
use super::error::GitError;
use super::program::GitProgram;

/// A repository with files to work on. Belongs to one thread at a time; opening another costs about a millisecond.
pub struct Repository {
    pub(super) inner: git2::Repository,
    root: PathBuf,
    program: GitProgram,
}

/// A commit's name, whole (40 hex digits) and as short as it is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitName {
    pub id: String,
    pub short: String,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `None` where a commit is checked out instead of a branch.
    pub branch: Option<String>,
    /// `None` before the first commit.
    pub commit: Option<CommitName>,
    /// True before the first commit.
    pub unborn: bool,
}

/// Changes whenever a commit, a checkout or staging changed the repository; cheap enough to ask every second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    head: String,
    index: Option<(SystemTime, u64)>,
}

/// One commit of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    pub id: String,
    pub short: String,
    /// The message's first line.
    pub summary: String,
    pub author: Author,
    pub time: Timestamp,
}

/// Makes a new repository in a folder, which is created if missing, on a branch without commits.
/// Fails where the folder already is a repository of its own.
pub fn init_repository(folder: &Path, branch: &str, program: &GitProgram) -> Result<Repository, GitError> {
    if !git2::Branch::name_is_valid(branch).unwrap_or(false) {
        return Err(GitError::BadBranch {
            name: branch.to_owned(),
        });
    }
    if folder.join(".git").exists() {
        return Err(GitError::AlreadyThere {
            path: folder.to_path_buf(),
        });
    }
    let mut options = RepositoryInitOptions::new();
    options.no_reinit(true).mkpath(true).initial_head(branch);
    git2::Repository::init_opts(folder, &options).map_err(GitError::library("make a repository"))?;
    Repository::open_with(folder, program.clone())
}

impl Repository {
    /// Finds the repository around a file or folder and opens it, with the `git` on the PATH.
    pub fn discover(path: &Path) -> Result<Self, GitError> {
        Self::discover_with(path, GitProgram::default())
    }

    /// Finds and opens a repository, with this git program.
    pub fn discover_with(path: &Path, program: GitProgram) -> Result<Self, GitError> {
        let inner = git2::Repository::discover(path).map_err(|error| open_error(path, &error))?;
        Self::new(inner, path, program)
    }

    /// Opens the repository whose root is exactly this folder.
    pub fn open_with(folder: &Path, program: GitProgram) -> Result<Self, GitError> {
        let inner = git2::Repository::open(folder).map_err(|error| open_error(folder, &error))?;
        Self::new(inner, folder, program)
    }

    fn new(inner: git2::Repository, path: &Path, program: GitProgram) -> Result<Self, GitError> {
        let root = inner
            .workdir()
            .ok_or_else(|| GitError::Bare {
                path: path.to_path_buf(),
            })?
            .to_path_buf();
        if let Some(global) = program.variable("GIT_CONFIG_GLOBAL") {
            let settings = settings(&inner.commondir().join("config"), Path::new(global));
            settings
                .and_then(|settings| inner.set_config(&settings))
                .map_err(GitError::library("read git's settings"))?;
        }
        Ok(Repository { inner, root, program })
    }

    /// The folder that paths are relative to, links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `.git` folder (of this working tree, where there are several).
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    pub fn program(&self) -> &GitProgram {
        &self.program
    }

    /// Turns a path on disk into one relative to the root with `/`, as all paths of this room are; `None` for a path
    /// outside and for one that is not UTF-8. The file need not exist.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let root = self.root.canonicalize().ok()?;
        let inside = match path.strip_prefix(&self.root) {
            Ok(inside) => inside.to_path_buf(),
            Err(_) => {
                // The nearest folder that exists is resolved; the file itself may be a link that is versioned as such.
                let above = path.ancestors().skip(1).find(|above| above.exists())?;
                let resolved = above.canonicalize().ok()?;
                resolved.strip_prefix(&root).ok()?.join(path.strip_prefix(above).ok()?)
            }
        };
        let mut parts = Vec::new();
        for part in inside.components() {
            match part {
                std::path::Component::Normal(part) => parts.push(part.to_str()?),
                std::path::Component::CurDir => {}
                _ => return None,
            }
        }
        Some(parts.join("/"))
    }

    /// Returns what is checked out.
    pub fn head(&self) -> Result<Head, GitError> {
        let failed = || GitError::library("read which commit is checked out");
        match self.inner.head() {
            Ok(head) => {
                let branch = if head.is_branch() {
                    Some(lossy(head.shorthand_bytes()))
                } else {
                    None
                };
                let commit = head.peel_to_commit().map_err(failed())?;
                Ok(Head {
                    branch,
                    commit: Some(name_of(&commit)),
                    unborn: false,
                })
            }
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                let head = self.inner.find_reference("HEAD").map_err(failed())?;
                let target = head.symbolic_target_bytes().map(lossy).unwrap_or_default();
                let branch = target.strip_prefix("refs/heads/").map(str::to_owned);
                Ok(Head {
                    branch,
                    commit: None,
                    unborn: true,
                })
            }
            Err(error) => Err(failed()(error)),
        }
    }

    /// Returns who commits here, as git's settings and the variables handed in have it; `None` where git would guess.
    pub fn author(&self) -> Result<Option<Author>, GitError> {
        let call = self.program.call(
            &self.root,
            &["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"],
        );
        match call.run() {
            Ok(output) if output.success => Ok(Author::parse(&String::from_utf8_lossy(&output.stdout))),
            Ok(_) => Ok(None),
            Err(GitError::NoProgram { .. }) => Ok(self.author_by_settings()),
            Err(error) => Err(error),
        }
    }

    fn author_by_settings(&self) -> Option<Author> {
        let settings = self.inner.config().ok()?;
        let read = |variable: &str, key: &str| {
            let given = self
                .program
                .variable(variable)
                .map(|value| value.to_string_lossy().into_owned());
            given.or_else(|| settings.get_string(key).ok())
        };
        let name = read("GIT_AUTHOR_NAME", "user.name")?;
        let email = read("GIT_AUTHOR_EMAIL", "user.email")?;
        Author::new(&name, &email).ok()
    }

    /// Writes who commits into this repository's own settings.
    pub fn set_author_locally(&self, author: &Author) -> Result<(), GitError> {
        author.check()?;
        let file = self.inner.commondir().join("config");
        let mut settings = Config::open(&file).map_err(GitError::library("open the repository's settings"))?;
        for (key, value) in [("user.name", &author.name), ("user.email", &author.email)] {
            settings
                .set_str(key, value)
                .map_err(GitError::library("write the repository's settings"))?;
        }
        Ok(())
    }

    /// Tells whether a path (relative to the root) is ignored by the repository's rules. A tracked file may be.
    pub fn ignores(&self, path: &str) -> Result<bool, GitError> {
        self.inner
            .is_path_ignored(path)
            .map_err(GitError::library("read the rules of what is ignored"))
    }

    /// Returns something that differs once HEAD or the index changed; two equal ones mean: nothing to read again,
    /// except for edited files, which only a watch sees.
    pub fn fingerprint(&self) -> Fingerprint {
        let head = self.inner.find_reference("HEAD").ok();
        let name = head
            .as_ref()
            .and_then(|head| head.symbolic_target_bytes().map(lossy))
            .unwrap_or_default();
        let commit = self
            .inner
            .refname_to_id("HEAD")
            .map(|id| id.to_string())
            .unwrap_or_default();
        let index = std::fs::metadata(self.git_dir().join("index")).ok();
        let index = index.and_then(|index| Some((index.modified().ok()?, index.len())));
        Fingerprint {
            head: format!("{name} {commit}"),
            index,
        }
    }

    /// Returns the newest commits of the current branch, at most `most`; none before the first commit.
    pub fn log(&self, most: usize) -> Result<Vec<LogEntry>, GitError> {
        if self.head()?.unborn {
            return Ok(Vec::new());
        }
        let failed = || GitError::library("read the history");
        let mut walk = self.inner.revwalk().map_err(failed())?;
        walk.push_head().map_err(failed())?;
        let mut entries = Vec::new();
        for id in walk.take(most) {
            let commit = self.inner.find_commit(id.map_err(failed())?).map_err(failed())?;
            let name = name_of(&commit);
            let author = commit.author();
            entries.push(LogEntry {
                id: name.id,
                short: name.short,
                summary: commit.summary_bytes().map(lossy).unwrap_or_default(),
                author: Author {
                    name: lossy(author.name_bytes()),
                    email: lossy(author.email_bytes()),
                },
                time: Timestamp::from_second(commit.time().seconds()).unwrap_or(Timestamp::UNIX_EPOCH),
            });
        }
        Ok(entries)
    }
}

/// The settings of one repository and one personal file, in place of those that libgit2 finds by itself.
fn settings(local: &Path, global: &Path) -> Result<Config, git2::Error> {
    let mut settings = Config::new()?;
    if global.is_file() {
        settings.add_file(global, ConfigLevel::Global, false)?;
    }
    settings.add_file(local, ConfigLevel::Local, false)?;
    Ok(settings)
}

pub(super) fn name_of(commit: &git2::Commit<'_>) -> CommitName {
    let id = commit.id().to_string();
    let short = commit
        .as_object()
        .short_id()
        .map(|short| lossy(&short))
        .unwrap_or_else(|_| id.chars().take(8).collect());
    CommitName { id, short }
}

pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn open_error(path: &Path, error: &git2::Error) -> GitError {
    let path = path.to_path_buf();
    let message = error.message().to_owned();
    match error.code() {
        ErrorCode::NotFound => GitError::NotARepository { path },
        ErrorCode::Owner => GitError::NotOwned { path },
        _ if message.contains("extension") || message.contains("version") || message.contains("format") => {
            GitError::Unsupported { path, message }
        }
        _ => GitError::Library {
            what: "open the repository",
            message,
        },
    }
}

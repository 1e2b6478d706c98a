//! What can go wrong with a repository, each with what to do about it.

use std::path::{Path, PathBuf};

/// Why something about a repository failed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("{path} is not inside a git repository; run 'git init' in the taxonomy's folder, or open another folder")]
    NotARepository { path: PathBuf },
    #[error("{path} is a bare repository, without files to work on; clone it and open the clone")]
    Bare { path: PathBuf },
    #[error(
        "the repository at {path} cannot be read ({message}); Seedbed reads repositories with SHA-1 objects and reference files, \
         so convert it or clone it with 'git clone --ref-format=files'"
    )]
    Unsupported { path: PathBuf, message: String },
    #[error(
        "{path} belongs to another user, so git does not trust it; if you do, run: git config --global --add safe.directory '{path}'"
    )]
    NotOwned { path: PathBuf },
    #[error("{path} already holds a git repository; open it instead of making a new one")]
    AlreadyThere { path: PathBuf },
    #[error(
        "git does not know who you are; run 'git config --global user.name \"Your Name\"' and \
         'git config --global user.email you@example.org', or give an author"
    )]
    NoAuthor,
    #[error("'{name} <{email}>' cannot be an author: {why}")]
    BadAuthor {
        name: String,
        email: String,
        why: &'static str,
    },
    #[error("{what} needs the git program, which was not found; install git, or put it on the PATH")]
    NoProgram { what: String },
    #[error("{what} is in progress in this repository; finish it or abort it ({how}), then commit")]
    InProgress { what: &'static str, how: &'static str },
    #[error("{path} has unresolved conflicts; edit it, run 'git add' on it, then commit")]
    Conflicts { path: String },
    #[error("there is nothing to commit: none of the chosen files differs from the last commit")]
    NothingToCommit,
    #[error("the commit has no message; write one line that says what changed")]
    EmptyMessage,
    #[error("'{path}' does not lie in the repository; give paths relative to {root}")]
    OutsideRepository { path: String, root: PathBuf },
    #[error("{path} is ignored by git (see .gitignore and .git/info/exclude); take the rule out to commit it")]
    Ignored { path: String },
    #[error(
        "'{name}' cannot be a branch's name; use letters, digits, '-' and '/', without spaces, '..' or a '/' at the ends"
    )]
    BadBranch { name: String },
    #[error("a branch named '{name}' exists already; choose another name, or switch to it with 'git switch {name}'")]
    BranchExists { name: String },
    #[error(
        "nothing was committed: git or one of this repository's hooks stopped it. Mend what it says, then commit again:\n{output}"
    )]
    Stopped { output: String },
    #[error(
        "nothing was committed: the commit could not be signed. Unlock the key in a terminal, or turn signing off with \
         'git config commit.gpgsign false':\n{output}"
    )]
    NotSigned { output: String },
    #[error("'git {command}' failed:\n{output}")]
    ProgramFailed { command: String, output: String },
    #[error("'git {command}' took longer than {seconds} s and was stopped; try it in a terminal")]
    TimedOut { command: String, seconds: u64 },
    #[error("stopped as asked")]
    Cancelled,
    #[error(
        "{path} is stored through the filter '{filter}', which only the git program can run; install git, then commit again"
    )]
    Filtered { path: String, filter: String },
    #[error(
        "there is no commit yet, so there is nothing to compare with; commit first, or take the base `empty` for the whole taxonomy"
    )]
    NoCommits,
    #[error("there is no branch, tag or commit '{name}' here{}", or_deepen(*shallow, name))]
    NoSuchBase {
        name: String,
        /// The branches and tags that there are.
        known: Vec<String>,
        /// True where the clone holds the newest commits only.
        shallow: bool,
    },
    #[error(
        "nothing that leads to the current commit is also in '{name}', so there is no base to compare with{}",
        or_deepen(*shallow, name)
    )]
    NoCommonCommit { name: String, shallow: bool },
    #[error("there is no document repository at {path}; correct 'repo', or put the repository there")]
    NoDocuments { path: PathBuf },
    #[error(
        "the repository {repo} has no commit {commit}; correct 'commit', or fetch the newest state of that repository"
    )]
    NoSuchCommit { repo: String, commit: String },
    #[error("'{pattern}' is not a file pattern ({message}); write for example docs/*.md or **/*.md")]
    BadPattern { pattern: String, message: String },
    #[error("no file of {repo} at {commit} fits {patterns}; it holds {present}")]
    NothingMatches {
        repo: String,
        commit: String,
        patterns: String,
        present: String,
    },
    #[error("{path} in {repo} has {megabytes} MB; documents up to {most} MB are read, so split it")]
    TooLarge {
        repo: String,
        path: String,
        megabytes: usize,
        most: usize,
    },
    #[error("'{address}' is no address that documents are fetched from; use https, ssh, or a folder")]
    BadAddress { address: String },
    #[error("cannot {what} {path}: {source}")]
    Io {
        what: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("cannot {what}: {message}")]
    Library { what: &'static str, message: String },
}

impl GitError {
    /// Wraps what libgit2 said, with what was being done.
    pub(super) fn library(what: &'static str) -> impl FnOnce(git2::Error) -> GitError {
        move |error| GitError::Library {
            what,
            message: error.message().to_owned(),
        }
    }

    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> GitError {
        let path = path.to_path_buf();
        move |source| GitError::Io { what, path, source }
    }
}

/// What to do in a clone that lacks the older commits.
fn or_deepen(shallow: bool, name: &str) -> String {
    if !shallow {
        return String::new();
    }
    let fetch = match name.split_once('/') {
        Some((remote, branch)) => format!("git fetch --unshallow {remote} {branch}:refs/remotes/{remote}/{branch}"),
        None => "git fetch --unshallow".to_owned(),
    };
    format!("; this clone holds the newest commits only, so run `{fetch}` (in CI: check out with the whole history)")
}

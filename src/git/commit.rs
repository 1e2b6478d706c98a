//! Committing some files and leaving everything else as it is.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::io::Write;
use std::path::{Component, Path};
use std::time::Duration;

use git2::RepositoryState;

use super::author::Author;
use super::branch::NewBranch;
use super::error::GitError;
use super::program::Call;
use super::repository::{Repository, lossy, name_of};
use super::status::{Change, ChangeKind};

/// Hooks may run a test suite; a passphrase window may wait for a person.
const HOOK_PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What to commit and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitPlan {
    /// Files and folders, relative to the repository's root. Unchanged ones are passed over.
    pub paths: Vec<String>,
    pub message: String,
    /// Author and committer; `None` takes the ones in git's settings.
    pub author: Option<Author>,
    /// Adds `Signed-off-by:` with the author.
    pub sign_off: bool,
    /// Commits to a new branch that starts here and stays checked out.
    pub new_branch: Option<String>,
    /// Skips the hooks that may refuse (`pre-commit`, `commit-msg`).
    pub no_verify: bool,
}

/// Who wrote the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The git program: hooks, filters and signing as the person has them.
    Git,
    /// libgit2: none of these.
    Libgit2,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Via::Git => "git",
            Via::Libgit2 => "libgit2",
        })
    }
}

/// A commit that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// 40 hex digits.
    pub id: String,
    pub short: String,
    pub branch: Option<String>,
    /// What hooks and git said; hostile text.
    pub hook_output: String,
    pub via: Via,
    /// Sentences on what was left out, as that hooks did not run.
    pub notes: Vec<String>,
}

impl Repository {
    /// Commits the chosen files as they stand on disk. Whatever else is staged stays staged and is not committed. When
    /// it fails, nothing was committed and branch and index are as they were.
    pub fn commit(&self, plan: &CommitPlan) -> Result<Committed, GitError> {
        let has_program = self.program().version();
        self.commit_by(plan, has_program.as_deref())
    }

    fn commit_by(&self, plan: &CommitPlan, git_version: Option<&str>) -> Result<Committed, GitError> {
        self.refuse_while_busy()?;
        if plan.message.trim().is_empty() {
            return Err(GitError::EmptyMessage);
        }
        let changes = self.chosen(&plan.paths)?;
        let author = match &plan.author {
            Some(author) => author.clone(),
            None => self.author()?.ok_or(GitError::NoAuthor)?,
        };
        author.check()?;
        let branch = plan
            .new_branch
            .as_deref()
            .map(|name| NewBranch::start(self, name))
            .transpose()?;
        let result = match git_version {
            Some(version) => self.commit_by_program(plan, &changes, &author, version),
            None => self.commit_by_library(plan, &changes, &author),
        };
        if let (Err(_), Some(branch)) = (&result, branch) {
            branch.take_back(self);
        }
        result
    }

    fn refuse_while_busy(&self) -> Result<(), GitError> {
        let (what, how) = match self.inner.state() {
            RepositoryState::Clean => return Ok(()),
            RepositoryState::Merge => ("a merge", "git merge --continue or --abort"),
            RepositoryState::Revert | RepositoryState::RevertSequence => {
                ("a revert", "git revert --continue or --abort")
            }
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => {
                ("a cherry-pick", "git cherry-pick --continue or --abort")
            }
            RepositoryState::Bisect => ("a bisection", "git bisect reset"),
            RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
                ("a rebase", "git rebase --continue or --abort")
            }
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => {
                ("applying patches", "git am --continue or --abort")
            }
        };
        Err(GitError::InProgress { what, how })
    }

    /// The changes among the chosen paths. A file taken out of a chosen folder counts as well.
    fn chosen(&self, paths: &[String]) -> Result<Vec<Change>, GitError> {
        let mut wanted = HashSet::new();
        for path in paths {
            let plain = path.trim_end_matches('/');
            let outside = Path::new(plain)
                .components()
                .any(|part| !matches!(part, Component::Normal(_)));
            if plain.is_empty() || outside {
                return Err(GitError::OutsideRepository {
                    path: path.clone(),
                    root: self.root().to_path_buf(),
                });
            }
            wanted.insert(plain);
        }
        let is_wanted = |path: &str| {
            Path::new(path)
                .ancestors()
                .any(|part| part.to_str().is_some_and(|part| wanted.contains(part)))
        };
        let mut chosen = self.status()?;
        chosen.retain(|change| is_wanted(&change.path));
        if let Some(change) = chosen.iter().find(|change| change.kind == ChangeKind::Conflicted) {
            return Err(GitError::Conflicts {
                path: change.path.clone(),
            });
        }
        let changed: HashSet<&str> = chosen.iter().map(|change| change.path.as_str()).collect();
        for path in wanted.iter().filter(|path| !changed.contains(*path)) {
            let file = self.root().join(path);
            // A tracked file is committed whatever the rules say; being unchanged it merely has nothing to commit.
            if file.is_file() && !self.is_tracked(path) && self.ignores(path)? {
                return Err(GitError::Ignored {
                    path: (*path).to_owned(),
                });
            }
        }
        if chosen.is_empty() {
            Err(GitError::NothingToCommit)
        } else {
            Ok(chosen)
        }
    }

    fn is_tracked(&self, path: &str) -> bool {
        self.inner
            .index()
            .is_ok_and(|index| index.get_path(Path::new(path), 0).is_some())
    }

    fn commit_by_program(
        &self,
        plan: &CommitPlan,
        changes: &[Change],
        author: &Author,
        version: &str,
    ) -> Result<Committed, GitError> {
        let by_input = takes_paths_by_input(version);
        let fresh: Vec<&str> = changes
            .iter()
            .filter(|change| change.kind == ChangeKind::Untracked)
            .map(|change| change.path.as_str())
            .collect();
        let mut paths: BTreeSet<&str> = changes.iter().map(|change| change.path.as_str()).collect();
        for change in changes {
            if let ChangeKind::Renamed { from } = &change.kind {
                paths.insert(from);
            }
        }
        let mut message =
            tempfile::NamedTempFile::new_in(self.git_dir()).map_err(GitError::io("write in", self.git_dir()))?;
        message
            .write_all(plan.message.as_bytes())
            .map_err(GitError::io("write", message.path()))?;

        // `commit --only` knows tracked files; this makes new ones known without their content.
        if !fresh.is_empty() {
            let call = self.program().call(self.root(), &["add", "--intent-to-add"]);
            call.paths(fresh.iter().copied(), by_input).succeed()?;
        }
        // The cleanup is named because a personal setting may take out lines that start with '#'.
        let mut call = self
            .program()
            .call(self.root(), &["commit", "--quiet", "--only", "--cleanup=whitespace"]);
        if plan.sign_off {
            call = call.arg("--signoff");
        }
        if plan.no_verify {
            call = call.arg("--no-verify");
        }
        call = call.arg("--file").arg(message.path()).patience(HOOK_PATIENCE);
        let outcome = by_author(call, author)
            .paths(paths.into_iter(), by_input)
            .run()
            .and_then(|output| {
                if output.success {
                    Ok(output)
                } else {
                    Err(stopped(output.said()))
                }
            });
        match outcome {
            Ok(output) => self.made(output.said(), Via::Git, Vec::new()),
            Err(error) => {
                if !fresh.is_empty() {
                    // The error at hand matters more than one from cleaning up.
                    let call = self.program().call(
                        self.root(),
                        &["rm", "--cached", "--force", "--quiet", "--ignore-unmatch"],
                    );
                    let _ = call.paths(fresh.into_iter(), by_input).run();
                }
                Err(error)
            }
        }
    }

    /// Describes the commit that HEAD now is.
    pub(super) fn made(&self, hook_output: String, via: Via, notes: Vec<String>) -> Result<Committed, GitError> {
        let failed = || GitError::library("read the new commit");
        let head = self.inner.head().map_err(failed())?;
        let name = name_of(&head.peel_to_commit().map_err(failed())?);
        let branch = if head.is_branch() {
            Some(lossy(head.shorthand_bytes()))
        } else {
            None
        };
        Ok(Committed {
            id: name.id,
            short: name.short,
            branch,
            hook_output,
            via,
            notes,
        })
    }
}

/// Makes the first commit of a new repository from every file that is not ignored, by the author in git's settings or
/// else the given one (without writing it anywhere). Where a personal hook or signing setting stops it, libgit2
/// commits and the notes say so: a new repository with nothing in it helps nobody.
pub fn first_commit(repository: &Repository, message: &str, fallback_author: &Author) -> Result<Committed, GitError> {
    let paths = repository.status()?.into_iter().map(|change| change.path).collect();
    let author = repository.author()?.unwrap_or_else(|| fallback_author.clone());
    let plan = CommitPlan {
        paths,
        message: message.to_owned(),
        author: Some(author),
        ..CommitPlan::default()
    };
    match repository.commit(&plan) {
        Err(GitError::Stopped { output } | GitError::NotSigned { output }) => {
            let mut made = repository.commit_by(&plan, None)?;
            made.notes
                .push(format!("The git program did not make this commit; it said: {output}"));
            Ok(made)
        }
        result => result,
    }
}

fn by_author<'a>(call: Call<'a>, author: &Author) -> Call<'a> {
    call.variable("GIT_AUTHOR_NAME", &author.name)
        .variable("GIT_AUTHOR_EMAIL", &author.email)
        .variable("GIT_COMMITTER_NAME", &author.name)
        .variable("GIT_COMMITTER_EMAIL", &author.email)
}

/// Git's own words for a failed signature, untranslated parts of them.
fn stopped(output: String) -> GitError {
    let signing = [
        "gpg failed to sign",
        "failed to sign the data",
        "failed to write commit object",
        "user.signingKey",
        "signing failed",
    ];
    if signing.iter().any(|words| output.contains(words)) {
        GitError::NotSigned { output }
    } else {
        GitError::Stopped { output }
    }
}

/// `--pathspec-from-file` came to `commit` and `add` with 2.25 and to `rm` with 2.26.
fn takes_paths_by_input(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (2, 26)
}

//! What a commit in this repository would run and sign, told before it is made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::GitError;
use super::repository::{Repository, lossy};

/// The hooks that a commit runs, in their order.
const HOOKS: [&str; 4] = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];

/// A repository's habits around a commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Practices {
    /// The git program's version; `None` where there is none.
    pub git_program: Option<String>,
    /// The hooks that exist and may be executed, in the order in which a commit runs them.
    pub hooks: Vec<String>,
    /// How commits are signed, in words, as in `ssh key ~/.ssh/id_ed25519.pub`; `None` where they are not.
    pub signing: Option<String>,
    /// Sentences a person should read before committing.
    pub notes: Vec<String>,
}

impl Repository {
    /// Looks at hooks and settings. Runs no hook.
    pub fn practices(&self) -> Result<Practices, GitError> {
        let git_program = self.program().version();
        let settings = self.settings(git_program.is_some())?;
        let hooks = self.hooks(git_program.is_some(), &settings);
        let signing = signing(&settings);
        let mut notes = Vec::new();
        if git_program.is_none() {
            notes.push("The git program was not found, so Seedbed commits by itself.".to_owned());
            if !hooks.is_empty() {
                notes.push(format!(
                    "Hooks will not run: {}. Install git to have them run.",
                    hooks.join(", ")
                ));
            }
            if signing.is_some() {
                notes.push("Your settings ask for signed commits, but this one will not be signed.".to_owned());
            }
        }
        if self.head()?.branch.is_none() {
            notes.push("No branch is checked out: choose a new branch, or the commit is easily lost.".to_owned());
        }
        Ok(Practices {
            git_program,
            hooks,
            signing,
            notes,
        })
    }

    /// All settings by lower-case name, the last value of each.
    fn settings(&self, by_program: bool) -> Result<BTreeMap<String, String>, GitError> {
        let mut found = BTreeMap::new();
        if by_program {
            let output = self
                .program()
                .call(self.root(), &["config", "--list", "-z"])
                .succeed()?;
            for entry in output.stdout.split(|byte| *byte == 0).map(lossy) {
                // A name alone means yes.
                let (name, value) = entry.split_once('\n').unwrap_or((&entry, "true"));
                found.insert(name.to_lowercase(), value.to_owned());
            }
        } else {
            let failed = || GitError::library("read git's settings");
            let settings = self.inner.config().map_err(failed())?;
            let mut entries = settings.entries(None).map_err(failed())?;
            while let Some(entry) = entries.next() {
                let entry = entry.map_err(failed())?;
                let value = if entry.has_value() {
                    lossy(entry.value_bytes())
                } else {
                    "true".to_owned()
                };
                found.insert(lossy(entry.name_bytes()).to_lowercase(), value);
            }
        }
        Ok(found)
    }

    fn hooks(&self, by_program: bool, settings: &BTreeMap<String, String>) -> Vec<String> {
        let asked = || {
            self.program()
                .call(self.root(), &["rev-parse", "--git-path", "hooks"])
                .succeed()
                .ok()
        };
        let folder = match by_program.then(asked).flatten() {
            Some(output) => PathBuf::from(lossy(&output.stdout).trim_end_matches('\n')),
            None => match settings.get("core.hookspath") {
                Some(path) => PathBuf::from(path),
                None => self.inner.commondir().join("hooks"),
            },
        };
        let folder = self.root().join(folder);
        HOOKS
            .iter()
            .filter(|name| is_executable(&folder.join(name)))
            .map(|name| (*name).to_owned())
            .collect()
    }
}

fn signing(settings: &BTreeMap<String, String>) -> Option<String> {
    let asked = settings.get("commit.gpgsign")?.to_lowercase();
    if !matches!(asked.as_str(), "true" | "yes" | "on" | "1") {
        return None;
    }
    let format = match settings.get("gpg.format").map(String::as_str) {
        Some("ssh") => "ssh key",
        Some("x509") => "certificate",
        _ => "gpg key",
    };
    let key = settings
        .get("user.signingkey")
        .map_or("of the committer", String::as_str);
    Some(format!("{format} {key}"))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

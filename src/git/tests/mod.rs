//! Real repositories in temporary folders, with settings of their own.

mod commits;
mod documents;
mod hooks;
mod reading;
mod since;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A repository, its folder, and the git program that acts in it.
struct World {
    folder: tempfile::TempDir,
    program: GitProgram,
}

impl World {
    /// An empty repository on `main` whose personal settings name Ada as the author.
    fn new() -> Self {
        let world = Self::without_author();
        fs::write(
            world.global(),
            "[user]\n\tname = Ada Frost\n\temail = ada@example.org\n",
        )
        .unwrap();
        world
    }

    fn without_author() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let global = folder.path().join("global.gitconfig");
        fs::write(&global, "").unwrap();
        let environment: Vec<(OsString, OsString)> = vec![
            ("GIT_CONFIG_GLOBAL".into(), global.into()),
            ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
            ("HOME".into(), folder.path().into()),
            ("LC_ALL".into(), "C".into()),
        ];
        let program = GitProgram {
            environment,
            ..GitProgram::default()
        };
        init_repository(&folder.path().join("repo"), "main", &program).unwrap();
        World { folder, program }
    }

    fn global(&self) -> PathBuf {
        self.folder.path().join("global.gitconfig")
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn open(&self) -> Repository {
        Repository::discover_with(&self.root(), self.program.clone()).unwrap()
    }

    /// The same repository where there is no git program.
    fn open_without_program(&self) -> Repository {
        let program = GitProgram {
            path: "/nowhere/git".into(),
            ..self.program.clone()
        };
        Repository::discover_with(&self.root(), program).unwrap()
    }

    /// Runs git itself, as the person would.
    fn git(&self, arguments: &[&str]) -> String {
        let mut command = std::process::Command::new("git");
        command.args(arguments).current_dir(self.root());
        let output = command
            .envs(self.program.environment.iter().map(|(key, value)| (key, value)))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "git {arguments:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.root().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Writes and commits a file by git itself.
    fn committed(&self, path: &str, text: &str) {
        self.write(path, text);
        self.git(&["add", "--", path]);
        self.git(&["commit", "-q", "-m", "start", "--", path]);
    }

    #[cfg(unix)]
    fn hook(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.root().join(".git/hooks").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn plan(paths: &[&str], message: &str) -> CommitPlan {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    CommitPlan {
        paths,
        message: message.to_owned(),
        ..CommitPlan::default()
    }
}

fn told(changes: &[Change]) -> Vec<(&str, &ChangeKind, bool)> {
    changes
        .iter()
        .map(|change| (change.path.as_str(), &change.kind, change.staged))
        .collect()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap()
}

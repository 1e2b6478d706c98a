//! A home for the real binary: settings, a git identity, the sample taxonomy, and nothing of the person who runs the tests.

#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::teacher::LoopbackTeacher;

/// The leaf that the demonstration starts with.
pub const LEAF: &str = "compositional_skills/linguistics/polite_replies";

/// A home folder with settings, and nothing of the person who runs the tests.
pub struct Desk {
    pub folder: tempfile::TempDir,
}

/// What a command did.
pub struct Done {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Desk {
    pub fn new() -> Self {
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(
            desk.path(".gitconfig"),
            "[user]\n\tname = Ann Example\n\temail = ann@example.org\n",
        )
        .unwrap();
        desk
    }

    /// With the loopback teacher as the only one in the settings.
    pub fn with(teacher: &LoopbackTeacher) -> Self {
        let desk = Desk::new();
        desk.settings(&format!(
            "teachers:\n  loop: {{ url: '{}', model: test-1, slots: 2 }}\n",
            teacher.url()
        ));
        desk
    }

    pub fn settings(&self, text: &str) {
        fs::create_dir_all(self.path(".config/seedbed")).unwrap();
        fs::write(self.path(".config/seedbed/config.yaml"), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
        command.args(args).current_dir(folder);
        self.at_home(&mut command);
        command
    }

    pub fn at_home(&self, command: &mut Command) {
        command.env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LANG", "C.UTF-8");
    }

    pub fn run_in(&self, folder: &Path, args: &[&str]) -> Done {
        done(self.command(folder, args).output().unwrap())
    }

    /// Starts a command and kills it after so many milliseconds, wherever it is then.
    pub fn kill_after(&self, wait: u64, folder: &Path, args: &[&str]) {
        let mut child = self
            .command(folder, args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Runs in the demo taxonomy.
    pub fn run(&self, args: &[&str]) -> Done {
        self.run_in(&self.path("tax"), args)
    }

    pub fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.path("tax"));
        self.at_home(&mut command);
        let done = done(command.output().unwrap());
        assert_eq!(done.status, Some(0), "{}", done.err);
        done.out
    }

    /// Lays out the sample taxonomy in `tax`. There is no terminal for its screen, which it says.
    pub fn lay_out(&self) {
        let done = self.run_in(self.folder.path(), &["demo", "tax"]);
        assert_eq!(done.status, Some(2), "{}", done.err);
        assert!(done.err.contains("needs a terminal"), "{}", done.err);
        assert!(self.path("tax/README.md").is_file());
    }

    pub fn ids(&self, args: &[&str]) -> Vec<String> {
        let all: Vec<&str> = ["samples", "--format", "jsonl"].iter().chain(args).copied().collect();
        let done = self.run(&all).well();
        let id = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        done.out.lines().map(id).collect()
    }

    pub fn runs(&self) -> Vec<Value> {
        let done = self.run(&["runs", "--format", "json"]).well();
        serde_json::from_str(&done.out).unwrap()
    }

    pub fn run_file(&self, run: &str, name: &str) -> Vec<String> {
        let path = self.path("tax/.git/seedbed/runs").join(run).join(name);
        fs::read_to_string(path)
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

pub fn done(output: Output) -> Done {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done {
        status: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

impl Done {
    pub fn well(self) -> Self {
        assert_eq!(self.status, Some(0), "{}\n{}", self.out, self.err);
        self
    }
}

/// Waits for something that another process does; gives up after a while.
pub fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn signal(child: &Child, name: &str) {
    assert!(
        Command::new("kill")
            .args([name, &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
}

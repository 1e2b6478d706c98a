//! Running the git program: without prompts, with a time limit, in an environment that is handed in.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::GitError;

/// How long a call may take where nothing else is said.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long output is waited for once the program has ended: a hook may leave something running that holds the pipe.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Variables that point git at another repository than the one asked for, as inside a hook.
const MISLEADING: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    // With it a passphrase dialog would be drawn over the screen; dialogs in a window still come.
    "GPG_TTY",
];

/// Which git program is run, with which variables besides those of this process.
///
/// `GIT_CONFIG_GLOBAL` among the variables also decides which personal settings libgit2 reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitProgram {
    /// A name looked up on the PATH, or a path.
    pub path: PathBuf,
    pub environment: Vec<(OsString, OsString)>,
}

impl Default for GitProgram {
    fn default() -> Self {
        GitProgram {
            path: PathBuf::from("git"),
            environment: Vec::new(),
        }
    }
}

/// What a call left behind.
#[derive(Debug)]
pub(super) struct Output {
    pub success: bool,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Output {
    /// Both streams as text for people, what went wrong last.
    pub fn said(&self) -> String {
        let parts = [&self.stdout, &self.stderr].map(|stream| String::from_utf8_lossy(stream).trim_end().to_owned());
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl GitProgram {
    /// Returns the version, as in `2.47.3`; `None` where there is no such program.
    pub fn version(&self) -> Option<String> {
        let output = self.call(Path::new("."), &["version"]).run().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let version = text.trim().strip_prefix("git version ")?;
        version.split_whitespace().next().map(str::to_owned)
    }

    /// Returns a variable that is handed in.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.environment
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_os_str())
    }

    /// Prepares a call in a folder. Paths are never patterns in it.
    pub(super) fn call<'a>(&self, folder: &Path, arguments: &[&str]) -> Call<'a> {
        let mut command = Command::new(&self.path);
        for name in MISLEADING {
            command.env_remove(name);
        }
        command
            .arg("--literal-pathspecs")
            .args(["-c", "core.quotePath=false"])
            .args(arguments)
            .current_dir(folder)
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .env("GIT_TERMINAL_PROMPT", "0")
            // Passphrases are asked for in a window or not at all, never on the terminal that the screen owns.
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("GIT_EDITOR", "true")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let options = arguments
            .iter()
            .step_by(2)
            .take_while(|argument| **argument == "-c")
            .count();
        let name = arguments.get(options * 2).copied().unwrap_or_default().to_owned();
        Call {
            command,
            name,
            input: Vec::new(),
            patience: PATIENCE,
            cancel: &|| false,
        }
    }
}

/// One call of the program, prepared.
pub(super) struct Call<'a> {
    command: Command,
    name: String,
    input: Vec<u8>,
    patience: Duration,
    cancel: &'a dyn Fn() -> bool,
}

impl<'a> Call<'a> {
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn variable(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub fn cancel(mut self, cancel: &'a dyn Fn() -> bool) -> Self {
        self.cancel = cancel;
        self
    }

    /// Hands over paths, as many as there are: through standard input where the program can (2.26), else as arguments.
    pub fn paths<'p>(mut self, paths: impl Iterator<Item = &'p str>, by_input: bool) -> Self {
        if by_input {
            self.command.args(["--pathspec-from-file=-", "--pathspec-file-nul"]);
            for path in paths {
                self.input.extend_from_slice(path.as_bytes());
                self.input.push(0);
            }
        } else {
            self.command.arg("--").args(paths);
        }
        self
    }

    /// Runs to the end; an exit status other than 0 is not an error here.
    pub fn run(mut self) -> Result<Output, GitError> {
        self.command.stdin(if self.input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        });
        // A missing folder gives the same error as a missing program.
        let folder_exists = self.command.get_current_dir().is_some_and(Path::is_dir);
        let mut child = self.command.spawn().map_err(|source| match source.kind() {
            ErrorKind::NotFound if folder_exists => GitError::NoProgram {
                what: format!("'git {}'", self.name),
            },
            _ => GitError::Io {
                what: "run",
                path: PathBuf::from(self.command.get_program()),
                source,
            },
        })?;
        if let Some(mut pipe) = child.stdin.take() {
            let input = std::mem::take(&mut self.input);
            // A program that ends early closes the pipe; its own words say why.
            thread::spawn(move || drop(pipe.write_all(&input)));
        }
        let stdout = Listener::to(child.stdout.take());
        let stderr = Listener::to(child.stderr.take());
        let success = self.wait(&mut child)?;
        Ok(Output {
            success,
            stdout: stdout.heard(),
            stderr: stderr.heard(),
        })
    }

    /// Runs to the end; an exit status other than 0 is an error that carries what was said.
    pub fn succeed(self) -> Result<Output, GitError> {
        let command = self.name.clone();
        let output = self.run()?;
        if output.success {
            Ok(output)
        } else {
            Err(GitError::ProgramFailed {
                command,
                output: output.said(),
            })
        }
    }

    fn wait(&self, child: &mut Child) -> Result<bool, GitError> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            let waited = child
                .try_wait()
                .map_err(GitError::io("wait for", Path::new(&self.name)))?;
            if let Some(status) = waited {
                return Ok(status.success());
            }
            let late = start.elapsed() > self.patience;
            if late || (self.cancel)() {
                // It may have ended by itself just now: nothing is lost either way.
                let _ = child.kill();
                let _ = child.wait();
                let seconds = self.patience.as_secs();
                let command = self.name.clone();
                return Err(if late {
                    GitError::TimedOut { command, seconds }
                } else {
                    GitError::Cancelled
                });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

/// Gathers one stream on a thread of its own, so that neither stream can fill up and block the program.
struct Listener {
    heard: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Listener {
    fn to(stream: Option<impl Read + Send + 'static>) -> Self {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        let thread = thread::spawn(move || {
            let Some(mut stream) = stream else { return };
            let mut buffer = [0; 8192];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                let read = buffer.get(..count).unwrap_or_default();
                sink.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(read);
            }
        });
        Listener { heard, thread }
    }

    fn heard(self) -> Vec<u8> {
        let start = Instant::now();
        while !self.thread.is_finished() && start.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(1));
        }
        std::mem::take(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! How a program is started in a test's terminal.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::Terminal;
use super::home::home_variables;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// What answers the program gets when it asks its terminal something.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answers {
    /// Foreground and background colour (OSC 10 and 11); `None` stays silent on both.
    pub colours: Option<(Rgb, Rgb)>,
    /// Whether the terminal says what it is (DA1), as every real one does.
    pub identity: bool,
}

/// A program to be started. [`Terminal::start`] is the short way.
#[derive(Clone)]
pub struct Launch {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) env: BTreeMap<OsString, OsString>,
    pub(super) folder: Option<PathBuf>,
    pub(super) size: (u16, u16),
    pub(super) answers: Answers,
}

impl Launch {
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let env = [
            ("TERM", "xterm-256color"),
            ("COLORTERM", "truecolor"),
            ("LANG", "C.UTF-8"),
            ("TZ", "UTC"),
        ];
        let mut env: BTreeMap<_, _> = env
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        env.insert("PATH".into(), path);
        Launch {
            program: program.as_ref().to_owned(),
            args: Vec::new(),
            env,
            folder: None,
            size: (120, 36),
            answers: Answers {
                colours: None,
                identity: true,
            },
        }
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
        self
    }

    pub fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.env.remove(name.as_ref());
        self
    }

    /// A home of its own: settings, data, caches and git's settings lie below `home`. Git knows an author there.
    pub fn home(mut self, home: &Path) -> Self {
        for (name, value) in home_variables(home) {
            self.env.insert(name.into(), value);
        }
        self
    }

    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    pub fn size(mut self, cols: u16, rows: u16) -> Self {
        self.size = (cols, rows);
        self
    }

    pub fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Puts a shell around the program that notes the terminal's settings in `notes/before` and `notes/after`, prints
    /// `ended with STATUS`, and then stays, so that the test can look at the terminal which the program left behind.
    pub fn inside_shell(mut self, notes: &Path) -> Self {
        let script = r#"stty -g > "$NOTES/before"; "$0" "$@"; echo "ended with $?"; stty -g > "$NOTES/after"; echo settings noted; exec cat"#;
        let mut args = vec!["-c".into(), script.into(), self.program];
        args.append(&mut self.args);
        self.program = "sh".into();
        self.args = args;
        self.env("NOTES", notes)
    }

    pub fn go(self) -> Terminal {
        Terminal::launch(self)
    }
}

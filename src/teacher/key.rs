//! Keys of HTTP teachers: where they come from, fetched at the first use, never shown.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::sync::Mutex;

use crate::teacher::TeacherError;

/// A command that asks for a passphrase may take a while; one that hangs must not hang the run.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);
const LONGEST_OUTPUT: u64 = 64 * 1024;

/// A text that must not be shown; its `Debug` hides it and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text, without white space around it; `None` when nothing is left.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Secret(text.to_owned()))
    }

    /// The text itself, for the one header that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Replaces the secret wherever a server's text repeats it.
    pub fn scrub(&self, text: &str) -> String {
        text.replace(&self.0, "‹key›")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Where a key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// No key is sent.
    None,
    /// An environment variable and its value, if it was set.
    Variable { name: String, value: Option<Secret> },
    /// A program and its arguments (no shell); the first line it prints that is not blank is the key.
    Command(Vec<String>),
}

impl KeySource {
    /// What to check when the key is refused. Names the program of a command but not its arguments, which may hold a secret.
    pub fn describe(&self) -> String {
        match self {
            KeySource::None => {
                "the settings of this teacher: neither `key_env` nor `key_command` is set, so no key was sent"
                    .to_owned()
            }
            KeySource::Variable { name, .. } => format!("the environment variable {name}"),
            KeySource::Command(words) => {
                format!(
                    "what `key_command` ({}) prints",
                    words.first().map_or("empty", String::as_str)
                )
            }
        }
    }
}

/// The key of one teacher. A command runs at the first use, and its answer is kept.
#[derive(Debug)]
pub struct Key {
    teacher: String,
    source: KeySource,
    kept: Mutex<Option<Secret>>,
}

impl Key {
    pub fn new(teacher: impl Into<String>, source: KeySource) -> Self {
        Key {
            teacher: teacher.into(),
            source,
            kept: Mutex::new(None),
        }
    }

    pub fn source(&self) -> &KeySource {
        &self.source
    }

    /// The key, or `None` when the teacher needs none.
    ///
    /// # Errors
    /// [`TeacherError::NoKey`] when a variable is unset or the command fails, prints nothing or takes over 30 seconds.
    pub async fn get(&self) -> Result<Option<Secret>, TeacherError> {
        match &self.source {
            KeySource::None => Ok(None),
            KeySource::Variable { value: Some(value), .. } => Ok(Some(value.clone())),
            KeySource::Variable { name, value: None } => Err(self.missing(format!(
                "the environment variable {name} is not set or empty; set it and start again"
            ))),
            KeySource::Command(words) => {
                // The lock is held while the command runs, so that many requests ask for one passphrase.
                let mut kept = self.kept.lock().await;
                if kept.is_none() {
                    *kept = Some(self.run(words).await?);
                }
                Ok(kept.clone())
            }
        }
    }

    /// Forgets a refused key if a command can fetch a new one (tokens that expire); false when asking again is pointless.
    pub async fn forget(&self, refused: &Secret) -> bool {
        if !matches!(self.source, KeySource::Command(_)) {
            return false;
        }
        let mut kept = self.kept.lock().await;
        if kept.as_ref() == Some(refused) {
            *kept = None;
        }
        true
    }

    fn missing(&self, detail: String) -> TeacherError {
        TeacherError::NoKey {
            teacher: self.teacher.clone(),
            detail,
        }
    }

    async fn run(&self, words: &[String]) -> Result<Secret, TeacherError> {
        let Some((program, arguments)) = words.split_first() else {
            return Err(self.missing("`key_command` is empty; name a program that prints the key".to_owned()));
        };
        let failed = |why: String| {
            // What the program wrote is left out: it may hold the key.
            self.missing(format!(
                "`key_command` ({program}) {why}; run it in a terminal to see what it says"
            ))
        };
        let asked = tokio::time::timeout(COMMAND_LIMIT, async {
            let mut child = tokio::process::Command::new(program)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()?;
            let mut output = Vec::new();
            if let Some(stdout) = child.stdout.take() {
                stdout.take(LONGEST_OUTPUT).read_to_end(&mut output).await?;
            }
            Ok::<_, std::io::Error>((child.wait().await?, output))
        });
        let (status, output) = match asked.await {
            Err(_) => {
                return Err(failed(format!(
                    "did not end within {} seconds",
                    COMMAND_LIMIT.as_secs()
                )));
            }
            Ok(Err(error)) => return Err(failed(format!("could not be run ({error})"))),
            Ok(Ok(done)) => done,
        };
        if !status.success() {
            return Err(failed(format!("ended with {status}")));
        }
        let output = String::from_utf8(output).map_err(|_| failed("printed something that is not text".to_owned()))?;
        output
            .lines()
            .find_map(Secret::new)
            .ok_or_else(|| failed("printed nothing".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new(" sk-very-secret\n").unwrap();
        assert_eq!(secret.expose(), "sk-very-secret");
        assert!(!format!("{secret:?}").contains("very"));
        assert_eq!(secret.scrub("key sk-very-secret is bad"), "key ‹key› is bad");
        assert!(Secret::new(" \n").is_none());
        let source = KeySource::Variable {
            name: "K".into(),
            value: Some(secret),
        };
        assert!(!format!("{:?}", Key::new("t", source)).contains("very"));
    }

    #[tokio::test]
    async fn a_command_gives_its_first_line_and_runs_once() {
        let folder = std::env::temp_dir().join(format!("seedbed-key-{}", std::process::id()));
        let count = folder.to_string_lossy().into_owned();
        let script = format!("echo ran >> '{count}'; echo; echo '  sk-1 '; echo 'login: me'");
        let key = Key::new("t", KeySource::Command(vec!["sh".into(), "-c".into(), script]));
        let first = key.get().await.unwrap().unwrap();
        assert_eq!(first.expose(), "sk-1");
        key.get().await.unwrap();
        assert_eq!(std::fs::read_to_string(&folder).unwrap().lines().count(), 1);
        assert!(key.forget(&first).await);
        key.get().await.unwrap();
        assert_eq!(std::fs::read_to_string(&folder).unwrap().lines().count(), 2);
        std::fs::remove_file(&folder).unwrap();
    }

    #[tokio::test]
    async fn a_failing_command_says_so_without_its_output() {
        for script in ["echo sk-secret; exit 3", "true", "printf '\\377'"] {
            let key = Key::new("t", KeySource::Command(vec!["sh".into(), "-c".into(), script.into()]));
            let said = key.get().await.unwrap_err().to_string();
            assert!(said.contains("key_command") && !said.contains("sk-secret"), "{said}");
        }
        let key = Key::new("t", KeySource::Command(vec!["/nonexistent/program".into()]));
        assert!(key.get().await.unwrap_err().to_string().contains("could not be run"));
    }
}

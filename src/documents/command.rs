//! A converter of the person's own choice, as pandoc or docling, named in their settings.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use super::apart::apart;
use super::{Commands, ImportError, MOST_MARKDOWN, PATIENCE, format};

/// Most of what a failing command said that is told.
const MOST_SAID: usize = 600;

/// The command for a file, by its ending.
pub(super) fn chosen<'a>(path: &Path, commands: &'a Commands) -> Option<&'a str> {
    let file = path.file_name()?.to_string_lossy();
    commands.get(&format::ending(&file)).map(String::as_str)
}

/// Runs the command and takes its output. It gets no input and no terminal.
pub(super) fn convert(line: &str, path: &Path, file: &str) -> Result<String, ImportError> {
    let command = || line.to_owned();
    let words = shlex::split(line).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| ImportError::Quotes { command: command() })?;
    let mut all = words.iter();
    let program = all.next().ok_or_else(|| ImportError::Quotes { command: command() })?;
    let mut call = Command::new(program);
    // A name that starts with a dash must not be taken for an option.
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut named = false;
    for word in all {
        if word == "{}" {
            named = true;
            call.arg(&path);
        } else {
            call.arg(word);
        }
    }
    if !named {
        call.arg(&path);
    }
    call.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let no_command = |reason: std::io::Error| ImportError::NoCommand {
        command: command(),
        reason: reason.to_string(),
    };
    let mut child = call.spawn().map_err(no_command)?;
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let reading = apart(file, PATIENCE, move || {
        let errors = std::thread::spawn(move || {
            let said = limited(&mut stderr, MOST_SAID as u64);
            // A talkative program must not stop because nobody listens.
            if let Some(stream) = &mut stderr {
                let _ = std::io::copy(stream, &mut std::io::sink());
            }
            said
        });
        let text = limited(&mut stdout, MOST_MARKDOWN as u64 + 1);
        // With more than that the program is ended.
        drop(stdout);
        Ok((text, errors.join().unwrap_or_default()))
    });
    // Whoever has read enough, or waits no longer, ends the program.
    let ended = match &reading {
        Ok((text, _)) if text.len() <= MOST_MARKDOWN => child.wait().ok(),
        _ => {
            let _ = child.kill();
            child.wait().ok()
        }
    };
    let (text, said) = reading?;
    if text.len() > MOST_MARKDOWN {
        return Err(ImportError::Bursts {
            file: file.to_owned(),
            most: MOST_MARKDOWN >> 20,
        });
    }
    let failed = |said: String| ImportError::CommandFailed {
        command: command(),
        file: file.to_owned(),
        said,
    };
    if !ended.is_some_and(|status| status.success()) {
        return Err(failed(String::from_utf8_lossy(&said).trim().to_owned()));
    }
    String::from_utf8(text).map_err(|_| failed("its output is not UTF-8".to_owned()))
}

/// Reads up to `most` bytes. What broke off is seen by the exit status.
fn limited(stream: &mut Option<impl Read>, most: u64) -> Vec<u8> {
    let mut read = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(most).read_to_end(&mut read);
    }
    read
}

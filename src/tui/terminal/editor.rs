//! Handing a text to the person's own editor and taking it back.

use std::io::Write;
use std::process::Command;

/// Why the text did not come back from the editor.
#[derive(Debug, thiserror::Error)]
pub enum EditorError {
    #[error("no editor is set; set $VISUAL or $EDITOR, or `editor` in the settings")]
    None,
    #[error("the editor command '{0}' has unbalanced quotes")]
    Quotes(String),
    #[error("cannot start the editor '{command}': {source}")]
    Start { command: String, source: std::io::Error },
    #[error("the editor '{command}' ended with {status}; the text is as it was")]
    Failed {
        command: String,
        status: std::process::ExitStatus,
    },
    #[error("the text could not be handed to the editor: {0}")]
    File(#[from] std::io::Error),
    #[error("the editor left a file that is not UTF-8; it is kept at {0}")]
    NotText(String),
}

/// The editor to use: the setting, else `$VISUAL`, else `$EDITOR`.
pub fn editor_command(setting: Option<&str>, get: impl Fn(&str) -> Option<String>) -> Option<String> {
    setting
        .map(str::to_owned)
        .or_else(|| get("VISUAL"))
        .or_else(|| get("EDITOR"))
        .filter(|text| !text.trim().is_empty())
}

/// Opens `text` in the editor and returns what was saved; `None` when nothing changed. The terminal must be restored.
///
/// `suffix` is the file's ending with its dot, so that the editor highlights it.
///
/// # Errors
/// [`EditorError`]; the text handed in is untouched in every case.
pub fn edit_in(command: Option<&str>, text: &str, suffix: &str) -> Result<Option<String>, EditorError> {
    let command = command.ok_or(EditorError::None)?;
    let mut words = shlex::split(command)
        .ok_or_else(|| EditorError::Quotes(command.to_owned()))?
        .into_iter();
    let program = words.next().ok_or(EditorError::None)?;
    let mut file = tempfile::Builder::new().prefix("seedbed-").suffix(suffix).tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    let path = file.into_temp_path();
    let status = Command::new(program)
        .args(words)
        .arg(&path)
        .status()
        .map_err(|source| EditorError::Start {
            command: command.to_owned(),
            source,
        })?;
    if !status.success() {
        return Err(EditorError::Failed {
            command: command.to_owned(),
            status,
        });
    }
    let bytes = std::fs::read(&path)?;
    match String::from_utf8(bytes) {
        Ok(new) if new == text => Ok(None),
        // Editors end the last line; a text without that end must not grow one by being looked at.
        Ok(new) if !text.ends_with('\n') && new.strip_suffix('\n') == Some(text) => Ok(None),
        Ok(mut new) => {
            if !text.ends_with('\n') && new.ends_with('\n') {
                new.pop();
            }
            Ok(Some(new))
        }
        Err(_) => {
            let kept = path.keep().map_err(|error| error.error)?;
            Err(EditorError::NotText(kept.display().to_string()))
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_the_editor_saved_comes_back() {
        let changed = edit_in(Some("sh -c 'printf \"%s\" new > \"$0\"'"), "old", ".md").unwrap();
        assert_eq!(changed.as_deref(), Some("new"));
        assert_eq!(edit_in(Some("true"), "same", ".md").unwrap(), None);
        assert_eq!(edit_in(Some("sh -c 'echo >> \"$0\"'"), "same", ".md").unwrap(), None);
    }

    #[test]
    fn failures_say_which_editor() {
        assert!(matches!(edit_in(None, "x", ".md"), Err(EditorError::None)));
        assert!(
            edit_in(Some("false"), "x", ".md")
                .unwrap_err()
                .to_string()
                .contains("'false'")
        );
        assert!(matches!(
            edit_in(Some("no-such-editor-here"), "x", ".md"),
            Err(EditorError::Start { .. })
        ));
    }
}

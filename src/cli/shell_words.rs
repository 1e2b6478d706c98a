//! Words of commands that a person may copy from what is printed.

use std::path::Path;

use super::output::shown;

/// A path for a shell.
pub(super) fn path(path: &Path) -> String {
    word(&path.to_string_lossy())
}

/// A word for a shell, in quotes where it needs them.
pub(super) fn word(text: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "/._-+:@,=%".contains(char);
    let text = shown(text);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell_are_quoted_where_needed() {
        for (text, written) in [
            ("out/01-ask.jsonl", "out/01-ask.jsonl"),
            ("my out", "'my out'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), written);
        }
    }
}

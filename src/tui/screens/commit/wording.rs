//! Words and rules of a commit: what was decided, what a branch may be called, who an author is.

use crate::git::{Author, GitError};
use crate::workbench::Decisions;

/// The longest subject of a message that git and its hosts show whole, in characters.
pub const SUBJECT: usize = 72;

/// What was decided, as in `7 accepted, 3 rejected`; `None` when nothing was.
pub fn decisions(found: &Decisions) -> Option<String> {
    let counts = [
        (found.accepted, "accepted"),
        (found.edited, "edited"),
        (found.rejected, "rejected"),
        (found.skipped, "skipped"),
        (found.flagged, "flagged"),
        (found.taken_back, "taken back"),
    ];
    let parts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many characters the first line of a message has.
pub fn subject_length(message: &str) -> usize {
    message.lines().next().unwrap_or_default().chars().count()
}

/// Looks at a branch's name as git's `check-ref-format` does, before anything is made of it.
///
/// # Errors
/// [`GitError::BadBranch`]. Whether such a branch exists already is found out by the commit, which then changes nothing.
pub fn branch_name(typed: &str) -> Result<String, GitError> {
    let name = typed.trim();
    let bad_char = |c: char| c.is_control() || c == ' ' || "~^:?*[\\".contains(c);
    let bad_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    let bad = name.is_empty()
        || name.starts_with('-')
        || name.ends_with('.')
        || name.contains("..")
        || name.contains("@{")
        || matches!(name, "@" | "HEAD")
        || name.chars().any(bad_char)
        || name.split('/').any(bad_part);
    if bad {
        Err(GitError::BadBranch { name: name.to_owned() })
    } else {
        Ok(name.to_owned())
    }
}

/// Reads `Name <address>`.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub fn author(typed: &str) -> Result<Author, String> {
    let how = "write your name and then your address in angle brackets, as in Ada Lovelace <ada@example.org>";
    let parts = typed.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
    let Some((name, email)) = parts else {
        return Err(how.to_owned());
    };
    Author::new(name, email).map_err(|error| format!("{error}; {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branch_names_are_those_that_git_takes() {
        for good in ["curate", "curate/frost-2", "gärten", " trimmed "] {
            assert_eq!(branch_name(good).unwrap(), good.trim());
        }
        for bad in [
            "", "a b", "-x", "a..b", "/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a~1", "a:b", "x.", "@", "a@{b",
        ] {
            assert!(branch_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_author_is_a_name_and_an_address() {
        assert_eq!(
            author(" Ada <ada@example.org> ").unwrap().to_string(),
            "Ada <ada@example.org>"
        );
        for bad in [
            "",
            "Ada",
            "Ada ada@example.org",
            "<ada@example.org>",
            "Ada <>",
            "Ada <a b>",
        ] {
            assert!(author(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn decisions_are_told_in_words() {
        let found = Decisions {
            accepted: 7,
            rejected: 3,
            ..Decisions::default()
        };
        assert_eq!(decisions(&found).as_deref(), Some("7 accepted, 3 rejected"));
        assert_eq!(decisions(&Decisions::default()), None);
    }
}

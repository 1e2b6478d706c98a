//! Who decides.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::text::digest::hex;

/// A reviewer: the name of their file, made from the address or name that git has of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reviewer {
    slug: String,
}

/// The longest readable part of a file name.
const MOST: usize = 48;

impl Reviewer {
    /// Makes a file name that every system takes from a mail address, or from the name where there is no address.
    ///
    /// Plain lower-case addresses stay readable (`anna@example.org` → `anna-at-example.org`). Where a character had to be
    /// replaced, six hex digits of the original follow, so that two people never share a file. `None` when both are blank.
    pub fn new(name: &str, email: &str) -> Option<Self> {
        let source = [email, name]
            .into_iter()
            .map(str::trim)
            .find(|text| !text.is_empty())?
            .to_lowercase();
        let mut changed = false;
        let mut slug = String::new();
        for character in source.chars() {
            match character {
                'a'..='z' | '0'..='9' | '.' | '_' | '-' => slug.push(character),
                '@' => slug.push_str("-at-"),
                _ => {
                    changed = true;
                    if !slug.ends_with('-') {
                        slug.push('-');
                    }
                }
            }
        }
        let trimmed: String = slug.trim_matches(['-', '.', '_']).chars().take(MOST).collect();
        // Names of devices, which Windows refuses with any ending.
        let stem = trimmed.split('.').next().unwrap_or_default();
        let device = matches!(stem, "con" | "prn" | "aux" | "nul")
            || (stem.len() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")));
        if changed || device || trimmed != slug || source.contains("-at-") || trimmed.is_empty() {
            let digest = Sha256::digest(source.as_bytes());
            let mark = hex(digest.get(..3).unwrap_or(&digest));
            let gap = if trimmed.is_empty() {
                "reviewer"
            } else {
                trimmed.as_str()
            };
            let device = if device { "reviewer-" } else { "" };
            return Some(Reviewer {
                slug: format!("{device}{gap}-{mark}"),
            });
        }
        Some(Reviewer { slug: trimmed })
    }

    /// Takes the name of a review file as found.
    pub(super) fn of_file(stem: &str) -> Self {
        Reviewer { slug: stem.to_owned() }
    }

    /// The file's name without its ending.
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

impl fmt::Display for Reviewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(name: &str, email: &str) -> String {
        Reviewer::new(name, email).unwrap().slug
    }

    #[test]
    fn addresses_become_names_of_files() {
        assert_eq!(slug("Anna", "Anna@Example.org"), "anna-at-example.org");
        assert_eq!(
            slug("anna meier", " ").split('-').take(2).collect::<Vec<_>>(),
            ["anna", "meier"]
        );
        assert!(Reviewer::new(" ", "").is_none());
    }

    #[test]
    fn nobody_shares_a_file_or_leaves_the_folder() {
        let odd = [
            "Юлия",
            "юлий",
            "../../x",
            "a/b",
            "a\\b",
            "a b",
            "con",
            "con.txt",
            "...",
            "a-at-b",
            "a@b",
            "\u{1b}[31m",
            "com1",
        ];
        let slugs: std::collections::BTreeSet<String> = odd.iter().map(|name| slug(name, "")).collect();
        assert_eq!(slugs.len(), odd.len());
        for slug in &slugs {
            assert!(
                slug.bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
                "{slug}"
            );
            assert!(
                !slug.starts_with('.') && !slug.starts_with("con-") && slug != "con",
                "{slug}"
            );
        }
        assert!(slug(&"x".repeat(500), "").len() < 70);
    }
}

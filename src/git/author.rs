//! Who makes a commit.

use std::fmt;

use super::error::GitError;

/// A name and an e-mail address as git writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub name: String,
    pub email: String,
}

impl Author {
    /// Takes a name and an address, trimmed; fails where git would cut or refuse them.
    pub fn new(name: &str, email: &str) -> Result<Self, GitError> {
        let author = Author {
            name: name.trim().to_owned(),
            email: email.trim().to_owned(),
        };
        author.check()?;
        Ok(author)
    }

    /// Reads `Name <address>`, also with the time behind it as `git var` prints it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('<')?;
        let (email, _) = rest.split_once('>')?;
        Author::new(name, email).ok()
    }

    /// The fields are public, so what was typed is looked at again before it reaches a commit.
    pub(super) fn check(&self) -> Result<(), GitError> {
        let bad = |why| {
            Err(GitError::BadAuthor {
                name: self.name.clone(),
                email: self.email.clone(),
                why,
            })
        };
        let strange = |c: char| c.is_control() || matches!(c, '<' | '>');
        // Git drops these at the ends of a name; one made of nothing else is empty.
        if self.name.chars().all(|c| c.is_whitespace() || ".,:;'\"\\".contains(c)) {
            return bad("the name is empty");
        }
        if self.email.trim().is_empty() {
            return bad("the address is empty");
        }
        if self.name.chars().any(strange) || self.email.chars().any(|c| strange(c) || c.is_whitespace()) {
            return bad("it holds '<', '>', a line break, or a space in the address");
        }
        Ok(())
    }

    /// The line that signs off a commit under the Developer Certificate of Origin.
    pub fn sign_off_line(&self) -> String {
        format!("Signed-off-by: {self}")
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

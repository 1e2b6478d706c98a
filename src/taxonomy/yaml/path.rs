//! Where a value is inside a document: `.seed_examples[2].answer`.

use std::fmt;
use std::str::FromStr;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a sequence, from 0.
    Index(usize),
}

/// A path from the root of a document; written `.seed_examples[2].answer`, the root `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct YamlPath(Vec<Step>);

/// Why a text is not a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{path}' is not a YAML path: {reason} at character {at}; write it like .seed_examples[2].answer")]
pub struct YamlPathError {
    pub path: String,
    pub reason: &'static str,
    /// From 1.
    pub at: usize,
}

impl YamlPath {
    /// The whole document.
    pub fn root() -> Self {
        YamlPath(Vec::new())
    }

    /// This path, then the key of a mapping.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// This path, then the item of a sequence, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// This path, then one more step.
    #[must_use]
    pub fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        YamlPath(steps)
    }

    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path without its last step; `None` for the root.
    pub fn parent(&self) -> Option<YamlPath> {
        self.0.split_last().map(|(_, above)| YamlPath(above.to_vec()))
    }

    pub fn last(&self) -> Option<&Step> {
        self.0.last()
    }
}

impl FromIterator<Step> for YamlPath {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        YamlPath(steps.into_iter().collect())
    }
}

/// Keys of these characters are written bare.
fn is_bare(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

impl fmt::Display for YamlPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(".");
        }
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if is_bare(key) => write!(f, ".{key}")?,
                Step::Key(key) => write!(f, ".\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))?,
                Step::Index(index) if position == 0 => write!(f, ".[{index}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl FromStr for YamlPath {
    type Err = YamlPathError;

    /// Reads what `Display` writes; the first dot may be left out, and the empty text is the root.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = |reason, at| {
            Err(YamlPathError {
                path: text.to_owned(),
                reason,
                at: at + 1,
            })
        };
        let mut steps = Vec::new();
        let mut rest = text.chars().enumerate().peekable();
        while let Some(&(at, c)) = rest.peek() {
            if c == '[' {
                rest.next();
                let mut digits = String::new();
                while let Some((_, digit)) = rest.next_if(|(_, c)| c.is_ascii_digit()) {
                    digits.push(digit);
                }
                let Ok(index) = digits.parse() else {
                    return fail("a number is missing between [ and ]", at);
                };
                if rest.next_if(|(_, c)| *c == ']').is_none() {
                    return fail("a ] is missing", at);
                }
                steps.push(Step::Index(index));
                continue;
            }
            if c == '.' {
                rest.next();
            } else if at > 0 {
                return fail("a dot is missing", at);
            }
            match rest.peek() {
                None if at == 0 => break,
                Some((_, '[')) if at == 0 => {}
                Some((_, '"')) => {
                    rest.next();
                    let mut key = String::new();
                    loop {
                        match rest.next() {
                            None => return fail("the closing quote is missing", at),
                            Some((_, '"')) => break,
                            Some((_, '\\')) => key.extend(rest.next().map(|(_, c)| c)),
                            Some((_, c)) => key.push(c),
                        }
                    }
                    steps.push(Step::Key(key));
                }
                _ => {
                    let mut key = String::new();
                    while let Some((_, c)) = rest.next_if(|(_, c)| !matches!(c, '.' | '[' | ']' | '"')) {
                        key.push(c);
                    }
                    if key.is_empty() {
                        return fail("a key is missing", at);
                    }
                    steps.push(Step::Key(key));
                }
            }
        }
        Ok(YamlPath(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_back_as_written() {
        let odd = YamlPath::root().key("a.b\"c\\").index(3).key("").key("é d");
        for path in [
            YamlPath::root(),
            YamlPath::root().key("seed_examples").index(2).key("answer"),
            odd,
        ] {
            assert_eq!(path.to_string().parse::<YamlPath>().unwrap(), path, "{path}");
        }
        assert_eq!(YamlPath::root().key("a").index(0).to_string(), ".a[0]");
        assert_eq!(
            YamlPath::root().index(1).to_string().parse(),
            Ok(YamlPath::root().index(1))
        );
        assert_eq!(
            "seed_examples[2].answer".parse::<YamlPath>().unwrap().to_string(),
            ".seed_examples[2].answer"
        );
        assert_eq!("".parse::<YamlPath>().unwrap(), YamlPath::root());
    }

    #[test]
    fn bad_paths_say_where() {
        for bad in [".a[", ".a[x]", ".a..b", ".a[1]b", ".\"a", ".a."] {
            assert!(bad.parse::<YamlPath>().is_err(), "{bad}");
        }
    }
}

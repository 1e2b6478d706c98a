//! Mends a whole file: every finding that has a safe answer, one after the other, and nothing that would make the file worse.
//!
//! A change is kept only when its finding is gone afterwards and no other has come; texts that only a person can write stay
//! missing.

use std::collections::{HashMap, HashSet};

use super::advice::mendable;
use super::fix::{draft, drafts};
use super::lint::{BRACES, BRACKETS, COLONS, COMMAS, EMPTY_LINES, HYPHENS, TRAILING_SPACES};
use super::version::SchemaName;
use super::{Profile, check_document};
use crate::taxonomy::diagnostic::{Diagnostic, Severity};
use crate::taxonomy::node::Kind;
use crate::taxonomy::yaml::{Document, YamlPath};

/// A file after mending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub bytes: Vec<u8>,
    /// What was mended, each as it was found.
    pub done: Vec<Diagnostic>,
}

/// What is known besides the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Who writes seeds here, for a missing `created_by`.
    pub author: Option<&'a str>,
}

/// Mends what can be mended without knowing the subject. `path` is relative to the taxonomy's root. Without anything to mend, the
/// bytes are those that came in.
pub fn mend(path: &str, bytes: &[u8], profile: Profile, known: Known<'_>) -> Mended {
    let mut mending = Mending {
        path,
        profile,
        known,
        text: match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                return Mended {
                    bytes: bytes.to_vec(),
                    done: Vec::new(),
                };
            }
        },
        done: Vec::new(),
        refused: HashSet::new(),
    };
    // Each round either mends or refuses at least one finding.
    while mending.round() {}
    Mended {
        bytes: mending.text.into_bytes(),
        done: mending.done,
    }
}

struct Mending<'a> {
    path: &'a str,
    profile: Profile,
    known: Known<'a>,
    text: String,
    done: Vec<Diagnostic>,
    /// Findings whose fixes did not hold, by rule, path and place.
    refused: HashSet<(&'static str, String, usize, usize)>,
}

impl Mending<'_> {
    /// Mends the next finding, or all of the next rule; false when nothing is left to try.
    fn round(&mut self) -> bool {
        let before = judged(self.path, &self.text, self.profile);
        let open = |one: &&Diagnostic| one.fix.is_some() && !self.refused.contains(&key(one));
        let Some(next) = before.iter().find(open).cloned() else {
            return false;
        };
        let together: Vec<&Diagnostic> = before.iter().filter(|one| one.rule == next.rule).filter(open).collect();
        if together.len() > 1
            && is_of_one_line(next.rule)
            && let Some(text) = self.all_of(&together)
            && holds(&before, &together, &judged(self.path, &text, self.profile))
        {
            self.done.extend(together.into_iter().cloned());
            self.text = text;
            return true;
        }
        let held = self
            .drafts_of(&next)
            .into_iter()
            .find(|text| holds(&before, &[&next], &judged(self.path, text, self.profile)));
        match held {
            Some(text) => {
                self.text = text;
                self.done.push(next);
            }
            None => {
                self.refused.insert(key(&next));
            }
        }
        true
    }

    /// From the last to the first, so that places before stay what they were.
    fn all_of(&self, findings: &[&Diagnostic]) -> Option<String> {
        let mut text = self.text.clone();
        for finding in findings.iter().rev() {
            text = draft(&text, kind_of(self.path, &text), finding)?;
        }
        Some(text)
    }

    fn drafts_of(&self, finding: &Diagnostic) -> Vec<String> {
        match finding.rule {
            "required" => self.filled(finding).into_iter().collect(),
            // An empty entry is no better than a missing one.
            "min-items" => Vec::new(),
            "deprecated-version" => renewed(&self.text).into_iter().collect(),
            "old-version" => set_version(&self.text).into_iter().collect(),
            _ => drafts(&self.text, kind_of(self.path, &self.text), finding),
        }
    }

    /// A missing key whose value is known.
    fn filled(&self, finding: &Diagnostic) -> Option<String> {
        let key = finding.fix.as_deref()?.split('\'').nth(1)?;
        let mut document = Document::parse(self.text.as_bytes()).ok()?;
        let above: YamlPath = finding.yaml_path.parse().ok()?;
        match key {
            "version" => return set_version(&self.text),
            "created_by" => document.set(&above.key(key), self.known.author?).ok()?,
            "domain" => {
                let folder = self.path.rsplit('/').nth(1)?;
                document.set(&above.key(key), &folder.replace(['_', '-'], " ")).ok()?;
            }
            "patterns" => return draft(&self.text, kind_of(self.path, &self.text), finding),
            _ => return None,
        }
        Some(document.text().to_owned())
    }
}

fn is_of_one_line(rule: &str) -> bool {
    matches!(
        rule,
        TRAILING_SPACES | EMPTY_LINES | COLONS | COMMAS | HYPHENS | BRACES | BRACKETS | "type"
    )
}

fn key(one: &Diagnostic) -> (&'static str, String, usize, usize) {
    (one.rule, one.yaml_path.clone(), one.line, one.column)
}

fn judged(path: &str, text: &str, profile: Profile) -> Vec<Diagnostic> {
    let document = Document::parse(text.as_bytes());
    let mut found = check_document(path, &document, profile);
    if let Ok(document) = &document {
        found.extend(mendable(path, document));
    }
    found
}

/// How often each rule speaks of each path, advice apart.
fn counted<'d>(found: impl Iterator<Item = &'d Diagnostic>) -> HashMap<(&'d str, &'d str), usize> {
    let mut counts = HashMap::new();
    for one in found {
        // A seed example that was unreadable may well be short: advice that comes to light is no harm done.
        if one.severity != Severity::Advice {
            *counts.entry((one.rule, one.yaml_path.as_str())).or_insert(0) += 1;
        }
    }
    counts
}

/// What was mended is gone and nothing has come.
fn holds(before: &[Diagnostic], mended: &[&Diagnostic], after: &[Diagnostic]) -> bool {
    let mut allowed = counted(before.iter());
    let mut still = counted(after.iter());
    for one in mended {
        let key = (one.rule, one.yaml_path.as_str());
        if one.severity == Severity::Advice {
            if after
                .iter()
                .any(|left| left.rule == one.rule && left.yaml_path == one.yaml_path)
            {
                return false;
            }
        } else if let Some(count) = allowed.get_mut(&key) {
            // Findings that hung on this one may go with it.
            *count = count.saturating_sub(1);
        }
    }
    still.retain(|key, count| *count > allowed.get(key).copied().unwrap_or_default());
    still.is_empty()
}

fn kind_of(path: &str, text: &str) -> Kind {
    let document = Document::parse(text.as_bytes()).ok();
    match SchemaName::of(path, document.as_ref().and_then(Document::root)) {
        SchemaName::Knowledge => Kind::Knowledge,
        SchemaName::Skill => Kind::Skill,
    }
}

fn set_version(text: &str) -> Option<String> {
    let mut document = Document::parse(text.as_bytes()).ok()?;
    document.set_plain(&YamlPath::root().key("version"), "3").ok()?;
    Some(document.text().to_owned())
}

/// Knowledge in the form of version 3: the outline had another name before.
fn renewed(text: &str) -> Option<String> {
    let text = set_version(text)?;
    let document = Document::parse(text.as_bytes()).ok()?;
    let root = document.root()?;
    if root.get("document_outline").is_some() {
        return Some(text);
    }
    let pairs = root.pairs()?;
    let Some((key, _)) = pairs
        .iter()
        .find(|(key, _)| key.scalar_text() == Some("task_description"))
    else {
        return Some(text);
    };
    Some(format!(
        "{}document_outline{}",
        text.get(..key.span.start)?,
        text.get(key.span.end..)?
    ))
}

#[cfg(test)]
mod tests;

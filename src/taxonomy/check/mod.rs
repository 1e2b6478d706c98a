//! Judges a `qna.yaml` as InstructLab's own validator does (instructlab-schema 0.4.2), but says where, why and what to do.
//!
//! Verdict, number of findings and YAML paths are those of the validator; lines and columns are true ones. `advice` says what the
//! validator cannot: it never counts as an error. `rules` explains every rule.
//!
//! What it must not do: change files (`fix` and `mend` only return new bytes), fetch documents, or call an error what the validator
//! lets pass.

mod advice;
mod fix;
mod lint;
mod mend;
mod place;
mod restyle;
pub mod rules;
mod schema;
mod shapes;
mod value;
mod version;

use std::fs;
use std::io;
use std::path::Path;

use super::attribution::{self, ATTRIBUTION_FILE};
use super::diagnostic::{Diagnostic, Severity};
use super::error::TaxonomyError;
use super::leaf_file::{LeafFile, read_limited};
use super::node::{Branch, NodePath};
use super::tree::{SEED_FILE, WalkEnd, walk};
use super::yaml::{Document, SyntaxError};

pub use advice::{DocumentText, advise};
pub use fix::fixed;
pub use mend::{Known, Mended, mend};
pub(super) use version::SchemaName;

/// How strictly files are judged: as one of the two programs that people meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Profile {
    /// As `ilab taxonomy diff`: each file by the version it names, and every finding of style is an error.
    #[default]
    Ilab,
    /// As the checks of contributions to InstructLab's taxonomy: version 3 only, lesser findings of style are warnings, and
    /// `attribution.txt` must be there.
    Ci,
}

impl Profile {
    pub const ALL: [Profile; 2] = [Profile::Ilab, Profile::Ci];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Profile::Ilab => "ilab",
            Profile::Ci => "ci",
        }
    }
}

/// Findings of one file while they are being collected.
pub(in crate::taxonomy) struct Findings {
    path: String,
    found: Vec<Diagnostic>,
}

/// Where a finding is and what it is called.
struct At<'a> {
    line: usize,
    column: usize,
    yaml_path: &'a str,
}

impl At<'_> {
    const FILE: At<'static> = At {
        line: 1,
        column: 1,
        yaml_path: "",
    };
}

impl Findings {
    fn tell(&mut self, severity: Severity, rule: &'static str, at: At<'_>, message: String, fix: Option<String>) {
        self.found.push(Diagnostic {
            path: self.path.clone(),
            line: at.line,
            column: at.column,
            severity,
            rule,
            yaml_path: at.yaml_path.to_owned(),
            message,
            fix,
        });
    }

    fn error(&mut self, rule: &'static str, at: At<'_>, message: String, fix: Option<String>) {
        self.tell(Severity::Error, rule, at, message, fix);
    }

    fn sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|one| (one.line, one.column));
        self.found
    }
}

/// Judges the bytes of a seed file. `path` is relative to the taxonomy's root and decides the schema. Sorted by place.
pub fn check_file(path: &str, bytes: &[u8], profile: Profile) -> Vec<Diagnostic> {
    check_document(path, &Document::parse(bytes), profile)
}

/// The same for a file that is parsed already.
pub fn check_document(path: &str, document: &Result<Document, SyntaxError>, profile: Profile) -> Vec<Diagnostic> {
    let mut findings = Findings {
        path: path.to_owned(),
        found: Vec::new(),
    };
    judge(path, document, profile, &mut findings);
    findings.sorted()
}

fn judge(path: &str, document: &Result<Document, SyntaxError>, profile: Profile, findings: &mut Findings) {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name != SEED_FILE {
        let message = format!(
            "The file is named '{name}', and only files named exactly {SEED_FILE} are read; rename it to {SEED_FILE}."
        );
        findings.error("file-name", At::FILE, message, None);
        return;
    }
    let broken = match document {
        Err(error) => Some(error),
        Ok(document) => document.load_error(),
    };
    if let Some(SyntaxError { line, column, message }) = broken {
        findings.error(
            "syntax",
            At {
                line: *line,
                column: *column,
                yaml_path: "",
            },
            message.clone(),
            None,
        );
        return;
    }
    let Ok(document) = document else { return };
    let Some(root) = document.root().filter(|root| !value::is_falsy(root)) else {
        let message = "The file holds no seeds yet, so InstructLab skips it; write seed examples or remove the file.";
        findings.tell(Severity::Warning, "empty-file", At::FILE, message.to_owned(), None);
        return;
    };
    if root.pairs().is_none() {
        let message = format!(
            "The file is {}, and InstructLab expects keys with values, as in 'version: 3'; start it with such keys.",
            root.shape()
        );
        findings.error(
            "top-level",
            At {
                line: root.line,
                column: root.column,
                yaml_path: "",
            },
            message,
            None,
        );
        return;
    }
    let version = match profile {
        // Contributions never touch the foundational skills, so those keep the version they name.
        Profile::Ci if !is_foundational(path) => version::Version::Known(version::LATEST),
        Profile::Ci | Profile::Ilab => version::Version::of(root),
    };
    match version {
        version::Version::NoNumber => {
            let at = root.get("version").map_or(At::FILE, |node| At {
                line: node.line,
                column: node.column,
                yaml_path: "",
            });
            let message = "The version is infinite, which stops InstructLab; write 'version: 3'.".to_owned();
            findings.error("version", at, message, Some(version::VERSION_FIX.to_owned()));
            return;
        }
        version::Version::Known(number) | version::Version::Unknown(number) if number > 1 => {
            lint::lint(document, profile, findings);
        }
        version::Version::Known(_) | version::Version::Unknown(_) => {}
    }
    schema::check(path, root, version, findings);
}

fn is_foundational(path: &str) -> bool {
    path.split('/').next() == Some(Branch::FoundationalSkills.folder())
        && !path
            .split('/')
            .any(|part| version::SchemaName::of_folder(part).is_some())
}

/// Judges a leaf on disk, with what must lie beside it. A file that cannot be read is a finding too.
pub fn check_leaf(root: &Path, node: &NodePath, profile: Profile) -> Vec<Diagnostic> {
    match LeafFile::read(root, node) {
        Ok(file) => check_leaf_file(root, &file, profile),
        Err(error) => {
            let mut findings = Findings {
                path: node.qna_relative(),
                found: Vec::new(),
            };
            findings.error("unreadable", At::FILE, sentence(&error.to_string()), None);
            findings.sorted()
        }
    }
}

/// The same for a leaf that is read already, as in an editor.
pub fn check_leaf_file(root: &Path, file: &LeafFile, profile: Profile) -> Vec<Diagnostic> {
    let path = file.path.qna_relative();
    let mut found = check_document(&path, &file.document, profile);
    let contributed = profile == Profile::Ci && !is_foundational(&path);
    // The validator looks for sources only where a version was read, which it is not in an empty or broken file.
    let judged = !found
        .iter()
        .any(|one| matches!(one.rule, "syntax" | "empty-file" | "top-level"));
    if contributed && judged {
        found.extend(check_attribution(root, &file.path));
    }
    found
}

fn check_attribution(root: &Path, node: &NodePath) -> Vec<Diagnostic> {
    let mut findings = Findings {
        path: format!("{node}/{ATTRIBUTION_FILE}"),
        found: Vec::new(),
    };
    let missing = "so nobody can tell where the seeds come from and contributions are refused; name each source with its licence.";
    match read_limited(&node.folder(root).join(ATTRIBUTION_FILE)) {
        Ok(bytes) if bytes.is_empty() => {
            findings.error(
                "attribution",
                At::FILE,
                format!("{ATTRIBUTION_FILE} is empty, {missing}"),
                None,
            );
        }
        Ok(bytes) => {
            for one in attribution::findings(&attribution::parse(&String::from_utf8_lossy(&bytes))) {
                let at = At {
                    line: one.line,
                    column: 1,
                    yaml_path: "",
                };
                findings.tell(Severity::Advice, one.rule, at, one.message, None);
            }
        }
        Err(TaxonomyError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            let message = format!("There is no {ATTRIBUTION_FILE} beside {SEED_FILE}, {missing}");
            findings.error("attribution", At::FILE, message, None);
        }
        Err(error) => findings.error("unreadable", At::FILE, sentence(&error.to_string()), None),
    }
    findings.sorted()
}

/// Judges every leaf below a root and hands out the findings leaf by leaf, as they come; also of leaves without findings.
pub fn check_tree(
    root: &Path,
    profile: Profile,
    cancel: &dyn Fn() -> bool,
    on_leaf: &mut dyn FnMut(&NodePath, Vec<Diagnostic>),
) -> WalkEnd {
    walk(root, cancel, &mut |folder| {
        if folder.is_leaf {
            on_leaf(&folder.path, check_leaf(root, &folder.path, profile));
        }
    })
}

/// Tells whether a path on disk is a seed file that can be judged: for paths that a person names.
pub fn is_seed_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == SEED_FILE) && fs::metadata(path).is_ok_and(|meta| meta.is_file())
}

/// An error's text as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

#[cfg(test)]
mod tests;

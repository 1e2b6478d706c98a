//! Whether the documents of changed knowledge leaves are there: repository, commit, files that fit, and texts in them.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::{Workbench, WorkbenchError};
use super::ChangedLeaf;
use crate::git::documents::{self, Place};
use crate::git::{GitError, PinnedFile};
use crate::taxonomy::{Diagnostic, DocumentPin, Kind, NodePath, Severity};

/// What is known of a leaf's documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentState {
    /// The leaf names none, as skills do.
    None,
    /// They are there; findings may still say something of them.
    Found { files: usize, words: usize },
    /// They cannot be used: the findings say why.
    Wrong,
    /// They were not looked at, with the reason.
    Unchecked(String),
}

/// What was found under one pin. Several leaves may rest on the same documents, which are read once.
#[derive(Debug)]
enum Looked {
    At(Vec<Text>),
    NotFetched,
    Failed(GitError),
}

/// One document in brief.
#[derive(Debug)]
struct Text {
    path: String,
    /// `None` for a file that is no UTF-8.
    words: Option<usize>,
}

impl Workbench {
    /// Looks at the documents of every knowledge leaf that has no error yet, as `ilab taxonomy diff` does; each pin once.
    pub(super) fn check_documents(
        &self,
        leaves: &mut [ChangedLeaf],
        offline: bool,
        on_fetch: &mut dyn FnMut(&str),
        cancel: &dyn Fn() -> bool,
    ) -> Result<(), WorkbenchError> {
        let mut seen: HashMap<(String, String, Vec<String>), Rc<Looked>> = HashMap::new();
        for changed in leaves {
            if cancel() {
                return Err(GitError::Cancelled.into());
            }
            let Some(seeds) = changed.seeds.as_ref().filter(|seeds| seeds.kind == Kind::Knowledge) else {
                continue;
            };
            if changed.number_of(Severity::Error) > 0 {
                changed.documents = DocumentState::Unchecked("the seed file has errors, which come first".to_owned());
                continue;
            }
            let Some(pin) = seeds.document.clone() else { continue };
            let key = (pin.repo.clone(), pin.commit.clone(), pin.patterns.clone());
            let looked = match seen.get(&key) {
                Some(looked) => Rc::clone(looked),
                None => {
                    let looked = Rc::new(self.look_at(&pin, offline, on_fetch, cancel)?);
                    seen.insert(key, Rc::clone(&looked));
                    looked
                }
            };
            self.tell(changed, &pin, &looked);
        }
        Ok(())
    }

    fn look_at(
        &self,
        pin: &DocumentPin,
        offline: bool,
        on_fetch: &mut dyn FnMut(&str),
        cancel: &dyn Fn() -> bool,
    ) -> Result<Looked, WorkbenchError> {
        let cache = self.document_cache();
        let (repo, commit, patterns) = (&pin.repo, &pin.commit, pin.patterns.as_slice());
        let mut files = documents::pinned_on_disk(repo, commit, patterns, self.root(), &cache);
        if !offline && matches!(files, Ok(None)) {
            if let Ok(Place::Address(address)) = Place::of(repo, self.root()) {
                on_fetch(&address);
            }
            files = documents::pinned(repo, commit, patterns, self.root(), &cache, &self.git, cancel).map(Some);
        }
        match files {
            Ok(Some(files)) => Ok(Looked::At(files.into_iter().map(in_brief).collect())),
            Ok(None) => Ok(Looked::NotFetched),
            // These say nothing about the leaf.
            Err(error @ (GitError::Cancelled | GitError::NoProgram { .. })) => Err(error.into()),
            Err(error) => Ok(Looked::Failed(error)),
        }
    }

    fn tell(&self, changed: &mut ChangedLeaf, pin: &DocumentPin, looked: &Looked) {
        let mut told = Vec::new();
        match looked {
            Looked::NotFetched => {
                let reason = format!(
                    "{} at {} was not fetched yet",
                    documents::without_password(&pin.repo),
                    pin.commit
                );
                changed.documents = DocumentState::Unchecked(reason);
                return;
            }
            Looked::Failed(error) => {
                let key = match error {
                    GitError::NoSuchCommit { .. } => "commit",
                    GitError::BadPattern { .. } | GitError::NothingMatches { .. } | GitError::TooLarge { .. } => {
                        "patterns"
                    }
                    _ => "repo",
                };
                told.push(Told::new(Severity::Error, key, sentence(&error.to_string())));
            }
            Looked::At(texts) => {
                told = judged(texts, &pin.patterns);
                changed.documents = DocumentState::Found {
                    files: texts.len(),
                    words: texts.iter().filter_map(|text| text.words).sum(),
                };
            }
        }
        if told.iter().any(|one| one.severity == Severity::Error) {
            changed.documents = DocumentState::Wrong;
        }
        changed.findings.extend(placed(self, &changed.node, told));
        changed.findings.sort_by_key(|one| (one.line, one.column));
    }
}

/// Something to say about one key of `document`.
struct Told {
    severity: Severity,
    key: &'static str,
    message: String,
}

impl Told {
    fn new(severity: Severity, key: &'static str, message: String) -> Self {
        Told { severity, key, message }
    }
}

fn in_brief(file: PinnedFile) -> Text {
    let text = std::str::from_utf8(&file.bytes).ok();
    Text {
        words: text.map(|text| text.split_whitespace().count()),
        path: file.path,
    }
}

/// Judges files that fit the patterns: InstructLab opens `.md` and `.pdf`, spelled so, and stops at anything else.
fn judged(texts: &[Text], patterns: &[String]) -> Vec<Told> {
    let mut told = Vec::new();
    let mut tell = |severity, message| told.push(Told::new(severity, "patterns", message));
    let is = |text: &Text, ending: &str| text.path.ends_with(ending);
    let first_of = |fits: &dyn Fn(&&Text) -> bool| {
        let mut fitting = texts.iter().filter(fits);
        let first = fitting.next()?;
        let more = match fitting.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("'{}'{more}", first.path))
    };
    if let Some(named) = first_of(&|text| !is(text, ".md") && !is(text, ".pdf")) {
        let message = format!(
            "{named} fits the patterns, but InstructLab reads only files that end in .md or .pdf; narrow the patterns, as in '*.md'."
        );
        tell(Severity::Error, message);
    }
    if let Some(named) = first_of(&|text| is(text, ".md") && text.words.is_none()) {
        let message = format!("{named} is not a text in UTF-8, so nothing can be asked about it; convert it.");
        tell(Severity::Error, message);
    }
    if let Some(named) = first_of(&|text| is(text, ".pdf")) {
        let message = format!("{named} is a PDF: InstructLab converts it by itself, Seedbed asks only about Markdown.");
        tell(Severity::Advice, message);
    }
    let blank = |text: &Text| is(text, ".md") && text.words == Some(0);
    if let Some(named) = first_of(&|text| blank(text)) {
        let (severity, rest) = if texts.iter().all(blank) {
            (
                Severity::Error,
                "so there is nothing to learn from; pin a commit in which it has text.",
            )
        } else {
            (
                Severity::Warning,
                "so nothing will be asked about it; leave it out of the patterns.",
            )
        };
        tell(severity, format!("{named} is empty, {rest}"));
    }
    if patterns.iter().any(|pattern| pattern.contains("**")) {
        let message = "InstructLab reads '**' as '*', so it does not find files in deeper folders; name the folders.";
        tell(Severity::Advice, message.to_owned());
    }
    told
}

/// Gives each finding its place in the seed file.
fn placed(workbench: &Workbench, node: &NodePath, told: Vec<Told>) -> Vec<Diagnostic> {
    if told.is_empty() {
        return Vec::new();
    }
    let file = workbench.leaf_file(node).ok();
    let root = file.as_ref().and_then(|file| file.document.as_ref().ok()?.root());
    let at = |key: &str| {
        let node = root.and_then(|root| root.get("document")?.get(key));
        node.map_or((1, 1), |node| (node.line, node.column))
    };
    let mut found = Vec::new();
    for Told { severity, key, message } in told {
        let (line, column) = at(key);
        found.push(Diagnostic {
            path: node.qna_relative(),
            line,
            column,
            severity,
            rule: "document",
            yaml_path: format!(".document.{key}"),
            message,
            fix: None,
        });
    }
    found
}

/// An error's text as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.trim_end().chars();
    let Some(first) = letters.next() else {
        return String::new();
    };
    let end = if text.trim_end().ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), letters.as_str())
}

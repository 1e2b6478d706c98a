//! The documents of knowledge leaves: reading them at their pin, choosing another pin, and taking new documents in.

use std::path::{Path, PathBuf};

use super::{Workbench, WorkbenchError};
use crate::documents::{self as import, Format, Imported};
use crate::git::documents::{self as pinned, Place};
use crate::git::{
    CommitPlan, Committed, GitError, PinnedFile, Reach, Repository, Revisions, reach, resolve, revisions,
};
use crate::taxonomy::knowledge::{CONTEXT_TOKENS, ChunkSize, ChunkWish, Coverage, Source, count_words, coverage};
use crate::taxonomy::{DocumentPin, Kind, Leaf, save};
use crate::text::tokens;

/// How many commits a person may choose from.
const MOST_COMMITS: usize = 30;
/// How many names of files that the patterns do not take are told.
const MOST_OTHERS: usize = 500;

const MOST_NOTES: usize = 8;

/// A repository of documents, looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRepository {
    /// As the leaf names it.
    pub repo: String,
    /// On this machine: the repository itself, or the clone of an address.
    pub folder: PathBuf,
    /// True for an address; its clone shows what it held when it was fetched last.
    pub is_address: bool,
    pub revisions: Revisions,
    /// What a person should know, one sentence each.
    pub notes: Vec<String>,
}

/// Files that a pin takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched {
    pub files: Vec<MatchedFile>,
    /// Names of other files of that commit, those that could be documents first.
    pub others: Vec<String>,
    /// What InstructLab would say, one sentence each.
    pub notes: Vec<String>,
    /// Who can reach the commit.
    pub reach: Option<Reach>,
}

/// One file that a pin takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedFile {
    pub path: String,
    pub bytes: usize,
    pub words: usize,
    /// Estimated.
    pub tokens: u64,
}

/// The texts of a leaf's documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentTexts {
    pub sources: Vec<Source>,
    /// What was left out or read with doubts, one sentence each.
    pub notes: Vec<String>,
}

/// A document on its way into a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// The repository: a folder on this machine.
    pub repo: String,
    /// Relative to the repository, with `/`.
    pub name: String,
    pub text: String,
    pub message: String,
    /// `None` follows the habit of that repository; without commits to go by, it is signed off.
    pub sign_off: Option<bool>,
    /// True to put it in the place of a document of that name.
    pub replace: bool,
}

impl Matched {
    pub fn words(&self) -> usize {
        self.files.iter().map(|file| file.words).sum()
    }

    pub fn tokens(&self) -> u64 {
        self.files.iter().map(|file| file.tokens).sum()
    }

    /// About how many chunks a generation makes of it: InstructLab's chunks have 500 tokens.
    pub fn chunks(&self) -> u64 {
        self.tokens().div_ceil(CONTEXT_TOKENS)
    }
}

impl Workbench {
    /// Where clones of document repositories are kept.
    pub fn document_cache(&self) -> PathBuf {
        self.places().cache.join("documents")
    }

    /// The address that would have to be fetched before documents can be read; `None` when they are on this machine.
    ///
    /// # Errors
    /// When `repo` is no address and no folder.
    pub fn document_address_to_fetch(&self, repo: &str) -> Result<Option<String>, WorkbenchError> {
        let place = Place::of(repo, self.root())?;
        let there = place.on_disk(&self.document_cache()).exists();
        Ok(match place {
            Place::Address(address) if !there => Some(pinned::without_password(&address)),
            _ => None,
        })
    }

    /// Looks at a repository of documents: what can be pinned there. With `fetch`, an address is cloned or brought up to date first.
    ///
    /// # Errors
    /// [`WorkbenchError::AddressNotFetched`] when the person has to be asked first; what git says.
    pub fn document_repository(
        &self,
        repo: &str,
        fetch: bool,
        cancel: &dyn Fn() -> bool,
    ) -> Result<DocumentRepository, WorkbenchError> {
        let place = Place::of(repo, self.root())?;
        let cache = self.document_cache();
        if let Some(address) = self.document_address_to_fetch(repo)?
            && !fetch
        {
            return Err(WorkbenchError::AddressNotFetched { address });
        }
        let is_address = matches!(place, Place::Address(_));
        let was_there = place.on_disk(&cache).exists();
        let folder = pinned::locate(repo, self.root(), &cache, &self.git, cancel)?;
        if fetch && was_there {
            pinned::refresh(repo, self.root(), &cache, &self.git, cancel)?;
        }
        let found = revisions(&folder, MOST_COMMITS)?;
        let mut notes = Vec::new();
        if !is_address {
            notes.push(match &found.remote {
                Some(remote) => {
                    format!("this is a folder of this computer; others reach the documents under {remote}, so pin that")
                }
                None => {
                    "this is a folder of this computer; a taxonomy that is shared needs an address others can reach"
                        .to_owned()
                }
            });
        }
        if found.newest.is_none() {
            notes.push("there are no commits in it yet; import a document, or commit one".to_owned());
        }
        Ok(DocumentRepository {
            repo: repo.to_owned(),
            folder,
            is_address,
            revisions: found,
            notes,
        })
    }

    /// Turns a branch, a tag or the beginning of a commit into a whole commit of a repository that is on this machine.
    ///
    /// # Errors
    /// When nothing goes by that name.
    pub fn document_commit(&self, repo: &str, name: &str) -> Result<String, WorkbenchError> {
        let folder = Place::of(repo, self.root())?.on_disk(&self.document_cache());
        Ok(resolve(&folder, name)?)
    }

    /// Lists what a pin takes. Patterns that fit nothing give an empty list, not an error. Nothing is fetched.
    ///
    /// # Errors
    /// [`WorkbenchError::AddressNotFetched`]; a commit that is not there; a pattern that cannot be read.
    pub fn matched(&self, pin: &DocumentPin) -> Result<Matched, WorkbenchError> {
        if let Some(address) = self.document_address_to_fetch(&pin.repo)? {
            return Err(WorkbenchError::AddressNotFetched { address });
        }
        let place = Place::of(&pin.repo, self.root())?;
        let folder = place.on_disk(&self.document_cache());
        let names = pinned::names_at(&folder, &pin.commit)?;
        let wanted: Vec<String> = pin
            .patterns
            .iter()
            .filter(|text| !text.trim().is_empty())
            .cloned()
            .collect();
        let files = match pinned::files_at(&folder, &pin.commit, &wanted) {
            Err(GitError::NothingMatches { .. }) => Vec::new(),
            other => other?,
        };
        let taken: std::collections::HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
        let mut others: Vec<String> = names
            .into_iter()
            .filter(|name| !taken.contains(name.as_str()))
            .collect();
        others.sort_by_key(|name| !is_document(name));
        others.truncate(MOST_OTHERS);
        let mut matched = Matched {
            notes: notes_on(&files, &wanted),
            reach: reach(&folder, &pin.commit, matches!(place, Place::Address(_))).ok(),
            others,
            files: Vec::with_capacity(files.len()),
        };
        for file in files {
            let (path, bytes) = (file.path.clone(), file.bytes.len());
            let text = self.text_of(file, &mut matched.notes).map(|source| source.text);
            matched.files.push(MatchedFile {
                path,
                bytes,
                words: text.as_deref().map_or(0, count_words),
                tokens: text.as_deref().map_or(0, tokens::estimate),
            });
        }
        shorten(&mut matched.notes);
        Ok(matched)
    }

    /// Reads the documents of a leaf at its pin. With `fetch`, an address that is not here yet is cloned.
    ///
    /// # Errors
    /// What is missing in the pin; [`WorkbenchError::DocumentsNotFetched`] when the person has to be asked first; documents of which
    /// none is a text.
    pub fn document_texts(
        &self,
        leaf: &Leaf,
        fetch: bool,
        cancel: &dyn Fn() -> bool,
    ) -> Result<DocumentTexts, WorkbenchError> {
        let node = leaf.path.to_string();
        let pin = self.pin_of(leaf)?;
        if let Some(address) = self.document_address_to_fetch(&pin.repo)?
            && !fetch
        {
            return Err(WorkbenchError::DocumentsNotFetched { node, address });
        }
        let cache = self.document_cache();
        let (commit, patterns) = (&pin.commit, &pin.patterns);
        let files = pinned::pinned(&pin.repo, commit, patterns, self.root(), &cache, &self.git, cancel)?;
        let first = files.first().map(|file| file.path.clone()).unwrap_or_default();
        let mut texts = DocumentTexts::default();
        for file in files {
            texts.sources.extend(self.text_of(file, &mut texts.notes));
        }
        shorten(&mut texts.notes);
        if texts.sources.is_empty() {
            return Err(WorkbenchError::NotText {
                repo: pin.repo.clone(),
                file: first,
            });
        }
        Ok(texts)
    }

    /// How documents are cut for a run: as wished, as the settings have it, else as is usual.
    ///
    /// # Errors
    /// [`WorkbenchError::ChunkSize`] for a wish that cannot be.
    pub fn chunk_size(&self, wish: ChunkWish, usual: ChunkSize) -> Result<ChunkSize, WorkbenchError> {
        wish.size(self.settings().generate.chunks(), usual)
            .map_err(WorkbenchError::ChunkSize)
    }

    /// Compares a leaf's examples with its documents.
    pub fn coverage_of(&self, leaf: &Leaf, texts: &DocumentTexts, size: ChunkSize) -> Coverage {
        coverage(&leaf.seed_examples, &texts.sources, size)
    }

    /// What a knowledge leaf says about its documents.
    ///
    /// # Errors
    /// [`WorkbenchError::NotKnowledge`], [`WorkbenchError::NoDocuments`].
    pub fn pin_of<'a>(&self, leaf: &'a Leaf) -> Result<&'a DocumentPin, WorkbenchError> {
        let node = || leaf.path.to_string();
        if leaf.kind != Kind::Knowledge {
            return Err(WorkbenchError::NotKnowledge { node: node() });
        }
        let pin = leaf.document.as_ref().filter(|pin| !pin.repo.trim().is_empty());
        pin.ok_or_else(|| WorkbenchError::NoDocuments { node: node() })
    }

    /// Converts a file into Markdown, by the person's own command where the settings name one.
    ///
    /// # Errors
    /// When the file cannot be read or converted.
    pub fn import_document(&self, path: &Path) -> Result<Imported, WorkbenchError> {
        let size = std::fs::metadata(path).map_err(WorkbenchError::io("read", path))?.len();
        // The size is looked at first: nobody waits for a film to be read.
        let most = import::MOST_BYTES;
        let bytes = if size > most as u64 {
            return Err(import::ImportError::TooLarge {
                file: path.display().to_string(),
                megabytes: usize::try_from(size >> 20).unwrap_or(usize::MAX),
                most: most >> 20,
            }
            .into());
        } else {
            std::fs::read(path).map_err(WorkbenchError::io("read", path))?
        };
        Ok(import::import(path, &bytes, &self.settings().documents.converters)?)
    }

    /// Writes a document into a repository on this machine and commits it there, with that repository's hooks and habits. When the commit
    /// fails the file is there all the same.
    ///
    /// # Errors
    /// [`WorkbenchError::NeedsFolder`] for an address, [`WorkbenchError::BadDocumentName`], [`WorkbenchError::DocumentExists`]; what
    /// git says.
    pub fn commit_document(&self, new: &NewDocument) -> Result<Committed, WorkbenchError> {
        let (repository, file) = self.place_for(new)?;
        let inside = repository.relative(&file).unwrap_or_default();
        let before = match std::fs::read(&file) {
            Ok(bytes) if bytes == new.text.as_bytes() => Some(bytes),
            Ok(_) if !new.replace => {
                return Err(WorkbenchError::DocumentExists { path: file });
            }
            Ok(bytes) => Some(bytes),
            Err(_) => None,
        };
        let expected = before.as_deref().map(crate::taxonomy::Fingerprint::of);
        save(&file, new.text.as_bytes(), expected).map_err(|error| WorkbenchError::DocumentNotSaved {
            reason: error.to_string(),
        })?;
        let sign_off = match new.sign_off {
            Some(wanted) => wanted,
            None => repository.signs_off()?.unwrap_or(true),
        };
        Ok(repository.commit(&CommitPlan {
            paths: vec![inside],
            message: new.message.clone(),
            sign_off,
            ..CommitPlan::default()
        })?)
    }

    /// Whether a document of this name is in the repository's folder already, with another text.
    ///
    /// # Errors
    /// As [`Workbench::commit_document`].
    pub fn document_is_there(&self, new: &NewDocument) -> Result<bool, WorkbenchError> {
        let (_, file) = self.place_for(new)?;
        Ok(std::fs::read(file).is_ok_and(|bytes| bytes != new.text.as_bytes()))
    }

    fn place_for(&self, new: &NewDocument) -> Result<(Repository, PathBuf), WorkbenchError> {
        let folder = match Place::of(&new.repo, self.root())? {
            Place::Folder(folder) => folder,
            Place::Address(address) => {
                return Err(WorkbenchError::NeedsFolder {
                    address: pinned::without_password(&address),
                });
            }
        };
        if !folder.is_dir() {
            return Err(GitError::NoDocuments { path: folder }.into());
        }
        let repository = Repository::discover_with(&folder, self.git.clone())?;
        let name = new.name.trim();
        let plain = Path::new(name)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(name) if !name.eq_ignore_ascii_case(".git")));
        let good = plain && !name.chars().any(char::is_control) && name.ends_with(".md") && name != ".md";
        let file = folder.join(name);
        // A link on the way could lead out of the repository.
        let inside = repository.relative(&file).filter(|_| good);
        if inside.is_none() {
            return Err(WorkbenchError::BadDocumentName { name: name.to_owned() });
        }
        Ok((repository, file))
    }

    /// A file as text; a PDF through the converter, since InstructLab takes PDF documents too.
    fn text_of(&self, file: PinnedFile, notes: &mut Vec<String>) -> Option<Source> {
        let PinnedFile { path, bytes } = file;
        if Format::of(&path, &bytes) == Some(Format::Pdf) {
            return match import::import(Path::new(&path), &bytes, &import::Commands::new()) {
                Ok(imported) => {
                    let unread = imported.unread_pages.len();
                    if unread > 0 {
                        notes.push(format!("{unread} pages of {path} hold no text that can be read"));
                    }
                    Some(Source {
                        path,
                        text: imported.markdown,
                    })
                }
                Err(error) => {
                    notes.push(error.to_string());
                    None
                }
            };
        }
        match String::from_utf8(bytes) {
            Ok(text) => Some(Source { path, text }),
            Err(_) => {
                notes.push(format!("{path} is no text in UTF-8 and is left out"));
                None
            }
        }
    }
}

/// A hundred notes are read by nobody.
fn shorten(notes: &mut Vec<String>) {
    if let Some(more) = notes.len().checked_sub(MOST_NOTES).filter(|more| *more > 0) {
        notes.truncate(MOST_NOTES);
        notes.push(format!("and {more} more of the kind"));
    }
}

fn is_document(name: &str) -> bool {
    let name = name.to_lowercase();
    [".md", ".pdf", ".txt"].iter().any(|ending| name.ends_with(ending))
}

/// What InstructLab's own check and generation would trip over.
fn notes_on(files: &[PinnedFile], patterns: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    let ends = |file: &PinnedFile, ending: &str| file.path.ends_with(ending);
    let markdown = files.iter().filter(|file| ends(file, ".md")).count();
    let pdf = files.iter().filter(|file| ends(file, ".pdf")).count();
    if let Some(other) = files.iter().find(|file| !ends(file, ".md") && !ends(file, ".pdf")) {
        let path = &other.path;
        notes.push(format!(
            "InstructLab takes only .md and .pdf files, so it refuses {path}; narrow the patterns"
        ));
    }
    if markdown > 0 && pdf > 0 {
        notes.push("InstructLab takes either Markdown or PDF in one leaf, not both".to_owned());
    }
    if patterns.iter().any(|pattern| pattern.contains("**")) {
        notes.push("`ilab taxonomy diff` reads ** as *, within one folder; name the folders instead".to_owned());
    }
    if patterns.is_empty() {
        notes.push("there is no pattern yet; *.md takes all Markdown files of the top folder".to_owned());
    }
    notes
}

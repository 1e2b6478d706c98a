//! What can go wrong on the way to the work, in words that say what to do.

use std::io;
use std::path::PathBuf;

use crate::config::ConfigError;
use crate::documents::ImportError;
use crate::flow::FlowError;
use crate::git::GitError;
use crate::review::ReviewError;
use crate::samples::StoreError;
use crate::taxonomy::attribution::AttributionEditError;
use crate::taxonomy::naming::NamingError;
use crate::taxonomy::yaml::SyntaxError;
use crate::taxonomy::{LeafEditError, NodePath, SaveError, TaxonomyError};
use crate::teacher::TeacherError;

use super::moving::MovingError;

/// Why the workbench could not do something.
#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    #[error("there is no folder {}: {source}; check the path", path.display())]
    NoSuchFolder { path: PathBuf, source: io::Error },
    #[error(
        "{} is not in a taxonomy, which has a folder named knowledge, compositional_skills or foundational_skills; \
         go to one, name it with -C, or run `seedbed demo` to try a small one", path.display()
    )]
    NoTaxonomy { path: PathBuf },
    #[error("the taxonomy {} is not in a git repository, where its history belongs; run `git init` there", root.display())]
    NoRepository { root: PathBuf },
    #[error("the block {block} could not be tried: {reason}")]
    TrialFailed { block: String, reason: String },
    #[error("there is no node '{typed}' in this taxonomy{}", suggestions(nearest))]
    NoSuchNode { typed: String, nearest: Vec<String> },
    #[error("{0} is a leaf already; `seedbed edit {0}` changes it, or choose another name")]
    LeafThere(NodePath),
    #[error(
        "there is a draft of {0} already; go on with it (`seedbed edit {0}`), or discard it (`seedbed drafts discard {0}`)"
    )]
    DraftThere(NodePath),
    #[error("there is no draft of {0}; `seedbed drafts` lists them")]
    NoDraft(NodePath),
    #[error("{path} is not YAML: {error}; open it in your editor (`seedbed edit` without options)")]
    NotYaml { path: String, error: SyntaxError },
    #[error("{file} lacks the column '{column}', which the flow '{flow}' needs; it has {}", there.join(", "))]
    MissingInput {
        file: String,
        flow: String,
        column: String,
        there: Vec<String>,
    },
    #[error("{file} has {rows} rows, and the flow '{flow}' needs at least {least}; add some")]
    TooFewRows {
        file: String,
        flow: String,
        rows: usize,
        least: usize,
    },
    #[error("the table cannot be run: {0}")]
    Table(String),
    #[error("'{typed}' holds no leaf: no folder at or below it has a qna.yaml")]
    NoLeaf { typed: String },
    #[error("there is no teacher '{name}'; there is {}; add others under `teachers:` in {}", known.join(", "), file.display())]
    NoSuchTeacher {
        name: String,
        known: Vec<String>,
        file: PathBuf,
    },
    #[error("{program} answers, but offers no model; load one there, then try again")]
    NoModelThere { program: String },
    #[error("{program} offers several models; name one, as in --teacher {name}:{}", models.first().map_or("MODEL", String::as_str))]
    WhichModel {
        program: String,
        name: String,
        models: Vec<String>,
    },
    #[error("no teacher is set up, and this seedbed was built without the embedded one; name a server under `teachers:` in {}", file.display())]
    NoTeacher { file: PathBuf },
    #[error("there is no file {}, which the setting `embedded.path` names; correct it or take it out", path.display())]
    NoWeightsFile { path: PathBuf },
    #[error("the documents of {node} are at {address} and were not fetched yet; allow it with --fetch")]
    DocumentsNotFetched { node: String, address: String },
    #[error("the repository {address} was not fetched yet; allow it with --fetch")]
    AddressNotFetched { address: String },
    #[error("{0}")]
    ChunkSize(String),
    #[error("{node} is no knowledge leaf, and only those rest on documents; choose one below knowledge/")]
    NotKnowledge { node: String },
    #[error(
        "documents are committed in a folder of this computer, and {address} is an address; clone it and name the folder"
    )]
    NeedsFolder { address: String },
    #[error("'{name}' cannot be a document's name; write one as in frost.md or garden/frost.md, inside the repository")]
    BadDocumentName { name: String },
    #[error("there is another document at {}; choose another name with --as, or replace it with --replace", path.display())]
    DocumentExists { path: PathBuf },
    #[error("the document was not saved: {reason}")]
    DocumentNotSaved { reason: String },
    #[error("{node} names no documents; fill in document: repo, commit and patterns")]
    NoDocuments { node: String },
    #[error("{file} in {repo} is not a text in UTF-8, so nothing can be asked about it; narrow the patterns")]
    NotText { repo: String, file: String },
    #[error("run '{id}' is {outcome}, so there is nothing to resume")]
    NothingToResume { id: String, outcome: &'static str },
    #[error(
        "no call stands behind those rows of run '{id}', so asking again would change nothing; change the flow instead, as with --set"
    )]
    NothingAgain { id: String },
    #[error("the run has no block '{block}' with a threshold{}", if known.is_empty() { String::new() } else { format!("; it has {}", known.join(", ")) })]
    NoThreshold { block: String, known: Vec<String> },
    #[error(
        "what '{model}' costs is not known, so a limit on money cannot be kept; add its price to the price table, or limit the tokens"
    )]
    PriceUnknown { model: String },
    #[error(
        "the teacher '{teacher}' takes no batches, since it is no server; name another one for this part, or leave --batch out"
    )]
    NoBatch { teacher: String },
    #[error("nothing was copied: {} is there already, and no copy replaces another; use it, or move it away", path.display())]
    FlowThere { path: PathBuf },
    #[error("nothing was written: {} is there already, and batch files replace none; name another folder", path.display())]
    BatchFileThere { path: PathBuf },
    #[error(
        "run '{id}' put nothing into batch files, so no results belong to it; `seedbed runs show {id}` says what it did"
    )]
    NothingPosted { id: String },
    #[error(
        "nothing for {} was put into batch files, so no results belong to it; run the flow with --batch first", path.display()
    )]
    NothingPostedFor { path: PathBuf },
    #[error("run '{id}' worked on {nodes} leaves; seedbed resumes runs of one leaf")]
    SeveralLeaves { id: String, nodes: usize },
    #[error(
        "nothing was committed: {count} {} in changed seeds, as in {first}; mend them (`seedbed check` lists them), \
         or commit all the same with --despite-errors", if *count == 1 { "error" } else { "errors" }
    )]
    SeedErrors { count: usize, first: String },
    #[error("{source}{}", other_bases(nearest, *is_usual))]
    NoSuchBase {
        source: GitError,
        nearest: Vec<String>,
        /// Nobody named it.
        is_usual: bool,
    },
    #[error("nothing was committed: no seeds, decisions or curated samples have changed")]
    NothingToCommit,
    #[error("{} is not empty and is no taxonomy; name an empty or a new folder", path.display())]
    NotEmpty { path: PathBuf },
    #[error("{} has no name that text files can hold; choose another folder", path.display())]
    OddName { path: PathBuf },
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("the sample taxonomy inside this program is damaged: {0}; get a fresh copy of seedbed")]
    Damaged(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Moving(#[from] MovingError),
    #[error(transparent)]
    Naming(#[from] NamingError),
    #[error(transparent)]
    Attribution(#[from] AttributionEditError),
    #[error(transparent)]
    LeafEdit(#[from] LeafEditError),
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Taxonomy(#[from] TaxonomyError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Review(#[from] ReviewError),
    #[error(transparent)]
    Flow(#[from] FlowError),
    #[error(transparent)]
    Teacher(#[from] TeacherError),
}

impl WorkbenchError {
    /// True when the words on the command line or the settings are wrong, rather than the work.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            WorkbenchError::NoSuchFolder { .. }
                | WorkbenchError::NoTaxonomy { .. }
                | WorkbenchError::NoRepository { .. }
                | WorkbenchError::NoSuchNode { .. }
                | WorkbenchError::NoLeaf { .. }
                | WorkbenchError::NoSuchBase { .. }
                | WorkbenchError::NoSuchTeacher { .. }
                | WorkbenchError::WhichModel { .. }
                | WorkbenchError::NoTeacher { .. }
                | WorkbenchError::NotKnowledge { .. }
                | WorkbenchError::ChunkSize(_)
                | WorkbenchError::NeedsFolder { .. }
                | WorkbenchError::BadDocumentName { .. }
                | WorkbenchError::NoWeightsFile { .. }
                | WorkbenchError::Config(_)
                | WorkbenchError::Naming(_)
                | WorkbenchError::LeafThere(_)
                | WorkbenchError::DraftThere(_)
                | WorkbenchError::NoDraft(_)
                | WorkbenchError::LeafEdit(_)
                | WorkbenchError::Attribution(AttributionEditError::NoSuchWork { .. })
                | WorkbenchError::Moving(MovingError::NoSuchChange(_))
                | WorkbenchError::Flow(FlowError::NoSuchFlow { .. } | FlowError::NothingWanted)
                | WorkbenchError::Store(StoreError::NotARunId { .. } | StoreError::NoSuchRun { .. })
                | WorkbenchError::Teacher(TeacherError::BadSettings { .. })
        )
    }

    pub(super) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| WorkbenchError::Io { what, path, source }
    }
}

fn suggestions(nearest: &[String]) -> String {
    match nearest {
        [] => "; `seedbed check` lists what is there".to_owned(),
        [one] => format!("; did you mean {one}?"),
        several => format!("; did you mean one of {}?", several.join(", ")),
    }
}

fn other_bases(nearest: &[String], is_usual: bool) -> String {
    match nearest {
        [] if is_usual => {
            "; it is the base when none is named: name another one, or `empty` for the whole taxonomy".to_owned()
        }
        [] => "; `git branch --all` lists the branches, and `empty` means the whole taxonomy".to_owned(),
        several if is_usual => format!(
            "; it is the base when none is named: name another one ({}), or `empty` for the whole taxonomy",
            several.join(", ")
        ),
        [one] => format!("; did you mean {one}?"),
        several => format!("; did you mean one of {}?", several.join(", ")),
    }
}

//! One open taxonomy with everything that belongs to it: the screens and the scripts ask here, so that both do the very
//! same things.
//!
//! A [`Workbench`] knows where the taxonomy and its repository are, what the settings say and which teachers there are; it
//! plans and starts runs, groups what changed for a commit, and lays out the demonstration taxonomy. Opening one scans
//! nothing. It may be shared between threads: repositories are opened where they are needed.
//!
//! This room joins the rooms below and must hold no rule of theirs. It prints nothing, knows no terminal, reads neither
//! clock nor environment: moments and an [`Environment`] are handed in.

mod batch;
mod bench;
mod changes;
mod coach;
mod contribution;
pub mod demo;
mod documents;
mod drafted_message;
mod edited;
mod environment;
mod error;
mod generation;
mod leaf_drafts;
mod leaf_past;
mod moving;
mod nodes;
mod own_flows;
mod prices;
mod quarantine;
mod readiness;
mod replacing;
mod results;
mod running;
mod sources;
mod tables;
mod taxonomy_root;
mod teachers;

#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::config::{self, Layer, Origin, Places, Settings};
use crate::git::{Author, GitError, GitProgram, Repository};
use crate::review::{Reviewer, Reviews};
use crate::samples::{Moves, RunStore, SampleLibrary};
use crate::taxonomy::Drafts;
use crate::taxonomy::check::Profile;

pub use batch::{BatchFile, BatchPlan, BatchWritten, Outbox};
pub use bench::{Bench, BenchStep};
pub use changes::{ChangeGroup, ChangedFile, Changes, CommitRequest, Decisions};
pub use coach::{Asked, Coached, DocumentPart, Examination, Known};
pub use contribution::{
    BaseChoice, BaseFound, ByFlow, ChangedLeaf, Contribution, ContributionRequest, DocumentState, EMPTY_BASE,
    LeafChange, Seeds, USUAL_BASE,
};
pub use documents::{DocumentRepository, DocumentTexts, Matched, MatchedFile, NewDocument};
pub use edited::{EditedLeaf, Kept};
pub use environment::Environment;
pub use error::WorkbenchError;
pub use generation::{GenerateRequest, Planned, TakingUp};
pub use leaf_drafts::{LeafDraft, Proposal};
pub use leaf_past::{LeafPast, PastAct, PastChange};
pub use moving::{MovePlan, MovingError, References, TreeChange, TreeChangeKind};
pub use own_flows::{CopiedFrom, OwnFlow, OwnFlows, copy_flow};
pub use prices::Prices;
pub use quarantine::{DropsWanted, MarkedDrops, Restored, Tried};
pub use replacing::{LeafPlaces, Refused, Replaced, Replacement, Searched};
pub use results::{FailedCalls, OddLine, TakenResults, take_table_results};
pub use running::{Keep, RunningRun};
pub use sources::Sources;
pub use tables::{RowsFile, TableRan, TableRun};
pub use taxonomy_root::find_taxonomy;
pub use teachers::{TeacherChoice, TeacherOrigin, Teachers};

/// The name by which the model inside the process is chosen.
pub const EMBEDDED: &str = "embedded";
/// Settings that a taxonomy brings along, at its root.
const REPOSITORY_SETTINGS: &str = ".seedbed.yaml";

/// Settings by dotted key, each with its value and where it came from.
pub type Origins = Vec<(String, serde_json::Value, Origin)>;

/// One open taxonomy; cheap to open and to share.
pub struct Workbench {
    root: PathBuf,
    git_dir: PathBuf,
    /// The taxonomy's folder inside its repository, with a `/` at the end; empty where it is the repository's root.
    prefix: String,
    settings: Settings,
    origins: Origins,
    places: Places,
    environment: Environment,
    git: GitProgram,
    teachers: Teachers,
}

impl Workbench {
    /// Opens the taxonomy around a folder with the settings that hold there. Scans nothing.
    ///
    /// `flags` are triples of a flag's name, the dotted key of the setting it stands for, and its value.
    ///
    /// # Errors
    /// [`WorkbenchError::NoTaxonomy`], [`WorkbenchError::NoRepository`], and what is wrong with the settings.
    pub fn open(
        start: &Path,
        places: &Places,
        environment: Environment,
        flags: &[(String, String, String)],
    ) -> Result<Self, WorkbenchError> {
        let root = find_taxonomy(start)?;
        let git = GitProgram::default();
        let repository = open_repository(&root, &git)?;
        let (settings, origins) = load_settings(Some(&root), places, &environment, flags)?;
        let prefix = match repository.relative(&root) {
            Some(inside) if !inside.is_empty() => format!("{inside}/"),
            _ => String::new(),
        };
        Ok(Workbench {
            git_dir: repository.git_dir().to_owned(),
            root,
            prefix,
            teachers: Teachers::new(settings.clone(), places.clone(), environment.clone()),
            settings,
            origins,
            places: places.clone(),
            environment,
            git,
        })
    }

    /// The taxonomy's folder, links resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `.git` folder, below which runs and drafts are kept.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The folder's own name, for headings.
    pub fn name(&self) -> String {
        self.root.file_name().map_or_else(
            || self.root.display().to_string(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Every setting that was given, with where it came from.
    pub fn origins(&self) -> &[(String, serde_json::Value, Origin)] {
        &self.origins
    }

    pub fn places(&self) -> &Places {
        &self.places
    }

    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Who can write samples.
    pub fn teachers(&self) -> &Teachers {
        &self.teachers
    }

    /// How strictly seeds are judged, by the settings.
    pub fn profile(&self) -> Profile {
        let wanted = self.settings.profile.as_deref();
        Profile::ALL
            .into_iter()
            .find(|profile| wanted == Some(profile.word()))
            .unwrap_or_default()
    }

    /// Opens the repository around the taxonomy: costs about a millisecond, and the result stays on one thread.
    pub fn repository(&self) -> Result<Repository, WorkbenchError> {
        open_repository(&self.root, &self.git)
    }

    /// A path of the repository as one of the taxonomy; `None` for what lies outside it.
    pub fn inside<'a>(&self, repository_path: &'a str) -> Option<&'a str> {
        repository_path.strip_prefix(self.prefix.as_str())
    }

    /// A path of the taxonomy as one of the repository.
    pub fn in_repository(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Who commits here, as git has it; `None` where git does not know.
    pub fn author(&self) -> Result<Option<Author>, WorkbenchError> {
        Ok(self.repository()?.author()?)
    }

    /// Who reviews: the name in the settings, else the one git has.
    pub fn reviewer(&self) -> Result<Option<Reviewer>, WorkbenchError> {
        if let Some(name) = &self.settings.reviewer {
            return Ok(Reviewer::new(name, ""));
        }
        Ok(self
            .author()?
            .and_then(|author| Reviewer::new(&author.name, &author.email)))
    }

    /// Reads all decisions, with the pen of who reviews here. Takes a while where there are many.
    pub fn reviews(&self) -> Result<Reviews, WorkbenchError> {
        Ok(Reviews::open(&self.root, self.reviewer()?))
    }

    /// Reads what samples there are. Takes a while where there are many.
    pub fn library(&self) -> SampleLibrary {
        SampleLibrary::open(&self.root, &self.git_dir)
    }

    pub fn runs(&self) -> RunStore {
        RunStore::new(&self.git_dir)
    }

    pub fn drafts(&self) -> Drafts {
        Drafts::new(&self.git_dir)
    }

    /// Where leaves went that were moved.
    pub fn moves(&self) -> Moves {
        Moves::open(&self.root)
    }
}

/// Reads the settings that hold in a taxonomy, or outside of any.
///
/// # Errors
/// [`WorkbenchError::Config`] with file, line and column.
pub fn load_settings(
    root: Option<&Path>,
    places: &Places,
    environment: &Environment,
    flags: &[(String, String, String)],
) -> Result<(Settings, Origins), WorkbenchError> {
    let lookup = |name: &str| environment.get(name);
    let repository = root.map(|root| root.join(REPOSITORY_SETTINGS));
    let mut layers = vec![Layer::User(&places.config_file)];
    layers.extend(repository.as_deref().map(Layer::Repository));
    layers.extend([Layer::Variables(&lookup), Layer::Flags(flags)]);
    Ok(config::load(&layers)?)
}

fn open_repository(root: &Path, git: &GitProgram) -> Result<Repository, WorkbenchError> {
    Repository::discover_with(root, git.clone()).map_err(|error| match error {
        GitError::NotARepository { .. } => WorkbenchError::NoRepository { root: root.to_owned() },
        other => other.into(),
    })
}

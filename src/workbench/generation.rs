//! Planning a run over one leaf, or the rest of one that ended early.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BatchPlan, Workbench, WorkbenchError};
use crate::flow::{
    Cast, Estimate, Flow, FlowError, FlowSource, Inputs, Override, Place, Prepared, PromptLimits, TeacherRole,
    TokenPrice, estimate, prepare,
};
use crate::samples::{Again, RunId, RunRecord};
use crate::taxonomy::knowledge::ChunkWish;
use crate::taxonomy::{Fingerprint, Kind, LeafFile, NodePath, Severity, check_file};
use crate::teacher::Teacher;

/// Digits of a seed file's SHA-256 that a sample carries.
const HASH_DIGITS: usize = 16;

/// What to generate.
#[derive(Debug, Clone)]
pub struct GenerateRequest {
    pub node: NodePath,
    /// The seed file as it stands in an editor; `None` reads the one on disk.
    pub seeds: Option<Vec<u8>>,
    /// A shipped flow's name or a flow file's path; `None` takes the one for the leaf's kind.
    pub flow: Option<String>,
    /// Settings of its blocks in place of those in its file.
    pub overrides: Vec<Override>,
    /// How many candidates to ask for.
    pub count: usize,
    /// The same seed makes the same prompts.
    pub seed: u64,
    /// How documents are cut; what is left open is taken from the settings, else from what the teacher can read.
    pub chunks: ChunkWish,
    /// The person agreed that documents may be fetched over the network.
    pub fetch_documents: bool,
}

/// A run that may be started: what it will do and cost.
pub struct Planned {
    pub node: NodePath,
    pub kind: Kind,
    pub flow: Arc<Flow>,
    pub prepared: Prepared,
    pub estimate: Estimate,
    pub cast: Cast,
    /// What the person should know before starting, each one sentence.
    pub notes: Vec<String>,
    pub(super) resumed: Option<RunId>,
    /// The run whose answers are used again in this new one.
    pub(super) continues: Option<RunId>,
    pub(super) again: Vec<Again>,
    /// What the models' tokens cost, by role, where that is known.
    pub prices: [Option<TokenPrice>; 3],
    /// In which they are, as in `USD`; empty where nothing costs anything.
    pub currency: String,
    overrides: Vec<String>,
    /// Where calls are written instead of being made.
    pub(super) batch: Option<BatchPlan>,
}

/// How an earlier run is taken up.
#[derive(Debug, Clone, Default)]
pub struct TakingUp {
    pub fetch_documents: bool,
    /// Settings of blocks in place of those that the run had: with any, it becomes a new run that uses the answers again.
    pub overrides: Vec<Override>,
    /// Calls to be made once more, with those of the run's record.
    pub again: Vec<Again>,
}

impl Workbench {
    /// Reads the leaf and its documents and works out what a run will cost. Takes a while where documents are large.
    ///
    /// # Errors
    /// What is missing in the leaf, the flow or the documents; [`WorkbenchError::DocumentsNotFetched`] when the person has
    /// to be asked first.
    pub fn plan(
        &self,
        request: &GenerateRequest,
        cast: impl Into<Cast>,
        cancel: &dyn Fn() -> bool,
    ) -> Result<Planned, WorkbenchError> {
        let cast = cast.into();
        let node = &request.node;
        let file = match &request.seeds {
            Some(bytes) => LeafFile::from_bytes(node.clone(), bytes.clone()),
            None => self.leaf_file(node)?,
        };
        let leaf = file.leaf();
        let flow = match &request.flow {
            Some(name) => self.open_flow(name, leaf.kind, &request.overrides)?,
            None => Flow::open_with(Flow::name_for_kind(leaf.kind), &request.overrides)?,
        };
        let mut notes = flow.notes.clone();
        if let Some(why) = flow.unfit_for(leaf.kind) {
            notes.push(format!(
                "the flow '{}' is not meant for {} leaves: it {why}",
                flow.name,
                leaf.kind.word()
            ));
        }
        notes.extend(errors_in(&file, self));
        let documents = match leaf.kind {
            Kind::Knowledge => {
                let texts = self.document_texts(&leaf, request.fetch_documents, cancel)?;
                notes.extend(texts.notes);
                let sources = texts.sources.into_iter();
                sources.map(|source| (source.path, source.text)).collect()
            }
            Kind::Skill | Kind::GroundedSkill => Vec::new(),
        };
        let hash: String = match request.seeds {
            Some(_) => String::new(),
            None => Fingerprint::of(&file.bytes)
                .to_string()
                .chars()
                .take(HASH_DIGITS)
                .collect(),
        };
        let mut limits = PromptLimits::of(cast.teacher.as_ref());
        limits.chunks = self.chunk_size(request.chunks, limits.chunks)?;
        let inputs = Inputs {
            leaf: &leaf,
            seed_hash: &hash,
            documents: &documents,
            count: request.count,
            seed: request.seed,
            limits,
        };
        let prepared = prepare(&inputs, &flow)?;
        let prices = self.teachers.prices(&cast);
        notes.extend(prices.notes);
        if flow.has_part(TeacherRole::Critic) && !cast.teacher.is_demonstration() {
            notes.extend(self.teachers.same_family_warning(&cast));
        }
        Ok(Planned {
            node: node.clone(),
            kind: leaf.kind,
            estimate: estimate(&flow, std::slice::from_ref(&prepared)),
            flow: Arc::new(flow),
            prepared,
            cast,
            notes,
            resumed: None,
            continues: None,
            again: Vec::new(),
            prices: prices.by_role,
            currency: prices.currency,
            overrides: request.overrides.iter().map(Override::to_string).collect(),
            batch: None,
        })
    }

    /// Where InstructLab keeps pipelines by name: the person's data folder first, then those of the system.
    pub(super) fn pipeline_folders(&self) -> Vec<PathBuf> {
        let variable = |name: &str| self.environment.get(name).filter(|value| !value.is_empty());
        let home = variable("HOME").map(|home| Path::new(&home).join(".local/share"));
        let own = variable("XDG_DATA_HOME").map(PathBuf::from).or(home);
        let shared = variable("XDG_DATA_DIRS").unwrap_or_else(|| "/usr/local/share:/usr/share".to_owned());
        let shared = shared.split(':').filter(|folder| !folder.is_empty()).map(PathBuf::from);
        own.into_iter()
            .chain(shared)
            .map(|folder| folder.join("instructlab/sdg/pipelines"))
            .collect()
    }

    /// The record of a run that can be taken up.
    ///
    /// # Errors
    /// When there is no such run, or nothing is left to do in it.
    pub fn resumable(&self, id: &RunId) -> Result<RunRecord, WorkbenchError> {
        let record = self.runs().open(id)?.record()?;
        if record.outcome.can_resume() {
            return Ok(record);
        }
        Err(WorkbenchError::NothingToResume {
            id: id.to_string(),
            outcome: record.outcome.word(),
        })
    }

    /// Plans the rest of a run: the same prompts, of which those that were answered are not asked again. A flow that has
    /// changed since makes a new run, which uses the answers to what it asks in the same words. The models should be those
    /// in the record.
    ///
    /// # Errors
    /// As [`Workbench::plan`].
    pub fn plan_resumed(
        &self,
        record: &RunRecord,
        cast: impl Into<Cast>,
        how: &TakingUp,
        cancel: &dyn Fn() -> bool,
    ) -> Result<Planned, WorkbenchError> {
        let id = record.id.to_string();
        let [node] = record.nodes.as_slice() else {
            return Err(WorkbenchError::SeveralLeaves {
                id,
                nodes: record.nodes.len(),
            });
        };
        let request = GenerateRequest {
            // The leaf may have been moved since.
            node: self.moves().now(node, Some(record.started)),
            seeds: None,
            flow: Some(record.flow.clone()),
            overrides: self.overrides_of(record, &how.overrides)?,
            count: record.wanted,
            seed: record.seed,
            chunks: record.chunks.map_or(ChunkWish::default(), ChunkWish::from),
            fetch_documents: how.fetch_documents,
        };
        let mut planned = self.plan(&request, cast, cancel)?;
        let model = planned.cast.teacher.model().to_owned();
        planned.again = record.again.clone();
        planned.again.extend(how.again.iter().cloned());
        if model != record.model {
            planned.notes.push(format!(
                "the run so far was made by {}; its answers are not used again",
                record.model
            ));
        }
        let before = self.runs().open(&record.id)?.samples()?;
        let hash = &planned.prepared.origin().seed_hash;
        if before
            .records
            .first()
            .is_some_and(|sample| sample.provenance.seed_hash != *hash)
        {
            planned
                .notes
                .push("the seeds have changed since; prompts that differ are asked anew".to_owned());
        }
        let cut_anew = planned.kind == Kind::Knowledge && record.chunks.is_none();
        if cut_anew {
            planned.notes.push(format!(
                "{id} does not say how it cut the documents: this is a new run, with chunks of today's size"
            ));
            planned.continues = Some(record.id.clone());
        } else if planned.flow.hash == record.flow_hash {
            planned.resumed = Some(record.id.clone());
        } else {
            planned.notes.push(format!(
                "the flow is not the one of {id} any more: this is a new run, which asks only what that one did not"
            ));
            planned.continues = Some(record.id.clone());
        }
        Ok(planned)
    }

    /// The overrides of an earlier run, and new ones over them.
    fn overrides_of(&self, record: &RunRecord, new: &[Override]) -> Result<Vec<Override>, WorkbenchError> {
        let read = |text: &String| {
            Override::parse(text).map_err(|reason| FlowError::Shape {
                place: Place::file(record.id.as_str()),
                reason,
            })
        };
        let mut all = record.overrides.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        all.retain(|earlier| !new.iter().any(|one| one.sets_what(earlier)));
        all.extend(new.iter().cloned());
        Ok(all)
    }
}

/// A note when the seeds have errors: they can be tried out all the same.
fn errors_in(file: &LeafFile, workbench: &Workbench) -> Option<String> {
    let found = check_file(&file.path.qna_relative(), &file.bytes, workbench.profile());
    match found.iter().filter(|one| one.severity == Severity::Error).count() {
        0 => None,
        1 => Some("the seeds have 1 error".to_owned()),
        several => Some(format!("the seeds have {several} errors")),
    }
}

impl Planned {
    /// True when the run takes up an earlier one.
    pub fn is_resumed(&self) -> bool {
        self.resumed.is_some() || self.continues.is_some()
    }

    /// Who writes the samples.
    pub fn teacher(&self) -> &dyn Teacher {
        self.cast.teacher.as_ref()
    }

    /// Asks that what every model costs is known, as a limit on money needs it.
    pub fn prices_known(&self) -> Result<(), WorkbenchError> {
        super::prices::all_known(&self.prices, &self.cast)
    }

    /// True when prompts leave this machine.
    pub fn is_remote(&self) -> bool {
        TeacherRole::ALL.iter().any(|role| self.cast.playing(*role).is_remote())
    }

    pub(super) fn record(&self, id: RunId, started: jiff::Timestamp) -> RunRecord {
        let named = |teacher: &Option<Arc<dyn Teacher>>| teacher.as_ref().map(|teacher| teacher.name().to_owned());
        RunRecord {
            flow: match &self.flow.source {
                FlowSource::Shipped => self.flow.name.clone(),
                // A resumed run may be started from another folder.
                FlowSource::File(path) => absolute(path),
            },
            flow_hash: self.flow.hash.clone(),
            overrides: self.overrides.clone(),
            teacher: self.teacher().name().to_owned(),
            model: self.teacher().model().to_owned(),
            critic: named(&self.cast.critic),
            reviser: named(&self.cast.reviser),
            nodes: vec![self.node.clone()],
            wanted: self.prepared.count(),
            seed: self.prepared.seed(),
            chunks: (self.kind == Kind::Knowledge).then(|| self.prepared.chunks()),
            continues: self.continues.clone(),
            again: self.again.clone(),
            thresholds: self.flow.thresholds(),
            ..RunRecord::new(id, started)
        }
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .to_string_lossy()
        .into_owned()
}

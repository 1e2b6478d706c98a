//! Planning a run over one leaf, or the rest of one that ended early.

use std::path::Path;
use std::sync::Arc;

use super::{Workbench, WorkbenchError};
use crate::flow::{Estimate, Flow, FlowSource, Inputs, Prepared, PromptLimits, estimate, prepare};
use crate::samples::{Outcome, RunId, RunRecord};
use crate::taxonomy::{Fingerprint, Kind, LeafFile, NodePath, Severity, check_file};
use crate::teacher::{Teacher, Usage};

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
    /// How many candidates to ask for.
    pub count: usize,
    /// The same seed makes the same prompts.
    pub seed: u64,
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
    pub teacher: Arc<dyn Teacher>,
    /// What the person should know before starting, each one sentence.
    pub notes: Vec<String>,
    pub(super) resumed: Option<RunId>,
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
        teacher: Arc<dyn Teacher>,
        cancel: &dyn Fn() -> bool,
    ) -> Result<Planned, WorkbenchError> {
        let node = &request.node;
        let file = match &request.seeds {
            Some(bytes) => LeafFile::from_bytes(node.clone(), bytes.clone()),
            None => self.leaf_file(node)?,
        };
        let leaf = file.leaf();
        let flow = match &request.flow {
            Some(name) => Flow::open(name)?,
            None => Flow::for_kind(leaf.kind)?,
        };
        let mut notes = flow.notes.clone();
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
        let inputs = Inputs {
            leaf: &leaf,
            seed_hash: &hash,
            documents: &documents,
            count: request.count,
            seed: request.seed,
            limits: PromptLimits::of(teacher.as_ref()),
        };
        let prepared = prepare(&inputs, &flow)?;
        Ok(Planned {
            node: node.clone(),
            kind: leaf.kind,
            estimate: estimate(&flow, std::slice::from_ref(&prepared)),
            flow: Arc::new(flow),
            prepared,
            teacher,
            notes,
            resumed: None,
        })
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

    /// Plans the rest of a run that ended early: the same prompts, of which those that were answered are not asked again.
    /// `teacher` should be the one in the record.
    ///
    /// # Errors
    /// As [`Workbench::plan`]; also when the flow has changed since.
    pub fn plan_resumed(
        &self,
        record: &RunRecord,
        teacher: Arc<dyn Teacher>,
        fetch_documents: bool,
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
            count: record.wanted,
            seed: record.seed,
            fetch_documents,
        };
        let model = teacher.model().to_owned();
        let mut planned = self.plan(&request, teacher, cancel)?;
        if planned.flow.hash != record.flow_hash {
            return Err(WorkbenchError::FlowChanged {
                id,
                flow: record.flow.clone(),
            });
        }
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
        planned.resumed = Some(record.id.clone());
        Ok(planned)
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
        self.resumed.is_some()
    }

    pub(super) fn record(&self, id: RunId, started: jiff::Timestamp) -> RunRecord {
        RunRecord {
            id,
            flow: match &self.flow.source {
                FlowSource::Shipped => self.flow.name.clone(),
                // A resumed run may be started from another folder.
                FlowSource::File(path) => absolute(path),
            },
            flow_hash: self.flow.hash.clone(),
            teacher: self.teacher.name().to_owned(),
            model: self.teacher.model().to_owned(),
            nodes: vec![self.node.clone()],
            wanted: self.prepared.count(),
            seed: self.prepared.seed(),
            started,
            finished: None,
            outcome: Outcome::Running,
            funnel: Vec::new(),
            usage: Usage::default(),
        }
    }
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .to_string_lossy()
        .into_owned()
}

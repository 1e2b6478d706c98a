//! What a flow starts from: a leaf's seeds, and for knowledge the passages of its documents, as rows made on demand.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::error::FlowError;
use super::file::Flow;
use super::passages::{self, Passage};
use super::row::{Columns, Lineage, Origin, Row};
use super::seeds::derived;
use super::shorten::{question_ends, shorten};
use crate::samples::DocumentSpan;
use crate::taxonomy::knowledge::ChunkSize;
use crate::taxonomy::{DocumentPin, Kind, Leaf, NodePath, Pair};
use crate::teacher::Teacher;

/// How many examples a prompt shows: the columns `icl_query_1` to `icl_query_3` of InstructLab.
const EXAMPLES: usize = 3;

/// How much a prompt may hold, which depends on who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PromptLimits {
    /// How documents are cut into passages.
    pub chunks: ChunkSize,
    /// Most tokens (estimated) of all seed examples in a prompt together: each of their texts gets an equal share and is
    /// cut at a sentence. `None`: as they are.
    pub seed_tokens: Option<u64>,
    /// Most seed examples in a prompt, up to 3.
    pub examples: usize,
    /// Whether a passage that is asked about again is asked about another part of it.
    pub focus: bool,
}

impl PromptLimits {
    /// Full prompts, for models that read some thousand tokens.
    pub const FULL: PromptLimits = PromptLimits {
        chunks: ChunkSize::USUAL,
        seed_tokens: None,
        examples: EXAMPLES,
        focus: true,
    };
    /// Prompts of at most about 700 tokens, for the demonstration model: more costs seconds and is not understood.
    pub const SHORT: PromptLimits = PromptLimits {
        chunks: ChunkSize {
            tokens: 120,
            overlap: 0,
        },
        seed_tokens: Some(420),
        examples: EXAMPLES,
        focus: false,
    };

    pub fn of(teacher: &dyn Teacher) -> Self {
        if teacher.is_demonstration() {
            Self::SHORT
        } else {
            Self::FULL
        }
    }
}

/// What rows are made from.
pub struct Inputs<'a> {
    pub leaf: &'a Leaf,
    /// SHA-256 of the seed file (first 16 digits); empty for unsaved seeds.
    pub seed_hash: &'a str,
    /// Knowledge: (file, text) of the pinned documents.
    pub documents: &'a [(String, String)],
    /// How many candidates to ask for.
    pub count: usize,
    /// The run's seed: the same seed makes the same rows.
    pub seed: u64,
    pub limits: PromptLimits,
}

/// The rows of one leaf. Each is made when it is asked for, so that a large run costs no memory beforehand.
#[derive(Debug, Clone)]
pub struct Prepared {
    origin: Arc<Origin>,
    base: Columns,
    examples: Vec<Example>,
    passages: Vec<Passage>,
    pin: Option<DocumentPin>,
    count: usize,
    limits: PromptLimits,
    question_ends: String,
    /// The number of the first row.
    first: usize,
    /// Rows that came from a table and not from the leaf.
    given: Option<Arc<[Columns]>>,
}

/// A usable seed example with its place in the file.
#[derive(Debug, Clone)]
struct Example {
    index: usize,
    context: String,
    pairs: Vec<Pair>,
}

/// Makes the rows of a leaf for a flow.
///
/// # Errors
/// Says when the seeds or documents are missing, when the flow needs columns that this kind of leaf does not have, or when
/// one of its prompts cannot be filled in within the limits of templates.
pub fn prepare(inputs: &Inputs<'_>, flow: &Flow) -> Result<Prepared, FlowError> {
    let leaf = inputs.leaf;
    let node = leaf.path.to_string();
    if inputs.count == 0 {
        return Err(FlowError::NothingWanted);
    }
    let mut examples = usable_examples(leaf);
    if examples.is_empty() {
        return Err(FlowError::NoSeeds { node });
    }
    let mut random = StdRng::seed_from_u64(derived(inputs.seed, &["rows", &node]));
    examples.shuffle(&mut random);
    let mut passages = Vec::new();
    if leaf.kind == Kind::Knowledge {
        passages = passages::of_documents(inputs.documents, inputs.limits.chunks);
        if passages.is_empty() {
            return Err(FlowError::NoDocuments { node });
        }
        passages.shuffle(&mut random);
    }
    let all_pairs = || leaf.seed_examples.iter().flat_map(|example| &example.pairs);
    let origin = Origin {
        node: leaf.path.clone(),
        kind: leaf.kind,
        seed_hash: inputs.seed_hash.to_owned(),
        seeds: all_pairs()
            .map(|pair| (pair.question.clone(), pair.answer.clone()))
            .collect(),
        seed: inputs.seed,
    };
    let prepared = Prepared {
        origin: Arc::new(origin),
        base: base_columns(leaf),
        examples,
        passages,
        pin: leaf.document.clone(),
        count: inputs.count,
        limits: inputs.limits,
        first: 0,
        given: None,
        question_ends: question_ends(all_pairs().map(|pair| pair.question.as_str())),
    };
    let first = prepared.row(0, 0);
    for column in &flow.metadata.dataset_requirements.required_columns {
        if !first.columns.contains_key(column) {
            let (flow, column, kind) = (flow.name.clone(), column.clone(), leaf.kind.word());
            return Err(FlowError::WrongKind {
                flow,
                node,
                kind,
                column,
            });
        }
    }
    flow.check_columns(first.columns.keys().map(String::as_str))?;
    flow.check_prompts(first)?;
    Ok(prepared)
}

fn usable_examples(leaf: &Leaf) -> Vec<Example> {
    let filled = |text: &str| !text.trim().is_empty();
    let mut examples = Vec::new();
    for (index, example) in leaf.seed_examples.iter().enumerate() {
        let context = example.context.clone().unwrap_or_default();
        let mut pairs: Vec<Pair> = example
            .pairs
            .iter()
            .filter(|pair| filled(&pair.question) && filled(&pair.answer))
            .cloned()
            .collect();
        if leaf.kind != Kind::Knowledge {
            pairs.truncate(1);
        }
        if !pairs.is_empty() && (leaf.kind != Kind::GroundedSkill || filled(&context)) {
            examples.push(Example { index, context, pairs });
        }
    }
    examples
}

/// Columns that every row of the leaf has, named as InstructLab names them.
fn base_columns(leaf: &Leaf) -> Columns {
    let mut base = Columns::new();
    let mut put = |name: &str, text: &str| base.insert(name.to_owned(), text.trim().into());
    let word = match leaf.kind {
        Kind::Knowledge => {
            put("document_outline", &leaf.document_outline);
            put("domain", &leaf.domain);
            "knowledge"
        }
        Kind::Skill => {
            put("task_description", &leaf.task_description);
            "freeform_skill"
        }
        Kind::GroundedSkill => {
            put("task_description", &leaf.task_description);
            "grounded_skill"
        }
    };
    put("leaf_node_type", word);
    put("leaf_node_path", &leaf.path.as_str().replace('/', "_"));
    base
}

impl Prepared {
    /// Rows of a table, for a flow that does not start from a leaf. `node` and `kind` stand in drops and samples.
    ///
    /// # Errors
    /// When a row lacks a column that the flow reads, or when a prompt has no end.
    pub fn of_rows(
        node: NodePath,
        kind: Kind,
        rows: Vec<Columns>,
        seed: u64,
        flow: &Flow,
    ) -> Result<Prepared, FlowError> {
        let origin = Origin {
            node,
            kind,
            seed_hash: String::new(),
            seeds: Vec::new(),
            seed,
        };
        let prepared = Prepared {
            origin: Arc::new(origin),
            base: Columns::new(),
            examples: Vec::new(),
            passages: Vec::new(),
            pin: None,
            count: rows.len(),
            limits: PromptLimits::FULL,
            question_ends: String::new(),
            first: 0,
            given: Some(rows.into()),
        };
        if prepared.count == 0 {
            return Err(FlowError::NothingWanted);
        }
        let first = prepared.row(0, 0);
        flow.check_columns(first.columns.keys().map(String::as_str))?;
        flow.check_prompts(first)?;
        Ok(prepared)
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// One of the rows alone, as it would be among the others.
    pub fn only(&self, number: usize) -> Prepared {
        Prepared {
            first: self.first + number,
            count: 1,
            ..self.clone()
        }
    }

    /// How many rows there are: one for each candidate asked for.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn seed(&self) -> u64 {
        self.origin.seed
    }

    /// How the documents were cut.
    pub fn chunks(&self) -> ChunkSize {
        self.limits.chunks
    }

    /// How many passages the documents were cut into; 0 for skills.
    pub fn passages(&self) -> usize {
        self.passages.len()
    }

    /// Makes one row. `number` is its number among this leaf's rows, `input` among all rows of the run.
    pub fn row(&self, number: usize, input: usize) -> Row {
        let number = number + self.first;
        let mut random = StdRng::seed_from_u64(derived(
            self.origin.seed,
            &["row", self.origin.node.as_str(), &number.to_string()],
        ));
        let mut row = Row {
            columns: self.base.clone(),
            lineage: Lineage::of(input),
            origin: self.origin.clone(),
            seeds: Vec::new(),
            document: None,
            requests: Vec::new(),
            parameters: Columns::new(),
            finish: None,
            said: String::new(),
            flags: Vec::new(),
            measures: std::collections::BTreeMap::new(),
        };
        if let Some(given) = &self.given {
            row.columns = given.get(number).cloned().unwrap_or_default();
            return row;
        }
        if self.passages.is_empty() {
            self.fill_skill(&mut row, number, &mut random);
        } else {
            self.fill_knowledge(&mut row, number, &mut random);
        }
        row.set("question_ends", self.question_ends.as_str());
        row
    }

    /// Seeds take turns as the one to resemble; others, drawn anew for every row, stand before it.
    fn fill_skill(&self, row: &mut Row, number: usize, random: &mut StdRng) {
        let turn = number % self.examples.len().max(1);
        let Some(main) = self.examples.get(turn) else { return };
        let mut others: Vec<&Example> = self
            .examples
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != turn)
            .map(|(_, example)| example)
            .collect();
        let wanted = self.limits.examples.clamp(1, EXAMPLES) - 1;
        let (others, _) = others.partial_shuffle(random, wanted);
        row.seeds = std::iter::once(main.index)
            .chain(others.iter().map(|example| example.index))
            .collect();

        let pair = main.pairs.first();
        row.set("seed_question", pair.map_or("", |pair| pair.question.trim()));
        row.set("seed_response", pair.map_or("", |pair| pair.answer.trim()));
        let grounded = self.origin.kind == Kind::GroundedSkill;
        if grounded {
            row.set("seed_context", main.context.trim());
        }
        // The last turn before the answer weighs most: there stands the seed to resemble.
        let shown: Vec<&Example> = others
            .iter()
            .map(|example| &**example)
            .chain(std::iter::once(main))
            .collect();
        for slot in 0..EXAMPLES {
            let example = shown.get(slot);
            let pair = example.and_then(|example| example.pairs.first());
            if grounded {
                row.set(
                    &format!("icl_context_{}", slot + 1),
                    self.cut(example.map_or("", |example| &example.context)),
                );
            }
            self.set_pair(row, slot, pair);
        }
    }

    /// Every passage is asked about once before any is asked about twice, each time with the next seed example.
    fn fill_knowledge(&self, row: &mut Row, number: usize, random: &mut StdRng) {
        let (turn, pass) = (number % self.passages.len().max(1), number / self.passages.len().max(1));
        let Some(passage) = self.passages.get(turn) else { return };
        let Some(example) = self.examples.get((turn + pass) % self.examples.len().max(1)) else {
            return;
        };
        row.seeds = vec![example.index];
        row.set("document", passage.read());
        row.set("icl_document", self.cut(&example.context));
        let mut pairs: Vec<&Pair> = example.pairs.iter().collect();
        pairs.shuffle(random);
        pairs.truncate(self.limits.examples.clamp(1, EXAMPLES));
        for slot in 0..EXAMPLES {
            self.set_pair(row, slot, pairs.get(slot).copied());
        }
        let focus = if self.limits.focus && pass > 0 {
            passage.part(turn + pass)
        } else {
            ""
        };
        row.set("focus", focus);
        row.document = Some(DocumentSpan {
            repo: self.pin.as_ref().map(|pin| pin.repo.clone()).unwrap_or_default(),
            commit: self.pin.as_ref().map(|pin| pin.commit.clone()).unwrap_or_default(),
            file: passage.file.clone(),
            heading: passage.heading.clone(),
            start: passage.start,
            end: passage.end,
        });
    }

    fn set_pair(&self, row: &mut Row, slot: usize, pair: Option<&Pair>) {
        row.set(
            &format!("icl_query_{}", slot + 1),
            self.cut(pair.map_or("", |pair| &pair.question)),
        );
        row.set(
            &format!("icl_response_{}", slot + 1),
            self.cut(pair.map_or("", |pair| &pair.answer)),
        );
    }

    fn cut(&self, text: &str) -> String {
        let examples = self.limits.examples.clamp(1, EXAMPLES) as u64;
        let texts = match self.origin.kind {
            Kind::Skill => 2 * examples,
            Kind::GroundedSkill => 3 * examples,
            Kind::Knowledge => 2 * examples + 1,
        };
        match self.limits.seed_tokens {
            Some(most) => shorten(text.trim(), most / texts).to_owned(),
            None => text.trim().to_owned(),
        }
    }
}

#[cfg(test)]
#[path = "inputs_tests.rs"]
mod tests;

//! What is to be made: the flow, the teacher and the count, or an earlier run that is taken up again.

use std::path::PathBuf;

use crate::samples::{Again, RunId, RunRecord};
use crate::taxonomy::{Kind, NodePath};
use crate::tui::model::Model;
use crate::tui::widgets::Rows;
use crate::workbench::{TeacherChoice, TeacherOrigin};

/// The rows that can be changed, in their order.
const SETTINGS: [Row; 3] = [Row::Flow, Row::Teacher, Row::Count];
/// Counts that the arrow keys go through.
const STEPS: [usize; 12] = [1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
/// The count when nobody said one.
const USUAL_COUNT: usize = 10;
/// The highest count that can be typed.
const MOST: usize = 1_000_000;

/// A run as it is wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub node: NodePath,
    /// A shipped flow's name; `None` takes the one for the leaf's kind.
    pub flow: Option<String>,
    pub teacher: String,
    pub count: usize,
    /// The same seed makes the same prompts; 0 as long as the run has not begun.
    pub seed: u64,
    pub fetch_documents: bool,
    /// The run that is taken up again.
    pub resume: Option<RunId>,
    /// Calls of that run to be made once more.
    pub again: Vec<Again>,
    /// Settings of blocks in place of those of the flow, as in `check.threshold=0.6`.
    pub overrides: Vec<String>,
}

impl Wish {
    /// A new run with the usual flow.
    pub fn new(node: NodePath, teacher: impl Into<String>, count: usize) -> Self {
        Wish {
            node,
            flow: None,
            teacher: teacher.into(),
            count,
            seed: 0,
            fetch_documents: false,
            resume: None,
            again: Vec::new(),
            overrides: Vec::new(),
        }
    }
}

/// What a run will cost at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    pub rows: usize,
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    pub notes: Vec<String>,
}

/// Why a run cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The documents are on another machine, and nobody agreed to fetch them yet.
    Documents {
        address: String,
    },
    Said(String),
}

/// A flow with its card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowCard {
    pub name: String,
    /// What it does, needs and costs, and when to use it.
    pub card: String,
    pub required: Vec<String>,
    /// The kind of leaf for which it is taken when nobody chooses.
    pub usual_for: Option<Kind>,
}

impl FlowCard {
    /// True when a leaf of this kind has the columns that the flow reads.
    fn fits(&self, kind: Kind) -> bool {
        self.required.iter().all(|column| match column.as_str() {
            "document" | "icl_document" | "document_outline" | "domain" => kind == Kind::Knowledge,
            "seed_context" | "icl_context_1" => kind == Kind::GroundedSkill,
            "task_description" => kind != Kind::Knowledge,
            _ => true,
        })
    }
}

/// Everything there is to choose from.
#[derive(Debug)]
pub struct Offers {
    pub teachers: Vec<TeacherChoice>,
    pub flows: Vec<FlowCard>,
    /// The count in the settings.
    pub count: Option<usize>,
    pub config_file: PathBuf,
    /// False while servers on this machine are still being looked for.
    pub complete: bool,
}

/// An earlier run of the leaf.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub record: RunRecord,
    /// When it began, in the person's own time.
    pub when: String,
    /// The samples it made.
    pub made: usize,
}

/// A row of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Flow,
    Teacher,
    Count,
    /// A run of this session, by its number.
    Live(u64),
    /// An earlier run, by its index.
    Run(usize),
}

/// What is chosen.
#[derive(Default)]
pub struct Settings {
    pub offers: Option<Offers>,
    /// Index into the flows that fit the leaf.
    pub flow: usize,
    /// By name, so that a list that grows does not change the choice.
    pub teacher: Option<String>,
    pub count: Option<usize>,
    /// Digits are being typed: the next one goes behind.
    pub typed: bool,
    pub rows: Rows,
    /// The runs of this session by their numbers, the newest first.
    pub live: Vec<u64>,
    pub earlier: Vec<Earlier>,
    pub fetch_documents: bool,
    /// The question for the weights came up because a run was to start.
    pub start_after_fetch: bool,
    /// The run was started before everything was known that it needs.
    pub start_when_known: bool,
}

impl Settings {
    /// Forgets what belongs to a leaf.
    pub fn for_another_leaf(&mut self) {
        self.flow = 0;
        self.rows.chosen = 0;
        self.earlier.clear();
        self.fetch_documents = false;
        self.typed = false;
        self.start_when_known = false;
    }

    pub fn len(&self) -> usize {
        SETTINGS.len() + self.live.len() + self.earlier.len()
    }

    pub fn row_at(&self, index: usize) -> Row {
        let behind = index.saturating_sub(SETTINGS.len());
        match (SETTINGS.get(index), self.live.get(behind)) {
            (Some(row), _) => *row,
            (None, Some(number)) => Row::Live(*number),
            (None, None) => Row::Run(behind - self.live.len()),
        }
    }

    /// Chooses a row wherever it stands now; one that is gone leaves the choice where it was.
    pub fn choose(&mut self, row: Row) {
        if let Some(at) = (0..self.len()).find(|index| self.row_at(*index) == row) {
            self.rows.chosen = at;
        }
        self.rows.clamp(self.len());
    }

    pub fn row(&self) -> Row {
        self.row_at(self.rows.chosen.min(self.len() - 1))
    }

    pub fn count(&self) -> usize {
        self.count
            .or(self.offers.as_ref().and_then(|offers| offers.count))
            .unwrap_or(USUAL_COUNT)
    }

    /// Flows for a kind of leaf, the usual one first.
    pub fn flows(&self, kind: Option<Kind>) -> Vec<&FlowCard> {
        let all = self.offers.iter().flat_map(|offers| &offers.flows);
        let mut flows: Vec<&FlowCard> = all.filter(|flow| kind.is_none_or(|kind| flow.fits(kind))).collect();
        flows.sort_by_key(|flow| kind.is_none() || flow.usual_for != kind);
        flows
    }

    pub fn teachers(&self) -> &[TeacherChoice] {
        self.offers.as_ref().map_or(&[], |offers| offers.teachers.as_slice())
    }

    /// The teacher that is chosen, else the default one, which is the first.
    pub fn teacher(&self) -> Option<&TeacherChoice> {
        let wanted = self.teacher.as_deref();
        let all = self.teachers();
        all.iter()
            .find(|choice| Some(choice.name.as_str()) == wanted)
            .or(all.first())
    }

    pub fn teacher_named(&self, name: &str) -> Option<&TeacherChoice> {
        self.teachers().iter().find(|choice| choice.name == name)
    }

    pub fn embedded(&self) -> Option<&TeacherChoice> {
        self.teachers()
            .iter()
            .find(|choice| choice.origin == TeacherOrigin::Embedded)
    }

    /// Takes the next or the previous choice of a setting. True when something changed.
    pub fn step(&mut self, kind: Option<Kind>, forward: bool) -> bool {
        self.typed = false;
        match self.row() {
            Row::Flow => {
                let len = self.flows(kind).len();
                let next = around(self.flow, len, forward);
                std::mem::replace(&mut self.flow, next) != next
            }
            Row::Teacher => {
                let name = self.teacher().map(|choice| choice.name.clone());
                let teachers = self.teachers();
                let at = teachers
                    .iter()
                    .position(|choice| Some(&choice.name) == name.as_ref())
                    .unwrap_or_default();
                let next = teachers
                    .get(around(at, teachers.len(), forward))
                    .map(|choice| choice.name.clone());
                let changed = next != name;
                self.teacher = next;
                changed
            }
            Row::Count => {
                let now = self.count();
                let mut steps = STEPS.iter().copied();
                let next = if forward {
                    steps.find(|step| *step > now)
                } else {
                    steps.rev().find(|step| *step < now)
                };
                self.count = Some(next.unwrap_or(now));
                next.is_some()
            }
            Row::Live(_) | Row::Run(_) => false,
        }
    }

    /// Takes a digit into the count; the first one begins it anew.
    pub fn type_digit(&mut self, digit: usize) {
        let before = if self.typed { self.count() } else { 0 };
        self.typed = true;
        self.count = Some((before * 10 + digit).min(MOST));
        self.choose(Row::Count);
    }

    pub fn erase(&mut self) {
        self.count = Some(self.count() / 10);
        self.typed = true;
        self.choose(Row::Count);
    }
}

fn around(at: usize, len: usize, forward: bool) -> usize {
    let len = len.max(1);
    if forward { (at + 1) % len } else { (at + len - 1) % len }
}

/// The kind of the leaf on show, once its file was read.
pub fn kind(model: &Model) -> Option<Kind> {
    let node = model.generate.node.as_ref()?;
    Some(model.tree.node(node)?.summary.as_ref()?.kind)
}

/// The run that enter would start; `None` while there is no leaf or no teacher.
pub fn wish(model: &Model) -> Option<Wish> {
    let settings = &model.generate.settings;
    let node = model.generate.node.clone()?;
    let fetch_documents = settings.fetch_documents;
    if let Row::Run(index) = settings.row() {
        let record = &settings.earlier.get(index)?.record;
        if !record.outcome.can_resume() {
            return None;
        }
        return Some(Wish {
            flow: Some(record.flow.clone()),
            seed: record.seed,
            fetch_documents,
            resume: Some(record.id.clone()),
            ..Wish::new(node, record.teacher.clone(), record.wanted)
        });
    }
    let flow = settings
        .flows(kind(model))
        .get(settings.flow)
        .map(|flow| flow.name.clone());
    // Without knowing the kind the first flow is as good as none.
    let flow = flow.filter(|_| kind(model).is_some());
    let teacher = settings.teacher()?.name.clone();
    Some(Wish {
        flow,
        fetch_documents,
        ..Wish::new(node, teacher, settings.count())
    })
}

/// True when the chosen teacher is the one inside the process.
pub fn is_embedded(model: &Model) -> bool {
    model
        .generate
        .settings
        .teacher()
        .is_some_and(|choice| choice.origin == TeacherOrigin::Embedded)
}

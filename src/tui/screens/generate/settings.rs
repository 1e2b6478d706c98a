//! What is to be made: the flow, the teacher and the count, or an earlier run that is taken up again.

use std::path::PathBuf;

use crate::flow::{Budget, PromptLimits};
use crate::samples::{Again, RunId, RunRecord};
use crate::taxonomy::knowledge::{ChunkSize, ChunkWish};
use crate::taxonomy::{Kind, NodePath};
use crate::tui::model::Model;
use crate::tui::screens::documents::Cut;
use crate::tui::widgets::Rows;
use crate::workbench::{TeacherChoice, TeacherOrigin};

/// The rows that can be changed, in their order.
const SETTINGS: [Row; 10] = [
    Row::Flow,
    Row::Teacher,
    Row::Critic,
    Row::Reviser,
    Row::Count,
    Row::Tokens,
    Row::Money,
    Row::Seed,
    Row::ChunkTokens,
    Row::ChunkOverlap,
];
/// The count when nobody said one.
const USUAL_COUNT: usize = 10;

/// A run as it is wished for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub node: NodePath,
    /// A shipped flow's name; `None` takes the one for the leaf's kind.
    pub flow: Option<String>,
    pub teacher: String,
    /// `None` leaves the part to the one in the settings, else to the teacher.
    pub critic: Option<String>,
    pub reviser: Option<String>,
    pub count: usize,
    pub budget: Budget,
    /// The same seed makes the same prompts; 0 as long as the run has not begun and nobody chose one.
    pub seed: u64,
    /// How documents are cut; what is left open is taken from the settings file, else from what the teacher reads.
    pub chunks: ChunkWish,
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
            critic: None,
            reviser: None,
            count,
            budget: Budget::default(),
            seed: 0,
            chunks: ChunkWish::default(),
            fetch_documents: false,
            resume: None,
            again: Vec::new(),
            overrides: Vec::new(),
        }
    }

    /// Everybody who may be asked, the teacher first.
    pub fn players(&self) -> impl Iterator<Item = &String> {
        [Some(&self.teacher), self.critic.as_ref(), self.reviser.as_ref()]
            .into_iter()
            .flatten()
    }
}

/// What runs will cost at most.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Costs {
    pub leaves: usize,
    pub rows: usize,
    pub calls: u64,
    /// More at most, for answers that cannot be read.
    pub second_calls: u64,
    /// Of the first calls.
    pub prompt_tokens: u64,
    /// Of all calls, at most.
    pub completion_tokens: u64,
    /// In money at most, with the currency; `None` where a price is not known.
    pub money: Option<(f64, String)>,
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
    /// For one of the user's own: where it lies and what it was copied from, in a sentence.
    pub own: Option<String>,
    /// The kinds of leaf that it is not for, with the reason.
    pub unfit: Vec<(Kind, String)>,
    pub has_critic: bool,
    pub has_reviser: bool,
    /// The kind of leaf for which it is taken when nobody chooses.
    pub usual_for: Option<Kind>,
}

impl FlowCard {
    /// Why it is not for all of these kinds of leaf.
    pub fn unfit_for(&self, kinds: &[Kind]) -> Option<&str> {
        let unfit = self.unfit.iter().find(|(kind, _)| kinds.contains(kind));
        unfit.map(|(_, why)| why.as_str())
    }
}

/// A flow of the user's own that cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableFlow {
    pub name: String,
    /// What is wrong, with file and line as far as they are known.
    pub why: String,
}

/// Everything there is to choose from.
#[derive(Debug)]
pub struct Offers {
    pub teachers: Vec<TeacherChoice>,
    pub flows: Vec<FlowCard>,
    pub unreadable: Vec<UnreadableFlow>,
    /// The count in the settings, how documents are cut, and the parts.
    pub count: Option<usize>,
    pub chunks: ChunkWish,
    pub critic: Option<String>,
    pub reviser: Option<String>,
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
    Critic,
    Reviser,
    Count,
    /// The most tokens.
    Tokens,
    /// The most money.
    Money,
    Seed,
    /// The size of the documents' chunks.
    ChunkTokens,
    /// What neighbouring chunks share.
    ChunkOverlap,
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
    /// An own flow to be chosen once it is offered.
    pub wanted_flow: Option<String>,
    /// By name, so that a list that grows does not change the choice.
    pub teacher: Option<String>,
    /// By name; `None` is the one in the settings, else the teacher.
    pub critic: Option<String>,
    pub reviser: Option<String>,
    pub count: Option<usize>,
    pub tokens: Option<u64>,
    pub money: Option<f64>,
    pub seed: Option<u64>,
    pub chunks: ChunkWish,
    /// One of the chosen leaves rests on documents.
    pub has_documents: bool,
    /// The digits that are being typed into the chosen row: the next one goes behind.
    pub typed: Option<String>,
    /// Parts that the chosen flow has.
    pub has_critic: bool,
    pub has_reviser: bool,
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
        self.typed = None;
        self.seed = None;
        self.start_when_known = false;
    }

    /// The rows that can be changed: parts that the flow does not have are left out.
    fn changeable(&self) -> impl Iterator<Item = Row> {
        SETTINGS.into_iter().filter(|row| match row {
            Row::Critic => self.has_critic,
            Row::Reviser => self.has_reviser,
            Row::ChunkTokens | Row::ChunkOverlap => self.has_documents,
            _ => true,
        })
    }

    pub fn len(&self) -> usize {
        self.changeable().count() + self.live.len() + self.earlier.len()
    }

    pub fn row_at(&self, index: usize) -> Row {
        let behind = index.saturating_sub(self.changeable().count());
        match (self.changeable().nth(index), self.live.get(behind)) {
            (Some(row), _) => row,
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

    /// Flows for these kinds of leaves, the usual one first. Where the kinds differ the first choice is `None`: for each
    /// leaf its usual flow.
    pub fn flows(&self, kinds: &[Kind]) -> Vec<Option<&FlowCard>> {
        let all = self.offers.iter().flat_map(|offers| &offers.flows);
        let mut flows: Vec<&FlowCard> = all.filter(|flow| flow.unfit_for(kinds).is_none()).collect();
        let first = kinds.first().copied();
        flows.sort_by_key(|flow| first.is_none() || flow.usual_for != first);
        let usual_each = (kinds.len() > 1).then_some(None);
        usual_each.into_iter().chain(flows.into_iter().map(Some)).collect()
    }

    /// The user's own flows that cannot be chosen.
    pub fn unreadable(&self) -> &[UnreadableFlow] {
        self.offers.as_ref().map_or(&[], |offers| offers.unreadable.as_slice())
    }

    /// The flows that are not for these kinds of leaves, with the reason.
    pub fn unfit_flows(&self, kinds: &[Kind]) -> impl Iterator<Item = (&str, &str)> {
        let all = self.offers.iter().flat_map(|offers| &offers.flows);
        all.filter_map(|flow| Some((flow.name.as_str(), flow.unfit_for(kinds)?)))
    }

    /// Chooses the flow that was asked for by name, if it is there now.
    pub fn choose_wanted_flow(&mut self, kinds: &[Kind]) {
        let Some(name) = self.wanted_flow.take() else { return };
        let all = self.flows(kinds);
        let named = |flow: &Option<&FlowCard>| flow.is_some_and(|flow| flow.name == name);
        match all.iter().position(named) {
            Some(at) => self.flow = at,
            None => self.wanted_flow = Some(name),
        }
    }

    /// Notes which parts the chosen flow has.
    pub fn note_parts(&mut self, kinds: &[Kind]) {
        let row = self.row();
        let chosen = self.flows(kinds).get(self.flow).copied().flatten();
        let parts = chosen.map_or((false, false), |flow| (flow.has_critic, flow.has_reviser));
        (self.has_critic, self.has_reviser) = parts;
        self.has_documents = kinds.contains(&Kind::Knowledge);
        self.choose(row);
    }

    /// How large chunks will be, as the settings and the teacher have it where nobody chose; `None` for a wish that cannot be.
    pub fn chunk_size(&self) -> Option<ChunkSize> {
        let settings = self.offers.as_ref().map(|offers| offers.chunks).unwrap_or_default();
        self.chunks.size(settings, self.cut().usual).ok()
    }

    /// How the documents are to be cut for the chosen teacher.
    pub fn cut(&self) -> Cut {
        let small = self.teacher().is_some_and(|teacher| teacher.demonstration);
        let limits = if small { PromptLimits::SHORT } else { PromptLimits::FULL };
        Cut {
            wish: self.chunks,
            usual: limits.chunks,
        }
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

    /// Who judges and who mends where nobody is chosen: the ones in the settings file.
    pub fn usual_critic(&self) -> Option<&String> {
        self.offers.as_ref()?.critic.as_ref()
    }

    pub fn usual_reviser(&self) -> Option<&String> {
        self.offers.as_ref()?.reviser.as_ref()
    }

    pub fn embedded(&self) -> Option<&TeacherChoice> {
        self.teachers()
            .iter()
            .find(|choice| choice.origin == TeacherOrigin::Embedded)
    }

    /// The budget for each of so many leaves: an even share.
    pub fn budget(&self, leaves: usize) -> Budget {
        let leaves = leaves.max(1);
        Budget {
            tokens: self.tokens.map(|tokens| tokens / leaves as u64),
            money: self.money.map(|money| money / leaves as f64),
        }
    }
}

/// The kinds of the chosen leaves whose files were read, each once.
pub fn kinds(model: &Model) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for node in &model.generate.targets {
        let kind = model.tree.node(node).and_then(|node| Some(node.summary.as_ref()?.kind));
        kinds.extend(kind.filter(|kind| !kinds.contains(kind)));
    }
    kinds
}

/// The run that enter would start for the first of the chosen leaves; `None` while there is no leaf or no teacher.
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
            critic: record.critic.clone(),
            reviser: record.reviser.clone(),
            seed: record.seed,
            fetch_documents,
            resume: Some(record.id.clone()),
            ..Wish::new(node, record.teacher.clone(), record.wanted)
        });
    }
    let kinds = kinds(model);
    let flow = settings.flows(&kinds).get(settings.flow).copied().flatten();
    // Without knowing the kind the first flow is as good as none.
    let flow = flow.filter(|_| !kinds.is_empty()).map(|flow| flow.name.clone());
    let teacher = settings.teacher()?.name.clone();
    Some(Wish {
        flow,
        critic: settings.critic.clone().filter(|_| settings.has_critic),
        reviser: settings.reviser.clone().filter(|_| settings.has_reviser),
        budget: settings.budget(model.generate.targets.len()),
        seed: settings.seed.unwrap_or_default(),
        chunks: settings.chunks,
        fetch_documents,
        ..Wish::new(node, teacher, settings.count())
    })
}

/// The runs that enter would start: one for each of the chosen leaves.
pub fn wishes(model: &Model) -> Vec<Wish> {
    let Some(wish) = wish(model) else {
        return Vec::new();
    };
    if wish.resume.is_some() {
        return vec![wish];
    }
    let targets = model.generate.targets.iter();
    let each = targets.map(|node| Wish {
        node: node.clone(),
        ..wish.clone()
    });
    each.collect()
}

/// True when the chosen teacher is the one inside the process.
pub fn is_embedded(model: &Model) -> bool {
    model
        .generate
        .settings
        .teacher()
        .is_some_and(|choice| choice.origin == TeacherOrigin::Embedded)
}

//! Generate: what is to be made of a leaf's seeds and by whom, what it will cost, and the run as it goes on.
//!
//! ```text
//!  settings (flow, teacher, count) ──► estimate ──► start ──► live: samples, drops, figures ──► review
//!            ▲ earlier runs of this leaf, to be taken up again           │
//!            └──────────────────────────────────────────────────────────┘
//! ```
//!
//! A run belongs to the program, not to the screen: it goes on wherever the person is, and its samples are on the disk
//! before they are shown. Previews of unsaved seeds live here, too, and leave nothing behind.

mod asked;
mod bench;
mod bench_jobs;
#[cfg(test)]
mod bench_tests;
mod bench_view;
mod cards;
#[cfg(test)]
mod choice_tests;
mod drop_rows;
mod figures;
mod figures_view;
mod flow_cards;
mod flow_choice;
mod following;
mod funnel;
pub mod jobs;
mod live;
mod pace;
mod preview;
mod preview_view;
mod quarantine;
mod quarantine_jobs;
#[cfg(test)]
mod quarantine_tests;
mod quarantine_view;
mod reports;
#[cfg(test)]
mod run_tests;
mod run_view;
mod settings;
mod settings_turning;
mod settings_view;
mod stand_in;
mod start;
#[cfg(test)]
mod start_tests;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;

use std::cell::Cell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::samples::{Again, GroupKey, RunId};
use crate::taxonomy::NodePath;
use crate::tui::command::{Command, Context};
use crate::tui::model::Model;
use crate::workbench::{Bench, BenchStep, DropsWanted, Restored, TeacherOrigin, Tried};
pub use bench::edited as prompt_edited;
use flow_choice::FlowChoice;
use live::{Live, News};
pub use preview::Preview;
use quarantine::Quarantine;
use settings::{Costs, Earlier, Offers, Settings, Trouble, Wish};
use stand_in::Casting;

/// What this screen asks of the world.
#[derive(Debug)]
pub enum Effect {
    /// Find out which teachers and flows there are.
    LookForTeachers,
    /// Work out what a run would cost; the newest question wins.
    Estimate {
        wishes: Vec<Wish>,
        cast: Casting,
    },
    /// Find the last runs of a leaf.
    Earlier(NodePath),
    /// Start a run and follow it; `number` names it on this screen.
    Start {
        number: u64,
        wish: Wish,
    },
    /// Stop a run and keep what is there.
    Stop(u64),
    /// Let no more calls begin, or go on.
    Pause {
        number: u64,
        paused: bool,
    },
    /// Read on in what a run dropped.
    ReadDrops(RunId),
    /// Read some of these rows whole: of all, or of what one block dropped for one reason.
    ReadDropRows {
        run: RunId,
        group: Option<GroupKey>,
        from: usize,
        generation: u64,
    },
    /// Put dropped rows into the review queue.
    Restore {
        run: RunId,
        wanted: DropsWanted,
        generation: u64,
    },
    /// Find the calls to be made again for dropped rows.
    FindCalls {
        run: RunId,
        wanted: DropsWanted,
        generation: u64,
    },
    /// Work out what another threshold would move.
    TryThreshold {
        run: RunId,
        block: String,
        value: f64,
    },
    /// Lay a row of a leaf before a flow's prompts.
    LayOut {
        node: NodePath,
        flow: Option<String>,
        row: usize,
        seed: u64,
        cast: Casting,
    },
    /// Take the row through the flow's blocks up to the last one named.
    TryRow {
        bench: Arc<Bench>,
        last: usize,
        wish: Box<Wish>,
    },
    StopTrial,
    /// Copy a shipped flow into the user's own.
    CopyFlow(String),
    ReadPrompt(PathBuf),
    WritePrompt {
        file: PathBuf,
        text: String,
    },
    /// Get the embedded teacher's weights; the person agreed.
    FetchWeights,
    StopFetching,
    /// Have three samples made from unsaved seeds, in memory; a newer preview replaces the older one. No teacher named
    /// takes the default one.
    Preview {
        node: NodePath,
        bytes: Vec<u8>,
        teacher: Option<String>,
    },
    StopPreview,
}

/// What this screen is told.
#[derive(Debug)]
pub enum Report {
    Offers(Box<Offers>),
    Estimated {
        wishes: Vec<Wish>,
        costs: Result<Costs, Trouble>,
    },
    Earlier {
        node: NodePath,
        runs: Vec<Earlier>,
    },
    /// A run has begun; the notes are for the person.
    Started {
        number: u64,
        id: Option<RunId>,
        notes: Vec<String>,
        /// What costs are counted in; empty where there are none.
        currency: String,
    },
    News {
        number: u64,
        news: Box<News>,
    },
    /// A run is over; the figures came with the last news.
    Ended {
        number: u64,
    },
    /// A run could not begin, or broke off.
    Failed {
        number: u64,
        why: String,
    },
    #[cfg_attr(
        not(feature = "embedded"),
        allow(dead_code, reason = "only the embedded teacher has weights")
    )]
    Fetching {
        bytes: u64,
        total: u64,
        source: String,
    },
    #[cfg_attr(
        not(feature = "embedded"),
        allow(dead_code, reason = "only the embedded teacher has weights")
    )]
    Fetched,
    NotFetched(String),
    Drops {
        run: RunId,
        found: Result<Box<quarantine::Found>, String>,
    },
    DropRows {
        run: RunId,
        group: Option<GroupKey>,
        from: usize,
        /// Of the file as it was read.
        generation: u64,
        rows: Result<Vec<drop_rows::Dropped>, String>,
    },
    Restored {
        wanted: DropsWanted,
        restored: Result<Restored, String>,
    },
    /// The calls to be made again.
    Calls(Result<Vec<Again>, String>),
    Tried(Result<Tried, String>),
    LaidOut {
        node: NodePath,
        row: usize,
        bench: Result<Box<Bench>, String>,
    },
    /// What a block did to the row that is tried.
    Step(Box<BenchStep>),
    RowEnded(Result<(), String>),
    PromptText {
        file: PathBuf,
        text: Result<String, String>,
    },
    PromptWritten(Result<(), String>),
    /// The copy's name, and the folder of the user's own flows.
    FlowCopied(Result<(String, PathBuf), String>),
    PreviewNews(Box<News>),
    PreviewEnded,
    PreviewFailed(String),
}

/// How far the weights are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetching {
    pub bytes: u64,
    pub total: u64,
    pub source: String,
    /// The person wanted to start a run; it goes on once the weights are there.
    then_start: bool,
}

/// What an agreement that is asked for stands for.
#[derive(Debug, Clone, PartialEq)]
enum Pending {
    Runs(Vec<Wish>),
    /// Documents may be fetched over the network.
    Documents,
    Preview {
        node: NodePath,
        bytes: Vec<u8>,
    },
    /// A row of the prompt workbench.
    Row {
        teacher: String,
        whole: bool,
    },
}

/// The state of the screen.
#[derive(Default)]
pub struct Generate {
    node: Option<NodePath>,
    /// The leaves that the next runs are for; the first is `node`.
    targets: Vec<NodePath>,
    settings: Settings,
    /// What the chosen run would cost; `None` while that is worked out.
    costs: Option<Result<Costs, Trouble>>,
    /// The runs of this session, the newest last.
    runs: Vec<Live>,
    /// The run on show, where the person chose one; else it is the newest of the leaf.
    shown: Option<u64>,
    next: u64,
    fetching: Option<Fetching>,
    pending: Option<Pending>,
    /// Remote teachers for which the person agreed to previews in this session.
    agreed: HashSet<String>,
    pub preview: Option<Preview>,
    /// What a run dropped, while that is on show.
    quarantine: Option<Quarantine>,
    /// The prompt workbench, while it is on show.
    table: Option<bench::Table>,
    /// While a flow is being chosen by its card.
    choosing: Option<FlowChoice>,
    /// True while the right side has the keys, not the settings.
    watching: bool,
    /// Rows that the right side is scrolled by while there is no run; the view keeps it in bounds.
    scroll: Cell<usize>,
}

impl Generate {
    pub fn context(&self) -> Context {
        if self.quarantine.is_some() {
            return Context::Quarantine;
        }
        if self.choosing.is_some() {
            return Context::Flows;
        }
        if self.table.is_some() {
            return Context::Prompt;
        }
        Context::Generate
    }

    /// The leaf that other screens open from here: that of the run on show.
    pub fn node(&self) -> Option<&NodePath> {
        self.run().map(|run| &run.wish.node).or(self.node.as_ref())
    }

    /// The row of the settings that is chosen.
    pub fn row(&self) -> usize {
        self.settings.rows.chosen
    }

    /// Chooses a row of the settings; earlier runs are not known yet, and come and go.
    pub fn come_back_to(&mut self, row: usize) {
        self.settings.rows.chosen = row;
        self.settings.rows.clamp(self.settings.len());
    }

    /// While something goes on, the time that is shown moves every second.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        let moving = self.runs.iter().any(|run| run.is_at_work() && !run.paused);
        if moving {
            now.checked_add(SignedDuration::from_secs(1)).ok()
        } else {
            None
        }
    }

    /// One short line for the header while a run is under way, as in `↻ 12/40`.
    pub fn progress_line(&self) -> Option<String> {
        let mut under_way = self.runs.iter().filter(|run| run.is_under_way());
        let Some(first) = under_way.next() else {
            let fetching = self.fetching.as_ref()?;
            return Some(format!(
                "⇣ {} %",
                fetching.bytes.saturating_mul(100) / fetching.total.max(1)
            ));
        };
        let more = under_way.count();
        let rest = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        Some(format!("↻ {}/{}{rest}", first.through(), first.candidates()))
    }

    /// The run on show.
    fn run(&self) -> Option<&Live> {
        let chosen = |run: &&Live| Some(run.number) == self.shown;
        self.runs.iter().find(chosen).or_else(|| {
            let node = self.node.as_ref()?;
            self.runs.iter().rev().find(|run| run.wish.node == *node)
        })
    }

    fn run_mut(&mut self) -> Option<&mut Live> {
        let number = self.run()?.number;
        self.numbered(number)
    }

    /// Brings the list of runs in the settings up to date, the newest first.
    fn list_runs(&mut self) {
        let chosen = self.settings.row();
        self.settings.live = self.runs.iter().rev().map(|run| run.number).collect();
        self.settings.choose(chosen);
    }

    fn numbered(&mut self, number: u64) -> Option<&mut Live> {
        self.runs.iter_mut().find(|run| run.number == number)
    }
}

/// The commands of the footer, the most wanted first.
pub fn footer(model: &Model) -> Vec<Command> {
    if model.generate.quarantine.is_some() {
        return quarantine::footer();
    }
    if model.generate.choosing.is_some() {
        return vec![Command::TakeFlow, Command::Back, Command::Palette];
    }
    if model.generate.table.is_some() {
        return bench::footer();
    }
    let settings = &model.generate.settings;
    let lacks_model = settings
        .teacher()
        .is_some_and(|choice| choice.origin == TeacherOrigin::Embedded && !choice.is_ready());
    let running = model.generate.run().is_some_and(Live::is_under_way);
    let mut commands = if running || model.generate.fetching.is_some() {
        vec![
            Command::Stop,
            Command::Pause,
            Command::Review,
            Command::WholeFunnel,
            Command::Drops,
            Command::NextPane,
            Command::Back,
            Command::Palette,
        ]
    } else if model.generate.run().is_some() {
        vec![
            Command::Review,
            Command::WholeFunnel,
            Command::Drops,
            Command::Start,
            Command::Increase,
            Command::Decrease,
            Command::NextPane,
            Command::FetchWeights,
            Command::Back,
        ]
    } else {
        vec![
            Command::Start,
            Command::ChooseFlow,
            Command::OpenPrompts,
            Command::Increase,
            Command::Decrease,
            Command::FetchWeights,
            Command::Review,
            Command::NextPane,
            Command::Back,
        ]
    };
    // The fetch can be had from the palette all the time; here it is offered where it is in the way.
    commands.retain(|command| *command != Command::FetchWeights || lacks_model);
    commands
}

/// Why a command does nothing now.
pub fn why_not(model: &Model, command: Command) -> Option<String> {
    let generate = &model.generate;
    if let Some(reason) = quarantine::why_not(model, command) {
        return Some(reason);
    }
    if let Some(reason) = bench::why_not(model, command) {
        return Some(reason);
    }
    let key = |command: Command| model.keymap.shown(command);
    match command {
        Command::Start if generate.node.is_none() => {
            Some(format!("choose a leaf first, with {}", key(Command::GoBrowse)))
        }
        Command::Start if generate.fetching.is_some() && settings::is_embedded(model) => {
            Some("the model is being fetched; the run can start when it is there".into())
        }
        Command::WholeFunnel if generate.run().is_none() => {
            Some("there is no run of this leaf on show; its blocks are shown once it runs".into())
        }
        Command::Pause if !generate.run().is_some_and(Live::is_at_work) => {
            Some("the run on show is not under way; there is nothing to pause".into())
        }
        Command::NextRun | Command::PreviousRun if generate.runs.len() < 2 => {
            Some("there is no other run of this session to show".into())
        }
        Command::TakeFlow => flow_choice::why_not(model),
        Command::OpenPrompts if generate.node.is_none() => Some("choose a leaf first".into()),
        Command::ChooseFlow if generate.settings.offers.is_none() => Some("still looking for flows".into()),
        Command::Drops if quarantine::run_meant(model).is_none() => {
            Some("choose a run first: the one on show, or an earlier one below the settings".into())
        }
        Command::Stop if generate.fetching.is_none() && !update::is_running(model) => Some("nothing is running".into()),
        Command::Review | Command::GoReview => {
            let node = generate.node()?;
            let none = model.tree.lacks_samples(node) && generate.run().is_none_or(|run| run.made() == 0);
            none.then(|| "there are no samples of this leaf yet".into())
        }
        Command::FetchWeights if generate.fetching.is_some() => Some("the model is being fetched already".into()),
        Command::FetchWeights => match generate.settings.embedded() {
            None => Some("there is no embedded teacher here whose model could be fetched".into()),
            Some(choice) if choice.is_ready() => Some("the embedded teacher has its model already".into()),
            Some(_) => None,
        },
        _ => None,
    }
}

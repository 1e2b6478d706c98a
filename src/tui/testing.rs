//! What tests of the screens share: a taxonomy in a temporary folder with a model on it, keys by name, jobs that are waited
//! for, and the screen as text. No terminal is needed.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc;

use super::effect::Effect;
use super::event::{Action, Event, Mouse, MouseKind, clean_paste, translate};
use super::jobs::{Envelope, Jobs};
use super::keymap::Keymap;
use super::model::Model;
use super::place::Place;
use super::report::Report;
use super::rooms::Rooms;
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};
use super::theme::{Depth, Theme};
use super::update::update;
use super::view::view;
use crate::config::Places;
use crate::git::{GitProgram, init_repository};
use crate::samples::{Curated, Message, Provenance, Role as Speaker, Sample};
use crate::taxonomy::{Kind, NodePath};
use crate::workbench::{Environment, Workbench};

/// A sample of a skill that says nothing of how it was made.
pub fn sample(node: &str, question: &str) -> Sample {
    let node = NodePath::parse(node).unwrap();
    let messages = vec![
        Message::new(Speaker::User, question),
        Message::new(Speaker::Assistant, "Gladly."),
    ];
    Sample {
        provenance: Provenance {
            seeds: vec![0],
            ..Provenance::default()
        },
        ..Sample::new(node, Kind::Skill, messages, None)
    }
}

/// A model on a taxonomy of its own, with the jobs that serve it.
pub struct Stage {
    pub model: Model,
    /// What was asked for and not done yet, oldest first.
    pub effects: Vec<Effect>,
    pub rooms: Rooms,
    jobs: Jobs,
    reports: mpsc::Receiver<Envelope>,
    _runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// A taxonomy of these leaves: paths with the text of their `qna.yaml`.
    pub fn new(leaves: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("taxonomy");
        for branch in ["knowledge", "compositional_skills"] {
            std::fs::create_dir_all(root.join(branch)).unwrap();
        }
        init_repository(&root, "main", &GitProgram::default()).unwrap();
        // Not everybody who runs the tests has told git who they are.
        let config = root.join(".git/config");
        let person = "[user]\n\tname = Ada\n\temail = ada@example.org\n";
        std::fs::write(&config, std::fs::read_to_string(&config).unwrap() + person).unwrap();
        for (path, text) in leaves {
            let file = NodePath::parse(path).unwrap().qna(&root);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let places = Places::below(&folder.path().join("home"));
        let workbench = Workbench::open(&root, &places, Environment::of([]), &[]).unwrap();
        let keymap = Keymap::new(&BTreeMap::new()).unwrap();
        let mut model = Model::new(&workbench, Theme::plain(), Depth::None, keymap, (120, 36), true);
        model.now = "2026-11-22T10:00:00Z".parse().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (jobs, reports) = Jobs::new(runtime.handle().clone());
        let rooms = Rooms::new(workbench);
        Stage {
            model,
            effects: Vec::new(),
            rooms,
            jobs,
            reports,
            _runtime: runtime,
            _folder: folder,
        }
    }

    /// Walks the tree, as the real loop does at the start.
    pub fn look_at_tree(&mut self) {
        self.effects.push(Effect::Browse(browse::Effect::Scan { again: false }));
        self.settle();
    }

    pub fn act(&mut self, action: Action) {
        let effects = update(&mut self.model, action);
        self.effects.extend(effects);
    }

    pub fn report(&mut self, report: Report) {
        self.act(Action::Report(report));
    }

    /// Presses keys by name, separated by blanks: `a enter ctrl-s`.
    pub fn press(&mut self, names: &str) {
        for name in names.split(' ') {
            let key = name.parse().unwrap();
            if let Some(action) = translate(&self.model, Event::Key(key)) {
                self.act(action);
            }
        }
    }

    /// Types a text into the field that has the caret.
    pub fn write(&mut self, text: &str) {
        self.act(Action::Paste(clean_paste(text)));
    }

    /// Presses the mouse on the first place where the screen drawn last shows a text.
    pub fn click(&mut self, text: &str) {
        let (width, height) = self.model.size;
        let screen = self.draw(width, height);
        let at = screen.lines().enumerate().find_map(|(y, line)| {
            let (before, _) = line.split_once(text)?;
            Some((
                u16::try_from(before.chars().count()).unwrap(),
                u16::try_from(y).unwrap(),
            ))
        });
        let (x, y) = at.unwrap_or_else(|| panic!("{text} is not on the screen:\n{screen}"));
        self.act(Action::Mouse(Mouse {
            kind: MouseKind::Press,
            x,
            y,
        }));
    }

    /// Lets time pass, as far as the model knows.
    pub fn wait(&mut self, time: SignedDuration) {
        self.model.now = self.model.now.checked_add(time).unwrap();
        self.act(Action::Wake);
    }

    /// Does what was asked for, and what follows from it, until nothing is left to do.
    pub fn settle(&mut self) {
        loop {
            for effect in std::mem::take(&mut self.effects) {
                let (rooms, jobs) = (&self.rooms, &mut self.jobs);
                match effect {
                    Effect::Browse(effect) => browse::jobs::perform(effect, rooms, jobs),
                    Effect::Sources(effect) => attribution::perform(effect, rooms, jobs),
                    Effect::Edit(effect) => edit::jobs::perform(effect, rooms, jobs),
                    Effect::Find(effect) => find::jobs::perform(effect, rooms, jobs),
                    Effect::Generate(effect) => generate::jobs::perform(effect, rooms, jobs),
                    Effect::Review(effect) => review::jobs::perform(effect, rooms, jobs),
                    Effect::Commit(effect) => commit::jobs::perform(effect, rooms, jobs),
                    Effect::Documents(effect) => documents::jobs::perform(effect, rooms, jobs),
                    _ => {}
                }
            }
            // Looked at before the channel: a job that ends in between has sent already.
            let idle = self.jobs.is_idle();
            match self.reports.try_recv() {
                Ok(envelope) => {
                    if let Some(report) = self.jobs.accept(envelope) {
                        self.report(report);
                    }
                }
                Err(_) if idle && self.effects.is_empty() => return,
                Err(_) => std::thread::yield_now(),
            }
        }
    }

    /// Keeps a sample as curated and returns it; nobody has decided on it.
    pub fn add_sample(&self, node: &str, question: &str) -> Sample {
        let sample = sample(node, question);
        Curated::new(&self.model.root).add(&sample).unwrap();
        sample
    }

    /// The place that was to be written down last.
    pub fn kept_place(&self) -> Option<&Place> {
        self.effects.iter().rev().find_map(|effect| match effect {
            Effect::KeepPlace(place) => Some(&**place),
            _ => None,
        })
    }

    /// Gives commands other keys, as the settings do.
    pub fn rebind(&mut self, keys: &[(&str, &str)]) {
        let own = keys.iter().map(|(id, key)| ((*id).to_owned(), vec![(*key).to_owned()]));
        self.model.keymap = Keymap::new(&own.collect()).unwrap();
    }

    /// The screen as text, a line a row.
    pub fn draw(&mut self, width: u16, height: u16) -> String {
        self.act(Action::Resize(width, height));
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut hits = None;
        terminal.draw(|frame| hits = Some(view(&self.model, frame))).unwrap();
        self.model.hits = hits.unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..height).map(|y| row(y).trim_end().to_owned() + "\n").collect()
    }

    /// The message at the bottom.
    pub fn notice(&self) -> String {
        self.model
            .notices
            .current(self.model.now)
            .map(|notice| notice.text.clone())
            .unwrap_or_default()
    }

    /// A leaf's file as it is on disk.
    pub fn on_disk(&self, path: &str) -> String {
        std::fs::read_to_string(NodePath::parse(path).unwrap().qna(&self.model.root)).unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.model.now
    }
}

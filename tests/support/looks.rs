//! The screens on a small taxonomy, drawn into a buffer, with everything fixed that would change from run to run.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use jiff::Timestamp;
use seedbed::config::Places;
use seedbed::samples::{DocumentSpan, Message, Outcome, Provenance, Role, RunId, RunRecord, Sample};
use seedbed::taxonomy::{Kind, NodePath};
use seedbed::tui::Offscreen;
use seedbed::workbench::{Environment, Workbench};

use super::taxonomy::{DOCUMENT, GROUNDED, KNOWLEDGE, SKILL, TestTaxonomy, grounded, knowledge, skill};

/// Where the document is pinned; no such commit needs to exist to be shown.
const PIN: &str = "4f1c2d7a90b3e58664f1c2d7a90b3e58664f1c2d";

/// A taxonomy with its screens.
pub struct Looks {
    pub taxonomy: TestTaxonomy,
    pub screens: Offscreen,
}

impl Looks {
    /// A leaf of each kind, committed; two teachers in the settings that nobody asks anything.
    pub fn new() -> Self {
        Looks::open(seeded(), SETTINGS)
    }

    /// As [`Looks::new`], with samples of the skill and of the knowledge leaf to review.
    pub fn with_samples() -> Self {
        let taxonomy = seeded();
        let workbench = open(&taxonomy);
        let nodes = [SKILL, KNOWLEDGE].map(|node| node.parse::<NodePath>().unwrap());
        let record = RunRecord {
            flow: "skill".into(),
            flow_hash: "0123456789abcdef".into(),
            teacher: "granite".into(),
            model: "granite-4.0-h-small".into(),
            nodes: nodes.to_vec(),
            wanted: 7,
            seed: 7,
            ..RunRecord::new(RunId::parse("20260601-115000-5eed").unwrap(), moment())
        };
        let mut writer = workbench.runs().create(record).unwrap();
        for sample in samples(&nodes) {
            writer.append_sample(&sample).unwrap();
        }
        writer.finish(Outcome::Done, moment()).unwrap();
        Looks::open(taxonomy, SETTINGS)
    }

    /// As [`Looks::new`], with a teacher that answers one call after the other.
    pub fn taught_by(url: &str) -> Self {
        let settings = format!(
            "teachers:\n  granite: {{ url: '{url}', model: granite-4.0-h-small, slots: 1 }}\n  other: {{ url: '{url}', model: test-1 }}\nroles: {{ teacher: granite }}\n"
        );
        Looks::open(seeded(), &settings)
    }

    /// No leaf at all.
    pub fn empty() -> Self {
        let taxonomy = TestTaxonomy::empty();
        name_author(&taxonomy);
        commit(&taxonomy, "Begin");
        Looks::open(taxonomy, SETTINGS)
    }

    fn open(taxonomy: TestTaxonomy, settings: &str) -> Self {
        taxonomy.write_settings(settings);
        let mut screens = Offscreen::new(open(&taxonomy), 120, 36, moment()).unwrap();
        assert!(screens.settle(), "the jobs came to no end");
        screens.draw();
        Looks { taxonomy, screens }
    }

    /// Presses keys by name, separated by blanks; each is drawn, and time passes so that questions count as read.
    pub fn keys(&mut self, names: &str) {
        for name in names.split(' ') {
            self.screens.feed(name).unwrap();
            self.after();
        }
    }

    pub fn write(&mut self, text: &str) {
        self.screens.type_text(text);
        self.after();
    }

    pub fn paste(&mut self, text: &str) {
        self.screens.paste(text);
        self.after();
    }

    /// Finds a leaf by its path.
    pub fn choose(&mut self, leaf: &str) {
        self.keys("/");
        self.write(leaf);
        self.keys("enter");
    }

    /// Takes the answer of the second example away.
    pub fn break_the_skill(&self) {
        let text = skill().replace(
            "    answer: |\n      Thank you very much for the lovely flowers. They stand on my desk.\n",
            "    answer: 12\n",
        );
        assert_ne!(text, skill());
        self.taxonomy.write_leaf(SKILL, &text);
    }

    fn after(&mut self) {
        assert!(self.screens.settle(), "the jobs came to no end");
        self.screens.pass(1);
        assert!(self.screens.settle(), "the jobs came to no end");
        self.screens.draw();
    }
}

/// The screen as text, with the place of the cursor.
pub fn told(screens: &mut Offscreen) -> String {
    let text = fixed(&screens.text());
    let cursor = screens
        .cursor()
        .map_or("no cursor".to_owned(), |(x, y)| format!("cursor at {x},{y}"));
    format!("{text}({cursor})\n")
}

/// Replaces what differs from run to run by something as wide: the port of a teacher, the seconds of a run.
fn fixed(text: &str) -> String {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = ["127.0.0.1:", " · 0:0"]
        .iter()
        .filter_map(|mark| Some(rest.find(mark)? + mark.len()))
        .min()
    {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let width = digits(rest);
        out.extend(std::iter::repeat_n('0', width));
        rest = &rest[width..];
    }
    out + rest
}

const SETTINGS: &str = "\
teachers:
  granite: { url: 'http://127.0.0.1:9/v1', model: granite-4.0-h-small, slots: 2 }
  cloud: { url: 'https://models.example.com/v1', model: mixtral-8x7b-instruct }
roles: { teacher: granite }
";

fn moment() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn open(taxonomy: &TestTaxonomy) -> Workbench {
    let config_file = taxonomy.home.join(".config/seedbed/config.yaml");
    let places = Places {
        config_file,
        ..Places::below(&taxonomy.home)
    };
    Workbench::open(&taxonomy.root, &places, Environment::of([]), &[]).unwrap()
}

/// What git would ask the person's own settings for stands in the repository's.
fn name_author(taxonomy: &TestTaxonomy) {
    for (key, value) in [
        ("user.name", "Rosa Field"),
        ("user.email", "rosa@example.com"),
        ("commit.gpgSign", "false"),
        ("core.hooksPath", ".git/hooks"),
    ] {
        taxonomy.git(&["config", key, value]);
    }
}

/// Commits everything at a fixed time, so that the commit's id is always the same.
fn commit(taxonomy: &TestTaxonomy, message: &str) {
    taxonomy.git(&["add", "--all"]);
    let mut git = taxonomy.command("git");
    git.args(["commit", "--quiet", "--allow-empty", "--message", message]);
    let at = "2026-05-31T09:00:00+0000";
    git.env("GIT_AUTHOR_DATE", at).env("GIT_COMMITTER_DATE", at);
    assert!(git.status().unwrap().success());
}

fn seeded() -> TestTaxonomy {
    let taxonomy = TestTaxonomy::empty();
    name_author(&taxonomy);
    taxonomy.write_leaf(SKILL, &skill());
    taxonomy.write_leaf(GROUNDED, &grounded());
    taxonomy.write_leaf(KNOWLEDGE, &knowledge(PIN));
    commit(&taxonomy, "Add seeds");
    taxonomy
}

fn samples(nodes: &[NodePath; 2]) -> Vec<Sample> {
    let [skill, knowledge] = nodes;
    let replies = [
        (
            "the lift stands still",
            "I am sorry that the lift stands still. We will send somebody today.",
        ),
        (
            "the heating is broken again",
            "I am sorry that the heating has failed once more. Somebody will come by noon.",
        ),
        ("car park full", "Unfortunately the car park is full today."),
        (
            "keys found at the desk",
            "Good news: your keys were found. They wait for you at the front desk until six.",
        ),
    ];
    let mut samples: Vec<Sample> = replies
        .iter()
        .map(|(note, reply)| {
            let asked = format!("Reply politely to this note: {note}");
            sample(skill, Kind::Skill, &asked, reply, None)
        })
        .collect();
    let (start, end) = (
        DOCUMENT.find("Wet ground").unwrap(),
        DOCUMENT.find("Fleece holds").unwrap(),
    );
    let passage = DOCUMENT[start..end].trim();
    for (question, answer) in [
        (
            "When should I water seedlings if frost is forecast?",
            "Water the soil the evening before frost is forecast, but keep the leaves dry. Use warm water.",
        ),
        ("Why must the leaves stay dry?", "Because wet leaves freeze first."),
    ] {
        let mut sample = sample(knowledge, Kind::Knowledge, question, answer, Some(passage));
        sample.provenance.document = Some(DocumentSpan {
            repo: "../documents".into(),
            commit: PIN.into(),
            file: "frost.md".into(),
            heading: "Young plants".into(),
            start,
            end,
        });
        samples.push(sample);
    }
    samples
}

fn sample(node: &NodePath, kind: Kind, question: &str, answer: &str, context: Option<&str>) -> Sample {
    let messages = vec![
        Message::new(Role::User, question),
        Message::new(Role::Assistant, answer),
    ];
    Sample {
        provenance: Provenance {
            run: "20260601-115000-5eed".into(),
            flow: "skill".into(),
            flow_hash: "0123456789abcdef".into(),
            teacher: "granite".into(),
            model: "granite-4.0-h-small".into(),
            parameters: serde_json::json!({ "temperature": 0.7, "seed": 7 })
                .as_object()
                .unwrap()
                .clone(),
            seeds: vec![0, 3],
            seed_hash: "fedcba9876543210".into(),
            made: Some(moment()),
            ..Provenance::default()
        },
        scores: [("novelty".to_owned(), 0.75)].into(),
        ..Sample::new(node.clone(), kind, messages, context.map(str::to_owned))
    }
}

//! Small taxonomies for tests, laid out as git repositories in folders that go away with the test.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

// A test may use both a taxonomy and a terminal.
#[allow(clippy::duplicate_mod)]
#[path = "home.rs"]
mod home;
pub use home::home_variables;

/// The leaves of [`TestTaxonomy::small`].
pub const SKILL: &str = "compositional_skills/writing/reply";
pub const GROUNDED: &str = "compositional_skills/grounded/office/minutes";
pub const KNOWLEDGE: &str = "knowledge/garden/frost";

/// A taxonomy in a temporary folder, with a home folder for the programs that work on it.
pub struct TestTaxonomy {
    _folder: TempDir,
    pub root: PathBuf,
    pub home: PathBuf,
}

impl TestTaxonomy {
    /// A repository with the three branch folders and nothing in them yet; nothing is committed.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Links resolved, as programs show it.
        let base = folder.path().canonicalize().unwrap();
        let taxonomy = TestTaxonomy {
            _folder: folder,
            root: base.join("seeds"),
            home: base.join("home"),
        };
        for branch in ["compositional_skills", "foundational_skills", "knowledge"] {
            std::fs::create_dir_all(taxonomy.root.join(branch)).unwrap();
        }
        taxonomy.git(&["init", "--quiet", "--initial-branch=main"]);
        taxonomy
    }

    /// A leaf of each kind, without findings, in one commit: [`SKILL`], [`GROUNDED`] and [`KNOWLEDGE`]. The document of the
    /// last is pinned in a second repository beside the taxonomy.
    pub fn small() -> Self {
        let taxonomy = TestTaxonomy::empty();
        let documents = taxonomy.root.with_file_name("documents");
        std::fs::create_dir_all(&documents).unwrap();
        std::fs::write(documents.join("frost.md"), DOCUMENT).unwrap();
        taxonomy.git_in(&documents, &["init", "--quiet", "--initial-branch=main"]);
        taxonomy.git_in(&documents, &["add", "--all"]);
        taxonomy.git_in(&documents, &["commit", "--quiet", "--message=Add a document"]);
        let commit = taxonomy.git_in(&documents, &["rev-parse", "HEAD"]);
        taxonomy.write_leaf(SKILL, &skill());
        taxonomy.write_leaf(GROUNDED, &grounded());
        taxonomy.write_leaf(KNOWLEDGE, &knowledge(commit.trim()));
        taxonomy.commit_all("Add seeds");
        taxonomy
    }

    /// A file's place below the taxonomy.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file below the taxonomy and makes the folders above it.
    pub fn write(&self, path: &str, contents: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }

    /// Writes a leaf's `qna.yaml` and its attribution.
    pub fn write_leaf(&self, node: &str, qna: &str) {
        self.write(&format!("{node}/qna.yaml"), qna);
        let attribution = "Title of work: Notes for tests\nLink to work: -\nLicense of the work: CC0-1.0\nCreator names: Rosa Field\n";
        self.write(&format!("{node}/attribution.txt"), attribution);
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub fn commit_all(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", &format!("--message={message}")]);
    }

    /// Runs git in the taxonomy and returns what it printed.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.root, args)
    }

    /// Runs git in another folder, with the same home.
    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let output = self
            .command("git")
            .arg("-C")
            .arg(folder)
            .args(args)
            .output()
            .expect("git runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {args:?}: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A program with an environment of its own and this home, started in the taxonomy.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(home_variables(&self.home));
        command.env("LANG", "C.UTF-8").env("TZ", "UTC").current_dir(&self.root);
        command
    }

    /// Writes the settings of the person whose home this is.
    pub fn write_settings(&self, yaml: &str) {
        let path = self.home.join(".config/seedbed/config.yaml");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, yaml).unwrap();
    }

    /// Settings that name one HTTP teacher and use it.
    pub fn write_teacher(&self, url: &str, model: &str) {
        let yaml = format!("teachers:\n  loopback:\n    url: {url}\n    model: {model}\nroles:\n  teacher: loopback\n");
        self.write_settings(&yaml);
    }
}

const REPLIES: [(&str, &str); 6] = [
    (
        "the heating is broken again",
        "I am sorry that the heating has failed again. We will send somebody today.",
    ),
    (
        "thank you for the flowers",
        "Thank you very much for the lovely flowers. They stand on my desk.",
    ),
    (
        "meeting moved to Tuesday",
        "Please note that our meeting has moved to Tuesday. I hope that suits you.",
    ),
    (
        "no parcel came",
        "I am sorry that your parcel has not come. I will ask the carrier and write to you tomorrow.",
    ),
    (
        "form lacks a signature",
        "Thank you for the form. One signature is missing; could you please add it?",
    ),
    (
        "we close at noon on Friday",
        "Please be aware that we close at noon on Friday. We look forward to seeing you before.",
    ),
];

/// A skill's `qna.yaml`.
pub fn skill() -> String {
    let mut text =
        "version: 3\ntask_description: Turn a short note into a polite reply.\ncreated_by: rosafield\nseed_examples:\n"
            .to_owned();
    for (note, reply) in REPLIES {
        let _ = write!(
            text,
            "  - question: |\n      Reply politely to this note: {note}\n    answer: |\n      {reply}\n"
        );
    }
    text
}

/// A grounded skill's `qna.yaml`.
pub fn grounded() -> String {
    let mut text =
        "version: 3\ntask_description: Draw the decisions from minutes.\ncreated_by: rosafield\nseed_examples:\n"
            .to_owned();
    for (number, day) in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
        .iter()
        .enumerate()
    {
        let chairs = 20 + 5 * number;
        let _ = write!(
            text,
            "  - context: |\n      {day} round. The hall holds {chairs} chairs. Agreed: order two more tables.\n    question: What was decided on {day}?\n    answer: To order two more tables.\n"
        );
    }
    text
}

/// A knowledge leaf's `qna.yaml`, its document pinned at a commit.
pub fn knowledge(commit: &str) -> String {
    let mut text = "version: 3\ndomain: gardening\ncreated_by: rosafield\nseed_examples:\n".to_owned();
    for paragraph in DOCUMENT.split("\n\n").filter(|part| !part.starts_with('#')).take(5) {
        let _ = write!(
            text,
            "  - context: |\n      {}\n    questions_and_answers:\n",
            paragraph.trim().replace('\n', "\n      ")
        );
        for asked in ["What is said", "What matters here", "What follows"] {
            let first = paragraph
                .split(['.', ';'])
                .next()
                .unwrap_or_default()
                .trim()
                .replace('\n', " ");
            let _ = write!(
                text,
                "      - question: {asked} about {}?\n        answer: |\n          {first}.\n",
                subject(paragraph)
            );
        }
    }
    let _ = write!(
        text,
        "document_outline: How to keep young plants safe from frost in spring\ndocument:\n  repo: ../documents\n  commit: {commit}\n  patterns:\n    - '*.md'\n"
    );
    text
}

fn subject(paragraph: &str) -> String {
    paragraph
        .split_whitespace()
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
        .replace([':', ',', '.'], "")
}

/// The document of the knowledge leaf.
pub const DOCUMENT: &str = "\
# Frost in the garden

## Young plants

Seedlings lose their strength below two degrees of frost. Cells fill with ice and burst; the leaves turn glassy and
then black. A plant that looks well in the morning may hang limp by noon.

Wet ground gives off heat through the night. Water the soil the evening before frost is forecast, but keep the leaves
dry, because wet leaves freeze first.

Fleece holds the warmth of the ground. Lay it loosely over the bed before sunset and weigh its edges down with stones;
take it off in the morning so that the plants do not sweat.

## Trees and shrubs

Blossom is harmed more easily than wood. An open apple flower dies at about two degrees below zero, while a closed bud
stands five degrees more.

White paint on the trunk throws the winter sun back. The bark then warms slowly in the morning, and does not crack when
the shade brings the cold again.
";

//! Changes of a whole taxonomy, in real repositories.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::super::Environment;
use super::*;
use crate::config::Places;

/// A taxonomy inside a larger repository, with a bare one for documents beside it.
struct World {
    folder: tempfile::TempDir,
}

const TAXONOMY: &str = "work/my taxonomy";

impl World {
    fn new() -> Self {
        let world = World {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(world.path(TAXONOMY)).unwrap();
        world.git("work", &["init", "-q", "-b", "main"]);
        world
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=Ada",
                "-c",
                "user.email=ada@example.org",
                "-c",
                "commit.gpgSign=false",
            ])
            .args(arguments)
            .current_dir(self.path(folder))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn leaf(&self, node: &str, text: &str) {
        self.write(&format!("{TAXONOMY}/{node}/qna.yaml"), text);
    }

    fn commit(&self, folder: &str) -> String {
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "-q", "-m", "change"]);
        self.git(folder, &["rev-parse", "HEAD"])
    }

    /// A repository of documents; returns its first commit, with Markdown, and its second, with other files.
    fn documents(&self) -> [String; 2] {
        self.write("docs/frost.md", "Young plants freeze first.\n");
        self.write("docs/empty.md", " \n");
        self.write("docs/deep/er.md", "Deep.\n");
        self.git("docs", &["init", "-q", "-b", "main"]);
        let first = self.commit("docs");
        self.write("docs/notes.txt", "Notes.\n");
        self.write("docs/scan.pdf", "%PDF");
        self.write("docs/latin.md", "");
        fs::write(self.path("docs/latin.md"), b"caf\xe9").unwrap();
        [first, self.commit("docs")]
    }

    fn open(&self) -> Workbench {
        let places = Places::below(&self.path("home"));
        Workbench::open(&self.path(TAXONOMY), &places, Environment::of([]), &[]).unwrap()
    }

    fn compared(&self, base: BaseChoice, offline: bool) -> Contribution {
        let request = ContributionRequest {
            base,
            count: 10,
            offline,
        };
        self.open().contribution(&request, &mut |_| {}, &|| false).unwrap()
    }

    fn since(&self, base: &str) -> Contribution {
        self.compared(BaseChoice::Named(base.to_owned()), false)
    }
}

fn skill(topic: &str) -> String {
    let mut text = format!("version: 3\ntask_description: Talk about {topic}.\ncreated_by: ada\nseed_examples:\n");
    for number in 0..5 {
        text += &format!("  - question: What is {topic} {number}?\n    answer: It is the {number}th of its kind.\n");
    }
    text
}

fn knowledge(repo: &Path, commit: &str, pattern: &str) -> String {
    let mut text = "version: 3\ndomain: gardens\ncreated_by: ada\nseed_examples:\n".to_owned();
    for number in 0..5 {
        text += &format!("  - context: Context {number}.\n    questions_and_answers:\n");
        for pair in 0..3 {
            text += &format!("      - question: Question {number} {pair}?\n        answer: Answer {pair}.\n");
        }
    }
    let repo = repo.display();
    text + &format!(
        "document_outline: Frost\ndocument:\n  repo: {repo}\n  commit: '{commit}'\n  patterns:\n    - '{pattern}'\n"
    )
}

fn told(found: &Contribution) -> Vec<String> {
    let line = |leaf: &ChangedLeaf| {
        let from = match &leaf.change {
            LeafChange::Moved { from } => format!(" from {from}"),
            _ => String::new(),
        };
        format!("{} {}{from}", leaf.change.word(), leaf.node)
    };
    found.leaves.iter().map(line).collect()
}

#[test]
fn leaves_are_listed_as_they_differ() {
    let world = World::new();
    for node in [
        "compositional_skills/kept",
        "compositional_skills/moved",
        "knowledge/gone",
        "knowledge/turned",
    ] {
        world.leaf(node, &skill(node));
    }
    world.write("work/knowledge/outside/qna.yaml", "not of this taxonomy\n");
    let base = world.commit("work");
    let moved = format!("{TAXONOMY}/compositional_skills/here");
    fs::create_dir_all(world.path(&moved)).unwrap();
    fs::rename(
        world.path(&format!("{TAXONOMY}/compositional_skills/moved/qna.yaml")),
        world.path(&moved).join("qna.yaml"),
    )
    .unwrap();
    fs::remove_file(world.path(&format!("{TAXONOMY}/knowledge/gone/qna.yaml"))).unwrap();
    let turned = world.path(&format!("{TAXONOMY}/knowledge/turned"));
    fs::rename(turned.join("qna.yaml"), turned.join("QNA.yml")).unwrap();
    world.leaf("foundational_skills/reasoning/a", &skill("reasoning"));
    world.leaf("compositional_skills/a b/ä", &skill("new things"));
    world.leaf("compositional_skills/kept", "version: 3\n");
    // What lies beside a seed file is no change of the leaf.
    world.write(&format!("{TAXONOMY}/compositional_skills/kept/attribution.txt"), "x\n");
    world.write("work/knowledge/outside/qna.yaml", "changed\n");
    let found = world.since(&base);
    let wanted = [
        "new compositional_skills/a b/ä",
        "moved compositional_skills/here from compositional_skills/moved",
        "changed compositional_skills/kept",
        "removed knowledge/gone",
        "removed knowledge/turned",
    ];
    assert_eq!(told(&found), wanted);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].contains("QNA.yml") && found.notes[1].starts_with("1 leaf under foundational_skills"));
    // The changed one lost its examples, so nothing can be made of it.
    let samples: Vec<usize> = found.leaves.iter().map(|leaf| leaf.samples).collect();
    assert_eq!(samples, [10, 10, 0, 0, 0]);
    assert!(found.number_of(Severity::Error) > 0 && found.leaves[0].findings.is_empty());
    let [flow] = found.by_flow().unwrap().try_into().unwrap();
    assert_eq!(
        (flow.flow.as_str(), flow.leaves, flow.samples),
        ("freeform-skill", 2, 20)
    );
    assert_eq!(found.samples(), 20);
}

#[test]
fn the_whole_taxonomy_and_what_was_not_committed() {
    let world = World::new();
    world.leaf("compositional_skills/a", &skill("a"));
    // Before the first commit everything is new.
    assert_eq!(
        told(&world.compared(BaseChoice::LastCommit, true)),
        ["new compositional_skills/a"]
    );
    world.commit("work");
    assert_eq!(
        told(&world.compared(BaseChoice::LastCommit, true)),
        Vec::<String>::new()
    );
    world.write("work/.gitignore", "lib/\n");
    world.leaf("compositional_skills/lib", &skill("b"));
    assert_eq!(
        told(&world.compared(BaseChoice::LastCommit, true)),
        Vec::<String>::new()
    );
    // Against nothing, leaves that git ignores are listed too, as InstructLab does.
    assert_eq!(
        told(&world.since(EMPTY_BASE)),
        ["new compositional_skills/a", "new compositional_skills/lib"]
    );
}

#[test]
fn an_unknown_base_offers_others() {
    let world = World::new();
    world.leaf("compositional_skills/a", &skill("a"));
    world.commit("work");
    let refused = |base: BaseChoice| {
        let request = ContributionRequest {
            base,
            count: 1,
            offline: true,
        };
        let error = world.open().contribution(&request, &mut |_| {}, &|| false).unwrap_err();
        assert!(error.is_usage());
        error.to_string()
    };
    let usual = refused(BaseChoice::Usual);
    assert!(usual.contains("'origin/main'") && usual.contains("(main)"), "{usual}");
    assert!(refused(BaseChoice::Named("mian".into())).contains("did you mean main?"));
    assert!(refused(BaseChoice::Named("quite_other".into())).contains("`empty`"));
}

#[test]
fn documents_are_looked_at_where_they_are_pinned() {
    let world = World::new();
    let [first, second] = world.documents();
    let docs = world.path("docs");
    let missing = "0".repeat(40);
    // (pattern, commit, state, severity and word of the first finding)
    let cases = [
        ("frost.md", &first, "found 1", None),
        ("*.md", &first, "found 2", Some((Severity::Warning, "empty"))),
        ("empty.md", &first, "wrong", Some((Severity::Error, "empty"))),
        ("**/*.md", &first, "found 3", Some((Severity::Warning, "empty"))),
        ("notes.txt", &second, "wrong", Some((Severity::Error, ".pdf"))),
        ("scan.pdf", &second, "found 1", Some((Severity::Advice, "PDF"))),
        ("latin.md", &second, "wrong", Some((Severity::Error, "UTF-8"))),
        ("none.md", &first, "wrong", Some((Severity::Error, "none.md"))),
        ("frost.md", &missing, "wrong", Some((Severity::Error, missing.as_str()))),
    ];
    for (pattern, commit, state, finding) in cases {
        world.leaf("knowledge/frost", &knowledge(&docs, commit, pattern));
        let found = world.since(EMPTY_BASE);
        let leaf = &found.leaves[0];
        let told = match &leaf.documents {
            DocumentState::Found { files, .. } => format!("found {files}"),
            DocumentState::Wrong => "wrong".to_owned(),
            other => format!("{other:?}"),
        };
        assert_eq!(told, state, "{pattern}: {:?}", leaf.findings);
        let first = leaf.findings.first();
        assert_eq!(first.is_some(), finding.is_some(), "{pattern}: {first:?}");
        if let (Some(first), Some((severity, word))) = (first, finding) {
            assert_eq!(first.severity, severity, "{first:?}");
            assert!(
                first.message.contains(word) && first.rule == "document" && first.line > 30,
                "{first:?}"
            );
        }
    }
    world.leaf("knowledge/frost", &knowledge(Path::new("../gone"), &first, "*.md"));
    let found = world.since(EMPTY_BASE);
    assert_eq!(found.leaves[0].findings[0].yaml_path, ".document.repo");
}

#[test]
fn offline_says_what_it_could_not_look_at() {
    let world = World::new();
    let address = Path::new("https://user:secret@127.0.0.1:1/docs.git");
    world.leaf("knowledge/frost", &knowledge(address, &"1".repeat(40), "*.md"));
    let request = ContributionRequest {
        base: BaseChoice::Named(EMPTY_BASE.to_owned()),
        count: 10,
        offline: true,
    };
    let mut asked = Vec::new();
    let workbench = world.open();
    let found = workbench
        .contribution(&request, &mut |address| asked.push(address.to_owned()), &|| false)
        .unwrap();
    match &found.leaves[0].documents {
        DocumentState::Unchecked(reason) => {
            assert!(reason.contains("127.0.0.1") && !reason.contains("secret"), "{reason}")
        }
        other => panic!("{other:?}"),
    }
    assert!(asked.is_empty() && !workbench.document_cache().exists());
    assert_eq!(found.number_of(Severity::Error), 0);
    // With the network nobody answers there, which is an error of the leaf.
    let request = ContributionRequest {
        offline: false,
        ..request
    };
    let found = workbench
        .contribution(&request, &mut |address| asked.push(address.to_owned()), &|| false)
        .unwrap();
    assert_eq!((asked.len(), &found.leaves[0].documents), (1, &DocumentState::Wrong));
    assert!(
        found
            .leaves
            .iter()
            .flat_map(|leaf| &leaf.findings)
            .all(|one| !one.message.contains("secret"))
    );
}

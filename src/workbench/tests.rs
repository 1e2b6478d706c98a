use std::path::{Path, PathBuf};

use super::*;
use crate::taxonomy::NodePath;

/// A taxonomy in a temporary folder, with places of its own.
pub(super) struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    pub(super) fn new() -> Self {
        Home {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn places(&self) -> Places {
        Places::below(&self.folder.path().join("home"))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A git that knows nobody, whoever runs the tests.
    fn git(&self) -> GitProgram {
        let config = self.path("gitconfig");
        std::fs::write(&config, "").unwrap();
        let variable = |name: &str, value: &Path| (name.into(), value.as_os_str().to_owned());
        GitProgram {
            environment: vec![
                variable("GIT_CONFIG_GLOBAL", &config),
                variable("GIT_CONFIG_SYSTEM", &config),
                variable("HOME", self.folder.path()),
            ],
            ..GitProgram::default()
        }
    }

    pub(super) fn demo(&self) -> Workbench {
        let laid_out = demo::lay_out(&self.path("demo"), &self.git()).unwrap();
        assert!(laid_out.is_new);
        self.open(&laid_out.root)
    }

    /// The demo again, as after a restart.
    pub(super) fn reopen(&self) -> Workbench {
        self.open(&self.path("demo"))
    }

    fn open(&self, start: &Path) -> Workbench {
        let mut workbench = Workbench::open(start, &self.places(), Environment::of([]), &[]).unwrap();
        workbench.git = self.git();
        workbench
    }
}

pub(super) fn node(path: &str) -> NodePath {
    NodePath::parse(path).unwrap()
}

#[test]
fn a_workbench_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Workbench>();
    shared::<Planned>();
}

#[test]
fn the_demo_is_whole_committed_and_never_laid_out_twice() {
    let home = Home::new();
    let workbench = home.demo();
    let repository = workbench.repository().unwrap();
    assert_eq!(repository.head().unwrap().branch.as_deref(), Some("main"));
    assert_eq!(repository.log(5).unwrap().len(), 1);
    assert!(workbench.changes().unwrap().is_empty());
    assert_eq!(workbench.author().unwrap().unwrap().email, "demo@seedbed.invalid");
    assert!(!home.path("demo/documents").exists());

    let mut leaves = 0;
    crate::taxonomy::check_tree(workbench.root(), Profile::Ci, &|| false, &mut |path, found| {
        leaves += 1;
        let errors: Vec<_> = found
            .iter()
            .filter(|one| one.severity == crate::taxonomy::Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
    });
    assert!(leaves >= 12, "{leaves}");

    let kept = home.path("demo/README.md");
    std::fs::write(&kept, "mine").unwrap();
    let again = demo::lay_out(&home.path("demo"), &home.git()).unwrap();
    assert!(!again.is_new);
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "mine");
}

#[test]
fn the_demo_takes_no_foreign_folder_and_finishes_what_was_killed() {
    let home = Home::new();
    std::fs::create_dir(home.path("full")).unwrap();
    std::fs::write(home.path("full/x"), "").unwrap();
    let error = demo::lay_out(&home.path("full"), &home.git()).unwrap_err();
    assert!(matches!(error, WorkbenchError::NotEmpty { .. }), "{error}");
    std::fs::create_dir(home.path("demo-documents")).unwrap();
    std::fs::write(home.path("demo-documents/x"), "").unwrap();
    let error = demo::lay_out(&home.path("demo"), &home.git()).unwrap_err();
    assert!(error.to_string().contains("demo-documents"), "{error}");
    assert!(!home.path("demo").exists());
    std::fs::remove_dir_all(home.path("demo-documents")).unwrap();

    // Killed between the two moves: the documents are there, the taxonomy is not, and a work folder was left.
    demo::lay_out(&home.path("demo"), &home.git()).unwrap();
    std::fs::remove_dir_all(home.path("demo")).unwrap();
    let left = home.path(".demo.laying-out-abc/taxonomy/knowledge");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(home.path(".demo.laying-out-abc/lock"), "").unwrap();
    assert!(demo::lay_out(&home.path("demo"), &home.git()).unwrap().is_new);
    assert!(!left.exists());
    let hidden = std::fs::read_dir(home.folder.path()).unwrap().flatten();
    assert!(
        hidden
            .filter(|entry| entry.file_name().to_string_lossy().starts_with('.'))
            .count()
            == 0
    );
}

#[test]
fn opening_says_what_is_missing() {
    let home = Home::new();
    let open = |start: &Path| Workbench::open(start, &home.places(), Environment::of([]), &[]).map(|_| ());
    assert!(matches!(
        open(home.folder.path()),
        Err(WorkbenchError::NoTaxonomy { .. })
    ));
    std::fs::create_dir_all(home.path("bare/knowledge")).unwrap();
    assert!(matches!(
        open(&home.path("bare")),
        Err(WorkbenchError::NoRepository { .. })
    ));
    home.demo();
    std::fs::write(
        home.path("demo/.seedbed.yaml"),
        "teachers: { x: { url: 'http://evil' } }\n",
    )
    .unwrap();
    let error = open(&home.path("demo")).unwrap_err().to_string();
    assert!(
        error.contains(".seedbed.yaml:1") && error.contains("may not set"),
        "{error}"
    );
}

#[test]
fn nodes_are_found_as_people_type_them() {
    let home = Home::new();
    let workbench = home.demo();
    let root = workbench.root().to_owned();
    let here = root.join("compositional_skills/linguistics");
    for (typed, current) in [
        (demo::FIRST_LEAF, root.as_path()),
        ("polite_replies", here.as_path()),
        ("polite_replies/qna.yaml", here.as_path()),
        (".", &root.join(demo::FIRST_LEAF)),
    ] {
        assert_eq!(
            workbench.node(typed, current).unwrap().as_str(),
            demo::FIRST_LEAF,
            "{typed}"
        );
    }
    let error = workbench
        .node("compositional_skills/linguistics/polite_reply", &root)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("did you mean {}?", demo::FIRST_LEAF)),
        "{error}"
    );
    let error = workbench.node("polite_replies", &root).unwrap_err();
    assert!(error.to_string().contains(demo::FIRST_LEAF), "{error}");
    assert!(workbench.node("../..", &root).is_err());
    assert!(workbench.leaves(&node("knowledge")).unwrap().len() >= 2);
}

#[test]
fn a_changed_seed_with_errors_holds_the_commit_back() {
    let home = Home::new();
    let workbench = home.demo();
    let seeds = node(demo::FIRST_LEAF).qna(workbench.root());
    std::fs::write(&seeds, "version: 3\ncreated_by: me\n").unwrap();
    let changes = workbench.changes().unwrap();
    let paths = changes.offered_paths();
    assert!(!workbench.blocking(&changes, &paths).is_empty());
    let mut commit = CommitRequest {
        message: changes.draft_message(&paths),
        paths,
        ..CommitRequest::default()
    };
    assert!(matches!(
        workbench.commit(&commit),
        Err(WorkbenchError::SeedErrors { .. })
    ));
    commit.despite_errors = true;
    commit.new_branch = Some("try".into());
    assert_eq!(workbench.commit(&commit).unwrap().branch.as_deref(), Some("try"));
}

#[test]
fn a_taxonomy_may_lie_in_a_folder_of_its_repository() {
    let home = Home::new();
    home.demo();
    let outer = home.path("outer");
    std::fs::create_dir_all(outer.join("tax")).unwrap();
    std::fs::rename(
        home.path("demo/compositional_skills"),
        outer.join("tax/compositional_skills"),
    )
    .unwrap();
    crate::git::init_repository(&outer, "main", &home.git()).unwrap();
    let workbench = home.open(&outer.join("tax"));
    std::fs::write(outer.join("tax/.gitattributes"), "x").unwrap();
    std::fs::write(outer.join("other"), "x").unwrap();
    let changes = workbench.changes().unwrap();
    let seed = changes.group(ChangeGroup::Seeds).next().unwrap();
    assert!(seed.path.starts_with("tax/compositional_skills") && seed.shown.starts_with("compositional_skills"));
    assert_eq!(changes.group(ChangeGroup::Support).count(), 1);
    assert_eq!(
        changes
            .group(ChangeGroup::Other)
            .map(|file| file.path.as_str())
            .collect::<Vec<_>>(),
        ["other"]
    );
}

#[tokio::test]
async fn teachers_are_known_by_name() {
    let home = Home::new();
    let places = home.places();
    std::fs::create_dir_all(places.config_file.parent().unwrap()).unwrap();
    let settings =
        "teachers:\n  granite: { url: 'http://10.0.0.9:8000/v1', model: granite-4.0-h-small, key_env: GRANITE_KEY }\n";
    std::fs::write(&places.config_file, settings).unwrap();
    let workbench = home.demo();
    let choices = workbench.teachers().choices();
    let granite = choices.first().unwrap();
    assert_eq!(
        (granite.name.as_str(), granite.host.as_str()),
        ("granite", "10.0.0.9:8000")
    );
    assert!(granite.is_default && granite.remote && !granite.is_ready() && granite.missing[0].contains("GRANITE_KEY"));
    assert_eq!(
        workbench.teachers().by_name(None).await.unwrap().model(),
        "granite-4.0-h-small"
    );
    let error = workbench
        .teachers()
        .by_name(Some("granit"))
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("granite") && error.contains("config.yaml"), "{error}");
    if cfg!(feature = "embedded") {
        let embedded = choices.iter().find(|choice| choice.name == EMBEDDED).unwrap();
        assert!(embedded.demonstration && !embedded.is_ready());
        let error = workbench
            .teachers()
            .by_name(Some(EMBEDDED))
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("seedbed teacher pull"), "{error}");
    }
}

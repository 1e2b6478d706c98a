//! Documents in real repositories: pinned, compared, taken in.

use std::fs;

use super::tests::{Home, node};
use super::*;
use crate::git::Reach;
use crate::taxonomy::DocumentPin;
use crate::taxonomy::knowledge::{ChunkSize, Placed};

const FROST: &str = "knowledge/technology/agriculture/horticulture/frost_protection";

fn never() -> bool {
    false
}

fn new(workbench: &Workbench, name: &str, text: &str) -> NewDocument {
    NewDocument {
        repo: "../demo-documents".into(),
        name: name.into(),
        text: text.into(),
        message: format!("Add {name}"),
        sign_off: workbench.settings().mouse,
        replace: false,
    }
}

#[test]
fn a_leaf_is_compared_with_its_documents_and_pinned_anew() {
    let home = Home::new();
    let workbench = home.demo();
    let leaf = workbench.leaf_file(&node(FROST)).unwrap().leaf();
    let texts = workbench.document_texts(&leaf, false, &never).unwrap();
    let found = workbench.coverage_of(&leaf, &texts, ChunkSize::USUAL);
    assert!(
        found
            .contexts
            .iter()
            .all(|context| matches!(context.placed, Placed::Exact(_))),
        "{found:?}"
    );
    assert!(found.share() > 0.1 && found.share() <= 1.0, "{}", found.share());

    let repository = workbench
        .document_repository("../demo-documents", false, &never)
        .unwrap();
    assert!(!repository.is_address && repository.notes.len() == 1);
    let pin = leaf.document.clone().unwrap();
    assert_eq!(repository.revisions.newest.as_deref(), Some(pin.commit.as_str()));
    let matched = workbench.matched(&pin).unwrap();
    assert_eq!(matched.files.len(), 1);
    assert_eq!((matched.reach, matched.notes.len()), (Some(Reach::OnlyHere), 0));
    assert!(matched.words() > 100 && matched.others.iter().any(|name| name == "bicycle-chain.md"));
    let other = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|text| (*text).to_owned()).collect();
        workbench.matched(&DocumentPin {
            patterns,
            ..pin.clone()
        })
    };
    assert_eq!(other(&["nothing/*.md"]).unwrap().files.len(), 0);
    assert!(other(&["**/*.md"]).unwrap().notes[0].contains("reads ** as *"));
    assert!(other(&["[a"]).is_err());
    let skill = node("compositional_skills/writing");
    let of_skill = crate::taxonomy::leaf_of(&skill, None);
    assert!(matches!(
        workbench.document_texts(&of_skill, false, &never),
        Err(WorkbenchError::NotKnowledge { .. })
    ));
}

#[test]
fn documents_are_committed_with_the_habit_of_their_repository() {
    let home = Home::new();
    let workbench = home.demo();
    let repo = home.path("demo-documents");
    let committed = workbench
        .commit_document(&new(&workbench, "garden/frost.md", "# Frost\n"))
        .unwrap();
    assert_eq!(fs::read_to_string(repo.join("garden/frost.md")).unwrap(), "# Frost\n");
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .args(arguments)
            .current_dir(&repo)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(git(&["log", "-1", "--format=%H%n%B"]).starts_with(&committed.id));
    assert!(!git(&["log", "-1", "--format=%B"]).contains("Signed-off-by"));
    let signed = NewDocument {
        sign_off: Some(true),
        ..new(&workbench, "b.md", "b\n")
    };
    workbench.commit_document(&signed).unwrap();
    assert!(git(&["log", "-1", "--format=%B"]).contains("Signed-off-by: "));

    let other = new(&workbench, "b.md", "other\n");
    assert!(workbench.document_is_there(&other).unwrap());
    assert!(matches!(
        workbench.commit_document(&other),
        Err(WorkbenchError::DocumentExists { .. })
    ));
    let replaced = NewDocument { replace: true, ..other };
    workbench.commit_document(&replaced).unwrap();
    assert_eq!(fs::read_to_string(repo.join("b.md")).unwrap(), "other\n");
    for name in ["../out.md", "/tmp/out.md", ".git/x.md", "a\n.md", "a.txt", ".md", ""] {
        let error = workbench.commit_document(&new(&workbench, name, "x")).unwrap_err();
        assert!(
            matches!(error, WorkbenchError::BadDocumentName { .. }),
            "{name}: {error}"
        );
    }
    let address = NewDocument {
        repo: "https://u:secret@example.org/a.git".into(),
        ..new(&workbench, "a.md", "x")
    };
    let told = workbench.commit_document(&address).unwrap_err().to_string();
    assert!(
        told.contains("https://example.org/a.git") && !told.contains("secret"),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_a_document_out_of_its_repository() {
    let home = Home::new();
    let workbench = home.demo();
    fs::create_dir(home.path("outside")).unwrap();
    std::os::unix::fs::symlink(home.path("outside"), home.path("demo-documents/way")).unwrap();
    let error = workbench
        .commit_document(&new(&workbench, "way/a.md", "x"))
        .unwrap_err();
    assert!(matches!(error, WorkbenchError::BadDocumentName { .. }), "{error}");
    assert!(!home.path("outside/a.md").exists());
}

#[test]
fn an_address_is_never_fetched_unasked() {
    let home = Home::new();
    let workbench = home.demo();
    let error = workbench
        .document_repository("https://u:secret@example.invalid/a.git", false, &never)
        .unwrap_err();
    assert!(
        matches!(&error, WorkbenchError::AddressNotFetched { address } if !address.contains("secret")),
        "{error}"
    );
}

//! The documents screen with a real repository beside the taxonomy.

use std::path::PathBuf;
use std::process::Command as Program;

use crate::tui::testing::Stage;
use jiff::SignedDuration;

const LEAF: &str = "knowledge/garden/frost";
const FROST: &str = "# Frost\n\nSeedlings wilt below two degrees. Water the soil the evening before.\n\n# Fleece\n\nCover the beds at dusk. Take the fleece off in the morning.\n";

fn git(folder: &PathBuf, arguments: &[&str]) -> String {
    let output = Program::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A stage with one knowledge leaf and its documents; the first context was changed after it was copied.
fn stage() -> (Stage, PathBuf) {
    let text = "version: 3 # newest\ncreated_by: ada\ndomain: garden\nseed_examples:\n  - context: |\n      Seedlings wilt below three degrees. Water the beds the evening before.\n    questions_and_answers:\n      - question: When?\n        answer: At dusk.\ndocument_outline: Frost\ndocument:\n  repo: ../library\n  commit: COMMIT\n  patterns:\n    - frost.md\n";
    let mut stage = Stage::new(&[(LEAF, text)]);
    let library = stage.model.root.parent().unwrap().join("library");
    std::fs::create_dir_all(&library).unwrap();
    git(&library, &["init", "-q", "-b", "main"]);
    git(&library, &["config", "user.name", "Ada"]);
    git(&library, &["config", "user.email", "ada@example.org"]);
    std::fs::write(library.join("frost.md"), FROST).unwrap();
    std::fs::write(library.join("soil.md"), "# Soil\n\nClay holds water.\n").unwrap();
    git(&library, &["add", "."]);
    git(&library, &["commit", "-q", "-m", "Start"]);
    let commit = git(&library, &["rev-parse", "HEAD"]);
    let file = stage.model.root.join(LEAF).join("qna.yaml");
    std::fs::write(&file, text.replace("COMMIT", &commit)).unwrap();
    stage.model.tree.rows.chosen = 0;
    stage.act(crate::tui::event::Action::Report(
        crate::tui::report::Report::FilesChanged(vec!["knowledge".into()]),
    ));
    stage.effects.push(crate::tui::effect::Effect::Browse(
        crate::tui::screens::browse::Effect::Scan { again: true },
    ));
    stage.settle();
    stage
        .model
        .tree
        .choose(&crate::taxonomy::NodePath::parse(LEAF).unwrap());
    stage.press("o");
    stage.settle();
    (stage, library)
}

fn contexts(stage: &Stage) -> Vec<String> {
    let sheet = stage.model.edit.sheet.as_ref().unwrap();
    let examples = sheet.leaf.seed_examples.iter();
    examples
        .map(|example| example.context.clone().unwrap_or_default())
        .collect()
}

#[test]
fn a_passage_becomes_the_context_of_a_new_example_and_undo_takes_it_back() {
    let (mut stage, _) = stage();
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("frost.md") && screen.contains("Water the soil"),
        "{screen}"
    );
    assert!(
        screen.contains("0 % covered") && screen.contains("example 1: changed"),
        "{screen}"
    );
    stage.press("/");
    stage.write("COVER THE");
    assert!(stage.draw(120, 30).contains("1 found"));
    stage.press("enter s s enter");
    stage.settle();
    assert_eq!(
        contexts(&stage)[1],
        "Cover the beds at dusk. Take the fleece off in the morning."
    );
    assert!(
        stage.notice().contains("context of example 2: 12 words"),
        "{}",
        stage.notice()
    );
    let screen = stage.draw(120, 30);
    assert!(!screen.contains("0 % covered") && screen.contains(" 2▌"), "{screen}");
    assert!(stage.on_disk(LEAF).lines().count() < 20, "nothing is saved unasked");
    stage.press("u");
    stage.settle();
    assert_eq!(contexts(&stage).len(), 1);
    assert!(stage.draw(120, 30).contains("0 % covered"));
}

#[test]
fn a_context_that_changed_is_replaced_by_the_passage_it_came_from() {
    let (mut stage, _) = stage();
    stage.press("tab home");
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("context of example 1") && screen.contains("selected"),
        "{screen}"
    );
    stage.press("enter");
    stage.settle();
    assert_eq!(
        contexts(&stage),
        ["Seedlings wilt below two degrees. Water the soil the evening before."]
    );
    assert!(!stage.draw(120, 30).contains("changed"));
    stage.press("ctrl-s");
    stage.settle();
    assert!(stage.on_disk(LEAF).contains("wilt below two degrees"));
    assert!(stage.on_disk(LEAF).starts_with("version: 3 # newest\n"));
}

#[test]
fn keys_and_mouse_select_and_unused_parts_are_found() {
    let (mut stage, _) = stage();
    stage.draw(120, 30);
    stage.press("n");
    let screen = stage.draw(120, 30);
    assert!(screen.contains("nobody"), "{screen}");
    stage.click("Cover the");
    stage.press("shift-down");
    let screen = stage.draw(120, 30);
    assert!(screen.contains("selected") && screen.contains("of 500"), "{screen}");
    stage.press("esc");
    assert!(stage.draw(120, 30).contains("select with shift"));
    stage.press("enter");
    assert!(stage.notice().contains("select a passage first"), "{}", stage.notice());
    // The example it goes to: the first, or a new one.
    assert!(stage.draw(120, 30).contains("context of a new example"));
    stage.press("]");
    assert!(stage.draw(120, 30).contains("context of example 1"));
    stage.press("esc");
    assert!(stage.draw(120, 30).contains("browse"));
    for (width, height) in [(40, 10), (80, 24), (200, 50)] {
        stage.press("o");
        stage.settle();
        stage.draw(width, height);
        stage.press("esc");
    }
}

#[test]
fn repository_commit_and_files_are_chosen_with_the_matches_in_sight() {
    let (mut stage, library) = stage();
    std::fs::write(library.join("late.md"), "# Late\n\nFrost in May.\n").unwrap();
    git(&library, &["add", "."]);
    git(&library, &["commit", "-q", "-m", "Add late frost"]);
    let newest = git(&library, &["rev-parse", "HEAD"]);
    stage.press("r");
    stage.settle();
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("newest") && screen.contains("Add late frost") && screen.contains("Start"),
        "{screen}"
    );
    assert!(screen.contains("1 file ") && screen.contains("soil.md"), "{screen}");
    stage.press("home tab");
    stage.write(", l*.md");
    stage.settle();
    let screen = stage.draw(120, 30);
    assert!(screen.contains("2 files") && screen.contains("✓ late.md"), "{screen}");
    stage.write(", [x");
    stage.settle();
    assert!(stage.draw(120, 30).contains("not a file pattern"));
    stage.press("backspace backspace backspace backspace");
    stage.settle();
    stage.press("ctrl-s");
    stage.settle();
    assert!(stage.notice().contains("pinned"), "{}", stage.notice());
    let sheet = stage.model.edit.sheet.as_ref().unwrap();
    let pin = sheet.leaf.document.clone().unwrap();
    assert_eq!(
        (pin.commit, pin.patterns),
        (newest, vec!["frost.md".to_owned(), "l*.md".to_owned()])
    );
    let screen = stage.draw(120, 30);
    assert!(screen.contains("late.md"), "{screen}");
}

#[test]
fn a_file_is_imported_looked_over_and_committed() {
    let (mut stage, library) = stage();
    let file = library.parent().unwrap().join("Late Frost.txt");
    std::fs::write(&file, "Late frost\r\n\r\n\r\n\r\ncomes in May.\u{1b}[31m\r\n").unwrap();
    stage.press("i");
    stage.write(file.to_str().unwrap());
    stage.wait(SignedDuration::from_secs(1));
    stage.press("enter");
    stage.settle();
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("Late frost") && screen.contains("by seedbed"),
        "{screen}"
    );
    stage.report(crate::tui::report::Report::Edited {
        target: crate::tui::effect::EditorTarget::ImportedDocument,
        text: Some("# Late frost\n\nIt comes in May.\n".into()),
    });
    stage.press("enter");
    assert!(stage.draw(120, 30).contains("late_frost.md"));
    stage.wait(SignedDuration::from_secs(1));
    stage.press("enter");
    stage.settle();
    assert!(stage.notice().contains("committed late_frost.md"), "{}", stage.notice());
    assert_eq!(
        git(&library, &["show", "HEAD:late_frost.md"]),
        "# Late frost\n\nIt comes in May."
    );
    let said = git(&library, &["log", "-1", "--format=%B"]);
    assert!(
        said.contains("converted from Late Frost.txt") && !said.contains("Signed-off-by"),
        "{said}"
    );
    // The newest commit is offered at once.
    assert!(stage.draw(120, 30).contains("commit to pin"));
    stage.press("home");
    stage.settle();
    assert!(stage.draw(120, 30).contains("late_frost.md"));
}

#[test]
fn documents_that_are_missing_say_what_to_do() {
    let (mut stage, library) = stage();
    std::fs::rename(&library, library.with_extension("gone")).unwrap();
    stage.press("esc");
    stage.model.documents = super::Documents::default();
    stage.press("o");
    stage.settle();
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("there is no document repository") && screen.contains("chooses documents"),
        "{screen}"
    );
}

#[test]
fn the_borders_of_chunks_are_shown_turned_and_hidden() {
    let (mut stage, _) = stage();
    let screen = stage.draw(120, 30);
    assert!(
        screen.contains("frost.md · chunks of 500 tokens, 50 shared") && screen.contains("── chunk 1 · 37 tokens ─"),
        "{screen}"
    );
    // A section that does not fit is cut: what is shared is told and marked.
    stage.model.generate.wish_chunks(19, 12);
    stage.press("v v");
    stage.settle();
    let screen = stage.draw(120, 30);
    assert!(screen.contains("chunk 2 · "), "{screen}");
    assert!(screen.contains(" shared ─") && screen.contains("┊"), "{screen}");
    assert!(stage.notice().contains("+ and - change the size"), "{}", stage.notice());
    stage.press("+");
    stage.settle();
    assert!(stage.draw(120, 30).contains("chunks of 50 tokens, 12 shared"));
    for (width, height) in [(80, 24), (60, 20)] {
        assert!(stage.draw(width, height).contains("── chunk 1 · "));
    }
    stage.press("v");
    let screen = stage.draw(120, 30);
    assert!(!screen.contains("── chunk") && !screen.contains("┊"), "{screen}");
}

#[test]
fn the_pointer_and_the_caret_know_the_lines_that_borders_take() {
    let (mut stage, _) = stage();
    stage.model.generate.wish_chunks(19, 0);
    stage.press("v v");
    stage.settle();
    stage.draw(120, 30);
    stage.click("Take the fleece");
    stage.press("s");
    let screen = stage.draw(120, 30);
    assert!(screen.contains("selected 7 words"), "{screen}");
    stage.press("esc home");
    stage.draw(60, 17);
    // As far down as the window goes, with the border of the last chunk in it.
    stage.press("end");
    let screen = stage.draw(60, 17);
    assert!(
        screen.contains("Take the fleece off") && screen.contains("── chunk"),
        "{screen}"
    );
    stage.press("home");
    assert!(stage.draw(60, 17).contains("── chunk 1 "));
}

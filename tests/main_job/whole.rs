//! Browse, edit, preview, generate, review, undo, restart, commit.

use std::fs;

use crate::desk::LEAF;
use crate::stage::{READY, Stage, acts, choose_leaf, question, quit, text, wait_for_all};
use crate::terminal::{PATIENCE, Terminal};

const FROST: &str = "knowledge/technology/agriculture/horticulture/frost_protection";

#[test]
fn the_whole_job() {
    // Three requests of the preview and two of the run are answered at once.
    let stage = Stage::new(5);
    let terminal = stage.open_at_leaf();
    wait_for_all(&terminal, &["8 seed examples", "no samples yet", "no findings"]);

    preview_unsaved_seeds(&stage, &terminal);
    edit_an_answer(&stage, &terminal);
    generate_while_elsewhere(&stage, &terminal);
    let samples = stage.run_samples();
    assert_eq!(samples.len(), 6);
    let id = |nth: usize| text(&samples[nth]["id"]);
    let shown = |terminal: &Terminal, nth: usize| {
        wait_for_all(
            terminal,
            &[
                &format!(" {}/6 ", nth + 1),
                &format!("sample {}", nth + 1),
                &question(&samples[nth]),
            ],
        );
    };

    terminal.key("r");
    shown(&terminal, 0);
    wait_for_all(&terminal, &["asked to resemble", "How do I say this politely"]);
    terminal.key("a");
    wait_for_all(&terminal, &["✓ 1 accepted", "last: accepted"]);
    assert_eq!(acts(&stage.journal()), [("accept".to_owned(), id(0))]);
    assert_eq!(stage.curated(), samples[..1]);
    shown(&terminal, 1);
    terminal.key("x");
    terminal.wait_for("why?");
    terminal.key("2");
    wait_for_all(&terminal, &["✗ 1 rejected", "last: rejected, wrong"]);
    shown(&terminal, 2);
    terminal.key("space");
    terminal.wait_for("last: skipped");
    shown(&terminal, 3);
    terminal.key("f");
    terminal.wait_for("last: flagged");
    shown(&terminal, 4);
    keep_edit(&terminal, "Dear neighbour. ");
    terminal.key("a");
    wait_for_all(&terminal, &["✓ 2 accepted", "last: accepted"]);
    shown(&terminal, 5);

    terminal.key("backspace");
    wait_for_all(&terminal, &[" 5/6 ", "✓ 1 accepted", "taken back", "Dear neighbour. "]);
    quit(terminal);

    // Undo goes on where it was, and so does the queue.
    let terminal = stage.open_at_leaf();
    terminal.wait_for("6 samples · ✓ 1 accepted · ✗ 1 rejected");
    terminal.key("r");
    wait_for_all(
        &terminal,
        &[
            " 5/6 ",
            "sample 5 · edited",
            "Dear neighbour. ",
            "✓ ✗ – ⚑   last: flagged",
        ],
    );
    terminal.key("backspace");
    shown(&terminal, 4);
    terminal.wait_gone("· edited");
    terminal.wait_gone("Dear neighbour. ");
    terminal.key("backspace");
    shown(&terminal, 3);
    terminal.wait_for("✓ ✗ –   last: skipped");
    terminal.key("f");
    terminal.wait_for("last: flagged");
    shown(&terminal, 4);
    keep_edit(&terminal, "Dear customer. ");
    terminal.key("a");
    wait_for_all(&terminal, &["✓ 2 accepted", "last: accepted"]);
    shown(&terminal, 5);

    let journal = stage.journal();
    let curated = stage.curated();
    // Five of the run, and two edits of the fifth, of which the first was undone.
    assert_eq!(curated[..5], samples[..5]);
    assert_eq!(curated.len(), 7, "{curated:?}");
    for (edited, greeting) in [(&curated[5], "Dear neighbour. "), (&curated[6], "Dear customer. ")] {
        assert_eq!(edited["parent"], samples[4]["id"]);
        assert_eq!(edited["messages"][0], samples[4]["messages"][0]);
        assert_eq!(
            text(&edited["messages"][1]["content"]),
            format!("{greeting}{}", text(&samples[4]["messages"][1]["content"]))
        );
        assert!(
            text(&edited["provenance"]["editor"]).contains("ann@example.org"),
            "{edited}"
        );
    }
    let edits = [text(&curated[5]["id"]), text(&curated[6]["id"])];
    let wanted = [
        ("accept", id(0)),
        ("reject", id(1)),
        ("reject", id(1)),
        ("skip", id(2)),
        ("flag", id(3)),
        ("reject", id(4)),
        ("accept", edits[0].clone()),
        ("undo", edits[0].clone()),
        ("undo", id(4)),
        ("undo", id(3)),
        ("flag", id(3)),
        ("reject", id(4)),
        ("accept", edits[1].clone()),
    ];
    assert_eq!(
        acts(&journal),
        wanted.map(|(action, sample)| (action.to_owned(), sample))
    );
    assert_eq!(journal[2]["reasons"][0], "wrong");
    assert_eq!(journal[11]["replaced_by"], edits[1].as_str());

    commit(&stage, &terminal);
    quit(terminal);
    assert_eq!(stage.journal(), journal);
    assert_eq!(stage.curated(), curated);
    assert_eq!(stage.desk.ids(&["--verdict", "accepted"]), [id(0), edits[1].clone()]);
    assert_eq!(stage.desk.ids(&["--verdict", "pending"]), [id(5)]);
}

/// Changes the task without saving, has samples made of it, and takes the change back.
fn preview_unsaved_seeds(stage: &Stage, terminal: &Terminal) {
    let before = fs::read(stage.qna(LEAF)).unwrap();
    terminal.key("enter");
    wait_for_all(terminal, &[" 8 examples · ", "esc back"]);
    terminal.key("down");
    terminal.key("enter");
    terminal.wait_for("esc done");
    terminal.keys(" Sign every reply as Marigold.");
    wait_for_all(terminal, &["● unsaved", "Marigold."]);
    terminal.key("esc");
    terminal.wait_gone("esc done");
    terminal.key("p");
    wait_for_all(terminal, &["preview: not kept · loop", "1 done", "2 done", "3 done"]);
    let chats = stage.teacher.chats();
    assert_eq!(chats.len(), 3);
    for chat in &chats {
        let asked = chat.body["messages"].to_string();
        assert!(asked.contains("Sign every reply as Marigold."), "{asked}");
    }
    assert_eq!(fs::read(stage.qna(LEAF)).unwrap(), before);
    assert!(stage.desk.runs().is_empty());
    terminal.key("esc");
    terminal.wait_gone("preview: not kept");
    terminal.key("u");
    terminal.wait_gone("● unsaved");
}

/// Types into the first answer and saves; nothing else in the file changes.
fn edit_an_answer(stage: &Stage, terminal: &Terminal) {
    let before = fs::read_to_string(stage.qna(LEAF)).unwrap();
    terminal.key("home");
    for _ in 0..5 {
        terminal.key("down");
    }
    terminal.key("enter");
    terminal.wait_for("The answer you would want to read");
    terminal.keys(" Have a good day.");
    wait_for_all(terminal, &["● unsaved", "day."]);
    assert_eq!(fs::read_to_string(stage.qna(LEAF)).unwrap(), before);
    terminal.key("ctrl-s");
    terminal.wait_for("✓ saved; ");
    terminal.wait_gone("● unsaved");
    let wanted = before.replacen(
        "Thank you for your patience.",
        "Thank you for your patience. Have a good day.",
        1,
    );
    assert_ne!(wanted, before);
    assert_eq!(fs::read_to_string(stage.qna(LEAF)).unwrap(), wanted);
    terminal.key("esc");
    terminal.wait_gone("esc done");
}

/// Starts a run of six, and looks at another leaf while it goes on.
fn generate_while_elsewhere(stage: &Stage, terminal: &Terminal) {
    terminal.key("g");
    wait_for_all(terminal, &["what this does and costs", "10 calls", "teacher loop"]);
    for key in ["backspace", "backspace", "6"] {
        terminal.key(key);
    }
    wait_for_all(terminal, &["‹ 6 ›", "6 calls"]);
    terminal.key("enter");
    wait_for_all(terminal, &["running · loop", "✓ 2 made", "↻ 2/6"]);
    terminal.key("f2");
    wait_for_all(terminal, &[READY, "↻ 2/6"]);
    choose_leaf(terminal, "frost", FROST);
    terminal.wait_for("↻ 2/6");
    stage.gate.open();
    terminal.wait_for("6 made, 0 dropped");
    terminal.wait_gone("↻");
    assert_eq!(stage.teacher.chats().len(), 9);
    choose_leaf(terminal, "polite", LEAF);
    terminal.wait_for("6 to review");
}

/// Edits the sample on show: a greeting before its answer.
fn keep_edit(terminal: &Terminal, greeting: &str) {
    terminal.key("e");
    terminal.wait_for("ctrl-s keeps it as a new sample");
    terminal.key("ctrl-home");
    terminal.keys(greeting);
    terminal.wait_for(greeting);
    terminal.key("ctrl-s");
    wait_for_all(terminal, &["kept as a new sample", "sample 5 · edited", greeting]);
}

/// Commits everything but a file that is none of Seedbed's business.
fn commit(stage: &Stage, terminal: &Terminal) {
    fs::write(stage.desk.path("tax/notes.txt"), "private\n").unwrap();
    terminal.key("c");
    wait_for_all(
        terminal,
        &[
            "4 of 5 chosen",
            "[ ] notes.txt",
            "Signed-off-by: Ann Example",
            "Curate 2 samples, reject 1 and edit seeds",
        ],
    );
    terminal.key("m");
    terminal.wait_for("esc done");
    terminal.key("ctrl-home");
    terminal.keys("Spring round: ");
    terminal.wait_for("Spring round: Curate");
    terminal.key("ctrl-s");
    terminal.wait_for("✓ committed");
    let message = stage.desk.git(&["log", "-1", "--format=%an <%ae>%n%B"]);
    assert!(
        message.starts_with("Ann Example <ann@example.org>\nSpring round: Curate 2 samples"),
        "{message}"
    );
    assert!(
        message.contains("1 edited, 1 rejected (1 wrong), 1 skipped, 1 flagged"),
        "{message}"
    );
    assert!(
        message
            .trim_end()
            .ends_with("Signed-off-by: Ann Example <ann@example.org>"),
        "{message}"
    );
    let files = stage.desk.git(&["show", "--name-only", "--format=", "HEAD"]);
    let wanted = [
        ".gitattributes".to_owned(),
        format!("{LEAF}/qna.yaml"),
        format!("curated/{LEAF}/reviews/ann-at-example.org.jsonl"),
        format!("curated/{LEAF}/samples.jsonl"),
    ];
    assert_eq!(files.lines().collect::<Vec<_>>(), wanted);
    assert_eq!(stage.desk.git(&["status", "--porcelain"]), "?? notes.txt\n");
}

#[test]
fn samples_of_knowledge_stand_beside_their_passage() {
    let stage = Stage::new(usize::MAX);
    let terminal = stage.open();
    choose_leaf(&terminal, "frost", FROST);
    terminal.key("g");
    wait_for_all(&terminal, &["‹ knowledge ›", "10 calls"]);
    for key in ["backspace", "backspace", "3"] {
        terminal.key(key);
    }
    terminal.wait_for("3 calls");
    terminal.key("enter");
    terminal.wait_for("3 made, 0 dropped");
    terminal.key("r");
    wait_for_all(
        &terminal,
        &[" 1/3 ", "source: frost-protection.md", "tab: source · seed example"],
    );
    let document = fs::read_to_string(stage.desk.path("tax-documents/frost-protection.md"));
    let document = document.unwrap_or_else(|_| terminal.fail("where is the document"));
    for sample in stage.run_samples() {
        wait_for_all(&terminal, &[&question(&sample)]);
        let passage = text(&sample["context"]);
        // The bytes of the document that it points at, below the headings that stand above them there.
        let span = &sample["provenance"]["document"];
        let place = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
        let bytes = document.get(place("start")..place("end")).unwrap();
        let above = passage.strip_suffix(bytes).unwrap_or_else(|| panic!("{passage}"));
        let heading = text(&span["heading"]);
        assert!(above.lines().all(|line| heading.contains(line)), "{above}");
        // The first words of its first paragraph, which stand on one row.
        let paragraph = bytes
            .lines()
            .find(|line| !line.starts_with('#') && !line.trim().is_empty())
            .unwrap();
        let words: Vec<&str> = paragraph.split_whitespace().take(4).collect();
        terminal.wait_until("the passage on the left", PATIENCE, |screen| {
            screen.rows(0, 60).any(|row| row.contains(&words.join(" ")))
        });
        terminal.key("a");
    }
    terminal.wait_for("✓ 3 accepted");
    quit(terminal);
}

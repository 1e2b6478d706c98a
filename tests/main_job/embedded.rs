//! The whole job once with the real small model inside the program; left out unless SEEDBED_WEIGHTS names its file.
#![cfg(feature = "embedded")]

use std::io::Write;
use std::time::Duration;

use crate::desk::LEAF;
use crate::stage::{Stage, acts, kill, text, wait_for_all};

/// A debug build on a busy machine writes some tokens a second.
const SLOW: Duration = Duration::from_secs(400);

#[test]
fn the_model_inside_writes_samples_that_are_reviewed_and_committed() {
    let Some(weights) = std::env::var_os("SEEDBED_WEIGHTS") else {
        // Past the test runner's capture, so that nobody takes this for a pass with the model.
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: SEEDBED_WEIGHTS names no model, so none was asked"
        );
        return;
    };
    let stage = Stage::new(0);
    stage.desk.settings(&format!(
        "embedded: {{ path: '{}' }}\nroles: {{ teacher: embedded }}\n",
        weights.to_string_lossy()
    ));
    let terminal = stage.open_at_leaf();
    terminal.key("g");
    wait_for_all(&terminal, &["embedded", "expect to reject most drafts", "10 calls"]);
    // So small a model can have all its first drafts dropped: many are asked for, and the run is stopped at the first made.
    for key in ["backspace", "backspace", "6", "0"] {
        terminal.key(key);
    }
    terminal.wait_for("60 calls");
    terminal.key("enter");
    wait_for_all(&terminal, &["running · embedded"]);
    // The rest stays usable meanwhile.
    terminal.key("f2");
    wait_for_all(&terminal, &["18 leaves", "↻"]);
    terminal.key("f4");
    terminal.wait_until("a sample", SLOW, |screen| {
        let shown = screen.contents();
        (1..=60).any(|made| shown.contains(&format!("✓ {made} made")))
    });
    terminal.key("ctrl-k");
    // What the model is writing at that moment is finished or dropped first.
    terminal.wait_until("the run to stop", SLOW, |screen| !screen.contents().contains("↻"));
    let samples = stage.run_samples();
    assert!(!samples.is_empty(), "every draft was dropped:\n{}", terminal.screen());
    terminal.key("r");
    wait_for_all(&terminal, &[&format!(" 1/{} ", samples.len()), "asked to resemble"]);
    terminal.key("x");
    wait_for_all(&terminal, &["✗ 1 rejected", "why?"]);
    terminal.key("1");
    terminal.wait_for("last: rejected, off topic");
    let rejected = text(&samples[0]["id"]);
    let journal = acts(&stage.journal());
    assert_eq!(journal.last(), Some(&("reject".to_owned(), rejected)));
    terminal.key("c");
    terminal.wait_for("Signed-off-by: Ann Example");
    terminal.key("ctrl-s");
    terminal.wait_for("✓ committed");
    let files = stage.desk.git(&["show", "--name-only", "--format=", "HEAD"]);
    assert!(files.contains(&format!("curated/{LEAF}/samples.jsonl")), "{files}");
    kill(terminal);
}

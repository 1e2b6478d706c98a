//! Windows of every size.

use crate::taxonomy::{SKILL, TestTaxonomy};
use crate::{READY, find_leaf, launch, opened};

/// A sample of the leaf that is found by `reply`.
const SAMPLE: &str = r#"{"id":"3f9a","node":"compositional_skills/writing/reply","kind":"skill","messages":[{"role":"user","content":"Come on Monday?"},{"role":"assistant","content":"Gladly, on Monday."}],"provenance":{}}
"#;

#[test]
fn every_size_is_survived_on_every_screen() {
    let taxonomy = TestTaxonomy::small();
    taxonomy.write(&format!("curated/{SKILL}/samples.jsonl"), SAMPLE);
    let mut terminal = opened(&taxonomy);
    find_leaf(&terminal, "reply");
    let columns = [
        1, 2, 3, 5, 9, 17, 31, 39, 40, 41, 59, 60, 79, 80, 81, 99, 119, 120, 121, 163, 200,
    ];
    let rows = [1, 2, 3, 4, 7, 9, 10, 11, 23, 24, 37, 60];
    let screens = [
        ("f2", READY),
        ("f3", "all questions and answers"),
        ("f4", "what this does and costs"),
        ("f5", "Gladly, on Monday."),
        ("f6", "1 sample added"),
        ("?", "search by word or key"),
        ("ctrl-p", "enter choose"),
    ];
    for (number, (key, shown)) in screens.into_iter().enumerate() {
        // Every pair on the first screen, a slanting line through the pairs on the others.
        let pairs: Vec<(u16, u16)> = if number == 0 {
            columns
                .iter()
                .flat_map(|cols| rows.iter().map(|rows| (*cols, *rows)))
                .collect()
        } else {
            columns
                .iter()
                .enumerate()
                .map(|(at, cols)| (*cols, rows[at * 5 % rows.len()]))
                .collect()
        };
        terminal.key(key);
        terminal.wait_for(shown);
        for (cols, rows) in pairs {
            let before = terminal.raw_len();
            terminal.resize(cols, rows);
            // The next size comes when this one was drawn.
            terminal.wait_written(before);
            assert!(terminal.is_running(), "it ended at {cols}x{rows} after {key}");
        }
        // A window that is too small takes no keys.
        terminal.resize(0, 0);
        terminal.resize(120, 36);
        terminal.wait_for(shown);
        if number > 0 {
            terminal.key("esc");
            terminal.wait_for("enter edit");
        }
    }
    terminal.key("q");
    assert!(terminal.wait_exit().success());
}

#[test]
fn a_window_too_small_says_so_and_still_quits() {
    let taxonomy = TestTaxonomy::small();
    let mut terminal = launch(&taxonomy).size(36, 8).go();
    terminal.wait_for("Seedbed needs 40x10");
    terminal.key("q");
    assert!(terminal.wait_exit().success());
}

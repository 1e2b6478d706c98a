//! Leaving while the teacher is at work.

use crate::desk::LEAF;
use crate::stage::{Stage, press_until_exit, question, wait_for_all};

#[test]
fn quitting_asks_while_a_run_is_under_way() {
    let stage = Stage::new(2);
    let mut terminal = stage.open_at_leaf();
    terminal.key("g");
    terminal.wait_for("10 calls");
    terminal.key("enter");
    terminal.wait_for("✓ 2 made");
    terminal.key("q");
    wait_for_all(&terminal, &["A run is under way", "▸ go on working", "stop and quit"]);
    terminal.key("esc");
    terminal.wait_gone("A run is under way");
    stage.gate.allow(4);
    terminal.wait_for("✓ 4 made");
    terminal.key("q");
    terminal.wait_for("A run is under way");
    terminal.key("down");
    terminal.wait_for("▸ stop and quit");
    press_until_exit(&mut terminal, "enter");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();

    assert_eq!(stage.desk.runs()[0]["outcome"], "stopped");
    let samples = stage.run_samples();
    assert_eq!(samples.len(), 4);
    assert_eq!(stage.desk.ids(&["--verdict", "pending"]).len(), 4);
    // The run can be taken up again, and what it made can be read.
    let terminal = stage.open_at_leaf();
    terminal.wait_for("4 to review");
    terminal.key("g");
    terminal.wait_for("4 of 10 made, stopped");
    terminal.key("r");
    wait_for_all(&terminal, &[" 1/4 ", LEAF, &question(&samples[0])]);
}

//! The next start begins where the last one ended, or was killed.

use crate::desk::LEAF;
use crate::stage::{Stage, kill, quit, wait_for_all};
use crate::terminal::Launch;

#[test]
fn it_opens_where_it_was_left() {
    let stage = Stage::with_samples(3);
    let home = stage.desk.folder.path();
    let again = |args: &[&str]| {
        let launch = Launch::new(env!("CARGO_BIN_EXE_seedbed")).args(args.iter().copied());
        launch.home(home).folder(home).go()
    };
    let terminal = stage.open_at_leaf();
    terminal.key("r");
    terminal.wait_for(" 1/3 ");
    terminal.key("n");
    wait_for_all(&terminal, &[" 2/3 ", "sample 2"]);
    quit(terminal);

    let terminal = again(&["tax"]);
    wait_for_all(&terminal, &[" 2/3 ", "sample 2", LEAF]);
    terminal.key("n");
    wait_for_all(&terminal, &[" 3/3 ", "sample 3"]);
    // A killed program loses at most some seconds.
    let places = home.join(".local/state/seedbed/places");
    crate::desk::wait_for("the third sample", || {
        let kept = std::fs::read_dir(&places).into_iter().flatten().flatten();
        let third = stage.desk.ids(&[])[2].clone();
        kept.filter_map(|entry| std::fs::read_to_string(entry.path()).ok())
            .any(|text| text.contains(&third))
    });
    kill(terminal);
    let terminal = again(&["tax"]);
    wait_for_all(&terminal, &[" 3/3 ", "sample 3"]);
    quit(terminal);

    // A folder that is named wins.
    let terminal = again(&["tax/knowledge/technology"]);
    terminal.wait_for("┌ knowledge/technology ");
    quit(terminal);
}

//! A panic in a real terminal: run again as a program of its own in a pseudo-terminal, and judged by its bytes.

#[path = "../../../tests/support/terminal.rs"]
mod driver;

use super::{Screen, restore, restore_on_panic};

const CHILD: &str = "tui::terminal::tests::panics_on_purpose";

/// Not a test of its own: the program that the test below runs.
#[test]
#[ignore = "run by a_panic_restores_the_terminal"]
fn panics_on_purpose() {
    let Some(folder) = std::env::var_os("SEEDBED_TEST_STATE") else {
        return;
    };
    restore_on_panic(folder.into());
    // As on the thread that runs the loop.
    let main = std::thread::Builder::new().name("main".into()).spawn(|| {
        let _screen = Screen::enter(true).unwrap();
        panic!("on purpose");
    });
    assert!(main.unwrap().join().is_err());
}

#[test]
fn a_panic_restores_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let terminal = driver::Launch::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env("SEEDBED_TEST_STATE", &state)
        .inside_shell(folder.path())
        .go();
    terminal.wait_for("settings noted");
    terminal.assert_restored();
    let settings = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(settings("before"), settings("after"));
    // The message comes behind the restoring, where it can be read.
    let raw = String::from_utf8(terminal.raw()).unwrap();
    let left = raw.find("\x1b[?1049l").expect("the alternate screen is left");
    assert!(raw.contains("\x1b[?1049h"), "the screen was never entered");
    assert!(raw.find("on purpose").is_some_and(|at| at > left), "{raw:?}");
    assert!(
        std::fs::read_to_string(state.join("crash.txt"))
            .unwrap()
            .contains("on purpose")
    );
}

#[test]
fn restoring_what_was_never_taken_writes_nothing() {
    restore();
    restore();
}

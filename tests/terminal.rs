//! The real program in a pseudo-terminal: every way out leaves the terminal as it was found, every size is survived, colours
//! fit what the terminal can show, hostile text is shown and not obeyed, and nothing runs when nothing happens.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "terminal/sizes.rs"]
mod sizes;
#[path = "support/taxonomy.rs"]
mod taxonomy;
#[path = "support/terminal.rs"]
mod terminal;

use std::path::Path;
use std::time::Duration;

use taxonomy::{SKILL, TestTaxonomy, skill};
use terminal::{Answers, Launch, PATIENCE, Terminal};
use vt100::Color;

const SEEDBED: &str = env!("CARGO_BIN_EXE_seedbed");
/// What the browse screen says once every leaf of the small taxonomy is read.
const READY: &str = "3 leaves";

fn launch(taxonomy: &TestTaxonomy) -> Launch {
    Launch::new(SEEDBED)
        .arg(&taxonomy.root)
        .home(&taxonomy.home)
        .folder(&taxonomy.root)
}

/// The program, open on a small taxonomy.
fn opened(taxonomy: &TestTaxonomy) -> Terminal {
    let terminal = launch(taxonomy).go();
    terminal.wait_for(READY);
    terminal
}

/// The program inside a shell that notes the terminal's settings; see [`Launch::inside_shell`].
fn opened_in_shell(taxonomy: &TestTaxonomy) -> Terminal {
    let terminal = launch(taxonomy).inside_shell(&taxonomy.home).go();
    terminal.wait_for(READY);
    assert!(terminal.is_alternate());
    terminal
}

fn settings(taxonomy: &TestTaxonomy, name: &str) -> String {
    let text = std::fs::read_to_string(taxonomy.home.join(name)).unwrap();
    assert!(!text.trim().is_empty(), "stty said nothing");
    text
}

/// Waits for the program's end and looks at what it left behind.
fn assert_left_as_found(taxonomy: &TestTaxonomy, terminal: &Terminal, ended: &str) {
    terminal.wait_for("settings noted");
    let screen = terminal.screen();
    assert!(screen.contains(&format!("ended with {ended}\n")), "{screen}");
    terminal.assert_restored();
    assert_eq!(
        settings(taxonomy, "before"),
        settings(taxonomy, "after"),
        "the terminal's settings changed"
    );
}

fn find_leaf(terminal: &Terminal, name: &str) {
    terminal.key("/");
    terminal.wait_for("find a leaf by its path or its text");
    terminal.keys(name);
    terminal.wait_until("the leaf to be found", PATIENCE, |screen| {
        screen.contents().matches(name).count() >= 3
    });
    terminal.key("enter");
    terminal.wait_gone("find a leaf by its path or its text");
}

#[test]
fn keys_that_quit_restore_the_terminal() {
    for key in ["q", "ctrl-q", "ctrl-c"] {
        let taxonomy = TestTaxonomy::small();
        let terminal = opened_in_shell(&taxonomy);
        terminal.key(key);
        assert_left_as_found(&taxonomy, &terminal, "0");
    }
}

#[test]
fn signals_that_end_restore_the_terminal() {
    for signal in ["TERM", "HUP", "INT"] {
        let taxonomy = TestTaxonomy::small();
        let terminal = opened_in_shell(&taxonomy);
        terminal.signal_to("seedbed", signal);
        assert_left_as_found(&taxonomy, &terminal, "0");
    }
}

#[test]
fn an_error_at_the_start_never_takes_the_terminal() {
    let taxonomy = TestTaxonomy::small();
    taxonomy.write_settings("keys: { review.accept: [no-such-key] }\n");
    let terminal = launch(&taxonomy).inside_shell(&taxonomy.home).go();
    terminal.wait_for("settings noted");
    assert!(!terminal.screen().contains("ended with 0"), "{}", terminal.screen());
    assert!(terminal.screen().contains("no-such-key"), "{}", terminal.screen());
    terminal.assert_restored();
    assert_eq!(settings(&taxonomy, "before"), settings(&taxonomy, "after"));
}

#[test]
fn without_a_terminal_it_says_what_works_instead() {
    let taxonomy = TestTaxonomy::small();
    let output = taxonomy
        .command(SEEDBED)
        .arg(&taxonomy.root)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(told.contains("needs a terminal") && told.contains("seedbed"), "{told}");
    assert!(
        output.stdout.is_empty(),
        "{:?}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
fn a_shell_can_stop_it_and_bring_it_back() {
    stopped_and_brought_back(&format!("'{SEEDBED}' ."));
}

#[test]
fn a_shell_can_stop_a_script_around_it() {
    // Something to do after it, so that the script's shell stays.
    stopped_and_brought_back(&format!("sh -c '{SEEDBED} .; echo over'"));
}

fn stopped_and_brought_back(started: &str) {
    let taxonomy = TestTaxonomy::small();
    let shell = Launch::new("bash")
        .args(["--norc", "--noprofile", "-i"])
        .home(&taxonomy.home)
        .folder(&taxonomy.root);
    let terminal = shell
        .env("PS1", "ready> ")
        .env("NOTES", &taxonomy.home)
        .env("BASH_SILENCE_DEPRECATION_WARNING", "1")
        .go();
    terminal.wait_for("ready> ");
    terminal.keys("stty -g > $NOTES/before\r");
    terminal.keys(&format!("{started}\r"));
    terminal.wait_for(READY);
    for round in 0..4 {
        // The key may come as soon as the terminal is taken over again, before the first frame.
        terminal.key("ctrl-z");
        terminal.wait_for("Stopped");
        terminal.wait_until("the main screen", PATIENCE, |screen| {
            !screen.alternate_screen() && !screen.hide_cursor()
        });
        let modes = terminal.modes();
        for mode in [1000, 1002, 1003, 1006, 1004, 1049] {
            assert!(
                !modes.get(&mode).copied().unwrap_or_default(),
                "mode ?{mode} was left on"
            );
        }
        terminal.keys(&format!("stty -g > $NOTES/after; echo 'round {round}' noted\r"));
        terminal.wait_for(&format!("\nround {round} noted"));
        assert_eq!(settings(&taxonomy, "before"), settings(&taxonomy, "after"));
        terminal.resize(100 + round * 10, 30);
        terminal.keys("fg\r");
        terminal.wait_until("the screen again", PATIENCE, vt100::Screen::alternate_screen);
    }
    terminal.wait_for(READY);
    // Keys arrive again, and the size is the one it has now.
    terminal.key("?");
    terminal.wait_for("search by word or key");
    terminal.key("esc");
    terminal.wait_gone("search by word or key");
    terminal.key("q");
    terminal.wait_until("the main screen", PATIENCE, |screen| !screen.alternate_screen());
}

#[test]
fn without_a_shell_to_go_back_to_it_goes_on() {
    let taxonomy = TestTaxonomy::small();
    let mut terminal = opened(&taxonomy);
    terminal.key("ctrl-z");
    terminal.key("?");
    terminal.wait_for("search by word or key");
    terminal.key("ctrl-q");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}

#[test]
fn the_editor_gets_the_terminal_as_it_was() {
    let taxonomy = TestTaxonomy::small();
    let editor = r##"sh -c 'stty -g > "$NOTES/editor"; echo "the editor is here"; read line; printf "# seen by %s\n" "$line" >> "$0"'"##;
    let terminal = launch(&taxonomy)
        .env("EDITOR", editor)
        .inside_shell(&taxonomy.home)
        .go();
    terminal.wait_for(READY);
    find_leaf(&terminal, "reply");
    terminal.key("ctrl-e");
    terminal.wait_for("the editor is here");
    terminal.assert_restored();
    assert_eq!(settings(&taxonomy, "before"), settings(&taxonomy, "editor"));
    // What is typed goes to the editor, not to the program behind it.
    terminal.keys("Rosa\r");
    terminal.wait_until("the screen again", PATIENCE, vt100::Screen::alternate_screen);
    terminal.wait_for("unsaved");
    terminal.key("ctrl-s");
    terminal.wait_gone("unsaved");
    assert!(
        taxonomy
            .read(&format!("{SKILL}/qna.yaml"))
            .ends_with("# seen by Rosa\n")
    );
    terminal.key("ctrl-q");
    assert_left_as_found(&taxonomy, &terminal, "0");
}

/// Foreground and background of every cell.
fn colours(terminal: &Terminal) -> Vec<Color> {
    let (cols, rows) = terminal.size();
    let cells = (0..rows)
        .flat_map(|y| (0..cols).map(move |x| (x, y)))
        .map(|(x, y)| terminal.cell(x, y));
    cells.flat_map(|cell| [cell.foreground, cell.background]).collect()
}

#[test]
fn no_color_keeps_what_is_chosen_visible() {
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let taxonomy = TestTaxonomy::small();
        let terminal = launch(&taxonomy).env(name, value).go();
        terminal.wait_for(READY);
        assert!(
            colours(&terminal).iter().all(|colour| *colour == Color::Default),
            "{name} shows a colour"
        );
        assert_eq!(colour_codes(&terminal.raw()), Vec::<String>::new(), "{name}");
        let (cols, rows) = terminal.size();
        let cells = (0..rows)
            .flat_map(|y| (0..cols).map(move |x| (x, y)))
            .map(|(x, y)| terminal.cell(x, y));
        let (mut bold, mut inverse) = (false, false);
        for cell in cells {
            bold |= cell.bold;
            inverse |= cell.inverse;
        }
        assert!(bold && inverse, "{name}: bold {bold}, inverse {inverse}");
    }
}

/// The parameters that set a colour (not those that reset one) in the sequences of a stream.
fn colour_codes(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let mut found = Vec::new();
    for rest in text.split("\x1b[").skip(1) {
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))
            .unwrap_or(rest.len());
        if rest[end..].starts_with('m') {
            let sets = |code: &str| matches!(code.parse(), Ok(30..=38 | 40..=48 | 58 | 90..=97 | 100..=107u16));
            found.extend(
                rest[..end]
                    .split([';', ':'])
                    .find(|code| sets(code))
                    .map(|_| rest[..end].to_owned()),
            );
        }
    }
    found
}

#[test]
fn colours_fit_the_terminal() {
    let taxonomy = TestTaxonomy::small();
    let rich = launch(&taxonomy).go();
    rich.wait_for(READY);
    assert!(colours(&rich).iter().any(|colour| matches!(colour, Color::Rgb(..))));

    let many = launch(&taxonomy).without_env("COLORTERM").go();
    many.wait_for(READY);
    let shown = colours(&many);
    assert!(shown.iter().any(|colour| matches!(colour, Color::Idx(16..))));
    assert!(!shown.iter().any(|colour| matches!(colour, Color::Rgb(..))));

    let few = launch(&taxonomy).without_env("COLORTERM").env("TERM", "xterm").go();
    few.wait_for(READY);
    let shown = colours(&few);
    assert!(shown.iter().any(|colour| matches!(colour, Color::Idx(_))));
    assert!(
        shown
            .iter()
            .all(|colour| matches!(colour, Color::Default | Color::Idx(0..=15)))
    );
}

#[test]
fn the_background_chooses_between_light_and_dark() {
    const BLACK: (u8, u8, u8) = (0, 0, 0);
    const WHITE: (u8, u8, u8) = (255, 255, 255);
    let taxonomy = TestTaxonomy::small();
    for (colours, is_light) in [
        (Some((BLACK, WHITE)), true),
        (Some((WHITE, BLACK)), false),
        (None, false),
    ] {
        // The last terminal knows only who it is; the one after it says nothing at all.
        for identity in [true, false] {
            let terminal = launch(&taxonomy).answers(Answers { colours, identity }).go();
            terminal.wait_for(READY);
            let Color::Rgb(r, g, b) = terminal.cell(1, 3).background else {
                terminal.fail("no background colour")
            };
            let brightness = u16::from(r) + u16::from(g) + u16::from(b);
            assert_eq!(brightness > 384, is_light, "{colours:?} gave {r},{g},{b}");
            // No answer was taken for keys.
            assert!(!terminal.screen().contains("rgb:"), "{}", terminal.screen());
        }
    }
}

#[test]
fn hostile_text_is_shown_and_not_obeyed() {
    let taxonomy = TestTaxonomy::small();
    let hostile = skill().replace(
        "  - question: |\n      Reply politely to this note: thank you for the flowers\n",
        "  - question: \"a\\e]0;owned\\a b\\e[2J c\\u202Edetrever\\u2066 d\\x9b31m e\\r\\bf\"\n",
    );
    assert_ne!(hostile, skill());
    taxonomy.write_leaf(SKILL, &hostile);
    let folder = "compositional_skills/writing/ev\u{1b}]2;gotcha\u{7}il\u{202e}live";
    taxonomy.write_leaf(folder, &skill());
    let terminal = launch(&taxonomy).go();
    terminal.wait_for("4 leaves");
    find_leaf(&terminal, "reply");
    terminal.wait_for("owned");
    terminal.key("f3");
    terminal.wait_quiet(Duration::from_millis(300));
    terminal.resize(90, 40);
    terminal.wait_quiet(Duration::from_millis(300));
    let raw = terminal.raw();
    // What was asked of the terminal before the screen was entered is Seedbed's own.
    let entered = raw.windows(8).position(|window| window == b"\x1b[?1049h").unwrap();
    let raw = &raw[entered..];
    let holds = |bytes: &[u8]| raw.windows(bytes.len()).any(|window| window == bytes);
    for bytes in [
        &b"\x1b]0;owned"[..],
        b"\x1b]2;gotcha",
        "\u{202e}".as_bytes(),
        "\u{2066}".as_bytes(),
        b"\xc2\x9b",
        b"\x07",
        b"\r",
    ] {
        assert!(
            !holds(bytes),
            "{:?} reached the terminal",
            String::from_utf8_lossy(bytes)
        );
    }
    assert!(
        holds("␛".as_bytes()),
        "the escape is not shown at all:\n{}",
        terminal.screen()
    );
}

#[test]
fn nothing_runs_when_nothing_happens() {
    let taxonomy = TestTaxonomy::small();
    let terminal = opened(&taxonomy);
    // Until the looks at git, at samples and for teachers are over.
    terminal.wait_quiet(Duration::from_secs(2));
    let (ticks, bytes) = (terminal.cpu_ticks(), terminal.raw_len());
    let begun = std::time::Instant::now();
    // Nothing can be waited for here: the test is that nothing comes.
    while begun.elapsed() < Duration::from_secs(2) {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(terminal.raw_len(), bytes, "something was drawn");
    let used = terminal.cpu_ticks() - ticks;
    assert!(used <= 2, "{used} ticks of processor time in two idle seconds");
}

#[test]
fn the_pointer_does_what_a_hand_expects() {
    let taxonomy = TestTaxonomy::small();
    let terminal = opened(&taxonomy);
    terminal.click_on("minutes");
    terminal.wait_for("Draw the decisions from minutes.");
    terminal.click_on(" commit ");
    terminal.wait_gone(READY);
    terminal.click_on(" browse ");
    terminal.wait_for(READY);
    // The mouse can be given back to the terminal, and taken again.
    terminal.key("f8");
    terminal.wait_until("the mouse to be released", PATIENCE, |screen| {
        screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    terminal.key("f8");
    terminal.wait_until("the mouse to be taken", PATIENCE, |screen| {
        screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None
    });
}

#[test]
fn the_cursor_stands_at_the_caret_behind_wide_characters_too() {
    let taxonomy = TestTaxonomy::small();
    let terminal = opened(&taxonomy);
    assert_eq!(terminal.cursor(), None, "no caret, no cursor");
    terminal.key("/");
    terminal.wait_until("a cursor", PATIENCE, |screen| !screen.hide_cursor());
    // It is shown before it is moved, and a slow reader sees both.
    terminal.wait_quiet(Duration::from_millis(300));
    let (x, y) = terminal.cursor().unwrap();
    terminal.keys("日本");
    terminal.paste("語\u{1b}[31m\n");
    terminal.wait_for("日本語");
    terminal.wait_until("the cursor behind three wide characters", PATIENCE, |screen| {
        let (row, column) = screen.cursor_position();
        row == y && column >= x + 6
    });
    assert!(
        !colour_codes(&terminal.raw()).contains(&"31".to_owned()),
        "the paste reached the terminal"
    );
}

#[test]
fn files_changed_by_another_program_appear_by_themselves() {
    let taxonomy = TestTaxonomy::small();
    let terminal = opened(&taxonomy);
    terminal.wait_quiet(Duration::from_millis(500));
    taxonomy.write_leaf("compositional_skills/writing/summary", &skill());
    terminal.wait_for("4 leaves");
    std::fs::remove_dir_all(taxonomy.path("compositional_skills/writing/summary")).unwrap();
    terminal.wait_for(READY);
    assert!(Path::new(&taxonomy.root).is_dir());
}

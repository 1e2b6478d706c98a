//! Holds the house rules of `src/lib.rs` by reading the sources: who may use whom, where terminals, repositories, servers,
//! clocks and the environment may be touched, how long a file may be. Every breach is printed with file and line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "architecture/source.rs"]
mod source;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use source::{Source, line_at, name_at, places, sources};

/// Each room with the rooms it may use, lowest first. A room may always use itself, and the three at the bottom.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("disk", &[]),
    ("cores", &[]),
    ("taxonomy", &[]),
    ("teacher", &[]),
    ("samples", &["teacher", "taxonomy"]),
    ("quality", &["samples", "taxonomy"]),
    ("config", &["teacher", "taxonomy"]),
    ("git", &["taxonomy"]),
    ("documents", &[]),
    ("flow", &["quality", "teacher", "samples", "taxonomy"]),
    ("review", &["samples", "taxonomy"]),
    ("workbench", EVERY_ROOM_ABOVE),
    ("tui", EVERY_ROOM_ABOVE),
    ("cli", EVERY_ROOM_ABOVE),
];
const BOTTOM: &[&str] = &["text", "disk", "cores"];
/// Stands for all rooms that are listed before.
const EVERY_ROOM_ABOVE: &[&str] = &["*"];

/// Libraries that only some places may know.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("ratatui", &["tui/"]),
    ("ratatui_textarea", &["tui/"]),
    ("crossterm", &["tui/"]),
    ("terminal_colorsaurus", &["tui/terminal/"]),
    ("signal_hook", &["tui/"]),
    ("notify_debouncer_full", &["tui/watch.rs"]),
    ("git2", &["git/"]),
    ("reqwest", &["teacher/"]),
    ("htmd", &["documents/html.rs"]),
    ("undoc", &["documents/docx.rs"]),
    ("pdf_inspector", &["documents/pdf.rs"]),
    ("encoding_rs", &["documents/plain.rs"]),
    ("eventsource_stream", &["teacher/"]),
    ("candle_core", &["teacher/embedded/"]),
    ("candle_nn", &["teacher/embedded/"]),
    ("tokenizers", &["teacher/embedded/"]),
    ("libyaml", &["taxonomy/yaml/events.rs"]),
    ("libyaml_rs", &["taxonomy/yaml/events.rs"]),
    ("clap", &["cli/", "main.rs"]),
    ("clap_complete", &["cli/"]),
    ("clap_mangen", &["cli/"]),
    ("indicatif", &["cli/"]),
    ("anyhow", &["cli/", "main.rs"]),
];

/// Places below the screens that may look at a clock all the same, with the reason.
const CLOCKS: &[(&str, &str)] = &[
    ("cli/", "hands the time in"),
    ("tui/", "hands the time in"),
    ("main.rs", "hands the time in"),
    ("git/program.rs", "ends a program that does not answer; never stored"),
    ("teacher/pacing.rs", "waits as long as a server asks; never stored"),
    ("teacher/measure.rs", "measures how fast a teacher answers; shown only"),
    ("teacher/check.rs", "measures how long a trial answer takes; shown only"),
    (
        "teacher/embedded/worker.rs",
        "measures the pace of decoding; shown only",
    ),
];

/// Places that may look at the environment.
const ENVIRONMENT: &[&str] = &["cli/", "tui/", "main.rs"];
/// Places that may write to the terminal, or to where it should be.
const PRINTING: &[&str] = &["cli/", "main.rs"];
const STREAMS: &[&str] = &["cli/", "main.rs", "tui/terminal/"];
/// The binding to libyaml.
const UNSAFE: &[&str] = &["taxonomy/yaml/events.rs"];
const MOST_LINES: usize = 500;
/// Words that name nothing.
const EMPTY_WORDS: &[&str] = &[
    "manager", "helper", "helpers", "util", "utils", "data", "info", "handler", "misc",
];
/// Verbs that say nothing at the start of a function's name.
const VAGUE_VERBS: &[&str] = &["do", "process"];

fn within(path: &str, places: &[&str]) -> bool {
    places.iter().any(|place| path.starts_with(place))
}

/// The product's sources, read once.
fn product() -> &'static [Source] {
    static PRODUCT: OnceLock<Vec<Source>> = OnceLock::new();
    PRODUCT.get_or_init(|| {
        let found = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        assert!(found.len() > 50, "the sources were not found");
        found
    })
}

fn report(rule: &str, breaches: &[String]) {
    let mut text = String::new();
    for breach in breaches {
        let _ = writeln!(text, "  {breach}");
    }
    assert!(breaches.is_empty(), "{rule}\n{text}");
}

/// Breaches of a rule that forbids phrases outside some places.
fn outside(allowed: &[&str], phrases: &[&str], why: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in product().iter().filter(|source| !within(&source.path, allowed)) {
        for phrase in phrases {
            for at in places(&source.code, phrase) {
                let line = line_at(&source.code, at);
                breaches.push(format!("src/{}:{line}: `{phrase}` {why}", source.path));
            }
        }
    }
    breaches
}

/// Whether a room may use another; `None` for what is no room.
fn may_use(room: &str, used: &str) -> Option<bool> {
    let place = |name: &str| ARROWS.iter().position(|(room, _)| *room == name);
    let (here, there) = (place(room)?, place(used)?);
    let (_, below) = ARROWS[here];
    let named = below == EVERY_ROOM_ABOVE || below.contains(&used) || BOTTOM.contains(&used);
    // Only what stands before it in the table: then no way leads back.
    Some(here == there || (named && there < here && !BOTTOM.contains(&room)))
}

#[test]
fn arrows_between_rooms_point_down() {
    let mut breaches = Vec::new();
    for source in product() {
        let Some(room) = source.room() else { continue };
        if may_use(room, room).is_none() {
            breaches.push(format!(
                "src/{}:1: the room `{room}` is not in the table of arrows",
                source.path
            ));
        }
        for (line, used) in source.rooms_used() {
            if may_use(room, &used) == Some(false) {
                breaches.push(format!("src/{}:{line}: `{room}` uses `{used}`", source.path));
            }
        }
    }
    report("A room may use only the rooms below it:", &breaches);
}

#[test]
fn the_table_of_arrows_names_rooms_that_stand_before() {
    for (room, below) in ARROWS {
        for used in below.iter().filter(|_| *below != EVERY_ROOM_ABOVE) {
            assert_eq!(
                may_use(room, used),
                Some(true),
                "`{room}` uses `{used}`, which stands after it"
            );
        }
    }
    assert_eq!(may_use("text", "disk"), Some(false));
    assert_eq!(may_use("samples", "review"), Some(false));
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut breaches = Vec::new();
    for (library, places) in LIBRARIES {
        let phrases = [format!("{library}::"), format!("use {library}")];
        let phrases = phrases.each_ref().map(String::as_str);
        breaches.extend(outside(
            places,
            &phrases,
            &format!("belongs into {}", places.join(", ")),
        ));
    }
    report("A library is known to one room only:", &breaches);
}

#[test]
fn nothing_below_the_screens_prints() {
    let mut breaches = outside(
        PRINTING,
        &["print!", "println!", "eprint!", "eprintln!"],
        "prints below `cli`",
    );
    breaches.extend(outside(
        STREAMS,
        &["stdout()", "stderr()", "stdin()"],
        "opens the terminal",
    ));
    report("Only `cli` prints, and only `tui::terminal` draws:", &breaches);
}

#[test]
fn time_and_environment_are_handed_in() {
    let clocks: Vec<&str> = CLOCKS.iter().map(|(place, _)| *place).collect();
    let now = ["Timestamp::now", "SystemTime::now", "Zoned::now", "Instant::now"];
    let mut breaches = outside(&clocks, &now, "reads a clock; let a parameter hand the time in");
    let why = "looks at the environment; let a parameter hand it in";
    breaches.extend(outside(
        ENVIRONMENT,
        &["std::env", "env::var", "env::var_os", "env::vars"],
        why,
    ));
    report("Below the screens, time and environment are handed in:", &breaches);
}

#[test]
fn unsafe_code_stands_in_one_file() {
    report(
        "Only the binding to libyaml is unsafe:",
        &outside(UNSAFE, &["unsafe"], "is not in that binding"),
    );
}

#[test]
fn names_say_something() {
    let kinds = [
        "struct ", "enum ", "trait ", "fn ", "mod ", "type ", "const ", "static ",
    ];
    let mut breaches = Vec::new();
    for source in product() {
        for kind in kinds {
            for at in places(&source.code, kind) {
                let name = name_at(&source.code[at + kind.len()..]);
                let words = source::words(name);
                let empty = words.iter().find(|word| EMPTY_WORDS.contains(&word.as_str()));
                let first = words
                    .first()
                    .filter(|word| kind == "fn " && words.len() > 1 && VAGUE_VERBS.contains(&word.as_str()));
                if let Some(word) = empty.or(first) {
                    breaches.push(format!(
                        "src/{}:{}: `{name}` says `{word}`",
                        source.path,
                        line_at(&source.code, at)
                    ));
                }
            }
        }
    }
    report("Names use the field's terms:", &breaches);
}

#[test]
fn files_stay_short() {
    let mut breaches = Vec::new();
    for folder in ["src", "tests", "benches", "examples"] {
        for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            let lines = source.text.lines().count();
            if lines > MOST_LINES {
                breaches.push(format!(
                    "{folder}/{}:{lines}: more than {MOST_LINES} lines",
                    source.path
                ));
            }
        }
    }
    report("A long file wants a second room:", &breaches);
}

#[test]
fn each_room_says_what_it_is_for() {
    let mut breaches = Vec::new();
    for source in product() {
        let is_room = source.path.ends_with("mod.rs") || source.path == "lib.rs";
        if is_room && !source.text.starts_with("//! ") {
            breaches.push(format!("src/{}:1: does not open with `//!`", source.path));
        }
    }
    report("A room opens with what it is for:", &breaches);
}

#[test]
fn each_dependency_has_its_reason() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap();
    let mut breaches = Vec::new();
    let mut inside = false;
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.contains("dependencies]");
        } else if inside && !line.trim().is_empty() && !line.starts_with('#') {
            let reason = line
                .rsplit_once(" # ")
                .map(|(_, reason)| reason.trim())
                .unwrap_or_default();
            if reason.is_empty() {
                breaches.push(format!("Cargo.toml:{}: {line}", number + 1));
            }
        }
    }
    report("Each direct dependency has a one-line reason:", &breaches);
}

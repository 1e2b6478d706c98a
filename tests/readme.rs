//! The README names every command as the program's own help does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::fmt::Write as _;
use std::process::Command;

/// What `seedbed WORDS -h` prints.
fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_seedbed"))
        .args(words)
        .arg("-h")
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names below `Commands:`, without clap's own `help`.
fn commands_of(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        // Lines that go on are indented further.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect()
}

/// A row for each command that does something, in the order of the help.
fn rows(words: &[&str], table: &mut String) {
    let help = help(words);
    let below = commands_of(&help);
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap();
    // A command with others below it that must be named does nothing by itself.
    if !words.is_empty() && !usage.contains("<COMMAND>") {
        let about: Vec<&str> = help.lines().take_while(|line| !line.is_empty()).collect();
        let usage = usage
            .replace(" [OPTIONS]", "")
            .replace(" [COMMAND]", "")
            .replace('|', "\\|");
        writeln!(table, "| `{usage}` | {} |", about.join(" ")).unwrap();
    }
    for name in below {
        rows(&[words, &[name.as_str()]].concat(), table);
    }
}

#[test]
fn every_command_is_in_the_table() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let mut wanted =
        "| Command | What it does |\n|---|---|\n| `seedbed [DIR]` | Open the screens on a taxonomy |\n".to_owned();
    rows(&[], &mut wanted);
    assert!(wanted.lines().count() > 15, "{wanted}");
    assert!(readme.contains(&wanted), "README.md wants this table:\n\n{wanted}");
}

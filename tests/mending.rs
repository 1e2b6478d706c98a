//! Mending never makes a file worse: over mutated files, what was mended is gone, nothing new has come, all else stays byte for
//! byte where nothing was wrong, and mending again finds nothing to do.
//!
//! `SEEDBED_MENDING_CASES` (150) and `SEEDBED_PARITY_SEED` (1) ask for more or other files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

use std::collections::BTreeMap;

use seedbed::taxonomy::check::{Known, mend};
use seedbed::taxonomy::yaml::Document;
use seedbed::taxonomy::{Diagnostic, Profile, check_file};

#[path = "oracles/mutations.rs"]
mod mutations;
#[path = "oracles/style.rs"]
mod style;

use mutations::{Dice, mutate};
use style::untidy;

const FILES: [(&str, &str); 2] = [
    (
        "compositional_skills/writing/reply/qna.yaml",
        include_str!("oracles/seeds/skill.yaml"),
    ),
    (
        "knowledge/horticulture/frost/qna.yaml",
        include_str!("oracles/seeds/knowledge.yaml"),
    ),
];

fn counted(found: &[Diagnostic]) -> BTreeMap<(&str, &str), usize> {
    let mut counts = BTreeMap::new();
    for one in found {
        *counts.entry((one.rule, one.yaml_path.as_str())).or_default() += 1;
    }
    counts
}

fn number(name: &str, otherwise: u64) -> u64 {
    let given = std::env::var(name).ok().and_then(|text| text.parse().ok());
    given.unwrap_or(otherwise)
}

#[test]
fn mending_never_makes_a_file_worse() {
    let mut dice = Dice(number("SEEDBED_PARITY_SEED", 1));
    let (mut files, mut mended_files, mut mended_findings, mut left) = (0, 0, 0, BTreeMap::new());
    for _ in 0..number("SEEDBED_MENDING_CASES", 150) {
        let (path, text) = FILES[dice.below(FILES.len())];
        let mut text = text.to_owned();
        for _ in 0..=dice.below(4) {
            let next = if text.is_empty() || dice.below(3) > 0 {
                untidy(&text, &mut dice)
            } else {
                mutate(&text, &mut dice)
            };
            let readable = Document::parse(next.as_bytes()).is_ok_and(|document| document.load_error().is_none());
            if readable || dice.below(8) == 0 {
                text = next;
            }
        }
        let profile = Profile::ALL[dice.below(2)];
        let before = check_file(path, text.as_bytes(), profile);
        let known = Known { author: Some("ann") };
        let mended = mend(path, text.as_bytes(), profile, known);
        let after = check_file(path, &mended.bytes, profile);
        let shown = || {
            format!(
                "{path} {}:\n{text}\n--- mended\n{}\n--- before {before:#?}\n--- after {after:#?}",
                profile.word(),
                String::from_utf8_lossy(&mended.bytes)
            )
        };
        files += 1;
        let (was, is) = (counted(&before), counted(&after));
        for (key, count) in &is {
            assert!(
                was.get(key).is_some_and(|before| before >= count),
                "new: {key:?}\n{}",
                shown()
            );
        }
        if mended.done.is_empty() {
            assert_eq!(mended.bytes, text.as_bytes(), "{}", shown());
        } else {
            assert_ne!(mended.bytes, text.as_bytes(), "{}", shown());
            mended_files += 1;
            mended_findings += before.len() - after.len();
        }
        let again = mend(path, &mended.bytes, profile, known);
        assert!(
            again.done.is_empty() && again.bytes == mended.bytes,
            "twice: {:?}\n{}",
            again.done,
            shown()
        );
        for one in after.iter().filter(|one| one.fix.is_some()) {
            *left.entry(one.rule).or_insert(0) += 1;
        }
    }
    println!(
        "{files} files, {mended_files} mended, {mended_findings} findings gone; left although they have a fix: {left:?}"
    );
    assert!(
        mended_files > files / 4,
        "only {mended_files} of {files} had anything to mend"
    );
}

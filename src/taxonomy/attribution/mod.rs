//! Reads and writes `attribution.txt`, in which the sources of a leaf are named: plain `Key: value` lines, a block for each work.
//!
//! Real files lack a final newline, spell the keys in several ways and wrap long values, so reading never fails. Editing changes
//! the lines it must and no others; lines that mean nothing here stay byte for byte.

mod edit;
mod licences;

use std::fmt::Write as _;
use std::ops::Range;

pub use edit::{AttributionEditError, AttributionText};
pub use licences::{Licence, find_licences};

/// The name of the file beside a `qna.yaml`.
pub const ATTRIBUTION_FILE: &str = "attribution.txt";

/// Licences that InstructLab's taxonomy accepts, as SPDX names.
/// Source: the contribution guide of instructlab/taxonomy; public domain is accepted too.
pub const ACCEPTED_LICENCES: [&str; 6] = [
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "Apache-2.0",
    "MIT",
];

/// One source of a leaf.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    pub title: String,
    /// `-` or empty where there is none.
    pub link: String,
    /// A permanent link to the revision that was used; optional.
    pub revision: String,
    /// An SPDX name, at best.
    pub licence: String,
    pub creators: String,
    /// Where the block starts, from 1.
    pub line: usize,
}

/// A file as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attribution {
    pub works: Vec<Work>,
    /// Lines (from 1) that belong to no known key.
    pub unknown: Vec<(usize, String)>,
}

/// What is missing or doubtful in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributionFinding {
    /// From 1.
    pub line: usize,
    pub rule: &'static str,
    pub message: String,
}

/// What a line of the file says of a work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkKey {
    Title,
    Link,
    Revision,
    Licence,
    Creators,
}

impl WorkKey {
    /// In the order in which InstructLab writes them.
    pub const ALL: [WorkKey; 5] = [
        WorkKey::Title,
        WorkKey::Link,
        WorkKey::Revision,
        WorkKey::Licence,
        WorkKey::Creators,
    ];

    /// What stands before the colon in InstructLab's own files.
    pub fn label(self) -> &'static str {
        match self {
            WorkKey::Title => "Title of work",
            WorkKey::Link => "Link to work",
            WorkKey::Revision => "Revision",
            WorkKey::Licence => "License of the work",
            WorkKey::Creators => "Creator names",
        }
    }

    /// The word on the command line and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            WorkKey::Title => "title",
            WorkKey::Link => "link",
            WorkKey::Revision => "revision",
            WorkKey::Licence => "licence",
            WorkKey::Creators => "creators",
        }
    }

    /// What belongs there, in words for people.
    pub fn hint(self) -> &'static str {
        match self {
            WorkKey::Title => "what the work is called, as in: Frost protection in gardens",
            WorkKey::Link => "where it can be read; - where there is no such place",
            WorkKey::Revision => "a permanent link to the version that was used; may stay empty",
            WorkKey::Licence => "the name of the licence by SPDX, as in CC-BY-SA-4.0; type to search",
            WorkKey::Creators => "who wrote it; your own name for what you wrote yourself",
        }
    }

    /// Reads a key as people write it: the beginning tells.
    pub fn read(text: &str) -> Option<WorkKey> {
        let word = text.trim().trim_start_matches(['*', '-', '#']).trim().to_lowercase();
        let starts = |beginnings: &[&str]| beginnings.iter().any(|beginning| word.starts_with(beginning));
        if word.len() > 40 {
            None
        } else if starts(&["title"]) {
            Some(WorkKey::Title)
        } else if starts(&["link", "url", "source"]) {
            Some(WorkKey::Link)
        } else if starts(&["revision"]) {
            Some(WorkKey::Revision)
        } else if starts(&["license", "licence"]) {
            Some(WorkKey::Licence)
        } else if starts(&["creator", "author"]) {
            Some(WorkKey::Creators)
        } else {
            None
        }
    }
}

impl Work {
    pub fn field(&self, key: WorkKey) -> &str {
        match key {
            WorkKey::Title => &self.title,
            WorkKey::Link => &self.link,
            WorkKey::Revision => &self.revision,
            WorkKey::Licence => &self.licence,
            WorkKey::Creators => &self.creators,
        }
    }

    pub fn field_mut(&mut self, key: WorkKey) -> &mut String {
        match key {
            WorkKey::Title => &mut self.title,
            WorkKey::Link => &mut self.link,
            WorkKey::Revision => &mut self.revision,
            WorkKey::Licence => &mut self.licence,
            WorkKey::Creators => &mut self.creators,
        }
    }
}

/// The lines (from 0) that each key of a work takes, wrapped ones included; empty where a key is missing.
type WorkLines = [Range<usize>; 5];

/// Reads a file; a repeated key or a title after a blank line starts a new work.
pub fn parse(text: &str) -> Attribution {
    parse_with_lines(text).0
}

/// The same, with the lines of each work.
fn parse_with_lines(text: &str) -> (Attribution, Vec<WorkLines>) {
    let mut read = Attribution::default();
    let mut lines: Vec<WorkLines> = Vec::new();
    // What a wrapped line goes on with, and whether a blank line stands before this one.
    let (mut last, mut parted): (Option<WorkKey>, bool) = (None, true);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let stands_alone = is_of_its_own(line);
        let line = line.trim();
        if line.is_empty() {
            (last, parted) = (None, true);
            continue;
        }
        let pair = line
            .split_once(':')
            .and_then(|(key, value)| Some((WorkKey::read(key)?, value.trim())));
        let slot = |key: WorkKey| key as usize;
        match (pair, last) {
            (Some((key, value)), _) => {
                let has = |key: WorkKey| {
                    lines
                        .last()
                        .and_then(|lines| lines.get(slot(key)))
                        .is_some_and(|at| !at.is_empty())
                };
                let next_block = parted && key == WorkKey::Title;
                if lines.is_empty() || has(key) || next_block {
                    read.works.push(Work {
                        line: index + 1,
                        ..Work::default()
                    });
                    lines.push(WorkLines::default());
                }
                if let (Some(work), Some(at)) = (
                    read.works.last_mut(),
                    lines.last_mut().and_then(|lines| lines.get_mut(slot(key))),
                ) {
                    value.clone_into(work.field_mut(key));
                    *at = index..index + 1;
                }
                (last, parted) = (Some(key), false);
            }
            (None, Some(key)) if !stands_alone => {
                if let (Some(work), Some(at)) = (
                    read.works.last_mut(),
                    lines.last_mut().and_then(|lines| lines.get_mut(slot(key))),
                ) {
                    let field = work.field_mut(key);
                    if !field.is_empty() {
                        field.push(' ');
                    }
                    field.push_str(line);
                    at.end = index + 1;
                }
            }
            (None, _) => {
                last = None;
                read.unknown.push((index + 1, line.to_owned()));
            }
        }
    }
    (read, lines)
}

/// True for a remark and for a line with a key of its own, which do not go on with the value above them.
fn is_of_its_own(line: &str) -> bool {
    let is_key = |label: &str| label.starts_with(char::is_uppercase) && label.split_whitespace().count() <= 3;
    line.starts_with('#') || line.split_once(": ").is_some_and(|(label, _)| is_key(label))
}

/// Writes works in the form that InstructLab documents, with a final newline.
pub fn write(works: &[Work]) -> String {
    let mut text = String::new();
    for (index, work) in works.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let mut line = |key: WorkKey| {
            let value = match (key, one_line(work.field(key))) {
                (WorkKey::Revision, value) if value.is_empty() => return,
                (WorkKey::Link, value) if value.is_empty() => "-".to_owned(),
                (_, value) => value,
            };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", format!("{}: {value}", key.label()).trim_end());
        };
        WorkKey::ALL.into_iter().for_each(&mut line);
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells whether InstructLab's taxonomy accepts a licence, however it is spelled; several joined by AND or OR must all be accepted.
pub fn is_accepted(licence: &str) -> bool {
    let folded = licence.to_lowercase().replace([',', ';', '/'], " and ");
    let mut any = false;
    let all = folded
        .split(" and ")
        .flat_map(|part| part.split(" or "))
        .map(plain)
        .filter(|part| !part.is_empty())
        .all(|part| {
            any = true;
            ACCEPTED_LICENCES.iter().any(|accepted| plain(accepted) == part)
                || part.starts_with("publicdomain")
                || matches!(
                    part.as_str(),
                    "cc0" | "ccby40" | "ccbysa40" | "apache20" | "apachelicense20" | "mitlicense"
                )
        });
    any && all
}

fn plain(licence: &str) -> String {
    licence
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect()
}

/// Lists what a careful reader would ask about. Nothing here is refused by InstructLab's own checks.
pub fn findings(read: &Attribution) -> Vec<AttributionFinding> {
    let mut found = Vec::new();
    let mut tell = |line, rule, message: String| found.push(AttributionFinding { line, rule, message });
    if read.works.is_empty() {
        tell(
            1,
            "attribution-works",
            "No source is named in attribution.txt, so nobody can check where the seeds come from; add a line such as \
             'Title of work: …' and the lines after it."
                .to_owned(),
        );
    }
    for work in &read.works {
        let title = if work.title.is_empty() {
            "this work"
        } else {
            &work.title
        };
        let missing: Vec<&str> = [
            (&work.title, "Title of work"),
            (&work.link, "Link to work"),
            (&work.licence, "License of the work"),
            (&work.creators, "Creator names"),
        ]
        .into_iter()
        .filter(|(value, _)| value.is_empty())
        .map(|(_, key)| key)
        .collect();
        if !missing.is_empty() {
            tell(
                work.line,
                "attribution-keys",
                format!(
                    "Of {title}, these lines are missing: {}; add them ('-' where there is none).",
                    missing.join(", ")
                ),
            );
        }
        if !work.licence.is_empty() && !is_accepted(&work.licence) {
            tell(
                work.line,
                "attribution-licence",
                format!(
                    "The licence of {title} is '{}', which is not one that InstructLab's taxonomy accepts ({}, public \
                     domain); ask before you contribute it.",
                    work.licence,
                    ACCEPTED_LICENCES.join(", ")
                ),
            );
        }
    }
    for (line, text) in &read.unknown {
        tell(
            *line,
            "attribution-line",
            format!("'{text}' belongs to no known line of attribution.txt; write 'Key: value'."),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_blocks_wrapped_values_and_other_spellings() {
        let read = parse(
            "Title of work: Frost and soil\nLink to work: https://example.org/frost\nRevision: https://example.org/1\n\
             License of the work: CC-BY-SA-4.0\nCreator names: A. Grower,\n  B. Gardener\n\n\
             Title: Second\r\nlink: -\r\nLicence of the work: GPL-3.0\r\nAuthors: C",
        );
        assert_eq!(read.works.len(), 2);
        assert_eq!(read.works[0].creators, "A. Grower, B. Gardener");
        assert_eq!(read.works[0].link, "https://example.org/frost");
        assert_eq!((read.works[1].title.as_str(), read.works[1].line), ("Second", 8));
        assert!(read.unknown.is_empty());
        let rules: Vec<_> = findings(&read)
            .into_iter()
            .map(|finding| (finding.line, finding.rule))
            .collect();
        assert_eq!(rules, [(8, "attribution-licence")]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let works = vec![
            Work {
                title: "A: the start".into(),
                licence: "MIT".into(),
                creators: "X".into(),
                line: 1,
                ..Work::default()
            },
            Work {
                title: "B".into(),
                link: "u".into(),
                licence: "CC0-1.0".into(),
                creators: "Y".into(),
                line: 6,
                ..Work::default()
            },
        ];
        let read = parse(&write(&works));
        assert_eq!(read.works.len(), 2);
        assert_eq!(read.works[0].title, "A: the start");
        assert_eq!(read.works[0].link, "-");
        assert_eq!(read.works[1], works[1]);
        assert!(findings(&read).is_empty());
    }

    #[test]
    fn knows_the_accepted_licences() {
        for licence in [
            "CC-BY-SA-4.0",
            "cc by-sa 4.0",
            "Apache 2.0",
            "MIT License",
            "Public Domain",
            "CC-BY-SA-4.0 and MIT",
        ] {
            assert!(is_accepted(licence), "{licence}");
        }
        for licence in ["", "CC-BY-NC-4.0", "GPL-3.0", "MIT AND GPL-3.0", "proprietary"] {
            assert!(!is_accepted(licence), "{licence}");
        }
    }

    #[test]
    fn empty_and_odd_files_are_read() {
        assert_eq!(findings(&parse("")).len(), 1);
        let read = parse("hello\n\nworld");
        assert_eq!(read.unknown.len(), 2);
    }
}

//! Reads and writes `attribution.txt`, in which the sources of a leaf are named: plain `Key: value` lines, a block for each work.
//!
//! Real files lack a final newline, spell the keys in several ways and wrap long values, so reading never fails.

use std::fmt::Write as _;

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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Title,
    Link,
    Revision,
    Licence,
    Creators,
}

impl Key {
    fn read(text: &str) -> Option<Key> {
        let word = text.trim().to_lowercase();
        let starts = |beginnings: &[&str]| beginnings.iter().any(|beginning| word.starts_with(beginning));
        if word.len() > 40 {
            None
        } else if starts(&["title"]) {
            Some(Key::Title)
        } else if starts(&["link", "url"]) {
            Some(Key::Link)
        } else if starts(&["revision"]) {
            Some(Key::Revision)
        } else if starts(&["license", "licence"]) {
            Some(Key::Licence)
        } else if starts(&["creator", "author"]) {
            Some(Key::Creators)
        } else {
            None
        }
    }
}

impl Work {
    fn field(&mut self, key: Key) -> &mut String {
        match key {
            Key::Title => &mut self.title,
            Key::Link => &mut self.link,
            Key::Revision => &mut self.revision,
            Key::Licence => &mut self.licence,
            Key::Creators => &mut self.creators,
        }
    }
}

/// Reads a file; a repeated key or a title after a blank line starts a new work.
pub fn parse(text: &str) -> Attribution {
    let mut read = Attribution::default();
    let mut work: Option<Work> = None;
    let mut last: Option<Key> = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
        if line.is_empty() {
            last = None;
            continue;
        }
        let pair = line
            .split_once(':')
            .and_then(|(key, value)| Some((Key::read(key)?, value.trim())));
        match (pair, last) {
            (Some((key, value)), _) => {
                let current = work.get_or_insert_with(|| Work {
                    line: number,
                    ..Work::default()
                });
                let repeats = !current.field(key).is_empty();
                let next_block = last.is_none()
                    && key == Key::Title
                    && *current
                        != Work {
                            line: number,
                            ..Work::default()
                        };
                if repeats || next_block {
                    read.works.extend(work.replace(Work {
                        line: number,
                        ..Work::default()
                    }));
                }
                if let Some(current) = work.as_mut() {
                    value.clone_into(current.field(key));
                }
                last = Some(key);
            }
            (None, Some(key)) => {
                if let Some(current) = work.as_mut() {
                    let field = current.field(key);
                    if !field.is_empty() {
                        field.push(' ');
                    }
                    field.push_str(line);
                }
            }
            (None, None) => read.unknown.push((number, line.to_owned())),
        }
    }
    read.works.extend(work);
    read
}

/// Writes works in the form that InstructLab documents, with a final newline.
pub fn write(works: &[Work]) -> String {
    let mut text = String::new();
    for (index, work) in works.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let or_dash = |value: &str| {
            if value.trim().is_empty() {
                "-".to_owned()
            } else {
                one_line(value)
            }
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "Title of work: {}", or_dash(&work.title));
        let _ = writeln!(text, "Link to work: {}", or_dash(&work.link));
        if !work.revision.trim().is_empty() {
            let _ = writeln!(text, "Revision: {}", one_line(&work.revision));
        }
        let _ = writeln!(text, "License of the work: {}", or_dash(&work.licence));
        let _ = writeln!(text, "Creator names: {}", or_dash(&work.creators));
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

//! The rules of style that real files break, as yamllint judges them in the configuration that InstructLab uses.
//!
//! Built from observed behaviour, not from yamllint's code: trailing-spaces, new-line-at-end-of-file, empty-lines, key-duplicates.

use std::collections::HashSet;

use super::directives::Directives;
use super::{At, Findings, Profile};
use crate::taxonomy::diagnostic::Severity;
use crate::taxonomy::yaml::{Document, Node, NodeValue};

pub(super) const TRAILING_SPACES: &str = "trailing-spaces";
pub(super) const FINAL_NEW_LINE: &str = "new-line-at-end-of-file";
pub(super) const EMPTY_LINES: &str = "empty-lines";
pub(super) const KEY_DUPLICATES: &str = "key-duplicates";

/// How many blank lines may follow one another inside a file; none may at its ends.
const MOST_EMPTY_LINES: usize = 2;

/// A line without its end, which may be `\n`, `\r\n` or `\r`: the validator reads all three as one.
pub(super) struct Line<'a> {
    pub text: &'a str,
    /// The byte where it starts.
    pub start: usize,
    /// It has an end; only the last line may lack one.
    pub ended: bool,
}

/// Splits a text into lines; a byte order mark belongs to none.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut start = text.len() - rest.len();
    while !rest.is_empty() {
        let end = rest.find(['\n', '\r']);
        let (line, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
        let next = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix(['\n', '\r']))
            .unwrap_or(after);
        found.push(Line {
            text: line,
            start,
            ended: end.is_some(),
        });
        start += rest.len() - next.len();
        rest = next;
    }
    found
}

/// Looks at the style of a file. In the profile of contributions, blank lines are a warning.
pub(super) fn lint(document: &Document, profile: Profile, findings: &mut Findings) {
    let lines = lines(document.text());
    let directives = Directives::read(document, &lines);
    if directives.whole_file() {
        return;
    }
    let mut tell = |severity, rule: &'static str, line: usize, column: usize, message: String, fix: Option<&str>| {
        if !directives.off(rule, line) {
            findings.tell(
                severity,
                rule,
                At {
                    line,
                    column,
                    yaml_path: "",
                },
                message,
                fix.map(str::to_owned),
            );
        }
    };
    for (number, line) in (1..).zip(&lines) {
        let kept = line.text.trim_end_matches([' ', '\t']);
        if kept.len() < line.text.len() {
            let message = "The line ends in spaces or tabs, which nobody sees and InstructLab refuses; delete them.";
            let column = kept.chars().count() + 1;
            tell(
                Severity::Error,
                TRAILING_SPACES,
                number,
                column,
                message.to_owned(),
                Some("Deletes the spaces."),
            );
        }
    }
    if let Some(last) = lines.last().filter(|last| !last.ended) {
        let message = "The last line has no line end, and InstructLab wants one; press Enter at its end and save.";
        let column = last.text.chars().count() + 1;
        tell(
            Severity::Error,
            FINAL_NEW_LINE,
            lines.len(),
            column,
            message.to_owned(),
            Some("Ends the last line."),
        );
    }
    let blank_severity = match profile {
        Profile::Ilab => Severity::Error,
        Profile::Ci => Severity::Warning,
    };
    for (last, count, most) in blank_runs(&lines) {
        let (place, allowed) = match most {
            0 if last == count => ("at the start of the file", "none is wanted there"),
            0 => ("at the end of the file", "none is wanted there"),
            _ => ("in a row", "at most two are wanted"),
        };
        let lines_word = if count == 1 { "line" } else { "lines" };
        let message = format!("There are {count} blank {lines_word} {place}, and {allowed}; delete the others.");
        let message = if most == 0 {
            message.replace("the others", if count == 1 { "it" } else { "them" })
        } else {
            message
        };
        let message = if count == 1 {
            message.replace("There are", "There is")
        } else {
            message
        };
        tell(
            blank_severity,
            EMPTY_LINES,
            last,
            1,
            message,
            Some("Deletes the blank lines."),
        );
    }
    if let Some(root) = document.root() {
        duplicates(root, &mut |node, key| {
            let message = format!(
                "The key '{key}' stands twice in the same group, and only the last one counts; delete or rename one of them."
            );
            tell(Severity::Error, KEY_DUPLICATES, node.line, node.column, message, None);
        });
    }
}

/// Runs of blank lines that are too long: the number of their last line, how many they are, how many are wanted.
/// A line of spaces is not blank.
fn blank_runs(lines: &[Line<'_>]) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    let mut count = 0;
    for (number, line) in (1..).zip(lines) {
        if line.text.is_empty() && line.ended {
            count += 1;
            // The file's last line: what follows would be another.
            if number == lines.len() {
                found.push((number, count, 0));
            }
            continue;
        }
        if count > 0 {
            let last = number - 1;
            let most = if last == count { 0 } else { MOST_EMPTY_LINES };
            if count > most {
                found.push((last, count, most));
            }
        }
        count = 0;
    }
    found
}

/// Hands out each key that repeats an earlier one of its mapping; copies made by aliases are judged where they are written.
fn duplicates<'a>(node: &'a Node, on_key: &mut dyn FnMut(&'a Node, &'a str)) {
    if node.is_alias() {
        return;
    }
    match &node.value {
        NodeValue::Scalar { .. } => {}
        NodeValue::Sequence(items) => items.iter().for_each(|item| duplicates(item, on_key)),
        NodeValue::Mapping(pairs) => {
            let mut seen = HashSet::new();
            for (key, value) in pairs {
                if let Some(text) = key.scalar_text().filter(|_| !key.is_alias() && !key.is_merge())
                    && !seen.insert(text)
                {
                    on_key(key, text);
                }
                duplicates(key, on_key);
                duplicates(value, on_key);
            }
        }
    }
}

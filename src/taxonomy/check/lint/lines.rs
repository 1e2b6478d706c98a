//! Lines as the rules of style count them, and the rules that look at whole lines.

use super::Lint;
use super::{EMPTY_LINES, FINAL_NEW_LINE, TRAILING_SPACES};

/// How many blank lines may follow one another inside a file; none may at its ends.
pub(in crate::taxonomy::check) const MOST_EMPTY_LINES: usize = 2;

/// A line without its end, which may be `\n`, `\r\n` or `\r`: the validator reads all three as one.
pub(in crate::taxonomy::check) struct Line<'a> {
    pub text: &'a str,
    /// The byte where it starts.
    pub start: usize,
    /// It has an end; only the last line may lack one.
    pub ended: bool,
}

/// Splits a text into lines; a byte order mark belongs to none.
pub(in crate::taxonomy::check) fn lines(text: &str) -> Vec<Line<'_>> {
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

/// trailing-spaces, new-line-at-end-of-file, empty-lines.
pub(super) fn look(lines: &[Line<'_>], lint: &mut Lint<'_, '_>) {
    for (number, line) in (1..).zip(lines) {
        let kept = line.text.trim_end_matches([' ', '\t']);
        if kept.len() < line.text.len() {
            let message = "The line ends in spaces or tabs, which nobody sees and InstructLab refuses; delete them.";
            let column = kept.chars().count() + 1;
            lint.error(
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
        lint.error(
            FINAL_NEW_LINE,
            lines.len(),
            column,
            message.to_owned(),
            Some("Ends the last line."),
        );
    }
    for (last, count, most) in blank_runs(lines) {
        let message = blank_message(last, count, most);
        lint.lesser(EMPTY_LINES, last, 1, message, Some("Deletes the blank lines."));
    }
}

fn blank_message(last: usize, count: usize, most: usize) -> String {
    let there_are = if count == 1 {
        "There is 1 blank line".to_owned()
    } else {
        format!("There are {count} blank lines")
    };
    match most {
        0 => {
            let place = if last == count { "start" } else { "end" };
            let them = if count == 1 { "it" } else { "them" };
            format!("{there_are} at the {place} of the file, and none is wanted there; delete {them}.")
        }
        _ => format!("{there_are} in a row, and at most two are wanted; delete the others."),
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

//! How a finding is printed.

use std::path::{Path, PathBuf};

use super::super::output::{Ink, Output, shown};
use super::targets::{Around, Target};
use crate::cli::session::Session;
use crate::taxonomy::{Diagnostic, Severity};
use crate::text::visible::visible_line;
use crate::text::width::{cells, truncate};

/// How much of a line is shown, and how much of that before the place that is meant.
const MOST_CELLS: usize = 100;
const CELLS_BEFORE: usize = 60;

/// The message, then the line with a caret under the place.
pub(super) fn as_text(output: Output, target: &Target, one: &Diagnostic) -> String {
    let (ink, word) = match one.severity {
        Severity::Error => (Ink::Bad, "error"),
        Severity::Warning => (Ink::Warning, "warning"),
        Severity::Advice => (Ink::Faint, "advice"),
    };
    let place = output.paint(Ink::Strong, format!("{}:{}:{}", shown(&one.path), one.line, one.column));
    let rule = output.paint(Ink::Faint, format!("[{}]", one.rule));
    let mut text = format!("{place}: {}: {} {rule}", output.paint(ink, word), shown(&one.message));
    let excerpt = target
        .source(one)
        .and_then(|source| excerpt(&source, one.line, one.column));
    if let Some((line, before)) = excerpt {
        let margin = one.line.to_string();
        let gap = " ".repeat(margin.len());
        let bar = output.paint(Ink::Faint, "|");
        let caret = output.paint(ink, "^");
        text.push_str(&format!(
            "\n  {} {bar} {line}\n  {gap} {bar} {}{caret}",
            output.paint(Ink::Faint, &margin),
            " ".repeat(before)
        ));
    }
    text
}

/// The line as it is shown, cut to fit, and the cells before the place. `None` for a blank line, which shows nothing.
fn excerpt(source: &str, line: usize, column: usize) -> Option<(String, usize)> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let unified = source.replace("\r\n", "\n").replace('\r', "\n");
    let text = unified.split('\n').nth(line.checked_sub(1)?)?;
    if text.trim().is_empty() {
        return None;
    }
    let at = text
        .char_indices()
        .nth(column.checked_sub(1)?)
        .map_or(text.len(), |(at, _)| at);
    let before = visible_line(text.get(..at)?);
    let after = visible_line(text.get(at..)?);
    // Long texts stand on one line: what matters is around the place.
    let kept = if cells(&before) > CELLS_BEFORE {
        let tail: Vec<char> = before
            .chars()
            .rev()
            .scan(0, |sum, c| {
                *sum += cells(&c.to_string());
                (*sum < CELLS_BEFORE).then_some(c)
            })
            .collect();
        format!("…{}", tail.into_iter().rev().collect::<String>())
    } else {
        before.into_owned()
    };
    let width = cells(&kept);
    Some((
        truncate(&format!("{kept}{after}"), MOST_CELLS).trim_end().to_owned(),
        width,
    ))
}

/// How paths are written for other programs.
pub(super) struct Paths {
    folder: PathBuf,
    root: Option<PathBuf>,
    /// The taxonomy's folder within its repository.
    in_repository: String,
}

impl Paths {
    pub fn of(session: &Session, around: &Around) -> Self {
        let folder = session.folder();
        Paths {
            folder: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
            root: around.workbench.as_ref().map(|workbench| workbench.root().to_owned()),
            in_repository: around
                .workbench
                .as_ref()
                .map(|workbench| workbench.in_repository(""))
                .unwrap_or_default(),
        }
    }

    /// From the root of the repository, as GitHub wants it.
    fn in_repository(&self, target: &Target, one: &Diagnostic) -> String {
        match target {
            Target::Leaf { prefix, .. } if prefix.is_empty() => format!("{}{}", self.in_repository, one.path),
            Target::Leaf { .. } | Target::File { .. } | Target::Stdin { .. } => one.path.clone(),
        }
    }

    /// From the folder one works in where the file lies below it, else in full.
    fn below_here(&self, target: &Target, one: &Diagnostic) -> String {
        let full = match (target, &self.root) {
            (Target::Leaf { root, prefix, .. }, _) => {
                root.join(one.path.strip_prefix(prefix.as_str()).unwrap_or(&one.path))
            }
            (Target::File { disk, .. }, _) => disk.clone(),
            (Target::Stdin { .. }, _) => return one.path.clone(),
        };
        let below: &Path = full.strip_prefix(&self.folder).unwrap_or(&full);
        below.to_string_lossy().replace('\\', "/")
    }
}

/// GitHub reads `%`, line breaks and, in properties, `:` and `,` as its own.
pub(super) fn as_annotation(paths: &Paths, target: &Target, one: &Diagnostic) -> String {
    let text = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |value: &str| text(value).replace(':', "%3A").replace(',', "%2C");
    let level = match one.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let (file, title) = (property(&paths.in_repository(target, one)), property(one.rule));
    format!(
        "::{level} file={file},line={},col={},title={title}::{}",
        one.line,
        one.column,
        text(&one.message)
    )
}

/// As InstructLab's own program prints it.
pub(super) fn as_instructlab(paths: &Paths, target: &Target, one: &Diagnostic) -> String {
    let word = if one.severity == Severity::Error {
        "ERROR"
    } else {
        "WARN"
    };
    let path = shown(&paths.below_here(target, one));
    let yaml_path = match one.yaml_path.as_str() {
        "" => String::new(),
        yaml_path => format!("[{}] ", shown(yaml_path)),
    };
    format!(
        "{word}: {path}:{}:{} {yaml_path}{}",
        one.line,
        one.column,
        shown(&one.message)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place() {
        for (text, column, line, before) in [
            ("  answer: 12", 11, "  answer: 12", 10),
            ("霜: 12", 4, "霜: 12", 4),
            ("e\u{301}: 1", 5, "e\u{301}: 1", 3),
            ("a:\tb", 4, "a:    b", 6),
            ("a: b", 9, "a: b", 4),
        ] {
            assert_eq!(excerpt(text, 1, column), Some((line.to_owned(), before)), "{text}");
        }
        assert_eq!(excerpt("a\r\nb\rc", 3, 1), Some(("c".to_owned(), 0)));
        assert_eq!(excerpt("a\n \n", 2, 1), None);
        let long = format!("a: {}", "word ".repeat(100));
        let (line, before) = excerpt(&long, 1, 300).unwrap();
        assert!(
            cells(&line) <= MOST_CELLS && before == CELLS_BEFORE && line.starts_with('…'),
            "{line}"
        );
        assert!(!excerpt("\u{1b}[31mx", 1, 1).unwrap().0.contains('\u{1b}'));
    }
}

//! Mends what can be mended without knowing the subject: quotes, version, spaces, blank lines, missing keys and entries.

use std::collections::HashMap;

use super::lint::{
    BRACES, BRACKETS, COLONS, COMMAS, EMPTY_LINES, FINAL_NEW_LINE, HYPHENS, INDENTATION, MOST_EMPTY_LINES,
    TRAILING_SPACES, lines,
};
use super::{Profile, check_document, restyle};
use crate::taxonomy::diagnostic::Diagnostic;
use crate::taxonomy::form::{FormEdit, apply};
use crate::taxonomy::node::Kind;
use crate::taxonomy::scaffold::{LEAST_EXAMPLES, LEAST_PAIRS};
use crate::taxonomy::yaml::{Document, Node, Step, YamlPath};

/// The bytes of the file with one finding mended as its `fix` says; `None` where there is no fix, or none that is safe.
///
/// `kind` is the leaf's, for entries that are added. The finding must be one of these bytes.
pub fn fixed(bytes: &[u8], kind: Kind, finding: &Diagnostic) -> Option<Vec<u8>> {
    finding.fix.as_ref()?;
    let text = std::str::from_utf8(bytes).ok()?;
    let mended = drafts(text, kind, finding)
        .into_iter()
        .find(|draft| !is_restyled(finding.rule) || is_better(text, draft, finding))?;
    Some(mended.into_bytes())
}

/// The likeliest way of mending a finding, not looked at again.
pub(super) fn draft(text: &str, kind: Kind, finding: &Diagnostic) -> Option<String> {
    drafts(text, kind, finding).into_iter().next()
}

/// Ways of mending a finding, the best first.
pub(super) fn drafts(text: &str, kind: Kind, finding: &Diagnostic) -> Vec<String> {
    let one = match finding.rule {
        TRAILING_SPACES => trim_line(text, finding.line),
        FINAL_NEW_LINE => Some(format!("{text}{}", line_end(text))),
        EMPTY_LINES => drop_blank_lines(text, finding.line),
        rule if is_restyled(rule) => return restyle::drafts(text, finding),
        _ => edited(text.as_bytes(), kind, finding),
    };
    one.filter(|draft| draft != text).into_iter().collect()
}

fn is_restyled(rule: &str) -> bool {
    matches!(rule, INDENTATION | COLONS | COMMAS | HYPHENS | BRACES | BRACKETS)
}

/// The values are the same and there are fewer findings of style, none of them of a rule that was silent before.
fn is_better(before: &str, after: &str, finding: &Diagnostic) -> bool {
    let (Ok(old), Ok(new)) = (Document::parse(before.as_bytes()), Document::parse(after.as_bytes())) else {
        return false;
    };
    let same = match (old.root(), new.root()) {
        (Some(old), Some(new)) => old.same_value(new),
        _ => false,
    };
    let counted = |document: Document| {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for one in check_document(&finding.path, &Ok(document), Profile::Ci) {
            *counts.entry(one.rule).or_default() += 1;
        }
        counts
    };
    let (old, new) = (counted(old), counted(new));
    let count = |counts: &HashMap<&str, usize>, rule| counts.get(rule).copied().unwrap_or_default();
    same && count(&new, finding.rule) < count(&old, finding.rule)
        && new.iter().all(|(rule, number)| *number <= count(&old, rule))
}

fn line_end(text: &str) -> &'static str {
    match text
        .find('\n')
        .and_then(|at| at.checked_sub(1))
        .and_then(|before| text.as_bytes().get(before))
    {
        Some(b'\r') => "\r\n",
        _ => "\n",
    }
}

/// Spaces at the end of a line can be part of a quoted or block text; there the text loses them, which is what the rule wants.
fn trim_line(text: &str, number: usize) -> Option<String> {
    let lines = lines(text);
    let line = lines.get(number.checked_sub(1)?)?;
    let kept = line.start + line.text.trim_end_matches([' ', '\t']).len();
    let end = line.start + line.text.len();
    Some(format!("{}{}", text.get(..kept)?, text.get(end..)?))
}

/// Removes blank lines above and at the given last one of a run: all at the ends of a file, all but two inside.
fn drop_blank_lines(text: &str, last: usize) -> Option<String> {
    let lines = lines(text);
    let blank = |number: usize| {
        number
            .checked_sub(1)
            .and_then(|at| lines.get(at))
            .is_some_and(|line| line.text.is_empty() && line.ended)
    };
    let mut first = last;
    while first > 1 && blank(first - 1) {
        first -= 1;
    }
    if !blank(first) {
        return None;
    }
    let kept = if first == 1 || last == lines.len() {
        0
    } else {
        MOST_EMPTY_LINES
    };
    let start = lines.get((first - 1) + kept)?.start;
    let end = lines.get(last).map_or(text.len(), |line| line.start);
    Some(format!("{}{}", text.get(..start)?, text.get(end..)?))
}

fn edited(bytes: &[u8], kind: Kind, finding: &Diagnostic) -> Option<String> {
    let mut document = Document::parse(bytes).ok()?;
    let path: YamlPath = finding.yaml_path.parse().ok()?;
    match finding.rule {
        "version" | "deprecated-version" => set_version(&mut document, finding)?,
        "type" if path.last() == Some(&Step::Key("version".to_owned())) => set_version(&mut document, finding)?,
        "type" => {
            let written = document.get(&path).and_then(Node::scalar_text)?.to_owned();
            document.set(&path, &written).ok()?;
        }
        "min-items" => add_entries(&mut document, kind, &path)?,
        "required" => add_key(&mut document, kind, &path, finding)?,
        _ => return None,
    }
    Some(document.text().to_owned())
}

/// The number stands in the words of the fix, since two profiles may want two numbers.
fn set_version(document: &mut Document, finding: &Diagnostic) -> Option<()> {
    let version = finding.fix.as_deref()?.trim_end_matches('.').rsplit(' ').next()?;
    document.set_plain(&YamlPath::root().key("version"), version).ok()
}

fn add_entries(document: &mut Document, kind: Kind, path: &YamlPath) -> Option<()> {
    let count = document.get(path)?.items()?.len();
    let (least, edit) = match path.steps() {
        [Step::Key(_)] => (LEAST_EXAMPLES, FormEdit::AddExample),
        [Step::Key(_), Step::Index(example), Step::Key(_)] => (LEAST_PAIRS, FormEdit::AddPair(*example)),
        _ => (1, FormEdit::AddPattern("*.md".to_owned())),
    };
    for _ in count..least {
        apply(document, kind, &edit).ok()?;
    }
    Some(())
}

fn add_key(document: &mut Document, kind: Kind, above: &YamlPath, finding: &Diagnostic) -> Option<()> {
    let key = finding.fix.as_deref()?.split('\'').nth(1)?;
    let path = above.key(key);
    match key {
        "version" => document.set_plain(&path, "3").ok(),
        "seed_examples" => (0..LEAST_EXAMPLES).try_for_each(|_| apply(document, kind, &FormEdit::AddExample).ok()),
        "questions_and_answers" => match above.last() {
            Some(Step::Index(example)) => {
                (0..LEAST_PAIRS).try_for_each(|_| apply(document, kind, &FormEdit::AddPair(*example)).ok())
            }
            _ => None,
        },
        "patterns" => apply(document, kind, &FormEdit::AddPattern("*.md".to_owned())).ok(),
        "document" => {
            document.set(&path.key("repo"), "").ok()?;
            document.set(&path.key("commit"), "").ok()?;
            apply(document, kind, &FormEdit::AddPattern("*.md".to_owned())).ok()
        }
        _ => document.set(&path, "").ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::check::check_file;

    /// Mends everything that can be mended, one finding at a time, and gives what is left.
    fn mend(path: &str, kind: Kind, text: &str) -> (String, Vec<&'static str>) {
        let mut text = text.to_owned();
        for _ in 0..100 {
            let found = check_file(path, text.as_bytes(), Profile::Ci);
            match found.iter().find_map(|one| fixed(text.as_bytes(), kind, one)) {
                Some(next) => {
                    let next = String::from_utf8(next).unwrap();
                    assert_ne!(next, text);
                    text = next;
                }
                None => return (text, found.into_iter().map(|one| one.rule).collect()),
            }
        }
        panic!("mending never ends:\n{text}");
    }

    #[test]
    fn style_values_and_version_are_mended_and_nothing_else_moves() {
        let text = "\n\nversion: '2'\ntask_description: T  \ncreated_by: 0123 # me\n\n\n\n\nseed_examples:\n  - {question: a, answer: yes}\n  - {question: b, answer: 12:30}\n  - {question: c, answer: 1.0}\n  - {question: d, answer: x}\n  - {question: e, answer: 2024-01-01}\n\n\n";
        let (mended, left) = mend("compositional_skills/a/qna.yaml", Kind::Skill, text);
        assert_eq!(left, Vec::<&str>::new(), "{mended}");
        assert_eq!(
            mended,
            "version: 3\ntask_description: T\ncreated_by: \"0123\" # me\n\n\nseed_examples:\n  - {question: a, answer: \"yes\"}\n  - {question: b, answer: \"12:30\"}\n  - {question: c, answer: \"1.0\"}\n  - {question: d, answer: x}\n  - {question: e, answer: \"2024-01-01\"}\n"
        );
    }

    #[test]
    fn what_is_missing_is_added_to_be_filled_in() {
        for (path, kind) in [
            ("knowledge/a/qna.yaml", Kind::Knowledge),
            ("compositional_skills/a/qna.yaml", Kind::Skill),
        ] {
            let (mended, left) = mend(path, kind, "created_by: me");
            assert!(
                left.iter().all(|rule| matches!(*rule, "min-length" | "unique-items")),
                "{left:?}\n{mended}"
            );
            assert!(
                mended.starts_with("created_by: me\n") || mended.contains("\ncreated_by: me\n"),
                "{mended}"
            );
        }
    }

    #[test]
    fn windows_line_ends_stay() {
        let (mended, _) = mend(
            "compositional_skills/a/qna.yaml",
            Kind::Skill,
            "version: 3 \r\ncreated_by: me",
        );
        assert!(
            mended.starts_with("version: 3\r\n") && mended.ends_with("\r\n"),
            "{mended:?}"
        );
    }
}

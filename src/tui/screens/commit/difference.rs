//! What one change is, as a text to read: a difference for seeds, verdicts and samples in words for curated files.

use std::collections::{BTreeMap, HashSet};

use super::pieces::{Pieces, compared};
use crate::git::FileDiff;
use crate::review::{Action, EventId, ReviewEvent, Verdict, reason_label};
use crate::samples::{Role as Speaker, Sample, SampleId};
use crate::text::counted::counted;
use crate::text::width::truncate;
use crate::tui::theme::Role;
use crate::workbench::{ChangeGroup, ChangedFile};

/// Above this many bytes on both sides together, texts are shown without being compared.
const COMPARED: usize = 512 * 1024;
/// Decisions or samples shown of one file.
const SHOWN: usize = 100;

/// A change in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    pub by_word: Pieces,
    /// `None` where there is one way to show it only.
    pub by_line: Option<Pieces>,
}

impl Texts {
    fn one(pieces: Pieces) -> Self {
        Texts {
            by_word: pieces,
            by_line: None,
        }
    }

    pub fn pieces(&self, by_line: bool) -> &Pieces {
        self.by_line.as_ref().filter(|_| by_line).unwrap_or(&self.by_word)
    }
}

/// Writes what a change is. `find` looks a sample up, so that a verdict can be shown with what it is about.
pub fn texts(file: &ChangedFile, diff: &FileDiff, find: &mut dyn FnMut(&SampleId) -> Option<Sample>) -> Texts {
    match file.group {
        ChangeGroup::Decisions => Texts::one(decisions(diff, find)),
        ChangeGroup::Samples => Texts::one(samples(diff)),
        ChangeGroup::Seeds | ChangeGroup::Support | ChangeGroup::Other => plain(diff),
    }
}

fn plain(diff: &FileDiff) -> Texts {
    let mut pieces = Pieces::default();
    let size = |side: &Option<Vec<u8>>| side.as_ref().map_or(0, Vec::len);
    let (old_size, new_size) = (size(&diff.old), size(&diff.new));
    let (old, new) = match (text_of(diff.old.as_deref()), text_of(diff.new.as_deref())) {
        (Some(old), Some(new)) => (old, new),
        _ => {
            let told = match (&diff.old, &diff.new) {
                (None, _) => format!("This new file is no text; it has {new_size} bytes."),
                (_, None) => format!("This file was removed; it was no text and had {old_size} bytes."),
                _ => format!("This file is no text; it had {old_size} bytes and has {new_size} now."),
            };
            pieces.push(&told, Role::Dim);
            return Texts::one(pieces);
        }
    };
    match (&diff.old, &diff.new) {
        (None, None) => pieces.push("There is nothing to read here.", Role::Dim),
        (None, Some(_)) => {
            pieces.push("a new file\n\n", Role::Dim);
            pieces.push(new, Role::Text);
        }
        (Some(_), None) => {
            pieces.push("this file was removed; it said\n\n", Role::Dim);
            pieces.push(old, Role::Removed);
        }
        (Some(_), Some(_)) if old_size + new_size > COMPARED => {
            let told = format!(
                "{} kB are too much to compare here; this is how it begins now\n\n",
                new_size / 1024
            );
            pieces.push(&told, Role::Warning);
            pieces.push(new, Role::Text);
        }
        (Some(_), Some(_)) if old == new => {
            pieces.push(
                "The text is the same; only the file's mode or line ends differ.",
                Role::Dim,
            );
        }
        (Some(_), Some(_)) => {
            return Texts {
                by_word: compared(old, new, false),
                by_line: Some(compared(old, new, true)),
            };
        }
    }
    Texts::one(pieces)
}

/// The text of a side; a side that is not there is empty, one that is no text is `None`.
fn text_of(bytes: Option<&[u8]>) -> Option<&str> {
    let text = std::str::from_utf8(bytes.unwrap_or_default()).ok()?;
    (!text.contains('\0')).then_some(text)
}

fn lines(bytes: Option<&[u8]>) -> impl Iterator<Item = &[u8]> {
    bytes
        .unwrap_or_default()
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.trim_ascii().is_empty())
}

/// The lines that the file gained, and how many it lost.
fn gained(diff: &FileDiff) -> (Vec<&[u8]>, usize) {
    let before: HashSet<&[u8]> = lines(diff.old.as_deref()).collect();
    let after: HashSet<&[u8]> = lines(diff.new.as_deref()).collect();
    let gained = lines(diff.new.as_deref())
        .filter(|line| !before.contains(line))
        .collect();
    (gained, before.difference(&after).count())
}

fn lost_line(lost: usize, pieces: &mut Pieces) {
    if lost > 0 {
        let lines = counted(lost, "line", "lines");
        pieces.push(
            &format!("! {lines} of the last commit are not in the file any more\n\n"),
            Role::Warning,
        );
    }
}

fn decisions(diff: &FileDiff, find: &mut dyn FnMut(&SampleId) -> Option<Sample>) -> Pieces {
    let (gained, lost) = gained(diff);
    let mut pieces = Pieces::default();
    lost_line(lost, &mut pieces);
    let events: Vec<ReviewEvent> = gained
        .iter()
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let undone: HashSet<&EventId> = events.iter().filter_map(|event| event.undoes.as_ref()).collect();
    let mut last: BTreeMap<&SampleId, &ReviewEvent> = BTreeMap::new();
    for event in events
        .iter()
        .filter(|event| event.action != Action::Undo && !undone.contains(&event.id))
    {
        let known = last.entry(&event.sample).or_insert(event);
        if known.at <= event.at {
            *known = event;
        }
    }
    let fresh: HashSet<&EventId> = events.iter().map(|event| &event.id).collect();
    let mut standing: Vec<&ReviewEvent> = last.into_values().collect();
    let taken_back = events
        .iter()
        .filter(|event| event.undoes.as_ref().is_some_and(|id| !fresh.contains(id)));
    standing.extend(taken_back);
    standing.sort_by_key(|event| event.at);
    let more = standing.len().saturating_sub(SHOWN);
    for event in standing.into_iter().take(SHOWN) {
        if pieces.is_full() {
            break;
        }
        verdict(event, &mut pieces);
        match find(&event.sample) {
            Some(sample) => conversation(&sample, &mut pieces),
            None => pieces.push(&format!("sample {}\n", event.sample), Role::Dim),
        }
        pieces.push("\n", Role::Text);
    }
    left_out(more, "decision", "decisions", &mut pieces);
    if pieces == Pieces::default() {
        pieces.push("Nothing was decided that still counts.", Role::Dim);
    }
    pieces
}

fn verdict(event: &ReviewEvent, pieces: &mut Pieces) {
    let (mark, word, role) = match event.action.verdict() {
        Some(Verdict::Accepted) => ("✓", "accepted", Role::Good),
        Some(Verdict::Rejected) if event.replaced_by.is_some() => {
            ("✎", "edited: a new sample takes its place", Role::Changed)
        }
        Some(Verdict::Rejected) => ("✗", "rejected", Role::Bad),
        Some(Verdict::Skipped) => ("–", "skipped", Role::Dim),
        Some(Verdict::Flagged) => ("⚑", "flagged", Role::Warning),
        None => ("↶", "a committed decision was taken back", Role::Changed),
    };
    pieces.push(&format!("{mark} {word}"), role);
    if event.replaced_by.is_none() && !event.reasons.is_empty() {
        let reasons: Vec<&str> = event.reasons.iter().map(|code| reason_label(code)).collect();
        pieces.push(&format!(": {}", reasons.join(", ")), role);
    }
    if !event.note.is_empty() {
        pieces.push(&format!(" · {}", event.note), Role::Text);
    }
    pieces.push("\n", Role::Text);
}

fn samples(diff: &FileDiff) -> Pieces {
    let (gained, lost) = gained(diff);
    let mut pieces = Pieces::default();
    lost_line(lost, &mut pieces);
    for line in gained.iter().take(SHOWN) {
        if pieces.is_full() {
            break;
        }
        match serde_json::from_slice::<Sample>(line) {
            Ok(sample) => {
                origin(&sample, &mut pieces);
                conversation(&sample, &mut pieces);
            }
            Err(_) => pieces.push("! this line is no sample\n", Role::Warning),
        }
        pieces.push("\n", Role::Text);
    }
    left_out(gained.len().saturating_sub(SHOWN), "sample", "samples", &mut pieces);
    if pieces == Pieces::default() {
        pieces.push("No sample was added.", Role::Dim);
    }
    pieces
}

fn origin(sample: &Sample, pieces: &mut Pieces) {
    let from = &sample.provenance;
    let parent = sample.parent.as_ref().map(|_| "an edit of another sample".to_owned());
    let teacher = (!from.teacher.is_empty()).then(|| format!("by {}", from.teacher));
    let flags = (!sample.flags.is_empty()).then(|| sample.flags.join(", "));
    let parts: Vec<String> = [Some(format!("sample {}", sample.id)), parent, teacher, flags]
        .into_iter()
        .flatten()
        .collect();
    pieces.push(&format!("+ {}\n", parts.join(" · ")), Role::Dim);
}

fn conversation(sample: &Sample, pieces: &mut Pieces) {
    if let Some(context) = &sample.context {
        let flat = context.split_whitespace().collect::<Vec<_>>().join(" ");
        pieces.push("from  ", Role::Accent);
        pieces.push(&format!("{}\n", truncate(&flat, 160)), Role::Quoted);
    }
    for message in &sample.messages {
        let (label, role) = match message.role {
            Speaker::System => ("S  ", Role::Dim),
            Speaker::User => ("Q  ", Role::Strong),
            Speaker::Assistant => ("A  ", Role::Text),
        };
        pieces.push(label, Role::Accent);
        // Further lines stand below the first one, behind the mark.
        pieces.push(&message.content.trim_end().replace('\n', "\n   "), role);
        pieces.push("\n", Role::Text);
    }
}

fn left_out(more: usize, one: &str, several: &str, pieces: &mut Pieces) {
    if more > 0 && !pieces.is_full() {
        let told = format!(
            "… and {} more; the commit holds all of them",
            counted(more, one, several)
        );
        pieces.push(&told, Role::Warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: Option<&str>, new: Option<&str>) -> FileDiff {
        let bytes = |text: &str| text.as_bytes().to_vec();
        FileDiff {
            old: old.map(bytes),
            new: new.map(bytes),
        }
    }

    #[test]
    fn a_verdict_is_shown_with_its_sample_and_without_what_was_undone() {
        let event = |id: &str, sample: &str, action: &str, second: u8, more: &str| {
            format!(
                r#"{{"id":"{id}","sample":"{sample}","action":"{action}","at":"2026-11-22T09:00:{second:02}Z"{more}}}"#
            ) + "\n"
        };
        let old = event("e0", "s0", "accept", 0, "");
        let new = [
            old.clone(),
            event("e1", "s1", "accept", 1, ""),
            event("e2", "s2", "reject", 2, r#","reasons":["wrong"],"note":"no such tram""#),
            event("e3", "s3", "accept", 3, ""),
            event("e4", "s3", "undo", 4, r#","undoes":"e3""#),
            event("e5", "s0", "undo", 5, r#","undoes":"e0""#),
        ]
        .concat();
        let text = decisions(&diff(Some(&old), Some(&new)), &mut |_| None).text();
        let wanted = "✓ accepted\nsample s1\n\n✗ rejected: wrong · no such tram\nsample s2\n\n\
                      ↶ a committed decision was taken back\nsample s0\n\n";
        assert_eq!(text, wanted);
    }

    #[test]
    fn lost_lines_are_told() {
        let text = samples(&diff(Some("{\"a\":1}\n"), Some(""))).text();
        assert!(text.starts_with("! 1 line of the last commit"), "{text}");
    }

    #[test]
    fn what_is_no_text_is_not_shown() {
        let text = plain(&FileDiff {
            old: None,
            new: Some(vec![0, 159, 146, 150]),
        })
        .by_word
        .text();
        assert!(text.contains("4 bytes"), "{text}");
        assert!(plain(&diff(None, Some("a: 1\n"))).by_word.text().contains("a: 1"));
        assert!(plain(&diff(Some("a: 1\n"), None)).by_word.text().contains("removed"));
    }
}

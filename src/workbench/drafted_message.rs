//! A commit message in plain words, drafted from what was done.

use std::collections::{BTreeMap, HashSet};

use super::changes::{ChangeGroup, ChangedFile, Decisions, Moved};
use crate::git::ChangeKind;
use crate::review::reason_label;
use crate::taxonomy::SEED_FILE;
use crate::text::counted::counted;
use crate::text::visible::visible_line;

/// What was done to one leaf.
#[derive(Default)]
struct Done {
    decisions: Decisions,
    samples: usize,
    /// How the seed file changed.
    seeds: Option<&'static str>,
    /// Where the leaf was before.
    moved_from: Option<String>,
    /// Other files of the leaf, as in its attribution.
    beside: Vec<String>,
}

const MOVED: &str = "seeds moved";

/// The longest subject in characters: what git and its hosts show whole.
const SUBJECT: usize = 72;

/// Drafts the message; empty when there are no files.
pub(super) fn draft_message<'a>(files: impl Iterator<Item = &'a ChangedFile>) -> String {
    let mut leaves: BTreeMap<String, Done> = BTreeMap::new();
    let mut others = Vec::new();
    let files: Vec<&ChangedFile> = files.collect();
    let chosen: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let is_chosen = |path: &String| chosen.contains(path.as_str());
    for file in &files {
        // Told where it went, if that is committed, too.
        if matches!(&file.moved, Some(Moved::To(path)) if is_chosen(path)) {
            continue;
        }
        let Some(node) = &file.node else {
            others.push(*file);
            continue;
        };
        // A folder may be called anything; a line break in its name must not start a line of its own here.
        let done = leaves.entry(visible_line(node.as_str()).into_owned()).or_default();
        match file.group {
            ChangeGroup::Decisions => done.decisions.add(&file.decisions),
            ChangeGroup::Samples => done.samples += file.samples,
            _ if let Some(Moved::From(former)) = &file.moved
                && is_chosen(former) =>
            {
                let above = file.path.strip_suffix(&file.shown).unwrap_or_default();
                let shown = former.strip_prefix(above).unwrap_or(former);
                if let Some(folder) = shown.strip_suffix(&format!("/{SEED_FILE}")) {
                    done.moved_from = Some(visible_line(folder).into_owned());
                    done.seeds = Some(MOVED);
                }
            }
            _ if file.path.ends_with(&format!("/{SEED_FILE}")) => {
                done.seeds = Some(match file.kind {
                    ChangeKind::Added | ChangeKind::Untracked => "seeds added",
                    ChangeKind::Deleted => "seeds removed",
                    ChangeKind::Renamed { .. } => MOVED,
                    ChangeKind::Modified | ChangeKind::Conflicted => "seeds edited",
                });
            }
            _ => {
                let name = file.path.rsplit('/').next().unwrap_or(&file.path);
                done.beside.push(format!("{} {}", visible_line(name), file.word()));
            }
        }
    }
    if leaves.is_empty() && others.is_empty() {
        return String::new();
    }
    let subject = subject(&leaves, &others);
    let mut lines: Vec<String> = leaves
        .iter()
        .map(|(node, done)| format!("- {node}: {}", done.words()))
        .collect();
    if !leaves.is_empty() {
        lines.extend(
            others
                .iter()
                .map(|file| format!("- {} {}", visible_line(&file.shown), file.word())),
        );
    }
    if lines.is_empty() {
        format!("{subject}\n")
    } else {
        format!("{subject}\n\n{}\n", lines.join("\n"))
    }
}

fn subject(leaves: &BTreeMap<String, Done>, others: &[&ChangedFile]) -> String {
    if leaves.is_empty() {
        return match others {
            [one] => shorter(format!("Update {}", visible_line(&one.shown)), "Update one file"),
            several => format!("Update {} files", several.len()),
        };
    }
    let mut decisions = Decisions::default();
    leaves.values().for_each(|done| decisions.add(&done.decisions));
    let added: usize = leaves.values().map(|done| done.samples).sum();
    let seeded: Vec<&str> = leaves.values().filter_map(|done| done.seeds).collect();
    let reviewed = match added {
        0 => reviewed(&decisions),
        added => reviewed(&decisions).or_else(|| Some(format!("Add {}", counted(added, "sample", "samples")))),
    };
    let verb = match seeded.as_slice() {
        [] => None,
        kinds if kinds.iter().all(|kind| *kind == "seeds added") => Some("Add"),
        kinds if kinds.iter().all(|kind| *kind == "seeds removed") => Some("Remove"),
        kinds if kinds.iter().all(|kind| *kind == MOVED) => Some("Move"),
        _ => Some("Edit"),
    };
    let undone = decisions.taken_back > 0;
    let one = leaves.keys().next().filter(|_| leaves.len() == 1);
    let several = counted(leaves.len(), "leaf", "leaves");
    let name = one.and_then(|node| node.rsplit('/').next()).unwrap_or(&several);
    let told = |name: &str| match (&reviewed, verb) {
        (None, Some("Move")) => format!("Move {name}"),
        (Some(reviewed), Some("Move")) => format!("{} and move {name}", reviewed.replace(", ", " and ")),
        (Some(reviewed), None) => format!("{} for {name}", reviewed.replace(", ", " and ")),
        (Some(reviewed), Some(verb)) => format!("{reviewed} and {} seeds for {name}", verb.to_lowercase()),
        (None, Some(verb)) => format!("{verb} seeds for {name}"),
        (None, None) if undone => format!("Take back decisions for {name}"),
        (None, None) => format!("Update files of {name}"),
    };
    shorter(told(name), &told(&several))
}

/// What was decided on samples, as in `Curate 5 samples, reject 2`; `None` when nothing was.
///
/// Only what was accepted is curated. Who neither accepted nor rejected anything has edited, or only looked through.
fn reviewed(decisions: &Decisions) -> Option<String> {
    let samples = |n: usize| counted(n, "sample", "samples");
    Some(match decisions {
        Decisions {
            accepted: 0,
            rejected: 0,
            edited: 0,
            ..
        } if decisions.total() == 0 => return None,
        Decisions {
            accepted: 0,
            rejected: 0,
            edited: 0,
            ..
        } => format!("Review {}", samples(decisions.total())),
        Decisions {
            accepted: 0,
            rejected: 0,
            edited,
            ..
        } => format!("Edit {}", samples(*edited)),
        Decisions {
            accepted: 0, rejected, ..
        } => format!("Reject {}", samples(*rejected)),
        Decisions {
            accepted, rejected: 0, ..
        } => format!("Curate {}", samples(*accepted)),
        Decisions { accepted, rejected, .. } => format!("Curate {}, reject {rejected}", samples(*accepted)),
    })
}

/// The first text where it is short enough, else the other.
fn shorter(text: String, other: &str) -> String {
    if text.chars().count() <= SUBJECT {
        text
    } else {
        other.to_owned()
    }
}

impl Done {
    fn words(&self) -> String {
        let mut parts: Vec<String> = match &self.moved_from {
            Some(from) => vec![format!("moved from {from}")],
            None => self.seeds.iter().map(|word| (*word).to_owned()).collect(),
        };
        let Decisions {
            accepted,
            rejected,
            skipped,
            flagged,
            edited,
            taken_back,
            reasons,
        } = &self.decisions;
        let mut told = |n: usize, word: &str| {
            if n > 0 {
                parts.push(format!("{n} {word}"));
            }
        };
        told(*accepted, "accepted");
        told(*edited, "edited");
        let because: Vec<String> = reasons
            .iter()
            .map(|(code, n)| format!("{n} {}", visible_line(reason_label(code))))
            .collect();
        match because.as_slice() {
            [] => told(*rejected, "rejected"),
            because => told(*rejected, &format!("rejected ({})", because.join(", "))),
        }
        told(*skipped, "skipped");
        told(*flagged, "flagged");
        told(*taken_back, "taken back");
        if self.decisions.total() == 0 && self.samples > 0 {
            parts.push(format!("{} added", counted(self.samples, "sample", "samples")));
        }
        parts.extend(self.beside.iter().cloned());
        if parts.is_empty() {
            "files changed".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

impl Decisions {
    pub(super) fn add(&mut self, other: &Decisions) {
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.skipped += other.skipped;
        self.flagged += other.flagged;
        self.edited += other.edited;
        self.taken_back += other.taken_back;
        for (code, n) in &other.reasons {
            *self.reasons.entry(code.clone()).or_default() += n;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::NodePath;

    fn file(path: &str, group: ChangeGroup, node: Option<&str>, kind: ChangeKind) -> ChangedFile {
        ChangedFile {
            path: path.into(),
            shown: path.into(),
            group,
            node: node.map(|node| NodePath::parse(node).unwrap()),
            kind,
            staged: false,
            decisions: Decisions::default(),
            samples: 0,
            moved: None,
        }
    }

    fn decided(node: &str, accepted: usize, rejected: usize) -> ChangedFile {
        let path = format!("curated/{node}/reviews/a.jsonl");
        let mut file = file(&path, ChangeGroup::Decisions, Some(node), ChangeKind::Modified);
        let reasons = (rejected > 0)
            .then(|| ("wrong".to_owned(), rejected))
            .into_iter()
            .collect();
        file.decisions = Decisions {
            accepted,
            rejected,
            reasons,
            ..Decisions::default()
        };
        file
    }

    /// Neither accepted nor rejected.
    fn passed(node: &str, skipped: usize, flagged: usize, edited: usize) -> ChangedFile {
        let mut file = decided(node, 0, 0);
        file.decisions = Decisions {
            skipped,
            flagged,
            edited,
            ..Decisions::default()
        };
        file
    }

    fn seeds(node: &str, kind: ChangeKind) -> ChangedFile {
        file(&format!("{node}/qna.yaml"), ChangeGroup::Seeds, Some(node), kind)
    }

    fn drafted(files: &[ChangedFile]) -> String {
        draft_message(files.iter())
    }

    #[test]
    fn the_subject_says_what_was_done() {
        let (a, b) = ("knowledge/x/frost", "knowledge/y/chains");
        for (files, subject) in [
            (vec![decided(a, 5, 2)], "Curate 5 samples and reject 2 for frost"),
            (vec![decided(a, 1, 0)], "Curate 1 sample for frost"),
            (vec![decided(a, 0, 1)], "Reject 1 sample for frost"),
            (vec![passed(a, 2, 1, 0)], "Review 3 samples for frost"),
            (vec![passed(a, 2, 0, 1)], "Edit 1 sample for frost"),
            (
                vec![decided(a, 5, 2), decided(b, 1, 0)],
                "Curate 6 samples and reject 2 for 2 leaves",
            ),
            (
                vec![decided(a, 5, 2), seeds(a, ChangeKind::Modified)],
                "Curate 5 samples, reject 2 and edit seeds for frost",
            ),
            (vec![seeds(a, ChangeKind::Modified)], "Edit seeds for frost"),
            (vec![seeds(a, ChangeKind::Untracked)], "Add seeds for frost"),
            (
                vec![seeds(a, ChangeKind::Deleted), seeds(b, ChangeKind::Modified)],
                "Edit seeds for 2 leaves",
            ),
            (
                vec![decided(a, 3, 0), seeds(a, ChangeKind::Modified)],
                "Curate 3 samples and edit seeds for frost",
            ),
            (
                vec![file(".gitattributes", ChangeGroup::Support, None, ChangeKind::Added)],
                "Update .gitattributes",
            ),
        ] {
            assert_eq!(drafted(&files).lines().next(), Some(subject));
        }
        assert_eq!(drafted(&[]), "");
    }

    #[test]
    fn the_body_lists_every_leaf() {
        let (a, b) = ("knowledge/x/frost", "knowledge/y/chains");
        let support = file(".gitattributes", ChangeGroup::Support, None, ChangeKind::Untracked);
        let message = drafted(&[decided(a, 5, 2), seeds(b, ChangeKind::Modified), support]);
        assert_eq!(
            message,
            "Curate 5 samples, reject 2 and edit seeds for 2 leaves\n\n- knowledge/x/frost: 5 accepted, 2 rejected (2 wrong)\n\
             - knowledge/y/chains: seeds edited\n- .gitattributes new\n"
        );
    }

    #[test]
    fn a_leaf_that_moved_is_told_once() {
        let (from, to) = ("knowledge/x/frost", "knowledge/cold/frost");
        let mut gone = seeds(from, ChangeKind::Deleted);
        let mut new = seeds(to, ChangeKind::Untracked);
        gone.moved = Some(Moved::To(new.path.clone()));
        new.moved = Some(Moved::From(gone.path.clone()));
        assert_eq!(
            drafted(&[gone.clone(), new.clone()]),
            "Move frost\n\n- knowledge/cold/frost: moved from knowledge/x/frost\n"
        );
        assert_eq!(
            drafted(&[gone.clone(), new.clone(), decided(to, 1, 0)]).lines().next(),
            Some("Curate 1 sample and move frost")
        );
        // Half of it alone is no move.
        assert_eq!(drafted(&[gone]).lines().next(), Some("Remove seeds for frost"));
        assert_eq!(drafted(&[new]).lines().next(), Some("Add seeds for frost"));
    }

    #[test]
    fn long_and_hostile_names_stay_in_their_line() {
        let long = format!("knowledge/{}", "x".repeat(90));
        let message = drafted(&[decided(&long, 1, 0)]);
        assert_eq!(message.lines().next(), Some("Curate 1 sample for 1 leaf"));
        let message = drafted(&[decided("knowledge/a\n\nSigned-off-by: Eve <eve@x>", 1, 0)]);
        assert!(
            !message.lines().any(|line| line.starts_with("Signed-off-by")),
            "{message}"
        );
    }
}

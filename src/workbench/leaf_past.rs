//! What became of a leaf's examples from commit to commit: who changed which one, when, and how it read then.
//!
//! Examples have no names. One is followed from a version to the next by its text: the same text first, then the most words
//! in common; what shares too little is another example.

use super::{Workbench, WorkbenchError};
use crate::git::{FileVersion, LogEntry};
use crate::quality::alike::WordBag;
use crate::taxonomy::{Leaf, LeafFile, NodePath, SeedExample};

/// Commits that are looked at.
const MOST_COMMITS: usize = 300;
/// Examples with less in common are different ones.
const LEAST_ALIKE: f64 = 0.4;

/// What a commit did to an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastAct {
    Added,
    Changed,
    Removed,
}

impl PastAct {
    pub fn word(self) -> &'static str {
        match self {
            PastAct::Added => "added",
            PastAct::Changed => "changed",
            PastAct::Removed => "removed",
        }
    }
}

/// One change of one example.
#[derive(Debug, Clone)]
pub struct PastChange {
    pub commit: LogEntry,
    pub act: PastAct,
    /// Its place in the file of that commit, from 0; for one that was removed, its last place.
    pub number: usize,
    /// Its place in the leaf as it is now; `None` when it is there no more.
    pub now: Option<usize>,
    /// How it read after the commit; for one that was removed, before.
    pub example: SeedExample,
    /// What changed in it, in words: `answer`, `context, question 2`. Empty for one that came or went.
    pub parts: String,
}

/// The past of a leaf, the newest change first.
#[derive(Debug, Clone, Default)]
pub struct LeafPast {
    pub changes: Vec<PastChange>,
    pub commits: usize,
    /// There are older commits than were looked at.
    pub cut: bool,
}

/// An example on its way through the versions.
struct Thread {
    last: SeedExample,
    changes: Vec<usize>,
}

impl Workbench {
    /// Reads the past of a leaf; `now` is how its examples read at present. Takes as long as git does.
    ///
    /// # Errors
    /// What git says.
    pub fn leaf_past(&self, now: &Leaf, cancel: &dyn Fn() -> bool) -> Result<LeafPast, WorkbenchError> {
        let path = self.in_repository(&now.path.qna_relative());
        let versions = self.repository()?.versions(&path, MOST_COMMITS, cancel)?;
        Ok(past_of(&now.path, &versions, &now.seed_examples))
    }
}

fn past_of(node: &NodePath, versions: &[FileVersion], now: &[SeedExample]) -> LeafPast {
    let mut changes: Vec<PastChange> = Vec::new();
    let mut threads: Vec<Thread> = Vec::new();
    // The threads of the version before, in the order of its file.
    let mut alive: Vec<usize> = Vec::new();
    for version in versions.iter().rev() {
        let examples = match &version.bytes {
            Some(bytes) => {
                let file = LeafFile::from_bytes(node.clone(), bytes.clone());
                // A version that does not parse says nothing of its examples.
                if file.document.is_err() {
                    continue;
                }
                file.leaf().seed_examples
            }
            None => Vec::new(),
        };
        let before: Vec<&SeedExample> = alive
            .iter()
            .filter_map(|at| threads.get(*at))
            .map(|thread| &thread.last)
            .collect();
        let partners = partners(&before, &examples);
        let mut next = Vec::with_capacity(examples.len());
        let mut seen = vec![false; alive.len()];
        let mut change = |act, number, example: &SeedExample, parts, thread: &mut Thread| {
            thread.changes.push(changes.len());
            changes.push(PastChange {
                commit: version.commit.clone(),
                act,
                number,
                now: None,
                example: example.clone(),
                parts,
            });
        };
        for (number, (example, partner)) in examples.iter().zip(partners).enumerate() {
            let known = partner.and_then(|at| alive.get(at).copied());
            if let (Some(at), Some(thread)) = (known, known.and_then(|at| threads.get_mut(at))) {
                if let Some(seen) = partner.and_then(|at| seen.get_mut(at)) {
                    *seen = true;
                }
                if thread.last != *example {
                    let parts = difference(&thread.last, example);
                    change(PastAct::Changed, number, example, parts, thread);
                    thread.last = example.clone();
                }
                next.push(at);
            } else {
                let mut thread = Thread {
                    last: example.clone(),
                    changes: Vec::new(),
                };
                change(PastAct::Added, number, example, String::new(), &mut thread);
                next.push(threads.len());
                threads.push(thread);
            }
        }
        for (number, at) in alive
            .iter()
            .enumerate()
            .filter(|(number, _)| seen.get(*number) == Some(&false))
        {
            if let Some(thread) = threads.get_mut(*at) {
                let last = thread.last.clone();
                change(PastAct::Removed, number, &last, String::new(), thread);
            }
        }
        alive = next;
    }
    let last: Vec<&SeedExample> = alive
        .iter()
        .filter_map(|at| threads.get(*at))
        .map(|thread| &thread.last)
        .collect();
    for (number, partner) in partners(&last, now).into_iter().enumerate() {
        let thread = partner.and_then(|at| alive.get(at)).and_then(|at| threads.get(*at));
        for change in thread.iter().flat_map(|thread| &thread.changes) {
            if let Some(change) = changes.get_mut(*change) {
                change.now = Some(number);
            }
        }
    }
    changes.reverse();
    LeafPast {
        changes,
        commits: versions.len(),
        cut: versions.len() >= MOST_COMMITS,
    }
}

/// For each new example the old one that it was, if any: the same text first, then the most words in common.
fn partners(old: &[&SeedExample], new: &[SeedExample]) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = vec![None; new.len()];
    let mut taken = vec![false; old.len()];
    let same = |at: usize, example: &SeedExample| old.get(at).is_some_and(|old| *old == example);
    for (number, example) in new.iter().enumerate() {
        let at = if same(number, example) && taken.get(number) == Some(&false) {
            Some(number)
        } else {
            (0..old.len()).find(|at| taken.get(*at) == Some(&false) && same(*at, example))
        };
        if let (Some(at), Some(partner)) = (at, partners.get_mut(number)) {
            *partner = Some(at);
            if let Some(taken) = taken.get_mut(at) {
                *taken = true;
            }
        }
    }
    let rest =
        |taken: &[bool]| -> Vec<usize> { (0..taken.len()).filter(|at| taken.get(*at) == Some(&false)).collect() };
    let bag = |example: &SeedExample| WordBag::of(&whole_text(example));
    let old_bags: Vec<(usize, WordBag)> = rest(&taken)
        .into_iter()
        .filter_map(|at| Some((at, bag(old.get(at)?))))
        .collect();
    let mut near: Vec<(f64, usize, usize, usize)> = Vec::new();
    for (number, example) in new.iter().enumerate() {
        if partners.get(number) != Some(&None) {
            continue;
        }
        let own = bag(example);
        for (at, old) in &old_bags {
            let alike = own.likeness(old);
            if alike >= LEAST_ALIKE {
                near.push((alike, number.abs_diff(*at), number, *at));
            }
        }
    }
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, _, number, at) in near {
        if let (Some(partner @ None), Some(taken @ false)) = (partners.get_mut(number), taken.get_mut(at)) {
            *partner = Some(at);
            *taken = true;
        }
    }
    partners
}

fn whole_text(example: &SeedExample) -> String {
    let mut text = example.context.clone().unwrap_or_default();
    for pair in &example.pairs {
        text.push('\n');
        text.push_str(&pair.question);
        text.push('\n');
        text.push_str(&pair.answer);
    }
    text
}

/// What differs, as a person calls it.
fn difference(old: &SeedExample, new: &SeedExample) -> String {
    let mut parts = Vec::new();
    if old.context != new.context {
        parts.push("context".to_owned());
    }
    let several = old.pairs.len().max(new.pairs.len()) > 1;
    let name = |what: &str, number: usize| {
        if several {
            format!("{what} {}", number + 1)
        } else {
            what.to_owned()
        }
    };
    for number in 0..old.pairs.len().max(new.pairs.len()) {
        match (old.pairs.get(number), new.pairs.get(number)) {
            (Some(old), Some(new)) => {
                if old.question != new.question {
                    parts.push(name("question", number));
                }
                if old.answer != new.answer {
                    parts.push(name("answer", number));
                }
            }
            _ => parts.push(name("question", number)),
        }
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::Author;
    use crate::taxonomy::Pair;

    fn example(question: &str, answer: &str) -> SeedExample {
        SeedExample {
            context: None,
            pairs: vec![Pair {
                question: question.into(),
                answer: answer.into(),
            }],
        }
    }

    fn version(number: i64, examples: &[SeedExample]) -> FileVersion {
        let mut text = "seed_examples:\n".to_owned();
        for example in examples {
            let pair = &example.pairs[0];
            text.push_str(&format!("- question: {}\n  answer: {}\n", pair.question, pair.answer));
        }
        FileVersion {
            commit: LogEntry {
                id: number.to_string(),
                short: number.to_string(),
                summary: String::new(),
                author: Author {
                    name: "Ann".into(),
                    email: String::new(),
                },
                time: jiff::Timestamp::from_second(number).unwrap(),
            },
            path: String::new(),
            bytes: Some(text.into_bytes()),
        }
    }

    #[test]
    fn examples_are_followed_by_their_text_and_not_by_their_place() {
        let frost = example("What is a frost pocket", "A hollow that holds cold air");
        let frost_longer = example("What is a frost pocket", "A hollow that holds cold air at night");
        let water = example("When do I water", "In the evening");
        let rose = example("How do I prune roses", "Above an outer bud");
        let versions = [
            // The newest first: frost moved to the end and was changed, water went, rose came first.
            version(3, &[rose.clone(), frost_longer.clone()]),
            version(2, &[water.clone(), frost.clone()]),
            version(1, std::slice::from_ref(&frost)),
        ];
        let node = NodePath::parse("compositional_skills/a").unwrap();
        let now = [frost_longer, rose];
        let past = past_of(&node, &versions, &now);
        let told: Vec<String> = past
            .changes
            .iter()
            .map(|change| {
                let now = change.now.map_or("gone".to_owned(), |now| now.to_string());
                format!(
                    "{} {} {} {now} {}",
                    change.commit.id,
                    change.act.word(),
                    change.number,
                    change.parts
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "3 removed 0 gone ",
                "3 changed 1 0 answer",
                "3 added 0 1 ",
                "2 added 0 gone ",
                "1 added 0 0 "
            ]
        );
    }
}

//! repeated-example: seed examples that say nearly the same.
//!
//! Two examples repeat each other when the runs of four characters in their question and answer (and context, for skills) overlap
//! by four fifths (Jaccard over character shingles, Broder 1997): this holds in any script, and a pattern with another content
//! stays below it.

use std::collections::{HashMap, HashSet};

use super::Advice;
use super::texts::{Example, Seeds};
use crate::taxonomy::check::SchemaName;
use crate::taxonomy::check::place::{place, subject};
use crate::taxonomy::yaml::YamlPath;
use crate::text::normal::normal;

const SHINGLE: usize = 4;
/// Below this many shingles a likeness says little.
const LEAST: usize = 20;
/// Every pair is compared only up to here, so that a leaf of thousands costs no more than one of hundreds.
const MOST_COMPARED: usize = 100;

/// What is compared: the texts that a sample is made from.
struct Compared<'s> {
    path: &'s YamlPath,
    node: &'s crate::taxonomy::yaml::Node,
    normal: String,
    /// Sorted, each once.
    shingles: Vec<u64>,
}

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    if seeds.schema == SchemaName::Knowledge {
        return questions(seeds, advice);
    }
    let mut earlier: Vec<Compared<'_>> = Vec::new();
    let mut exact: HashMap<String, &YamlPath> = HashMap::new();
    for example in &seeds.examples {
        let Some(one) = compared(example) else { continue };
        let first = exact.get(one.normal.as_str()).copied().or_else(|| {
            let other = earlier.iter().take(MOST_COMPARED).find(|other| alike(&one, other));
            other.map(|other| other.path)
        });
        match first {
            Some(first) => {
                let message = format!(
                    "{} says nearly the same as {}, and a repetition teaches nothing; replace it by a case that differs.",
                    subject(one.path),
                    place(first)
                );
                advice.tell("repeated-example", one.node, one.path, message, None);
            }
            None => {
                exact.insert(one.normal.clone(), one.path);
                earlier.push(one);
            }
        }
    }
}

fn compared<'s>(example: &'s Example<'_>) -> Option<Compared<'s>> {
    let text: Vec<&str> = example.texts().map(|text| text.text).collect();
    let normal = normal(&text.join("\n"));
    let shingles = shingles(&normal);
    (!normal.is_empty()).then_some(Compared {
        path: &example.path,
        node: example.node,
        normal,
        shingles,
    })
}

fn shingles(text: &str) -> Vec<u64> {
    let letters: Vec<u32> = text.chars().filter(|c| c.is_alphanumeric()).map(u32::from).collect();
    // Four characters fit into 84 bits; the collisions of folding them into 64 do not matter for a likeness.
    let fold = |window: &[u32]| {
        window.iter().fold(0u64, |sum, c| {
            sum.wrapping_mul(0x0001_0000_01B3).wrapping_add(u64::from(*c))
        })
    };
    let mut all: Vec<u64> = letters.windows(SHINGLE).map(fold).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn alike(a: &Compared<'_>, b: &Compared<'_>) -> bool {
    let (short, long) = (
        a.shingles.len().min(b.shingles.len()),
        a.shingles.len().max(b.shingles.len()),
    );
    // Sets of such different size cannot overlap that far.
    if short < LEAST || short * 5 < long * 4 {
        return false;
    }
    // Four fifths of all are shared as long as at most a ninth of both sets together stands alone; most pairs have more of that
    // at once, so that little of them is looked at.
    let most_alone = (short + long) / 9;
    let (mut left, mut right) = (a.shingles.iter().peekable(), b.shingles.iter().peekable());
    let mut alone = 0;
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Equal => {
                left.next();
                right.next();
                continue;
            }
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
        }
        alone += 1;
        if alone > most_alone {
            return false;
        }
    }
    alone + left.count() + right.count() <= most_alone
}

/// Knowledge: the same question with the same answer, wherever it stands.
fn questions(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    let mut seen = HashSet::new();
    for pair in seeds.pairs() {
        let (Some(question), Some(answer)) = (&pair.question, &pair.answer) else {
            continue;
        };
        if question.text.trim().is_empty() || seen.insert((normal(question.text), normal(answer.text))) {
            continue;
        }
        let message = format!(
            "{} was asked and answered in the same words above, and a repetition teaches nothing; ask something else.",
            subject(&question.path)
        );
        advice.tell("repeated-example", question.node, &question.path, message, None);
    }
}

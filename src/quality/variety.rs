//! How different the seed examples of one leaf are from each other: pairs that are too alike, what the questions begin with
//! and ask for, how long the texts are.
//!
//! Seeds that repeat each other teach one thing several times; InstructLab's triagers send them back.

use std::collections::BTreeMap;

use super::near::rouge_l;
use crate::taxonomy::knowledge::count_words;
use crate::taxonomy::{Kind, Leaf};

/// From this ROUGE-L on two questions or two answers are too alike: what Self-Instruct and InstructLab drop.
const TOO_ALIKE: f64 = 0.7;
/// The same for contexts, which are long: half of one in another is a copied passage.
const CONTEXTS_TOO_ALIKE: f64 = 0.5;
/// Texts that are compared each with each; a leaf has a few dozen.
const MOST_TEXTS: usize = 240;
/// Words that make a beginning.
const BEGINNING: usize = 2;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Question,
    Answer,
    Context,
}

impl Part {
    pub fn word(self) -> &'static str {
        match self {
            Part::Question => "question",
            Part::Answer => "answer",
            Part::Context => "context",
        }
    }
}

/// Where a text stands; numbers count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Spot {
    pub example: usize,
    /// `None` for a context.
    pub pair: Option<usize>,
}

/// Two texts that are too alike.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Alike {
    pub part: Part,
    pub first: Spot,
    pub second: Spot,
    /// ROUGE-L, up to 1.
    pub score: f64,
}

impl Alike {
    /// `the answers of examples 1 and 4: 82 %`; in knowledge, where an example has several questions,
    /// `answers 1 and 3 of example 2: 82 %`.
    pub fn told(&self, kind: Kind) -> String {
        let word = self.part.word();
        let (first, second) = (self.first.example + 1, self.second.example + 1);
        let which = match (self.first.pair, self.second.pair) {
            (Some(one), Some(other)) if kind == Kind::Knowledge && first == second => {
                format!("{word}s {} and {} of example {first}", one + 1, other + 1)
            }
            (Some(one), Some(other)) if kind == Kind::Knowledge => {
                format!(
                    "{word} {} of example {first} and {word} {} of example {second}",
                    one + 1,
                    other + 1
                )
            }
            _ => format!("the {word}s of examples {first} and {second}"),
        };
        format!("{which}: {:.0} %", self.score * 100.0)
    }
}

/// How long texts are, in words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Lengths {
    pub shortest: usize,
    pub middle: usize,
    pub longest: usize,
}

/// What can be said of a leaf's variety.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Variety {
    pub questions: usize,
    pub alike: Vec<Alike>,
    /// What questions ask for, with how many do, the most first.
    pub kinds: Vec<(String, usize)>,
    /// The beginning that most questions share, with how many have it; `None` when hardly any share one.
    pub beginning: Option<(String, usize)>,
    pub question_words: Lengths,
    pub answer_words: Lengths,
    /// One sentence for everything worth mending, none where all is well.
    pub advice: Vec<String>,
}

/// Looks at all examples of a leaf.
pub fn variety(leaf: &Leaf) -> Variety {
    let mut texts: BTreeMap<Part, Vec<(Spot, &str)>> = BTreeMap::new();
    for (example, seed) in leaf.seed_examples.iter().enumerate() {
        let mut put = |part, pair, text| {
            let place = texts.entry(part).or_default();
            place.push((Spot { example, pair }, text));
        };
        if let Some(context) = &seed.context {
            put(Part::Context, None, context.as_str());
        }
        for (pair, text) in seed.pairs.iter().enumerate() {
            put(Part::Question, Some(pair), text.question.as_str());
            put(Part::Answer, Some(pair), text.answer.as_str());
        }
    }
    for list in texts.values_mut() {
        list.retain(|(_, text)| !text.trim().is_empty());
    }
    let of = |part: Part| texts.get(&part).map(Vec::as_slice).unwrap_or_default();
    let mut alike: Vec<Alike> = [Part::Question, Part::Answer, Part::Context]
        .into_iter()
        .flat_map(|part| pairs_alike(part, of(part)))
        .collect();
    alike.sort_by(|a, b| b.score.total_cmp(&a.score));
    let questions = of(Part::Question);
    let mut variety = Variety {
        questions: questions.len(),
        alike,
        kinds: kinds(questions),
        beginning: beginning(questions),
        question_words: lengths(questions),
        answer_words: lengths(of(Part::Answer)),
        advice: Vec::new(),
    };
    variety.advice = advice(leaf.kind, &variety);
    variety
}

fn pairs_alike(part: Part, texts: &[(Spot, &str)]) -> Vec<Alike> {
    let texts = texts.get(..texts.len().min(MOST_TEXTS)).unwrap_or_default();
    let least = if part == Part::Context {
        CONTEXTS_TOO_ALIKE
    } else {
        TOO_ALIKE
    };
    let mut found = Vec::new();
    for (number, (first, a)) in texts.iter().enumerate() {
        for (second, b) in texts.iter().skip(number + 1) {
            let score = rouge_l(a, b);
            if score >= least {
                found.push(Alike {
                    part,
                    first: *first,
                    second: *second,
                    score,
                });
            }
        }
    }
    found
}

/// What a question asks for, by how it begins; orders and other languages by how they end.
fn kind_of(question: &str) -> &'static str {
    // The last line is the question; what stands above it is often the case it is about.
    let last = question.trim().lines().last().unwrap_or_default();
    let last = last.rsplit(". ").next().unwrap_or(last);
    let first = last.split_whitespace().next().unwrap_or_default().to_lowercase();
    let first = first.trim_matches(|c: char| !c.is_alphanumeric());
    match first {
        "why" | "warum" | "weshalb" | "wieso" => "reason",
        "how" | "wie" => "way",
        "when" | "wann" => "time",
        "where" | "wo" | "wohin" => "place",
        "who" | "whom" | "whose" | "wer" | "wem" | "wen" => "person",
        "what" | "which" | "was" | "welche" | "welcher" | "welches" | "welchen" => "thing",
        "is" | "are" | "can" | "could" | "do" | "does" | "did" | "should" | "may" | "must" | "will" | "would"
        | "has" | "have" | "ist" | "sind" | "kann" | "darf" | "muss" | "soll" => "yes or no",
        _ if question.trim_end().ends_with(['?', '？']) => "other question",
        _ => "order",
    }
}

fn kinds(questions: &[(Spot, &str)]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, question) in questions {
        *counts.entry(kind_of(question)).or_default() += 1;
    }
    let mut kinds: Vec<(String, usize)> = counts
        .into_iter()
        .map(|(kind, count)| (kind.to_owned(), count))
        .collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    kinds
}

fn beginning(questions: &[(Spot, &str)]) -> Option<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, question) in questions {
        let words: Vec<&str> = question.split_whitespace().take(BEGINNING).collect();
        if words.len() == BEGINNING {
            *counts.entry(words.join(" ")).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (most.1 > 1).then_some(most)
}

fn lengths(texts: &[(Spot, &str)]) -> Lengths {
    let mut words: Vec<usize> = texts.iter().map(|(_, text)| count_words(text)).collect();
    words.sort_unstable();
    Lengths {
        shortest: words.first().copied().unwrap_or_default(),
        middle: words.get(words.len() / 2).copied().unwrap_or_default(),
        longest: words.last().copied().unwrap_or_default(),
    }
}

fn advice(kind: Kind, variety: &Variety) -> Vec<String> {
    let mut said = Vec::new();
    if variety.questions < 3 {
        return said;
    }
    if let Some((words, count)) = &variety.beginning
        && count * 3 >= variety.questions * 2
    {
        said.push(format!(
            "{count} of {} questions begin with \"{words}\": samples will begin so too. Let some begin otherwise.",
            variety.questions
        ));
    }
    if let [(kind, _)] = variety.kinds.as_slice()
        && variety.questions > 3
    {
        said.push(format!(
            "Every question is of one kind ({kind}). Ask for other things too."
        ));
    }
    let Lengths { shortest, longest, .. } = variety.answer_words;
    if longest > 0 && longest * 2 <= shortest * 3 {
        said.push(format!(
            "All answers are about as long ({shortest} to {longest} words): samples will be too. Let some be shorter or longer, if the task allows it."
        ));
    }
    if kind == Kind::Knowledge && variety.answer_words.middle < 6 {
        said.push("Most answers are a few words. Whole sentences with their reason teach more.".to_owned());
    }
    said
}

/// How much of what an expert's answer says beyond its question another answer says too: the share of its words, each once,
/// from 0 to 1; `None` where it says nothing of its own.
pub fn share_told(question: &str, expert: &str, answer: &str) -> Option<f64> {
    use std::collections::BTreeSet;
    let words = |text: &str| -> BTreeSet<String> { crate::text::normal::words(text).into_iter().collect() };
    let (asked, told) = (words(question), words(answer));
    let own: BTreeSet<String> = words(expert).into_iter().filter(|word| !asked.contains(word)).collect();
    if own.is_empty() {
        return None;
    }
    let shared = own.iter().filter(|word| told.contains(*word)).count();
    Some(shared as f64 / own.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::{LeafFile, NodePath};

    #[test]
    fn likeness_is_told_by_the_numbers_that_a_person_counts() {
        let at = |example, pair| Spot { example, pair };
        let told = |first, second, part, kind| {
            let alike = Alike {
                part,
                first,
                second,
                score: 0.824,
            };
            alike.told(kind)
        };
        let (one, other) = (at(0, Some(0)), at(3, Some(0)));
        assert_eq!(
            told(one, other, Part::Answer, Kind::Skill),
            "the answers of examples 1 and 4: 82 %"
        );
        let (one, other) = (at(1, Some(0)), at(1, Some(2)));
        assert_eq!(
            told(one, other, Part::Question, Kind::Knowledge),
            "questions 1 and 3 of example 2: 82 %"
        );
        let (one, other) = (at(0, Some(1)), at(3, Some(2)));
        assert_eq!(
            told(one, other, Part::Answer, Kind::Knowledge),
            "answer 2 of example 1 and answer 3 of example 4: 82 %"
        );
        let (one, other) = (at(0, None), at(1, None));
        assert_eq!(
            told(one, other, Part::Context, Kind::Knowledge),
            "the contexts of examples 1 and 2: 82 %"
        );
    }

    fn of(questions: &[(&str, &str)]) -> Variety {
        let mut text = "seed_examples:\n".to_owned();
        for (question, answer) in questions {
            text.push_str(&format!("- question: {question:?}\n  answer: {answer:?}\n"));
        }
        let node = NodePath::parse("compositional_skills/a").unwrap();
        variety(&LeafFile::from_bytes(node, text.into_bytes()).leaf())
    }

    #[test]
    fn what_repeats_is_named() {
        let found = of(&[
            ("How do I water a rose?", "In the evening, at its roots."),
            ("How do I water a fern?", "In the morning, from below."),
            ("How do I prune a rose?", "Above an outer bud, in spring."),
            ("How do I feed a rose?", "With compost, twice a year, sparingly."),
        ]);
        let places: Vec<_> = found
            .alike
            .iter()
            .map(|alike| (alike.part, alike.first.example, alike.second.example))
            .collect();
        assert!(places.contains(&(Part::Question, 0, 1)), "{places:?}");
        assert_eq!(found.beginning, Some(("How do".to_owned(), 4)));
        assert_eq!(found.kinds, [("way".to_owned(), 4)]);
        assert_eq!(found.advice.len(), 3, "{:?}", found.advice);
    }

    #[test]
    fn different_examples_are_left_in_peace() {
        let found = of(&[
            (
                "Why do leaves wilt?",
                "They lose more water than the roots bring, as on a hot day without shade.",
            ),
            ("Water the fern.", "Done."),
            ("Is clay good for carrots?", "No, they fork in it."),
            ("Ein Satz. Wann blüht der Flieder?", "Im Mai."),
        ]);
        assert!(found.alike.is_empty() && found.advice.is_empty(), "{found:?}");
        assert_eq!(found.kinds.len(), 4);
        assert_eq!(of(&[]), Variety::default());
    }

    #[test]
    fn what_the_question_says_already_does_not_count_as_known() {
        let share = share_told(
            "When do I water roses?",
            "Water roses in the evening.",
            "Roses: in the evening, of course.",
        );
        assert_eq!(share, Some(1.0));
        assert_eq!(
            share_told(
                "When do I water roses?",
                "Water roses in the evening.",
                "When you water roses."
            ),
            Some(0.0)
        );
        assert_eq!(share_told("a", "a", "a"), None);
    }
}

//! `EvolutionRulesBlock` (Seedbed's own): says what is wrong with an evolved instruction before a judge is paid.
//!
//! Reads the columns `instruction` (what was evolved), `evolved` and `operator`; writes `fault`, null or `{reason,
//! message}`. A fault is: nothing, cut off, the same, repeating itself, left-over markup; words that name the slots of the
//! prompt (`slot_words`, and marks such as `#Given prompt#`); more than `most_words_added` (30: the 20 of the reference and
//! half as much again) for the operators in `short_operators`; a number of the old one that is gone, or its unit, or a name, for
//! those in `number_operators` (capitals tell names where the seeds' language begins little else with one); for those in `new_operators` a likeness (of their words, as Dice counts it) above `most_alike` (0.9), for the
//! others one below `least_alike` (0: off).

use serde_json::{Value, json};

use super::kept_words::{bare_words, capitals_are_names, lost_number, names};
use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::quality::alike::WordBag;
use crate::quality::{leftover, repetition};
use crate::samples::DropReason;
use crate::teacher::Finish;
use crate::text::normal::{normal, words};

pub(super) const NAME: &str = "EvolutionRulesBlock";

struct EvolutionRules {
    slot_words: Vec<String>,
    most_words_added: u64,
    short_operators: Vec<String>,
    number_operators: Vec<String>,
    new_operators: Vec<String>,
    most_alike: f64,
    least_alike: f64,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let mut slot_words = config.texts("slot_words")?;
    if slot_words.is_empty() {
        slot_words = ["given prompt", "rewritten prompt", "created prompt"]
            .map(str::to_owned)
            .to_vec();
    }
    let step = EvolutionRules {
        slot_words: slot_words.iter().map(|word| normal(word)).collect(),
        most_words_added: config.whole("most_words_added")?.unwrap_or(30),
        short_operators: config.texts("short_operators")?,
        number_operators: config.texts("number_operators")?,
        new_operators: config.texts("new_operators")?,
        most_alike: config.number("most_alike")?.unwrap_or(0.9),
        least_alike: config.number("least_alike")?.unwrap_or(0.0),
    };
    let reads = ["instruction", "evolved", "operator"].map(str::to_owned).to_vec();
    Ok(Block::each(config.name(), NAME, step)
        .reading(reads)
        .writing(vec!["fault".to_owned()]))
}

/// A fault as its column holds it.
pub(super) fn fault_value(reason: DropReason, message: &str) -> Value {
    json!({"reason": reason, "message": message})
}

/// What is wrong with a text by itself: cut off, empty, going round in circles, with traces of how it was made.
pub(super) fn text_fault(text: &str, finish: Option<Finish>, name: &str) -> Option<(DropReason, String)> {
    match finish {
        Some(Finish::Length) => return Some((DropReason::Truncated, format!("the {name} was cut off"))),
        Some(Finish::Repetition) => return Some((DropReason::Repetition, format!("the {name} went round in circles"))),
        _ => {}
    }
    if words(text).is_empty() {
        return Some((DropReason::Empty, format!("the {name} is empty")));
    }
    if repetition::repeats(text) {
        return Some((DropReason::Repetition, format!("the {name} repeats itself")));
    }
    let found = leftover::find(text)?;
    let reason = match found.kind {
        leftover::LeftoverKind::Refusal => DropReason::Refused,
        _ => DropReason::Unparsable,
    };
    Some((
        reason,
        format!("the {name} holds {}: {}", found.kind.words(), found.text),
    ))
}

/// A mark such as `#Rewritten prompt#`, of a prompt that names its slots so.
fn slot_mark(text: &str) -> Option<&str> {
    let is_name =
        |name: &str| !name.trim().is_empty() && name.len() < 30 && name.chars().all(|c| c.is_alphabetic() || c == ' ');
    let mut parts = text.split('#').skip(1).peekable();
    while let Some(part) = parts.next() {
        // What stands behind the last mark is not between two.
        if parts.peek().is_some() && is_name(part) && part.contains(' ') {
            return Some(part);
        }
    }
    None
}

impl EvolutionRules {
    fn fault(&self, row: &Row) -> Option<(DropReason, String)> {
        let (old, new, operator) = (
            row.text("instruction"),
            row.text("evolved"),
            row.text("operator").to_owned(),
        );
        if let Some(fault) = text_fault(new, row.finish, "evolved instruction") {
            return Some(fault);
        }
        let filter = |message: String| Some((DropReason::Filter, message));
        let (old_form, new_form) = (normal(old), normal(new));
        if old_form == new_form {
            return filter("nothing was changed".to_owned());
        }
        let slot = self
            .slot_words
            .iter()
            .find(|word| new_form.contains(*word) && !old_form.contains(*word));
        if let Some(word) = slot.map(String::as_str).or(slot_mark(new)) {
            return filter(format!("it copies words of the prompt: \"{word}\""));
        }
        let added = (words(new).len() as u64).saturating_sub(words(old).len() as u64);
        if self.short_operators.contains(&operator) && added > self.most_words_added {
            return filter(format!("it grew by {added} words, allowed: {}", self.most_words_added));
        }
        if self.number_operators.contains(&operator) {
            if let Some(number) = lost_number(old, new) {
                return filter(format!("it lost the number {number}"));
            }
            let seeds = row
                .origin
                .seeds
                .iter()
                .flat_map(|(question, answer)| [question.as_str(), answer]);
            let kept = bare_words(new);
            let names = names(old, capitals_are_names(seeds));
            if let Some((_, written)) = names.iter().find(|(name, _)| !kept.contains(*name)) {
                return filter(format!("it lost the name {written}"));
            }
        }
        let likeness = WordBag::of(old).likeness(&WordBag::of(new));
        let is_new = self.new_operators.contains(&operator);
        if is_new && likeness > self.most_alike {
            return filter(format!(
                "it is not new: a likeness of {likeness:.2}, allowed: {}",
                self.most_alike
            ));
        }
        if !is_new && likeness < self.least_alike {
            return filter(format!(
                "it left the subject: a likeness of {likeness:.2}, wanted: {}",
                self.least_alike
            ));
        }
        None
    }
}

impl EachRow for EvolutionRules {
    fn apply(&self, mut row: Row) -> Applied {
        let fault = self.fault(&row);
        row.set(
            "fault",
            fault.map_or(Value::Null, |(reason, message)| fault_value(reason, &message)),
        );
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::tests::apply;

    fn fault(old: &str, new: &str, operator: &str) -> String {
        let config =
            json!({"short_operators": ["D1"], "number_operators": ["D1"], "new_operators": ["B1"], "least_alike": 0.2});
        let applied = apply(
            NAME,
            config,
            json!({"instruction": old, "evolved": new, "operator": operator}),
        );
        applied.rows[0].columns["fault"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn failed_evolutions_say_why() {
        let old = "Name 3 herbs that grow in shade.";
        for (new, operator, words) in [
            ("", "D1", "empty"),
            ("Name 3 herbs, that grow in SHADE", "D1", ""),
            ("name 3 herbs that  grow in shade.", "D1", "nothing was changed"),
            (
                "Rewritten prompt: name 3 herbs that grow in shade.",
                "D1",
                "copies words",
            ),
            (
                "#The Prompt# name 3 herbs that grow in shade today.",
                "D1",
                "copies words",
            ),
            ("Name herbs that grow in deep shade.", "D1", "lost the number 3"),
            ("Name herbs that grow in deep shade.", "D3", ""),
            ("Name 3 cm of herbs that grow in shade.", "D1", "lost the number 3"),
            (
                &format!("{old} {}", (0..31).map(|at| format!("w{at} ")).collect::<String>()),
                "D1",
                "grew by 31",
            ),
            (
                &format!("{old} {}", (0..30).map(|at| format!("w{at} ")).collect::<String>()),
                "D1",
                "",
            ),
            ("Name herbs that grow in shade, 3.", "B1", "not new"),
            ("Why do cellars smell of earth?", "B1", ""),
            ("Why do cellars smell of earth?", "D2", "left the subject"),
            (
                "Name 3 herbs that grow in shade, in the order of issue #12 and #14.",
                "D1",
                "",
            ),
        ] {
            let said = fault(old, new, operator);
            assert!(
                if words.is_empty() {
                    said.is_empty()
                } else {
                    said.contains(words)
                },
                "{new}: {said}"
            );
        }
    }

    #[test]
    fn names_are_kept_but_where_the_operator_may_change_them() {
        let old = "Which roses did David Austin breed at the RHS garden?";
        for (new, operator, words) in [
            (
                "Which roses did Austin breed at the RHS garden, and why?",
                "D1",
                "lost the name David",
            ),
            (
                "Which roses did David Austin breed at the garden, and why?",
                "D1",
                "lost the name RHS",
            ),
            (
                "Which roses of David Austin's stem from the rhs garden, and why?",
                "D1",
                "",
            ),
            ("Which yellow roses did Austin breed at the RHS garden?", "D3", ""),
        ] {
            let said = fault(old, new, operator);
            assert!(
                if words.is_empty() {
                    said.is_empty()
                } else {
                    said.contains(words)
                },
                "{new}: {said}"
            );
        }
    }
}

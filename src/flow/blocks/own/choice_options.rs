//! `ChoiceOptionsBlock` (Seedbed's own): puts the options of a multiple-choice question in a drawn order.
//!
//! Keys: `input_cols` (the right option; a list of wrong ones), `output_cols` (the list of four options; the letter of
//! the right one, `A` to `D`, whatever letters occur in other rows). The order follows the run's seed and the row's name,
//! so that the right letter is spread. Rows whose options are not four that differ leave.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row, python_text};
use crate::flow::seeds::derived;
use crate::samples::DropReason;
use crate::text::normal::{normal, words};

pub(super) const NAME: &str = "ChoiceOptionsBlock";

pub(super) const LETTERS: [&str; 4] = ["A", "B", "C", "D"];

struct ChoiceOptions {
    right: String,
    wrong: String,
    choices: String,
    letter: String,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let (inputs, outputs) = (config.inputs()?, config.outputs()?);
    let ([right, wrong], [choices, letter]) = (inputs.as_slice(), outputs.as_slice()) else {
        let reason =
            "'input_cols' must name the right option and the wrong ones, 'output_cols' the options and the letter";
        return Err(reason.to_owned().into());
    };
    let step = ChoiceOptions {
        right: right.clone(),
        wrong: wrong.clone(),
        choices: choices.clone(),
        letter: letter.clone(),
    };
    Ok(Block::each(config.name(), NAME, step)
        .reading(inputs.clone())
        .writing(outputs.clone()))
}

/// An option without a letter that the model put before it, as in `A) `.
fn bare(option: &str) -> String {
    let option = option.trim();
    let mut characters = option.chars();
    let is_lettered = characters.next().is_some_and(|c| matches!(c, 'A'..='D' | 'a'..='d'))
        && characters.next().is_some_and(|c| matches!(c, ')' | '.' | ':'))
        && characters.next().is_some_and(char::is_whitespace);
    if is_lettered {
        characters.as_str().trim().to_owned()
    } else {
        option.to_owned()
    }
}

/// What two options have in common that are the same to a reader.
fn form(option: &str) -> String {
    let spoken = words(option).join(" ");
    if spoken.is_empty() { normal(option) } else { spoken }
}

impl EachRow for ChoiceOptions {
    fn apply(&self, mut row: Row) -> Applied {
        let right = bare(row.text(&self.right));
        let wrong: Vec<String> = match row.columns.get(&self.wrong) {
            Some(Value::Array(items)) => items.iter().map(|item| bare(&python_text(item))).collect(),
            _ => Vec::new(),
        };
        let mut options = vec![right.clone()];
        // Some models repeat the right option among the wrong ones.
        options.extend(wrong.into_iter().filter(|option| form(option) != form(&right)));
        options.truncate(LETTERS.len());
        let mut forms: Vec<String> = options.iter().map(|option| form(option)).collect();
        forms.sort();
        forms.dedup();
        if options.len() < LETTERS.len() || forms.len() < LETTERS.len() || forms.first().is_some_and(String::is_empty) {
            let message = format!(
                "the question has {} options that differ, wanted: 4",
                forms.len().min(options.len())
            );
            return Applied::rejected(row, DropReason::Filter, message);
        }
        let seed = derived(row.origin.seed, &["options", &row.lineage.to_string()]);
        options.shuffle(&mut StdRng::seed_from_u64(seed));
        let letter = options.iter().zip(LETTERS).find(|(option, _)| **option == right);
        row.set(&self.letter, letter.map_or("", |(_, letter)| letter));
        row.set(&self.choices, options);
        Applied::kept(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::Step;
    use crate::flow::blocks::tests::{apply, block, reason, row};
    use crate::flow::row::Lineage;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn config() -> Value {
        json!({"input_cols": ["right", "wrong"], "output_cols": ["choices", "correct"]})
    }

    #[test]
    fn the_right_letter_is_spread_and_points_at_the_right_option() {
        let Step::Each(step) = block(NAME, config()).unwrap().step else {
            panic!()
        };
        let mut letters: BTreeMap<String, usize> = BTreeMap::new();
        for number in 0..400 {
            let mut one = row(json!({"right": "B) dawn", "wrong": ["A) noon", "C) dusk", "D) night"]}));
            one.lineage = Lineage::of(number);
            let made = step.apply(one).rows.remove(0);
            let letter = made.text("correct").to_owned();
            let at = LETTERS.iter().position(|known| *known == letter).unwrap();
            assert_eq!(made.columns["choices"][at], "dawn");
            *letters.entry(letter).or_default() += 1;
        }
        assert_eq!(letters.len(), 4);
        assert!(letters.values().all(|count| (70..130).contains(count)), "{letters:?}");
    }

    #[test]
    fn options_must_be_four_that_differ() {
        for wrong in [
            json!(["noon", "dusk"]),
            json!(["noon", "Noon.", "dusk"]),
            json!(["dawn", "noon", "dusk"]),
            json!(null),
        ] {
            let applied = apply(NAME, config(), json!({"right": "dawn", "wrong": wrong}));
            assert_eq!(reason(&applied), DropReason::Filter);
        }
    }
}

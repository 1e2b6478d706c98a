//! `InstructionRulesBlock` (Seedbed's own): drops instructions that a text model cannot follow or that are none.
//!
//! The rules of Self-Instruct: the last entry of an answer that was cut off; at most 3 or more than 150 words; a whole
//! word that asks for what text cannot give (images, graphs, files, maps, drawing, plotting, going somewhere); a
//! beginning with a mark or with "Write a program". Keys: `input_cols` (one), `min_words` (4), `max_words` (150),
//! `ascii_start` (false: the reference's rule that the first character is ASCII, for English only). Where words are
//! single characters, three times as many are allowed.

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::samples::DropReason;
use crate::teacher::Finish;
use crate::text::normal::words;

pub(super) const NAME: &str = "InstructionRulesBlock";

const UNWANTED: [&str; 12] = [
    "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot",
];

struct InstructionRules {
    column: String,
    least: u64,
    most: u64,
    ascii_start: bool,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let column = config.one_input()?;
    let step = InstructionRules {
        column: column.clone(),
        least: config.whole("min_words")?.unwrap_or(4),
        most: config.whole("max_words")?.unwrap_or(150),
        ascii_start: config.bool("ascii_start")?.unwrap_or(false),
    };
    Ok(Block::each(config.name(), NAME, step).reading(vec![column]))
}

impl InstructionRules {
    fn fault(&self, text: &str) -> Option<String> {
        let said = words(text);
        let count = said.len() as u64;
        let single = said
            .iter()
            .filter(|word| !word.is_ascii() && word.chars().count() == 1)
            .count();
        let most = if single * 2 > said.len() {
            self.most * 3
        } else {
            self.most
        };
        if count < self.least || count > most {
            return Some(format!("it has {count} words, wanted: {} to {most}", self.least));
        }
        if let Some(word) = said.iter().find(|word| UNWANTED.contains(&word.as_str())) {
            return Some(format!("it asks for what a text cannot give: \"{word}\""));
        }
        let pairs = said
            .windows(2)
            .any(|pair| matches!(pair, [go, to] if go == "go" && to == "to"));
        if pairs {
            return Some("it asks for what a text cannot give: \"go to\"".to_owned());
        }
        if said.iter().take(3).eq(["write", "a", "program"]) {
            return Some("it begins with \"write a program\"".to_owned());
        }
        let first = text.trim_start().chars().next()?;
        if first.is_ascii_punctuation() && !matches!(first, '"' | '\'' | '(' | '[' | '<' | '$') {
            return Some(format!("it begins with the mark {first}"));
        }
        (self.ascii_start && !first.is_ascii()).then(|| format!("it begins with {first}, which is not ASCII"))
    }
}

impl EachRow for InstructionRules {
    fn apply(&self, row: Row) -> Applied {
        if row.finish == Some(Finish::Length) {
            return Applied::rejected(row, DropReason::Truncated, "the list was cut off within this entry");
        }
        match self.fault(row.text(&self.column)) {
            Some(why) => {
                let message = format!("the {} cannot be used: {why}", self.column);
                Applied::rejected(row, DropReason::Filter, message)
            }
            None => Applied::kept(row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::blocks::Step;
    use crate::flow::blocks::tests::{apply, block, row};
    use serde_json::json;

    #[test]
    fn instructions_follow_the_reference_rules() {
        let config = json!({"input_cols": "instruction"});
        for (text, words) in [
            ("Say it now.", "3 words"),
            ("Draw a plan of the garden.", "\"draw\""),
            ("Describe the pictures on the wall.", "\"pictures\""),
            ("Explain how to go to the station.", "go to"),
            ("Write a program that adds two numbers.", "write a program"),
            ("- Describe the wall in detail.", "mark -"),
            (&"word ".repeat(151), "151 words"),
        ] {
            let applied = apply(NAME, config.clone(), json!({"instruction": text}));
            assert!(
                applied.rejected[0].message.contains(words),
                "{text}: {:?}",
                applied.rejected[0].message
            );
        }
        for text in [
            "Name four herbs for shade.",
            "Welche Kräuter mögen Schatten?",
            "日陰に向くハーブを四つ挙げてください。",
            "Explain the profile of a wall.",
        ] {
            assert_eq!(
                apply(NAME, config.clone(), json!({"instruction": text})).rows.len(),
                1,
                "{text}"
            );
        }
        let ascii = json!({"input_cols": "instruction", "ascii_start": true});
        assert!(
            apply(
                NAME,
                ascii,
                json!({"instruction": "Über Kräuter im Schatten berichten."})
            )
            .rows
            .is_empty()
        );
        let Step::Each(step) = block(NAME, config).unwrap().step else {
            panic!()
        };
        let mut cut = row(json!({"instruction": "Name four herbs for"}));
        cut.finish = Some(Finish::Length);
        assert_eq!(step.apply(cut).rejected[0].reason, DropReason::Truncated);
    }
}

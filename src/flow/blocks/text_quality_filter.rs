//! `TextQualityFilterBlock` (Seedbed's own): drops rows whose texts cannot be meant.
//!
//! Keys: `input_cols` (every one is looked at), `min_words` (1), `on_truncated`: what becomes of an answer that hit
//! its limit of tokens: `drop` (left out), `keep`, or `cut`, which takes the last column back to its last whole
//! sentence and marks the sample `cut`. `markup`, `repetition` (true) switch a check off. `openings`: words that no text may
//! begin with, as stock phrases. In order: empty, cut off, repeating itself, left-over markup, refusal, opening.

use serde_json::Value;

use super::{Block, BuildFault, EachRow};
use crate::flow::config::Config;
use crate::flow::row::{Applied, Row};
use crate::quality::leftover::{self, LeftoverKind};
use crate::quality::repetition;
use crate::samples::DropReason;
use crate::teacher::Finish;
use crate::text::normal::{normal, words};

pub(super) const NAME: &str = "TextQualityFilterBlock";

#[derive(Clone, Copy, PartialEq, Eq)]
enum OnTruncated {
    Drop,
    Keep,
    Cut,
}

struct TextQualityFilter {
    columns: Vec<String>,
    min_words: usize,
    on_truncated: OnTruncated,
    markup: bool,
    repetition: bool,
    /// In normal form.
    openings: Vec<String>,
}

pub(super) fn build(config: &mut Config<'_>) -> Result<Block, BuildFault> {
    let columns = config.inputs()?;
    if columns.is_empty() {
        return Err("'input_cols' must name the texts to look at".to_owned().into());
    }
    let on_truncated = match config.text("on_truncated")? {
        None | Some("drop") => OnTruncated::Drop,
        Some("keep") => OnTruncated::Keep,
        Some("cut") => OnTruncated::Cut,
        Some(other) => return Err(format!("'on_truncated' must be drop, keep or cut, not '{other}'").into()),
    };
    let step = TextQualityFilter {
        columns: columns.clone(),
        min_words: usize::try_from(config.whole("min_words")?.unwrap_or(1)).unwrap_or(usize::MAX),
        on_truncated,
        markup: config.bool("markup")?.unwrap_or(true),
        repetition: config.bool("repetition")?.unwrap_or(true),
        openings: config
            .texts("openings")?
            .iter()
            .map(|opening| normal(opening))
            .collect(),
    };
    Ok(Block::each(config.name(), NAME, step).reading(columns))
}

impl EachRow for TextQualityFilter {
    fn apply(&self, mut row: Row) -> Applied {
        if row.finish == Some(Finish::Repetition) && self.repetition {
            return Applied::rejected(
                row,
                DropReason::Repetition,
                "the teacher went round in circles and was stopped",
            );
        }
        if row.finish == Some(Finish::Length) {
            match self.on_truncated {
                OnTruncated::Keep => {}
                OnTruncated::Cut => {
                    if !cut_back(&mut row, self.columns.last()) {
                        let message = "the answer hit its limit of tokens within its first sentence";
                        return Applied::rejected(row, DropReason::Truncated, message);
                    }
                }
                OnTruncated::Drop => {
                    return Applied::rejected(row, DropReason::Truncated, "the answer hit its limit of tokens");
                }
            }
        }
        for column in &self.columns {
            if let Some((reason, message)) = self.fault(column, row.text(column)) {
                return Applied::rejected(row, reason, message);
            }
        }
        Applied::kept(row)
    }
}

impl TextQualityFilter {
    fn fault(&self, column: &str, text: &str) -> Option<(DropReason, String)> {
        let count = if text.trim().is_empty() { 0 } else { words(text).len() };
        if count == 0 {
            return Some((DropReason::Empty, format!("the {column} is empty")));
        }
        if count < self.min_words {
            return Some((
                DropReason::Empty,
                format!("the {column} has {count} of at least {} words", self.min_words),
            ));
        }
        if self.repetition && repetition::repeats(text) {
            return Some((DropReason::Repetition, format!("the {column} repeats itself")));
        }
        let Some(found) = leftover::find(text).filter(|_| self.markup) else {
            return self.opening(column, text);
        };
        let reason = match found.kind {
            LeftoverKind::Refusal => DropReason::Refused,
            LeftoverKind::Markup | LeftoverKind::Frame => DropReason::Unparsable,
        };
        Some((
            reason,
            format!("the {column} holds {}: {}", found.kind.words(), found.text),
        ))
    }
}

impl TextQualityFilter {
    fn opening(&self, column: &str, text: &str) -> Option<(DropReason, String)> {
        if self.openings.is_empty() {
            return None;
        }
        // Enough to hold any opening.
        let start = normal(&text.chars().take(200).collect::<String>());
        let start = start.trim_start_matches(|c: char| !c.is_alphanumeric());
        let opening = self.openings.iter().find(|opening| {
            let after = start.strip_prefix(opening.as_str());
            after.is_some_and(|after| !after.starts_with(char::is_alphanumeric))
        })?;
        Some((
            DropReason::Filter,
            format!("the {column} begins with a stock phrase: \"{opening}\""),
        ))
    }
}

/// Takes a text back to the end of its last whole sentence. False when it has none.
fn cut_back(row: &mut Row, column: Option<&String>) -> bool {
    let Some(column) = column else { return false };
    let text = row.text(column).trim_end();
    let ends = |character: char| matches!(character, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '।' | '؟' | '۔');
    let end = text
        .char_indices()
        .rfind(|(at, character)| {
            let after = text
                .get(at + character.len_utf8()..)
                .and_then(|rest| rest.chars().next());
            // A dot inside a number or a word ends nothing.
            ends(*character) && (!character.is_ascii() || after.is_none_or(char::is_whitespace))
        })
        .map(|(at, character)| at + character.len_utf8());
    let Some(kept) = end.and_then(|end| text.get(..end)).map(str::to_owned) else {
        return false;
    };
    row.columns.insert(column.clone(), Value::from(kept));
    row.flag("cut");
    true
}

//! Going back and forth through the versions of the file, and to the place where two of them differ.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::outline::{Card, Row};
use super::sheet::Sheet;
use super::target::Beside;
use crate::taxonomy::yaml::YamlPath;

impl Sheet {
    /// Goes one step back, or forth, and to where the change was. While a field is being typed in, the caret goes along when
    /// the change was in a field. Returns what the step did to another leaf's file.
    pub fn travel(&mut self, back: bool, now: Timestamp) -> Option<Arc<Beside>> {
        let typing = self.typing.take().is_some();
        let before: HashMap<YamlPath, String> = self
            .fields
            .iter()
            .zip(&self.shown)
            .map(|(field, shown)| (field.yaml_path.clone(), shown.text.clone()))
            .collect();
        let here = self.version();
        let there = if back {
            self.history.undo(here)
        } else {
            self.history.redo(here)
        };
        let there = there?;
        self.show(there.bytes, now);
        let changed = self.first_difference(&before);
        let same_fields = before.len() == self.fields.len();
        // Where something came or went, whoever made the change stood at the recorded row.
        let row = changed.filter(|_| same_fields || !back);
        let chosen = row.and_then(|row| self.rows.iter().position(|other| *other == row));
        self.list.chosen = chosen.unwrap_or(there.chosen).min(self.rows.len().saturating_sub(1));
        if typing
            && let Some(Row::Field(number)) = row
            && let Some(path) = self.fields.get(number).map(|field| field.yaml_path.clone())
        {
            let old = before.get(&path).map(String::as_str).unwrap_or_default();
            let end = end_of_difference(old, &self.value(&path));
            if matches!(self.start_typing(), Ok(true))
                && let Some(typing) = &mut self.typing
            {
                typing.field.caret_to(end);
            }
        }
        there.beside
    }

    /// The row of the first field whose text is not what it was; the heading of its page where fields came or went.
    fn first_difference(&self, before: &HashMap<YamlPath, String>) -> Option<Row> {
        let shown = self.fields.iter().zip(&self.shown).enumerate();
        let number = shown
            .filter(|(_, (field, shown))| before.get(&field.yaml_path) != Some(&shown.text))
            .map(|(number, _)| number)
            .next();
        match number {
            Some(number) if before.len() == self.fields.len() => Some(Row::Field(number)),
            Some(number) => self.fields.get(number).map(|field| Card::of_field(field).heading()),
            // The last ones went away.
            None if before.len() > self.fields.len() => self
                .fields
                .iter()
                .map(|field| Card::of_field(field).heading())
                .rfind(|row| matches!(row, Row::Example(_))),
            None => None,
        }
    }
}

/// Where in the new text the difference to the old one ends, in bytes.
fn end_of_difference(old: &str, new: &str) -> usize {
    let start: usize = old
        .chars()
        .zip(new.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let (old, rest) = (
        old.get(start..).unwrap_or_default(),
        new.get(start..).unwrap_or_default(),
    );
    let end: usize = old
        .chars()
        .rev()
        .zip(rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    new.len() - end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_ends_where_the_texts_agree_again() {
        for (old, new, end) in [
            ("ab", "aXb", 2),
            ("aXb", "ab", 1),
            ("", "é", 2),
            ("aa", "aaa", 3),
            ("same", "same", 4),
            ("土に", "土水に", 6),
        ] {
            assert_eq!(end_of_difference(old, new), end, "{old} {new}");
        }
    }
}

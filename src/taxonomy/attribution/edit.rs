//! Changes an `attribution.txt` line by line.

use std::ops::Range;

use super::{Attribution, Work, WorkKey, WorkLines, one_line, parse_with_lines, write};

/// Why a file was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributionEditError {
    #[error("attribution.txt is not UTF-8 text; save it as UTF-8 with another program, then edit it here")]
    NotText,
    #[error("there is no work {number}; attribution.txt names {works}")]
    NoSuchWork { number: usize, works: usize },
}

/// The text of a file, changed in place. What is not asked for stays as it is, line ends and unknown lines included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributionText {
    text: String,
}

impl AttributionText {
    /// Takes the bytes of a file; none for one that is to be begun.
    ///
    /// # Errors
    /// [`AttributionEditError::NotText`].
    pub fn read(bytes: &[u8]) -> Result<Self, AttributionEditError> {
        let text = std::str::from_utf8(bytes).map_err(|_| AttributionEditError::NotText)?;
        Ok(AttributionText { text: text.to_owned() })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn attribution(&self) -> Attribution {
        parse_with_lines(&self.text).0
    }

    /// Gives a work (from 0) a new value; the same value changes nothing. A missing line is added at its usual place; a
    /// revision that becomes empty loses its line.
    ///
    /// # Errors
    /// [`AttributionEditError::NoSuchWork`].
    pub fn set(&mut self, work: usize, key: WorkKey, value: &str) -> Result<(), AttributionEditError> {
        let (read, all) = parse_with_lines(&self.text);
        let (Some(known), Some(lines)) = (read.works.get(work), all.get(work)) else {
            return Err(no_such(work, &read));
        };
        let value = one_line(value);
        if known.field(key) == value {
            return Ok(());
        }
        let at = lines.get(key as usize).cloned().unwrap_or_default();
        let mut wanted = read.works.clone();
        if let Some(changed) = wanted.get_mut(work) {
            value.clone_into(changed.field_mut(key));
        }
        if at.is_empty() {
            let line = format!("{}: {value}{}", key.label(), self.line_end());
            let end = lines.iter().map(|at| at.end).max().unwrap_or_default();
            // Blocks without a blank line between them: at its usual place the line might belong to the work above.
            for place in [place_of(lines, key), end] {
                let mut edited = self.clone();
                edited.insert(place, &line);
                if edited.names(&wanted) {
                    *self = edited;
                    break;
                }
            }
            return Ok(());
        }
        if value.is_empty() && key == WorkKey::Revision {
            let mut edited = self.clone();
            edited.splice(at.clone(), "");
            if edited.names(&wanted) {
                *self = edited;
                return Ok(());
            }
        }
        let first = self.span(at.start..at.start + 1);
        let old = self.text.get(first).unwrap_or_default();
        let end = old.trim_end_matches(['\r', '\n']).len();
        let (body, end) = old.split_at(end);
        let colon = body.find(':').map_or(body.len(), |colon| colon + 1);
        let (label, rest) = body.split_at(colon);
        let gap: String = rest.chars().take_while(|c| c.is_whitespace()).collect();
        let gap = if gap.is_empty() || gap.len() == rest.len() {
            " ".to_owned()
        } else {
            gap
        };
        // Only a wrapped last line may lack its end; then the new one lacks it as well.
        let end = if at.len() > 1 && self.span(at.clone()).end == self.text.len() && !self.text.ends_with('\n') {
            ""
        } else {
            end
        };
        let line = format!("{label}{gap}{value}{end}");
        self.splice(at, &line);
        Ok(())
    }

    /// Adds a work at the end; returns its number (from 0).
    pub fn add(&mut self, work: &Work) -> usize {
        let line_end = self.line_end();
        let body = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        let gap = match body {
            "" => String::new(),
            body if !body.ends_with('\n') => line_end.repeat(2),
            body if body.lines().next_back().is_some_and(|line| line.trim().is_empty()) => String::new(),
            _ => line_end.to_owned(),
        };
        let block = write(std::slice::from_ref(work)).replace('\n', line_end);
        self.text.push_str(&gap);
        self.text.push_str(&block);
        self.attribution().works.len().saturating_sub(1)
    }

    /// Removes a work (from 0) with the blank line after it; lines that belong to no work stay.
    ///
    /// # Errors
    /// [`AttributionEditError::NoSuchWork`].
    pub fn remove(&mut self, work: usize) -> Result<(), AttributionEditError> {
        let (read, all) = parse_with_lines(&self.text);
        let Some(lines) = all.get(work) else {
            return Err(no_such(work, &read));
        };
        let mut taken: Vec<Range<usize>> = lines.iter().filter(|at| !at.is_empty()).cloned().collect();
        taken.sort_by_key(|at| at.start);
        let is_blank = |line: usize| {
            let span = self.span(line..line + 1);
            !span.is_empty() && self.text.get(span).is_some_and(|line| line.trim().is_empty())
        };
        let (first, last) = (
            taken.first().map_or(0, |at| at.start),
            taken.last().map_or(0, |at| at.end),
        );
        if is_blank(last) {
            taken.push(last..last + 1);
        } else if first > 0 && is_blank(first - 1) {
            taken.insert(0, first - 1..first);
        }
        for at in taken.into_iter().rev() {
            self.splice(at, "");
        }
        Ok(())
    }

    /// True when the file names these works, wherever.
    fn names(&self, wanted: &[Work]) -> bool {
        let placeless = |work: &Work| Work {
            line: 0,
            ..work.clone()
        };
        let found = self.attribution().works;
        found.iter().map(placeless).eq(wanted.iter().map(placeless))
    }

    /// The line end of this file, by its first line.
    fn line_end(&self) -> &'static str {
        match self.text.find('\n') {
            Some(at) if self.text.get(..at).is_some_and(|line| line.ends_with('\r')) => "\r\n",
            _ => "\n",
        }
    }

    /// The bytes of some lines, ends included; empty past the end.
    fn span(&self, lines: Range<usize>) -> Range<usize> {
        let mut starts = std::iter::once(0)
            .chain(self.text.match_indices('\n').map(|(at, _)| at + 1))
            .chain([self.text.len()]);
        let start = starts.clone().nth(lines.start).unwrap_or(self.text.len());
        let end = starts.nth(lines.end).unwrap_or(self.text.len());
        start..end
    }

    fn splice(&mut self, lines: Range<usize>, new: &str) {
        let span = self.span(lines);
        self.text.replace_range(span, new);
    }

    /// Puts a whole line before a line.
    fn insert(&mut self, before: usize, line: &str) {
        let at = self.span(before..before).start;
        let mut line = line;
        if at == self.text.len() && !self.text.is_empty() && !self.text.ends_with('\n') {
            let end = self.line_end();
            self.text.push_str(end);
            // The file went without a last line end, and goes on so.
            line = line.trim_end_matches(['\r', '\n']);
            self.text.push_str(line);
            return;
        }
        self.text.insert_str(at, line);
    }
}

/// The line before which a missing key belongs: after the nearest key that usually stands before it, else before the first.
fn place_of(lines: &WorkLines, key: WorkKey) -> usize {
    let before = lines.iter().take(key as usize).rev().find(|at| !at.is_empty());
    match before {
        Some(at) => at.end,
        None => lines
            .iter()
            .filter(|at| !at.is_empty())
            .map(|at| at.start)
            .min()
            .unwrap_or_default(),
    }
}

fn no_such(work: usize, read: &Attribution) -> AttributionEditError {
    AttributionEditError::NoSuchWork {
        number: work + 1,
        works: read.works.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edited(text: &str, edit: impl FnOnce(&mut AttributionText)) -> String {
        let mut file = AttributionText::read(text.as_bytes()).unwrap();
        edit(&mut file);
        file.text
    }

    const ODD: &str = "# Sources of this leaf\r\n\r\nTitle :  Frost\r\nAuthors:\tA,\r\n  B\r\nsee also the shed\r\n\r\nTitle of work: Soil";

    #[test]
    fn a_new_value_changes_its_line_only() {
        let set = |work, key, value: &str| {
            let value = value.to_owned();
            edited(ODD, move |file| file.set(work, key, &value).unwrap())
        };
        assert_eq!(set(0, WorkKey::Title, "Ice"), ODD.replace("Frost", "Ice"));
        assert_eq!(
            set(0, WorkKey::Creators, "C"),
            ODD.replace("A,\r\n  B\r\nsee also the shed", "C")
        );
        assert_eq!(set(1, WorkKey::Title, "Clay"), ODD.replace("Soil", "Clay"));
        assert_eq!(set(0, WorkKey::Title, " Frost "), ODD);
        assert_eq!(
            set(0, WorkKey::Licence, "MIT"),
            ODD.replace("Frost\r\n", "Frost\r\nLicense of the work: MIT\r\n")
        );
        assert_eq!(set(1, WorkKey::Link, "-"), format!("{ODD}\r\nLink to work: -"));
    }

    #[test]
    fn works_come_and_go() {
        let work = Work {
            title: "New".into(),
            licence: "MIT".into(),
            ..Work::default()
        };
        let block = "Title of work: New\nLink to work: -\nLicense of the work: MIT\nCreator names:\n";
        assert_eq!(edited("", |file| assert_eq!(file.add(&work), 0)), block);
        let two = edited(block, |file| assert_eq!(file.add(&work), 1));
        assert_eq!(two, format!("{block}\n{block}"));
        for gone in [0, 1] {
            assert_eq!(edited(&two, |file| file.remove(gone).unwrap()), block, "{gone}");
        }
        let odd = edited(ODD, |file| file.remove(0).unwrap());
        assert_eq!(odd, "# Sources of this leaf\r\n\r\nTitle of work: Soil");
        let mut file = AttributionText::read(b"").unwrap();
        assert!(file.remove(0).is_err() && file.set(0, WorkKey::Title, "x").is_err());
        assert!(AttributionText::read(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn whatever_the_file_a_set_value_reads_back_and_the_rest_stays(
            lines in prop::collection::vec(
                prop::sample::select(vec![
                    "Title of work: A", "Title: B", "Link to work: -", "licence: MIT", "Creator names: X", "Revision:", "",
                    "  wrapped", "# remark", "Hello: world", "Author: Y  ",
                ]), 0..12),
            crlf: bool, ends: bool, work in 0usize..3, key in 0usize..5, value in "[a-z]{1,6}( [a-z:]{1,6})?",
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut text = lines.join(end);
            if ends { text.push_str(end); }
            let before = AttributionText::read(text.as_bytes()).unwrap();
            let mut after = before.clone();
            let key = WorkKey::ALL[key];
            if after.set(work, key, &value).is_ok() {
                let (old, mut new) = (before.attribution(), after.attribution());
                prop_assert_eq!(new.works[work].field(key), value.as_str());
                prop_assert_eq!(old.works.len(), new.works.len());
                let places: Vec<usize> = old.works.iter().map(|work| work.line).collect();
                for (one, line) in new.works.iter_mut().zip(places) { one.line = line; }
                *new.works[work].field_mut(key) = old.works[work].field(key).to_owned();
                prop_assert_eq!(old.works, new.works);
                let unknown = |read: &[(usize, String)]| read.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>();
                prop_assert_eq!(unknown(&old.unknown), unknown(&new.unknown));
            }
        }
    }
}

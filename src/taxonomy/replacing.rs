//! Finding a text in the fields of a leaf, and putting another one in its place without touching anything else.

use std::ops::Range;

use regex::{Regex, RegexBuilder};

use super::form::{Field, FormEdit, Group, apply, fields_of, value};
use super::leaf_file::leaf_of;
use super::node::{Kind, NodePath};
use super::yaml::{Document, EditError, Step, YamlPath};

/// Characters that are shown before and behind a place.
const AROUND: usize = 40;
/// What a compiled pattern may take.
const PATTERN_BYTES: usize = 4 << 20;

/// Which fields are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fields {
    All,
    Questions,
    Answers,
    Contexts,
    /// The task, the domain, the outline, the documents, the author.
    Descriptions,
}

impl Fields {
    pub const ALL: [Fields; 5] = [
        Fields::All,
        Fields::Questions,
        Fields::Answers,
        Fields::Contexts,
        Fields::Descriptions,
    ];

    /// The word on screen and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Fields::All => "all",
            Fields::Questions => "questions",
            Fields::Answers => "answers",
            Fields::Contexts => "contexts",
            Fields::Descriptions => "descriptions",
        }
    }

    fn holds(self, field: &Field) -> bool {
        let is = |name: &str| matches!(field.yaml_path.last(), Some(Step::Key(key)) if key == name);
        match self {
            Fields::All => true,
            Fields::Questions => matches!(field.group, Group::Pair(..)) && is("question"),
            Fields::Answers => matches!(field.group, Group::Pair(..)) && is("answer"),
            Fields::Contexts => matches!(field.group, Group::Example(_)),
            Fields::Descriptions => matches!(field.group, Group::Top | Group::Document),
        }
    }
}

/// What to look for, and what to put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub find: String,
    /// With `regex`, `$1` and `${name}` stand for what a group found.
    pub with: String,
    pub regex: bool,
    /// Whether capitals count.
    pub case: bool,
    /// A field is searched when any of these has it.
    pub fields: Vec<Fields>,
}

/// Why a search cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("there is nothing to look for; type a text")]
    Nothing,
    #[error("'{pattern}' is no regular expression: {message}; mend it, or search for it as plain text")]
    BadPattern { pattern: String, message: String },
}

/// A search that is ready to be made.
#[derive(Debug, Clone)]
pub struct Search {
    pattern: Regex,
    with: String,
    regex: bool,
    fields: Vec<Fields>,
}

/// One place where the text was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub yaml_path: YamlPath,
    /// As a person counts: `example 2 · answer`.
    pub place: String,
    /// Bytes of the field's text.
    pub range: Range<usize>,
    /// What stands there, and what will.
    pub old: String,
    pub new: String,
    /// A little of the text on both sides.
    pub before: String,
    pub after: String,
}

impl Search {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// [`SearchError`]
    pub fn new(wanted: &Wanted) -> Result<Search, SearchError> {
        if wanted.find.is_empty() {
            return Err(SearchError::Nothing);
        }
        let text = if wanted.regex {
            wanted.find.clone()
        } else {
            regex::escape(&wanted.find)
        };
        let built = RegexBuilder::new(&text)
            .case_insensitive(!wanted.case)
            .multi_line(true)
            .size_limit(PATTERN_BYTES)
            .build();
        let pattern = built.map_err(|error| SearchError::BadPattern {
            pattern: wanted.find.clone(),
            message: error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned(),
        })?;
        Ok(Search {
            pattern,
            with: wanted.with.clone(),
            regex: wanted.regex,
            fields: wanted.fields.clone(),
        })
    }

    /// Every place in a document, in the order of the form. What would stay as it is, and what is empty, is left out.
    pub fn found_in(&self, node: &NodePath, document: &Document) -> Vec<Found> {
        let leaf = leaf_of(node, document.root());
        let mut all = Vec::new();
        for field in fields_of(&leaf) {
            if !self.fields.iter().any(|fields| fields.holds(&field)) {
                continue;
            }
            let text = value(document, &field.yaml_path);
            for hit in self.pattern.captures_iter(&text) {
                let Some(whole) = hit.get(0).filter(|whole| !whole.is_empty()) else {
                    continue;
                };
                let mut new = String::new();
                if self.regex {
                    hit.expand(&self.with, &mut new);
                } else {
                    new.push_str(&self.with);
                }
                if new != whole.as_str() {
                    all.push(Found {
                        place: place_of(&field, leaf.kind),
                        yaml_path: field.yaml_path.clone(),
                        range: whole.range(),
                        old: whole.as_str().to_owned(),
                        new,
                        before: last_of(text.get(..whole.start()).unwrap_or_default()),
                        after: text
                            .get(whole.end()..)
                            .unwrap_or_default()
                            .chars()
                            .take(AROUND)
                            .collect(),
                    });
                }
            }
        }
        all
    }

    /// True when a text that is no YAML holds what is looked for, as far as can be told.
    pub fn occurs_in(&self, text: &str) -> bool {
        self.pattern.is_match(text)
    }
}

/// Puts the new texts in place; everything else stays byte for byte.
///
/// # Errors
/// [`EditError`] when a field cannot take its text, or is not what it was; the document may then be half changed and is to
/// be thrown away.
pub fn put_in_place(document: &mut Document, kind: Kind, places: &[&Found]) -> Result<(), EditError> {
    let mut rest = places;
    while let Some(first) = rest.first() {
        let path = &first.yaml_path;
        let count = rest.iter().take_while(|found| found.yaml_path == *path).count();
        let (own, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        let old = value(document, path);
        let mut text = String::with_capacity(old.len());
        let mut at = 0;
        for found in own {
            let same = old.get(found.range.clone()) == Some(found.old.as_str());
            let Some(between) = old.get(at..found.range.start).filter(|_| same) else {
                return Err(EditError::NotFound { path: path.to_string() });
            };
            text.push_str(between);
            text.push_str(&found.new);
            at = found.range.end;
        }
        text.push_str(old.get(at..).unwrap_or_default());
        apply(document, kind, &FormEdit::Set(path.clone(), text))?;
        rest = others;
    }
    Ok(())
}

fn place_of(field: &Field, kind: Kind) -> String {
    let label = field.label.to_lowercase();
    match field.group {
        Group::Top | Group::Document => label,
        Group::Pair(example, pair) if kind == Kind::Knowledge => {
            format!("example {} · {label} {}", example + 1, pair + 1)
        }
        Group::Example(example) | Group::Pair(example, _) => format!("example {} · {label}", example + 1),
    }
}

fn last_of(text: &str) -> String {
    let start = text.char_indices().rev().take(AROUND).last().map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# kept
task_description: 'Frost, frost and Frost.'  # why
seed_examples:
- question: \"What is frost?\"
  answer: |
    Frost is ice.
    No frost above 5 °C.
- {question: q, answer: permafrost}
";

    fn search(find: &str, with: &str, regex: bool, case: bool, fields: Fields) -> Search {
        Search::new(&Wanted {
            find: find.into(),
            with: with.into(),
            regex,
            case,
            fields: vec![fields],
        })
        .unwrap()
    }

    fn document() -> (NodePath, Document) {
        let node = NodePath::parse("compositional_skills/a").unwrap();
        (node, Document::parse(TEXT.as_bytes()).unwrap())
    }

    #[test]
    fn plain_texts_and_patterns_are_found_where_they_are_wanted() {
        let (node, document) = document();
        let count = |search: Search| search.found_in(&node, &document).len();
        assert_eq!(count(search("frost", "ice", false, false, Fields::All)), 7);
        assert_eq!(count(search("frost", "ice", false, true, Fields::All)), 4);
        assert_eq!(count(search("frost", "ice", false, false, Fields::Answers)), 3);
        assert_eq!(count(search("frost", "ice", false, false, Fields::Questions)), 1);
        assert_eq!(count(search(r"\bfrost\b", "ice", true, false, Fields::Answers)), 2);
        assert_eq!(count(search(".", "x", false, true, Fields::Descriptions)), 1);
        assert_eq!(count(search("x*", "", true, true, Fields::All)), 0);
        assert_eq!(count(search("frost", "frost", false, true, Fields::All)), 0);
        let found = search(r"(\d+) °C", "$1 degrees", true, true, Fields::All).found_in(&node, &document);
        assert_eq!(
            (found[0].new.as_str(), found[0].place.as_str()),
            ("5 degrees", "example 1 · answer")
        );
        assert!(matches!(
            Search::new(&Wanted {
                find: "(".into(),
                with: String::new(),
                regex: true,
                case: true,
                fields: vec![Fields::All]
            }),
            Err(SearchError::BadPattern { .. })
        ));
    }

    #[test]
    fn only_the_chosen_places_change() {
        let (node, mut document) = document();
        let found = search("frost", "ice: #1", false, true, Fields::All).found_in(&node, &document);
        let chosen: Vec<&Found> = found
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != 1)
            .map(|(_, found)| found)
            .collect();
        put_in_place(&mut document, Kind::Skill, &chosen).unwrap();
        let wanted = TEXT
            .replace("Frost, frost and", "Frost, ice: #1 and")
            .replace("No frost above", "No ice: #1 above");
        let permafrost = document.text().lines().last().unwrap().to_owned();
        assert_eq!(
            document.text(),
            wanted.replace("- {question: q, answer: permafrost}", &permafrost)
        );
        assert!(permafrost.contains("permaice: #1"));
        // What is not there any more is not replaced by chance.
        assert!(put_in_place(&mut document, Kind::Skill, &chosen).is_err());
    }
}

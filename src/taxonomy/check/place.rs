//! Says in words where in a file something is, counting from one as people do.

use crate::taxonomy::yaml::{Step, YamlPath};

/// `seed example 3`, `question 2 of seed example 3`, `the document`; empty for the file itself.
pub(super) fn place(path: &YamlPath) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut list = "";
    for step in path.steps() {
        match step {
            Step::Key(key) => {
                list = key;
                parts.push(format!("'{key}'"));
            }
            Step::Index(index) => {
                let name = match list {
                    "seed_examples" => "seed example",
                    "questions_and_answers" => "question",
                    "patterns" => "pattern",
                    _ => "item",
                };
                parts.pop();
                parts.push(format!("{name} {}", index + 1));
            }
        }
    }
    parts.reverse();
    parts.join(" of ")
}

/// The same at the start of a sentence; `The file` for the file itself.
pub(super) fn subject(path: &YamlPath) -> String {
    let words = place(path);
    let mut letters = words.chars();
    match letters.next() {
        None => "The file".to_owned(),
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_one() {
        let path = |text: &str| text.parse::<YamlPath>().unwrap();
        assert_eq!(
            place(&path(".seed_examples[2].questions_and_answers[0].answer")),
            "'answer' of question 1 of seed example 3"
        );
        assert_eq!(subject(&path(".seed_examples[2]")), "Seed example 3");
        assert_eq!(place(&path(".document.patterns[1]")), "pattern 2 of 'document'");
        assert_eq!(subject(&YamlPath::root()), "The file");
    }
}

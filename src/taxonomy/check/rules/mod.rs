//! Every rule that a finding can name: what it means, why it is there, how to mend it. `check --explain` prints these words and
//! `docs/rules.md` is made of them, so the two cannot differ.

mod table;

use std::fmt::Write as _;

pub use table::RULES;

/// What family a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The file cannot be read at all.
    Reading,
    /// The schema: what InstructLab asks every file to hold.
    Schema,
    /// How the file is written.
    Style,
    /// What lies beside the file.
    Sources,
    /// Never an error.
    Advice,
}

impl Family {
    pub const ALL: [Family; 5] = [
        Family::Reading,
        Family::Schema,
        Family::Style,
        Family::Sources,
        Family::Advice,
    ];

    /// The heading above its rules.
    pub fn title(self) -> &'static str {
        match self {
            Family::Reading => "Files that cannot be read",
            Family::Schema => "What a seed file must hold",
            Family::Style => "How a seed file is written",
            Family::Sources => "What lies beside a seed file",
            Family::Advice => "Advice",
        }
    }

    /// How its findings count.
    pub fn weight(self) -> &'static str {
        match self {
            Family::Reading | Family::Schema => {
                "An error in both profiles, but for a file without seeds, which is a warning."
            }
            Family::Style => {
                "An error in the profile `ilab`. In the profile `ci`, a warning unless the rule says otherwise. Looked at from version 2 on."
            }
            Family::Sources => "An error in the profile `ci`; not looked at in the profile `ilab`.",
            Family::Advice => "Never changes the exit status; `--no-advice` leaves it out.",
        }
    }
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// As in a finding's `rule`.
    pub name: &'static str,
    pub family: Family,
    /// What it finds.
    pub finds: &'static str,
    pub why: &'static str,
    pub mend: &'static str,
    /// What `check --fix` does about it; empty where it leaves the matter to a person.
    pub fix: &'static str,
}

/// The rule of a name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name)
}

impl Rule {
    /// The rule explained, in Markdown.
    pub fn explained(&self) -> String {
        let mut text = format!(
            "### {}\n\n{}\n\n* Why: {}\n* Mend it: {}\n",
            self.name, self.finds, self.why, self.mend
        );
        if !self.fix.is_empty() {
            let _ = writeln!(text, "* `--fix`: {}", self.fix);
        }
        text
    }
}

/// All rules as one page, in Markdown.
pub fn page() -> String {
    let mut text = String::from(
        "# Rules of `seedbed check`\n\n<!-- Made of the program's own words: `seedbed check --explain all`. -->\n\n\
         Each finding ends in the name of its rule in brackets. `seedbed check --explain NAME` prints what stands here.\n",
    );
    for family in Family::ALL {
        let _ = write!(text, "\n## {}\n\n{}\n", family.title(), family.weight());
        for rule in RULES.iter().filter(|rule| rule.family == family) {
            let _ = write!(text, "\n{}", rule.explained());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_documentation_is_this_one() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            written.replace("\r\n", "\n") == page(),
            "docs/rules.md is out of date; write it anew: seedbed check --explain all > docs/rules.md"
        );
    }

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    /// Every rule that a source file of the checks names is explained.
    #[test]
    fn every_rule_that_is_told_is_explained() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/taxonomy");
        let told = regex::Regex::new(
            r#"(?:tell|error)\(\s*(?:Severity::\w+,\s*)?(?:line,\s*)?(?:\d+,\s*)?"([a-z-]+)"|const [A-Z_]+: &str = "([a-z]+(?:-[a-z]+)*)";"#,
        )
        .unwrap();
        let mut waiting = vec![folder.join("check"), folder.join("attribution")];
        let mut seen = 0;
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            if path.ends_with("personal.rs") || path.ends_with("version.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for found in told.captures_iter(&text) {
                let name = found.get(1).or(found.get(2)).unwrap().as_str();
                seen += 1;
                assert!(rule(name).is_some(), "'{name}' of {} is not explained", path.display());
            }
        }
        assert!(seen > 30, "only {seen} were found");
    }
}

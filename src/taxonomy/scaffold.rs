//! The first text of a new leaf: everything InstructLab asks for is there, empty, in its recommended order.

use std::fmt::Write as _;

use super::node::Kind;

/// What is known of a new leaf before anything is written; empty where it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    pub created_by: String,
    /// Skills: what the seeds teach.
    pub task_description: String,
    /// Knowledge: the field of knowledge.
    pub domain: String,
    /// Knowledge: one line on what the documents cover.
    pub document_outline: String,
}

/// How many examples InstructLab asks for at least, and how many questions for each knowledge example.
pub(super) const LEAST_EXAMPLES: usize = 5;
pub(super) const LEAST_PAIRS: usize = 3;
/// The newest schema version, which InstructLab's own checks of contributions demand.
pub const LATEST_VERSION: i64 = 3;

/// Writes a new leaf's `qna.yaml`, to be filled in. The checks then name each place that is still empty.
pub fn scaffold(kind: Kind, start: &Start) -> String {
    let mut text = format!("version: {LATEST_VERSION}\n");
    // Writing to a string cannot fail.
    let mut key = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {}", quoted(value));
    };
    match kind {
        Kind::Knowledge => {
            key("domain", &start.domain);
            key("created_by", &start.created_by);
        }
        Kind::Skill | Kind::GroundedSkill => {
            key("task_description", &start.task_description);
            key("created_by", &start.created_by);
        }
    }
    text.push_str("seed_examples:\n");
    for _ in 0..LEAST_EXAMPLES {
        text.push_str(match kind {
            Kind::Skill => "  - question: \"\"\n    answer: \"\"\n",
            Kind::GroundedSkill => "  - context: \"\"\n    question: \"\"\n    answer: \"\"\n",
            Kind::Knowledge => "  - context: \"\"\n    questions_and_answers:\n",
        });
        if kind == Kind::Knowledge {
            text.push_str(&"      - question: \"\"\n        answer: \"\"\n".repeat(LEAST_PAIRS));
        }
    }
    if kind == Kind::Knowledge {
        let _ = writeln!(text, "document_outline: {}", quoted(&start.document_outline));
        text.push_str("document:\n  repo: \"\"\n  commit: \"\"\n  patterns:\n    - \"*.md\"\n");
    }
    text
}

/// Writes a new leaf's `attribution.txt`: InstructLab's checks of contributions want one. What only a person can know is left
/// open; a licence above all is nobody's to choose but the author's.
pub fn scaffold_attribution(created_by: &str) -> String {
    let creators = created_by.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("Title of work:\nLink to work: -\nLicense of the work:\nCreator names: {creators}\n")
}

/// A YAML double-quoted scalar that reads back as exactly this text.
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            // Control characters, and line breaks that YAML 1.1 would fold.
            _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(text, "\\u{:04X}", u32::from(c));
            }
            _ => text.push(c),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::check::{Profile, check_leaf};
    use crate::taxonomy::form::fields_of;
    use crate::taxonomy::{LeafFile, NodePath};

    #[test]
    fn a_scaffold_that_is_filled_in_passes_both_profiles() {
        for (kind, path) in [
            (Kind::Knowledge, "knowledge/a"),
            (Kind::Skill, "compositional_skills/a"),
            (Kind::GroundedSkill, "compositional_skills/b"),
        ] {
            let (root, node) = (tempfile::tempdir().unwrap(), NodePath::parse(path).unwrap());
            let start = Start {
                created_by: "Ada \"A\" # née B\\\t\u{2028}".into(),
                ..Start::default()
            };
            let text = scaffold(kind, &start);
            let file = LeafFile::from_bytes(node.clone(), text.into_bytes());
            let (mut document, leaf) = (file.document.clone().unwrap(), file.leaf());
            assert_eq!((leaf.kind, leaf.created_by.as_str()), (kind, start.created_by.as_str()));
            for (number, field) in fields_of(&leaf).iter().enumerate() {
                if crate::taxonomy::form::value(&document, &field.yaml_path).is_empty() {
                    document.set(&field.yaml_path, &format!("text {number}")).unwrap();
                }
            }
            std::fs::create_dir_all(node.folder(root.path())).unwrap();
            std::fs::write(node.qna(root.path()), document.bytes()).unwrap();
            let sources = node.folder(root.path()).join("attribution.txt");
            std::fs::write(&sources, scaffold_attribution(&start.created_by)).unwrap();
            assert_eq!(check_leaf(root.path(), &node, Profile::Ilab), [], "{path}");
            let open: Vec<_> = check_leaf(root.path(), &node, Profile::Ci)
                .into_iter()
                .map(|one| one.rule)
                .collect();
            // Advice: the title and the licence are the person's to give.
            assert_eq!(open, ["attribution-keys"], "{path}");
        }
    }
}

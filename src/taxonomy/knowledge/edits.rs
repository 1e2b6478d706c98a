//! The changes to a seed file by which a leaf takes other documents, or a passage of them as a context.

use crate::taxonomy::form::{FormEdit, example_path};
use crate::taxonomy::leaf::{DocumentPin, Leaf};
use crate::taxonomy::yaml::YamlPath;

/// The edits after which a leaf's `document` says exactly this; none for what it says already.
pub fn pin_edits(leaf: &Leaf, pin: &DocumentPin) -> Vec<FormEdit> {
    let document = YamlPath::root().key("document");
    let before = leaf.document.as_ref();
    let mut edits = Vec::new();
    let fields = [
        ("repo", &pin.repo, before.map(|pin| &pin.repo)),
        ("commit", &pin.commit, before.map(|pin| &pin.commit)),
    ];
    for (key, wanted, there) in fields {
        if there != Some(wanted) {
            edits.push(FormEdit::Set(document.key(key), wanted.clone()));
        }
    }
    let there: &[String] = before.map_or(&[], |pin| &pin.patterns);
    for (number, wanted) in pin.patterns.iter().enumerate() {
        match there.get(number) {
            Some(pattern) if pattern == wanted => {}
            Some(_) => edits.push(FormEdit::Set(document.key("patterns").index(number), wanted.clone())),
            None => edits.push(FormEdit::AddPattern(wanted.clone())),
        }
    }
    let spare = pin.patterns.len()..there.len();
    edits.extend(spare.rev().map(FormEdit::RemovePattern));
    edits
}

/// The edits that make a passage the context of an example (from 0); of a new one at the end for `None`. Returns the example's number
/// with them.
pub fn context_edits(leaf: &Leaf, example: Option<usize>, passage: &str) -> (usize, Vec<FormEdit>) {
    let number = example.unwrap_or(leaf.seed_examples.len());
    let mut edits = Vec::new();
    if number >= leaf.seed_examples.len() {
        edits.push(FormEdit::AddExample);
    }
    edits.push(FormEdit::Set(example_path(number).key("context"), passage.to_owned()));
    (number, edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::form::apply;
    use crate::taxonomy::yaml::Document;
    use crate::taxonomy::{Kind, NodePath, leaf_of};

    fn read(text: &str) -> (Document, Leaf) {
        let document = Document::parse(text.as_bytes()).unwrap();
        let leaf = leaf_of(&NodePath::parse("knowledge/frost").unwrap(), document.root());
        (document, leaf)
    }

    fn pin(patterns: &[&str]) -> DocumentPin {
        DocumentPin {
            repo: "../library".into(),
            commit: "0123456789012345678901234567890123456789".into(),
            patterns: patterns.iter().map(|text| (*text).to_owned()).collect(),
        }
    }

    #[test]
    fn a_pin_is_written_over_any_other_and_nothing_else_changes() {
        let start = "version: 3 # the newest\nseed_examples: []\n";
        let texts = [
            "document:\n  repo: x # old\n  commit: abc\n  patterns:\n    - '*.md' # all\n    - b.md\n    - c.md\n",
            "document: {repo: x, commit: abc, patterns: [a.md]}\n",
            "document:\n  repo: x\n",
            "",
        ];
        for text in texts {
            for patterns in [&["frost/*.md", "b.md"][..], &["*.md", "b.md", "c.md", "d: e.md"]] {
                let (mut document, leaf) = read(&format!("{start}{text}"));
                let wanted = pin(patterns);
                for edit in pin_edits(&leaf, &wanted) {
                    apply(&mut document, Kind::Knowledge, &edit).unwrap();
                }
                let written = document.text().to_owned();
                let (_, after) = read(&written);
                assert_eq!(after.document.as_ref(), Some(&wanted), "{written}");
                assert!(written.starts_with(start), "{written}");
                assert_eq!(pin_edits(&after, &wanted), []);
            }
        }
    }

    #[test]
    fn a_passage_becomes_a_context() {
        let (mut document, leaf) =
            read("version: 3\nseed_examples:\n  - context: old\n    questions_and_answers: []\n");
        let passage = "## Young plants\n\n- fleece: at dusk\n  # not a comment";
        for target in [Some(0), None] {
            let (number, edits) = context_edits(&leaf, target, passage);
            for edit in edits {
                apply(&mut document, Kind::Knowledge, &edit).unwrap();
            }
            let (_, after) = read(document.text());
            assert_eq!(after.seed_examples[number].context.as_deref(), Some(passage));
        }
    }
}

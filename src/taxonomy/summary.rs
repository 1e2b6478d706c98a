//! What the tree shows of a leaf, small enough to keep for every leaf of a large taxonomy.

use super::check::{Profile, check_document};
use super::diagnostic::Severity;
use super::leaf::Leaf;
use super::leaf_file::LeafFile;
use super::node::{Kind, NodePath};

/// How many bytes of a leaf's text are searched.
const SEARCH_BYTES: usize = 2048;
/// How many bytes of its first line are shown.
const TITLE_BYTES: usize = 240;

/// One leaf in brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafSummary {
    pub path: NodePath,
    pub kind: Kind,
    pub version: i64,
    /// How many seed examples.
    pub examples: usize,
    pub errors: usize,
    pub warnings: usize,
    /// One line that says what the leaf is about.
    pub title: String,
    /// Title, subject, questions and answers, as far as 2 kB go: what a search by typing looks through.
    pub search_text: String,
}

/// Reads a leaf in brief; findings are those of the file itself, without what lies beside it.
pub fn summarize(file: &LeafFile, profile: Profile) -> LeafSummary {
    let leaf = file.leaf();
    let found = check_document(&file.path.qna_relative(), &file.document, profile);
    let count = |severity| found.iter().filter(|one| one.severity == severity).count();
    LeafSummary {
        kind: leaf.kind,
        version: leaf.version,
        examples: leaf.seed_examples.len(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        title: up_to(leaf.title(), TITLE_BYTES).to_owned(),
        search_text: search_text(&leaf),
        path: leaf.path,
    }
}

/// Questions of all examples come before the answers: with little room they tell more.
fn search_text(leaf: &Leaf) -> String {
    let pairs = || leaf.seed_examples.iter().flat_map(|example| &example.pairs);
    let parts = [
        &leaf.task_description,
        &leaf.domain,
        &leaf.document_outline,
        &leaf.created_by,
    ]
    .into_iter()
    .chain(pairs().map(|pair| &pair.question))
    .chain(leaf.seed_examples.iter().filter_map(|example| example.context.as_ref()))
    .chain(pairs().map(|pair| &pair.answer));
    let mut text = String::new();
    for part in parts {
        let room = SEARCH_BYTES.saturating_sub(text.len() + 1);
        let part = up_to(part.trim(), room);
        if part.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(part);
        if room < 8 {
            break;
        }
    }
    // It is kept for every leaf, so room for more text would add up.
    text.shrink_to_fit();
    text
}

fn up_to(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_brief_and_never_cuts_a_character() {
        let text = format!(
            "version: 3\ntask_description: {}\nseed_examples:\n- question: {}\n  answer: '4'\n",
            "霜".repeat(500),
            "葉".repeat(900)
        );
        let file = LeafFile::from_bytes(NodePath::parse("compositional_skills/a").unwrap(), text.into_bytes());
        let summary = summarize(&file, Profile::Ilab);
        assert!(summary.search_text.len() <= SEARCH_BYTES && summary.search_text.contains('葉'));
        assert_eq!(summary.title.len(), 240);
        assert_eq!((summary.examples, summary.errors, summary.warnings), (1, 2, 0));
    }
}

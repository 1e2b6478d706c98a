//! One seed file as read: its bytes, their fingerprint, and the document in them, if it is one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::check::SchemaName;
use super::error::TaxonomyError;
use super::fingerprint::Fingerprint;
use super::leaf::{DocumentPin, Leaf, Pair, SeedExample};
use super::node::{Kind, NodePath};
use super::yaml::{Document, MAX_BYTES, Node, SyntaxError};

/// A `qna.yaml` as it is on disk or in an editor.
#[derive(Debug, Clone)]
pub struct LeafFile {
    pub path: NodePath,
    pub bytes: Vec<u8>,
    pub fingerprint: Fingerprint,
    pub document: Result<Document, SyntaxError>,
}

/// Reads a file up to the size that documents may have.
pub(super) fn read_limited(path: &Path) -> Result<Vec<u8>, TaxonomyError> {
    let fail = |source| TaxonomyError::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(fail)?;
    let meta = file.metadata().map_err(fail)?;
    if meta.is_dir() {
        return Err(fail(std::io::ErrorKind::IsADirectory.into()));
    }
    let limit = MAX_BYTES as u64;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(limit)).unwrap_or_default());
    // The limit holds for the reading, not for what the file said of itself: it may grow, or be a pipe.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > MAX_BYTES {
        let bytes = meta.len().max(limit + 1);
        return Err(TaxonomyError::TooLarge {
            path: path.to_owned(),
            bytes,
            limit,
        });
    }
    Ok(bytes)
}

impl LeafFile {
    /// Reads one leaf; also what to call when another program changed it.
    ///
    /// # Errors
    /// [`TaxonomyError::Read`] and [`TaxonomyError::TooLarge`]. A file that is not YAML is no error: `document` says so.
    pub fn read(root: &Path, path: &NodePath) -> Result<Self, TaxonomyError> {
        Ok(LeafFile::from_bytes(path.clone(), read_limited(&path.qna(root))?))
    }

    /// Takes bytes as a leaf's file, as from an editor or a commit.
    pub fn from_bytes(path: NodePath, bytes: Vec<u8>) -> Self {
        let document = Document::parse(&bytes);
        LeafFile {
            path,
            fingerprint: Fingerprint::of(&bytes),
            document,
            bytes,
        }
    }

    /// What the file says, typed; empty where it says nothing or is not YAML.
    pub fn leaf(&self) -> Leaf {
        leaf_of(&self.path, self.document.as_ref().ok().and_then(Document::root))
    }
}

/// Reads a document leniently: every scalar counts as its text, and places in lists are kept so that they match YAML paths.
pub fn leaf_of(path: &NodePath, root: Option<&Node>) -> Leaf {
    let text = |key: &str| {
        root.and_then(|root| root.get(key))
            .map(lenient_text)
            .unwrap_or_default()
    };
    let knowledge = SchemaName::of(&path.qna_relative(), root) == SchemaName::Knowledge;
    let examples = root
        .and_then(|root| root.get("seed_examples"))
        .and_then(Node::items)
        .unwrap_or_default();
    let seed_examples: Vec<SeedExample> = examples.iter().map(|node| example_of(node, knowledge)).collect();
    let kind = if knowledge {
        Kind::Knowledge
    } else if seed_examples.iter().any(|example| example.context.is_some())
        || path.segments().any(|part| part == "grounded")
    {
        Kind::GroundedSkill
    } else {
        Kind::Skill
    };
    Leaf {
        path: path.clone(),
        kind,
        version: root
            .and_then(|root| root.get("version"))
            .and_then(Node::as_int)
            .unwrap_or_default(),
        created_by: text("created_by"),
        task_description: text("task_description"),
        domain: text("domain"),
        document_outline: text("document_outline"),
        document: root
            .and_then(|root| root.get("document"))
            .filter(|node| node.pairs().is_some())
            .map(pin_of),
        seed_examples,
    }
}

fn lenient_text(node: &Node) -> String {
    if node.is_null() {
        String::new()
    } else {
        node.scalar_text().unwrap_or_default().to_owned()
    }
}

fn example_of(node: &Node, knowledge: bool) -> SeedExample {
    let pairs = match node.get("questions_and_answers").and_then(Node::items) {
        Some(pairs) => pairs.iter().map(pair_of).collect(),
        // Knowledge of the first two versions had one pair in the example itself.
        None if knowledge && node.get("question").is_none() && node.get("answer").is_none() => Vec::new(),
        None => vec![pair_of(node)],
    };
    SeedExample {
        context: node.get("context").map(lenient_text),
        pairs,
    }
}

fn pair_of(node: &Node) -> Pair {
    let text = |key| node.get(key).map(lenient_text).unwrap_or_default();
    Pair {
        question: text("question"),
        answer: text("answer"),
    }
}

fn pin_of(node: &Node) -> DocumentPin {
    let text = |key| node.get(key).map(lenient_text).unwrap_or_default();
    let patterns = node.get("patterns").and_then(Node::items).unwrap_or_default();
    DocumentPin {
        repo: text("repo"),
        commit: text("commit"),
        patterns: patterns.iter().map(lenient_text).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(path: &str, text: &str) -> Leaf {
        LeafFile::from_bytes(NodePath::parse(path).unwrap(), text.as_bytes().to_vec()).leaf()
    }

    #[test]
    fn reads_every_kind() {
        let skill = leaf(
            "compositional_skills/a",
            "version: 3\ntask_description: T\nseed_examples:\n- question: q\n  answer: 12\n",
        );
        assert_eq!((skill.kind, skill.version, skill.title()), (Kind::Skill, 3, "T"));
        assert_eq!(skill.seed_examples[0].pairs[0].answer, "12");
        let grounded = leaf(
            "compositional_skills/a",
            "seed_examples:\n- context: c\n  question: q\n",
        );
        assert_eq!(grounded.kind, Kind::GroundedSkill);
        assert_eq!(leaf("compositional_skills/grounded/a", "").kind, Kind::GroundedSkill);
        let knowledge = leaf(
            "knowledge/a",
            "document_outline: |\n\n  O\nseed_examples:\n- context: c\n  questions_and_answers:\n  - {question: q1, answer: a1}\n  - ~\n  - {question: q3}\ndocument: {repo: r, commit: 0123, patterns: ['*.md']}\n",
        );
        assert_eq!((knowledge.kind, knowledge.title()), (Kind::Knowledge, "O"));
        let questions: Vec<_> = knowledge.seed_examples[0]
            .pairs
            .iter()
            .map(|pair| pair.question.as_str())
            .collect();
        assert_eq!(questions, ["q1", "", "q3"]);
        assert_eq!(knowledge.document.unwrap().commit, "0123");
        let legacy = leaf(
            "knowledge/a",
            "version: 2\nseed_examples:\n- question: q\n  answer: a\n",
        );
        assert_eq!(legacy.seed_examples[0].pairs.len(), 1);
    }

    #[test]
    fn broken_files_still_show() {
        for text in ["a: [", "", "- 1", "seed_examples: 3", "\u{0}"] {
            let read = leaf("knowledge/a", text);
            assert_eq!((read.kind, read.seed_examples.len()), (Kind::Knowledge, 0));
        }
    }

    #[test]
    fn an_oversized_file_is_refused_before_it_is_parsed() {
        let root = tempfile::tempdir().unwrap();
        let path = NodePath::parse("knowledge/a").unwrap();
        std::fs::create_dir_all(path.folder(root.path())).unwrap();
        let file = File::create(path.qna(root.path())).unwrap();
        file.set_len(MAX_BYTES as u64 + 1).unwrap();
        assert!(matches!(
            LeafFile::read(root.path(), &path),
            Err(TaxonomyError::TooLarge { .. })
        ));
        let missing = NodePath::parse("knowledge/none").unwrap();
        assert!(matches!(
            LeafFile::read(root.path(), &missing),
            Err(TaxonomyError::Read { .. })
        ));
    }
}

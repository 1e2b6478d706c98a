//! The texts of a leaf with their places.

use crate::taxonomy::check::SchemaName;
use crate::taxonomy::yaml::{Node, YamlPath};

/// One text of a leaf.
pub(super) struct Text<'n> {
    pub text: &'n str,
    pub node: &'n Node,
    pub path: YamlPath,
}

pub(super) struct Pair<'n> {
    pub question: Option<Text<'n>>,
    pub answer: Option<Text<'n>>,
}

impl<'n> Pair<'n> {
    fn read(node: &'n Node, path: &YamlPath) -> Self {
        Pair {
            question: text_of(node, path, "question"),
            answer: text_of(node, path, "answer"),
        }
    }

    pub fn texts(&self) -> impl Iterator<Item = &Text<'n>> {
        self.question.iter().chain(&self.answer)
    }
}

pub(super) struct Example<'n> {
    pub node: &'n Node,
    pub path: YamlPath,
    pub context: Option<Text<'n>>,
    /// One for a skill.
    pub pairs: Vec<Pair<'n>>,
}

impl<'n> Example<'n> {
    pub fn texts(&self) -> impl Iterator<Item = &Text<'n>> {
        self.context.iter().chain(self.pairs.iter().flat_map(Pair::texts))
    }
}

pub(super) struct Seeds<'n> {
    pub root: &'n Node,
    pub schema: SchemaName,
    pub task: Option<Text<'n>>,
    pub outline: Option<Text<'n>>,
    pub examples: Vec<Example<'n>>,
}

impl<'n> Seeds<'n> {
    pub fn read(root: &'n Node, schema: SchemaName) -> Self {
        let top = YamlPath::root();
        let list = top.key("seed_examples");
        let items = root.get("seed_examples").and_then(Node::items).unwrap_or_default();
        let examples = items.iter().enumerate().map(|(index, node)| {
            let path = list.index(index);
            let pairs = match node.get("questions_and_answers").and_then(Node::items) {
                Some(pairs) => {
                    let list = path.key("questions_and_answers");
                    let pair = |(index, pair)| Pair::read(pair, &list.index(index));
                    pairs.iter().enumerate().map(pair).collect()
                }
                None => vec![Pair::read(node, &path)],
            };
            Example {
                node,
                context: text_of(node, &path, "context"),
                pairs,
                path,
            }
        });
        Seeds {
            root,
            schema,
            task: text_of(root, &top, "task_description"),
            outline: text_of(root, &top, "document_outline"),
            examples: examples.collect(),
        }
    }

    pub fn pairs(&self) -> impl Iterator<Item = &Pair<'n>> {
        self.examples.iter().flat_map(|example| &example.pairs)
    }

    /// Every text that a person wrote to be learned from.
    pub fn texts(&self) -> impl Iterator<Item = &Text<'n>> {
        let about = self.task.iter().chain(&self.outline);
        about.chain(self.examples.iter().flat_map(Example::texts))
    }
}

fn text_of<'n>(node: &'n Node, path: &YamlPath, key: &str) -> Option<Text<'n>> {
    let value = node.get(key)?;
    Some(Text {
        text: value.as_text()?,
        node: value,
        path: path.key(key),
    })
}

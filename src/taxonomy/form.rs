//! The form of a leaf: which fields an expert fills in, how each is called, and the edits that the form can make.
//!
//! What a field is for is said here once, for the screen and for the command line.

use super::leaf::{Leaf, SeedExample};
use super::node::Kind;
use super::scaffold::LEAST_PAIRS;
use super::yaml::{Document, EditError, NewValue, Node, Step, YamlPath};

mod examples;
mod guidance;
mod meaning;

pub use examples::edits_to_become;
use examples::example_value;
pub use guidance::{Fit, Length, MOST_FILE_WORDS, MOST_PAIRS_WORDS, length_of, most_words};
use meaning::{
    ANSWER, ASKED, COMMIT, CONTEXT, CREATED_BY, DOMAIN, FACT, Meaning, OUTLINE, PASSAGE, PATTERN, QUESTION, REPO, TASK,
    TASK_WITH_CONTEXT, UPON_CONTEXT, WITH_CONTEXT,
};

/// Where on the form a field stands. Numbers count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    Top,
    /// The context of a seed example.
    Example(usize),
    /// A question or an answer: the example, and the pair in it.
    Pair(usize, usize),
    Document,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub yaml_path: YamlPath,
    pub label: &'static str,
    /// What belongs there, and what makes a good one.
    pub help: &'static str,
    /// A good one, as it could stand there.
    pub example: &'static str,
    pub multiline: bool,
    pub group: Group,
}

/// One change that a form makes. Numbers count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormEdit {
    /// Gives a field a text; a field that was missing is added.
    Set(YamlPath, String),
    /// Takes an optional field away, as the context of a freeform example.
    Clear(YamlPath),
    /// The number that names the schema, without quotes.
    SetVersion(i64),
    /// Adds an empty example at the end.
    AddExample,
    /// Adds an empty example so that it stands at this place.
    InsertExample(usize),
    /// Puts an example from elsewhere in at this place, or at the end.
    PutExample(usize, SeedExample),
    RemoveExample(usize),
    MoveExample(usize, usize),
    DuplicateExample(usize),
    /// Adds an empty pair at the end of a knowledge example.
    AddPair(usize),
    RemovePair(usize, usize),
    /// The example, then from where to where.
    MovePair(usize, usize, usize),
    DuplicatePair(usize, usize),
    /// Adds a file pattern to the documents.
    AddPattern(String),
    RemovePattern(usize),
    MovePattern(usize, usize),
}

const EXAMPLES: &str = "seed_examples";
const PAIRS: &str = "questions_and_answers";

fn top(key: &str) -> YamlPath {
    YamlPath::root().key(key)
}

/// The path of a seed example.
pub fn example_path(example: usize) -> YamlPath {
    top(EXAMPLES).index(example)
}

/// The path of the mapping that holds a question and its answer.
pub fn pair_path(kind: Kind, example: usize, pair: usize) -> YamlPath {
    match kind {
        Kind::Knowledge => example_path(example).key(PAIRS).index(pair),
        Kind::Skill | Kind::GroundedSkill => example_path(example),
    }
}

fn patterns_path() -> YamlPath {
    top("document").key("patterns")
}

/// Lists the fields of a leaf in the order of the form.
pub fn fields_of(leaf: &Leaf) -> Vec<Field> {
    let knowledge = leaf.kind == Kind::Knowledge;
    let grounded = leaf.kind == Kind::GroundedSkill;
    let field = |yaml_path, label, meaning: Meaning, multiline, group| Field {
        yaml_path,
        label,
        help: meaning.help,
        example: meaning.example,
        multiline,
        group,
    };
    let mut fields = Vec::new();
    if knowledge {
        fields.push(field(top("domain"), "Domain", DOMAIN, false, Group::Top));
        fields.push(field(
            top("document_outline"),
            "What the documents cover",
            OUTLINE,
            true,
            Group::Top,
        ));
    } else {
        let task = if grounded { TASK_WITH_CONTEXT } else { TASK };
        fields.push(field(top("task_description"), "Task", task, true, Group::Top));
    }
    fields.push(field(top("created_by"), "Written by", CREATED_BY, false, Group::Top));
    for (number, example) in leaf.seed_examples.iter().enumerate() {
        if leaf.kind != Kind::Skill || example.context.is_some() {
            let help = if knowledge { PASSAGE } else { CONTEXT };
            fields.push(field(
                example_path(number).key("context"),
                "Context",
                help,
                true,
                Group::Example(number),
            ));
        }
        for pair in 0..example.pairs.len() {
            let path = pair_path(leaf.kind, number, pair);
            let (question, answer) = match leaf.kind {
                Kind::Knowledge => (ASKED, FACT),
                Kind::GroundedSkill => (WITH_CONTEXT, UPON_CONTEXT),
                Kind::Skill => (QUESTION, ANSWER),
            };
            fields.push(field(
                path.key("question"),
                "Question",
                question,
                true,
                Group::Pair(number, pair),
            ));
            fields.push(field(
                path.key("answer"),
                "Answer",
                answer,
                true,
                Group::Pair(number, pair),
            ));
        }
    }
    if knowledge {
        let document = top("document");
        fields.push(field(
            document.key("repo"),
            "Documents' repository",
            REPO,
            false,
            Group::Document,
        ));
        fields.push(field(document.key("commit"), "Commit", COMMIT, false, Group::Document));
        let patterns = leaf.document.as_ref().map_or(0, |document| document.patterns.len());
        for number in 0..patterns {
            fields.push(field(
                patterns_path().index(number),
                "Files",
                PATTERN,
                false,
                Group::Document,
            ));
        }
    }
    fields
}

/// What a field holds; empty when it is missing or not a text.
pub fn value(document: &Document, path: &YamlPath) -> String {
    match document.get(path) {
        Some(node) if !node.is_null() => node.scalar_text().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// An example to be filled in, of a kind.
fn empty_example(kind: Kind) -> NewValue {
    let mut keys: Vec<(String, NewValue)> = Vec::new();
    if kind != Kind::Skill {
        keys.push(("context".to_owned(), NewValue::text("")));
    }
    match kind {
        Kind::Knowledge => keys.push((PAIRS.to_owned(), NewValue::List(vec![empty_pair(); LEAST_PAIRS]))),
        Kind::Skill | Kind::GroundedSkill => {
            keys.push(("question".to_owned(), NewValue::text("")));
            keys.push(("answer".to_owned(), NewValue::text("")));
        }
    }
    NewValue::Map(keys)
}

fn empty_pair() -> NewValue {
    NewValue::Map(vec![
        ("question".to_owned(), NewValue::text("")),
        ("answer".to_owned(), NewValue::text("")),
    ])
}

fn length(document: &Document, path: &YamlPath) -> usize {
    document.get(path).and_then(Node::items).map_or(0, <[Node]>::len)
}

/// Makes one change to a document; everything else stays byte for byte.
///
/// # Errors
/// [`EditError`], and the document is as it was.
pub fn apply(document: &mut Document, kind: Kind, edit: &FormEdit) -> Result<(), EditError> {
    let examples = top(EXAMPLES);
    let pairs = |example: usize| example_path(example).key(PAIRS);
    match edit {
        FormEdit::Set(path, text) => match path.last() {
            // One behind the last item of a list of texts adds to it.
            Some(Step::Index(index)) if document.get(path).is_none() => {
                let list = path.parent().unwrap_or_default();
                document.insert_item(&list, *index, &NewValue::text(text))
            }
            _ => document.set(path, text),
        },
        FormEdit::Clear(path) => document.remove_key(path),
        FormEdit::SetVersion(version) => document.set_plain(&top("version"), &version.to_string()),
        FormEdit::AddExample => {
            let end = length(document, &examples);
            document.insert_item(&examples, end, &empty_example(kind))
        }
        FormEdit::InsertExample(at) => document.insert_item(&examples, *at, &empty_example(kind)),
        FormEdit::PutExample(at, example) => {
            let at = (*at).min(length(document, &examples));
            document.insert_item(&examples, at, &example_value(kind, example))
        }
        FormEdit::RemoveExample(at) => document.remove_item(&examples, *at).map(drop),
        FormEdit::MoveExample(from, to) => document.move_item(&examples, *from, *to),
        FormEdit::DuplicateExample(at) => document.duplicate_item(&examples, *at),
        FormEdit::AddPair(example) => {
            let path = pairs(*example);
            let end = length(document, &path);
            document.insert_item(&path, end, &empty_pair())
        }
        FormEdit::RemovePair(example, pair) => document.remove_item(&pairs(*example), *pair).map(drop),
        FormEdit::MovePair(example, from, to) => document.move_item(&pairs(*example), *from, *to),
        FormEdit::DuplicatePair(example, pair) => document.duplicate_item(&pairs(*example), *pair),
        FormEdit::AddPattern(pattern) => {
            let end = length(document, &patterns_path());
            document.insert_item(&patterns_path(), end, &NewValue::text(pattern))
        }
        FormEdit::RemovePattern(at) => document.remove_item(&patterns_path(), *at).map(drop),
        FormEdit::MovePattern(from, to) => document.move_item(&patterns_path(), *from, *to),
    }
}

#[cfg(test)]
mod tests;
